//! A site held in memory: every document by its address, and every record for the list's queries.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{body::Bytes, http::HeaderValue};
use rayon::prelude::*;
use serde::Deserialize;

use crate::{
    finding::Finding,
    instant::Instant,
    name::ServerName,
    site::{
        Facts, Sink, Site, Wants,
        listing::{Listing, Unshown},
        path::{Endpoint, GroupFile, SitePath, Spelling},
        query::{Place, Row, Rows},
    },
    status::Status,
    version::Version,
};

use super::document::Document;

#[derive(Debug)]
pub struct Held {
    pub facts: Facts,
    /// What a browser may do with a page.
    pub(super) policy: HeaderValue,
    documents: BTreeMap<Box<str>, Arc<Document>>,
    /// The lists by their addresses: the registry's, and that of each group.
    lists: BTreeMap<Box<str>, Rows<Bytes>>,
}

impl Held {
    /// Renders a whole site into memory; or the files that keep it from being one.
    pub fn gather(site: &Site) -> anyhow::Result<Result<Self, Vec<Finding>>> {
        let gathered = Gathered::default();
        let wants = Wants { server: &|_| true, collections: true, progress: &|_| {} };
        let mut findings = site.render(&wants, &gathered)?;
        let mut kept = gathered.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        match deleted(site) {
            Ok(mut records) => kept.records.append(&mut records),
            Err(Unshown::Entry(mut flawed)) => findings.append(&mut flawed),
            Err(Unshown::World(error)) => return Err(error),
        }
        if !findings.is_empty() {
            return Ok(Err(findings));
        }
        let rows: Vec<_> = kept.records.into_par_iter().map(|record| (record.list.clone(), row(site, record))).collect();
        let mut lists: BTreeMap<Box<str>, Vec<_>> = kept.lists.into_iter().map(|list| (list, Vec::new())).collect();
        for (list, row) in rows {
            lists.entry(list).or_default().push(row);
        }
        let lists = lists.into_par_iter().map(|(list, rows)| (list, Rows::of(rows))).collect();
        let policy = HeaderValue::try_from(site.assets.content_security_policy_header())?;
        Ok(Ok(Self { facts: site.facts.clone(), policy, documents: kept.documents.into_iter().collect(), lists }))
    }

    /// What stands at a decoded address.
    pub(super) fn at(&self, path: &str) -> Option<&Arc<Document>> {
        self.documents.get(path)
    }

    /// The records of the list at an address in the newer spelling.
    pub(super) fn list(&self, path: &str) -> Option<&Rows<Bytes>> {
        self.lists.get(path)
    }

    /// An address of the published site as it is without the base address in front.
    pub(super) fn inside<'a>(&self, path: &'a str) -> Option<&'a str> {
        let base = self.facts.base_path();
        path.strip_prefix(base).filter(|inside| !base.is_empty() && inside.starts_with('/'))
    }
}

/// The records of deleted versions, which stand at no address.
fn deleted(site: &Site) -> Result<Vec<Record>, Unshown> {
    let servers = site.registry.servers.par_iter().filter(|(_, server)| server.present().count() < server.releases.len());
    let records = servers.map_init(
        || site.checkout.store.reader(),
        |reader, (name, server)| {
            let record = |listing: Listing| Record {
                list: list_of(None),
                name: name.clone(),
                version: listing.version.clone(),
                body: listing.record.into(),
            };
            site.deleted(name, server, &mut **reader).map(|deleted| deleted.into_iter().map(record).collect::<Vec<_>>())
        },
    );
    Ok(records.collect::<Result<Vec<_>, Unshown>>()?.concat())
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
        server: Server,
        #[serde(rename = "_meta", borrow)]
        meta: Meta<'a>,
    }
    #[derive(Deserialize)]
    struct Server {
        #[serde(default)]
        description: String,
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
    (row, server.description)
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
        self.keep(&open.paths, open.body.into());
        Ok(())
    }

    fn discard(&self, _: Growing) -> anyhow::Result<()> {
        Ok(())
    }
}
