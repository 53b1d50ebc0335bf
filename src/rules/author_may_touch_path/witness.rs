//! What the world says of one proof of ownership; it knows nothing of paths.

use crate::{
    domain::{Domain, DomainFlaw},
    evidence::{Account, AccountKind, Dnssec, Txt, Unavailable, WellKnown},
    finding::{is_visible, quoted},
    instant::Date,
    key::{self, PublicKey, Signature},
    name::{Namespace, NamespaceKind},
    namespace::{Owner, Proof, Subject, SubjectKind},
    record::{Record, is_login, naming},
};

use super::asking::Asking;

/// What a proof comes to, in a clause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Proven(String),
    /// True, but no more than a hint: a person decides.
    Weak(String),
    /// Somebody who would know did not answer.
    Unknown(String),
    Refuted(String),
}

use Standing::{Proven, Refuted, Unknown, Weak};

impl Standing {
    /// What two demands come to that must both be met: the worse of the two.
    pub(super) fn and(self, other: Self) -> Self {
        let weight = |standing: &Self| match standing {
            Proven(_) => 0,
            Weak(_) => 1,
            Unknown(_) => 2,
            Refuted(_) => 3,
        };
        if weight(&other) > weight(&self) { other } else { self }
    }
}

/// For so many days after the day that it names, a signature over a namespace's file speaks for its owners.
const SIGNED_DAYS_MAX: i64 = 30;

/// So much is told of why somebody did not answer.
const WHY_MAX: usize = 300;

/// A server's own words may be in it.
impl From<Unavailable> for Standing {
    fn from(why: Unavailable) -> Self {
        Unknown(why.0.chars().map(|c| if is_visible(c) { c } else { ' ' }).take(WHY_MAX).collect())
    }
}

/// A namespace, and whom it is said to belong to.
#[derive(Clone, Copy)]
pub(super) struct Claim<'c> {
    pub namespace: &'c Namespace,
    pub subject: &'c Subject,
    /// Whether nothing on base says yet whose it is. Only then does the world say who has a login.
    pub first: bool,
}

/// A text that was signed, perhaps.
pub(super) struct Signed {
    pub text: String,
    pub signature: Option<Signature>,
}

pub(super) struct Witness<'a> {
    pub asking: Asking<'a>,
    pub author: &'a Account,
}

