use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "group-file-is-valid",
    family: Family::Shape,
    about: "A file in `groups/` says what a group is called, what it is for, and which servers are in it.

A group is published as a registry of its own, and people's editors are set to it. A file that could not be read would
leave them an empty list. `name`, `description` and `servers` must be there; a server is `\"namespace/name\"` for whichever
version is latest, `\"namespace/name@version\"` for one version, or `{ server = \"namespace/name\", tools = [\"…\"] }` to allow
certain tools only.

Mend the file at the place that is shown; `registry-data/README.md` shows a good one.",
    ..Rule::BLANK
};
