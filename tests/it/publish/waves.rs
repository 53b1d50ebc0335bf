//! What follows from a key alone is what its address says, for every page of a real site.

use std::path::Path;

use gazette::site::path::{Cache, SitePath, Wave, is_immutable, wave_of};

use crate::rendered::{self, Outline};

#[test]
fn every_key_is_written_when_its_address_is() {
    let outline = Outline::lying_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-data"));
    let site = outline.site();
    let mut paths: Vec<SitePath> = rendered::pages(&site).into_keys().collect();
    paths.extend(site.host_pages().into_iter().flat_map(|page| page.paths));
    for path in &paths {
        assert_eq!(wave_of(&path.key()), path.wave(), "{path}");
        assert_eq!(is_immutable(&path.key()), path.cache() == Cache::Immutable, "{path}");
        assert_eq!(path.cache() == Cache::Immutable, path.wave() == Wave::Immutable, "{path}");
    }
    assert!(paths.len() > 100, "the test looks at nothing");
}
