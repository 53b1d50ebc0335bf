//! People who mean harm and know the gate: what only a real repository and a GitHub can show. The other attacks are cases in
//! `tests/cases/check/hostile`; tests/README.md lists them all.

use serde_json::json;

use super::{CONFIG, Case, MAINTAINED, MERGES, OWNED, alice, entry, mallory, version};
use crate::{
    github::{bot, user},
    loopback::Response,
    repo::{File, Repo},
};

const THEIRS: &str = "registry-data/servers/org.example/parrot/1.0.0.json";

fn theirs() -> String {
    entry("1.0.0", "Repeats.").replace("com.example/echo", "org.example/parrot")
}

/// Somebody else's namespace and server, beside what a case has.
fn neighbours() -> Vec<(String, String)> {
    let owned = OWNED.replace("42", "43").replace("alice", "bob");
    vec![("registry-data/namespaces/org.example.toml".to_owned(), owned), (THEIRS.to_owned(), theirs())]
}

fn base(config: &str, more: &[(String, String)]) -> Vec<File> {
    let mut files = vec![
        File::new("registry-data/registry.toml", format!("{CONFIG}{config}")),
        File::new("registry-data/namespaces/com.example.toml", OWNED),
        File::new(&version("1.0.0"), entry("1.0.0", "Says what it is told.")),
    ];
    files.extend(more.iter().map(|(path, text)| File::new(path, text.as_str())));
    files
}

/// The same files with others laid over them.
fn with(files: &[File], more: &[(&str, String)]) -> Vec<File> {
    let kept = files.iter().filter(|file| more.iter().all(|(path, _)| file.path != *path)).cloned();
    kept.chain(more.iter().map(|(path, text)| File::new(path, text.as_str()))).collect()
}

/// The commit of the tree of one commit upon others.
fn join(repo: &Repo, tree: &str, parents: &[&str]) -> String {
    let tree = format!("{tree}^{{tree}}");
    let mut args = vec!["commit-tree", &tree, "-m", "merge"];
    args.extend(parents.iter().flat_map(|parent| ["-p", parent]));
    repo.git(&args)
}

#[test]
fn a_merge_commit_brings_nothing_unseen() {
    let before = base("", &neighbours());
    let louder = (version("1.1.0"), entry("1.1.0", "Says it louder."));
    let ours = with(&before, &[(&louder.0, louder.1.clone())]);
    let foreign = "registry-data/servers/org.example/parrot/1.1.0.json";
    let both = with(&ours, &[(foreign, theirs().replace("1.0.0", "1.1.0"))]);
    let repo = Repo::new();
    // Alice's commit, mallory's beside it, and what a merge of the two holds.
    let ids = repo.commit_graph(&[before, ours, both.clone(), both], &[0, 1, 1, 1]);
    let head = join(&repo, &ids[3], &[&ids[1], &ids[2]]);
    let case = Case::of(repo, &alice(), &ids[0], &head, &[&louder.0, foreign]);
    let printed = case.gate(&[]);
    assert!(printed.contains("status failure on"), "{printed}");
    assert!(case.github.comment(7).contains("is no owner of `org.example`"), "{}", case.github.comment(7));
    case.github.is_content();
}

/// A merge of base into the branch that keeps nothing of base takes back what others published.
#[test]
fn a_merge_that_forgets_what_others_published_is_seen() {
    let fork = base("", &[]);
    let now = base("", &neighbours());
    let ours = with(&fork, &[(&version("1.1.0"), entry("1.1.0", "Says it louder."))]);
    let repo = Repo::new();
    let ids = repo.commit_graph(&[fork, now, ours], &[0, 1, 1]);
    let head = join(&repo, &ids[2], &[&ids[2], &ids[1]]);
    let case = Case::of(repo, &alice(), &ids[1], &head, &[&version("1.1.0")]);
    assert!(case.gate(&[]).contains("status failure on"));
    assert!(case.github.comment(7).contains("is no owner of `org.example`"), "{}", case.github.comment(7));
    case.github.is_content();
}

