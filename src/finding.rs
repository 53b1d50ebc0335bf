//! What is wrong, where, how badly, and the way out: the one form in which every rule speaks.

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Worth knowing.
    Note,
    /// A person must look.
    Review,
    /// The submitter has something to fix.
    Reject,
}

impl Verdict {
    pub const ALL: [Self; 3] = [Self::Note, Self::Review, Self::Reject];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Review => "review",
            Self::Reject => "reject",
        }
    }
}

/// Where a finding is: never less than a file, and the line and column a person can go to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From the top of the repository.
    pub path: Box<str>,
    /// 1-based; in a file without lines, and for a file as a whole, 1.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// RFC 6901, or empty for the whole document.
    pub pointer: String,
    /// The line itself, where there is one to show.
    pub excerpt: Option<Excerpt>,
}

/// The part of a line that is shown, and what of it is meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Excerpt {
    pub text: String,
    /// Characters of `text` before the marked part.
    pub skip: usize,
    /// Characters marked, at least one.
    pub width: usize,
}

/// So much of a long line is shown around the place that is meant.
const EXCERPT_MAX: usize = 160;

impl Place {
    /// A file as a whole.
    pub fn file(path: &str) -> Self {
        Self { path: path.into(), line: 1, column: 1, pointer: String::new(), excerpt: None }
    }

    /// The bytes `start..end` of a text; both are moved to the nearest character boundary.
    pub fn within(path: &str, text: &str, start: usize, end: usize) -> Self {
        Self::indexed(path, text, &Lines::of(text), start, end)
    }

    /// The same, for whoever asks for many places of one text.
    pub fn indexed(path: &str, text: &str, lines: &Lines, start: usize, end: usize) -> Self {
        let start = text.floor_char_boundary(start.min(text.len()));
        let end = text.floor_char_boundary(end.clamp(start, text.len()));
        let (line, line_start, line_end) = lines.around(start);
        let column = lines.chars(text, start) - lines.chars(text, line_start) + 1;
        let before = &text[line_start..start];
        let from = before.char_indices().rev().take(EXCERPT_MAX / 2).last().map_or(start, |(at, _)| line_start + at);
        let shown = text[from..line_end].trim_end_matches('\r');
        let shown: String = shown.chars().take(EXCERPT_MAX).collect();
        let skip = text[from..start].chars().count();
        let width = text[start..end.min(line_end)].chars().take(EXCERPT_MAX).count();
        let width = width.clamp(1, shown.chars().count().saturating_sub(skip).max(1));
        let excerpt = (!shown.trim().is_empty()).then_some(Excerpt { text: shown, skip, width });
        Self { path: path.into(), line, column, pointer: String::new(), excerpt }
    }

    #[must_use]
    pub fn with_pointer(mut self, pointer: &str) -> Self {
        pointer.clone_into(&mut self.pointer);
        self
    }
}

/// Where the lines of a text begin, and how many characters stand before each stretch of it: a line of a stranger's file may
/// be as long as the file, and hold a mistake at every other byte.
#[derive(Debug)]
pub struct Lines {
    length: usize,
    starts: Vec<usize>,
    chars: Vec<usize>,
}

/// The bytes between two counts of characters.
const STRETCH: usize = 1024;

impl Lines {
    pub fn of(text: &str) -> Self {
        let mut count = 0;
        let chars = text.as_bytes().chunks(STRETCH).map(|stretch| {
            let before = count;
            count += beginnings(stretch);
            before
        });
        let chars = chars.collect();
        let starts = std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1));
        Self { length: text.len(), starts: starts.collect(), chars }
    }

    /// The line that a byte stands in, counted from 1, and where it begins and ends.
    fn around(&self, at: usize) -> (usize, usize, usize) {
        let line = self.starts.partition_point(|start| *start <= at);
        let end = self.starts.get(line).map_or(self.length, |next| next - 1);
        (line, self.starts[line - 1], end)
    }

    /// The characters before a byte.
    fn chars(&self, text: &str, at: usize) -> usize {
        let stretch = (at / STRETCH).min(self.chars.len().saturating_sub(1));
        self.chars.get(stretch).map_or(0, |before| before + beginnings(&text.as_bytes()[stretch * STRETCH..at]))
    }
}

