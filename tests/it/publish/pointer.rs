//! What a reader makes of a published site: a checkpoint that was tampered with, expired, stale or of somebody else, a manifest
//! that lies, documents that are not what it lists.

use gazette::{
    adapters::memory::Memory,
    checkpoint::{Checkpoint, Trust, note::Signer},
    digest::Sha256,
    finding::Verdict,
    instant::Instant,
    manifest::{Line, Manifest, Shards, key_of},
    ports::Clock,
    publish::CHECKPOINT,
    site::path::SitePath,
    verify::publication::{self, Pinned, Publication, Sample, Seed, Trusted, Wants},
};

use crate::loopback::Response;

use super::{
    front::{Front, answer, open, publish},
    stage::TestClock,
    world::{BASE_URL, World, signer, trust},
};

const SEED: Seed = Seed([7; 8]);
const DOCUMENT: &str = "v0.1/servers/com.example/echo/versions/latest";

struct Scene {
    memory: Memory,
    front: Front,
    wants: Wants,
}

/// A site that was published just now, and is as it should be.
fn scene() -> Scene {
    let (memory, clock) = (Memory::default(), TestClock::new(1));
    publish(&memory, &clock, &World::old().render());
    let Trust::Keys(keys) = trust() else { unreachable!("it is signed") };
    let wants = Wants {
        now: clock.now(),
        pinned: Pinned::Keys(keys),
        is_demanded: true,
        max_age: None,
        base_url: Some(BASE_URL.to_owned()),
        seen: None,
        sample: Sample::Of(100, SEED),
    };
    Scene { front: Front::snapshot(&memory), memory, wants }
}

impl Scene {
    fn look(&self) -> Publication {
        self.front.read(|reader| publication::look(&reader, &self.wants)).expect("it answers")
    }

    fn note(&self) -> String {
        String::from_utf8(self.memory.objects()[CHECKPOINT].0.to_vec()).expect("text")
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint::read(self.note().as_bytes(), &Trust::Anyone).expect("a checkpoint")
    }

    fn answer_checkpoint(&self, note: &str) {
        self.front.instead("/checkpoint", Response::new(200, note));
    }

    /// The site is answered with a manifest of somebody's making, under a checkpoint that is signed.
    fn answer_manifest(&self, lines: &Manifest) {
        let shards = Shards::of(lines);
        let root = shards.root.digest();
        self.front.instead(&format!("/{}", key_of(&root)), Response::new(200, shards.root.text()));
        for (at, shard) in shards.root.shards.iter().enumerate() {
            self.front.instead(&format!("/{}", key_of(&shard.sha256)), Response::new(200, shards.text(at)));
        }
        self.answer_checkpoint(&Checkpoint { root, ..self.checkpoint() }.sign(&[signer()]).expect("a note"));
    }
}

/// What stands against it, a line each.
fn against(publication: &Publication) -> String {
    let wrong = publication.checks.iter().filter(|check| check.verdict.is_some());
    wrong.map(|check| format!("{} | {} | {} | {}\n", check.message, check.asked, check.answer, check.help)).collect()
}

fn assert_against(scene: &Scene, expected: &[&str]) {
    let publication = scene.look();
    assert_eq!(publication.verdict(), Some(Verdict::Reject), "{expected:?}");
    assert!(!publication.holds());
    let said = against(&publication);
    for part in expected {
        assert!(said.contains(part), "{part} is not said:\n{said}");
    }
    assert!(publication.checks.iter().all(|check| check.verdict.is_none() || !check.help.is_empty()), "{said}");
}

