//! A JSON text written anew without a change to what it says: its canonical layout, and edits at places.

use crate::finding::Edit;

/// The text with its edits made; of two that overlap, the first stands.
pub fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        if edit.start >= at && edit.end <= text.len() {
            out.push_str(&text[at..edit.start]);
            out.push_str(&edit.text);
            at = edit.end;
        }
    }
    out.push_str(&text[at..]);
    out
}

/// Two spaces a level, one member a line, an empty object or array on one line, a line break at the end. Every token stays
/// as its author wrote it: the order, the escapes, the digits. `text` must be JSON.
pub fn layout(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut depth = 0_usize;
    let mut tokens = Tokens { text, at: 0 }.peekable();
    while let Some(token) = tokens.next() {
        match token {
            "{" | "[" => {
                out.push_str(token);
                let close = if token == "{" { "}" } else { "]" };
                if tokens.next_if_eq(&close).is_some() {
                    out.push_str(close);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push_str(token);
            }
            "," => {
                out.push(',');
                line(&mut out, depth);
            }
            ":" => out.push_str(": "),
            token => out.push_str(token),
        }
    }
    out.push('\n');
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        match *bytes.get(start)? {
            b'{' | b'}' | b'[' | b']' | b',' | b':' => self.at += 1,
            b'"' => {
                self.at += 1;
                while let Some(&byte) = bytes.get(self.at) {
                    self.at += 1 + usize::from(byte == b'\\');
                    if byte == b'"' {
                        break;
                    }
                }
            }
            _ => {
                let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'{' | b'}' | b'[' | b']' | b',' | b':' | b'"');
                self.at += bytes[start..].iter().position(ends).unwrap_or(bytes.len() - start);
            }
        }
        self.at = self.text.ceil_char_boundary(self.at.min(bytes.len()));
        Some(&self.text[start..self.at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn tokens_stay_as_they_are() {
        let text = "{\"b\":1.50e+3,\"a\" :[ ],\r\n\"c\":{\"\\u0041\\\"\":[true,{}]}}";
        let expected =
            "{\n  \"b\": 1.50e+3,\n  \"a\": [],\n  \"c\": {\n    \"\\u0041\\\"\": [\n      true,\n      {}\n    ]\n  }\n}\n";
        assert_eq!(layout(text), expected);
    }

    #[test]
    fn edits_are_made_where_they_say() {
        let edit = |start, end, text: &str| Edit { start, end, text: text.to_owned() };
        assert_eq!(apply("one two three", vec![edit(8, 13, "3"), edit(0, 3, "1"), edit(2, 5, "x")]), "1 two 3");
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            "[ -~é]{0,6}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-z\"\\\\]{0,3}", inner, 0..4)
                    .prop_map(|map| map.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn layout_says_the_same_and_settles(value in json()) {
            let once = layout(&value.to_string());
            prop_assert_eq!(&serde_json::from_str::<Value>(&once).expect("JSON"), &value);
            prop_assert_eq!(&layout(&once), &once);
            prop_assert_eq!(once.trim_end(), serde_json::to_string_pretty(&value).expect("JSON"));
        }

        #[test]
        fn any_text_is_laid_out_without_panic(text in "\\PC{0,40}") {
            layout(&text);
        }
    }
}
