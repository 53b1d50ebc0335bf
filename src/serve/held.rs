//! A site held in memory: every record by its address and for the list's queries, and what else there is as it is asked for.

mod files;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{body::Bytes, http::HeaderValue};
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::SetOnce;

use crate::{
    checkout::{Checkout, Reader},
    finding::Finding,
    instant::Instant,
    name::ServerName,
    registry::{Registry, Release, Server},
    site::{
        Shared, Sink, Site, Wants, api,
        listing::Unshown,
        path::{self, Discovery, Endpoint, GroupFile, PagePath, SitePath, Spelling},
        query::{Place, Row, Rows},
    },
    status::Status,
    version::Version,
};

use super::document::Document;
use files::{Keeping, Wanted, kept_of};

/// Every version's record, from the start; every other document when it is asked for, or when all of their kind are made.
#[derive(Debug)]
pub struct Held {
    pub shared: Shared,
    /// What a browser may do with a page.
    pub(super) policy: HeaderValue,
    registry: Registry,
    /// The files that pages are made of: nothing else is read once a site is served.
    checkout: Checkout,
    /// The records of single versions, by their addresses.
    records: BTreeMap<Box<str>, Arc<Document>>,
    list: Rows<Bytes>,
    /// Documents of single servers that were asked for lately.
    made: Mutex<BTreeMap<Box<str>, Arc<Document>>>,
    whole: SetOnce<Whole>,
}

/// So many are kept, of which most have less than 30 kB.
const MADE_MAX: usize = 1024;

/// What is made of all servers, and takes a while.
#[derive(Debug)]
struct Whole {
    documents: BTreeMap<Box<str>, Arc<Document>>,
    /// The lists of groups, by their addresses.
    lists: BTreeMap<Box<str>, Rows<Bytes>>,
}

impl Held {
    /// Reads every version of a registry; or finds the files that keep it from being a site.
    pub fn gather(registry: Registry, checkout: &Checkout) -> anyhow::Result<Result<Self, Vec<Finding>>> {
        let site = Site::of(&registry, checkout);
        let grouped: BTreeSet<_> =
            registry.groups.values().flat_map(|group| &group.members).map(|member| &member.server).collect();
        let servers = registry.servers.par_iter();
        let read = servers.map_init(
            || checkout.store.reader(),
            |reader, (name, server)| {
                let latest = || server.latest().map(|latest| checkout.version_path(name, &latest.version));
                let wanted = if grouped.contains(name) { Wanted::All } else { Wanted::Only(latest()) };
                let mut keeping = Keeping { reader: &mut **reader, wanted, kept: Vec::new() };
                match read(&site, name, server, &mut keeping) {
                    Ok(found) => Ok(Ok((found, keeping.kept))),
                    Err(Unshown::Entry(findings)) => Ok(Err(findings)),
                    Err(Unshown::World(error)) => Err(error),
                }
            },
        );
        let (mut records, mut rows, mut files, mut findings) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for read in read.collect::<anyhow::Result<Vec<_>>>()? {
            match read {
                Ok((mut found, mut kept)) => {
                    records.append(&mut found.documents);
                    rows.append(&mut found.rows);
                    files.append(&mut kept);
                }
                Err(mut flawed) => findings.append(&mut flawed),
            }
        }
        if !findings.is_empty() {
            return Ok(Err(findings));
        }
        let policy = HeaderValue::try_from(site.assets.content_security_policy_header())?;
        Ok(Ok(Self {
            shared: site.shared(),
            policy,
            checkout: kept_of(checkout, files),
            registry,
            records: records.into_iter().collect(),
            list: Rows::of(rows),
            made: Mutex::default(),
            whole: SetOnce::new(),
        }))
    }

    /// Makes what is made of all servers; until then, who asks for it waits.
    pub(super) fn complete(&self) {
        let gathered = Gathered::default();
        let site = self.site();
        let wants = Wants { server: &|_| false, collections: true, progress: &|_| {} };
        let findings = site.render(&wants, &gathered).expect("what is held can be read");
        assert!(findings.is_empty(), "what is held is whole");
        let kept = gathered.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let rows: Vec<_> = kept.records.into_par_iter().map(|record| (record.list.clone(), row(&site, record))).collect();
        let mut lists: BTreeMap<Box<str>, Vec<_>> = kept.lists.into_iter().map(|list| (list, Vec::new())).collect();
        for (list, row) in rows {
            lists.entry(list).or_default().push(row);
        }
        let lists = lists.into_iter().map(|(list, rows)| (list, Rows::of(rows))).collect();
        let whole = Whole { documents: kept.documents.into_iter().collect(), lists };
        self.whole.set(whole).expect("a site is completed once");
    }

    pub(super) fn is_complete(&self) -> bool {
        self.whole.get().is_some()
    }

    /// Waits until everything can be asked for.
    pub(super) async fn completed(&self) {
        self.whole.wait().await;
    }

