use crate::finding::{Finding, quoted, shown};

use super::{Family, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "path-is-identity",
    family: Family::Shape,
    locked: true,
    about: "The `name` and `version` in a file are those of its path, byte for byte.

Who may touch a file is decided by its path, and what is published is decided by what the file says. If the two could
differ, an owner of one namespace could publish under the name of another.

Write into the file what the path says, or move the file to where its name and version belong.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let entry = subject.entry;
    let members = [("name", subject.model.name, entry.name.as_str()), ("version", subject.model.version, entry.version.as_str())];
    let mut findings = Vec::new();
    for (member, said, path) in members {
        // What is absent, or no text, the schema refuses.
        let Some(said) = said.filter(|said| *said != path) else { continue };
        let message = format!("`{member}` is {}, and the path says {}{}", quoted(said), quoted(path), alike(said));
        let help = format!("write `{path}`, or move the file to where this {member} belongs");
        findings.push(RULE.finding(entry.place(&format!("/{member}")), message, help));
    }
    findings
}

/// Names the letter that makes two texts differ that may look the same.
fn alike(said: &str) -> String {
    said.chars().find(|c| !c.is_ascii()).map(|c| format!("; {} is no letter that a name may hold", shown(c))).unwrap_or_default()
}
