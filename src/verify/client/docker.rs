//! Docker's MCP gateway: imports the whole list, by the API's older name, without a limit to the number of pages.
//!
//! Facts from `pkg/registryapi/client.go` and `pkg/remoteurl/remoteurl.go` of docker/mcp-gateway.

use crate::verify::{
    address::query_escape,
    visit::{Ask, Visit, grouped},
};

use super::thv::decoded;

/// Pages that are followed here; the client itself follows them all.
const PAGES: usize = 20;

pub(super) fn calls(visit: &mut Visit) {
    let ask = |cursor: Option<&str>| {
        let cursor = cursor.map(|cursor| format!("&cursor={}", query_escape(cursor))).unwrap_or_default();
        Ask::get(format!("/v0/servers?version=latest&limit=100{cursor}"))
    };
    let (mut pages, mut servers) = (0, 0);
    visit.pages(ask, "the gateway reads pages for ever", |visit, answer, listing| {
        visit.wants_https(answer);
        (pages, servers) = (pages + 1, servers + listing.servers.len());
        if !decoded(visit, answer, listing) {
            return false;
        }
        if listing.next.is_none() || pages == PAGES {
            let from = if listing.next.is_some() { " in the pages that were looked at" } else { "" };
            visit.passes(answer, format!("imports {} servers{from}", grouped(servers)));
        }
        pages < PAGES
    });
}
