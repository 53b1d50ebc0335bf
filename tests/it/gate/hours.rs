//! The gate that comes by every hour: what it leaves as it is, what it takes back, and how long it waits for GitHub.

use serde_json::json;

use super::{Case, MAINTAINED, alice, mallory};
use crate::{github::user, loopback::Response};

type Alters<'a> = &'a dyn Fn(&Case);

fn statuses(case: &Case) -> String {
    format!("commits/{}/statuses", case.head)
}

#[test]
fn an_hour_in_which_nothing_happened_writes_nothing() {
    for (author, state) in [(alice(), "success"), (mallory(), "failure")] {
        let case = Case::published("", &author);
        case.gate(&[]);
        let before = case.github.writes();
        for _ in 0..3 {
            assert!(case.gate(&[]).contains(&format!("status {state} on")));
        }
        assert_eq!(case.github.writes(), before);
        case.github.is_content();
    }
}

/// Each of these is a reason to take a success back before anything is asked.
#[test]
fn a_success_is_taken_back_where_its_facts_have_changed() {
    let old = |case: &Case| case.alter(&statuses(case), |all| all[0]["created_at"] = json!("2026-11-21T06:00:00Z"));
    let ahead = |case: &Case| case.alter(&statuses(case), |all| all[0]["created_at"] = json!("2026-11-22T06:00:00Z"));
    let other = |case: &Case| case.alter(&statuses(case), |all| all[0]["description"] = json!("nothing to object to"));
    let approved = |case: &Case| {
        let review = json!([{ "user": user(5, "carol"), "state": "APPROVED", "commit_id": case.head, "body": "" }]);
        case.alter("pulls/7/reviews", |reviews| *reviews = review);
    };
    let unknown = |case: &Case| {
        case.github.with(|state| state.faults.push(("pulls/7/reviews".to_owned(), Response::new(502, ""))));
    };
    let cases: [(&str, Alters); 5] =
        [("old", &old), ("ahead", &ahead), ("another's words", &other), ("approved", &approved), ("unknown", &unknown)];
    for (what, alter) in cases {
        let case = Case::published(MAINTAINED, &alice());
        assert!(case.gate(&[]).contains("status success on"));
        case.github.with(|state| state.writes.clear());
        alter(&case);
        assert!(case.gate(&[]).contains("status success on"), "{what}: {}", case.github.comment(7));
        let writes = case.github.writes();
        assert_eq!(writes[0], "status pending: being judged", "{what}");
        assert!(writes.last().is_some_and(|last| last.starts_with("status success")), "{what}: {writes:?}");
        case.github.is_content();
    }
}

/// Base is another one, and the verdict was about the one before.
#[test]
fn a_success_is_about_one_base() {
    let mut case = Case::published("", &alice());
    assert!(case.gate(&[]).contains("status success on"));
    let moved = case.repo.git(&["commit-tree", &format!("{}^{{tree}}", case.base), "-p", &case.base, "-m", "later"]);
    case.base.clone_from(&moved);
    case.alter("branches/main", |branch| branch["commit"]["sha"] = json!(moved));
    case.github.with(|state| state.writes.clear());
    assert!(case.gate(&[]).contains("status success on"), "{}", case.github.comment(7));
    assert_eq!(case.github.writes()[0], "status pending: being judged");
    case.github.is_content();
}

/// Another run of the gate wrote something while this one judged: what it says counts again.
#[test]
fn what_another_run_wrote_meanwhile_is_not_left() {
    let case = Case::published("", &mallory());
    case.gate(&[]);
    case.github.with(|state| {
        state.writes.clear();
        let success: crate::github::Happening = |state| {
            let path = state.answers.keys().find(|path| path.ends_with("/statuses")).expect("statuses").clone();
            let all = state.answers.get_mut(&path).and_then(|all| all.as_array_mut()).expect("a list");
            let mut other = all[0].clone();
            other["state"] = json!("success");
            all.insert(0, other);
        };
        state.events.push(("GET /repos/acme/registry/branches/main".to_owned(), 0, success));
    });
    assert!(case.gate(&[]).contains("status failure on"));
    assert_eq!(case.github.writes(), ["status failure: something to fix: 1 to fix"]);
    case.github.is_content();
}

fn limited(headers: &[(&str, &str)]) -> Response {
    let response = Response::new(403, r#"{"message": "API rate limit exceeded for installation."}"#);
    headers.iter().fold(response, |response, (name, value)| response.with(name, value))
}

/// The hour's requests are spent, and GitHub says until when, by its own clock: 13:14:44.
#[test]
fn the_hours_limit_is_waited_for() {
    let soon = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795266884")];
    let later = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795268884")];
    let case = Case::published("", &alice());
    case.github.with(|state| state.faults.push(("/pulls/7/files".to_owned(), limited(&soon))));
    let printed = case.gate(&["--patience", "5"]);
    assert!(printed.contains("status success on"), "{printed}");
    // Longer than anybody has patience for: then nobody has looked, and a person must.
    for (fault, patience) in [(limited(&later), "600"), (limited(&[("retry-after", "3600")]), "600"), (limited(&[]), "0")] {
        let case = Case::published("", &alice());
        case.github.with(|state| state.faults.push(("/pulls/7/files".to_owned(), fault)));
        let printed = case.gate(&["--patience", patience]);
        assert!(printed.contains("status pending on") && printed.ends_with("exit 0\n"), "{printed}");
        assert!(case.github.comment(7).contains("rate limit exceeded"), "{}", case.github.comment(7));
        case.github.is_content();
    }
}

/// What a rule asks and GitHub has no time for is for review, and no fault of the author's.
#[test]
fn a_question_beyond_the_limit_is_for_review() {
    let claim = "[subject]\nkind = \"user\"\ngithub_id = 42\ngithub_login = \"alice\"\n\n[[owner]]\ngithub_id = 42\ngithub_login = \"alice\"\nproof = \"account\"\nproved_at = \"2026-11-21\"\n";
    let case = Case::new("", &alice(), &[("registry-data/namespaces/io.github.alice.toml", claim)]);
    case.github.with(|state| {
        state.answers.insert("/users/alice".to_owned(), alice());
        state.faults.push(("GET /users/alice".to_owned(), limited(&[("retry-after", "60")])));
    });
    let printed = case.gate(&[]);
    assert!(printed.contains("status pending on") && printed.ends_with("exit 0\n"), "{printed}");
    assert!(case.github.comment(7).contains("is not known yet: busy: GitHub answered 403"), "{}", case.github.comment(7));
    // The next hour it is answered.
    assert!(case.gate(&[]).contains("status success on"), "{}", case.github.comment(7));
    case.github.is_content();
}
