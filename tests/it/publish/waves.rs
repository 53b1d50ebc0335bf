//! What follows from a key alone is what its address says, for every page of a real site.

use std::{path::Path, sync::Mutex};

use gazette::{
    adapters::disk,
    config::Config,
    history::History,
    instant::Instant,
    registry::Registry,
    site::{
        Sink, Site, Wants,
        path::{Cache, SitePath, Wave, is_immutable, wave_of},
    },
};

#[derive(Default)]
struct Compared(Mutex<usize>);

impl Compared {
    fn compare(&self, paths: &[SitePath]) {
        for path in paths {
            assert_eq!(wave_of(&path.key()), path.wave(), "{path}");
            assert_eq!(is_immutable(&path.key()), path.cache() == Cache::Immutable, "{path}");
            assert_eq!(path.cache() == Cache::Immutable, path.wave() == Wave::Immutable, "{path}");
        }
        *self.0.lock().expect("no thread panicked") += paths.len();
    }
}

impl Sink for Compared {
    type Open = ();

    fn page(&self, paths: &[SitePath], _: &[u8]) -> anyhow::Result<()> {
        self.compare(paths);
        Ok(())
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<()> {
        self.compare(&paths);
        Ok(())
    }

    fn append(&self, (): &mut (), _: &[u8]) -> anyhow::Result<()> {
        Ok(())
    }

    fn close(&self, (): ()) -> anyhow::Result<()> {
        Ok(())
    }

    fn discard(&self, (): ()) -> anyhow::Result<()> {
        Ok(())
    }
}

#[test]
fn every_key_is_written_when_its_address_is() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-data");
    let mut checkout = disk::list(&data, "registry-data/", &disk::NoIndex).expect("a folder");
    disk::identify(&mut checkout).expect("files");
    let text = std::fs::read_to_string(data.join("registry.toml")).expect("settings");
    let config = Config::parse("registry.toml", &text).expect("settings");
    let history = History::as_of(&checkout, Instant(0)).expect("a history");
    let (registry, _) = Registry::outline(&checkout, history, config).expect("a registry");
    let site = Site::of(&registry, &checkout);
    let compared = Compared::default();
    site.render(&Wants { server: &|_| true, collections: true, progress: &|_| {} }, &compared).expect("pages");
    site.host_pages().iter().for_each(|page| compared.compare(&page.paths));
    assert!(compared.0.into_inner().expect("no thread panicked") > 100, "the test looks at nothing");
}
