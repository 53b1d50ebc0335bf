//! The pages that people meet, as a parser of HTML reads them: whole, within their budgets, quiet, and full of links that lead
//! somewhere. What only a browser can tell is in `tests/browser/`.

mod full;
mod made;
mod search;
mod strangers;

use std::{collections::BTreeSet, fs, path::Path};

use gazette::rules::RULES;

use made::{Element, Made, demonstration, empty, many};

/// Whether a page is for people.
fn is_page(key: &str) -> bool {
    key.ends_with(".html")
}

fn pages(made: &Made) -> impl Iterator<Item = (&str, Vec<Element>)> {
    made.files.iter().filter(|(key, _)| is_page(key)).map(|(key, body)| (key.as_str(), made::elements(key, body)))
}

#[test]
fn every_page_is_whole() {
    println!("left out: what only a browser can tell of the pages; tests/browser/run does");
    for made in [demonstration(), strangers::hostile(), many(), empty()] {
        let mut seen = 0;
        for (key, elements) in pages(&made) {
            seen += 1;
            let count = |name: &str| elements.iter().filter(|element| element.name == name).count();
            assert_eq!((count("h1"), count("main"), count("title")), (1, 1, 1), "{key}");
            let ids: Vec<&str> = elements.iter().filter_map(|element| element.get("id")).collect();
            assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "{key} gives an id twice: {ids:?}");
            for element in &elements {
                assert!(element.name != "img" || element.get("alt").is_some(), "{key}: an image without words");
                for target in ["for", "aria-labelledby"].into_iter().filter_map(|attribute| element.get(attribute)) {
                    assert!(ids.contains(&target), "{key}: nothing has the id {target}");
                }
            }
            let mut depth = 1;
            for level in elements.iter().filter_map(|element| element.name.strip_prefix('h')?.parse::<usize>().ok()) {
                assert!(level <= depth + 1, "{key}: a heading of level {level} below one of level {depth}");
                depth = level;
            }
        }
        assert!(seen > 6, "{seen} pages");
    }
}

#[test]
fn every_link_of_the_site_leads_to_an_address() {
    for made in [demonstration(), strangers::hostile(), many(), empty(), full::full("word ")] {
        let mut seen = 0;
        for (key, elements) in pages(&made) {
            let ids: BTreeSet<&str> = elements.iter().filter_map(|element| element.get("id")).collect();
            for (element, link) in elements.iter().flat_map(|element| element.links().map(move |link| (element, link))) {
                if let Some(id) = link.strip_prefix('#') {
                    assert!(ids.contains(id), "{key}: {link}");
                } else if link.starts_with('/') {
                    seen += 1;
                    assert!(made.has(link), "{key}: {link} of <{}> leads nowhere", element.name);
                } else {
                    assert!(link.starts_with("https://") || link.starts_with("vscode:mcp/install?"), "{key}: {link}");
                }
            }
        }
        assert!(seen > 100, "{seen} links");
    }
}

/// Addresses of the site that stand in texts, for pasting or for programs.
#[test]
fn every_address_that_is_written_out_leads_to_a_document() {
    for made in [demonstration(), strangers::hostile(), many(), empty()] {
        let mut seen = 0;
        let own = |key: &str| is_page(key) || matches!(key, "llms.txt" | "robots.txt");
        for key in made.files.keys().filter(|key| own(key)) {
            for rest in made.text(key).split(&made.origin).skip(1) {
                let path = rest.split(|c: char| c.is_whitespace() || "\"'<>&)\\".contains(c)).next().unwrap_or_default();
                // A pattern, with what is to be put in.
                if !is_page(key) && (path.contains('{') || rest[path.len()..].starts_with('<')) {
                    continue;
                }
                // Of sentences that end in an address, and of addresses of an API, such as the registry's own.
                let path = path.trim_end_matches([',', '.']);
                assert!(made.has(path) || made.has(&format!("{path}/")), "{key}: {path} leads nowhere");
                seen += 1;
            }
        }
        assert!(seen > 20, "{seen} addresses");
    }
}

#[test]
fn no_page_asks_another_host_or_runs_what_is_written_in_it() {
    for made in [demonstration(), strangers::hostile()] {
        for (key, elements) in pages(&made) {
            for element in &elements {
                let tag = &element.name;
                assert!(!["style", "iframe", "object", "embed", "base", "frame"].contains(&tag.as_str()), "{key}: <{tag}>");
                for (name, value) in &element.attributes {
                    assert!(!name.starts_with("on") && name != "style" && name != "srcset", "{key}: {name}={value:?}");
                }
                if tag == "script" {
                    let is_data = element.get("type") == Some("application/ld+json");
                    assert!(is_data || element.get("src").is_some(), "{key}: a script without an address");
                    assert!(is_data || element.get("type") == Some("module"), "{key}: a script that keeps the page waiting");
                }
                let fetches = element.get("src").is_some() || (tag == "link" && element.get("rel") == Some("stylesheet"));
                let address = element.get("src").or(element.get("href")).unwrap_or_default();
                let is_icon = tag == "img" && made.remote_icons && element.get("referrerpolicy") == Some("no-referrer");
                assert!(
                    !fetches || is_icon || (address.starts_with('/') && !address.starts_with("//")),
                    "{key}: fetches {address}"
                );
            }
            let policy = elements.iter().find(|element| element.get("http-equiv") == Some("Content-Security-Policy"));
            assert!(policy.is_some_and(|meta| meta.get("content").is_some_and(|said| !said.contains("unsafe"))), "{key}");
        }
    }
}

