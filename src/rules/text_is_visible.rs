use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "text-is-visible",
    family: Family::Shape,
    about: "No text holds a character that nobody sees.

Control characters can rewrite a terminal's screen, marks of direction make text show in another order than it has, and
characters without width make two texts differ that look alike: each lets an entry show a reviewer something other than what
it is. Line breaks and tabs in a text are untidy but honest, and pass. The official registry accepts all of them.

Remove the character; the finding names it. An emoji that is joined of several by U+200D has to be one without it.",
    ..Rule::BLANK
};
