use url::Url;

use crate::{
    entry::{address, model::Transport, schema::Schema},
    finding::quoted,
};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "transport-is-coherent",
    family: Family::Meaning,
    about: "A transport over stdio has no address, and one over http has one that leads somewhere.

A client starts a `stdio` server and talks to its input and output, so a `url` beside it is either forgotten or the author
meant another transport. A `streamable-http` or `sse` transport is nothing but its address. The older schemas let any
text pass for it; the official registry asks for an http address with a host.

Remove `url` from a `stdio` transport, or give the transport the type that it has.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let packaged = subject.model.packages.iter().filter_map(|package| package.transport.as_ref());
    let judged = packaged.map(|transport| (transport, true)).chain(subject.model.remotes.iter().map(|remote| (remote, false)));
    judged.filter_map(|(transport, packaged)| flaw(subject, transport, packaged)).collect()
}

fn flaw(subject: &Subject, transport: &Transport<'_>, packaged: bool) -> Option<Finding> {
    let url = transport.url?;
    let at = || transport.node.pointer("url");
    let newest = subject.entry.schema.is_some_and(|schema| schema.date == Schema::newest().date);
    match transport.kind? {
        "stdio" if packaged && !url.is_empty() => {
            let message = format!("a `stdio` transport has no address, and this one has {}", quoted(url));
            let help = "remove `url`, or write `\"type\": \"streamable-http\"` if the server listens there";
            Some(RULE.finding(subject.entry.source.key(&at()), message, help))
        }
        kind @ ("streamable-http" | "sse") if url.is_empty() && !newest => {
            let help = "write the address that a client connects to";
            Some(RULE.finding(subject.entry.place(&at()), format!("a `{kind}` transport has an empty `url`"), help))
        }
        // What a remote may be is for `remote-is-public` to say, and the braces are for `url-variables-are-declared`.
        kind @ ("streamable-http" | "sse") if packaged && !url.is_empty() && !leads_somewhere(url, newest) => {
            let message = format!("{} is no address to which a `{kind}` transport could lead", quoted(url));
            let help = "write an http address with a host, such as `http://localhost:8080/mcp`";
            Some(RULE.finding(subject.entry.place(&at()), message, help))
        }
        _ => None,
    }
}

/// Whether it is an http address with a host; the newest schema itself asks for `http://` or `https://`.
fn leads_somewhere(url: &str, newest: bool) -> bool {
    if address::variables(url).any(|variable| variable.is_err()) {
        return true;
    }
    let filled = address::filled(url, "x");
    let has_scheme = ["http://", "https://"]
        .iter()
        .any(|scheme| filled.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    if !has_scheme {
        return newest;
    }
    !address::authority(&filled).is_empty() && Url::parse(&filled).is_ok()
}
