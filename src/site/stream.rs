//! All pages in one go: servers are read once, window by window on all cores, and whatever is made of them is put together
//! as they pass.

use std::{fmt, mem};

use rayon::prelude::*;

use crate::{checkout::Reader, finding::Finding, group::Group, name::ServerName, registry::Server};

use super::{
    Batch, Site,
    card::Card,
    collection::Collection,
    listing::{Unshown, Whole},
    path::SitePath,
};

/// Where pages go.
pub trait Sink: Sync {
    /// A document that arrives in pieces.
    type Open: Send;

    /// A whole document, which stands at each of these addresses.
    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()>;
    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Self::Open>;
    fn append(&self, open: &mut Self::Open, bytes: &[u8]) -> anyhow::Result<()>;
    /// The document is whole.
    fn close(&self, open: Self::Open) -> anyhow::Result<()>;
    /// There is no such document after all.
    fn discard(&self, open: Self::Open) -> anyhow::Result<()> {
        drop(open);
        Ok(())
    }
}

/// Which of the pages are asked for.
#[derive(Clone, Copy)]
pub struct Wants<'a> {
    /// Whether the pages of a server.
    pub server: &'a (dyn Fn(&ServerName) -> bool + Sync),
    /// Whether what is made of all servers.
    pub collections: bool,
    /// Told after every window how many servers are done.
    pub progress: &'a (dyn Fn(usize) + Sync),
}

impl fmt::Debug for Wants<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wants").field("collections", &self.collections).finish_non_exhaustive()
    }
}

/// Enough servers that every thread has work until the end of a window, few enough that their parts fit in memory.
const WINDOW: usize = 256;

/// What a server adds to each collection.
type Parts = Vec<Vec<u8>>;

pub(super) fn render<'a, S: Sink>(site: &'a Site<'a>, wants: &Wants, sink: &S) -> anyhow::Result<Vec<Finding>> {
    for page in site.single_pages() {
        sink.page(&page.paths, &page.body)?;
    }
    let collections = if wants.collections { site.collections() } else { Vec::new() };
    let mut open =
        collections.iter().map(|collection| Growing::open(site, &**collection, sink)).collect::<Result<Vec<_>, _>>()?;
    let servers: Vec<_> = site.servers().filter(|(name, _)| wants.collections || (wants.server)(name)).collect();
    let mut findings = Vec::new();
    let (mut passed, mut cards): (Vec<Parts>, Vec<Card>) = (Vec::new(), Vec::with_capacity(servers.len()));
    for (at, window) in servers.chunks(WINDOW).enumerate() {
        let (appended, rendered) = rayon::join(
            || append(&mut open, &mem::take(&mut passed), sink),
            || window_of(site, window, wants, &collections, sink),
        );
        appended?;
        let mut done = rendered?;
        passed = done.parts;
        cards.append(&mut done.cards);
        findings.append(&mut done.findings);
        (wants.progress)(at * WINDOW + window.len());
    }
    append(&mut open, &passed, sink)?;
    // Of what follows, groups alone read, and they are small.
    site.checkout.store.forget();
    for growing in open {
        growing.close(site, sink)?;
    }
    if wants.collections {
        let give = |batch: Batch| batch(&|paths, body| sink.page(paths, body));
        site.card_pages(&cards).into_par_iter().try_for_each(give)?;
    }
    if wants.collections && findings.is_empty() {
        findings = groups(site, sink)?;
    }
    Ok(findings)
}

/// What a window's servers leave behind when their pages are written.
#[derive(Default)]
struct Window<'a> {
    parts: Vec<Parts>,
    cards: Vec<Card<'a>>,
    findings: Vec<Finding>,
}

