//! A server as the site shows it: what the history says of each version, and versions read from their files, in the newest schema's
//! spelling, rendered as the API's one record. Most pages need no version but the latest.

use anyhow::Context;
use serde::Serialize;
use serde_json::Value;

use crate::{
    checkout::{Blob, Reader},
    config::{Config, Limits},
    digest::Sha256,
    entry::{
        self, document,
        model::{Model, PUBLISHER_PROVIDED},
        schema::Schema,
        upgrade,
    },
    finding::{Finding, Place, Verdict},
    history::Lifeline,
    instant::Instant,
    name::ServerName,
    registry::{Release, Server},
    rules,
    status::{Standing, Status},
    version::Version,
};

use super::{Facts, Site, exports::Made, path::SitePath};

/// A server that has a version which is not deleted, with its newest such version read.
#[derive(Debug)]
pub struct Shown<'a> {
    pub name: &'a ServerName,
    /// Newest first, deleted ones among them.
    pub versions: Vec<Dated<'a>>,
    pub latest: Listing<'a>,
    pub(super) made: Made,
}

/// A server with every version read.
#[derive(Debug)]
pub struct Whole<'a> {
    pub shown: Shown<'a>,
    /// All but the latest, newest first, deleted ones among them.
    pub others: Vec<Listing<'a>>,
}

/// A version, and what can be said of it without reading its file.
#[derive(Clone, Copy, Debug)]
pub struct Dated<'a> {
    pub version: &'a Version,
    pub official: Official<'a>,
    serial: u32,
}

/// One version, read.
#[derive(Debug)]
pub struct Listing<'a> {
    pub version: &'a Version,
    pub official: Official<'a>,
    /// What its author wrote, in the newest schema's spelling.
    pub server: Value,
    /// The API's record: `{"server": …, "_meta": …}`.
    pub record: Vec<u8>,
    /// The author's file, where it was written for an older schema.
    pub original: Option<Vec<u8>>,
    own: Own,
}

/// What the registry says of a version; the object is closed.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Official<'a> {
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<&'a str>,
    pub status_changed_at: Instant,
    pub published_at: Instant,
    pub updated_at: Instant,
    pub is_latest: bool,
}

/// What gazette adds, under a key of this registry's own.
#[derive(Debug, Serialize)]
struct Own {
    serial: u32,
    sha256: Sha256,
    #[serde(skip_serializing_if = "Option::is_none")]
    original: Option<String>,
}

pub const OFFICIAL: &str = "io.modelcontextprotocol.registry/official";

/// Why a version cannot be shown: the world's trouble, or a file that is no entry of this name and version.
#[derive(Debug)]
pub enum Unshown {
    World(anyhow::Error),
    Entry(Vec<Finding>),
}

impl From<anyhow::Error> for Unshown {
    fn from(error: anyhow::Error) -> Self {
        Self::World(error)
    }
}

impl<'a> Dated<'a> {
    /// Every version of a server, newest first.
    pub(super) fn all(site: &'a Site, name: &ServerName, server: &'a Server) -> anyhow::Result<Vec<Self>> {
        let latest = server.latest().map(|release| &release.version);
        let dated = |release: &'a Release| {
            let version = &release.version;
            let life = site.registry.history.line(name, version);
            let life = life.with_context(|| {
                format!("the history of this commit does not tell of `{}`", site.checkout.version_path(name, version))
            })?;
            let official = Official::of(&life, server.status.of(version), latest == Some(version));
            Ok(Self { version, official, serial: life.first_serial() })
        };
        server.releases.iter().map(dated).collect()
    }

    pub fn is_deleted(&self) -> bool {
        self.official.status == Status::Deleted
    }
}

impl<'a> Site<'a> {
    /// Reads the newest version of a server that is not deleted, if there is one.
    pub fn show(
        &'a self,
        name: &'a ServerName,
        server: &'a Server,
        reader: &mut dyn Reader,
    ) -> Result<Option<Shown<'a>>, Unshown> {
        let versions = Dated::all(self, name, server)?;
        let Some(latest) = versions.iter().find(|dated| dated.official.is_latest) else { return Ok(None) };
        let latest = Listing::read(self, name, latest, reader)?;
        Ok(Some(Shown { name, versions, latest, made: Made::default() }))
    }

    /// Reads every version of a server, if there is one that is not deleted.
    pub fn show_whole(
        &'a self,
        name: &'a ServerName,
        server: &'a Server,
        reader: &mut dyn Reader,
    ) -> Result<Option<Whole<'a>>, Unshown> {
        let versions = Dated::all(self, name, server)?;
        let mut others = Listing::read_all(self, name, &versions, reader)?;
        let Some(at) = others.iter().position(|listing| listing.official.is_latest) else { return Ok(None) };
        let latest = others.remove(at);
        Ok(Some(Whole { shown: Shown { name, versions, latest, made: Made::default() }, others }))
    }

    /// Reads every version of a server, also where each is deleted, newest first.
    pub fn listings(
        &'a self,
        name: &ServerName,
        server: &'a Server,
        reader: &mut dyn Reader,
    ) -> Result<Vec<Listing<'a>>, Unshown> {
        Listing::read_all(self, name, &Dated::all(self, name, server)?, reader)
    }
}

impl<'a> Shown<'a> {
    /// The versions that are not deleted, newest first; the first of them is the latest.
    pub fn present(&self) -> impl Iterator<Item = &Dated<'a>> {
        self.versions.iter().filter(|dated| !dated.is_deleted())
    }
}

