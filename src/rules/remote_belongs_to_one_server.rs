use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::{entry::address, finding::quoted, name::ServerName, registry::Release, status::Status};

use super::{Family, Finding, Rule, Tree};

pub(super) const RULE: Rule = Rule {
    id: "remote-belongs-to-one-server",
    family: Family::Meaning,
    about: "The address of a remote belongs to one server.

A second name for somebody else's endpoint looks like a server of its own: it is listed, approved and counted as one, and
its publisher can later move the people who chose it elsewhere. Allow lists by address, too, would then mean two servers.
The official registry compares addresses letter by letter; here the case of the host, `:443` and a slash at the end make no
difference. A host that is wholly a `{variable}` is whatever its user says, and belongs to nobody.

Use the address under the name that has it already. To give a server another name, set the old one to `deleted` in its
`status.json` first: deleted versions hold no address.",
    tree: Some(judge),
    ..Rule::BLANK
};

struct Use<'a> {
    hash: u64,
    name: &'a ServerName,
    release: &'a Release,
    /// Among the remotes of its release.
    index: usize,
}

impl Use<'_> {
    fn url(&self) -> &str {
        &self.release.remotes[self.index]
    }
}

fn judge(tree: &Tree) -> Vec<Finding> {
    let mut uses = Vec::new();
    for (name, server) in &tree.registry.servers {
        for release in server.releases.iter().filter(|release| !release.remotes.is_empty()) {
            if server.status.of(&release.version).status == Status::Deleted {
                continue;
            }
            for (index, url) in release.remotes.iter().enumerate().filter(|(_, url)| has_host(url)) {
                let mut hasher = DefaultHasher::new();
                plain(url).hash(&mut hasher);
                uses.push(Use { hash: hasher.finish(), name, release, index });
            }
        }
    }
    uses.sort_by(|a, b| (a.hash, a.release.published, a.name).cmp(&(b.hash, b.release.published, b.name)));
    let mut findings = Vec::new();
    for same in uses.chunk_by(|a, b| a.hash == b.hash) {
        let first = &same[0];
        for later in same[1..].iter().filter(|later| later.name != first.name && plain(later.url()) == plain(first.url())) {
            let place = tree.place(later.name, &later.release.version, &format!("/remotes/{}/url", later.index));
            let message = format!("{} belongs to {}, which published it first", quoted(later.url()), quoted(first.name.as_str()));
            let help = format!("use another address, or publish under {}", quoted(first.name.as_str()));
            let status = |used: &Use| format!("{}servers/{}/status.json", tree.checkout.prefix, used.name).into();
            let version = tree.checkout.version_path(first.name, &first.release.version).into();
            findings.push(RULE.finding(place, message, help).with_others(vec![version, status(first), status(later)]));
        }
    }
    findings
}

fn has_host(url: &str) -> bool {
    let authority = address::authority(url);
    let wholly_free = authority.starts_with('{')
        && authority.find('}').is_some_and(|end| matches!(authority[end + 1..].chars().next(), None | Some(':')));
    !authority.is_empty() && !wholly_free
}

/// The address as every spelling of it has in common.
fn plain(url: &str) -> Cow<'_, str> {
    let authority = address::authority(url);
    let start = authority.as_ptr() as usize - url.as_ptr() as usize;
    let (before, path) = (&url[..start], &url[start + authority.len()..]);
    let (host, path) = (authority.strip_suffix(":443").unwrap_or(authority), path.trim_end_matches('/'));
    let is_plain = before == "https://" && !host.bytes().any(|b| b.is_ascii_uppercase());
    if is_plain && host.len() + path.len() + before.len() == url.len() {
        return Cow::Borrowed(url);
    }
    Cow::Owned(format!("{}{}{path}", before.to_ascii_lowercase(), lowered(host)))
}

/// In lower case but for the names of variables.
fn lowered(host: &str) -> String {
    let mut inside = false;
    let lower = |c: char| {
        inside = c == '{' || (inside && c != '}');
        if inside { c } else { c.to_ascii_lowercase() }
    };
    host.chars().map(lower).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_are_one() {
        for url in [
            "https://mcp.example.com/a",
            "HTTPS://MCP.Example.com/a",
            "https://mcp.example.com:443/a/",
            "https://mcp.example.com/a//",
        ] {
            assert_eq!(plain(url), "https://mcp.example.com/a", "{url}");
        }
        assert_ne!(plain("https://mcp.example.com/a"), plain("https://mcp.example.com/A"));
        assert_eq!(plain("https://{Tenant}.Example.com"), "https://{Tenant}.example.com");
        assert!(
            !has_host("https://{host}:8080/mcp") && !has_host("https://{host}/mcp") && has_host("https://{host}.example.com")
        );
    }
}
