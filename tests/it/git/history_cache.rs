//! The cache of history: whatever lies in it, what is told is what a cold run tells.
#![expect(clippy::disallowed_methods, reason = "tests damage files")]

use std::fmt::Write;

use gazette::{
    digest::GitId,
    history::{Delta, FileChange, History},
    instant::Instant,
};
use proptest::prelude::*;

use super::story::{PREFIX, Repo, START, told};

/// A repository with a hundred commits on `main` and a branch that leaves at the eightieth.
fn long() -> Repo {
    let repo = Repo::new();
    let mut stream = String::new();
    for at in 0..100 {
        commit(&mut stream, "main", at, &format!("1.{at}.0"));
        if at == 80 {
            stream.push_str("reset refs/heads/side\nfrom refs/heads/main\n\n");
        }
    }
    commit(&mut stream, "side", 200, "2.0.0");
    repo.git_with(&["fast-import", "--quiet"], stream.as_bytes());
    repo
}

fn commit(stream: &mut String, branch: &str, at: i64, version: &str) {
    let date = START + at;
    let path = format!("{PREFIX}servers/a/b/{version}.json");
    let _ = write!(stream, "commit refs/heads/{branch}\ncommitter C <c@example.com> {date} +0000\ndata 0\n");
    let _ = write!(stream, "M 100644 inline {path}\ndata {}\n{version}\n", version.len());
}

fn history(repo: &Repo, rev: &str) -> History {
    let repository = repo.open();
    repository.history(repository.resolve(rev).expect("a commit"), PREFIX).expect("a history")
}

fn cold(repo: &Repo, rev: &str) -> History {
    let _ = std::fs::remove_dir_all(repo.file(".git/gazette"));
    let history = history(repo, rev);
    let _ = std::fs::remove_dir_all(repo.file(".git/gazette"));
    history
}

fn cache(repo: &Repo) -> Vec<u8> {
    std::fs::read(repo.file(".git/gazette/history")).expect("a cache")
}

#[test]
fn a_warm_run_tells_what_a_cold_one_tells() {
    let repo = long();
    let (main, side) = (cold(&repo, "main"), cold(&repo, "side"));
    assert_eq!((main.serial(), side.serial()), (100, 82));
    assert_eq!(history(&repo, "main"), main);
    let written = cache(&repo);
    assert_eq!(history(&repo, "main"), main);
    // The branch left before the cache ends, so it is told anew; the branch's own line is too short to be kept.
    assert_eq!(history(&repo, "side"), side);
    assert_eq!(history(&repo, "main~3").serial(), 97, "the cache ends some commits before the last");
    assert_eq!(History::from_bytes(&written, PREFIX).expect("a cache").serial(), 84);
}

#[test]
fn more_commits_continue_the_cache_and_renew_it() {
    let repo = long();
    history(&repo, "main");
    let first = cache(&repo);
    let mut stream = String::new();
    for at in 300..360 {
        commit(&mut stream, "main", at, &format!("3.{at}.0"));
    }
    let stream = stream.replacen("data 0\n", "data 0\nfrom refs/heads/main^0\n", 1);
    repo.git_with(&["fast-import", "--quiet"], stream.as_bytes());
    let warm = history(&repo, "main");
    assert_ne!(cache(&repo), first, "76 commits are not in it");
    assert_eq!(warm, cold(&repo, "main"));
    assert_eq!(warm.serial(), 160);
}

#[test]
fn a_rewritten_line_is_told_anew() {
    let repo = long();
    history(&repo, "main");
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    repo.git(&["reset", "-q", "--hard", "main~50"]);
    repo.entry("a/b", "9.0.0", "9").commit(500);
    let warm = history(&repo, "HEAD");
    assert_eq!(warm, cold(&repo, "HEAD"));
    assert_eq!(told(&warm).last().map(String::as_str), Some("51 publish a/b 9.0.0 active +500 50"));
}

#[test]
fn damage_other_prefixes_and_unwritable_folders_do_no_harm() {
    let repo = long();
    let whole = history(&repo, "main");
    let bytes = cache(&repo);
    let path = repo.file(".git/gazette/history");
    for damaged in [&[][..], &bytes[..bytes.len() / 2], b"gazette history 1\n", &[&bytes[..], b"\n"].concat()] {
        std::fs::write(&path, damaged).expect("a file");
        assert_eq!(history(&repo, "main"), whole);
    }
    for at in (0..bytes.len()).step_by(97) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        assert!(History::from_bytes(&flipped, PREFIX).is_none(), "byte {at}");
    }
    assert!(History::from_bytes(&bytes, "elsewhere/").is_none());
    std::fs::remove_dir_all(repo.file(".git/gazette")).expect("a folder");
    std::fs::write(repo.file(".git/gazette"), "a file where the folder would be").expect("a file");
    assert_eq!(history(&repo, "main"), whole);
}

