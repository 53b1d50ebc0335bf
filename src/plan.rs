//! What a publication would do: which addresses are written, why and in which order, which are deleted, which wait, and
//! whether that is within the limits that keep an accident from being published.

pub mod limits;
mod show;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;

use crate::{
    digest::Sha256,
    instant::Instant,
    manifest::{Line, Manifest, Root},
    site::path::{Wave, wave_of},
};

/// The way from what lies somewhere to a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan<'a> {
    /// By wave, then by key.
    puts: Vec<Put<'a>>,
    /// How many documents stay as they are.
    pub unchanged: u64,
    /// How many documents the published site has that are no part of the new one.
    pub leaving: u64,
    /// How many documents the published site has.
    pub before: u64,
    /// What is deleted once the new checkpoint stands.
    pub deletes: BTreeMap<Box<str>, Gone>,
    /// What is not part of the site any more and is deleted later, and since when.
    pub waiting: BTreeMap<Box<str>, Instant>,
    /// The keys that may lie there and are no part of the new site; whether the published site has them.
    left: BTreeMap<Box<str>, bool>,
    /// What a build or a publication that died may have left at a key.
    attempted: BTreeMap<Box<str>, BTreeSet<Sha256>>,
    /// What lies there and was put there by somebody else, as far as was looked.
    pub foreign: Option<Box<str>>,
    /// How many requests the whole publication takes, if nothing has to be asked twice.
    pub requests: Requests,
}

/// How often a target is asked, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Requests {
    pub get: u64,
    pub put: u64,
    pub delete: u64,
    pub list: u64,
}

/// A document of the new site that is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Put<'a> {
    pub wave: Wave,
    pub key: &'a str,
    pub line: &'a Line,
    pub reason: Reason,
    /// How many bytes lie there now; none where nothing lies.
    pub before: u64,
}

/// Why a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    New,
    Content,
    /// The bytes are the same, what is said with them is not.
    Headers,
    /// A publication that died may have left something else there, or it was asked for.
    Repair,
}

/// Why a document is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gone {
    /// The version's status became deleted, so it goes at once.
    Deleted,
    /// It left the site, and the time of grace is over.
    Left,
}

impl Reason {
    pub const ALL: [Self; 4] = [Self::New, Self::Content, Self::Headers, Self::Repair];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Content => "content",
            Self::Headers => "headers",
            Self::Repair => "repair",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Gone {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deleted => "deleted",
            Self::Left => "left",
        }
    }
}

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What decides when something that left the site is deleted.
#[derive(Clone, Copy, Debug)]
pub struct Leaving<'a> {
    /// What left in earlier publications, and since when.
    pub waiting: &'a BTreeMap<Box<str>, Instant>,
    /// What was to go at once, and may still be there.
    pub condemned: &'a BTreeSet<Box<str>>,
    /// The keys of versions and servers that are deleted.
    pub deleted: &'a BTreeSet<String>,
    pub now: Instant,
    /// Seconds.
    pub grace: i64,
}

/// Keys that are no part of any site, whatever a manifest says.
pub fn is_reserved(key: &str) -> bool {
    matches!(key, "checkpoint") || ["manifest/", "publisher/", ".gazette/"].iter().any(|own| key.starts_with(own))
}

impl<'a> Plan<'a> {
    /// From one site to another. What leaves is not sorted yet into what goes and what waits: [`Plan::settle`] does that.
    pub fn between(before: &Manifest, after: &'a Manifest) -> Self {
        Self::between_parts(before, after, after.iter())
    }

    /// The same, where both are known to have the same beside `lines` of the newer site and `before` of the older one.
    pub fn between_parts(before: &Manifest, after: &'a Manifest, lines: impl Iterator<Item = (&'a str, &'a Line)>) -> Self {
        let mut plan = Self::default();
        if before.is_empty() {
            // All of them are new.
            plan.puts.reserve_exact(lines.size_hint().0);
        }
        let mut looked = 0;
        for (key, line) in lines {
            looked += 1;
            match before.get(key) {
                Some(old) if old == line => plan.unchanged += 1,
                old => plan.puts.push(Put::new(key, line, reason(old, line), old.map_or(0, |old| old.size))),
            }
        }
        plan.puts.sort_unstable_by_key(Put::order);
        let same = after.len() as u64 - looked;
        plan.unchanged += same;
        plan.before = same + before.len() as u64;
        let left = before.keys().filter(|key| !after.contains(key) && !is_reserved(key));
        plan.left = left.map(|key| (key.into(), true)).collect();
        plan.leaving = plan.left.len() as u64;
        plan
    }

    /// From a site that lies there though nobody has published it: its documents are gazette's own, as long as they hold what
    /// it put there.
    pub fn over(built: &Manifest, after: &'a Manifest) -> Self {
        let mut plan = Self::between(built, after);
        let known = plan.puts.iter().filter_map(|put| Some((put.key.into(), BTreeSet::from([built.get(put.key)?.sha256]))));
        plan.attempted = known.collect();
        plan
    }

    /// Writes again whatever a publication towards `other`, which did not come to its end, may have left otherwise. Of
    /// `other`, what is known to be the same as in `after` may be missing.
    #[must_use]
    pub fn after_attempt(mut self, other: &Manifest, after: &'a Manifest) -> Self {
        let mut doubtful = Vec::new();
        for (key, line) in other.iter() {
            match after.find(key) {
                Some((_, new)) if new == line => {}
                Some((key, new)) => {
                    self.attempted.entry(key.into()).or_default().insert(line.sha256);
                    doubtful.push((key, new));
                }
                None if is_reserved(key) => {}
                None => drop(self.left.entry(key.into()).or_insert(false)),
            }
        }
        self.repair(doubtful);
        self
    }

