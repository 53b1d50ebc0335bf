use crate::{
    checkout::Territory,
    finding::{Finding, Place, quoted},
    name::ServerName,
};

use super::{Family, Path, Rule};

pub(super) const RULE: Rule = Rule {
    id: "version-is-not-reserved",
    family: Family::Shape,
    locked: true,
    about: "No version, name or namespace is called what the published site calls something else.

A site is files under addresses. `versions/latest` leads to whichever version is newest, so no version can be called
`latest`; `status` is the file beside the versions; `index` is what a folder's own page is called in a directory; and
`.json`, `.html` and `.sig` at the end would make one address mean two things. Case does not count, as it does not on every
host.

Choose another version or name. The version of a package inside the entry may be called anything.",
    path: Some(judge),
    ..Rule::BLANK
};

const ENDINGS: [&str; 3] = [".json", ".html", ".sig"];

fn judge(path: &Path) -> Vec<Finding> {
    let find = |message: String, help: &str| vec![RULE.finding(Place::file(&path.item.path), message, help)];
    match path.territory {
        Territory::Version(name, version) | Territory::Signature(name, version) => {
            let version = version.as_str();
            if let Some(why) = reserved(version) {
                return find(format!("the version {} {why}", quoted(version)), "name one exact version, such as `1.2.0`");
            }
            called(name).map_or_else(Vec::new, |message| find(message, "choose a name without this ending"))
        }
        Territory::Status(name) => {
            called(name).map_or_else(Vec::new, |message| find(message, "choose a name without this ending"))
        }
        Territory::Namespace(namespace) => match ending(namespace.as_str()) {
            Some(end) => find(
                format!("the namespace {} ends in `{end}`, as files do", quoted(namespace.as_str())),
                "choose a namespace without this ending",
            ),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn called(name: &ServerName) -> Option<String> {
    let (what, text, end) = match (ending(name.namespace_str()), ending(name.name())) {
        (Some(end), _) => ("namespace", name.namespace_str(), end),
        (None, Some(end)) => ("name", name.name(), end),
        (None, None) => return None,
    };
    Some(format!("the {what} {} ends in `{end}`, as files do", quoted(text)))
}

fn reserved(version: &str) -> Option<String> {
    let is = |word: &str| version.eq_ignore_ascii_case(word);
    if is("latest") {
        return Some("stands for whichever version is newest".to_owned());
    }
    if is("status") {
        return Some("is what the file beside the versions is called".to_owned());
    }
    if version.split('.').next().is_some_and(|stem| stem.eq_ignore_ascii_case("index")) {
        return Some("is what a folder's own page is called".to_owned());
    }
    ending(version).map(|end| format!("ends in `{end}`, as files do"))
}

fn ending(text: &str) -> Option<&'static str> {
    let tail = |end: &str| text.len().checked_sub(end.len()).and_then(|at| text.get(at..));
    ENDINGS.into_iter().find(|end| tail(end).is_some_and(|tail| tail.eq_ignore_ascii_case(end)))
}
