//! Entries written for an older schema, in the newest one's spelling and shape: what a client reads who knows only that one.
//!
//! One step leads from each schema to the next. Members stay where their author put them. What the newest schema cannot
//! express is left out:
//!
//! - `status`, and what the official registry once wrote into `_meta`: both are a registry's own to say;
//! - a remote, and a package, whose address does not begin with `http://` or `https://`, such as one whose scheme is a
//!   variable;
//! - a member that the entry's own schema did not know, and whose value is none that the newest one lets it have.

use serde_json::{Map, Value, json};

use super::{
    model::{Kind, current},
    schema::Schema,
};

type Members = Map<String, Value>;

type Step = fn(&mut Members);

/// How a document of each older schema becomes one of the next.
const STEPS: [(&str, Step); 5] = [
    ("2025-07-09", respell),
    ("2025-09-16", leave_to_the_registry),
    ("2025-09-29", make_references_whole),
    // The next one differs in nothing but its date.
    ("2025-10-11", |_| ()),
    ("2025-10-17", hold_addresses_to_their_pattern),
];

/// A document written for one schema, as the newest one has it; whatever is wrong with it stays wrong.
pub fn upgrade(mut document: Value, from: &Schema) -> Value {
    let newest = Schema::newest();
    if let Value::Object(members) = &mut document
        && from.date != newest.date
    {
        for (_, step) in STEPS.iter().skip_while(|(date, _)| *date < from.date) {
            step(members);
        }
        leave_out_misfits(members);
        members.insert("$schema".to_owned(), newest.address().into());
    }
    document
}

/// 2025-07-09 wrote `is_required` where all later ones write `isRequired`.
fn respell(document: &mut Members) {
    walk(Kind::Entry, document, &|_, members| {
        if members.keys().all(|key| current(key).is_none()) {
            return;
        }
        let mut spelled = Members::with_capacity(members.len());
        for (key, value) in std::mem::take(members) {
            match current(&key) {
                Some(current) => drop(spelled.insert(current.to_owned(), value)),
                // The other spelling of a member that stands there already meant nothing.
                None => drop(spelled.entry(key).or_insert(value)),
            }
        }
        *members = spelled;
    });
}

/// Since 2025-09-29 an entry says nothing of its status, nor of what the official registry knows of it.
fn leave_to_the_registry(document: &mut Members) {
    document.shift_remove("status");
    if let Some(Value::Object(meta)) = document.get_mut("_meta") {
        meta.shift_remove("io.modelcontextprotocol.registry/official");
    }
}

/// Since 2025-10-11 an image is one reference and a bundle one address; before, each was in parts.
fn make_references_whole(document: &mut Members) {
    let Some(Value::Array(packages)) = document.get_mut("packages") else { return };
    for package in packages.iter_mut().filter_map(Value::as_object_mut) {
        let text = |member: &str| package.get(member).and_then(Value::as_str);
        let Some(identifier) = text("identifier") else { continue };
        let whole = match text("registryType") {
            Some("oci") => reference(identifier, text("registryBaseUrl"), text("version")),
            Some("mcpb") if identifier.contains("://") => Some(identifier.to_owned()),
            _ => None,
        };
        if let Some(whole) = whole {
            package["identifier"] = whole.into();
            package.shift_remove("registryBaseUrl");
            package.shift_remove("version");
        }
    }
}

/// `https://images.example.com`, `owner/image` and `1.2.0` in one: `images.example.com/owner/image:1.2.0`.
fn reference(identifier: &str, base: Option<&str>, version: Option<&str>) -> Option<String> {
    let first = identifier.split_once('/').map_or("", |(first, _)| first);
    let has_host = first.contains(['.', ':']) || first == "localhost";
    let mut whole = String::new();
    if let Some(base) = base.filter(|_| !has_host) {
        let place = base.split_once("://")?.1.trim_end_matches('/');
        if place.is_empty() || place.contains(['?', '#', '@', ' ']) {
            return None;
        }
        whole = format!("{place}/");
    }
    whole.push_str(identifier);
    let last = identifier.rsplit('/').next().unwrap_or_default();
    if let Some(version) = version.filter(|_| !last.contains([':', '@'])) {
        let is_digest = version.strip_prefix("sha256:").is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        if !is_digest && !is_tag(version) {
            return None;
        }
        whole.push(if is_digest { '@' } else { ':' });
        whole.push_str(version);
    }
    Some(whole)
}

