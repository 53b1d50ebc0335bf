//! Files on disk: a registry's folder as it lies, and the few ways in which anything is read or written.
#![expect(clippy::disallowed_methods, reason = "this is where files are read and written")]

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, bail};
use rayon::prelude::*;

use crate::{
    checkout::{Blob, Checkout, Item, Kind, Reader, Store, escape, unescape},
    digest::{Digesting, GitId, Sha256},
};

/// How many folders a thread lists before it looks for more work.
const FOLDERS: usize = 64;

/// Tells what git knows of a file that lies unchanged since git last saw it.
pub trait Index: Sync {
    /// What lies at a path of the repository, and the object id if its stat data say that it is what git saw.
    fn look(&self, path: &[u8], meta: &fs::Metadata) -> (Kind, Option<GitId>);
}

/// Of a folder in no repository nothing is known.
#[derive(Clone, Copy, Debug)]
pub struct NoIndex;

impl Index for NoIndex {
    fn look(&self, _: &[u8], meta: &fs::Metadata) -> (Kind, Option<GitId>) {
        (kind(meta), None)
    }
}

/// Adds up what tells files from others of the same folder.
#[derive(Default)]
struct Sum(AtomicU64);

impl Index for Sum {
    fn look(&self, path: &[u8], meta: &fs::Metadata) -> (Kind, Option<GitId>) {
        let mut hasher = DefaultHasher::new();
        (path, meta.len(), meta.modified().ok(), identity(meta)).hash(&mut hasher);
        self.0.fetch_add(hasher.finish(), Ordering::Relaxed);
        (kind(meta), None)
    }
}

/// A file that was put in another's place has another number, and one that was only touched another time of change.
#[cfg(unix)]
fn identity(meta: &fs::Metadata) -> (u64, i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (meta.ino(), meta.ctime(), meta.ctime_nsec())
}

#[cfg(not(unix))]
fn identity(_: &fs::Metadata) {}

/// A number that is the same as long as no file under `root` changes, comes or goes.
pub fn fingerprint(root: &Path) -> anyhow::Result<u64> {
    let sum = Sum::default();
    list(root, "", &sum)?;
    Ok(sum.0.into_inner())
}

/// What a file or link is.
pub(super) fn kind(meta: &fs::Metadata) -> Kind {
    match () {
        () if meta.is_symlink() => Kind::Symlink,
        () if executable(meta) => Kind::Executable,
        () => Kind::File,
    }
}

#[cfg(unix)]
fn executable(meta: &fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(meta) & 0o100 != 0
}

#[cfg(not(unix))]
fn executable(_: &fs::Metadata) -> bool {
    false
}

/// The files under `root`, which is where `prefix` lies in the repository.
///
/// Links are not followed, folders of git are not entered, a folder that is a repository of its own is a submodule, and what
/// git cannot store (sockets, pipes, devices) is not there.
pub fn list(root: &Path, prefix: &str, index: &dyn Index) -> anyhow::Result<Checkout> {
    let mut items = Vec::new();
    let mut folders = vec![(root.to_path_buf(), unescape(prefix).into_owned())];
    while !folders.is_empty() {
        // A level at a time, so that every thread has folders.
        let parts = folders.par_chunks(FOLDERS).map(|folders| {
            let mut found = Found::default();
            folders.iter().try_for_each(|(dir, path)| found.list(dir, path, index, dir == root))?;
            Ok(found)
        });
        let parts = parts.collect::<anyhow::Result<Vec<Found>>>()?;
        folders = Vec::new();
        for part in parts {
            items.extend(part.items);
            folders.extend(part.folders);
        }
    }
    items.par_sort_unstable_by(|a: &Item, b: &Item| a.path.as_bytes().cmp(b.path.as_bytes()));
    let prefix: Box<str> = prefix.into();
    Ok(Checkout { prefix: prefix.clone(), items, store: Arc::new(Disk { root: root.into(), prefix }) })
}

/// What lies in some folders.
#[derive(Default)]
struct Found {
    items: Vec<Item>,
    /// Each with its path in the repository.
    folders: Vec<(PathBuf, Vec<u8>)>,
}

impl Found {
    fn list(&mut self, dir: &Path, path: &[u8], index: &dyn Index, top: bool) -> anyhow::Result<()> {
        let failed = || format!("could not list `{}`", dir.display());
        let before = (self.items.len(), self.folders.len());
        for entry in fs::read_dir(dir).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            let name = entry.file_name();
            if name == ".git" {
                if top {
                    continue;
                }
                self.items.truncate(before.0);
                self.folders.truncate(before.1);
                let path = path.strip_suffix(b"/").unwrap_or(path);
                self.items.push(Item { path: escape(path), kind: Kind::Submodule, id: None });
                return Ok(());
            }
            let mut path = [path, name.as_encoded_bytes()].concat();
            let kind = entry.file_type().with_context(failed)?;
            if kind.is_dir() {
                path.push(b'/');
                self.folders.push((dir.join(&name), path));
            } else if kind.is_file() || kind.is_symlink() {
                let meta = match entry.metadata() {
                    // It went away since the folder was opened.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    meta => meta.with_context(failed)?,
                };
                let (kind, id) = index.look(&path, &meta);
                self.items.push(Item { path: escape(&path), kind, id });
            }
        }
        Ok(())
    }
}

/// Gives every file and link the object id of its bytes, where git does not know it already.
pub fn identify(checkout: &mut Checkout) -> anyhow::Result<()> {
    let store = checkout.store.clone();
    let unknown = |item: &&mut Item| item.id.is_none() && item.kind != Kind::Submodule;
    checkout.items.par_iter_mut().filter(unknown).try_for_each_init(
        || store.reader(),
        |reader, item| match reader.read(item, usize::MAX)? {
            Blob::Bytes(bytes) => {
                item.id = Some(super::git::blob_id(&bytes));
                Ok(())
            }
            Blob::Large(size) => bail!("`{}` has {size} bytes", item.path),
        },
    )
}

