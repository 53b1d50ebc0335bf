//! The work tree as it lies: what git's index knows of its files, and what tree they would make.

use std::{collections::BTreeSet, fs::Metadata, path::Path, sync::Arc};

use anyhow::Context;
use gix::{
    bstr::BStr,
    index::entry::{Flags, Mode, Stage, Stat},
};

use super::{
    Repository, Tree,
    objects::{Entry, GitStore, Memory, Objects, entries, git_id},
    packs::Cache,
};
use crate::{
    adapters::disk,
    checkout::{Blob, Checkout, Item, Kind, Reader, Store, unescape},
    digest::GitId,
};

/// What git's index knows of files.
struct Known {
    index: gix::index::File,
    /// Whether the disk's executable bits mean anything.
    modes: bool,
    /// Whether the disk has links.
    links: bool,
}

impl Repository {
    /// The registry's folder as it lies in the work tree, with the ids of files that git saw as they are.
    pub fn lying(&self, dir: &Path, prefix: &str) -> anyhow::Result<Checkout> {
        let Some(known) = self.known()? else { return disk::list(dir, prefix, &disk::NoIndex) };
        let mut checkout = disk::list(dir, prefix, &known)?;
        self.add_unlisted(&known, &mut checkout)?;
        Ok(checkout)
    }

    fn known(&self) -> anyhow::Result<Option<Known>> {
        let path = self.index_path();
        if !disk::exists(&path) {
            return Ok(None);
        }
        let index = gix::index::File::at(&path, gix::hash::Kind::Sha1, true, gix::index::decode::Options::default());
        let index = index.with_context(|| format!("could not read git's index `{}`", path.display()))?;
        let repo = self.shared.to_thread_local();
        let config = repo.config_snapshot();
        let on = |key: &str| config.boolean(key).unwrap_or(true);
        Ok(Some(Known { index, modes: cfg!(unix) && on("core.fileMode"), links: on("core.symlinks") }))
    }

    /// Adds what a sparse checkout leaves out, and the commits of submodules.
    fn add_unlisted(&self, known: &Known, checkout: &mut Checkout) -> anyhow::Result<()> {
        let prefix = unescape(&checkout.prefix).into_owned();
        let mut absent = Vec::new();
        for entry in known.index.entries() {
            let path = entry.path(&known.index);
            let left_out = entry.flags.contains(Flags::SKIP_WORKTREE) && path.starts_with(&prefix);
            if left_out && entry.mode == Mode::DIR {
                absent.extend(
                    self.checkout(&Tree::stored(git_id(&entry.id)), "")?
                        .items
                        .into_iter()
                        .map(|item| Item { path: format!("{}{}", crate::checkout::escape(path), item.path).into(), ..item }),
                );
            } else if left_out && let Some(kind) = kind(entry.mode) {
                absent.push(Item { path: crate::checkout::escape(path), kind, id: Some(git_id(&entry.id)) });
            }
        }
        absent.retain(|item| checkout.get(&item.path).is_none());
        for item in checkout.items.iter_mut().filter(|item| item.kind == Kind::Submodule) {
            let path = unescape(&item.path);
            item.id = known.entry(&path).map(|entry| git_id(&entry.id));
        }
        if !absent.is_empty() {
            let paths = absent.iter().map(|item| item.path.clone()).collect();
            let empty = Tree::stored(git_id(&gix::ObjectId::empty_tree(gix::hash::Kind::Sha1)));
            let git = GitStore::new(self.clone(), empty);
            checkout.store = Arc::new(Sparse { paths, disk: checkout.store.clone(), git });
            checkout.items.extend(absent);
            checkout.items.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        }
        Ok(())
    }

