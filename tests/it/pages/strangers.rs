//! Texts of people who mean harm, on every page that shows them.

use std::path::Path;

use gazette::finding::is_direction;

use super::{is_page, made::Made};

pub(super) fn hostile() -> Made {
    Made::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/pages/hostile/registry-data"))
}

#[test]
fn nothing_hidden_reaches_a_page() {
    for (key, body) in hostile().files.iter().filter(|(key, _)| is_page(key) || key.ends_with(".svg") || key.ends_with(".xml")) {
        let text = std::str::from_utf8(body).expect("text");
        let hidden = text.chars().find(|&c| (c.is_control() && c != '\n' && c != '\t') || is_direction(c));
        assert_eq!(hidden, None, "{key}");
        assert!(!text.contains("<script>run") || key.contains("logo"), "{key}");
    }
}

#[test]
fn only_https_is_linked() {
    let made = hostile();
    let page = made.elements("servers/com.example/hostile/index.html");
    let links: Vec<&str> = page.iter().filter(|element| element.name == "a").filter_map(|element| element.get("href")).collect();
    assert!(links.iter().all(|link| !link.contains("javascript:")), "{links:?}");
    assert!(links.contains(&"https://git.example.com/%22onmouseover=%22run('repository')"), "{links:?}");
    let icons: Vec<&str> = page.iter().filter(|element| element.name == "img").filter_map(|element| element.get("src")).collect();
    assert_eq!(icons[1..2], ["https://icons.example.com/%22onerror=%22run('icon').png"], "{icons:?}");
}

#[test]
fn linked_data_stays_data() {
    let made = hostile();
    let text = made.text("servers/com.example/hostile/index.html");
    let data = text.split("<script type=\"application/ld+json\">").nth(1).and_then(|rest| rest.split("</script>").next());
    let data: serde_json::Value = serde_json::from_str(data.expect("linked data")).expect("JSON");
    assert_eq!(data["@type"], "SoftwareApplication");
    assert!(data["description"].as_str().is_some_and(|text| text.contains("<script>run")), "{data}");
}

/// A site below a path of its host stays there.
#[test]
fn every_link_keeps_to_the_path_of_the_site() {
    let made = hostile();
    for key in made.files.keys().filter(|key| is_page(key)) {
        for element in made.elements(key) {
            for link in element.links().filter(|link| link.starts_with('/')) {
                assert!(link.starts_with("/a/registry/"), "{key}: {link}");
            }
        }
    }
}
