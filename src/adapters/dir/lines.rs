//! What a site consists of, noted as its pages are written; and a sink that writes nothing, of which only that is left.

use std::sync::Mutex;

use crate::{
    adapters::pages::Form,
    digest::Sha256,
    manifest::{Draft, Ledger, Line, Manifest},
    site::{facts::Counts, path::SitePath},
};

/// The lines of a site, noted by many threads.
#[derive(Debug)]
pub(super) struct Lines(Mutex<Draft>);

/// So many documents there are for each version and each server, or fewer, beside a few others.
const OF_A_VERSION: usize = 3;
const OF_A_SERVER: usize = 10;
const OTHERS: usize = 1_000;

impl Lines {
    /// For a site of so many servers and versions.
    pub(super) fn of(counts: Counts) -> Self {
        let documents = OF_A_VERSION * counts.versions + OF_A_SERVER * counts.servers + OTHERS;
        Self(Mutex::new(Draft::with_room(documents)))
    }

    pub(super) fn add(&self, path: &SitePath, key: &str, sha256: Sha256, size: u64) {
        let line = Line::of(path, sha256, size);
        self.0.lock().expect("no thread panics while it adds a line").add(key, line);
    }

    pub(super) fn manifest(self) -> Manifest {
        self.0.into_inner().expect("no thread panicked").finish()
    }
}

/// Goes nowhere: what is left is the list of what lies at which key.
#[derive(Debug)]
pub struct Nowhere {
    lines: Lines,
    form: Form,
}

impl Nowhere {
    pub fn of(counts: Counts, form: Form) -> Self {
        Self { lines: Lines::of(counts), form }
    }

    pub fn manifest(self) -> Manifest {
        self.lines.manifest()
    }
}

impl Ledger for Nowhere {
    fn enter(&self, paths: &[SitePath], sha256: Sha256, size: u64, _: Option<&[u8]>) {
        for path in paths {
            self.form.keys(path).for_each(|key| self.lines.add(path, &key, sha256, size));
        }
    }
}
