//! Our schemas decide as the published ones do, and say where a document fails.
//!
//! The published schemas are other people's files, so they are compared from where they lie and never committed.
//! Where they are absent, the table of faults still holds ours to account.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};

pub(crate) mod documents;
pub(crate) mod edits;
mod faults;
mod upgrades;

use documents::{rich, snake, sparse, spelled_for};
use edits::{Edit, any_edit, insert, keys, known_members, places, put, removed, values};
use faults::faults;

/// Mutants for each schema; `PROPTEST_CASES` in the environment raises it.
const CASES: u32 = 4_096;
/// At least one mutant in this many must be valid, and one invalid: else the comparison proves nothing.
const SHARE: u32 = 10;
/// One single edit in this many is tried; a prime, so that no member is always passed over.
const STEP: usize = 31;

const OURS: &str = "src/entry/schemas";
const DATES: [&str; 6] = ["2025-07-09", "2025-09-16", "2025-09-29", "2025-10-11", "2025-10-17", "2025-12-11"];
const OLDEST: &str = DATES[0];

#[test]
fn a_fault_lies_at_what_was_meant() {
    for date in DATES {
        let ours = validator(&ours(date));
        let document = rich(date);
        assert!(ours.is_valid(&document), "the rich document of {date} is invalid");
        for (dates, place, value, expected) in faults() {
            let (since, until) = dates.split_once("..").expect("a range");
            if date < since || (!until.is_empty() && date > until) {
                continue;
            }
            let place = if date == OLDEST { snake(place) } else { place.into() };
            let (parent, key) = place.rsplit_once('/').unwrap_or_default();
            let mut faulty = document.clone();
            let applied = match &value {
                None => removed(&mut faulty, &place).is_some(),
                Some(value) if document.pointer(&place).is_some() => put(&mut faulty, &place, value.clone()),
                Some(value) => insert(&mut faulty, parent, key, value.clone()),
            };
            assert!(applied, "{date} has no {place}");
            let errors = ours.iter_errors(&faulty);
            let found: Vec<_> = errors.map(|e| format!("{} @ {}", e.instance_path(), e.schema_path())).collect();
            assert_eq!(ours.is_valid(&faulty), found.is_empty(), "{date} {place}");
            // The table is written in camelCase, whatever the date.
            let same = found.iter().map(|at| snake(at)).eq(expected.iter().map(|at| snake(at)));
            assert!(same, "{date} {place} = {value:?}:\n  found {found:?}\n  expected {expected:?}");
        }
    }
}

#[test]
fn each_schema_stands_alone_and_is_exercised_whole() {
    fn refs(schema: &Value, found: &mut BTreeSet<String>) {
        match schema {
            Value::Object(keywords) => {
                found.extend(keywords.get("$ref").and_then(Value::as_str).map(String::from));
                keywords.values().for_each(|value| refs(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| refs(item, found)),
            _ => {}
        }
    }
    for date in DATES {
        let schema = ours(date);
        let defined = schema["definitions"].as_object().expect("definitions").keys();
        let (mut used, mut known) = (BTreeSet::new(), BTreeSet::new());
        refs(&schema, &mut used);
        assert_eq!(used, defined.map(|name| format!("#/definitions/{name}")).collect(), "{date}");
        known_members(&schema, &mut known);
        let rich = rich(date);
        let places = places(&rich);
        let written: BTreeSet<String> =
            places.iter().filter_map(|place| Some(place.rsplit_once('/')?.1.replace("~1", "/"))).collect();
        assert_eq!(known.difference(&written).collect::<Vec<_>>(), Vec::<&String>::new(), "{date}: not in the rich document");
    }
}

// ── the comparison ──

struct Both {
    ours: Validator,
    theirs: Validator,
}

impl Both {
    /// Ours beside the published schema of that date, or nothing where there is no corpus.
    fn of(date: &str) -> Option<Self> {
        let theirs = read(&corpus()?.join(format!("official/schemas/{date}.server.schema.json")));
        Some(Self { ours: validator(&ours(date)), theirs: validator(&theirs) })
    }

    fn all() -> Option<Vec<(&'static str, Self)>> {
        let all: Option<Vec<_>> = DATES.iter().map(|date| Some((*date, Self::of(date)?))).collect();
        if all.is_none() {
            left_out();
        }
        all
    }

    /// The one verdict, or what each said.
    fn verdict(&self, document: &Value) -> Result<bool, String> {
        let (ours, theirs) = (self.ours.is_valid(document), self.theirs.is_valid(document));
        if ours == theirs {
            return Ok(ours);
        }
        let said = |v: &Validator| v.iter_errors(document).map(|e| format!("\n    {e}")).collect::<String>();
        Err(format!("on {document}\n  ours said:{}\n  theirs said:{}", said(&self.ours), said(&self.theirs)))
    }

    #[track_caller]
    fn agree(&self, document: &Value) -> bool {
        self.verdict(document).unwrap_or_else(|why| panic!("{why}"))
    }
}

pub(crate) fn corpus() -> Option<PathBuf> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    corpus.is_dir().then_some(corpus)
}

/// Straight to the descriptor: the harness hides what a passing test prints.
pub(crate) fn left_out() {
    let _ = writeln!(stderr(), "schemas: LEFT OUT the comparison with the published schemas: no ../shared/corpus");
}

fn ours(date: &str) -> Value {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(OURS).join(format!("{date}.json")))
}

pub(crate) fn read(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn validator(schema: &Value) -> Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("a schema")
}

