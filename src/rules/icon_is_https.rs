use crate::{entry::address, finding::quoted};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "icon-is-https",
    family: Family::Meaning,
    about: "An icon is fetched over https.

Editors load icons as soon as a list is shown. Over plain http they can be exchanged on the way, and a page that came over
https does not show them at all; `data:` addresses make every list longer by a whole picture, and an SVG in one can run
code. The official registry asks for https as well.

Put the picture on a website or into the repository, and write its https address.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let unfit = |icon: &crate::entry::model::Icon<'_>| {
        let text = icon.src?;
        let unfit = address::link(text).err()?;
        let place = subject.entry.place(&icon.node.pointer("src"));
        Some(RULE.finding(
            place,
            format!("{} {unfit}", quoted(text)),
            "write a whole https address, such as `https://example.com/icon.png`",
        ))
    };
    subject.model.icons.iter().filter_map(unfit).collect()
}
