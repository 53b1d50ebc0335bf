//! Builds that die, meet each other, or meet a disk that takes no more.

use std::{
    fs::{self, File as Lock},
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use super::{at, build, built, config, entry, names_like, put, same, story};
use crate::{
    gazette::{command, run},
    repo::{File, Repo},
    site::tree,
};

/// Two states of a registry that differ in every document: some servers leave, some come, all others change.
fn states() -> [Vec<File>; 2] {
    let server = |at: usize, says: &str| entry(&format!("com.example/s{at}"), "1.0.0", says);
    [
        std::iter::once(config("")).chain((0..12).map(|at| server(at, "One."))).collect(),
        std::iter::once(config("[site]\nplain = false\n")).chain((4..16).map(|at| server(at, "Another."))).collect(),
    ]
}

/// Numbers in no order; the moments at which they let a build die differ from run to run anyway.
struct Moments(u64);

impl Moments {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most.max(1)
    }
}

/// Begins a build and kills it after a while; whether it died.
fn killed(repo: &Repo, after: Duration) -> bool {
    let mut child = command(repo.path(), &["build"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("gazette runs");
    thread::sleep(after);
    let ended = child.try_wait().expect("its state").is_some();
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    !ended
}

/// The next build makes good what a dead one left, whether the registry stayed, moved on, or went back.
#[test]
fn a_build_that_was_killed_is_made_good_by_the_next() {
    let (repo, ids) = story(&states());
    let mut fresh = Vec::new();
    let mut longest = Duration::ZERO;
    for (commit, out) in ids.iter().zip(["fresh-0", "fresh-1"]) {
        at(&repo, commit);
        let begun = Instant::now();
        fresh.push(built(&repo, out));
        longest = longest.max(begun.elapsed());
    }
    let (mut moments, mut died) = (Moments(11), 0);
    for round in 0..50 {
        let begin = usize::try_from(moments.below(2)).expect("small");
        if round % 5 == 0 {
            fs::remove_dir_all(repo.path().join("public")).unwrap_or_default();
        } else {
            at(&repo, &ids[begin]);
            built(&repo, "public");
            at(&repo, &ids[1 - begin]);
        }
        let micros = u64::try_from(longest.as_micros()).expect("short");
        died += usize::from(killed(&repo, Duration::from_micros(moments.below(micros))));
        let then = usize::try_from(moments.below(2)).expect("small");
        at(&repo, &ids[then]);
        same(&fresh[then], &built(&repo, "public"), &format!("round {round}, from {begin} and then to {then}"));
        assert_eq!(names_like(repo.path(), "public"), ["public"], "nothing is left beside it");
    }
    assert!(died > 10, "only {died} builds died");
}

/// The last moments of a build: its manifest is there, its state is not, and the files are the new ones.
#[test]
fn a_build_that_died_before_its_last_word_is_made_good() {
    let (repo, ids) = story(&states());
    built(&repo, "public");
    let own = repo.path().join("public/.gazette");
    let state = fs::read(own.join("state.json")).expect("a state");
    at(&repo, &ids[1]);
    let fresh = built(&repo, "fresh");
    built(&repo, "public");
    fs::write(own.join("state.json"), state).expect("a file");
    fs::write(own.join("intent"), "index.json\n").expect("a file");
    same(&fresh, &built(&repo, "public"), "the same again");
    fs::remove_file(own.join("state.json")).expect("it is there");
    fs::write(own.join("intent"), "index.json\n").expect("a file");
    at(&repo, &ids[0]);
    let fresh = built(&repo, "fresh");
    same(&fresh, &built(&repo, "public"), "another commit");
}

/// Where a file cannot take its place, or a note, the word of the last build stands, and what was begun is known; the next makes it good.
#[test]
fn a_build_that_cannot_end_is_made_good() {
    let (repo, ids) = story(&states());
    built(&repo, "public");
    let own = repo.path().join("public/.gazette");
    let notes = || ["state.json", "inputs", "manifest"].map(|name| fs::read(own.join(name)).expect("a note"));
    for (round, (place, is_note)) in [("index.json", false), (".gazette/pages", true)].into_iter().enumerate() {
        let (place, before) = (repo.path().join("public").join(place), notes());
        fs::remove_file(&place).expect("it is there");
        put(&place, "mine", "mine");
        at(&repo, &ids[1 - round]);
        let printed = build(&repo, "public");
        assert!(printed.contains("error: could not write") && printed.ends_with("exit 2\n"), "{printed}");
        assert!(own.join("intent").exists(), "{printed}");
        let lying = notes();
        assert_eq!(before[0], lying[0], "its last word came though it did not end");
        assert_eq!(before == lying, !is_note, "notes take their places after all files");
        fs::remove_dir_all(&place).expect("it is ours");
        same(&built(&repo, &format!("fresh-{round}")), &built(&repo, "public"), "the next build");
        assert!(!own.join("stage").exists() && !own.join("intent").exists());
    }
}

/// A build that dies a second time leaves what both left to the third.
#[test]
fn builds_that_die_one_after_the_other_are_made_good() {
    let (repo, ids) = story(&states());
    at(&repo, &ids[1]);
    let (other, begun) = (built(&repo, "fresh"), Instant::now());
    at(&repo, &ids[0]);
    built(&repo, "public");
    let micros = u64::try_from(begun.elapsed().as_micros()).expect("short");
    let mut moments = Moments(5);
    for round in 0..5 {
        for turn in [1, 0, 1] {
            at(&repo, &ids[turn]);
            killed(&repo, Duration::from_micros(micros / 2 + moments.below(micros / 2)));
        }
        same(&other, &built(&repo, "public"), &format!("round {round}"));
    }
}

#[test]
fn a_folder_that_another_build_holds_is_left_alone() {
    let (repo, ids) = story(&states());
    for held in ["public.gazette-new", "public"] {
        let own = repo.path().join(held).join(".gazette");
        fs::create_dir_all(&own).expect("a folder");
        let before = tree(&repo.path().join(held));
        let lock = Lock::options().create(true).truncate(false).write(true).open(own.join("lock")).expect("a lock");
        lock.lock().expect("it is free");
        let printed = build(&repo, "public");
        assert!(printed.contains("another gazette is writing to") && printed.ends_with("exit 2\n"), "{held}: {printed}");
        same(&before, &tree(&repo.path().join(held)), held);
        drop(lock);
        built(&repo, "public");
        at(&repo, &ids[1]);
    }
}

/// Each ends well or says that it was not alone, and what they leave is whole.
#[test]
fn builds_at_the_same_time_do_no_harm() {
    let (repo, ids) = story(&states());
    at(&repo, &ids[1]);
    let other = built(&repo, "fresh");
    at(&repo, &ids[0]);
    for round in 0..4 {
        at(&repo, &ids[round % 2]);
        let several: Vec<_> = (0..4)
            .map(|_| command(repo.path(), &["build"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("gazette runs"))
            .collect();
        let ends: Vec<_> = several.into_iter().map(|child| child.wait_with_output().expect("it ends")).collect();
        for end in &ends {
            let said = String::from_utf8_lossy(&end.stderr);
            assert!(end.status.success() || end.status.code() == Some(2) && said.contains("error: "), "{:?} {said}", end.status);
        }
        assert!(ends.iter().any(|end| end.status.success()), "one of them comes first");
    }
    at(&repo, &ids[1]);
    same(&other, &built(&repo, "public"), "after builds at the same time");
    assert_eq!(names_like(repo.path(), "public"), ["public"]);
}

#[test]
fn a_place_where_no_folder_can_be_is_an_error_with_its_name() {
    let (repo, _) = story(&states());
    put(repo.path(), "file", "mine");
    for out in ["file", "file/public"] {
        let printed = build(&repo, out);
        assert!(printed.contains("error: ") && printed.contains(out) && printed.ends_with("exit 2\n"), "{out}: {printed}");
    }
    assert_eq!(fs::read_to_string(repo.path().join("file")).expect("it stays"), "mine");
}

/// A disk that takes no file above half a kilobyte, to a fresh build and to one over another; the next build is whole.
#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more_is_an_error_and_is_made_good() {
    let (repo, ids) = story(&states());
    for (round, commit) in ids.iter().enumerate() {
        at(&repo, commit);
        let before = tree(&repo.path().join("public"));
        let mut small = std::process::Command::new("sh");
        small.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" build", env!("CARGO_BIN_EXE_gazette")]);
        small.current_dir(repo.path());
        let printed = run(crate::repo::alone(&mut small));
        assert!(printed.contains("error: could not write") && printed.ends_with("exit 2\n"), "{printed}");
        let site = |tree: std::collections::BTreeMap<String, Vec<u8>>| {
            tree.into_iter().filter(|(path, _)| !path.starts_with(".gazette/")).collect()
        };
        same(&site(before), &site(tree(&repo.path().join("public"))), "nothing changed");
        same(&built(&repo, &format!("fresh-{round}")), &built(&repo, "public"), "the next build");
    }
}

/// Where nobody may write, nothing is written; for those who may write anywhere there is nothing to test.
#[cfg(unix)]
#[test]
fn a_folder_that_is_read_only_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let (repo, ids) = story(&states());
    let before = built(&repo, "public");
    let allow = |mode: u32| {
        for dir in ["public", "public/.gazette"] {
            fs::set_permissions(repo.path().join(dir), fs::Permissions::from_mode(mode)).expect("it is ours");
        }
    };
    allow(0o555);
    let may_write_anywhere = fs::write(repo.path().join("public/probe"), "").is_ok();
    at(&repo, &ids[1]);
    if !may_write_anywhere {
        let printed = build(&repo, "public");
        assert!(printed.contains("error: could not") && printed.ends_with("exit 2\n"), "{printed}");
        same(&before, &tree(&repo.path().join("public")), "a folder that is read-only");
    }
    allow(0o755);
    let _ = fs::remove_file(repo.path().join("public/probe"));
    same(&built(&repo, "fresh"), &built(&repo, "public"), "the next build");
}
