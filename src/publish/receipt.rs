//! What a publisher really did, also when it stopped half-way.

use std::{
    collections::BTreeMap,
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use serde::Serialize;

use crate::{
    plan::{Reason, Requests},
    ports::{Body, Bucket, Done, Headers, Tag, Trouble, When},
};

/// Numbers and names, for the log of a night.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    pub outcome: Outcome,
    /// Why it stopped, if it did.
    pub message: Option<String>,
    /// The number of the checkpoint that stands now, if one stands.
    pub publication: Option<u64>,
    pub root: Option<String>,
    pub commit: Option<String>,
    pub serial: u32,
    /// How many documents were written, by reason.
    pub written: BTreeMap<&'static str, u64>,
    pub deleted: u64,
    pub waiting: u64,
    pub unchanged: u64,
    pub purged: u64,
    pub requests: Requests,
    /// Of all bodies that were sent.
    pub bytes: u64,
    pub seconds: u64,
    /// What readers see of it, if that was looked at.
    pub read_back: Option<ReadBack>,
}

/// What was seen through the address that readers use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReadBack {
    pub address: String,
    /// How many documents were compared with the manifest.
    pub compared: u64,
    /// What is not as it was published, a line each.
    pub problems: Vec<String>,
    pub seconds: u64,
}

/// How a publication ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It did not come to its end.
    #[default]
    Stopped,
    /// The site was there already, and has a new checkpoint.
    Renewed,
    Published,
}

/// Why a publisher stopped, and what it had done by then.
#[derive(Clone, Debug)]
pub struct Stopped {
    pub receipt: Receipt,
    pub error: String,
    pub help: String,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)
    }
}

impl std::error::Error for Stopped {}

/// What is counted while several requests are under way.
#[derive(Debug, Default)]
pub(super) struct Tally {
    get: AtomicU64,
    put: AtomicU64,
    delete: AtomicU64,
    list: AtomicU64,
    bytes: AtomicU64,
    written: [AtomicU64; 4],
    pub(super) deleted: AtomicU64,
}

impl Tally {
    pub(super) fn wrote(&self, reason: Reason) {
        let at = Reason::ALL.iter().position(|one| *one == reason).expect("all of them");
        self.written[at].fetch_add(1, Ordering::Relaxed);
    }

    fn puts(&self, body: &Body) {
        self.put.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(body.size(), Ordering::Relaxed);
    }

    pub(super) fn note(&self, receipt: &mut Receipt) {
        let told = |count: &AtomicU64| count.load(Ordering::Relaxed);
        receipt.requests =
            Requests { get: told(&self.get), put: told(&self.put), delete: told(&self.delete), list: told(&self.list) };
        receipt.bytes = told(&self.bytes);
        receipt.deleted = told(&self.deleted);
        receipt.written = Reason::ALL.iter().zip(&self.written).map(|(reason, count)| (reason.as_str(), told(count))).collect();
    }
}

/// A bucket whose requests are counted.
#[derive(Clone, Copy)]
pub(super) struct Counted<'a> {
    pub(super) bucket: &'a dyn Bucket,
    pub(super) tally: &'a Tally,
}

impl Bucket for Counted<'_> {
    fn get(&self, key: &str, most: usize) -> Result<Option<(Vec<u8>, Tag)>, Trouble> {
        self.tally.get.fetch_add(1, Ordering::Relaxed);
        self.bucket.get(key, most)
    }

    fn put(&self, key: &str, body: &Body, headers: Headers, when: When) -> Result<Tag, Trouble> {
        self.tally.puts(body);
        self.bucket.put(key, body, headers, when)
    }

    fn begin_put(&self, key: &str, body: &Body, headers: Headers, when: When, done: Done) {
        self.tally.puts(body);
        self.bucket.begin_put(key, body, headers, when, done);
    }

    fn delete(&self, key: &str) -> Result<(), Trouble> {
        self.tally.delete.fetch_add(1, Ordering::Relaxed);
        self.bucket.delete(key)
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
        self.tally.list.fetch_add(1, Ordering::Relaxed);
        self.bucket.list(prefix, each)
    }
}
