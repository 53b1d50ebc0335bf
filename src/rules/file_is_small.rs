use super::{Family, Rule};

pub(super) const RULE: Rule = Rule {
    id: "file-is-small",
    family: Family::Shape,
    about: "No file of the registry is larger than `limits.entry_bytes`.

A nightly build and every consumer reads every file. The limit is 256 KiB unless `registry.toml` says otherwise; the official
registry's entries are a few kilobytes. What is larger is not even read, so nobody can make the judgement itself run out of
memory.

Keep long texts, and pictures, on the website that the entry links to.",
    ..Rule::BLANK
};
