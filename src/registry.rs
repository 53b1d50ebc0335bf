//! The assembled whole: every server and version, ordered and indexed, with the decisions that govern them.

use std::{collections::BTreeMap, sync::Arc};

use rayon::prelude::*;

use crate::{
    checkout::{Blob, Checkout, Item, Reader, Territory},
    config::{Config, ConfigFlaw},
    entry::{self, Entry, model::Model},
    finding::{Finding, Verdict},
    group::Group,
    history::History,
    name::{Namespace, ServerName},
    namespace::NamespaceFile,
    policy::Policy,
    status::{self, Status, StatusFile},
    version::{self, Version},
};

#[derive(Debug)]
pub struct Registry {
    pub config: Config,
    pub history: Arc<History>,
    pub policy: Policy,
    pub namespaces: BTreeMap<Namespace, NamespaceFile>,
    /// By id.
    pub groups: BTreeMap<Box<str>, Group>,
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
    /// The addresses of its remotes, for those who must not share one; none in an outline.
    pub remotes: Box<[Box<str>]>,
}

/// What one file gave.
enum Part {
    Release(ServerName, Release),
    Status(ServerName, StatusFile),
    Namespace(Namespace, NamespaceFile),
    Group(Box<str>, Group),
    Policy(&'static str, String),
}

/// Shown every entry while it is in memory.
type Inspect<'a> = dyn Fn(&Entry, &Model) -> Vec<Finding> + Sync + 'a;

impl Registry {
    /// Reads every file of a checkout, in parallel, and shows each entry to `inspect` while it is in memory: with 100,000 of
    /// them, no one holds them all. An error is the world's: a file that could not be read.
    pub fn assemble(
        checkout: &Checkout,
        history: impl Into<Arc<History>>,
        config: Config,
        inspect: impl Fn(&Entry, &Model) -> Vec<Finding> + Sync,
    ) -> anyhow::Result<(Self, Vec<Finding>)> {
        Self::put_together(checkout, history.into(), config, Some(&inspect))
    }

    /// The whole as paths, statuses and decisions tell it, without a look into any entry: for those who read each entry when
    /// they show it.
    pub fn outline(
        checkout: &Checkout,
        history: impl Into<Arc<History>>,
        config: Config,
    ) -> anyhow::Result<(Self, Vec<Finding>)> {
        Self::put_together(checkout, history.into(), config, None)
    }

    fn put_together(
        checkout: &Checkout,
        history: Arc<History>,
        config: Config,
        inspect: Option<&Inspect>,
    ) -> anyhow::Result<(Self, Vec<Finding>)> {
        let read = |reader: &mut Box<dyn Reader + '_>, item: &Item| {
            let mut findings = Vec::new();
            let part = part(&mut **reader, checkout, item, &config, &history, inspect, &mut findings)?;
            anyhow::Ok((part, findings))
        };
        // Enough files a job that a thread's reader warms up, few enough that no thread idles at the end.
        let jobs = checkout.items.par_iter().with_min_len(64).map_init(|| checkout.store.reader(), read);
        let parts: Vec<(Option<Part>, Vec<Finding>)> =
            jobs.filter(|read| !matches!(read, Ok((None, f)) if f.is_empty())).collect::<Result<_, _>>()?;

        let history = match &config.feed.epoch {
            Some(epoch) => Arc::unwrap_or_clone(history).with_epoch(epoch).into(),
            None => history,
        };
        let mut registry = Self {
            config,
            history,
            policy: Policy::default(),
            namespaces: BTreeMap::new(),
            groups: BTreeMap::new(),
            servers: BTreeMap::new(),
        };
        let mut findings = Vec::new();
        for (part, mut found) in parts {
            findings.append(&mut found);
            match part {
                Some(Part::Release(name, release)) => registry.servers.entry(name).or_default().releases.push(release),
                Some(Part::Status(name, status)) => registry.servers.entry(name).or_default().status = status,
                Some(Part::Namespace(namespace, file)) => drop(registry.namespaces.insert(namespace, file)),
                Some(Part::Group(id, group)) => drop(registry.groups.insert(id, group)),
                Some(Part::Policy(file, text)) => {
                    let path = format!("{}policy/{file}", checkout.prefix);
                    if let Err(flaw) = registry.policy.read(file, &path, &text) {
                        findings.push(flawed("policy-is-valid", flaw));
                    }
                }
                None => {}
            }
        }
        for server in registry.servers.values_mut() {
            server.releases.sort_by(|a, b| version::recency((&b.version, b.published), (&a.version, a.published)));
        }
        Ok((registry, findings))
    }

