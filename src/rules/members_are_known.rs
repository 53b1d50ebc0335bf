use crate::{
    entry::{
        locate::{TOLD_MAX, escape},
        members,
        model::{Kind, current},
        schema::Schema,
    },
    finding::{Verdict, quoted},
};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "members-are-known",
    family: Family::Schema,
    verdict: Verdict::Note,
    about: "Every member of an entry is one that its schema knows.

The schemas let members pass that they do not know, and no client reads them. So `\"enviromentVariables\"` is valid, and
the key that a user must give is never asked for. A member of a newer schema is lost in the same way.

Correct the name, name the newer schema that knows it, or move what is yours alone to
`_meta` under `io.modelcontextprotocol.registry/publisher-provided`.",
    entry: Some(judge),
    ..Rule::BLANK
};

/// Whether a schema knows a member of the entry itself: not all of them know all.
fn is_of(schema: &Schema, member: &str) -> bool {
    match member {
        "status" => schema.date <= "2025-09-16",
        "title" | "icons" => schema.date >= "2025-10-11",
        _ => true,
    }
}

fn judge(subject: &Subject) -> Vec<Finding> {
    let Some(schema) = subject.entry.schema else { return Vec::new() };
    let mut findings = Vec::new();
    subject.model.visit(&mut |kind, node| {
        // Until then packages were closed, and `schema-is-met` speaks.
        if kind == Kind::Package && schema.date < "2025-10-11" {
            return;
        }
        for key in node.keys() {
            // Another spelling is the business of `spelling-is-current`.
            let name = current(key).unwrap_or(key);
            let is_known = members::names(kind).any(|known| known == name) && (kind != Kind::Entry || is_of(schema, name));
            if is_known || findings.len() == TOLD_MAX {
                continue;
            }
            let place = subject.entry.source.key(&format!("{}/{}", node.at(), escape(key)));
            let message = format!("the schema of {} knows no member {} here", schema.date, quoted(key));
            findings.push(RULE.finding(place, message, help(schema, kind, key)));
        }
    });
    findings
}

fn help(schema: &Schema, kind: Kind, key: &str) -> String {
    let newest = Schema::newest();
    match key {
        "status" if kind == Kind::Entry => "remove it; a `status.json` beside the versions says how they stand".to_owned(),
        "title" | "icons" if kind == Kind::Entry => {
            format!("name the schema of {}, which knows it: `{}`", newest.date, newest.address())
        }
        _ => match members::meant(kind, key) {
            Some(meant) => format!("write `{}`", schema.spelled(meant)),
            None => "remove it, or move it to `_meta` under `io.modelcontextprotocol.registry/publisher-provided`".to_owned(),
        },
    }
}
