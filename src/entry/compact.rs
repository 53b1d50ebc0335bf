//! A document's text written again without spaces, as its value would be, but without making the value of more than its `_meta`.

use std::{borrow::Cow, fmt, mem, ops::Range};

use serde::{
    Serialize,
    de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, Value};

use super::document;
use crate::config::Limits;

/// What was read of a document while it was written.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    pub schema: Option<String>,
    pub name: Option<String>,
    pub version: Option<String>,
}

/// What is left of a document's `_meta`, if anything is.
pub type Reduce = fn(Value) -> Option<Value>;

/// Writes a document behind what `out` holds. Nothing, and some of it written, for one of which the value has to be made: it is
/// no JSON or nested too deep, or an object in it has a member twice, or more of them than can be compared at a glance.
pub fn write(text: &str, limits: &Limits, reduce: Reduce, out: &mut Vec<u8>) -> Option<Said> {
    let mut writer = Writer { out, members: Vec::new(), depth: 0, has_meta: false, limits, reduce, said: Said::default() };
    let mut json = serde_json::Deserializer::from_str(text);
    let node = Node { writer: &mut writer, slot: None };
    node.deserialize(&mut json).and_then(|()| json.end()).ok()?;
    Some(writer.said)
}

const MEMBERS_MAX: usize = 32;

struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// Where the names of the members of every open object stand in what is written.
    members: Vec<Range<usize>>,
    depth: usize,
    has_meta: bool,
    limits: &'a Limits,
    reduce: Reduce,
    said: Said,
}

/// A member of the document itself that is noted.
#[derive(Clone, Copy)]
enum Slot {
    Schema,
    Name,
    Version,
}

impl Writer<'_> {
    fn put(&mut self, value: &(impl Serialize + ?Sized)) {
        serde_json::to_writer(&mut *self.out, value).expect("a value made of JSON is written as JSON");
    }

    fn enter<E: Error>(&mut self, bracket: u8) -> Result<(), E> {
        self.depth += 1;
        self.out.push(bracket);
        if self.depth > self.limits.json_depth { Err(E::custom("too deep")) } else { Ok(()) }
    }

    fn leave(&mut self, bracket: u8) {
        self.depth -= 1;
        self.out.push(bracket);
    }

    /// A text; one that is `plain` stands in the document without an escape, and so needs none.
    fn put_text(&mut self, text: &str, plain: bool) {
        if plain {
            self.out.push(b'"');
            self.out.extend_from_slice(text.as_bytes());
            self.out.push(b'"');
        } else {
            self.put(text);
        }
    }

    /// Begins a member of the object whose first one is `first`.
    fn member<E: Error>(&mut self, name: &str, plain: bool, first: usize) -> Result<(), E> {
        let start = self.out.len();
        self.put_text(name, plain);
        let (before, new) = self.out.split_at(start);
        let is_known = self.members[first..].iter().any(|member| before[member.clone()] == *new);
        if is_known || self.members.len() - first == MEMBERS_MAX {
            return Err(E::custom("its value has to be made"));
        }
        self.members.push(start..self.out.len());
        self.out.push(b':');
        Ok(())
    }

    /// Writes again what was written of `_meta`; without it, if nothing of it is left.
    fn reduce<E: Error>(&mut self, name: usize, value: usize) -> Result<(), E> {
        let text = std::str::from_utf8(&self.out[value..]).map_err(E::custom)?;
        let meta = document::read(text, self.limits).map_err(|flaw| E::custom(format!("{flaw:?}")))?;
        if let Some(meta) = (self.reduce)(meta.value) {
            self.out.truncate(value);
            self.put(&meta);
        } else {
            self.out.truncate(name);
            self.members.pop();
        }
        // Of two, the later one counts, where the first one stood.
        if mem::replace(&mut self.has_meta, true) { Err(E::custom("its value has to be made")) } else { Ok(()) }
    }
}

/// The name of a member: borrowed, if the document says it without an escape.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

struct Node<'a, 'w> {
    writer: &'a mut Writer<'w>,
    slot: Option<Slot>,
}