struct Disk {
    root: PathBuf,
    prefix: Box<str>,
}

impl Store for Disk {
    fn reader(&self) -> Box<dyn Reader + '_> {
        Box::new(DiskReader { disk: self, buffer: vec![0; BUFFER] })
    }
}

/// Nearly every entry fits: one call reads it whole.
const BUFFER: usize = 32 << 10;

struct DiskReader<'a> {
    disk: &'a Disk,
    buffer: Vec<u8>,
}

impl Reader for DiskReader<'_> {
    fn read(&mut self, item: &Item, cap: usize) -> anyhow::Result<Blob> {
        let inside = item.path.strip_prefix(&*self.disk.prefix).with_context(|| format!("`{}` lies elsewhere", item.path))?;
        let inside = unescape(inside);
        let file = self.disk.root.join(gix::path::from_byte_slice(&inside).context("the path is no path of this system")?);
        let failed = || format!("could not read `{}`", item.path);
        match item.kind {
            Kind::Symlink => {
                let target = fs::read_link(&file).with_context(failed)?;
                Ok(Blob::Bytes(target.into_os_string().into_encoded_bytes()))
            }
            Kind::Submodule => bail!("`{}` is a submodule and has no bytes", item.path),
            Kind::File | Kind::Executable => capped(&file, cap, &mut self.buffer).with_context(failed),
        }
    }
}

/// A file's bytes, unless there are more than `cap`.
fn capped(file: &Path, cap: usize, buffer: &mut [u8]) -> io::Result<Blob> {
    let mut file = fs::File::open(file)?;
    // A short read of a regular file is the last one.
    let first = file.read(buffer)?;
    if first < buffer.len() && first <= cap {
        return Ok(Blob::Bytes(buffer[..first].to_vec()));
    }
    let size = file.metadata()?.len();
    if size > cap as u64 {
        return Ok(Blob::Large(size));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default() + 1);
    bytes.extend_from_slice(&buffer[..first]);
    let most = (cap as u64).saturating_add(1).saturating_sub(first as u64);
    // A file may grow between being asked for its size and being read.
    file.take(most).read_to_end(&mut bytes)?;
    Ok(if bytes.len() > cap { Blob::Large(bytes.len() as u64) } else { Blob::Bytes(bytes) })
}

/// The paths of what lies in a folder, in order.
pub fn names(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let failed = || format!("could not list `{}`", dir.display());
    let paths = fs::read_dir(dir).with_context(failed)?.map(|entry| Ok(entry?.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<io::Result<_>>().with_context(failed)?;
    paths.sort();
    Ok(paths)
}

/// A file's bytes.
pub fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("could not read `{}`", path.display()))
}

/// A file's text.
pub fn read_text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("could not read `{}`", path.display()))
}

/// The digest of this very program: two that call themselves the same version may still render differently.
pub fn program() -> anyhow::Result<Sha256> {
    let path = std::env::current_exe().context("could not find this program's own file")?;
    digest(&path).with_context(|| format!("could not read `{}`", path.display()))
}

/// The digest of a file, of which only a piece is in memory at a time.
pub fn digest(path: &Path) -> io::Result<Sha256> {
    let (mut file, mut digesting, mut buffer) = (fs::File::open(path)?, Digesting::default(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(digesting.end().0),
            some => digesting.add(&buffer[..some]),
        }
    }
}

/// A file to be read here and there, if it can be opened.
pub fn open(path: &Path) -> Option<fs::File> {
    fs::File::open(path).ok()
}

/// Some bytes from a place of a file on, whoever else reads it; none at its end.
#[cfg(unix)]
pub fn read_at(file: &fs::File, at: u64, into: &mut [u8]) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, into, at)
}

/// Some bytes from a place of a file on, whoever else reads it; none at its end.
#[cfg(windows)]
pub fn read_at(file: &fs::File, at: u64, into: &mut [u8]) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, into, at)
}

/// Whether something lies at a path.
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Puts a file in place as a whole: whoever reads it meanwhile sees the old bytes or the new.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_pieces(path, [bytes])
}

/// The same, of bytes that come in pieces.
pub fn write_pieces<P: AsRef<[u8]>>(path: &Path, pieces: impl IntoIterator<Item = P>) -> anyhow::Result<()> {
    let failed = || format!("could not write `{}`", path.display());
    let mut name = path.file_name().with_context(failed)?.to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let all = |file: fs::File| {
        let mut file = io::BufWriter::with_capacity(1 << 16, file);
        pieces.into_iter().try_for_each(|piece| file.write_all(piece.as_ref()))?;
        file.flush()
    };
    let written = fs::File::create(&beside).and_then(all).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.with_context(failed)
}

/// Removes a file that nobody will miss.
pub fn remove(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Adds to the end of a file, which is made if it is not there.
pub fn append(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let opened = fs::OpenOptions::new().create(true).append(true).open(path);
    opened.and_then(|mut file| file.write_all(bytes)).with_context(|| format!("could not write to `{}`", path.display()))
}

/// A new file that nobody else can read.
pub fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut options = fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("could not write `{}`", path.display()))
}

/// Makes a folder and those above it, unless they are there.
pub fn create_dir(path: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(path).with_context(|| format!("could not create the folder `{}`", path.display()))
}

/// The path without links.
pub fn real_path(path: &Path) -> anyhow::Result<PathBuf> {
    fs::canonicalize(path).with_context(|| format!("could not find `{}`", path.display()))
}
