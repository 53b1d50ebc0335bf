//! Every address of the site, asked for over HTTP.

use gazette::site::path::{Endpoint, GroupFile, SitePath};

use crate::{
    rendered::{self, Outline},
    repo::put,
};

use super::{Served, demonstration};

/// What `gazette check` would not let in may lie in a registry all the same, and is served as `build` writes it.
#[test]
fn an_entry_of_odd_types_is_served_as_it_is() {
    let repo = demonstration();
    for (at, description) in ["5", "null", "[\"odd\"]", "{}"].into_iter().enumerate() {
        let text = format!("{{\"name\":\"com.example/odd\",\"version\":\"1.0.{at}\",\"description\":{description}}}");
        put(repo.path(), &format!("registry-data/servers/com.example/odd/1.0.{at}.json"), &text);
    }
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--message", "odd"]);
    let served = Served::start(&repo, &["--log", "none"]);
    let answer = served.get("/v0.1/servers/com.example%2Fodd/versions/1.0.0");
    assert_eq!((answer.status, &answer.json()["server"]["description"]), (200, &5.into()));
    assert_eq!(served.get("/v0.1/servers?search=odd").json()["metadata"]["count"], 4);
}

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
