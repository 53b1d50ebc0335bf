//! Tells events from differences between commits: what a file's coming, changing and going means for a version.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use anyhow::Context;

use super::{AS_OF, Commit, History, Line, NONE, Op, Record, Server, index};
use crate::{
    checkout::{Blob, Checkout, Item, Territory},
    digest::GitId,
    instant::Instant,
    name::ServerName,
    status::{Standing, StatusFile},
    version::Version,
};

/// More than a `status.json` can need: 10,000 versions with a message of 500 characters each make 5 MB.
pub const STATUS_CAP: usize = 16 << 20;

/// The last moment whose year has four digits; a commit may claim any.
const LAST: Instant = Instant(253_402_300_799);

/// What one commit of the first-parent line changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    pub commit: GitId,
    /// What the commit claims of its committer's clock.
    pub committed: Instant,
    pub files: Vec<FileChange>,
}

/// A file that changed; only those at the path of a version or a status count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    pub path: Box<str>,
    /// The regular file that is there now; what is no regular file is not there.
    pub after: Option<GitId>,
    /// The bytes of a `status.json` that is there now, unless there are too many.
    pub status: Option<Vec<u8>>,
}

impl History {
    /// A line that begins with this commit and has lived through nothing yet.
    pub fn of_root(root: GitId, prefix: &str) -> Self {
        let mut epoch = root.to_string();
        epoch.truncate(12);
        Self::empty(&epoch, prefix)
    }

    fn empty(epoch: &str, prefix: &str) -> Self {
        Self {
            epoch: epoch.into(),
            prefix: prefix.into(),
            tip: None,
            clock: Instant::default(),
            commits: Vec::new(),
            events: Vec::new(),
            lines: Vec::new(),
            servers: Vec::new(),
            by_name: BTreeMap::new(),
        }
    }

    /// Files as they lie, every event at one moment, in the order of paths.
    pub fn as_of(checkout: &Checkout, at: Instant) -> anyhow::Result<Self> {
        let mut history = Self::empty(AS_OF, &checkout.prefix);
        history.clock = at;
        let mut files = Vec::new();
        let mut reader = checkout.store.reader();
        for item in checkout.items.iter().filter(|item| matters(&checkout.prefix, item)) {
            files.push(change(checkout, item, reader.as_mut())?);
        }
        history.replay(NONE, files);
        Ok(history)
    }

    /// What the next commit of the line changed.
    pub fn append(&mut self, delta: Delta) {
        self.clock = self.clock.max(delta.committed.min(LAST));
        self.tip = Some(delta.commit);
        let (commit, before) = (index(self.commits.len()), self.events.len());
        self.commits.push(Commit { id: delta.commit, at: self.clock });
        self.replay(commit, delta.files);
        if self.events.len() == before {
            self.commits.pop();
        }
    }

    /// What lies in the working tree and differs from the line's last commit.
    #[must_use]
    pub fn with_uncommitted(mut self, files: Vec<FileChange>) -> Self {
        self.replay(NONE, files);
        self
    }

    /// The same events under the epoch that a configuration names.
    #[must_use]
    pub fn with_epoch(mut self, epoch: &str) -> Self {
        self.epoch = epoch.into();
        self
    }

    /// Publications, removals and restorations by path, then the statuses of versions not among them by path.
    fn replay(&mut self, commit: u32, mut files: Vec<FileChange>) {
        files.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        let mut entries = Vec::new();
        let mut before: BTreeMap<u32, Option<Box<StatusFile>>> = BTreeMap::new();
        for file in files {
            match Territory::of(&self.prefix, &file.path) {
                Territory::Version(name, version) => entries.push((name, version, file.after)),
                Territory::Status(name) => self.say(name, &file, &mut before),
                _ => {}
            }
        }
        let mut touched = BTreeSet::new();
        for (name, version, after) in entries {
            if let Some(line) = self.entry(commit, name, version, after, &before) {
                touched.insert(line);
            }
        }
        self.statuses(commit, &before, &touched);
    }

    /// A `status.json` that cannot be read leaves what the one before it said.
    fn say(&mut self, name: ServerName, file: &FileChange, before: &mut BTreeMap<u32, Option<Box<StatusFile>>>) {
        let said = match (file.after, &file.status) {
            (None, _) => None,
            (Some(_), bytes) => match bytes.as_deref().and_then(StatusFile::read) {
                Some(said) => Some(Box::new(said)),
                None => return,
            },
        };
        let server = self.server(name);
        let last = std::mem::replace(&mut self.servers[server as usize].said, said);
        before.insert(server, last);
    }

    fn server(&mut self, name: ServerName) -> u32 {
        if let Some(&known) = self.by_name.get(&name) {
            return known;
        }
        let next = index(self.servers.len());
        self.by_name.insert(name.clone(), next);
        self.servers.push(Server { name, said: None, lines: Vec::new() });
        next
    }

