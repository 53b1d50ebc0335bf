//! A site as a folder: a fresh one is written beside its place and renamed once, an existing one gets its changed files. What
//! gazette did not write there is never touched, and a build that died is made good by the next.
#![expect(clippy::disallowed_methods, reason = "this is where folders of sites are written")]

mod fresh;
mod record;
mod update;

use std::{
    collections::BTreeSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::Context;

pub use fresh::Fresh;
pub use record::{Record, Stamp};
pub use update::Update;

use super::WayOut;
use crate::{
    digest::{Digesting, Sha256},
    manifest::{Line, Manifest},
    site::{Sink, path::SitePath},
};

/// Where gazette keeps what it knows of a folder.
const OWN: &str = ".gazette";
/// Where in it documents wait for their turn.
const STAGE: &str = "stage";

/// A folder that this process alone may write to until it is dropped.
#[derive(Debug)]
pub struct Directory {
    root: PathBuf,
    /// Held, not read.
    _lock: File,
    record: Option<Record>,
    /// The files that a build which did not come to its end may have written or removed.
    intent: Option<BTreeSet<Box<str>>>,
}

/// A folder to work in, gone when the work is done or given up; what a killed process leaves is swept away by the next.
#[derive(Debug)]
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // The work has ended, well or with an error of its own; the next sweeps again.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a folder is written.
#[derive(Debug)]
pub enum Target {
    /// Nothing lies there yet.
    Fresh(Fresh),
    Existing(Box<Directory>),
}

/// What was done to a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub written: usize,
    pub removed: usize,
    pub unchanged: usize,
}

impl Target {
    /// Takes hold of a folder. An error is another process that holds it, or the world's.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        if super::folder::is_empty(root)? {
            return Ok(Self::Fresh(Fresh::begin(root)?));
        }
        create_dir(&root.join(OWN))?;
        let lock = lock(root)?;
        remove_tree(&root.join(OWN).join(STAGE))?;
        remove_half_written(&root.join(OWN))?;
        Ok(Self::Existing(Box::new(Directory {
            record: Record::read(root)?,
            intent: record::intent(root)?,
            root: root.to_owned(),
            _lock: lock,
        })))
    }
}

impl Directory {
    /// What the last build that came to its end said of itself; nothing if one died since.
    pub fn stamp(&self) -> Option<&Stamp> {
        self.record.as_ref().filter(|_| self.intent.is_none()).map(|record| &record.stamp)
    }
}

/// What a dying build wrote beside its own files and had no time to put in their place.
fn remove_half_written(own: &Path) -> anyhow::Result<()> {
    for path in super::disk::names(own)? {
        if path.extension().is_some_and(|end| end == "tmp") {
            fs::remove_file(&path).with_context(|| format!("could not remove `{}`", path.display()))?;
        }
    }
    Ok(())
}

fn lock(root: &Path) -> anyhow::Result<File> {
    let path = root.join(OWN).join("lock");
    let failed = || format!("could not lock `{}`", path.display());
    let file = File::options().create(true).truncate(false).write(true).open(&path).with_context(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(WayOut::new(
            format!("another gazette is writing to `{}`", root.display()),
            "wait until it has ended, or name another folder with `--out DIR`",
        )
        .into()),
        Err(TryLockError::Error(error)) => Err(error).with_context(failed),
    }
}

fn create_dir(dir: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("could not create the folder `{}`", dir.display()))
}

fn remove_tree(dir: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove `{}`", dir.display()))
        }
        _ => Ok(()),
    }
}

/// A new file, in a folder that is made if it is not there yet.
fn create(path: &Path) -> anyhow::Result<File> {
    let made = File::create_new(path).or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(error);
        }
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        File::create_new(path)
    });
    made.with_context(|| format!("could not create `{}`", path.display()))
}

/// The lines of a site, as its pages are written in no order.
#[derive(Debug, Default)]
struct Lines(Mutex<Vec<(Box<str>, Line)>>);

impl Lines {
    fn add(&self, path: &SitePath, key: String, sha256: Sha256, size: u64) {
        let line = (key.into(), Line::of(path, sha256, size));
        self.0.lock().expect("no thread panics while it adds a line").push(line);
    }

    fn add_all(&self, paths: &[SitePath], sha256: Sha256, size: u64) {
        for path in paths {
            self.add(path, path.key(), sha256, size);
        }
    }

    fn manifest(self) -> Manifest {
        Manifest { lines: self.0.into_inner().expect("no thread panicked").into_iter().collect() }
    }
}

/// Goes nowhere: what is left is the digest.
#[derive(Debug, Default)]
pub struct Nowhere(Lines);

impl Nowhere {
    pub fn manifest(self) -> Manifest {
        self.0.manifest()
    }
}

impl Sink for Nowhere {
    type Open = (Vec<SitePath>, Digesting);

    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()> {
        let sha256 = Sha256::of(body);
        self.0.add_all(paths, sha256, body.len() as u64);
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
        self.0.add_all(&paths, sha256, size);
        Ok(())
    }

    fn discard(&self, _: Self::Open) -> anyhow::Result<()> {
        Ok(())
    }
}
