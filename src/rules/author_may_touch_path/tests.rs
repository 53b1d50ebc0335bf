//! Nothing is allowed but what is positively owned: random changes against a second, plainer reading of who may do what.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use proptest::{prelude::*, sample::subsequence};

use super::*;
use crate::{
    change::{Difference, Law, Side, Touched},
    checkout::{Blob, Checkout, Item, Kind, Reader, Store},
    config::{Config, Maintainer, Mode},
    digest::GitId,
    evidence::{Account, AccountKind, Answer, Dnssec, Profile, Txt, Unavailable},
    finding::Verdict,
    history::History,
    instant::Date,
    name::Namespace,
    namespace::{NamespaceFile, Owner, Proof, Subject, SubjectKind},
    policy::Policy,
    registry::Registry,
};

const PREFIX: &str = "registry-data/";

/// Namespaces, and those whose file on base decides about them, nearest first.
const NAMESPACES: [(&str, &[&str]); 10] = [
    ("com", &["com"]),
    ("io.github", &["io.github"]),
    ("io.github.alice", &["io.github.alice"]),
    ("io.github.alice.blog", &["io.github.alice.blog"]),
    ("com.example", &["com.example"]),
    ("com.example.team", &["com.example.team", "com.example"]),
    ("com.example.team.deep", &["com.example.team.deep", "com.example.team", "com.example"]),
    ("com.Example", &["com.Example"]),
    // A public suffix stands above strangers.
    ("uk.co", &["uk.co"]),
    ("uk.co.example", &["uk.co.example"]),
];

/// Names that may have a record, and the namespaces for which it speaks.
const NAMES: [(&str, &[&str]); 9] = [
    ("example.com", &["com.example", "com.example.team", "com.example.team.deep", "com.Example"]),
    ("_mcp-registry.team.example.com", &["com.example.team", "com.example.team.deep"]),
    ("other.example.com", &[]),
    ("com", &[]),
    ("co.uk", &[]),
    ("_mcp-registry.example.co.uk", &["uk.co.example"]),
    ("github.io", &[]),
    ("alice.github.io", &["io.github.alice.blog"]),
    ("examp1e.com", &[]),
];

/// What is nobody's but the maintainers', with some that only look otherwise.
const KEPT: [&str; 16] = [
    "registry-data",
    "README.md",
    ".github/workflows/gate.yml",
    "registry-data.toml",
    "registry-data/registry.toml",
    "registry-data/README.md",
    "registry-data/policy/removed.toml",
    "registry-data/groups/team.toml",
    "registry-data/servers/com.example",
    "registry-data/servers/com.example/a.json",
    "registry-data/servers/com.example/a/b/1.0.0.json",
    "registry-data/servers/com.example/../1.0.0.json",
    "registry-data/servers/com.example/a/notes.txt",
    "registry-data/servers/com.example/a/.json",
    "registry-data/servers/com.ex\u{0430}mple/a/1.0.0.json",
    "registry-data/namespaces/com.example.toml/x",
];

/// What a change makes of a namespace's file on base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Vouch,
    VouchForAnother,
    Prove,
    ProveSelf,
    Nothing,
    DropOwner,
    ExchangeOwners,
    ChangeSubject,
    MakeExecutable,
    Garble,
    Remove,
    Link,
}

const EDITS: [Edit; 13] = [
    Edit::Vouch,
    Edit::VouchForAnother,
    Edit::Prove,
    Edit::ProveSelf,
    Edit::ProveSelf,
    Edit::Nothing,
    Edit::DropOwner,
    Edit::ExchangeOwners,
    Edit::ChangeSubject,
    Edit::MakeExecutable,
    Edit::Garble,
    Edit::Remove,
    Edit::Link,
];

