//! Plans between small sites.

use super::{
    limits::{Circumstances, Limit, Limits, Share},
    *,
};
use crate::{digest::Sha256, site::facts::Counts, site::path::SitePath};

fn line(body: &str) -> Line {
    Line::of(&SitePath::Robots, Sha256::of(body.as_bytes()), body.len() as u64)
}

fn site(documents: &[(&str, &str)]) -> Manifest {
    documents.iter().map(|(key, body)| (*key, line(body))).collect()
}

fn puts<'a>(plan: &Plan<'a>) -> Vec<(&'a str, Reason)> {
    plan.puts.iter().map(|put| (put.key, put.reason)).collect()
}

const VERSION: &str = "v0.1/servers/a.b/c/versions/1.0.0";
const LATEST: &str = "v0.1/servers/a.b/c/versions/latest";
const LIST: &str = "v0.1/servers";

struct Left {
    waiting: BTreeMap<Box<str>, Instant>,
    condemned: BTreeSet<Box<str>>,
    deleted: BTreeSet<String>,
}

impl Left {
    fn none() -> Self {
        Self { waiting: BTreeMap::new(), condemned: BTreeSet::new(), deleted: BTreeSet::new() }
    }

    fn at(&self, now: i64, grace: i64) -> Leaving<'_> {
        Leaving { waiting: &self.waiting, condemned: &self.condemned, deleted: &self.deleted, now: Instant(now), grace }
    }
}

#[test]
fn each_put_has_its_reason_and_its_turn() {
    let other = SitePath::Index;
    let before = site(&[(LATEST, "1"), (LIST, "1"), ("robots.txt", "r"), ("old", "o"), ("checkpoint", "c")]);
    let after = site(&[(LIST, "2"), (LATEST, "1"), (VERSION, "2"), ("index.json", "2"), ("robots.txt", "r")]);
    let before = before.with([(LATEST, Line::of(&other, Sha256::of(b"1"), 1))]);
    let plan = Plan::between(&before, &after);
    let expected = [(VERSION, Reason::New), (LATEST, Reason::Headers), (LIST, Reason::Content), ("index.json", Reason::New)];
    assert_eq!(puts(&plan), expected, "in the order of the waves");
    assert_eq!((plan.unchanged, plan.leaving, plan.before, plan.bytes()), (1, 1, 5, 4));
    let left = Left::none();
    let plan = plan.settle(&left.at(1_000, 600), &after);
    assert_eq!(plan.waiting, BTreeMap::from([("old".into(), Instant(1_000))]), "and nothing that is no part of a site");
    assert!(plan.deletes.is_empty());
    assert!(Plan::between(&after, &after).settle(&left.at(0, 0), &after).is_empty());
}

#[test]
fn what_a_dead_publication_may_have_left_is_written_again() {
    let before = site(&[("a", "1"), ("b", "1"), ("c", "1")]);
    let attempt = site(&[("a", "2"), ("b", "1"), ("d", "2"), ("publisher/state.json", "x")]);
    let back = Plan::between(&before, &before).after_attempt(&attempt, &before);
    assert_eq!(puts(&back), [("a", Reason::Repair)]);
    assert_eq!(back.unchanged, 2);
    let back = back.settle(&Left::none().at(0, 0), &before);
    assert_eq!(back.deletes, BTreeMap::from([("d".into(), Gone::Left)]));
    assert_eq!(back.leaving, 0, "the published site never had it");

    let on = site(&[("a", "3"), ("b", "3"), ("d", "3")]);
    let plan = Plan::between(&before, &on).after_attempt(&attempt, &on);
    assert_eq!(puts(&plan), [("a", Reason::Content), ("b", Reason::Content), ("d", Reason::New)]);
    let same = Plan::between(&attempt, &attempt).after_attempt(&attempt, &attempt);
    assert!(same.puts.is_empty(), "it came to its checkpoint");
    let all = Plan::between(&before, &before).repairing(&before);
    assert_eq!((puts(&all).len(), all.unchanged), (3, 0));
}

#[test]
fn what_left_waits_unless_it_was_deleted() {
    let (before, after) = (site(&[("a", "1"), (VERSION, "1"), ("z", "1")]), site(&[("a", "1")]));
    let mut left = Left::none();
    left.deleted.insert(VERSION.to_owned());
    // `z` left once before, and came back: what was noted then does not count.
    left.waiting.insert("z".into(), Instant(0));
    left.waiting.insert("early".into(), Instant(100));
    left.waiting.insert("late".into(), Instant(500));
    left.waiting.insert("a".into(), Instant(0));
    left.condemned.insert("half".into());
    left.condemned.insert("z".into());
    let plan = Plan::between(&before, &after).settle(&left.at(1_000, 600), &after);
    let expected = [("early", Gone::Left), ("half", Gone::Deleted), (VERSION, Gone::Deleted)];
    assert_eq!(plan.deletes, expected.map(|(key, why)| (key.into(), why)).into());
    assert_eq!(plan.waiting, [("late", 500), ("z", 1_000)].map(|(key, since)| (key.into(), Instant(since))).into());
    let now = Plan::between(&before, &after).settle(&left.at(1_000, 0), &after);
    assert!(now.waiting.is_empty() && now.deletes.len() == 5, "without grace everything goes, and never what the site has");
}

