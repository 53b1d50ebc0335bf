//! The whole gate, run as a process in a real repository, against a GitHub, a resolver and a web host on this machine.

use std::{collections::BTreeMap, fs, process::Command};

use serde_json::{Value, json};

use crate::{
    github::{GitHub, HOME, Happening, TOKEN, bot, user},
    loopback::Response,
    repo::{File, Repo, alone},
};

mod attacks;
mod hours;

const CONFIG: &str = "title = \"T\"\nbase_url = \"https://registry.example.com\"\n";
const MAINTAINED: &str = "[[maintainer]]\ngithub_id = 9\ngithub_login = \"keeper\"\n";
const MERGES: &str = "[gate]\nmerge = true\n";
const OWNED: &str = "[subject]\nkind = \"domain\"\n\n[[owner]]\ngithub_id = 42\ngithub_login = \"alice\"\nproof = \"dns\"\nproved_at = \"2026-01-01\"\n";

fn entry(version: &str, description: &str) -> String {
    let schema = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";
    let value = json!({
        "$schema": schema, "name": "com.example/echo", "description": description, "version": version,
        "remotes": [{ "type": "streamable-http", "url": "https://echo.example.com/mcp" }]
    });
    serde_json::to_string_pretty(&value).expect("JSON") + "\n"
}

fn version(version: &str) -> String {
    format!("registry-data/servers/com.example/echo/{version}.json")
}

/// A registry with one server, a change of it, and a GitHub that shows the change as pull request 7.
pub(crate) struct Case {
    repo: Repo,
    pub(crate) github: GitHub,
    base: String,
    head: String,
}