    /// What a version's file says now, and the line it belongs to if that is an event.
    fn entry(
        &mut self,
        commit: u32,
        name: ServerName,
        version: Version,
        after: Option<GitId>,
        before: &BTreeMap<u32, Option<Box<StatusFile>>>,
    ) -> Option<u32> {
        let server = match after {
            Some(_) => self.server(name),
            None => *self.by_name.get(&name)?,
        };
        let (at, known) = match self.find(&self.servers[server as usize], &version) {
            Ok(at) => (self.servers[server as usize].lines[at], true),
            Err(at) => {
                let blob = after?;
                let line = index(self.lines.len());
                let first = index(self.events.len());
                self.servers[server as usize].lines.insert(at, line);
                let status_changed_at = self.at(commit);
                self.lines.push(Line { version, status_changed_at, blob, server, first, present: true, rare: None });
                (line, false)
            }
        };
        let line = &mut self.lines[at as usize];
        let now = self.servers[server as usize].standing(&line.version);
        let was = match &line.rare {
            Some(rare) if !line.present => rare.left.clone(),
            _ => before.get(&server).map_or(now, |said| standing(said.as_deref(), &line.version)).clone(),
        };
        let op = match (known, line.present, after) {
            (false, ..) => Op::Publish,
            (true, true, Some(blob)) if blob != line.blob => Op::Publish,
            (true, false, Some(_)) => Op::Restore,
            (true, true, None) => Op::Remove,
            (true, true, Some(_)) | (true, false, None) => return None,
        };
        if op == Op::Remove {
            line.left(commit, was);
        } else {
            line.came(commit, after?, known);
            if known && *now != was {
                line.status_changed_at = self.commits.get(commit as usize).map_or(self.clock, |commit| commit.at);
            }
        }
        self.record(op, at, commit);
        Some(at)
    }

    /// An event for each present version that stands elsewhere than before.
    fn statuses(&mut self, commit: u32, before: &BTreeMap<u32, Option<Box<StatusFile>>>, touched: &BTreeSet<u32>) {
        let mut changed = Vec::new();
        for (&server, last) in before {
            let server = &self.servers[server as usize];
            changed.extend(server.lines.iter().copied().filter(|at| {
                let line = &self.lines[*at as usize];
                let was = standing(last.as_deref(), &line.version);
                line.present && !touched.contains(at) && was != server.standing(&line.version)
            }));
        }
        changed.sort_by(|&a, &b| self.by_path(a, b));
        for line in changed {
            self.lines[line as usize].status_changed_at = self.at(commit);
            self.record(Op::Status, line, commit);
        }
    }

    fn record(&mut self, op: Op, line: u32, commit: u32) {
        let Line { blob, server, version, rare, present, .. } = &self.lines[line as usize];
        let standing = match rare {
            Some(rare) if !present => &rare.left,
            _ => self.servers[*server as usize].standing(version),
        };
        self.events.push(Record { blob: *blob, line, commit, op, status: standing.status });
    }

    /// The order of the paths `<name>/<version>.json`, which is neither that of names nor that of versions: `-` sorts before
    /// `/` and `.`.
    fn by_path(&self, a: u32, b: u32) -> Ordering {
        let path = |at: u32| {
            let line = &self.lines[at as usize];
            let name = self.servers[line.server as usize].name.as_str().bytes();
            name.chain(*b"/").chain(line.version.as_str().bytes()).chain(*b".json")
        };
        path(a).cmp(path(b))
    }
}

fn standing<'a>(said: Option<&'a StatusFile>, version: &Version) -> &'a Standing {
    said.map_or(&super::ACTIVE, |file| file.of(version))
}

impl Line {
    fn left(&mut self, commit: u32, standing: Standing) {
        self.present = false;
        let rare = self.rare.get_or_insert_default();
        rare.left = standing;
        rare.removed.push(commit);
    }

    fn came(&mut self, commit: u32, blob: GitId, known: bool) {
        let edit = known && blob != self.blob;
        if edit {
            let rare = self.rare.get_or_insert_default();
            rare.edited.push(commit);
            rare.blobs.push(blob);
        }
        self.present = true;
        self.blob = blob;
    }
}

/// Whether history has anything to tell of an item.
fn matters(prefix: &str, item: &Item) -> bool {
    item.kind.is_regular() && matches!(Territory::of(prefix, &item.path), Territory::Version(..) | Territory::Status(_))
}

fn change(checkout: &Checkout, item: &Item, reader: &mut dyn crate::checkout::Reader) -> anyhow::Result<FileChange> {
    let after = item.id.with_context(|| format!("`{}` has not been given an object id", item.path))?;
    let status = match Territory::of(&checkout.prefix, &item.path) {
        Territory::Status(_) => match reader.read(item, STATUS_CAP)? {
            Blob::Bytes(bytes) => Some(bytes),
            Blob::Large(_) => None,
        },
        _ => None,
    };
    Ok(FileChange { path: item.path.clone(), after: Some(after), status })
}

/// What the files as they lie make of those of the last commit; every item must have been given its object id.
pub fn uncommitted(head: &Checkout, lying: &Checkout) -> anyhow::Result<Vec<FileChange>> {
    let mut files = Vec::new();
    let mut reader = lying.store.reader();
    let counts = |item: &&Item| matters(&lying.prefix, item);
    let (mut old, mut new) = (head.items.iter().peekable(), lying.items.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return Ok(files),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.path.as_bytes().cmp(b.path.as_bytes()),
        };
        let gone = if order.is_le() { old.next() } else { None };
        let here = if order.is_ge() { new.next() } else { None };
        // What is the same on both sides is the same whatever it is for, and there is most of it.
        if gone.is_some_and(|gone| here.is_some_and(|here| (gone.kind, gone.id) == (here.kind, here.id))) {
            continue;
        }
        match (gone.filter(counts), here.filter(counts)) {
            (Some(gone), Some(here)) if gone.id == here.id => {}
            (_, Some(here)) => files.push(change(lying, here, reader.as_mut())?),
            (Some(gone), None) => files.push(FileChange { path: gone.path.clone(), after: None, status: None }),
            (None, None) => {}
        }
    }
}
