use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "json-keys-are-unique",
    family: Family::Shape,
    about: "No object has two members of the same name.

Some parsers take the first of two equal members, most take the last, and some keep both (RFC 8259, section 4, leaves it
open). An entry with two `name` members could be judged under one and installed under the other.

Keep one of the two.",
    ..Rule::BLANK
};
