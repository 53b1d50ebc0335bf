use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "status-is-valid",
    family: Family::Shape,
    about: "A `status.json` says one of the three statuses, for a server or for its versions, and nothing else.

A misspelled status would silently mean `active`, and a server that its owner withdrew would still be offered. The file is
`{\"status\": \"active|deprecated|deleted\", \"statusMessage\": \"…\", \"versions\": {\"1.0.0\": {\"status\": …}}}`; a version's own
line wins over the server's, and a message has at most 500 characters.

Mend the file at the place that is shown.",
    ..Rule::BLANK
};
