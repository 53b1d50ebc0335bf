//! microsoft/apm: searches the list, looks the server up by name, and keeps answers by their `ETag`.
//!
//! Facts from `src/apm_cli/registry/client.py` and `src/apm_cli/cache/http_cache.py` of microsoft/apm.

use crate::{
    finding::quoted,
    verify::{
        address::query_escape,
        fix::Ill,
        listing::{Entry, Listing, Metadata},
        visit::{Answer, Ask, Visit, document, grouped},
    },
};

const LIST: &str = "/v0.1/servers?limit=100";

pub(super) fn calls(visit: &mut Visit) {
    let Some((answer, listing)) = visit.list(&Ask::get(LIST)) else { return };
    visit.wants_https(&answer);
    if unwrapped(visit, &answer, &listing) {
        visit.passes(&answer, format!("lists {} servers", grouped(listing.servers.len())));
        search(visit);
    }
    for sample in visit.survey.samples.clone() {
        look_up(visit, &sample.name);
    }
    tag(visit, &answer);
}

/// Whether every entry holds a server.
fn unwrapped(visit: &mut Visit, answer: &Answer, listing: &Listing) -> bool {
    if let Some((at, entry)) = listing.servers.iter().enumerate().find(|(_, entry)| !entry.has_server) {
        let message = format!("{} has no `server`, and the whole list is refused", entry.shown(at));
        visit.rejects(answer, message, "wrap every entry as `{\"server\": {…}, \"_meta\": {…}}`");
        return false;
    }
    if matches!(listing.metadata, Metadata::Null | Metadata::Other) {
        let message = "`metadata` is no object, and the whole list is refused";
        visit.rejects(answer, message, "write `\"metadata\": {\"count\": …}` beside `servers`");
        return false;
    }
    true
}

fn search(visit: &mut Visit) {
    let Some(name) = visit.survey.samples.first().map(|sample| sample.name.clone()) else { return };
    let ask = Ask::get(format!("/v0.1/servers?search={}", query_escape(&name)));
    let Some((answer, listing)) = visit.list(&ask) else { return };
    if listing.servers.iter().any(|entry| entry.name.as_ref() == Some(&name)) {
        visit.passes(&answer, format!("finds {}", quoted(&name)));
    } else {
        let help = "find names that hold the text, or ignore `search` and answer the whole list";
        visit.rejects(&answer, format!("a search for {} does not find it, so it cannot be installed", quoted(&name)), help);
    }
}

fn look_up(visit: &mut Visit, name: &str) {
    let Some(answer) = visit.ask(&Ask::get(document(name, "latest"))) else { return };
    if !answer.is_success() {
        let (why, help) = visit.why_missing(answer.status(), name, "latest");
        visit.rejects(&answer, format!("{} is not found by its name{why}", quoted(name)), help);
        return;
    }
    match Entry::parse(&answer.response.body) {
        Ok(_) => visit.passes(&answer, format!("finds {}", quoted(name))),
        Err(why) => {
            let message = format!("the look-up of {} cannot be read: {why}", quoted(name));
            visit.rejects(&answer, message, visit.fix(Ill::FoundForMissing));
        }
    }
}

fn tag(visit: &mut Visit, list: &Answer) {
    // What headers a folder will be sent with is for its host to say.
    if visit.base.is_folder() {
        return;
    }
    let Some(tag) = list.response.header("etag").map(str::to_owned) else {
        let message = "the list has no `ETag`, so apm reads it anew each time";
        visit.notes(list, message, "send an `ETag` that changes with the document");
        return;
    };
    if let Some(answer) = visit.ask(&Ask::get(LIST).with("if-none-match", "\"gazette-verify-no-such-tag\""))
        && answer.status() == 304
    {
        visit.rejects(&answer, "every tag is answered with 304, so apm never sees a change", visit.fix(Ill::StaleTag));
        return;
    }
    let Some(answer) = visit.ask(&Ask::get(LIST).with("if-none-match", tag)) else { return };
    if answer.status() == 304 {
        visit.passes(&answer, "answers 304 to its own `ETag`");
    } else {
        let message = "the list's own `ETag` is not answered with 304, so apm reads it anew each time";
        visit.notes(&answer, message, "answer 304 where `If-None-Match` names the document's `ETag`");
    }
}
