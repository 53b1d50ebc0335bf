//! How times, numbers and strangers' texts are put on a page.

use std::borrow::Cow;

use minijinja::Value;
use serde::Serialize;
use url::Url;

use super::between_tags;
use crate::{
    finding::{is_direction, is_visible},
    instant::Instant,
};

/// A moment for people and for programs: a `time` element.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Moment(Value);

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl From<Instant> for Moment {
    fn from(instant: Instant) -> Self {
        let iso = instant.to_string();
        let day = day(&iso);
        let day = day.as_ref().unwrap_or(&iso);
        Self(Value::from_safe_string(["<time datetime=\"", &iso, "\">", day, "</time>"].concat()))
    }
}

/// A text that is pasted, as a page holds it.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Pasted(Value);

impl Pasted {
    /// Of a text that hides nothing, as [`verbatim`] makes a stranger's.
    pub fn of(text: &str) -> Self {
        Self(Value::from_safe_string(between_tags(text)))
    }

    /// How many bytes of the page it takes.
    pub fn size(&self) -> usize {
        self.0.as_str().map_or(0, str::len)
    }
}

/// `2026-03-12…` as `12 Mar 2026`.
pub fn day(date: &str) -> Option<String> {
    let mut parts = date.get(..10)?.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day): (u16, usize, u8) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    Some(format!("{day} {} {year}", MONTHS.get(month.checked_sub(1)?)?))
}

/// `24247` as `24,247`.
pub fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// JSON as it is pasted: laid out, and nothing in it hidden.
pub fn pretty(value: &serde_json::Value) -> String {
    verbatim(serde_json::to_string_pretty(value).expect("a value is JSON")).into_owned()
}

pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// A stranger's text as a page shows it: what would be invisible or turn its neighbours around is written out, white space is
/// one space, and the rest of a long text is left out.
pub fn visible(text: &str, max: usize) -> String {
    if text.len() <= max && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') && !text.contains("  ") {
        return text.trim().to_owned();
    }
    let mut out = String::with_capacity(text.len().min(4 * max));
    let mut before = ' ';
    for (count, c) in text.trim().chars().enumerate() {
        if count == max {
            out.push('…');
            break;
        }
        match c {
            c if c.is_whitespace() => {
                if !before.is_whitespace() {
                    out.push(' ');
                }
            }
            // Joiners belong to scripts and emoji.
            '\u{200C}' | '\u{200D}' if !before.is_ascii() => out.push(c),
            c if is_visible(c) && !is_no_character(c) => out.push(c),
            c => out.extend(c.escape_unicode()),
        }
        before = c;
    }
    out
}

/// What Unicode keeps free for programs, and XML and HTML refuse.
fn is_no_character(c: char) -> bool {
    matches!(c, '\u{FDD0}'..='\u{FDEF}') || (c as u32) & 0xFFFE == 0xFFFE
}

/// A stranger's text where lines and spaces count, as in what is pasted.
pub fn verbatim<'t>(text: impl Into<Cow<'t, str>>) -> Cow<'t, str> {
    let text = text.into();
    if text.bytes().all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\t')) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if c.is_control() || is_direction(c) || is_no_character(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.into()
}

/// The longest address that is made a link, as the page holds it.
const ADDRESS_MAX: usize = 1_024;

/// A stranger's address where it may be linked: https, to a host, without a user.
pub fn link(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let is_plain = url.scheme() == "https" && url.host_str().is_some() && url.username().is_empty() && url.password().is_none();
    (is_plain && url.as_str().len() <= ADDRESS_MAX).then(|| url.to_string())
}

/// An address as a person reads it.
pub fn address(url: &str) -> String {
    visible(url.trim_start_matches("https://").trim_end_matches('/'), 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_written_out() {
        assert_eq!(visible("a\u{202E}b\u{0}\u{200B}", 99), "a\\u{202e}b\\u{0}\\u{200b}");
        assert_eq!(visible("a\u{FFFE}\u{1FFFF}\u{FDD0}", 99), "a\\u{fffe}\\u{1ffff}\\u{fdd0}");
        assert_eq!(visible("  one\r\n\t two  ", 99), "one two");
        assert_eq!(visible("👩\u{200D}🔧 ab\u{200D}c", 99), "👩\u{200D}🔧 ab\\u{200d}c");
        assert_eq!(visible(&"x".repeat(200), 100).chars().count(), 101);
        assert_eq!(verbatim("a\n\tb\r\u{2066}"), "a\n\tb\\r\\u{2066}".replace("\\r", "\\u{d}"));
    }

    #[test]
    fn what_is_pasted_is_text_between_tags() {
        let pasted = Pasted::of("{\"a\": '<b>&amp;'}");
        assert_eq!((pasted.0.as_str(), pasted.0.is_safe()), (Some("{\"a\": '&lt;b&gt;&amp;amp;'}"), true));
        assert_eq!(pasted.size(), 27);
    }

    #[test]
    fn only_plain_https_is_linked() {
        assert_eq!(link("https://example.com").as_deref(), Some("https://example.com/"));
        for bad in [
            "http://example.com",
            "javascript:alert(1)",
            "JaVaScRiPt://example.com/%0aalert(1)",
            "data:text/html,<script>",
            "https://user@example.com",
            "https://user:word@example.com",
            "//example.com",
            "vbscript:x",
            "",
        ] {
            assert_eq!(link(bad), None, "{bad}");
        }
        assert_eq!(link("https://example.com/\"><script>").as_deref(), Some("https://example.com/%22%3E%3Cscript%3E"));
        assert_eq!(link(&format!("https://example.com/{}", "x".repeat(3_000))), None);
    }

    #[test]
    fn days_and_numbers() {
        assert_eq!(day("2026-03-02T00:00:00Z").as_deref(), Some("2 Mar 2026"));
        assert_eq!((day("2026-13-02"), day("soon"), day("é026-03-02")), (None, None, None));
        assert_eq!([0, 999, 1_000, 24_247, 1_000_000].map(number), ["0", "999", "1,000", "24,247", "1,000,000"]);
        assert_eq!((counted(1, "server", "servers"), counted(2, "server", "servers")), ("1 server".into(), "2 servers".into()));
    }
}
