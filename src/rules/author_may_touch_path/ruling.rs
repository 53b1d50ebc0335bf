//! Which reason allows one touched path; it knows nothing of how a refusal is told.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    change::{Change, Touched},
    checkout::Territory,
    config::Mode,
    domain,
    evidence::{Account, Evidence, Question, Unavailable},
    finding::quoted,
    name::{Namespace, NamespaceKind},
    namespace::{NamespaceFile, Owner},
    record::is_login,
    rules::maintained,
};

use super::{
    asking::Asking,
    ground::{Ground, Keep},
    relay::Relay,
    witness::{Standing, Witness},
};

/// Why a path may be touched, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reason(pub String);

/// What a change makes of a namespace's file.
pub(super) struct Settled {
    pub reason: Reason,
    /// Who owns the namespace by it, where base had no file.
    pub owners: BTreeSet<u64>,
}

/// Who asks, and what base and the world say of them.
pub(super) struct Bench<'a> {
    pub(super) change: &'a Change,
    sender: Sender<'a>,
    /// The namespaces whose files this change adds, alters or removes.
    files: BTreeMap<Namespace, Result<Settled, Ground>>,
}

enum Sender<'a> {
    Maintainer(Reason),
    Someone(Witness<'a>),
    Unknown,
}

/// The file on base that decides about a namespace: its own, else that of the nearest domain above it.
pub(super) enum Governed<'a> {
    By(Namespace, &'a NamespaceFile),
    /// There is a file, and it means nothing.
    Unreadable(Namespace),
    ByNone,
}

impl<'a> Bench<'a> {
    pub(super) fn of(change: &'a Change, evidence: &'a Evidence) -> Self {
        let sender = if maintained(change, evidence) == Ok(true) {
            Sender::Maintainer(maintainer(change, evidence))
        } else {
            match evidence.author() {
                Ok(author) => Sender::Someone(Witness { asking: Asking::of(evidence), author }),
                Err(_) => Sender::Unknown,
            }
        };
        let mut bench = Self { change, sender, files: BTreeMap::new() };
        if let (Sender::Someone(witness), Mode::Proven) = (&bench.sender, change.law.config.ownership.mode) {
            let file = |touched: &Touched| match &touched.territory {
                Territory::Namespace(namespace) => Some((namespace.clone(), bench.settle(witness, namespace, touched))),
                _ => None,
            };
            bench.files = change.touched.iter().filter_map(file).collect();
        }
        bench
    }

    /// What was looked up on the way.
    pub(super) fn asked(self) -> BTreeSet<Question> {
        match self.sender {
            Sender::Someone(witness) => witness.asking.asked(),
            Sender::Maintainer(_) | Sender::Unknown => BTreeSet::new(),
        }
    }

    /// The one reason that allows a path, or the ground on which it is refused.
    pub(super) fn rule_on(&self, touched: &Touched) -> Result<Reason, Ground> {
        let witness = match &self.sender {
            Sender::Maintainer(reason) => return Ok(reason.clone()),
            Sender::Unknown => return Err(Ground::UnknownAuthor),
            Sender::Someone(witness) => witness,
        };
        // Every territory is named: one that is added later must be thought about here.
        let keep = match &touched.territory {
            Territory::Version(name, _) | Territory::Signature(name, _) | Territory::Status(name) => {
                return self.curated().and_then(|()| self.publication(witness, touched, &name.namespace()));
            }
            Territory::Namespace(namespace) => {
                self.curated()?;
                return match self.files.get(namespace) {
                    Some(Ok(settled)) => Ok(settled.reason.clone()),
                    Some(Err(ground)) => Err(ground.clone()),
                    None => Err(Ground::Maintainers(Keep::Stray)),
                };
            }
            Territory::NamespaceSignature(namespace) => {
                return self.curated().and_then(|()| self.namespace_signature(witness, namespace));
            }
            Territory::Config => Keep::Config,
            Territory::Policy(_) => Keep::Policy,
            Territory::Group(_) => Keep::Groups,
            Territory::Readme => Keep::Readme,
            Territory::Stray(_) => Keep::Stray,
            Territory::Outside => Keep::Outside,
        };
        Err(Ground::Maintainers(keep))
    }

    fn curated(&self) -> Result<(), Ground> {
        match self.change.law.config.ownership.mode {
            Mode::Curated => Err(Ground::Proposal),
            Mode::Proven => Ok(()),
        }
    }

