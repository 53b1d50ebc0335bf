use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "json-is-shallow",
    family: Family::Shape,
    about: "JSON is nested no deeper than `limits.json_depth`.

Many parsers call themselves for each level, so a small file of brackets can bring down whoever reads it. No published schema
needs more than a dozen levels; the limit is 32 unless `registry.toml` says otherwise.

Flatten the document.",
    ..Rule::BLANK
};
