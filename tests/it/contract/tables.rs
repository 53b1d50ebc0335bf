//! The table of areas that all hosts' files are made from, held against every address of a site, and the files against their
//! hosts' limits.

use std::collections::BTreeSet;

use gazette::site::{
    hosting::{AREAS, Area, FOLDERS, kind_of_ending},
    path::{HostFile, SitePath, is_folder},
};

use crate::site;

#[test]
fn every_address_lies_in_an_area_of_its_type_and_time() {
    for path in site::pages(site::repository("small").path()).keys() {
        let address = path.to_string();
        let area = Area::of(&address);
        if matches!(path, SitePath::Host(_)) {
            continue;
        }
        assert_eq!(area.cache, path.cache(), "{address} is kept as {area:?} says");
        assert_eq!(area.kind.or_else(|| kind_of_ending(&address)), Some(path.kind()), "{address} is of the type {area:?} says");
        let folders = FOLDERS.iter().filter(|folder| folder.matches(&address)).count();
        assert_eq!(folders, usize::from(is_folder(&path.key())), "{address} is a folder on a disk, or is none");
    }
}

#[test]
fn every_row_of_the_tables_is_about_something() {
    let addresses: Vec<String> = site::pages(site::repository("small").path()).keys().map(SitePath::to_string).collect();
    for area in &AREAS {
        assert!(addresses.iter().any(|address| std::ptr::eq(Area::of(address), area)), "{area:?} is about nothing");
    }
    for folder in FOLDERS {
        assert!(addresses.iter().any(|address| folder.matches(address)), "{folder} is about nothing");
    }
}

fn text(file: HostFile) -> String {
    let pages = site::pages(site::repository("small").path());
    String::from_utf8(pages[&SitePath::Host(file)].clone()).expect("UTF-8")
}

#[test]
fn cloudflares_rules_stay_within_its_limits() {
    let headers = text(HostFile::Headers);
    let rules = headers.lines().filter(|line| line.starts_with('/')).count();
    assert!((1..=100).contains(&rules), "{rules} header rules");
    let redirects = text(HostFile::Redirects);
    let rules: Vec<&str> = redirects.lines().filter(|line| line.starts_with('/')).collect();
    let (open, fixed): (Vec<&str>, Vec<&str>) = rules.iter().partition(|rule| rule.contains(':') || rule.contains('*'));
    assert!(open.len() <= 100 && fixed.len() <= 2_000, "{} open and {} fixed rules", open.len(), fixed.len());
    assert!(rules.starts_with(&fixed), "what is fixed stands before what is open");
    assert!(headers.lines().chain(redirects.lines()).all(|line| line.len() <= 1_000));
    let sources: BTreeSet<&str> = rules.iter().filter_map(|rule| rule.split(' ').next()).collect();
    assert_eq!(sources.len(), rules.len(), "a rule stands twice");
}

#[test]
fn azures_configuration_stays_within_its_limit() {
    let text = text(HostFile::Azure);
    assert!(text.len() <= 20_000, "{} bytes", text.len());
    let config: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for route in config["routes"].as_array().expect("routes") {
        let pattern = route["route"].as_str().expect("a pattern");
        let open = pattern.find('*').is_none_or(|at| at + 1 == pattern.len());
        assert!(open && !pattern.contains(':'), "{pattern} leaves more open than its end");
    }
}

/// Rules are as many for any registry, and nothing that an entry says stands in them.
#[test]
fn no_file_for_a_host_names_an_entry() {
    for file in HostFile::ALL {
        let text = text(file);
        for word in ["com.example", "Quill", "list-it", "build.5", "<little>", "Small"] {
            assert!(!text.contains(word), "{} holds `{word}`", file.as_str());
        }
    }
}

/// An address with a path stands before every rule.
#[test]
fn the_path_of_the_registrys_address_is_in_every_rule() {
    let pages = site::pages(site::repository_at("small", "/of/ours").path());
    let text = |file| String::from_utf8(pages[&SitePath::Host(file)].clone()).expect("UTF-8");
    for file in [HostFile::Headers, HostFile::Redirects] {
        let text = text(file);
        let rules: Vec<&str> = text.lines().filter(|line| line.starts_with('/')).collect();
        assert!(!rules.is_empty() && rules.iter().all(|rule| rule.starts_with("/of/ours/")), "{text}");
    }
    assert!(text(HostFile::CloudFrontFunction).contains("const PREFIX = \"/of/ours\";"));
    assert!(text(HostFile::Nginx).contains("rewrite \"^/of/ours(/.*)$\" $1;"));
    assert!(text(HostFile::Azure).contains("\"/of/ours/404.html\""));
    assert!(text(HostFile::Readme).contains("`of/ours/`"));
}
