//! The commands that publish, as an operator runs them, into a folder.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use gazette::checkpoint::{
    Checkpoint, Trust,
    note::{Signer, Verifier},
};

use crate::repo::{File, Repo, alone, files_below};

use super::front::Front;

const LEAST: &str = "title = \"Small\"\nbase_url = \"https://registry.example.com\"\n";

/// A repository with one commit for each of these trees: the versions of one server, and more settings.
pub(super) fn registry(commits: &[(&[&str], &str)]) -> Repo {
    let repo = Repo::new();
    let tree = |(versions, more): &(&[&str], &str)| {
        let mut files = vec![File::new("registry-data/registry.toml", format!("{LEAST}{more}"))];
        files.extend(versions.iter().map(|version| {
            let text = format!(
                "{{\"$schema\": \"https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json\", \
                 \"name\": \"com.example/echo\", \"description\": \"Echoes\", \"version\": \"{version}\", \
                 \"remotes\": [{{\"type\": \"streamable-http\", \"url\": \"https://echo.example.com/mcp\"}}]}}\n"
            );
            File::new(&format!("registry-data/servers/com.example/echo/{version}.json"), text)
        }));
        files
    };
    repo.commit_trees(&commits.iter().map(tree).collect::<Vec<_>>());
    repo.check_out();
    repo
}

pub(super) struct Ran {
    pub(super) out: String,
    pub(super) err: String,
    pub(super) code: i32,
}

pub(super) fn run(repo: &Repo, args: &[&str], key: Option<&str>) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gazette"));
    alone(command.args(args).current_dir(repo.path())).env_remove("GAZETTE_SIGNING_KEY");
    if let Some(key) = key {
        command.env("GAZETTE_SIGNING_KEY", key);
    }
    let output = command.output().expect("gazette runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8 is printed");
    Ran { out: text(output.stdout), err: text(output.stderr), code: output.status.code().expect("an exit status") }
}

pub(super) fn ran(repo: &Repo, args: &[&str]) -> Ran {
    let ran = run(repo, args, None);
    assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out, ran.err);
    ran
}

pub(super) fn site(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let is_site = |path: &str| !path.starts_with(".gazette/") && !path.starts_with("manifest/") && path != "checkpoint";
    files_below(dir).into_iter().filter(|file| is_site(&file.path)).map(|file| (file.path, file.bytes)).collect()
}

pub(super) fn checkpoint(dir: &Path) -> Checkpoint {
    Checkpoint::read(&fs::read(dir.join("checkpoint")).expect("a checkpoint"), &Trust::Anyone).expect("a checkpoint")
}

pub(super) const VERSION: &str = "v0.1/servers/com.example/echo/versions/1.0.0";

#[test]
fn a_night_without_settings_publishes_what_build_writes() {
    let repo = registry(&[(&["1.0.0"], "")]);
    let public = repo.path().join("public");
    let first = ran(&repo, &["nightly", "--receipt", "receipt.json"]);
    assert!(first.out.contains("publication 1 at `dir:public`"), "{}", first.out);
    ran(&repo, &["build", "--out", "built"]);
    assert_eq!(site(&public), site(&repo.path().join("built")));
    let receipt: serde_json::Value =
        serde_json::from_slice(&fs::read(repo.path().join("receipt.json")).expect("a receipt")).expect("JSON");
    assert_eq!((&receipt["outcome"], &receipt["publication"]), (&"published".into(), &1.into()));
    assert_eq!(checkpoint(&public).commit.map(|id| id.to_string()), Some(repo.git(&["rev-parse", "HEAD"])));

    let second = ran(&repo, &["nightly"]);
    assert!(
        second.out.contains("renewed; publication 2") && second.out.contains("3 GET, 1 PUT, 0 DELETE, 0 LIST"),
        "{}",
        second.out
    );
    assert_eq!(checkpoint(&public).publication, 2);
}

