//! A folder as a bucket: one file a key, put in place by renaming; a lock keeps other publishers away. Where nothing lies yet,
//! a folder beside it is filled, which takes the place in one stroke.
#![expect(clippy::disallowed_methods, reason = "this is where sites are published into folders")]

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::Context;

use super::{WayOut, disk, folder};
use crate::{
    digest::Sha256,
    ports::{Body, Bucket, Headers, Tag, Trouble, When},
    site::path,
};

/// What publishers keep for themselves lies here, where no host serves it.
const OWN: &str = ".gazette";

#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    /// Where the folder goes when it is whole.
    place: Option<PathBuf>,
    plain: bool,
    staged: AtomicUsize,
    /// Held, not read.
    _lock: File,
}

impl Files {
    /// Takes hold of a folder for one publication.
    pub fn open(place: &Path, plain: bool) -> anyhow::Result<Self> {
        let is_new = folder::is_empty(place)?;
        if !is_new && !disk::exists(&place.join(OWN).join("publisher")) {
            let error = format!("`{}` holds what `gazette publish` did not put there", place.display());
            return Err(WayOut::new(error, "name a folder that is empty or does not exist yet").into());
        }
        let root = if is_new { beside(place)? } else { place.to_owned() };
        disk::create_dir(&root.join(OWN).join("stage"))?;
        let lock = lock(&root, place)?;
        // A publisher that waited for the lock may find the folder in its place meanwhile.
        let staged = AtomicUsize::new(0);
        Ok(Self { place: is_new.then(|| place.to_owned()), root, plain, staged, _lock: lock })
    }

    /// Puts a new folder in its place, once what lies in it is whole.
    pub fn finish(&self) -> anyhow::Result<()> {
        let Some(place) = &self.place else { return Ok(()) };
        let failed = || format!("could not rename `{}` to `{}`", self.root.display(), place.display());
        if disk::exists(place) {
            // Not every system renames onto an empty folder.
            fs::remove_dir(place).with_context(failed)?;
        }
        fs::rename(&self.root, place).with_context(failed)
    }

    fn file(&self, key: &str) -> Result<PathBuf, Trouble> {
        let is_plain = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0']);
        if !key.split('/').all(is_plain) {
            return Err(Trouble::Other(format!("{} is no name of a file", crate::finding::quoted(key))));
        }
        let within = if key.starts_with("publisher/") { self.root.join(OWN) } else { self.root.clone() };
        Ok(within.join(path::file(key)))
    }

    /// The second file of a key that is also a folder.
    fn plain_file(&self, key: &str) -> Option<PathBuf> {
        path::plain_file(key).filter(|_| self.plain).map(|file| self.root.join(file))
    }

    fn place(&self, body: &Body, file: &Path) -> io::Result<()> {
        let staged = self.root.join(OWN).join("stage").join(self.staged.fetch_add(1, Ordering::Relaxed).to_string());
        match body {
            Body::Bytes(bytes) => fs::write(&staged, bytes)?,
            Body::File { path, .. } => drop(fs::copy(path, &staged)?),
        }
        fs::rename(&staged, file).or_else(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error);
            }
            file.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::rename(&staged, file)
        })
    }
}

fn beside(place: &Path) -> anyhow::Result<PathBuf> {
    let mut name = place.file_name().with_context(|| format!("`{}` is no name of a folder", place.display()))?.to_os_string();
    name.push(".gazette-publish");
    Ok(place.with_file_name(name))
}

fn lock(root: &Path, place: &Path) -> anyhow::Result<File> {
    let path = root.join(OWN).join("lock");
    let failed = || format!("could not lock `{}`", path.display());
    let file = File::options().create(true).truncate(false).write(true).open(&path).with_context(failed)?;
    match file.try_lock() {
        Ok(()) if disk::exists(&path) => Ok(file),
        Ok(()) | Err(TryLockError::WouldBlock) => {
            let error = format!("another publisher is writing to `{}`", place.display());
            Err(WayOut::new(error, "run the command again when it has ended").into())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(failed),
    }
}

fn trouble(file: &Path, error: &io::Error) -> Trouble {
    let said = format!("`{}`: {error}", file.display());
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Trouble::Denied(said),
        _ => Trouble::Other(said),
    }
}

fn read(file: &Path, most: usize) -> io::Result<Option<Vec<u8>>> {
    let opened = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut bytes = Vec::new();
    opened.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most { Err(io::Error::other(format!("it has more than {most} bytes"))) } else { Ok(Some(bytes)) }
}

fn tag_of(bytes: &[u8]) -> Tag {
    Tag(Sha256::of(bytes).to_string().into())
}

impl Bucket for Files {
    fn get(&self, key: &str, most: usize) -> Result<Option<(Vec<u8>, Tag)>, Trouble> {
        let file = self.file(key)?;
        let bytes = read(&file, most.min(usize::MAX - 1)).map_err(|error| trouble(&file, &error))?;
        Ok(bytes.map(|bytes| {
            let tag = tag_of(&bytes);
            (bytes, tag)
        }))
    }

    fn put(&self, key: &str, body: &Body, _: Headers, when: When) -> Result<Tag, Trouble> {
        let file = self.file(key)?;
        // Nobody else writes while the lock is held.
        let holds = match when {
            When::Always => true,
            When::Absent => !disk::exists(&file),
            When::Still(tag) => self.get(key, usize::MAX)?.is_some_and(|(_, lying)| lying == *tag),
        };
        if !holds {
            return Err(Trouble::Conflict(format!("`{key}`")));
        }
        self.place(body, &file).map_err(|error| trouble(&file, &error))?;
        if let Some(plain) = self.plain_file(key) {
            self.place(body, &plain).map_err(|error| trouble(&plain, &error))?;
        }
        match body {
            Body::Bytes(bytes) => Ok(tag_of(bytes)),
            // Only what is small is swapped.
            Body::File { .. } => Ok(Tag(Box::default())),
        }
    }

    fn delete(&self, key: &str) -> Result<(), Trouble> {
        for file in [Some(self.file(key)?), path::plain_file(key).map(|file| self.root.join(file))].into_iter().flatten() {
            match fs::remove_file(&file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(trouble(&file, &error)),
                _ => {}
            }
            // A folder that something else still lies in stays.
            let above = file.ancestors().skip(1).take_while(|dir| *dir != self.root);
            for dir in above {
                if fs::remove_dir(dir).is_err() {
                    break;
                }
            }
        }
        Ok(())
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
        let dir = self.root.join(prefix);
        let entries = match fs::read_dir(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|error| trouble(&dir, &error))?,
        };
        for entry in entries {
            let entry = entry.map_err(|error| trouble(&dir, &error))?;
            if let Some(name) = entry.file_name().to_str() {
                each(&format!("{prefix}{name}"));
            }
        }
        Ok(())
    }
}
