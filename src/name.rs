//! What a server is called: `namespace/name`, and what kind of proof a namespace asks of its owner.

use std::{fmt, sync::Arc};

/// The longest full name the published schemas allow.
pub const NAME_MAX: usize = 200;

/// A server's full name, for example `io.github.octocat/weather`; ordered by its bytes. Copies share their text, since there
/// are many of each.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName {
    whole: Arc<str>,
    slash: usize,
}

/// Why a text is no server name; each says what would make it one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameFlaw {
    NoSlash,
    ManySlashes,
    Length,
    Character(char),
    Ends,
}

impl ServerName {
    pub fn parse(text: &str) -> Result<Self, NameFlaw> {
        let slash = text.find('/').ok_or(NameFlaw::NoSlash)?;
        let (namespace, name) = (&text[..slash], &text[slash + 1..]);
        if name.contains('/') {
            return Err(NameFlaw::ManySlashes);
        }
        if !(3..=NAME_MAX).contains(&text.len()) {
            return Err(NameFlaw::Length);
        }
        part(namespace, false)?;
        part(name, true)?;
        Ok(Self { whole: text.into(), slash })
    }

    /// The name that a namespace and what stands behind its slash make together.
    pub fn join(namespace: &Namespace, name: &str) -> Result<Self, NameFlaw> {
        if name.contains('/') {
            return Err(NameFlaw::ManySlashes);
        }
        if name.is_empty() || namespace.0.len() + 1 + name.len() > NAME_MAX {
            return Err(NameFlaw::Length);
        }
        part(name, true)?;
        Ok(Self { whole: [&namespace.0, "/", name].concat().into(), slash: namespace.0.len() })
    }

    pub fn as_str(&self) -> &str {
        &self.whole
    }

    pub fn namespace(&self) -> Namespace {
        Namespace(self.whole[..self.slash].into())
    }

    pub fn namespace_str(&self) -> &str {
        &self.whole[..self.slash]
    }

    /// What stands behind the slash.
    pub fn name(&self) -> &str {
        &self.whole[self.slash + 1..]
    }
}

fn part(text: &str, underscore: bool) -> Result<(), NameFlaw> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-' || (underscore && b == b'_');
    if !text.bytes().all(allowed) {
        let stranger = text.chars().find(|&c| !u8::try_from(c).is_ok_and(allowed));
        return Err(stranger.map_or(NameFlaw::Length, NameFlaw::Character));
    }
    let ends = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    if ends(text.as_bytes().first()) && ends(text.as_bytes().last()) { Ok(()) } else { Err(NameFlaw::Ends) }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)
    }
}

impl fmt::Debug for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)
    }
}

impl fmt::Display for NameFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSlash => f.write_str("has no `/` between namespace and name"),
            Self::ManySlashes => f.write_str("has more than one `/`"),
            Self::Length => write!(f, "is too short or too long: with its slash a name has 3 to {NAME_MAX} characters"),
            Self::Character(c) => write!(f, "holds {}, which no name may hold", crate::finding::shown(*c)),
            Self::Ends => f.write_str("has a part that does not begin and end with a letter or digit"),
        }
    }
}

/// The part before the slash: a reversed domain, of which `io.github.<login>` is a special case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(Box<str>);

/// Whose word counts for a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamespaceKind<'a> {
    /// Exactly `io.github.<login>`: an account or organization on GitHub.
    GitHub { login: &'a str },
    /// Everything else: whoever holds the domain, here the right way round.
    Domain { domain: String },
}

impl Namespace {
    pub fn parse(text: &str) -> Result<Self, NameFlaw> {
        // One character of a name and the slash are the least that must fit behind it.
        if text.len() + 2 > NAME_MAX {
            return Err(NameFlaw::Length);
        }
        part(text, false)?;
        Ok(Self(text.into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn kind(&self) -> NamespaceKind<'_> {
        // Domains know no case, so another spelling of GitHub's is GitHub's.
        match self.0.split_at_checked("io.github.".len()) {
            Some((forge, login)) if forge.eq_ignore_ascii_case("io.github.") && !login.contains('.') => {
                NamespaceKind::GitHub { login }
            }
            _ => {
                let labels: Vec<&str> = self.0.rsplit('.').collect();
                NamespaceKind::Domain { domain: labels.join(".") }
            }
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_are_and_names_that_are_not() {
        for good in ["io.github.octocat/weather", "a/b", "com.Example/My_Server.v2"] {
            assert!(ServerName::parse(good).is_ok(), "{good}");
        }
        for (bad, flaw) in [
            ("weather", NameFlaw::NoSlash),
            ("a/b/c", NameFlaw::ManySlashes),
            ("a/", NameFlaw::Length),
            ("a.b/", NameFlaw::Ends),
            ("a_b/c", NameFlaw::Character('_')),
            ("-a/b", NameFlaw::Ends),
            ("a/..", NameFlaw::Ends),
            ("a/\u{0430}b", NameFlaw::Character('\u{0430}')),
        ] {
            assert_eq!(ServerName::parse(bad), Err(flaw), "{bad}");
        }
    }

    #[test]
    fn only_three_labels_under_io_github_are_an_account() {
        let kind = |text| match Namespace::parse(text).expect("a namespace").kind() {
            NamespaceKind::GitHub { login } => format!("account {login}"),
            NamespaceKind::Domain { domain } => domain,
        };
        assert_eq!(kind("io.github.octocat"), "account octocat");
        assert_eq!(kind("IO.GitHub.octocat"), "account octocat");
        assert_eq!(kind("io.github.octocat.blog"), "blog.octocat.github.io");
        assert_eq!(kind("io.github"), "github.io");
        assert_eq!(kind("com.example.api"), "api.example.com");
    }

    proptest! {
        #[test]
        fn joining_is_parsing(namespace in "[a-c.-]{1,4}|[a-z]{195,199}", name in "[a-c./_-]{0,4}|[a-z]{1,4}") {
            let Ok(namespace) = Namespace::parse(&namespace) else { return Ok(()) };
            let parsed = ServerName::parse(&format!("{namespace}/{name}"));
            prop_assert_eq!(ServerName::join(&namespace, &name).ok(), parsed.ok());
        }
    }
}
