//! All pages in one go: servers are read once, window by window on all cores, and whatever is made of them is put together
//! as they pass.

mod growing;

use std::{borrow::Cow, fmt, mem};

use rayon::prelude::*;

use crate::{checkout::Reader, finding::Finding, group::Group, name::ServerName, registry::Server};

use super::{
    Batch, Site,
    card::Card,
    collection::Collection,
    known::{self, Known, Memory},
    listing::Unshown,
    path::SitePath,
};
use growing::{Again, Growing, Parts, append};

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

    /// What is remembered of a site where the pages go.
    fn memory(&self) -> Option<&dyn Memory> {
        None
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

pub(super) fn render<'a, S: Sink>(site: &'a Site<'a>, wants: &Wants, sink: &'a S) -> anyhow::Result<Vec<Finding>> {
    for page in site.single_pages() {
        sink.page(&page.paths, &page.body)?;
    }
    let collections = if wants.collections { site.collections() } else { Vec::new() };
    let memory = sink.memory().filter(|_| wants.collections);
    let known = memory.and_then(Memory::known).filter(|known| known.collections() == collections.len());
    let mut open = collections
        .iter()
        .enumerate()
        .map(|(at, collection)| Growing::open(site, &**collection, sink, Again::of(&**collection, at, memory, known)?))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let servers: Vec<_> = site.servers().filter(|(name, _)| wants.collections || (wants.server)(name)).collect();
    let mut findings = Vec::new();
    let (mut passed, mut cards): (Vec<Parts>, Vec<Card>) = (Vec::new(), Vec::with_capacity(servers.len()));
    let mut lengths: Vec<Cow<[u64]>> = Vec::new();
    let scene = Scene { site, wants, collections: &collections, known, sink };
    for (at, window) in servers.chunks(WINDOW).enumerate() {
        let (appended, rendered) = rayon::join(|| append(&mut open, &mem::take(&mut passed), sink), || scene.window(window));
        appended?;
        let mut done = rendered?;
        if memory.is_some() {
            lengths.extend(done.parts.iter().map(|parts| parts.lengths(known)));
        }
        passed = done.parts;
        cards.append(&mut done.cards);
        findings.append(&mut done.findings);
        (wants.progress)(at * WINDOW + window.len());
    }
    append(&mut open, &passed, sink)?;
    // Of what follows, groups alone read, and they are small.
    site.checkout.store.forget();
    let openings: Vec<u64> = open.iter().map(|growing| growing.opening).collect();
    let learn = |memory: &dyn Memory| {
        let servers = cards.iter().zip(&lengths).map(|(card, parts)| known::Server::of(card, parts));
        memory.learn(&mut Known::lines(&openings, servers))
    };
    let made = || {
        open.into_par_iter().try_for_each(|growing| growing.close(site, sink))?;
        let give = |batch: Batch| give(batch, site, memory, sink);
        // One at a time: a few take long, and no thread should have several of them while others have none.
        if wants.collections { site.card_pages(&cards).into_par_iter().with_max_len(1).try_for_each(give) } else { Ok(()) }
    };
    let is_shown = findings.is_empty();
    let (made, learned) = rayon::join(made, || memory.filter(|_| is_shown).map_or(Ok(()), learn));
    made.and(learned)?;
    if wants.collections && is_shown {
        findings = groups(site, sink)?;
    }
    Ok(findings)
}

/// Gives the pages of a batch, but for one that can stay as it lies.
fn give<S: Sink>(batch: Batch, site: &Site, memory: Option<&dyn Memory>, sink: &S) -> anyhow::Result<()> {
    match batch {
        Batch::Several(pages) => pages(&|paths, body| sink.page(paths, body)),
        Batch::One(leaf) if memory.is_some_and(|memory| memory.keep(&SitePath::Page(leaf.path()), leaf.digest())) => Ok(()),
        Batch::One(leaf) => {
            let page = leaf.page(site);
            sink.page(&page.paths, &page.body)
        }
    }
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

/// What the servers of every window are rendered with.
struct Scene<'s, 'a, S> {
    site: &'a Site<'a>,
    wants: &'s Wants<'s>,
    collections: &'s [Box<dyn Collection + 'a>],
    known: Option<&'a Known>,
    sink: &'s S,
}

impl<'a, S: Sink> Scene<'_, 'a, S> {
    /// Writes the pages of a window's servers.
    fn window(&self, window: &[(&'a ServerName, &'a Server)]) -> anyhow::Result<Window<'a>> {
        let one = |reader: &mut Box<dyn Reader + 'a>, &(name, server): &(&'a ServerName, &'a Server)| match self.server(
            name,
            server,
            &mut **reader,
        ) {
            Ok(left) => Ok(Ok(left)),
            Err(Unshown::Entry(findings)) => Ok(Err(findings)),
            Err(Unshown::World(error)) => Err(error),
        };
        let reader = || self.site.checkout.store.reader();
        let rendered = window.par_iter().map_init(reader, one).collect::<anyhow::Result<Vec<_>>>()?;
        let mut done = Window::default();
        for one in rendered {
            match one {
                Ok(Some((parts, card))) => {
                    done.parts.push(parts);
                    done.cards.push(card);
                }
                Ok(None) => {}
                Err(mut findings) => done.findings.append(&mut findings),
            }
        }
        Ok(done)
    }

    /// Writes the pages of a server, and gives what it adds to pages that are made of all, if they are asked for.
    fn server(
        &self,
        name: &'a ServerName,
        server: &'a Server,
        reader: &mut dyn Reader,
    ) -> Result<Option<(Parts, Card<'a>)>, Unshown> {
        let Self { site, wants, collections, known, sink } = *self;
        let wanted = (wants.server)(name);
        if let Some((known, at)) = known.filter(|_| !wanted).and_then(|known| Some((known, known.find(name.as_str())?))) {
            let version = &server.latest().expect("a server that is shown has a version").version;
            let said = Cow::Borrowed(&*known.server(at).said);
            return Ok(Some((Parts::Known(at), Card { name, version, said })));
        }
        let shown = if wanted {
            let Some(whole) = site.show_whole(name, server, reader)? else { return Ok(None) };
            site.server_pages(&whole, &|paths, body| sink.page(paths, body))?;
            whole.shown
        } else {
            let Some(shown) = site.show(name, server, reader)? else { return Ok(None) };
            shown
        };
        if !wants.collections {
            return Ok(None);
        }
        let parts = collections.iter().map(|collection| collection.part(&shown)).collect();
        Ok(Some((Parts::Made(parts), Card::of(&shown))))
    }
}
