use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "words-are-not-blank",
    family: Family::Meaning,
    about: "A title or description says something.

Lists show the title, and the description below it. One of nothing but spaces passes the schema and leaves a row without a
name; VS Code treats a description without words as a broken entry and shows no list at all. The official registry refuses
a blank title; a blank description is refused here as well.

Say in one sentence what the server does. Leave `title` out if the name is enough.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let model = subject.model;
    let members = [
        ("title", model.title, "say what people call the server, or remove `title`"),
        ("description", model.description, "say in one sentence what the server does"),
    ];
    let blank = |(member, text, help): (&str, Option<&str>, &str)| {
        // An empty text is the schema's business.
        let text = text?;
        let is_blank = !text.is_empty() && text.trim().is_empty();
        is_blank.then(|| {
            RULE.finding(subject.entry.place(&model.node.pointer(member)), format!("`{member}` is nothing but spaces"), help)
        })
    };
    members.into_iter().filter_map(blank).collect()
}
