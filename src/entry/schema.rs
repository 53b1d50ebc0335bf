//! The six published schemas of server.json, in our own words with the same verdicts.

use std::{fmt, sync::LazyLock};

use jsonschema::Validator;
use serde_json::Value;

use crate::finding::{Finding, Verdict};

use super::{
    locate::{Source, TOLD_MAX},
    model,
};

mod says;

use says::Said;

/// One published schema.
pub struct Schema {
    /// The day it was published, which is also its name.
    pub date: &'static str,
    validator: LazyLock<Validator>,
}

macro_rules! schema {
    ($date:literal) => {
        Schema { date: $date, validator: LazyLock::new(|| compile(include_str!(concat!("schemas/", $date, ".json")))) }
    };
}

/// All of them, the newest last.
pub static SCHEMAS: [Schema; 6] = [
    schema!("2025-07-09"),
    schema!("2025-09-16"),
    schema!("2025-09-29"),
    schema!("2025-10-11"),
    schema!("2025-10-17"),
    schema!("2025-12-11"),
];

fn compile(text: &str) -> Validator {
    let schema: Value = serde_json::from_str(text).expect("our schemas are JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("our schemas are schemas")
}

const ADDRESS: (&str, &str) = ("https://static.modelcontextprotocol.io/schemas/", "/server.schema.json");

impl Schema {
    pub fn newest() -> &'static Self {
        &SCHEMAS[SCHEMAS.len() - 1]
    }

    /// The address that `$schema` gives.
    pub fn address(&self) -> String {
        format!("{}{}{}", ADDRESS.0, self.date, ADDRESS.1)
    }

    pub fn at(address: &str) -> Option<&'static Self> {
        let date = address.strip_prefix(ADDRESS.0)?.strip_suffix(ADDRESS.1)?;
        SCHEMAS.iter().find(|schema| schema.date == date)
    }

    /// The schema that a document names, if it is a published one.
    pub fn named_by(document: &Value) -> Option<&'static Self> {
        Self::at(document.get("$schema")?.as_str()?)
    }

    /// Whether the members are spelled with underscores.
    pub fn is_snake_case(&self) -> bool {
        self.date == "2025-07-09"
    }

    /// How a member of today's spelling is spelled here.
    pub fn spelled(&self, member: &'static str) -> &'static str {
        model::snake(member).filter(|_| self.is_snake_case()).unwrap_or(member)
    }

    pub fn accepts(&self, document: &Value) -> bool {
        self.validator.is_valid(document)
    }

    /// Says what a document lacks under this schema, once for each place.
    pub fn judge(&self, document: &Value, source: &Source, findings: &mut Vec<Finding>) {
        if self.accepts(document) {
            return;
        }
        let start = findings.len();
        for error in self.validator.iter_errors(document).take(TOLD_MAX) {
            for Said { pointer, on_key, message, help } in says::of(self, &error) {
                let place = if on_key { source.key(&pointer) } else { source.value(&pointer) };
                let finding = Finding::new("schema-is-met", Verdict::Reject, place, message, help);
                if !findings[start..].contains(&finding) {
                    findings.push(finding);
                }
            }
        }
        if findings.len() == start {
            self.say_spelling(source, findings);
        }
    }

    /// Every error was a missing member that stands there in the old spelling; `spelling-is-current` says which, and the
    /// document is invalid all the same.
    fn say_spelling(&self, source: &Source, findings: &mut Vec<Finding>) {
        let message = format!("the members are not spelled as the schema of {} spells them", self.date);
        let help = "run `gazette check --fix`, or rename the members that `spelling-is-current` names";
        findings.push(Finding::new("schema-is-met", Verdict::Reject, source.value(""), message, help));
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.date)
    }
}