#[derive(Clone, Debug)]
enum Step {
    /// A publication in a namespace, at one of its files.
    Publish(usize, &'static str),
    File(usize, Edit),
    Kept(&'static str),
}

/// Everything that base, the author and the approvers are.
#[derive(Clone, Debug)]
struct World {
    curated: bool,
    maintainers: Vec<u64>,
    /// By namespace: nobody's, unreadable, or these owners'.
    owners: Vec<Option<Result<Vec<u64>, ()>>>,
    author: Option<u64>,
    approvals: Option<BTreeSet<u64>>,
    /// By name: whom its records name, if anybody could say.
    records: Vec<Option<Vec<u64>>>,
    /// Whether anybody could say which day it is, and who the account 7 is.
    today: bool,
    seventh: bool,
}

fn worlds() -> impl Strategy<Value = World> {
    let people = || subsequence(vec![1u64, 2, 3], 0..=3);
    let file = prop_oneof![3 => Just(None), 1 => Just(Some(Err(()))), 6 => people().prop_map(|ids| Some(Ok(ids)))];
    let owners = proptest::collection::vec(file, NAMESPACES.len());
    let approvals = proptest::option::of(subsequence(vec![1u64, 2, 3, 8, 9], 0..=2).prop_map(|ids| ids.into_iter().collect()));
    let maintainers = prop_oneof![Just(vec![]), Just(vec![9]), Just(vec![8, 9])];
    let author = prop_oneof![1 => Just(None), 6 => (1u64..=3).prop_map(Some), 1 => Just(Some(9))];
    let record = prop_oneof![1 => Just(None), 2 => Just(Some(vec![])), 4 => people().prop_map(Some)];
    let records = proptest::collection::vec(record, NAMES.len());
    let known = || proptest::bool::weighted(0.9);
    let people = (maintainers, owners, author, approvals);
    (proptest::bool::weighted(0.1), people, records, known(), known()).prop_map(|(curated, people, records, today, seventh)| {
        let (maintainers, owners, author, approvals) = people;
        World { curated, maintainers, owners, author, approvals, records, today, seventh }
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let file = prop_oneof![Just("a/1.0.0.json"), Just("a/1.0.0.json.sig"), Just("a/status.json"), Just("b/2.0.0.json")];
    let namespace = 0..NAMESPACES.len();
    let step = prop_oneof![
        8 => (namespace.clone(), file).prop_map(|(namespace, file)| Step::Publish(namespace, file)),
        4 => (namespace, proptest::sample::select(EDITS.to_vec())).prop_map(|(namespace, edit)| Step::File(namespace, edit)),
        1 => proptest::sample::select(KEPT.to_vec()).prop_map(Step::Kept),
    ];
    proptest::collection::vec(step, 1..6)
}

impl World {
    /// The plain reading.
    fn allows(&self, step: &Step, all: &[Step]) -> bool {
        let maintainer = |id: &u64| self.maintainers.contains(id);
        if self.approvals.iter().flatten().any(maintainer) || self.author.iter().any(maintainer) {
            return true;
        }
        let Some(author) = self.author else { return false };
        match step {
            _ if self.curated => false,
            Step::Publish(namespace, _) => match self.governing(NAMESPACES[*namespace].1) {
                Some(file) => file.is_ok_and(|ids| ids.contains(&author)),
                None => all
                    .iter()
                    .any(|step| matches!(step, Step::File(at, Edit::ProveSelf) if at == namespace) && self.allows(step, all)),
            },
            Step::File(at, edit) => match self.governing(&NAMESPACES[*at].1[..1]) {
                Some(file) => file.is_ok_and(|ids| ids.contains(&author) && self.edits(*edit, &ids)),
                None => self.claims(*at, *edit, author),
            },
            Step::Kept(_) => false,
        }
    }

    /// Those whom the nearest file lists, if there is one.
    fn governing(&self, names: &[&str]) -> Option<Result<Vec<u64>, ()>> {
        let on_base = |name: &&str| self.owners[NAMESPACES.iter().position(|(known, _)| known == name).expect("known")].clone();
        names.iter().find_map(on_base)
    }

    fn edits(&self, edit: Edit, ids: &[u64]) -> bool {
        match edit {
            Edit::Vouch => self.today && self.seventh,
            Edit::DropOwner => ids.len() > 1,
            _ => false,
        }
    }

    fn claims(&self, at: usize, edit: Edit, author: u64) -> bool {
        let (name, files) = NAMESPACES[at];
        let can_be_held = !["com", "io.github", "io.github.alice", "com.Example", "uk.co"].contains(&name);
        let named =
            |at: &usize| NAMES[*at].1.contains(&name) && self.records[*at].as_ref().is_some_and(|ids| ids.contains(&author));
        let is_named = (0..NAMES.len()).any(|at| named(&at));
        let above = self.governing(&files[1..]);
        let owns_above = matches!(&above, Some(Ok(ids)) if ids.contains(&author));
        can_be_held
            && match edit {
                Edit::Vouch | Edit::ExchangeOwners => owns_above && self.today && self.seventh,
                Edit::Nothing | Edit::DropOwner => owns_above,
                Edit::ProveSelf => (above.is_none() || owns_above) && is_named && self.today,
                _ => false,
            }
    }

    fn change(&self, steps: &[Step]) -> Change {
        let text = "title = \"T\"\nbase_url = \"https://r.example.com\"\n";
        let mut config = Config::parse("registry.toml", text).expect("a registry");
        config.ownership.mode = if self.curated { Mode::Curated } else { Mode::Proven };
        let maintainer = |&github_id: &u64| Maintainer { github_id, github_login: format!("m{github_id}") };
        config.maintainers = self.maintainers.iter().map(maintainer).collect();

        let (mut law, mut items) = (BTreeMap::new(), BTreeMap::new());
        for ((name, _), owners) in NAMESPACES.iter().zip(&self.owners).filter_map(|(n, o)| Some((n, o.as_ref()?))) {
            items.insert(path_of(name), Kind::File);
            if let Ok(ids) = owners {
                law.insert(Namespace::parse(name).expect("a namespace"), file(ids));
            }
        }
        let mut merged = law.clone();
        let mut differences: BTreeMap<String, Difference> = BTreeMap::new();
        let mut touch = |path: String, before: Option<Kind>, after: Option<Kind>| {
            match after {
                Some(kind) => drop(items.insert(path.clone(), kind)),
                None => drop(items.remove(&path)),
            }
            let side = |kind, id| Side { kind, id: GitId([id; 20]) };
            let difference = Difference {
                path: path.as_str().into(),
                before: before.map(|kind| side(kind, 1)),
                after: after.map(|kind| side(kind, 2)),
            };
            differences.insert(path, difference);
        };
        for step in steps {
            match *step {
                Step::Publish(at, file) => touch(format!("{PREFIX}servers/{}/{file}", NAMESPACES[at].0), None, Some(Kind::File)),
                Step::Kept(path) => touch(path.to_owned(), None, Some(Kind::File)),
                Step::File(at, edit) => {
                    let namespace = Namespace::parse(NAMESPACES[at].0).expect("a namespace");
                    let after = match edit {
                        Edit::Remove => None,
                        Edit::Link => Some(Kind::Symlink),
                        Edit::MakeExecutable => Some(Kind::Executable),
                        _ => Some(Kind::File),
                    };
                    let before = self.owners[at].is_some().then_some(Kind::File);
                    touch(path_of(NAMESPACES[at].0), before, after);
                    let base = law.get(&namespace).cloned().unwrap_or_else(|| file(&[]));
                    merged.remove(&namespace);
                    merged.extend(edited(base, edit, self.author.unwrap_or(0)).map(|file| (namespace, file)));
                }
            }
        }
        let items = items.into_iter().map(|(path, kind)| Item { path: path.into(), kind, id: None }).collect();
        Change {
            law: Law { config: config.clone(), policy: Policy::default(), namespaces: law },
            touched: Touched::of(PREFIX, differences.into_values().collect()),
            checkout: Checkout { prefix: PREFIX.into(), items, store: Arc::new(Nothing) },
            merged: Registry {
                config,
                history: History::of_root(GitId([0; 20]), PREFIX).into(),
                policy: Policy::default(),
                namespaces: merged,
                groups: BTreeMap::new(),
                servers: BTreeMap::new(),
            },
            config_text: None,
        }
    }

    fn evidence(&self) -> Evidence {
        let mut evidence = Evidence::default();
        if let Some(id) = self.author {
            evidence.add(Question::Author, Ok(Answer::Author(Account { id, login: format!("u{id}") })));
        }
        if let Some(ids) = &self.approvals {
            evidence.add(Question::Approvals, Ok(Answer::Approvals(ids.clone())));
        }
        if self.today {
            evidence.add(Question::Today, Ok(Answer::Today(Date::parse("2026-01-02").expect("a day"))));
        }
        if self.seventh {
            let profile = Profile { id: 7, login: "U7".to_owned(), kind: AccountKind::User };
            evidence.add(Question::AccountId(7), Ok(Answer::AccountId(Some(profile))));
        }
        for ((name, _), ids) in NAMES.iter().zip(&self.records) {
            let txt = |ids: &Vec<u64>| Txt {
                records: ids.iter().map(|id| format!("mcp-verify=github:{id}")).collect(),
                dnssec: Dnssec::Unknown,
            };
            let answer = ids.as_ref().map(|ids| Answer::Txt(txt(ids))).ok_or_else(|| Unavailable("no answer".to_owned()));
            evidence.add(Question::Txt((*name).to_owned()), answer);
        }
        evidence
    }

    /// The paths that are refused.
    fn refused(&self, steps: &[Step]) -> BTreeSet<String> {
        let (change, evidence) = (self.change(steps), self.evidence());
        let bench = Bench::of(&change, &evidence);
        let refused = change.touched.iter().filter(|touched| bench.rule_on(touched).is_err());
        refused.map(|touched| touched.path.to_string()).collect()
    }

    fn judge(&self, steps: &[Step]) -> Vec<Finding> {
        judge(&self.change(steps), &self.evidence())
    }
}

fn path_of(namespace: &str) -> String {
    format!("{PREFIX}namespaces/{namespace}.toml")
}

fn owner(github_id: u64, proof: Proof, by: Option<u64>) -> Owner {
    Owner { github_id, github_login: format!("u{github_id}"), proof, by, proved_at: "2026-01-01".to_owned() }
}

fn file(owners: &[u64]) -> NamespaceFile {
    let subject = Subject { kind: SubjectKind::Domain, github_id: None, github_login: None };
    NamespaceFile { subject, owners: owners.iter().map(|&id| owner(id, Proof::Dns, None)).collect() }
}

fn edited(mut file: NamespaceFile, edit: Edit, author: u64) -> Option<NamespaceFile> {
    match edit {
        Edit::Vouch | Edit::MakeExecutable => file.owners.insert(0, owner(7, Proof::Owner, Some(author))),
        Edit::VouchForAnother => file.owners.push(owner(7, Proof::Owner, Some(author + 1))),
        Edit::Prove => file.owners.push(owner(7, Proof::Dns, Some(author))),
        Edit::ProveSelf => file.owners.push(owner(author, Proof::Dns, None)),
        Edit::Nothing => {}
        Edit::DropOwner => drop(file.owners.pop()),
        Edit::ExchangeOwners => file.owners = vec![owner(7, Proof::Owner, Some(author))],
        Edit::ChangeSubject => {
            file.subject.kind = SubjectKind::User;
            file.owners.push(owner(7, Proof::Owner, Some(author)));
        }
        Edit::Garble | Edit::Remove | Edit::Link => return None,
    }
    Some(file)
}

/// No file is opened by these tests.
struct Nothing;

impl Store for Nothing {
    fn reader(&self) -> Box<dyn Reader + '_> {
        Box::new(Self)
    }
}

impl Reader for Nothing {
    fn read(&mut self, _: &Item, _: usize) -> anyhow::Result<Blob> {
        anyhow::bail!("nothing is read")
    }
}

#[test]
fn no_change_raises_more_questions_than_are_asked() {
    let owners = vec![None; NAMESPACES.len()];
    let world = World {
        curated: false,
        maintainers: vec![],
        owners,
        author: Some(1),
        approvals: None,
        records: vec![None; NAMES.len()],
        today: true,
        seventh: true,
    };
    let mut change = world.change(&[]);
    for at in 0..200 {
        let namespace = Namespace::parse(&format!("com.example{at}")).expect("a namespace");
        let after = Some(Side { kind: Kind::File, id: GitId([1; 20]) });
        let difference = Difference { path: path_of(namespace.as_str()).into(), before: None, after };
        change.touched.extend(Touched::of(PREFIX, vec![difference]));
        change.merged.namespaces.insert(namespace, file(&[1]));
    }
    change.touched.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let evidence = world.evidence();
    let asked: BTreeSet<Question> = asks(&change, &evidence).into_iter().collect();
    assert_eq!(asked.len(), 102, "a hundred, and who sends and who approves it");
    assert!(!judge(&change, &evidence).is_empty());
}

/// What a change comes to where a later edit of a file takes an earlier one's place.
fn last_edits(steps: Vec<Step>) -> Vec<Step> {
    let mut last: BTreeMap<usize, Step> = BTreeMap::new();
    let mut other = Vec::new();
    for step in steps {
        match step {
            Step::File(at, _) => drop(last.insert(at, step)),
            _ => other.push(step),
        }
    }
    other.into_iter().chain(last.into_values()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn nothing_is_allowed_unless_every_path_is_owned(world in worlds(), steps in steps().prop_map(last_edits)) {
        let findings = world.judge(&steps);
        let allowed = steps.iter().all(|step| world.allows(step, &steps));
        prop_assert_eq!(findings.is_empty(), allowed, "{:?}", findings);
        prop_assert!(findings.iter().all(|finding| finding.verdict >= Verdict::Review));
    }

    /// But for a namespace's first file, which is for the versions beside it to come with.
    #[test]
    fn another_path_never_turns_a_refusal_into_an_allowance(world in worlds(), steps in steps(), more in steps()) {
        let touched: BTreeSet<String> = world.change(&steps).touched.iter().map(|touched| touched.path.to_string()).collect();
        let elsewhere = |step: &Step| world.change(std::slice::from_ref(step)).touched.iter().all(|other| !touched.contains(&*other.path));
        let more: Vec<Step> = last_edits(more).into_iter().filter(elsewhere).collect();
        let steps = last_edits(steps);
        let all: Vec<Step> = steps.iter().chain(&more).cloned().collect();
        let (before, after) = (world.refused(&steps), world.refused(&all));
        for path in before.difference(&after) {
            let first = more.iter().any(|step| match step {
                Step::File(at, Edit::ProveSelf) => {
                    path.starts_with(&format!("{PREFIX}servers/{}/", NAMESPACES[*at].0)) && world.refused(std::slice::from_ref(step)).is_empty()
                }
                _ => false,
            });
            prop_assert!(first, "{path} was refused");
        }
        prop_assert!(before.is_empty() || !world.judge(&steps).is_empty());
    }

    /// What was not asked for cannot have counted.
    #[test]
    fn a_judgement_goes_by_what_was_asked(world in worlds(), steps in steps().prop_map(last_edits)) {
        let (change, evidence) = (world.change(&steps), world.evidence());
        let mut known = Evidence::default();
        for _ in 0..crate::rules::ROUNDS {
            for question in asks(&change, &known) {
                let answer = evidence.answer(&question).cloned();
                known.add(question, answer);
            }
        }
        prop_assert_eq!(judge(&change, &known), judge(&change, &evidence));
    }
}
