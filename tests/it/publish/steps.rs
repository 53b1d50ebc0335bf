//! What a publication does when nothing goes wrong: how many requests, in which order, and what is left for the next.

use std::sync::Mutex;

use gazette::{
    adapters::memory::Memory,
    checkpoint::Checkpoint,
    plan::Put,
    ports::{Bucket, Cdn, Clock, Trouble},
    publish::{self, CHECKPOINT, Document, Edition, Outcome, Publisher, Source, Standing, To, gc, state},
};

use super::{
    stage::{Stage, TestClock, differing, documents},
    world::{Rendered, World, settings, trust},
};

fn state(memory: &Memory) -> state::State {
    let (bytes, _) = memory.get(state::KEY, usize::MAX).expect("memory answers").expect("a state");
    state::State::parse(&bytes).expect("a state")
}

fn checkpoint(memory: &Memory) -> Checkpoint {
    let (bytes, _) = memory.get(CHECKPOINT, usize::MAX).expect("memory answers").expect("a checkpoint");
    Checkpoint::read(&bytes, &trust()).expect("a checkpoint")
}

#[test]
fn a_site_is_published_renewed_and_changed() {
    let (memory, clock, old, new) = (Memory::default(), TestClock::new(1), World::old().render(), World::new().render());
    let stage = Stage::new(&memory, &clock, &[&old, &new]);
    let first = stage.publish(&old.edition(), &settings("first", 0)).expect("published");
    assert_eq!((first.outcome, first.publication), (Outcome::Published, Some(1)));
    assert_eq!(first.written["new"], old.documents.len() as u64);
    assert_eq!(differing(&documents(&memory), &old.documents), [""; 0]);
    assert_eq!(checkpoint(&memory).serial, 4);

    let again = Stage::new(&memory, &clock, &[&old]);
    let renewed = again.publish(&old.edition(), &settings("second", 0)).expect("renewed");
    assert_eq!((renewed.outcome, renewed.publication), (Outcome::Renewed, Some(2)));
    let requests = renewed.requests;
    assert_eq!((requests.get, requests.put, requests.delete, requests.list), (3, 1, 0, 0), "a quiet night");

    let changed = Stage::new(&memory, &clock, &[&old, &new]);
    let third = changed.publish(&new.edition(), &settings("third", 0)).expect("published");
    assert_eq!((third.outcome, third.publication), (Outcome::Published, Some(3)));
    assert_eq!(differing(&documents(&memory), &new.documents), [""; 0]);
    let stays = old.documents.iter().filter(|(key, document)| new.documents.get(*key) == Some(document)).count();
    assert_eq!(third.unchanged, stays as u64);
    // State, checkpoint, root, one shard; lease, shard, root, intent, checkpoint, end.
    assert_eq!(third.requests.get, 4);
    assert_eq!(third.requests.put, (new.documents.len() - stays) as u64 + 6);
    assert_eq!(third.requests.list, 0);
    assert!(state(&memory).is_settled());
}

/// A source that does not give what was planned.
#[derive(Debug)]
struct Faulty<'a>(&'a Rendered, Fault);

#[derive(Clone, Copy, Debug)]
enum Fault {
    OtherBytes,
    TooEarly,
    TooFew,
    Twice,
}

impl Source for Faulty<'_> {
    fn give(&self, wanted: &[Put], later: &[Put], to: &To) -> anyhow::Result<()> {
        let Self(rendered, fault) = self;
        match fault {
            Fault::TooFew => rendered.give(&wanted[1..], later, to),
            Fault::Twice => {
                rendered.give(&wanted[..1], later, to)?;
                rendered.give(&wanted[..wanted.len() - 1], later, to)
            }
            Fault::TooEarly => rendered.give(later, &[], to),
            Fault::OtherBytes => rendered.give(wanted, later, &|document| {
                let body = b"other bytes".to_vec();
                to(Document { sha256: gazette::digest::Sha256::of(&body), body: body.into(), ..document })
            }),
        }
    }
}

#[test]
fn what_is_rendered_otherwise_than_planned_is_not_published() {
    let old = World::old().render();
    for (fault, why) in [
        (Fault::OtherBytes, "was rendered otherwise than planned"),
        (Fault::TooEarly, "was rendered otherwise than planned"),
        (Fault::Twice, "was rendered twice"),
        (Fault::TooFew, "documents were rendered where"),
    ] {
        let (memory, clock) = (Memory::default(), TestClock::new(1));
        let faulty = Faulty(&old, fault);
        let edition = Edition { source: &faulty, ..old.edition() };
        let stopped = Stage::new(&memory, &clock, &[&old]).publish(&edition, &settings("p", 0)).expect_err("it is noticed");
        assert!(stopped.error.contains(why), "{fault:?}: {stopped}");
        let lying = documents(&memory);
        assert!(lying.iter().all(|(key, document)| old.documents.get(key) == Some(document)), "{fault:?}");
        assert!(memory.get(CHECKPOINT, usize::MAX).expect("memory answers").is_none(), "{fault:?}");
    }
}

