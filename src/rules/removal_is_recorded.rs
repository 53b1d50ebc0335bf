use std::collections::BTreeSet;

use crate::{
    change::{Change, Touched},
    checkout::Territory,
    evidence::{Evidence, Unavailable},
    finding::{Finding, Place, Verdict},
    name::ServerName,
    policy::Policy,
    version::Version,
};

use super::{Family, Rule, Tree, asks_whether_maintained, maintained};

pub(super) const RULE: Rule = Rule {
    id: "removal-is-recorded",
    family: Family::History,
    locked: true,
    about: "A published version only goes away by a maintainer's hand, with a record and a reason.

Somebody runs what was published, and has to learn why it is gone: the record becomes the tombstone that consumers see, and
keeps the number from being used again. A server that merely should not be used any more needs no removal; a status of
`deleted` hides it and keeps the file. Removal is for what must not be kept, such as personal data.

Set the status in `status.json`, or ask a maintainer to remove the file and to add to `policy/removed.toml` a `[[removed]]`
with `name`, `version` and `reason`. A record stays for ever.",
    tree: Some(judge_tree),
    asks: Some(asks_whether_maintained),
    change: Some(judge),
    ..Rule::BLANK
};

/// What a removal comes to.
pub(super) enum Removal<'a> {
    /// A maintainer does it, and says why.
    Lawful,
    /// Nothing is said of it in `policy/removed.toml`.
    Unrecorded,
    /// It is recorded, but no maintainer stands behind it.
    Refused,
    /// It is recorded, and nobody knows who sends it.
    Unknown(&'a Unavailable),
}

/// What a change may remove. A record may be base's or come with the change: only a maintainer can write either.
pub(super) struct Removals<'a> {
    records: BTreeSet<(&'a str, &'a str)>,
    maintained: Result<bool, Unavailable>,
}

impl<'a> Removals<'a> {
    pub(super) fn of(change: &'a Change, evidence: &Evidence) -> Self {
        Self { records: records(&change.merged.policy), maintained: maintained(change, evidence) }
    }

    pub(super) fn of_version(&self, name: &ServerName, version: &Version) -> Removal<'_> {
        match &self.maintained {
            _ if !self.records.contains(&(name.as_str(), version.as_str())) => Removal::Unrecorded,
            Ok(true) => Removal::Lawful,
            Ok(false) => Removal::Refused,
            Err(why) => Removal::Unknown(why),
        }
    }
}

fn judge(change: &Change, evidence: &Evidence) -> Vec<Finding> {
    let removals = Removals::of(change, evidence);
    change.touched.iter().filter_map(|touched| removed(&removals, touched)).collect()
}

fn removed(removals: &Removals, touched: &Touched) -> Option<Finding> {
    let (Territory::Version(name, version), Some(before), None) = (&touched.territory, touched.before, touched.after) else {
        return None;
    };
    if !before.kind.is_regular() {
        return None;
    }
    let find = |message: String, help: String| Some(RULE.finding(Place::file(&touched.path), message, help));
    match removals.of_version(name, version) {
        Removal::Lawful => None,
        // `version-is-immutable` says where it went.
        Removal::Unrecorded if touched.moved.is_some() => None,
        Removal::Unrecorded => {
            let status = format!("{{\"versions\": {{\"{version}\": {{\"status\": \"deleted\"}}}}}}");
            let help = format!(
                "restore the file, and write `{status}` in `status.json` beside it to withdraw the version; a maintainer who has to \
                 remove it gives the reason in `policy/removed.toml`"
            );
            find("this removes a published version, and no reason is recorded".to_owned(), help)
        }
        Removal::Refused => {
            let help = "restore the file, or ask a maintainer to approve this commit";
            find("only a maintainer may remove a published version".to_owned(), help.to_owned())
        }
        Removal::Unknown(Unavailable(why)) => {
            let message = format!("only a maintainer may remove a published version, and {why}");
            let mut finding = find(message, "name the author with `--author LOGIN:ID`".to_owned())?;
            finding.verdict = Verdict::Review;
            Some(finding)
        }
    }
}

/// What history published and the tree does not hold. It is told of the list that should name it.
fn judge_tree(tree: &Tree) -> Vec<Finding> {
    let history = &tree.registry.history;
    let mut gone = history.lines().filter(|line| !line.present()).peekable();
    if gone.peek().is_none() {
        return Vec::new();
    }
    let records = records(&tree.registry.policy);
    let path = format!("{}policy/removed.toml", tree.checkout.prefix);
    let unrecorded = gone.filter(|line| !records.contains(&(line.name().as_str(), line.version().as_str())));
    let told = unrecorded.map(|line| {
        let (name, version) = (line.name(), line.version());
        let commit = line.removed().last().flatten().and_then(|commit| history.commits().get(commit as usize));
        let message = match commit {
            Some(commit) => format!(
                "`{name}` {version} was removed in `{}`, on {}, and no reason is recorded here",
                commit.id.short(),
                commit.at
            ),
            None => format!("`{name}` {version} is removed, and no reason is recorded here"),
        };
        let file = tree.checkout.version_path(name, version);
        let last = commit.map(|commit| format!("{}^", commit.id.short())).or_else(|| Some(history.tip()?.short()));
        let restore = last.map(|last| format!("run `git checkout {last} -- {file}`, or ")).unwrap_or_default();
        let help = format!("{restore}add a `[[removed]]` with its `name`, `version` and `reason`");
        RULE.finding(Place::file(&path), message, help)
    });
    told.collect()
}

fn records(policy: &Policy) -> BTreeSet<(&str, &str)> {
    let reasoned = policy.removed.iter().filter(|record| !record.reason.trim().is_empty());
    reasoned.map(|record| (record.name.as_str(), record.version.as_str())).collect()
}
