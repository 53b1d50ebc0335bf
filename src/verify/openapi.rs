//! What ToolHive reads of a registry's `/openapi.yaml`: two facts under `info`, without a reader for all of YAML.

use std::borrow::Cow;

use crate::finding::quoted;

const VERSION: &str = "1.0.0";
const ADDRESS: &str = "https://github.com/modelcontextprotocol/registry";

pub(super) const HELP: &str = "publish `/openapi.yaml` with `info.version` `1.0.0` and an `info.description` that contains \
                               `https://github.com/modelcontextprotocol/registry`";

/// Why it is not taken for the description of a registry.
pub(super) fn flaw(body: &[u8]) -> Option<String> {
    let Ok(text) = std::str::from_utf8(body) else { return Some("`/openapi.yaml` is no UTF-8".to_owned()) };
    if text.trim_start().starts_with('<') {
        return Some("`/openapi.yaml` is a page of HTML".to_owned());
    }
    let Some(info) = Info::of(text) else { return Some("`/openapi.yaml` has no `info`".to_owned()) };
    match info.version.as_deref() {
        None => return Some("`/openapi.yaml` has no `info.version`".to_owned()),
        Some(VERSION) => {}
        Some(other) => return Some(format!("`info.version` of `/openapi.yaml` is {}, not `{VERSION}`", quoted(other))),
    }
    match info.description {
        None => Some("`/openapi.yaml` has no `info.description`".to_owned()),
        Some(text) if text.contains(ADDRESS) => None,
        Some(_) => Some(format!("`info.description` of `/openapi.yaml` does not contain `{ADDRESS}`")),
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Info<'a> {
    version: Option<Cow<'a, str>>,
    /// As it is written, over however many lines.
    description: Option<Cow<'a, str>>,
}

impl<'a> Info<'a> {
    fn of(text: &'a str) -> Option<Self> {
        // JSON is YAML too.
        if let Ok(value) = super::sketch::sketch(text) {
            let member = |name: &str| value.get("info")?.get(name)?.as_str().map(|text| Cow::Owned(text.to_owned()));
            value.get("info")?.as_object()?;
            return Some(Self { version: member("version"), description: member("description") });
        }
        let at = starts(text).find(|&at| member(&text[at..]).is_some_and(|(name, _)| name == "info"))?;
        let (_, after) = member(&text[at..])?;
        let end = starts(after).skip(1).find(|&at| is_outside(&after[at..])).unwrap_or(after.len());
        Some(Self::within(&after[..end]))
    }

    /// The members of a mapping, which are all that is indented as far as the first of them.
    fn within(block: &'a str) -> Self {
        let mut info = Self::default();
        let indent = starts(block).skip(1).map(|at| &block[at..]).find(|line| !is_blank(line)).map_or(0, indent);
        let mut keys: Vec<(usize, &str, &str)> = Vec::new();
        for at in starts(block).skip(1) {
            let line = &block[at..];
            if self::indent(line) == indent
                && !is_blank(line)
                && let Some((name, value)) = member(&line[indent..])
            {
                keys.push((at, name, value));
            }
        }
        for (index, (_, name, value)) in keys.iter().enumerate() {
            let rest = keys.get(index + 1).map_or(0, |(next, _, _)| block.len() - next);
            let value = &value[..value.len() - rest];
            match *name {
                "version" => info.version = scalar(value).map(Cow::Borrowed),
                "description" => info.description = Some(Cow::Borrowed(value)),
                _ => {}
            }
        }
        info
    }
}

/// Where lines begin.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn is_blank(line: &str) -> bool {
    let line = line.lines().next().unwrap_or_default().trim_start();
    line.is_empty() || line.starts_with('#')
}

fn is_outside(line: &str) -> bool {
    !is_blank(line) && indent(line) == 0
}

/// The name of a member that a line begins with, and all that follows its colon.
fn member(text: &str) -> Option<(&str, &str)> {
    let line = &text[..text.find('\n').unwrap_or(text.len())];
    let colon = line.find(':')?;
    let after = &text[colon + 1..];
    let is_member = after.is_empty() || after.starts_with([' ', '\n', '\r', '\t']);
    is_member.then(|| (line[..colon].trim().trim_matches(['"', '\'']), after))
}

/// A text on one line, unquoted; a number with two points is a text.
fn scalar(value: &str) -> Option<&str> {
    let line = value.lines().next()?.trim();
    let text = match line.chars().next()? {
        quote @ ('"' | '\'') => line[1..].split(quote).next()?,
        _ => line.split(" #").next()?.trim(),
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "openapi: 3.1.0\ninfo:\n  title: T\n  version: 1.0.0\n  description: |\n    A registry, as\n    \
                        https://github.com/modelcontextprotocol/registry\n    describes it: in words\npaths: {}\n";

    #[test]
    fn the_two_facts_are_read_however_they_are_written() {
        for good in [
            GOOD.to_owned(),
            GOOD.replace("1.0.0", "\"1.0.0\" # ours"),
            GOOD.replace("1.0.0", "'1.0.0'"),
            GOOD.replace('\n', "\r\n"),
            GOOD.replace("info:\n", "\"info\":\n\n  # about\n"),
            format!("info:\n  description: >-\n    see {ADDRESS}.\n  version: 1.0.0"),
            format!("info:\n    version: 1.0.0\n    description: \"see {ADDRESS}\"\n"),
            format!("{{\"info\": {{\"version\": \"1.0.0\", \"description\": \"see {ADDRESS}\"}}}}"),
        ] {
            assert_eq!(flaw(good.as_bytes()), None, "{good}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let described = format!("info:\n  version: 1.0.0\n  description: none\nservers:\n  - description: {ADDRESS}\n");
        for (bad, said) in [
            ("paths: {}\n", "has no `info`"),
            ("info:\n  title: T\n", "has no `info.version`"),
            (&GOOD.replace("1.0.0", "2025-12-01"), "is `2025-12-01`, not `1.0.0`"),
            (&GOOD.replace("1.0.0", "1.0"), "is `1.0`, not `1.0.0`"),
            ("info:\n  version: 1.0.0\n", "has no `info.description`"),
            (&described, "does not contain"),
            ("<!doctype html><p>info:", "is a page of HTML"),
            ("{\"info\": {\"version\": 1}}", "has no `info.version`"),
        ] {
            assert!(flaw(bad.as_bytes()).is_some_and(|flaw| flaw.contains(said)), "{bad}: {:?}", flaw(bad.as_bytes()));
        }
    }
}