    fn publication(&self, witness: &Witness, touched: &Touched, namespace: &Namespace) -> Result<Reason, Ground> {
        let settled = self.files.get(namespace);
        let (by, file) = match self.governed(namespace) {
            Governed::By(by, file) => match owner(file, witness.author) {
                Some(owner) => return Ok(owns(&by, owner)),
                None => (by, Some(file)),
            },
            Governed::Unreadable(by) => return Err(Ground::Unreadable(by)),
            Governed::ByNone => (namespace.clone(), None),
        };
        let own = file.filter(|_| by == *namespace);
        let subject = match (own, settled) {
            // What comes with the change counts for nothing beside what base says.
            (Some(file), _) => Some(&file.subject),
            (None, Some(Ok(settled))) if settled.owners.contains(&witness.author.id) => return Ok(settled.reason.clone()),
            (None, Some(Err(ground))) => return Err(ground.clone()),
            (None, Some(Ok(_))) => self.change.merged.namespaces.get(namespace).map(|file| &file.subject),
            (None, None) => None,
        };
        if file.is_none() && settled.is_none() {
            look_up(witness, namespace);
            return Err(Ground::Unclaimed(namespace.clone()));
        }
        match (Relay { change: self.change, witness, subject, by: &by }.standing(touched), settled) {
            (Some(Standing::Proven(why)), _) => Ok(Reason(format!("anyone may send these bytes to `{namespace}`: {why}"))),
            (_, Some(Err(ground))) if ground.is_for_review() => Err(ground.clone()),
            (Some(Standing::Unknown(why) | Standing::Weak(why)), _) => Err(Ground::Waiting { namespace: namespace.clone(), why }),
            (Some(Standing::Refuted(why)), _) => Err(Ground::Foreign { namespace: namespace.clone(), by, why: Some(why) }),
            (None, _) => Err(Ground::Foreign { namespace: namespace.clone(), by, why: None }),
        }
    }

    /// A signature over a namespace's file gives nothing by itself: it goes with the file.
    fn namespace_signature(&self, witness: &Witness, namespace: &Namespace) -> Result<Reason, Ground> {
        match (self.files.get(namespace), self.governed(namespace)) {
            (Some(Ok(settled)), _) => Ok(settled.reason.clone()),
            (Some(Err(ground)), _) => Err(ground.clone()),
            (None, Governed::By(by, file)) => match owner(file, witness.author) {
                Some(owner) => Ok(owns(&by, owner)),
                None => Err(Ground::Foreign { namespace: namespace.clone(), by, why: None }),
            },
            (None, Governed::Unreadable(by)) => Err(Ground::Unreadable(by)),
            (None, Governed::ByNone) => {
                look_up(witness, namespace);
                Err(Ground::Unclaimed(namespace.clone()))
            }
        }
    }

    pub(super) fn governed(&self, namespace: &Namespace) -> Governed<'a> {
        let mut at = namespace.clone();
        loop {
            if let Some(file) = self.change.law.namespaces.get(&at) {
                return Governed::By(at, file);
            }
            if self.lies_on_base(&at) {
                return Governed::Unreadable(at);
            }
            match domain::parent(&at) {
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

/// Whose login it is and which day, for the words that say what would help.
pub(super) fn look_up(witness: &Witness, namespace: &Namespace) {
    if let NamespaceKind::GitHub { login } = namespace.kind()
        && is_login(login)
    {
        let _ = witness.asking.account(login);
    }
    let _ = witness.asking.today();
}

pub(super) fn owner<'f>(file: &'f NamespaceFile, author: &Account) -> Option<&'f Owner> {
    file.owners.iter().find(|owner| owner.github_id == author.id)
}

pub(super) fn owns(namespace: &Namespace, owner: &Owner) -> Reason {
    let Owner { github_id, github_login, proof, proved_at, .. } = owner;
    Reason(format!(
        "{} (account {github_id}) owns `{namespace}`, proved by `{}` on {}",
        quoted(github_login),
        proof.as_str(),
        quoted(proved_at)
    ))
}

fn maintainer(change: &Change, evidence: &Evidence) -> Reason {
    let author = evidence.author().map(|author| author.id);
    let config = &change.law.config;
    let of = |id: u64| config.maintainers.iter().find(|maintainer| maintainer.github_id == id);
    let named = |id: u64| of(id).map(|maintainer| format!("{} (account {id})", quoted(&maintainer.github_login)));
    if let Some(sender) = author.ok().and_then(named) {
        return Reason(format!("{sender} is a maintainer"));
    }
    let approver = evidence.approvals().ok().and_then(|ids| ids.iter().find_map(|id| named(*id)));
    Reason(format!("the maintainer {} approves this commit", approver.unwrap_or_default()))
}

/// Whether somebody was asked who approves, and could not say: then it may be a maintainer.
pub(super) fn approvals_failed(evidence: &Evidence) -> Option<Unavailable> {
    evidence.approvals().err().filter(|why| *why != Question::Approvals.unasked())
}
