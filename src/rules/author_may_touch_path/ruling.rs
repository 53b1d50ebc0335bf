//! Which reason allows one touched path; it knows nothing of how a refusal is told.

use std::collections::BTreeSet;

use crate::{
    change::{Change, Touched},
    checkout::{Kind, Territory},
    config::Mode,
    evidence::{Evidence, Unavailable},
    name::{Namespace, NamespaceKind},
    namespace::{NamespaceFile, Proof},
    rules::maintained,
};

use super::ground::{Ground, Keep};

/// Why a path may be touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// A maintainer sends the change, or approves exactly this commit.
    Maintainer,
    /// The author owns the namespace, by base's word.
    Owner,
    /// The author owns the namespace, and does nothing to its file but vouch for further owners.
    Voucher,
}

/// Who asks, and what base says of them.
pub(super) struct Bench<'a> {
    change: &'a Change,
    maintained: bool,
    author: Result<u64, Unavailable>,
    /// The namespaces that get their first file by this change.
    claims: BTreeSet<&'a Namespace>,
}

/// The file on base that decides about a namespace: its own, else that of the nearest domain above it.
enum Governed<'a> {
    By(Namespace, &'a NamespaceFile),
    /// There is a file, and it means nothing.
    Unreadable(Namespace),
    ByNone,
}

impl<'a> Bench<'a> {
    pub(super) fn of(change: &'a Change, evidence: &Evidence) -> Self {
        let claim = |touched: &'a Touched| match (&touched.territory, touched.before, touched.after) {
            (Territory::Namespace(namespace), None, Some(_)) => Some(namespace),
            _ => None,
        };
        Self {
            change,
            maintained: maintained(change, evidence) == Ok(true),
            author: evidence.author().map(|author| author.id),
            claims: change.touched.iter().filter_map(claim).collect(),
        }
    }

    /// The one reason that allows a path, or the ground on which it is refused.
    pub(super) fn rule_on(&self, touched: &Touched) -> Result<Reason, Ground> {
        if self.maintained {
            return Ok(Reason::Maintainer);
        }
        let Ok(author) = self.author else { return Err(Ground::UnknownAuthor) };
        // Every territory is named: one that is added later must be thought about here.
        let keep = match &touched.territory {
            Territory::Version(name, _) | Territory::Signature(name, _) | Territory::Status(name) => {
                return self.publication(author, name.namespace());
            }
            Territory::Namespace(namespace) => return self.namespace_file(author, touched, namespace),
            Territory::Config => Keep::Config,
            Territory::Policy(_) => Keep::Policy,
            Territory::Group(_) => Keep::Groups,
            Territory::Readme => Keep::Readme,
            Territory::Stray(_) => Keep::Stray,
            Territory::Outside => Keep::Outside,
        };
        Err(Ground::Maintainers(keep))
    }

    fn publication(&self, author: u64, namespace: Namespace) -> Result<Reason, Ground> {
        if self.change.law.config.ownership.mode == Mode::Curated {
            return Err(Ground::Proposal);
        }
        match self.governed(&namespace) {
            Governed::By(_, file) if file.is_owner(author) => Ok(Reason::Owner),
            _ if self.claims.contains(&namespace) => Err(Ground::Claim(namespace)),
            Governed::By(by, _) => Err(Ground::Foreign { namespace, by }),
            Governed::Unreadable(by) => Err(Ground::Unreadable(by)),
            Governed::ByNone => Err(Ground::Unclaimed(namespace)),
        }
    }

    fn namespace_file(&self, author: u64, touched: &Touched, namespace: &Namespace) -> Result<Reason, Ground> {
        if self.change.law.config.ownership.mode == Mode::Curated {
            return Err(Ground::Proposal);
        }
        if touched.before.is_none() {
            return Err(Ground::Claim(namespace.clone()));
        }
        // A parent domain's owners have no say in a file that exists.
        let Some(base) = self.change.law.namespaces.get(namespace) else { return Err(Ground::Unreadable(namespace.clone())) };
        if !base.is_owner(author) {
            return Err(Ground::Foreign { namespace: namespace.clone(), by: namespace.clone() });
        }
        let stays = touched.after.is_some_and(|side| side.kind == Kind::File);
        let after = self.change.merged.namespaces.get(namespace).filter(|_| stays);
        if after.is_some_and(|after| only_vouches(base, after, author)) {
            Ok(Reason::Voucher)
        } else {
            Err(Ground::Grant(namespace.clone()))
        }
    }

    fn governed(&self, namespace: &Namespace) -> Governed<'a> {
        let mut at = namespace.clone();
        loop {
            if let Some(file) = self.change.law.namespaces.get(&at) {
                return Governed::By(at, file);
            }
            if self.lies_on_base(&at) {
                return Governed::Unreadable(at);
            }
            match parent(&at) {
                Some(parent) => at = parent,
                None => return Governed::ByNone,
            }
        }
    }

    /// Whether base holds anything at the place of a namespace's file: what the change does not touch is as base has it.
    fn lies_on_base(&self, namespace: &Namespace) -> bool {
        let checkout = &self.change.checkout;
        let path = format!("{}namespaces/{namespace}.toml", checkout.prefix);
        match self.change.touched.binary_search_by(|touched| touched.path.as_bytes().cmp(path.as_bytes())) {
            Ok(at) => self.change.touched[at].before.is_some(),
            Err(_) => checkout.get(&path).is_some(),
        }
    }
}

/// The domain above a domain. Accounts have none, own nothing below them, and a top-level domain is nobody's.
fn parent(namespace: &Namespace) -> Option<Namespace> {
    let NamespaceKind::Domain { .. } = namespace.kind() else { return None };
    let (above, _) = namespace.as_str().rsplit_once('.')?;
    let above = Namespace::parse(above).ok().filter(|above| above.as_str().contains('.'))?;
    matches!(above.kind(), NamespaceKind::Domain { .. }).then_some(above)
}

/// Whether a file only gains owners, each on the word of the one who adds them.
fn only_vouches(base: &NamespaceFile, after: &NamespaceFile, author: u64) -> bool {
    // Whoever adds a member to the file has to say here who may change it.
    let NamespaceFile { subject, owners } = after;
    let mut added = owners.iter().filter(|owner| !base.owners.contains(owner)).peekable();
    *subject == base.subject
        && base.owners.iter().all(|owner| owners.contains(owner))
        && added.peek().is_some()
        && added.all(|owner| owner.proof == Proof::Owner && owner.by == Some(author))
}
