use crate::finding::quoted;

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "identifier-has-no-spaces",
    family: Family::Meaning,
    about: "A package's identifier holds no spaces.

The identifier becomes one word of a command: `npx -y <identifier>`. No package registry allows a space in a name, so one
that has it is either a whole command that was pasted in, or an attempt to slip further arguments past the reader. The
official registry refuses spaces; tabs and line breaks are refused here as well, since a shell takes them for the same.

Write the name of the package alone. What follows it belongs into `packageArguments`.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let spaced = |package: &crate::entry::model::Package<'_>| {
        let identifier = package.identifier.filter(|identifier| identifier.contains(char::is_whitespace))?;
        let place = subject.entry.place(&package.node.pointer("identifier"));
        let help = match identifier.trim() {
            trimmed if !trimmed.is_empty() && !trimmed.contains(char::is_whitespace) => format!("write {}", quoted(trimmed)),
            _ => "write the package's name alone, and its arguments in `packageArguments`".to_owned(),
        };
        Some(RULE.finding(place, format!("the identifier {} has a space in it", quoted(identifier)), help))
    };
    subject.model.packages.iter().filter_map(spaced).collect()
}
