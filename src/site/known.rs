//! What is known of a site that lies somewhere, so that a later one need not read the servers that stayed the same, nor make again the
//! pages that are made of the same.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    hash::{Hash, Hasher},
    iter,
    ops::Range,
};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::digest::Sha256;

use super::{
    card::{Card, Said},
    path::SitePath,
};

/// What one rendering leaves behind for the next.
#[derive(Debug)]
pub struct Known {
    /// How many bytes of each collection stand before its parts.
    openings: Vec<u64>,
    /// In the order of names.
    servers: Vec<Server<'static>>,
    /// What the page at a key was made of.
    pages: BTreeMap<Box<str>, Sha256>,
}

/// The same, as it is read: piece by piece, each of whole lines.
#[derive(Debug, Default)]
pub struct Draft {
    openings: Option<Vec<u64>>,
    servers: Vec<Server<'static>>,
    pages: BTreeMap<Box<str>, Sha256>,
}

/// What is known of a server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Server<'a> {
    name: Cow<'a, str>,
    pub said: Cow<'a, Said>,
    /// How long its part of each collection is.
    pub parts: Cow<'a, [u64]>,
}

impl<'a> Server<'a> {
    pub fn of(card: &'a Card, parts: &'a [u64]) -> Self {
        Self { name: Cow::Borrowed(card.name.as_str()), said: Cow::Borrowed(&*card.said), parts: Cow::Borrowed(parts) }
    }
}

/// The place where a site is to lie, as far as it remembers the one that lies there.
pub trait Memory: Sync {
    /// What is known of that one; nothing, if it was made otherwise.
    fn known(&self) -> Option<&Known> {
        None
    }

    /// A collection of it, if it has that one.
    fn predecessor(&self, _: &SitePath) -> anyhow::Result<Option<Box<dyn Predecessor + '_>>> {
        Ok(None)
    }

    /// Takes note of what a page is made of, and keeps the one that lies there if it was made of the same.
    fn keep(&self, path: &SitePath, made_of: Sha256) -> bool;

    /// Takes note of everything that is said of servers, a line each.
    fn learn(&self, lines: &mut dyn Iterator<Item = String>) -> anyhow::Result<()>;
}

/// A document that lies somewhere, read once from its beginning to its end.
pub trait Predecessor: Send {
    /// Gives the bytes in a range, which begins no earlier than the last one ended.
    fn copy(&mut self, range: Range<u64>, give: &mut dyn FnMut(&[u8]) -> anyhow::Result<()>) -> anyhow::Result<()>;

    /// An error, if these were not the bytes that were put there.
    fn close(self: Box<Self>) -> anyhow::Result<()>;
}

impl Known {
    /// What [`Draft::servers`] reads: a line for the openings, then one for each server.
    pub fn lines<'s>(openings: &'s [u64], servers: impl Iterator<Item = Server<'s>>) -> impl Iterator<Item = String> {
        iter::once(line(&openings)).chain(servers.map(|server| line(&server)))
    }

    /// How many collections it knows.
    pub fn collections(&self) -> usize {
        self.openings.len()
    }

    /// Where a server stands in the order of names.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.servers.binary_search_by(|server| (*server.name).cmp(name)).ok()
    }

    pub fn server(&self, at: usize) -> &Server<'static> {
        &self.servers[at]
    }

    /// What the page at a key was made of.
    pub fn page(&self, key: &str) -> Option<Sha256> {
        self.pages.get(key).copied()
    }
}

impl Draft {
    /// Lines of [`Known::lines`], or nothing.
    pub fn servers(&mut self, piece: &str) -> Option<()> {
        let servers = if self.openings.is_some() {
            piece
        } else {
            let (openings, servers) = piece.split_once('\n')?;
            self.openings = Some(serde_json::from_str(openings).ok()?);
            servers
        };
        let collections = self.openings.as_ref().map_or(0, Vec::len);
        let whole = |server: &Server| server.parts.len() == collections;
        let servers = servers.par_lines().map(|line| serde_json::from_str(line).ok().filter(whole));
        self.servers.append(&mut servers.collect::<Option<Vec<_>>>()?);
        Some(())
    }

    /// Lines that each tell what the page at a key was made of, or nothing.
    pub fn pages(&mut self, piece: &str) -> Option<()> {
        for line in piece.lines() {
            let (digest, key) = line.split_once(' ')?;
            self.pages.insert(key.into(), Sha256::parse(digest)?);
        }
        Some(())
    }

    /// Nothing, if no lines of servers were read.
    pub fn finish(self) -> Option<Known> {
        let Self { openings, servers, pages } = self;
        Some(Known { openings: openings?, servers, pages })
    }
}

fn line(of: &impl Serialize) -> String {
    serde_json::to_string(of).expect("what is known is JSON") + "\n"
}

/// Where the parts of a collection lie, one server after the other.
#[derive(Debug)]
pub struct Places<'k> {
    known: &'k Known,
    collection: usize,
    separator: u64,
    /// The next server.
    next: usize,
    /// Where the last part ended, or the opening if there was none yet.
    end: u64,
    is_first: bool,
}

