//! Documents that are under way at the same time and end in any order: what holds for one after the other holds for them too, and
//! nothing that follows them is done before all of them have ended.

use std::{
    sync::{Condvar, Mutex},
    thread,
};

use gazette::{
    adapters::memory::Memory,
    ports::{Body, Bucket, Done, Headers, Tag, Trouble, When},
    publish::{self, CHECKPOINT, Edition, Publisher, Receipt, Settings, Standing, Stopped, state},
};

use super::{
    stage::{Fault, Stage, TestClock, differing, documents},
    world::{Rendered, World, settings},
};

/// A bucket that begins to put and goes on.
pub(super) struct Overlapping<'a> {
    stage: &'a Stage<'a>,
    begun: Mutex<Begun>,
    bell: Condvar,
}

struct Begun {
    waiting: Vec<(String, Body, Headers, bool, Done)>,
    /// How many were begun and have not ended.
    under_way: usize,
    most: usize,
    seed: usize,
    is_closed: bool,
}

/// Lets the threads go that do what was begun, also if a test fails.
struct Close<'a, 'b>(&'a Overlapping<'b>);

impl Drop for Close<'_, '_> {
    fn drop(&mut self) {
        self.0.begun.lock().expect("no thread panics with it").is_closed = true;
        self.0.bell.notify_all();
    }
}

/// Answers nothing any more once what was begun has failed a test, so that the publisher does not wait for it.
struct CloseAtPanic<'a, 'b>(&'a Overlapping<'b>);

impl Drop for CloseAtPanic<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            drop(Close(self.0));
            let left = std::mem::take(&mut self.0.begun.lock().expect("no thread panics with it").waiting);
            drop(left);
        }
    }
}

impl<'a> Overlapping<'a> {
    pub(super) fn new(stage: &'a Stage<'a>, seed: usize) -> Self {
        let begun = Begun { waiting: Vec::new(), under_way: 0, most: 0, seed, is_closed: false };
        Self { stage, begun: Mutex::new(begun), bell: Condvar::new() }
    }

    /// Does what was begun, in no order.
    fn work(&self) {
        let _close = CloseAtPanic(self);
        loop {
            let mut begun = self.begun.lock().expect("no thread panics with it");
            while begun.waiting.is_empty() && !begun.is_closed {
                begun = self.bell.wait(begun).expect("no thread panics with it");
            }
            if begun.waiting.is_empty() {
                return;
            }
            begun.seed = begun.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (begun.seed >> 33) % begun.waiting.len();
            let (key, body, headers, is_new, done) = begun.waiting.swap_remove(at);
            drop(begun);
            let put = self.stage.put(&key, &body, headers, if is_new { When::Absent } else { When::Always });
            self.begun.lock().expect("no thread panics with it").under_way -= 1;
            done.say(put);
        }
    }

    pub(super) fn publish(&self, edition: &Edition, settings: &Settings) -> Result<Receipt, Stopped> {
        let publisher = Publisher { bucket: self, cdn: None, clock: self.stage.clock, settings, progress: &|_| {} };
        thread::scope(|scope| {
            let _close = Close(self);
            (0..2).for_each(|_| drop(scope.spawn(|| self.work())));
            let standing = Standing::read(&publisher)?;
            let plan = standing.plan(edition, &publisher)?;
            publish::apply(&plan, standing, edition, &publisher)
        })
    }
}

impl Bucket for Overlapping<'_> {
    fn get(&self, key: &str, most: usize) -> Result<Option<(Vec<u8>, Tag)>, Trouble> {
        self.stage.get(key, most)
    }

    fn put(&self, key: &str, body: &Body, headers: Headers, when: When) -> Result<Tag, Trouble> {
        let gives_back = |bytes: &[u8]| state::State::parse(bytes).is_some_and(|state| state.lease.is_none());
        let Body::Bytes(bytes) = body else { unreachable!("everything here is in memory") };
        if key == CHECKPOINT || key == state::KEY && gives_back(bytes) {
            let under_way = self.begun.lock().expect("no thread panics with it").under_way;
            assert_eq!(under_way, 0, "`{key}` is put while documents are under way");
        }
        self.stage.put(key, body, headers, when)
    }

    fn begin_put(&self, key: &str, body: &Body, headers: Headers, when: When, done: Done) {
        let is_new = match when {
            When::Always => false,
            When::Absent => true,
            When::Still(_) => unreachable!("nobody goes on before a swap is done"),
        };
        let mut begun = self.begun.lock().expect("no thread panics with it");
        if begun.is_closed {
            return;
        }
        begun.waiting.push((key.to_owned(), body.clone(), headers, is_new, done));
        begun.under_way += 1;
        begun.most = begun.most.max(begun.under_way);
        self.bell.notify_one();
    }

    fn delete(&self, key: &str) -> Result<(), Trouble> {
        self.stage.delete(key)
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
        self.stage.list(prefix, each)
    }
}

