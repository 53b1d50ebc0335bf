//! `groups/<id>.toml`: a set of servers that the maintainers chose, perhaps at certain versions and with certain tools only.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use toml::Spanned;

use crate::{
    config::ConfigFlaw,
    entry::document::hidden,
    finding::{Place, quoted, shown},
    name::ServerName,
    toml_file,
    version::Version,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub name: String,
    pub description: String,
    /// In the maintainers' order; that each exists, and once, is for `group-members-exist` to say.
    pub members: Vec<Member>,
}

/// A server of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub server: ServerName,
    /// Where it is pinned; else it is whatever is latest.
    pub version: Option<Version>,
    /// The tools that are allowed; without a list, all.
    pub tools: Option<BTreeSet<Box<str>>>,
    /// Where its line stands in the file: the first byte, and the one after the last.
    pub span: (usize, usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Spanned<String>,
    description: Spanned<String>,
    servers: Spanned<Vec<Spanned<Line>>>,
}

/// A server's line, in short or with more to say.
struct Line(Table);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    server: String,
    #[serde(default)]
    tools: Option<Vec<String>>,
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Line;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`\"namespace/name\"` or `{ server = \"namespace/name\", tools = [\"…\"] }`")
            }

            fn visit_str<E>(self, server: &str) -> Result<Line, E> {
                Ok(Line(Table { server: server.to_owned(), tools: None }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Line, A::Error> {
                Table::deserialize(MapAccessDeserializer::new(map)).map(Line)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// As much as a heading and a line below it hold.
const NAME_MAX: usize = 100;
const DESCRIPTION_MAX: usize = 500;
/// The longest name of a tool that the Model Context Protocol recommends.
const TOOL_MAX: usize = 128;

type Mistake = (String, String);

impl Group {
    pub fn parse(path: &str, text: &str) -> Result<Self, ConfigFlaw> {
        let file: File = toml_file::parse(path, text)?;
        let place = |span: std::ops::Range<usize>| Place::within(path, text, span.start, span.end);
        for (key, value, most) in [("name", &file.name, NAME_MAX), ("description", &file.description, DESCRIPTION_MAX)] {
            if let Err((message, help)) = words(key, value.get_ref(), most) {
                return Err(ConfigFlaw { place: place(value.span()), message, help });
            }
        }
        if file.servers.get_ref().is_empty() {
            let help = "name one, such as `\"com.example/echo\"`, or remove the file";
            let message = "the group has no servers".to_owned();
            return Err(ConfigFlaw { place: place(file.servers.span()), message, help: help.to_owned() });
        }
        let members = file.servers.into_inner().into_iter().map(|line| {
            let span = line.span();
            let at = (span.start, span.end);
            Member::of(line.into_inner().0, at).map_err(|(message, help)| ConfigFlaw { place: place(span), message, help })
        });
        let members = members.collect::<Result<_, _>>()?;
        Ok(Self { name: file.name.into_inner(), description: file.description.into_inner(), members })
    }
}

impl Member {
    fn of(Table { server, tools }: Table, span: (usize, usize)) -> Result<Self, Mistake> {
        let (name, version) = match server.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (&*server, None),
        };
        let server = ServerName::parse(name).map_err(|flaw| {
            let help = "write `namespace/name`, or `namespace/name@version` for one version";
            (format!("{} is no server: it {flaw}", quoted(name)), help.to_owned())
        })?;
        let version = version.map(Version::parse).transpose().map_err(|flaw| {
            let help = format!("write the version after the `@`, or {} for whichever is latest", quoted(name));
            (format!("what {} is pinned to is no version: it {flaw}", quoted(name)), help)
        })?;
        Ok(Self { server, version, tools: tools.map(allowed).transpose()?, span })
    }
}

/// A list of tools that allows some.
fn allowed(tools: Vec<String>) -> Result<BTreeSet<Box<str>>, Mistake> {
    let mut allowed = BTreeSet::new();
    for tool in tools {
        words("tools", &tool, TOOL_MAX)?;
        if !allowed.insert(tool.as_str().into()) {
            return Err((format!("the tool {} is listed twice", quoted(&tool)), "keep one of the two".to_owned()));
        }
    }
    if allowed.is_empty() {
        let help = "name those that are allowed, or leave `tools` out to allow all";
        return Err(("`tools` allows none".to_owned(), help.to_owned()));
    }
    Ok(allowed)
}

/// Whether a text says something, briefly, and hides nothing.
fn words(key: &str, text: &str, most: usize) -> Result<(), Mistake> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        Err((format!("`{key}` holds an empty text"), "say it in a few words".to_owned()))
    } else if length > most {
        let message = format!("`{key}` holds a text of {length} characters, and at most {most} are allowed");
        Err((message, format!("shorten it by {}", length - most)))
    } else if let Some(c) = hidden(text) {
        Err((format!("`{key}` holds {}, which nobody can see", shown(c)), "remove the character".to_owned()))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(servers: &str) -> Result<Group, ConfigFlaw> {
        Group::parse("g.toml", &format!("name = \"N\"\ndescription = \"D\"\nservers = [\n{servers}\n]\n"))
    }

    #[test]
    fn members_may_be_pinned_and_limited() {
        let group = parse(
            "  \"com.example/a\",\n  \"com.example/b@1.0.0+x\",\n  { server = \"com.example/c@2\", tools = [\"read\", \"list\"] },",
        );
        let group = group.expect("a group");
        let told: Vec<String> = group
            .members
            .iter()
            .map(|member| {
                let version = member.version.as_ref().map_or("latest", Version::as_str);
                format!("{} {version} {:?}", member.server, member.tools)
            })
            .collect();
        assert_eq!(
            told,
            ["com.example/a latest None", "com.example/b 1.0.0+x None", "com.example/c 2 Some({\"list\", \"read\"})"]
        );
        assert_eq!(group.members[0].span, (43, 58));
    }

    #[test]
    fn mistakes_are_located_and_answered() {
        for (servers, line, column, message) in [
            ("", 3, 11, "the group has no servers"),
            ("\"com.example\"", 4, 1, "`com.example` is no server: it has no `/` between namespace and name"),
            ("\"com.example/a@\"", 4, 1, "what `com.example/a` is pinned to is no version: it is empty"),
            (
                "\"a/b\",\n  \"a/b@^1\"",
                5,
                3,
                "what `a/b` is pinned to is no version: it holds `^`, which no file name here may hold",
            ),
            (
                "1",
                4,
                1,
                "invalid type: integer `1`, expected `\"namespace/name\"` or `{ server = \"namespace/name\", tools = [\"…\"] }`",
            ),
            ("{ server = \"a/b\", tool = [] }", 4, 19, "unknown key `tool`"),
            ("{ tools = [\"a\"] }", 4, 1, "the key `server` is missing"),
            ("{ server = \"a/b\", tools = [] }", 4, 1, "`tools` allows none"),
            ("{ server = \"a/b\", tools = [\"x\", \"x\"] }", 4, 1, "the tool `x` is listed twice"),
            ("{ server = \"a/b\", tools = [\" \"] }", 4, 1, "`tools` holds an empty text"),
        ] {
            let flaw = parse(servers).expect_err(servers);
            assert_eq!((flaw.place.line, flaw.place.column, &*flaw.message), (line, column, message));
            assert!(!flaw.help.is_empty());
        }
        let flaw = |text: &str| Group::parse("g.toml", text).expect_err(text).message;
        assert_eq!(flaw("name = \"N\"\nservers = [\"a/b\"]"), "the key `description` is missing");
        assert_eq!(flaw("name = \"\"\ndescription = \"D\"\nservers = []"), "`name` holds an empty text");
        let long = "é".repeat(NAME_MAX + 1);
        assert!(flaw(&format!("name = \"{long}\"\ndescription = \"D\"\nservers = []")).contains("101 characters"));
        let bidi = "name = \"a\\u202eb\"\ndescription = \"D\"\nservers = []";
        assert_eq!(flaw(bidi), "`name` holds U+202E, which nobody can see");
    }
}