#[test]
fn what_left_waits_and_what_was_deleted_does_not() {
    let (memory, clock, old, new) = (Memory::default(), TestClock::new(1), World::old().render(), World::new().render());
    let publish = |edition: &Rendered, grace| {
        Stage::new(&memory, &clock, &[&old, &new]).publish(&edition.edition(), &settings("p", grace)).expect("published")
    };
    publish(&old, 600);
    let receipt = publish(&new, 600);
    let there = documents(&memory);
    assert!(!there.contains_key("v0.1/servers/com.example/echo/versions/1.0.0"), "deleted at once");
    assert!(there.contains_key("v0.1/servers/com.example/gone/versions/1.0.0"), "readers may still come");
    assert_eq!(receipt.waiting, state(&memory).waiting.len() as u64);
    clock.pass(300);
    assert_eq!(publish(&new, 600).outcome, Outcome::Renewed);
    clock.pass(301);
    let late = publish(&new, 600);
    assert_eq!((late.outcome, late.deleted), (Outcome::Published, receipt.waiting));
    assert_eq!(differing(&documents(&memory), &new.documents), [""; 0]);
    assert!(state(&memory).waiting.is_empty());
}

/// A CDN that writes down what it was told.
#[derive(Default)]
struct Told {
    paths: Mutex<Vec<String>>,
    is_broken: bool,
}

impl Cdn for Told {
    fn purge(&self, paths: &[String]) -> Result<(), Trouble> {
        if self.is_broken {
            return Err(Trouble::Busy("too many".to_owned()));
        }
        self.paths.lock().expect("one thread").extend_from_slice(paths);
        Ok(())
    }
}

#[test]
fn a_cdn_that_failed_is_told_the_next_time() {
    let (memory, clock, old, new) = (Memory::default(), TestClock::new(1), World::old().render(), World::new().render());
    let publish = |rendered: &Rendered, cdn: &Told| {
        let settings = settings("p", 0);
        let publisher = Publisher { bucket: &memory, cdn: Some(cdn), clock: &clock, settings: &settings, progress: &|_| {} };
        let edition = rendered.edition();
        let standing = Standing::read(&publisher).expect("a bucket");
        let plan = standing.plan(&edition, &publisher).expect("a plan");
        publish::apply(&plan, standing, &edition, &publisher)
    };
    let told = Told::default();
    publish(&old, &told).expect("published");
    assert!(told.paths.lock().expect("one thread").is_empty(), "nothing was there before");
    let stopped = publish(&new, &Told { is_broken: true, ..Told::default() }).expect_err("the CDN is broken");
    assert!(stopped.error.contains("CDN"), "{stopped}");
    assert_eq!(differing(&documents(&memory), &new.documents), [""; 0], "readers have the site all the same");
    publish(&new, &told).expect("published");
    let paths = told.paths.into_inner().expect("one thread");
    for path in [
        "/v0.1/servers",
        "/",
        "/v0.1/servers/com.example/echo/versions/1.0.0",
        "/v0.1/servers/org.example/kept/versions/1.0.0%2B1",
    ] {
        assert!(paths.iter().any(|told| told == path), "{path}: {paths:?}");
    }
    assert!(!paths.iter().any(|path| path.contains("2.0.0") || path.contains(' ')), "{paths:?}");
}

#[test]
fn a_cdn_is_told_addresses_as_readers_ask_for_them() {
    let (memory, clock, told) = (Memory::default(), TestClock::new(1), Told::default());
    let mut worlds = [World::old().render(), World::new().render()];
    for world in &mut worlds {
        "https://example.com/mcp/registry".clone_into(&mut world.facts.base_url);
        let (settings, edition) = (settings("p", 0), world.edition());
        let publisher = Publisher { bucket: &memory, cdn: Some(&told), clock: &clock, settings: &settings, progress: &|_| {} };
        let standing = Standing::read(&publisher).expect("a bucket");
        let plan = standing.plan(&edition, &publisher).expect("a plan");
        publish::apply(&plan, standing, &edition, &publisher).expect("published");
    }
    let paths = told.paths.into_inner().expect("one thread");
    assert!(paths.iter().any(|path| path == "/mcp/registry/v0.1/servers"), "{paths:?}");
    assert!(paths.iter().all(|path| path.starts_with("/mcp/registry/")), "{paths:?}");
}

