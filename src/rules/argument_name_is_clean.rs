use crate::{
    entry::model::{Argument, Package},
    finding::quoted,
};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "argument-name-is-clean",
    family: Family::Meaning,
    about: "The name of a named argument is the flag alone.

A client puts the name and then the value on the command line, each as one word. `--port 8080`, `--dir <path>` and
`--token $TOKEN` are a flag with something after it, which a program then sees as one strange flag. The official registry
refuses `<`, `>`, `$` and spaces in a name, and an empty one.

Write the flag as `name`. What is always the same goes into `value`, what a user must give into `description`.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let unclean = |argument: &Argument<'_>| {
        let name = argument.input.name.filter(|name| argument.kind == Some("named") && !is_clean(name))?;
        let place = subject.entry.place(&argument.input.node.pointer("name"));
        let message = match name {
            "" => "a named argument has an empty name".to_owned(),
            _ => format!("the argument's name {} is more than a flag", quoted(name)),
        };
        Some(RULE.finding(place, message, help(name)))
    };
    subject.model.packages.iter().flat_map(Package::arguments).filter_map(unclean).collect()
}

fn is_clean(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| matches!(c, '<' | '>' | '$') || c.is_whitespace())
}

fn help(name: &str) -> String {
    let name = name.trim();
    let end = name.find(|c: char| matches!(c, '<' | '>' | '$') || c.is_whitespace()).unwrap_or(name.len());
    let (flag, rest) = (name[..end].trim_end_matches('='), name[end..].trim());
    match (flag, rest) {
        ("", _) => "write the flag, such as `--port`, or say `\"type\": \"positional\"`".to_owned(),
        (flag, "") => format!("write {}", quoted(flag)),
        (flag, rest) if rest.contains(['<', '>', '$']) => {
            format!("write {}, and say in `description` what a user must give", quoted(flag))
        }
        (flag, rest) => format!("write {}, and {} as its `value`", quoted(flag), quoted(rest)),
    }
}