impl Node<'_, '_> {
    fn text(self, value: &str, plain: bool) {
        let said = &mut self.writer.said;
        match self.slot {
            Some(Slot::Schema) => said.schema = Some(value.to_owned()),
            Some(Slot::Name) => said.name = Some(value.to_owned()),
            Some(Slot::Version) => said.version = Some(value.to_owned()),
            None => {}
        }
        self.writer.put_text(value, plain);
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.writer.put(&());
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.writer.put(&value);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.writer.put(&value);
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.writer.put(&value);
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.writer.put(&Number::from_f64(value));
        Ok(())
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<(), E> {
        self.text(value, true);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.text(value, false);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let writer = self.writer;
        writer.enter(b'[')?;
        let start = writer.out.len();
        loop {
            let before = writer.out.len();
            if before > start {
                writer.out.push(b',');
            }
            if items.next_element_seed(Node { writer: &mut *writer, slot: None })?.is_none() {
                writer.out.truncate(before);
                break;
            }
        }
        writer.leave(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let writer = self.writer;
        writer.enter(b'{')?;
        let (start, first) = (writer.out.len(), writer.members.len());
        while let Some(name) = members.next_key_seed(Name)? {
            let before = writer.out.len();
            if before > start {
                writer.out.push(b',');
            }
            writer.member(&name, matches!(name, Cow::Borrowed(_)), first)?;
            let is_of_document = writer.depth == 1;
            let slot = match &*name {
                "$schema" => Some(Slot::Schema),
                "name" => Some(Slot::Name),
                "version" => Some(Slot::Version),
                _ => None,
            };
            let value = writer.out.len();
            members.next_value_seed(Node { writer: &mut *writer, slot: slot.filter(|_| is_of_document) })?;
            if is_of_document && name == "_meta" {
                writer.reduce(before, value)?;
            }
        }
        writer.members.truncate(first);
        writer.leave(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Map;

    use super::*;

    fn none_or_all(meta: Value) -> Option<Value> {
        meta.is_object().then_some(meta)
    }

    fn limits() -> Limits {
        Limits { json_depth: 6, ..Limits::WIDEST }
    }

    fn written(text: &str) -> Option<(String, Said)> {
        let mut out = b"before".to_vec();
        let said = write(text, &limits(), none_or_all, &mut out)?;
        Some((String::from_utf8(out).expect("text").strip_prefix("before").expect("what was there").to_owned(), said))
    }

    /// As those do who make the value.
    fn by_value(text: &str) -> Option<(String, Said)> {
        let mut value = document::read(text, &limits()).ok()?.value;
        if value.get("_meta").is_some_and(|meta| !meta.is_object()) {
            value.as_object_mut().expect("it has a member").shift_remove("_meta");
        }
        let text = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
        Some((value.to_string(), Said { schema: text("$schema"), name: text("name"), version: text("version") }))
    }

    #[test]
    fn what_is_written_is_what_the_value_says() {
        for text in [
            r#" { "name" : "a/b", "version":"1.0.0", "$schema": "https://x", "n": [1, -2, 3.50, 1e300, 18446744073709551615, 1E2] } "#,
            r#"{"a": {"name": "not this"}, "name": 7, "b": [], "c": {}, "d": [[], [{}], "\u0041\n\u2028é"], "e": null, "f": true}"#,
            r#"{"_meta": null, "name": "x"}"#,
            r#"{"name": "x", "_meta": {"k": {"_meta": 1}}, "z": 0}"#,
            r#"{"a": 1, "_meta": 3}"#,
            "[1, 2]",
            "7",
        ] {
            assert_eq!(written(text), by_value(text), "{text}");
        }
    }

    #[test]
    fn what_only_a_value_can_say_is_left_to_it() {
        let many: Map<String, Value> = (0..=MEMBERS_MAX).map(|at| (at.to_string(), Value::Null)).collect();
        for text in [
            r#"{"a": 1, "a": 2}"#,
            r#"{"_meta": 1, "_meta": {}}"#,
            r#"{"x": {"\u0061": 1, "a": 2}}"#,
            "{} {}",
            "{",
            "",
            "[[[[[[[]]]]]]]",
            &Value::Object(many).to_string(),
        ] {
            assert_eq!(written(text), None, "{text}");
        }
    }

    fn value() -> impl Strategy<Value = Value> {
        let key = || prop_oneof![Just("_meta".to_owned()), Just("name".to_owned()), "[a-c\"\\\\é]{0,2}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((key(), inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_is_written_as_itself(value in value()) {
            let text = serde_json::to_string_pretty(&value).expect("JSON");
            prop_assert_eq!(written(&text), by_value(&text));
        }
    }
}
