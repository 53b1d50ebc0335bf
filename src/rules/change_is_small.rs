use crate::{
    change::Change,
    evidence::Evidence,
    finding::{Finding, Place},
};

use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "change-is-small",
    family: Family::Shape,
    about: "A change touches no more files than a person can look through.

What nobody can look through nobody has looked at. The limit is `limits.change_files` in `registry.toml`, 500 unless the
registry says otherwise.

Send the files in several changes. A maintainer who imports a registry raises the limit in a change before.",
    change: Some(judge),
    ..Rule::BLANK
};

fn judge(change: &Change, _: &Evidence) -> Vec<Finding> {
    let (count, most) = (change.touched.len(), change.law.config.limits.change_files);
    match &change.touched[..] {
        [first, ..] if count > most => {
            let message = format!("this change touches {count} files, and this registry takes at most {most} at once");
            vec![RULE.finding(
                Place::file(&first.path),
                message,
                "send them in several changes, or ask a maintainer to raise `limits.change_files`",
            )]
        }
        _ => Vec::new(),
    }
}
