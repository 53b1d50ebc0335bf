use crate::entry::{
    locate::{TOLD_MAX, escape},
    model::{current, snake},
    schema::Schema,
};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "spelling-is-current",
    family: Family::Schema,
    about: "Members are spelled as the schema that the entry names spells them.

The schema of 2025-07-09 wrote `registry_type`; all later ones write `registryType`. A client reads one of the two, and
passes over the other without a word: an `environment_variables` under a newer schema is a key that nobody asks for. The
official registry takes such an entry and loses the member, so this is stricter.

Run `gazette check --fix`, or rename the members.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let schema = subject.entry.schema.unwrap_or(Schema::newest());
    let right = if schema.is_snake_case() { snake } else { current };
    let mut findings = Vec::new();
    subject.model.visit(&mut |_, node| {
        for key in node.keys() {
            let Some(right) = right(key).filter(|_| findings.len() < TOLD_MAX) else { continue };
            let pointer = format!("{}/{}", node.at(), escape(key));
            let place = subject.entry.source.key(&pointer);
            let message = format!("the schema of {} spells `{key}` as `{right}`", schema.date);
            findings.push(if node.has(right) {
                RULE.finding(place, message, format!("remove `{key}`; `{right}` stands beside it"))
            } else {
                let fix = subject.entry.source.rename_key(&pointer, right);
                RULE.finding(place, message, format!("write `{right}`")).with_fix(fix)
            });
        }
    });
    findings
}
