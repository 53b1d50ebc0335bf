use std::collections::{BTreeMap, BTreeSet};

use crate::{
    change::Change,
    evidence::{Evidence, Question},
    finding::{Finding, Place, Verdict},
};

use super::{Family, Rule};

mod advice;
mod asking;
mod ground;
mod recorded;
mod relay;
mod ruling;
mod settling;
#[cfg(test)]
mod tests;
mod witness;

use ground::Ground;
pub use recorded::{Left, Recorded};
use ruling::{Bench, Reason, approvals_failed};

pub(super) const RULE: Rule = Rule {
    id: "author-may-touch-path",
    family: Family::Ownership,
    locked: true,
    about: "Whoever sends a change may touch every path of it, for a reason that base gives.

Nothing is allowed unless something allows it, anywhere in the repository and on both sides of a rename. A maintainer, as
author or by approving exactly the commit that is judged, may touch what no other rule forbids. In a `curated` registry
anybody may propose, and a maintainer decides.

In a `proven` registry, an owner of a namespace may add versions, signatures and statuses to it, vouch for further owners, and
remove others. Owners are those whom base's `namespaces/<namespace>.toml` lists by account id, or, where a domain has no file,
that of the nearest domain above it. Whoever sends the first file proves what it says, and it counts at once: of
`io.github.<login>` by being that account, by sending from an organization's fork, or, for a maintainer to look at, by being
a public member; of a domain by a TXT record, a well-known file, or a key. A version whose very bytes its owner's repository
holds, or its domain's key has signed, may be sent by anyone, and makes nobody an owner.

What a change says of itself counts for nothing, and a login counts for nothing where a number is known: accounts are renamed,
and logins are taken up by others. What nobody could say is never a yes.

Send the change from an account that owns the namespace, ask an owner to add you, or ask a maintainer to approve the commit.",
    asks: Some(asks),
    change: Some(judge),
    ..Rule::BLANK
};

fn asks(change: &Change, evidence: &Evidence) -> Vec<Question> {
    let bench = Bench::of(change, evidence);
    for touched in &change.touched {
        let _ = bench.rule_on(touched);
    }
    bench.asked().into_iter().chain([Question::Author, Question::Approvals]).collect()
}

/// Why the paths that may be touched may be, each reason once.
pub(super) fn allowed(change: &Change, evidence: &Evidence) -> Vec<String> {
    let bench = Bench::of(change, evidence);
    let reasons: BTreeSet<Reason> = change.touched.iter().filter_map(|touched| bench.rule_on(touched).ok()).collect();
    reasons.into_iter().map(|Reason(text)| text).collect()
}

/// One finding for each ground on which paths are refused. Every path is ruled on, however few findings there are.
fn judge(change: &Change, evidence: &Evidence) -> Vec<Finding> {
    let bench = Bench::of(change, evidence);
    let mut refused: BTreeMap<Ground, (&str, usize)> = BTreeMap::new();
    for touched in &change.touched {
        if let Err(ground) = bench.rule_on(touched) {
            refused.entry(ground).or_insert((&touched.path, 0)).1 += 1;
        }
    }
    let failed = approvals_failed(evidence);
    let finding = |(ground, (path, count)): (Ground, (&str, usize))| {
        let (verdict, message, help) = ground.say(change, evidence);
        let message = if count > 1 { format!("{message}; {count} files") } else { message };
        let (verdict, message) = match &failed {
            Some(why) if verdict == Verdict::Reject => {
                (Verdict::Review, format!("{message}; whether a maintainer approves this, nobody could say: {}", why.0))
            }
            _ => (verdict, message),
        };
        Finding::new(RULE.id, verdict, Place::file(path), message, help)
    };
    refused.into_iter().map(finding).collect()
}
