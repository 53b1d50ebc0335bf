//! A folder of a site in the hands of one process, whatever it writes there: locked, and swept of what died in it. Where nothing
//! lies yet, files are written once, beside the place, and take it in one stroke; elsewhere each takes its place by a rename.
//! What others put there is never touched.
#![expect(clippy::disallowed_methods, reason = "this is where folders of sites are written")]

mod bucket;
mod fresh;
mod lines;
mod memory;
mod record;
mod update;

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use anyhow::Context;

pub use bucket::Files;
pub use fresh::Fresh;
pub use lines::Nowhere;
pub use record::{Record, Stamp};
pub use update::{Built, Recalled, Update};

use super::{WayOut, disk, folder};
use crate::{
    checkpoint::{self, Checkpoint, Trust},
    publish::CHECKPOINT,
    site::path,
};

/// Where gazette keeps what it knows of a folder.
const OWN: &str = ".gazette";
/// Where in it files wait for their turn.
const STAGE: &str = "stage";
/// Where in it publishers keep what no host serves.
const PUBLISHER: &str = "publisher";

/// A folder that this process alone writes to until it is dropped.
#[derive(Debug)]
pub struct Directory {
    /// Where the site is to lie.
    place: PathBuf,
    /// Where files are written: the place, or a folder beside it.
    root: PathBuf,
    is_fresh: bool,
    is_placed: AtomicBool,
    staged: AtomicUsize,
    /// Held, not read.
    _lock: File,
}

/// How `gazette build` writes a folder.
#[derive(Debug)]
pub enum Target {
    /// Nothing lies there yet.
    Fresh(Directory),
    Existing(Box<Built>),
}

/// What was done to a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub written: usize,
    pub removed: usize,
    pub unchanged: usize,
}

impl Target {
    /// Takes hold of a folder. An error is another process that holds it, a publication that lies there, or the world's.
    pub fn open(place: &Path) -> anyhow::Result<Self> {
        let directory = Directory::hold(place)?;
        if directory.is_fresh {
            return Ok(Self::Fresh(directory));
        }
        if is_published(place) {
            let place = place.display();
            return Err(WayOut::new(
                format!("`{place}` is published, and its checkpoint would name another site than the one that lies there"),
                format!("publish with `gazette publish --target dir:{place}`, or name another folder with `--out DIR`"),
            )
            .into());
        }
        Ok(Self::Existing(Box::new(Built::find(directory)?)))
    }
}

/// Whether publishers have begun to tell each other something in a folder, or readers something.
fn is_published(place: &Path) -> bool {
    let has_checkpoint = || {
        let note = bucket::read(&place.join(CHECKPOINT), checkpoint::BYTES_MAX).ok().flatten();
        note.is_some_and(|note| Checkpoint::read(&note, &Trust::Anyone).is_ok())
    };
    disk::exists(&place.join(OWN).join(PUBLISHER)) || has_checkpoint()
}

impl Directory {
    /// Takes hold of a folder, and sweeps away what was being written when a process died in it.
    fn hold(place: &Path) -> anyhow::Result<Self> {
        let is_fresh = folder::is_empty(place)?;
        let root = if is_fresh { beside(place)? } else { place.to_owned() };
        disk::create_dir(&root.join(OWN))?;
        let lock = lock(&root, place)?;
        let directory = Self {
            place: place.to_owned(),
            root,
            is_fresh,
            is_placed: AtomicBool::new(false),
            staged: AtomicUsize::new(0),
            _lock: lock,
        };
        if !is_fresh {
            remove_tree(&directory.own(STAGE))?;
            remove_half_written(&directory.root.join(OWN))?;
        } else if folder::is_empty(place)? {
            sweep(&directory.root)?;
        } else {
            // Another has filled the place while the lock was taken.
            return Err(busy(place));
        }
        Ok(directory)
    }