#[test]
fn a_site_is_what_its_checkpoint_says() {
    let scene = scene();
    let publication = scene.look();
    assert_eq!((publication.verdict(), against(&publication)), (None, String::new()));
    assert_eq!(
        (publication.trusted, publication.signed_by.as_slice()),
        (Trusted::Pinned, &["registry.example.com".to_owned()][..])
    );
    assert_eq!(publication.listed, World::old().render().documents.len() as u64);
    assert_eq!(publication.compared, publication.listed);
    assert!(publication.holds());
    assert!(scene.front.asked().contains(&"/v0.1/servers/org.example/kept/versions/1.0.0+1".to_owned()));

    let few = Wants { sample: Sample::Of(3, SEED), ..scene.wants.clone() };
    let look = |wants: &Wants| scene.front.read(|reader| publication::look(&reader, wants)).expect("it answers");
    let before = scene.front.asked().len();
    assert_eq!(look(&few).compared, 4 + 3, "four documents that everybody reads, and three others");
    let first: std::collections::BTreeSet<String> = scene.front.asked()[before..].iter().cloned().collect();
    let between = scene.front.asked().len();
    look(&few);
    assert_eq!(first, scene.front.asked()[between..].iter().cloned().collect(), "the same ones each time");
    let others: std::collections::BTreeSet<String> = (1..=20)
        .flat_map(|seed| {
            let between = scene.front.asked().len();
            look(&Wants { sample: Sample::Of(3, Seed([seed; 8])), ..few.clone() });
            scene.front.asked()[between..].to_vec()
        })
        .collect();
    assert!(others.len() > first.len() + 3, "others with another seed");
    assert_eq!((publication.seed, look(&few).seed), (None, Some(SEED)), "where nothing is left out, nothing is drawn");
    assert_eq!(look(&Wants { sample: Sample::All, ..few }).compared, publication.listed);
}

#[test]
fn a_checkpoint_that_cannot_be_believed() {
    let scene = scene();
    let note = scene.note();
    scene.answer_checkpoint(&note.replace("serial 4", "serial 5"));
    assert_against(&scene, &["a signature on it is bad", "`registry.example.com`", "/checkpoint"]);
    let stranger = Signer::of("registry.example.com", [1; 32]).expect("a key");
    scene.answer_checkpoint(&scene.checkpoint().sign(&[stranger]).expect("a note"));
    assert_against(&scene, &["no trusted key has signed it"]);
    scene.answer_checkpoint(&scene.checkpoint().text());
    assert_against(&scene, &["it cannot be believed"]);
    scene.answer_checkpoint(&Checkpoint { publication: 0, ..scene.checkpoint() }.sign(&[signer()]).expect("a note"));
    assert_against(&scene, &["it calls itself publication 0"]);
    scene.answer_checkpoint(&scene.checkpoint().text());
    let asked = scene.front.asked().len();
    scene.look();
    assert!(scene.front.asked()[asked..].iter().all(|path| path == "/checkpoint"), "nothing that it names is asked for");
    scene.answer_checkpoint("<!doctype html><title>Hello</title>");
    assert_against(&scene, &["what is answered here is no checkpoint"]);
    scene.front.instead("/checkpoint", open(Response::new(404, "")));
    assert_against(&scene, &["there is no checkpoint", "gazette publish"]);
    scene.front.instead("/checkpoint", Response::new(500, ""));
    assert_against(&scene, &["the checkpoint could not be read", "500"]);
    scene.front.instead("/checkpoint", Response::new(200, vec![b'a'; 1 << 20]));
    assert_against(&scene, &["the checkpoint could not be read", "a body of more than 65,536 bytes"]);
}

#[test]
fn a_checkpoint_of_another_time_or_place() {
    let mut scene = scene();
    let checkpoint = scene.checkpoint();
    let now = scene.wants.now;
    scene.wants.now = Instant(checkpoint.expires.0 + 1);
    assert_against(&scene, &[&format!("it expired at {}", checkpoint.expires), "gazette nightly"]);
    scene.wants.now = Instant(checkpoint.time.0 - 7_200);
    assert_against(&scene, &[&format!("it says that it was written at {}", checkpoint.time), "clock"]);
    scene.wants.now = Instant(checkpoint.time.0 + 90_000);
    scene.wants.max_age = Some(86_400);
    assert_against(&scene, &[&format!("it was written at {}, 25 hours ago, and may be 24 hours old", checkpoint.time)]);
    scene.wants.max_age = Some(90_000);
    assert!(scene.look().holds(), "just old enough");
    (scene.wants.now, scene.wants.max_age) = (now, None);
    scene.wants.base_url = Some("https://other.example.com".to_owned());
    assert_against(
        &scene,
        &["it is the checkpoint of `https://registry.example.com`, and `https://other.example.com`", "base_url"],
    );
    scene.wants.base_url = None;
    assert!(scene.look().holds(), "on this machine a site is only tried out");
}

