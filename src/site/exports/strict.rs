//! An entry with nothing in it but what the newest schema names, each member of its type: the schema lets others pass, and a
//! client that reads entries into typed structures fails on them, or, if it knows no case, takes `Name` for `name`.

use serde_json::{Map, Value};

use super::install::Flaw;
use crate::entry::locate::escape;

/// What a member may be.
enum Form {
    Text,
    Flag,
    Object(&'static [(&'static str, Form)]),
    List(&'static Form),
    /// By names of the author's choice.
    Named(&'static Form),
    Anything,
}

use Form::{Anything, Flag, List, Named, Object, Text};

const INPUT: Form = Object(&[
    ("description", Text),
    ("value", Text),
    ("default", Text),
    ("placeholder", Text),
    ("choices", List(&Text)),
    ("format", Text),
    ("isRequired", Flag),
    ("isSecret", Flag),
]);

const PAIR: Form = Object(&[
    ("name", Text),
    ("description", Text),
    ("value", Text),
    ("default", Text),
    ("placeholder", Text),
    ("choices", List(&Text)),
    ("format", Text),
    ("isRequired", Flag),
    ("isSecret", Flag),
    ("variables", Named(&INPUT)),
]);

const ARGUMENT: Form = Object(&[
    ("type", Text),
    ("name", Text),
    ("valueHint", Text),
    ("isRepeated", Flag),
    ("description", Text),
    ("value", Text),
    ("default", Text),
    ("placeholder", Text),
    ("choices", List(&Text)),
    ("format", Text),
    ("isRequired", Flag),
    ("isSecret", Flag),
    ("variables", Named(&INPUT)),
]);

const TRANSPORT: Form = Object(&[("type", Text), ("url", Text), ("headers", List(&PAIR)), ("variables", Named(&INPUT))]);

const PACKAGE: Form = Object(&[
    ("registryType", Text),
    ("registryBaseUrl", Text),
    ("identifier", Text),
    ("version", Text),
    ("fileSha256", Text),
    ("runtimeHint", Text),
    ("transport", TRANSPORT),
    ("runtimeArguments", List(&ARGUMENT)),
    ("packageArguments", List(&ARGUMENT)),
    ("environmentVariables", List(&PAIR)),
]);

const ENTRY: Form = Object(&[
    ("$schema", Text),
    ("name", Text),
    ("description", Text),
    ("title", Text),
    ("version", Text),
    ("websiteUrl", Text),
    ("repository", Object(&[("url", Text), ("source", Text), ("id", Text), ("subfolder", Text)])),
    ("icons", List(&Object(&[("src", Text), ("mimeType", Text), ("sizes", List(&Text)), ("theme", Text)]))),
    ("packages", List(&PACKAGE)),
    ("remotes", List(&TRANSPORT)),
    ("_meta", Object(&[(crate::entry::model::PUBLISHER_PROVIDED, Anything)])),
]);

/// The entry so reduced; what was taken out of it is told.
pub(super) fn entry(server: &Value, left_out: &mut Vec<Flaw>) -> Value {
    fit(&ENTRY, server, "", left_out).unwrap_or_default()
}

fn fit(form: &Form, value: &Value, at: &str, left_out: &mut Vec<Flaw>) -> Option<Value> {
    let fitting = match (form, value) {
        (Text, Value::String(_)) | (Flag, Value::Bool(_)) | (Anything, _) => Some(value.clone()),
        (Object(known), Value::Object(members)) => {
            let kept = members.iter().filter_map(|(member, value)| {
                let at = below(at, &escape(member));
                let known = known.iter().find(|(name, _)| name == member);
                if known.is_none() {
                    left_out.push(Flaw::new(&*at, "the schema knows no such member"));
                }
                Some((member.clone(), fit(&known?.1, value, &at, left_out)?))
            });
            Some(kept.collect::<Map<_, _>>().into())
        }
        (Named(form), Value::Object(members)) => {
            let kept = members
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), fit(form, value, &below(at, &escape(name)), left_out)?)));
            Some(kept.collect::<Map<_, _>>().into())
        }
        (List(form), Value::Array(items)) => {
            let kept =
                items.iter().enumerate().filter_map(|(index, item)| fit(form, item, &below(at, &index.to_string()), left_out));
            Some(kept.collect())
        }
        _ => None,
    };
    if fitting.is_none() {
        left_out.push(Flaw::new(at, "it is not of the type that the schema gives it"));
    }
    fitting
}

fn below(at: &str, step: &str) -> String {
    if at.is_empty() { step.to_owned() } else { format!("{at}/{step}") }
}
