//! VS Code: finds the API's version, shows the list page by page, and looks servers up by name. It asks from its window, with
//! a browser's `fetch`, so that an answer without CORS headers is none.
//!
//! Facts from `mcpGalleryService.ts`, `mcpGalleryManifestService.ts` and `requestImpl.ts` of microsoft/vscode.

use std::collections::BTreeSet;

use crate::{
    finding::quoted,
    verify::{
        address::{component, unescaped_in_query},
        fix::Ill,
        listing::{Entry, Listing, Metadata},
        visit::{Answer, Ask, NOBODY, Visit},
    },
};

/// It asks for a further page as the user scrolls; more than these few say nothing new.
const PAGES: usize = 5;

const UNREADABLE: &str = "without `Access-Control-Allow-Origin` the window may not read the answer: `Failed to fetch`";

pub(super) fn calls(visit: &mut Visit) {
    let Some(version) = version(visit) else { return };
    browse(visit, version);
    search(visit, version);
    for at in 0..visit.survey.samples.len() {
        look_up(visit, version, at);
    }
    unknown(visit, version);
}

/// The newest version of the API whose list answers with a success.
fn version(visit: &mut Visit) -> Option<&'static str> {
    let answer = visit.ask(&Ask::get("/v0.1/servers?limit=1"))?;
    if answer.is_success() {
        visit.passes(&answer, "speaks v0.1");
        return Some("v0.1");
    }
    if visit.peek("/v0/servers?limit=1").is_some() {
        visit.notes(&answer, "does not speak v0.1, so VS Code falls back to v0", visit.fix(Ill::NoList));
        return Some("v0");
    }
    // With neither it asks v0.1 all the same.
    visit.list(&Ask::get("/v0.1/servers?limit=50&version=latest")).map(|_| "v0.1")
}

fn browse(visit: &mut Visit, version: &str) {
    let ask = |cursor: Option<&str>| {
        let cursor = cursor.map(|cursor| format!("&cursor={}", unescaped_in_query(cursor))).unwrap_or_default();
        Ask::get(format!("/{version}/servers?limit=50&version=latest{cursor}"))
    };
    let (mut pages, mut names) = (0, BTreeSet::new());
    visit.pages(ask, "VS Code pages for ever", |visit, answer, listing| {
        if pages == 0 {
            visit.wants_https(answer);
        }
        pages += 1;
        page(visit, answer, listing, &mut names) && pages < PAGES
    });
}

/// Whether VS Code would show the page.
fn page(visit: &mut Visit, answer: &Answer, listing: &Listing, names: &mut BTreeSet<String>) -> bool {
    if !visit.allows_origin(answer) {
        visit.rejects(answer, UNREADABLE, visit.fix(Ill::Origin));
        return false;
    }
    if let Some((message, help)) = thrown(listing) {
        visit.rejects(answer, message, help);
        return false;
    }
    let skipped = listing.servers.iter().enumerate().find_map(|(at, entry)| Some((at, entry, entry.lacks?)));
    if let Some((at, entry, lacks)) = skipped {
        let message = format!("{} has no `{lacks}`, and is not shown", entry.shown(at));
        visit.notes(answer, message, give(lacks));
    }
    let names_before = names.len();
    let twin = listing.servers.iter().filter_map(|entry| entry.name.as_ref()).find(|name| !names.insert((*name).clone()));
    if let Some(twin) = twin {
        let message = format!("{} is listed twice, and has two rows", quoted(twin));
        visit.rejects(answer, message, "list one version of each server, the latest: VS Code asks with `version=latest`");
        return false;
    }
    visit.passes(answer, format!("shows {} servers", names.len() - names_before));
    true
}

fn give(member: &str) -> String {
    format!("give every entry a `{member}` that is not empty")
}

