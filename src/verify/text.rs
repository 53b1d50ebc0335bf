//! The report for a terminal: a line for each client, then each problem with what was asked, what came back, and the way out.

use std::fmt::Write;

use crate::{
    finding::{Verdict, quoted},
    report::text::Paint,
};

use super::{Check, Report, Seen, publication::Publication, visit::grouped};

pub fn render(report: &Report, colour: bool) -> String {
    let paint = Paint(colour);
    let mut out = match report.host.title() {
        "" => format!("{}\n\n", report.target),
        title => format!("{} ({title})\n\n", report.target),
    };
    let titles = report.clients.iter().map(|seen| seen.client.title()).chain(report.publication.as_ref().map(|_| CHECKPOINT));
    let width = titles.map(str::len).max().unwrap_or_default();
    for seen in &report.clients {
        let (standing, verdict) = (standing(seen), seen.verdict().filter(|verdict| *verdict != Verdict::Note));
        let standing = verdict.map_or_else(|| standing.to_owned(), |verdict| paint.verdict(verdict, standing));
        let _ = writeln!(out, "  {:width$}  {standing}", seen.client.title());
    }
    if let Some(publication) = &report.publication {
        let said = published(publication);
        let verdict = publication.verdict().filter(|verdict| *verdict != Verdict::Note);
        let said = verdict.map_or_else(|| said.clone(), |verdict| paint.verdict(verdict, &said));
        let _ = writeln!(out, "  {CHECKPOINT:width$}  {said}");
    }
    out.push('\n');
    for problem in problems(report) {
        one(&mut out, &problem, &paint);
    }
    let _ = writeln!(out, "{}", summary(report));
    out
}

const CHECKPOINT: &str = "Checkpoint";

/// What the pointer says, and how much of that was found.
fn published(publication: &Publication) -> String {
    let Publication { checkpoint, signed_by, listed, compared, stale, seed, .. } = publication;
    let Some(checkpoint) = checkpoint else {
        let none = "none, so nothing tells what was published, when, and by whom";
        return if publication.checks.is_empty() { none } else { "cannot be read" }.to_owned();
    };
    let mut out = match publication.verdict() {
        Some(Verdict::Reject) => "does not hold",
        Some(Verdict::Review) => "holds, and a cache is behind",
        Some(Verdict::Note) => "holds, with notes",
        None => "holds",
    }
    .to_owned();
    let _ = write!(out, ": publication {} of {}", checkpoint.publication, checkpoint.time);
    if !signed_by.is_empty() {
        let _ = write!(out, ", signed by {}", signed_by.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(" and "));
    }
    if *compared > 0 {
        let _ = write!(out, "; {} of {} documents compared", grouped(compared), grouped(listed));
    }
    if let Some(seed) = seed {
        let _ = write!(out, " (seed {seed})");
    }
    if *stale > 0 {
        let _ = write!(out, ", {} stale", grouped(stale));
    }
    out
}

fn standing(seen: &Seen) -> &'static str {
    match seen.verdict() {
        None => "works",
        Some(Verdict::Note) => "works, with notes",
        Some(Verdict::Review) => "has nothing to read",
        Some(Verdict::Reject) => "breaks",
    }
}

/// The same said of several requests, perhaps of several clients.
struct Problem<'a> {
    verdict: Verdict,
    /// Their ids, or the pointer's.
    of: Vec<&'static str>,
    checks: Vec<&'a Check>,
}

/// What is to be told, the weightiest first, else in the order of the clients.
fn problems(report: &Report) -> Vec<Problem<'_>> {
    let mut problems: Vec<Problem> = Vec::new();
    let clients = report.clients.iter().flat_map(|seen| seen.checks.iter().map(|check| (seen.client.id(), check)));
    let publication = report.publication.iter().flat_map(|publication| &publication.checks).map(|check| ("checkpoint", check));
    for (of, check) in publication.chain(clients) {
        let Some(verdict) = check.verdict else { continue };
        let same = |problem: &&mut Problem| {
            problem.verdict == verdict && problem.checks[0].message == check.message && problem.checks[0].help == check.help
        };
        match problems.iter_mut().find(same) {
            Some(problem) => {
                problem.checks.push(check);
                if !problem.of.contains(&of) {
                    problem.of.push(of);
                }
            }
            None => problems.push(Problem { verdict, of: vec![of], checks: vec![check] }),
        }
    }
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.verdict));
    problems
}

fn one(out: &mut String, problem: &Problem, paint: &Paint) {
    let check = problem.checks[0];
    let head = paint.verdict(problem.verdict, &format!("{}[{}]", problem.verdict.as_str(), problem.of.join(", ")));
    let _ = writeln!(out, "{head}{}", paint.bold(&format!(": {}", check.message)));
    let more = match problem.checks.len() - 1 {
        0 => String::new(),
        1 => ", and 1 more request".to_owned(),
        more => format!(", and {more} more requests"),
    };
    let _ = writeln!(out, " {} {}{more}", paint.dim("-->"), check.asked);
    let _ = writeln!(out, "  {} {}", paint.dim("|"), check.answer);
    let _ = writeln!(out, "  {} {}{}\n", paint.dim("="), paint.bold("help: "), check.help);
}

fn summary(report: &Report) -> String {
    let pointer =
        report.publication.as_ref().filter(|publication| publication.checkpoint.is_some() || !publication.checks.is_empty());
    let pointer = pointer.map(|publication| match publication.verdict() {
        Some(Verdict::Reject) => "the checkpoint does not hold",
        _ if publication.holds() => "the checkpoint holds",
        _ => "the checkpoint cannot be read",
    });
    let none = report.publication.as_ref().map(|_| "there is no checkpoint");
    match (report.clients.is_empty(), pointer) {
        (true, pointer) => pointer.or(none).unwrap_or_default().to_owned(),
        (false, None) => of_clients(report),
        (false, Some(pointer)) => format!("{}; {pointer}", of_clients(report)),
    }
}

fn of_clients(report: &Report) -> String {
    let count = |of: &[Option<Verdict>]| report.clients.iter().filter(|seen| of.contains(&seen.verdict())).count();
    let (work, nothing, broken) =
        (count(&[None, Some(Verdict::Note)]), count(&[Some(Verdict::Review)]), count(&[Some(Verdict::Reject)]));
    let clients = if report.clients.len() == 1 { "client" } else { "clients" };
    let mut out = format!("{work} of {} {clients} work", report.clients.len());
    if report.clients.len() == 1 {
        out.push('s');
    }
    if nothing > 0 {
        let _ = write!(out, ", {nothing} {} nothing to read", if nothing == 1 { "has" } else { "have" });
    }
    if broken > 0 {
        let _ = write!(out, ", {broken} {}", if broken == 1 { "breaks" } else { "break" });
    }
    out
}
