//! An entry with nothing in it but what the newest schema names, each member of its type: the schema lets others pass, and a
//! client that reads entries into typed structures fails on them, or, if it knows no case, takes `Name` for `name`.

use std::fmt;

use serde_json::{Map, Value};

use super::install::Flaw;
use crate::entry::{
    locate::escape,
    members::{ENTRY, Form},
};

/// The entry so reduced; what was taken out of it is told.
pub(super) fn entry(server: &Value, left_out: &mut Vec<Flaw>) -> Value {
    fit(&ENTRY, server, &At::Top, left_out).unwrap_or_default()
}

/// Where a value stands, spelled out only when something is said of it.
enum At<'a> {
    Top,
    Member(&'a At<'a>, &'a str),
    Item(&'a At<'a>, usize),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Member(above, _) | Self::Item(above, _)) = self else { return Ok(()) };
        if !matches!(above, At::Top) {
            write!(f, "{above}/")?;
        }
        match self {
            Self::Top => Ok(()),
            Self::Member(_, name) => f.write_str(&escape(name)),
            Self::Item(_, index) => write!(f, "{index}"),
        }
    }
}

fn fit(form: &Form, value: &Value, at: &At, left_out: &mut Vec<Flaw>) -> Option<Value> {
    let fitting = match (form, value) {
        (Form::Text, Value::String(_)) | (Form::Flag, Value::Bool(_)) | (Form::Anything, _) => Some(value.clone()),
        (Form::Object(groups), Value::Object(members)) => {
            let mut kept = Map::with_capacity(members.len());
            for (name, value) in members {
                let at = At::Member(at, name);
                match groups.iter().copied().flatten().find(|(known, _)| known == name) {
                    Some((_, form)) => kept.extend(fit(form, value, &at, left_out).map(|value| (name.clone(), value))),
                    None => left_out.push(Flaw::new(at.to_string(), "the schema knows no such member")),
                }
            }
            Some(kept.into())
        }
        (Form::Named(form), Value::Object(members)) => {
            let fit = |(name, value): (&String, &Value)| Some((name.clone(), fit(form, value, &At::Member(at, name), left_out)?));
            Some(members.iter().filter_map(fit).collect::<Map<_, _>>().into())
        }
        (Form::List(form), Value::Array(items)) => {
            let fit = |(index, item)| fit(form, item, &At::Item(at, index), left_out);
            Some(items.iter().enumerate().filter_map(fit).collect())
        }
        _ => None,
    };
    if fitting.is_none() {
        left_out.push(Flaw::new(at.to_string(), "it is not of the type that the schema gives it"));
    }
    fitting
}
