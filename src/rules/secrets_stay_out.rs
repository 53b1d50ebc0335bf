use crate::{entry::locate::TOLD_MAX, secret};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "secrets-stay-out",
    family: Family::Secrets,
    about: "No text holds a token, a key or a password that works.

An entry is public from the moment a pull request is opened, and what is merged stays in git's history and in every copy of
the registry. Robots find a token within minutes. The forms that services gave their tokens so that they can be found are
looked for in every text and every member's name: those of GitHub, GitLab, AWS, Google, Slack, Stripe, OpenAI, Anthropic,
npm, PyPI and others, private keys, and JSON Web Tokens. What is plainly made up, such as `ghp_xxxx…`, may stand as an
example. The official registry does not look.

Revoke the token first: it counts as stolen, even if the pull request is closed at once. Then declare an environment
variable or header with `\"isSecret\": true`, which users fill in for themselves.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let source = &subject.entry.source;
    let said = |found: secret::Secret| {
        let mut place = source.at(found.start, found.end);
        // The line would show to everybody what must not be shown.
        place.excerpt = None;
        let message = format!("this is {}, which begins with `{}`", found.kind, found.shown);
        let help = "revoke it at once, for it is public now; then declare an input with `\"isSecret\": true` in its place";
        RULE.finding(place, message, help)
    };
    secret::find(source.body()).into_iter().take(TOLD_MAX).map(said).collect()
}
