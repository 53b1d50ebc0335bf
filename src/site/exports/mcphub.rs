//! The registry as MCPHub's market (`/exports/mcphub/servers.json`) and as files in the shape of its discovery API
//! (`/discovery/…`, `/.well-known/mcp-marketplace`).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Shape, WHOLE,
    install::{Flaw, Kind, Offer, Way},
    labels, link,
    settings::{mcphub_server, refusal, variable},
    template::{Template, text},
    word,
};
use crate::name::ServerName;
use crate::site::{
    Facts, Page,
    card::Card,
    collection::Collection,
    listing::{Listing, Shown},
    path::{Discovery, Export, SitePath},
};

#[derive(Debug)]
pub struct Market;

impl Shape for Market {
    const EXPORT: Export = Export::McpHub;

    fn open(&self, _: &Facts) -> Vec<u8> {
        b"{".to_vec()
    }

    fn part(&self, shown: &Shown, _: &Listing, left_out: &mut Vec<Flaw>) -> Vec<u8> {
        let Entry { json, left_out: said } = shown.entry();
        left_out.extend(said.iter().cloned());
        let Some(json) = json else {
            left_out.push(Flaw::new(WHOLE, "nothing of what it offers can be installed by MCPHub"));
            return Vec::new();
        };
        [&super::json(shown.name.as_str()), json].map(Vec::as_slice).join(&b":"[..])
    }

    fn close(&self, _: usize) -> Option<Vec<u8>> {
        Some(b"}".to_vec())
    }
}

/// What a server's installation is called, most preferred first.
const PREFERENCE: [&str; 6] = ["npm", "uvx", "docker", "dnx", "streamable-http", "sse"];

fn kind(way: &Way) -> Option<&'static str> {
    match way {
        Way::Run(run) => Some(match run.kind {
            Kind::Npm => "npm",
            Kind::Pypi => "uvx",
            Kind::Oci => "docker",
            Kind::Nuget => "dnx",
        }),
        Way::Connect(connect) => Some(connect.transport.as_str()),
        Way::Download(_) => None,
    }
}

/// The offers that MCPHub can install, one of each type, most preferred first.
fn installable<'a>(shown: &'a Shown, left_out: &mut Vec<Flaw>) -> Vec<(&'static str, &'a Offer)> {
    let mut chosen: Vec<(&'static str, &Offer)> = Vec::new();
    for offer in shown.offers() {
        let offer = match offer {
            Ok(offer) => offer,
            Err(flaw) => {
                left_out.push(flaw.clone());
                continue;
            }
        };
        match (refusal(&offer.way), kind(&offer.way)) {
            (Some(why), _) => left_out.push(Flaw::new(&*offer.at, why)),
            (None, Some(kind)) if chosen.iter().any(|(known, _)| *known == kind) => {
                left_out.push(Flaw::new(&*offer.at, format!("one installation of the type `{kind}` is enough for MCPHub")));
            }
            (None, Some(kind)) => {
                left_out.extend(offer.omitted.iter().cloned());
                chosen.push((kind, offer));
            }
            (None, None) => {}
        }
    }
    chosen.sort_by_key(|(kind, _)| PREFERENCE.iter().position(|known| known == kind));
    chosen
}

/// What the market says of a server; nothing, if MCPHub can install nothing of it.
#[derive(Debug)]
pub(super) struct Entry {
    json: Option<Vec<u8>>,
    left_out: Vec<Flaw>,
}

impl Shown<'_> {
    fn entry(&self) -> &Entry {
        self.made.market.get_or_init(|| {
            let mut left_out = Vec::new();
            let json = entry(self, &self.latest, &mut left_out);
            Entry { json: json.map(|json| super::json(&json)), left_out }
        })
    }
}

/// What a server in the market is about, in its publisher's words.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Labels {
    categories: Vec<String>,
    tags: Vec<String>,
}

impl Labels {
    /// Nothing, if it is not in the market.
    pub(in crate::site) fn of(shown: &Shown) -> Option<Self> {
        let server = &shown.latest.server;
        shown.entry().json.is_some().then(|| Self { categories: labels(server, "categories"), tags: labels(server, "tags") })
    }
}

fn entry(shown: &Shown, listing: &Listing, left_out: &mut Vec<Flaw>) -> Option<Value> {
    let server = &listing.server;
    let installable = installable(shown, left_out);
    if installable.is_empty() {
        return None;
    }
    let repository = server.get("repository").and_then(|repository| link(repository, "url")).unwrap_or_default();
    let title = text(server, "title").filter(|title| !title.is_empty()).unwrap_or(shown.name.as_str());
    let installations = installable.iter().map(|(kind, offer)| ((*kind).to_owned(), installation(kind, &offer.way, shown.name)));
    Some(json!({
        "name": shown.name.as_str(),
        "display_name": title,
        "description": word(server, "description"),
        "repository": { "type": "git", "url": repository },
        "homepage": link(server, "websiteUrl").unwrap_or(repository),
        "author": { "name": shown.name.namespace_str() },
        "license": labels(server, "license").first().map(String::as_str).unwrap_or_default(),
        "categories": labels(server, "categories"),
        "tags": labels(server, "tags"),
        "examples": [],
        "installations": installations.collect::<Map<_, _>>(),
        "arguments": arguments(shown.name, installable.iter().map(|(_, offer)| *offer)),
        "tools": [],
        "is_official": false,
    }))
}

