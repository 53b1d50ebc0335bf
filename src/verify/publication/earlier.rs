//! What earlier publications listed, as far as their manifests still lie there: bytes that one of them lists are known and old.

use std::collections::BTreeMap;

use crate::{
    digest::Sha256,
    manifest::{Fingerprint, Line, Manifest, Root},
};

use super::Reader;

/// Manifests of earlier publications, read when they are needed.
#[derive(Debug, Default)]
pub struct Earlier {
    /// The number of each publication and its root, the latest first.
    roots: Vec<(u64, Sha256)>,
    read: BTreeMap<Sha256, Option<Root>>,
    shards: BTreeMap<Sha256, Option<Manifest>>,
}

/// So many publications are looked at: what is older has left every cache.
const MOST: usize = 5;

impl Earlier {
    /// Of these publications, the latest first.
    pub fn of(roots: impl IntoIterator<Item = (u64, Sha256)>) -> Self {
        Self { roots: roots.into_iter().take(MOST).collect(), ..Self::default() }
    }

    /// The earlier publication that lists these bytes, with other headers than `now` if they are the same bytes.
    pub(super) fn listing(&mut self, reader: &Reader, key: &str, body: Sha256, said: Fingerprint, now: &Line) -> Option<u64> {
        let is_it = |line: &Line| line.sha256 == body && (body != now.sha256 || line.headers == said);
        self.find(reader, key, |line| line.is_some_and(is_it))
    }

    /// The earlier publication that does not list this key.
    pub(super) fn without(&mut self, reader: &Reader, key: &str) -> Option<u64> {
        self.find(reader, key, |line| line.is_none())
    }

    fn find(&mut self, reader: &Reader, key: &str, is_it: impl Fn(Option<&Line>) -> bool) -> Option<u64> {
        for (publication, root) in self.roots.clone() {
            let root = self.read.entry(root).or_insert_with(|| reader.root(&root).ok());
            let Some(root) = root else { continue };
            let at = root.place_of(key);
            let shard = self.shards.entry(root.shards[at].sha256).or_insert_with(|| reader.earlier_shard(root, at));
            if shard.as_ref().is_some_and(|shard| is_it(shard.lines.get(key))) {
                return Some(publication);
            }
        }
        None
    }
}
