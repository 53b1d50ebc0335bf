//! The assembled whole: every server and version, ordered and indexed, with the decisions that govern them.

use std::{cmp::Ordering, collections::BTreeMap};

use rayon::prelude::*;

use crate::{
    checkout::{Blob, Checkout, Item, Kind, Reader, Territory},
    config::{Config, ConfigFlaw},
    entry::{self, Entry, model::Model},
    finding::{Finding, Verdict},
    history::History,
    name::{Namespace, ServerName},
    namespace::NamespaceFile,
    policy::Policy,
    status::{self, Status, StatusFile},
    version::Version,
};

#[derive(Debug)]
pub struct Registry {
    pub config: Config,
    pub history: History,
    pub policy: Policy,
    pub namespaces: BTreeMap<Namespace, NamespaceFile>,
    pub servers: BTreeMap<ServerName, Server>,
}

/// One name and everything published under it.
#[derive(Debug, Default)]
pub struct Server {
    /// Newest first.
    pub releases: Vec<Release>,
    pub status: StatusFile,
}

/// One version, as little of it as the whole needs: the rest is read again from its file when it is wanted.
#[derive(Debug)]
pub struct Release {
    pub version: Version,
    /// Its first event's serial; of what no history knows, later than all.
    pub published: u32,
    /// The addresses of its remotes, for those who must not share one.
    pub remotes: Box<[Box<str>]>,
}

/// What one file gave.
enum Part {
    Release(ServerName, Release),
    Status(ServerName, StatusFile),
    Namespace(Namespace, NamespaceFile),
    Policy(&'static str, String),
}

impl Registry {
    /// Reads every file of a checkout, in parallel, and shows each entry to `inspect` while it is in memory: with 100,000 of
    /// them, no one holds them all. An error is the world's: a file that could not be read.
    pub fn assemble(
        checkout: &Checkout,
        history: History,
        config: Config,
        inspect: impl Fn(&Entry, &Model) -> Vec<Finding> + Sync,
    ) -> anyhow::Result<(Self, Vec<Finding>)> {
        let read = |reader: &mut Box<dyn Reader + '_>, item: &Item| {
            let mut findings = Vec::new();
            let part = part(&mut **reader, checkout, item, &config, &history, &inspect, &mut findings)?;
            anyhow::Ok((part, findings))
        };
        // Enough files a job that a thread's reader warms up, few enough that no thread idles at the end.
        let jobs = checkout.items.par_iter().with_min_len(64).map_init(|| checkout.store.reader(), read);
        let parts: Vec<(Option<Part>, Vec<Finding>)> =
            jobs.filter(|read| !matches!(read, Ok((None, f)) if f.is_empty())).collect::<Result<_, _>>()?;

        let history = match &config.feed.epoch {
            Some(epoch) => history.with_epoch(epoch),
            None => history,
        };
        let mut registry =
            Self { config, history, policy: Policy::default(), namespaces: BTreeMap::new(), servers: BTreeMap::new() };
        let mut findings = Vec::new();
        for (part, mut found) in parts {
            findings.append(&mut found);
            match part {
                Some(Part::Release(name, release)) => registry.servers.entry(name).or_default().releases.push(release),
                Some(Part::Status(name, status)) => registry.servers.entry(name).or_default().status = status,
                Some(Part::Namespace(namespace, file)) => drop(registry.namespaces.insert(namespace, file)),
                Some(Part::Policy(file, text)) => {
                    let path = format!("{}policy/{file}", checkout.prefix);
                    if let Err(flaw) = registry.policy.read(file, &path, &text) {
                        findings.push(policy_flaw(flaw));
                    }
                }
                None => {}
            }
        }
        for server in registry.servers.values_mut() {
            server.releases.sort_by(|a, b| newest_first(b, a));
        }
        Ok((registry, findings))
    }

    pub fn versions(&self) -> usize {
        self.servers.values().map(|server| server.releases.len()).sum()
    }
}

/// Newer is greater: by precedence, then by who came later.
fn newest_first(a: &Release, b: &Release) -> Ordering {
    a.version.precedence(&b.version).then(a.published.cmp(&b.published)).then_with(|| a.version.cmp(&b.version))
}

impl Server {
    /// The newest version that is not deleted.
    pub fn latest(&self) -> Option<&Release> {
        self.releases.iter().find(|release| self.status.of(&release.version).status != Status::Deleted)
    }
}

fn part(
    reader: &mut dyn Reader,
    checkout: &Checkout,
    item: &Item,
    config: &Config,
    history: &History,
    inspect: &(impl Fn(&Entry, &Model) -> Vec<Finding> + Sync),
    findings: &mut Vec<Finding>,
) -> anyhow::Result<Option<Part>> {
    // What is no regular file is the business of `file-is-regular`, and nothing is read through it.
    if !matches!(item.kind, Kind::File | Kind::Executable) {
        return Ok(None);
    }
    let territory = Territory::of(&checkout.prefix, &item.path);
    if !matches!(territory, Territory::Version(..) | Territory::Status(_) | Territory::Namespace(_) | Territory::Policy(_)) {
        return Ok(None);
    }
    let bytes = match reader.read(item, config.limits.entry_bytes)? {
        Blob::Bytes(bytes) => bytes,
        Blob::Large(size) => {
            findings.push(entry::too_large(&item.path, size, &config.limits));
            return Ok(None);
        }
    };
    Ok(match territory {
        Territory::Version(name, version) => {
            let (entry, mut found) = entry::parse(&item.path, &name, &version, bytes, &config.limits);
            findings.append(&mut found);
            entry.map(|entry| {
                let model = Model::of(&entry.document);
                findings.append(&mut inspect(&entry, &model));
                let remotes = model.remotes.iter().filter_map(|remote| remote.url.map(Box::from)).collect();
                let published = history.line(&name, &version).map_or(u32::MAX, |line| line.first_serial());
                Part::Release(name, Release { version, published, remotes })
            })
        }
        Territory::Status(name) => {
            let Some(source) = entry::text(&item.path, bytes, &config.limits, findings) else { return Ok(None) };
            status::parse(&source, &config.limits, findings).map(|status| Part::Status(name, status))
        }
        Territory::Namespace(namespace) => {
            let Some(source) = entry::text(&item.path, bytes, &config.limits, findings) else { return Ok(None) };
            match NamespaceFile::parse(&item.path, &namespace, source.body()) {
                Ok(file) => Some(Part::Namespace(namespace, file)),
                Err(flaw) => {
                    findings.push(Finding::new("namespace-file-is-valid", Verdict::Reject, flaw.place, flaw.message, flaw.help));
                    None
                }
            }
        }
        Territory::Policy(file) => {
            let Some(source) = entry::text(&item.path, bytes, &config.limits, findings) else { return Ok(None) };
            Some(Part::Policy(file, source.body().to_owned()))
        }
        _ => None,
    })
}

fn policy_flaw(flaw: ConfigFlaw) -> Finding {
    Finding::new("policy-is-valid", Verdict::Reject, flaw.place, flaw.message, flaw.help)
}