    fn site(&self) -> Site<'_> {
        Site::again(&self.registry, &self.checkout, &self.shared)
    }

    /// What stands at a decoded address, as far as it is made.
    pub(super) fn at(&self, address: &str) -> Option<Arc<Document>> {
        let known = self.records.get(address).or_else(|| self.whole.get()?.documents.get(address));
        known.cloned().or_else(|| {
            let made = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let before = made().get(address).cloned();
            before.or_else(|| {
                let document = self.of_server(address)?;
                let mut made = made();
                if made.len() == MADE_MAX {
                    made.clear();
                }
                made.insert(address.into(), Arc::clone(&document));
                Some(document)
            })
        })
    }

    /// Whether a page for people stands at an address, as far as it is made.
    pub(super) fn is_page(&self, address: &str) -> bool {
        let is_shown = |(name, server): (&ServerName, &Server)| {
            server.latest().is_some() && SitePath::Server(name.clone()).to_string() == address
        };
        let is_made = |whole: &Whole| whole.documents.contains_key(address);
        self.whole.get().is_some_and(is_made) || self.server(address).is_some_and(is_shown)
    }

    /// The server that an address is about.
    fn server(&self, address: &str) -> Option<(&ServerName, &Server)> {
        let name = ServerName::parse(path::server_of(address.strip_prefix('/')?)?).ok()?;
        self.registry.servers.get_key_value(&name)
    }

    /// Makes what stands at an address of one server.
    fn of_server(&self, address: &str) -> Option<Arc<Document>> {
        let (name, server) = self.server(address)?;
        let api = |endpoint: Endpoint| SitePath::Api(Spelling::V01, endpoint);
        let versions = api(Endpoint::Versions(name.clone()));
        if address == versions.to_string() {
            let record = |release: &Release| {
                let address = api(Endpoint::Version(name.clone(), release.version.clone())).to_string();
                Some(self.records.get(address.as_str())?.body())
            };
            let records: Vec<&Bytes> = server.present().filter_map(record).collect();
            let body = api::list(records.iter().map(|record| &record[..]));
            return (!records.is_empty()).then(|| Arc::new(Document::of(&versions, body.into())));
        }
        let paths = [
            SitePath::Server(name.clone()),
            SitePath::Page(PagePath::Badge(name.clone())),
            SitePath::Discovery(Discovery::Server(name.clone())),
            SitePath::Discovery(Discovery::Install(name.clone())),
        ];
        let path = paths.into_iter().find(|path| path.to_string() == address)?;
        let site = self.site();
        let shown = site.show(name, server, &mut *self.checkout.store.reader()).ok()??;
        let page = site.latest_page(&shown, &path)?;
        Some(Arc::new(Document::of(&path, page.body.into())))
    }

    /// The records of the list at an address in the newer spelling.
    pub(super) fn list(&self, path: &str) -> Option<&Rows<Bytes>> {
        if *path == *list_of(None) { Some(&self.list) } else { self.whole.get()?.lists.get(path) }
    }

    /// An address of the published site as it is without the base address in front.
    pub(super) fn inside<'a>(&self, path: &'a str) -> Option<&'a str> {
        let base = self.shared.facts.base_path();
        path.strip_prefix(base).filter(|inside| !base.is_empty() && inside.starts_with('/'))
    }
}

/// A server that was read: the documents of its versions, and what the list says of each; both in order, so that putting all
/// in order is quick.
#[derive(Default)]
struct Found {
    documents: Vec<(Box<str>, Arc<Document>)>,
    rows: Vec<(Row<Bytes>, String)>,
}

/// Reads every version of a server, deleted ones too, which stand in the list alone.
fn read<'a>(site: &'a Site<'a>, name: &'a ServerName, server: &'a Server, reader: &mut dyn Reader) -> Result<Found, Unshown> {
    let mut found = Found::default();
    for read in site.records(name, server, reader)? {
        let version = read.version;
        let endpoint = Endpoint::Version(name.clone(), version.clone());
        let path = SitePath::Api(Spelling::V01, endpoint);
        // They are kept, so they take no more room than they need.
        let document = Arc::new(Document::of(&path, Bytes::copy_from_slice(&read.body)));
        let record = Record { list: list_of(None), name: name.clone(), version: version.clone(), body: document.body().clone() };
        if read.official.status != Status::Deleted {
            found.documents.push((path.to_string().into(), Arc::clone(&document)));
        }
        if read.official.is_latest {
            let path = SitePath::Api(Spelling::V01, Endpoint::Latest(name.clone()));
            found.documents.push((path.to_string().into(), document));
        }
        if let Some(original) = read.original.filter(|_| read.official.status != Status::Deleted) {
            let path = SitePath::Original(name.clone(), version.clone());
            found.documents.push((path.to_string().into(), Arc::new(Document::of(&path, Bytes::copy_from_slice(&original)))));
        }
        found.rows.push(row(site, record));
    }
    found.documents.sort_by(|(a, _), (b, _)| a.cmp(b));
    found.rows.sort_by(|(a, _), (b, _)| a.place.cmp(&b.place));
    Ok(found)
}

