//! All findings of one judgement, in order, and what they come to; each audience has its own form of it.

use std::collections::BTreeSet;

use crate::{
    finding::{Finding, Verdict},
    secret,
};

pub mod comment;
pub mod github;
pub mod json;
pub mod sarif;
pub mod text;

#[derive(Debug)]
pub struct Report {
    /// Sorted, each once.
    pub findings: Vec<Finding>,
    pub scope: Scope,
    /// Why those paths of a change may be touched that may be.
    pub allowed: Vec<String>,
}

/// How much was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Tree { servers: usize, versions: usize },
    Change { files: usize },
}

impl Report {
    pub fn of(mut findings: Vec<Finding>, scope: Scope) -> Self {
        conceal(&mut findings);
        findings.sort_by(|a, b| a.order().cmp(&b.order()));
        findings.dedup();
        Self { findings, scope, allowed: Vec::new() }
    }

    #[must_use]
    pub fn with_allowed(mut self, allowed: Vec<String>) -> Self {
        self.allowed = allowed;
        self
    }

    /// The weightiest finding's; without findings, none.
    pub fn verdict(&self) -> Option<Verdict> {
        self.findings.iter().map(|finding| finding.verdict).max()
    }

    /// Notes do not keep a submission from passing.
    pub fn outcome(&self) -> &'static str {
        match self.verdict() {
            None | Some(Verdict::Note) => "pass",
            Some(Verdict::Review) => "review",
            Some(Verdict::Reject) => "reject",
        }
    }

    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// One line: what was judged, and what came of it.
    pub fn summary(&self) -> String {
        let judged = match self.scope {
            Scope::Tree { servers, versions } => format!("{} in {}", plural(versions, "version"), plural(servers, "server")),
            Scope::Change { files } => format!("{} changed", plural(files, "file")),
        };
        let counts = [(Verdict::Reject, "to fix"), (Verdict::Review, "for a person to review")]
            .map(|(verdict, what)| (self.count(verdict), what));
        let mut parts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if self.count(Verdict::Note) > 0 {
            parts.push(plural(self.count(Verdict::Note), "note"));
        }
        let outcome = if parts.is_empty() { "nothing to object to".to_owned() } else { parts.join(", ") };
        format!("{judged}: {outcome}")
    }
}

/// Takes secrets out of what is shown: a report is read by more people than the file. A line with a secret is not shown by
/// any finding, since a part of the line may hold a part of the secret.
fn conceal(findings: &mut [Finding]) {
    let told = findings.iter().filter(|finding| finding.rule == "secrets-stay-out");
    let lines: BTreeSet<(Box<str>, usize)> = told.map(|finding| (finding.place.path.clone(), finding.place.line)).collect();
    for finding in findings {
        if finding.place.excerpt.is_some() && lines.contains(&(finding.place.path.clone(), finding.place.line)) {
            finding.place.excerpt = None;
        }
        for secret in secret::find(&finding.message).into_iter().rev() {
            finding.message.replace_range(secret.start + secret.shown.len()..secret.end, "…");
        }
    }
}

fn plural(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Place;

    #[test]
    fn no_finding_shows_a_secret_that_another_names() {
        let token = format!("ghp_{}", "q7Zr2Kd9Wm4Xc1Vb8Nt5Ls3Hj6GfPaYoEuRi");
        let text = format!("{{\"identifier\": \"a {token}\"}}");
        let place = Place::within("f.json", &text, 15, 20);
        let spaces =
            Finding::new("identifier-has-no-spaces", Verdict::Reject, place.clone(), format!("`a {token}` holds a space"), "x");
        let secret = Finding::new("secrets-stay-out", Verdict::Reject, Place { excerpt: None, ..place }, "a token", "y");
        let report = Report::of(vec![spaces, secret], Scope::Change { files: 1 });
        for text in [text::render(&report, false), json::render(&report), github::render(&report), sarif::render(&report)] {
            assert!(text.contains("ghp_…") && !text.contains("q7Zr2"), "{text}");
        }
    }
}
