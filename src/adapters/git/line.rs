//! The first-parent line as history reads it: what each commit changed among the servers, and a cache of what was told.

use std::{collections::BTreeSet, path::PathBuf};

use anyhow::Context;
use rayon::prelude::*;

use super::{
    Repository, WayOut,
    objects::{Entry, Objects, differing, git_id},
    packs::{Bytes, Cache},
    walk::folder,
};
use crate::{
    adapters::disk,
    checkout::{Blob, Kind},
    digest::GitId,
    history::{Delta, FileChange, History, STATUS_CAP},
    instant::Instant,
};

/// Commits that one thread compares in a row: enough that resolving the first tree's chain of deltas does not count.
const RUN: usize = 128;

/// Runs whose changes are held in memory before they are told.
const WAVE: usize = 32;

/// The packed objects that all threads remember. With 12,000 namespaces a tree of servers has half a megabyte, and a chain
/// of deltas fifty of them.
const PACK_CACHE: usize = 64 << 20;

/// The cache ends up to this many commits before the last one, so that branches which left the line late share it.
const LAG_COMMITS: usize = 16;

/// Nor does it leave out more changes than are told in a few milliseconds.
const LAG_CHANGES: usize = 1_000;

/// The cache is written anew once this many commits, or three times as many changes as it may leave out, are not in it.
const FRESH_COMMITS: usize = 64;

/// A commit as far as the line needs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) id: GitId,
    pub(super) tree: GitId,
    parent: Option<GitId>,
    committed: Instant,
}

impl Step {
    pub(super) fn read(objects: &Objects, id: GitId) -> anyhow::Result<Self> {
        let commit = objects.read(id, gix::objs::Kind::Commit)?;
        Self::parse(id, &commit).with_context(|| format!("commit {id} is malformed"))
    }

    fn parse(id: GitId, data: &[u8]) -> Option<Self> {
        let mut lines = data.split(|&byte| byte == b'\n').take_while(|line| !line.is_empty()).peekable();
        let named = |line: &[u8], name: &[u8]| GitId::parse(std::str::from_utf8(line.strip_prefix(name)?).ok()?);
        let tree = named(lines.next()?, b"tree ")?;
        let parent = lines.peek().and_then(|line| named(line, b"parent "));
        let committer = lines.find_map(|line| line.strip_prefix(b"committer "))?;
        // What stands behind the last `>`: seconds and a time zone. Git reads what is no number as 0.
        let time = committer.rsplit(|&byte| byte == b'>').next()?;
        let seconds = std::str::from_utf8(time).ok()?.split_whitespace().next().unwrap_or_default();
        Some(Self { id, tree, parent, committed: Instant(seconds.parse().unwrap_or_default()) })
    }
}

impl Repository {
    /// What every version lived through up to `commit`, for the registry under `prefix`.
    pub fn history(&self, commit: GitId, prefix: &str) -> anyhow::Result<History> {
        let cached = self.cached(prefix);
        let line = self.line(commit, cached.as_ref().and_then(History::tip))?;
        let mut history = match cached.filter(|history| line.first().is_none_or(|step| step.parent == history.tip())) {
            Some(history) => history,
            None => History::of_root(line.first().context("a line has a commit")?.id, prefix),
        };
        let mut keeper = Keeper { held: Vec::new(), fresh_commits: line.len(), fresh_changes: 0 };
        let mut last = match history.tip() {
            Some(tip) => Some(self.tree(tip)?.id),
            None => None,
        };
        for wave in line.chunks(RUN * WAVE) {
            for delta in self.wave(last, wave, prefix)? {
                keeper.take(delta, &mut history);
            }
            last = wave.last().map(|step| step.tree);
        }
        if keeper.worth_writing()
            && let Some(bytes) = history.to_bytes()
        {
            // Without the cache the next run takes longer, and that is all.
            let _ = disk::create_dir(&self.cache_dir()).and_then(|()| disk::write(&self.cache_dir().join("history"), &bytes));
        }
        keeper.held.into_iter().for_each(|delta| history.append(delta));
        Ok(history)
    }

    fn cache_dir(&self) -> PathBuf {
        self.common_dir().join("gazette")
    }

    fn cached(&self, prefix: &str) -> Option<History> {
        let bytes = disk::read(&self.cache_dir().join("history")).ok()?;
        History::from_bytes(&bytes, prefix)
    }

    /// Whether the first-parent line of one commit leads to another.
    pub fn continues(&self, tip: GitId, earlier: GitId) -> anyhow::Result<bool> {
        let line = self.line(tip, Some(earlier))?;
        Ok(line.first().is_none_or(|step| step.parent == Some(earlier)))
    }

    /// The commits of the first-parent line, oldest first: those after `known` if it lies there, else all.
    pub(super) fn line(&self, tip: GitId, known: Option<GitId>) -> anyhow::Result<Vec<Step>> {
        let objects = Objects::new(self, &[], &Cache::holding(1 << 20));
        let shallow = objects.repo.shallow_commits().context("could not read which commits the clone ends at")?;
        let cut: BTreeSet<GitId> = shallow.iter().flat_map(|cut| cut.iter().map(|id| git_id(id))).collect();
        let (mut line, mut next) = (Vec::new(), Some(tip));
        while let Some(id) = next.filter(|id| Some(*id) != known) {
            let step = Step::read(&objects, id)?;
            next = step.parent;
            line.push(step);
            if next.is_some() && cut.contains(&id) {
                return Err(WayOut::shallow().into());
            }
        }
        line.reverse();
        Ok(line)
    }

