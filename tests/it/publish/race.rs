//! Publishers that meet: one whole result is left, and the other is told what happened.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use gazette::{
    adapters::memory::Memory,
    instant::Instant,
    ports::{Body, Bucket, Clock, Headers, Tag, Trouble, When},
    publish::{self, Outcome, Publisher, Receipt, Settings, Standing, Stopped},
    site::path::{Wave, wave_of},
};

use super::{
    overlap::Overlapping,
    stage::{Fault, Stage, TestClock, differing, documents},
    world::{Rendered, World, settings},
};

#[test]
fn two_that_start_at_once_leave_one_whole_result() {
    let (old, new, newer) = (World::old().render(), World::new().render(), World::newer().render());
    let (mut both, mut refused) = (0, 0);
    for turn in 0..50 {
        let (memory, clock) = (Memory::default(), TestClock::new(0));
        Stage::new(&memory, &clock, &[&old]).publish(&old.edition(), &settings("before", 0)).expect("published");
        let stage = Stage::new(&memory, &clock, &[&old, &new, &newer]);
        let start = Barrier::new(2);
        let run = |rendered: &Rendered, holder: &str| {
            // Several requests at a time, so that no two turns are alike.
            let settings = Settings { width: 1 + turn % 4, ..settings(holder, 0) };
            start.wait();
            Overlapping::new(&stage, turn).publish(&rendered.edition(), &settings)
        };
        let (a, b) = thread::scope(|scope| {
            let a = scope.spawn(|| run(&new, "a"));
            let b = scope.spawn(|| run(&newer, "b"));
            (a.join().expect("no panic"), b.join().expect("no panic"))
        });
        let there = documents(&memory);
        let checkpoint = Standing::read(&publisher(&memory, &clock, &settings("reader", 0))).expect("a bucket").checkpoint;
        let serial = checkpoint.expect("a checkpoint").serial;
        match (a, b) {
            (Ok(_), Ok(_)) => both += 1,
            (Ok(_), Err(stopped)) => {
                assert!(is_told(&stopped), "{stopped}");
                assert!((&there, serial) == (&new.documents, 9), "not whole");
                refused += 1;
            }
            (Err(stopped), Ok(_)) => {
                assert!(is_told(&stopped), "{stopped}");
                assert!((&there, serial) == (&newer.documents, 12), "not whole");
                refused += 1;
            }
            (Err(a), Err(b)) => panic!("neither published: {a}; {b}"),
        }
        assert!((&there, serial) == (&new.documents, 9) || (&there, serial) == (&newer.documents, 12), "not whole");
    }
    println!("of 50 races, {refused} had one winner, and in {both} one came after the other");
    assert!(refused > 0, "no two publishers ever met");
}

fn publisher<'a>(memory: &'a Memory, clock: &'a TestClock, settings: &'a Settings) -> Publisher<'a> {
    Publisher { bucket: memory, cdn: None, clock, settings, progress: &|_| {} }
}

fn is_told(stopped: &Stopped) -> bool {
    stopped.error.contains("another publisher") && !stopped.help.is_empty()
}

/// A clock at which its owner falls asleep once; meanwhile something happens.
struct Sleepy<'a> {
    clock: &'a TestClock,
    looks: AtomicUsize,
    asleep_at: usize,
    meanwhile: &'a (dyn Fn() + Sync),
}

impl Clock for Sleepy<'_> {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn elapsed(&self) -> Duration {
        if self.looks.fetch_add(1, Ordering::SeqCst) == self.asleep_at {
            self.clock.pass(700);
            (self.meanwhile)();
        }
        self.clock.elapsed()
    }

    fn wait(&self, time: Duration) {
        self.clock.wait(time);
    }
}

/// A publisher is paused before every request in turn, long enough that another takes over, and wakes up after it.
#[test]
fn whoever_wakes_up_late_changes_nothing() {
    paused_everywhere(false);
}

#[test]
fn whoever_wakes_up_late_in_a_first_publication_changes_nothing() {
    paused_everywhere(true);
}

fn paused_everywhere(is_first: bool) {
    let (old, new, newer) = (World::old().render(), World::new().render(), World::newer().render());
    let (mut late, mut first) = (0, 0);
    for asleep_at in 0.. {
        let (memory, clock) = (Memory::default(), TestClock::new(1));
        if is_first {
            // What it has put is looked at by whoever comes next.
            let stage = Stage::new(&memory, &clock, &[&new]).with_fault(20, Fault::Dead);
            stage.publish(&new.edition(), &settings("before", 0)).expect_err("it died");
            clock.pass(601);
        } else {
            Stage::new(&memory, &clock, &[&old]).publish(&old.edition(), &settings("before", 0)).expect("published");
        }
        let stage = Stage::new(&memory, &clock, &[&old, &new, &newer]);
        let slept: Arc<AtomicUsize> = Arc::default();
        let meanwhile = || {
            stage.publish(&newer.edition(), &settings("awake", 0)).expect("it takes over");
            slept.fetch_add(1, Ordering::SeqCst);
        };
        let sleepy = Sleepy { clock: &clock, looks: AtomicUsize::new(0), asleep_at, meanwhile: &meanwhile };
        let result = run(&stage, &sleepy, &new);
        if slept.load(Ordering::SeqCst) == 0 {
            result.expect("nobody else was there");
            break;
        }
        match result {
            Err(stopped) => {
                assert!(is_told(&stopped), "{stopped}");
                assert_eq!(differing(&documents(&memory), &newer.documents), [""; 0], "asleep at {asleep_at}");
                late += 1;
            }
            // It had not begun when the other had ended, or had ended.
            Ok(receipt) => {
                assert_eq!(receipt.outcome, Outcome::Published);
                first += 1;
            }
        }
        clock.pass(601);
        let next = stage.publish(&old.edition(), &settings("next", 0));
        next.expect("whatever happened, the next run succeeds");
        assert_eq!(differing(&documents(&memory), &old.documents), [""; 0]);
    }
    println!("a publisher was paused at {} places, and woke up too late at {late}", late + first);
    assert!(late > 20, "paused at {late} places only");
}

