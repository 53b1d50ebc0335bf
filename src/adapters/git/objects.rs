//! Git's objects as bytes: trees entry by entry, blobs for a checkout, and those that a merge made and no disk holds.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use anyhow::{Context, ensure};
use gix::{
    bstr::ByteSlice,
    objs::{Exists, Find, FindHeader},
};

use super::{
    Repository,
    packs::{Bytes, Cache, Found, Unpacker},
};
use crate::{
    checkout::{Blob, Item, Kind, Reader, Store},
    digest::GitId,
};

/// What the readers of a checkout remember of packed objects while they resolve deltas against them.
const PACK_CACHE: usize = 8 << 20;

/// The same for objects that only lie where the repository borrows them.
const BORROWED_CACHE: usize = 1 << 20;

/// Objects that were made here and are written nowhere.
pub(super) type Memory = BTreeMap<GitId, (gix::objs::Kind, Vec<u8>)>;

/// A tree of a repository, or one that only memory holds.
#[derive(Clone, Debug)]
pub struct Tree {
    pub id: GitId,
    pub(super) memory: Arc<Memory>,
}

impl Tree {
    pub(super) fn stored(id: GitId) -> Self {
        Self { id, memory: Arc::default() }
    }
}

pub(super) fn oid(id: GitId) -> gix::ObjectId {
    gix::ObjectId::Sha1(id.0)
}

pub(super) fn git_id(id: &gix::oid) -> GitId {
    GitId(id.as_bytes().try_into().expect("repositories of the SHA-1 kind only"))
}

/// The objects of a repository and of some memories, for one thread.
pub(super) struct Objects {
    pub(super) repo: gix::Repository,
    memories: Vec<Arc<Memory>>,
    unpacker: RefCell<Unpacker>,
}

impl Objects {
    pub(super) fn new(repository: &Repository, trees: &[&Tree], cache: &Cache) -> Self {
        let mut repo = repository.shared.to_thread_local();
        repo.objects.set_pack_cache(|| Box::new(gix::odb::pack::cache::lru::MemoryCappedHashmap::new(BORROWED_CACHE)));
        let unpacker = RefCell::new(Unpacker::new(&repository.packs, cache));
        let memories = trees.iter().map(|tree| tree.memory.clone()).filter(|memory| !memory.is_empty()).collect();
        Self { repo, memories, unpacker }
    }

    fn remembered(&self, id: GitId) -> Option<&(gix::objs::Kind, Vec<u8>)> {
        self.memories.iter().find_map(|memory| memory.get(&id))
    }

    pub(super) fn read(&self, id: GitId, kind: gix::objs::Kind) -> anyhow::Result<Bytes> {
        let (found, bytes) = self.any(id)?;
        ensure!(found == kind, "object {id} is no {kind}");
        Ok(bytes)
    }

    fn any(&self, id: GitId) -> anyhow::Result<(gix::objs::Kind, Bytes)> {
        if let Some((kind, bytes)) = self.remembered(id) {
            return Ok((*kind, Arc::new(bytes.clone())));
        }
        if let Some(found) = self.unpacker.borrow_mut().read(id) {
            return Ok(found);
        }
        let mut buffer = Vec::new();
        let found = match self.repo.objects.try_find(&oid(id), &mut buffer) {
            Ok(Some(object)) => object.kind,
            // Git knows this one though it is never written.
            Ok(None) if oid(id) == gix::ObjectId::empty_tree(gix::hash::Kind::Sha1) => gix::objs::Kind::Tree,
            Ok(None) => return Err(super::missing(&self.repo, id)),
            Err(error) => return Err(error).with_context(|| format!("could not read object {id}")),
        };
        Ok((found, Arc::new(buffer)))
    }

    pub(super) fn has(&self, id: GitId) -> bool {
        self.remembered(id).is_some() || self.repo.objects.exists(&oid(id))
    }

    pub(super) fn tree(&self, id: GitId) -> anyhow::Result<Bytes> {
        self.read(id, gix::objs::Kind::Tree)
    }

    fn size(&self, id: GitId) -> anyhow::Result<u64> {
        if let Some((_, bytes)) = self.remembered(id) {
            return Ok(bytes.len() as u64);
        }
        match self.repo.objects.try_header(&oid(id)) {
            Ok(Some(header)) => Ok(header.size),
            Ok(None) => Err(super::missing(&self.repo, id)),
            Err(error) => Err(error).with_context(|| format!("could not read object {id}")),
        }
    }

    /// The blob, unless it is larger than `cap`, which its header tells.
    pub(super) fn blob(&self, id: GitId, cap: usize) -> anyhow::Result<Blob> {
        if let Some(found) = self.unpacker.borrow_mut().read_up_to(id, cap as u64) {
            return match found {
                Found::Object(gix::objs::Kind::Blob, bytes) => Ok(Blob::Bytes(Arc::unwrap_or_clone(bytes))),
                Found::Object(..) => anyhow::bail!("object {id} is no {}", gix::objs::Kind::Blob),
                Found::Large(size) => Ok(Blob::Large(size)),
            };
        }
        let size = self.size(id)?;
        if size > cap as u64 {
            return Ok(Blob::Large(size));
        }
        let bytes = self.read(id, gix::objs::Kind::Blob)?;
        Ok(Blob::Bytes(Arc::unwrap_or_clone(bytes)))
    }
}

/// The bytes of a tree's files, for a checkout.
pub(super) struct GitStore {
    repository: Repository,
    tree: Tree,
    cache: Cache,
}

