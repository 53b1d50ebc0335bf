//! The report for a terminal: a line for each client, then each problem with what was asked, what came back, and the way out.

use std::fmt::Write;

use crate::{finding::Verdict, report::text::Paint};

use super::{Check, Client, Report, Seen};

pub fn render(report: &Report, colour: bool) -> String {
    let paint = Paint(colour);
    let mut out = match report.host.title() {
        "" => format!("{}\n\n", report.target),
        title => format!("{} ({title})\n\n", report.target),
    };
    let width = report.clients.iter().map(|seen| seen.client.title().len()).max().unwrap_or_default();
    for seen in &report.clients {
        let (standing, verdict) = (standing(seen), seen.verdict().filter(|verdict| *verdict != Verdict::Note));
        let standing = verdict.map_or_else(|| standing.to_owned(), |verdict| paint.verdict(verdict, standing));
        let _ = writeln!(out, "  {:width$}  {standing}", seen.client.title());
    }
    out.push('\n');
    for problem in problems(report) {
        one(&mut out, &problem, &paint);
    }
    let _ = writeln!(out, "{}", summary(report));
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
    clients: Vec<Client>,
    checks: Vec<&'a Check>,
}

/// What is to be told, the weightiest first, else in the order of the clients.
fn problems(report: &Report) -> Vec<Problem<'_>> {
    let mut problems: Vec<Problem> = Vec::new();
    for seen in &report.clients {
        for check in &seen.checks {
            let Some(verdict) = check.verdict else { continue };
            let same = |problem: &&mut Problem| {
                problem.verdict == verdict && problem.checks[0].message == check.message && problem.checks[0].help == check.help
            };
            match problems.iter_mut().find(same) {
                Some(problem) => {
                    problem.checks.push(check);
                    if !problem.clients.contains(&seen.client) {
                        problem.clients.push(seen.client);
                    }
                }
                None => problems.push(Problem { verdict, clients: vec![seen.client], checks: vec![check] }),
            }
        }
    }
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.verdict));
    problems
}

fn one(out: &mut String, problem: &Problem, paint: &Paint) {
    let check = problem.checks[0];
    let clients: Vec<&str> = problem.clients.iter().map(|client| client.id()).collect();
    let head = paint.verdict(problem.verdict, &format!("{}[{}]", problem.verdict.as_str(), clients.join(", ")));
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