    /// The tree that committing the registry's folder as it lies onto `head` would make.
    pub fn working_tree(&self, head: &Tree, lying: &Checkout) -> anyhow::Result<Tree> {
        let objects = Objects::new(self, &[head], &Cache::holding(2 << 20));
        let mut made = Made { objects, memory: (*head.memory).clone() };
        let mut reader = lying.store.reader();
        let mut files: Vec<(Vec<u8>, Kind, GitId)> = Vec::with_capacity(lying.items.len());
        for item in &lying.items {
            let id = match item.id {
                Some(id) if item.kind == Kind::Submodule || made.objects.has(id) => id,
                // A repository inside whose commit git was never told of.
                None if item.kind == Kind::Submodule => GitId([0; 20]),
                _ => made.blob(reader.as_mut(), item)?,
            };
            let path = unescape(&item.path);
            files.push((path.strip_prefix(&*unescape(&lying.prefix)).unwrap_or(&path).to_vec(), item.kind, id));
        }
        files.sort();
        let folder = made.folder(&files, 0)?;
        let parts: Vec<Vec<u8>> = lying.prefix.split_terminator('/').map(|part| unescape(part).into_owned()).collect();
        let id = made.put(Some(head.id), &parts, folder)?;
        let id = match id {
            Some(id) => id,
            None => made.tree(Vec::new())?,
        };
        Ok(Tree { id, memory: Arc::new(made.memory) })
    }
}

impl Known {
    fn entry(&self, path: &[u8]) -> Option<&gix::index::Entry> {
        self.index.entry_by_path_and_stage(BStr::new(path), Stage::Unconflicted)
    }
}

fn kind(mode: Mode) -> Option<Kind> {
    Some(match mode {
        Mode::FILE => Kind::File,
        Mode::FILE_EXECUTABLE => Kind::Executable,
        Mode::SYMLINK => Kind::Symlink,
        Mode::COMMIT => Kind::Submodule,
        _ => return None,
    })
}

impl disk::Index for Known {
    fn look(&self, path: &[u8], meta: &Metadata) -> (Kind, Option<GitId>) {
        let entry = self.entry(path);
        let known = entry.and_then(|entry| kind(entry.mode));
        let kind = match (disk::kind(meta), known) {
            // What the disk cannot tell is as the index has it.
            (Kind::File, Some(Kind::Symlink)) if !self.links => Kind::Symlink,
            (Kind::File | Kind::Executable, Some(Kind::Executable)) if !self.modes => Kind::Executable,
            (Kind::Executable, _) if !self.modes => Kind::File,
            (kind, _) => kind,
        };
        let unchanged = entry.filter(|entry| {
            known == Some(kind)
                && !entry.flags.contains(Flags::INTENT_TO_ADD)
                && entry.stat.matches(&stat(meta), STAT)
                && !entry.stat.is_racy(self.index.timestamp(), STAT)
        });
        (kind, unchanged.map(|entry| git_id(&entry.id)))
    }
}

/// Stat data as git's index keeps them, cut to 32 bits each.
#[cfg(unix)]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "git compares the low 32 bits")]
fn stat(meta: &Metadata) -> Stat {
    use gix::index::entry::stat::Time;
    use std::os::unix::fs::MetadataExt;
    let time = |secs: i64, nsecs: i64| Time { secs: secs as u32, nsecs: nsecs as u32 };
    Stat {
        mtime: time(meta.mtime(), meta.mtime_nsec()),
        ctime: time(meta.ctime(), meta.ctime_nsec()),
        dev: meta.dev() as u32,
        ino: meta.ino() as u32,
        uid: meta.uid(),
        gid: meta.gid(),
        size: meta.size() as u32,
    }
}

/// Elsewhere nothing matches, and every file is read.
#[cfg(not(unix))]
fn stat(_: &Metadata) -> Stat {
    Stat::default()
}

/// As strict as stat data allow: what fails the comparison is only read once more.
const STAT: gix::index::entry::stat::Options =
    gix::index::entry::stat::Options { trust_ctime: true, check_stat: true, use_nsec: true, use_stdev: false };

/// A work tree of which git keeps some files in its objects only.
struct Sparse {
    paths: BTreeSet<Box<str>>,
    disk: Arc<dyn Store>,
    git: GitStore,
}

struct SparseReader<'a> {
    paths: &'a BTreeSet<Box<str>>,
    disk: Box<dyn Reader + 'a>,
    git: Box<dyn Reader + 'a>,
}

