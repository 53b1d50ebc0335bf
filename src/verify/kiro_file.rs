//! The file that Kiro and Amazon Q read: a subset of `server.json` in which each server has one way to run.

use serde_json::Value;

use crate::finding::quoted;

use super::{
    listing::not_json,
    sketch::{each, sketch},
};

pub(super) const NONE: &str = "there is no file for Kiro and Amazon Q";
pub(super) const NONE_HELP: &str = "publish one at `/kiro.json`, or name the file where it lies, with `--client kiro`";
pub(super) const HELP: &str = "write `{\"servers\": [{\"server\": {…}}, …]}`";

const NAME: std::ops::RangeInclusive<usize> = 3..=200;
const DESCRIPTION_MAX: usize = 100;
const VERSION_MAX: usize = 255;
const TYPES: [&str; 3] = ["npm", "pypi", "oci"];

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) servers: usize,
    /// The first entry outside the subset: what is wrong, and what to do.
    pub(super) flaw: Option<(String, &'static str)>,
}

impl Judged {
    pub(super) fn of(body: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(body).map_err(|_| "it is no UTF-8".to_owned())?;
        let whole = sketch(text).map_err(|error| not_json(text, &error))?;
        if !whole.get("servers").is_some_and(Value::is_array) {
            return Err("it has no list `servers`".to_owned());
        }
        let mut judged = Self { servers: 0, flaw: None };
        let mut wrong = 0;
        let mut see = |entry: Value| {
            judged.servers += 1;
            if let Some((what, help)) = flaw(&entry) {
                wrong += 1;
                let named = entry.get("server").and_then(|server| server.get("name")?.as_str()).map(quoted);
                let named = named.unwrap_or_else(|| format!("entry {}", judged.servers));
                judged.flaw.get_or_insert((format!("{named} {what}"), help));
            }
        };
        each(text, &["servers"], &mut see).map_err(|error| not_json(text, &error))?;
        if let Some((message, _)) = judged.flaw.as_mut().filter(|_| wrong > 1) {
            message.push_str(&format!("; {} more entries are not in the subset", wrong - 1));
        }
        Ok(judged)
    }
}

fn flaw(entry: &Value) -> Option<(String, &'static str)> {
    let said = |what: &str, help| Some((what.to_owned(), help));
    let Some(server) = entry.get("server").filter(|server| server.is_object()) else {
        return said("has no `server`", "wrap every entry as `{\"server\": {…}}`");
    };
    let text = |member: &str| server.get(member).and_then(Value::as_str);
    let is_name = |name: &str| {
        NAME.contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if !text("name").is_some_and(is_name) {
        return said("has a name that is not of 3 to 200 letters, digits, `.`, `_` and `-`", "write `_` for the `/` of the name");
    }
    if !text("description").is_some_and(|text| (1..=DESCRIPTION_MAX).contains(&text.chars().count())) {
        return said("has no description of 1 to 100 characters", "describe the server in at most 100 characters");
    }
    if text("version").is_none_or(|text| text.chars().count() > VERSION_MAX) {
        return said("has no version of at most 255 characters", "give every server its version");
    }
    let list = |member: &str| match server.get(member) {
        None => Some(&[][..]),
        Some(Value::Array(items)) => Some(items.as_slice()),
        Some(_) => None,
    };
    let (Some(packages), Some(remotes)) = (list("packages"), list("remotes")) else {
        return said("has packages or remotes that are no list", "write them as lists");
    };
    match (packages, remotes) {
        ([package], []) => package_flaw(package),
        ([], [remote]) => transport_flaw(remote, false),
        _ => Some((
            format!("has {} packages and {} remotes, and may have one of either", packages.len(), remotes.len()),
            "keep one package or one remote of each server",
        )),
    }
}

fn package_flaw(package: &Value) -> Option<(String, &'static str)> {
    let kind = package.get("registryType").and_then(Value::as_str).unwrap_or_default();
    if !TYPES.contains(&kind) {
        return Some((
            format!("has a package of the type {}", quoted(kind)),
            "offer a package of the type `npm`, `pypi` or `oci`, or a remote",
        ));
    }
    if !package.get("identifier").is_some_and(Value::is_string) {
        return Some(("has a package without an identifier".to_owned(), "name the package in `identifier`"));
    }
    for member in ["runtimeArguments", "packageArguments"] {
        let is_positional = |argument: &Value| {
            argument.get("type").and_then(Value::as_str) == Some("positional")
                && argument.get("value").is_some_and(Value::is_string)
        };
        if !items(package, member).all(is_positional) {
            return Some((
                format!("has {member} that are not all positional with a `value`"),
                "write `--flag` and its value as two positional arguments",
            ));
        }
    }
    if !items(package, "environmentVariables").all(is_named) {
        return Some(("has an environment variable without a name".to_owned(), "name every environment variable"));
    }
    match package.get("transport") {
        Some(transport) => transport_flaw(transport, true),
        None => Some(("has a package without a transport".to_owned(), "write `\"transport\": {\"type\": \"stdio\"}`")),
    }
}

fn transport_flaw(transport: &Value, stdio: bool) -> Option<(String, &'static str)> {
    match transport.get("type").and_then(Value::as_str) {
        Some("stdio") if stdio => None,
        Some("streamable-http" | "sse") => {
            if !transport.get("url").is_some_and(Value::is_string) {
                return Some(("has a transport over http without a `url`".to_owned(), "give its `url`"));
            }
            let named = items(transport, "headers").all(is_named);
            (!named).then(|| ("has a header without a name".to_owned(), "name every header"))
        }
        _ => {
            Some(("has a transport of an unknown type".to_owned(), "write `streamable-http` or `sse`, or for a package `stdio`"))
        }
    }
}

/// The items of a list; of anything else one that fits nothing.
fn items<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    static NOTHING: [Value; 1] = [Value::Null];
    match value.get(member) {
        None => [].iter(),
        Some(Value::Array(items)) => items.iter(),
        Some(_) => NOTHING.iter(),
    }
}

