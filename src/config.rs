//! `registry.toml`: what a registry says of itself, and what its operator decided.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    finding::{Place, Verdict},
    toml_file,
};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub title: String,
    pub base_url: String,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub ownership: Ownership,
    #[serde(default, rename = "maintainer")]
    pub maintainers: Vec<Maintainer>,
    #[serde(default)]
    pub limits: Limits,
    /// By rule id; whether the rule exists and may be changed so is for [`crate::rules`] to say.
    #[serde(default)]
    pub rules: BTreeMap<String, Setting>,
    /// By package type.
    #[serde(default)]
    pub packages: BTreeMap<String, PackageRegistry>,
    #[serde(default)]
    pub feed: Feed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ownership {
    #[serde(default)]
    pub mode: Mode,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Whoever owns a namespace submits to it.
    #[default]
    Proven,
    /// The maintainers approve a list.
    Curated,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintainer {
    /// Decides; the login is for readers.
    pub github_id: u64,
    pub github_login: String,
}

/// Sizes beyond which a registry takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub entry_bytes: usize,
    pub string_bytes: usize,
    pub json_depth: usize,
    pub change_files: usize,
    pub versions_per_server: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entry_bytes: 262_144, string_bytes: 16_384, json_depth: 32, change_files: 500, versions_per_server: 10_000 }
    }
}

/// What an operator makes of one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Setting {
    Off,
    Note,
    Review,
    Reject,
}

impl Setting {
    pub fn verdict(self) -> Option<Verdict> {
        match self {
            Self::Off => None,
            Self::Note => Some(Verdict::Note),
            Self::Review => Some(Verdict::Review),
            Self::Reject => Some(Verdict::Reject),
        }
    }
}

/// Where packages of one type are found.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageRegistry {
    pub base_url: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    #[serde(default)]
    pub epoch: Option<String>,
}

/// Why a `registry.toml` means nothing: where, what, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFlaw {
    pub place: Place,
    pub message: String,
    pub help: String,
}

/// The largest file that any setting may allow: everything about an entry is held in memory several times over.
const ENTRY_BYTES_MAX: usize = 4 << 20;
/// `serde_json` itself reads no deeper than 128 levels.
const JSON_DEPTH_MAX: usize = 100;

impl Config {
    pub fn parse(path: &str, text: &str) -> Result<Self, ConfigFlaw> {
        let config: Self = toml_file::parse(path, text)?;
        let flaw = |key: &str, message: String, help: &str| {
            Err(ConfigFlaw { place: toml_file::key(path, text, key), message, help: help.to_owned() })
        };
        if config.title.trim().is_empty() {
            return flaw("title", "`title` is empty".to_owned(), "say what people should call this registry");
        }
        let address = url::Url::parse(&config.base_url).ok();
        let clean = |url: &url::Url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        if !address.is_some_and(|url| url.scheme() == "https" && clean(&url)) || config.base_url.ends_with('/') {
            let message = format!("`base_url` is {}, which is no plain https address", crate::finding::quoted(&config.base_url));
            return flaw(
                "base_url",
                message,
                "write the address at which the registry is published, without a slash at the end, such as `https://registry.example.com`",
            );
        }
        for (key, value, most) in [
            ("entry_bytes", config.limits.entry_bytes, ENTRY_BYTES_MAX),
            ("string_bytes", config.limits.string_bytes, ENTRY_BYTES_MAX),
            ("json_depth", config.limits.json_depth, JSON_DEPTH_MAX),
            ("change_files", config.limits.change_files, usize::MAX),
            ("versions_per_server", config.limits.versions_per_server, 10_000),
        ] {
            if !(1..=most).contains(&value) {
                let most = if most == usize::MAX { String::new() } else { format!(" and at most {most}") };
                let message = format!("`limits.{key}` is {value}, and must be at least 1{most}");
                return flaw(key, message, "choose such a number, or leave the line out");
            }
        }
        if config.maintainers.iter().any(|maintainer| maintainer.github_id == 0) {
            return flaw(
                "github_id",
                "a maintainer's `github_id` is 0, which is nobody".to_owned(),
                "write the number that `gh api users/<login> --jq .id` prints",
            );
        }
        Ok(config)
    }

    pub fn is_maintainer(&self, github_id: u64) -> bool {
        self.maintainers.iter().any(|maintainer| maintainer.github_id == github_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str = "title = \"T\"\nbase_url = \"https://r.example.com\"\n";

    #[test]
    fn two_lines_are_enough() {
        let config = Config::parse("registry.toml", LEAST).expect("a registry");
        assert_eq!(config.ownership.mode, Mode::Proven);
        assert_eq!(config.limits, Limits::default());
    }

    #[test]
    fn mistakes_are_located_and_answered() {
        let flaw = |more: &str| Config::parse("registry.toml", &format!("{LEAST}{more}")).expect_err("a flaw");
        let unknown = flaw("[limit]\nentry_bytes = 1\n");
        assert_eq!(unknown.place.line, 3);
        assert!(unknown.help.contains("`limits`"), "{unknown:?}");
        assert!(flaw("[limits]\njson_depth = 0\n").message.contains("at least 1 and at most 100"));
        assert_eq!(flaw("[limits]\njson_depth = 0\n").place.line, 4);
        for base_url in [
            "http://r.example.com",
            "https://r.example.com/",
            "r.example.com",
            "https://u@r.example.com",
            "https://r.example.com/?q",
        ] {
            let text = format!("title = \"T\"\nbase_url = \"{base_url}\"\n");
            assert_eq!(Config::parse("registry.toml", &text).expect_err("a flaw").place.line, 2, "{base_url}");
        }
    }
}
