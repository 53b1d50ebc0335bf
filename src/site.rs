//! A site: every address of the published registry, and how any one of them, or all in one go, is rendered from one commit.
//! It knows neither folders nor buckets nor clocks, and it never holds all of its pages.

pub mod api;
pub mod assets;
pub mod card;
pub mod collection;
pub mod exports;
pub mod facts;
pub mod feed;
mod groups;
pub mod hosting;
pub mod html;
pub mod index;
pub mod inputs;
pub mod known;
pub mod listing;
pub mod owner;
pub mod path;
pub mod query;
pub mod search;
mod stream;

use std::{hash::Hash, sync::Arc};

use crate::{
    checkout::{Checkout, Reader},
    digest::Sha256,
    finding::Finding,
    group::Group,
    name::ServerName,
    registry::{Registry, Server},
};

use assets::Assets;
use card::Card;
use collection::Collection;
pub use facts::Facts;
use listing::{Shown, Unshown, Whole};
use path::{Endpoint, HostFile, PagePath, SitePath, Spelling};
pub use stream::{Sink, Wants};

/// What is published of a registry.
#[derive(Debug)]
pub struct Site<'a> {
    pub registry: &'a Registry,
    pub checkout: &'a Checkout,
    pub facts: Arc<Facts>,
    pub assets: Arc<Assets>,
    frame: Arc<html::Frame>,
}

/// What every page shares, for sites of the same registry.
#[derive(Clone, Debug)]
pub struct Shared {
    pub facts: Arc<Facts>,
    assets: Arc<Assets>,
    frame: Arc<html::Frame>,
}

/// Takes a document, and every address at which exactly its bytes stand.
pub type Give<'g> = &'g dyn Fn(&[SitePath], &[u8]) -> anyhow::Result<()>;

/// Some pages that are made of what is known of every server.
pub(crate) enum Batch<'c> {
    /// Any number, given one after the other.
    Several(Box<dyn Fn(Give) -> anyhow::Result<()> + Send + Sync + 'c>),
    One(Box<dyn Leaf + 'c>),
}

/// A page, and the digest of what it is made of.
pub(crate) trait Leaf: Send + Sync {
    fn path(&self) -> PagePath;
    fn page(&self, site: &Site) -> Page;
    fn digest(&self) -> Sha256;
}

/// What a page is made of. Of the site it takes nothing but what follows from settings and program.
trait Made: Hash + Send + Sync {
    fn path(&self) -> PagePath;
    fn page(&self, site: &Site) -> Page;
}

impl<T: Made> Leaf for T {
    fn path(&self) -> PagePath {
        Made::path(self)
    }

    fn page(&self, site: &Site) -> Page {
        Made::page(self, site)
    }

    fn digest(&self) -> Sha256 {
        known::digest_of(self)
    }
}

impl<'c> Batch<'c> {
    fn several(pages: impl Fn(Give) -> anyhow::Result<()> + Send + Sync + 'c) -> Self {
        Self::Several(Box::new(pages))
    }

    /// One page, of which it is not known whether it stays the same.
    fn alone(page: impl Fn() -> Page + Send + Sync + 'c) -> Self {
        Self::several(move |give| page().given(give))
    }
}

/// A document, and every address at which exactly its bytes stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub paths: Vec<SitePath>,
    pub body: Vec<u8>,
}

impl Page {
    pub(crate) fn new(path: SitePath, body: impl Into<Vec<u8>>) -> Self {
        Self { paths: vec![path], body: body.into() }
    }

    fn given(&self, give: Give) -> anyhow::Result<()> {
        give(&self.paths, &self.body)
    }

    fn api(endpoint: &Endpoint, body: Vec<u8>) -> Self {
        Self { paths: Spelling::ALL.into_iter().map(|spelling| SitePath::Api(spelling, endpoint.clone())).collect(), body }
    }
}

impl<'a> Site<'a> {
    /// The site of a registry that was read from a checkout; `registry.history` tells the commit.
    pub fn of(registry: &'a Registry, checkout: &'a Checkout) -> Self {
        let (facts, assets) = (Facts::of(registry), Assets::of(&registry.config));
        let frame = html::Frame::of(&registry.config, &facts, &assets, !registry.groups.is_empty());
        let shared = Shared { facts: Arc::new(facts), assets: Arc::new(assets), frame: Arc::new(frame) };
        Self::again(registry, checkout, &shared)
    }

    /// The same, where a site of this registry was made before.
    pub fn again(registry: &'a Registry, checkout: &'a Checkout, shared: &Shared) -> Self {
        let Shared { facts, assets, frame } = shared.clone();
        Self { registry, checkout, facts, assets, frame }
    }

    pub fn shared(&self) -> Shared {
        Shared { facts: self.facts.clone(), assets: self.assets.clone(), frame: self.frame.clone() }
    }