impl GitStore {
    pub(super) fn new(repository: Repository, tree: Tree) -> Self {
        Self { repository, tree, cache: Cache::holding(PACK_CACHE) }
    }
}

impl Store for GitStore {
    fn reader(&self) -> Box<dyn Reader + '_> {
        Box::new(Objects::new(&self.repository, &[&self.tree], &self.cache))
    }

    fn forget(&self) {
        self.cache.clear();
    }
}

impl Reader for Objects {
    fn read(&mut self, item: &Item, cap: usize) -> anyhow::Result<Blob> {
        let id = item.id.with_context(|| format!("`{}` has not been given an object id", item.path))?;
        ensure!(item.kind != Kind::Submodule, "`{}` is a submodule and has no bytes", item.path);
        self.blob(id, cap).with_context(|| format!("could not read `{}`", item.path))
    }
}

/// One entry of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// Absent for a folder.
    pub(super) kind: Option<Kind>,
    pub(super) name: &'a [u8],
    pub(super) id: GitId,
}

impl<'a> Entry<'a> {
    /// The order of entries: a folder's name counts as if it ended in `/`.
    pub(super) fn order(&self, other: &Self) -> std::cmp::Ordering {
        let end = |entry: &Self| entry.kind.is_none().then_some(b'/');
        let (a, b) = (self.name, other.name);
        let common = a.len().min(b.len());
        let next = |entry: &Self| entry.name.get(common).copied().or_else(|| end(entry));
        a[..common].cmp(&b[..common]).then_with(|| next(self).cmp(&next(other)))
    }

    /// Reads the entry at the start of `data`, and how long it is.
    pub(super) fn read(data: &'a [u8]) -> anyhow::Result<(Self, usize)> {
        let space = data.find_byte(b' ').filter(|&at| (1..=7).contains(&at)).context("a tree's entry has no mode")?;
        let nul = data.find_byte(0).filter(|&at| at > space + 1).context("a tree's entry has no name")?;
        let id = data.get(nul + 1..nul + 21).context("a tree's entry is cut off")?;
        let mode = data[..space].iter().try_fold(0u32, |mode, byte| match byte {
            b'0'..=b'7' => Ok(mode << 3 | u32::from(byte - b'0')),
            _ => Err(anyhow::anyhow!("a tree's entry has a mode that is no number")),
        })?;
        // As git reads them: the type, and of the permissions only whether the owner may execute.
        let kind = match mode >> 12 {
            0o04 => None,
            0o10 if mode & 0o100 != 0 => Some(Kind::Executable),
            0o10 => Some(Kind::File),
            0o12 => Some(Kind::Symlink),
            _ => Some(Kind::Submodule),
        };
        let name = &data[space + 1..nul];
        Ok((Self { kind, name, id: GitId(id.try_into().expect("twenty bytes")) }, nul + 21))
    }
}

/// The entries of a tree, which must be in order: a tree that git would not have written can hide one name behind another.
pub(super) fn entries(data: &[u8]) -> anyhow::Result<Vec<Entry<'_>>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        let (entry, length) = Entry::read(rest)?;
        ensure!(!entry.name.contains(&b'/'), "a tree's entry has a name with a slash");
        ensure!(entries.last().is_none_or(|last| last.order(&entry).is_lt()), "a tree's entries are not in order");
        entries.push(entry);
        rest = &rest[length..];
    }
    Ok(entries)
}

/// The entry of this name, if there is one.
pub(super) fn find<'a>(data: &'a [u8], name: &[u8]) -> anyhow::Result<Option<Entry<'a>>> {
    let mut rest = data;
    while !rest.is_empty() {
        let (entry, length) = Entry::read(rest)?;
        if entry.name == name {
            return Ok(Some(entry));
        }
        rest = &rest[length..];
    }
    Ok(None)
}

/// Calls `each` with the entries of two trees that differ, both sides of one where name and type agree.
pub(super) fn differing<'a>(
    mut a: &'a [u8],
    mut b: &'a [u8],
    each: &mut dyn FnMut(Option<Entry<'a>>, Option<Entry<'a>>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    loop {
        let same = common(a, b);
        if same == a.len() && same == b.len() {
            return Ok(());
        }
        let mut skipped = 0;
        while skipped < same {
            let length = a[skipped..].find_byte(0).context("a tree's entry has no name")? + 21;
            if skipped + length > same {
                break;
            }
            skipped += length;
        }
        (a, b) = (&a[skipped..], &b[skipped..]);
        let (left, right) = (first(a)?, first(b)?);
        let order = match (left, right) {
            (None, None) => return Ok(()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((left, _)), Some((right, _))) => left.order(&right),
        };
        let (left, right) = (left.filter(|_| order.is_le()), right.filter(|_| order.is_ge()));
        each(left.map(|(entry, _)| entry), right.map(|(entry, _)| entry))?;
        a = &a[left.map_or(0, |(_, length)| length)..];
        b = &b[right.map_or(0, |(_, length)| length)..];
    }
}

fn first(data: &[u8]) -> anyhow::Result<Option<(Entry<'_>, usize)>> {
    if data.is_empty() { Ok(None) } else { Entry::read(data).map(Some) }
}

/// How many bytes two slices begin with alike; neighbours in history differ in one entry of thousands.
fn common(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 256;
    let whole = a.chunks_exact(STEP).zip(b.chunks_exact(STEP)).take_while(|(a, b)| a == b).count() * STEP;
    whole + a[whole..].iter().zip(&b[whole..]).take_while(|(a, b)| a == b).count()
}