    /// What each commit of a stretch of the line changed, in order.
    fn wave(&self, before: Option<GitId>, wave: &[Step], prefix: &str) -> anyhow::Result<Vec<Delta>> {
        let cache = Cache::holding(PACK_CACHE);
        let runs: Vec<Vec<Delta>> = (0..wave.len().div_ceil(RUN))
            .into_par_iter()
            .map(|run| {
                let from = run * RUN;
                let before = if from == 0 { before } else { Some(wave[from - 1].tree) };
                let mut walk = Walk::new(self, before, prefix, &cache)?;
                wave[from..wave.len().min(from + RUN)].iter().map(|step| walk.step(step)).collect()
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(runs.into_iter().flatten().collect())
    }
}

/// Holds the last commits back from the history until it is known whether it is written as a cache without them.
struct Keeper {
    held: Vec<Delta>,
    fresh_commits: usize,
    fresh_changes: usize,
}

impl Keeper {
    fn take(&mut self, delta: Delta, history: &mut History) {
        self.fresh_changes += delta.files.len();
        self.held.push(delta);
        let mut changes: usize = self.held.iter().map(|delta| delta.files.len()).sum();
        let mut told = 0;
        while self.held.len() - told > LAG_COMMITS || changes > LAG_CHANGES {
            changes -= self.held[told].files.len();
            told += 1;
        }
        self.held.drain(..told).for_each(|delta| history.append(delta));
    }

    fn worth_writing(&self) -> bool {
        self.fresh_commits > FRESH_COMMITS || self.fresh_changes > 3 * LAG_CHANGES
    }
}

/// Compares the servers of one commit with those of the next.
struct Walk {
    objects: Objects,
    folder: String,
    root: Option<GitId>,
    servers: Option<GitId>,
    /// The bytes of the tree `servers`.
    tree: Bytes,
}

impl Walk {
    fn new(repository: &Repository, root: Option<GitId>, prefix: &str, cache: &Cache) -> anyhow::Result<Self> {
        let objects = Objects::new(repository, &[], cache);
        let top = format!("{prefix}servers/");
        let mut walk = Self { objects, folder: top, root: None, servers: None, tree: Bytes::default() };
        if let Some(root) = root {
            walk.root = Some(root);
            walk.servers = folder(&walk.objects, root, &walk.folder)?;
            walk.tree = walk.bytes(walk.servers)?;
        }
        Ok(walk)
    }

    fn bytes(&self, id: Option<GitId>) -> anyhow::Result<Bytes> {
        id.map_or_else(|| Ok(Bytes::default()), |id| self.objects.tree(id))
    }

    fn step(&mut self, step: &Step) -> anyhow::Result<Delta> {
        let mut files = Vec::new();
        if self.root != Some(step.tree) {
            let servers = folder(&self.objects, step.tree, &self.folder)?;
            if servers != self.servers {
                let tree = self.bytes(servers)?;
                let mut path = self.folder.clone();
                self.differ(&self.tree, &tree, &mut path, 2, &mut files)?;
                (self.servers, self.tree) = (servers, tree);
            }
            self.root = Some(step.tree);
        }
        Ok(Delta { commit: step.id, committed: step.committed, files })
    }

    /// The files that differ in two folders that lie `depth` folders above those of versions.
    fn differ(&self, a: &[u8], b: &[u8], path: &mut String, depth: usize, files: &mut Vec<FileChange>) -> anyhow::Result<()> {
        let length = path.len();
        differing(a, b, &mut |before, after| {
            let name = before.or(after).map_or(&[][..], |entry| entry.name);
            // No name of the layout has anything else in it.
            let Some(name) = std::str::from_utf8(name).ok().filter(|name| !name.contains(['\\', '/'])) else { return Ok(()) };
            path.push_str(name);
            if depth == 0 {
                if let Some(change) = self.file(path, before, after)? {
                    files.push(change);
                }
            } else {
                let folder = |entry: Option<Entry<'_>>| entry.filter(|entry| entry.kind.is_none()).map(|entry| entry.id);
                let (a, b) = (self.bytes(folder(before))?, self.bytes(folder(after))?);
                path.push('/');
                self.differ(&a, &b, path, depth - 1, files)?;
            }
            path.truncate(length);
            Ok(())
        })
    }

    fn file(&self, path: &str, before: Option<Entry<'_>>, after: Option<Entry<'_>>) -> anyhow::Result<Option<FileChange>> {
        let regular =
            |entry: Option<Entry<'_>>| entry.filter(|entry| entry.kind.is_some_and(Kind::is_regular)).map(|entry| entry.id);
        let (before, after) = (regular(before), regular(after));
        if before == after || path.strip_suffix(".json").is_none() {
            return Ok(None);
        }
        let status = match after.filter(|_| path.ends_with("/status.json")) {
            Some(id) => match self.objects.blob(id, STATUS_CAP)? {
                Blob::Bytes(bytes) => Some(bytes),
                Blob::Large(_) => None,
            },
            None => None,
        };
        Ok(Some(FileChange { path: path.into(), after, status }))
    }
}