impl<'a> Whole<'a> {
    /// The versions that are not deleted, newest first.
    pub fn present(&self) -> impl Iterator<Item = &Listing<'a>> {
        let others = self.others.iter().filter(|listing| listing.official.status != Status::Deleted);
        std::iter::once(&self.shown.latest).chain(others)
    }
}

impl<'a> Listing<'a> {
    /// Reads some versions of a server, and finds everything that keeps any of them from being shown.
    pub(super) fn read_all<'d>(
        site: &'a Site,
        name: &ServerName,
        versions: impl IntoIterator<Item = &'d Dated<'a>>,
        reader: &mut dyn Reader,
    ) -> Result<Vec<Self>, Unshown>
    where
        'a: 'd,
    {
        let (mut listings, mut flawed) = (Vec::new(), Vec::new());
        for dated in versions {
            match Self::read(site, name, dated, reader) {
                Ok(listing) => listings.push(listing),
                Err(Unshown::Entry(mut findings)) => flawed.append(&mut findings),
                Err(world) => return Err(world),
            }
        }
        if flawed.is_empty() { Ok(listings) } else { Err(Unshown::Entry(flawed)) }
    }

    pub(super) fn read(
        site: &'a Site,
        name: &ServerName,
        &Dated { version, official, serial }: &Dated<'a>,
        reader: &mut dyn Reader,
    ) -> Result<Self, Unshown> {
        let path = site.checkout.version_path(name, version);
        let item = site.checkout.get(&path).expect("a release has a file");
        let bytes = match reader.read(item, Limits::WIDEST.entry_bytes)? {
            Blob::Bytes(bytes) => bytes,
            Blob::Large(bytes) => return Err(Unshown::Entry(vec![entry::too_large(&path, bytes, &Limits::WIDEST)])),
        };
        let Some(mut server) = document_of(&bytes, name, version) else {
            return Err(Unshown::Entry(flaws(&path, name, version, bytes, &site.registry.config)));
        };
        reduce(&mut server);
        let schema = Schema::named_by(&server).filter(|schema| !std::ptr::eq(*schema, Schema::newest()));
        let server = match schema {
            Some(schema) => upgrade::upgrade(server, schema),
            None => server,
        };
        let original = schema.map(|_| site.facts.absolute(&SitePath::Original(name.clone(), version.clone())));
        let own = Own { serial, sha256: Sha256::of(&bytes), original };
        let record = record(&server, &official, &site.facts.own_key, &own);
        let original = own.original.is_some().then_some(bytes);
        Ok(Self { version, official, server, record, original, own })
    }
}

impl Listing<'_> {
    /// The record, where this version is the only one that is shown.
    pub fn only_record(&self, facts: &Facts) -> Vec<u8> {
        record(&self.server, &Official { is_latest: true, ..self.official }, &facts.own_key, &self.own)
    }
}

/// The document, if it is one of this name and version.
fn document_of(bytes: &[u8], name: &ServerName, version: &Version) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value = document::read(text, &Limits::WIDEST).ok()?.value;
    let says = |member: &str, path: &str| value.get(member).and_then(Value::as_str) == Some(path);
    (says("name", name.as_str()) && says("version", version.as_str())).then_some(value)
}

/// What keeps a file from being an entry, in the words of the rules.
fn flaws(path: &str, name: &ServerName, version: &Version, bytes: Vec<u8>, config: &Config) -> Vec<Finding> {
    let (entry, mut findings) = entry::parse(path, name, version, bytes, &Limits::WIDEST);
    if let Some(entry) = entry {
        findings.extend(rules::judge_identity(&entry, &Model::of(&entry.document), config));
        if findings.is_empty() {
            let message = "the file does not say the name and version of its path";
            let help = format!("write `{name}` as `name` and `{version}` as `version`");
            findings.push(Finding::new("path-is-identity", Verdict::Reject, Place::file(path), message, help));
        }
    }
    findings
}

/// Leaves of `_meta` what the publisher says; everything else in it is the registry's to say.
fn reduce(server: &mut Value) {
    let Some(members) = server.as_object_mut() else { return };
    let Some(meta) = members.get_mut("_meta") else { return };
    match meta.as_object_mut().map(|meta| meta.retain(|key, _| key == PUBLISHER_PROVIDED)) {
        Some(()) if meta.as_object().is_some_and(|meta| !meta.is_empty()) => {}
        _ => drop(members.shift_remove("_meta")),
    }
}

impl<'a> Official<'a> {
    fn of(life: &Lifeline, standing: &'a Standing, is_latest: bool) -> Self {
        let (published_at, status_changed_at) = (life.published_at(), life.status_changed_at());
        Self {
            status: standing.status,
            status_message: standing.message.as_deref(),
            status_changed_at,
            published_at,
            updated_at: published_at.max(status_changed_at),
            is_latest,
        }
    }
}

fn record(server: &Value, official: &Official, own_key: &str, own: &Own) -> Vec<u8> {
    let mut out = Vec::with_capacity(2048);
    out.extend_from_slice(b"{\"server\":");
    append(&mut out, server);
    out.extend_from_slice(b",\"_meta\":{\"");
    out.extend_from_slice(OFFICIAL.as_bytes());
    out.extend_from_slice(b"\":");
    append(&mut out, official);
    out.push(b',');
    append(&mut out, own_key);
    out.push(b':');
    append(&mut out, own);
    out.extend_from_slice(b"}}");
    out
}

fn append(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("a value made of JSON is written as JSON");
}
