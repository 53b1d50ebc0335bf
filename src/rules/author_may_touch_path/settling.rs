//! What a change makes of a namespace's file: a first claim, an owner's edit, or somebody's wish to take it over.

use std::collections::BTreeSet;

use crate::{
    change::Touched,
    checkout::{Kind, Territory},
    digest::Sha256,
    domain, key,
    name::Namespace,
    namespace::{NamespaceFile, Owner, Proof},
};

use super::{
    ground::Ground,
    relay::Relay,
    ruling::{Bench, Governed, Reason, Settled, look_up, owner},
    witness::{Claim, Signed, Standing, Witness, signature},
};

use Standing::{Proven, Refuted, Unknown, Weak};

/// What the demands on a file come to.
#[derive(Default)]
struct Tally {
    proven: Vec<String>,
    weak: Vec<String>,
    unknown: Vec<String>,
    refuted: Vec<String>,
}

impl Tally {
    fn add(&mut self, standing: Standing) {
        match standing {
            Proven(why) if why.is_empty() => {}
            Proven(why) => self.proven.push(why),
            Weak(why) => self.weak.push(why),
            Unknown(why) => self.unknown.push(why),
            Refuted(why) => self.refuted.push(why),
        }
    }

    /// What was proven, unless anything is not.
    fn end(self, namespace: &Namespace) -> Result<String, Ground> {
        let namespace = namespace.clone();
        if !self.refuted.is_empty() {
            Err(Ground::Unproven { namespace, why: self.refuted.join("; ") })
        } else if !self.unknown.is_empty() {
            Err(Ground::Waiting { namespace, why: self.unknown.join("; ") })
        } else if !self.weak.is_empty() {
            Err(Ground::Weak { namespace, why: self.weak.join("; ") })
        } else {
            Ok(self.proven.join("; "))
        }
    }
}