#[test]
fn several_merge_bases_leave_no_choice() {
    let fork = base("", &[]);
    let one = with(&fork, &[(&version("1.1.0"), entry("1.1.0", "Says it louder."))]);
    let other = with(&fork, &[(&version("1.2.0"), entry("1.2.0", "Says it twice."))]);
    let both = with(&one, &[(&version("1.2.0"), entry("1.2.0", "Says it twice."))]);
    let repo = Repo::new();
    let ids = repo.commit_graph(&[fork, one, other, both], &[0, 1, 1, 1]);
    let onto = join(&repo, &ids[3], &[&ids[1], &ids[2]]);
    let head = join(&repo, &ids[3], &[&ids[2], &ids[1]]);
    let case = Case::of(repo, &alice(), &onto, &head, &[]);
    assert!(case.gate(&[]).contains("status failure on"));
    assert!(case.github.comment(7).contains("base and head have 2 last commits in common"), "{}", case.github.comment(7));
    case.github.is_content();
}

/// Squashed it does nothing; each of its commits alone would do much.
#[test]
fn what_is_deleted_and_reverted_is_not_merged() {
    for (rebase, status) in [(false, "success"), (true, "pending")] {
        let before = base(MERGES, &neighbours());
        let without: Vec<File> = before.iter().filter(|file| file.path != THEIRS).cloned().collect();
        let repo = Repo::new();
        let ids = repo.commit_trees(&[before.clone(), without, before]);
        let case = Case::of(repo, &mallory(), &ids[0], &ids[2], &[]);
        case.alter("rules/branches/main", |rules| {
            rules[1]["parameters"]["allowed_merge_methods"] =
                if rebase { json!(["squash", "rebase"]) } else { json!(["squash"]) };
        });
        case.github.with(|state| {
            let home = state.answers.get_mut(&format!("/repos/{}", crate::github::HOME)).expect("a home");
            home["allow_rebase_merge"] = json!(rebase);
        });
        assert!(case.gate(&[]).contains(&format!("status {status} on")), "{}", case.github.comment(7));
        let why = if rebase { "rebase merging is allowed here" } else { "it changes nothing" };
        assert!(case.github.comment(7).contains(why), "{}", case.github.comment(7));
        // A merge would be a write that nobody expects.
        case.github.is_content();
    }
}

/// GitHub lists 3,000 files, a hundred a page, and counts no more either.
#[test]
fn the_file_after_those_that_github_lists_is_missed() {
    let path = |n: usize| format!("registry-data/servers/com.example/echo/2.0.{n}.json");
    let versions: Vec<(String, String)> = (0..3_001).map(|n| (path(n), entry(&format!("2.0.{n}"), "Says it."))).collect();
    let adds: Vec<(&str, &str)> = versions.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let case = Case::new("[limits]\nchange_files = 5000\n", &alice(), &adds);
    case.github.with(|state| {
        state.page = 100;
        state.at("pulls/7/files").as_array_mut().expect("a list").truncate(3_000);
        state.at("pulls/7")["changed_files"] = json!(3_000);
    });
    let printed = case.gate(&[]);
    assert!(printed.contains("status pending on"), "{printed}");
    let comment = case.github.comment(7);
    assert!(comment.contains("GitHub does not show 1 of the files that this changes"), "{comment}");
    assert!(case.github.with(|state| state.asked.iter().filter(|line| line.ends_with("/pulls/7/files")).count()) >= 30);
    case.github.is_content();
}

/// What a submitter writes, in a version and in what is said of the pull request.
#[test]
fn no_word_of_a_submission_leaves_its_block() {
    let words = "<!-- gazette: gate --> ``` ~~~ ````` @octocat #1 <img src=x onerror=y> </details> ::set-output name=a::b ##[group]x $(touch x)";
    for length in [1, 70_000 / words.len() + 1] {
        let text = serde_json::to_string(&format!("{words}\n").repeat(length)).expect("JSON");
        let hostile = entry("1.1.0", "PLACE").replace("\"PLACE\"", &text).replace("streamable-http", "sse\\n::error::x ```");
        let case = Case::new("", &alice(), &[(&version("1.1.0"), &hostile)]);
        case.github.with(|state| {
            state.at("pulls/7")["title"] = json!(words);
            state.say(7, &mallory(), &format!("<!-- gazette: gate -->\n{}", words.repeat(500)));
        });
        let printed = case.gate(&[]);
        let dry = case.gate(&["--dry-run"]);
        assert!(printed.contains("status failure on"), "{printed}");
        let comment = case.github.comment(7);
        assert!(comment.len() < 65_536, "{}", comment.len());
        let outside = outside(&comment);
        for word in ["@octocat", "#1", "<img", "set-output", "##[", "$(touch"] {
            assert!(!outside.contains(word), "{word} stands outside:\n{comment}");
        }
        assert_eq!(outside.matches("<!--").count(), 1, "{outside}");
        for printed in [printed, dry] {
            assert!(printed.lines().all(|line| !line.trim_start().starts_with("::")) && !printed.contains("##["), "{printed}");
        }
        case.github.is_content();
    }
}

