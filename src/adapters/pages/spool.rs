//! Documents that wait until they are sent: small ones behind each other in one file, large ones in files of their own, in a folder
//! that goes away with its owner.
#![expect(clippy::disallowed_methods, reason = "what waits is kept in files, and not in memory")]

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    mem,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, ensure};

use crate::{
    digest::{Digesting, Sha256},
    ports::Body,
};

/// So many bytes of small documents are written in one go.
const SPILL: usize = 1 << 20;
/// Of a document that arrives in pieces, as every list does, and all of them at a time, so much is held in memory.
const HELD: usize = 64 << 10;
const KEEPING: &str = "could not keep a document until it is sent";

const LOST: &str = "a document that was kept until it is sent was changed meanwhile, or cannot be read";

/// The folder is made when something has to wait.
#[derive(Debug, Default)]
pub(super) struct Spool {
    folder: Mutex<Option<PathBuf>>,
    files: AtomicUsize,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Where small documents lie behind each other, and where those end that were written.
    file: Option<File>,
    end: u64,
    /// Those that come behind them.
    unwritten: Vec<u8>,
    /// Where each begins. There are hundreds of thousands, which half a digest tells apart: what is read is compared with all of it.
    small: BTreeMap<Half, u64>,
    large: BTreeMap<Sha256, Body>,
}

type Half = [u8; 16];

fn half(sha256: &Sha256) -> Half {
    *sha256.as_bytes().first_chunk().expect("a digest is longer than its half")
}

impl Spool {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep(&self, sha256: Sha256, body: &Body) -> anyhow::Result<()> {
        match body {
            Body::Bytes(bytes) => self.keep_bytes(sha256, bytes),
            Body::File { .. } => {
                self.waiting().large.insert(sha256, body.clone());
                Ok(())
            }
        }
    }

    /// Many documents stand at several keys: their bytes are kept once.
    pub(super) fn keep_bytes(&self, sha256: Sha256, bytes: &[u8]) -> anyhow::Result<()> {
        let mut waiting = self.waiting();
        if !waiting.small.contains_key(&half(&sha256)) {
            let at = self.append(&mut waiting, bytes)?;
            waiting.small.insert(half(&sha256), at);
        }
        Ok(())
    }

    fn append(&self, waiting: &mut Waiting, bytes: &[u8]) -> anyhow::Result<u64> {
        if waiting.unwritten.len() + bytes.len() > SPILL {
            self.write(waiting)?;
        }
        let at = waiting.end + waiting.unwritten.len() as u64;
        waiting.unwritten.extend_from_slice(bytes);
        Ok(at)
    }

    fn write(&self, Waiting { file, end, unwritten, .. }: &mut Waiting) -> anyhow::Result<()> {
        let file = match file {
            Some(file) => file,
            none => none.insert(self.new_file()?.1),
        };
        let written = file.seek(SeekFrom::Start(*end)).and_then(|_| file.write_all(unwritten));
        written.context(KEEPING)?;
        *end += unwritten.len() as u64;
        unwritten.clear();
        Ok(())
    }

    /// What was kept, of so many bytes.
    pub(super) fn find(&self, sha256: &Sha256, size: u64) -> anyhow::Result<Option<Body>> {
        let mut waiting = self.waiting();
        if let Some(body) = waiting.large.get(sha256) {
            return Ok(Some(body.clone()));
        }
        let Some(&at) = waiting.small.get(&half(sha256)) else { return Ok(None) };
        if waiting.file.is_none() || at + size > waiting.end {
            self.write(&mut waiting)?;
        }
        let file = waiting.file.as_mut().expect("it is there when something was written");
        let mut bytes = vec![0; usize::try_from(size).context(LOST)?];
        let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
        read.context(LOST)?;
        drop(waiting);
        ensure!(Sha256::of(&bytes) == *sha256, LOST);
        Ok(Some(bytes.into()))
    }

    /// A file for one large document.
    pub(super) fn create(&self) -> anyhow::Result<(PathBuf, BufWriter<File>)> {
        let (path, file) = self.new_file()?;
        Ok((path, BufWriter::with_capacity(1 << 16, file)))
    }

    fn new_file(&self) -> anyhow::Result<(PathBuf, File)> {
        let mut folder = self.folder.lock().expect("no thread panics while it makes a folder");
        let folder = match &*folder {
            Some(there) => there.clone(),
            None => folder.insert(fresh_folder(&std::env::temp_dir())?).clone(),
        };
        let path = folder.join(self.files.fetch_add(1, Ordering::Relaxed).to_string());
        let file = File::options().read(true).write(true).create_new(true).open(&path);
        Ok((path.clone(), file.with_context(|| format!("could not create `{}`", path.display()))?))
    }
}

/// A document that arrives in pieces: in memory until it is large.
#[derive(Default)]
pub(super) struct Pieces {
    held: Vec<u8>,
    file: Option<(PathBuf, BufWriter<File>)>,
    digesting: Digesting,
}

impl Pieces {
    pub(super) fn append(&mut self, bytes: &[u8], spool: &Spool) -> anyhow::Result<()> {
        self.digesting.add(bytes);
        if self.file.is_none() && self.held.len() + bytes.len() > HELD {
            let (path, mut file) = spool.create()?;
            file.write_all(&mem::take(&mut self.held)).context(KEEPING)?;
            self.file = Some((path, file));
        }
        match &mut self.file {
            Some((_, file)) => file.write_all(bytes).context(KEEPING)?,
            None => self.held.extend_from_slice(bytes),
        }
        Ok(())
    }

    pub(super) fn end(self) -> anyhow::Result<(Body, Sha256)> {
        let (sha256, size) = self.digesting.end();
        let body = match self.file {
            None => self.held.into(),
            Some((path, mut file)) => {
                file.flush().context(KEEPING)?;
                Body::File { path, size }
            }
        };
        Ok((body, sha256))
    }
}

/// A folder that nobody else has made.
fn fresh_folder(within: &Path) -> anyhow::Result<PathBuf> {
    let name = |at: u32| within.join(format!("gazette-{}-{at}", std::process::id()));
    let made = (0..100).map(name).find(|folder| fs::create_dir(folder).is_ok());
    made.with_context(|| format!("could not create a folder in `{}`", within.display()))
}

impl Drop for Spool {
    fn drop(&mut self) {
        if let Ok(Some(folder)) = self.folder.get_mut().map(Option::take) {
            // What is left in a folder for temporary files is swept away by others.
            let _ = fs::remove_dir_all(folder);
        }
    }
}
