//! Everything of a site, listed and kept as it is rendered, since all of it will be asked for.

use super::{
    Form,
    spool::{Pieces, Spool},
};
use crate::{
    adapters::dir::Nowhere,
    digest::Sha256,
    manifest::{Ledger, Manifest},
    site::{Sink, facts::Counts, path::SitePath},
};

pub(super) struct Survey<'a> {
    lines: Nowhere,
    spool: &'a Spool,
}

impl<'a> Survey<'a> {
    pub(super) fn of(counts: Counts, form: Form, spool: &'a Spool) -> Self {
        Self { lines: Nowhere::of(counts, form), spool }
    }

    pub(super) fn manifest(self) -> Manifest {
        self.lines.manifest()
    }
}

impl Sink for Survey<'_> {
    type Open = (Vec<SitePath>, Pieces);

    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()> {
        let sha256 = Sha256::of(body);
        self.lines.enter(paths, sha256, body.len() as u64, Some(body));
        self.spool.keep_bytes(sha256, body)
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Self::Open> {
        Ok((paths, Pieces::default()))
    }

    fn append(&self, (_, pieces): &mut Self::Open, bytes: &[u8]) -> anyhow::Result<()> {
        pieces.append(bytes, self.spool)
    }

    fn close(&self, (paths, pieces): Self::Open) -> anyhow::Result<()> {
        let (body, sha256) = pieces.end()?;
        self.lines.enter(&paths, sha256, body.size(), None);
        self.spool.keep(sha256, &body)
    }
}
