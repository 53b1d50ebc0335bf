//! What a site consists of, noted as its pages are written; and a sink that writes nothing, of which only that is left.

use std::sync::Mutex;

use crate::{
    adapters::pages::Form,
    digest::{Digesting, Sha256},
    manifest::{Line, Manifest},
    site::{Sink, path::SitePath},
};

/// The lines of a site, in no order.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<Vec<(Box<str>, Line)>>);

impl Lines {
    pub(super) fn add(&self, path: &SitePath, key: String, sha256: Sha256, size: u64) {
        let line = (key.into(), Line::of(path, sha256, size));
        self.0.lock().expect("no thread panics while it adds a line").push(line);
    }

    pub(super) fn manifest(self) -> Manifest {
        Manifest { lines: self.0.into_inner().expect("no thread panicked").into_iter().collect() }
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

    pub(in crate::adapters) fn note(&self, paths: &[SitePath], sha256: Sha256, size: u64) {
        for path in paths {
            self.form.keys(path).for_each(|key| self.lines.add(path, key, sha256, size));
        }
    }
}

impl Sink for Nowhere {
    type Open = (Vec<SitePath>, Digesting);

    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()> {
        self.note(paths, Sha256::of(body), body.len() as u64);
        Ok(())
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Self::Open> {
        Ok((paths, Digesting::default()))
    }

    fn append(&self, (_, digesting): &mut Self::Open, bytes: &[u8]) -> anyhow::Result<()> {
        digesting.add(bytes);
        Ok(())
    }

    fn close(&self, (paths, digesting): Self::Open) -> anyhow::Result<()> {
        let (sha256, size) = digesting.end();
        self.note(&paths, sha256, size);
        Ok(())
    }

    fn discard(&self, _: Self::Open) -> anyhow::Result<()> {
        Ok(())
    }
}
