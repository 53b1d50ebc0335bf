//! What history tells of repositories: events, their order and their times.

use gazette::{
    adapters::{
        disk,
        git::{Repository, blob_id},
    },
    history::{AS_OF, History, Lifeline, uncommitted},
    instant::Instant,
    name::ServerName,
    version::Version,
};

use super::story::{PREFIX, Repo, START, told, way_out};

fn line<'a>(history: &'a History, name: &str, version: &str) -> Lifeline<'a> {
    let name = ServerName::parse(name).expect("a name");
    let version = Version::parse(version).expect("a version");
    history.line(&name, &version).expect("a version that was published")
}

#[test]
fn publications_are_numbered_by_commit_then_by_path() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").entry("a/b-c", "1.0.0", "2").entry("a/b", "1.0.0-rc.1", "3").commit(10);
    repo.write("README.md", "nothing of the registry").commit(20);
    repo.entry("a/b", "1.1.0", "4").commit(30);
    let history = repo.history();
    // `-` sorts before `/` and `.` in paths, though `b` sorts before `b-c` and `1.0.0` before `1.0.0-rc.1`.
    assert_eq!(
        told(&history),
        [
            "1 publish a/b-c 1.0.0 active +10 0",
            "2 publish a/b 1.0.0-rc.1 active +10 0",
            "3 publish a/b 1.0.0 active +10 0",
            "4 publish a/b 1.1.0 active +30 1",
        ]
    );
    assert_eq!(history.commits().iter().map(|commit| commit.id).collect::<Vec<_>>(), [repo.id("HEAD~2"), repo.id("HEAD")]);
    assert_eq!(history.epoch(), &repo.id("HEAD~2").to_string()[..12]);
    assert_eq!((history.serial(), history.event(4).expect("the last").blob), (4, blob_id(b"4")));
    assert_eq!((history.event(0), history.event(5)), (None, None));
}

#[test]
fn a_merge_brings_everything_of_its_branch_at_once() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").commit(10);
    repo.switch("side").entry("a/c", "1.0.0", "draft").commit(20);
    repo.entry("a/c", "1.0.0", "2").entry("a/c", "2.0.0", "3").commit(30);
    repo.switch("main").entry("a/b", "1.1.0", "4").commit(40);
    repo.merge(50, "side");
    assert_eq!(
        told(&repo.history()),
        [
            "1 publish a/b 1.0.0 active +10 0",
            "2 publish a/b 1.1.0 active +40 1",
            "3 publish a/c 1.0.0 active +50 2",
            "4 publish a/c 2.0.0 active +50 2",
        ]
    );
}

#[test]
fn a_version_that_moves_is_removed_and_published() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").commit(10);
    repo.remove_entry("a/b", "1.0.0").entry("a/a", "1.0.0", "1").commit(20);
    assert_eq!(told(&repo.history())[1..], ["2 publish a/a 1.0.0 active +20 1", "3 remove a/b 1.0.0 active +20 1"]);
}

#[test]
fn a_reverted_removal_is_a_restoration() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").entry("a/b", "2.0.0", "2").commit(10);
    repo.remove_entry("a/b", "1.0.0").commit(20);
    let gone = repo.history();
    repo.git(&["revert", "--no-edit", "--no-commit", "HEAD"]);
    repo.commit(30);
    let history = repo.history();
    assert_eq!(told(&history)[2..], ["3 remove a/b 1.0.0 active +20 1", "4 restore a/b 1.0.0 active +30 2"]);
    let (before, after) = (line(&gone, "a/b", "1.0.0"), line(&history, "a/b", "1.0.0"));
    assert_eq!((before.present(), after.present()), (false, true));
    assert_eq!(before.blob(), blob_id(b"1"));
    assert_eq!(after.published_at(), Instant(START + 10));
    assert_eq!(after.status_changed_at(), Instant(START + 10));
    assert_eq!(after.removed().collect::<Vec<_>>(), [Some(1)]);
    assert_eq!(after.edited().count(), 0);
}

#[test]
fn an_edit_is_published_again_and_remembered() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").commit(10);
    repo.entry("a/b", "1.0.0", "2").commit(20);
    repo.remove_entry("a/b", "1.0.0").commit(30);
    repo.entry("a/b", "1.0.0", "3").commit(40);
    let history = repo.history();
    assert_eq!(
        told(&history)[1..],
        ["2 publish a/b 1.0.0 active +20 1", "3 remove a/b 1.0.0 active +30 2", "4 restore a/b 1.0.0 active +40 3"]
    );
    let line = line(&history, "a/b", "1.0.0");
    assert_eq!((line.published_at(), line.first_serial()), (Instant(START + 10), 1));
    assert_eq!(line.edited().collect::<Vec<_>>(), [Some(1), Some(3)]);
    assert_eq!(line.blobs().collect::<Vec<_>>(), [blob_id(b"1"), blob_id(b"2"), blob_id(b"3")]);
}