/// Writes the pages of every group, for which its members are read again: a group is small.
fn groups<'a, S: Sink>(site: &'a Site<'a>, sink: &S) -> anyhow::Result<Vec<Finding>> {
    let one =
        |reader: &mut Box<dyn Reader + 'a>, (id, group): (&'a str, &'a Group)| match site.group_pages(id, group, &mut **reader) {
            Ok(pages) => pages.iter().try_for_each(|page| sink.page(&page.paths, &page.body)).map(|()| Vec::new()),
            Err(Unshown::Entry(findings)) => Ok(findings),
            Err(Unshown::World(error)) => Err(error),
        };
    let groups = site.registry.groups.par_iter().map(|(id, group)| (&**id, group));
    let told: Vec<Vec<Finding>> = groups.map_init(|| site.checkout.store.reader(), one).collect::<anyhow::Result<_>>()?;
    Ok(told.into_iter().flatten().collect())
}

/// A collection that is being put together.
struct Growing<'a, O> {
    collection: &'a dyn Collection,
    open: O,
    parts: usize,
}

impl<'a, O> Growing<'a, O> {
    fn open<S: Sink<Open = O>>(site: &Site, collection: &'a dyn Collection, sink: &S) -> anyhow::Result<Self> {
        let mut open = sink.open(collection.paths())?;
        sink.append(&mut open, &collection.open(&site.facts))?;
        Ok(Self { collection, open, parts: 0 })
    }

    fn append<S: Sink<Open = O>>(&mut self, part: &[u8], sink: &S) -> anyhow::Result<()> {
        if part.is_empty() {
            return Ok(());
        }
        if self.parts > 0 {
            sink.append(&mut self.open, self.collection.separator())?;
        }
        self.parts += 1;
        sink.append(&mut self.open, part)
    }

    fn close<S: Sink<Open = O>>(mut self, site: &Site, sink: &S) -> anyhow::Result<()> {
        let Some(end) = self.collection.close(&site.facts, self.parts) else { return sink.discard(self.open) };
        sink.append(&mut self.open, &end)?;
        sink.close(self.open)
    }
}

fn append<S: Sink>(open: &mut [Growing<S::Open>], passed: &[Parts], sink: &S) -> anyhow::Result<()> {
    open.par_iter_mut()
        .enumerate()
        .try_for_each(|(at, growing)| passed.iter().try_for_each(|parts| growing.append(&parts[at], sink)))
}

/// Writes the pages of a window's servers.
fn window_of<'a, S: Sink>(
    site: &'a Site<'a>,
    window: &[(&'a ServerName, &'a Server)],
    wants: &Wants,
    collections: &[Box<dyn Collection + 'a>],
    sink: &S,
) -> anyhow::Result<Window<'a>> {
    let one = |reader: &mut Box<dyn Reader + 'a>, &(name, server): &(&'a ServerName, &'a Server)| {
        let shown = if (wants.server)(name) {
            let given = |whole: Whole<'a>| {
                site.server_pages(&whole, &|paths, body| sink.page(paths, body))?;
                Ok(whole.shown)
            };
            site.show_whole(name, server, &mut **reader).and_then(|whole| whole.map(given).transpose())
        } else {
            site.show(name, server, &mut **reader)
        };
        let shown = match shown {
            Ok(Some(shown)) => shown,
            Ok(None) => return Ok(Ok((vec![Vec::new(); collections.len()], None))),
            Err(Unshown::Entry(findings)) => return Ok(Err(findings)),
            Err(Unshown::World(error)) => return Err(error),
        };
        let parts: Parts = collections.iter().map(|collection| collection.part(&site.facts, &shown)).collect();
        Ok(Ok((parts, wants.collections.then(|| Card::of(&shown)))))
    };
    let rendered = window.par_iter().map_init(|| site.checkout.store.reader(), one).collect::<anyhow::Result<Vec<_>>>()?;
    let mut done = Window::default();
    for one in rendered {
        match one {
            Ok((parts, card)) => {
                done.parts.push(parts);
                done.cards.extend(card);
            }
            Err(mut findings) => done.findings.append(&mut findings),
        }
    }
    Ok(done)
}