/// In settings a server says how it talks, and whether it is on; in the market, how it is installed.
fn installation(kind: &str, way: &Way, name: &ServerName) -> Value {
    let mut installation = mcphub_server(way, &|ask| variable(name, ask));
    let members = installation.as_object_mut().expect("an object");
    members.shift_remove("enabled");
    members.insert("type".to_owned(), kind.into());
    if matches!(way, Way::Run(_)) {
        members.entry("env").or_insert_with(|| json!({}));
    }
    installation
}

/// What a user has to give, by the name under which it stands in the installations.
fn arguments<'a>(name: &ServerName, offers: impl Iterator<Item = &'a Offer>) -> Value {
    let mut arguments = Map::new();
    for ask in offers.flat_map(|offer| offer.way.templates()).flat_map(Template::asks).filter(|ask| ask.answer().is_none()) {
        let example = ask.placeholder.as_deref().or(ask.choices.first().map(String::as_str)).unwrap_or_default();
        let description = ask.description.as_deref().unwrap_or_default();
        let argument = json!({ "description": description, "required": ask.is_required, "example": example });
        arguments.entry(variable(name, ask)).or_insert(argument);
    }
    arguments.into()
}

/// The pages of one server's own.
pub fn pages(shown: &Shown) -> Vec<Page> {
    let installable = installable(shown, &mut Vec::new());
    let (Some(entry), Some((preferred, offer))) = (&shown.entry().json, installable.first()) else { return Vec::new() };
    let name = shown.name;
    let mut server = mcphub_server(&offer.way, &|ask| variable(name, ask));
    server.as_object_mut().expect("an object").shift_remove("enabled");
    let install = json!({
        "name": name.as_str(),
        "installationType": preferred,
        "availableTypes": installable.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
        "mcpServers": { name.as_str(): server },
        "arguments": arguments(name, std::iter::once(*offer)),
    });
    let page = |path, data: &[u8]| Page::new(SitePath::Discovery(path), [b"{\"success\":true,\"data\":", data, b"}"].concat());
    vec![page(Discovery::Server(name.clone()), entry), page(Discovery::Install(name.clone()), &super::json(&install))]
}

/// `/discovery/servers`
#[derive(Debug)]
pub(super) struct Servers;

impl Collection for Servers {
    fn paths(&self) -> Vec<SitePath> {
        vec![SitePath::Discovery(Discovery::Servers)]
    }

    fn open(&self, _: &Facts) -> Vec<u8> {
        b"{\"success\":true,\"data\":{\"servers\":[".to_vec()
    }

    fn part(&self, shown: &Shown) -> Vec<u8> {
        shown.entry().json.clone().unwrap_or_default()
    }

    fn close(&self, _: &Facts, parts: usize) -> Option<Vec<u8>> {
        Some(format!("],\"total\":{parts}}}}}").into_bytes())
    }
}

/// What the discovery API says of all servers together: every category and every tag once, in order, and how many servers there are.
pub(in crate::site) fn card_pages(facts: &Facts, cards: &[Card]) -> Vec<Page> {
    let offered: Vec<&Labels> = cards.iter().filter_map(|card| card.said.market.as_ref()).collect();
    let words = |path, of: fn(&Labels) -> &Vec<String>| {
        let words: BTreeSet<&str> = offered.iter().flat_map(|labels| of(labels)).map(String::as_str).collect();
        let body = [&b"{\"success\":true,\"data\":"[..], &super::json(&words), b"}"].concat();
        Page::new(SitePath::Discovery(path), body)
    };
    vec![
        words(Discovery::Categories, |labels| &labels.categories),
        words(Discovery::Tags, |labels| &labels.tags),
        Page::new(SitePath::Discovery(Discovery::Marketplace), super::json(&marketplace(facts, offered.len()))),
    ]
}

/// `/.well-known/mcp-marketplace`
fn marketplace(facts: &Facts, servers: usize) -> Value {
    let at = |path| facts.absolute(&SitePath::Discovery(path));
    // The two with a server's name are patterns, so they are no addresses of the site.
    let list = at(Discovery::Servers);
    let (_, version) = facts.generator.split_once(' ').unwrap_or_default();
    json!({
        "name": facts.title,
        "version": "0.1",
        "hub": { "name": "gazette", "version": version },
        "endpoints": {
            "servers": list,
            "server": format!("{list}/{{name}}"),
            "install": format!("{list}/{{name}}/install"),
            "categories": at(Discovery::Categories),
            "tags": at(Discovery::Tags),
        },
        "total_servers": servers,
    })
}
