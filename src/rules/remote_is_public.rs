use url::{Host, Url};

use crate::{
    entry::address,
    finding::quoted,
    network::{v4_is_public, v6_is_public},
};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "remote-is-public",
    family: Family::Meaning,
    about: "A remote is reached over https at a public host.

Everybody's client connects to this address with the user's token, so it must not lead into the user's own machine or
network: `https://127.0.0.1`, `https://0x7f.1`, `https://[::ffff:10.0.0.1]` and `https://printer.local` are doors into other
people's houses, and plain http shows the token to everybody on the way. Hosts are read as a browser reads them. The
official registry refuses most of these; a name without a dot, names under `.local`, `.internal` and the like, other
spellings of numbers and addresses that nobody can own are refused here as well, since they are public for nobody.
Of a host with `{variables}` only the fixed part is judged.

Write the https address of the public host. What runs on the user's machine is a package. A registry of one company whose
servers have names of its own network alone may turn the rule down.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let flaw = |remote: &crate::entry::model::Transport<'_>| {
        // An empty one, and one with odd braces, are for other rules.
        let url = remote.url.filter(|url| !url.is_empty() && address::variables(url).all(|variable| variable.is_ok()))?;
        let why = unfit(url)?;
        let help = if url.starts_with("http://") && why == NOT_HTTPS {
            format!("write {}, if the server answers there", quoted(&url.replacen("http", "https", 1)))
        } else {
            "write the https address of a public host, or offer a package if the server runs on the user's machine".to_owned()
        };
        Some(RULE.finding(subject.entry.place(&remote.node.pointer("url")), format!("{} {why}", quoted(url)), help))
    };
    subject.model.remotes.iter().filter_map(flaw).collect()
}

const NOT_HTTPS: &str = "is not https";

/// Why a remote cannot be reached by everybody.
fn unfit(url: &str) -> Option<&'static str> {
    if !url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://")) {
        return Some(NOT_HTTPS);
    }
    let authority = address::authority(url);
    // Of `{host}:8080` nothing but the port stands fixed.
    let fixed = address::filled(authority, "");
    let is_free = authority.contains('{')
        && !fixed.split(':').next().is_some_and(|host| host.contains(|c: char| c.is_ascii_alphanumeric()));
    // `1` may stand in a name and in a number alike.
    match Url::parse(&address::filled(url, "1")).map(|url| url.host().map(|host| host.to_owned())) {
        _ if authority.is_empty() => Some("names no host"),
        Err(_) => Some("is no address that a browser could read"),
        Ok(None) => Some("names no host"),
        Ok(Some(_)) if is_free => None,
        Ok(Some(Host::Domain(name))) => name_flaw(&name),
        Ok(Some(Host::Ipv4(ip))) => (!v4_is_public(ip)).then_some("is an address of a private or reserved network"),
        Ok(Some(Host::Ipv6(ip))) => (!v6_is_public(ip)).then_some("is an address of a private or reserved network"),
    }
}

/// Names that only a single machine or network knows: RFC 6761, 6762 and 8375, ICANN's `.internal`, and what routers and
/// companies have made up.
const PRIVATE: [&str; 11] =
    ["localhost", "local", "internal", "home.arpa", "lan", "home", "corp", "intranet", "private", "test", "invalid"];

fn name_flaw(name: &str) -> Option<&'static str> {
    // The parser has lowered the case.
    let name = name.strip_suffix('.').unwrap_or(name);
    if PRIVATE.iter().any(|zone| name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))) {
        return Some("is a name that only a single machine or network knows");
    }
    (!name.contains('.')).then_some("has a host without a dot, which is a name of a local network")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_is_what_everybody_can_reach() {
        for good in [
            "https://mcp.example.com/mcp",
            "HTTPS://Example.com:8443",
            "https://8.8.8.8/mcp",
            "https://[2001:4860:4860::8888]/mcp",
            "https://100.63.255.255",
            "https://100.128.0.1",
            "https://[::ffff:8.8.8.8]",
            "https://{host}/mcp",
            "https://{host}:{port}/mcp",
            "https://{host}:8443/mcp",
            "https://{tenant}.example.com/mcp",
            "https://example.com.",
            "https://localhost.example.com",
            "https://10.example.com",
        ] {
            assert_eq!(unfit(good), None, "{good}");
        }
        for bad in [
            "http://example.com",
            "//example.com",
            "https://",
            "https:///example.com",
            "https:example.com",
            "{scheme}://example.com",
            "https://localhost",
            "https://LOCALHOST.",
            "https://a.localhost:8443",
            "https://printer.local",
            "https://db.internal",
            "https://intranet/mcp",
            "https://127.0.0.1",
            "https://127.1",
            "https://0x7f.1",
            "https://2130706433",
            "https://017700000001",
            "https://0",
            "https://10.0.0.1",
            "https://172.31.0.1",
            "https://192.168.1.1",
            "https://169.254.169.254",
            "https://100.64.0.1",
            "https://224.0.0.1",
            "https://255.255.255.255",
            "https://[::1]",
            "https://[::]",
            "https://[fe80::1]",
            "https://[fc00::1]",
            "https://[::ffff:127.0.0.1]",
            "https://[::ffff:a00:1]",
            "https://[64:ff9b::7f00:1]",
            "https://[2002:7f00:1::]",
            "https://[::7f00:1]",
            "https://example.com@127.0.0.1/",
            "https://%31%32%37.0.0.1",
            "https://１２７.0.0.1",
            "https://{sub}.localhost",
            "https://127.0.0.{n}",
            "https://exa mple.com",
            "https://{tenant}.corp",
        ] {
            assert!(unfit(bad).is_some(), "{bad}");
        }
    }
}
