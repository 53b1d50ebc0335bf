//! A list of servers as each client's reader sees it: whether it is one, what each entry is good for, and where readers stop.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{entry::model::PUBLISHER_PROVIDED, finding::quoted, instant::Instant};

use super::sketch::{cut, each, sketch};

/// Entries of one page that are looked at. ToolHive's registry server, which takes the most, stops at 100,000.
const ENTRIES: usize = 150_000;
/// Bytes of a name or version that are kept; the schemas allow 200 and 255.
const NAME_KEPT: usize = 300;

/// One page of a list.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) servers: Vec<Entry>,
    pub(super) metadata: Metadata,
    /// `metadata.nextCursor`, unless it is empty.
    pub(super) next: Option<String>,
    /// What Go's decoder says of `metadata`.
    pub(super) misfit: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Metadata {
    #[default]
    Absent,
    Null,
    Object,
    Other,
}

/// Why a body is no list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unlisted {
    NotJson(String),
    /// What it is instead, and what is missing in it.
    NoServers(String),
}

/// What clients make of one `{server, _meta}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) has_server: bool,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    /// Of the members without which an entry is no server to VS Code, the first that is missing or empty.
    pub(super) lacks: Option<&'static str>,
    /// Whether there is a `_meta` other than null.
    pub(super) has_meta: bool,
    /// Whether `publisher-provided.github` gives a `name` and no `nameWithOwner`.
    pub(super) github_without_owner: bool,
    pub(super) remotes: BTreeSet<String>,
    /// The first member whose type Go's decoder refuses, and with it the whole page.
    pub(super) misfit: Option<String>,
}

impl Entry {
    pub(super) fn of(value: &Value) -> Self {
        let server = value.get("server");
        let text = |member: &str| server?.get(member)?.as_str().filter(|text| !text.is_empty());
        let github = server.and_then(|server| server.get("_meta")?.get(PUBLISHER_PROVIDED)?.get("github"));
        let named = |member: &str| github.and_then(|github| github.get(member)).is_some_and(is_truthy);
        let remotes = server.and_then(|server| server.get("remotes")?.as_array());
        Self {
            has_server: value.as_object().is_some_and(|members| members.contains_key("server")),
            name: text("name").map(|name| cut(name, NAME_KEPT).to_owned()),
            version: text("version").map(|version| cut(version, NAME_KEPT).to_owned()),
            lacks: ["server", "name", "description", "version"].into_iter().find(|member| match *member {
                "server" => !server.is_some_and(Value::is_object),
                member => text(member).is_none(),
            }),
            has_meta: value.get("_meta").is_some_and(|meta| !meta.is_null()),
            github_without_owner: named("name") && !named("nameWithOwner"),
            remotes: remotes.into_iter().flatten().filter_map(|remote| Some(remote.get("url")?.as_str()?.to_owned())).collect(),
            misfit: misfit(value),
        }
    }

    /// One `{server, _meta}` that is a document of its own.
    pub(super) fn parse(body: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(body).map_err(|_| "it is no UTF-8".to_owned())?;
        sketch(text).map(|value| Self::of(&value)).map_err(|error| not_json(text, &error))
    }

    /// As a message names it: by its name, or by where it stands.
    pub(super) fn shown(&self, index: usize) -> String {
        self.name.as_deref().map_or_else(|| format!("entry {} of the list", index + 1), quoted)
    }
}

fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(value) => value.as_f64() != Some(0.0),
        Value::String(value) => !value.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// The kinds that Go's decoder takes for a member; it takes null for each.
#[derive(Clone, Copy)]
enum Want {
    Text,
    Object,
    List,
    Flag,
    Count,
    Time,
}

