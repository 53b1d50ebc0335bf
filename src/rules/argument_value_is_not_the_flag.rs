use crate::{
    entry::model::{Argument, Package},
    finding::quoted,
};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "argument-value-is-not-the-flag",
    family: Family::Meaning,
    about: "The value of a named argument does not repeat its name.

A client writes the name and then the value, so `--port` with the value `--port=8080` becomes `--port --port=8080`, and the
server does not start. The official registry refuses every value that begins with the argument's name; here a word that
merely continues it, such as the value `config.json` of an argument `config`, is let through.

Write only what follows the flag.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    let named = subject.model.packages.iter().flat_map(Package::arguments).filter(|argument| argument.kind == Some("named"));
    for Argument { input, .. } in named {
        let Some(name) = input.name.filter(|name| !name.is_empty()) else { continue };
        for (member, value) in [("value", input.value), ("default", input.default)] {
            let Some(rest) = value.and_then(|value| repeated(name, value)) else { continue };
            let place = subject.entry.place(&input.node.pointer(member));
            let message = format!("the `{member}` {} repeats the argument's name", quoted(value.unwrap_or_default()));
            let help = match rest.trim_start_matches(['=', ' ']) {
                "" => format!("remove `{member}`, if the flag stands alone"),
                rest => format!("write {}", quoted(rest)),
            };
            findings.push(RULE.finding(place, message, help));
        }
    }
    findings
}

/// What follows the name in a value that repeats it.
fn repeated<'a>(name: &str, value: &'a str) -> Option<&'a str> {
    let rest = value.strip_prefix(name)?;
    (name.starts_with('-') || rest.is_empty() || rest.starts_with(['=', ' '])).then_some(rest)
}