#[test]
fn a_night_says_what_is_wrong_and_goes_on() {
    let repo = registry(&[(&["1.0.0"], "")]);
    let clean = ran(&repo, &["nightly"]);
    assert!(!clean.out.contains('[') && clean.out.contains("read back at `public`"), "{}", clean.out);
    let file = repo.path().join("registry-data/servers/com.example/echo/1.1.0.json");
    let text = fs::read_to_string(file.with_file_name("1.0.0.json")).expect("an entry");
    let text = text.replace("1.0.0", "1.1.0").replace("echo.example.com", "127.0.0.1");
    fs::write(file, text).expect("an entry");
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--message", "merged by hand"]);
    let night = ran(&repo, &["nightly", "--receipt", "receipt.json"]);
    assert!(night.out.contains("reject[remote-is-public]") && night.out.contains("1 to fix"), "{}", night.out);
    assert!(night.err.contains("do not stop the night"), "{}", night.err);
    assert!(repo.path().join("public").join(VERSION.replace("1.0.0", "1.1.0")).exists());
    let receipt: serde_json::Value =
        serde_json::from_slice(&fs::read(repo.path().join("receipt.json")).expect("a receipt")).expect("JSON");
    assert_eq!(receipt["read_back"]["address"], "public");
    assert!(receipt["read_back"]["compared"].as_u64() > Some(20) && receipt["requests"]["put"].as_u64() > Some(10), "{receipt}");
}

#[test]
fn reading_another_site_back_is_no_success() {
    let repo = registry(&[(&["1.0.0"], "")]);
    for _ in 0..2 {
        ran(&repo, &["publish", "--target", "dir:other", "--unsigned"]);
    }
    let other = front(&repo.path().join("other"));
    let here = ["publish", "--target", "dir:public", "--unsigned", "--read-back", &other.address];
    let seen = run(&repo, &here, None);
    assert_eq!(seen.code, 2, "{}{}", seen.out, seen.err);
    assert!(seen.out.contains("readers see publication 2 of another site: at the target stands 1"), "{}", seen.out);
    assert!(!seen.out.contains("all as published") && seen.err.contains("publication 1 stands, but"), "{}{}", seen.out, seen.err);
}

/// A host that serves a folder as it is.
fn front(dir: &Path) -> Front {
    let dir = dir.to_owned();
    Front::of(move |key| Some((fs::read(dir.join(key)).ok()?, "text/plain".to_owned(), String::new())))
}

#[test]
fn what_changed_is_planned_then_published() {
    let repo = registry(&[(&["1.0.0"], ""), (&["1.0.0", "1.1.0"], "")]);
    let public = repo.path().join("public");
    repo.git(&["checkout", "--quiet", "--detach", "HEAD~1"]);
    ran(&repo, &["nightly"]);
    let between = ran(&repo, &["plan", "--from", "main~1", "--to", "main"]);
    repo.git(&["checkout", "--quiet", "main"]);
    let before = site(&public);
    let planned = ran(&repo, &["publish", "--target", "dir:public", "--dry-run", "--unsigned"]);
    assert_eq!(site(&public), before, "a plan changes nothing");
    assert!(planned.out.contains("+ v0.1/servers/com.example/echo/versions/1.1.0  new"), "{}", planned.out);
    assert_eq!(planned.out, between.out);
    let json: serde_json::Value =
        serde_json::from_str(&ran(&repo, &["plan", "--target", "dir:public", "--unsigned", "--json"]).out).expect("JSON");
    assert!(json["counts"]["content"].as_u64() > Some(3), "{json}");
    ran(&repo, &["publish", "--target", "dir:public", "--unsigned", "--receipt", "receipt.json"]);
    let receipt: serde_json::Value =
        serde_json::from_slice(&fs::read(repo.path().join("receipt.json")).expect("a receipt")).expect("JSON");
    assert_eq!(json["requests"], receipt["requests"], "the estimate is what it took");
    ran(&repo, &["publish", "--target", "dir:public", "--unsigned", "--grace", "0"]);
    ran(&repo, &["build", "--out", "built"]);
    assert_eq!(site(&public), site(&repo.path().join("built")));
}

