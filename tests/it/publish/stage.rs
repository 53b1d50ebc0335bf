//! A bucket under watch: requests are counted and may go wrong, and after each that changed something a reader looks at all
//! that can be reached.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use gazette::{
    adapters::memory::Memory,
    checkpoint::Checkpoint,
    digest::Sha256,
    instant::Instant,
    manifest::{Manifest, Root, key_of},
    plan::is_reserved,
    ports::{Body, Bucket, Clock, Headers, Tag, Trouble, When},
    publish::{self, CHECKPOINT, Edition, Publisher, Receipt, Settings, Standing, Stopped},
};

use super::world::{BASE_URL, Rendered, trust};

/// What goes wrong at a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails, and was not done.
    Undone,
    /// It fails, and was done.
    Done,
    /// It is not done, and nothing after it.
    Dead,
    /// It is done, but nobody learns of it, and nothing after it.
    DeadDone,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [Self::Undone, Self::Done, Self::Dead, Self::DeadDone];
}

/// A place to publish to, and a reader who knows every edition that may be there.
pub(crate) struct Stage<'a> {
    pub(crate) memory: &'a Memory,
    pub(crate) clock: &'a TestClock,
    editions: Vec<&'a Rendered>,
    fault: Option<(usize, Fault)>,
    requests: AtomicUsize,
    pub(crate) injected: AtomicUsize,
    last: Mutex<Option<Seen>>,
}

/// The checkpoint that a reader saw last.
struct Seen {
    note: Vec<u8>,
    checkpoint: Checkpoint,
    manifest: Manifest,
}

/// A clock that goes on with each request, and when told to.
#[derive(Default)]
pub(crate) struct TestClock {
    seconds: AtomicI64,
    pub(crate) step: i64,
}

impl TestClock {
    pub(crate) fn new(step: i64) -> Self {
        Self { seconds: AtomicI64::new(1_000_000), step }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        Instant(self.seconds.load(Ordering::SeqCst))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.seconds.load(Ordering::SeqCst).unsigned_abs())
    }

    fn wait(&self, time: Duration) {
        self.pass(time.as_secs().cast_signed());
    }
}

