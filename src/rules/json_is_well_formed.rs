use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "json-is-well-formed",
    family: Family::Shape,
    about: "Every JSON file is one JSON document and nothing else.

A file that is cut short, has a comma too many, a comment, or half of a surrogate pair in an escape is read in one way by one
parser and not at all by the next. What is published here must be read alike by all.

Mend the file at the place that is shown.",
    ..Rule::BLANK
};