fn several(holder: &str) -> Settings {
    Settings { width: 4, ..settings(holder, 0) }
}

#[test]
fn a_site_is_published_several_documents_at_a_time() {
    let (old, new) = (World::old().render(), World::new().render());
    let mut most = 0;
    for seed in 0..20 {
        let (memory, clock) = (Memory::default(), TestClock::new(1));
        for (edition, holder) in [(&old, "first"), (&new, "second")] {
            let stage = Stage::new(&memory, &clock, &[&old, &new]);
            let bucket = Overlapping::new(&stage, seed);
            let receipt = bucket.publish(&edition.edition(), &several(holder)).expect("published");
            let begun = bucket.begun.into_inner().expect("no thread panicked");
            most = most.max(begun.most);
            assert!(begun.most <= 4, "{} at a time", begun.most);
            let requests = receipt.requests;
            assert_eq!(requests.put + requests.get + requests.delete, stage.requests() as u64);
        }
        assert_eq!(differing(&documents(&memory), &new.documents), [""; 0]);
    }
    assert!(most > 1, "nothing was ever under way together");
}

/// Whatever lies there after a first publication that died is looked at, several documents at a time, and not refused.
#[test]
fn a_first_publication_that_died_is_finished() {
    let old = World::old().render();
    for seed in 0..20 {
        let (memory, clock) = (Memory::default(), TestClock::new(1));
        let stage = Stage::new(&memory, &clock, &[&old]).with_fault(12 + seed % 14, Fault::Dead);
        Overlapping::new(&stage, seed).publish(&old.edition(), &several("dying")).expect_err("it died");
        clock.pass(601);
        let stage = Stage::new(&memory, &clock, &[&old]);
        let receipt = Overlapping::new(&stage, seed).publish(&old.edition(), &several("after")).expect("published");
        assert_eq!(receipt.written.values().sum::<u64>(), old.documents.len() as u64);
        assert_eq!(differing(&documents(&memory), &old.documents), [""; 0]);
    }
}

#[test]
fn a_fault_while_others_are_under_way_is_survived() {
    let (old, new, newer) = (World::old().render(), World::new().render(), World::newer().render());
    let known: [&Rendered; 3] = [&old, &new, &newer];
    let mut injected = 0;
    for (before, dying) in [(None, &old), (Some(&old), &new)] {
        let lying = Memory::default();
        if let Some(before) = before {
            let clock = TestClock::new(1);
            Stage::new(&lying, &clock, &known).publish(&before.edition(), &settings("before", 0)).expect("published");
        }
        for fault in Fault::ALL {
            for request in 0.. {
                let (memory, clock) = (lying.clone(), TestClock::new(1));
                clock.pass(100_000);
                let stage = Stage::new(&memory, &clock, &known).with_fault(request, fault);
                let died = Overlapping::new(&stage, request).publish(&dying.edition(), &several("dying"));
                let receipt = died.as_ref().unwrap_or_else(|stopped| &stopped.receipt);
                let requests = receipt.requests;
                assert_eq!(requests.put + requests.get + requests.delete, stage.requests() as u64, "{fault:?} at {request}");
                if stage.requests() <= request {
                    died.expect("nothing went wrong");
                    break;
                }
                injected += 1;
                clock.pass(601);
                let stage = Stage::new(&memory, &clock, &known);
                Overlapping::new(&stage, request).publish(&newer.edition(), &several("after")).expect("the next run succeeds");
                assert_eq!(differing(&documents(&memory), &newer.documents), [""; 0], "{fault:?} at {request}");
            }
        }
    }
    println!("{injected} faults were injected while other requests were under way");
    assert!(injected > 200, "{injected} faults are too few to have visited every request");
}
