use std::collections::BTreeMap;

use crate::{
    checkout::Territory,
    entry::locate::{Source, TOLD_MAX},
    finding::{Place, Verdict, quoted},
    group::{Group, Member},
    status::Status,
};

use super::{Family, Finding, Rule, Tree};

pub(super) const RULE: Rule = Rule {
    id: "group-members-exist",
    family: Family::Meaning,
    about: "Every server that a group names is published, and named once.

A group is a promise to those whose editors are set to it. A name that nobody publishes is a slip of the pen, or a place
where somebody else may later put something; the same server twice leaves open which version and which tools are meant. A
member whose version, or whose every version, is deleted is left out of the group: its owner may always withdraw a server,
so that is only for a maintainer to look at.

Correct the name or version, take the line out, or pin another version.",
    tree: Some(judge),
    ..Rule::BLANK
};

fn judge(tree: &Tree) -> Vec<Finding> {
    tree.registry.groups.iter().flat_map(|(id, group)| judge_group(tree, id, group)).collect()
}

fn judge_group(tree: &Tree, id: &str, group: &Group) -> Vec<Finding> {
    let path = format!("{}groups/{id}.toml", tree.checkout.prefix);
    let mut seen = BTreeMap::new();
    let flaws = group.members.iter().filter_map(|member| {
        let first = *seen.entry(&member.server).or_insert(member);
        let flaw = if std::ptr::eq(first, member) { absent(tree, member) } else { Some(twice(member)) };
        flaw.map(|flaw| (member, flaw))
    });
    let flaws: Vec<_> = flaws.take(TOLD_MAX).collect();
    if flaws.is_empty() {
        return Vec::new();
    }
    let source = tree.checkout.text(&path).ok().flatten().map(|text| Source::new(&path, text));
    let told = flaws.into_iter().map(|(member, Flaw { verdict, message, help, others })| {
        let place = match &source {
            Some(source) => Place::within(&path, source.body(), member.span.0, member.span.1),
            None => Place::file(&path),
        };
        Finding { verdict, ..RULE.finding(place, message, help) }.with_others(others)
    });
    told.collect()
}

struct Flaw {
    verdict: Verdict,
    message: String,
    help: String,
    others: Vec<Box<str>>,
}

fn twice(member: &Member) -> Flaw {
    let message = format!("{} is named before in this group", quoted(member.server.as_str()));
    Flaw { verdict: Verdict::Reject, message, help: "keep one of the two".to_owned(), others: Vec::new() }
}

/// Why nothing stands behind a member, if nothing does.
fn absent(tree: &Tree, member: &Member) -> Option<Flaw> {
    let Member { server: name, version, .. } = member;
    let folder = format!("{}servers/{name}/", tree.checkout.prefix);
    let server = tree.registry.servers.get(name);
    let deleted = |message: String, help: &str, others: Vec<Box<str>>| {
        Some(Flaw { verdict: Verdict::Review, message, help: help.to_owned(), others })
    };
    let unknown = |message: String, help: &str, others: Vec<Box<str>>| {
        Some(Flaw { verdict: Verdict::Reject, message, help: help.to_owned(), others })
    };
    let help = "take the line out, or correct the name";
    let Some(version) = version else {
        return match server.filter(|server| !server.releases.is_empty()) {
            Some(server) if server.latest().is_some() => None,
            Some(_) => deleted(format!("every version of `{name}` is deleted"), help, vec![folder.into()]),
            None if has_files(tree, &folder) => None,
            None => unknown(format!("there is no server `{name}`"), help, vec![folder.into()]),
        };
    };
    let file = tree.checkout.version_path(name, version);
    let status = format!("{folder}status.json");
    if server.is_some_and(|server| server.status.of(version).status == Status::Deleted) && tree.checkout.get(&file).is_some() {
        let help = "pin another version, or take the line out";
        return deleted(format!("the version {version} of `{name}` is deleted"), help, vec![file.into(), status.into()]);
    }
    if tree.checkout.get(&file).is_some() {
        return None;
    }
    match server.and_then(|server| server.latest()) {
        Some(latest) => {
            let help = format!("write `{name}@{}`, or `{name}` for whichever is latest", latest.version);
            unknown(format!("`{name}` has no version {version}"), &help, vec![file.into()])
        }
        None => unknown(format!("there is no version {version} of a server `{name}`"), help, vec![file.into()]),
    }
}

/// Whether a server has versions' files, though none that could be read; other rules say why not.
fn has_files(tree: &Tree, folder: &str) -> bool {
    let items = &tree.checkout.items;
    let start = items.partition_point(|item| item.path.as_bytes() < folder.as_bytes());
    let below = items[start..].iter().take_while(|item| item.path.starts_with(folder));
    below.into_iter().any(|item| matches!(Territory::of(&tree.checkout.prefix, &item.path), Territory::Version(..)))
}