/// A bucket whose reader falls asleep over the first document that it reads; meanwhile something happens.
struct Drowsy<'a> {
    stage: &'a Stage<'a>,
    slept: AtomicUsize,
    meanwhile: &'a (dyn Fn() + Sync),
}

impl Bucket for Drowsy<'_> {
    fn get(&self, key: &str, most: usize) -> Result<Option<(Vec<u8>, Tag)>, Trouble> {
        let read = self.stage.get(key, most);
        let is_document = matches!(read, Ok(Some(_))) && wave_of(key) == Wave::Versions;
        if is_document && self.slept.fetch_add(1, Ordering::SeqCst) == 0 {
            self.stage.clock.pass(700);
            (self.meanwhile)();
        }
        read
    }

    fn put(&self, key: &str, body: &Body, headers: Headers, when: When) -> Result<Tag, Trouble> {
        self.stage.put(key, body, headers, when)
    }

    fn delete(&self, key: &str) -> Result<(), Trouble> {
        self.stage.delete(key)
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
        self.stage.list(prefix, each)
    }
}

/// Between looking at what a dead publication has left and writing over it there is time enough for others.
#[test]
fn whoever_falls_asleep_over_a_document_does_not_write_over_it() {
    let (old, new, newer) = (World::old().render(), World::new().render(), World::newer().render());
    let (memory, clock) = (Memory::default(), TestClock::new(1));
    let stage = Stage::new(&memory, &clock, &[&old, &new, &newer]);
    let dying = Stage::new(&memory, &clock, &[&old]).with_fault(20, Fault::Dead);
    dying.publish(&old.edition(), &settings("dying", 0)).expect_err("it died");
    clock.pass(601);
    let meanwhile = || drop(stage.publish(&newer.edition(), &settings("awake", 0)).expect("it takes over"));
    let drowsy = Drowsy { stage: &stage, slept: AtomicUsize::new(0), meanwhile: &meanwhile };
    let stopped = run(&drowsy, &clock, &new).expect_err("it woke up too late");
    assert!(drowsy.slept.into_inner() > 0, "it never slept");
    assert!(is_told(&stopped), "{stopped}");
    assert_eq!(differing(&documents(&memory), &newer.documents), [""; 0]);
}

fn run(bucket: &dyn Bucket, clock: &dyn Clock, rendered: &Rendered) -> Result<Receipt, Stopped> {
    let settings = settings("sleepy", 0);
    let publisher = Publisher { bucket, cdn: None, clock, settings: &settings, progress: &|_| {} };
    let edition = rendered.edition();
    let standing = Standing::read(&publisher)?;
    let plan = standing.plan(&edition, &publisher)?;
    publish::apply(&plan, standing, &edition, &publisher)
}

#[test]
fn a_lease_keeps_others_away_until_it_ends_or_is_broken() {
    let (memory, clock, old, new) = (Memory::default(), TestClock::new(1), World::old().render(), World::new().render());
    let stage = || Stage::new(&memory, &clock, &[&old, &new]);
    stage().with_fault(8, Fault::Dead).publish(&old.edition(), &settings("dead", 0)).expect_err("it died");
    let stopped = stage().publish(&new.edition(), &settings("next", 0)).expect_err("the lease stands");
    assert!(stopped.error.contains("`dead`") && stopped.help.contains("--force"), "{stopped}");
    assert_eq!(stopped.receipt.requests.put, 0, "nothing was touched");
    let forced = Settings { force: true, ..settings("forced", 0) };
    stage().publish(&new.edition(), &forced).expect("published");
    assert_eq!(differing(&documents(&memory), &new.documents), [""; 0]);
}

/// Somebody renews the checkpoint, which needs no lease, while a publication is under way.
#[test]
fn a_checkpoint_that_was_renewed_meanwhile_is_numbered_after() {
    let (memory, clock, old, new) = (Memory::default(), TestClock::new(1), World::old().render(), World::new().render());
    let stage = Stage::new(&memory, &clock, &[&old, &new]);
    stage.publish(&old.edition(), &settings("before", 0)).expect("published");
    let settings_of = |holder: &str| settings(holder, 0);
    let (a, b) = (settings_of("a"), settings_of("b"));
    let (publisher, other) = (publisher(&memory, &clock, &a), publisher(&memory, &clock, &b));
    let (edition, same) = (new.edition(), old.edition());
    let renewing = Standing::read(&other).expect("a bucket");
    let plan = renewing.plan(&same, &other).expect("a plan");
    let standing = Standing::read(&publisher).expect("a bucket");
    let change = standing.plan(&edition, &publisher).expect("a plan");
    clock.pass(5);
    let renewed = publish::apply(&plan, renewing, &same, &other).expect("renewed");
    assert_eq!(renewed.publication, Some(2));
    let receipt = publish::apply(&change, standing, &edition, &publisher).expect("published");
    assert_eq!(receipt.publication, Some(3));
    assert_eq!(differing(&documents(&memory), &new.documents), [""; 0]);
}
