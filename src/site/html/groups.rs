//! Groups: sets of servers that the maintainers chose, each a registry of its own.

use serde::Serialize;

use crate::group::Group;

use super::{
    super::{
        Batch, Page, Site,
        card::Card,
        path::{Client, GroupFile, PagePath, SitePath},
    },
    page,
    shelves::Entry,
    words::{counted, visible},
};

/// The longest texts of a group, in characters.
const NAME_MAX: usize = 100;
const DESCRIPTION_MAX: usize = 500;

#[derive(Serialize)]
struct GroupsPage {
    groups: Vec<Line>,
}

/// A group in a list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Line {
    name: String,
    description: String,
    href: String,
    count: String,
}

#[derive(Serialize)]
struct GroupPage<'a> {
    name: String,
    description: String,
    members: Vec<Member<'a>>,
    address: String,
    json: String,
    settings: Vec<Settings>,
}

#[derive(Serialize)]
struct Member<'a> {
    entry: Entry<'a>,
    pin: Option<&'a str>,
    tools: Vec<&'a str>,
}

#[derive(Serialize)]
struct Settings {
    name: &'static str,
    href: String,
}

/// Every group, in the order of their ids.
pub(super) fn lines(site: &Site) -> Vec<Line> {
    let line = |id: &str, group: &Group| Line {
        name: visible(&group.name, NAME_MAX),
        description: visible(&group.description, DESCRIPTION_MAX),
        href: site.facts.href(&SitePath::Page(PagePath::Group(id.into()))),
        count: counted(group.members.len(), "server", "servers"),
    };
    site.registry.groups.iter().map(|(id, group)| line(id, group)).collect()
}

/// The list of groups, and the page of each; nothing where there is none.
pub(in crate::site) fn group_pages<'c>(site: &'c Site, cards: &'c [Card<'c>]) -> Vec<Batch<'c>> {
    let groups = &site.registry.groups;
    let mut batches: Vec<Batch> = Vec::new();
    if !groups.is_empty() {
        batches.push(Batch::alone(move || list(site)));
    }
    batches.extend(groups.iter().map(|(id, group)| Batch::alone(move || one(site, id, group, cards))));
    batches
}

fn list(site: &Site) -> Page {
    let description = "Sets of servers that the maintainers chose.".to_owned();
    page(site, "groups", PagePath::Groups, "Groups", description, "groups", GroupsPage { groups: lines(site) })
}

fn one<'a>(site: &'a Site, id: &str, group: &'a Group, cards: &'a [Card]) -> Page {
    let member = |member: &'a crate::group::Member| {
        let at = cards.binary_search_by(|card| card.name.cmp(&member.server)).ok()?;
        Some(Member {
            entry: Entry::of(site, &cards[at]),
            pin: member.version.as_ref().map(crate::version::Version::as_str),
            tools: member.tools.iter().flatten().map(|tool| &**tool).collect(),
        })
    };
    let href = |file: GroupFile| site.facts.href(&SitePath::Group(id.into(), file));
    let settings = [
        ("VS Code", Client::VsCode),
        ("Copilot", Client::Copilot),
        ("Claude and Cursor", Client::McpServers),
        ("MCPHub", Client::McpHub),
    ];
    let (name, description) = (visible(&group.name, NAME_MAX), visible(&group.description, DESCRIPTION_MAX));
    let of = GroupPage {
        name: name.clone(),
        description: description.clone(),
        members: group.members.iter().filter_map(member).collect(),
        address: format!("{}/groups/{id}", site.facts.base_url),
        json: href(GroupFile::Group),
        settings: settings.into_iter().map(|(name, client)| Settings { name, href: href(GroupFile::Settings(client)) }).collect(),
    };
    page(site, "group", PagePath::Group(id.into()), &name, description, "groups", of)
}
