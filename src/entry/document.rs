//! JSON text to a value, stricter than JSON: it notices what a lenient reader would swallow.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::{config::Limits, finding::is_visible};

/// A value, and what was odd about its text; where the oddities stand is for [`super::locate`] to find, once it matters.
#[derive(Debug)]
pub struct Document {
    pub value: Value,
    pub has_duplicates: bool,
    pub has_long_strings: bool,
    pub has_invisible: bool,
}

/// Why a text is no document; line and column count from 1, the column in bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Flaw {
    pub line: usize,
    pub column: usize,
    pub reason: Reason,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nested deeper than allowed.
    Depth,
    Syntax(String),
}

/// The last value of a member given twice wins, as everywhere else; `has_duplicates` says that there was one.
pub fn read(text: &str, limits: &Limits) -> Result<Document, Flaw> {
    let watch = Watch {
        depth: Cell::new(0),
        limits,
        too_deep: Cell::new(false),
        duplicates: Cell::new(false),
        long: Cell::new(false),
        invisible: Cell::new(false),
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Node(&watch).deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    let value = value.map_err(|error| {
        // serde_json itself stops at 128 levels, so a limit above that is still one.
        let deep = watch.too_deep.get() || error.to_string().starts_with("recursion limit");
        let reason = if deep { Reason::Depth } else { Reason::Syntax(sentence(&error)) };
        Flaw { line: error.line(), column: error.column(), reason }
    })?;
    Ok(Document {
        value,
        has_duplicates: watch.duplicates.get(),
        has_long_strings: watch.long.get(),
        has_invisible: watch.invisible.get(),
    })
}

/// `serde_json`'s words without its place, which a finding shows in a better way.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    match text {
        "EOF while parsing an object"
        | "EOF while parsing a list"
        | "EOF while parsing a string"
        | "EOF while parsing a value" => {
            let within = text.trim_start_matches("EOF while parsing ");
            format!("the file ends in the middle of {within}")
        }
        "key must be a string" => "a member's name must be a string in double quotes".to_owned(),
        "trailing comma" => "a comma before a closing bracket".to_owned(),
        "trailing characters" => "something follows the document".to_owned(),
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            "half a surrogate pair in an escape".to_owned()
        }
        "expected value" => "no value of JSON stands here".to_owned(),
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            "a text goes over the end of its line, or holds a control character as it is".to_owned()
        }
        other => other.to_owned(),
    }
}

struct Watch<'a> {
    limits: &'a Limits,
    depth: Cell<usize>,
    too_deep: Cell<bool>,
    duplicates: Cell<bool>,
    long: Cell<bool>,
    invisible: Cell<bool>,
}

impl Watch<'_> {
    fn text(&self, text: &str) {
        if text.len() > self.limits.string_bytes {
            self.long.set(true);
        }
        // Almost every text is printable ASCII, which this loop sees many bytes at a time.
        let plain = text.bytes().fold(true, |plain, b| plain & (0x20..0x7F).contains(&b));
        if !plain && hidden(text).is_some() {
            self.invisible.set(true);
        }
    }

    fn enter<E: Error>(&self) -> Result<(), E> {
        self.depth.set(self.depth.get() + 1);
        if self.depth.get() > self.limits.json_depth {
            self.too_deep.set(true);
            return Err(E::custom("too deep"));
        }
        Ok(())
    }

    fn leave(&self) {
        self.depth.set(self.depth.get() - 1);
    }
}

/// The first character of a text that nobody sees. Joiners between letters of other scripts, and in emoji, are seen by what
/// they do.
pub fn hidden(text: &str) -> Option<char> {
    let mut before = ' ';
    text.chars().find(|&c| {
        let joins = matches!(c, '\u{200C}' | '\u{200D}') && !before.is_ascii() && is_visible(before);
        before = c;
        !joins && !is_visible(c) && !is_line_break(c)
    })
}

/// A tab or line break in a description is untidy but honest.
fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t')
}

/// Objects of entries have so many members or fewer, and a map of so many grows without being built anew.
const MEMBERS: usize = 7;

#[derive(Clone, Copy)]
struct Node<'a>(&'a Watch<'a>);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        self.0.text(value);
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            array.push(item);
        }
        self.0.leave();
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        self.0.enter()?;
        let mut object = Map::with_capacity(MEMBERS);
        while let Some(key) = members.next_key::<String>()? {
            self.0.text(&key);
            let value = members.next_value_seed(self)?;
            if object.insert(key, value).is_some() {
                self.0.duplicates.set(true);
            }
        }
        self.0.leave();
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { json_depth: 4, string_bytes: 8, ..Limits::default() }
    }

    #[test]
    fn oddities_are_noticed() {
        let odd = |text| {
            let d = read(text, &limits()).expect("JSON");
            (d.has_duplicates, d.has_long_strings, d.has_invisible)
        };
        assert_eq!(odd(r#"{"a": [1, "äöü", "x\ny"]}"#), (false, false, false));
        assert_eq!(odd(r#"{"a": 1, "\u0061": 2}"#), (true, false, false));
        assert_eq!(odd(r#"{"a": "123456789"}"#), (false, true, false));
        assert_eq!(odd(r#"{"a": "\u202e"}"#), (false, false, true));
        assert_eq!(odd("{\"\\u0000\": 1}"), (false, false, true));
        // A Persian plural and a family emoji join their parts; a Latin word has nothing to join.
        assert_eq!(hidden("کتاب\u{200C}ها 👩\u{200D}👧"), None);
        assert_eq!(hidden("pay\u{200D}pal"), Some('\u{200D}'));
        assert_eq!(hidden("é\u{200D}\u{200D}"), Some('\u{200D}'));
    }

    #[test]
    fn flaws_know_where_they_are() {
        let flaw = |text| read(text, &limits()).expect_err("a flaw");
        assert_eq!(flaw("[[[[[1]]]]]").reason, Reason::Depth);
        assert_eq!(
            flaw("{\n  \"a\": 1,\n}"),
            Flaw { line: 3, column: 1, reason: Reason::Syntax("a comma before a closing bracket".into()) }
        );
        assert_eq!(flaw("{\"a\": \"\\ud800\"}").line, 1);
        assert_eq!(flaw("").reason, Reason::Syntax("the file ends in the middle of a value".into()));
        let bomb = "[".repeat(1_000_000);
        assert_eq!(read(&bomb, &Limits { json_depth: 100, ..Limits::default() }).expect_err("a flaw").reason, Reason::Depth);
    }

    #[test]
    fn values_are_those_of_serde_json() {
        let text = r#"{"b": [null, true, -1, 18446744073709551615, 1.5, "x"], "a": {}}"#;
        let value: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(read(text, &limits()).expect("JSON").value, value);
    }
}
