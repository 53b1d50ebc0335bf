//! What earlier publications listed, as far as their manifests still lie there: bytes that one of them lists are known and old.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    digest::Sha256,
    manifest::{Fingerprint, Line, Manifest, Root},
    site::{hosting::Area, path::Cache},
};

use super::Reader;

/// Manifests of earlier publications, read when they are needed.
#[derive(Debug, Default)]
pub struct Earlier {
    /// How long ago what is current was published, where nobody asks again until caches have had their time.
    ago: Duration,
    /// The number of each publication and its root, the latest first.
    roots: Vec<(u64, Sha256)>,
    read: BTreeMap<Sha256, Option<Root>>,
    shards: BTreeMap<Sha256, Option<Manifest>>,
}

/// So many publications are looked at: what is older has left every cache.
const MOST: usize = 5;
/// Caches count from when they asked, and take their time to ask again.
const SLACK: u64 = 60;

/// How long a copy of what lies at a key may be older than what is published.
pub fn patience(cache: Cache) -> Duration {
    // What never changes is asked for anew by whoever did not find it.
    let cache = if cache == Cache::Immutable { Cache::Pointer } else { cache };
    Duration::from_secs(cache.max_age() + SLACK)
}

impl Earlier {
    /// Of these publications, the latest first.
    pub fn of(roots: impl IntoIterator<Item = (u64, Sha256)>) -> Self {
        Self { roots: roots.into_iter().take(MOST).collect(), ..Self::default() }
    }

    /// The same, so long after the current publication.
    #[must_use]
    pub fn after(self, ago: Duration) -> Self {
        Self { ago, ..self }
    }

    /// The earlier publication that lists these bytes, with other headers than `now` if they are the same bytes.
    pub(super) fn listing(&mut self, reader: &Reader, key: &str, body: Sha256, said: Fingerprint, now: &Line) -> Option<u64> {
        let is_it = |line: &Line| line.sha256 == body && (body != now.sha256 || line.headers == said);
        self.find(reader, key, |line| line.is_some_and(is_it))
    }

    /// The earlier publication that does not list this key, as long as a cache may still say so.
    pub(super) fn without(&mut self, reader: &Reader, key: &str) -> Option<u64> {
        if self.ago > patience(Area::of(&format!("/{key}")).cache) {
            return None;
        }
        self.find(reader, key, |line| line.is_none())
    }

    fn find(&mut self, reader: &Reader, key: &str, is_it: impl Fn(Option<&Line>) -> bool) -> Option<u64> {
        for (publication, root) in self.roots.clone() {
            let root = self.read.entry(root).or_insert_with(|| reader.root(&root).ok());
            let Some(root) = root else { continue };
            let at = root.place_of(key);
            let shard = self.shards.entry(root.shards[at].sha256).or_insert_with(|| reader.earlier_shard(root, at));
            if shard.as_ref().is_some_and(|shard| is_it(shard.get(key))) {
                return Some(publication);
            }
        }
        None
    }
}