impl Bench<'_> {
    pub(super) fn settle(&self, witness: &Witness, namespace: &Namespace, touched: &Touched) -> Result<Settled, Ground> {
        let stays = touched.after.is_some_and(|side| side.kind == Kind::File);
        let after = self.change.merged.namespaces.get(namespace).filter(|_| stays);
        if touched.before.is_none() {
            look_up(witness, namespace);
            let after = after.ok_or_else(|| Ground::Meaningless(namespace.clone()))?;
            return self.claim(witness, namespace, after);
        }
        // A parent domain's owners have no say in a file that exists.
        let Some(base) = self.change.law.namespaces.get(namespace) else {
            return Err(Ground::Unreadable(namespace.clone()));
        };
        let reason = match (owner(base, witness.author), after) {
            (Some(_), Some(after)) => self.edit(witness, namespace, base, after)?,
            (Some(_), None) => return Err(Ground::Grant(namespace.clone())),
            (None, after) => return Err(self.takeover(witness, namespace, base, after)),
        };
        Ok(Settled { reason, owners: BTreeSet::new() })
    }

    /// The first file of a namespace.
    fn claim(&self, witness: &Witness, namespace: &Namespace, file: &NamespaceFile) -> Result<Settled, Ground> {
        let mut below = None;
        let mut vouches = false;
        if let Some(parent) = domain::parent(namespace) {
            match self.governed(&parent) {
                Governed::By(_, above) if owner(above, witness.author).is_some() => vouches = true,
                Governed::By(by, _) => below = Some(by),
                Governed::Unreadable(by) => return Err(Ground::Unreadable(by)),
                Governed::ByNone => {}
            }
        }
        let claim = Claim { namespace, subject: &file.subject, first: true };
        let mut tally = Tally::default();
        tally.add(witness.subject(claim));
        if vouches {
            tally.add(Proven("its sender, who owns the domain above".to_owned()));
        }
        let (by_word, by_proof): (Vec<&Owner>, Vec<&Owner>) = file.owners.iter().partition(|owner| owner.proof == Proof::Owner);
        for owner in by_proof {
            vouches |= owner.github_id == witness.author.id;
            self.add_owner(&mut tally, witness, claim, owner);
        }
        for owner in by_word {
            if vouches {
                self.add_owner(&mut tally, witness, claim, owner);
            } else {
                let why = format!("owner {} is there by a word, and its giver is no owner", owner.github_id);
                tally.add(Refuted(why));
            }
        }
        if file.owners.is_empty() && !vouches {
            tally.add(self.bytes_of(witness, namespace, file));
        }
        let why = tally.end(namespace)?;
        match below {
            Some(by) => Err(Ground::Below { namespace: namespace.clone(), by, why }),
            None => Ok(Settled {
                reason: Reason(format!("`{namespace}` is claimed by {why}")),
                owners: file.owners.iter().map(|owner| owner.github_id).collect(),
            }),
        }
    }

    /// A file without an owner comes with a version that proves itself, and for no other purpose.
    fn bytes_of(&self, witness: &Witness, namespace: &Namespace, file: &NamespaceFile) -> Standing {
        let relay = Relay { change: self.change, witness, subject: Some(&file.subject), by: namespace };
        let versions = self.change.touched.iter().filter(|touched| match &touched.territory {
            Territory::Version(name, _) => name.namespace() == *namespace,
            _ => false,
        });
        let mut best = Refuted("the file names no owner, and no version beside it proves itself".to_owned());
        for standing in versions.filter_map(|touched| relay.standing(touched)) {
            best = match (best, standing) {
                (_, Proven(why)) => return Proven(why),
                (Unknown(why), _) | (_, Unknown(why)) => Unknown(why),
                (_, Refuted(why)) => Refuted(format!("the file names no owner, and no version proves itself: {why}")),
                (best, Weak(_)) => best,
            };
        }
        best
    }

    /// An owner's own edit: owners come by their word, and go, but not the last of those whom base knows.
    fn edit(
        &self,
        witness: &Witness,
        namespace: &Namespace,
        base: &NamespaceFile,
        after: &NamespaceFile,
    ) -> Result<Reason, Ground> {
        // Whoever adds a member to the file has to say here who may change it.
        let NamespaceFile { subject, owners } = after;
        let author = witness.author.id;
        let known = |owner: &Owner| base.owners.iter().any(|known| known.github_id == owner.github_id);
        let (kept, added): (Vec<&Owner>, Vec<&Owner>) = owners.iter().partition(|owner| known(owner));
        let gone = |owner: &&Owner| !owners.iter().any(|kept| kept.github_id == owner.github_id);
        let removed: Vec<&Owner> = base.owners.iter().filter(gone).collect();
        let belongs = |id: u64| base.subject.github_id == Some(id) && id != author;
        if *subject != base.subject
            || kept.iter().any(|owner| !base.owners.contains(owner))
            || added.iter().any(|owner| owner.proof != Proof::Owner || owner.by != Some(author))
            || removed.iter().any(|owner| belongs(owner.github_id))
            || (added.is_empty() && removed.is_empty())
        {
            return Err(Ground::Grant(namespace.clone()));
        }
        let mut tally = Tally::default();
        let claim = Claim { namespace, subject, first: false };
        for owner in &added {
            self.add_owner(&mut tally, witness, claim, owner);
        }
        match tally.end(namespace) {
            Err(Ground::Unproven { namespace, why }) => return Err(Ground::Misnamed { namespace, why }),
            result => result?,
        };
        if kept.is_empty() {
            return Err(Ground::LastOwner(namespace.clone()));
        }
        let count = |owners: &[&Owner], what: &str| (!owners.is_empty()).then(|| format!("{what} {}", owners.len()));
        let done: Vec<String> = [count(&added, "adds"), count(&removed, "removes")].into_iter().flatten().collect();
        Ok(Reason(format!("an owner of `{namespace}`, account {author}, {} of its owners", done.join(" and "))))
    }

    /// Somebody else's edit: where it proves itself afresh, a maintainer decides.
    fn takeover(&self, witness: &Witness, namespace: &Namespace, base: &NamespaceFile, after: Option<&NamespaceFile>) -> Ground {
        let foreign = |why| Ground::Foreign { namespace: namespace.clone(), by: namespace.clone(), why };
        let known = |owner: &Owner| base.owners.iter().any(|known| known.github_id == owner.github_id);
        let added: Vec<&Owner> = after.iter().flat_map(|file| &file.owners).filter(|owner| !known(owner)).collect();
        if added.is_empty() {
            return foreign(None);
        }
        // By base's subject: a login may have passed to somebody else since, and whatever the change says is no word of base.
        let claim = Claim { namespace, subject: &base.subject, first: false };
        let mut tally = Tally::default();
        for owner in added {
            if owner.proof == Proof::Owner {
                tally.add(Refuted(format!("owner {} is there by a word, and its giver is no owner", owner.github_id)));
            } else {
                self.add_owner(&mut tally, witness, claim, owner);
            }
        }
        match tally.end(namespace) {
            Ok(why) => Ground::Transfer { namespace: namespace.clone(), why },
            Err(Ground::Unproven { why, .. }) => foreign(Some(why)),
            Err(ground) => ground,
        }
    }

    fn add_owner(&self, tally: &mut Tally, witness: &Witness, claim: Claim, owner: &Owner) {
        let standing = match witness.owner(claim, owner, || self.signed(claim.namespace)) {
            Proven(why) => Proven(format!("`{}`, since {why}", owner.proof)),
            standing => standing,
        };
        tally.add(standing.and(witness.identity(owner)).and(witness.is_recent(owner)));
    }

    /// The namespace's file as the change leaves it, and the signature beside it.
    fn signed(&self, namespace: &Namespace) -> Signed {
        let checkout = &self.change.checkout;
        let path = format!("{}namespaces/{namespace}.toml", checkout.prefix);
        let bytes = checkout.bytes(&path).ok().flatten().unwrap_or_default();
        let beside = checkout.bytes(&format!("{path}.sig")).ok().flatten();
        let text = key::namespace_text(&self.change.law.config.base_url, namespace, Sha256::of(&bytes));
        Signed { text, signature: signature(beside) }
    }
}
