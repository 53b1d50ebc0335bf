//! Documents that are made of all servers, as they grow while servers pass: by what was made of a server, or by what is copied from the
//! document that lies there.

use std::{borrow::Cow, ops::Range};

use rayon::prelude::*;

use super::{
    super::{
        Site,
        collection::Collection,
        known::{self, Known, Memory, Predecessor},
    },
    Sink,
};

/// What a server adds to each collection.
pub(super) enum Parts {
    Made(Vec<Vec<u8>>),
    /// As much as it adds where the site lies, at this place in the order of what is known.
    Known(usize),
}

impl Parts {
    pub(super) fn lengths<'k>(&self, known: Option<&'k Known>) -> Cow<'k, [u64]> {
        match self {
            Self::Made(parts) => parts.iter().map(|part| part.len() as u64).collect(),
            Self::Known(server) => Cow::Borrowed(&known.expect("who knows a server is known").server(*server).parts),
        }
    }
}

/// A collection that is being put together.
pub(super) struct Growing<'a, O> {
    collection: &'a dyn Collection,
    open: O,
    /// How much stands before the parts.
    pub(super) opening: u64,
    parts: usize,
    again: Option<Again<'a>>,
}

/// A collection as it lies, of which parts are taken again.
pub(super) struct Again<'a> {
    predecessor: Box<dyn Predecessor + 'a>,
    parts: known::Places<'a>,
    /// What is to be taken next: neighbours are taken together, with what stands between them.
    pending: Option<Range<u64>>,
}

impl<'a> Again<'a> {
    pub(super) fn of(
        collection: &dyn Collection,
        at: usize,
        memory: Option<&'a dyn Memory>,
        known: Option<&'a Known>,
    ) -> anyhow::Result<Option<Self>> {
        let Some((memory, known)) = memory.zip(known) else { return Ok(None) };
        let path = collection.paths().into_iter().next().expect("a collection stands somewhere");
        let parts = known::Places::of(known, at, collection.separator().len());
        Ok(memory.predecessor(&path)?.map(|predecessor| Self { predecessor, parts, pending: None }))
    }
}

impl<'a, O> Growing<'a, O> {
    pub(super) fn open<S: Sink<Open = O>>(
        site: &Site,
        collection: &'a dyn Collection,
        sink: &S,
        again: Option<Again<'a>>,
    ) -> anyhow::Result<Self> {
        let mut open = sink.open(collection.paths())?;
        let opening = collection.open(&site.facts);
        sink.append(&mut open, &opening)?;
        Ok(Self { collection, open, opening: opening.len() as u64, parts: 0, again })
    }

    fn append<S: Sink<Open = O>>(&mut self, part: &[u8], sink: &S) -> anyhow::Result<()> {
        if part.is_empty() {
            return Ok(());
        }
        self.take_pending(sink)?;
        self.separate(sink)?;
        self.parts += 1;
        sink.append(&mut self.open, part)
    }

    fn separate<S: Sink<Open = O>>(&mut self, sink: &S) -> anyhow::Result<()> {
        if self.parts > 0 { sink.append(&mut self.open, self.collection.separator()) } else { Ok(()) }
    }

    /// Appends what a server has added where the collection lies.
    fn append_again<S: Sink<Open = O>>(&mut self, server: usize, sink: &S) -> anyhow::Result<()> {
        // What does not lie there had no part of any server.
        let Some(again) = &mut self.again else { return Ok(()) };
        let Some(part) = again.parts.find(server) else { return Ok(()) };
        match &mut again.pending {
            Some(pending) if pending.end + self.collection.separator().len() as u64 == part.start => pending.end = part.end,
            _ => {
                self.take_pending(sink)?;
                self.separate(sink)?;
                self.again.as_mut().expect("it was there").pending = Some(part);
            }
        }
        self.parts += 1;
        Ok(())
    }

    fn take_pending<S: Sink<Open = O>>(&mut self, sink: &S) -> anyhow::Result<()> {
        let Some(again) = &mut self.again else { return Ok(()) };
        let Some(pending) = again.pending.take() else { return Ok(()) };
        again.predecessor.copy(pending, &mut |bytes| sink.append(&mut self.open, bytes))
    }

    pub(super) fn close<S: Sink<Open = O>>(mut self, site: &Site, sink: &S) -> anyhow::Result<()> {
        self.take_pending(sink)?;
        if let Some(again) = self.again {
            again.predecessor.close()?;
        }
        let Some(end) = self.collection.close(&site.facts, self.parts) else { return sink.discard(self.open) };
        sink.append(&mut self.open, &end)?;
        sink.close(self.open)
    }
}

pub(super) fn append<S: Sink>(open: &mut [Growing<S::Open>], passed: &[Parts], sink: &S) -> anyhow::Result<()> {
    open.par_iter_mut().enumerate().try_for_each(|(at, growing)| {
        passed.iter().try_for_each(|parts| match parts {
            Parts::Made(parts) => growing.append(&parts[at], sink),
            Parts::Known(server) => growing.append_again(*server, sink),
        })
    })
}
