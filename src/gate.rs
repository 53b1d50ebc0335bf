//! What the gate makes of a report: a verdict that can be read from outside, and whether a robot may act on it.

use std::collections::BTreeSet;

use crate::{
    change::Change,
    checkout::Territory,
    digest::Sha256,
    evidence::{Evidence, MergeSettings},
    finding::{Verdict, quoted},
    forge::{CommitStatus, State},
    instant::Instant,
    report::Report,
};

/// The name of the commit status that a registry requires.
pub const CONTEXT: &str = "gazette";

/// GitHub takes so many characters of a status.
const DESCRIPTION_MAX: usize = 140;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Pass,
    /// A person must look.
    Review,
    /// The submitter has something to fix.
    Reject,
}

impl Outcome {
    pub const ALL: [Self; 3] = [Self::Pass, Self::Review, Self::Reject];

    /// A concern of the gate weighs as much as a finding for review.
    pub fn of(report: &Report, concerns: &[String]) -> Self {
        match report.verdict() {
            Some(Verdict::Reject) => Self::Reject,
            Some(Verdict::Note) | None if concerns.is_empty() => Self::Pass,
            Some(Verdict::Review | Verdict::Note) | None => Self::Review,
        }
    }

    pub fn state(self) -> State {
        match self {
            Self::Pass => State::Success,
            Self::Review => State::Pending,
            Self::Reject => State::Failure,
        }
    }

    pub fn says(self) -> &'static str {
        match self {
            Self::Pass => "nothing to object to",
            Self::Review => "a person has to look",
            Self::Reject => "something to fix",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Pass => "gazette: pass",
            Self::Review => "gazette: review",
            Self::Reject => "gazette: reject",
        }
    }

    /// One line for a commit status; nothing in it is a stranger's.
    pub fn description(self, report: &Report) -> String {
        let counts = [(Verdict::Reject, "to fix"), (Verdict::Review, "to review"), (Verdict::Note, "to note")]
            .map(|(verdict, what)| (report.count(verdict), what));
        let counts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let all = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
        format!("{}{all}", self.says()).chars().take(DESCRIPTION_MAX).collect()
    }
}

/// What a success rests on beside the commit that carries it: in which pull request, onto what, and by whose word. Digested,
/// since a status has room for one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts(String);

/// So much of the digest is told; nobody finds other facts that agree in 128 bits.
const FACTS_DIGITS: usize = 32;

impl Facts {
    pub fn of(number: u64, base: &str, approvals: &BTreeSet<u64>) -> Self {
        let approvals: Vec<String> = approvals.iter().map(u64::to_string).collect();
        let digest = Sha256::of(format!("{number}\n{base}\n{}\n", approvals.join(",")).as_bytes()).to_string();
        Self(digest.chars().take(FACTS_DIGITS).collect())
    }

    /// What a status says that carries them.
    pub fn told(&self, description: &str) -> String {
        let end = format!("; as of {}", self.0);
        let room = DESCRIPTION_MAX - end.len();
        format!("{}{end}", description.chars().take(room).collect::<String>())
    }
}

/// A success may stand while it is judged again for so many seconds after it was written: whatever ends that judgement in its
/// middle leaves it there. It is judged again every hour.
const YOUNG: i64 = 6 * 3600;

/// Whether a status that stands there is a success about these very facts, and young enough to stand until it was judged again.
pub fn may_stand(status: &CommitStatus, facts: &Facts, now: Instant) -> bool {
    let age = now.0 - status.at.0;
    status.state == State::Success && status.text.ends_with(&facts.told("")) && (0..=YOUNG).contains(&age)
}

/// GitHub takes so many statuses of one name on a commit. A success is given only while there is room to take it back.
const STATUSES_MAX: usize = 1_000;
const STATUSES_KEPT: usize = 100;

/// Why a commit with so many statuses cannot pass any more.
pub fn worn(statuses: usize) -> Option<String> {
    (statuses >= STATUSES_MAX - STATUSES_KEPT).then(|| {
        format!(
            "this commit has {statuses} statuses of the gate, and GitHub takes {STATUSES_MAX}: push another commit, an empty one will do"
        )
    })
}

/// The label of a change that brings the first file of a namespace.
pub const NEW_NAMESPACE: &str = "gazette: new namespace";

/// Whether a change claims a namespace that has no file on base.
pub fn claims(change: &Change) -> bool {
    change.touched.iter().any(|touched| matches!(touched.territory, Territory::Namespace(_)) && touched.before.is_none())
}

/// What has to be changed about the repository before a robot may merge into it: history reads one commit a submission from the
/// first-parent line, and a verdict is about one base.
pub fn unready(settings: &MergeSettings) -> Vec<String> {
    let wrong = [
        (!settings.squash, "squash merging is not allowed here: turn it on in the repository's settings"),
        (settings.rebase, "rebase merging is allowed here, and brings several commits for one submission: turn it off"),
        (
            !settings.up_to_date,
            "branches need not be up to date here: add a ruleset that requires the status `gazette`, strictly",
        ),
    ];
    wrong.iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, text)| (*text).to_owned()).collect()
}

/// Everything that stops the robot from merging what has passed. What is not known stops it too.
pub fn obstacles(change: &Change, evidence: &Evidence) -> Vec<String> {
    let config = &change.law.config;
    let mut all = Vec::new();
    match evidence.labels() {
        Ok(labels) => {
            let held = labels.iter().filter(|label| config.gate.hold_labels.contains(&label.name));
            all.extend(held.map(|label| format!("the label {} holds it", quoted(&label.name))));
        }
        Err(why) => all.push(why.0),
    }
    match (evidence.comments(), evidence.approvals()) {
        (Ok(people), Ok(approvals)) => {
            let maintained = approvals.iter().any(|id| config.is_maintainer(*id));
            let spoke = people.difference(approvals).count();
            if spoke > 0 && !maintained {
                all.push("somebody has said something, and no maintainer has approved this commit".to_owned());
            }
        }
        (Err(why), _) | (_, Err(why)) => all.push(why.0),
    }
    if claims(change) && config.gate.waiting_days > 0 {
        match (evidence.since(), evidence.today()) {
            (Ok(since), Ok(today)) if today.days_after(*since) >= i64::from(config.gate.waiting_days) => {}
            (Ok(since), Ok(_)) => {
                all.push(format!(
                    "a new namespace waits for {} days, and this commit is here since {since}",
                    config.gate.waiting_days
                ));
            }
            (Err(why), _) | (_, Err(why)) => all.push(why.0),
        }
    }
    all
}