    /// The servers that are shown: those with a version that is not deleted.
    pub fn servers(&self) -> impl Iterator<Item = (&'a ServerName, &'a Server)> {
        self.registry.servers.iter().filter(|(_, server)| server.latest().is_some())
    }

    /// Gives the pages of one server, one after the other: all of them together may be large.
    pub fn server_pages(&self, whole: &Whole, give: Give) -> anyhow::Result<()> {
        self.version_pages(whole, give)?;
        let pages = [self.server_page(&whole.shown), html::badge(&whole.shown)];
        pages.into_iter().chain(exports::mcphub::pages(&whole.shown)).try_for_each(|page| page.given(give))
    }

    /// One of those pages for which the latest version suffices, by its address.
    pub fn latest_page(&self, shown: &Shown, path: &SitePath) -> Option<Page> {
        match path {
            SitePath::Server(_) => Some(self.server_page(shown)),
            SitePath::Page(PagePath::Badge(_)) => Some(html::badge(shown)),
            _ => exports::mcphub::pages(shown).into_iter().find(|page| page.paths.contains(path)),
        }
    }

    /// The page of one server for people.
    pub fn server_page(&self, shown: &Shown) -> Page {
        Page::new(SitePath::Server(shown.name.clone()), html::server(self, shown))
    }

    /// What the API answers of one server.
    fn version_pages(&self, whole: &Whole, give: Give) -> anyhow::Result<()> {
        let name = whole.shown.name;
        for record in whole.present() {
            let endpoint = Endpoint::Version(name.clone(), record.version.clone());
            let mut paths = vec![SitePath::Api(Spelling::V01, endpoint.clone())];
            if self.registry.config.api.v0 == crate::config::Older::Full {
                paths.push(SitePath::Api(Spelling::V0, endpoint));
            }
            if record.official.is_latest {
                paths.extend(Spelling::ALL.map(|spelling| SitePath::Api(spelling, Endpoint::Latest(name.clone()))));
            }
            give(&paths, &record.body)?;
            if let Some(original) = &record.original {
                give(&[SitePath::Original(name.clone(), record.version.clone())], original)?;
            }
        }
        let list = api::list(whole.present().map(|record| &*record.body));
        Page::api(&Endpoint::Versions(name.clone()), list).given(give)
    }

    /// The pages of one group, which is read for them.
    pub fn group_pages(&'a self, id: &str, group: &'a Group, reader: &mut dyn Reader) -> Result<Vec<Page>, Unshown> {
        groups::pages(self, id, group, reader)
    }

    /// The documents that are made of something from every server.
    pub fn collections(&self) -> Vec<Box<dyn Collection + '_>> {
        let mut all: Vec<Box<dyn Collection>> = vec![Box::new(api::Servers)];
        all.extend(exports::collections());
        all
    }

    /// The pages that are made of a little of every server, in batches that may be made in any order; `cards` are in the order
    /// of names.
    pub(crate) fn card_pages<'c>(&'c self, cards: &'c [Card<'c>]) -> Vec<Batch<'c>> {
        let mut batches: Vec<Batch<'c>> = vec![
            Batch::several(|give| search::pages(cards, give)),
            Batch::several(|give| feed::sitemap(self, cards, give)),
            Batch::alone(|| feed::atom(self, cards)),
            Batch::alone(|| html::home(self, cards, &html::folders(cards))),
        ];
        let discovery = |give: Give| exports::mcphub::card_pages(&self.facts, cards).iter().try_for_each(|page| page.given(give));
        batches.push(Batch::several(discovery));
        let (shelves, namespaces) = rayon::join(|| html::shelf_pages(self, cards), || html::namespace_pages(self, cards));
        batches.extend(shelves.into_iter().chain(namespaces));
        batches.extend(html::group_pages(self, cards));
        let deleted = self.registry.servers.iter().filter(|(_, server)| server.latest().is_none() && !server.releases.is_empty());
        batches.extend(deleted.map(|(name, server)| Batch::alone(|| html::gone(self, name, server))));
        batches
    }

    /// The few documents that need no server.
    pub fn single_pages(&self) -> Vec<Page> {
        let mut pages = vec![
            Page::new(SitePath::OpenApi, api::openapi(&self.facts)),
            Page::new(SitePath::Index, index::render(&self.facts)),
            Page::new(SitePath::NotFound, html::not_found(self)),
            feed::robots(self),
            feed::llms(self),
        ];
        pages.extend(self.assets.pages());
        pages.extend(html::single_pages(self));
        pages
    }

    /// What tells hosts of files how to answer.
    pub fn host_pages(&self) -> Vec<Page> {
        HostFile::ALL.map(|file| Page::new(SitePath::Host(file), hosting::render(file, self))).into()
    }

    /// Renders every page in bounded memory, on all cores; `findings` are the files that are no entries, for which the whole
    /// is refused.
    pub fn render(&'a self, wants: &Wants, sink: &'a impl Sink) -> anyhow::Result<Vec<Finding>> {
        stream::render(self, wants, sink)
    }
}
