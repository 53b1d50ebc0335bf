//! A query as it is written behind the question mark.

use std::collections::BTreeSet;

use crate::{finding::quoted, instant::Instant};

use super::{LIMIT_MAX, Place, Query, Wanted};

impl Query {
    /// Reads what stands behind the question mark. Parameters that the API does not know mean nothing; a bad value, or one
    /// given twice, is an error that names it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut query = Self::default();
        let mut given = BTreeSet::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Ok(key) = decode(key) else { continue };
            let Some(known) = KNOWN.into_iter().find(|&known| known == key) else { continue };
            if !given.insert(known) {
                return Err(format!("`{known}` is given twice"));
            }
            let value = decode(value).map_err(|why| format!("`{known}` {why}"))?;
            query.set(known, &value)?;
        }
        Ok(query)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let bad = |wanted: &str| format!("`{key}` is {}, and must be {wanted}", quoted(value));
        match key {
            "limit" => self.limit = limit(value).ok_or_else(|| bad("a number from 1 to 100"))?,
            // Clients that always send these send them empty for a first page and for everything.
            "cursor" | "version" if value.is_empty() => {}
            "cursor" => self.after = Some(Place::parse(value).ok_or_else(|| bad("a `nextCursor` of this list"))?),
            "search" => self.search = (!value.is_empty()).then(|| value.to_lowercase()),
            "version" if value == "latest" => self.version = Some(Wanted::Latest),
            // No version holds a space, so it is a plus that was not encoded.
            "version" => self.version = Some(Wanted::Exact(value.replace(' ', "+"))),
            "updated_since" => {
                self.updated_since = Some(since(value).ok_or_else(|| bad("a time such as 2026-11-20T06:30:00Z"))?);
            }
            _ => self.include_deleted = value.parse().map_err(|_| bad("`true` or `false`"))?,
        }
        Ok(())
    }
}

const KNOWN: [&str; 6] = ["cursor", "include_deleted", "limit", "search", "updated_since", "version"];

fn limit(value: &str) -> Option<usize> {
    let plain = value.bytes().all(|b| b.is_ascii_digit()) && !value.starts_with('0');
    value.parse().ok().filter(|limit| plain && (1..=LIMIT_MAX).contains(limit))
}

fn since(value: &str) -> Option<Instant> {
    // What stands behind the seconds holds no space, so it is the plus of an offset that was not encoded.
    let (time, offset) = value.split_at_checked(19)?;
    Instant::parse(&format!("{time}{}", offset.replace(' ', "+")))
}

/// What a form's value stands for: `+` is a space, `%2B` a plus.
fn decode(text: &str) -> Result<String, &'static str> {
    let bytes = percent_decoded(&text.replace('+', " ")).ok_or("has a `%` without two hexadecimal digits behind it")?;
    String::from_utf8(bytes).map_err(|_| "is not UTF-8")
}

/// The bytes that a text stands for; none, where a `%` has no two digits.
pub fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            out.push(*first);
            continue;
        }
        let digit = |at: usize| (*tail.get(at)? as char).to_digit(16);
        let byte = digit(0)? << 4 | digit(1)?;
        out.push(u8::try_from(byte).expect("two digits are a byte"));
        rest = &tail[2..];
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameters_mean_what_the_api_says() {
        let parse = |text| Query::parse(text).expect(text);
        assert_eq!(parse(""), Query::default());
        assert_eq!(parse("&&unknown=1&unknown=2&%zz=1&cursor=&search=&version="), Query::default());
        assert_eq!(parse("limit=1").limit, 1);
        assert_eq!(parse("limit=%31%30%30").limit, 100);
        assert_eq!(parse("search=Caf%C3%89+Bar").search.as_deref(), Some("café bar"));
        assert_eq!(parse("version=latest").version, Some(Wanted::Latest));
        assert_eq!(parse("version=1.0.0%2Bb").version, Some(Wanted::Exact("1.0.0+b".to_owned())));
        assert_eq!(parse("version=1.0.0+b").version, Some(Wanted::Exact("1.0.0+b".to_owned())));
        assert_eq!(parse("updated_since=1970-01-01T02:00:00%2B01:00").updated_since, Some(Instant(3600)));
        assert_eq!(parse("updated_since=1970-01-01T02:00:00+01:00").updated_since, Some(Instant(3600)));
        assert!(parse("include_deleted=true").include_deleted && !parse("include_deleted=false").include_deleted);
    }

    #[test]
    fn a_bad_value_is_named_and_never_guessed() {
        for (text, name) in [
            ("limit=0", "limit"),
            ("limit=101", "limit"),
            ("limit=-1", "limit"),
            ("limit=+5", "limit"),
            ("limit=07", "limit"),
            ("limit=1.0", "limit"),
            ("limit=", "limit"),
            ("limit", "limit"),
            ("limit=99999999999999999999999", "limit"),
            ("limit=5&limit=5", "limit"),
            ("l%69mit=5&limit=5", "limit"),
            ("cursor=x", "cursor"),
            ("cursor=%20", "cursor"),
            ("updated_since=yesterday", "updated_since"),
            ("updated_since=2026-11-20", "updated_since"),
            ("updated_since=", "updated_since"),
            ("updated_since=2026-11-20T06:30:00é", "updated_since"),
            ("include_deleted=1", "include_deleted"),
            ("include_deleted=TRUE", "include_deleted"),
            ("include_deleted", "include_deleted"),
            ("search=%", "search"),
            ("search=%f", "search"),
            ("search=%+1", "search"),
            ("search=%ff", "search"),
            ("version=%C3", "version"),
        ] {
            let error = Query::parse(text).expect_err(text);
            assert!(error.starts_with(&format!("`{name}` ")), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "(limit|cursor|search|version|updated_since|include_deleted|%6c|&|=|%|[0-9a-fTZ:+-]|é){0,12}") {
            let _ = Query::parse(&text);
        }
    }
}
