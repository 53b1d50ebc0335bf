//! What is published of a group: its members, a registry of its own at its address, and settings of clients that are ready to
//! be used.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::{
    checkout::Reader,
    group::{Group, Member},
    name::ServerName,
    status::Status,
    version::Version,
};

use super::{
    Facts, Page, Site, api,
    exports::{
        self,
        install::{Flaw, Offer, offers},
        settings::{label, mcp_server, mcphub_server, own_variable, preferred, refusal, variable, vscode, with_registry},
        template::{Ask, Template},
    },
    listing::{Dated, Listing, Record, Unshown, Whole},
    path::{Client, Endpoint, GroupFile, SitePath, Spelling},
};

/// A member that is shown, with the versions that the group has of it.
struct Present<'a> {
    member: &'a Member,
    name: &'a ServerName,
    latest: Listing<'a>,
    /// None, where one is pinned.
    others: Vec<Record<'a>>,
}

impl<'a> Present<'a> {
    /// Reads the pinned version, or all that are not deleted; nothing, if there is none.
    fn read(site: &'a Site<'a>, member: &'a Member, reader: &mut dyn Reader) -> Result<Option<Self>, Unshown> {
        let Some((name, server)) = site.registry.servers.get_key_value(&member.server) else { return Ok(None) };
        let Some(pin) = &member.version else {
            let whole = site.show_whole(name, server, reader)?;
            return Ok(whole.map(|Whole { shown, mut others }| {
                others.retain(|record| record.official.status != Status::Deleted);
                Self { member, name, latest: shown.latest, others }
            }));
        };
        let dated = Dated::all(site, name, server)?;
        let Some(pinned) = dated.iter().find(|dated| dated.version == pin && !dated.is_deleted()) else { return Ok(None) };
        Ok(Some(Self { member, name, latest: Listing::read(site, name, pinned, reader)?, others: Vec::new() }))
    }

    /// The versions of the group with their records, the latest first.
    fn records(&self, facts: &Facts) -> impl Iterator<Item = (&Version, Vec<u8>)> {
        let Listing { record, .. } = &self.latest;
        let latest = if self.member.version.is_some() { self.latest.only_record(facts) } else { record.body.clone() };
        let others = self.others.iter().map(|record| (record.version, record.body.clone()));
        std::iter::once((record.version, latest)).chain(others)
    }
}

/// Every page of a group. A member that is deleted, or was never published, is left out.
pub(super) fn pages<'a>(site: &'a Site<'a>, id: &str, group: &'a Group, reader: &mut dyn Reader) -> Result<Vec<Page>, Unshown> {
    let mut members = Vec::new();
    for member in &group.members {
        members.extend(Present::read(site, member, reader)?);
    }
    members.sort_by(|a, b| a.name.cmp(b.name));
    let facts = facts(site, id, group);
    let mut pages = vec![
        page(id, GroupFile::Group, &about(&facts, id, group, &members)),
        Page::new(SitePath::Group(id.into(), GroupFile::OpenApi), api::openapi(&facts)),
    ];
    pages.append(&mut api_pages(&site.facts, id, &members));
    for client in Client::ALL {
        let (settings, left_out) = settings(client, &facts, id, group, &members);
        pages.push(page(id, GroupFile::Settings(client), &settings));
        let body = [b"{\"dropped\":[", &left_out[..], b"]}"].concat();
        pages.push(Page::new(SitePath::Group(id.into(), GroupFile::LeftOut(client)), body));
    }
    Ok(pages)
}

/// What is said of the group as a registry.
fn facts(site: &Site, id: &str, group: &Group) -> Facts {
    let base_url = format!("{}/groups/{id}", site.facts.base_url);
    Facts { title: group.name.clone(), description: Some(group.description.clone()), base_url, ..(*site.facts).clone() }
}

fn page(id: &str, file: GroupFile, body: &Value) -> Page {
    Page::new(SitePath::Group(id.into(), file), body.to_string())
}

fn about(facts: &Facts, id: &str, group: &Group, members: &[Present]) -> Value {
    let servers = members.iter().map(|present| {
        let mut server = json!({ "name": present.name.as_str(), "version": present.latest.record.version.as_str() });
        server["pinned"] = present.member.version.is_some().into();
        if let Some(tools) = &present.member.tools {
            server["tools"] = json!(tools);
        }
        server
    });
    let servers: Vec<Value> = servers.collect();
    json!({ "id": id, "name": group.name, "description": group.description, "registry": facts.base_url, "servers": servers })
}

/// The list and the look-ups in both spellings, single versions too: no host has to rewrite an address in a group.
fn api_pages(facts: &Facts, id: &str, members: &[Present]) -> Vec<Page> {
    let page = |endpoints: &[Endpoint], body: Vec<u8>| {
        let path = |endpoint: &Endpoint, spelling| SitePath::Group(id.into(), GroupFile::Api(spelling, endpoint.clone()));
        let paths = endpoints.iter().flat_map(|endpoint| Spelling::ALL.map(|spelling| path(endpoint, spelling)));
        Page { paths: paths.collect(), body }
    };
    let (mut pages, mut latest) = (Vec::new(), Vec::new());
    for present in members {
        let name = present.name;
        let mut records = Vec::new();
        for (at, (version, record)) in present.records(facts).enumerate() {
            let mut endpoints = vec![Endpoint::Version(name.clone(), version.clone())];
            if at == 0 {
                endpoints.push(Endpoint::Latest(name.clone()));
                latest.push(record.clone());
            }
            pages.push(page(&endpoints, record.clone()));
            records.push(record);
        }
        pages.push(page(&[Endpoint::Versions(name.clone())], api::list(records.iter().map(Vec::as_slice))));
    }
    pages.push(page(&[Endpoint::Servers], api::list(latest.iter().map(Vec::as_slice))));
    pages
}

