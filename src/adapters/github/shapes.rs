//! The shapes of GitHub's answers, as far as they are read. What is not named here is not looked at.

use serde::{Deserialize, de};

use crate::{
    evidence::{Account, AccountKind},
    forge::{Actor, Merging},
    instant::Instant,
};

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) login: String,
    #[serde(rename = "type")]
    kind: String,
}

impl User {
    pub(super) fn kind(&self) -> Option<AccountKind> {
        match self.kind.as_str() {
            "User" => Some(AccountKind::User),
            "Organization" => Some(AccountKind::Organization),
            _ => None,
        }
    }

    pub(super) fn actor(self) -> Actor {
        Actor { kind: self.kind(), account: Account { id: self.id, login: self.login } }
    }
}

/// Whose account was deleted shows as nobody; GitHub's own stand-in for them is the account `ghost`.
pub(super) fn actor(user: Option<User>) -> Actor {
    user.map_or_else(|| Actor { account: Account { id: 0, login: "ghost".to_owned() }, kind: None }, User::actor)
}

#[derive(Debug, Deserialize)]
pub(super) struct Repository {
    pub(super) id: u64,
    pub(super) full_name: String,
    pub(super) owner: Option<User>,
    #[serde(default)]
    pub(super) fork: bool,
    #[serde(default)]
    pub(super) private: bool,
    #[serde(default)]
    pub(super) default_branch: String,
    allow_squash_merge: Option<bool>,
    allow_rebase_merge: Option<bool>,
}

impl Repository {
    /// Told only to those who may write.
    pub(super) fn merging(&self) -> Option<Merging> {
        Some(Merging { squash: self.allow_squash_merge?, rebase: self.allow_rebase_merge? })
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Pull {
    pub(super) number: u64,
    pub(super) state: String,
    #[serde(default)]
    pub(super) draft: bool,
    #[serde(deserialize_with = "instant")]
    pub(super) created_at: Instant,
    pub(super) user: Option<User>,
    pub(super) head: Side,
    pub(super) base: Side,
    pub(super) labels: Vec<Named>,
    /// Absent where pull requests are listed.
    #[serde(default)]
    pub(super) changed_files: usize,
    #[serde(default)]
    pub(super) comments: usize,
    #[serde(default)]
    pub(super) review_comments: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct Side {
    #[serde(rename = "ref")]
    pub(super) branch: String,
    pub(super) sha: String,
    pub(super) repo: Option<Repository>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct File {
    pub(super) filename: String,
    pub(super) previous_filename: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Review {
    pub(super) user: Option<User>,
    pub(super) state: String,
    pub(super) commit_id: Option<String>,
    pub(super) body: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) user: Option<User>,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) html_url: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    #[serde(rename = "event")]
    pub(super) kind: String,
    pub(super) actor: Option<User>,
    pub(super) label: Option<Named>,
    #[serde(deserialize_with = "instant")]
    pub(super) created_at: Instant,
}

#[derive(Debug, Deserialize)]
pub(super) struct Status {
    pub(super) context: String,
    pub(super) state: String,
    pub(super) description: Option<String>,
    pub(super) creator: Option<User>,
    #[serde(deserialize_with = "instant")]
    pub(super) created_at: Instant,
}

#[derive(Debug, Deserialize)]
pub(super) struct Branch {
    pub(super) commit: Commit,
}

#[derive(Debug, Deserialize)]
pub(super) struct Commit {
    pub(super) sha: String,
}

/// One rule of a ruleset that applies to a branch.
#[derive(Debug, Deserialize)]
pub(super) struct BranchRule {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) parameters: Parameters,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Parameters {
    #[serde(default)]
    pub(super) strict_required_status_checks_policy: bool,
    #[serde(default)]
    pub(super) required_status_checks: Vec<Check>,
    pub(super) allowed_merge_methods: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Check {
    pub(super) context: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Written {
    #[serde(default)]
    pub(super) html_url: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Merged {
    pub(super) sha: String,
    pub(super) merged: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Issue {
    pub(super) number: u64,
    pub(super) user: Option<User>,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) html_url: String,
}

fn instant<'de, D: de::Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
    let text = String::deserialize(deserializer)?;
    Instant::parse(&text).ok_or_else(|| de::Error::custom("a time is written as `2026-11-20T06:30:00Z`"))
}
