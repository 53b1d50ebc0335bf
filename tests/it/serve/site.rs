//! Every address of the site, asked for over HTTP.

use std::sync::Mutex;

use gazette::{
    adapters::git::Repository,
    config::Config,
    registry::Registry,
    site::{
        Sink, Site, Wants,
        path::{Endpoint, GroupFile, SitePath},
    },
};

use super::{Served, demonstration};

#[derive(Default)]
struct All(Mutex<Vec<(Vec<SitePath>, Vec<u8>)>>);

impl Sink for All {
    type Open = (Vec<SitePath>, Vec<u8>);

    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()> {
        self.0.lock().expect("no panic").push((paths.to_vec(), body.to_vec()));
        Ok(())
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Self::Open> {
        Ok((paths, Vec::new()))
    }

    fn append(&self, open: &mut Self::Open, bytes: &[u8]) -> anyhow::Result<()> {
        open.1.extend_from_slice(bytes);
        Ok(())
    }

    fn close(&self, open: Self::Open) -> anyhow::Result<()> {
        self.page(&open.0, &open.1)
    }

    fn discard(&self, _: Self::Open) -> anyhow::Result<()> {
        Ok(())
    }
}

#[test]
fn every_address_of_the_site_answers_its_bytes() {
    let repo = demonstration();
    let served = Served::start(&repo, &["--log", "none"]);
    let repository = Repository::discover(repo.path()).expect("readable").expect("a repository");
    let (head, prefix) = (repository.head().expect("a commit"), "registry-data/");
    let checkout = repository.checkout(&repository.tree(head).expect("a tree"), prefix).expect("a checkout");
    let history = repository.history(head, prefix).expect("a history");
    let config = checkout.text("registry-data/registry.toml").expect("readable").expect("settings");
    let config = Config::parse("registry.toml", &config).expect("settings");
    let (registry, _) = Registry::outline(&checkout, history, config).expect("readable");
    let all = All::default();
    let wants = Wants { server: &|_| true, collections: true, progress: &|_| {} };
    let findings = Site::of(&registry, &checkout).render(&wants, &all).expect("rendered");
    assert!(findings.is_empty(), "{findings:?}");

    let pages = all.0.into_inner().expect("no panic");
    let mut asked = 0;
    for (path, body) in pages.iter().flat_map(|(paths, body)| paths.iter().map(move |path| (path, body))) {
        // A list is answered by its queries; without one, by the first page of all versions.
        if let SitePath::Api(_, Endpoint::Servers) | SitePath::Group(_, GroupFile::Api(_, Endpoint::Servers)) = path {
            continue;
        }
        let mut targets = vec![path.link(), path.to_string()];
        targets.dedup();
        for target in targets {
            let answer = served.get(&target);
            assert_eq!(answer.status, 200, "{target}");
            assert!(&answer.body == body, "{target} answers other bytes");
            assert_eq!(answer.header("content-type"), path.kind().content_type(), "{target}");
            assert_eq!(answer.header("cache-control"), path.cache().control(), "{target}");
            asked += 1;
        }
    }
    assert!(asked > 80, "only {asked} addresses were asked for");
}