/// What the distribution specification of the Open Container Initiative lets a tag be.
fn is_tag(text: &str) -> bool {
    text.len() <= 128
        && !text.starts_with(['.', '-'])
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// Since 2025-12-11 an address over http begins with its scheme, and a remote's `variables` mean something.
fn hold_addresses_to_their_pattern(document: &mut Members) {
    retain_items(document, "packages", |package| package.get("transport").is_none_or(leads_somewhere));
    retain_items(document, "remotes", leads_somewhere);
    let Some(Value::Array(remotes)) = document.get_mut("remotes") else { return };
    for remote in remotes.iter_mut().filter_map(Value::as_object_mut) {
        if remote.get("variables").is_some_and(|variables| !accepted("remotes", json!([remote_with("variables", variables)]))) {
            remote.shift_remove("variables");
        }
    }
}

fn leads_somewhere(transport: &Value) -> bool {
    let is_http = matches!(transport["type"].as_str(), Some("streamable-http" | "sse"));
    let url = transport["url"].as_str().filter(|_| is_http);
    url.is_none_or(|url| accepted("remotes", json!([remote_with("url", &url.into())])))
}

fn remote_with(member: &str, value: &Value) -> Value {
    let mut remote = json!({ "type": "sse", "url": "https://example.com" });
    remote[member] = value.clone();
    remote
}

/// Keeps the items of a list that pass, and the list if any is left.
fn retain_items(document: &mut Members, list: &str, pass: impl Fn(&Value) -> bool) {
    let Some(Value::Array(items)) = document.get_mut(list) else { return };
    let before = items.len();
    items.retain(pass);
    if items.is_empty() && before > 0 {
        document.shift_remove(list);
    }
}

/// Members that later schemas added, where somebody had used their names for something else.
fn leave_out_misfits(document: &mut Members) {
    walk(Kind::Entry, document, &|kind, members| {
        members.retain(|member, value| match (kind, member.as_str()) {
            (Kind::Entry, "title" | "icons" | "websiteUrl") => accepted(member, value.clone()),
            (Kind::Argument | Kind::Input, "isRequired" | "isSecret") | (Kind::Argument, "isRepeated") => value.is_boolean(),
            (Kind::Argument | Kind::Input, "placeholder") | (Kind::Argument, "valueHint") => value.is_string(),
            _ => true,
        });
    });
}

/// Whether the newest schema lets an entry's member have a value.
fn accepted(member: &str, value: Value) -> bool {
    let mut document = json!({ "name": "a/b", "description": "x", "version": "1" });
    document[member] = value;
    Schema::newest().accepts(&document)
}

/// Lets every object that has a meaning be edited, and then those below it, which bear today's names.
fn walk(kind: Kind, members: &mut Members, edit: &impl Fn(Kind, &mut Members)) {
    edit(kind, members);
    let below: &[(&str, Kind)] = match kind {
        Kind::Entry => {
            &[("repository", Kind::Repository), ("icons", Kind::Icon), ("packages", Kind::Package), ("remotes", Kind::Transport)]
        }
        Kind::Package => &[
            ("transport", Kind::Transport),
            ("runtimeArguments", Kind::Argument),
            ("packageArguments", Kind::Argument),
            ("environmentVariables", Kind::Input),
        ],
        Kind::Transport => &[("headers", Kind::Input), ("variables", Kind::Input)],
        Kind::Argument | Kind::Input => &[("variables", Kind::Input)],
        Kind::Repository | Kind::Icon => &[],
    };
    for (member, kind) in below {
        let objects: Vec<&mut Value> = match members.get_mut(*member) {
            Some(Value::Array(items)) => items.iter_mut().collect(),
            Some(Value::Object(inputs)) if *member == "variables" => inputs.values_mut().collect(),
            Some(object) => vec![object],
            None => Vec::new(),
        };
        for object in objects.into_iter().filter_map(Value::as_object_mut) {
            walk(*kind, object, edit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::schema::SCHEMAS;

    fn from(date: &str, document: &Value) -> String {
        let schema = SCHEMAS.iter().find(|schema| schema.date == date).expect("a schema");
        let mut upgraded = upgrade(document.clone(), schema);
        let members = upgraded.as_object_mut().expect("an object");
        assert_eq!(members.shift_remove("$schema"), Some(Schema::newest().address().into()));
        upgraded.to_string()
    }

    #[test]
    fn members_are_respelled_where_they_stand() {
        let old = json!({
            "website_url": "https://example.com", "name": "a/b",
            "packages": [{
                "environment_variables": [{ "is_secret": true, "name": "A", "variables": { "is_secret": { "is_required": true } } }],
                "identifier": "x",
                "package_arguments": [{ "valueHint": "lost", "value_hint": "kept", "type": "positional", "isRepeated": "lost" }],
            }],
            "_meta": { "io.modelcontextprotocol.registry/publisher-provided": { "is_secret": true } },
        });
        let new = json!({
            "websiteUrl": "https://example.com", "name": "a/b",
            "packages": [{
                "environmentVariables": [{ "isSecret": true, "name": "A", "variables": { "is_secret": { "isRequired": true } } }],
                "identifier": "x",
                "packageArguments": [{ "valueHint": "kept", "type": "positional" }],
            }],
            "_meta": { "io.modelcontextprotocol.registry/publisher-provided": { "is_secret": true } },
        });
        assert_eq!(from("2025-07-09", &old), new.to_string());
        // All later ones know these by other names only.
        assert_eq!(from("2025-09-16", &json!({ "website_url": 1 })), r#"{"website_url":1}"#);
    }

    #[test]
    fn what_is_the_registrys_to_say_is_left_out() {
        let old = json!({
            "status": "deleted", "name": "a/b", "version": "1",
            "_meta": { "io.modelcontextprotocol.registry/official": { "serial": 1 }, "com.example/x": 1 },
        });
        let new = r#"{"name":"a/b","version":"1","_meta":{"com.example/x":1}}"#;
        assert_eq!(from("2025-07-09", &old), new);
        assert_eq!(from("2025-09-16", &old), new);
        assert_ne!(from("2025-09-29", &old), new);
    }

    #[test]
    fn images_become_one_reference() {
        for (identifier, base, version, whole) in [
            ("owner/image", Some("https://images.example.com"), Some("1.2.0"), Some("images.example.com/owner/image:1.2.0")),
            (
                "owner/image",
                Some("https://images.example.com:5000/team/"),
                None,
                Some("images.example.com:5000/team/owner/image"),
            ),
            ("owner/image", None, Some("v1"), Some("owner/image:v1")),
            ("images.example.com/image:1", Some("https://images.example.com"), Some("1"), Some("images.example.com/image:1")),
            ("localhost/image", Some("https://images.example.com"), Some("1"), Some("localhost/image:1")),
            ("owner/image@sha256:00", None, Some("1"), Some("owner/image@sha256:00")),
            ("owner/image", None, Some("sha256:00"), Some("owner/image@sha256:00")),
            ("owner/image", None, Some("1.0.0+build"), None),
            ("owner/image", Some("images.example.com"), Some("1"), None),
            ("owner/image", Some("https://"), Some("1"), None),
            ("owner/image", Some("https://user@images.example.com"), Some("1"), None),
        ] {
            assert_eq!(reference(identifier, base, version).as_deref(), whole, "{identifier} {base:?} {version:?}");
        }
        let old = json!({ "packages": [
            { "registryType": "oci", "registryBaseUrl": "https://images.example.com", "identifier": "a/b", "version": "1", "runtimeHint": "docker" },
            { "registryType": "oci", "identifier": "a/b", "version": "1+1" },
            { "registryType": "mcpb", "registryBaseUrl": "https://example.com", "identifier": "https://example.com/a.mcpb", "version": "1" },
            { "registryType": "npm", "registryBaseUrl": "https://npm.example.org", "identifier": "a", "version": "1" },
        ] });
        let new = json!({ "packages": [
            { "registryType": "oci", "identifier": "images.example.com/a/b:1", "runtimeHint": "docker" },
            { "registryType": "oci", "identifier": "a/b", "version": "1+1" },
            { "registryType": "mcpb", "identifier": "https://example.com/a.mcpb" },
            { "registryType": "npm", "registryBaseUrl": "https://npm.example.org", "identifier": "a", "version": "1" },
        ] });
        assert_eq!(from("2025-09-29", &old), new.to_string());
        assert_eq!(from("2025-10-11", &old), old.to_string());
    }

    #[test]
    fn what_the_newest_schema_cannot_say_is_left_out() {
        let old = json!({
            "title": "", "icons": [{ "src": "https://example.com/i.png" }],
            "remotes": [
                { "type": "streamable-http", "url": "{base}/mcp", "variables": { "base": {} } },
                { "type": "sse", "url": "https://{host}/sse", "variables": { "host": { "default": 1 } } },
                { "type": "sse", "url": "https://{host}/sse", "variables": { "host": { "default": "x" } } },
            ],
            "packages": [{ "transport": { "type": "sse", "url": "urn:x" } }],
        });
        let new = json!({
            "icons": [{ "src": "https://example.com/i.png" }],
            "remotes": [
                { "type": "sse", "url": "https://{host}/sse" },
                { "type": "sse", "url": "https://{host}/sse", "variables": { "host": { "default": "x" } } },
            ],
        });
        assert_eq!(from("2025-09-29", &old), new.to_string());
        assert_eq!(
            from("2025-10-17", &json!({ "packages": [{ "transport": { "type": "stdio", "url": "urn:x" } }] })),
            r#"{"packages":[{"transport":{"type":"stdio","url":"urn:x"}}]}"#
        );
        assert_eq!(from("2025-10-17", &json!({ "remotes": [] })), r#"{"remotes":[]}"#);
    }

    #[test]
    fn the_newest_and_what_is_no_object_are_untouched() {
        let odd = json!({ "$schema": Schema::newest().address(), "status": 1, "title": "", "website_url": 1 });
        assert_eq!(upgrade(odd.clone(), Schema::newest()).to_string(), odd.to_string());
        assert_eq!(upgrade(json!([1]), &SCHEMAS[0]), json!([1]));
    }

    #[test]
    fn the_address_of_the_schema_stays_in_its_place() {
        let address = Schema::newest().address();
        let placed = json!({ "name": "a/b", "$schema": SCHEMAS[0].address(), "version": "1" });
        let expected = format!(r#"{{"name":"a/b","$schema":"{address}","version":"1"}}"#);
        assert_eq!(upgrade(placed, &SCHEMAS[0]).to_string(), expected);
    }
}
