//! A sink that writes nothing: of every document it is told what stands where.

use crate::{
    digest::{Digesting, Sha256},
    site::{Sink, path::SitePath},
};

/// Takes down what a site consists of while it is rendered.
pub trait Ledger: Sync {
    /// `whole` has the bytes of a document that came in one piece.
    fn enter(&self, paths: &[SitePath], sha256: Sha256, size: u64, whole: Option<&[u8]>);
}

impl<L: Ledger> Sink for L {
    type Open = (Vec<SitePath>, Digesting);

    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()> {
        self.enter(paths, Sha256::of(body), body.len() as u64, Some(body));
        Ok(())
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Self::Open> {
        Ok((paths, Digesting::default()))
    }

    fn append(&self, (_, digesting): &mut Self::Open, bytes: &[u8]) -> anyhow::Result<()> {
        digesting.add(bytes);
        Ok(())
    }

    fn close(&self, (paths, digesting): Self::Open) -> anyhow::Result<()> {
        let (sha256, size) = digesting.end();
        self.enter(&paths, sha256, size, None);
        Ok(())
    }
}
