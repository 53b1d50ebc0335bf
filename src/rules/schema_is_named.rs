use serde_json::Value;

use crate::{
    entry::schema::{SCHEMAS, Schema},
    finding::quoted,
};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "schema-is-named",
    family: Family::Schema,
    about: "An entry names the published schema that it was written for.

The six published schemas differ in what members are called and which of them are needed, and only `$schema` says which of
them the author had in mind. Editors, too, complete and check a file only by this address, and an address that is nearly
right is one that nobody answers.

Write the address of the newest schema, or of the one that the entry was written for, exactly as it was published.
`gazette check --fix` mends an address that is nearly right.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let entry = subject.entry;
    if entry.schema.is_some() || !entry.document.is_object() {
        return Vec::new();
    }
    let newest = Schema::newest().address();
    let write_newest =
        || format!("write `\"$schema\": \"{newest}\"`, or the address of the older schema that the entry was written for");
    vec![match entry.document.get("$schema") {
        None => RULE.finding(entry.place(""), "the entry does not name its schema with `$schema`", write_newest()),
        Some(Value::String(text)) => {
            let message = format!("{} is not the address of a published schema", quoted(text));
            match meant(text) {
                Some(schema) => {
                    let address = schema.address();
                    let fix = entry.source.replace_value("/$schema", format!("\"{address}\""));
                    RULE.finding(entry.place("/$schema"), message, format!("write `{address}`")).with_fix(fix)
                }
                None => RULE.finding(entry.place("/$schema"), message, write_newest()),
            }
        }
        Some(_) => RULE.finding(entry.place("/$schema"), "`$schema` is no text", write_newest()),
    }]
}

/// The published schema whose day stands in an address that does not quite lead to it.
fn meant(text: &str) -> Option<&'static Schema> {
    SCHEMAS.iter().find(|schema| text.contains(schema.date))
}
