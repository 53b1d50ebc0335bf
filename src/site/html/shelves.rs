//! Lists of servers and of namespaces, in pages whose bounds do not move when a server comes or goes elsewhere: a publication
//! of one server changes the page it stands on, and no other.

use std::{collections::BTreeMap, iter, sync::Arc};

use serde::Serialize;

use crate::{
    digest::Sha256,
    name::{Namespace, NamespaceKind},
    status::Status,
};

use super::{
    super::{
        Batch, Made, Page, Site,
        card::Card,
        owner::Belief,
        path::{Letter, PackageType, PagePath, Shelf, SitePath},
    },
    page,
    server::{initial, tint},
    words::{Moment, counted, day, visible},
};

/// A server in a list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Entry<'a> {
    href: String,
    title: &'a str,
    name: &'a str,
    description: &'a str,
    version: &'a str,
    labels: Vec<Label>,
    deprecated: bool,
    initial: String,
    tint: usize,
    updated: Moment,
    published: Moment,
}

#[derive(Clone, Debug, Serialize)]
struct Label {
    text: &'static str,
    slug: &'static str,
}

impl<'a> Entry<'a> {
    pub(super) fn of(site: &Site, card: &'a Card) -> Self {
        let mut labels: Vec<Label> = card.said.types.iter().map(|kind| Label { text: kind.shown(), slug: kind.slug() }).collect();
        if card.said.remote {
            labels.push(Label { text: "remote", slug: "remote" });
        }
        Self {
            href: site.facts.href(&SitePath::Server(card.name.clone())),
            title: card.called(),
            name: card.name.as_str(),
            description: &card.said.description,
            version: card.version.as_str(),
            labels,
            deprecated: card.said.status == Status::Deprecated,
            initial: initial(card.called()),
            tint: tint(card.name),
            updated: card.said.updated.into(),
            published: card.said.published.into(),
        }
    }
}

/// A page has at least so many lines, if there are so many.
const LEAST: usize = 60;
/// One in so many lines begins a new page, told by its own name.
const ONE_IN: u8 = 32;
/// No page has more.
const MOST: usize = 200;

/// Where pages begin in a list of keys.
fn bounds<'k>(keys: impl Iterator<Item = &'k str>) -> Vec<usize> {
    let mut starts = vec![0];
    for (at, key) in keys.enumerate() {
        let long = at - starts.last().copied().unwrap_or_default();
        let begins = || Sha256::of(key.as_bytes()).as_bytes()[0].is_multiple_of(ONE_IN);
        if long >= MOST || (long >= LEAST && begins()) {
            starts.push(at);
        }
    }
    starts
}

/// A page of a list that may be long: what stands on it, and where it stands.
#[derive(Debug, Hash)]
struct Stretch<T> {
    items: Box<[T]>,
    own: PagePath,
    /// The addresses of its neighbours.
    before: Option<String>,
    after: Option<String>,
}

impl<T: Clone> Stretch<T> {
    /// Every page of a list. Where one stands follows from what it begins with, but for the first.
    fn all(site: &Site, list: &[T], key: impl Fn(&T) -> &str, at: impl Fn(Option<&T>) -> PagePath) -> Vec<Self> {
        let starts = bounds(list.iter().map(key));
        let address = |start: usize| at(list.get(start).filter(|_| start > 0));
        let href = |start: &usize| site.facts.href(&SitePath::Page(address(*start)));
        let page = |(place, &start): (usize, &usize)| {
            let after = starts.get(place + 1);
            Self {
                items: list[start..after.copied().unwrap_or(list.len())].into(),
                own: address(start),
                before: place.checked_sub(1).map(|before| href(&starts[before])),
                after: after.map(href),
            }
        };
        starts.iter().enumerate().map(page).collect()
    }

    fn is_first(&self) -> bool {
        self.before.is_none()
    }
}

#[derive(Serialize)]
struct ShelfPage<'a> {
    heading: String,
    intro: Option<String>,
    belief: Option<&'a str>,
    proved: bool,
    since: Option<String>,
    first: bool,
    kinds: Vec<Tab>,
    letters: Vec<Tab>,
    entries: Vec<Entry<'a>>,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

/// A neighbouring shelf.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Tab {
    text: String,
    href: String,
    current: bool,
}

/// The shelves that hold something, in the order in which they are offered.
pub(super) fn filled(cards: &[&Card]) -> Vec<Shelf> {
    let kinds = PackageType::ALL.into_iter().map(Shelf::Type).chain([Shelf::Remote, Shelf::Deprecated]);
    let letters = Letter::all().map(Shelf::Letter);
    let rest = kinds.chain(letters).filter(|shelf| cards.iter().any(|card| card.stands_on(*shelf)));
    iter::once(Shelf::All).chain(rest).collect()
}