fn is_named(input: &Value) -> bool {
    input.get("name").is_some_and(Value::is_string) && input.get("value").is_none_or(Value::is_string)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judge(server: &Value) -> Option<String> {
        let body = json!({"servers": [{"server": server}]}).to_string();
        Judged::of(body.as_bytes()).expect("a file").flaw.map(|(message, _)| message)
    }

    #[test]
    fn kiro_takes_one_package_or_one_remote() {
        let package = json!({"registryType": "npm", "identifier": "echo", "transport": {"type": "stdio"},
            "packageArguments": [{"type": "positional", "value": "x"}], "environmentVariables": [{"name": "A"}]});
        let remote = json!({"type": "sse", "url": "https://example.com/mcp", "headers": [{"name": "A", "value": "b"}]});
        let server = |packages: &[&Value], remotes: &[&Value]| {
            json!({"name": "com.example_echo", "description": "Echoes", "version": "1.0.0", "packages": packages,
                "remotes": remotes})
        };
        assert_eq!(judge(&server(&[&package], &[])), None);
        assert_eq!(judge(&server(&[], &[&remote])), None);
        for (bad, said) in [
            (server(&[], &[]), "has 0 packages and 0 remotes"),
            (server(&[&package], &[&remote]), "has 1 packages and 1 remotes"),
            (json!({"name": "com.example/echo"}), "has a name that is not of"),
            (json!({"name": "com.example_echo", "description": ""}), "has no description"),
            (json!({"name": "com.example_echo", "description": "é".repeat(101)}), "has no description"),
            (json!({"name": "com.example_echo", "description": "x"}), "has no version"),
            (server(&[&json!({"registryType": "mcpb"})], &[]), "of the type `mcpb`"),
            (server(&[], &[&json!({"type": "stdio"})]), "of an unknown type"),
            (server(&[], &[&json!({"type": "sse"})]), "without a `url`"),
            (json!(7), "has no `server`"),
        ] {
            assert!(judge(&bad).is_some_and(|message| message.contains(said)), "{bad}: {:?}", judge(&bad));
        }
        let mut named = package;
        named["packageArguments"] = json!([{"type": "named", "name": "--x", "value": "y"}]);
        assert!(judge(&server(&[&named], &[])).is_some_and(|message| message.contains("packageArguments")));
    }
}
