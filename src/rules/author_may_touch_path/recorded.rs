//! What is left of the proofs that a namespace's file records, by the same witness that believed them once. It decides nothing: whose
//! a namespace is, the file says.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    config::Config,
    digest::Sha256,
    domain::{self, Domain},
    evidence::{Account, AccountKind, Evidence, Profile, Question, Unavailable},
    finding::quoted,
    key,
    name::{Namespace, NamespaceKind},
    namespace::{NamespaceFile, Owner, Proof, SubjectKind},
    record::is_login,
};

use super::{
    asking::Asking,
    witness::{Signed, Standing, Witness, signature},
};

use Standing::{Proven, Refuted, Unknown, Weak};

/// A namespace's file as it lies, and the signature beside it.
#[derive(Debug)]
pub struct Recorded<'a> {
    pub config: &'a Config,
    /// The files of all namespaces: owners of a domain may have vouched below it.
    pub all: &'a BTreeMap<Namespace, NamespaceFile>,
    pub namespace: &'a Namespace,
    pub file: &'a NamespaceFile,
    pub bytes: &'a [u8],
    pub signature: Option<Vec<u8>>,
}

/// What is left of one proof.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    Holds,
    /// Nothing speaks against it, and something about it has changed.
    Look(String),
    /// Whoever would know did not answer.
    Unknown(String),
    Gone(String),
}

