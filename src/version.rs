//! What one published version is called, and which of two is newer.

use std::{cmp::Ordering, fmt, sync::Arc};

/// The longest version that is still a comfortable file name.
pub const VERSION_MAX: usize = 128;

/// A version as it names a file: `[A-Za-z0-9][A-Za-z0-9._+-]{0,127}`. Copies share their text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(Arc<str>);

/// Why a text cannot name a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionFlaw {
    Empty,
    Length,
    Start(char),
    Character(char),
}

impl Version {
    pub fn parse(text: &str) -> Result<Self, VersionFlaw> {
        let first = text.chars().next().ok_or(VersionFlaw::Empty)?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'+' | b'-');
        if !text.bytes().all(allowed) {
            let stranger = text.chars().find(|&c| !u8::try_from(c).is_ok_and(allowed));
            return Err(stranger.map_or(VersionFlaw::Empty, VersionFlaw::Character));
        }
        if !first.is_ascii_alphanumeric() {
            return Err(VersionFlaw::Start(first));
        }
        if text.len() > VERSION_MAX {
            return Err(VersionFlaw::Length);
        }
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Older `Less`, newer `Greater`, `Equal` where only the order of publication can tell: `SemVer` 2.0.0 beats any other
    /// text, and two that are not `SemVer` are not compared by their letters.
    pub fn precedence(&self, other: &Self) -> Ordering {
        match (SemVer::parse(&self.0), SemVer::parse(&other.0)) {
            (Some(a), Some(b)) => a.precedence(&b),
            (Some(_), None) => Ordering::Greater,
            (None, Some(_)) => Ordering::Less,
            (None, None) => Ordering::Equal,
        }
    }
}

/// Newer is greater, of two versions of one server with the serials of their publication: by precedence, then by who came later.
pub fn recency(a: (&Version, u32), b: (&Version, u32)) -> Ordering {
    a.0.precedence(b.0).then(a.1.cmp(&b.1)).then_with(|| a.0.cmp(b.0))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for VersionFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::Length => write!(f, "is longer than {VERSION_MAX} characters"),
            Self::Start(c) => {
                write!(f, "begins with {}, not with a letter or digit", crate::finding::shown(*c))
            }
            Self::Character(c) => write!(f, "holds {}, which no file name here may hold", crate::finding::shown(*c)),
        }
    }
}

/// Whether a text stands for more than one version: `^1`, `~1`, `>=1`, `1.x`, `1.*`, `1 - 2`, `1 || 2`, `1, 2`.
pub fn range(text: &str) -> bool {
    let text = text.trim();
    let wild = |part: &str| matches!(part, "x" | "X" | "*");
    let number = |part: &str| !part.is_empty() && digits(part.trim_start_matches('v'));
    let core = text.split(['-', '+']).next().unwrap_or_default();
    text.starts_with(['^', '~', '>', '<', '=', '*'])
        || text.contains("||")
        || text.contains(" -")
        || text.contains(',')
        || (core.split('.').any(wild) && core.split('.').all(|part| wild(part) || number(part)))
}

/// One version that a range may have meant: the first number in it, made whole.
pub fn one_of(range: &str) -> String {
    let start = range.find(|c: char| c.is_ascii_digit()).unwrap_or(range.len());
    let rest = &range[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let mut parts: Vec<&str> = rest[..end].split('.').filter(|part| !part.is_empty() && part.len() < 8).take(3).collect();
    if parts.is_empty() {
        parts.push("1");
    }
    parts.resize(3, "0");
    parts.join(".")
}

/// A text that follows `SemVer` 2.0.0, taken apart but not copied; numbers may have any size.
struct SemVer<'a> {
    core: [&'a str; 3],
    pre: Vec<&'a str>,
}

impl<'a> SemVer<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (text, build) = text.split_once('+').map_or((text, None), |(t, b)| (t, Some(b)));
        if build.is_some_and(|b| !b.split('.').all(identifier)) {
            return None;
        }
        let (core, pre) = text.split_once('-').map_or((text, None), |(c, p)| (c, Some(p)));
        let mut parts = core.split('.');
        let core = [parts.next()?, parts.next()?, parts.next()?];
        if parts.next().is_some() || !core.iter().all(|n| number(n)) {
            return None;
        }
        let pre: Vec<&str> = pre.map(|p| p.split('.').collect()).unwrap_or_default();
        let fits = |p: &&str| identifier(p) && (!digits(p) || number(p));
        pre.iter().all(fits).then_some(Self { core, pre })
    }

    fn precedence(&self, other: &Self) -> Ordering {
        let numbers = self.core.iter().zip(&other.core).map(|(a, b)| by_size(a, b));
        let core = numbers.fold(Ordering::Equal, Ordering::then);
        core.then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => {
                let pairs = self.pre.iter().zip(&other.pre).map(|(a, b)| match (digits(a), digits(b)) {
                    (true, true) => by_size(a, b),
                    (true, false) => Ordering::Less,
                    (false, true) => Ordering::Greater,
                    (false, false) => a.cmp(b),
                });
                pairs.fold(Ordering::Equal, Ordering::then).then(self.pre.len().cmp(&other.pre.len()))
            }
        })
    }
}

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn number(text: &str) -> bool {
    !text.is_empty() && digits(text) && (text == "0" || !text.starts_with('0'))
}