#[test]
fn statuses_follow_publications_and_tell_what_is_effective() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").entry("a/b", "2.0.0", "2").commit(10);
    repo.status("a/b", r#"{"status": "active", "versions": {"1.0.0": {"status": "deprecated"}}}"#).commit(20);
    repo.status("a/b", r#"{"status": "deprecated", "versions": {"1.0.0": {"status": "deprecated"}}}"#)
        .entry("a/b", "3.0.0", "3")
        .commit(30);
    repo.status("a/b", r#"{"status": "deprecated", "statusMessage": "use c"}"#).commit(40);
    repo.status("a/b", r#"{"status": "asleep"}"#).entry("a/b", "4.0.0", "4").commit(50);
    repo.status("a/b", "not JSON").commit(60);
    repo.remove(&format!("{PREFIX}servers/a/b/status.json")).commit(70);
    let history = repo.history();
    assert_eq!(
        told(&history)[2..],
        [
            "3 status a/b 1.0.0 deprecated +20 1",
            "4 publish a/b 3.0.0 deprecated +30 2",
            "5 status a/b 2.0.0 deprecated +30 2",
            "6 status a/b 1.0.0 deprecated +40 3",
            "7 status a/b 2.0.0 deprecated +40 3",
            "8 status a/b 3.0.0 deprecated +40 3",
            "9 publish a/b 4.0.0 deprecated +50 4",
            "10 status a/b 1.0.0 active +70 5",
            "11 status a/b 2.0.0 active +70 5",
            "12 status a/b 3.0.0 active +70 5",
            "13 status a/b 4.0.0 active +70 5",
        ]
    );
    let line = line(&history, "a/b", "3.0.0");
    assert_eq!((line.published_at(), line.status_changed_at()), (Instant(START + 30), Instant(START + 70)));
    assert_eq!(line.standing().message, None);
}

#[test]
fn a_status_may_come_before_its_version_and_outlive_it() {
    let repo = Repo::new();
    repo.status("a/b", r#"{"status": "deleted", "statusMessage": "gone"}"#).commit(10);
    repo.entry("a/b", "1.0.0", "1").commit(20);
    repo.remove_entry("a/b", "1.0.0").remove(&format!("{PREFIX}servers/a/b/status.json")).commit(30);
    let gone = repo.history();
    assert_eq!(line(&gone, "a/b", "1.0.0").standing().message.as_deref(), Some("gone"));
    repo.entry("a/b", "1.0.0", "1").commit(40);
    let history = repo.history();
    assert_eq!(
        told(&history),
        ["1 publish a/b 1.0.0 deleted +20 0", "2 remove a/b 1.0.0 deleted +30 1", "3 restore a/b 1.0.0 active +40 2"]
    );
    assert_eq!(line(&history, "a/b", "1.0.0").status_changed_at(), Instant(START + 40));
}

#[test]
fn time_never_runs_backwards() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").commit(100);
    repo.entry("a/b", "1.0.1", "2").commit(50);
    repo.write("other", "later, though nothing was published").commit(300);
    repo.entry("a/b", "1.0.2", "3").commit(200);
    let at: Vec<_> = repo.history().events().map(|event| event.at.0 - START).collect();
    assert_eq!(at, [100, 100, 300]);
}

#[test]
fn only_regular_files_of_the_layout_under_the_prefix_count() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").entry("a/b", "^2", "range").entry("a/b/c", "1.0.0", "deep").entry("_/b", "1.0.0", "no name");
    repo.write("servers/a/b/1.0.0.json", "elsewhere").write(&format!("{PREFIX}servers/a/1.0.0.json"), "shallow").commit(10);
    let blob = repo.id("HEAD:registry-data/servers/a/b/1.0.0.json").to_string();
    let put = |mode: &str, version: &str| {
        let path = format!("{PREFIX}servers/a/b/{version}.json");
        repo.git(&["update-index", "--add", "--cacheinfo", &format!("{mode},{blob},{path}")]);
    };
    put("100755", "1.0.0");
    put("120000", "2.0.0");
    put("160000", "3.0.0");
    put("100755", "4.0.0");
    repo.git(&["commit", "-q", "-m", "modes"]);
    put("120000", "1.0.0");
    put("100644", "2.0.0");
    repo.git(&["commit", "-q", "-m", "modes"]);
    let history = repo.history();
    assert_eq!(
        told(&history),
        [
            "1 publish a/b 1.0.0 active +10 0",
            "2 publish a/b 4.0.0 active +10 1",
            "3 remove a/b 1.0.0 active +10 2",
            "4 publish a/b 2.0.0 active +10 2",
        ]
    );
    let repository = repo.open();
    let elsewhere = repository.history(repository.head().expect("a commit"), "").expect("a history");
    assert_eq!(told(&elsewhere), ["1 publish a/b 1.0.0 active +10 0"]);
}

#[test]
fn a_folder_that_moves_under_the_prefix_publishes_what_it_holds() {
    let repo = Repo::new();
    repo.write("data/servers/a/b/1.0.0.json", "1").commit(10);
    repo.git(&["mv", "data", "registry-data"]);
    repo.commit(20);
    assert_eq!(told(&repo.history()), ["1 publish a/b 1.0.0 active +20 0"]);
}

#[test]
fn a_shallow_clone_is_told_how_to_become_whole() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").commit(10);
    repo.entry("a/b", "2.0.0", "2").commit(20);
    let clone = repo.cloned(&["--depth=1"]);
    let repository = clone.open();
    let head = repository.head().expect("a commit");
    let error = repository.history(head, PREFIX).expect_err("it is cut off");
    let (error, help) = way_out(&error);
    assert!(error.contains("shallow clone") && help.contains("--unshallow") && help.contains("fetch-depth: 0"));
    clone.git(&["fetch", "-q", "--unshallow"]);
    assert_eq!(told(&clone.history()).len(), 2);
}

#[test]
fn a_partial_clone_is_told_how_to_become_whole() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").status("a/b", r#"{"status": "deleted"}"#).commit(10);
    repo.status("a/b", r#"{"status": "active"}"#).commit(20);
    for filter in ["--filter=blob:none", "--filter=tree:0"] {
        let clone = repo.cloned(&["--no-checkout", filter]);
        let repository = clone.open();
        let error = repository.history(repository.head().expect("a commit"), PREFIX).expect_err("objects are missing");
        let (error, help) = way_out(&error);
        assert!(error.contains("partial clone") && help.contains("--refetch --no-filter"), "{error}");
        clone.git(&["fetch", "-q", "--refetch", "--no-filter"]);
        assert_eq!(told(&clone.history()).len(), 2, "the help helps");
    }
}

#[test]
fn no_repository_and_no_commits_have_ways_out() {
    let nowhere = tempfile::tempdir().expect("a folder");
    assert!(Repository::discover(nowhere.path()).expect("no error").is_none());
    let repo = Repo::new();
    let error = repo.open().head().expect_err("no commits");
    assert!(way_out(&error).0.contains("no commits yet"));
    repo.entry("a/b", "1.0.0", "1").commit(10);
    let error = repo.open().resolve("feature/x").expect_err("no such branch");
    assert_eq!(way_out(&error).0, "`feature/x` names no commit of this repository");
    assert!(way_out(&error).1.contains("git fetch origin feature/x"));
    let tag = repo.git(&["tag", "-a", "-m", "t", "v1"]);
    assert_eq!((tag.as_str(), repo.open().resolve("v1").expect("a tag")), ("", repo.id("HEAD")));
}

#[test]
fn as_of_tells_the_files_as_they_lie() {
    let folder = Repo::new();
    folder
        .entry("a/b", "2.0.0", "2")
        .entry("a/b", "1.0.0", "1")
        .status("a/b", r#"{"status": "active", "versions": {"2.0.0": {"status": "deprecated"}}}"#);
    let mut checkout = disk::list(&folder.file("registry-data"), PREFIX, &disk::NoIndex).expect("files");
    disk::identify(&mut checkout).expect("readable files");
    let history = History::as_of(&checkout, Instant(START + 7)).expect("a history");
    assert_eq!(told(&history), ["1 publish a/b 1.0.0 active +7 -", "2 publish a/b 2.0.0 deprecated +7 -"]);
    assert_eq!((history.epoch(), history.commits().len()), (AS_OF, 0));
    assert_eq!(line(&history, "a/b", "2.0.0").blob(), blob_id(b"2"));
    assert!(history.to_bytes().is_none(), "it cannot be continued");
}

#[test]
fn what_is_not_committed_comes_last() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").entry("a/b", "2.0.0", "2").entry("a/b", "3.0.0", "3").commit(10);
    repo.remove_entry("a/b", "1.0.0").entry("a/b", "2.0.0", "edited").entry("a/a", "1.0.0", "new");
    repo.status("a/b", r#"{"status": "deprecated"}"#);
    let repository = repo.open();
    let tree = repository.tree(repository.head().expect("a commit")).expect("a tree");
    let head = repository.checkout(&tree, PREFIX).expect("files");
    let mut lying = repository.lying(&repo.file("registry-data"), PREFIX).expect("files");
    disk::identify(&mut lying).expect("readable files");
    let history = repo.history().with_uncommitted(uncommitted(&head, &lying).expect("readable files"));
    assert_eq!(
        told(&history)[3..],
        [
            "4 publish a/a 1.0.0 active +10 -",
            "5 remove a/b 1.0.0 active +10 -",
            "6 publish a/b 2.0.0 deprecated +10 -",
            "7 status a/b 3.0.0 deprecated +10 -",
        ]
    );
    assert_eq!(line(&history, "a/b", "2.0.0").edited().collect::<Vec<_>>(), [None]);
    assert!(history.to_bytes().is_none(), "it cannot be continued");
}