impl Recorded<'_> {
    /// What has to be asked.
    pub fn questions(&self, evidence: &Evidence) -> BTreeSet<Question> {
        let mut all = self.subject(evidence).1;
        all.extend(self.file.owners.iter().flat_map(|owner| self.owner(owner, evidence).1));
        all.retain(|question| !evidence.has(question));
        all
    }

    /// What is left of everything that the file records: of whom the namespace belongs to, and of each owner, in the file's order.
    pub fn left(&self, evidence: &Evidence) -> (Left, Vec<(&Owner, Left)>) {
        let own: Vec<Left> = self.file.owners.iter().map(|owner| self.owner(owner, evidence).0).collect();
        let of = |id: u64| self.file.owners.iter().position(|owner| owner.github_id == id).map(|at| &own[at]);
        let owners = self.file.owners.iter().zip(&own).map(|(owner, left)| (owner, self.by_word(owner, left.clone(), of)));
        (self.subject(evidence).0, owners.collect())
    }

    /// Whether the account that the namespace belongs to is there, and called what the namespace is called.
    fn subject(&self, evidence: &Evidence) -> (Left, BTreeSet<Question>) {
        let (NamespaceKind::GitHub { login }, Some(id)) = (self.namespace.kind(), self.file.subject.github_id) else {
            return (Left::Holds, BTreeSet::new());
        };
        let asking = Asking::of(evidence);
        let (account, named) = (asking.account_id(id), is_login(login).then(|| asking.account(login)));
        let kind = match self.file.subject.kind {
            SubjectKind::Organization => AccountKind::Organization,
            SubjectKind::User | SubjectKind::Domain => AccountKind::User,
        };
        let left = match (account, named) {
            (Err(why), _) | (_, Some(Err(why))) => unknown(why),
            (Ok(None), _) => Left::Gone(format!("there is no account {id} any more")),
            (Ok(Some(account)), _) if account.kind != kind => {
                let now = if account.kind == AccountKind::User { "a user" } else { "an organization" };
                Left::Look(format!("account {id} is {now} now, and the file says otherwise"))
            }
            (_, Some(Ok(Some(found)))) if found.id != id => {
                Left::Look(format!("{} is the login of account {} now, who owns nothing by it", quoted(login), found.id))
            }
            (Ok(Some(account)), named) if named != Some(Ok(Some(account))) => {
                Left::Look(format!("account {id} is called {} now", quoted(&account.login)))
            }
            _ => Left::Holds,
        };
        (left, asking.asked())
    }

    /// One owner by their own proof.
    fn owner(&self, owner: &Owner, evidence: &Evidence) -> (Left, BTreeSet<Question>) {
        let asking = Asking::of(evidence);
        let found = asking.account_id(owner.github_id);
        // A record may name them by their login, as long as it is theirs.
        let login =
            found.as_ref().ok().copied().flatten().map_or_else(|| owner.github_login.clone(), |found| found.login.clone());
        let author = Account { id: owner.github_id, login };
        let witness = Witness { asking, author: &author };
        let proof = self.proof(&witness, owner);
        let left = match found {
            Err(why) => unknown(why),
            Ok(None) => Left::Gone(format!("there is no account {} any more", owner.github_id)),
            Ok(Some(Profile { kind: AccountKind::Organization, .. })) => {
                Left::Gone(format!("{} is an organization, which sends nothing itself", owner.github_id))
            }
            Ok(Some(found)) => match proof {
                Proven(_) | Weak(_) if !found.login.eq_ignore_ascii_case(&owner.github_login) => Left::Look(format!(
                    "account {} is called {} now, and {} in the file",
                    owner.github_id,
                    quoted(&found.login),
                    quoted(&owner.github_login)
                )),
                Proven(_) | Weak(_) => Left::Holds,
                Unknown(why) => Left::Unknown(why),
                Refuted(why) => Left::Gone(why),
            },
        };
        let left = match left {
            Left::Gone(_) if owner.proof == Proof::Key => self.unsigned(&witness, left),
            left => left,
        };
        (left, witness.asking.asked())
    }

    fn proof(&self, witness: &Witness, owner: &Owner) -> Standing {
        let subject = &self.file.subject;
        match (owner.proof, Domain::of(self.namespace)) {
            (Proof::Owner | Proof::Grant, _) => Proven(String::new()),
            (Proof::Account, Err(_)) if subject.github_id == Some(owner.github_id) => Proven(String::new()),
            (Proof::Account, Err(_)) => Refuted("the namespace belongs to another account".to_owned()),
            // Which repository it came from was true of one pull request; the organization is asked for by itself.
            (Proof::Fork, Err(_)) if subject.kind == SubjectKind::Organization => Proven(String::new()),
            (Proof::Member, Err(_)) => witness.member(subject),
            (Proof::Dns, Ok(domain)) => witness.dns(&domain, true),
            (Proof::Web, Ok(domain)) => witness.web(&domain, true),
            (Proof::Key, Ok(domain)) => witness.key(&domain, &self.signed()),
            (proof, _) => Refuted(format!("`{proof}` proves nothing of `{}`", self.namespace)),
        }
    }

    fn signed(&self) -> Signed {
        let text = key::namespace_text(&self.config.base_url, self.namespace, Sha256::of(self.bytes));
        Signed { text, signature: signature(self.signature.clone()) }
    }

    /// A file changes after it was signed, when owners come and go: what was signed then cannot be seen now.
    fn unsigned(&self, witness: &Witness, gone: Left) -> Left {
        let has_keys = Domain::of(self.namespace).is_ok_and(|domain| !witness.keys(&domain).0.is_empty());
        match gone {
            Left::Gone(_) if has_keys => {
                Left::Look("no key that the domain publishes signed the file as it is now; its keys may sign it again".to_owned())
            }
            gone => gone,
        }
    }

    /// What is left of somebody's word: it stands until it is taken back, but whose it is may have changed.
    fn by_word<'l>(&self, owner: &Owner, left: Left, of: impl Fn(u64) -> Option<&'l Left>) -> Left {
        let (Left::Holds | Left::Look(_), Some(by)) = (&left, owner.by) else { return left };
        match (owner.proof, of(by)) {
            (Proof::Grant, _) if !self.config.is_maintainer(by) => {
                Left::Look(format!("account {by} granted it, and is no maintainer any more"))
            }
            (Proof::Owner, None) if !self.owns_above(by) => {
                Left::Look(format!("account {by} vouched for it, and is no owner any more"))
            }
            (Proof::Owner, Some(Left::Gone(_))) => {
                Left::Look(format!("account {by} vouched for it, whose own proof no longer holds"))
            }
            _ => left,
        }
    }

    fn owns_above(&self, id: u64) -> bool {
        let above = std::iter::successors(domain::parent(self.namespace), domain::parent);
        above.filter_map(|namespace| self.all.get(&namespace)).any(|file| file.is_owner(id))
    }
}

fn unknown(why: Unavailable) -> Left {
    match Standing::from(why) {
        Unknown(why) | Proven(why) | Weak(why) | Refuted(why) => Left::Unknown(why),
    }
}
