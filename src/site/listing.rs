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
        self, compact, document,
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
    pub others: Vec<Record<'a>>,
}

/// A version, and what can be said of it without reading its file.
#[derive(Clone, Copy, Debug)]
pub struct Dated<'a> {
    pub version: &'a Version,
    pub official: Official<'a>,
    serial: u32,
}

/// One version as the API answers it.
#[derive(Debug)]
pub struct Record<'a> {
    pub version: &'a Version,
    pub official: Official<'a>,
    /// `{"server": …, "_meta": …}`
    pub body: Vec<u8>,
    /// The author's file, where it was written for an older schema.
    pub original: Option<Vec<u8>>,
}

/// One version, read.
#[derive(Debug)]
pub struct Listing<'a> {
    pub record: Record<'a>,
    /// What its author wrote, in the newest schema's spelling.
    pub server: Value,
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
        let Some(latest) = versions.iter().find(|dated| dated.official.is_latest) else { return Ok(None) };
        let mut flaws = Vec::new();
        let latest = noting(Listing::read(self, name, latest, reader), &mut flaws)?;
        let others = versions.iter().filter(|dated| !dated.official.is_latest);
        let others = Record::read_all(self, name, others, reader, &mut flaws)?;
        match latest {
            Some(latest) if flaws.is_empty() => {
                Ok(Some(Whole { shown: Shown { name, versions, latest, made: Made::default() }, others }))
            }
            _ => Err(Unshown::Entry(flaws)),
        }
    }

    /// Reads every version of a server, also where each is deleted, newest first.
    pub fn records(&'a self, name: &ServerName, server: &'a Server, reader: &mut dyn Reader) -> Result<Vec<Record<'a>>, Unshown> {
        let mut flaws = Vec::new();
        let records = Record::read_all(self, name, &Dated::all(self, name, server)?, reader, &mut flaws)?;
        if flaws.is_empty() { Ok(records) } else { Err(Unshown::Entry(flaws)) }
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
    pub fn present(&self) -> impl Iterator<Item = &Record<'a>> + Clone {
        let others = self.others.iter().filter(|record| record.official.status != Status::Deleted);
        std::iter::once(&self.shown.latest.record).chain(others)
    }
}

impl<'a> Record<'a> {
    /// Reads some versions of a server, and notes everything that keeps any of them from being shown.
    fn read_all<'d>(
        site: &'a Site,
        name: &ServerName,
        versions: impl IntoIterator<Item = &'d Dated<'a>>,
        reader: &mut dyn Reader,
        flaws: &mut Vec<Finding>,
    ) -> anyhow::Result<Vec<Self>>
    where
        'a: 'd,
    {
        let mut records = Vec::new();
        for dated in versions {
            records.extend(noting(Self::read(site, name, dated, reader), flaws)?);
        }
        Ok(records)
    }

    fn read(site: &'a Site, name: &ServerName, dated: &Dated<'a>, reader: &mut dyn Reader) -> Result<Self, Unshown> {
        let bytes = bytes_of(site, name, dated.version, reader)?;
        // Most are written for the newest schema, and of these no value has to be made.
        let Some(mut body) = written(&bytes, name, dated.version) else {
            return Ok(Listing::of(site, name, dated, bytes)?.record);
        };
        let own = Own { serial: dated.serial, sha256: Sha256::of(&bytes), original: None };
        end(&mut body, &dated.official, &site.facts.own_key, &own);
        Ok(Self { version: dated.version, official: dated.official, body, original: None })
    }
}

impl<'a> Listing<'a> {
    pub(super) fn read(site: &'a Site, name: &ServerName, dated: &Dated<'a>, reader: &mut dyn Reader) -> Result<Self, Unshown> {
        Self::of(site, name, dated, bytes_of(site, name, dated.version, reader)?)
    }

    fn of(
        site: &'a Site,
        name: &ServerName,
        &Dated { version, official, serial }: &Dated<'a>,
        bytes: Vec<u8>,
    ) -> Result<Self, Unshown> {
        let Some(mut server) = document_of(&bytes, name, version) else {
            let path = site.checkout.version_path(name, version);
            return Err(Unshown::Entry(flaws(&path, name, version, bytes, &site.registry.config)));
        };
        reduce(&mut server);
        let schema = older(Schema::named_by(&server));
        let server = match schema {
            Some(schema) => upgrade::upgrade(server, schema),
            None => server,
        };
        let original = schema.map(|_| site.facts.absolute(&SitePath::Original(name.clone(), version.clone())));
        let own = Own { serial, sha256: Sha256::of(&bytes), original };
        let body = body(&server, &official, &site.facts.own_key, &own);
        let original = own.original.is_some().then_some(bytes);
        Ok(Self { record: Record { version, official, body, original }, server, own })
    }
}