#[test]
fn whoever_saw_more_does_not_go_back() {
    let mut scene = scene();
    let seen = |publication: u64, root: Sha256| Some(Checkpoint { publication, root, ..scene.checkpoint() });
    let (older, forked) = (seen(2, Sha256::of(b"2")), seen(1, Sha256::of(b"2")));
    scene.wants.seen = older;
    assert_against(&scene, &["publication 2 was seen before, this is publication 1: a newer one was seen before"]);
    scene.wants.seen = forked;
    assert_against(&scene, &["another one of the same number was seen before"]);
    scene.wants.seen = Some(scene.checkpoint());
    assert!(scene.look().holds());
}

#[test]
fn keys_of_the_site_itself_prove_little() {
    let mut scene = scene();
    scene.wants.pinned = Pinned::Nothing;
    let unknown = scene.look();
    assert_eq!((unknown.verdict(), unknown.trusted), (Some(Verdict::Note), Trusted::Nobody));
    assert!(against(&unknown).contains("nothing proves who has published this"));
    let key = signer().verifier();
    scene.front.instead("/keys.txt", Response::new(200, format!("nonsense\n{key}\n")));
    let own = scene.look();
    assert_eq!((own.verdict(), own.trusted), (Some(Verdict::Note), Trusted::Own));
    assert!(
        against(&own).contains("which proves nothing about who that is") && against(&own).contains(&format!("--key '{key}'"))
    );
    let hostile = Signer::of("x';touch${IFS}y;'", [5; 32]).expect("a key");
    scene.answer_checkpoint(&scene.checkpoint().sign(std::slice::from_ref(&hostile)).expect("a note"));
    assert_against(&scene, &["no reader who knows the keys of `/keys.txt` believes it"]);
    scene.front.instead("/keys.txt", Response::new(200, format!("{}\n", hostile.verifier())));
    assert!(!against(&scene.look()).contains("touch"), "what people copy is harmless");

    let ours = |base_url: &str| Pinned::Registry { base_url: base_url.to_owned(), keys: vec![key.clone()] };
    scene.wants.pinned = ours(BASE_URL);
    assert_against(&scene, &["no trusted key has signed it"]);
    scene.wants.pinned = ours("https://other.example.com");
    assert_eq!(scene.look().trusted, Trusted::Own, "the keys of another registry say nothing");
    (scene.wants.pinned, scene.wants.is_demanded) = (Pinned::Nothing, false);
    for response in [
        Response::new(404, ""),
        Response::new(403, ""),
        Response::new(200, "<p>Hello"),
        Response::new(200, "{\"error\": \"not found\"}"),
    ] {
        scene.front.instead("/checkpoint", response);
        assert_eq!(scene.look(), Publication::default(), "most registries have none");
    }
    let theirs = ours("https://other.example.com");
    let unsigned = Pinned::Registry { base_url: BASE_URL.to_owned(), keys: Vec::new() };
    for (pinned, verdict) in [(ours(BASE_URL), Some(Verdict::Reject)), (theirs, None), (unsigned, None)] {
        scene.wants.pinned = pinned;
        for response in [Response::new(404, ""), Response::new(200, "<p>Hello")] {
            scene.front.instead("/checkpoint", response);
            assert_eq!(scene.look().verdict(), verdict, "a registry that signs has one: {:?}", scene.wants.pinned);
        }
    }
    scene.wants.pinned = Pinned::Nothing;
    for status in [429, 500] {
        scene.front.instead("/checkpoint", Response::new(status, ""));
        assert_eq!(scene.look().verdict(), Some(Verdict::Review), "nobody knows");
    }
    scene.front.instead("/checkpoint", Response::new(200, "gazette checkpoint v9\n"));
    assert_against(&scene, &["what is answered here is no checkpoint"]);
}

