//! `gazette check`: a tree, or what a change does to one.

use std::{io::Write, path::Path, process::ExitCode};

use crate::{
    adapters::{
        WayOut, disk,
        git::{Point, Repository},
    },
    change::Change,
    cli::{Check, Format},
    digest::GitId,
    evidence::{Answer, Evidence, Pull, Question},
    finding::Verdict,
    gate::Outcome,
    registry::Registry,
    report::{
        self, Report, Scope,
        comment::{Merge, Told},
    },
    rules::{self, Tree},
};

use super::{
    TO_FIX, judgement, mend,
    place::{Place, Source, settings},
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
        Format::Markdown => markdown(check, &report),
    };
    out.write_all(text.as_bytes())?;
    Ok(if report.verdict() == Some(Verdict::Reject) { ExitCode::from(TO_FIX) } else { ExitCode::SUCCESS })
}

/// The comment of a gate that knows no more than the report.
fn markdown(check: &Check, report: &Report) -> String {
    let (judged, base) = (check.head.as_deref().unwrap_or_default(), check.base.as_deref().unwrap_or_default());
    let outcome = Outcome::of(report, &[]);
    let told = Told { outcome, report, judged, base, concerns: &[], merge: Merge::Off, preview: None };
    report::comment::harmless_to_a_runner(&report::comment::render(&told))
}

fn judge(check: &Check, place: &Place) -> anyhow::Result<Report> {
    match &check.base {
        Some(base) => change(check, place, base),
        None => tree(check, place),
    }
}

/// The files as they lie.
fn tree(check: &Check, place: &Place) -> anyhow::Result<Report> {
    judge_tree(&match check.as_of {
        Some(at) => place.as_of(at)?,
        None => place.lying()?,
    })
}

pub(super) fn judge_tree(source: &Source) -> anyhow::Result<Report> {
    let Source { checkout, history, .. } = source;
    let (config, settings) = settings(checkout)?;
    let (registry, mut findings) =
        Registry::assemble(checkout, history.clone(), config.clone(), |entry, model| rules::judge_entry(entry, model, &config))?;
    findings.extend(rules::judge_tree(&Tree { checkout, registry: &registry, policy: &registry.policy }));
    let scope = Scope::Tree { servers: registry.servers.len(), versions: registry.versions() };
    Ok(Report::of(settings.apply(findings), scope))
}

/// What a submission does to base, by base's own law.
fn change(check: &Check, place: &Place, base: &str) -> anyhow::Result<Report> {
    let repository = place.repository()?;
    let base = repository.point(repository.resolve(base)?)?;
    let head = match &check.head {
        Some(head) => repository.point(repository.resolve(head)?)?,
        None => lying_on_head(repository, place)?,
    };
    Ok(judgement::of(place, &base, &head, |change| evidence(check, change, head.commit))?.report)
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
    for _ in 0..rules::ROUNDS {
        for question in rules::questions(change, &evidence) {
            let unasked = question.unasked();
            evidence.add(question, Err(unasked));
        }
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
