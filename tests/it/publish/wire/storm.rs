//! Publishers in processes of their own that are killed, meet, or have a bad line, while a reader looks on. `GAZETTE_ROUNDS` sets how
//! often; few rounds are enough to see that nothing is broken for all.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::PathBuf,
    process::{Child, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use gazette::{plan::is_reserved, publish::state};

use super::{
    Ran, VERSION, checkpoint, command,
    line::{Line, Order},
    reader::{Documents, Edition, Reader},
    registry,
    server::{Objects, SECRET, Server},
};

/// A bucket behind a line, and three editions of a registry, each with a repository of its own.
struct Stage {
    server: Server,
    line: Line,
    _folder: tempfile::TempDir,
    repositories: Vec<PathBuf>,
    editions: Vec<Edition>,
    /// What lies there after each edition, and how many requests it takes to get there.
    calm: Vec<(Objects, usize)>,
}

impl Stage {
    fn set() -> Self {
        let server = Server::start();
        let line = Line::to(&server.address);
        let settings = super::SETTINGS.replace("ADDRESS", &line.address);
        let versions = ["1.0.0", "1.1.0+1", "2.0.0"];
        let commits: Vec<(&[&str], &str)> = (1..=3).map(|many| (&versions[..many], settings.as_str())).collect();
        let repo = registry(&commits);
        let folder = tempfile::tempdir().expect("a folder");
        let repositories: Vec<PathBuf> = (0..3).map(|at| folder.path().join(at.to_string())).collect();
        let mut stage = Self { server, line, _folder: folder, repositories, editions: Vec::new(), calm: Vec::new() };
        for (at, path) in stage.repositories.clone().iter().enumerate() {
            repo.git(&["clone", "--quiet", ".", &path.to_string_lossy()]);
            repo.git(&["-C", &path.to_string_lossy(), "checkout", "--quiet", "--detach", &format!("main~{}", 2 - at)]);
            let before = stage.server.requests();
            let published = stage.publish(at, &[]);
            assert_eq!(published.code, 0, "{}", published.text);
            stage.calm.push((stage.server.objects(), stage.server.requests() - before));
            stage.editions.push(Edition { documents: stage.documents(), root: checkpoint(&stage.server).root });
        }
        assert!(stage.editions[0].documents.contains_key(VERSION));
        stage
    }

    /// As it was right before an edition was published.
    fn back_before(&self, edition: usize) {
        let objects = edition.checked_sub(1).map(|before| self.calm[before].0.clone());
        self.server.set(objects.unwrap_or_default());
    }

    fn command(&self, edition: usize, args: &[&str]) -> std::process::Command {
        command(&self.repositories[edition], &[&["publish"], args].concat(), Some(SECRET))
    }

    fn publish(&self, edition: usize, args: &[&str]) -> Ran {
        Ran::of(&mut self.command(edition, args))
    }

    fn start(&self, edition: usize, args: &[&str]) -> Child {
        self.command(edition, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("gazette runs")
    }

    /// What lies there but what publishers keep for themselves, and what has left the site and waits.
    fn documents(&self) -> Documents {
        let (bodies, waiting) = (self.server.bodies(), self.state().map(|state| state.waiting).unwrap_or_default());
        let documents = bodies.into_iter().map(|(key, body)| (key["site/".len()..].to_owned(), body));
        documents.filter(|(key, _)| !is_reserved(key) && !waiting.contains_key(key.as_str())).collect()
    }

    /// Whether nobody has begun what is not ended.
    fn is_settled(&self) -> bool {
        self.state().is_none_or(|state| state.is_settled())
    }

    fn state(&self) -> Option<state::State> {
        let bytes = self.server.bodies().remove(&format!("site/{}", state::KEY))?;
        Some(state::State::parse(&bytes).expect("a state"))
    }

    fn holds(&self, edition: usize) {
        assert_eq!(checkpoint(&self.server).root, self.editions[edition].root);
        let (there, calm) = (self.documents(), &self.editions[edition].documents);
        let differs = |key: &&String| there.get(*key) != calm.get(*key);
        let differing: Vec<&String> = there.keys().chain(calm.keys()).filter(differs).collect();
        assert!(differing.is_empty(), "{differing:?} are not as a calm publication leaves them");
    }

    /// Does something while a reader looks on, who began after it was prepared; tells how often it looked.
    fn watched(&self, act: impl FnOnce()) -> usize {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let reader = scope.spawn(|| Reader::of(&self.server, &self.editions).watch(&is_over));
            let acted = catch_unwind(AssertUnwindSafe(act));
            is_over.store(true, Ordering::SeqCst);
            let looks = reader.join().expect("the reader has seen nothing wrong").looks;
            acted.map_or_else(|panic| resume_unwind(panic), |()| looks)
        })
    }
}

fn rounds(few: usize) -> usize {
    std::env::var("GAZETTE_ROUNDS").map_or(few, |rounds| rounds.parse().expect("a number"))
}

