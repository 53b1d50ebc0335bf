//! A fault at every request of a publication, then another run: readers never notice, and the result is as if nothing had been.

use std::collections::BTreeMap;

use gazette::{adapters::memory::Memory, publish::state};

use super::{
    stage::{Fault, Stage, TestClock, differing, documents},
    world::{Rendered, World, settings},
};

/// Until the lease of a publisher that died has run out.
const LEASE: i64 = 601;

struct Night<'a> {
    before: Option<&'a Rendered>,
    dying: &'a Rendered,
    after: &'a Rendered,
    known: Vec<&'a Rendered>,
    /// Seconds that pass with each request.
    step: i64,
    grace: i64,
}

impl Night<'_> {
    /// What lies there before the night.
    fn begin(&self) -> (Memory, TestClock) {
        let (memory, clock) = (Memory::default(), TestClock::new(self.step));
        if let Some(before) = self.before {
            Stage::new(&memory, &clock, &self.known).publish(&before.edition(), &settings("before", 0)).expect("published");
        }
        (memory, clock)
    }

    /// A fault at every request, until there are no more requests; how many faults there were.
    fn survive(&self) -> usize {
        let mut injected = 0;
        let (before, _) = self.begin();
        for fault in Fault::ALL {
            for request in 0.. {
                let (memory, clock) = (before.clone(), TestClock::new(self.step));
                clock.pass(100_000);
                let stage = Stage::new(&memory, &clock, &self.known).with_fault(request, fault);
                let died = stage.publish(&self.dying.edition(), &settings("dying", self.grace));
                if stage.requests() <= request {
                    died.expect("nothing went wrong");
                    break;
                }
                injected += 1;
                if let Err(stopped) = died {
                    assert!(!stopped.help.is_empty() && stopped.receipt.message.is_some(), "{stopped}");
                }
                self.recover(&memory, &clock);
            }
        }
        injected
    }

    fn recover(&self, memory: &Memory, clock: &TestClock) {
        clock.pass(LEASE);
        let stage = Stage::new(memory, clock, &self.known);
        stage.publish(&self.after.edition(), &settings("after", self.grace)).expect("the next run succeeds");
        self.is_as_if_nothing_had_been(memory);
    }

    fn is_as_if_nothing_had_been(&self, memory: &Memory) {
        let state = state::State::parse(&memory.objects()[state::KEY].0).expect("a state");
        assert!(state.is_settled(), "{state:?}");
        let mut there = documents(memory);
        if self.grace > 0 {
            there.retain(|key, _| !state.waiting.contains_key(key.as_str()));
        } else {
            assert_eq!(state.waiting, BTreeMap::new());
        }
        assert_eq!(differing(&there, &self.after.documents), [""; 0]);
    }
}

#[test]
fn a_publication_survives_a_fault_at_every_request() {
    let (old, new, newer) = (World::old().render(), World::new().render(), World::newer().render());
    let known = vec![&old, &new, &newer];
    let mut injected = 0;
    for (before, dying) in [(None, &old), (Some(&old), &new), (Some(&new), &newer), (Some(&new), &new)] {
        for after in &known {
            injected += Night { before, dying, after, known: known.clone(), step: 1, grace: 0 }.survive();
        }
    }
    for after in &known {
        // Requests that last long make the lease be renewed between them.
        for (step, grace) in [(1, 100_000), (100, 0)] {
            injected += Night { before: Some(&old), dying: &new, after, known: known.clone(), step, grace }.survive();
        }
    }
    println!("{injected} faults were injected, one to a publication");
    assert!(injected > 1_500, "{injected} faults are too few to have visited every request");
}

/// Publishers that die one after the other, towards different sites.
#[test]
fn a_publication_survives_two_that_died() {
    let (old, new, newer) = (World::old().render(), World::new().render(), World::newer().render());
    let known = vec![&old, &new, &newer];
    let mut injected = 0;
    for (after, kind) in [(&old, Fault::Dead), (&newer, Fault::DeadDone)] {
        let night = Night { before: Some(&old), dying: &new, after, known: known.clone(), step: 1, grace: 0 };
        let requests = |rendered: &Rendered| {
            let (memory, clock) = night.begin();
            let stage = Stage::new(&memory, &clock, &known);
            stage.publish(&rendered.edition(), &settings("p", 0)).expect("published");
            stage.requests()
        };
        let (before, _) = night.begin();
        for first in 0..requests(&new) {
            for second in (first % 2..requests(&newer) + 4).step_by(2) {
                let (memory, clock) = (before.clone(), TestClock::new(1));
                clock.pass(100_000);
                let stage = Stage::new(&memory, &clock, &known).with_fault(first, kind);
                let _ = stage.publish(&new.edition(), &settings("first", 0));
                clock.pass(LEASE);
                let stage = Stage::new(&memory, &clock, &known).with_fault(second, kind);
                let _ = stage.publish(&newer.edition(), &settings("second", 0));
                night.recover(&memory, &clock);
                injected += 2;
            }
        }
    }
    println!("{injected} faults were injected, two to a publication");
    assert!(injected > 1_500, "{injected} faults are too few to have visited every request");
}

#[test]
fn ten_publishers_in_a_row_die() {
    let worlds = [World::old().render(), World::new().render(), World::newer().render()];
    let known: Vec<&Rendered> = worlds.iter().collect();
    let (memory, clock) = (Memory::default(), TestClock::new(1));
    Stage::new(&memory, &clock, &known).publish(&worlds[0].edition(), &settings("before", 0)).expect("published");
    for turn in 0..10 {
        let stage = Stage::new(&memory, &clock, &known).with_fault(20 + turn, Fault::DeadDone);
        stage.publish(&worlds[(1 + turn) % 3].edition(), &settings(&format!("turn {turn}"), 0)).expect_err("it died");
        clock.pass(LEASE);
    }
    Stage::new(&memory, &clock, &known).publish(&worlds[1].edition(), &settings("after", 0)).expect("published");
    assert_eq!(differing(&documents(&memory), &worlds[1].documents), [""; 0]);
}
