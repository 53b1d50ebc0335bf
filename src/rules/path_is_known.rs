use crate::{
    checkout::{POLICIES, Stray, Territory},
    finding::{Finding, Place, quoted},
    name::{Namespace, ServerName},
    version::Version,
};

use super::{Family, Path, Rule};

pub(super) const RULE: Rule = Rule {
    id: "path-is-known",
    family: Family::Shape,
    locked: true,
    about: "Every file in the registry's folder lies where the layout has a place for it.

The path of a file says what it is: `servers/<namespace>/<name>/<version>.json` is one version, `status.json` beside it is
the life of the server, `namespaces/<namespace>.toml` says who may publish. A file anywhere else means nothing, and is
either a slip or an attempt to hide something, so it is not let in.

Move the file to its place. `registry-data/README.md` shows the layout by example.",
    path: Some(judge),
    ..Rule::BLANK
};

fn judge(path: &Path) -> Vec<Finding> {
    let Territory::Stray(stray) = path.territory else { return Vec::new() };
    let (message, help) = match stray {
        Stray::Unknown => ("nothing of the registry belongs at this path".to_owned(), unknown(path)),
        Stray::NotANamespace(text) => {
            let why = Namespace::parse(text).err().map(|flaw| flaw.to_string()).unwrap_or_default();
            (format!("the namespace {} {why}", quoted(text)), "name it after a reversed domain or `io.github.<login>`".to_owned())
        }
        Stray::NotAName(text) => {
            let why = ServerName::parse(&format!("a/{text}"))
                .err()
                .map_or_else(|| "is too long for its namespace".to_owned(), |flaw| flaw.to_string());
            (format!("the name {} {why}", quoted(text)), "name the folder with letters, digits, `.`, `_` and `-`".to_owned())
        }
        Stray::NotAVersion(text) => {
            let why = Version::parse(text).err().map(|flaw| flaw.to_string()).unwrap_or_default();
            (
                format!("the version {} {why}", quoted(text)),
                "name the file after one exact version, such as `1.2.0.json`".to_owned(),
            )
        }
    };
    vec![RULE.finding(Place::file(&path.item.path), message, help)]
}

fn unknown(path: &Path) -> String {
    let prefix = path.prefix;
    let inner = path.item.path.strip_prefix(prefix).unwrap_or_default();
    match inner.split('/').next() {
        Some("servers") => {
            format!("move a version to `{prefix}servers/<namespace>/<name>/<version>.json`, and anything else out of `{prefix}`")
        }
        Some("namespaces") => format!("name it `{prefix}namespaces/<namespace>.toml`"),
        Some("groups") => format!("name it `{prefix}groups/<id>.toml`, the id in lower-case letters, digits and `-`"),
        Some("policy") => format!("use one of {}", POLICIES.map(|file| format!("`{prefix}policy/{file}`")).join(", ")),
        _ => format!("move it out of `{prefix}`, or to its place in the layout"),
    }
}
