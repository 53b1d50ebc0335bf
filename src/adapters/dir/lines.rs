//! What a site consists of, noted as its pages are written; and a sink that writes nothing, of which only that is left.

use std::sync::Mutex;

use crate::{
    adapters::pages::Form,
    digest::Sha256,
    manifest::{Draft, Ledger, Line, Manifest},
    site::path::SitePath,
};

/// The lines of a site, noted by many threads.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<Draft>);

impl Lines {
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
    pub fn of(form: Form) -> Self {
        Self { lines: Lines::default(), form }
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
