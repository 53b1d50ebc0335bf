//! Every address of the site, asked for over HTTP.

use gazette::site::path::{Endpoint, GroupFile, SitePath};

use crate::rendered::{self, Outline};

use super::{Served, demonstration};

#[test]
fn every_address_of_the_site_answers_its_bytes() {
    let repo = demonstration();
    let served = Served::start(&repo, &["--log", "none"]);
    let outline = Outline::at_head(repo.path());
    let pages = rendered::pages(&outline.site());
    let mut asked = 0;
    for (path, body) in &pages {
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
