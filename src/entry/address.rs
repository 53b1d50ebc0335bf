//! Addresses in an entry: plain ones for a browser, and those in which `{variables}` stand for what a user fills in.

use std::{borrow::Cow, fmt};

use url::{ParseError, Url};

use crate::finding::quoted;

/// Why braces in an address name no variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brace {
    Unclosed,
    Unopened,
    Nested,
    Empty,
}

impl fmt::Display for Brace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unclosed => "opens a `{` and does not close it",
            Self::Unopened => "closes a `}` that it did not open",
            Self::Nested => "opens a `{` inside another",
            Self::Empty => "has a `{}` that names nothing",
        })
    }
}

/// The variables of an address in their order, each with the byte at which its `{` stands.
pub fn variables(address: &str) -> impl Iterator<Item = Result<(usize, &str), Brace>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let open = at + address[at..].find(['{', '}'])?;
        let inside = &address[open + 1..];
        // Whatever follows a mistake says nothing more.
        at = address.len();
        if address.as_bytes()[open] == b'}' {
            return Some(Err(Brace::Unopened));
        }
        Some(match inside.find(['{', '}']) {
            None => Err(Brace::Unclosed),
            Some(close) if inside.as_bytes()[close] == b'{' => Err(Brace::Nested),
            Some(0) => Err(Brace::Empty),
            Some(close) => {
                at = open + 1 + close + 1;
                Ok((open, &inside[..close]))
            }
        })
    })
}

/// The address with something in every variable's place, so that it can be read: `https` for a scheme, a number for a
/// port, and `filler` for the rest.
pub fn filled<'a>(address: &'a str, filler: &str) -> Cow<'a, str> {
    if !address.contains('{') {
        return Cow::Borrowed(address);
    }
    let mut out = String::with_capacity(address.len());
    let mut at = 0;
    for (open, name) in variables(address).map_while(Result::ok) {
        out.push_str(&address[at..open]);
        at = open + name.len() + 2;
        let rest = &address[at..];
        let port = out.ends_with(':') && (rest.is_empty() || rest.starts_with(['/', '?', '#']));
        out.push_str(if rest.starts_with("://") && open == 0 {
            "https"
        } else if port {
            "8080"
        } else {
            filler
        });
    }
    out.push_str(&address[at..]);
    Cow::Owned(out)
}

/// The host and port as they are written: what stands between `//` and the path, without a user's name.
pub fn authority(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

/// Why a link is none that a client may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    Scheme(String),
    Host,
    User,
    Unreadable(ParseError),
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(scheme) if scheme == "http" => f.write_str("is plain http, not https"),
            Self::Scheme(scheme) => write!(f, "begins with {}, not with `https://`", quoted(&format!("{scheme}:"))),
            Self::Host => f.write_str("names no host"),
            Self::User => f.write_str("names a user before its host, which makes people misread it"),
            Self::Unreadable(error) => write!(f, "is no address: {error}"),
        }
    }
}

/// Whether a link is a whole https address. One without a scheme is the schema's business: it asks for a URI.
pub fn link(text: &str) -> Result<(), Unfit> {
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(ParseError::RelativeUrlWithoutBase) => return Ok(()),
        Err(ParseError::EmptyHost) => return Err(Unfit::Host),
        Err(error) => return Err(Unfit::Unreadable(error)),
    };
    if url.scheme() != "https" {
        return Err(Unfit::Scheme(url.scheme().to_owned()));
    }
    // A browser reads `https:example.com` and `https:/\example.com` too; other programs do not.
    if authority(text).is_empty() || !text.contains("://") {
        return Err(Unfit::Host);
    }
    if url.username().is_empty() && url.password().is_none() { Ok(()) } else { Err(Unfit::User) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn variables_are_found_and_flaws_named() {
        let names = |text| variables(text).map(|found| found.map(|(_, name)| name)).collect::<Result<Vec<_>, _>>();
        assert_eq!(names("https://{host}:{port}/mcp"), Ok(vec!["host", "port"]));
        assert_eq!(names("https://example.com/mcp"), Ok(vec![]));
        assert_eq!(names("{a"), Err(Brace::Unclosed));
        assert_eq!(names("a}"), Err(Brace::Unopened));
        assert_eq!(names("{a{b}}"), Err(Brace::Nested));
        assert_eq!(names("{a}{}"), Err(Brace::Empty));
    }

    #[test]
    fn variables_are_filled_by_their_place() {
        assert_eq!(filled("{scheme}://{host}:{port}/{path}", "x"), "https://x:8080/x");
        assert_eq!(filled("https://{a}.example.com:{port}", "x"), "https://x.example.com:8080");
        assert_eq!(filled("https://example.com/{a", "x"), "https://example.com/{a");
    }

    #[test]
    fn links_are_whole_and_https() {
        for good in ["https://example.com", "HTTPS://Example.com/a?b#c", "https://example.com:8443/", "/relative"] {
            assert_eq!(link(good), Ok(()), "{good}");
        }
        for (bad, unfit) in [
            ("http://example.com", Unfit::Scheme("http".to_owned())),
            ("data:image/png;base64,AA==", Unfit::Scheme("data".to_owned())),
            ("https://", Unfit::Host),
            ("https:example.com", Unfit::Host),
            ("https:///example.com", Unfit::Host),
            ("https://example.com@example.net/", Unfit::User),
            ("https://example.com:99999/", Unfit::Unreadable(ParseError::InvalidPort)),
        ] {
            assert_eq!(link(bad), Err(unfit), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "[a-c{}:/@\\\\é]{0,20}") {
            let _ = (variables(&text).count(), filled(&text, "x"), authority(&text), link(&text));
        }
    }
}
