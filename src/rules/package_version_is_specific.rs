use crate::{
    finding::quoted,
    version::{one_of, range},
};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "package-version-is-specific",
    family: Family::Meaning,
    about: "A package's version names exactly one version, never a range.

An entry says what its author tested. `^1.2.0`, `~1.2`, `>=1`, `1.x`, `1.*`, `1 - 2` and `1 || 2` mean something else every
week, so an editor that installs them runs code that nobody looked at.

Write the version that you tested, and publish a new version of the entry for the next one.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let ranged = |package: &crate::entry::model::Package<'_>| {
        let version = package.version.filter(|version| range(version))?;
        let place = subject.entry.place(&package.node.pointer("version"));
        Some(RULE.finding(
            place,
            format!("{} is a range", quoted(version)),
            format!("name the version that you tested, such as {}", quoted(&one_of(version))),
        ))
    };
    subject.model.packages.iter().filter_map(ranged).collect()
}
