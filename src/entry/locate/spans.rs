//! Where each value of a JSON text stands, as a tree: a pointer is made only for what is told, since the pointers of all values
//! together may be thousands of times as long as the text.

use std::collections::BTreeMap;

use super::escape;

pub(super) type Range = (usize, usize);

/// The index of a value in [`Spans`].
pub(super) type At = u32;

/// The whole document.
const TOP: At = 0;

/// A value: where it stands, and how it is reached.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) key: Option<Range>,
    pub(super) value: Range,
    parent: At,
    step: Step,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Item(u32),
    Member(Box<str>),
}

#[derive(Debug, Default)]
pub(super) struct Spans {
    pub(super) all: Vec<Span>,
    below: BTreeMap<(At, Step), At>,
    /// Members given twice: the later one, and where the name stood before.
    pub(super) twice: Vec<(At, Range)>,
}

impl Spans {
    /// The text is JSON that has been read before, no deeper than the limits allow; of anything else, what can be made out.
    pub(super) fn of(text: &str) -> Self {
        let mut scan = Scan { text, at: 0, spans: Self::default() };
        scan.value(TOP, Step::Item(0), None, 0);
        scan.spans
    }

    /// The value that a pointer leads to, or the nearest one above it; and whether it is the one.
    pub(super) fn find(&self, pointer: &str) -> Option<(&Span, bool)> {
        let mut at = TOP;
        for part in pointer.split('/').skip(1) {
            let member = Step::Member(part.replace("~1", "/").replace("~0", "~").into());
            let item = || self.below.get(&(at, Step::Item(part.parse().ok()?)));
            match self.below.get(&(at, member)).or_else(item) {
                Some(next) => at = *next,
                None => return self.all.get(at as usize).map(|span| (span, false)),
            }
        }
        self.all.get(at as usize).map(|span| (span, true))
    }

    pub(super) fn pointer(&self, mut at: At) -> String {
        let mut steps = Vec::new();
        while at != TOP {
            let span = &self.all[at as usize];
            steps.push(match &span.step {
                Step::Item(index) => format!("/{index}"),
                Step::Member(name) => format!("/{}", escape(name)),
            });
            at = span.parent;
        }
        steps.into_iter().rev().collect()
    }

    pub(super) fn name(&self, at: At) -> &str {
        match &self.all[at as usize].step {
            Step::Member(name) => name,
            Step::Item(_) => "",
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (At, &Span)> {
        (0..).zip(&self.all)
    }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    spans: Spans,
}

/// `serde_json` gives up at 128 levels, so no text that was read goes deeper.
const DEPTH_MAX: usize = 128;

impl Scan<'_> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self, parent: At, step: Step, key: Option<Range>, depth: usize) {
        let Some(first) = self.peek() else { return };
        let Ok(here) = At::try_from(self.spans.all.len()) else { return };
        let start = self.at;
        if here != TOP
            && let Some(before) = self.spans.below.insert((parent, step.clone()), here)
            && let Some(name) = self.spans.all[before as usize].key
        {
            self.spans.twice.push((here, name));
        }
        self.spans.all.push(Span { key, value: (start, start), parent, step });
        match first {
            b'{' if depth < DEPTH_MAX => self.object(here, depth),
            b'[' if depth < DEPTH_MAX => self.array(here, depth),
            b'"' => self.string(),
            _ => {
                let rest = &self.text[start..];
                self.at += rest.find([',', ']', '}', ' ', '\n', '\r', '\t']).unwrap_or(rest.len()).max(1);
                self.at = self.text.ceil_char_boundary(self.at);
            }
        }
        self.spans.all[here as usize].value.1 = self.at;
    }

    fn object(&mut self, here: At, depth: usize) {
        self.at += 1;
        while self.peek() == Some(b'"') {
            let start = self.at;
            self.string();
            let key = (start, self.at);
            let name: String = serde_json::from_str(&self.text[start..self.at]).unwrap_or_default();
            if !self.eat(b':') {
                return;
            }
            self.value(here, Step::Member(name.into()), Some(key), depth + 1);
            if !self.eat(b',') {
                break;
            }
        }
        self.eat(b'}');
    }

    fn array(&mut self, here: At, depth: usize) {
        self.at += 1;
        for index in 0.. {
            if matches!(self.peek(), None | Some(b']')) {
                break;
            }
            self.value(here, Step::Item(index), None, depth + 1);
            if !self.eat(b',') {
                break;
            }
        }
        self.eat(b']');
    }

    fn string(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        while let Some(&byte) = bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'"' => return,
                _ => {}
            }
        }
        self.at = bytes.len();
    }
}
