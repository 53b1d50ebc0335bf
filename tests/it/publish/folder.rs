//! A folder that is published into: beside `gazette build`, beside other publishers, and after one that was killed.

use std::{
    collections::BTreeMap,
    fs::{self, File as Lock},
    process::Stdio,
    thread,
    time::Instant,
};

use super::commands::{VERSION, checkpoint, ran, registry, run, site};
use crate::{
    gazette::command,
    repo::{Repo, files_below},
    site::{differences, tree},
};

const PUBLISH: [&str; 6] = ["publish", "--target", "dir:public", "--unsigned", "--no-read-back", "--grace"];

fn publish<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&PUBLISH, ["0"].as_slice(), more].concat()
}

fn at(repo: &Repo, commit: &str) {
    repo.git(&["checkout", "--quiet", "--detach", commit]);
}

fn same(expected: &BTreeMap<String, Vec<u8>>, actual: &BTreeMap<String, Vec<u8>>, what: &str) {
    let differences = differences(expected, actual);
    assert!(differences.is_empty(), "{what}: {}", differences.join("\n"));
}

/// What `gazette build` makes of a commit where nothing lies.
fn fresh(repo: &Repo, commit: &str) -> BTreeMap<String, Vec<u8>> {
    at(repo, commit);
    let out = format!("fresh-{commit}");
    ran(repo, &["build", "--out", &out]);
    site(&repo.path().join(out))
}

#[test]
fn a_built_folder_is_published_into() {
    let repo = registry(&[(&["1.0.0"], ""), (&["1.0.0", "1.1.0"], "")]);
    let public = repo.path().join("public");
    let expected = fresh(&repo, "main");
    for before in ["main", "main~1"] {
        at(&repo, before);
        ran(&repo, &["build"]);
        at(&repo, "main");
        let planned = ran(&repo, &publish(&["--dry-run"]));
        at(&repo, before);
        assert!(ran(&repo, &["build"]).out.contains(" 0 written"), "a plan publishes nothing");
        at(&repo, "main");
        ran(&repo, &publish(&["--receipt", "receipt.json"]));
        let receipt = fs::read(repo.path().join("receipt.json")).expect("a receipt");
        let receipt: serde_json::Value = serde_json::from_slice(&receipt).expect("JSON");
        let written: u64 = receipt["written"].as_object().expect("counts").values().filter_map(serde_json::Value::as_u64).sum();
        assert_eq!(written == 0, before == "main", "only what changed is written: {receipt}, {}", planned.out);
        assert!(receipt["unchanged"].as_u64() > Some(10), "{receipt}");
        same(&expected, &site(&public), before);
        assert_eq!(checkpoint(&public).publication, 1);
        let own: Vec<String> = files_below(&public.join(".gazette")).into_iter().map(|file| file.path).collect();
        let own: Vec<&str> = own.iter().map(String::as_str).filter(|path| !path.starts_with("hosting/")).collect();
        assert_eq!(own, ["lock", "publisher/layout", "publisher/state.json"], "a build has nothing to say any more");
        assert!(ran(&repo, &["nightly"]).out.contains("renewed; publication 2"));
        fs::remove_dir_all(&public).expect("it is there");
    }
}

/// A site that is older or newer than its checkpoint says would be refused by readers.
#[test]
fn a_published_folder_is_not_built_into() {
    let repo = registry(&[(&["1.0.0"], ""), (&["1.0.0", "1.1.0"], "")]);
    let public = repo.path().join("public");
    at(&repo, "main~1");
    ran(&repo, &["nightly"]);
    at(&repo, "main");
    let before = tree(&public);
    let refused = |why: &str| {
        for args in [&["build"][..], &["build", "--repair"]] {
            let refused = run(&repo, args, None);
            assert!(refused.code == 2 && refused.err.contains("`public` is published"), "{why}: {}", refused.err);
            assert!(refused.err.contains("`gazette publish --target dir:public`"), "{why}: {}", refused.err);
        }
    };
    refused("as it was published");
    same(&before, &tree(&public), "nothing changed");
    fs::remove_dir_all(public.join(".gazette")).expect("it is there");
    refused("moved without what publishers tell each other");
    ran(&repo, &publish(&[]));
    same(&fresh(&repo, "main"), &site(&public), "the checkpoint is enough to go on");
    assert_eq!(checkpoint(&public).publication, 2);
}

#[test]
fn what_was_changed_by_hand_after_a_build_is_nobodys_to_overwrite() {
    let repo = registry(&[(&["1.0.0"], ""), (&["1.0.0", "1.1.0"], "")]);
    let public = repo.path().join("public");
    for (file, said) in
        [("index.html", "limit `foreign`"), ("v0.1/servers/com.example/echo/versions/latest", "lies there already")]
    {
        at(&repo, "main~1");
        ran(&repo, &["build"]);
        at(&repo, "main");
        fs::write(public.join(file), "mine").expect("a file");
        let refused = run(&repo, &publish(&[]), None);
        assert!(refused.code == 2 && (refused.out + &refused.err).contains(said), "{file}: {}", refused.err);
        assert_eq!(fs::read_to_string(public.join(file)).expect("text"), "mine");
        ran(&repo, &publish(&["--allow", "foreign"]));
        same(&fresh(&repo, "main"), &site(&public), file);
        fs::remove_dir_all(&public).expect("it is there");
    }
}

