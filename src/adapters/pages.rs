//! The documents of a site on their way to a target: rendered once to be listed, and again as they are asked for, unless all will be:
//! then they wait in files meanwhile. So does what is large, or asked for later than what it is rendered with.

mod spool;
mod survey;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{LazyLock, OnceLock},
};

use rayon::prelude::*;

use crate::{
    digest::Sha256,
    finding::Finding,
    manifest::{Fingerprint, Line, Manifest},
    name::ServerName,
    plan::Put,
    ports::{Body, Headers},
    publish::{Document, Source, To},
    site::{
        Sink, Site, Wants,
        path::{self, Cache, Endpoint, Kind, PagePath, SitePath, Spelling},
    },
    status::Status,
};

use super::dir::Nowhere;
use spool::{Pieces, Spool};
use survey::Survey;

/// How a site lies at its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With a second key where a client may ask in another spelling.
    Bucket,
    /// With the files that tell hosts how to answer.
    Folder,
}

impl Form {
    pub(super) fn keys(self, path: &SitePath) -> impl Iterator<Item = String> {
        let alias = path.alias().filter(|_| self == Self::Bucket);
        [Some(path.key()), alias].into_iter().flatten()
    }

    /// The keys of a document, with what is said with it at each.
    fn headed(self, paths: &[SitePath]) -> impl Iterator<Item = (String, Headers)> {
        paths.iter().flat_map(move |path| {
            let headers = Headers { content_type: path.kind().content_type(), cache_control: path.cache().control() };
            self.keys(path).map(move |key| (key, headers))
        })
    }
}

/// A document that is no page of the site.
#[derive(Clone, Debug)]
pub struct Extra {
    pub key: &'static str,
    pub headers: Headers,
    pub body: Vec<u8>,
}

/// What is kept of what is rendered to be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Little will be asked for.
    Nothing,
    /// All of it will be.
    Everything,
}

/// Everything that is published of a site, rendered as often as it is needed.
#[derive(Debug)]
pub struct Pages<'a> {
    pub site: &'a Site<'a>,
    pub form: Form,
    /// The keys of what is rendered without reading any entry, once they were asked for.
    singles: OnceLock<BTreeSet<String>>,
    kept: Kept,
}

/// What of it need not be rendered.
#[derive(Debug)]
pub struct Kept {
    extras: Vec<Extra>,
    spool: Spool,
}

impl<'a> Pages<'a> {
    pub fn of(site: &'a Site<'a>, form: Form, extras: Vec<Extra>) -> Self {
        Self { site, form, singles: OnceLock::new(), kept: Kept { extras, spool: Spool::default() } }
    }

    /// Leaves the site behind: whatever is asked for was kept.
    pub fn into_kept(self) -> Kept {
        self.kept
    }

    /// Renders everything, and lists it; `findings` are the files for which the whole is refused.
    pub fn survey(&self, keep: Keep, progress: &(dyn Fn(usize) + Sync)) -> anyhow::Result<Result<Manifest, Vec<Finding>>> {
        let all = Wants { server: &|_| true, collections: true, progress };
        let listed = match keep {
            Keep::Nothing => {
                let survey = Nowhere::of(self.site.facts.counts, self.form);
                self.render(&all, &survey)?.map(|()| survey.manifest())
            }
            Keep::Everything => {
                let survey = Survey::of(self.site.facts.counts, self.form, &self.kept.spool);
                self.render(&all, &survey)?.map(|()| survey.manifest())
            }
        };
        Ok(listed.map(|manifest| self.with_extras(manifest)))
    }

    fn render(&self, wants: &Wants, sink: &impl Sink) -> anyhow::Result<Result<(), Vec<Finding>>> {
        let findings = self.site.render(wants, sink)?;
        if !findings.is_empty() {
            return Ok(Err(findings));
        }
        if self.form == Form::Folder && wants.collections {
            self.site.host_pages().iter().try_for_each(|page| sink.page(&page.paths, &page.body))?;
        }
        Ok(Ok(()))
    }

    fn with_extras(&self, manifest: Manifest) -> Manifest {
        let line = |Extra { key, headers, body }: &Extra| {
            let headers = Fingerprint::said(headers.content_type, headers.cache_control);
            (*key, Line { sha256: Sha256::of(body), size: body.len() as u64, headers })
        };
        manifest.with(self.kept.extras.iter().map(line))
    }
}

impl Pages<'_> {
    fn singles(&self) -> &BTreeSet<String> {
        self.singles.get_or_init(|| {
            let pages = self.site.single_pages();
            let keys = pages.iter().flat_map(|page| &page.paths).flat_map(|path| self.form.keys(path));
            keys.chain(self.kept.extras.iter().map(|extra| extra.key.to_owned())).collect()
        })
    }

    /// The keys of versions and servers that are deleted.
    pub fn deleted(&self) -> BTreeSet<String> {
        let mut paths = Vec::new();
        for (name, server) in &self.site.registry.servers {
            let api = |endpoint: Endpoint| Spelling::ALL.map(|spelling| SitePath::Api(spelling, endpoint.clone()));
            for release in &server.releases {
                if server.status.of(&release.version).status == Status::Deleted {
                    paths.extend(api(Endpoint::Version(name.clone(), release.version.clone())));
                    paths.push(SitePath::Original(name.clone(), release.version.clone()));
                }
            }
            if server.latest().is_none() {
                paths.extend(api(Endpoint::Versions(name.clone())));
                paths.extend(api(Endpoint::Latest(name.clone())));
                paths.extend([SitePath::Server(name.clone()), SitePath::Page(PagePath::Badge(name.clone()))]);
            }
        }
        paths.iter().flat_map(|path| self.form.keys(path)).collect()
    }
}