/// Links to shelves: those of a kind, and those by letter.
pub(super) fn tabs(site: &Site, filled: &[Shelf], current: Option<Shelf>) -> (Vec<Tab>, Vec<Tab>) {
    let tab = |shelf: &Shelf| Tab {
        text: match shelf {
            Shelf::All => "All".to_owned(),
            Shelf::Letter(letter) => letter.shown(),
            Shelf::Type(kind) => kind.shown().to_owned(),
            Shelf::Remote => "Remote".to_owned(),
            Shelf::Deprecated => "Deprecated".to_owned(),
        },
        href: site.facts.href(&SitePath::Page(PagePath::Browse(*shelf, None))),
        current: current == Some(*shelf),
    };
    let (letters, kinds): (Vec<&Shelf>, Vec<&Shelf>) = filled.iter().partition(|shelf| matches!(shelf, Shelf::Letter(_)));
    (kinds.into_iter().map(tab).collect(), letters.into_iter().map(tab).collect())
}

/// Every page of every shelf.
pub(in crate::site) fn shelf_pages<'c>(site: &'c Site, cards: &'c [Card<'c>]) -> Vec<Batch<'c>> {
    let mut all: Vec<&Card> = cards.iter().collect();
    all.sort_by_cached_key(|card| card.order());
    let filled: Arc<[Shelf]> = filled(&all).into();
    let mut batches: Vec<Batch> = Vec::new();
    for &shelf in filled.iter() {
        let held: Vec<&Card> = all.iter().copied().filter(|card| card.stands_on(shelf)).collect();
        let at = |card: Option<&&Card>| PagePath::Browse(shelf, card.map(|card| card.name.clone()));
        let pages = Stretch::all(site, &held, |card| card.name.as_str(), at);
        batches.extend(pages.into_iter().map(|of| Batch::One(Box::new(OnShelf { shelf, filled: filled.clone(), of }))));
    }
    batches
}

/// The list of namespaces, and every page of each.
pub(in crate::site) fn namespace_pages<'c>(site: &'c Site, cards: &'c [Card<'c>]) -> Vec<Batch<'c>> {
    let folders = folders(cards);
    let counts: Vec<(Namespace, usize)> = folders.iter().map(|(namespace, all)| (namespace.clone(), all.len())).collect();
    let at = |folder: Option<&(Namespace, usize)>| PagePath::Namespaces(folder.map(|(namespace, _)| namespace.clone()));
    let pages = Stretch::all(site, &counts, |(namespace, _)| namespace.as_str(), at);
    let mut batches: Vec<Batch> = pages.into_iter().map(|of| Batch::One(Box::new(AllNamespaces(of)))).collect();
    for (namespace, all) in folders {
        let belief = Belief::of(site.registry, &namespace);
        let at = |card: Option<&&Card>| PagePath::Namespace(namespace.clone(), card.map(|card| card.name.clone()));
        for of in Stretch::all(site, &all, |card| card.name.as_str(), at) {
            let servers = of.is_first().then_some(all.len());
            let page = OneNamespace { namespace: namespace.clone(), belief: belief.clone(), servers, of };
            batches.push(Batch::One(Box::new(page)));
        }
    }
    batches
}

/// A page of a shelf.
#[derive(Hash)]
struct OnShelf<'c> {
    shelf: Shelf,
    /// Every shelf that holds something.
    filled: Arc<[Shelf]>,
    of: Stretch<&'c Card<'c>>,
}

/// A page of the list of namespaces, with how many servers each has.
#[derive(Hash)]
struct AllNamespaces(Stretch<(Namespace, usize)>);

/// A page of a namespace.
#[derive(Hash)]
struct OneNamespace<'c> {
    namespace: Namespace,
    belief: Belief,
    /// How many there are, where that is said.
    servers: Option<usize>,
    of: Stretch<&'c Card<'c>>,
}

impl Made for OnShelf<'_> {
    fn path(&self) -> PagePath {
        self.of.own.clone()
    }

    fn page(&self, site: &Site) -> Page {
        shelf(site, self)
    }
}

impl Made for AllNamespaces {
    fn path(&self) -> PagePath {
        self.0.own.clone()
    }

    fn page(&self, site: &Site) -> Page {
        namespaces(site, &self.0)
    }
}

impl Made for OneNamespace<'_> {
    fn path(&self) -> PagePath {
        self.of.own.clone()
    }

    fn page(&self, site: &Site) -> Page {
        namespace(site, self)
    }
}

fn shelf(site: &Site, OnShelf { shelf, filled, of }: &OnShelf) -> Page {
    let shelf = *shelf;
    let (heading, intro) = match shelf {
        Shelf::All => ("All servers".to_owned(), "Every server of this registry, by title.".to_owned()),
        Shelf::Letter(letter) => {
            (format!("Servers: {}", letter.shown()), format!("Servers whose title begins with {}.", letter.shown()))
        }
        Shelf::Type(PackageType::Other) => {
            ("Other packages".to_owned(), "Servers that come as packages of other types.".to_owned())
        }
        Shelf::Type(kind) => (format!("{} servers", kind.shown()), packaged(kind).to_owned()),
        Shelf::Remote => {
            ("Remote servers".to_owned(), "Servers that are reached over the network: nothing to install.".to_owned())
        }
        Shelf::Deprecated => {
            ("Deprecated servers".to_owned(), "Servers whose publishers advise against starting to use them.".to_owned())
        }
    };
    let (kinds, letters) = tabs(site, filled, Some(shelf));
    let page_of = ShelfPage {
        heading: heading.clone(),
        intro: Some(intro.clone()),
        belief: None,
        proved: false,
        since: None,
        first: of.is_first(),
        kinds,
        letters,
        entries: of.items.iter().map(|card| Entry::of(site, card)).collect(),
        before: of.before.as_deref(),
        after: of.after.as_deref(),
    };
    page(site, "shelf", of.own.clone(), &heading, intro, "browse", page_of)
}

