use std::collections::BTreeMap;

use crate::{finding::quoted, name::ServerName, policy::Reserved};

use super::{Family, Finding, Rule, Tree};

pub(super) const RULE: Rule = Rule {
    id: "word-is-not-reserved",
    family: Family::Names,
    about: "A name uses no word that is reserved for others.

Nobody checks who stands behind `io.github.octocat/github-official`; people believe the word. `policy/reserved.toml` lists
words that would mislead, each with the reason and the namespaces that may use it. A word counts where it stands alone,
between dots, slashes, underscores, hyphens and the ends of the name, in upper or lower case; the `io.github` that every
namespace of a GitHub account begins with is no use of `github`. In a change the list of base decides. A server that had
its name before the word was reserved needs its namespace under `allow` as well.

Choose another name, or ask a maintainer to list your namespace under `allow`.",
    tree: Some(judge),
    ..Rule::BLANK
};

fn judge(tree: &Tree) -> Vec<Finding> {
    let mut words: BTreeMap<String, Vec<(Vec<String>, &Reserved)>> = BTreeMap::new();
    for reserved in &tree.policy.reserved {
        let tokens: Vec<String> = tokens(&reserved.word).map(str::to_ascii_lowercase).collect();
        if let Some(first) = tokens.first() {
            words.entry(first.clone()).or_default().push((tokens, reserved));
        }
    }
    if words.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (name, server) in &tree.registry.servers {
        // A change that adds a version brings the one that was published last.
        let Some(last) = server.releases.iter().max_by_key(|release| release.published) else { continue };
        for reserved in used(name, &words) {
            let message = format!("the name {} uses the reserved word {}", quoted(name.as_str()), quoted(&reserved.word));
            let help = format!("choose another name, or ask a maintainer; why it is reserved: {}", reserved.reason.trim());
            findings.push(RULE.finding(tree.place(name, &last.version, "/name"), message, help));
        }
    }
    findings
}

/// The reserved words in a name that its namespace may not use.
fn used<'a>(name: &ServerName, words: &BTreeMap<String, Vec<(Vec<String>, &'a Reserved)>>) -> Vec<&'a Reserved> {
    let whole = name.as_str();
    let own =
        whole.get(..10).filter(|start| start.eq_ignore_ascii_case("io.github.")).map_or(whole, |start| &whole[start.len()..]);
    let own = own.to_ascii_lowercase();
    let tokens: Vec<&str> = tokens(&own).collect();
    let mut found: Vec<&Reserved> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        for (word, reserved) in words.get(*token).into_iter().flatten() {
            let stands_here = tokens[at..].len() >= word.len() && tokens[at..].iter().zip(word).all(|(a, b)| a == b);
            let allowed = || reserved.allow.iter().any(|namespace| namespace.eq_ignore_ascii_case(name.namespace_str()));
            if stands_here && !allowed() && !found.iter().any(|known| std::ptr::eq(*known, *reserved)) {
                found.push(reserved);
            }
        }
    }
    found
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(['.', '/', '_', '-']).filter(|token| !token.is_empty())
}
