//! ToolHive's `thv`: finds out within 5 seconds whether an address is an API, reads the whole list page by page, and looks
//! servers up by name. It also takes a file, `/registry.json`, in place of the API.
//!
//! Facts from `pkg/config/registry.go`, `pkg/registry/api/client.go` and `pkg/registry/provider_api.go` of stacklok/toolhive.

use std::time::Duration;

use crate::{
    finding::quoted,
    site::hosting::limits,
    verify::{
        address::{component, query_escape},
        fix::Ill,
        listing::{Listing, Metadata},
        registry_file,
        visit::{Answer, Ask, Visit, grouped},
    },
};

const PROBE: Duration = Duration::from_secs(5);
const PAGE: Duration = Duration::from_secs(30);

pub(super) fn calls(visit: &mut Visit) {
    if probe(visit) {
        list(visit);
        if let Some(sample) = visit.survey.samples.first().cloned() {
            look_up(visit, &sample.name);
        }
    }
    file(visit);
}

/// Whether it takes the address for an API.
fn probe(visit: &mut Visit) -> bool {
    let Some((answer, listing)) = visit.list(&Ask::get("/v0.1/servers?limit=1&version=latest").within(PROBE)) else {
        return false;
    };
    visit.wants_https(&answer);
    if !answer.response.header("content-type").unwrap_or_default().contains("application/json") {
        let message = format!("the list comes as {}, so thv takes it for no API", shown_type(&answer));
        visit.rejects(&answer, message, visit.fix(Ill::Type));
        return false;
    }
    if listing.metadata != Metadata::Object {
        let message = "the list has no `metadata`, so thv takes it for no API";
        visit.rejects(&answer, message, "write `\"metadata\": {\"count\": …}` beside `servers`");
        return false;
    }
    visit.passes(&answer, "is taken for an API");
    // The first use follows the cursor of `limit=1` to its end.
    if listing.next.is_some() && listing.servers.len() == 1 {
        let message = "thv follows `limit=1` to the end of the list, a name at a time, and gives up after 10 seconds";
        visit.notes_once("limit", &answer, message, "give thv the file `/registry.json`, or a group: a smaller registry");
    }
    true
}

fn shown_type(answer: &Answer) -> String {
    if answer.content_type().is_empty() { "nothing in particular".to_owned() } else { quoted(answer.content_type()) }
}

fn list(visit: &mut Visit) {
    let ask = |cursor: Option<&str>| {
        let cursor = cursor.map(|cursor| format!("cursor={}&", query_escape(cursor))).unwrap_or_default();
        Ask::get(format!("/v0.1/servers?{cursor}limit=100&version=latest")).within(PAGE)
    };
    let mut names = 0;
    visit.pages(ask, "thv reads on until it gives up after 10,000 names", |visit, answer, listing| {
        names += listing.servers.len();
        decoded(visit, answer, listing) && counted(visit, answer, listing, names)
    });
}

/// Whether Go's decoder takes the page, and with it the list.
pub(super) fn decoded(visit: &mut Visit, answer: &Answer, listing: &Listing) -> bool {
    let Some(misfit) = listing.misfit() else { return true };
    let message = format!("the whole list is refused, since in {misfit}");
    visit.rejects(answer, message, "write the members as the API's description declares them");
    false
}

fn counted(visit: &mut Visit, answer: &Answer, listing: &Listing, names: usize) -> bool {
    if names as u64 <= limits::THV_NAMES {
        if listing.next.is_none() {
            visit.passes(answer, format!("lists {} servers", grouped(names)));
        }
        return true;
    }
    if listing.next.is_some() {
        visit.rejects(answer, "the list has more than 10,000 names, after which thv gives up", visit.fix(Ill::TooLarge));
    } else {
        let message = "the list has more than 10,000 names, and thv reads so many only from a single page";
        visit.notes(answer, message, visit.fix(Ill::TooLarge));
    }
    false
}

fn look_up(visit: &mut Visit, name: &str) {
    let Some(answer) = visit.ask(&Ask::get(format!("/v0.1/servers/{}/versions/latest", component(name)))) else { return };
    if answer.status() == 200 {
        visit.passes(&answer, format!("finds {}", quoted(name)));
        return;
    }
    let (why, help) = visit.why_missing(answer.status(), name, "latest");
    visit.notes(&answer, format!("{} is not found by its name, so thv searches for it{why}", quoted(name)), help);
}

/// The file that can be given in place of the API; a registry without one has none to offer.
fn file(visit: &mut Visit) {
    let Some(response) = visit.peek("/registry.json") else { return };
    if registry_file::looks_like_one(&response.body) {
        let Some(answer) = visit.ask(&Ask::get("/registry.json")) else { return };
        match registry_file::flaw(&answer.response.body) {
            None => visit.passes(&answer, "can be read as a file"),
            Some((message, help)) => visit.rejects(&answer, message, help),
        }
    }
}
