//! Small changes to a document: one at a time by choice, or several at random.

use std::collections::BTreeSet;
use std::mem::take;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::documents::{camel, respelled, snake};
use super::{DATES, ours};

/// One change to a document. A number is a place: an index into `places`, taken modulo their count.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Remove(usize),
    Rename(usize, String),
    Put(usize, Value),
    Insert(usize, String, Value),
    /// Another `type` in one of the places that has one.
    Type(usize, String),
    /// What is at the first place, also at the second.
    Copy(usize, usize),
    /// What is at the first place, also as a member of the second.
    Graft(usize, usize, String),
    /// Every key at and below in `snake_case`, or in camelCase.
    Spell(usize, bool),
}

pub(crate) fn any_edit() -> impl Strategy<Value = Edit> {
    let place = 0..10_000_usize;
    let (key, value) = (|| select(keys()), || select(values()));
    let word = select(vec!["stdio", "streamable-http", "sse", "positional", "named", "http", "SSE", ""]);
    prop_oneof![
        3 => place.clone().prop_map(Edit::Remove),
        2 => (place.clone(), key()).prop_map(|(at, key)| Edit::Rename(at, key)),
        6 => (place.clone(), value()).prop_map(|(at, value)| Edit::Put(at, value)),
        4 => (place.clone(), key(), value()).prop_map(|(at, key, value)| Edit::Insert(at, key, value)),
        2 => (place.clone(), word).prop_map(|(at, word)| Edit::Type(at, word.into())),
        1 => (place.clone(), place.clone()).prop_map(|(from, to)| Edit::Copy(from, to)),
        2 => (place.clone(), place.clone(), key()).prop_map(|(from, to, key)| Edit::Graft(from, to, key)),
        1 => (place, any::<bool>()).prop_map(|(at, snake)| Edit::Spell(at, snake)),
    ]
}

impl Edit {
    /// Whether the edit meant anything there.
    pub(crate) fn apply(&self, document: &mut Value) -> bool {
        let mut places = places(document);
        if matches!(self, Self::Type(..)) {
            places.retain(|place| place.ends_with("/type"));
        }
        let Some(count) = places.len().checked_sub(1).map(|last| last + 1) else { return false };
        let place = |at: &usize| places[at % count].as_str();
        match self {
            Self::Remove(at) => removed(document, place(at)).is_some(),
            Self::Rename(at, key) => {
                let Some((parent, _)) = place(at).rsplit_once('/') else { return false };
                if !document.pointer(parent).is_some_and(Value::is_object) {
                    return false;
                }
                let value = removed(document, place(at)).expect("a member");
                insert(document, parent, key, value)
            }
            Self::Put(at, value) => put(document, place(at), value.clone()),
            Self::Type(at, word) => put(document, place(at), json!(word)),
            Self::Insert(at, key, value) => insert(document, place(at), key, value.clone()),
            Self::Copy(from, to) => {
                let value = at(document, place(from)).clone();
                put(document, place(to), value)
            }
            Self::Graft(from, to, key) => {
                let value = at(document, place(from)).clone();
                insert(document, place(to), key, value)
            }
            Self::Spell(at, to_snake) => {
                let spelling = if *to_snake { snake } else { camel };
                let value = document.pointer_mut(place(at)).expect("a place");
                *value = respelled(take(value), spelling);
                true
            }
        }
    }
}

pub(super) fn at<'a>(document: &'a Value, place: &str) -> &'a Value {
    document.pointer(place).expect("a place")
}

pub(super) fn put(document: &mut Value, place: &str, value: Value) -> bool {
    *document.pointer_mut(place).expect("a place") = value;
    true
}

pub(super) fn insert(document: &mut Value, place: &str, key: &str, value: Value) -> bool {
    let object = document.pointer_mut(place).and_then(Value::as_object_mut);
    object.map(|object| object.insert(key.into(), value)).is_some()
}

pub(super) fn removed(document: &mut Value, place: &str) -> Option<Value> {
    let (parent, last) = place.rsplit_once('/')?;
    match document.pointer_mut(parent)? {
        Value::Object(members) => members.remove(&last.replace("~1", "/").replace("~0", "~")),
        Value::Array(items) => last.parse().ok().map(|index| items.remove(index)),
        _ => None,
    }
}

