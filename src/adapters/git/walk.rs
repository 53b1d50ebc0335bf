//! Every file of a tree, and every file that differs between two.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, bail, ensure};
use rayon::prelude::*;

use super::{
    Repository,
    objects::{Entry, GitStore, Objects, Tree, differing, entries, find},
    packs::{Bytes, Cache},
};
use crate::{
    change::{Difference, Side},
    checkout::{Checkout, Item, escape},
    digest::GitId,
};

/// More files and folders than any registry needs; trees that name each other a few times over can claim any number.
const FILES_MAX: usize = 4 << 20;

/// More than any change needs; the other side of a difference may be anybody's.
const TOUCHED_MAX: usize = 2 << 20;

/// The longest path that systems open; it also bounds how deep a walk goes.
const PATH_BYTES_MAX: usize = 4096;

/// Trees are small and read once: few are kept.
const PACK_CACHE: usize = 8 << 20;

/// How many folders a thread walks before it looks for more work.
const FOLDERS: usize = 256;

impl Repository {
    /// The files of a tree under `prefix`, which is empty or ends in `/`; none if that is no folder.
    pub fn checkout(&self, tree: &Tree, prefix: &str) -> anyhow::Result<Checkout> {
        let cache = Cache::holding(PACK_CACHE);
        let objects = Objects::new(self, &[tree], &cache);
        let store = Arc::new(GitStore::new(self.clone(), tree.clone()));
        let items = match folder(&objects, tree.id, prefix)? {
            Some(id) => self.items(tree, prefix, id, &cache)?,
            None => Vec::new(),
        };
        Ok(Checkout { prefix: prefix.into(), items, store })
    }

    fn items(&self, tree: &Tree, prefix: &str, id: GitId, cache: &Cache) -> anyhow::Result<Vec<Item>> {
        let count = AtomicUsize::new(0);
        let mut items = Vec::new();
        let mut folders = vec![(crate::checkout::unescape(prefix).into_owned(), id)];
        // Levels are walked whole until there are folders enough for every thread.
        while !folders.is_empty() && folders.len() < FOLDERS {
            let objects = Objects::new(self, &[tree], cache);
            let mut below = Vec::new();
            for (path, id) in folders {
                list(&objects, &path, id, &count, &mut items, &mut Some(&mut below))?;
            }
            folders = below;
        }
        let parts: Vec<Vec<Item>> = folders
            .par_chunks(FOLDERS)
            .map(|folders| {
                let objects = Objects::new(self, &[tree], cache);
                let mut items = Vec::new();
                folders.iter().try_for_each(|(path, id)| list(&objects, path, *id, &count, &mut items, &mut None))?;
                Ok(items)
            })
            .collect::<anyhow::Result<_>>()?;
        items.reserve_exact(parts.iter().map(Vec::len).sum());
        items.extend(parts.into_iter().flatten());
        items.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        Ok(items)
    }

    /// Every path of the repository that two trees hold differently, in the order of its bytes; no renames are guessed.
    pub fn difference(&self, before: &Tree, after: &Tree) -> anyhow::Result<Vec<Difference>> {
        let objects = Objects::new(self, &[before, after], &Cache::holding(PACK_CACHE));
        let mut walk = Comparison { objects, count: 0, touched: Vec::new() };
        if before.id != after.id {
            walk.folders(&mut Vec::new(), Some(before.id), Some(after.id))?;
        }
        walk.touched.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        Ok(walk.touched)
    }
}

/// The folder at `prefix` in a tree, if there is one.
pub(super) fn folder(objects: &Objects, tree: GitId, prefix: &str) -> anyhow::Result<Option<GitId>> {
    let mut id = tree;
    for part in prefix.split('/').filter(|part| !part.is_empty()) {
        match find(&objects.tree(id)?, &crate::checkout::unescape(part))? {
            Some(Entry { kind: None, id: below, .. }) => id = below,
            _ => return Ok(None),
        }
    }
    Ok(Some(id))
}

/// The files in a folder, and with `below` its folders instead of theirs.
fn list(
    objects: &Objects,
    path: &[u8],
    id: GitId,
    count: &AtomicUsize,
    items: &mut Vec<Item>,
    below: &mut Option<&mut Vec<(Vec<u8>, GitId)>>,
) -> anyhow::Result<()> {
    let tree = objects.tree(id)?;
    for entry in entries(&tree).with_context(|| format!("tree {id} is malformed"))? {
        ensure!(count.fetch_add(1, Ordering::Relaxed) < FILES_MAX, "a tree names more than {FILES_MAX} files");
        let path = joined(path, entry.name)?;
        match (entry.kind, &mut *below) {
            (Some(kind), _) => items.push(Item { path: escape(&path), kind, id: Some(entry.id) }),
            (None, Some(below)) => below.push((with_slash(path), entry.id)),
            (None, None) => list(objects, &with_slash(path), entry.id, count, items, below)?,
        }
    }
    Ok(())
}

fn joined(path: &[u8], name: &[u8]) -> anyhow::Result<Vec<u8>> {
    let path = [path, name].concat();
    if path.len() > PATH_BYTES_MAX {
        bail!("a tree has a path of more than {PATH_BYTES_MAX} bytes");
    }
    Ok(path)
}

fn with_slash(mut path: Vec<u8>) -> Vec<u8> {
    path.push(b'/');
    path
}

struct Comparison {
    objects: Objects,
    count: usize,
    touched: Vec<Difference>,
}

impl Comparison {
    fn folders(&mut self, path: &mut Vec<u8>, before: Option<GitId>, after: Option<GitId>) -> anyhow::Result<()> {
        let (a, b) = (self.tree(before)?, self.tree(after)?);
        let mut pairs = Vec::new();
        differing(&a, &b, &mut |a, b| {
            pairs.push((a, b));
            Ok(())
        })?;
        for (a, b) in pairs {
            let name = a.or(b).map_or(&[][..], |entry| entry.name);
            let length = path.len();
            self.count += 1;
            ensure!(self.count < TOUCHED_MAX, "two trees differ in more than {TOUCHED_MAX} paths");
            *path = joined(path, name)?;
            let side = |entry: Option<Entry<'_>>| entry.and_then(|entry| Some(Side { kind: entry.kind?, id: entry.id }));
            let folder = |entry: Option<Entry<'_>>| entry.filter(|entry| entry.kind.is_none()).map(|entry| entry.id);
            let (before, after) = (side(a), side(b));
            if before.is_some() || after.is_some() {
                self.touched.push(Difference { path: escape(path), before, after });
            }
            if folder(a).is_some() || folder(b).is_some() {
                path.push(b'/');
                self.folders(path, folder(a), folder(b))?;
            }
            path.truncate(length);
        }
        Ok(())
    }

    fn tree(&self, id: Option<GitId>) -> anyhow::Result<Bytes> {
        let Some(id) = id else { return Ok(Bytes::default()) };
        let tree = self.objects.tree(id)?;
        entries(&tree).with_context(|| format!("tree {id} is malformed"))?;
        Ok(tree)
    }
}