    pub fn versions(&self) -> usize {
        self.servers.values().map(|server| server.releases.len()).sum()
    }
}

impl Server {
    /// The versions that are not deleted, newest first.
    pub fn present(&self) -> impl Iterator<Item = &Release> {
        self.releases.iter().filter(|release| self.status.of(&release.version).status != Status::Deleted)
    }

    /// The newest version that is not deleted.
    pub fn latest(&self) -> Option<&Release> {
        self.present().next()
    }
}

fn part(
    reader: &mut dyn Reader,
    checkout: &Checkout,
    item: &Item,
    config: &Config,
    history: &History,
    inspect: Option<&Inspect>,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<Option<Part>> {
    // What is no regular file is the business of `file-is-regular`, and nothing is read through it.
    if !item.kind.is_regular() {
        return Ok(None);
    }
    let territory = Territory::of(&checkout.prefix, &item.path);
    if !matches!(
        territory,
        Territory::Version(..) | Territory::Status(_) | Territory::Namespace(_) | Territory::Group(_) | Territory::Policy(_)
    ) {
        return Ok(None);
    }
    let (territory, inspect) = match (territory, inspect) {
        (Territory::Version(name, version), None) => {
            return Ok(Some(released(history, name, version, Box::default())));
        }
        (territory, inspect) => (territory, inspect),
    };
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
                findings.extend(inspect.into_iter().flat_map(|inspect| inspect(&entry, &model)));
                let remotes = model.remotes.iter().filter_map(|remote| remote.url.map(Box::from)).collect();
                released(history, name, version, remotes)
            })
        }
        Territory::Status(name) => {
            let Some(source) = entry::text(&item.path, bytes, &config.limits, findings) else { return Ok(None) };
            status::parse(&source, &config.limits, findings).map(|status| Part::Status(name, status))
        }
        Territory::Namespace(namespace) => {
            let Some(source) = entry::text(&item.path, bytes, &config.limits, findings) else { return Ok(None) };
            let file = NamespaceFile::parse(&item.path, &namespace, source.body());
            let file = file.map_err(|flaw| findings.push(flawed("namespace-file-is-valid", flaw)));
            file.ok().map(|file| Part::Namespace(namespace, file))
        }
        Territory::Group(id) => {
            let Some(source) = entry::text(&item.path, bytes, &config.limits, findings) else { return Ok(None) };
            let group = Group::parse(&item.path, source.body());
            let group = group.map_err(|flaw| findings.push(flawed("group-file-is-valid", flaw)));
            group.ok().map(|group| Part::Group(id, group))
        }
        Territory::Policy(file) => {
            let Some(source) = entry::text(&item.path, bytes, &config.limits, findings) else { return Ok(None) };
            Some(Part::Policy(file, source.body().to_owned()))
        }
        _ => None,
    })
}

/// A version under the name that the history has of it, so that both share their texts.
fn released(history: &History, name: ServerName, version: Version, remotes: Box<[Box<str>]>) -> Part {
    match history.line(&name, &version) {
        Some(life) => {
            let (version, published) = (life.version().clone(), life.first_serial());
            Part::Release(life.name().clone(), Release { version, published, remotes })
        }
        None => Part::Release(name, Release { version, published: u32::MAX, remotes }),
    }
}

fn flawed(rule: &'static str, flaw: ConfigFlaw) -> Finding {
    Finding::new(rule, Verdict::Reject, flaw.place, flaw.message, flaw.help)
}
