//! The front page: what this registry is, what is new in it, and how to use it.

use std::cmp::Reverse;

use serde::Serialize;

use super::{
    super::{
        Page, Site,
        card::Card,
        path::{Export, SitePath},
    },
    Head, groups, render,
    shelves::{Entry, Folder, Line, Tab, filled, tabs},
    words::{counted, pretty},
};

#[derive(Serialize)]
struct Home<'a> {
    description: Option<&'a str>,
    servers: String,
    versions: String,
    namespaces: String,
    empty: bool,
    newest: Vec<Entry<'a>>,
    updated: Vec<Entry<'a>>,
    kinds: Vec<Tab>,
    letters: Vec<Tab>,
    groups: Vec<groups::Line>,
    largest: Vec<Line<'a>>,
    more_namespaces: bool,
    vscode: String,
    /// What `thv` is given: the file, or the API where there is none.
    toolhive: String,
}

/// So many servers and namespaces stand on the front page.
const SHOWN: usize = 6;
const NAMESPACES: usize = 8;

pub fn home(site: &Site, cards: &[Card], folders: &[Folder]) -> Page {
    let (facts, all) = (&site.facts, cards.iter().collect::<Vec<_>>());
    let latest = |by: fn(&Card) -> crate::instant::Instant, besides: &[&Card]| {
        let mut cards: Vec<&Card> = all.iter().copied().filter(|card| !besides.iter().any(|b| std::ptr::eq(*b, *card))).collect();
        cards.sort_by_key(|card| (Reverse(by(card)), card.name));
        cards.truncate(SHOWN);
        cards
    };
    let newest = latest(|card| card.said.published, &[]);
    // What is new was updated too; nobody wants to read it twice.
    let updated = latest(|card| card.said.updated, &newest);
    let mut largest: Vec<&Folder> = folders.iter().collect();
    largest.sort_by_key(|(namespace, cards)| (Reverse(cards.len()), namespace.clone()));
    largest.truncate(NAMESPACES);
    let (kinds, letters) = tabs(site, &filled(&all), None);
    let counts = facts.counts;
    let page = Home {
        description: facts.description.as_deref(),
        servers: counted(counts.servers, "server", "servers"),
        versions: counted(counts.versions, "version", "versions"),
        namespaces: counted(counts.namespaces, "namespace", "namespaces"),
        empty: cards.is_empty(),
        newest: newest.into_iter().map(|card| Entry::of(site, card)).collect(),
        updated: updated.into_iter().map(|card| Entry::of(site, card)).collect(),
        kinds,
        letters,
        groups: groups::lines(site),
        largest: largest.into_iter().map(|(namespace, cards)| Line::of(site, namespace, cards.len())).collect(),
        more_namespaces: folders.len() > NAMESPACES,
        vscode: pretty(&serde_json::json!({ "chat.mcp.gallery.enabled": true, "chat.mcp.gallery.serviceUrl": facts.base_url })),
        toolhive: if cards.iter().any(|card| card.said.toolhive) {
            facts.absolute(&SitePath::Export(Export::ToolHive))
        } else {
            facts.base_url.clone()
        },
    };
    let description = facts.description.clone().unwrap_or_else(|| format!("{}: a registry of MCP servers.", facts.title));
    let head = Head { path: Some(SitePath::Home), title: None, description, here: "home" };
    Page::new(SitePath::Home, render(site, "home", head, page))
}
