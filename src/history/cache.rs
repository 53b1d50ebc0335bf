//! A history as bytes that can be read back and continued; what is torn, foreign or of another layout is no history.

use super::{Commit, History, Line, NONE, Op, Rare, Record, Server, index};
use crate::{
    digest::{GitId, Sha256},
    instant::Instant,
    name::ServerName,
    status::{Standing, Status, StatusFile},
    version::Version,
};

/// The first bytes. Another release may lay out or tell things otherwise, so each reads only what it wrote.
const MAGIC: &[u8] = concat!("gazette history ", env!("CARGO_PKG_VERSION"), "\n").as_bytes();

/// The hexadecimal SHA-256 of everything before it ends the file.
const SEAL: usize = 64;

impl History {
    /// Everything that [`History::from_bytes`] needs to go on from here; nothing for a history that commits did not tell.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let tip = self.tip?;
        if self.events.last().is_some_and(|event| event.commit == NONE) {
            return None;
        }
        let mut out = Writer(Vec::with_capacity(self.events.len() * 64 + 1024));
        out.0.extend_from_slice(MAGIC);
        out.text(&self.prefix);
        out.text(&self.epoch);
        out.id(&tip);
        out.instant(self.clock);
        out.list(&self.commits, |out, commit| {
            out.id(&commit.id);
            out.instant(commit.at);
        });
        out.list(&self.servers, |out, server| {
            out.text(server.name.as_str());
            out.text(&server.said.as_ref().map_or_else(String::new, json));
        });
        out.list(&self.lines, Writer::line);
        out.list(&self.events, |out, event| {
            out.number(event.line.into());
            out.number(event.commit.into());
            out.0.push(event.op as u8 | (event.status as u8) << 4);
            out.id(&event.blob);
        });
        let seal = Sha256::of(&out.0).to_string();
        out.0.extend_from_slice(seal.as_bytes());
        Some(out.0)
    }

    /// What [`History::to_bytes`] wrote for a registry under the same prefix.
    pub fn from_bytes(bytes: &[u8], prefix: &str) -> Option<Self> {
        let (body, seal) = bytes.split_at(bytes.len().checked_sub(SEAL)?);
        let mut from = Reader(body.strip_prefix(MAGIC)?);
        if Sha256::of(body).to_string().as_bytes() != seal || from.text()? != prefix {
            return None;
        }
        let epoch = from.text()?;
        let tip = Some(from.id()?);
        let clock = from.instant()?;
        let commits = from.list(|from| Some(Commit { id: from.id()?, at: from.instant()? }))?;
        let servers = from.list(|from| {
            let name = ServerName::parse(from.text()?).ok()?;
            let said = match from.text()? {
                "" => None,
                said => Some(Box::new(StatusFile::read(said.as_bytes())?)),
            };
            Some(Server { name, said, lines: Vec::new() })
        })?;
        let lines = from.list(Reader::line)?;
        let events = from.list(Reader::event)?;
        let by_name = servers.iter().enumerate().map(|(at, server)| (server.name.clone(), index(at))).collect();
        let mut history =
            Self { epoch: epoch.into(), prefix: prefix.into(), tip, clock, commits, events, lines, servers, by_name };
        (from.0.is_empty() && history.link()).then_some(history)
    }

    /// Sets what follows from the rest; false if something refers to nothing.
    fn link(&mut self) -> bool {
        let (commits, lines) = (self.commits.len(), self.lines.len());
        if !self.events.iter().all(|event| (event.line as usize) < lines && (event.commit as usize) < commits) {
            return false;
        }
        for (at, event) in self.events.iter().enumerate().rev() {
            self.lines[event.line as usize].first = index(at);
        }
        for event in &self.events {
            self.lines[event.line as usize].blob = event.blob;
        }
        let mut sorted: Vec<u32> = (0..index(lines)).collect();
        sorted.sort_by(|&a, &b| self.lines[a as usize].version.cmp(&self.lines[b as usize].version));
        for at in sorted {
            let line = &self.lines[at as usize];
            match self.servers.get_mut(line.server as usize) {
                Some(server) if line.first != NONE => server.lines.push(at),
                _ => return false,
            }
        }
        true
    }
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("a status has only texts for keys")
}

struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits a byte, the lowest first.
    fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.0.push(value.to_le_bytes()[0]);
    }

    fn instant(&mut self, at: Instant) {
        self.0.extend_from_slice(&at.0.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn id(&mut self, id: &GitId) {
        self.0.extend_from_slice(&id.0);
    }

    fn list<T>(&mut self, items: &[T], each: impl Fn(&mut Self, &T)) {
        self.number(items.len() as u64);
        for item in items {
            each(self, item);
        }
    }

    fn line(&mut self, line: &Line) {
        self.number(line.server.into());
        self.text(line.version.as_str());
        self.instant(line.status_changed_at);
        self.0.push(u8::from(line.present) | u8::from(line.rare.is_some()) << 1);
        if let Some(rare) = &line.rare {
            self.text(&json(&rare.left));
            self.list(&rare.edited, |out, &commit| out.number(commit.into()));
            self.list(&rare.removed, |out, &commit| out.number(commit.into()));
            self.list(&rare.blobs, Self::id);
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn index(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    fn instant(&mut self) -> Option<Instant> {
        Some(Instant(i64::from_le_bytes(self.array()?)))
    }

    fn text(&mut self) -> Option<&'a str> {
        let count = self.number()?.try_into().ok()?;
        std::str::from_utf8(self.bytes(count)?).ok()
    }

    fn id(&mut self) -> Option<GitId> {
        self.array().map(GitId)
    }

    fn list<T>(&mut self, each: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count: usize = self.number()?.try_into().ok()?;
        // An item takes at least a byte, so a false count cannot ask for more memory than there are bytes.
        let mut items = Vec::with_capacity(count.min(self.0.len()));
        for _ in 0..count {
            items.push(each(self)?);
        }
        Some(items)
    }

    fn line(&mut self) -> Option<Line> {
        let server = self.index()?;
        let version = Version::parse(self.text()?).ok()?;
        let status_changed_at = self.instant()?;
        let [flags] = self.array()?;
        let rare = if flags & 2 == 0 { None } else { Some(Box::new(self.rare()?)) };
        let present = flags & 1 != 0;
        Some(Line { version, status_changed_at, blob: GitId([0; 20]), server, first: NONE, present, rare })
    }

    fn rare(&mut self) -> Option<Rare> {
        let left: Standing = serde_json::from_str(self.text()?).ok()?;
        Some(Rare { left, edited: self.list(Self::index)?, removed: self.list(Self::index)?, blobs: self.list(Self::id)? })
    }

    fn event(&mut self) -> Option<Record> {
        let (line, commit) = (self.index()?, self.index()?);
        let [marks] = self.array()?;
        let op = *Op::ALL.get(usize::from(marks & 0xf))?;
        let status = *Status::ALL.get(usize::from(marks >> 4))?;
        Some(Record { blob: self.id()?, line, commit, op, status })
    }
}
