//! What each part of a site is made of, as a digest: where it stayed the same, nothing has to be read or rendered again.

use std::{collections::BTreeMap, io::Write};

use rayon::prelude::*;

use crate::{
    digest::{Digesting, GitId, Sha256},
    name::ServerName,
    registry::Server,
};

use super::Site;

/// Digests by what they are of.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Of what every page shows, and of the program that renders it.
    pub all: Option<Sha256>,
    pub servers: BTreeMap<Box<str>, Sha256>,
    /// Of what is told of the registry as a whole.
    pub whole: Option<Sha256>,
}

impl Inputs {
    /// `program` is the digest of whatever renders: another one may render the same differently.
    pub fn of(site: &Site, program: &Sha256) -> Self {
        let shown: Vec<_> = site.servers().collect();
        let servers = shown.par_iter().map(|(name, server)| (name.as_str().into(), of_server(site, name, server)));
        let mut inputs = Self { all: Some(of_all(site, program)), servers: servers.collect(), whole: None };
        inputs.whole = Some(inputs.of_whole(site));
        inputs
    }

    /// The commit is not part of it: it is told where it costs nothing to tell.
    fn of_whole(&self, site: &Site) -> Sha256 {
        let mut digesting = Digesting::default();
        digesting.add(format!("{:?} {:?} {:?}", site.facts.serial, site.facts.newest, site.facts.counts).as_bytes());
        digesting.add(format!("{:?}\n", site.registry.groups).as_bytes());
        self.servers.iter().for_each(|(name, digest)| digesting.add(format!("{digest} {name}\n").as_bytes()));
        digesting.end().0
    }

    /// Whether everything that is made of all servers would be the same bytes.
    pub fn same_whole(&self, other: &Self) -> bool {
        self.all == other.all && self.whole == other.whole
    }

    /// Whether a server's pages would be the same bytes.
    pub fn same_server(&self, other: &Self, name: &ServerName) -> bool {
        self.all == other.all && self.servers.get(name.as_str()) == other.servers.get(name.as_str())
    }

    /// One line for each; first what every page shows, then the whole.
    pub fn text(&self) -> String {
        let first = |digest: Option<Sha256>| digest.map(|digest| format!("{digest}\n")).unwrap_or_default();
        let mut out = first(self.all) + &first(self.whole);
        for (name, digest) in &self.servers {
            out.push_str(&format!("{digest} {name}\n"));
        }
        out
    }

    /// Nothing, if the text was written by another program or not to its end.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let (all, whole) = (Some(Sha256::parse(lines.next()?)?), Some(Sha256::parse(lines.next()?)?));
        let servers = lines.map(|line| {
            let (digest, name) = line.split_once(' ')?;
            Some((name.into(), Sha256::parse(digest)?))
        });
        Some(Self { all, servers: servers.collect::<Option<_>>()?, whole })
    }
}

fn of_all(site: &Site, program: &Sha256) -> Sha256 {
    let config = &site.registry.config;
    // Every page links to groups, where there are any.
    let groups = !site.registry.groups.is_empty();
    Sha256::of(format!("{program}\n{config:?}\n{} {groups}", site.facts.epoch).as_bytes())
}

fn of_server(site: &Site, name: &ServerName, server: &Server) -> Sha256 {
    let mut text = Vec::with_capacity(128 * server.releases.len());
    for release in &server.releases {
        let version = &release.version;
        let item = site.checkout.get(&site.checkout.version_path(name, version));
        let GitId(blob) = item.and_then(|item| item.id).unwrap_or(GitId([0; 20]));
        text.extend_from_slice(&blob);
        text.extend_from_slice(version.as_str().as_bytes());
        if let Some(life) = site.registry.history.line(name, version) {
            // A version ends here, or with its line.
            text.push(b' ');
            let (published, changed) = (life.published_at().0, life.status_changed_at().0);
            text.extend([published, changed].map(i64::to_be_bytes).as_flattened());
            text.extend(life.first_serial().to_be_bytes());
        }
        writeln!(text, "\n{:?}", server.status.of(version)).expect("memory is written to");
    }
    write!(text, "{:?}", super::owner::Governed::of(site.registry, &name.namespace())).expect("memory is written to");
    Sha256::of(&text)
}
