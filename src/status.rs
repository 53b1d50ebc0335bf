//! Where a server or one of its versions stands in its life: `status.json`, and what it means for each version.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    config::Limits,
    entry::{
        document,
        locate::{Source, TOLD_MAX, escape},
        quirks,
    },
    finding::{Finding, Verdict, quoted},
    secret,
    version::Version,
};

/// The longest message that goes with a status, in characters.
pub const MESSAGE_MAX: usize = 500;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
    Active,
    Deprecated,
    Deleted,
}

impl Status {
    pub const ALL: [Self; 3] = [Self::Active, Self::Deprecated, Self::Deleted];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deprecated => "deprecated",
            Self::Deleted => "deleted",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A status with what its author says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    #[serde(default)]
    pub status: Status,
    #[serde(default, rename = "statusMessage", skip_serializing_if = "Option::is_none")]
    pub message: Option<Box<str>>,
}

/// What a server's `status.json` says; without the file everything is active.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusFile {
    #[serde(default, flatten)]
    pub whole: Standing,
    #[serde(default)]
    pub versions: BTreeMap<Box<str>, Standing>,
}

impl StatusFile {
    /// The effective standing of one version: its own line, else the server's.
    pub fn of(&self, version: &Version) -> &Standing {
        self.versions.get(version.as_str()).unwrap_or(&self.whole)
    }

    /// What the bytes say, if they say it in the form of a `status.json`; why not is for the rule `status-is-valid` to tell.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// Reads a `status.json` as strictly as a rule must: every member known, every value meant.
pub fn parse(source: &Source, limits: &Limits, findings: &mut Vec<Finding>) -> Option<StatusFile> {
    let flaw = |place, message: String, help: &str| Finding::new("status-is-valid", Verdict::Reject, place, message, help);
    let document = match document::read(source.body(), limits) {
        Ok(document) => document,
        Err(document::Flaw { line, column, reason }) => {
            let message = match reason {
                document::Reason::Syntax(what) => what,
                document::Reason::Depth => "too many levels of objects and arrays".to_owned(),
            };
            findings.push(flaw(source.line_column(line, column), message, "mend the JSON at this place"));
            return None;
        }
    };
    let start = findings.len();
    quirks(source, &document, limits, findings);
    for secret in secret::find(source.body()) {
        let mut place = source.at(secret.start, secret.end);
        place.excerpt = None;
        let message = format!("this is {}, which begins with `{}`", secret.kind, secret.shown);
        let help = "revoke it at once, for it is public now, and take it out of the message";
        findings.push(Finding::new("secrets-stay-out", Verdict::Reject, place, message, help));
    }
    let before = findings.len();
    let Value::Object(members) = &document.value else {
        findings.push(flaw(
            source.value(""),
            "the file is no object".to_owned(),
            "write `{\"status\": \"deprecated\"}`, or remove the file",
        ));
        return None;
    };
    standing(source, "", &document.value, &["versions"], findings);
    match members.get("versions") {
        Some(Value::Object(versions)) => {
            for (version, value) in versions {
                if let Err(why) = Version::parse(version) {
                    let place = source.key(&format!("/versions/{}", escape(version)));
                    findings.push(flaw(place, format!("the version {} {why}", quoted(version)), "name a version of this server"));
                }
                if findings.len() - before >= TOLD_MAX {
                    break;
                }
                standing(source, &format!("/versions/{}", escape(version)), value, &[], findings);
            }
        }
        Some(_) => findings.push(flaw(
            source.value("/versions"),
            "`versions` is no object".to_owned(),
            "write one member for each version, such as `\"1.0.0\": {\"status\": \"deleted\"}`",
        )),
        None => {}
    }
    if findings.len() > start { None } else { StatusFile::read(source.body().as_bytes()) }
}

/// One status with its message, for the server or for a version.
fn standing(source: &Source, at: &str, value: &Value, more: &[&str], findings: &mut Vec<Finding>) {
    let mut flaw = |place, message: String, help: String| {
        findings.push(Finding::new("status-is-valid", Verdict::Reject, place, message, help));
    };
    let Value::Object(members) = value else {
        return flaw(source.value(at), "this is no object".to_owned(), "write `{\"status\": \"deprecated\"}`".to_owned());
    };
    for (key, value) in members {
        let at = format!("{at}/{}", escape(key));
        match (key.as_str(), value) {
            ("status", Value::String(text)) if Status::parse(text).is_some() => {}
            ("status", _) => flaw(
                source.value(&at),
                format!("`status` is {}", quoted(value.as_str().unwrap_or(&value.to_string()))),
                "use `active`, `deprecated` or `deleted`".to_owned(),
            ),
            ("statusMessage", Value::String(text)) if text.chars().count() <= MESSAGE_MAX => {}
            ("statusMessage", Value::String(text)) => {
                let length = text.chars().count();
                flaw(
                    source.value(&at),
                    format!("`statusMessage` is {length} characters long, and at most {MESSAGE_MAX} are allowed"),
                    format!("shorten it by {}", length - MESSAGE_MAX),
                );
            }
            ("statusMessage", _) => flaw(
                source.value(&at),
                "`statusMessage` is no text".to_owned(),
                "write a sentence in quotes, or remove it".to_owned(),
            ),
            (key, _) if more.contains(&key) => {}
            (key, _) => flaw(
                source.key(&at),
                format!("a status has no member {}", quoted(key)),
                "use `status` and `statusMessage`".to_owned(),
            ),
        }
    }
    if !members.contains_key("status") && (more.is_empty() || !members.contains_key("versions")) {
        flaw(
            source.value(at),
            "this needs a `status`".to_owned(),
            "add `\"status\": \"deprecated\"` or whatever holds".to_owned(),
        );
    }
}
