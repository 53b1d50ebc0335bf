use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "file-is-utf8",
    family: Family::Shape,
    about: "Every file is UTF-8 text without a byte order mark.

JSON between systems is UTF-8 (RFC 8259, section 8.1), and the same section forbids a mark at the beginning: some parsers
skip it and some fail on it, so one editor would show an entry that another cannot read. The official registry stores what it
parsed; here the author's bytes are what is published.

Save the file as UTF-8 without a BOM. `gazette check --fix` takes a BOM away from a file that is not published yet.",
    ..Rule::BLANK
};