/// The bytes that begin a character.
fn beginnings(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// One thing that one rule has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static str,
    pub verdict: Verdict,
    pub place: Place,
    /// Lower-case start, no full stop, literals in backticks.
    pub message: String,
    /// Imperative: the way out.
    pub help: String,
    /// What `--fix` would write instead, where it knows.
    pub fix: Option<Edit>,
    /// What it is about beside its place: files, and folders with a `/` at the end. A change that touches any of it may be the cause.
    pub others: Vec<Box<str>>,
}

/// A stretch of a file's bytes, and what should stand there instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    pub start: usize,
    pub end: usize,
    pub text: String,
}

impl Finding {
    pub fn new(rule: &'static str, verdict: Verdict, place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { rule, verdict, place, message: message.into(), help: help.into(), fix: None, others: Vec::new() }
    }

    #[must_use]
    pub fn with_others(mut self, others: Vec<Box<str>>) -> Self {
        self.others = others;
        self
    }

    #[must_use]
    pub fn with_fix(mut self, fix: Option<Edit>) -> Self {
        self.fix = fix;
        self
    }

    /// The order in which findings are shown: by file, place, and then rule.
    pub fn order(&self) -> impl Ord + '_ {
        (&self.place.path, self.place.line, self.place.column, self.rule, &self.place.pointer, &self.message)
    }
}

/// So much of a stranger's text is quoted in a message.
const QUOTE_MAX: usize = 80;

/// A stranger's text as a message may quote it: in backticks, on one line, harmless to a terminal, and not too long.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("`");
    for (count, c) in text.chars().enumerate() {
        if count == QUOTE_MAX {
            out.push('…');
            break;
        }
        match c {
            '`' => out.push('\''),
            c if is_visible(c) => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
    }
    out.push('`');
    out
}

/// One character as a message may show it.
pub fn shown(c: char) -> String {
    match c {
        '`' => "a backtick".to_owned(),
        ' ' => "a space".to_owned(),
        c if c.is_ascii_graphic() => format!("`{c}`"),
        c if is_visible(c) => format!("`{c}` (U+{:04X})", c as u32),
        c => format!("U+{:04X}", c as u32),
    }
}

/// Whether a character shows as itself and leaves its neighbours alone: no control, no direction mark, nothing of no width.
pub fn is_visible(c: char) -> bool {
    !(c.is_control() || is_direction(c) || is_widthless(c))
}

/// Marks that change the direction of the text around them.
pub fn is_direction(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Characters that nobody sees: of no width, blank fillers, line separators, tags and private planes' variation selectors.
pub fn is_widthless(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200D}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}'
        | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_shows_its_line_and_marks_its_part() {
        let text = "{\r\n  \"näme\": \"x\"\r\n}\r\n";
        let start = text.find("\"x\"").expect("is there");
        let place = Place::within("f.json", text, start, start + 3);
        assert_eq!((place.line, place.column), (2, 11));
        assert_eq!(place.excerpt, Some(Excerpt { text: "  \"näme\": \"x\"".to_owned(), skip: 10, width: 3 }));
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}!{}", "a".repeat(5_000), "b".repeat(5_000));
        let excerpt = Place::within("f", &text, 5_000, 5_001).excerpt.expect("a line");
        assert_eq!(excerpt.text.chars().count(), EXCERPT_MAX);
        assert_eq!(excerpt.text.chars().nth(excerpt.skip), Some('!'));
    }

    #[test]
    fn columns_are_characters_however_long_the_line() {
        let text = format!("é\n{}!\nx", "é".repeat(3_000));
        for (what, at) in [("!", (2, 3_001)), ("x", (3, 1))] {
            let start = text.find(what).expect("is there");
            let place = Place::within("f", &text, start, start + 1);
            assert_eq!((place.line, place.column), at);
        }
    }

    #[test]
    fn the_end_of_a_text_is_a_place() {
        let place = Place::within("f", "{\n", 2, 2);
        assert_eq!((place.line, place.column, place.excerpt), (2, 1, None));
        assert_eq!(Place::within("f", "", 9, 12).line, 1);
    }

    #[test]
    fn quotes_are_tame() {
        assert_eq!(quoted("a`b\n\u{202E}"), "`a'b\\u{a}\\u{202e}`");
        assert_eq!(quoted(&"x".repeat(200)).chars().count(), QUOTE_MAX + 3);
    }
}