    /// Puts what was written beside the place in its place; what was written over another is there already.
    fn finish(&self) -> anyhow::Result<()> {
        if !self.is_fresh {
            return Ok(());
        }
        remove_tree(&self.own(STAGE))?;
        let failed = || format!("could not rename `{}` to `{}`", self.root.display(), self.place.display());
        if disk::exists(&self.place) {
            // Not every system renames onto an empty folder.
            fs::remove_dir(&self.place).with_context(failed)?;
        }
        fs::rename(&self.root, &self.place).with_context(failed)?;
        self.is_placed.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn own(&self, name: &str) -> PathBuf {
        self.root.join(OWN).join(name)
    }

    fn at(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// A new file in its place.
    fn create(&self, file: &str) -> io::Result<File> {
        let path = self.at(file);
        in_its_folder(&path, || File::create_new(&path))
    }

    /// A new file that waits for its turn.
    fn stage(&self) -> io::Result<(PathBuf, File)> {
        let path = self.next_staged();
        let file = in_its_folder(&path, || File::create_new(&path))?;
        Ok((path, file))
    }

    /// A new file in its place, with the bytes of one that lies in its own.
    fn create_again(&self, first: &str, file: &str) -> io::Result<()> {
        let (first, path) = (self.at(first), self.at(file));
        in_its_folder(&path, || again(&first, &path))
    }

    /// A new file that waits for its turn, with the bytes of one that lies somewhere.
    fn stage_again(&self, first: &Path) -> io::Result<PathBuf> {
        let path = self.next_staged();
        in_its_folder(&path, || again(first, &path))?;
        Ok(path)
    }

    fn next_staged(&self) -> PathBuf {
        self.own(STAGE).join(self.staged.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// Puts what was staged in its place: whoever reads it meanwhile sees the old bytes or the new.
    fn settle(&self, staged: &Path, file: &str) -> io::Result<()> {
        let path = self.at(file);
        in_its_folder(&path, || fs::rename(staged, &path))
    }

    /// Removes a file, if it is there, and the folders that are empty without it.
    fn remove(&self, file: &str) -> io::Result<()> {
        let path = self.at(file);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // A folder that something else still lies in stays.
        let above = path.ancestors().skip(1).take_while(|dir| *dir != self.root);
        for dir in above {
            if fs::remove_dir(dir).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// What keeps a new file from its place: something that lies there, or a file where a folder must be.
    fn in_the_way(&self, file: &str) -> Option<PathBuf> {
        let place = self.at(file);
        let above = place.ancestors().skip(1).take_while(|dir| *dir != self.root).filter(|dir| !dir.is_dir());
        std::iter::once(&*place).chain(above).find(|path| disk::exists(path)).map(Path::to_owned)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let is_given_up = self.is_fresh && !self.is_placed.load(Ordering::Relaxed);
        let unneeded = if is_given_up { self.root.clone() } else { self.place.join(OWN).join(STAGE) };
        // The work has ended, well or with an error of its own; the next sweeps again.
        let _ = fs::remove_dir_all(unneeded);
    }
}

/// Where a key lies, once or twice.
fn files(key: &str, plain: bool) -> impl Iterator<Item = Box<str>> {
    let copy = path::plain_file(key).filter(|_| plain);
    [Some(path::file(key)), copy].into_iter().flatten().map(Box::from)
}

/// The bytes of one file under a second name, which must be new: the same file where the system gives it two names, else a copy.
/// What lies in a folder is never written into, only replaced, so that no name notices what becomes of another.
fn again(first: &Path, second: &Path) -> io::Result<()> {
    fs::hard_link(first, second).or_else(|_| {
        let mut copy = File::create_new(second)?;
        io::copy(&mut File::open(first)?, &mut copy).map(drop)
    })
}

/// Does something to a path, in folders that are made if they are not there yet.
fn in_its_folder<T>(path: &Path, act: impl Fn() -> io::Result<T>) -> io::Result<T> {
    act().or_else(|error| match path.parent() {
        Some(parent) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(parent)?;
            act()
        }
        _ => Err(error),
    })
}

fn beside(place: &Path) -> anyhow::Result<PathBuf> {
    let mut name = place.file_name().with_context(|| format!("`{}` is no name of a folder", place.display()))?.to_os_string();
    name.push(".gazette-new");
    Ok(place.with_file_name(name))
}

fn lock(root: &Path, place: &Path) -> anyhow::Result<File> {
    let path = root.join(OWN).join("lock");
    let failed = || format!("could not lock `{}`", path.display());
    let file = File::options().create(true).truncate(false).write(true).open(&path).with_context(failed)?;
    match file.try_lock() {
        // Whoever held it before may have taken it to the place, or away.
        Ok(()) if lies_at(&file, &path) => Ok(file),
        Ok(()) | Err(TryLockError::WouldBlock) => Err(busy(place)),
        Err(TryLockError::Error(error)) => Err(error).with_context(failed),
    }
}

fn busy(place: &Path) -> anyhow::Error {
    let error = format!("another gazette is writing to `{}`", place.display());
    WayOut::new(error, "run the command again when it has ended, or name another folder").into()
}

#[cfg(unix)]
fn lies_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |meta: fs::Metadata| (meta.dev(), meta.ino());
    file.metadata().ok().zip(path.metadata().ok()).is_some_and(|(held, lying)| identity(held) == identity(lying))
}

#[cfg(not(unix))]
fn lies_at(_: &File, path: &Path) -> bool {
    disk::exists(path)
}

fn remove_tree(dir: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove `{}`", dir.display()))
        }
        _ => Ok(()),
    }
}

/// What a dying process wrote beside gazette's own files and had no time to put in their place.
fn remove_half_written(own: &Path) -> anyhow::Result<()> {
    for path in disk::names(own)? {
        if path.extension().is_some_and(|end| end == "tmp") {
            fs::remove_file(&path).with_context(|| format!("could not remove `{}`", path.display()))?;
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_name_is_new_and_a_copy_where_it_cannot_be_a_name() {
        let dir = tempfile::tempdir().expect("a folder");
        let at = |name: &str| dir.path().join(name);
        fs::write(at("first"), "bytes").expect("a file");
        again(&at("first"), &at("second")).expect("it is new");
        let taken = again(&at("first"), &at("second")).expect_err("it is there").kind();
        assert_eq!((taken, fs::read(at("first")).expect("bytes")), (io::ErrorKind::AlreadyExists, b"bytes".to_vec()));
        let nowhere = again(&at("first"), &at("no/second")).expect_err("there is no folder").kind();
        assert_eq!(nowhere, io::ErrorKind::NotFound);
        // What lies in another file system has no name in this one.
        #[cfg(target_os = "linux")]
        {
            again(Path::new("/proc/version"), &at("copy")).expect("it is copied");
            assert_eq!(fs::read("/proc/version").expect("bytes"), fs::read(at("copy")).expect("bytes"));
        }
    }
}
