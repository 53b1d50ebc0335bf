//! Whom a namespace belongs to, as its pages tell it.

use crate::{
    config::Mode,
    name::{Namespace, NamespaceKind},
    namespace::{NamespaceFile, Proof},
    registry::Registry,
};

/// The file that decides about a namespace: its own, else that of the nearest domain above it.
#[derive(Clone, Debug)]
pub struct Governed<'a> {
    pub by: Namespace,
    pub file: &'a NamespaceFile,
}

impl<'a> Governed<'a> {
    pub fn of(registry: &'a Registry, namespace: &Namespace) -> Option<Self> {
        let mut by = namespace.clone();
        loop {
            if let Some(file) = registry.namespaces.get(&by) {
                return Some(Self { by, file });
            }
            by = above(&by)?;
        }
    }
}

/// The domain above a domain. Accounts have none, and a top-level domain is nobody's.
fn above(namespace: &Namespace) -> Option<Namespace> {
    if let NamespaceKind::GitHub { .. } = namespace.kind() {
        return None;
    }
    let (above, _) = namespace.as_str().rsplit_once('.')?;
    let above = Namespace::parse(above).ok().filter(|above| above.as_str().contains('.'))?;
    matches!(above.kind(), NamespaceKind::Domain { .. }).then_some(above)
}

/// Why a reader may believe that a server is whose its name says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Belief {
    pub claim: String,
    /// A date as its file says it.
    pub since: Option<String>,
    /// Whether somebody proved it, or the maintainers answer for it.
    pub proved: bool,
}

impl Belief {
    pub fn of(registry: &Registry, namespace: &Namespace) -> Self {
        if registry.config.ownership.mode == Mode::Curated {
            return Self { claim: "Approved by the maintainers of this registry".to_owned(), since: None, proved: true };
        }
        let governed = Governed::of(registry, namespace);
        let owners = governed.iter().flat_map(|governed| &governed.file.owners);
        // Who proved it to the world comes before whoever was let in by another.
        let first = owners.min_by_key(|owner| (matches!(owner.proof, Proof::Owner | Proof::Grant), &owner.proved_at));
        let (Some(owner), Some(governed)) = (first, &governed) else {
            return Self { claim: "No owner on record".to_owned(), since: None, proved: false };
        };
        let whose = match governed.by.kind() {
            NamespaceKind::GitHub { login } => login.to_owned(),
            NamespaceKind::Domain { domain } => domain,
        };
        let claim = match owner.proof {
            Proof::Account => format!("Published from the GitHub account {whose} itself"),
            Proof::Fork => format!("Proved by a pull request from a repository of {whose} on GitHub"),
            Proof::Member => format!("Proved by public membership in {whose} on GitHub"),
            Proof::Dns => format!("Proved by a DNS record of {whose}"),
            Proof::Web => format!("Proved by a file on https://{whose}"),
            Proof::Key => format!("Proved by a key that {whose} names"),
            Proof::Owner => format!("An owner of {whose} vouches for it"),
            Proof::Grant => format!("Granted to an owner of {whose} by a maintainer of this registry"),
        };
        Self { claim, since: Some(owner.proved_at.clone()), proved: true }
    }
}