fn identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Two numbers without leading zeros: the longer is the larger.
fn by_size(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version(text: &str) -> Version {
        Version::parse(text).expect("a version")
    }

    #[test]
    fn precedence_is_that_of_semver() {
        let rising = [
            "2024.08.01", // a leading zero: no SemVer
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
            "1.9.0",
            "1.10.0",
            "99999999999999999999999.0.0",
            "100000000000000000000000.0.0",
        ];
        for pair in rising.windows(2) {
            assert_eq!(version(pair[0]).precedence(&version(pair[1])), Ordering::Less, "{pair:?}");
            assert_eq!(version(pair[1]).precedence(&version(pair[0])), Ordering::Greater, "{pair:?}");
        }
        assert_eq!(version("1.0.0+a").precedence(&version("1.0.0+b")), Ordering::Equal);
        assert_eq!(version("v1").precedence(&version("v2")), Ordering::Equal);
    }

    #[test]
    fn versions_are_file_names() {
        for (bad, flaw) in [
            ("", VersionFlaw::Empty),
            (".1", VersionFlaw::Start('.')),
            ("1/2", VersionFlaw::Character('/')),
            ("^1", VersionFlaw::Character('^')),
        ] {
            assert_eq!(Version::parse(bad), Err(flaw));
        }
        assert_eq!(Version::parse(&"1".repeat(129)), Err(VersionFlaw::Length));
        assert!(Version::parse(&"1".repeat(128)).is_ok());
    }

    #[test]
    fn ranges_are_known_from_versions() {
        for text in [
            "^1.2.0", "~1", ">=1.0.0", "<2", "=1.0.0", "*", "1.x", "1.2.*", "v1.X", "x.1", "X", "1 - 2", "1.0 -2.0", "1 || 2",
            "1, 2", " ^1 ",
        ] {
            assert!(range(text), "{text}");
        }
        for text in ["1.2.0", "v2", "1.0.0-x.5", "1.0.0+x", "2026-11-20", "1.0.0-experimental", "x86", "next", "1.0-rc.*"] {
            assert!(!range(text), "{text}");
        }
    }

    #[test]
    fn a_range_offers_one_version() {
        for (text, one) in
            [("^1.2.3", "1.2.3"), ("~1", "1.0.0"), (">=2.1 <3", "2.1.0"), ("*", "1.0.0"), ("x", "1.0.0"), ("^1.2.3.4", "1.2.3")]
        {
            assert_eq!(one_of(text), one, "{text}");
        }
    }

    proptest! {
        #[test]
        fn precedence_is_antisymmetric_and_transitive(texts in proptest::collection::vec("[0-3]\\.[0-3]\\.[0-2](-[a0-2]{1,2}(\\.[b0-9])?)?|[a-c][0-9]", 3)) {
            let [a, b, c] = [version(&texts[0]), version(&texts[1]), version(&texts[2])];
            prop_assert_eq!(a.precedence(&b), b.precedence(&a).reverse());
            if a.precedence(&b) != Ordering::Greater && b.precedence(&c) != Ordering::Greater {
                prop_assert_ne!(a.precedence(&c), Ordering::Greater);
            }
        }
    }
}
