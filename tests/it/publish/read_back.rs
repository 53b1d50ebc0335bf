//! Reading back what was published: caches that keep the old for a while, or for ever, and hosts that answer otherwise.

use std::{collections::BTreeSet, sync::Mutex, time::Duration};

use gazette::{
    adapters::memory::Memory,
    checkpoint::{Checkpoint, Trust},
    digest::Sha256,
    finding::Verdict,
    ports::{Bucket, Clock},
    publish::{CHECKPOINT, read_back::Watch},
    verify::publication::{Pinned, Publication, Sample, Seed},
};

use crate::loopback::Response;

use super::{
    front::{Front, answer, publish},
    stage::TestClock,
    world::{BASE_URL, World, trust},
};

const DOCUMENT: &str = "v0.1/servers/com.example/echo/versions/latest";
const FRESH: &str = "v0.1/servers/org.example/fresh/versions/latest";

/// A second publication, and what lay there before it.
struct Night {
    before: Memory,
    after: Memory,
    front: Front,
    clock: TestClock,
    first: (u64, Sha256),
    second: (u64, Sha256),
}

fn night() -> Night {
    let (memory, clock) = (Memory::default(), TestClock::new(0));
    let first = publish(&memory, &clock, &World::old().render());
    let before = memory.clone();
    let second = publish(&memory, &clock, &World::new().render());
    Night { before, front: Front::snapshot(&memory), after: memory, clock, first, second }
}

struct Seen {
    publication: Publication,
    seconds: u64,
    told: usize,
}

impl Night {
    fn look(&self) -> Seen {
        self.look_while(|| at_target(&self.after))
    }

    fn look_while(&self, standing: impl Fn() -> Result<u64, String>) -> Seen {
        let Trust::Keys(keys) = trust() else { unreachable!("it is signed") };
        let (pinned, told) = (Pinned::Keys(keys), Mutex::new(0));
        let changed = BTreeSet::from([DOCUMENT, FRESH]);
        let began = self.clock.elapsed();
        let publication = self.front.read(|reader| {
            let watch = Watch {
                reader,
                clock: &self.clock,
                pinned: &pinned,
                earlier: &[self.first],
                changed: &changed,
                sample: Sample::Of(100, Seed([7; 8])),
                standing: &standing,
                told: &|_| *told.lock().expect("one thread") += 1,
            };
            watch.look(&self.second, BASE_URL).expect("it answers")
        });
        let seconds = self.clock.elapsed().saturating_sub(began).as_secs();
        Seen { publication, seconds, told: told.into_inner().expect("one thread") }
    }
}

/// What the bucket itself says stands there.
fn at_target(memory: &Memory) -> Result<u64, String> {
    let (note, _) = memory.get(CHECKPOINT, 1 << 16).map_err(|trouble| trouble.to_string())?.ok_or("none")?;
    Checkpoint::read(&note, &trust()).map(|said| said.publication).map_err(|why| why.to_string())
}

fn against(publication: &Publication) -> String {
    let wrong = publication.checks.iter().filter(|check| check.verdict.is_some());
    wrong.map(|check| format!("{} | {} | {}\n", check.message, check.asked, check.answer)).collect()
}

#[test]
fn what_readers_see_is_what_was_published() {
    let night = night();
    let Seen { publication, seconds, told } = night.look();
    assert_eq!((publication.verdict(), seconds, told), (None, 0, 0), "{}", against(&publication));
    assert_eq!(night.front.asked()[0], "/checkpoint", "the pointer first");
    assert!(publication.compared > 10 && publication.compared == publication.listed);
    assert!(night.front.asked().iter().any(|path| path.contains("gazette-asks-for-what-nobody-published")));
}

#[test]
fn what_a_cache_keeps_is_waited_for() {
    let night = night();
    night.front.times(3, "/checkpoint", answer(&night.before, CHECKPOINT));
    night.front.times(7, &format!("/{DOCUMENT}"), answer(&night.before, DOCUMENT));
    night.front.times(2, &format!("/{FRESH}"), Response::new(404, ""));
    night.front.times(1, "/v0.1/servers", Response::new(503, ""));
    let asked = night.front.asked().len();
    let Seen { publication, seconds, told } = night.look();
    assert_eq!(publication.verdict(), None, "{}", against(&publication));
    assert_eq!((seconds, told), (5 * (3 + 7), 2), "each is told once");
    let again = night.front.asked()[asked..].iter().filter(|path| **path == "/index.html").count();
    assert_eq!(again, 1, "what is right is not asked for again");
}