    /// Writes everything.
    #[must_use]
    pub fn repairing(mut self, after: &'a Manifest) -> Self {
        self.repair(after.iter());
        self
    }

    /// Sorts what left into what is deleted after this publication, and what waits.
    #[must_use]
    pub fn settle(mut self, leaving: &Leaving, after: &Manifest) -> Self {
        for key in leaving.waiting.keys().chain(leaving.condemned) {
            if !after.contains(key) && !is_reserved(key) {
                self.left.entry(key.clone()).or_insert(false);
            }
        }
        self.deletes.clear();
        self.waiting.clear();
        for (key, &is_published) in &self.left {
            // As long as a published site has it, it has not left.
            let since = leaving.waiting.get(key).filter(|_| !is_published).copied().unwrap_or(leaving.now);
            if leaving.deleted.contains(&**key) || leaving.condemned.contains(key) && !is_published {
                self.deletes.insert(key.clone(), Gone::Deleted);
            } else if since.0.saturating_add(leaving.grace) <= leaving.now.0 {
                self.deletes.insert(key.clone(), Gone::Left);
            } else {
                self.waiting.insert(key.clone(), since);
            }
        }
        self
    }

    /// Counts the requests from one root to another: state, checkpoint, root and what differs are read; the lease, what is new of
    /// the manifest, the intent, the documents, the checkpoint and the end are written.
    #[must_use]
    pub fn estimated(mut self, before: Option<&Root>, after: &Root) -> Self {
        let differing = before.map_or(0, |before| before.differing(after).len());
        let is_cut_anew = before.is_some_and(|before| before.bits != after.bits);
        let read = if is_cut_anew { before.map_or(0, |before| before.shards.len()) } else { differing };
        let there: BTreeSet<Sha256> = before.iter().flat_map(|before| &before.shards).map(|shard| shard.sha256).collect();
        let missing = after.shards.iter().filter(|shard| !there.contains(&shard.sha256)).count();
        let is_quiet = self.is_empty() && before == Some(after);
        self.requests = Requests {
            get: 2 + u64::from(before.is_some()) + read as u64,
            // The first publication also asks whether conditions are honoured, twice.
            put: if is_quiet { 1 } else { missing as u64 + self.puts.len() as u64 + if before.is_none() { 7 } else { 5 } },
            delete: self.deletes.len() as u64,
            list: 0,
        };
        self
    }

    /// Whether these bytes at a key may be gazette's own: the new ones, or those of a publication that died.
    pub fn may_have_put(&self, key: &str, line: &Line, sha256: &Sha256) -> bool {
        line.sha256 == *sha256 || self.attempted.get(key).is_some_and(|attempted| attempted.contains(sha256))
    }

    /// Writes also what would stay as it is.
    fn repair(&mut self, documents: impl IntoIterator<Item = (&'a str, &'a Line)>) {
        let documents = documents.into_iter().map(|(key, line)| Put::new(key, line, Reason::Repair, line.size));
        let also: Vec<Put> = documents.filter(|put| self.puts.binary_search_by_key(&put.order(), Put::order).is_err()).collect();
        self.unchanged -= also.len() as u64;
        self.puts.extend(also);
        self.puts.sort_unstable_by_key(Put::order);
    }

    /// What is written, by wave and then by key.
    pub fn puts(&self) -> &[Put<'a>] {
        &self.puts
    }

    /// Whether the site that lies there is the new one already, and nothing is left to delete now.
    pub fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.deletes.is_empty()
    }

    pub fn count(&self, reason: Reason) -> usize {
        self.puts.iter().filter(|put| put.reason == reason).count()
    }

    /// How many bytes are written.
    pub fn bytes(&self) -> u64 {
        self.puts.iter().map(|put| put.line.size).sum()
    }

    /// What is written in each wave that writes something, by key, and what is written after it.
    pub fn waves(&self) -> impl Iterator<Item = (&[Put<'a>], &[Put<'a>])> {
        let mut rest = &self.puts[..];
        self.puts.chunk_by(|a, b| a.wave == b.wave).map(move |puts| {
            rest = &rest[puts.len()..];
            (puts, rest)
        })
    }

    /// The addresses whose copies in a CDN are out of date once this is done, in order.
    pub fn purge(&self) -> Vec<String> {
        let overwritten = self.puts.iter().filter(|put| put.reason != Reason::New).map(|put| put.key);
        let gone = self.deletes.keys().map(|key| &**key);
        let paths: BTreeSet<String> = overwritten.chain(gone).filter(|key| !key.contains(' ')).flat_map(addresses).collect();
        paths.into_iter().collect()
    }
}

impl<'a> Put<'a> {
    fn new(key: &'a str, line: &'a Line, reason: Reason, before: u64) -> Self {
        Self { wave: wave_of(key), key, line, reason, before }
    }

    fn order(&self) -> (Wave, &'a str) {
        (self.wave, self.key)
    }
}

fn reason(old: Option<&Line>, new: &Line) -> Reason {
    match old {
        None => Reason::New,
        Some(old) if old.sha256 == new.sha256 && old.size == new.size => Reason::Headers,
        Some(_) => Reason::Content,
    }
}

/// The spellings in which the address of a key is asked for.
fn addresses(key: &str) -> Vec<String> {
    let folder = key.strip_suffix("index.html").filter(|folder| folder.is_empty() || folder.ends_with('/'));
    let mut spellings = vec![format!("/{key}")];
    spellings.extend(folder.map(|folder| format!("/{folder}")));
    if key.contains('+') {
        spellings.push(format!("/{}", key.replace('+', "%2B")));
    }
    spellings
}

#[cfg(test)]
mod tests;