/// Members that the official registry's Go types declare, which ToolHive and Docker decode into. A member of another kind
/// makes the decoder refuse the whole page.
const ENTRY_TYPES: [(&str, Want); 20] = [
    ("/server", Want::Object),
    ("/server/$schema", Want::Text),
    ("/server/name", Want::Text),
    ("/server/description", Want::Text),
    ("/server/title", Want::Text),
    ("/server/version", Want::Text),
    ("/server/websiteUrl", Want::Text),
    ("/server/repository", Want::Object),
    ("/server/repository/url", Want::Text),
    ("/server/repository/source", Want::Text),
    ("/server/icons", Want::List),
    ("/server/packages", Want::List),
    ("/server/remotes", Want::List),
    ("/server/_meta", Want::Object),
    ("/server/_meta/io.modelcontextprotocol.registry~1publisher-provided", Want::Object),
    ("/_meta", Want::Object),
    ("/_meta/io.modelcontextprotocol.registry~1official", Want::Object),
    ("/_meta/io.modelcontextprotocol.registry~1official/publishedAt", Want::Time),
    ("/_meta/io.modelcontextprotocol.registry~1official/updatedAt", Want::Time),
    ("/_meta/io.modelcontextprotocol.registry~1official/isLatest", Want::Flag),
];

const METADATA_TYPES: [(&str, Want); 3] = [("", Want::Object), ("/nextCursor", Want::Text), ("/count", Want::Count)];

impl Want {
    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Object => value.is_object(),
            Self::List => value.is_array(),
            Self::Flag => value.is_boolean(),
            Self::Count => value.is_i64(),
            Self::Time => value.as_str().is_some_and(|text| Instant::parse(text).is_some()),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Object => "an object",
            Self::List => "a list",
            Self::Flag => "true or false",
            Self::Count => "a whole number",
            Self::Time => "a time such as `2026-01-31T12:00:00Z`",
        }
    }
}

fn misfit(entry: &Value) -> Option<String> {
    if !(entry.is_object() || entry.is_null()) {
        return Some("an entry is no object".to_owned());
    }
    misfit_of(entry, &ENTRY_TYPES, "")
}

fn misfit_of(value: &Value, types: &[(&str, Want)], prefix: &str) -> Option<String> {
    let wrong = |(pointer, want): &&(&str, Want)| value.pointer(pointer).is_some_and(|v| !v.is_null() && !want.takes(v));
    let (pointer, want) = types.iter().find(wrong)?;
    let member = format!("{prefix}{pointer}");
    Some(format!("`{}` is not {}", member.trim_start_matches('/').replace('/', ".").replace("~1", "/"), want.as_str()))
}

impl Listing {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Unlisted> {
        let text = std::str::from_utf8(body).map_err(|_| Unlisted::NotJson("it is no UTF-8".to_owned()))?;
        let page = sketch(text).map_err(|error| Unlisted::NotJson(not_json(text, &error)))?;
        let none = |why: &str| Err(Unlisted::NoServers(why.to_owned()));
        match (&page, page.get("servers")) {
            (_, Some(Value::Array(_))) => {}
            (_, Some(_)) => return none("its `servers` are no list"),
            (Value::Object(_), None) => return none("it is an object without `servers`"),
            (Value::Array(_), None) => return none("it is a bare list, not an object with `servers`"),
            _ => return none("it is no object with `servers`"),
        }
        let mut servers = Vec::new();
        let mut keep = |entry| {
            if servers.len() < ENTRIES {
                servers.push(Entry::of(&entry));
            }
        };
        each(text, &["servers"], &mut keep).map_err(|error| Unlisted::NotJson(not_json(text, &error)))?;
        let metadata = page.get("metadata");
        let next = metadata.and_then(|metadata| metadata.get("nextCursor")?.as_str()).filter(|next| !next.is_empty());
        Ok(Self {
            servers,
            metadata: match metadata {
                None => Metadata::Absent,
                Some(Value::Null) => Metadata::Null,
                Some(Value::Object(_)) => Metadata::Object,
                Some(_) => Metadata::Other,
            },
            next: next.map(str::to_owned),
            misfit: metadata.and_then(|metadata| misfit_of(metadata, &METADATA_TYPES, "metadata")),
        })
    }