#[test]
fn what_a_cache_never_lets_go_of_is_a_failure() {
    let night = night();
    night.front.instead(&format!("/{DOCUMENT}"), answer(&night.before, DOCUMENT));
    let Seen { publication, seconds, .. } = night.look();
    assert_eq!((publication.verdict(), publication.stale), (Some(Verdict::Reject), 1));
    assert!(
        against(&publication).contains("it is still as publication 1 has it, not as publication 2"),
        "{}",
        against(&publication)
    );
    assert_eq!(seconds, 300 + 60, "as long as it may be kept, and a minute");

    let night = self::night();
    night.front.instead("/checkpoint", answer(&night.before, CHECKPOINT));
    let Seen { publication, seconds, .. } = night.look();
    assert_eq!((publication.verdict(), seconds), (Some(Verdict::Reject), 120));
    assert!(against(&publication).contains("readers still see publication 1, not publication 2"), "{}", against(&publication));
}

#[test]
fn unknown_bytes_fail_at_once() {
    let night = night();
    night.front.instead(&format!("/{DOCUMENT}"), Response { body: b"neither".to_vec(), ..answer(&night.after, DOCUMENT) });
    night.front.instead(&format!("/{FRESH}"), Response::new(404, ""));
    let Seen { publication, seconds, .. } = night.look();
    assert_eq!((publication.verdict(), seconds), (Some(Verdict::Reject), 0));
    assert!(against(&publication).contains("these are not the bytes that publication 2 lists"), "{}", against(&publication));

    let night = self::night();
    let gone = "v0.1/servers/com.example/echo/versions/1.1.0";
    night.front.instead(&format!("/{gone}"), Response::new(404, ""));
    let Seen { publication, seconds, .. } = night.look();
    assert_eq!((publication.verdict(), seconds), (Some(Verdict::Reject), 0), "it was there before, too");
}

#[test]
fn a_host_has_manners() {
    let night = night();
    let nobody = "/v0.1/servers/com.example/gazette-asks-for-what-nobody-published/versions/latest";
    for (status, message) in [(403, "is answered with 403"), (200, "as if it were there"), (500, "is answered with 500")] {
        night.front.instead(nobody, Response::new(status, "<p>"));
        let Seen { publication, .. } = night.look();
        assert_eq!(publication.verdict(), Some(Verdict::Reject));
        assert!(against(&publication).contains(message), "{}", against(&publication));
    }
    let night = self::night();
    for key in night.after.objects().keys() {
        let closed = answer(&night.after, key).without("access-control-allow-origin");
        night.front.instead(&format!("/{key}"), closed);
    }
    let Seen { publication, .. } = night.look();
    assert_eq!(publication.verdict(), Some(Verdict::Reject));
    assert!(against(&publication).contains("`Access-Control-Allow-Origin`"), "{}", against(&publication));
}

#[test]
fn whoever_was_followed_has_nothing_to_say() {
    let night = night();
    let ours = answer(&night.after, CHECKPOINT);
    publish(&night.after, &night.clock, &World::newer().render());
    let night = Night { front: Front::snapshot(&night.after), ..night };
    let Seen { publication, seconds, .. } = night.look();
    assert_eq!((publication.verdict(), seconds), (None, 0), "{}", against(&publication));
    assert!(publication.checks.iter().any(|check| check.message.contains("publication 3 has followed")));
    night.front.times(1, "/checkpoint", ours);
    let Seen { publication, .. } = night.look();
    assert_eq!((publication.verdict(), publication.compared), (None, 0), "{}", against(&publication));
    assert!(publication.checks.iter().any(|check| check.message.contains("publication 3 has followed")));
    // The checkpoint is the last that changes.
    night.front.times(2, "/checkpoint", answer(&night.before, CHECKPOINT));
    assert_eq!(night.look().seconds, Duration::from_secs(10).as_secs());
}

/// Another site of the same name and key, which has published more often.
#[test]
fn readers_of_another_site_do_not_see_this_one() {
    let night = night();
    let before = night.after.clone();
    publish(&night.after, &night.clock, &World::newer().render());
    let night = Night { front: Front::snapshot(&night.after), ..night };
    for (standing, said) in [
        (at_target(&before), "readers see publication 3 of another site: at the target stands 2"),
        (Err("busy: 503".to_owned()), "readers see publication 3, and what stands at the target could not be read: busy: 503"),
    ] {
        let Seen { publication, seconds, .. } = night.look_while(|| standing.clone());
        assert_eq!((publication.verdict(), seconds, publication.compared), (Some(Verdict::Reject), 0, 0));
        assert!(against(&publication).contains(said), "{}", against(&publication));
    }
}
