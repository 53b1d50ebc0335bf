use crate::{
    distance::{differ_in_numbers, edits, skeleton},
    finding::{Verdict, quoted},
    name::ServerName,
    registry::Release,
};

use super::{Family, Finding, Rule, Tree};

pub(super) const RULE: Rule = Rule {
    id: "name-is-distinct",
    family: Family::Names,
    verdict: Verdict::Review,
    about: "A new name cannot be mistaken for one that was here before.

People recognise a server by its name and rarely read each letter. Two things mislead them, and a person looks at both:
a namespace that looks like another's, as `com.exarnple` and `io.github.0ctocat` look like `com.example` and
`io.github.octocat` (`0` and `o`, `1`, `l` and `I`, `rn` and `m`, `vv` and `w`, and the marks `-`, `_` and `.` count as the
same); and a server of the same name in a namespace that is one slip of the finger away, as `io.github.octocta/weather` is
from `io.github.octocat/weather`. One name under two quite different namespaces is ordinary, and so are short namespaces
that differ in a letter, and ones that differ in a number. Only the first publication under such a name is shown. The
official registry has no such rule.

If the likeness is an accident, say so on the pull request. A maintainer decides.",
    tree: Some(judge),
    ..Rule::BLANK
};

/// A server, by the version that brought it.
struct First<'a> {
    name: &'a ServerName,
    release: &'a Release,
}

impl<'a> First<'a> {
    fn namespace(&self) -> &'a str {
        self.name.namespace_str()
    }
}

fn judge(tree: &Tree) -> Vec<Finding> {
    let firsts = tree.registry.servers.iter().filter_map(|(name, server)| {
        let release = server.releases.iter().min_by_key(|release| release.published)?;
        Some(First { name, release })
    });
    let mut servers: Vec<First<'_>> = firsts.collect();
    servers.sort_by_key(|server| (server.release.published, server.name));
    let mut findings = lookalikes(tree, &servers);
    findings.extend(slips(tree, &servers));
    findings
}

fn resembles(tree: &Tree, server: &First<'_>, message: String) -> Finding {
    let help = "choose a name that nobody mistakes, or say on the pull request why it is right; a maintainer decides";
    RULE.finding(tree.place(server.name, &server.release.version, "/name"), message, help)
}

/// Namespaces that look like one that was here before; `servers` are in the order of their publication.
fn lookalikes(tree: &Tree, servers: &[First<'_>]) -> Vec<Finding> {
    let key = |(at, server): (usize, &First<'_>)| (skeleton(server.namespace()), server.namespace().to_ascii_lowercase(), at);
    let mut namespaces: Vec<(String, String, usize)> = servers.iter().enumerate().map(key).collect();
    namespaces.sort_unstable();
    // Of each namespace the server that came first.
    namespaces.dedup_by(|later, first| (&later.0, &later.1) == (&first.0, &first.1));
    let mut findings = Vec::new();
    for alike in namespaces.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
        let first = alike.iter().map(|(.., at)| *at).min().unwrap_or_default();
        for later in alike.iter().map(|(.., at)| *at).filter(|at| *at != first) {
            let (later, first) = (&servers[later], &servers[first]);
            let message = format!("the namespace {} looks like {}", quoted(later.namespace()), quoted(first.namespace()));
            findings.push(resembles(tree, later, message));
        }
    }
    findings
}

/// So many earlier servers are compared with one that has the same letters but one.
const COMPARED_MAX: usize = 50;

/// Servers of one name in namespaces that one slip makes of each other: of two such, some text is left that lacks at most
/// one letter of each.
fn slips(tree: &Tree, servers: &[First<'_>]) -> Vec<Finding> {
    let mut names: Vec<(u64, usize)> =
        servers.iter().enumerate().map(|(at, server)| (fold(SEED, skeleton(server.name.name()).as_bytes()), at)).collect();
    names.sort_unstable();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let mut keys: Vec<(u64, usize)> = Vec::new();
    for same in names.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        keys.clear();
        for &(_, at) in same {
            let namespace = servers[at].namespace().to_ascii_lowercase().into_bytes();
            keys.push((fold(SEED, &namespace), at));
            let mut before = SEED;
            for gap in 0..namespace.len() {
                keys.push((fold(before, &namespace[gap + 1..]), at));
                before = fold(before, &namespace[gap..=gap]);
            }
        }
        keys.sort_unstable();
        for near in keys.chunk_by(|a, b| a.0 == b.0) {
            for (index, &(_, later)) in near.iter().enumerate() {
                let earlier = near[..index].iter().take(COMPARED_MAX).map(|&(_, at)| at);
                pairs.extend(earlier.filter(|&at| is_slip(&servers[at], &servers[later])).map(|at| (later, at)));
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup_by_key(|(later, _)| *later);
    let finding = |(later, earlier): (usize, usize)| {
        let (later, earlier) = (&servers[later], &servers[earlier]);
        let message = format!("{} is one slip away from {}", quoted(later.name.as_str()), quoted(earlier.name.as_str()));
        resembles(tree, later, message)
    };
    pairs.into_iter().map(finding).collect()
}

const SEED: u64 = 0xCBF2_9CE4_8422_2325;

/// FNV-1a, which goes on where it stopped; whatever it brings together is compared letter by letter.
fn fold(seed: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(seed, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

/// Of fewer letters, so many names exist that their neighbours do too.
const SHORT: usize = 5;

fn is_slip(earlier: &First<'_>, later: &First<'_>) -> bool {
    let (a, b) = (earlier.namespace().to_ascii_lowercase(), later.namespace().to_ascii_lowercase());
    own(&a).len() >= SHORT
        && own(&b).len() >= SHORT
        && !differ_in_numbers(&a, &b)
        && edits(&a, &b) == 1
        && skeleton(earlier.namespace()) != skeleton(later.namespace())
        && skeleton(earlier.name.name()) == skeleton(later.name.name())
}

/// The part of a namespace that its owner chose: the login, or the domain without its last label.
fn own(namespace: &str) -> &str {
    namespace.strip_prefix("io.github.").or_else(|| namespace.split_once('.').map(|(_, rest)| rest)).unwrap_or(namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_one_letter_folds_as_a_whole() {
        assert_eq!(fold(fold(SEED, b"oc"), b"ocat"), fold(SEED, b"ococat"));
    }
}