#[test]
fn copies_are_named_as_they_are_asked_for() {
    let before = site(&[("index.html", "1"), ("servers/a.b/c/index.html", "1"), ("v/1+2", "1"), ("v/1 2", "1"), ("gone", "1")]);
    let after = site(&[("index.html", "2"), ("servers/a.b/c/index.html", "2"), ("v/1+2", "2"), ("v/1 2", "2"), ("new", "1")]);
    let plan = Plan::between(&before, &after).settle(&Left::none().at(0, 0), &after);
    let paths = ["/", "/gone", "/index.html", "/servers/a.b/c/", "/servers/a.b/c/index.html", "/v/1%2B2", "/v/1+2"];
    assert_eq!(plan.purge(), paths);
}

fn many(count: usize, body: &str) -> Manifest {
    (0..count).map(|at| (format!("v0.1/x{at}"), line(body))).collect()
}

fn calm() -> Circumstances {
    Circumstances {
        now: Instant(10_000),
        newest: Some(Instant(10_000 + 3_600)),
        counts: Counts { servers: 95, versions: 300, ..Counts::default() },
        counts_before: Some(Counts { servers: 100, versions: 310, ..Counts::default() }),
        broken_history: None,
        distrust: None,
        elsewhere: None,
    }
}

fn passed(before: &Manifest, after: &Manifest, circumstances: &Circumstances) -> Vec<Limit> {
    let found = Limits::default().passed(&Plan::between(before, after), circumstances);
    found.into_iter().map(|passed| passed.limit).collect()
}

const BODY: &str = "a body that is long enough";
const OTHER: &str = "another body that is long enough";

#[test]
fn an_ordinary_night_passes_no_limit() {
    let before = many(1_000, BODY);
    let after = many(950, BODY).with((0..400).map(|at| (format!("v0.1/x{at}"), line(OTHER))));
    assert_eq!(passed(&before, &after, &calm()), []);
    assert_eq!(passed(&Manifest::default(), &many(100_000, BODY), &calm()), [], "everything is new once");
    assert_eq!(passed(&many(50, BODY), &Manifest::default(), &calm()), [], "a small site may change altogether");
}

#[test]
fn each_limit_is_passed_by_itself() {
    let night = many(1_000, BODY);
    assert_eq!(passed(&night, &many(949, BODY), &calm()), [Limit::Deletes]);
    assert_eq!(passed(&night, &many(1_000, OTHER), &calm()), [Limit::Changes]);
    for counts in
        [Counts { servers: 89, versions: 300, ..Counts::default() }, Counts { servers: 100, versions: 294, ..Counts::default() }]
    {
        assert_eq!(passed(&night, &night, &Circumstances { counts, ..calm() }), [Limit::Counts]);
    }
    let first = Circumstances { counts: Counts::default(), counts_before: None, ..calm() };
    assert_eq!(passed(&night, &night, &first), []);
    assert_eq!(passed(&night, &night, &Circumstances { newest: Some(Instant(13_601)), ..calm() }), [Limit::Clock]);
    assert_eq!(passed(&night, &night, &Circumstances { broken_history: Some("x".to_owned()), ..calm() }), [Limit::History]);
    assert_eq!(passed(&night, &night, &Circumstances { distrust: Some("x".to_owned()), ..calm() }), [Limit::Signature]);
    assert_eq!(passed(&night, &night, &Circumstances { elsewhere: Some("x".to_owned()), ..calm() }), [Limit::Address]);
    assert_eq!(passed(&Manifest::default(), &site(&[("a", "")]), &calm()), [Limit::Tiny]);
    assert_eq!(passed(&Manifest::default(), &site(&[(".nojekyll", "")]), &calm()), []);
    let (long, short) = ("x".repeat(4_096), "x".repeat(408));
    assert_eq!(passed(&site(&[(LIST, &long)]), &site(&[(LIST, &short)]), &calm()), [Limit::Tiny]);
    assert_eq!(passed(&site(&[(LATEST, &long)]), &site(&[(LATEST, &short)]), &calm()), [], "a server may lose its versions");
}

#[test]
fn shares_and_numbers_both_count() {
    let share = Share { free: 10, percent: 10, most: 1_000 };
    for (part, whole, is_passed) in
        [(10, 10, false), (11, 110, false), (11, 109, true), (1_000, 100_000, false), (1_001, 100_000, true), (11, 0, true)]
    {
        assert_eq!(share.is_passed(part, whole), is_passed, "{part} of {whole}");
    }
    for limit in Limit::ALL {
        assert_eq!(Limit::parse(limit.as_str()), Some(limit));
    }
}

#[test]
fn people_see_the_first_of_many() {
    let after = many(30, BODY);
    let plan = Plan::between(&site(&[("a", BODY), ("b", BODY)]), &after).settle(&Left::none().at(0, 0), &after);
    let text = plan.text(&[limits::Passed { limit: Limit::Deletes, message: "2 of 2".to_owned() }]);
    assert!(text.starts_with("30 new; 2 to delete; 0 unchanged\n"), "{text}");
    assert!(text.contains("\n  + … and 10 more\n  - a  left\n"), "{text}");
    assert!(text.ends_with("limit `deletes`: 2 of 2\n"), "{text}");
    let json = plan.json(&[]);
    assert_eq!(json["puts"].as_array().map(Vec::len), Some(30));
    assert_eq!(json["puts"][0]["wave"], "lists");
    assert_eq!(json["counts"]["deletes"], 2);
}
