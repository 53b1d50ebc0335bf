//! How much a publication may do before a person has to say that it is meant.

use std::fmt;

use super::{Plan, Put, Reason};
use crate::{instant::Instant, site::facts::Counts, site::path::Wave};

/// One thing that a publication may not do unless it is allowed by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Many documents leave the site.
    Deletes,
    /// Many documents get other bytes.
    Changes,
    /// Far fewer servers or versions than before.
    Counts,
    /// A document is all but empty, or a list lost most of itself.
    Tiny,
    /// The commit does not continue the one that is published.
    History,
    /// An event lies in the future.
    Clock,
    /// The checkpoint that lies there is signed by no key of the configuration.
    Signature,
    /// The checkpoint that lies there is of a registry at another address.
    Address,
    /// Where nothing was published before, something lies that is not gazette's.
    Foreign,
    /// The target ignores the conditions of requests, which is found out while publishing.
    Unguarded,
}

/// The numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub deletes: Share,
    pub changes: Share,
    pub counts: Share,
    /// A document of fewer bytes is all but empty.
    pub tiny_bytes: u64,
    /// A list of at least so many bytes may not shrink to a tenth.
    pub list_bytes: u64,
    /// How many seconds an event may be ahead of the clock.
    pub ahead: i64,
}

/// Too many are more than `most`, and more than `percent` of a whole that is larger than `free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// So many are never too many.
    pub free: u64,
    pub percent: u64,
    pub most: u64,
}

impl Share {
    pub(super) fn is_passed(self, part: u64, whole: u64) -> bool {
        part > self.most || part > self.free && part.saturating_mul(100) > whole.saturating_mul(self.percent)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deletes: Share { free: 50, percent: 5, most: 10_000 },
            changes: Share { free: 200, percent: 50, most: 200_000 },
            counts: Share { free: 10, percent: 5, most: 5_000 },
            tiny_bytes: 8,
            list_bytes: 4_096,
            ahead: 3_600,
        }
    }
}

/// What the limits look at beside the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances {
    pub now: Instant,
    /// When the newest event of the registry happened.
    pub newest: Option<Instant>,
    pub counts: Counts,
    /// What the last publication counted.
    pub counts_before: Option<Counts>,
    /// Why the new commit does not continue the published one, if it does not.
    pub broken_history: Option<String>,
    /// Why the checkpoint that lies there is not believed, if it is not.
    pub distrust: Option<String>,
    /// Of which other registry it is, if it is.
    pub elsewhere: Option<String>,
}

/// A limit, and in which way it was passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    pub limit: Limit,
    pub message: String,
}

impl Limit {
    pub const ALL: [Self; 10] = [
        Self::Deletes,
        Self::Changes,
        Self::Counts,
        Self::Tiny,
        Self::History,
        Self::Clock,
        Self::Signature,
        Self::Address,
        Self::Foreign,
        Self::Unguarded,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deletes => "deletes",
            Self::Changes => "changes",
            Self::Counts => "counts",
            Self::Tiny => "tiny",
            Self::History => "history",
            Self::Clock => "clock",
            Self::Signature => "signature",
            Self::Address => "address",
            Self::Foreign => "foreign",
            Self::Unguarded => "unguarded",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|limit| limit.as_str() == text)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Limits {
    /// Every limit that the plan passes.
    pub fn passed(&self, plan: &Plan, circumstances: &Circumstances) -> Vec<Passed> {
        let changed = plan.puts.iter().filter(|put| matches!(put.reason, Reason::Content | Reason::Headers)).count() as u64;
        let found = [
            (Limit::Deletes, self.many(self.deletes, plan.leaving, plan.before, "would leave the site")),
            (Limit::Changes, self.many(self.changes, changed, plan.before, "would change")),
            (Limit::Counts, self.shrunk(circumstances)),
            (Limit::Tiny, self.tiny(plan)),
            (Limit::History, circumstances.broken_history.clone()),
            (Limit::Clock, self.ahead(circumstances)),
            (Limit::Signature, circumstances.distrust.clone()),
            (Limit::Address, circumstances.elsewhere.clone()),
            (
                Limit::Foreign,
                plan.foreign.as_deref().map(|key| format!("`{key}` lies there already, and gazette did not put it there")),
            ),
        ];
        found.into_iter().filter_map(|(limit, message)| Some(Passed { limit, message: message? })).collect()
    }

    #[expect(clippy::unused_self, reason = "one of the questions that limits answer")]
    fn many(&self, share: Share, part: u64, whole: u64, what: &str) -> Option<String> {
        share.is_passed(part, whole).then(|| format!("{part} of {whole} documents {what}"))
    }

    fn shrunk(&self, Circumstances { counts, counts_before, .. }: &Circumstances) -> Option<String> {
        let before = counts_before.as_ref()?;
        let shrunk = |before: usize, after: usize, what: &str| {
            let lost = before.saturating_sub(after) as u64;
            self.counts.is_passed(lost, before as u64).then(|| format!("{after} {what} are left of {before}"))
        };
        shrunk(before.servers, counts.servers, "servers").or_else(|| shrunk(before.versions, counts.versions, "versions"))
    }

    fn tiny(&self, plan: &Plan) -> Option<String> {
        plan.puts.iter().find_map(|&Put { wave, key, line, before, .. }| {
            let size = line.size;
            let is_of_a_host = crate::site::path::HostFile::ALL.iter().any(|file| file.as_str() == key);
            // An asset is the program's own, and as small as it is.
            if size < self.tiny_bytes && !is_of_a_host && wave != Wave::Immutable {
                return Some(format!("`{key}` would have {size} bytes"));
            }
            let is_shrunk = wave == Wave::Lists && before >= self.list_bytes && size < before / 10;
            is_shrunk.then(|| format!("`{key}` would have {size} bytes, after {before}"))
        })
    }

    fn ahead(&self, circumstances: &Circumstances) -> Option<String> {
        let newest = circumstances.newest.filter(|newest| newest.0 > circumstances.now.0.saturating_add(self.ahead))?;
        Some(format!("the newest event happened at {newest}, and it is {}", circumstances.now))
    }
}
