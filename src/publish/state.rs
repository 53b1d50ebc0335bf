//! `publisher/state.json`: what publishers tell each other, and only by compare-and-swap: who is at work, towards what, what
//! was published, and what has yet to be deleted.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    checkpoint::Checkpoint,
    digest::{GitId, Sha256},
    instant::Instant,
    site::facts::Counts,
};

/// The key it lies at.
pub const KEY: &str = "publisher/state.json";
/// A state that is larger is not read.
pub const BYTES_MAX: usize = 256 << 20;
/// Its form.
const FORM: u32 = 1;
/// So many publications are remembered, and their manifests kept.
const ROOTS_MAX: usize = 30;
/// So many publications may die one after the other until everything is written again.
pub const INTENTS_MAX: usize = 8;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    /// Counts what was written here, so that no two states have the same bytes.
    pub revision: u64,
    pub lease: Option<Held>,
    /// The roots towards which documents may have been written since the checkpoint.
    pub intents: BTreeSet<Sha256>,
    /// What left the site and is still there, since when.
    pub waiting: BTreeMap<Box<str>, Instant>,
    /// What is to be deleted as soon as the checkpoint stands.
    pub condemned: BTreeSet<Box<str>>,
    /// What copies of a CDN may still have to be forgotten.
    pub purge: BTreeSet<String>,
    /// The last publications that changed something, oldest first.
    pub roots: Vec<Published>,
}

/// Who is at work, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Unlike that of any other publisher.
    pub holder: String,
    /// By the clock that people read.
    pub until: Instant,
}

/// One publication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    pub publication: u64,
    pub root: Sha256,
    pub commit: Option<String>,
    pub epoch: String,
    pub serial: u32,
    pub time: Instant,
    pub counts: Counts,
}

impl Default for State {
    fn default() -> Self {
        Self {
            version: FORM,
            revision: 0,
            lease: None,
            intents: BTreeSet::new(),
            waiting: BTreeMap::new(),
            condemned: BTreeSet::new(),
            purge: BTreeSet::new(),
            roots: Vec::new(),
        }
    }
}

impl State {
    /// Nothing, if it was written by another program.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().filter(|state: &Self| state.version == FORM)
    }

    pub fn text(&self) -> Vec<u8> {
        let mut out = serde_json::to_vec_pretty(self).expect("a state is JSON");
        out.push(b'\n');
        out
    }

    /// Whether nobody is at work and nothing is left to do.
    pub fn is_settled(&self) -> bool {
        self.lease.is_none() && self.intents.is_empty() && self.condemned.is_empty() && self.purge.is_empty()
    }

    /// The last publication.
    pub fn last(&self) -> Option<&Published> {
        self.roots.last()
    }

    /// What was current under this number.
    pub fn published(&self, publication: u64) -> Option<&Published> {
        self.roots.iter().rev().find(|published| published.publication <= publication)
    }

    /// Notes that a checkpoint stands.
    pub fn remember(&mut self, checkpoint: &Checkpoint, counts: Counts) {
        let Checkpoint { publication, root, epoch, serial, commit, time, .. } = checkpoint.clone();
        let commit = commit.map(|commit: GitId| commit.to_string());
        self.roots.push(Published { publication, root, commit, epoch, serial, time, counts });
        let old = self.roots.len().saturating_sub(ROOTS_MAX);
        self.roots.drain(..old);
    }
}