/// The same numbers in every run, without any order that one would see.
fn scattered(round: usize, below: usize) -> usize {
    let mixed = (round as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from((mixed ^ (mixed >> 29)) >> 32).expect("64 bits") % below
}

/// Wherever a publisher is killed, the next one leaves what a calm publication leaves.
#[test]
fn publishers_that_are_killed_leave_nothing_behind() {
    let stage = Stage::set();
    let rounds = rounds(4);
    let (mut unfinished, mut looks) = (0, 0);
    for round in 0..rounds {
        let edition = round % 3;
        stage.back_before(edition);
        looks += stage.watched(|| {
            let (from, takes) = (stage.server.requests(), stage.calm[edition].1);
            let jobs = ["1", "4", "64"][round / 3 % 3];
            let mut publisher = stage.start(edition, &["--jobs", jobs]);
            stage.server.wait_for(from + scattered(round, takes));
            publisher.kill().expect("it can be killed");
            publisher.wait().expect("it ends");
            unfinished += usize::from(!stage.is_settled());
            let next = stage.publish(edition, &["--force"]);
            assert_eq!(next.code, 0, "round {round}: {}", next.text);
            stage.holds(edition);
        });
    }
    println!("{rounds} publishers were killed, {unfinished} of them before their end; a reader looked {looks} times");
    assert!(unfinished * 2 > rounds, "most were killed too late");
}

/// Of two that start at once, one is told of the other, or comes after it.
#[test]
fn publishers_that_meet_leave_one_whole_result() {
    let stage = Stage::set();
    let rounds = rounds(3);
    let (mut refused, mut outdated, mut both, mut looks) = (0, 0, 0, 0);
    for round in 0..rounds {
        stage.back_before(1);
        looks += stage.watched(|| {
            let order = if round % 2 == 0 { [1, 2] } else { [2, 1] };
            let ran = order.map(|edition| stage.start(edition, &[])).map(Ran::end);
            let won = usize::try_from(checkpoint(&stage.server).serial).expect("small") - 1;
            stage.holds(won);
            let lost: Vec<&Ran> = ran.iter().filter(|ran| ran.code != 0).collect();
            match lost[..] {
                [] => both += 1,
                [one] if one.text.contains("another publisher") => refused += 1,
                // It began after the newer one had ended.
                [one] if one.text.contains("limit `history`") && won == 2 => outdated += 1,
                _ => panic!("round {round}: {:?}", ran.map(|ran| ran.text)),
            }
            let next = stage.publish(2, &[]);
            assert_eq!(next.code, 0, "round {round}: {}", next.text);
            stage.holds(2);
        });
    }
    println!(
        "of {rounds} races, {refused} refused one, in {both} one came after the other, in {outdated} the older came too late; \
         a reader looked {looks} times"
    );
}

/// Connections that break off in the middle, of what is asked as of what is answered, cost no more than another try.
#[test]
fn a_line_that_breaks_is_no_harm() {
    let stage = Stage::set();
    let rounds = rounds(3);
    let (mut cut, mut again, mut looks) = (0, 0, 0);
    for round in 0..rounds {
        let edition = round % 3;
        stage.back_before(edition);
        looks += stage.watched(|| {
            let orders: Vec<Order> = (0..24)
                .map(|at| match scattered(round * 24 + at, 3) {
                    0 => Order::CutAsked(1 + scattered(at + round, 6_000)),
                    1 => Order::CutAnswered(scattered(at + round, 900)),
                    _ => Order::Slow(60 + at),
                })
                .collect();
            stage.line.order(orders.iter().copied());
            let mut ran = stage.publish(edition, &["--jobs", "4"]);
            cut += orders.len() - stage.line.left();
            for _ in 0..3 {
                if ran.code == 0 {
                    break;
                }
                assert!(ran.code == 2 && ran.text.contains("help: "), "{}", ran.text);
                again += 1;
                ran = stage.publish(edition, &["--force"]);
            }
            assert_eq!(ran.code, 0, "round {round}: {}", ran.text);
            stage.holds(edition);
        });
    }
    println!(
        "in {rounds} publications {cut} connections were cut or slow; {again} had to be run again; a reader looked {looks} times"
    );
    assert!(cut > rounds, "hardly a connection was cut");
}

/// Neither an answer that does not begin nor one that does not end keeps a publisher for ever.
#[test]
#[ignore = "waits for as long as a line may be silent, more than a minute"]
fn a_line_that_falls_silent_is_left() {
    let stage = Stage::set();
    for silent_after in [500, 0] {
        stage.back_before(1);
        stage.line.order([Order::Stall(silent_after)]);
        let ran = stage.publish(1, &[]);
        assert!(ran.code == 0 && stage.line.left() == 0, "{}", ran.text);
        stage.holds(1);
    }
}
