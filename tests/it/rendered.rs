//! Registries as gazette reads them, at a commit or in a folder, and the pages of their sites in memory.

use std::{collections::BTreeMap, path::Path, sync::Mutex};

use gazette::{
    adapters::{disk, git::Repository},
    checkout::Checkout,
    config::Config,
    history::History,
    instant::Instant,
    registry::Registry,
    site::{Sink, Site, Wants, path::SitePath},
};

const PREFIX: &str = "registry-data/";

/// A registry, and the files that it was read from.
pub(crate) struct Outline {
    pub(crate) registry: Registry,
    checkout: Checkout,
}

impl Outline {
    /// Of a repository's last commit.
    pub(crate) fn at_head(repo: &Path) -> Self {
        let repository = Repository::discover(repo).expect("it opens").expect("it is there");
        let head = repository.head().expect("a commit");
        let checkout = repository.checkout(&repository.tree(head).expect("a tree"), PREFIX).expect("files");
        let history = repository.history(head, PREFIX).expect("a history");
        Self::of(checkout, history)
    }

    /// Of a registry's folder, everything in it published at one time.
    pub(crate) fn lying_in(folder: &Path) -> Self {
        let mut checkout = disk::list(folder, PREFIX, &disk::NoIndex).expect("a folder");
        disk::identify(&mut checkout).expect("files");
        let at = Instant::parse("2026-11-20T08:30:00Z").expect("a time");
        let history = History::as_of(&checkout, at).expect("a history");
        Self::of(checkout, history)
    }

    fn of(checkout: Checkout, history: History) -> Self {
        let text = checkout.text(&format!("{PREFIX}registry.toml")).expect("it is read").expect("settings");
        let config = Config::parse("registry.toml", &text).expect("settings");
        let (registry, _) = Registry::outline(&checkout, history, config).expect("a registry");
        Self { registry, checkout }
    }

    pub(crate) fn site(&self) -> Site<'_> {
        Site::of(&self.registry, &self.checkout)
    }
}

/// Every page that a site renders, by its address.
pub(crate) fn pages(site: &Site) -> BTreeMap<SitePath, Vec<u8>> {
    let collected = Collected::default();
    let wants = Wants { server: &|_| true, collections: true, progress: &|_| () };
    let findings = site.render(&wants, &collected).expect("it is rendered");
    assert!(findings.is_empty(), "{findings:?}");
    collected.0.into_inner().expect("no thread panicked")
}

/// Pages, as they come.
#[derive(Default)]
struct Collected(Mutex<BTreeMap<SitePath, Vec<u8>>>);

impl Sink for Collected {
    type Open = (Vec<SitePath>, Vec<u8>);

    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()> {
        let mut pages = self.0.lock().expect("no thread panics");
        for path in paths {
            assert!(pages.insert(path.clone(), body.to_vec()).is_none(), "two pages at {path}");
        }
        Ok(())
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Self::Open> {
        Ok((paths, Vec::new()))
    }

    fn append(&self, (_, body): &mut Self::Open, bytes: &[u8]) -> anyhow::Result<()> {
        body.extend_from_slice(bytes);
        Ok(())
    }

    fn close(&self, (paths, body): Self::Open) -> anyhow::Result<()> {
        self.page(&paths, &body)
    }
}
