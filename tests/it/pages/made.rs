//! A site in memory, and its pages as a parser of HTML reads them.

use std::{collections::BTreeMap, path::Path};

use html5ever::{ParseOpts, parse_document, tendril::TendrilSink};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use crate::{
    rendered::{self, Outline},
    repo::{copy, put},
};

/// Every document by its key.
pub(crate) struct Made {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// The address of the site up to its path.
    pub(crate) origin: String,
    pub(crate) base_path: String,
    pub(crate) remote_icons: bool,
}

impl Made {
    /// The site of a registry's folder, everything in it published at one time.
    pub(crate) fn of(folder: &Path) -> Self {
        let outline = Outline::lying_in(folder);
        let site = outline.site();
        let pages = rendered::pages(&site);
        let count = pages.len();
        let files: BTreeMap<String, Vec<u8>> = pages.into_iter().map(|(path, body)| (path.key(), body)).collect();
        assert_eq!(files.len(), count, "two pages have one key");
        let base_path = site.facts.base_path().to_owned();
        let origin = site.facts.base_url.strip_suffix(&*base_path).expect("a path ends an address").to_owned();
        Self { files, origin, base_path, remote_icons: outline.registry.config.site.remote_icons }
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        let body = self.files.get(key).unwrap_or_else(|| panic!("there is no {key}"));
        std::str::from_utf8(body).expect("text")
    }

    pub(crate) fn elements(&self, key: &str) -> Vec<Element> {
        elements(key, self.text(key).as_bytes())
    }

    /// Whether a link of a page leads to a document.
    pub(crate) fn has(&self, link: &str) -> bool {
        let path = link.split(['?', '#']).next().unwrap_or_default().replace("%2B", "+");
        let Some(path) = path.strip_prefix(&self.base_path).and_then(|path| path.strip_prefix('/')) else { return false };
        let index = if path.is_empty() || path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
        self.files.contains_key(&index)
    }
}

/// An element and what is written in its tag.
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Element {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn links(&self) -> impl Iterator<Item = &str> {
        ["href", "src", "action", "data-index", "data-search"].into_iter().filter_map(|name| self.get(name))
    }
}

/// The elements of a page in their order, if nothing in it is amiss.
pub(crate) fn elements(key: &str, body: &[u8]) -> Vec<Element> {
    let dom = parse_document(RcDom::default(), ParseOpts::default()).from_utf8().one(body);
    assert_eq!(dom.errors.borrow().as_slice(), [] as [&str; 0], "{key}");
    let mut found = Vec::new();
    walk(&dom.document, &mut found);
    found
}

fn walk(node: &Handle, found: &mut Vec<Element>) {
    if let NodeData::Element { name, attrs, .. } = &node.data {
        let attributes = attrs.borrow().iter().map(|a| (a.name.local.to_string(), a.value.to_string())).collect();
        found.push(Element { name: name.local.to_string(), attributes });
    }
    node.children.borrow().iter().for_each(|child| walk(child, found));
}

/// The registry that the project comes with.
pub(crate) fn demonstration() -> Made {
    Made::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-data"))
}

/// The same, and more files in it.
pub(crate) fn demonstration_with(more: &[(&str, &str)]) -> Made {
    let folder = tempfile::tempdir().expect("a folder");
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-data"), folder.path());
    for (path, text) in more {
        put(folder.path(), path, text);
    }
    Made::of(folder.path())
}

/// A registry in which nothing has been published.
pub(crate) fn empty() -> Made {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "registry.toml", "title = \"Empty\"\nbase_url = \"https://registry.example.com\"\n");
    Made::of(folder.path())
}

/// So many servers that lists have several pages.
pub(crate) fn many() -> Made {
    let folder = tempfile::tempdir().expect("a folder");
    put(folder.path(), "registry.toml", "title = \"Many\"\nbase_url = \"https://registry.example.com\"\n");
    for at in 0..400 {
        let (namespace, name) = (format!("com.example-{:02}", at % 97), format!("server-{at:03}"));
        let text = format!(
            r#"{{"name": "{namespace}/{name}", "version": "1.0.0", "description": "Number {at}.",
            "remotes": [{{"type": "streamable-http", "url": "https://s{at}.example.com/mcp"}}]}}"#
        );
        put(folder.path(), &format!("servers/{namespace}/{name}/1.0.0.json"), text);
    }
    Made::of(folder.path())
}
