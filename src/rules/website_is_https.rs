use crate::{entry::address, finding::quoted};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "website-is-https",
    family: Family::Meaning,
    about: "A website is a whole https address.

People follow this link from a page that they trust, often to copy a command from it. What comes over plain http can be
changed on the way, `javascript:` and `data:` run in the page that shows them, and `https://example.com@example.net` leads
to the second host while it looks like the first. The official registry asks for https as well; a host, and no user before
it, is asked for here.

Write the address that a browser shows, such as `https://example.com/docs`.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let Some(text) = subject.model.website_url else { return Vec::new() };
    let Err(unfit) = address::link(text) else { return Vec::new() };
    let place = subject.entry.place(&subject.model.node.pointer("websiteUrl"));
    let help = "write a whole https address, such as `https://example.com/docs`, or remove the member";
    vec![RULE.finding(place, format!("{} {unfit}", quoted(text)), help)]
}
