//! From a JSON pointer to the line and column where its value stands; done only once something has to be shown.

use std::sync::OnceLock;

use crate::finding::{Edit, Lines, Place};

use super::document::hidden;

mod spans;

use spans::{Range, Span, Spans};

/// A text with its path, and, once asked for, where everything in it stands.
#[derive(Debug)]
pub struct Source {
    pub path: Box<str>,
    text: String,
    map: OnceLock<Spans>,
    lines: OnceLock<Lines>,
}

const BOM: &str = "\u{FEFF}";

/// So many places of one kind are told of one file. To find a line takes time that grows with the file, and a file can hold as
/// many mistakes as it has bytes.
pub(crate) const TOLD_MAX: usize = 100;

impl Source {
    pub fn new(path: &str, text: String) -> Self {
        Self { path: path.into(), text, map: OnceLock::new(), lines: OnceLock::new() }
    }

    /// Every byte of the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn has_bom(&self) -> bool {
        self.text.starts_with(BOM)
    }

    /// The text without a byte order mark.
    pub fn body(&self) -> &str {
        self.text.strip_prefix(BOM).unwrap_or(&self.text)
    }

    /// The value that a pointer leads to, or the nearest one above it that exists.
    pub fn value(&self, pointer: &str) -> Place {
        self.spanned(pointer, |span| span.value)
    }

    /// The name of the member that a pointer leads to, or the nearest value above it that exists.
    pub fn key(&self, pointer: &str) -> Place {
        self.spanned(pointer, |span| span.key.unwrap_or(span.value))
    }

    fn spanned(&self, pointer: &str, pick: impl Fn(&Span) -> Range) -> Place {
        match self.spans().find(pointer) {
            Some((span, true)) => self.bytes(pick(span)).with_pointer(pointer),
            // What lies above is shown by its first character: its whole text is not what is wrong.
            Some((span, false)) => self.bytes((span.value.0, span.value.0 + 1)).with_pointer(pointer),
            None => Place::file(&self.path).with_pointer(pointer),
        }
    }

    /// The edit that writes another value, as JSON, where a pointer leads.
    pub fn replace_value(&self, pointer: &str, json: String) -> Option<Edit> {
        let (span, true) = self.spans().find(pointer)? else { return None };
        Some(self.edit(span.value, json))
    }

    /// The edit that gives the member where a pointer leads another name.
    pub fn rename_key(&self, pointer: &str, name: &str) -> Option<Edit> {
        let (span, true) = self.spans().find(pointer)? else { return None };
        Some(self.edit(span.key?, format!("\"{name}\"")))
    }

    fn edit(&self, (start, end): Range, text: String) -> Edit {
        let shift = self.text.len() - self.body().len();
        Edit { start: start + shift, end: end + shift, text }
    }

    /// A place by line and column as a parser counts them: from 1, the column in bytes of the text without its mark.
    pub fn line_column(&self, line: usize, column: usize) -> Place {
        let body = self.body();
        let start: usize = body.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let at = (start + column.saturating_sub(1)).min(body.len());
        self.bytes((at, at + 1))
    }

    fn bytes(&self, (start, end): Range) -> Place {
        let shift = self.text.len() - self.body().len();
        let lines = self.lines.get_or_init(|| Lines::of(&self.text));
        Place::indexed(&self.path, &self.text, lines, start + shift, end + shift)
    }

    /// The bytes `start..end` of the body, with the pointer to the innermost value or member that they stand in.
    pub fn at(&self, start: usize, end: usize) -> Place {
        let holds = |(from, to): Range| from <= start && end <= to;
        let around = self.spans().iter().filter(|(_, span)| span.key.is_some_and(holds) || holds(span.value));
        // Whatever holds a place begins before it, and the innermost begins last.
        let innermost = around.max_by_key(|(at, _)| *at).map_or_else(String::new, |(at, _)| self.spans().pointer(at));
        self.bytes((start, end)).with_pointer(&innermost)
    }

    /// Members given twice: where first, where again, and the name.
    pub fn duplicates(&self) -> Vec<(Place, Place, String)> {
        let spans = self.spans();
        let told = spans.twice.iter().take(TOLD_MAX).map(|(at, before)| {
            let pointer = spans.pointer(*at);
            let again = spans.all[*at as usize].key.unwrap_or(*before);
            let place = |range| self.bytes(range).with_pointer(&pointer);
            (place(*before), place(again), spans.name(*at).to_owned())
        });
        told.collect()
    }

    /// Texts longer than `limit` bytes.
    pub fn long_strings(&self, limit: usize) -> Vec<(Place, usize)> {
        self.strings(|text| (text.len() > limit).then_some(text.len()))
    }

    /// Texts that hold a character nobody sees: the first in each.
    pub fn invisible(&self) -> Vec<(Place, char)> {
        self.strings(hidden)
    }

    /// Member names and values alike, each by what `judge` has to say of it.
    fn strings<T>(&self, judge: impl Fn(&str) -> Option<T>) -> Vec<(Place, T)> {
        let decoded = |(start, end): (usize, usize)| serde_json::from_str::<String>(&self.body()[start..end]).ok();
        let mut found = Vec::new();
        for (at, span) in self.spans().iter() {
            for range in span.key.into_iter().chain([span.value]) {
                if let Some(verdict) = decoded(range).as_deref().and_then(&judge).filter(|_| found.len() < TOLD_MAX) {
                    found.push((self.bytes(range).with_pointer(&self.spans().pointer(at)), verdict));
                }
            }
        }
        found
    }

    fn spans(&self) -> &Spans {
        self.map.get_or_init(|| Spans::of(self.body()))
    }
}

/// A member's name as a part of a JSON pointer.
pub fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(source: &Source, place: &Place) -> String {
        let excerpt = place.excerpt.as_ref().expect("an excerpt");
        let _ = source;
        excerpt.text.chars().skip(excerpt.skip).take(excerpt.width).collect()
    }

    #[test]
    fn pointers_lead_to_keys_and_values() {
        let source = Source::new("f", "\u{FEFF}{\n  \"a/b\": [1, {\"c\": \"é\\\"x\"}],\n  \"d\": {}\n}".to_owned());
        assert_eq!(marked(&source, &source.value("/a~1b/1/c")), "\"é\\\"x\"");
        assert_eq!(marked(&source, &source.key("/a~1b")), "\"a/b\"");
        assert_eq!(marked(&source, &source.value("/a~1b/0")), "1");
        let missing = source.value("/a~1b/1/nothing/here");
        assert_eq!(
            (missing.line, missing.pointer.as_str(), marked(&source, &missing).as_str()),
            (2, "/a~1b/1/nothing/here", "{")
        );
    }

    #[test]
    fn duplicates_are_found_at_any_depth() {
        let source = Source::new("f", "{\"a\": {\"x\": 1,\n\"x\": 2}, \"\\u0061\": 3}".to_owned());
        let found: Vec<(usize, usize, String)> =
            source.duplicates().into_iter().map(|(a, b, key)| (a.line, b.line, key)).collect();
        assert_eq!(found, [(1, 2, "x".to_owned()), (1, 2, "a".to_owned())]);
    }

    proptest! {
        #[test]
        fn any_text_has_places_and_no_panic(text in "[\\[\\]{}\",:a-c0\\\\ é\n]{0,60}") {
            let source = Source::new("f", text);
            let _ = (source.value("/a/0"), source.key("/a"), source.duplicates(), source.invisible(), source.long_strings(2));
        }
    }
}