impl Store for Sparse {
    fn reader(&self) -> Box<dyn Reader + '_> {
        Box::new(SparseReader { paths: &self.paths, disk: self.disk.reader(), git: self.git.reader() })
    }

    fn forget(&self) {
        self.git.forget();
    }
}

impl Reader for SparseReader<'_> {
    fn read(&mut self, item: &Item, cap: usize) -> anyhow::Result<Blob> {
        if self.paths.contains(&item.path) { self.git.read(item, cap) } else { self.disk.read(item, cap) }
    }
}

/// Trees and blobs as they would be written.
struct Made {
    objects: Objects,
    memory: Memory,
}

impl Made {
    fn keep(&mut self, kind: gix::objs::Kind, bytes: Vec<u8>) -> anyhow::Result<GitId> {
        let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, &bytes).context("could not name an object")?;
        let id = git_id(&id);
        if !self.objects.has(id) {
            self.memory.insert(id, (kind, bytes));
        }
        Ok(id)
    }

    fn blob(&mut self, reader: &mut dyn Reader, item: &Item) -> anyhow::Result<GitId> {
        match reader.read(item, usize::MAX)? {
            Blob::Bytes(bytes) => self.keep(gix::objs::Kind::Blob, bytes),
            Blob::Large(size) => anyhow::bail!("`{}` has {size} bytes", item.path),
        }
    }

    fn tree(&mut self, mut entries: Vec<Entry<'_>>) -> anyhow::Result<GitId> {
        entries.sort_by(Entry::order);
        let mut bytes = Vec::new();
        for entry in entries {
            bytes.extend_from_slice(mode(entry.kind));
            bytes.extend_from_slice(entry.name);
            bytes.push(0);
            bytes.extend_from_slice(&entry.id.0);
        }
        self.keep(gix::objs::Kind::Tree, bytes)
    }

    /// The tree of files whose paths are in order and alike up to `from`.
    fn folder(&mut self, files: &[(Vec<u8>, Kind, GitId)], from: usize) -> anyhow::Result<Option<GitId>> {
        let mut found = Vec::new();
        let mut rest = files;
        while let Some((path, kind, id)) = rest.first() {
            let length = path[from..].iter().position(|&byte| byte == b'/');
            let Some(length) = length else {
                found.push(Entry { kind: Some(*kind), name: &path[from..], id: *id });
                rest = &rest[1..];
                continue;
            };
            let (name, inside) = (&path[from..from + length], &path[from..=from + length]);
            let count = rest.iter().take_while(|(path, ..)| path[from..].starts_with(inside)).count();
            if let Some(id) = self.folder(&rest[..count], from + length + 1)? {
                found.push(Entry { kind: None, name, id });
            }
            rest = &rest[count..];
        }
        if found.is_empty() { Ok(None) } else { self.tree(found).map(Some) }
    }

    /// A tree with `folder` at the path of `parts`.
    fn put(&mut self, tree: Option<GitId>, parts: &[Vec<u8>], folder: Option<GitId>) -> anyhow::Result<Option<GitId>> {
        let Some((part, below)) = parts.split_first() else { return Ok(folder) };
        let bytes = match tree {
            Some(tree) => self.objects.tree(tree)?,
            None => Arc::default(),
        };
        let mut all = entries(&bytes)?;
        let old = all.iter().find(|entry| entry.name == part && entry.kind.is_none()).map(|entry| entry.id);
        all.retain(|entry| entry.name != part);
        if let Some(id) = self.put(old, below, folder)? {
            all.push(Entry { kind: None, name: part, id });
        }
        if all.is_empty() { Ok(None) } else { self.tree(all).map(Some) }
    }
}

fn mode(kind: Option<Kind>) -> &'static [u8] {
    match kind {
        None => b"40000 ",
        Some(Kind::File) => b"100644 ",
        Some(Kind::Executable) => b"100755 ",
        Some(Kind::Symlink) => b"120000 ",
        Some(Kind::Submodule) => b"160000 ",
    }
}