#[test]
fn a_great_import_is_kept_at_once() {
    let repo = Repo::new();
    let mut stream = String::new();
    let _ = write!(stream, "commit refs/heads/main\ncommitter C <c@example.com> {START} +0000\ndata 0\n");
    for at in 0..3_500 {
        let _ = write!(stream, "M 100644 inline {PREFIX}servers/a{at}/b/1.0.0.json\ndata 1\nx\n");
    }
    repo.git_with(&["fast-import", "--quiet"], stream.as_bytes());
    let told = history(&repo, "main");
    assert_eq!(told.serial(), 3_500);
    assert_eq!(History::from_bytes(&cache(&repo), PREFIX).expect("a cache"), told);
    assert_eq!(history(&repo, "main"), told);
}

/// A change to one of a few files: gone, or one of a few contents.
fn change() -> impl Strategy<Value = FileChange> {
    let name = prop::sample::select(vec!["a/b", "a/b-c", "x/y"]);
    let file = prop::sample::select(vec!["1.0.0", "1.0.0-rc", "2.0.0", "status"]);
    let statuses = [
        r#"{"status": "active"}"#,
        r#"{"status": "deleted"}"#,
        r#"{"status": "active", "statusMessage": "m"}"#,
        r#"{"status": "active", "versions": {"2.0.0": {"status": "deprecated"}}}"#,
        "?",
    ];
    (name, file, prop::option::of(0..5u8)).prop_map(move |(name, file, content)| FileChange {
        path: format!("{PREFIX}servers/{name}/{file}.json").into(),
        after: content.map(|content| GitId([content; 20])),
        status: content.filter(|_| file == "status").map(|content| statuses[usize::from(content)].as_bytes().to_vec()),
    })
}

fn deltas() -> impl Strategy<Value = Vec<Delta>> {
    let files = prop::collection::btree_map(any::<u8>(), change(), 0..5).prop_map(|files| {
        let mut files: Vec<FileChange> = files.into_values().collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        files
    });
    prop::collection::vec((0..1_000i64, files), 1..20).prop_map(|commits| {
        let commit = |(at, (seconds, files)): (usize, (i64, Vec<FileChange>))| {
            let mut id = [0xcc; 20];
            id[..8].copy_from_slice(&at.to_be_bytes());
            Delta { commit: GitId(id), committed: Instant(seconds), files }
        };
        commits.into_iter().enumerate().map(commit).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn replay_may_be_cut_anywhere(deltas in deltas(), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(deltas.len()) + 1;
        let mut whole = History::of_root(deltas[0].commit, PREFIX);
        let mut parts = whole.clone();
        deltas.iter().cloned().for_each(|delta| whole.append(delta));
        deltas[..cut].iter().cloned().for_each(|delta| parts.append(delta));
        let mut parts = History::from_bytes(&parts.to_bytes().expect("commits"), PREFIX).expect("what was written");
        deltas[cut..].iter().cloned().for_each(|delta| parts.append(delta));
        prop_assert_eq!(&parts, &whole);
        prop_assert_eq!(parts.to_bytes(), whole.to_bytes());
    }

    #[test]
    fn events_are_dense_ordered_and_lead_to_what_is_there(deltas in deltas()) {
        let mut history = History::of_root(deltas[0].commit, PREFIX);
        let mut there = std::collections::BTreeMap::new();
        for delta in deltas {
            for file in delta.files.iter().filter(|file| !file.path.ends_with("/status.json")) {
                there.insert(file.path.clone(), file.after);
            }
            history.append(delta);
        }
        let events: Vec<_> = history.events().collect();
        prop_assert!(events.iter().enumerate().all(|(at, event)| event.serial as usize == at + 1));
        prop_assert!(events.is_sorted_by_key(|event| (event.at, event.commit)));
        let mut left = there.iter().filter(|(_, after)| after.is_some()).count();
        for line in history.lines() {
            let path = format!("{PREFIX}servers/{}/{}.json", line.name(), line.version());
            let mine: Vec<_> = events.iter().filter(|event| (event.name, event.version) == (line.name(), line.version())).collect();
            prop_assert_eq!(line.present().then_some(line.blob()), there[&*path]);
            prop_assert_eq!(line.first_serial(), mine[0].serial);
            prop_assert_eq!(line.published_at(), mine[0].at);
            prop_assert_eq!(line.standing().status, mine[mine.len() - 1].status);
            prop_assert!(line.status_changed_at() >= line.published_at());
            left -= usize::from(line.present());
        }
        prop_assert_eq!(left, 0);
    }
}
