use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "namespace-file-is-valid",
    family: Family::Shape,
    locked: true,
    about: "A file in `namespaces/` says whom its namespace belongs to, and who may submit to it.

This is what every later judgement of the namespace rests on. If it could not be read, then nobody would be an owner. A
namespace `io.github.<login>` belongs to an account, any other to a domain, and each owner is listed once, with the proof.

Mend the file at the place that is shown; `registry-data/README.md` shows a good one.",
    ..Rule::BLANK
};
