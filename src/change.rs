//! What a submission does: every path it touches, both sides of each, and the decisions of base that it is judged by.

use std::collections::BTreeMap;

use crate::{
    checkout::{Checkout, Kind, POLICIES, Territory},
    config::{Config, ConfigFlaw},
    digest::GitId,
    finding::{Finding, Place, Verdict},
    name::{Namespace, NamespaceKind},
    namespace::NamespaceFile,
    policy::Policy,
    registry::Registry,
};

/// Why head cannot be merged onto base, so that there is nothing to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmergeable {
    /// Both changed these paths, each in its own way.
    Conflicts(Vec<Box<str>>),
    /// So many commits are equally good as the last common one, and the result depends on the choice.
    ManyBases(usize),
    /// They have no commit in common.
    Unrelated,
}

impl Unmergeable {
    pub fn findings(&self) -> Vec<Finding> {
        let finding = |path: &str, message: String| {
            let help = "update your branch: merge or rebase it onto the base branch, and push again";
            Finding::new("change-merges-cleanly", Verdict::Reject, Place::file(path), message, help)
        };
        match self {
            Self::Conflicts(paths) => {
                paths.iter().map(|path| finding(path, "base and head both changed this file".to_owned())).collect()
            }
            Self::ManyBases(count) => vec![finding("", format!("base and head have {count} last commits in common"))],
            Self::Unrelated => vec![finding("", "base and head have no commit in common".to_owned())],
        }
    }
}

/// What lies at a path on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    pub kind: Kind,
    pub id: GitId,
}

/// One path that differs between base and the result of merging head onto it. A rename is two of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Anywhere in the repository.
    pub path: Box<str>,
    pub before: Option<Side>,
    pub after: Option<Side>,
}

/// A difference with what its path is for.
#[derive(Clone, Debug)]
pub struct Touched {
    pub path: Box<str>,
    pub territory: Territory,
    pub before: Option<Side>,
    pub after: Option<Side>,
    /// Where the same bytes went, or came from, if this is one half of a rename.
    pub moved: Option<Box<str>>,
}

/// Base's decisions: a submission is never judged by what it says of itself.
#[derive(Debug)]
pub struct Law {
    pub config: Config,
    pub policy: Policy,
    /// Those of the namespaces that the change touches.
    pub namespaces: BTreeMap<Namespace, NamespaceFile>,
}

#[derive(Debug)]
pub struct Change {
    pub law: Law,
    /// In the order of their paths' bytes.
    pub touched: Vec<Touched>,
    /// Head merged onto base: its files, and what they make.
    pub checkout: Checkout,
    pub merged: Registry,
    /// What the merged `registry.toml` says, if the change touches it and it is a bearable text. Nothing is judged by it.
    pub config_text: Option<String>,
}

impl Touched {
    /// Sorts out a list of differences: what each path is for, and which are halves of a rename.
    pub fn of(prefix: &str, differences: Vec<Difference>) -> Vec<Self> {
        let mut gone: BTreeMap<GitId, Box<str>> = BTreeMap::new();
        let mut came: BTreeMap<GitId, Box<str>> = BTreeMap::new();
        for Difference { path, before, after } in &differences {
            match (before, after) {
                (Some(side), None) => drop(gone.insert(side.id, path.clone())),
                (None, Some(side)) => drop(came.insert(side.id, path.clone())),
                _ => {}
            }
        }
        let touched = |Difference { path, before, after }| {
            let moved = match (before, after) {
                (Some(Side { id, .. }), None) => came.get(&id).cloned(),
                (None, Some(Side { id, .. })) => gone.get(&id).cloned(),
                _ => None,
            };
            Self { territory: Territory::of(prefix, &path), path, before, after, moved }
        };
        differences.into_iter().map(touched).collect()
    }
}

impl Law {
    /// Base's decisions, as far as the touched paths need them. What base holds was judged before; a namespace file that
    /// means nothing makes nobody an owner.
    pub fn of(base: &Checkout, config: Config, touched: &[Touched]) -> anyhow::Result<Self> {
        let mut policy = Policy::default();
        for file in POLICIES {
            let path = format!("{}policy/{file}", base.prefix);
            if let Some(text) = base.text(&path)? {
                let read = policy.read(file, &path, &text);
                read.map_err(|ConfigFlaw { place, message, .. }| anyhow::anyhow!("base's {path}:{}: {message}", place.line))?;
            }
        }
        let mut namespaces = BTreeMap::new();
        for namespace in touched.iter().filter_map(|touched| touched.territory.namespace()).flat_map(with_parents) {
            if namespaces.contains_key(&namespace) {
                continue;
            }
            let path = format!("{}namespaces/{namespace}.toml", base.prefix);
            let file = base.text(&path)?.and_then(|text| NamespaceFile::parse(&path, &namespace, &text).ok());
            namespaces.extend(file.map(|file| (namespace, file)));
        }
        Ok(Self { config, policy, namespaces })
    }
}

/// A namespace, and above one that is a domain those of its parent domains.
fn with_parents(namespace: Namespace) -> Vec<Namespace> {
    let mut all = vec![namespace];
    while let Some(last) = all.last().filter(|last| matches!(last.kind(), NamespaceKind::Domain { .. })) {
        match last.as_str().rsplit_once('.').and_then(|(parent, _)| Namespace::parse(parent).ok()) {
            Some(parent) => all.push(parent),
            None => break,
        }
    }
    all
}

impl Change {
    /// A touched path that is this one or, where this one ends in `/`, lies below it.
    pub fn touched_at(&self, path: &str) -> Option<&Touched> {
        let at = self.touched.partition_point(|touched| touched.path.as_bytes() < path.as_bytes());
        self.touched.get(at).filter(|touched| *touched.path == *path || (path.ends_with('/') && touched.path.starts_with(path)))
    }

    /// Whether the submission adds or alters what lies at a path.
    pub fn touches(&self, path: &str) -> bool {
        self.touched_at(path).is_some()
    }
}
