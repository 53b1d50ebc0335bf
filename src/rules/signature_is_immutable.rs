use crate::{
    change::{Change, Touched},
    checkout::Territory,
    evidence::Evidence,
    finding::{Finding, Place},
    name::ServerName,
    version::Version,
};

use super::{
    Family, Rule, Tree, asks_whether_maintained,
    removal_is_recorded::{Removal, Removals},
};

pub(super) const RULE: Rule = Rule {
    id: "signature-is-immutable",
    family: Family::History,
    locked: true,
    about: "A signature comes with its version, stays with it, and never changes.

A signature is the publisher's word for exactly the bytes beside it. If it could be exchanged or added later, somebody who
holds another key could put their word in the place of the publisher's; if it could be taken away, whoever asks for signed
versions only would lose this one.

Send `<version>.json.sig` in the change that adds `<version>.json`, and publish a new version to sign anew.",
    tree: Some(judge_tree),
    asks: Some(asks_whether_maintained),
    change: Some(judge),
    ..Rule::BLANK
};

fn judge_tree(tree: &Tree) -> Vec<Finding> {
    let checkout = tree.checkout;
    // Only the few that end like a signature are worth a closer look.
    let signatures = checkout.items.iter().filter(|item| item.path.ends_with(".sig"));
    let lonely = |path: &str| match Territory::of(&checkout.prefix, path) {
        Territory::Signature(name, version) => checkout.get(&checkout.version_path(&name, &version)).is_none(),
        _ => false,
    };
    let find = |path: &str| {
        RULE.finding(Place::file(path), "a signature without its version", "add the version that it signs, or remove it")
    };
    signatures.filter(|item| lonely(&item.path)).map(|item| find(&item.path)).collect()
}

fn judge(change: &Change, evidence: &Evidence) -> Vec<Finding> {
    let removals = Removals::of(change, evidence);
    let one = |touched| signature(change, &removals, touched).or_else(|| left_behind(change, touched));
    change.touched.iter().filter_map(one).collect()
}

fn signature(change: &Change, removals: &Removals, touched: &Touched) -> Option<Finding> {
    let Territory::Signature(name, version) = &touched.territory else { return None };
    let find = |message: &str, help: &str| Some(RULE.finding(Place::file(&touched.path), message, help));
    let restore = "restore it, and publish a new version to sign anew";
    match (touched.before, touched.after) {
        (Some(before), Some(after)) if before.id == after.id && after.kind.is_regular() => None,
        (Some(_), Some(_)) => find("this changes the signature of a published version", restore),
        (Some(_), None) if goes(change, removals, name, version) => None,
        (Some(_), None) => find("this removes the signature of a published version", restore),
        (None, _) if is_published(change, name, version) => find(
            "this signs a version that is already published",
            "remove it, and send a signature in the change that adds its version",
        ),
        (None, _) => None,
    }
}

/// Whether the version itself goes, as it may.
fn goes(change: &Change, removals: &Removals, name: &ServerName, version: &Version) -> bool {
    let gone = change.checkout.get(&change.checkout.version_path(name, version)).is_none();
    gone && !matches!(removals.of_version(name, version), Removal::Unrecorded | Removal::Refused)
}

/// Whether base holds the version, whatever the change makes of it.
fn is_published(change: &Change, name: &ServerName, version: &Version) -> bool {
    let path = change.checkout.version_path(name, version);
    match change.touched.binary_search_by(|touched| touched.path.as_bytes().cmp(path.as_bytes())) {
        Ok(at) => change.touched[at].before.is_some(),
        Err(_) => change.checkout.get(&path).is_some(),
    }
}

/// The signature's own path is not touched then, so the finding stands at the version's.
fn left_behind(change: &Change, touched: &Touched) -> Option<Finding> {
    let (Territory::Version(..), None) = (&touched.territory, touched.after) else { return None };
    let signature = format!("{}.sig", touched.path);
    let stays = change.checkout.get(&signature).is_some() && !change.touches(&signature);
    let message = "this removes a version and leaves its signature behind";
    stays.then(|| RULE.finding(Place::file(&touched.path), message, format!("remove `{signature}` too")))
}