#[test]
fn real_documents_get_the_published_verdict() {
    let Some(all) = Both::all() else { return };
    let corpus = corpus().expect("present a moment ago");
    let mut documents = Vec::new();
    for (folder, valid) in [("valid", true), ("invalid", false)] {
        for file in fs::read_dir(corpus.join("official/examples").join(folder)).expect("examples") {
            let document = read(&file.expect("an example").path());
            assert_eq!(all[5].1.agree(&document), valid, "{document}");
            documents.push(document);
        }
    }
    let seed = read(&corpus.join("official/seed.json"));
    let toolhive = read(&corpus.join("toolhive/upstream-registry.json"));
    documents.extend(seed.as_array().expect("a list").iter().cloned());
    documents.extend(toolhive["data"]["servers"].as_array().expect("a list").iter().cloned());
    assert!(documents.len() > 20, "a thin corpus: {} documents", documents.len());
    for document in &documents {
        for (_, both) in &all {
            both.agree(document);
        }
    }
}

/// One edit in `STEP` by default, every one of them when more cases are asked for.
#[test]
fn single_edits_get_the_published_verdict() {
    let Some(all) = Both::all() else { return };
    let step = if cases() > CASES { 1 } else { STEP };
    let (keys, values) = (keys(), values());
    for (date, both) in &all {
        let document = rich(date);
        assert!(both.agree(&document), "the rich document of {date} is invalid");
        let edits = (0..places(&document).len()).flat_map(|place| {
            let bare = [Edit::Remove(place), Edit::Spell(place, true), Edit::Spell(place, false)].into_iter();
            let put = values.iter().map(move |value| Edit::Put(place, value.clone()));
            let renamed = keys.iter().map(move |key| Edit::Rename(place, key.clone()));
            let inserted = keys.iter().map(move |key| Edit::Insert(place, key.clone(), json!(1)));
            bare.chain(put).chain(renamed).chain(inserted)
        });
        for edit in edits.step_by(step) {
            let mut edited = document.clone();
            if edit.apply(&mut edited) {
                both.agree(&edited);
            }
        }
    }
}

/// Where the published schemas try alternatives and ours choose by `type`, every combination of members.
#[test]
fn every_branch_gets_the_published_verdict() {
    let Some(all) = Both::all() else { return };
    let string = [json!(null), json!(1), json!("x")];
    let types = ["positional", "named", "Named", "stdio", "streamable-http", "sse", "http", ""].map(Value::from);
    let types: Vec<Value> = types.into_iter().chain([json!(null), json!(1), json!(["sse"]), json!({})]).collect();
    let urls = [json!(null), json!("https://x"), json!("no uri"), json!("ftp://x y"), json!("ftp://x")];
    let headers = [json!(null), json!([]), json!([{}]), json!([{ "name": "x" }]), json!([{ "name": 1 }])];
    let variables = [json!(null), json!({}), json!({ "x": {} }), json!({ "x": 1 }), json!({ "x": { "variables": 1 } })];
    let arguments =
        [("type", &types[..]), ("name", &string), ("valueHint", &string), ("value", &string), ("isRepeated", &string)];
    let transports = [("type", &types[..]), ("url", &urls), ("headers", &headers), ("variables", &variables)];
    for (date, both) in &all {
        for argument in combinations(&arguments) {
            let mut document = sparse(date);
            document["packages"][0]["packageArguments"] = json!([argument]);
            both.agree(&spelled_for(date, document));
        }
        for transport in combinations(&transports) {
            let mut document = sparse(date);
            document["packages"][0]["transport"] = transport.clone();
            both.agree(&spelled_for(date, document));
            let mut document = sparse(date);
            document["remotes"] = json!([transport]);
            both.agree(&document);
        }
    }
}

/// Every object that has each member absent or with one of its values.
fn combinations(members: &[(&str, &[Value])]) -> Vec<Value> {
    members.iter().fold(vec![json!({})], |objects, (name, values)| {
        let with = |object: &Value, value: &Value| {
            let mut object = object.clone();
            object[*name] = value.clone();
            object
        };
        objects
            .iter()
            .flat_map(|object| [object.clone()].into_iter().chain(values.iter().map(|value| with(object, value))))
            .collect()
    })
}

// One test for each date, so that they run side by side.
#[test]
fn mutants_of_2025_07_09() {
    mutants_get_the_published_verdict(DATES[0]);
}
#[test]
fn mutants_of_2025_09_16() {
    mutants_get_the_published_verdict(DATES[1]);
}
#[test]
fn mutants_of_2025_09_29() {
    mutants_get_the_published_verdict(DATES[2]);
}
#[test]
fn mutants_of_2025_10_11() {
    mutants_get_the_published_verdict(DATES[3]);
}
#[test]
fn mutants_of_2025_10_17() {
    mutants_get_the_published_verdict(DATES[4]);
}
#[test]
fn mutants_of_2025_12_11() {
    mutants_get_the_published_verdict(DATES[5]);
}

fn mutants_get_the_published_verdict(date: &'static str) {
    let Some(both) = Both::of(date) else { return left_out() };
    let document = rich(date);
    let (valid, invalid) = (Cell::new(0_u32), Cell::new(0_u32));
    let config = Config { cases: cases(), failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&prop::collection::vec(any_edit(), 1..=4), |edits| {
        let mut mutant = document.clone();
        for edit in &edits {
            edit.apply(&mut mutant);
        }
        let count = if both.verdict(&mutant).map_err(TestCaseError::fail)? { &valid } else { &invalid };
        count.set(count.get() + 1);
        Ok(())
    });
    outcome.unwrap_or_else(|why| panic!("{date}: {why}"));
    let (valid, invalid) = (valid.get(), invalid.get());
    println!("{date}: {valid} valid and {invalid} invalid mutants");
    assert_eq!(valid + invalid, cases());
    assert!(valid.min(invalid) * SHARE >= cases(), "{date}: {valid} valid and {invalid} invalid mutants");
}

fn cases() -> u32 {
    Config::default().cases.max(CASES)
}