/// A version in a list, as the API writes it.
#[derive(Clone)]
struct Record {
    list: Box<str>,
    name: ServerName,
    version: Version,
    body: Bytes,
}

/// The address of the registry's list, or of a group's.
fn list_of(group: Option<&str>) -> Box<str> {
    let endpoint = |group: &str| SitePath::Group(group.into(), GroupFile::Api(Spelling::V01, Endpoint::Servers));
    group.map_or(SitePath::Api(Spelling::V01, Endpoint::Servers), endpoint).to_string().into()
}

/// A record with its description. What a list is asked for is read from what it answers, so the two cannot differ.
fn row(site: &Site, Record { name, version, body, .. }: Record) -> (Row<Bytes>, String) {
    #[derive(Deserialize)]
    struct Written<'a> {
        server: Said,
        #[serde(rename = "_meta", borrow)]
        meta: Meta<'a>,
    }
    #[derive(Deserialize)]
    struct Said {
        /// Whatever an author gave as one: only rules say that it is a text.
        #[serde(default)]
        description: Value,
    }
    #[derive(Deserialize)]
    struct Meta<'a> {
        #[serde(rename = "io.modelcontextprotocol.registry/official", borrow)]
        official: Official<'a>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Official<'a> {
        status: Status,
        updated_at: &'a str,
        is_latest: bool,
    }
    let Written { server, meta: Meta { official } } = serde_json::from_slice(&body).expect("a record of ours");
    let published = site.registry.history.line(&name, &version).map_or(u32::MAX, |life| life.first_serial());
    let row = Row {
        place: Place { name, version, published },
        updated_at: Instant::parse(official.updated_at).expect("a time of ours"),
        is_latest: official.is_latest,
        is_deleted: official.status == Status::Deleted,
        record: body,
    };
    let description = if let Value::String(text) = server.description { text } else { String::new() };
    (row, description)
}

/// Where a site's pages go.
#[derive(Default)]
struct Gathered(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    documents: Vec<(Box<str>, Arc<Document>)>,
    records: Vec<Record>,
    /// The addresses of lists, also of empty ones.
    lists: Vec<Box<str>>,
}

/// A document that arrives in pieces; nobody wants it where it has no addresses.
struct Growing {
    paths: Vec<SitePath>,
    body: Vec<u8>,
}

/// What becomes of a page at an address.
enum Use {
    Document,
    /// One version, which its list holds too.
    Version(Record),
    /// Answered from the records.
    List(Box<str>),
    /// Answered like the newer spelling.
    Older,
}

impl Use {
    fn of(path: &SitePath, body: &Bytes) -> Self {
        let (group, spelling, endpoint) = match path {
            SitePath::Api(spelling, endpoint) => (None, spelling, endpoint),
            SitePath::Group(id, GroupFile::Api(spelling, endpoint)) => (Some(&**id), spelling, endpoint),
            _ => return Self::Document,
        };
        match (spelling, endpoint) {
            (Spelling::V0, _) => Self::Older,
            (Spelling::V01, Endpoint::Servers) => Self::List(list_of(group)),
            (Spelling::V01, Endpoint::Version(name, version)) => {
                let body = body.clone();
                Self::Version(Record { list: list_of(group), name: name.clone(), version: version.clone(), body })
            }
            (Spelling::V01, _) => Self::Document,
        }
    }
}

impl Gathered {
    fn keep(&self, paths: &[SitePath], body: Bytes) {
        let Some(first) = paths.first() else { return };
        let document = Arc::new(Document::of(first, body));
        let uses: Vec<(Box<str>, Use)> =
            paths.iter().map(|path| (path.to_string().into(), Use::of(path, document.body()))).collect();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (address, meant) in uses {
            match meant {
                Use::Older => continue,
                Use::List(list) => {
                    kept.lists.push(list);
                    continue;
                }
                Use::Version(record) => kept.records.push(record),
                Use::Document => {}
            }
            kept.documents.push((address, Arc::clone(&document)));
        }
    }
}

impl Sink for Gathered {
    type Open = Growing;

    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()> {
        self.keep(paths, Bytes::copy_from_slice(body));
        Ok(())
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Growing> {
        Ok(Growing { paths, body: Vec::new() })
    }

    fn append(&self, open: &mut Growing, bytes: &[u8]) -> anyhow::Result<()> {
        let is_list = |path: &SitePath| matches!(path, SitePath::Api(_, Endpoint::Servers));
        // The list of all servers is answered from their records, and large.
        if !open.paths.iter().all(is_list) {
            open.body.extend_from_slice(bytes);
        }
        Ok(())
    }

    fn close(&self, open: Growing) -> anyhow::Result<()> {
        self.keep(&open.paths, Bytes::copy_from_slice(&open.body));
        Ok(())
    }
}
