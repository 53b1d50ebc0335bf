//! A first look, before any client's: who answers, and which names and versions are worth asking for.

use std::collections::BTreeSet;

use crate::site::hosting::limits;

use super::{
    address::{Base, Onward, component, onward},
    host::Host,
    listing::Listing,
    port::{Fetch, Method, Request, Response, Trouble, Unreached},
    visit::NOBODY_WAITS_LONGER,
};

#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) host: Host,
    pub(super) samples: Vec<Sample>,
}

/// A server that is asked for by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) name: String,
    /// As the list shows it; none for a name that the first page does not list.
    pub(super) latest: Option<String>,
    /// Addresses of its remotes, as the list shows them.
    pub(super) remotes: BTreeSet<String>,
    /// Every version that is worth asking for, the latest first.
    pub(super) versions: Vec<String>,
}

/// So many servers are asked for by name, and so many versions of each.
const SAMPLES: usize = 4;
const VERSIONS: usize = 4;
const REDIRECTS: usize = 5;

impl Survey {
    /// Where nothing is asked for by name.
    pub(super) fn nobody(base: &Base) -> Self {
        let host = if base.is_folder() { Host::Folder } else { Host::Unknown };
        Self { host, samples: Vec::new() }
    }

    /// The error says that nobody answers at all. Whatever else goes wrong is for the clients to run into.
    pub(super) fn of(base: &Base, server: Option<&str>, fetch: &(dyn Fetch + Sync)) -> Result<Self, Unreached> {
        let path = if base.is_file() { "" } else { "/v0.1/servers?limit=100&version=latest" };
        let first = match look(&base.at(path), fetch) {
            Ok(response) => response,
            Err(Trouble::Unreachable(why)) => return Err(why),
            Err(_) => return Ok(Self::default()),
        };
        let host = if base.is_folder() { Host::Folder } else { Host::of(&first) };
        let listing = Listing::parse(&first.body).ok().filter(|_| first.status == 200).unwrap_or_default();
        let listed = listing.servers.iter().filter_map(|entry| {
            let versions = entry.version.clone().into_iter().collect();
            Some(Sample { name: entry.name.clone()?, latest: entry.version.clone(), remotes: entry.remotes.clone(), versions })
        });
        let listed: Vec<Sample> = listed.collect();
        let mut samples = match server {
            Some(name) => {
                let unlisted = || Sample { name: name.to_owned(), ..Sample::default() };
                vec![listed.iter().find(|sample| sample.name == name).cloned().unwrap_or_else(unlisted)]
            }
            None => choice(&listed),
        };
        for sample in &mut samples {
            sample.grow(base, fetch);
        }
        Ok(Self { host, samples })
    }
}

/// A version that needs encoding before all others, then the first, the last and those between.
fn choice(listed: &[Sample]) -> Vec<Sample> {
    let has_plus = |sample: &&Sample| sample.latest.as_deref().is_some_and(|version| version.contains('+'));
    let last = listed.len().saturating_sub(1);
    let spread = [0, last, last / 2, last / 3].into_iter().filter_map(|at| listed.get(at));
    let mut names = BTreeSet::new();
    let chosen = listed.iter().find(has_plus).into_iter().chain(spread).filter(|sample| names.insert(sample.name.clone()));
    chosen.take(SAMPLES).cloned().collect()
}

impl Sample {
    /// Adds older versions, as far as the registry tells them: one with a plus, the oldest, and the newest of the others.
    fn grow(&mut self, base: &Base, fetch: &(dyn Fetch + Sync)) {
        let path = format!("/v0.1/servers/{}/versions", component(&self.name));
        let Ok(response) = look(&base.at(&path), fetch) else { return };
        let Ok(listing) = Listing::parse(&response.body) else { return };
        let of_this = listing.servers.iter().filter(|entry| entry.name.as_deref() == Some(self.name.as_str()));
        let all: Vec<&String> = of_this.filter_map(|entry| entry.version.as_ref()).collect();
        let plus = all.iter().find(|version| version.contains('+'));
        for version in plus.into_iter().chain(all.last()).chain(&all) {
            if self.versions.len() < VERSIONS && !self.versions.contains(version) {
                self.versions.push((*version).clone());
            }
        }
    }
}

fn look(address: &str, fetch: &(dyn Fetch + Sync)) -> Result<Response, Trouble> {
    let mut address = address.to_owned();
    for hop in 0.. {
        let request = Request {
            method: Method::Get,
            address: address.clone(),
            headers: vec![("accept", "application/json".to_owned())],
            patience: NOBODY_WAITS_LONGER,
            most: limits::TOOLHIVE_BYTES,
        };
        let response = fetch.fetch(&request)?;
        let location = response.header("location").filter(|_| (300..400).contains(&response.status));
        match location.map(|location| onward(&address, location)) {
            Some(Onward::To(next)) if hop < REDIRECTS => address = next,
            _ => return Ok(response),
        }
    }
    unreachable!("the last redirect returns")
}
