//! The members that the newest schema names, each once and with what it may be, and the names that an object of an entry may have
//! under any schema.

use crate::distance::nearest;

use super::model::{Kind, PUBLISHER_PROVIDED};

/// What a member may be.
#[derive(Debug)]
pub enum Form {
    Text,
    Flag,
    /// With members of these groups.
    Object(&'static [Group]),
    List(&'static Form),
    /// By names of the author's choice.
    Named(&'static Form),
    Anything,
}

/// Members that stand together wherever they stand.
pub type Group = &'static [(&'static str, Form)];

use Form::{Anything, Flag, List, Named, Object, Text};

const FILLED_IN: Group = &[
    ("description", Text),
    ("value", Text),
    ("default", Text),
    ("placeholder", Text),
    ("choices", List(&Text)),
    ("format", Text),
    ("isRequired", Flag),
    ("isSecret", Flag),
];

const VARIABLES: Group = &[("variables", Named(&Object(&[FILLED_IN])))];

const INPUT: &[Group] = &[&[("name", Text)], FILLED_IN, VARIABLES];

const ARGUMENT: &[Group] = &[&[("type", Text), ("name", Text), ("valueHint", Text), ("isRepeated", Flag)], FILLED_IN, VARIABLES];

const TRANSPORT: &[Group] = &[&[("type", Text), ("url", Text), ("headers", List(&Object(INPUT)))], VARIABLES];

const PACKAGE: &[Group] = &[&[
    ("registryType", Text),
    ("registryBaseUrl", Text),
    ("identifier", Text),
    ("version", Text),
    ("fileSha256", Text),
    ("runtimeHint", Text),
    ("transport", Object(TRANSPORT)),
    ("runtimeArguments", List(&Object(ARGUMENT))),
    ("packageArguments", List(&Object(ARGUMENT))),
    ("environmentVariables", List(&Object(INPUT))),
]];

const REPOSITORY: &[Group] = &[&[("url", Text), ("source", Text), ("id", Text), ("subfolder", Text)]];

const ICON: &[Group] = &[&[("src", Text), ("mimeType", Text), ("sizes", List(&Text)), ("theme", Text)]];

const ENTRY_GROUPS: &[Group] = &[&[
    ("$schema", Text),
    ("name", Text),
    ("description", Text),
    ("title", Text),
    ("version", Text),
    ("websiteUrl", Text),
    ("repository", Object(REPOSITORY)),
    ("icons", List(&Object(ICON))),
    ("packages", List(&Object(PACKAGE))),
    ("remotes", List(&Object(TRANSPORT))),
    ("_meta", Object(&[&[(PUBLISHER_PROVIDED, Anything)]])),
]];

/// A whole entry.
pub const ENTRY: Form = Object(ENTRY_GROUPS);

/// What the first schemas had, and no later one.
const OLDER: Group = &[("status", Text)];

/// The names that some schema knows in such an object, in today's spelling.
pub fn names(kind: Kind) -> impl Iterator<Item = &'static str> {
    let (groups, older): (&[Group], Group) = match kind {
        Kind::Entry => (ENTRY_GROUPS, OLDER),
        Kind::Repository => (REPOSITORY, &[]),
        Kind::Icon => (ICON, &[]),
        Kind::Package => (PACKAGE, &[]),
        Kind::Transport => (TRANSPORT, &[]),
        Kind::Argument => (ARGUMENT, &[]),
        Kind::Input => (INPUT, &[]),
    };
    groups.iter().copied().chain([older]).flatten().map(|(name, _)| *name)
}

/// The member that was most likely meant by a name that is none's.
pub fn meant(kind: Kind, name: &str) -> Option<&'static str> {
    nearest(name, names(kind))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn of_form(form: &Form, found: &mut BTreeSet<&'static str>) {
        match form {
            Text | Flag | Anything => {}
            List(form) | Named(form) => of_form(form, found),
            Object(groups) => groups.iter().copied().flatten().for_each(|(name, form)| {
                found.insert(name);
                of_form(form, found);
            }),
        }
    }

    fn of_schema(schema: &Value, found: &mut BTreeSet<String>) {
        let members = schema.as_object().into_iter().flatten();
        for (key, value) in members {
            if let ("properties", Value::Object(properties)) = (key.as_str(), value) {
                found.extend(properties.keys().cloned());
            }
            of_schema(value, found);
        }
        schema.as_array().into_iter().flatten().for_each(|item| of_schema(item, found));
    }

    #[test]
    fn the_newest_schema_names_the_same() {
        let schema = serde_json::from_str(include_str!("schemas/2025-12-11.json")).expect("JSON");
        let (mut ours, mut its) = (BTreeSet::new(), BTreeSet::new());
        of_form(&ENTRY, &mut ours);
        of_schema(&schema, &mut its);
        assert!(ours.iter().copied().eq(its.iter().map(String::as_str)), "{ours:?} {its:?}");
    }
}
