//! When each version and status appeared, changed, left and came back: events, numbered from 1, told from the commits of
//! the first-parent line; it knows neither files nor clocks, only what is replayed into it.

mod cache;
mod replay;

use std::{collections::BTreeMap, fmt};

pub use replay::{Delta, FileChange, STATUS_CAP, uncommitted};

use crate::{
    digest::GitId,
    instant::Instant,
    name::ServerName,
    status::{Standing, Status, StatusFile},
    version::Version,
};

/// The epoch of a registry whose events were not told from commits.
pub const AS_OF: &str = "as-of";

/// The index of a commit in [`History::commits`] that stands for no commit.
const NONE: u32 = u32::MAX;

/// What every version of a registry lived through.
///
/// At 100,000 versions this stays in memory for the whole run, so names are kept once and everything else refers to them
/// by index; what is rare lies in a box of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct History {
    epoch: Box<str>,
    prefix: Box<str>,
    tip: Option<GitId>,
    /// The running maximum of committer times.
    clock: Instant,
    commits: Vec<Commit>,
    events: Vec<Record>,
    lines: Vec<Line>,
    servers: Vec<Server>,
    by_name: BTreeMap<ServerName, u32>,
}

/// A commit that brought events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    pub id: GitId,
    /// The running maximum of committer times along the first-parent line.
    pub at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// A version appeared, or was given other bytes.
    Publish,
    /// A version's effective status or its message changed.
    Status,
    /// A version's file left the tree.
    Remove,
    /// A version's file came back.
    Restore,
}

impl Op {
    const ALL: [Self; 4] = [Self::Publish, Self::Status, Self::Remove, Self::Restore];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Status => "status",
            Self::Remove => "remove",
            Self::Restore => "restore",
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One event, as a row of the change feed needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Counted from 1, without gaps.
    pub serial: u32,
    pub op: Op,
    pub name: &'a ServerName,
    pub version: &'a Version,
    /// The effective status right after the event; for a removal the last one.
    pub status: Status,
    pub at: Instant,
    /// The entry's object; for a removal the last one.
    pub blob: GitId,
    /// An index into [`History::commits`]; absent for what is not committed, and for `--as-of`.
    pub commit: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Record {
    blob: GitId,
    line: u32,
    commit: u32,
    op: Op,
    status: Status,
}

#[derive(Clone, PartialEq, Eq)]
struct Server {
    name: ServerName,
    /// What the last readable `status.json` said.
    said: Option<Box<StatusFile>>,
    /// Its lines, ordered by the bytes of their versions.
    lines: Vec<u32>,
}

#[derive(Clone, PartialEq, Eq)]
struct Line {
    version: Version,
    status_changed_at: Instant,
    blob: GitId,
    server: u32,
    /// The index of its first event.
    first: u32,
    present: bool,
    rare: Option<Box<Rare>>,
}

/// What most versions never live through: edits and removals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Rare {
    /// Where it stood when it last left.
    left: Standing,
    edited: Vec<u32>,
    removed: Vec<u32>,
    /// Every object but the first that was published, in order.
    blobs: Vec<GitId>,
}

/// What one version lived through.
#[derive(Clone, Copy)]
pub struct Lifeline<'a> {
    history: &'a History,
    line: &'a Line,
}

static ACTIVE: Standing = Standing { status: Status::Active, message: None };

impl Server {
    fn standing(&self, version: &Version) -> &Standing {
        self.said.as_ref().map_or(&ACTIVE, |file| file.of(version))
    }
}

impl History {
    /// The registry's epoch, unless its configuration names one.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The last commit of the line that was replayed; absent where there are no commits.
    pub fn tip(&self) -> Option<GitId> {
        self.tip
    }

    /// Where the registry's folder lies in the repository: empty, or ending in `/`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The commits that brought events, oldest first.
    pub fn commits(&self) -> &[Commit] {
        &self.commits
    }

    /// The serial of the last event; 0 before there is one.
    pub fn serial(&self) -> u32 {
        index(self.events.len())
    }

