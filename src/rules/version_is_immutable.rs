use crate::{
    change::{Change, Touched},
    checkout::{Kind, Territory},
    evidence::Evidence,
    finding::{Finding, Place, quoted},
    history::Lifeline,
};

use super::{
    Family, Rule, Tree, asks_whether_maintained,
    removal_is_recorded::{Removal, Removals},
};

pub(super) const RULE: Rule = Rule {
    id: "version-is-immutable",
    family: Family::History,
    locked: true,
    about: "A published version keeps its bytes and its place for ever.

Editors and lock files pin a version, auditors compare what they fetched with what they fetched before, and consumers of the
change feed keep a copy. If a version could change after they looked at it, everybody's look would be worth nothing; that is
how a package that was harmless when it was approved becomes harmful afterwards.

Restore the first bytes at the first path, and publish a new version for whatever has to change. To warn people about a
version, or to withdraw it, use `status.json`.",
    tree: Some(judge_tree),
    asks: Some(asks_whether_maintained),
    change: Some(judge),
    ..Rule::BLANK
};

/// The history of a change ends with what the change does, so this tells of its edits too. Of a version that was removed and
/// came back, `version-is-new` tells.
fn judge_tree(tree: &Tree) -> Vec<Finding> {
    let edited = |line: &Lifeline| line.present() && line.blobs().next() != Some(line.blob()) && line.removed().next().is_none();
    tree.registry.history.lines().filter(edited).map(|line| edit(tree, &line)).collect()
}

fn edit(tree: &Tree, line: &Lifeline) -> Finding {
    let history = &tree.registry.history;
    let path = tree.checkout.version_path(line.name(), line.version());
    let commit = |at: Option<u32>| history.commits().get(at? as usize);
    let message = match commit(line.edited().last().flatten()) {
        Some(commit) => format!("a published version was changed in `{}`, on {}", commit.id.short(), commit.at),
        None => format!("these are not the bytes that were published on {}", line.published_at()),
    };
    let help = match commit(history.event(line.first_serial()).and_then(|event| event.commit)) {
        Some(first) => {
            format!("publish a new version instead; `git show {}:{path}` prints the bytes to restore", first.id.short())
        }
        None => "publish a new version instead, and restore the bytes of this one".to_owned(),
    };
    RULE.finding(Place::file(&path), message, help)
}

fn judge(change: &Change, evidence: &Evidence) -> Vec<Finding> {
    let removals = Removals::of(change, evidence);
    change.touched.iter().filter_map(|touched| moved(&removals, touched).or_else(|| replaced(change, touched))).collect()
}

fn moved(removals: &Removals, touched: &Touched) -> Option<Finding> {
    let (Territory::Version(name, version), Some(to), None) = (&touched.territory, &touched.moved, touched.after) else {
        return None;
    };
    matches!(removals.of_version(name, version), Removal::Unrecorded).then(|| {
        let message = format!("this moves a published version to {}", quoted(to));
        let help = "leave the file where it is; the same server under another name is a new version there";
        RULE.finding(Place::file(&touched.path), message, help)
    })
}

/// Whether base's file stays a file with base's bytes, or is given those that were published first.
fn replaced(change: &Change, touched: &Touched) -> Option<Finding> {
    let Territory::Version(name, version) = &touched.territory else { return None };
    let (before, after) = (touched.before.filter(|side| side.kind.is_regular())?, touched.after?);
    let what = match after.kind {
        Kind::Symlink => "a symlink",
        Kind::Submodule => "a submodule",
        Kind::File | Kind::Executable if after.id == before.id => return None,
        Kind::File | Kind::Executable => {
            let Some(line) = change.merged.history.line(name, version) else {
                return Some(RULE.finding(
                    Place::file(&touched.path),
                    "this changes a published version",
                    "publish a new version instead",
                ));
            };
            let tree = Tree { checkout: &change.checkout, registry: &change.merged, policy: &change.law.policy };
            return (line.blobs().next() != Some(after.id)).then(|| edit(&tree, &line));
        }
    };
    let message = format!("this turns a published version into {what}");
    Some(RULE.finding(Place::file(&touched.path), message, "restore the file, and publish a new version instead"))
}
