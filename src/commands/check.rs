//! `gazette check`: a tree, or what a change does to one.

use std::{io::Write, path::Path, process::ExitCode};

use crate::{
    adapters::{
        WayOut, disk,
        git::{Merged, Point, Repository},
    },
    change::{Change, Law, Touched, Unmergeable},
    checkout::{Blob, Checkout, Kind, Territory},
    cli::{Check, Format},
    digest::GitId,
    entry::{Entry, model::Model},
    evidence::{Answer, Evidence, Pull, Question},
    finding::Verdict,
    history::{self, History},
    registry::Registry,
    report::{self, Report, Scope},
    rules::{self, Tree},
};

use super::{
    TO_FIX, mend,
    place::{Place, settings},
};

pub(super) fn run(check: &Check, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let place = Place::find(check.data.as_deref())?;
    let mut report = judge(check, &place)?;
    if check.fix && mend::fix(&place, check.base.as_deref(), &report.findings, out)? {
        report = judge(check, &place)?;
    }
    let text = match check.format {
        Format::Text => report::text::render(&report, colour),
        Format::Json => report::json::render(&report),
        Format::Github => report::github::render(&report),
        Format::Sarif => report::sarif::render(&report),
    };
    out.write_all(text.as_bytes())?;
    Ok(if report.verdict() == Some(Verdict::Reject) { ExitCode::from(TO_FIX) } else { ExitCode::SUCCESS })
}

fn judge(check: &Check, place: &Place) -> anyhow::Result<Report> {
    match &check.base {
        Some(base) => change(check, place, base),
        None => tree(check, place),
    }
}

/// The files as they lie.
fn tree(check: &Check, place: &Place) -> anyhow::Result<Report> {
    let (checkout, history) = match check.as_of {
        Some(at) => {
            let checkout = place.files()?;
            let history = History::as_of(&checkout, at)?;
            (checkout, history)
        }
        None => lying(place)?,
    };
    let (config, settings) = settings(&checkout)?;
    let (registry, mut findings) =
        Registry::assemble(&checkout, history, config.clone(), |entry, model| rules::judge_entry(entry, model, &config))?;
    findings.extend(rules::judge_tree(&Tree { checkout: &checkout, registry: &registry, policy: &registry.policy }));
    let scope = Scope::Tree { servers: registry.servers.len(), versions: registry.versions() };
    Ok(Report::of(settings.apply(findings), scope))
}

/// The files as they lie, and the history of the last commit with whatever is uncommitted after it.
fn lying(place: &Place) -> anyhow::Result<(Checkout, History)> {
    let repository = place.repository()?;
    let head = repository.head()?;
    let (lying, committed) = rayon::join(
        || place.files(),
        || anyhow::Ok((repository.checkout(&repository.tree(head)?, &place.prefix)?, repository.history(head, &place.prefix)?)),
    );
    let (lying, (committed, history)) = (lying?, committed?);
    let history = history.with_uncommitted(history::uncommitted(&committed, &lying)?);
    Ok((lying, history))
}

/// What a submission does to base, by base's own law.
fn change(check: &Check, place: &Place, base: &str) -> anyhow::Result<Report> {
    let repository = place.repository()?;
    let base = repository.point(repository.resolve(base)?)?;
    let before = repository.checkout(&base.tree, &place.prefix)?;
    let (config, settings) = settings(&before)?;
    let head = match &check.head {
        Some(head) => repository.point(repository.resolve(head)?)?,
        None => lying_on_head(repository, place)?,
    };
    let unmergeable = match repository.merge(&base, &head)? {
        Merged::Tree(tree) => Ok(tree),
        Merged::Conflicts(paths) => Err(Unmergeable::Conflicts(paths)),
        Merged::ManyBases(count) => Err(Unmergeable::ManyBases(count)),
        Merged::Unrelated => Err(Unmergeable::Unrelated),
    };
    let tree = match unmergeable {
        Ok(tree) => tree,
        Err(why) => return Ok(Report::of(why.findings(), Scope::Change { files: 0 })),
    };
    let touched = Touched::of(&place.prefix, repository.difference(&base.tree, &tree)?);
    let files = touched.len();

    let checkout = repository.checkout(&tree, &place.prefix)?;
    let history = repository.history(base.commit, &place.prefix)?.with_uncommitted(history::uncommitted(&before, &checkout)?);
    let law = Law::of(&before, config.clone(), &touched)?;
    let is_touched = |path: &str| touched.binary_search_by(|t| t.path.as_bytes().cmp(path.as_bytes())).is_ok();
    let inspect = |entry: &Entry, model: &Model| {
        if is_touched(&entry.source.path) { rules::judge_entry(entry, model, &config) } else { Vec::new() }
    };
    let (merged, mut findings) = Registry::assemble(&checkout, history, config.clone(), inspect)?;
    findings.retain(|finding| is_touched(&finding.place.path));

    let config_text = changed_config(&checkout, &touched, config.limits.entry_bytes)?;
    let change = Change { law, touched, checkout, merged, config_text };
    let evidence = evidence(check, &change, head.commit)?;
    findings.extend(rules::judge(&change, &evidence));
    Ok(Report::of(settings.apply(findings), Scope::Change { files }))
}

/// The `registry.toml` that the change would leave, if it touches it and leaves a text of a bearable size.
fn changed_config(checkout: &Checkout, touched: &[Touched], cap: usize) -> anyhow::Result<Option<String>> {
    let changed = touched.iter().find(|touched| touched.territory == Territory::Config);
    let Some(item) = changed.and_then(|touched| checkout.get(&touched.path)) else { return Ok(None) };
    if !matches!(item.kind, Kind::File | Kind::Executable) {
        return Ok(None);
    }
    Ok(match checkout.store.reader().read(item, cap)? {
        Blob::Bytes(bytes) => String::from_utf8(bytes).ok(),
        Blob::Large(_) => None,
    })
}

/// The files as they lie, as if they were committed now; outside the registry's folder, what the last commit holds.
fn lying_on_head(repository: &Repository, place: &Place) -> anyhow::Result<Point> {
    let head = repository.point(repository.head()?)?;
    let tree = repository.working_tree(&head.tree, &place.files()?)?;
    Ok(Point { tree, ..head })
}

/// What the command line and its files answer; `check` asks nobody, so the rest is unavailable.
fn evidence(check: &Check, change: &Change, head: GitId) -> anyhow::Result<Evidence> {
    let mut evidence = match &check.evidence {
        Some(file) => parsed(file, Evidence::parse)?,
        None => Evidence::default(),
    };
    if let Some(author) = &check.author {
        evidence.add(Question::Author, Ok(Answer::Author(author.clone())));
    }
    if let Some(file) = &check.pull {
        evidence.of_pull(&parsed(file, |text| serde_json::from_str::<Pull>(text))?, &head);
    }
    for question in rules::questions(change, &evidence) {
        let unasked = question.unasked();
        evidence.add(question, Err(unasked));
    }
    Ok(evidence)
}

fn parsed<T>(file: &Path, parse: impl Fn(&str) -> Result<T, serde_json::Error>) -> anyhow::Result<T> {
    let text = disk::read_text(file)?;
    parse(&text).map_err(|error| {
        let error = format!("`{}` is not in its form: {error}", file.display());
        WayOut { error, help: "see tests/README.md for the form of pull.json and evidence.json".to_owned() }.into()
    })
}