    /// Names and versions in order: what tells one page from another.
    pub(super) fn fingerprint(&self) -> Vec<(Option<&str>, Option<&str>)> {
        self.servers.iter().map(|entry| (entry.name.as_deref(), entry.version.as_deref())).collect()
    }

    /// Why Go's decoder refuses the page.
    pub(super) fn misfit(&self) -> Option<String> {
        let of = |(index, entry): (usize, &Entry)| Some(format!("{}: {}", entry.shown(index), entry.misfit.as_deref()?));
        self.misfit.clone().or_else(|| self.servers.iter().enumerate().find_map(of))
    }
}

/// What is said of a body that is meant for people.
pub(super) const PAGE: &str = "it is a page of HTML or XML";

/// What a reader of JSON says, in our grammar.
pub(super) fn not_json(text: &str, error: &serde_json::Error) -> String {
    if text.starts_with('\u{FEFF}') {
        return "it begins with a byte order mark".to_owned();
    }
    if text.trim().is_empty() {
        return "it is empty".to_owned();
    }
    if text.trim_start().starts_with('<') {
        return PAGE.to_owned();
    }
    format!("it is no JSON from line {}, column {} on", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: &str) -> Listing {
        Listing::parse(text.as_bytes()).expect("a list")
    }

    #[test]
    fn what_is_no_list_is_told_for_what_it_is() {
        for (text, why) in [
            ("", "it is empty"),
            (" <!doctype html>", "it is a page of HTML or XML"),
            ("\u{FEFF}{\"servers\": []}", "it begins with a byte order mark"),
            ("{\"servers\": [}", "it is no JSON from line 1, column 14 on"),
            ("[]", "it is a bare list, not an object with `servers`"),
            ("{}", "it is an object without `servers`"),
            ("{\"servers\": {}}", "its `servers` are no list"),
            ("7", "it is no object with `servers`"),
        ] {
            let (Unlisted::NotJson(said) | Unlisted::NoServers(said)) = Listing::parse(text.as_bytes()).expect_err(text);
            assert_eq!(said, why, "{text}");
        }
    }

    #[test]
    fn go_takes_null_for_anything_and_nothing_else_for_another_kind() {
        let misfit = |entry: &str| listing(&format!("{{\"servers\": [{entry}], \"metadata\": {{}}}}")).misfit();
        assert_eq!(misfit(r#"{"server": null, "_meta": null}"#), None);
        assert_eq!(misfit(r#"{"server": {"name": "a/b", "_meta": {"x": 1}}, "_meta": {"x": 1}}"#), None);
        assert_eq!(misfit(r#"{"server": {"name": 1}}"#).as_deref(), Some("entry 1 of the list: `server.name` is not a string"));
        let time =
            r#"{"server": {"name": "a/b"}, "_meta": {"io.modelcontextprotocol.registry/official": {"publishedAt": "today"}}}"#;
        assert!(misfit(time).is_some_and(|misfit| {
            misfit.starts_with("`a/b`: `_meta.io.modelcontextprotocol.registry/official.publishedAt` is not a time")
        }));
        assert_eq!(
            listing(r#"{"servers": [], "metadata": {"count": "1"}}"#).misfit().as_deref(),
            Some("`metadata.count` is not a whole number")
        );
    }

    #[test]
    fn a_github_without_an_owner_is_seen_as_javascript_sees_it() {
        let github = |github: &str| {
            let text = format!(r#"{{"server": {{"_meta": {{"{PUBLISHER_PROVIDED}": {{"github": {github}}}}}}}}}"#);
            Entry::parse(text.as_bytes()).expect("JSON").github_without_owner
        };
        assert!(github(r#"{"name": "x"}"#) && github(r#"{"name": "x", "nameWithOwner": ""}"#));
        assert!(!github(r#"{"name": "x", "nameWithOwner": "o/x"}"#) && !github(r#"{"name": ""}"#) && !github("1"));
    }
}
