//! What a forge knows of a repository and of its pull requests: plain facts, whoever told them.

use crate::{
    evidence::{Account, AccountKind, Label},
    instant::Instant,
};

/// Whoever did something on the forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub account: Account,
    /// None: an app, or something else that is no person and no organization.
    pub kind: Option<AccountKind>,
}

impl Actor {
    pub fn is_person(&self) -> bool {
        self.kind == Some(AccountKind::User)
    }
}

/// A repository that a registry lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    pub id: u64,
    /// `owner/name`, as the forge spells it.
    pub full_name: String,
    pub default_branch: String,
    /// Which ways of merging it allows; absent where the token may not know.
    pub merging: Option<Merging>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merging {
    pub squash: bool,
    pub rebase: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    pub number: u64,
    pub open: bool,
    pub draft: bool,
    pub opened: Instant,
    pub author: Actor,
    pub head: String,
    /// The repository that the head comes from, and who owns it; absent where it is gone.
    pub head_repository: Option<u64>,
    pub head_owner: Option<Actor>,
    /// The branch that it goes to, and the repository of that branch.
    pub base_branch: String,
    pub base_repository: u64,
    pub labels: Vec<String>,
    /// How many files, comments and comments on lines there are, as the forge counts them.
    pub files: usize,
    pub comments: usize,
    pub line_comments: usize,
    /// The clock of the forge when it told this.
    pub told: Option<Instant>,
}

/// What was done to a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its labels, and who put each there last.
    pub labels: Vec<Label>,
    /// When it last became what it is: opened again, pushed to by force, or sent to this branch.
    pub returned: Option<Instant>,
}

/// A file of a pull request, as the forge shows it to those who review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownFile {
    pub path: String,
    /// Where it was before, if it was moved.
    pub before: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub id: u64,
    pub by: Actor,
    pub text: String,
    /// Where people read it.
    pub link: String,
}

/// A review, in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed {
    pub by: Actor,
    pub state: String,
    pub commit: String,
    pub text: String,
}

/// A commit's status, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitStatus {
    pub context: String,
    pub state: State,
    pub text: String,
    pub by: u64,
    pub at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Pending,
    Success,
    Failure,
    Error,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
        }
    }
}

/// What a branch demands before anything is merged into it, as far as rulesets say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// Whether a branch must be up to date with it.
    pub up_to_date: bool,
    /// The statuses that must be `success`.
    pub statuses: Vec<String>,
    /// The ways of merging, where it names them.
    pub merging: Option<Merging>,
}