/// The pointer of every value in a document, its own last.
pub(super) fn places(document: &Value) -> Vec<String> {
    fn below(value: &Value, place: String, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| {
                below(value, format!("{place}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| below(item, format!("{place}/{index}"), found));
            }
            _ => {}
        }
        found.push(place);
    }
    let mut found = Vec::new();
    below(document, String::new(), &mut found);
    found
}

/// Names of members: all that a schema knows, in both spellings, and some that none does.
pub(super) fn keys() -> Vec<String> {
    let mut keys: BTreeSet<String> = ["extra", "", "Type", "a/b~c", "$ref"].map(String::from).into();
    for date in DATES {
        known_members(&ours(date), &mut keys);
    }
    let other: Vec<String> = keys.iter().flat_map(|key| [snake(key), camel(key)]).collect();
    keys.extend(other);
    keys.into_iter().collect()
}

pub(super) fn known_members(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(keywords) => {
            if let Some(Value::Object(members)) = keywords.get("properties") {
                found.extend(members.keys().cloned());
            }
            keywords.values().for_each(|value| known_members(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| known_members(item, found)),
        _ => {}
    }
}

/// What a member may wrongly, or just rightly, be given.
pub(super) fn values() -> Vec<Value> {
    let mut values: Vec<Value> = texts().into_iter().map(Value::from).collect();
    values.extend([json!(null), json!(true), json!(false), json!(0), json!(1), json!(-1), json!(1.5), json!(u64::MAX)]);
    values.extend([
        json!([]),
        json!([null]),
        json!(["x"]),
        json!([[]]),
        json!([{}]),
        json!({}),
        json!({ "x": null }),
        json!({ "x": {} }),
        json!({ "x": { "variables": 1, "format": "string" } }),
        json!({ "x": { "isRequired": "true", "is_required": true } }),
        json!({ "name": "x" }),
        json!({ "name": 1 }),
        json!({ "name": "x", "value": null }),
        json!({ "name": "x", "variables": { "y": { "default": 1 } } }),
        json!({ "src": "https://example.com/icon.svg", "sizes": [] }),
        json!({ "url": "https://example.com", "source": "" }),
        json!({ "type": 1 }),
        json!({ "type": "stdio", "url": 1, "headers": 1 }),
        json!({ "type": "sse", "url": "https://example.com/sse", "headers": [] }),
        json!({ "type": "sse", "url": "no uri" }),
        json!({ "type": "streamable-http", "url": "https://{host}/mcp", "variables": { "host": {} } }),
        json!({ "type": "streamable-http" }),
        json!({ "type": "positional" }),
        json!({ "type": "positional", "valueHint": "x", "name": 1 }),
        json!({ "type": "positional", "value_hint": "x" }),
        json!({ "type": "positional", "value": "x", "valueHint": null }),
        json!({ "type": "named", "name": "--x", "valueHint": 1 }),
        json!({ "type": "named", "value": "x" }),
    ]);
    values
}

/// Strings at the edges of every length, pattern, format and enum.
pub(super) fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        // enums, near and far
        "latest Latest string number boolean filepath active deprecated deleted positional named stdio streamable-http",
        "sse http STDIO light dark image/png image/jpg image/svg+xml image/webp image/gif any 48x48 48X48 48x x48 anyx",
        // URIs as RFC 3986 has them, and not
        "https://example.com http://x HTTPS://example.com https:// https:/x https //example.com/x /relative urn:isbn:1",
        "mailto:a@b data:,x file:///etc http://[::1]:80/ http://[::1 https://exämple.com https://example.com/%zz ftp://x",
        "https://example.com/%20 https://user@:99999/ a:b : ? # https://a/b|c https://a#b#c https://{host}/mcp 1a:b a\\b:",
        // names
        "a/b a/ /b / a/b/c a_b/c a/b_c ä/b a/ä a-/. A.B/c-D 0/0 .../--- a//b",
    ]
    .iter()
    .flat_map(|words| words.split(' '))
    .map(String::from)
    .collect();
    let odd = [
        "",
        " ",
        "latest ",
        "a/b\n",
        "a b/c",
        "48x48 ",
        "48x48\n",
        "٤x٤",
        "any\n",
        "x\u{0}",
        "http:// x",
        "https://a b",
        "https://a\n",
        "\nhttps://a",
        "https://a\n\nb",
        "https://a\u{feff}",
        "https://\u{feff}",
        "https://\u{85}",
        "https://\u{180e}",
        "https://\u{200b}",
        "https://\u{2028}",
        "https://\u{a0}",
        "https://\t",
        "https://\u{1f}",
    ];
    texts.extend(odd.map(String::from));
    for length in [1, 2, 3, 63, 64, 65, 99, 100, 101, 199, 200, 201, 254, 255, 256] {
        texts.push("é".repeat(length));
        texts.push("a".repeat(length));
        let after = |start: &str| format!("{start}{}", "b".repeat(length.saturating_sub(start.len())));
        texts.extend(["a/", "https://"].map(after));
    }
    texts.extend(["A", "g", "0"].map(|digit| digit.repeat(64)));
    texts.push(format!("{}\n", "a".repeat(64)));
    texts
}
