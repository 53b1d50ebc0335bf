//! A site where nothing lies yet: written into a folder beside the place, which takes the place in one stroke.
#![expect(clippy::disallowed_methods, reason = "this is where folders of sites are written")]

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::{Lines, OWN, Record, Scratch, Stamp, Written, create, create_dir, lock, remove_tree};
use crate::{
    digest::{Digesting, Sha256},
    manifest::Manifest,
    site::{
        Sink,
        inputs::Inputs,
        path::{self, SitePath},
    },
};

/// A folder that is being written.
#[derive(Debug)]
pub struct Fresh {
    root: PathBuf,
    beside: Scratch,
    /// Held, not read, until the folder beside is gone.
    _lock: File,
    plain: bool,
    lines: Lines,
}

impl Fresh {
    /// Begins beside `root`, where what a build left that died is swept away.
    pub(super) fn begin(root: &Path) -> anyhow::Result<Self> {
        let mut name = root.file_name().with_context(|| format!("`{}` is no name of a folder", root.display()))?.to_os_string();
        name.push(".gazette-new");
        let beside = root.with_file_name(name);
        create_dir(&beside.join(OWN))?;
        let lock = lock(&beside)?;
        let beside = Scratch(beside);
        sweep(&beside.0)?;
        Ok(Self { root: root.to_owned(), beside, _lock: lock, plain: true, lines: Lines::default() })
    }

    /// Whether the second file for plain hosts is written.
    #[must_use]
    pub fn with_plain(mut self, plain: bool) -> Self {
        self.plain = plain;
        self
    }

    /// Puts the folder in its place.
    pub fn finish(self, stamp: impl FnOnce(&Manifest) -> Stamp, inputs: Inputs) -> anyhow::Result<(Stamp, Written)> {
        let manifest = self.lines.manifest();
        let written = Written { written: manifest.lines.len(), ..Written::default() };
        let stamp = stamp(&manifest);
        Record { stamp: stamp.clone(), manifest, inputs }.write(&self.beside.0)?;
        let failed = || format!("could not rename `{}` to `{}`", self.beside.0.display(), self.root.display());
        if super::super::disk::exists(&self.root) {
            // Not every system renames onto an empty folder.
            fs::remove_dir(&self.root).with_context(failed)?;
        }
        fs::rename(&self.beside.0, &self.root).with_context(failed)?;
        Ok((stamp, written))
    }

    /// Where a key lies, once or twice.
    fn places(&self, key: &str) -> impl Iterator<Item = PathBuf> {
        let plain = self.plain.then(|| path::plain_file(key)).flatten();
        [Some(path::file(key)), plain].into_iter().flatten().map(|file| self.beside.0.join(file))
    }
}

/// Takes everything out of a folder but the lock that is held in it.
fn sweep(beside: &Path) -> anyhow::Result<()> {
    for (dir, kept) in [(beside.to_owned(), OWN), (beside.join(OWN), "lock")] {
        let failed = || format!("could not sweep `{}`", dir.display());
        for entry in fs::read_dir(&dir).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            if entry.file_name() == kept {
                continue;
            }
            let path = entry.path();
            if entry.file_type().with_context(failed)?.is_dir() {
                remove_tree(&path)?;
            } else {
                fs::remove_file(&path).with_context(failed)?;
            }
        }
    }
    Ok(())
}

impl Sink for Fresh {
    type Open = (Vec<SitePath>, BufWriter<File>, Digesting);

    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()> {
        let sha256 = Sha256::of(body);
        for path in paths {
            let key = path.key();
            for place in self.places(&key) {
                create(&place)?.write_all(body).with_context(|| format!("could not write `{}`", place.display()))?;
            }
            self.lines.add(path, key, sha256, body.len() as u64);
        }
        Ok(())
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Self::Open> {
        let first = self.beside.0.join(path::file(&paths[0].key()));
        Ok((paths, BufWriter::with_capacity(1 << 16, create(&first)?), Digesting::default()))
    }

    fn append(&self, (_, file, digesting): &mut Self::Open, bytes: &[u8]) -> anyhow::Result<()> {
        digesting.add(bytes);
        file.write_all(bytes).context("could not write a list")
    }

    fn close(&self, (paths, mut file, digesting): Self::Open) -> anyhow::Result<()> {
        file.flush().context("could not write a list")?;
        let (sha256, size) = digesting.end();
        let first = self.beside.0.join(path::file(&paths[0].key()));
        for path in &paths {
            let key = path.key();
            for place in self.places(&key).filter(|place| *place != first) {
                drop(create(&place)?);
                fs::copy(&first, &place).with_context(|| format!("could not write `{}`", place.display()))?;
            }
            self.lines.add(path, key, sha256, size);
        }
        Ok(())
    }

    fn discard(&self, (paths, file, _): Self::Open) -> anyhow::Result<()> {
        drop(file);
        let first = self.beside.0.join(path::file(&paths[0].key()));
        fs::remove_file(&first).with_context(|| format!("could not remove `{}`", first.display()))
    }
}