#[test]
fn an_older_publication_comes_back_under_a_new_number() {
    let repo = registry(&[(&["1.0.0"], ""), (&["1.0.0", "1.1.0"], "")]);
    let public = repo.path().join("public");
    repo.git(&["checkout", "--quiet", "--detach", "main~1"]);
    ran(&repo, &["nightly"]);
    let before = site(&public);
    repo.git(&["checkout", "--quiet", "main"]);
    ran(&repo, &["nightly"]);
    ran(&repo, &["rollback", "1", "--target", "dir:public", "--unsigned", "--grace", "0"]);
    assert_eq!(site(&public), before);
    assert_eq!((checkpoint(&public).publication, checkpoint(&public).serial), (3, 1));
    for never in ["0", "4"] {
        let unknown = run(&repo, &["rollback", never, "--target", "dir:public", "--unsigned"], None);
        assert_eq!(unknown.code, 2);
        assert!(unknown.err.contains(&format!("publication {never} is not remembered")), "{}", unknown.err);
    }
    ran(&repo, &["nightly"]);
    assert_eq!(checkpoint(&public).serial, 2, "the next night goes on");
    assert!(ran(&repo, &["gc", "--target", "dir:public", "--unsigned"]).out.contains("0 manifest files deleted"));
}

#[test]
fn another_history_needs_another_name() {
    let repo = registry(&[(&["1.0.0"], ""), (&["1.0.0", "1.1.0"], "")]);
    ran(&repo, &["nightly"]);
    repo.git(&["checkout", "--quiet", "--orphan", "other"]);
    repo.git(&["commit", "--quiet", "--message", "begun anew"]);
    let refused = run(&repo, &["nightly", "--receipt", "receipt.json"], None);
    assert_eq!(refused.code, 2);
    assert!(
        refused.out.contains("limit `history`") && refused.err.contains("`--allow history`"),
        "{}{}",
        refused.out,
        refused.err
    );
    ran(&repo, &["nightly", "--allow", "history"]);

    let settings = repo.path().join("registry-data/registry.toml");
    let text = fs::read_to_string(&settings).expect("settings");
    fs::write(&settings, format!("{text}[feed]\nepoch = \"same\"\n")).expect("settings");
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--message", "a name"]);
    ran(&repo, &["nightly"]);
    repo.git(&["checkout", "--quiet", "--orphan", "third"]);
    repo.git(&["commit", "--quiet", "--message", "begun anew"]);
    let refused = run(&repo, &["nightly", "--allow", "history"], None);
    assert_eq!(refused.code, 2, "the same name for another history: {}", refused.out);
    assert!(refused.err.contains("epoch"), "{}", refused.err);
}