#[test]
fn budgets_are_kept() {
    let made = demonstration();
    let mut scripts = 0;
    for (key, body) in &made.files {
        if key.starts_with("servers/") && is_page(key) {
            assert!(body.len() < 30_000, "{key} has {} bytes", body.len());
        }
        if key.ends_with(".css") {
            assert!(body.len() < 20_000, "{key} has {} bytes", body.len());
        }
        if key.ends_with(".js") {
            scripts += body.len();
        }
    }
    assert!((1..20_000).contains(&scripts), "the scripts have {scripts} bytes");
}

/// One server more changes its own pages and lists, and no other server's page.
#[test]
fn a_publication_changes_few_pages() {
    let before = demonstration();
    let new = r#"{"$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": "com.example/zither", "version": "1.0.0", "description": "Tunes a zither."}"#;
    let after = made::demonstration_with(&[("servers/com.example/zither/1.0.0.json", new)]);
    let changed = after.files.iter().filter(|(key, body)| before.files.get(*key) != Some(*body)).map(|(key, _)| key.as_str());
    for key in changed.filter(|key| is_page(key)) {
        let expected = ["browse/", "servers/com.example/zither/", "namespaces/index.html", "namespaces/com.example/", "status/"];
        assert!(key == "index.html" || expected.iter().any(|start| key.starts_with(start)), "{key} changed");
    }
    let letters = after.files.keys().filter(|key| key.starts_with("browse/letter/z/")).count();
    assert_eq!(letters, 1);
}

#[test]
fn every_rule_and_every_path_of_the_api_is_explained() {
    let made = demonstration();
    let rules = made.elements("rules/index.html");
    for rule in RULES {
        assert!(rules.iter().any(|element| element.get("id") == Some(rule.id)), "{} is not on the page", rule.id);
    }
    let (api, openapi) = (made.text("api/index.html"), made.text("openapi.yaml"));
    let paths = openapi.lines().filter_map(|line| line.strip_prefix("  /")?.strip_suffix(':'));
    for path in paths {
        assert!(api.contains(&format!("/{path}")), "the page does not tell of /{path}");
    }
}

/// Feeds and site maps name addresses of the site, and are what their readers take.
#[test]
fn feeds_and_maps_lead_to_pages() {
    for made in [demonstration(), strangers::hostile(), many()] {
        let mut seen = 0;
        for key in made.files.keys().filter(|key| key.ends_with(".xml")) {
            let text = made.text(key);
            assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"), "{key}");
            for link in text.split("<loc>").skip(1).chain(text.split("<link href=\"").skip(1)) {
                let link = link.split(['<', '"']).next().unwrap_or_default();
                let path = link.strip_prefix(&made.origin).unwrap_or_else(|| panic!("{key}: {link}"));
                assert!(made.has(path), "{key}: {link}");
                seen += 1;
            }
        }
        assert!(seen > 5);
        assert!(made.text("robots.txt").contains("/sitemap.xml"));
        assert!(made.text("llms.txt").starts_with("# "));
    }
}

/// What stands in `<main>` of the demonstration registry's pages, as it was read and found good.
#[test]
fn pages_are_as_they_were_read() {
    let made = demonstration();
    let bless = std::env::var_os("BLESS").is_some();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/pages/golden");
    for (name, key) in [
        ("home", "index.html"),
        ("server-packages", "servers/io.github.Quillmark-Works/ShelfList/index.html"),
        ("server-remote", "servers/com.example.quayside/berth-booking/index.html"),
        ("server-deprecated", "servers/net.example.parcelpost/customs-forms/index.html"),
        ("server-deleted", "servers/net.example.parcelpost/locker-finder/index.html"),
        ("namespace", "namespaces/com.example.quayside/index.html"),
        ("group", "groups/harbour-office/index.html"),
        ("not-found", "404.html"),
    ] {
        let text = made.text(key);
        let main = text.split_once("<main").and_then(|(_, rest)| rest.split_once("</main>")).expect("a page has a main part").0;
        let main: String = main.lines().skip(1).filter(|line| !line.trim().is_empty()).map(|line| format!("{line}\n")).collect();
        let file = folder.join(name).with_extension("html");
        if bless {
            fs::write(&file, &main).expect("a golden page is written");
        }
        let golden = fs::read_to_string(&file).unwrap_or_default();
        assert!(golden == main, "{key} differs from {}; look, then BLESS=1:\n{main}", file.display());
    }
}
