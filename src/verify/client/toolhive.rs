//! ToolHive's registry server: takes an address for a registry by what its `/openapi.yaml` says, then copies the whole list,
//! every version of it.
//!
//! Facts from `internal/sources/api_upstream.go` and `internal/httpclient/client.go` of stacklok/toolhive-registry-server.

use crate::verify::{
    address::query_escape,
    fix::Ill,
    openapi,
    visit::{Ask, Visit, grouped},
};

use super::thv::decoded;

/// Pages that are followed here; the client itself follows 1,000.
const PAGES: usize = 20;
/// More entries it does not take.
const SERVERS: usize = 100_000;

pub(super) fn calls(visit: &mut Visit) {
    description(visit);
    let ask = |cursor: Option<&str>| {
        let cursor = cursor.map(|cursor| format!("&cursor={}", query_escape(cursor))).unwrap_or_default();
        Ask::get(format!("/v0.1/servers?limit=100{cursor}"))
    };
    let (mut pages, mut servers) = (0, 0);
    visit.pages(ask, "the copy stops after 1,000 pages with an error", |visit, answer, listing| {
        (pages, servers) = (pages + 1, servers + listing.servers.len());
        if !decoded(visit, answer, listing) {
            return false;
        }
        if servers > SERVERS {
            visit.rejects(
                answer,
                "the list has more than 100,000 entries, and the copy stops with an error",
                visit.fix(Ill::TooLarge),
            );
            return false;
        }
        if listing.next.is_none() || pages == PAGES {
            let from = if listing.next.is_some() { " in the pages that were looked at" } else { "" };
            visit.passes(answer, format!("copies {} entries{from}", grouped(servers)));
        }
        pages < PAGES
    });
}

fn description(visit: &mut Visit) {
    let Some(answer) = visit.ask(&Ask::get("/openapi.yaml")) else { return };
    visit.wants_https(&answer);
    if answer.status() != 200 {
        let ill = if matches!(answer.status(), 401 | 403) { visit.fix(Ill::Closed) } else { openapi::HELP };
        visit.rejects(&answer, "there is no `/openapi.yaml`, so this is taken for no registry", ill);
        return;
    }
    match openapi::flaw(&answer.response.body) {
        None => visit.passes(&answer, "is taken for a registry"),
        Some(flaw) => {
            visit.rejects(&answer, format!("{flaw}, so this is taken for no registry"), openapi::HELP);
        }
    }
}
