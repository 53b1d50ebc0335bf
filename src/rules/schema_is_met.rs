use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "schema-is-met",
    family: Family::Schema,
    about: "An entry is valid under the schema that it names.

Every client was written against one of the published schemas. ToolHive refuses a whole registry for one invalid entry, and
VS Code throws its whole list away, so a member that is missing here breaks the list for everybody.

Mend each member that a finding names. An editor that knows `$schema` shows the same while you type.",
    ..Rule::BLANK
};