#[test]
fn a_manifest_that_is_lost_or_lies() {
    let scene = scene();
    let root = key_of(&scene.checkpoint().root);
    scene.front.instead(&format!("/{root}"), Response::new(404, ""));
    assert_against(&scene, &["the manifest's root, which the checkpoint names, is not there", &root, "--repair"]);
    scene.front.instead(&format!("/{root}"), Response::new(200, "{}\n"));
    assert_against(&scene, &["the manifest's root, which the checkpoint names, is not whole: its digest is"]);
    scene.front.times(0, &format!("/{root}"), Response::new(200, ""));
    let shard = Shards::of(&World::old().render().manifest).root.shards[0];
    scene.front.instead(&format!("/{}", key_of(&shard.sha256)), Response::new(404, ""));
    assert_against(&scene, &["a part of the manifest is not there", &shard.sha256.to_string()]);

    let line = Line::of(&SitePath::Robots, Sha256::of(b""), 0);
    let with = |key: &str, line: Line| World::old().render().manifest.with([(key, line)]);
    for key in ["../../etc/passwd", "a/%2e%2e/\u{7}b", "publisher/state.json", "https://elsewhere.example.com/", "a?b=c"] {
        scene.answer_manifest(&with(key, line));
        assert_against(&scene, &["which is no address of a site"]);
        assert!(!scene.front.asked().iter().any(|path| path.contains("passwd") || path.contains("state.json")), "{key}");
    }
    scene.answer_manifest(&with("v0.1/servers/com.example/huge/versions/latest", Line { size: u64::MAX / 2, ..line }));
    let huge = scene.look();
    assert_eq!(huge.compared, huge.listed - 1, "what is said to be endless is not asked for");

    let honest = Shards::of(&World::old().render().manifest).root.shards[0];
    let lying = gazette::manifest::Root { bits: 0, shards: vec![gazette::manifest::Shard { documents: 7, ..honest }] };
    scene.front.instead(&format!("/{}", key_of(&lying.digest())), Response::new(200, lying.text()));
    scene.front.times(0, &format!("/{}", key_of(&honest.sha256)), Response::new(200, ""));
    scene.answer_checkpoint(&Checkpoint { root: lying.digest(), ..scene.checkpoint() }.sign(&[signer()]).expect("a note"));
    assert_against(&scene, &["a part of the manifest lists", "and its root says 7"]);
}

#[test]
fn a_document_that_is_not_what_is_listed() {
    let scene = scene();
    let path = format!("/{DOCUMENT}");
    let (was, tampered) = (answer(&scene.memory, DOCUMENT), b"something else".to_vec());
    let listed = Sha256::of(&was.body).to_string();
    scene.front.instead(&path, Response { body: tampered.clone(), ..was.clone() });
    assert_against(
        &scene,
        &["these are not the bytes that publication 1 lists", &path, &Sha256::of(&tampered).to_string()[..16], &listed[..16]],
    );
    assert_eq!(scene.look().stale, 0);
    scene.front.instead(&path, Response::new(200, "<!doctype html>").with("content-type", "text/html"));
    assert_against(&scene, &["a page for people is answered where publication 1 lists JSON", "text/html"]);
    scene.front.instead(&path, Response::new(404, ""));
    assert_against(&scene, &["publication 1 lists it, and it is not there", "404"]);
    scene.front.instead(&path, Response::new(403, ""));
    assert_against(&scene, &["it is not given to everybody", "403"]);
    scene.front.instead(&path, Response::new(503, ""));
    assert_against(&scene, &["it could not be read", "503"]);
    let told = |content_type: &str, cache_control: &str| {
        open(Response::new(200, was.body.clone())).with("content-type", content_type).with("cache-control", cache_control)
    };
    scene.front.instead(&path, told("text/plain", "public, max-age=300"));
    assert_against(&scene, &["it is answered as `text/plain`, and is `application/json`", "Content-Type: application/json"]);
    scene.front.instead(&path, told("application/json", "max-age=86400"));
    let kept = scene.look();
    assert_eq!(kept.verdict(), Some(Verdict::Note));
    assert!(against(&kept).contains("it is answered with `Cache-Control: max-age=86400`"), "{}", against(&kept));
    scene.front.instead(&path, told("application/json; charset=utf-8", SitePath::Home.cache().control()));
    assert_eq!(scene.look().verdict(), None, "a parameter is no other type");
}