#[test]
fn what_is_published_is_signed_and_keys_rotate() {
    let repo = registry(&[(&["1.0.0"], "")]);
    let public = repo.path().join("public");
    let made = ran(&repo, &["keygen"]);
    let secret = fs::read_to_string(repo.path().join("gazette.key")).expect("a key");
    assert!(!made.out.contains(secret.trim()) && made.out.contains("registry.example.com+"), "{}", made.out);
    assert_eq!(run(&repo, &["keygen"], None).code, 2, "a key is never overwritten");
    let key = |line: &str| Signer::parse(line.trim()).expect("a key").verifier();
    let next = Signer::of("next", [3; 32]).expect("a key");
    let settle = |keys: &[&Verifier]| {
        let keys: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
        let text = format!("{LEAST}[signing]\nkeys = [{}]\n[publish.here]\ntarget = \"dir:public\"\n", keys.join(", "));
        fs::write(repo.path().join("registry-data/registry.toml"), text).expect("settings");
        repo.git(&["add", "registry-data"]);
        repo.git(&["commit", "--quiet", "--message", "keys"]);
    };
    let first = key(&secret);
    settle(&[&first]);
    let without = run(&repo, &["publish"], None);
    assert_eq!(without.code, 2);
    assert!(without.err.contains("GAZETTE_SIGNING_KEY"), "{}", without.err);
    let stranger = run(&repo, &["publish"], Some(&next.secret()));
    assert_eq!(stranger.code, 2);
    assert!(stranger.err.contains("`next`") && !stranger.err.contains(&next.secret()), "{}", stranger.err);
    let nonsense = run(&repo, &["publish"], Some("hunter2"));
    assert!(nonsense.code == 2 && !nonsense.err.contains("hunter2"), "{}", nonsense.err);

    let note = || fs::read(public.join("checkpoint")).expect("a checkpoint");
    ran(&repo, &["publish", "--signing-key", "gazette.key"]);
    assert!(Checkpoint::read(&note(), &Trust::Keys(vec![first.clone()])).is_ok());
    assert_eq!(fs::read_to_string(public.join("keys.txt")).expect("keys"), format!("{first}\n"));

    settle(&[&first, &next.verifier()]);
    let both = run(&repo, &["publish"], Some(&format!("{}\n{}\n", secret.trim(), next.secret())));
    assert_eq!(both.code, 0, "{}", both.err);
    for known in [first.clone(), next.verifier()] {
        assert!(Checkpoint::read(&note(), &Trust::Keys(vec![known])).is_ok(), "either is enough");
    }
    settle(&[&next.verifier()]);
    assert_eq!(run(&repo, &["publish"], Some(&next.secret())).code, 0);
    assert!(Checkpoint::read(&note(), &Trust::Keys(vec![first.clone()])).is_err());

    // What was published under an older key comes back under that of today.
    let back = run(&repo, &["rollback", "1"], Some(&next.secret()));
    assert_eq!(back.code, 0, "{}{}", back.out, back.err);
    assert!(Checkpoint::read(&note(), &Trust::Keys(vec![next.verifier()])).is_ok());
    assert_eq!(fs::read_to_string(public.join("keys.txt")).expect("keys"), format!("{}\n", next.verifier()));

    let text = String::from_utf8(note()).expect("text").replace("serial 1", "serial 2");
    fs::write(public.join("checkpoint"), text).expect("a checkpoint");
    let forged = run(&repo, &["publish"], Some(&next.secret()));
    assert_eq!(forged.code, 2);
    assert!(forged.out.contains("limit `signature`"), "{}", forged.out);
    assert_eq!(run(&repo, &["publish", "--allow", "signature"], Some(&next.secret())).code, 0);
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let repo = registry(&[(&["1.0.0"], "")]);
    fs::create_dir(repo.path().join("notes")).expect("a folder");
    fs::write(repo.path().join("notes/mine.txt"), "mine").expect("a file");
    let refused = run(&repo, &["publish", "--target", "dir:notes", "--unsigned"], None);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("did not put there"), "{}", refused.err);
    let inside = run(&repo, &["publish", "--target", "dir:registry-data", "--unsigned"], None);
    assert_eq!(inside.code, 2);

    let outside: PathBuf = repo.path().join("stray.txt");
    ran(&repo, &["nightly"]);
    fs::write(repo.path().join("public/mine.txt"), "mine").expect("a file");
    fs::write(&outside, "mine").expect("a file");
    ran(&repo, &["nightly", "--repair"]);
    assert!(repo.path().join("public/mine.txt").exists() && repo.path().join("public").join(VERSION).exists());
}

#[test]
fn what_cannot_be_read_is_never_left_out() {
    let repo = registry(&[(&["1.0.0"], "")]);
    ran(&repo, &["nightly"]);
    let before = files_below(&repo.path().join("public")).len();
    fs::write(repo.path().join("registry-data/servers/com.example/echo/2.0.0.json"), "{").expect("a file");
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--message", "broken"]);
    let refused = run(&repo, &["nightly"], None);
    assert_eq!(refused.code, 1, "{}{}", refused.out, refused.err);
    assert!(
        refused.out.contains("2.0.0.json") && refused.err.contains("nothing was published"),
        "{}{}",
        refused.out,
        refused.err
    );
    assert_eq!(refused.out.matches("2.0.0.json").count(), 1, "it is said once: {}", refused.out);
    assert_eq!(files_below(&repo.path().join("public")).len(), before);
    let entry = fs::read(repo.path().join("registry-data/servers/com.example/echo/1.0.0.json")).expect("an entry");
    fs::write(repo.path().join("registry-data/servers/com.example/echo/2.0.0.json"), entry).expect("a file");
    repo.git(&["commit", "--quiet", "--all", "--message", "false"]);
    let refused = run(&repo, &["nightly"], None);
    assert_eq!(refused.code, 1, "{}{}", refused.out, refused.err);
    assert!(refused.out.contains("path-is-identity"), "{}", refused.out);
    assert_eq!(files_below(&repo.path().join("public")).len(), before);
}
