use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "strings-are-bounded",
    family: Family::Shape,
    about: "No text in an entry is longer than `limits.string_bytes`.

Lists, search and editors show these texts; one text of megabytes makes them all slow. The limit is 16 KiB unless
`registry.toml` says otherwise; schemas bound only a few members, and none bounds what a publisher puts into `_meta`.

Shorten the text, or put it on the website that the entry links to.",
    ..Rule::BLANK
};
