//! Owns how a generated registry came to be: the submissions, their order and their times, as `git fast-import` reads them.

use std::io::{self, BufWriter, Write};

use super::plan::{Plan, Status, Versions, share};
use super::{README, REGISTRY, Rng, entry};

/// The end of the time in which everything happens; owners arrive evenly up to it.
const END: u64 = 1 << 32;
/// Committer time of the first commit: 8 September 2025.
const START: u64 = 1_757_289_600;

/// One file's arrival. Ordered by time, and within a server by what comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at: u32,
    server: u32,
    what: u32,
}

/// Stand in `what` for the number of a version, and come after every one.
const STATUS_FIRST: u32 = u32::MAX - 1;
const STATUS: u32 = u32::MAX;

/// The events of one commit.
struct Submission {
    at: u64,
    events: std::ops::Range<usize>,
}

struct Story {
    events: Vec<Event>,
    submissions: Vec<Submission>,
}

/// Exactly `commits` commits on the first-parent line.
pub fn write(plan: &Plan, commits: u32, out: &mut impl Write) -> io::Result<()> {
    assert!(commits > 0, "a repository has a commit");
    let story = Story::of(plan, commits.saturating_sub(1).max(1));
    let mut writer = Writer::of(plan, BufWriter::with_capacity(1 << 16, out));
    writer.out.write_all(b"feature done\n")?;
    if commits > 1 {
        writer.submission(&[])?;
    }
    for submission in &story.submissions {
        writer.submission(&story.events[submission.events.clone()])?;
    }
    writer.out.write_all(b"done\n")?;
    writer.out.flush()
}

impl Story {
    fn of(plan: &Plan, submissions: u32) -> Story {
        let owners = plan.owners.len();
        let statuses: usize = plan.servers.iter().map(|server| usize::from(server.status.is_some())).sum();
        // With room for it, a status change is a submission of its own.
        let apart = submissions as usize > owners + 2 * statuses;
        let (mut events, ends, later) = arrivals(plan, apart);
        let spare = submissions as usize - later.len();
        let groups = owners.min(spare);
        let mut bounds = vec![0];
        bounds.extend((1..=groups).map(|group| ends[owners * group / groups - 1]));
        let weights: Vec<u64> = bounds.windows(2).map(|pair| (pair[1] - pair[0] - 1) as u64).collect();
        let counts = share((spare - groups) as u64, &weights);
        let mut list = Vec::with_capacity(submissions as usize);
        let mut lasts = Vec::with_capacity(groups);
        for (group, count) in counts.iter().enumerate() {
            let (from, to) = (bounds[group], bounds[group + 1]);
            events[from..to].sort_unstable();
            lasts.push(cut(plan.seed, group as u64, from..to, count + 1, &mut list));
        }
        for (number, (server, what)) in later.into_iter().enumerate() {
            // Room apart means that every owner is a group.
            let last = lasts[plan.servers[server as usize].owner];
            let at = change_time(plan.seed, number as u64, what, last);
            list.push(Submission { at, events: events.len()..events.len() + 1 });
            events.push(Event { at: u32::MAX, server, what });
        }
        list.sort_by_key(|submission| (submission.at, submission.events.start));
        Story { events, submissions: list }
    }
}

/// When a status changes, after its owner's last submission; the second step of two in the later half of what is left.
fn change_time(seed: u64, number: u64, what: u32, last: u64) -> u64 {
    let half = (END - last) / 2;
    let within = Rng::of(seed, 30 << 40 | number).next() % half.max(1);
    last + within + if what == STATUS { half } else { 0 }
}

/// Every event by owner, where each owner's end, and the status changes kept apart.
fn arrivals(plan: &Plan, apart: bool) -> (Vec<Event>, Vec<usize>, Vec<(u32, u32)>) {
    let mut events = Vec::new();
    let mut ends = Vec::with_capacity(plan.owners.len());
    let mut later = Vec::new();
    for (number, server) in plan.servers.iter().enumerate() {
        if number > 0 && server.owner != plan.servers[number - 1].owner {
            ends.push(events.len());
        }
        let number = number as u32;
        let born = server.seed >> 33;
        let life = u64::from(u32::MAX) - born;
        for what in 0..server.versions {
            let at = born + life * u64::from(what) / u64::from(server.versions);
            events.push(Event { at: at as u32, server: number, what });
        }
        let steps = [(server.hesitated(), STATUS_FIRST), (server.status.is_some(), STATUS)];
        for what in steps.into_iter().filter_map(|(comes, what)| comes.then_some(what)) {
            if apart {
                later.push((number, what));
            } else if what == STATUS {
                events.push(Event { at: u32::MAX, server: number, what });
            }
        }
    }
    ends.push(events.len());
    (events, ends, later)
}

/// Cuts the events of a group into `count` submissions from its arrival on, and says when the last one comes.
fn cut(seed: u64, group: u64, events: std::ops::Range<usize>, count: u64, list: &mut Vec<Submission>) -> u64 {
    let arrival = Rng::of(seed, 20 << 40 | group).next() % END;
    let (from, length) = (events.start as u64, events.len() as u64);
    for part in 0..count {
        let events = (from + length * part / count) as usize..(from + length * (part + 1) / count) as usize;
        let at = arrival + (u128::from(END - arrival) * u128::from(part) / u128::from(count)) as u64;
        list.push(Submission { at, events });
    }
    list[list.len() - 1].at
}