#[test]
fn what_no_publication_needs_is_collected() {
    let (memory, clock) = (Memory::default(), TestClock::new(1));
    let worlds = [World::old().render(), World::new().render(), World::newer().render()];
    let stage = Stage::new(&memory, &clock, &worlds.each_ref());
    for world in &worlds {
        stage.publish(&world.edition(), &settings("p", 0)).expect("published");
    }
    let settings = settings("gc", 0);
    let publisher = Publisher { bucket: &memory, cdn: None, clock: &clock, settings: &settings, progress: &|_| {} };
    let stray = format!("manifest/{}.json", gazette::digest::Sha256::of(b"stray"));
    for key in [&*stray, "manifest/notes.json", "elsewhere"] {
        let headers = gazette::ports::Headers { content_type: "text/plain", cache_control: "no-store" };
        memory.put(key, &b"stray".to_vec().into(), headers, gazette::ports::When::Always).expect("memory answers");
    }
    let standing = Standing::read(&publisher).expect("a bucket");
    assert_eq!(gc::unneeded(&standing, &publisher).expect("a list"), [stray]);
    let before = memory.objects().len();
    let receipt = gc::collect(standing, &publisher).expect("collected");
    assert_eq!((receipt.deleted, memory.objects().len()), (1, before - 1));
    assert_eq!(state(&memory).roots.len(), 3, "what can be rolled back to is kept");
    assert!(clock.now() > gazette::instant::Instant(0));
}

#[test]
fn what_is_lost_is_written_again() {
    let (memory, clock, old) = (Memory::default(), TestClock::new(1), World::old().render());
    let publish = |repair| {
        let settings = publish::Settings { repair, ..settings("p", 0) };
        let publisher = Publisher { bucket: &memory, cdn: None, clock: &clock, settings: &settings, progress: &|_| {} };
        let edition = old.edition();
        let standing = Standing::read(&publisher)?;
        let plan = standing.plan(&edition, &publisher)?;
        publish::apply(&plan, standing, &edition, &publisher)
    };
    publish(false).expect("published");
    memory.delete("v0.1/servers").expect("memory answers");
    assert_eq!(publish(false).expect("published").outcome, Outcome::Renewed, "nothing tells that it is gone");
    let receipt = publish(true).expect("repaired");
    assert_eq!(receipt.written["repair"], old.documents.len() as u64);
    assert_eq!(differing(&documents(&memory), &old.documents), [""; 0]);

    let root = gazette::manifest::key_of(&checkpoint(&memory).root);
    memory.delete(&root).expect("memory answers");
    let stopped = publish(false).expect_err("the manifest is lost");
    assert!(stopped.error.contains(&root) && stopped.help.contains("--repair"), "{stopped}");
    publish(true).expect("repaired");
    assert_eq!(publish(false).expect("published").outcome, Outcome::Renewed);
}

/// However often it is tried, and whatever publications that stopped have left.
#[test]
fn what_somebody_else_has_put_there_is_never_written_over() {
    let (memory, clock, key) = (Memory::default(), TestClock::new(1), "v0/servers");
    let headers = gazette::ports::Headers { content_type: "text/plain", cache_control: "no-store" };
    memory.put(key, &b"mine".to_vec().into(), headers, gazette::ports::When::Always).expect("memory answers");
    let publish = |turn: usize, overwrite| {
        let mut rendered = World::old().render();
        let text = format!("turn {turn}, which is no other").into_bytes();
        let sha256 = gazette::digest::Sha256::of(&text);
        let line = gazette::manifest::Line {
            sha256,
            size: text.len() as u64,
            ..*rendered.manifest.get("index.html").expect("a document")
        };
        rendered.manifest = rendered.manifest.with([("index.html", line)]);
        rendered.documents.get_mut("index.html").expect("a document").1 = text;
        let settings = publish::Settings { overwrite, ..settings("p", 0) };
        let publisher = Publisher { bucket: &memory, cdn: None, clock: &clock, settings: &settings, progress: &|_| {} };
        let edition = rendered.edition();
        let standing = Standing::read(&publisher)?;
        let plan = standing.plan(&edition, &publisher)?;
        assert_eq!(plan.foreign, None, "what stopped publications have left is known");
        publish::apply(&plan, standing, &edition, &publisher)
    };
    for turn in 0..=state::INTENTS_MAX + 1 {
        let stopped = publish(turn, false).expect_err("it is not gazette's");
        assert!(stopped.error.contains(key) && stopped.help.contains("--allow foreign"), "{stopped}");
    }
    assert_eq!(*memory.objects()[key].0, *b"mine");
    assert!(publish(0, true).is_ok());
    assert_ne!(*memory.objects()[key].0, *b"mine");
}