impl Witness<'_> {
    /// Whether a namespace without a file belongs to whom its first file names.
    pub(super) fn subject(&self, claim: Claim) -> Standing {
        let NamespaceKind::GitHub { login } = claim.namespace.kind() else {
            return match Domain::of(claim.namespace) {
                Ok(_) if claim.subject.kind != SubjectKind::Domain => Refuted("`[subject]` is no domain".to_owned()),
                // Files of domains above are found by their spelling.
                Ok(_) if claim.namespace.as_str().contains(|c: char| c.is_ascii_uppercase()) => {
                    let lower = claim.namespace.as_str().to_ascii_lowercase();
                    Refuted(format!("domains know no case, and a new one is written `{lower}`"))
                }
                Ok(_) => Proven(String::new()),
                Err(flaw) => Refuted(no_domain(claim.namespace, flaw)),
            };
        };
        if !is_login(login) {
            return Refuted(format!("no account on GitHub can be called `{login}`"));
        }
        let (found, id) = match (self.asking.account(login), claim.subject.github_id) {
            (Err(why), _) => return why.into(),
            (Ok(None), _) => return Refuted(format!("no account on GitHub is called `{login}`")),
            (Ok(Some(found)), id) => (found, id.unwrap_or_default()),
        };
        let kind = match found.kind {
            AccountKind::User => SubjectKind::User,
            AccountKind::Organization => SubjectKind::Organization,
        };
        if found.id != id {
            Refuted(format!("`{login}` is the login of number {}, and `[subject]` says {id}", found.id))
        } else if kind != claim.subject.kind {
            let kind = if kind == SubjectKind::User { "a user" } else { "an organization" };
            Refuted(format!("`{login}` is {kind}, and `[subject]` says otherwise"))
        } else if !claim.subject.github_login.as_deref().is_some_and(|given| given.eq_ignore_ascii_case(login)) {
            Refuted(format!("`github_login` of `[subject]` is not `{login}`"))
        } else {
            Proven(String::new())
        }
    }

    /// What the world says to the proof that an entry of a namespace's file names.
    pub(super) fn owner(&self, claim: Claim, owner: &Owner, signed: impl Fn() -> Signed) -> Standing {
        let is_author = owner.github_id == self.author.id;
        let domain = Domain::of(claim.namespace);
        let proof = owner.proof.as_str();
        match (owner.proof, domain) {
            (Proof::Grant, _) => Weak("a grant is a maintainer's word, and no maintainer has approved this commit".to_owned()),
            (Proof::Owner, _) if owner.by == Some(self.author.id) => {
                Proven(format!("{} vouches for account {}", self.who(), owner.github_id))
            }
            (Proof::Owner, _) => Refuted(format!("`by` is not {}, who sends this", self.who())),
            (Proof::Account | Proof::Fork | Proof::Member, Err(DomainFlaw::Account)) if is_author => match owner.proof {
                Proof::Account => self.account(claim.subject),
                Proof::Fork => self.fork(claim.subject),
                _ => self.member(claim.subject),
            },
            (Proof::Dns, Ok(domain)) if is_author => self.dns(&domain, claim.first),
            (Proof::Web, Ok(domain)) if is_author => self.web(&domain, claim.first),
            (Proof::Key, Ok(domain)) => self.key(&domain, &signed()),
            (Proof::Dns | Proof::Web | Proof::Key, Err(flaw)) if flaw != DomainFlaw::Account => {
                Refuted(no_domain(claim.namespace, flaw))
            }
            (Proof::Account | Proof::Fork | Proof::Member, Ok(_) | Err(DomainFlaw::NoName | DomainFlaw::PublicSuffix)) => {
                Refuted(format!("`{proof}` proves nothing of a domain"))
            }
            (Proof::Dns | Proof::Web | Proof::Key, Err(_)) => {
                Refuted(format!("`{proof}` proves nothing of an account on GitHub"))
            }
            _ => Refuted(format!(
                "`{proof}` is proved by the account itself, number {}, and {} sends this",
                owner.github_id,
                self.who()
            )),
        }
    }

    /// Whether an owner's number and login are of one account, and the day is not yet to come.
    pub(super) fn identity(&self, owner: &Owner) -> Standing {
        let (id, login) = (owner.github_id, &owner.github_login);
        let named = |found: &str| {
            if !found.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
                // An app acts for whoever runs it, so its account is nobody's proof.
                Refuted(format!("{} is an app, and no person", quoted(found)))
            } else if found.eq_ignore_ascii_case(login) {
                Proven(format!("{} is account {id}", quoted(found)))
            } else {
                Refuted(format!("account {id} is called {}, and not {}", quoted(found), quoted(login)))
            }
        };
        let known = if id == self.author.id {
            named(&self.author.login)
        } else {
            match self.asking.account_id(id) {
                Err(why) => why.into(),
                Ok(None) => Refuted(format!("there is no account {id}")),
                Ok(Some(found)) if found.kind == AccountKind::Organization => {
                    Refuted(format!("{id} is an organization, which sends nothing itself"))
                }
                Ok(Some(found)) => named(&found.login),
            }
        };
        known.and(self.dated(owner))
    }

    fn dated(&self, owner: &Owner) -> Standing {
        match (Date::parse(&owner.proved_at), self.asking.today()) {
            (None, _) => Refuted("`proved_at` is no day".to_owned()),
            (_, Err(why)) => why.into(),
            // Where the day is another one already, it is one day ahead.
            (Some(day), Ok(today)) if day.days_after(today) > 1 => Refuted(format!("`proved_at` is {day}, and today is {today}")),
            (Some(day), Ok(_)) => Proven(format!("proved on {day}")),
        }
    }

    /// A signature never ends by itself: one over a file that was taken away since would bring its owners back for ever.
    pub(super) fn is_recent(&self, owner: &Owner) -> Standing {
        let (Proof::Key, Some(day)) = (owner.proof, Date::parse(&owner.proved_at)) else { return Proven(String::new()) };
        match self.asking.today() {
            Err(why) => why.into(),
            Ok(today) if today.days_after(day) > SIGNED_DAYS_MAX => {
                Weak(format!("the file was signed as of {day}, more than {SIGNED_DAYS_MAX} days ago"))
            }
            Ok(_) => Proven(String::new()),
        }
    }

    fn who(&self) -> String {
        format!("{} (account {})", quoted(&self.author.login), self.author.id)
    }

    fn account(&self, subject: &Subject) -> Standing {
        let login = subject.github_login.as_deref().unwrap_or_default();
        let id = subject.github_id.unwrap_or_default();
        if subject.kind != SubjectKind::User {
            Refuted(format!("{} is an organization, which sends nothing itself", quoted(login)))
        } else if id == self.author.id {
            Proven(format!("the namespace belongs to account {id}, which sends this"))
        } else if login.eq_ignore_ascii_case(&self.author.login) {
            Refuted(format!("the namespace belongs to account {id}, and {} is another one that has its login now", self.who()))
        } else {
            Refuted(format!("the namespace belongs to {} (account {id}), and {} sends this", quoted(login), self.who()))
        }
    }

    fn fork(&self, subject: &Subject) -> Standing {
        let (SubjectKind::Organization, Some(id)) = (subject.kind, subject.github_id) else {
            return Refuted("`fork` is for organizations: an account sends its changes itself".to_owned());
        };
        match self.asking.head_owner() {
            Err(why) => why.into(),
            Ok(owner) if owner == id => Proven(format!("this comes from a repository of organization {id}")),
            Ok(owner) => Refuted(format!("this comes from a repository of number {owner}, and the organization is number {id}")),
        }
    }

    pub(super) fn member(&self, subject: &Subject) -> Standing {
        let (SubjectKind::Organization, Some(id)) = (subject.kind, subject.github_id) else {
            return Refuted("`member` is for organizations".to_owned());
        };
        match self.asking.member(id, self.author.id) {
            Err(why) => why.into(),
            Ok(true) => Weak(format!("{} is a public member of organization {id}, which may have many", self.who())),
            Ok(false) => Refuted(format!("{} is no public member of organization {id}", self.who())),
        }
    }

    pub(super) fn dns(&self, domain: &Domain, first: bool) -> Standing {
        let names = domain.txt_names();
        let mut unknown = None;
        for name in &names {
            match self.asking.txt(name) {
                Ok(txt) if self.is_named(Record::of_txt(&txt.records), first) => {
                    return Proven(format!("a TXT record of `{name}` names {}{}", self.who(), signed(txt)));
                }
                Ok(_) => {}
                Err(why) => drop(unknown.get_or_insert(why)),
            }
        }
        match unknown {
            Some(why) => why.into(),
            None => Refuted(format!("no TXT record {} stands at {}", naming(self.author.id), list(&names))),
        }
    }

    pub(super) fn web(&self, domain: &Domain, first: bool) -> Standing {
        let host = domain.as_str();
        match self.asking.web(host) {
            Err(why) => why.into(),
            Ok(WellKnown::Refused(why)) => Refuted(format!("the well-known file of `{host}` does not count: {}", quoted(why))),
            Ok(WellKnown::Text(text)) if self.is_named(Record::of_file(text), first) => {
                Proven(format!("the well-known file of `{host}` names {}", self.who()))
            }
            Ok(WellKnown::Text(_)) => Refuted(format!("the well-known file of `{host}` does not say {}", naming(self.author.id))),
        }
    }

    fn is_named(&self, mut records: impl Iterator<Item = Record>, first: bool) -> bool {
        let login = first.then_some(self.author.login.as_str());
        records.any(|record| record.names(self.author.id, login))
    }

    /// Whether a key that a domain publishes signed a text.
    pub(super) fn key(&self, domain: &Domain, signed: &Signed) -> Standing {
        let Some(signature) = &signed.signature else {
            return Refuted("no signature comes with it".to_owned());
        };
        let (keys, unknown) = self.keys(domain);
        let found = keys.iter().find(|(key, _)| key.signed(&signed.text, signature));
        match (found, unknown) {
            (Some((key, place)), _) => Proven(format!("the {} key of {place} signed it", key.kind())),
            (None, Some(why)) => why.into(),
            (None, None) if keys.is_empty() => Refuted(format!("`{}` publishes no key", domain.as_str())),
            (None, None) => Refuted(format!("no key that `{}` publishes signed these bytes for this registry", domain.as_str())),
        }
    }

    pub(super) fn keys(&self, domain: &Domain) -> (Vec<(PublicKey, String)>, Option<Unavailable>) {
        let (mut keys, mut unknown) = (Vec::new(), None);
        let mut add = |records: &mut dyn Iterator<Item = Record>, place: &str| {
            keys.extend(records.filter_map(|record| match record {
                Record::Key(key) => Some((key, place.to_owned())),
                _ => None,
            }));
        };
        for name in domain.txt_names() {
            match self.asking.txt(&name) {
                Ok(txt) => add(&mut Record::of_txt(&txt.records), &format!("the TXT records of `{name}`")),
                Err(why) => drop(unknown.get_or_insert(why)),
            }
        }
        match self.asking.web(domain.as_str()) {
            Ok(WellKnown::Text(text)) => {
                add(&mut Record::of_file(text), &format!("the well-known file of `{}`", domain.as_str()));
            }
            Ok(WellKnown::Refused(_)) => {}
            Err(why) => drop(unknown.get_or_insert(why)),
        }
        (keys, unknown)
    }
}

/// The file beside a namespace's file or version, if it holds a signature.
pub(super) fn signature(text: Option<Vec<u8>>) -> Option<Signature> {
    let bytes = text.filter(|bytes| bytes.len() <= key::SIGNATURE_TEXT_MAX)?;
    Signature::parse(std::str::from_utf8(&bytes).ok()?)
}

fn signed(txt: &Txt) -> &'static str {
    match txt.dnssec {
        Dnssec::Secure => ", by DNSSEC's word",
        Dnssec::Insecure | Dnssec::Unknown => "",
    }
}

fn no_domain(namespace: &Namespace, flaw: DomainFlaw) -> String {
    match flaw {
        DomainFlaw::Account => format!("`{namespace}` is an account's, and no domain"),
        DomainFlaw::NoName => format!("`{namespace}` reversed is no name that a domain could have"),
        DomainFlaw::PublicSuffix => {
            format!("below `{namespace}` reversed strangers register names, so it stands for none of them")
        }
    }
}

/// So many names are listed.
const LISTED_MAX: usize = 6;

fn list(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(LISTED_MAX).map(|name| format!("`{name}`")).collect();
    if names.len() > LISTED_MAX {
        shown.push(format!("{} more", names.len() - LISTED_MAX));
    }
    match shown.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}