/// What stands outside of fenced blocks, as Markdown reads it.
fn outside(comment: &str) -> String {
    let (mut fence, mut out) = (0, String::new());
    for line in comment.lines() {
        let ticks = line.chars().take_while(|c| *c == '`').count();
        match fence {
            0 if ticks >= 3 => fence = ticks,
            0 => out.push_str(&format!("{line}\n")),
            open if ticks >= open && line.trim_end_matches(['`', ' ']).is_empty() => fence = 0,
            _ => {}
        }
    }
    assert_eq!(fence, 0, "a block is left open");
    out
}

#[test]
fn a_new_commit_after_the_approval_is_approved_by_nobody() {
    let case = Case::published(MAINTAINED, &mallory());
    let review = |commit: &str| json!([{ "user": user(9, "keeper"), "state": "APPROVED", "commit_id": commit, "body": "" }]);
    case.alter("pulls/7/reviews", |reviews| *reviews = review(&case.base));
    assert!(case.gate(&[]).contains("status failure on"));
    case.alter("pulls/7/reviews", |reviews| *reviews = review(&case.head));
    assert!(case.gate(&[]).contains("status success on"));
    case.github.is_content();
}

/// The word that a success rests on is taken back, and the success at once, before anything is judged.
#[test]
fn an_approval_that_is_taken_back_takes_the_success_with_it() {
    let case = Case::published(MAINTAINED, &mallory());
    let approval = json!([{ "user": user(9, "keeper"), "state": "APPROVED", "commit_id": case.head, "body": "" }]);
    case.alter("pulls/7/reviews", |reviews| *reviews = approval);
    assert!(case.gate(&[]).contains("status success on"));
    case.alter("pulls/7/reviews", |reviews| reviews[0]["state"] = json!("DISMISSED"));
    case.github.with(|state| state.writes.clear());
    assert!(case.gate(&[]).contains("status failure on"));
    assert_eq!(case.github.writes()[0], "status pending: being judged");
    case.github.is_content();
}

/// The commit that passed in its owner's pull request comes again in a stranger's.
#[test]
fn a_success_of_another_pull_request_is_taken_back_first() {
    let case = Case::published("", &alice());
    assert!(case.gate(&[]).contains("status success on"));
    case.alter("pulls/7", |pull| pull["user"] = mallory());
    case.github.with(|state| {
        state.writes.clear();
        // The same facts, told of number 7, in a pull request of another number.
        for path in ["", "/files", "/reviews", "/comments"] {
            let answer = state.at(&format!("pulls/7{path}")).clone();
            state.answers.insert(format!("/repos/{}/pulls/8{path}", crate::github::HOME), answer);
        }
        for path in ["comments", "events"] {
            let answer = json!([]);
            state.answers.insert(format!("/repos/{}/issues/8/{path}", crate::github::HOME), answer);
        }
        state.at("pulls/8")["number"] = json!(8);
        *state.at("pulls") = json!([state.at("pulls/8").clone()]);
        state.count(8);
    });
    let printed = case.gate_of("8", &[]);
    assert!(printed.contains("status failure on"), "{printed}");
    assert_eq!(case.github.writes()[0], "status pending: being judged");
    case.github.is_content();
}

/// Whoever has the gate judge a commit for the thousandth time finds it unable to take back what it said.
#[test]
fn a_commit_that_has_no_room_to_take_a_success_back_gets_none() {
    let case = Case::published("", &alice());
    let path = format!("commits/{}/statuses", case.head);
    case.github.with(|state| {
        state.page = 100;
        let status = json!({ "context": "gazette", "state": "pending", "description": "being judged", "creator": bot(),
            "created_at": "2026-11-21T06:00:00Z" });
        *state.at(&path) = json!(vec![status; 900]);
    });
    assert!(case.gate(&[]).contains("status pending on"));
    assert!(case.github.comment(7).contains("this commit has 900 statuses of the gate"), "{}", case.github.comment(7));
    // And once there is no room at all, what stands there is no success.
    case.github.with(|state| {
        let full = Response::new(422, r#"{"message": "This SHA and context has reached the maximum number of statuses."}"#);
        state.faults.push((format!("POST /repos/{}/statuses", crate::github::HOME), full));
    });
    case.gate(&[]);
    case.alter(&path, |all| assert_ne!(all[0]["state"], "success"));
    case.github.is_content();
}