    /// Every event in the order of serials.
    pub fn events(&self) -> impl ExactSizeIterator<Item = Event<'_>> + DoubleEndedIterator + Clone {
        (0..self.events.len()).map(|at| self.event_at(at))
    }

    /// The event of this serial.
    pub fn event(&self, serial: u32) -> Option<Event<'_>> {
        let at = serial.checked_sub(1)? as usize;
        (at < self.events.len()).then(|| self.event_at(at))
    }

    fn event_at(&self, at: usize) -> Event<'_> {
        let record = &self.events[at];
        let line = &self.lines[record.line as usize];
        Event {
            serial: index(at + 1),
            op: record.op,
            name: &self.servers[line.server as usize].name,
            version: &line.version,
            status: record.status,
            at: self.at(record.commit),
            blob: record.blob,
            commit: (record.commit != NONE).then_some(record.commit),
        }
    }

    /// The commit's moment; what is not committed comes last, and `--as-of` sets the clock.
    fn at(&self, commit: u32) -> Instant {
        self.commits.get(commit as usize).map_or(self.clock, |commit| commit.at)
    }

    /// The life of a version that was ever published.
    pub fn line(&self, name: &ServerName, version: &Version) -> Option<Lifeline<'_>> {
        let server = &self.servers[*self.by_name.get(name)? as usize];
        let at = self.find(server, version).ok()?;
        Some(Lifeline { history: self, line: &self.lines[server.lines[at] as usize] })
    }

    /// Every life, by the bytes of name and version.
    pub fn lines(&self) -> impl Iterator<Item = Lifeline<'_>> {
        let servers = self.by_name.values().map(|&at| &self.servers[at as usize]);
        servers.flat_map(|server| &server.lines).map(|&at| Lifeline { history: self, line: &self.lines[at as usize] })
    }

    /// Whether a server of this name ever had a version.
    pub fn knows(&self, name: &ServerName) -> bool {
        self.by_name.get(name).is_some_and(|&at| !self.servers[at as usize].lines.is_empty())
    }

    fn find(&self, server: &Server, version: &Version) -> Result<usize, usize> {
        server.lines.binary_search_by(|&at| self.lines[at as usize].version.cmp(version))
    }
}

impl<'a> Lifeline<'a> {
    pub fn name(&self) -> &'a ServerName {
        &self.history.servers[self.line.server as usize].name
    }

    pub fn version(&self) -> &'a Version {
        &self.line.version
    }

    /// The time of its first event.
    pub fn published_at(&self) -> Instant {
        self.history.at(self.history.events[self.line.first as usize].commit)
    }

    /// When its effective status or message last changed; at first the time of its publication.
    pub fn status_changed_at(&self) -> Instant {
        self.line.status_changed_at
    }

    /// The serial of its first event: the order of publication.
    pub fn first_serial(&self) -> u32 {
        self.line.first + 1
    }

    /// Whether its file is in the tree now.
    pub fn present(&self) -> bool {
        self.line.present
    }

    /// The object of its file; of a version that is gone, the last one.
    pub fn blob(&self) -> GitId {
        self.line.blob
    }

    /// Every object its file ever was, in order, the last one last.
    pub fn blobs(&self) -> impl Iterator<Item = GitId> + 'a {
        let first = self.history.events[self.line.first as usize].blob;
        let rest: &[GitId] = self.line.rare.as_ref().map_or(&[], |rare| &rare.blobs);
        std::iter::once(first).chain(rest.iter().copied())
    }

    /// Its effective status and message; of a version that is gone, the last ones.
    pub fn standing(&self) -> &'a Standing {
        match &self.line.rare {
            Some(rare) if !self.line.present => &rare.left,
            _ => self.history.servers[self.line.server as usize].standing(&self.line.version),
        }
    }

    /// The commits that gave it other bytes, as indices into [`History::commits`]; absent for an edit not committed.
    pub fn edited(&self) -> impl Iterator<Item = Option<u32>> + 'a {
        committed(self.line.rare.as_ref().map_or(&[], |rare| &rare.edited))
    }

    /// The commits that took it away, likewise.
    pub fn removed(&self) -> impl Iterator<Item = Option<u32>> + 'a {
        committed(self.line.rare.as_ref().map_or(&[], |rare| &rare.removed))
    }
}

fn committed(commits: &[u32]) -> impl Iterator<Item = Option<u32>> + '_ {
    commits.iter().map(|&commit| (commit != NONE).then_some(commit))
}

/// A position as it is stored; four billion events are more than a repository can hold.
fn index(at: usize) -> u32 {
    u32::try_from(at).expect("fewer than four billion events")
}

impl fmt::Debug for Lifeline<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifeline")
            .field("name", self.name())
            .field("version", self.version())
            .field("first_serial", &self.first_serial())
            .field("present", &self.present())
            .field("standing", self.standing())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History")
            .field("epoch", &self.epoch)
            .field("tip", &self.tip)
            .field("commits", &self.commits)
            .field("events", &self.events().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
