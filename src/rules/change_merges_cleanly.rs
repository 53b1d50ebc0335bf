use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "change-merges-cleanly",
    family: Family::Shape,
    locked: true,
    about: "A change can be merged onto base in exactly one way.

What is judged is the result of merging, since that is what will be published. Where both sides changed a file, or where
history crosses so that several commits could be the starting point, the result depends on who merges and how, and a
verdict about one result would be taken for another.

Update your branch: merge or rebase it onto the base branch, and push again.",
    ..Rule::BLANK
};