impl Kept {
    /// Gives what is here, and tells what is not.
    fn give<'k>(&self, wanted: &[Put<'k>], to: &To) -> anyhow::Result<BTreeSet<&'k str>> {
        let one = |&Put { key, line, .. }: &Put<'k>| {
            let Some(body) = self.spool.find(&line.sha256, line.size)? else { return Ok(Some(key)) };
            to(Document { key: key.to_owned(), headers: said(line.headers), body, sha256: line.sha256 }).map(|()| None)
        };
        // On every core, since a target may do its work where it is given something.
        let missing = wanted.par_iter().map(one).filter_map(Result::transpose);
        let mut missing: BTreeSet<&str> = missing.collect::<anyhow::Result<_>>()?;
        for Extra { key, headers, body } in &self.extras {
            if missing.remove(key) {
                let sha256 = Sha256::of(body);
                to(Document { key: (*key).to_owned(), headers: *headers, body: body.clone().into(), sha256 })?;
            }
        }
        Ok(missing)
    }
}

impl Source for Kept {
    fn give(&self, wanted: &[Put], _: &[Put], to: &To) -> anyhow::Result<()> {
        // What is missing is counted by who asked.
        self.give(wanted, to).map(drop)
    }
}

impl Source for Pages<'_> {
    fn give(&self, wanted: &[Put], later: &[Put], to: &To) -> anyhow::Result<()> {
        let missing = self.kept.give(wanted, to)?;
        if missing.is_empty() {
            return Ok(());
        }
        let mut gift = Gift { form: self.form, keys: &missing, later: BTreeSet::new(), to, spool: &self.kept.spool };
        let mut asked = self.work(&missing);
        if !asked.is_nothing() {
            // Most of the work is to read the entries, so what comes later is made of them now and kept until then.
            gift.later.extend(later.iter().map(|put| put.key));
            asked = self.work(&missing.union(&gift.later).copied().collect());
        }
        let server = |name: &ServerName| asked.servers.contains(name.as_str());
        let wants = Wants { server: &server, collections: asked.collections, progress: &|_| {} };
        // What cannot be shown was found when the site was listed; what is missing is counted by who asked.
        self.render(&wants, &gift).map(drop)
    }
}

/// What is said with a document of which this is noted.
fn said(headers: Fingerprint) -> Headers {
    static ALL: LazyLock<BTreeMap<Fingerprint, Headers>> = LazyLock::new(|| {
        let pairs = Kind::ALL.into_iter().flat_map(|kind| Cache::ALL.map(|cache| (kind, cache)));
        let headers = pairs.map(|(kind, cache)| Headers { content_type: kind.content_type(), cache_control: cache.control() });
        headers.map(|headers| (Fingerprint::said(headers.content_type, headers.cache_control), headers)).collect()
    });
    ALL[&headers]
}

/// What has to be rendered for some keys.
struct Work<'a> {
    servers: BTreeSet<&'a str>,
    collections: bool,
}

impl Work<'_> {
    /// Whether no entry has to be read.
    fn is_nothing(&self) -> bool {
        self.servers.is_empty() && !self.collections
    }
}

impl Pages<'_> {
    fn work<'k>(&self, keys: &BTreeSet<&'k str>) -> Work<'k> {
        let server = |name: &str| self.site.registry.servers.get(&ServerName::parse(name).ok()?);
        let shown = |name: &str| server(name).is_some_and(|server| server.latest().is_some());
        let needs_no_server = self.singles();
        let mut work = Work { servers: BTreeSet::new(), collections: false };
        for key in keys {
            match path::server_of(key).filter(|name| shown(name)) {
                Some(name) => drop(work.servers.insert(name)),
                None => work.collections |= !needs_no_server.contains(*key),
            }
        }
        work
    }
}

/// Gives what is asked for, and keeps what will be.
struct Gift<'a> {
    form: Form,
    keys: &'a BTreeSet<&'a str>,
    later: BTreeSet<&'a str>,
    to: &'a To<'a>,
    spool: &'a Spool,
}

impl Gift<'_> {
    fn asked(&self, paths: &[SitePath]) -> Vec<(String, Headers)> {
        self.form.headed(paths).filter(|(key, _)| self.keys.contains(key.as_str()) || self.later.contains(key.as_str())).collect()
    }

    fn give(&self, asked: Vec<(String, Headers)>, sha256: Sha256, body: &Body) -> anyhow::Result<()> {
        let (now, later): (Vec<_>, Vec<_>) = asked.into_iter().partition(|(key, _)| self.keys.contains(key.as_str()));
        if !later.is_empty() {
            self.spool.keep(sha256, body)?;
        }
        now.into_iter().try_for_each(|(key, headers)| (self.to)(Document { key, headers, body: body.clone(), sha256 }))
    }
}

impl Sink for Gift<'_> {
    type Open = (Vec<(String, Headers)>, Option<Pieces>);

    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()> {
        let asked = self.asked(paths);
        if asked.is_empty() { Ok(()) } else { self.give(asked, Sha256::of(body), &body.to_vec().into()) }
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Self::Open> {
        let asked = self.asked(&paths);
        let pieces = (!asked.is_empty()).then(Pieces::default);
        Ok((asked, pieces))
    }

    fn append(&self, (_, pieces): &mut Self::Open, bytes: &[u8]) -> anyhow::Result<()> {
        pieces.as_mut().map_or(Ok(()), |pieces| pieces.append(bytes, self.spool))
    }

    fn close(&self, (asked, pieces): Self::Open) -> anyhow::Result<()> {
        let Some(pieces) = pieces else { return Ok(()) };
        let (body, sha256) = pieces.end()?;
        self.give(asked, sha256, &body)
    }
}