/// Of a body that is much too large, no more is read than tells that it is.
#[test]
fn a_document_that_does_not_end() {
    let scene = scene();
    let listed = answer(&scene.memory, DOCUMENT).body.len();
    let most = listed + listed / 2 + (64 << 10);
    for (size, said) in [
        (most, "200 OK, no Content-Type, 6".to_owned()),
        (most + 1, format!("a body of more than {},{:03} bytes; listed are", most / 1_000, most % 1_000)),
        (12 << 20, "; listed are".to_owned()),
    ] {
        scene.front.instead(&format!("/{DOCUMENT}"), Response::new(200, vec![b'{'; size]));
        assert_against(&scene, &["these are not the bytes that publication 1 lists", &said]);
    }
}

/// Bytes that an earlier publication lists are known, and old.
#[test]
fn a_document_that_a_cache_has_kept() {
    let (memory, clock) = (Memory::default(), TestClock::new(1));
    publish(&memory, &clock, &World::old().render());
    let kept = answer(&memory, DOCUMENT);
    let seen = Checkpoint::read(&memory.objects()[CHECKPOINT].0, &Trust::Anyone).expect("a checkpoint");
    let before = memory.clone();
    publish(&memory, &clock, &World::new().render());
    let mut scene = Scene { front: Front::snapshot(&memory), memory, ..scene() };
    scene.wants.now = clock.now();
    scene.front.instead(&format!("/{DOCUMENT}"), kept);
    assert_against(&scene, &["these are not the bytes that publication 2 lists"]);
    scene.wants.seen = Some(seen);
    let publication = scene.look();
    assert_eq!((publication.verdict(), publication.stale), (Some(Verdict::Review), 1));
    assert!(against(&publication).contains("it is still as publication 1 has it, not as publication 2"));
    let fresh = "v0.1/servers/org.example/fresh/versions/latest";
    scene.front.instead(&format!("/{fresh}"), Response::new(404, ""));
    assert_eq!(scene.look().stale, 2, "what was not there yet");
    let published = scene.checkpoint().time;
    scene.wants.now = Instant(published.0 + 300 + 60);
    assert_eq!(scene.look().verdict(), Some(Verdict::Review), "a cache may just still say so");
    scene.wants.now = Instant(published.0 + 300 + 61);
    assert_against(&scene, &["publication 2 lists it, and it is not there", fresh]);
    scene.wants.now = published;
    scene.front.instead(&format!("/{DOCUMENT}"), Response::new(200, "neither"));
    assert_against(&scene, &["these are not the bytes"]);

    // Documents come before the checkpoint: whoever reads between the two looks again.
    let scene = Scene { front: Front::snapshot(&scene.memory), ..scene };
    scene.front.times(1, "/checkpoint", answer(&before, CHECKPOINT));
    let publication = scene.look();
    assert_eq!(publication.verdict(), None, "{}", against(&publication));
    assert_eq!(publication.checkpoint.map(|checkpoint| checkpoint.publication), Some(2));
}