impl Case {
    /// Whoever sends it, and what it adds.
    pub(crate) fn new(config: &str, author: &Value, adds: &[(&str, &str)]) -> Self {
        let repo = Repo::new();
        let old = entry("1.0.0", "Says what it is told.");
        let mut tree: BTreeMap<String, String> = [
            ("registry-data/registry.toml".to_owned(), format!("{CONFIG}{config}")),
            ("registry-data/namespaces/com.example.toml".to_owned(), OWNED.to_owned()),
            (version("1.0.0"), old),
        ]
        .into();
        let files = |tree: &BTreeMap<String, String>| tree.iter().map(|(path, text)| File::new(path, text.as_str())).collect();
        let before: Vec<File> = files(&tree);
        tree.extend(adds.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
        let ids = repo.commit_trees(&[before, files(&tree)]);
        let paths: Vec<&str> = adds.iter().map(|(path, _)| *path).collect();
        Self::of(repo, author, &ids[0], &ids[1], &paths)
    }

    /// Commits that are there already, of which the first is on `main`.
    fn of(repo: Repo, author: &Value, base: &str, head: &str, shown: &[&str]) -> Self {
        let github = GitHub::start();
        github.pull(7, author, base, head, shown);
        Self { repo, github, base: base.to_owned(), head: head.to_owned() }
    }

    fn published(config: &str, author: &Value) -> Self {
        Self::new(config, author, &[(&version("1.1.0"), &entry("1.1.0", "Says it louder."))])
    }

    pub(crate) fn gate(&self, more: &[&str]) -> String {
        self.gate_of("7", more)
    }

    fn gate_of(&self, number: &str, more: &[&str]) -> String {
        let (base, head) = (self.base.as_str(), self.head.as_str());
        let mut args = vec!["gate", "--repo", HOME, "--pull", number, "--base", base, "--head", head, "--data", "registry-data"];
        // Unless a test says otherwise: nobody is waited for, and no resolver answers.
        for option in [["--patience", "0"], ["--resolver", "127.0.0.1:1"]] {
            args.extend(option.iter().filter(|_| !more.contains(&option[0])));
        }
        args.push("--no-dnssec");
        args.extend(more);
        self.run(&args)
    }

    fn run(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gazette"));
        command.args(args).args(["--api", &self.github.base]);
        command.env("GITHUB_TOKEN", TOKEN).env("GITHUB_STEP_SUMMARY", self.repo.path().join(".git/summary"));
        command.env_remove("GITHUB_API_URL").current_dir(self.repo.path());
        let output = alone(&mut command).output().expect("gazette runs");
        let code = output.status.code().expect("an exit status");
        let text = format!(
            "{}{}exit {code}\n",
            String::from_utf8(output.stdout).expect("UTF-8"),
            String::from_utf8(output.stderr).expect("UTF-8")
        );
        assert!(!text.contains(TOKEN), "the token is shown: {text}");
        text
    }

    fn alter(&self, path: &str, alter: impl FnOnce(&mut Value)) {
        self.github.with(|state| alter(state.at(path)));
    }
}

fn alice() -> Value {
    user(42, "alice")
}

fn mallory() -> Value {
    user(66, "mallory")
}

#[test]
fn an_owners_version_passes_and_is_said_once() {
    let case = Case::published("", &alice());
    let printed = case.gate(&[]);
    assert!(printed.ends_with("exit 0\n") && printed.contains("status success on"), "{printed}");
    assert_eq!(
        case.github.writes(),
        ["status pending: being judged", "POST comment", "label +gazette: pass", "status success: nothing to object to"]
    );
    let comment = case.github.comment(7);
    assert!(comment.starts_with("<!-- gazette: gate -->\n### gazette: nothing to object to\n"), "{comment}");
    assert!(comment.contains(&case.head) && comment.contains(&case.base), "{comment}");
    assert!(comment.contains("+ /v0.1/servers/com.example/echo/versions/1.1.0\n"), "{comment}");
    assert!(comment.contains("! /v0.1/servers/com.example/echo/versions/latest\n"), "{comment}");
    assert!(comment.contains("+     \"description\": \"Says it louder.\""), "{comment}");
    let summary = fs::read_to_string(case.repo.path().join(".git/summary")).expect("a summary");
    assert_eq!(summary, comment);

    // A second run asks only what has changed, and writes only what has.
    let printed = case.gate(&[]);
    assert!(printed.ends_with("exit 0\n"), "{printed}");
    assert_eq!(case.github.writes().len(), 4);
    assert!(case.github.with(|state| state.unchanged) >= 8, "nothing was asked conditionally");
    case.github.is_content();
}

#[test]
fn a_strangers_version_is_refused_and_the_comment_is_edited_once_it_is_not() {
    let case = Case::published("", &mallory());
    let printed = case.gate(&[]);
    assert!(printed.ends_with("exit 1\n") && printed.contains("status failure on"), "{printed}");
    let comment = case.github.comment(7);
    assert!(comment.contains("reject[author-may-touch-path]") && !comment.contains("What would be published"), "{comment}");
    // A stranger's comment with the marker is not the gate's.
    case.github.with(|state| state.say(7, &mallory(), "<!-- gazette: gate -->\nnothing to object to"));
    case.alter("pulls/7", |pull| pull["user"] = alice());
    assert!(case.gate(&[]).ends_with("exit 0\n"));
    assert!(case.github.comment(7).contains("nothing to object to"));
    let writes = case.github.writes();
    assert!(writes.contains(&"PATCH comment".to_owned()) && writes.contains(&"label -gazette: reject".to_owned()), "{writes:?}");
    case.github.is_content();
}

#[test]
fn a_dry_run_writes_nothing() {
    let case = Case::published(MERGES, &alice());
    let printed = case.gate(&["--dry-run"]);
    assert!(printed.starts_with(&format!("status success on {}: nothing to object to\n", case.head)), "{printed}");
    assert!(printed.contains("label +gazette: pass\nmerge yes\ncomment\n<!-- gazette: gate -->"), "{printed}");
    assert_eq!(case.github.writes(), [""; 0]);
    assert!(!case.repo.path().join(".git/summary").exists());
    case.github.is_content();
}

#[test]
fn where_github_fails_nothing_is_allowed_and_nobody_blamed() {
    for route in ["pulls/7/files", "branches/main", "issues/7/comments", "pulls/7/comments", "rules/branches/main"] {
        let case = Case::published(MERGES, &alice());
        let fault = Response::new(503, r#"{"message": "Unicorn!"}"#);
        case.github.with(|state| state.faults.push((route.to_owned(), fault)));
        let printed = case.gate(&[]);
        let writes = case.github.writes();
        assert!(writes.iter().all(|write| !write.starts_with("merge") && !write.starts_with("status failure")), "{writes:?}");
        assert!(printed.ends_with("exit 0\n"), "{route}: {printed}");
        case.github.is_content();
    }
    // Whether somebody else's approval was dismissed is not known, so nobody's counts.
    let case = Case::published(MAINTAINED, &mallory());
    case.github.with(|state| state.faults.push(("pulls/7/reviews".to_owned(), Response::new(502, "<html>"))));
    let printed = case.gate(&[]);
    assert!(printed.contains("status pending on") && printed.ends_with("exit 0\n"), "{printed}\n{}", case.github.comment(7));
    case.github.is_content();
}

#[test]
fn without_a_verdict_the_status_says_so() {
    let case = Case::published("", &alice());
    case.github
        .with(|state| state.faults.push(("POST /repos/acme/registry/issues/7/comments".to_owned(), Response::new(403, "{}"))));
    let printed = case.gate(&[]);
    assert!(printed.contains("error: access denied: GitHub answered 403") && printed.ends_with("exit 2\n"), "{printed}");
    assert_eq!(
        case.github.writes(),
        ["status pending: being judged", "status error: could not be judged, or the verdict could not be written"]
    );
    case.github.is_content();
}

#[test]
fn github_is_waited_for_within_patience() {
    let limited = || Response::new(403, r#"{"message": "You have exceeded a secondary rate limit."}"#).with("retry-after", "1");
    let fault =
        |case: &Case| case.github.with(|state| state.faults.push(("GET /repos/acme/registry/pulls/7".to_owned(), limited())));
    let case = Case::published("", &alice());
    fault(&case);
    let printed = case.gate(&["--patience", "5"]);
    assert!(printed.contains("status success on"), "{printed}");
    let case = Case::published("", &alice());
    fault(&case);
    let printed = case.gate(&[]);
    assert!(
        printed.contains("secondary rate limit") && printed.contains("--patience") && printed.ends_with("exit 2\n"),
        "{printed}"
    );
    assert_eq!(case.github.writes(), [""; 0]);
}

#[test]
fn a_token_goes_to_one_host() {
    let case = Case::published("", &alice());
    let elsewhere = GitHub::start();
    let moved = Response::new(301, "{}").with("location", &format!("{}/repositories/1", elsewhere.base));
    case.github.with(|state| state.faults.push(("GET /repos/acme/registry".to_owned(), moved)));
    let printed = case.gate(&[]);
    assert!(printed.contains("GitHub answered 301") && printed.ends_with("exit 2\n"), "{printed}");
    assert!(elsewhere.with(|state| state.asked.is_empty()));
}

#[test]
fn what_github_counts_and_does_not_list_is_missed() {
    let case = Case::published("", &alice());
    case.alter("pulls/7", |pull| pull["changed_files"] = json!(2));
    let printed = case.gate(&[]);
    assert!(printed.contains("status pending on") && printed.ends_with("exit 0\n"), "{printed}");
    assert!(case.github.comment(7).contains("GitHub counts 2 at"), "{}", case.github.comment(7));
    // More than GitHub lists at all, whatever they are.
    case.alter("pulls/7", |pull| pull["changed_files"] = json!(3_001));
    case.gate(&[]);
    assert!(
        case.github.comment(7).contains("GitHub lists at most 3000 files, and this changes 3001"),
        "{}",
        case.github.comment(7)
    );
    // As many as it counts, and not those that git knows of.
    case.alter("pulls/7", |pull| pull["changed_files"] = json!(1));
    case.alter("pulls/7/files", |files| files[0]["filename"] = json!("README.md"));
    case.gate(&[]);
    assert!(case.github.comment(7).contains("GitHub does not show 1 of the files"), "{}", case.github.comment(7));
    case.github.is_content();
}

#[test]
fn a_commit_in_two_pull_requests_passes_in_neither() {
    let case = Case::published("", &alice());
    case.github.pull(8, &mallory(), &case.base, &case.head, &[]);
    assert!(case.gate(&[]).contains("status pending on"));
    assert!(case.github.comment(7).contains("the same commit is in other open pull requests: 8"));
    case.github.is_content();
}

/// Whoever opens a pull request from another's fork answers for whatever is pushed there later.
#[test]
fn a_branch_that_somebody_else_pushes_to_is_looked_at() {
    let case = Case::published("", &alice());
    case.alter("pulls/7", |pull| pull["head"]["repo"]["owner"] = mallory());
    assert!(case.gate(&[]).contains("status pending on"));
    assert!(case.github.comment(7).contains("account 66 says who pushes to the branch"), "{}", case.github.comment(7));
    case.github.is_content();
    // An organization's branch is its members' word, and no maintainer's; an approval is of the commit as it is.
    let case =
        Case::published(&format!("{MAINTAINED}[[maintainer]]\ngithub_id = 8\ngithub_login = \"second\"\n"), &user(9, "keeper"));
    case.alter("pulls/7", |pull| pull["head"]["repo"]["owner"] = json!({ "id": 501, "login": "others", "type": "Organization" }));
    assert!(case.gate(&[]).contains("status pending on"));
    assert!(case.github.comment(7).contains("account 501 says who pushes to the branch"), "{}", case.github.comment(7));
    let approval = json!([{ "user": user(8, "second"), "state": "APPROVED", "commit_id": case.head, "body": "" }]);
    case.alter("pulls/7/reviews", |reviews| *reviews = approval);
    assert!(case.gate(&[]).contains("status success on"));
    case.github.is_content();
    // Whatever else the members of an organization may push, an owner's namespace is not theirs.
    let case = Case::published(MAINTAINED, &alice());
    case.alter("pulls/7", |pull| pull["head"]["repo"]["owner"] = json!({ "id": 501, "login": "others", "type": "Organization" }));
    assert!(case.gate(&[]).contains("status pending on"));
    assert!(case.github.comment(7).contains("send it from a repository of your own"), "{}", case.github.comment(7));
    case.github.is_content();
    // Who may write to the registry itself is trusted by it.
    let case = Case::published(MAINTAINED, &alice());
    case.alter("pulls/7", |pull| pull["head"]["repo"] = pull["base"]["repo"].clone());
    assert!(case.gate(&[]).contains("status success on"));
    case.github.is_content();
}

#[test]
fn a_list_that_grew_behind_an_unchanged_page_is_read_to_its_end() {
    let case = Case::published(&format!("{MAINTAINED}{MERGES}"), &alice());
    case.github.with(|state| {
        state.page = 100;
        let comment = json!({ "user": bot(), "state": "COMMENTED", "commit_id": "x", "body": "" });
        *state.at("pulls/7/reviews") = json!(vec![comment; 100]);
    });
    let printed = case.gate(&["--dry-run"]);
    assert!(printed.contains("merge yes"), "{printed}");
    case.alter("pulls/7/reviews", |reviews| {
        let objection = json!({ "user": user(5, "carol"), "state": "CHANGES_REQUESTED", "commit_id": "x", "body": "" });
        reviews.as_array_mut().expect("a list").push(objection);
    });
    let printed = case.gate(&["--dry-run"]);
    assert!(printed.contains("merge no") && printed.contains("somebody has said something"), "{printed}");
    case.github.is_content();
}

#[test]
fn only_what_would_be_published_is_judged() {
    let case = Case::published("", &alice());
    case.alter("pulls/7", |pull| pull["base"]["ref"] = json!("experiment"));
    assert!(case.gate(&[]).starts_with("pull request 7: it does not go to `main`"));
    case.alter("pulls/7", |pull| pull["state"] = json!("closed"));
    assert!(case.gate(&[]).starts_with("pull request 7: it is closed"));
    case.alter("pulls/7", |pull| {
        pull["state"] = json!("open");
        pull["head"]["sha"] = json!("6dcb09b5b57875f334f61aebed695e2e4193db5e");
    });
    let printed = case.gate(&[]);
    assert!(printed.contains("the head of pull request 7 is `6dcb") && printed.ends_with("exit 2\n"), "{printed}");
    assert_eq!(case.github.writes(), [""; 0]);
    case.github.is_content();
}

#[test]
fn what_has_passed_is_merged_as_it_was_judged() {
    let case = Case::published(MERGES, &alice());
    case.github.with(|state| state.expects.extend(["PUT merge", "POST dispatch"]));
    let printed = case.gate(&[]);
    assert!(printed.contains("merged as 6dcb09b5"), "{printed}\n{}", case.github.comment(7));
    let writes = case.github.writes();
    assert_eq!(writes[writes.len() - 2..], ["merge Publish com.example/echo 1.1.0 (#7)", "POST dispatch"]);
    case.github.is_content();
}

/// Each of these keeps the robot from merging, and none of them is the author's fault.
#[test]
fn the_robot_stops() {
    let cases: [(&str, &str, Happening); 9] = [
        ("the label `hold` holds it", "success", |state| state.at("pulls/7")["labels"] = json!([{ "name": "hold" }])),
        ("somebody has said something", "success", |state| state.say(7, &user(5, "carol"), "Wait, is this theirs?")),
        ("somebody has said something", "success", |state| {
            *state.at("pulls/7/reviews") =
                json!([{ "user": user(5, "carol"), "state": "CHANGES_REQUESTED", "commit_id": "x", "body": "" }]);
        }),
        ("it is a draft", "success", |state| state.at("pulls/7")["draft"] = json!(true)),
        ("rebase merging is allowed here", "pending", |state| {
            *state.at("rules/branches/main") = json!([{ "type": "required_status_checks", "parameters": {
                "strict_required_status_checks_policy": true, "required_status_checks": [{ "context": "gazette" }] } }]);
            state.answers.get_mut(&format!("/repos/{HOME}")).expect("a home")["allow_rebase_merge"] = json!(true);
        }),
        ("branches need not be up to date", "pending", |state| *state.at("rules/branches/main") = json!([])),
        ("branches need not be up to date", "pending", |state| {
            state.at("rules/branches/main")[0]["parameters"]["required_status_checks"][0]["context"] = json!("another");
        }),
        ("the token may not know", "pending", |state| {
            let home = state.answers.get_mut(&format!("/repos/{HOME}")).expect("a home");
            home.as_object_mut().expect("an object").remove("allow_rebase_merge");
        }),
        ("the branch it goes to has moved", "pending", |state| state.at("branches/main")["commit"]["sha"] = json!("other")),
    ];
    for (why, status, alter) in cases {
        let case = Case::published(MERGES, &alice());
        case.github.with(alter);
        let printed = case.gate(&[]);
        assert!(printed.contains(&format!("status {status} on")) && printed.ends_with("exit 0\n"), "{why}: {printed}");
        assert!(case.github.comment(7).contains(why), "{why}: {}", case.github.comment(7));
        // A merge would be a write that nobody expects.
        case.github.is_content();
    }
}

#[test]
fn what_bots_and_the_gate_itself_say_stops_nobody_and_a_maintainers_word_ends_a_discussion() {
    let case = Case::published(&format!("{MAINTAINED}{MERGES}"), &alice());
    case.github.with(|state| {
        state.expects.extend(["PUT merge", "POST dispatch"]);
        state.say(7, &bot(), "A workflow says hello.");
        state.say(7, &json!({ "id": 3, "login": "helper[bot]", "type": "Bot" }), "So do I.");
        state.say(7, &user(5, "carol"), "Wait!");
    });
    let approval = json!([{ "user": user(9, "keeper"), "state": "APPROVED", "commit_id": case.head, "body": "" }]);
    assert!(!case.gate(&[]).contains("merged as"));
    case.alter("pulls/7/reviews", |reviews| *reviews = approval);
    let printed = case.gate(&[]);
    assert!(printed.contains("merged as"), "{printed}");
    case.github.is_content();
}

/// Between the first look and the merge, somebody pushes, comments, or moves base.
#[test]
fn what_changes_before_the_merge_is_not_merged() {
    let cases: [(&str, usize, Happening); 4] = [
        // Noticed by the second look,
        ("GET /repos/acme/registry/pulls/7", 3, |state| state.at("pulls/7")["head"]["sha"] = json!("other")),
        ("GET /repos/acme/registry/branches/main", 1, |state| state.at("branches/main")["commit"]["sha"] = json!("other")),
        ("GET /repos/acme/registry/pulls/7/reviews", 1, |state| {
            *state.at("pulls/7/reviews") =
                json!([{ "user": user(5, "carol"), "state": "COMMENTED", "commit_id": "x", "body": "Stop!" }]);
        }),
        // or by GitHub itself, since the commit is pinned.
        ("PUT /repos/acme/registry/pulls/7/merge", 0, |state| state.at("pulls/7")["head"]["sha"] = json!("other")),
    ];
    for (when, after, happen) in cases {
        let case = Case::published(MERGES, &alice());
        case.github.with(|state| {
            state.expects.insert("PUT merge");
            state.events.push((when.to_owned(), after, happen));
        });
        let printed = case.gate(&[]);
        assert!(!printed.contains("merged as"), "{when}: {printed}");
        assert!(case.github.with(|state| state.events.is_empty()), "{when} was not asked often enough: {printed}");
        case.github.is_content();
    }
}

#[test]
fn a_new_namespace_waits() {
    let claim = "[subject]\nkind = \"domain\"\n\n[[owner]]\ngithub_id = 9\ngithub_login = \"keeper\"\nproof = \"grant\"\nby = 9\nproved_at = \"2026-11-20\"\n";
    let path = "registry-data/namespaces/org.example.toml";
    let case = Case::new(&format!("{MAINTAINED}{MERGES}"), &user(9, "keeper"), &[(path, claim)]);
    case.github.with(|state| state.expects.extend(["PUT merge", "POST dispatch"]));
    let printed = case.gate(&[]);
    assert!(printed.contains("status success on") && !printed.contains("merged as"), "{printed}\n{}", case.github.comment(7));
    assert!(case.github.comment(7).contains("a new namespace waits for 3 days"), "{}", case.github.comment(7));
    assert!(case.github.writes().contains(&"label +gazette: new namespace".to_owned()));
    // It counts from the gate's first status of this commit: not from the author's clock, and not from another's status.
    let sha = case.head.clone();
    let old =
        |by: Value| json!({ "context": "gazette", "state": "pending", "creator": by, "created_at": "2026-11-01T00:00:00Z" });
    case.alter(&format!("commits/{sha}/statuses"), |all| all.as_array_mut().expect("a list").push(old(user(66, "mallory"))));
    assert!(!case.gate(&[]).contains("merged as"));
    case.alter(&format!("commits/{sha}/statuses"), |all| all.as_array_mut().expect("a list").push(old(bot())));
    assert!(!case.gate(&[]).contains("merged as"), "older than the pull request itself");
    case.alter("pulls/7", |pull| pull["created_at"] = json!("2026-11-01T00:00:00Z"));
    // Nobody looks at a pull request that is closed, shows another commit, or goes elsewhere.
    let events = |kind: &str, at: &str| json!([{ "event": "closed", "created_at": at }, { "event": kind, "created_at": at }]);
    for kind in ["reopened", "head_ref_force_pushed", "base_ref_changed"] {
        case.alter("issues/7/events", |all| *all = events(kind, "2026-11-20T00:00:00Z"));
        assert!(!case.gate(&[]).contains("merged as"), "{kind}");
    }
    case.alter("issues/7/events", |all| *all = events("reopened", "2026-11-02T00:00:00Z"));
    let printed = case.gate(&[]);
    assert!(printed.contains("merged as"), "{printed}\n{}", case.github.comment(7));
    case.github.is_content();
}

#[test]
fn open_pull_requests_are_listed() {
    let case = Case::published("", &alice());
    let other = "6dcb09b5b57875f334f61aebed695e2e4193db5e";
    for number in [8, 9] {
        case.github.pull(number, &alice(), &case.base, other, &[]);
    }
    assert_eq!(case.run(&["gate", "--repo", HOME, "--list"]), "7\n8\n9\nexit 0\n");
    assert_eq!(case.run(&["gate", "--repo", HOME, "--list", "--sha", other]), "8\n9\nexit 0\n");
    case.github.is_content();
}
