//! The index that browsers search: small enough to fetch, and steady.

use std::{borrow::Cow, cell::RefCell, io::Write};

use flate2::{Compression, write::GzEncoder};
use gazette::{
    instant::Instant,
    name::ServerName,
    site::{
        Page,
        card::{Card, Said},
        path::{PackageType, PagePath, SitePath},
        search,
    },
    status::Status,
    version::Version,
};

const WORDS: [&str; 24] = [
    "read", "write", "search", "files", "calendar", "tickets", "weather", "routes", "tables", "images", "messages", "orders",
    "from", "with", "and", "your", "local", "cloud", "team", "notes", "code", "review", "music", "maps",
];

/// So many servers, described in words of a usual length.
fn names(count: usize) -> Vec<ServerName> {
    (0..count)
        .map(|at| {
            ServerName::parse(&format!("io.github.somebody-{}/{}-{at}", at % 9_001, WORDS[at % WORDS.len()])).expect("a name")
        })
        .collect()
}

fn cards<'a>(names: &'a [ServerName], version: &'a Version) -> Vec<Card<'a>> {
    let sentence =
        |at: usize| (0..14).map(|word| WORDS[(at * 7 + word * (at % 5 + 1)) % WORDS.len()]).collect::<Vec<_>>().join(" ");
    let card = |(at, name): (usize, &'a ServerName)| Card {
        name,
        version,
        said: Cow::Owned(Said {
            title: (at % 3 > 0).then(|| format!("The {} Server", name.name()).into()),
            description: sentence(at).into(),
            status: if at % 50 == 0 { Status::Deprecated } else { Status::Active },
            types: vec![PackageType::ALL[at % 5]],
            remote: at % 4 == 0,
            toolhive: true,
            market: None,
            keywords: format!("@somebody/{}-mcp", name.name()).into(),
            published: Instant(1_700_000_000),
            updated: Instant(1_700_000_000 + 86_400 * i64::try_from(at % 700).expect("small")),
        }),
    };
    names.iter().enumerate().map(card).collect()
}

/// The pages of the index in any order, but the root first.
fn index_of(cards: &[Card]) -> Vec<Page> {
    let given = RefCell::new(Vec::new());
    let give = |paths: &[SitePath], body: &[u8]| {
        given.borrow_mut().push(Page { paths: paths.to_vec(), body: body.to_vec() });
        Ok(())
    };
    search::pages(cards, &give).expect("memory takes pages");
    let mut pages = given.into_inner();
    pages.sort_by_key(|page| page.paths[0] != SitePath::Page(PagePath::SearchRoot));
    pages
}

fn packed(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory").len()
}

#[test]
fn the_index_of_25_000_servers_keeps_its_budget() {
    let (names, version) = (names(25_000), Version::parse("1.0.0").expect("a version"));
    let pages = index_of(&cards(&names, &version));
    let (whole, gzip): (usize, usize) =
        pages.iter().map(|page| (page.body.len(), packed(&page.body))).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    assert!(whole < 8_000_000, "{whole} bytes");
    assert!(gzip < 1_500_000, "{gzip} bytes compressed");
    let largest = pages.iter().map(|page| page.body.len()).max().unwrap_or_default();
    assert!(largest < 400_000, "a shard has {largest} bytes");
    assert!(pages.len() <= 65, "{} documents", pages.len());
    assert!(pages[0].body.len() < 2_000, "the root has {} bytes", pages[0].body.len());
}

#[test]
fn a_server_that_changes_changes_one_shard() {
    let (names, version) = (names(5_000), Version::parse("1.0.0").expect("a version"));
    let mut cards = cards(&names, &version);
    let before = index_of(&cards);
    cards[777].said.to_mut().description = "Something else.".into();
    let after = index_of(&cards);
    let new = after.iter().filter(|page| !before.contains(page)).map(|page| &page.paths[0]).collect::<Vec<_>>();
    assert!(matches!(new[..], [SitePath::Page(PagePath::SearchRoot), SitePath::Page(PagePath::SearchShard(_))]), "{new:?}");
}

#[test]
fn a_registry_without_servers_has_an_index() {
    let pages = index_of(&[]);
    let root: serde_json::Value = serde_json::from_slice(&pages[0].body).expect("JSON");
    assert_eq!((root["count"].as_u64(), pages.len()), (Some(0), 2));
}
