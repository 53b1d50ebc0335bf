//! `namespaces/<namespace>.toml`: whom a namespace belongs to, and who may submit to it.

use std::fmt;

use serde::Deserialize;

use crate::{
    config::ConfigFlaw,
    finding::Place,
    instant::Date,
    name::{Namespace, NamespaceKind},
    toml_file,
};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamespaceFile {
    pub subject: Subject,
    #[serde(default, rename = "owner")]
    pub owners: Vec<Owner>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    pub kind: SubjectKind,
    /// Decides; absent for a domain.
    pub github_id: Option<u64>,
    pub github_login: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    User,
    Organization,
    Domain,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    pub github_id: u64,
    pub github_login: String,
    pub proof: Proof,
    /// Whose word it is; for `owner` and `grant`.
    pub by: Option<u64>,
    pub proved_at: String,
}

/// How an owner was proved to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    Account,
    Fork,
    Member,
    Dns,
    Web,
    Key,
    Owner,
    Grant,
}

impl Proof {
    /// As a file writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Fork => "fork",
            Self::Member => "member",
            Self::Dns => "dns",
            Self::Web => "web",
            Self::Key => "key",
            Self::Owner => "owner",
            Self::Grant => "grant",
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl NamespaceFile {
    pub fn parse(path: &str, namespace: &Namespace, text: &str) -> Result<Self, ConfigFlaw> {
        let file: Self = toml_file::parse(path, text)?;
        let flaw = |message: String, help: &str| Err(ConfigFlaw { place: Place::file(path), message, help: help.to_owned() });
        let subject = &file.subject;
        match (namespace.kind(), subject.kind) {
            (NamespaceKind::GitHub { login }, SubjectKind::User | SubjectKind::Organization) => {
                if subject.github_id.is_none() || subject.github_login.is_none() {
                    return flaw(
                        format!("the subject of `{namespace}` lacks its `github_id` or `github_login`"),
                        &format!("add both; `gh api users/{login} --jq .id` prints the id"),
                    );
                }
            }
            (NamespaceKind::Domain { .. }, SubjectKind::Domain) => {
                if subject.github_id.is_some() || subject.github_login.is_some() {
                    return flaw(
                        format!("the subject of `{namespace}` is a domain, and a domain has no `github_id` or `github_login`"),
                        "remove them from `[subject]`",
                    );
                }
            }
            (NamespaceKind::GitHub { .. }, SubjectKind::Domain) => {
                return flaw(
                    format!("`{namespace}` belongs to an account on GitHub, not to a domain"),
                    "set `kind` of `[subject]` to `\"user\"` or `\"organization\"`",
                );
            }
            (NamespaceKind::Domain { domain }, _) => {
                return flaw(
                    format!("`{namespace}` belongs to the domain `{domain}`, not to an account"),
                    "set `kind` of `[subject]` to `\"domain\"`",
                );
            }
        }
        for (index, owner) in file.owners.iter().enumerate() {
            if file.owners[..index].iter().any(|earlier| earlier.github_id == owner.github_id) {
                return flaw(format!("the owner {} is listed twice", owner.github_id), "keep one `[[owner]]` for each account");
            }
            if owner.github_id == 0 {
                return flaw("an owner's `github_id` is 0, which is nobody".to_owned(), "write the number of the account");
            }
            if Date::parse(&owner.proved_at).is_none() {
                return flaw(
                    format!("`proved_at` of the owner {} is no day", owner.github_id),
                    "write the day of the proof, such as `2026-11-20`",
                );
            }
            if matches!(owner.proof, Proof::Owner | Proof::Grant) && owner.by.is_none() {
                return flaw(
                    format!("the owner {} does not say whose word it is", owner.github_id),
                    "add `by`, the id of the owner or maintainer who vouched",
                );
            }
        }
        Ok(file)
    }

    pub fn is_owner(&self, github_id: u64) -> bool {
        self.owners.iter().any(|owner| owner.github_id == github_id)
    }
}
