use std::collections::BTreeMap;

use crate::{
    change::Change,
    evidence::{Evidence, Question},
    finding::{Finding, Place},
};

use super::{Family, Rule};

mod ground;
mod ruling;
#[cfg(test)]
mod tests;

use ground::Ground;
use ruling::Bench;

pub(super) const RULE: Rule = Rule {
    id: "author-may-touch-path",
    family: Family::Ownership,
    locked: true,
    about: "Whoever sends a change may touch every path of it, for a reason that base gives.

Nothing is allowed unless something allows it, anywhere in the repository and on both sides of a rename. A maintainer, as
author or by approving exactly the commit that is judged, may touch what no other rule forbids. In a `proven` registry, an
owner of a namespace may add versions, signatures and statuses to it, and may vouch for further owners; owners are those
whom base's `namespaces/<namespace>.toml` lists by account id, or, where a domain has no file, that of the nearest domain
above it. In a `curated` registry anybody may propose, and a maintainer decides. What a change says of itself counts for
nothing, and a login counts for nothing: accounts are renamed, and logins are taken up by others.

Send the change from an account that owns the namespace, ask an owner to add you, or ask a maintainer to approve the commit.",
    asks: Some(|_| vec![Question::Author, Question::Approvals]),
    change: Some(judge),
    ..Rule::BLANK
};

/// One finding for each ground on which paths are refused. Every path is ruled on, however few findings there are.
fn judge(change: &Change, evidence: &Evidence) -> Vec<Finding> {
    let bench = Bench::of(change, evidence);
    let mut refused: BTreeMap<Ground, (&str, usize)> = BTreeMap::new();
    for touched in &change.touched {
        if let Err(ground) = bench.rule_on(touched) {
            refused.entry(ground).or_insert((&touched.path, 0)).1 += 1;
        }
    }
    let finding = |(ground, (path, count)): (Ground, (&str, usize))| {
        let (verdict, message, help) = ground.say(change, evidence);
        let message = if count > 1 { format!("{message}; {count} files") } else { message };
        Finding::new(RULE.id, verdict, Place::file(path), message, help)
    };
    refused.into_iter().map(finding).collect()
}