impl<'a> Stage<'a> {
    pub(crate) fn new(memory: &'a Memory, clock: &'a TestClock, editions: &[&'a Rendered]) -> Self {
        Self {
            memory,
            clock,
            editions: editions.to_vec(),
            fault: None,
            requests: AtomicUsize::new(0),
            injected: AtomicUsize::new(0),
            last: Mutex::default(),
        }
    }

    pub(crate) fn with_fault(mut self, request: usize, fault: Fault) -> Self {
        self.fault = Some((request, fault));
        self
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn publish(&self, edition: &Edition, settings: &Settings) -> Result<Receipt, Stopped> {
        let publisher = Publisher { bucket: self, cdn: None, clock: self.clock, settings, progress: &|_| {} };
        let standing = Standing::read(&publisher)?;
        let plan = standing.plan(edition, &publisher)?;
        publish::apply(&plan, standing, edition, &publisher)
    }

    /// Does a request, or lets it go wrong.
    fn request<T>(&self, act: impl FnOnce() -> Result<T, Trouble>) -> Result<T, Trouble> {
        let at = self.requests.fetch_add(1, Ordering::SeqCst);
        self.clock.pass(self.clock.step);
        let Some((_, fault)) = self.fault.filter(|(from, fault)| match fault {
            Fault::Undone | Fault::Done => at == *from,
            Fault::Dead | Fault::DeadDone => at >= *from,
        }) else {
            return act();
        };
        self.injected.fetch_add(1, Ordering::SeqCst);
        if fault == Fault::Done || fault == Fault::DeadDone && Some(at) == self.fault.map(|(from, _)| from) {
            let _ = act();
        }
        Err(Trouble::Busy("it broke".to_owned()))
    }

    /// What must hold for readers at every moment.
    fn look(&self, changed: &str) {
        let objects = self.memory.objects();
        let bodies: BTreeMap<&str, &[u8]> = objects.iter().map(|(key, (bytes, _))| (key.as_str(), &**bytes)).collect();
        assert_eq!(self.memory.broken(), [""; 0]);
        for (key, body) in bodies.iter().filter(|(key, _)| !is_reserved(key)) {
            let known = self.editions.iter().filter_map(|edition| edition.documents.get(*key)).any(|(_, known)| known == body);
            assert!(known, "`{key}` is no edition's document");
        }
        let (mut todo, mut reached) = (vec!["index.html", "index.json", "v0.1/servers", "v0/servers"], BTreeSet::new());
        todo.retain(|key| bodies.contains_key(key));
        while let Some(key) = todo.pop().filter(|_| reached.len() < 1_000) {
            let body = bodies.get(key).unwrap_or_else(|| panic!("after `{changed}` a link leads to `{key}`, which is not there"));
            if reached.insert(key) {
                let text = std::str::from_utf8(body).expect("text");
                todo.extend(text.lines().filter_map(|line| line.strip_prefix("link ")));
            }
        }
        let Some(note) = bodies.get(CHECKPOINT) else { return };
        let mut last = self.last.lock().expect("one reader");
        if last.as_ref().is_none_or(|last| last.note != *note) {
            let seen = last.take();
            let next = follow(&bodies, note, seen.as_ref(), self.clock.now());
            // A new checkpoint is true when it appears; from then on, documents may be newer than it.
            if changed == CHECKPOINT && seen.is_none_or(|seen| seen.checkpoint.root != next.checkpoint.root) {
                for (key, line) in next.manifest.iter() {
                    let body = bodies.get(key).unwrap_or_else(|| panic!("`{key}` is in the manifest and not there"));
                    assert_eq!(line.sha256, Sha256::of(body), "`{key}` is not what the new checkpoint says");
                }
            }
            *last = Some(next);
        }
        for key in last.iter().flat_map(|last| last.manifest.keys()) {
            assert!(bodies.contains_key(key), "`{key}` is in the manifest and not there");
        }
    }
}

fn follow(bodies: &BTreeMap<&str, &[u8]>, note: &[u8], seen: Option<&Seen>, now: Instant) -> Seen {
    let checkpoint = Checkpoint::read(note, &trust()).expect("a signed checkpoint");
    let seen = seen.map(|seen| &seen.checkpoint);
    checkpoint.accept(BASE_URL, seen, now).expect("a checkpoint that readers follow");
    let root = bodies.get(key_of(&checkpoint.root).as_str()).expect("the root that a checkpoint names");
    let root = Root::parse(root, &checkpoint.root).expect("a root");
    let mut manifest = Manifest::default();
    for (at, shard) in root.shards.iter().enumerate() {
        let text = bodies.get(key_of(&shard.sha256).as_str()).expect("the shards that a root names");
        let shard = shard.parse(text, root.bits, at).expect("a shard");
        manifest = manifest.with(shard.iter().map(|(key, line)| (key, *line)));
    }
    Seen { note: note.to_vec(), checkpoint, manifest }
}

impl Bucket for Stage<'_> {
    fn get(&self, key: &str, most: usize) -> Result<Option<(Vec<u8>, Tag)>, Trouble> {
        self.request(|| self.memory.get(key, most))
    }

    fn put(&self, key: &str, body: &Body, headers: Headers, when: When) -> Result<Tag, Trouble> {
        self.request(|| {
            let tag = self.memory.put(key, body, headers, when)?;
            self.look(key);
            Ok(tag)
        })
    }

    fn delete(&self, key: &str) -> Result<(), Trouble> {
        self.request(|| {
            self.memory.delete(key)?;
            self.look(key);
            Ok(())
        })
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
        self.request(|| self.memory.list(prefix, each))
    }
}

/// The documents that lie in a bucket, without what publishers keep there for themselves.
pub(crate) fn documents(memory: &Memory) -> BTreeMap<String, (Headers, Vec<u8>)> {
    let objects = memory.objects().into_iter().filter(|(key, _)| !is_reserved(key));
    objects.map(|(key, (bytes, headers))| (key, (headers, bytes.to_vec()))).collect()
}

/// The keys at which two sites are not the same.
pub(crate) fn differing<'a>(
    one: &'a BTreeMap<String, (Headers, Vec<u8>)>,
    other: &'a BTreeMap<String, (Headers, Vec<u8>)>,
) -> Vec<&'a str> {
    let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    keys.into_iter().filter(|key| one.get(*key) != other.get(*key)).map(String::as_str).collect()
}
