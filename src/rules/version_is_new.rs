use std::collections::BTreeMap;

use crate::{
    change::{Change, Touched},
    checkout::Territory,
    evidence::Evidence,
    finding::{Finding, Place, Verdict, quoted},
    history::Lifeline,
};

use super::{Family, Rule, Tree, asks_whether_maintained, maintained};

pub(super) const RULE: Rule = Rule {
    id: "version-is-new",
    family: Family::History,
    locked: true,
    about: "A version that a change adds was never published before.

Removing a version does not free its number. Whoever fetched it then would find other bytes under the same name now, which is
what an attacker who got hold of a name would do. And a version that a maintainer removed, because of personal data or a
court, stays removed unless a maintainer brings it back, with the very bytes that it had.

Publish under a version that was never used.",
    tree: Some(judge_tree),
    asks: Some(asks_whether_maintained),
    change: Some(judge),
    ..Rule::BLANK
};

/// The history of a change ends with what the change does, so this tells of its additions too.
fn judge_tree(tree: &Tree) -> Vec<Finding> {
    let other = |line: &Lifeline| line.present() && line.blobs().next() != Some(line.blob()) && line.removed().next().is_some();
    let find = |line: Lifeline| {
        let path = tree.checkout.version_path(line.name(), line.version());
        let message =
            format!("{} was published on {} and removed, and is back with other bytes", line.version(), line.published_at());
        RULE.finding(Place::file(&path), message, "publish under a version that was never used")
    };
    tree.registry.history.lines().filter(other).map(find).collect()
}

/// The return of a version with the bytes that it had, which only a maintainer may want.
fn judge(change: &Change, evidence: &Evidence) -> Vec<Finding> {
    if maintained(change, evidence) == Ok(true) {
        return Vec::new();
    }
    let law = &change.law.policy;
    let records = law.removed.iter().map(|record| ((record.name.as_str(), record.version.as_str()), record.reason.as_str()));
    let records: BTreeMap<(&str, &str), &str> = records.collect();
    change.touched.iter().filter_map(|touched| back(change, &records, touched)).collect()
}

fn back(change: &Change, records: &BTreeMap<(&str, &str), &str>, touched: &Touched) -> Option<Finding> {
    let (Territory::Version(name, version), None, Some(after)) = (&touched.territory, touched.before, touched.after) else {
        return None;
    };
    let record = records.get(&(name.as_str(), version.as_str()));
    let past = change.merged.history.line(name, version).filter(|line| line.removed().next().is_some());
    let same = past.is_none_or(|line| line.blobs().next() == Some(after.id));
    if !same || (past.is_none() && record.is_none()) {
        return None;
    }
    let why = record.map(|reason| format!(": {}", quoted(reason.trim()))).unwrap_or_default();
    let message = format!("{version} was published before and removed{why}");
    let help = "publish under a version that was never used, or ask a maintainer to approve this commit";
    let mut finding = RULE.finding(Place::file(&touched.path), message, help);
    finding.verdict = Verdict::Review;
    Some(finding)
}
