use std::{cmp::Ordering, ops::Range};

use crate::{
    checkout::{Item, Territory},
    finding::{Finding, Place, quoted},
};

use super::{Family, Rule, Tree};

pub(super) const RULE: Rule = Rule {
    id: "paths-differ-beyond-case",
    family: Family::Shape,
    locked: true,
    about: "No two paths differ in nothing but the case of their letters.

On macOS and Windows such paths are one file: whoever clones the registry there gets one of the two under both names, and a
build on such a machine publishes other bytes than a build elsewhere. Domains and GitHub's logins do not know case either,
so `Com.Example` beside `com.example` is one owner under two names, or an impostor.

Use the spelling that is there already, or choose a name that differs in a letter.",
    tree: Some(judge),
    ..Rule::BLANK
};

/// The children of one folder, which are neighbours in the order of paths.
struct Child<'a> {
    name: &'a str,
    items: Range<usize>,
}

/// Twin folders are told once and not again for each file that they hold.
fn judge(tree: &Tree) -> Vec<Finding> {
    let items = &tree.checkout.items;
    let mut findings = Vec::new();
    // A stack of our own: how deep folders nest is for whoever sends them to say.
    let mut folders = vec![(0..items.len(), 0)];
    while let Some((range, depth)) = folders.pop() {
        let mut children = children(items, range, depth);
        folders.extend(
            children
                .iter()
                .filter(|child| child.is_folder(items, depth))
                .map(|child| (child.items.clone(), depth + child.name.len() + 1)),
        );
        children.sort_by(|a, b| caseless(a.name, b.name));
        for twins in children.chunk_by(|a, b| caseless(a.name, b.name).is_eq()).filter(|twins| twins.len() > 1) {
            blame(tree, twins, depth, &mut findings);
        }
    }
    findings
}

fn children(items: &[Item], range: Range<usize>, depth: usize) -> Vec<Child<'_>> {
    let mut children: Vec<Child> = Vec::new();
    for at in range {
        let rest = items[at].path.get(depth..).unwrap_or_default();
        let name = rest.split('/').next().unwrap_or_default();
        match children.last_mut() {
            Some(last) if last.name == name => last.items.end = at + 1,
            _ => children.push(Child { name, items: at..at + 1 }),
        }
    }
    children
}

impl Child<'_> {
    fn is_folder(&self, items: &[Item], depth: usize) -> bool {
        items[self.items.start].path.len() > depth + self.name.len()
    }

    /// When the first of its versions was published; of what history does not tell, nothing.
    fn published(&self, tree: &Tree) -> Option<u32> {
        let serial = |item: &Item| match Territory::of(&tree.checkout.prefix, &item.path) {
            Territory::Version(name, version) => Some(tree.registry.history.line(&name, &version)?.first_serial()),
            _ => None,
        };
        tree.checkout.items[self.items.clone()].iter().filter_map(serial).min()
    }
}

/// The one that was published first is right; where history does not tell, none of them is.
fn blame(tree: &Tree, twins: &[Child], depth: usize, findings: &mut Vec<Finding>) {
    let items = &tree.checkout.items;
    let whole = |twin: &Child| {
        let end = depth + twin.name.len() + usize::from(twin.is_folder(items, depth));
        Box::from(&items[twin.items.start].path[..end])
    };
    let others: Vec<Box<str>> = twins.iter().map(whole).collect();
    let ages: Vec<Option<u32>> = twins.iter().map(|twin| twin.published(tree)).collect();
    let oldest = ages.iter().flatten().min().copied();
    let first = ages.iter().position(|age| age.is_some() && *age == oldest);
    for (at, twin) in twins.iter().enumerate().filter(|(at, _)| Some(*at) != first) {
        let other = &twins[first.unwrap_or(usize::from(at == 0))];
        let message = format!("{} and {} are one name where case does not count", quoted(twin.name), quoted(other.name));
        let help = match first {
            Some(_) => format!("write {}, which was published first, or choose another name", quoted(other.name)),
            None => "keep one of the two, or choose a name that differs in a letter".to_owned(),
        };
        let place = Place::file(&items[twin.items.start].path);
        findings.push(RULE.finding(place, message, help).with_others(others.clone()));
    }
}

fn caseless(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        return a.bytes().map(|b| b.to_ascii_lowercase()).cmp(b.bytes().map(|b| b.to_ascii_lowercase()));
    }
    // Upper case first: `ſ` and `ß` only meet their twins there.
    let folded =
        |text: &'_ str| -> Vec<char> { text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect() };
    folded(a).cmp(&folded(b))
}