impl Listing<'_> {
    /// The record, where this version is the only one that is shown.
    pub fn only_record(&self, facts: &Facts) -> Vec<u8> {
        body(&self.server, &Official { is_latest: true, ..self.record.official }, &facts.own_key, &self.own)
    }
}

/// What was read, or nothing and its flaws noted; an error is the world's.
fn noting<T>(read: Result<T, Unshown>, flaws: &mut Vec<Finding>) -> anyhow::Result<Option<T>> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(Unshown::Entry(mut found)) => {
            flaws.append(&mut found);
            Ok(None)
        }
        Err(Unshown::World(error)) => Err(error),
    }
}

/// The file of a version.
fn bytes_of(site: &Site, name: &ServerName, version: &Version, reader: &mut dyn Reader) -> Result<Vec<u8>, Unshown> {
    let path = site.checkout.version_path(name, version);
    let item = site.checkout.get(&path).expect("a release has a file");
    match reader.read(item, Limits::WIDEST.entry_bytes)? {
        Blob::Bytes(bytes) => Ok(bytes),
        Blob::Large(bytes) => Err(Unshown::Entry(vec![entry::too_large(&path, bytes, &Limits::WIDEST)])),
    }
}

fn text_of(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    Some(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// A record up to the end of its document, of which no value was made, if it is one of this name and version and need not be
/// upgraded.
fn written(bytes: &[u8], name: &ServerName, version: &Version) -> Option<Vec<u8>> {
    // A record is mostly shorter than the file, which has white space.
    let mut out = begun(bytes.len() + META);
    let said = compact::write(text_of(bytes)?, &Limits::WIDEST, reduced, &mut out)?;
    let is_it = said.name.as_deref() == Some(name.as_str()) && said.version.as_deref() == Some(version.as_str());
    (is_it && older(said.schema.as_deref().and_then(Schema::at)).is_none()).then_some(out)
}

/// The schema of a document that has to be upgraded.
fn older(schema: Option<&'static Schema>) -> Option<&'static Schema> {
    schema.filter(|schema| !std::ptr::eq(*schema, Schema::newest()))
}

/// The document, if it is one of this name and version.
fn document_of(bytes: &[u8], name: &ServerName, version: &Version) -> Option<Value> {
    let value = document::read(text_of(bytes)?, &Limits::WIDEST).ok()?.value;
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
fn reduced(mut meta: Value) -> Option<Value> {
    let members = meta.as_object_mut()?;
    members.retain(|key, _| key == PUBLISHER_PROVIDED);
    (!members.is_empty()).then_some(meta)
}

fn reduce(server: &mut Value) {
    let Some(members) = server.as_object_mut() else { return };
    let Some(meta) = members.get_mut("_meta") else { return };
    match reduced(meta.take()) {
        Some(left) => *meta = left,
        None => drop(members.shift_remove("_meta")),
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

/// The API's record of a document.
fn body(server: &Value, official: &Official, own_key: &str, own: &Own) -> Vec<u8> {
    let mut out = begun(2048);
    append(&mut out, server);
    end(&mut out, official, own_key, own);
    out
}

/// So many bytes of a record stand around its document, or fewer.
const META: usize = 512;

/// A record up to its document, with so much room.
fn begun(room: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(room);
    out.extend_from_slice(b"{\"server\":");
    out
}

/// What comes behind the document.
fn end(out: &mut Vec<u8>, official: &Official, own_key: &str, own: &Own) {
    out.extend_from_slice(b",\"_meta\":{\"");
    out.extend_from_slice(OFFICIAL.as_bytes());
    out.extend_from_slice(b"\":");
    append(out, official);
    out.push(b',');
    append(out, own_key);
    out.push(b':');
    append(out, own);
    out.extend_from_slice(b"}}");
}

fn append(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(out, value).expect("a value made of JSON is written as JSON");
}
