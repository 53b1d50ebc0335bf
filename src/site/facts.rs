//! What a site says of the registry as a whole.

use std::collections::BTreeSet;

use crate::{config::Config, digest::GitId, instant::Instant, registry::Registry};

use super::path::SitePath;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    pub title: String,
    pub description: Option<String>,
    /// Without a slash at the end.
    pub base_url: String,
    /// The key under which gazette's own additions to `_meta` stand.
    pub own_key: String,
    pub generator: &'static str,
    pub epoch: String,
    pub serial: u32,
    /// Absent where the files were taken as they lie.
    pub commit: Option<GitId>,
    /// When the newest event happened; absent before there is one.
    pub newest: Option<Instant>,
    pub counts: Counts,
}

/// What is shown: deleted versions and servers count in nothing but `deleted`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    pub servers: usize,
    pub versions: usize,
    pub namespaces: usize,
    pub deleted: usize,
}

impl Facts {
    pub const GENERATOR: &'static str = concat!("gazette ", env!("CARGO_PKG_VERSION"));

    pub fn of(registry: &Registry) -> Self {
        let Config { title, description, base_url, .. } = &registry.config;
        let history = &registry.history;
        Self {
            title: title.clone(),
            description: description.clone(),
            base_url: base_url.clone(),
            own_key: own_key(base_url),
            generator: Self::GENERATOR,
            epoch: history.epoch().to_owned(),
            serial: history.serial(),
            commit: history.tip(),
            newest: history.event(history.serial()).map(|event| event.at),
            counts: Counts::of(registry),
        }
    }

    /// An address as the world asks for it.
    pub fn absolute(&self, path: &SitePath) -> String {
        format!("{}{}", self.base_url, path.link())
    }

    /// The path of `base_url`: empty, or a slash and what stands before every address of the site.
    pub fn base_path(&self) -> &str {
        let host = self.base_url.find("://").map_or(0, |at| at + 3);
        self.base_url[host..].find('/').map_or("", |at| &self.base_url[host + at..])
    }

    /// An address as a page of this site links to it.
    pub fn href(&self, path: &SitePath) -> String {
        format!("{}{}", self.base_path(), path.link())
    }
}

impl Counts {
    fn of(registry: &Registry) -> Self {
        let mut counts = Self::default();
        let mut namespaces = BTreeSet::new();
        for (name, server) in &registry.servers {
            let present = server.present().count();
            counts.versions += present;
            counts.deleted += server.releases.len() - present;
            if present > 0 {
                counts.servers += 1;
                namespaces.insert(name.namespace_str());
            }
        }
        counts.namespaces = namespaces.len();
        counts
    }
}

/// The host's labels the other way round, as servers are named, and the program.
fn own_key(base_url: &str) -> String {
    let url = url::Url::parse(base_url).expect("the configuration was checked");
    let labels: Vec<&str> = url.host_str().unwrap_or_default().rsplit('.').collect();
    format!("{}/gazette", labels.join("."))
}
