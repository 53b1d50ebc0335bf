//! The index that a browser searches: columns of what is known of each server, in shards at addresses that name their bytes,
//! so that a reader who comes back fetches only what changed.

use serde::Serialize;

use crate::{digest::Sha256, status::Status};

use super::{
    Give,
    card::Card,
    path::{DIGITS, PackageType, PagePath, SitePath},
};

/// Of each server one item in each column.
#[derive(Default, Serialize)]
struct Shard<'a> {
    name: Vec<&'a str>,
    /// Empty where there is none.
    title: Vec<&'a str>,
    description: Vec<String>,
    /// Separated by spaces; found, not shown.
    words: Vec<&'a str>,
    /// A bit for each package type in the order of [`PackageType::ALL`], then one for remotes and one for deprecation.
    flags: Vec<u16>,
    /// Days since 1970.
    updated: Vec<i64>,
}

#[derive(Serialize)]
struct Root<'a> {
    count: usize,
    shards: Vec<&'a str>,
}

/// A shard has about so many servers: large enough to compress well, small enough to fetch again.
const SHARD: usize = 1_024;

/// The longest description that is searched and shown with a result, in characters.
const DESCRIPTION_MAX: usize = 160;

const REMOTE: u16 = 1 << PackageType::ALL.len();
const DEPRECATED: u16 = REMOTE << 1;

/// How many shards so many servers need: a power of two, so that most servers stay where they are when their number grows.
fn shards(servers: usize) -> usize {
    servers.div_ceil(SHARD).next_power_of_two()
}

/// Which of the shards a server is in, by its name alone.
pub fn shard_of(name: &str, shards: usize) -> usize {
    let digest = Sha256::of(name.as_bytes());
    usize::from(u16::from_be_bytes([digest.as_bytes()[0], digest.as_bytes()[1]])) % shards
}

/// What is in each of the shards, in the order in which it comes.
pub fn sharded<T>(all: &[T], shards: usize, name: impl Fn(&T) -> &str) -> Vec<Vec<&T>> {
    let mut within: Vec<Vec<&T>> = vec![Vec::new(); shards];
    for one in all {
        within[shard_of(name(one), shards)].push(one);
    }
    within
}

/// Every shard, and the root that lists them.
pub fn pages(cards: &[Card], give: Give) -> anyhow::Result<()> {
    let within = sharded(cards, shards(cards.len()), |card| card.name.as_str());
    let count = within.len();
    let mut digests: Vec<String> = Vec::with_capacity(count);
    for cards in within {
        let mut shard = Shard::default();
        for card in cards {
            shard.push(card);
        }
        let body = serde_json::to_vec(&shard).expect("columns are JSON");
        let digest = Sha256::of(&body).to_string()[..DIGITS].to_owned();
        // Shards may be equal only where they are empty.
        if !digests.contains(&digest) {
            give(&[SitePath::Page(PagePath::SearchShard(digest.as_str().into()))], &body)?;
        }
        digests.push(digest);
    }
    let root = Root { count: cards.len(), shards: digests.iter().map(String::as_str).collect() };
    give(&[SitePath::Page(PagePath::SearchRoot)], &serde_json::to_vec(&root).expect("a root is JSON"))
}

impl<'a> Shard<'a> {
    fn push(&mut self, card: &'a Card) {
        let kinds = card.said.types.iter().map(|kind| 1 << PackageType::ALL.iter().take_while(|other| *other != kind).count());
        let mut flags: u16 = kinds.sum();
        if card.said.remote {
            flags |= REMOTE;
        }
        if card.said.status == Status::Deprecated {
            flags |= DEPRECATED;
        }
        self.name.push(card.name.as_str());
        self.title.push(card.said.title.as_deref().unwrap_or_default());
        self.description.push(card.said.description.chars().take(DESCRIPTION_MAX).collect());
        self.words.push(&card.said.keywords);
        self.flags.push(flags);
        self.updated.push(card.said.updated.0.div_euclid(86_400));
    }
}
