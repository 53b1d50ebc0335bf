use crate::{
    finding::quoted,
    version::{one_of, range},
};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "version-is-specific",
    family: Family::Meaning,
    about: "The version of an entry is one version, never a range.

People pin the version that they approved, and every version has an address of its own. `^1.2.0`, `~1.2`, `>=1`, `1.x`,
`1.*`, `1 - 2` and `1 || 2` are many versions at once, and no address leads to them. The official registry refuses them too.

Write one version, such as `1.2.0`, and name the file after it.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let Some(version) = subject.model.version.filter(|version| range(version)) else { return Vec::new() };
    let help = format!("name one version, such as {}", quoted(&one_of(version)));
    vec![RULE.finding(subject.entry.place("/version"), format!("{} is a range of versions", quoted(version)), help)]
}
