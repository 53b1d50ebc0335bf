//! `registry.toml`: what a registry says of itself, and what its operator decided.

pub mod publish;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    finding::{Place, Verdict, quoted},
    toml_file,
};

mod colour;
pub use colour::Colour;

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
    #[serde(default)]
    pub api: Api,
    #[serde(default)]
    pub site: SiteSettings,
    #[serde(default)]
    pub gate: Gate,
    /// Where it is published, by the name of the target.
    #[serde(default)]
    pub publish: BTreeMap<String, publish::Target>,
    #[serde(default)]
    pub signing: publish::Signing,
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

impl Limits {
    /// What is published is shown, whatever the limits are that new entries are held to.
    pub const WIDEST: Self = Self {
        entry_bytes: ENTRY_BYTES_MAX,
        string_bytes: ENTRY_BYTES_MAX,
        json_depth: JSON_DEPTH_MAX,
        change_files: usize::MAX,
        versions_per_server: usize::MAX,
    };
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

/// How the registry API is published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    #[serde(default)]
    pub v0: Older,
}

/// What stands under the older spelling, `/v0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Older {
    /// The list, and of each server its versions and the latest one.
    #[default]
    Lookups,
    /// Every single version too.
    Full,
}

/// How the site is laid out, and how it looks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteSettings {
    /// Whether a JSON document at the address of a folder is also written as `index.html`, for hosts that know no other index.
    pub plain: bool,
    /// The one colour of links and buttons, `#rrggbb`.
    pub accent: Option<String>,
    /// The text of an SVG image that stands beside the title.
    pub logo: Option<String>,
    /// Whether pages show the icons that servers name, which lie on their hosts.
    pub remote_icons: bool,
    /// Where servers are submitted: the repository's page.
    pub repository: Option<String>,
}

impl Default for SiteSettings {
    fn default() -> Self {
        Self { plain: true, accent: None, logo: None, remote_icons: false, repository: None }
    }
}

/// A logo is part of every visit.
const LOGO_BYTES_MAX: usize = 32_768;

impl SiteSettings {
    /// What is wrong with a setting: which, what, and the way out.
    fn flaw(&self) -> Option<(&'static str, String, &'static str)> {
        if let Some(accent) = self.accent.as_deref().filter(|text| Colour::parse(text).is_none()) {
            let message = format!("`accent` is {}, which is no colour", quoted(accent));
            return Some(("accent", message, "write `#` and six hexadecimal digits, such as `#0a5c8a`"));
        }
        if let Some(logo) = &self.logo {
            if logo.len() > LOGO_BYTES_MAX {
                let message = format!("`logo` has {} bytes, and at most {LOGO_BYTES_MAX} are allowed", logo.len());
                return Some(("logo", message, "simplify the drawing"));
            }
            if !logo.trim_start().starts_with("<svg") || !logo.trim_end().ends_with("</svg>") {
                return Some(("logo", "`logo` is no SVG".to_owned(), "paste the text of an SVG file, from `<svg` to `</svg>`"));
            }
        }
        let repository = self.repository.as_deref()?;
        let is_page = url::Url::parse(repository).is_ok_and(|url| url.scheme() == "https" && url.username().is_empty());
        (!is_page).then(|| {
            let message = format!("`repository` is {}, which is no https address", quoted(repository));
            ("repository", message, "write the address of the repository's page, such as `https://git.example.com/team/registry`")
        })
    }
}

/// What the gate may do by itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// Whether it merges what has passed.
    pub merge: bool,
    /// Labels that keep it from merging.
    pub hold_labels: Vec<String>,
    /// How long the commit of a new namespace must have been open before it is merged.
    pub waiting_days: u16,
}

impl Default for Gate {
    fn default() -> Self {
        Self { merge: false, hold_labels: vec!["hold".to_owned()], waiting_days: 3 }
    }
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
            let message = format!("`base_url` is {}, which is no plain https address", quoted(&config.base_url));
            return flaw(
                "base_url",
                message,
                "write the address at which the registry is published, without a slash at the end, such as `https://registry.example.com`",
            );
        }
        // It stands in the files that tell hosts how to answer, each with its own way of escaping.
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b)) && !part.is_empty();
        let parts = config.base_url.split('/').skip(3);
        if parts.into_iter().any(|part| !plain(part) || part.bytes().all(|b| b == b'.')) {
            return flaw(
                "base_url",
                format!("`base_url` is {}, whose path is none that every host can serve", quoted(&config.base_url)),
                "write a path of letters, digits, `.`, `_`, `~` and `-` only, or none",
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
        if let Some(target) = config.publish.values().find(|target| publish::Address::parse(&target.target).is_none()) {
            let message = format!("`target` is {}, which is no place to publish to", quoted(&target.target));
            return flaw("target", message, "write `s3://bucket`, `s3://bucket/prefix` or `dir:folder`");
        }
        if config.signing.expires_days == 0 {
            let message = "`signing.expires_days` is 0, so nobody could read what is published".to_owned();
            return flaw("expires_days", message, "choose at least 2, so that one night may fail");
        }
        if config.maintainers.iter().any(|maintainer| maintainer.github_id == 0) {
            return flaw(
                "github_id",
                "a maintainer's `github_id` is 0, which is nobody".to_owned(),
                "write the number that `gh api users/<login> --jq .id` prints",
            );
        }
        if let Some((key, message, help)) = config.site.flaw() {
            return flaw(key, message, help);
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
        for (line, says) in [
            ("accent = \"teal\"", "no colour"),
            ("logo = \"logo.svg\"", "no SVG"),
            ("repository = \"http://git.example.com\"", "no https address"),
            ("acent = \"#000000\"", "unknown key"),
        ] {
            let flaw = flaw(&format!("[site]\n{line}\n"));
            assert_eq!(flaw.place.line, 4, "{line}");
            assert!(flaw.message.contains(says), "{line}: {}", flaw.message);
        }
        for base_url in [
            "http://r.example.com",
            "https://r.example.com/",
            "r.example.com",
            "https://u@r.example.com",
            "https://r.example.com/?q",
            "https://r.example.com/a//b",
            "https://r.example.com/a/../b",
            "https://r.example.com/:a",
            "https://r.example.com/a;b",
        ] {
            let text = format!("title = \"T\"\nbase_url = \"{base_url}\"\n");
            assert_eq!(Config::parse("registry.toml", &text).expect_err("a flaw").place.line, 2, "{base_url}");
        }
    }
}
