//! JSON of any size as a value of bounded size: what goes beyond is read, checked for its form, and forgotten.

use std::{cell::Cell, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Values that are kept of one document or one entry of a list. An honest entry has some hundred.
const KEPT: usize = 20_000;
/// Bytes of text that are kept of one value.
const TEXT_KEPT: usize = 4_096;

/// The whole text as one value; each member of the outermost object has a bound of its own.
pub(super) fn sketch(text: &str) -> Result<Value, serde_json::Error> {
    let left = Cell::new(KEPT);
    let mut json = serde_json::Deserializer::from_str(text);
    let value = Sketch { left: &left, outermost: true }.deserialize(&mut json)?;
    json.end().map(|()| value)
}

/// Shows each item of the list at the end of a way of members. Where there is no list, it shows nothing.
pub(super) fn each(text: &str, way: &[&str], see: &mut dyn FnMut(Value)) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    Walk { way, see }.deserialize(&mut json)?;
    json.end()
}

/// So much of a text that no boundary of a character is crossed.
pub(super) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most.min(text.len()))]
}

/// Reads one value and keeps as much of it as is left to keep.
#[derive(Clone, Copy)]
struct Sketch<'a> {
    left: &'a Cell<usize>,
    outermost: bool,
}

impl Sketch<'_> {
    fn spend(self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }
}

impl<'de> DeserializeSeed<'de> for Sketch<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Sketch<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(cut(value, TEXT_KEPT).to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        while self.spend() {
            match items.next_element_seed(Sketch { outermost: false, ..self })? {
                Some(item) => kept.push(item),
                None => return Ok(Value::Array(kept)),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Array(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        while self.spend() {
            let Some(key) = members.next_key::<String>()? else { return Ok(Value::Object(kept)) };
            let own = Cell::new(KEPT);
            let left = if self.outermost { &own } else { self.left };
            let value = members.next_value_seed(Sketch { left, outermost: false })?;
            kept.insert(cut(&key, TEXT_KEPT).to_owned(), value);
        }
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Object(kept))
    }
}

struct Walk<'a> {
    way: &'a [&'a str],
    see: &'a mut dyn FnMut(Value),
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while self.way.is_empty() {
            let left = Cell::new(KEPT);
            match items.next_element_seed(Sketch { left: &left, outermost: false })? {
                Some(item) => (self.see)(item),
                None => return Ok(()),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(key) = members.next_key::<String>()? {
            match self.way.split_first() {
                Some((first, way)) if *first == key => members.next_value_seed(Walk { way, see: &mut *self.see })?,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_is_kept_whole() {
        let text = r#"{"a": [1, -2, 1.5, null, true, "x"], "b": {"c": {}}}"#;
        assert_eq!(sketch(text).expect("JSON"), serde_json::from_str::<Value>(text).expect("JSON"));
    }

    #[test]
    fn the_items_of_one_list_are_shown() {
        let shown = |text, way: &[&str]| {
            let mut items = Vec::new();
            each(text, way, &mut |item| items.push(item)).map(|()| items)
        };
        let text = r#"{"x": [0], "a": {"b": [1, {"c": 2}], "c": 3}, "b": [4]}"#;
        assert_eq!(shown(text, &["a", "b"]).expect("JSON"), [Value::from(1), serde_json::json!({"c": 2})]);
        assert!(shown(text, &["a", "c"]).expect("JSON").is_empty());
        assert!(shown(text, &["a"]).expect("JSON").is_empty());
        assert!(shown("[1, 2", &[]).is_err());
    }

    #[test]
    fn what_is_large_is_kept_in_part_and_still_has_to_be_json() {
        let many = format!("[{}1]", "[],".repeat(1_000_000));
        assert!(sketch(&many).expect("JSON").as_array().expect("a list").len() <= KEPT);
        assert!(sketch(&many.replace("1]", "1")).is_err());
        let long = format!("\"{}\"", "é".repeat(1_000_000));
        assert!(sketch(&long).expect("JSON").as_str().expect("a text").len() <= TEXT_KEPT);
        assert!(sketch(&"[".repeat(1_000_000)).is_err());
        assert!(sketch("{} {}").is_err());
    }
}
