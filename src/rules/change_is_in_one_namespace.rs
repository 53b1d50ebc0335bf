use std::collections::BTreeMap;

use crate::{
    change::Change,
    config::Mode,
    evidence::Evidence,
    finding::{Finding, Place, Verdict},
    name::Namespace,
};

use super::{Family, Rule, asks_whether_maintained, maintained};

pub(super) const RULE: Rule = Rule {
    id: "change-is-in-one-namespace",
    family: Family::Shape,
    locked: true,
    about: "A change stays inside one namespace, unless a maintainer sends or approves it.

Each submission then has one owner who answers for it, is accepted or refused as a whole, and can be undone without touching
anybody else. Whoever mixes a neighbour's files with their own hopes that nobody looks at each of them.

Send one change for each namespace. In a `curated` registry, where a maintainer approves every change, anything may be
proposed together.",
    asks: Some(asks_whether_maintained),
    change: Some(judge),
    ..Rule::BLANK
};

/// So many namespaces are named.
const NAMED_MAX: usize = 3;

fn judge(change: &Change, evidence: &Evidence) -> Vec<Finding> {
    let mut first: BTreeMap<Namespace, &str> = BTreeMap::new();
    for touched in &change.touched {
        if let Some(namespace) = touched.territory.namespace() {
            first.entry(namespace).or_insert(&touched.path);
        }
    }
    let maintained = maintained(change, evidence);
    if first.len() < 2 || maintained == Ok(true) || change.law.config.ownership.mode == Mode::Curated {
        return Vec::new();
    }
    let mut named: Vec<String> = first.keys().take(NAMED_MAX).map(|namespace| format!("`{namespace}`")).collect();
    if first.len() > NAMED_MAX {
        named.push(format!("{} more", first.len() - NAMED_MAX));
    }
    let last = named.pop().unwrap_or_default();
    let message = format!("this change touches {} namespaces: {} and {last}", first.len(), named.join(", "));
    let path = first.values().max().copied().unwrap_or_default();
    let mut finding = RULE.finding(
        Place::file(path),
        message,
        "send one change for each namespace, or ask a maintainer to approve this commit",
    );
    if maintained.is_err() {
        // Whoever sends it may be a maintainer.
        finding.verdict = Verdict::Review;
    }
    vec![finding]
}