struct Writer<'a, W: Write> {
    out: W,
    plan: &'a Plan,
    rng: Rng,
    /// The number of the commit written last, its mark.
    mark: u32,
    /// The tip of the first-parent line and the one before.
    line: [u32; 2],
    now: u64,
    /// How far each server has come.
    versions: Vec<Versions>,
    claimed: Vec<bool>,
}

type File = (String, Vec<u8>);

impl<'a, W: Write> Writer<'a, W> {
    fn of(plan: &'a Plan, out: W) -> Writer<'a, W> {
        Writer {
            out,
            plan,
            rng: Rng::of(plan.seed, 40 << 40),
            mark: 0,
            line: [0, 0],
            now: START,
            versions: plan.servers.iter().map(Versions::of).collect(),
            claimed: vec![false; plan.owners.len()],
        }
    }

    fn submission(&mut self, events: &[Event]) -> io::Result<()> {
        let message = self.message(events);
        let [tip, before] = self.line;
        // A merged branch repeats its files in the merge, so they are held; a bulk import is not.
        if before > 0 && (1..=50).contains(&events.len()) && self.rng.percent(4) {
            let files: Vec<File> = events.iter().flat_map(|event| self.arrival(event)).collect();
            self.header(&message, events, &[before])?;
            self.files(&files)?;
            let branch = self.mark;
            self.header(&format!("Merge pull request #{branch}\n\n{message}"), events, &[tip, branch])?;
            self.files(&files)?;
        } else {
            let parents = [tip];
            self.header(&message, events, &parents[usize::from(tip == 0)..])?;
            if tip == 0 {
                self.files(&[("README.md".to_owned(), README.into()), ("registry.toml".to_owned(), REGISTRY.into())])?;
            }
            for event in events {
                let files = self.arrival(event);
                self.files(&files)?;
            }
        }
        self.line = [self.mark, tip];
        Ok(())
    }

    fn message(&self, events: &[Event]) -> String {
        let Some(first) = events.first() else {
            return if self.mark == 0 { "Begin the registry" } else { "Nothing new" }.to_owned();
        };
        let server = &self.plan.servers[first.server as usize];
        let owner = &self.plan.owners[server.owner];
        match (first.what, server.status) {
            (STATUS, Some(Status::Deleted)) => {
                format!("Delete {}/{}", owner.namespace, server.name)
            }
            (STATUS | STATUS_FIRST, _) => format!("Deprecate {}/{}", owner.namespace, server.name),
            _ if events.len() == 1 => format!("Publish {}/{}", owner.namespace, server.name),
            _ => format!("Publish {} files of {} and others", events.len(), server.name),
        }
    }

    /// The files that an event brings: with its owner's first, the namespace file.
    fn arrival(&mut self, event: &Event) -> Vec<File> {
        let at = event.server as usize;
        let server = &self.plan.servers[at];
        let owner = &self.plan.owners[server.owner];
        let mut files = Vec::with_capacity(2);
        if !std::mem::replace(&mut self.claimed[server.owner], true) {
            files.push((owner.path(), owner.claim()));
        }
        files.push(match event.what {
            STATUS | STATUS_FIRST => (server.path(owner, "status"), server.status_file(event.what == STATUS)),
            index => {
                let version = self.versions[at].next().expect("an event for each version");
                (server.path(owner, &version), entry::render(owner, server, &version, index))
            }
        });
        files
    }

    fn header(&mut self, message: &str, events: &[Event], parents: &[u32]) -> io::Result<()> {
        self.mark += 1;
        self.now += 60 * u64::from(1 + self.rng.below(39)) + u64::from(self.rng.below(60));
        let wrong_clock = if self.rng.percent(1) { 60 * u64::from(45 + self.rng.below(180)) } else { 0 };
        let time = self.now - wrong_clock;
        let written = time - u64::from(self.rng.below(900));
        let zone = self.rng.pick(&["+0000", "+0200", "-0700", "+0530", "+0900"]);
        let (login, id) = events.first().map_or(("registry-keeper", 4_004), |event| {
            let owner = &self.plan.owners[self.plan.servers[event.server as usize].owner];
            (&owner.login, owner.id)
        });
        writeln!(self.out, "commit refs/heads/main\nmark :{}", self.mark)?;
        writeln!(self.out, "author {login} <{id}+{login}@users.example> {written} {zone}")?;
        writeln!(self.out, "committer Registry <registry@users.example> {time} +0000")?;
        writeln!(self.out, "data {}\n{message}", message.len())?;
        for (at, parent) in parents.iter().enumerate() {
            writeln!(self.out, "{} :{parent}", if at == 0 { "from" } else { "merge" })?;
        }
        Ok(())
    }

    fn files(&mut self, files: &[File]) -> io::Result<()> {
        for (path, bytes) in files {
            writeln!(self.out, "M 100644 inline registry-data/{path}\ndata {}", bytes.len())?;
            self.out.write_all(bytes)?;
            self.out.write_all(b"\n")?;
        }
        Ok(())
    }
}