/// One member as clients are set up for it.
struct Ready<'a> {
    name: &'a ServerName,
    version: &'a Version,
    member: &'a Member,
    offer: Offer,
}

/// A client's settings, and the lines of what they could not express.
fn settings(client: Client, facts: &Facts, id: &str, group: &Group, members: &[Present]) -> (Value, Vec<u8>) {
    let (mut ready, mut left_out) = (Vec::new(), Vec::new());
    for present in members {
        let listing = &present.latest;
        let mut flaws = Vec::new();
        let is_new = |ready: &Ready| label(ready.name) != label(present.name);
        match one(listing, &mut flaws) {
            Some(_) if client == Client::McpServers && !ready.iter().all(is_new) => {
                flaws.push(Flaw::new("server", "another server of the group has the same name in these settings"));
            }
            Some(offer) => {
                ready.push(Ready { name: present.name, version: listing.record.version, member: present.member, offer });
            }
            None => flaws.push(Flaw::new("server", "nothing of what it offers can be expressed")),
        }
        if present.member.tools.is_some() && client != Client::McpHub {
            flaws.push(Flaw::new("tools", "these settings cannot limit the tools of a server"));
        }
        let lines = exports::lines(present.name.as_str(), listing.record.version.as_str(), &flaws);
        if !lines.is_empty() {
            left_out.push(lines);
        }
    }
    let names = Names::of(&ready);
    let settings = match client {
        Client::McpHub => for_mcphub(id, group, &ready, &names),
        Client::VsCode => for_vscode(&ready, |server, _| server),
        Client::Copilot => for_vscode(&ready, |server, ready| with_registry(server, &facts.base_url, ready.name, ready.version)),
        Client::McpServers => {
            let servers =
                ready.iter().map(|ready| (label(ready.name), mcp_server(&ready.offer.way, &|ask| names.of_ask(ready, ask))));
            json!({ "mcpServers": servers.collect::<Map<_, _>>() })
        }
    };
    (settings, left_out.join(&b","[..]))
}

/// The offer that settings are written for; whatever else there is, is told.
fn one(listing: &Listing, flaws: &mut Vec<Flaw>) -> Option<Offer> {
    let offers = offers(&listing.server);
    let chosen = preferred(&offers);
    for offer in &offers {
        match (offer, chosen) {
            (Err(flaw), _) => flaws.push(flaw.clone()),
            (Ok(offer), Some(chosen)) if offer.at == chosen.at => flaws.extend(offer.omitted.iter().cloned()),
            (Ok(offer), _) => {
                let why = refusal(&offer.way).map(str::to_owned).or_else(|| {
                    chosen.map(|chosen| format!("one way to a server is enough, and this one gives `{}`", chosen.at))
                });
                flaws.extend(why.map(|why| Flaw::new(&*offer.at, why)));
            }
        }
    }
    chosen.cloned()
}

/// The variables that more than one server of a group asks for.
struct Names(BTreeSet<String>);

impl Names {
    fn of(ready: &[Ready]) -> Self {
        let (mut seen, mut shared) = (BTreeSet::new(), BTreeSet::new());
        for ready in ready {
            let asks = ready.offer.way.templates().into_iter().flat_map(Template::asks);
            let asked: BTreeSet<String> = asks.map(|ask| variable(ready.name, ask)).collect();
            shared.extend(asked.into_iter().filter(|name| !seen.insert(name.clone())));
        }
        Self(shared)
    }

    fn of_ask(&self, ready: &Ready, ask: &Ask) -> String {
        let name = variable(ready.name, ask);
        if self.0.contains(&name) { own_variable(ready.name, ask) } else { name }
    }
}

fn for_mcphub(id: &str, group: &Group, ready: &[Ready], names: &Names) -> Value {
    let servers =
        ready.iter().map(|ready| (ready.name.to_string(), mcphub_server(&ready.offer.way, &|ask| names.of_ask(ready, ask))));
    let members = ready.iter().map(|ready| match &ready.member.tools {
        Some(tools) => json!({ "name": ready.name.as_str(), "tools": tools }),
        None => ready.name.as_str().into(),
    });
    let members: Vec<Value> = members.collect();
    json!({
        "mcpServers": servers.collect::<Map<_, _>>(),
        "groups": [{ "id": id, "name": group.name, "description": group.description, "servers": members }],
    })
}

fn for_vscode(ready: &[Ready], finish: impl Fn(Value, &Ready) -> Value) -> Value {
    let (mut servers, mut inputs) = (Map::new(), Vec::new());
    for ready in ready {
        let (server, mut asked) = vscode(ready.name, &ready.offer.way);
        servers.insert(ready.name.to_string(), finish(server, ready));
        inputs.append(&mut asked);
    }
    json!({ "servers": servers, "inputs": inputs })
}
