//! `gazette build` where nothing lies yet: each file is written once, in its place.
#![expect(clippy::disallowed_methods, reason = "this is where folders of sites are written")]

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
};

use anyhow::Context;

use super::{Directory, Record, Stamp, Written, files, lines::Lines, memory::Notes};
use crate::{
    digest::{Digesting, Sha256},
    manifest::Manifest,
    site::{
        Sink,
        facts::Counts,
        inputs::Inputs,
        known::Memory,
        path::{self, SitePath},
    },
};

/// A folder that is being written.
#[derive(Debug)]
pub struct Fresh {
    directory: Directory,
    plain: bool,
    lines: Lines,
    notes: Notes,
}

impl Fresh {
    /// With `plain`, the second files for plain hosts are written.
    pub fn begin(directory: Directory, plain: bool, counts: Counts) -> Self {
        let notes = Notes::of(&directory.root);
        Self { directory, plain, lines: Lines::of(counts), notes }
    }

    /// Puts the folder in its place.
    pub fn finish(self, stamp: impl FnOnce(&Manifest) -> Stamp, inputs: Inputs) -> anyhow::Result<(Stamp, Written)> {
        let manifest = self.lines.manifest();
        let written = Written { written: manifest.len(), ..Written::default() };
        let learned = self.notes.stage()?;
        let record = Record { stamp: stamp(&manifest), manifest, inputs };
        record.stage(&self.directory.root, learned, None)?.settle(&self.directory.root)?;
        self.directory.finish()?;
        Ok((record.stamp, written))
    }

    /// Gives a document its other files, and notes it.
    fn finish_page(&self, paths: &[SitePath], first: &str, sha256: Sha256, size: u64) -> anyhow::Result<()> {
        for path in paths {
            let key = path.key();
            for file in files(&key, self.plain).filter(|file| **file != *first) {
                let made = self.directory.create_again(first, &file);
                made.with_context(|| format!("could not create `{}`", self.directory.at(&file).display()))?;
            }
            self.lines.add(path, &key, sha256, size);
        }
        Ok(())
    }

    fn create(&self, file: &str) -> anyhow::Result<File> {
        self.directory.create(file).with_context(|| format!("could not create `{}`", self.directory.at(file).display()))
    }
}

impl Sink for Fresh {
    type Open = (Vec<SitePath>, BufWriter<File>, Digesting);

    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()> {
        let sha256 = Sha256::of(body);
        let first = path::file(&paths[0].key());
        let written = self.create(&first)?.write_all(body);
        written.with_context(|| format!("could not write `{}`", self.directory.at(&first).display()))?;
        self.finish_page(paths, &first, sha256, body.len() as u64)
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Self::Open> {
        let first = self.create(&path::file(&paths[0].key()))?;
        Ok((paths, BufWriter::with_capacity(1 << 16, first), Digesting::default()))
    }

    fn append(&self, (_, file, digesting): &mut Self::Open, bytes: &[u8]) -> anyhow::Result<()> {
        digesting.add(bytes);
        file.write_all(bytes).context("could not write a list")
    }

    fn close(&self, (paths, mut file, digesting): Self::Open) -> anyhow::Result<()> {
        file.flush().context("could not write a list")?;
        let (sha256, size) = digesting.end();
        self.finish_page(&paths, &path::file(&paths[0].key()), sha256, size)
    }

    fn discard(&self, (paths, file, _): Self::Open) -> anyhow::Result<()> {
        drop(file);
        let first = self.directory.at(&path::file(&paths[0].key()));
        fs::remove_file(&first).with_context(|| format!("could not remove `{}`", first.display()))
    }

    fn memory(&self) -> Option<&dyn Memory> {
        Some(self)
    }
}

/// Nothing lies there yet.
impl Memory for Fresh {
    fn keep(&self, path: &SitePath, made_of: Sha256) -> bool {
        self.notes.keep(&path.key(), made_of)
    }

    fn learn(&self, lines: &mut dyn Iterator<Item = String>) -> anyhow::Result<()> {
        self.notes.learn(lines)
    }
}
