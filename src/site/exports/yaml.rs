//! YAML in the few shapes that are needed: maps and lists of texts, every text in double quotes. So no word is taken for a
//! number, a truth or nothing, and no character for a part of the layout.

use std::fmt::Write;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Text(String),
    List(Vec<Node>),
    /// In the given order.
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// As what a key above it is set to: on its line, or below it and further in.
    pub(super) fn write(&self, out: &mut String, indent: usize) {
        match self {
            Self::Text(text) => {
                out.push(' ');
                quote(out, text);
                out.push('\n');
            }
            Self::List(items) if items.is_empty() => out.push_str(" []\n"),
            Self::Map(members) if members.is_empty() => out.push_str(" {}\n"),
            Self::List(items) => {
                out.push('\n');
                for item in items {
                    pad(out, indent);
                    out.push('-');
                    item.write(out, indent + 1);
                }
            }
            Self::Map(members) => {
                out.push('\n');
                for (key, value) in members {
                    pad(out, indent);
                    quote(out, key);
                    out.push(':');
                    value.write(out, indent + 1);
                }
            }
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n("  ", indent));
}

/// A text between double quotes: what YAML calls printable stands as it is, but for what breaks lines or hides.
pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if crate::finding::is_visible(c) && is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                let _ = if code > 0xFFFF { write!(out, "\\U{code:08X}") } else { write!(out, "\\u{code:04X}") };
            }
        }
    }
    out.push('"');
}

fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use std::{iter::Peekable, str::Lines};

    use proptest::prelude::*;

    use super::*;

    /// Reads back what [`Node::write`] wrote, by the rules of YAML for block maps, block lists and double-quoted texts.
    fn read(lines: &mut Peekable<Lines>, indent: usize, inline: &str) -> Node {
        match inline {
            " []" => return Node::List(Vec::new()),
            " {}" => return Node::Map(Vec::new()),
            "" => {}
            text => {
                let (text, rest) = unquote(text.strip_prefix(' ').expect("a space"));
                assert_eq!(rest, "");
                return Node::Text(text);
            }
        }
        let (mut list, mut map) = (Vec::new(), Vec::new());
        while let Some(line) = lines.next_if(|line| line.len() - line.trim_start_matches(' ').len() == indent) {
            if let Some(item) = line[indent..].strip_prefix('-') {
                list.push(read(lines, indent + 2, item));
            } else {
                let (key, rest) = unquote(&line[indent..]);
                map.push((key, read(lines, indent + 2, rest.strip_prefix(':').expect("a colon"))));
            }
        }
        assert!(list.is_empty() != map.is_empty(), "either a list or a map");
        if list.is_empty() { Node::Map(map) } else { Node::List(list) }
    }

    fn unquote(text: &str) -> (String, &str) {
        let mut out = String::new();
        let mut chars = text.strip_prefix('"').expect("a quote").chars();
        while let Some(c) = chars.next() {
            assert!(is_printable(c), "{c:?} stands as it is");
            match c {
                '"' => return (out, chars.as_str()),
                '\\' => out.push(match chars.next().expect("an escape") {
                    'n' => '\n',
                    't' => '\t',
                    'u' => code(&mut chars, 4),
                    'U' => code(&mut chars, 8),
                    c => c,
                }),
                c => out.push(c),
            }
        }
        panic!("{text} does not end");
    }

    fn code(chars: &mut std::str::Chars, digits: usize) -> char {
        let hex: String = chars.by_ref().take(digits).collect();
        char::from_u32(u32::from_str_radix(&hex, 16).expect("a number")).expect("a character")
    }

    fn node() -> impl Strategy<Value = Node> {
        let text = prop_oneof!["\\PC{0,8}", ".{0,8}", "NO|null|1e3|- x|a: b|# c|\"|\\\\|\u{85}|\u{2028}|\u{feff}|\r\n|\u{0}"];
        let leaf = text.clone().prop_map(Node::Text);
        leaf.prop_recursive(4, 30, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Node::List),
                proptest::collection::vec((text.clone(), inner), 0..4).prop_map(Node::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(node in node()) {
            let mut out = String::from("\"top\":");
            node.write(&mut out, 1);
            let mut lines = out.lines().peekable();
            let first = lines.next().expect("a line");
            prop_assert_eq!(read(&mut lines, 2, first.strip_prefix("\"top\":").expect("the key")), node);
            prop_assert_eq!(lines.next(), None);
        }
    }

    #[test]
    fn texts_stay_texts() {
        let mut out = String::new();
        for text in ["NO", "1.0", "", "a: b # c", "a\"\\b", "x\n\ty", "\u{7f}\u{85}\u{2028}\u{202e}\u{feff}\r\0", "é \u{1f600}"]
        {
            quote(&mut out, text);
            out.push('\n');
        }
        let expected = r#""NO"
"1.0"
""
"a: b # c"
"a\"\\b"
"x\n\ty"
"\u007F\u0085\u2028\u202E\uFEFF\u000D\u0000"
"é 😀"
"#;
        assert_eq!(out, expected);
    }
}