impl<'k> Places<'k> {
    pub fn of(known: &'k Known, collection: usize, separator: usize) -> Self {
        Self { known, collection, separator: separator as u64, next: 0, end: known.openings[collection], is_first: true }
    }

    /// Where the part of a server lies, if it has one; servers are asked for in their order.
    pub fn find(&mut self, server: usize) -> Option<Range<u64>> {
        let mut found = None;
        for server in &self.known.servers[self.next..=server] {
            let length = server.parts[self.collection];
            found = (length > 0).then(|| {
                let start = if self.is_first { self.end } else { self.end + self.separator };
                start..start + length
            });
            if let Some(range) = &found {
                (self.end, self.is_first) = (range.end, false);
            }
        }
        self.next = server + 1;
        found
    }
}

/// The digest of everything in a value that derives `Hash`. Another machine may give another.
pub fn digest_of(value: &(impl Hash + ?Sized)) -> Sha256 {
    /// Values come in pieces of a few bytes, which are sooner digested together.
    struct Whole(Vec<u8>);
    impl Hasher for Whole {
        fn write(&mut self, bytes: &[u8]) {
            self.0.extend_from_slice(bytes);
        }

        fn finish(&self) -> u64 {
            unreachable!("the digest is wanted whole")
        }
    }
    let mut whole = Whole(Vec::new());
    value.hash(&mut whole);
    Sha256::of(&whole.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(servers: &[&str], pages: &str) -> Option<Known> {
        let mut draft = Draft::default();
        servers.iter().try_for_each(|piece| draft.servers(piece))?;
        pages.split_inclusive('\n').try_for_each(|piece| draft.pages(piece))?;
        draft.finish()
    }

    fn known(parts: &[[u64; 2]]) -> Known {
        let said = || Said {
            title: None,
            description: "It says.".into(),
            status: crate::status::Status::Active,
            types: Vec::new(),
            remote: true,
            toolhive: false,
            market: None,
            keywords: "a \"b\"".into(),
            published: crate::instant::Instant(1_767_268_800),
            updated: crate::instant::Instant(1_767_268_801),
        };
        let server = |(at, parts): (usize, &[u64; 2])| Server {
            name: format!("com.example/{at}").into(),
            said: Cow::Owned(said()),
            parts: parts.to_vec().into(),
        };
        let servers: Vec<Server> = parts.iter().enumerate().map(server).collect();
        let text: String = Known::lines(&[10, 0], servers.iter().cloned()).collect();
        let page = format!("{} browse/all/\n", Sha256::of(b"x"));
        let known = parse(&[&text], &page).expect("it was written so");
        let (openings, rest) = text.split_at(text.find('\n').expect("a line") + 1);
        let (first, rest) = rest.split_at(rest.find('\n').expect("a line") + 1);
        let pieces = parse(&[openings, first, "", rest], &page).expect("it was written so");
        assert_eq!(format!("{pieces:?}"), format!("{known:?}"));
        assert_eq!(known.server(0).said, Cow::<Said>::Owned(said()));
        assert_eq!((known.page("browse/all/"), known.page("browse/")), (Some(Sha256::of(b"x")), None));
        known
    }

    #[test]
    fn parts_are_found_where_they_were_put() {
        let known = known(&[[0, 3], [5, 0], [0, 0], [7, 4]]);
        assert_eq!((known.find("com.example/3"), known.find("com.example/9")), (Some(3), None));
        let all = |collection, separator| {
            let mut parts = Places::of(&known, collection, separator);
            (0..4).map(|at| parts.find(at)).collect::<Vec<_>>()
        };
        assert_eq!(all(0, 1), [None, Some(10..15), None, Some(16..23)]);
        assert_eq!(all(1, 2), [Some(0..3), None, None, Some(5..9)]);
        // Whoever passes one over finds the next all the same.
        assert_eq!(Places::of(&known, 0, 1).find(3), Some(16..23));
    }

    #[test]
    fn what_was_not_written_so_is_not_known() {
        for (servers, pages) in [("", ""), ("[1]\n{}\n", ""), ("[1]\n", "x y\n"), ("[1]", "")] {
            assert!(parse(&[servers], pages).is_none(), "{servers:?} {pages:?}");
        }
        let other = "[1]\n{\"name\":\"a/b\",\"said\":{\"title\":null,\"description\":\"\",\"status\":\"active\",\"types\":[],\
                     \"remote\":true,\"toolhive\":true,\"market\":null,\"keywords\":\"\",\"published\":\"2026-01-01T00:00:00Z\",\
                     \"updated\":\"2026-01-01T00:00:00Z\"},\"parts\":[1,2]}\n";
        assert!(parse(&[other], "").is_none());
        assert!(parse(&[&other.replace("[1]", "[1,1]")], "").is_some());
        assert!(parse(&[], "").is_none());
    }
}
