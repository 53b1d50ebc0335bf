//! Lists of servers and of namespaces, in pages whose bounds do not move when a server comes or goes elsewhere: a publication
//! of one server changes the page it stands on, and no other.

use std::{collections::BTreeMap, iter, ops::Range, sync::Arc};

use serde::Serialize;

use crate::{
    digest::Sha256,
    name::{Namespace, NamespaceKind},
    status::Status,
};

use super::{
    super::{
        Batch, Page, Site, alone,
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
        let mut labels: Vec<Label> = card.types.iter().map(|kind| Label { text: kind.shown(), slug: kind.slug() }).collect();
        if card.remote {
            labels.push(Label { text: "remote", slug: "remote" });
        }
        Self {
            href: site.facts.href(&SitePath::Server(card.name.clone())),
            title: card.called(),
            name: card.name.as_str(),
            description: &card.description,
            version: card.version.as_str(),
            labels,
            deprecated: card.status == Status::Deprecated,
            initial: initial(card.called()),
            tint: tint(card.name),
            updated: card.updated.into(),
            published: card.published.into(),
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

/// One page of a list that may be long: the items from one place to another.
#[derive(Clone, Debug)]
struct Bound {
    items: Range<usize>,
    /// Where the page before begins.
    before: Option<usize>,
    /// Where the page after begins.
    after: Option<usize>,
}

impl Bound {
    fn all<T>(list: &[T], key: impl Fn(&T) -> &str) -> Vec<Self> {
        let starts = bounds(list.iter().map(key));
        let page = |at: usize| {
            let after = starts.get(at + 1).copied();
            let before = at.checked_sub(1).map(|before| starts[before]);
            Self { items: starts[at]..after.unwrap_or(list.len()), before, after }
        };
        (0..starts.len()).map(page).collect()
    }

    fn is_first(&self) -> bool {
        self.before.is_none()
    }

    /// The address of the page that begins at a place: the first of a list is not named by what it begins with.
    fn address<T>(list: &[T], start: usize, at: impl Fn(Option<&T>) -> PagePath) -> PagePath {
        at(list.get(start).filter(|_| start > 0))
    }

    /// The addresses of this page and its neighbours.
    fn addresses<T>(&self, site: &Site, list: &[T], at: impl Fn(Option<&T>) -> PagePath) -> Addresses {
        let href = |start: usize| site.facts.href(&SitePath::Page(Self::address(list, start, &at)));
        Addresses { own: Self::address(list, self.items.start, &at), before: self.before.map(href), after: self.after.map(href) }
    }
}

struct Addresses {
    own: PagePath,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Serialize)]
struct ShelfPage<'a> {
    heading: String,
    intro: Option<String>,
    belief: Option<String>,
    proved: bool,
    since: Option<String>,
    first: bool,
    kinds: Vec<Tab>,
    letters: Vec<Tab>,
    entries: Vec<Entry<'a>>,
    before: Option<String>,
    after: Option<String>,
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
    for &of in filled.iter() {
        let held: Arc<[&Card]> = all.iter().copied().filter(|card| card.stands_on(of)).collect();
        for bound in Bound::all(&held, |card| card.name.as_str()) {
            let (filled, held) = (filled.clone(), held.clone());
            batches.push(alone(move || shelf(site, of, &filled, &held, &bound)));
        }
    }
    batches
}

/// The list of namespaces, and every page of each.
pub(in crate::site) fn namespace_pages<'c>(site: &'c Site, cards: &'c [Card<'c>]) -> Vec<Batch<'c>> {
    let folders: Arc<[Folder]> = folders(cards).into();
    let mut batches: Vec<Batch> = Vec::new();
    for bound in Bound::all(&folders, |(namespace, _)| namespace.as_str()) {
        let folders = folders.clone();
        batches.push(alone(move || namespaces(site, &folders, &bound)));
    }
    for at in 0..folders.len() {
        for bound in Bound::all(&folders[at].1, |card| card.name.as_str()) {
            let folders = folders.clone();
            batches.push(alone(move || namespace(site, &folders[at], &bound)));
        }
    }
    batches
}

/// One page of a shelf; `all` are its servers, of which the page shows some.
fn shelf(site: &Site, shelf: Shelf, filled: &[Shelf], all: &[&Card], bound: &Bound) -> Page {
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
    let addresses = bound.addresses(site, all, |card| PagePath::Browse(shelf, card.map(|card| card.name.clone())));
    let (kinds, letters) = tabs(site, filled, Some(shelf));
    let of = ShelfPage {
        heading: heading.clone(),
        intro: Some(intro.clone()),
        belief: None,
        proved: false,
        since: None,
        first: bound.is_first(),
        kinds,
        letters,
        entries: all[bound.items.clone()].iter().map(|card| Entry::of(site, card)).collect(),
        before: addresses.before,
        after: addresses.after,
    };
    page(site, "shelf", addresses.own, &heading, intro, "browse", of)
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

/// One page of a namespace.
fn namespace(site: &Site, (namespace, all): &Folder, bound: &Bound) -> Page {
    let belief = Belief::of(site.registry, namespace);
    let whose = match namespace.kind() {
        NamespaceKind::GitHub { login } => format!("The namespace of the GitHub account {login}"),
        NamespaceKind::Domain { domain } => format!("The namespace of {domain}"),
    };
    let at = |card: Option<&&Card>| PagePath::Namespace(namespace.clone(), card.map(|card| card.name.clone()));
    let addresses = bound.addresses(site, all, at);
    let first = bound.is_first();
    let of = ShelfPage {
        heading: namespace.to_string(),
        intro: Some(if first { format!("{whose}: {}.", counted(all.len(), "server", "servers")) } else { format!("{whose}.") }),
        belief: Some(belief.claim),
        proved: belief.proved,
        since: belief.since.map(|since| day(&since).unwrap_or_else(|| visible(&since, 40))),
        first,
        kinds: Vec::new(),
        letters: Vec::new(),
        entries: all[bound.items.clone()].iter().map(|card| Entry::of(site, card)).collect(),
        before: addresses.before,
        after: addresses.after,
    };
    page(site, "shelf", addresses.own, namespace.as_str(), format!("MCP servers published under {namespace}."), "namespaces", of)
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
    before: Option<String>,
    after: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Line<'a> {
    name: &'a str,
    href: String,
    count: String,
}

impl<'a> Line<'a> {
    pub(super) fn of(site: &Site, (namespace, cards): &'a Folder) -> Self {
        Self {
            name: namespace.as_str(),
            href: site.facts.href(&SitePath::Page(PagePath::Namespace(namespace.clone(), None))),
            count: counted(cards.len(), "server", "servers"),
        }
    }
}

/// One page of the list of namespaces.
fn namespaces(site: &Site, all: &[Folder], bound: &Bound) -> Page {
    let addresses = bound.addresses(site, all, |folder| PagePath::Namespaces(folder.map(|(namespace, _)| namespace.clone())));
    let of = NamespacesPage {
        first: bound.is_first(),
        namespaces: all[bound.items.clone()].iter().map(|folder| Line::of(site, folder)).collect(),
        before: addresses.before,
        after: addresses.after,
    };
    page(site, "namespaces", addresses.own, "Namespaces", "Everybody who publishes here.".to_owned(), "namespaces", of)
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
