//! What a site consists of: each key with the digest, size and headers of what lies there. Two sites are compared by it.

mod ledger;
mod shards;

use std::{collections::BTreeMap, fmt};

use crate::{
    digest::{Digesting, Sha256},
    site::path::{HostFile, SitePath},
};

pub use ledger::Ledger;
pub use shards::{Root, Shard, Shards, key_of};

/// Keys in the order of their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    pub lines: BTreeMap<Box<str>, Line>,
}

/// What lies at one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub sha256: Sha256,
    pub size: u64,
    pub headers: Fingerprint,
}

/// The headers that belong to the bytes, told apart by four bytes of their digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint([u8; 4]);

impl Line {
    pub fn of(path: &SitePath, sha256: Sha256, size: u64) -> Self {
        Self { sha256, size, headers: Fingerprint::of(path) }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.sha256, self.size, self.headers)
    }
}

impl Fingerprint {
    pub fn of(path: &SitePath) -> Self {
        Self::said(path.kind().content_type(), path.cache().control())
    }

    /// Of headers as they are.
    pub fn said(content_type: &str, cache_control: &str) -> Self {
        let headers = format!("content-type: {content_type}\ncache-control: {cache_control}\n");
        let [a, b, c, d, ..] = *Sha256::of(headers.as_bytes()).as_bytes();
        Self([a, b, c, d])
    }

    fn parse(text: &str) -> Option<Self> {
        (text.len() == 8).then(|| u32::from_str_radix(text, 16).ok())?.map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Manifest {
    /// Of all bytes of the site and where they lie: the same wherever the same commit was built, whatever form it took.
    pub fn digest(&self) -> Sha256 {
        let mut digesting = Digesting::default();
        for (key, line) in self.documents() {
            digesting.add(format!("{line} {key}\n").as_bytes());
        }
        digesting.end().0
    }

    /// What every form of the site holds, without what tells hosts of files how to answer.
    pub fn documents(&self) -> impl Iterator<Item = (&str, &Line)> {
        let of_a_folder = |key: &str| HostFile::ALL.iter().any(|file| file.as_str() == key);
        self.lines.iter().map(|(key, line)| (&**key, line)).filter(move |(key, _)| !of_a_folder(key))
    }

    pub fn bytes(&self) -> u64 {
        self.documents().map(|(_, line)| line).map(|line| line.size).sum()
    }

    /// A line for each key: digest, size, headers, key.
    pub fn text(&self) -> String {
        let mut out = String::with_capacity(160 * self.lines.len());
        for (key, line) in &self.lines {
            let _ = fmt::Write::write_fmt(&mut out, format_args!("{line} {key}\n"));
        }
        out
    }

    /// Nothing, if the text is not one that [`Manifest::text`] gave.
    pub fn parse(text: &str) -> Option<Self> {
        let lines = text.split_terminator('\n').map(|line| {
            let mut parts = line.splitn(4, ' ');
            let sha256 = Sha256::parse(parts.next()?)?;
            let size = parts.next()?.parse().ok()?;
            let headers = Fingerprint::parse(parts.next()?)?;
            Some((parts.next()?.into(), Line { sha256, size, headers }))
        });
        (text.is_empty() || text.ends_with('\n')).then(|| lines.collect::<Option<_>>())?.map(|lines| Self { lines })
    }
}
