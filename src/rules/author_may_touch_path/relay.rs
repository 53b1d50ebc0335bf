//! Whether a version's bytes prove themselves, whoever sends them: by their source or by a key.

use crate::{
    canonical,
    change::{Change, Touched},
    checkout::{Kind, Territory},
    config::Limits,
    digest::Sha256,
    domain::{Domain, DomainFlaw},
    entry::{
        document::{self, Document},
        model::Model,
    },
    evidence::{At, SourceFile},
    key,
    name::{Namespace, ServerName},
    namespace::Subject,
    version::Version,
};

use super::witness::{Signed, Standing, Witness, signature};

use Standing::{Proven, Refuted, Unknown};

/// The name that an entry has at home.
const SOURCE: &str = "server.json";

/// What is relayed.
pub(super) struct Relay<'a> {
    pub change: &'a Change,
    pub witness: &'a Witness<'a>,
    /// Whom the namespace belongs to, if that is settled.
    pub subject: Option<&'a Subject>,
    /// The namespace whose file decides; its domain's keys count, and not those of whoever holds a name below it.
    pub by: &'a Namespace,
}

impl Relay<'_> {
    /// Whether a path is one half of a new version that proves itself; none if it does not even try.
    pub(super) fn standing(&self, touched: &Touched) -> Option<Standing> {
        let (Territory::Version(name, version) | Territory::Signature(name, version)) = &touched.territory else { return None };
        let path = self.change.checkout.version_path(name, version);
        if !self.is_new(&path) {
            return None;
        }
        match Domain::of(self.by) {
            Ok(domain) => self.key(&domain, name, version, &path),
            // A signature beside it is nobody's word: what a repository holds is the entry.
            Err(DomainFlaw::Account) if matches!(touched.territory, Territory::Signature(..)) => None,
            Err(DomainFlaw::Account) => self.source(version, &path),
            Err(DomainFlaw::NoName | DomainFlaw::PublicSuffix) => None,
        }
    }

    fn is_new(&self, path: &str) -> bool {
        let touched = self.change.touched_at(path);
        touched.is_some_and(|touched| touched.before.is_none() && touched.after.is_some_and(|side| side.kind == Kind::File))
    }

    fn key(&self, domain: &Domain, name: &ServerName, version: &Version, path: &str) -> Option<Standing> {
        let beside = format!("{path}.sig");
        if !self.is_new(&beside) {
            return None;
        }
        let checkout = &self.change.checkout;
        Some(match (checkout.bytes(path), checkout.bytes(&beside)) {
            (Ok(Some(bytes)), Ok(beside)) => {
                let text = key::entry_text(&self.change.law.config.base_url, name, version, Sha256::of(&bytes));
                self.witness.key(domain, &Signed { text, signature: signature(beside) })
            }
            (Ok(None), Ok(_)) => Refuted("there is no file".to_owned()),
            (Err(error), _) | (_, Err(error)) => Unknown(format!("{error:#}")),
        })
    }

    fn source(&self, version: &Version, path: &str) -> Option<Standing> {
        let owner = self.subject?.github_id?;
        let document = match self.change.checkout.bytes(path) {
            Ok(bytes) => read(std::str::from_utf8(&bytes?).ok()?)?,
            Err(error) => return Some(Unknown(format!("{error:#}"))),
        };
        let (repository, file) = home(&document)?;
        let Some(bytes) = canonical::bytes(&document.value) else {
            return Some(Refuted("its content has no canonical form".to_owned()));
        };
        let tags = [format!("v{version}"), version.to_string()];
        let places = std::iter::once(At::DefaultBranch).chain(tags.map(At::Tag));
        let (mut why, mut unknown) = (None, None);
        for at in places {
            let place = match &at {
                At::DefaultBranch => "the default branch".to_owned(),
                At::Tag(tag) => format!("the tag `{tag}`"),
            };
            match self.witness.asking.file(&repository, &file, at) {
                Ok(found) => match holds(found, owner, &bytes) {
                    Ok(()) => return Some(Proven(format!("{place} of `{repository}` holds them as `{file}`"))),
                    Err(flaw) => drop(why.get_or_insert(format!("{place} of `{repository}` {flaw}"))),
                },
                Err(unavailable) => drop(unknown.get_or_insert(unavailable)),
            }
        }
        Some(unknown.map_or_else(|| Refuted(why.unwrap_or_default()), Standing::from))
    }
}

/// Whether a file of a repository makes these bytes the owner's.
fn holds(found: Option<&SourceFile>, owner: u64, bytes: &[u8]) -> Result<(), String> {
    let Some(found) = found else { return Err("cannot be seen".to_owned()) };
    if found.owner != owner {
        return Err(format!("belongs to number {}, and the namespace to {owner}", found.owner));
    }
    if found.fork {
        return Err("is a fork's, which holds what others wrote".to_owned());
    }
    let Some(text) = &found.text else { return Err(format!("holds no `{SOURCE}` there")) };
    match read(text).and_then(|document| canonical::bytes(&document.value)) {
        Some(theirs) if theirs == bytes => Ok(()),
        Some(_) => Err(format!("holds another `{SOURCE}`")),
        None => Err(format!("holds a `{SOURCE}` without a canonical form")),
    }
}

/// A document, unless members given twice make it two.
fn read(text: &str) -> Option<Document> {
    document::read(text, &Limits::WIDEST).ok().filter(|document| !document.has_duplicates)
}

/// The repository on github.com that an entry names, and where in it the entry should lie.
fn home(document: &Document) -> Option<(String, String)> {
    let model = Model::of(&document.value);
    let repository = model.repository?;
    let rest = repository.url?.strip_prefix("https://github.com/")?;
    let (owner, name) = rest.strip_suffix('/').unwrap_or(rest).split_once('/')?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    let folder = repository.subfolder.filter(|folder| !folder.is_empty());
    let is_part = |part: &str| {
        (1..=100).contains(&part.len())
            && !matches!(part, "." | "..")
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    let folders_fit = folder.is_none_or(|folder| folder.len() <= 255 && folder.split('/').all(is_part));
    if !(is_part(owner) && is_part(name) && folders_fit) {
        return None;
    }
    let file = folder.map_or_else(|| SOURCE.to_owned(), |folder| format!("{folder}/{SOURCE}"));
    Some((format!("{owner}/{name}"), file))
}
