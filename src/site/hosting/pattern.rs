//! A pattern of addresses, as simple as the poorest host needs it: text, `:word` for one part, and `*` at the end for all that
//! follows.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pattern(pub &'static str);

impl Pattern {
    /// Whether an address, decoded, is one of these.
    pub fn matches(self, address: &str) -> bool {
        let (mut parts, mut wanted) = (address.split('/'), self.0.split('/'));
        loop {
            match (parts.next(), wanted.next()) {
                (Some(_), Some("*")) | (None, None) => return true,
                (Some(part), Some(word)) if word.starts_with(':') => {
                    if part.is_empty() {
                        return false;
                    }
                }
                (part, word) if part == word => {}
                _ => return false,
            }
        }
    }

    /// As a regular expression that nginx and JavaScript read alike, each `:word` a group.
    pub fn regex(self) -> String {
        let part = |part: &str| match part {
            "*" => ".*".to_owned(),
            word if word.starts_with(':') => "([^/]+)".to_owned(),
            text => text.replace('.', r"\."),
        };
        let parts: Vec<String> = self.0.split('/').map(part).collect();
        format!("^{}$", parts.join("/"))
    }

    /// With `$1`, `$2` and so on for each `:word`, as what [`Pattern::regex`] found is named.
    pub fn filled(self) -> String {
        let mut count = 0;
        let part = |part: &str| {
            if !part.starts_with(':') {
                return part.to_owned();
            }
            count += 1;
            format!("${count}")
        };
        let parts: Vec<String> = self.0.split('/').map(part).collect();
        parts.join("/")
    }

    /// Whether no part is left open but what follows at the end.
    pub fn is_literal(self) -> bool {
        !self.0.contains(':')
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_a_part_and_a_star_is_the_rest() {
        for (pattern, address, expected) in [
            ("/*", "/", true),
            ("/*", "/a/b", true),
            ("/a/*", "/a", false),
            ("/a/*", "/a/", true),
            ("/a/*", "/ab", false),
            ("/a/:x/c", "/a/b/c", true),
            ("/a/:x/c", "/a//c", false),
            ("/a/:x/c", "/a/b/b/c", false),
            ("/a", "/a/", false),
        ] {
            assert_eq!(Pattern(pattern).matches(address), expected, "{pattern} {address}");
        }
        assert_eq!(Pattern("/a/:x/b/:y").filled(), "/a/$1/b/$2");
        assert_eq!(Pattern("/v0.1/:x/*").regex(), r"^/v0\.1/([^/]+)/.*$");
    }
}