fn packaged(kind: PackageType) -> &'static str {
    match kind {
        PackageType::Npm => "Servers that come as npm packages and run on your machine with Node.js.",
        PackageType::Pypi => "Servers that come as Python packages and run on your machine.",
        PackageType::Oci => "Servers that come as container images.",
        PackageType::Nuget => "Servers that come as NuGet packages and run on your machine with .NET.",
        PackageType::Mcpb | PackageType::Other => "Servers that come as bundles which a client installs whole.",
    }
}

fn namespace(site: &Site, OneNamespace { namespace, belief, servers, of }: &OneNamespace) -> Page {
    let whose = match namespace.kind() {
        NamespaceKind::GitHub { login } => format!("The namespace of the GitHub account {login}"),
        NamespaceKind::Domain { domain } => format!("The namespace of {domain}"),
    };
    let page_of = ShelfPage {
        heading: namespace.to_string(),
        intro: Some(match servers {
            Some(servers) => format!("{whose}: {}.", counted(*servers, "server", "servers")),
            None => format!("{whose}."),
        }),
        belief: Some(&belief.claim),
        proved: belief.proved,
        since: belief.since.as_deref().map(|since| day(since).unwrap_or_else(|| visible(since, 40))),
        first: of.is_first(),
        kinds: Vec::new(),
        letters: Vec::new(),
        entries: of.items.iter().map(|card| Entry::of(site, card)).collect(),
        before: of.before.as_deref(),
        after: of.after.as_deref(),
    };
    page(
        site,
        "shelf",
        of.own.clone(),
        namespace.as_str(),
        format!("MCP servers published under {namespace}."),
        "namespaces",
        page_of,
    )
}

/// A namespace with its servers.
pub(in crate::site) type Folder<'c> = (Namespace, Vec<&'c Card<'c>>);

/// Servers by namespace, both by name.
pub(in crate::site) fn folders<'c>(cards: &'c [Card<'c>]) -> Vec<Folder<'c>> {
    let mut folders: BTreeMap<Namespace, Vec<&Card>> = BTreeMap::new();
    for card in cards {
        folders.entry(card.name.namespace()).or_default().push(card);
    }
    folders.into_iter().collect()
}

#[derive(Serialize)]
struct NamespacesPage<'a> {
    first: bool,
    namespaces: Vec<Line<'a>>,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Line<'a> {
    name: &'a str,
    href: String,
    count: String,
}

impl<'a> Line<'a> {
    pub(super) fn of(site: &Site, namespace: &'a Namespace, servers: usize) -> Self {
        Self {
            name: namespace.as_str(),
            href: site.facts.href(&SitePath::Page(PagePath::Namespace(namespace.clone(), None))),
            count: counted(servers, "server", "servers"),
        }
    }
}

fn namespaces(site: &Site, of: &Stretch<(Namespace, usize)>) -> Page {
    let page_of = NamespacesPage {
        first: of.is_first(),
        namespaces: of.items.iter().map(|(namespace, servers)| Line::of(site, namespace, *servers)).collect(),
        before: of.before.as_deref(),
        after: of.after.as_deref(),
    };
    page(site, "namespaces", of.own.clone(), "Namespaces", "Everybody who publishes here.".to_owned(), "namespaces", page_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|at| format!("com.example/server-{at:05}")).collect()
    }

    /// Where each page begins, by name.
    fn starts(names: &[String]) -> Vec<String> {
        bounds(names.iter().map(String::as_str)).into_iter().map(|at| names.get(at).cloned().unwrap_or_default()).collect()
    }

    #[test]
    fn short_lists_are_one_page_and_long_ones_have_pages_of_bearable_length() {
        assert_eq!(bounds(names(0).iter().map(String::as_str)), [0]);
        assert_eq!(bounds(names(LEAST).iter().map(String::as_str)), [0]);
        let starts = bounds(names(25_000).iter().map(String::as_str));
        assert!(starts.windows(2).all(|pair| (LEAST..=MOST).contains(&(pair[1] - pair[0]))), "{starts:?}");
        assert!(starts.len() > 100);
    }

    #[test]
    fn a_server_that_comes_moves_few_bounds() {
        let before = names(25_000);
        let mut after = before.clone();
        after.insert(12_345, "com.example/server-12344-b".to_owned());
        let (before, after) = (starts(&before), starts(&after));
        let moved = after.iter().filter(|start| !before.contains(start)).count();
        assert!(moved <= 5, "{moved} of {} pages begin elsewhere", after.len());
    }
}