#[test]
fn a_build_that_died_is_first_made_good() {
    let repo = registry(&[(&["1.0.0"], "")]);
    let public = repo.path().join("public");
    ran(&repo, &["build"]);
    fs::write(public.join(".gazette/intent"), "index.json\n").expect("a file");
    let refused = run(&repo, &publish(&[]), None);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("did not come to its end") && refused.err.contains("`gazette build --out public`"),
        "{}",
        refused.err
    );
    ran(&repo, &["build"]);
    ran(&repo, &publish(&[]));
}

#[test]
fn a_published_folder_becomes_plain_and_back() {
    let plain = |is: bool| format!("[site]\nplain = {is}\n");
    let repo = registry(&[(&["1.0.0"], &plain(true)), (&["1.0.0"], &plain(false)), (&["1.0.0"], &plain(true))]);
    let public = repo.path().join("public");
    for commit in ["main~2", "main~1", "main"] {
        let expected = fresh(&repo, commit);
        ran(&repo, &publish(&[]));
        same(&expected, &site(&public), commit);
    }
    fs::remove_dir_all(&public).expect("it is there");
    at(&repo, "main~1");
    ran(&repo, &["build"]);
    at(&repo, "main");
    ran(&repo, &publish(&[]));
    same(&site(&repo.path().join("fresh-main")), &site(&public), "over a build");
    for note in ["state.json", "manifest", "inputs", "servers", "pages"] {
        assert!(!public.join(".gazette").join(note).exists(), "what the build has noted is over: {note}");
    }
}

#[test]
fn a_folder_that_another_holds_is_left_alone() {
    let repo = registry(&[(&["1.0.0"], "")]);
    for held in ["public.gazette-new", "public"] {
        let own = repo.path().join(held).join(".gazette");
        fs::create_dir_all(&own).expect("a folder");
        let lock = Lock::options().create(true).truncate(false).write(true).open(own.join("lock")).expect("a lock");
        lock.lock().expect("it is free");
        let before = tree(&repo.path().join(held));
        let refused = run(&repo, &publish(&[]), None);
        assert!(refused.code == 2 && refused.err.contains("another gazette is writing to `public`"), "{held}: {}", refused.err);
        same(&before, &tree(&repo.path().join(held)), held);
        drop(lock);
        ran(&repo, &publish(&[]));
    }
}

/// The folder's lock says that a publisher is dead: its lease keeps nobody waiting.
#[test]
fn second_files_that_were_half_changed_are_made_good() {
    let repo = registry(&[(&["1.0.0"], ""), (&["1.0.0"], "[site]\nplain = false\n"), (&["1.0.0"], "")]);
    let expected = fresh(&repo, "main");
    at(&repo, "main~2");
    ran(&repo, &publish(&[]));
    // One of them cannot be taken away, and others come before it.
    let last = repo.path().join("public/v0.1/servers/index.html");
    fs::remove_file(&last).expect("it is there");
    fs::create_dir_all(last.join("folder")).expect("a folder");
    at(&repo, "main~1");
    let stopped = command(repo.path(), &publish(&["--allow", "changes"])).output().expect("gazette runs");
    assert_eq!(stopped.status.code(), Some(2), "{}", String::from_utf8_lossy(&stopped.stderr));
    fs::remove_dir_all(&last).expect("it is there");
    assert!(!repo.path().join("public/discovery/servers/index.html").exists());
    at(&repo, "main");
    ran(&repo, &publish(&["--allow", "changes"]));
    same(&expected, &site(&repo.path().join("public")), "again");
}

#[test]
fn a_publication_that_was_killed_is_made_good_by_the_next() {
    let many = ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0"];
    let repo = registry(&[(&many[..3], ""), (&many, "[site]\nplain = false\n"), (&many[2..5], "")]);
    let expected = ["main~2", "main~1", "main"].map(|commit| fresh(&repo, commit));
    let public = repo.path().join("public");
    let allowed = ["--allow", "deletes", "--allow", "changes", "--allow", "counts"];
    // A machine that stalls makes one of them long, and the moments of death too late.
    let once = || {
        let _ = fs::remove_dir_all(&public);
        let begun = Instant::now();
        ran(&repo, &publish(&[]));
        begun.elapsed()
    };
    let longest = [once(), once(), once()].into_iter().min().expect("three of them");
    let (mut died, rounds) = (0, 24);
    for round in 0..rounds {
        fs::remove_dir_all(&public).expect("it is there");
        at(&repo, "main~2");
        match round % 3 {
            0 => {}
            1 => drop(ran(&repo, &["build"])),
            _ => drop(ran(&repo, &publish(&[]))),
        }
        at(&repo, "main~1");
        let mut child = command(repo.path(), &publish(&allowed));
        // What it leaves behind when it is killed goes away with the repository.
        child.env("TMPDIR", repo.path().join(".git"));
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("gazette runs");
        thread::sleep(longest * (round / 3 + 1) / (rounds / 3));
        died += u32::from(child.try_wait().expect("its state").is_none());
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
        let then = 1 + usize::from(round % 2 == 1);
        at(&repo, ["main~2", "main~1", "main"][then]);
        ran(&repo, &publish(&allowed));
        same(&expected[then], &site(&public), &format!("round {round}"));
        assert!(public.join(VERSION.replace("1.0.0", "1.2.0")).exists());
        assert!(!repo.path().join("public.gazette-new").exists() && !public.join(".gazette/stage").exists(), "round {round}");
    }
    assert!(died > 6, "only {died} publications died");
}
