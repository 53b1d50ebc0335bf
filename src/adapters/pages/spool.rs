//! Documents that wait until they are sent: small ones behind each other in one file, large ones in files of their own, in a folder
//! that goes away with its owner.
#![expect(clippy::disallowed_methods, reason = "what waits is kept in files, and not in memory")]

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Context;

use crate::{
    digest::Sha256,
    ports::{Body, Headers},
    publish::Document,
};

/// The folder is made when something has to wait.
#[derive(Debug, Default)]
pub(super) struct Spool {
    folder: Mutex<Option<PathBuf>>,
    files: AtomicUsize,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Where small documents lie behind each other, and where the last one ends.
    file: Option<File>,
    end: u64,
    documents: BTreeMap<String, (Headers, Sha256, Place)>,
}

#[derive(Clone, Debug)]
enum Place {
    Part { at: u64, size: usize },
    File(Body),
}

impl Spool {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a document for each of these keys.
    pub(super) fn keep(&self, keys: Vec<(String, Headers)>, sha256: Sha256, body: &Body) -> anyhow::Result<()> {
        let mut waiting = self.waiting();
        let place = match body {
            Body::File { .. } => Place::File(body.clone()),
            Body::Bytes(bytes) => Place::Part { at: self.append(&mut waiting, bytes)?, size: bytes.len() },
        };
        waiting.documents.extend(keys.into_iter().map(|(key, headers)| (key, (headers, sha256, place.clone()))));
        Ok(())
    }

    fn append(&self, waiting: &mut Waiting, bytes: &[u8]) -> anyhow::Result<u64> {
        let at = waiting.end;
        let file = match &mut waiting.file {
            Some(file) => file,
            none => none.insert(self.new_file()?.1),
        };
        let written = file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(bytes));
        written.context("could not keep a document until it is sent")?;
        waiting.end += bytes.len() as u64;
        Ok(at)
    }

    /// Gives what was kept for a key, once.
    pub(super) fn take(&self, key: &str) -> anyhow::Result<Option<Document>> {
        let mut waiting = self.waiting();
        let Some((key, (headers, sha256, place))) = waiting.documents.remove_entry(key) else { return Ok(None) };
        let body = match (place, &mut waiting.file) {
            (Place::File(body), _) => body,
            (Place::Part { at, size }, Some(file)) => {
                let mut bytes = vec![0; size];
                let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes));
                read.context("could not read a document that was kept until it is sent")?;
                bytes.into()
            }
            (Place::Part { .. }, None) => unreachable!("what lies in the file was written to it"),
        };
        Ok(Some(Document { key, headers, body, sha256 }))
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