/// Why the whole list throws. What it lacks is found in the order in which VS Code reads.
fn thrown(listing: &Listing) -> Option<(String, String)> {
    let first = listing.servers.first();
    if let Some(lacks) = first.and_then(|entry| entry.lacks) {
        let message = format!("the first entry has no `{lacks}`, and the whole list throws");
        return Some((message, give(lacks)));
    }
    let valid = || listing.servers.iter().enumerate().filter(|(_, entry)| entry.lacks.is_none());
    if let Some((at, entry)) = valid().find(|(_, entry)| !entry.has_meta) {
        let message = format!("{} has no `_meta`, and the whole list throws", entry.shown(at));
        let help = "write `\"_meta\": {\"io.modelcontextprotocol.registry/official\": {…}}` beside `server` in every entry; \
                    an empty object is enough";
        return Some((message, help.to_owned()));
    }
    if let Some((at, entry)) = valid().find(|(_, entry)| entry.github_without_owner) {
        let message = format!("{} has a `github.name` without `nameWithOwner`, and the whole list throws", entry.shown(at));
        let help = "give `nameWithOwner` beside `name` under `github` in `publisher-provided`, or leave `github` out";
        return Some((message, help.to_owned()));
    }
    if matches!(listing.metadata, Metadata::Absent | Metadata::Null) {
        let help = "write `\"metadata\": {\"count\": …}` beside `servers`";
        return Some(("the list has no `metadata`, and the whole list throws".to_owned(), help.to_owned()));
    }
    None
}

fn search(visit: &mut Visit, version: &str) {
    let Some(name) = visit.survey.samples.first().map(|sample| sample.name.clone()) else { return };
    let ask = Ask::get(format!("/{version}/servers?limit=50&version=latest&search={}", component(&name)));
    let Some((answer, listing)) = visit.list(&ask) else { return };
    if listing.servers.iter().any(|entry| entry.name.as_ref() == Some(&name)) || listing.next.is_some() {
        visit.passes(&answer, format!("finds {}", quoted(&name)));
    } else {
        let help = "find names and descriptions that hold the text, in any case; or ignore `search` and answer the whole list";
        visit.notes(&answer, format!("a search for {} does not find it", quoted(&name)), help);
    }
}

fn latest(version: &str, name: &str) -> Ask {
    Ask::get(format!("/{version}/servers/{}/versions/latest", component(name)))
}

fn look_up(visit: &mut Visit, version: &str, at: usize) {
    let name = visit.survey.samples[at].name.clone();
    let Some(answer) = visit.ask(&latest(version, &name)) else { return };
    if !answer.is_success() {
        let (why, help) = visit.why_missing(answer.status(), &name, "latest");
        visit.rejects(&answer, format!("{} is not found by its name{why}", quoted(&name)), help);
        return;
    }
    if !visit.allows_origin(&answer) {
        visit.rejects(&answer, UNREADABLE, visit.fix(Ill::Origin));
        return;
    }
    match Entry::parse(&answer.response.body) {
        Err(why) => {
            let message = format!("the look-up of {} cannot be read: {why}", quoted(&name));
            visit.rejects(&answer, message, visit.fix(Ill::FoundForMissing));
        }
        Ok(entry) => {
            if let Some(lacks) = entry.lacks {
                let message = format!("the look-up of {} gives no `{lacks}`", quoted(&name));
                visit.rejects(&answer, message, "answer one `{\"server\": {…}, \"_meta\": {…}}`, as in the list");
            } else if !entry.has_meta {
                let message = format!("the look-up of {} gives no `_meta`, and throws", quoted(&name));
                visit.rejects(&answer, message, "answer one `{\"server\": {…}, \"_meta\": {…}}`, as in the list");
            } else if entry.name.as_ref() != Some(&name) {
                let message = format!("the look-up of {} gives another server", quoted(&name));
                visit.rejects(&answer, message, "answer with the server that was asked for");
            } else {
                visit.passes(&answer, format!("finds {}", quoted(&name)));
            }
        }
    }
}

fn unknown(visit: &mut Visit, version: &str) {
    let Some(answer) = visit.ask(&latest(version, NOBODY)) else { return };
    match answer.status() {
        404 if !visit.allows_origin(&answer) => {
            let message = "a 404 without `Access-Control-Allow-Origin`: the window sees `Failed to fetch` instead";
            visit.notes(&answer, message, visit.fix(Ill::Origin));
        }
        404 => visit.passes(&answer, "knows no unknown name"),
        400..500 => {
            let message = format!("an unknown name is answered with {}; VS Code bears it, others do not", answer.status());
            let ill = if matches!(answer.status(), 401 | 403) { Ill::DeniedForMissing } else { Ill::FoundForMissing };
            visit.notes(&answer, message, visit.fix(ill));
        }
        500.. => {
            let message = format!("an unknown name is answered with {}, and the look-up throws", answer.status());
            visit.rejects(&answer, message, visit.fix(Ill::Failing));
        }
        status => {
            let message = format!("an unknown name is answered with {status} instead of 404, and the look-up throws");
            visit.rejects(&answer, message, visit.fix(Ill::FoundForMissing));
        }
    }
}
