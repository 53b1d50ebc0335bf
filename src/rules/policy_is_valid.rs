use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "policy-is-valid",
    family: Family::Shape,
    locked: true,
    about: "The files in `policy/` can be read.

They hold what maintainers decided: words that mislead, and versions that had to go. A mistake in them would undo all of it
at once, and without the list of removals a version that was removed could come back.

Mend the file at the place that is shown; the files that `gazette new` writes explain every key.",
    ..Rule::BLANK
};
