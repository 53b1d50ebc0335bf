//! A manifest as it lies beside a published site: in shards by the first bits of each key's digest, so that two sites are
//! compared by reading only where they differ; shards and the root that lists them are named by their bytes.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Fingerprint, Line, Manifest};
use crate::digest::Sha256;

/// What lists the shards, in the order of the bits they stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// How many first bits of a key's digest tell its shard.
    pub bits: u8,
    /// As many as the bits can tell apart.
    pub shards: Vec<Shard>,
}

/// What a root says of one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    pub sha256: Sha256,
    /// How many lines it has.
    pub documents: u64,
    /// How many bytes its documents have.
    pub bytes: u64,
}

/// A manifest cut into shards, whose texts are made one by one.
#[derive(Debug)]
pub struct Shards<'a> {
    pub root: Root,
    manifest: &'a Manifest,
    /// For each shard the places of its lines in the manifest.
    parts: Vec<Vec<u32>>,
}

/// Shards hold 3,072 to 6,144 lines on average, so near 4,096: one is some 700 kB.
const MOST: usize = 6_144;
/// A root of so many bits lists 65,536 shards.
const BITS_MAX: u8 = 16;
/// The form of roots and shards; members may be added to it.
const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
struct RootText {
    version: u32,
    bits: u8,
    documents: u64,
    bytes: u64,
    shards: Vec<Shard>,
}

#[derive(Deserialize)]
struct ShardText {
    version: u32,
    documents: BTreeMap<Box<str>, LineText>,
}

#[derive(Serialize, Deserialize)]
struct LineText {
    sha256: Sha256,
    size: u64,
    headers: Box<str>,
}

/// Where a shard or a root lies.
pub fn key_of(sha256: &Sha256) -> String {
    format!("manifest/{sha256}.json")
}

fn bits_for(lines: usize) -> u8 {
    (0..BITS_MAX).find(|bits| lines >> bits <= MOST).unwrap_or(BITS_MAX)
}

fn place(key: &str, bits: u8) -> usize {
    let [a, b, ..] = *Sha256::of(key.as_bytes()).as_bytes();
    usize::from(u16::from_be_bytes([a, b])) >> (BITS_MAX - bits)
}

impl<'a> Shards<'a> {
    pub fn of(manifest: &'a Manifest) -> Self {
        let bits = bits_for(manifest.len());
        let mut parts = vec![Vec::new(); 1 << bits];
        for (at, key) in manifest.keys().enumerate() {
            parts[place(key, bits)].push(u32::try_from(at).expect("a site has fewer than four billion documents"));
        }
        let shard = |part: &Vec<u32>| Shard {
            sha256: Sha256::of(&text(manifest, part)),
            documents: part.len() as u64,
            bytes: lines(manifest, part).map(|(_, line)| line.size).sum(),
        };
        let shards = parts.par_iter().map(shard).collect();
        Self { root: Root { bits, shards }, manifest, parts }
    }

    /// The text of a shard, by its place in the root.
    pub fn text(&self, at: usize) -> Vec<u8> {
        text(self.manifest, &self.parts[at])
    }

    /// The lines of some shards.
    pub fn lines_of(&self, places: &[usize]) -> impl Iterator<Item = (&'a str, &'a Line)> {
        places.iter().flat_map(|&at| lines(self.manifest, &self.parts[at]))
    }
}

fn lines<'a>(manifest: &'a Manifest, part: &[u32]) -> impl Iterator<Item = (&'a str, &'a Line)> {
    part.iter().map(|&at| manifest.at(at as usize))
}

/// A line for each document, so that people can read it too.
fn text(manifest: &Manifest, part: &[u32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + 192 * part.len());
    out.extend_from_slice(format!("{{\"version\":{FORM},\"documents\":{{").as_bytes());
    for (at, (key, Line { sha256, size, headers })) in lines(manifest, part).enumerate() {
        out.extend_from_slice(if at == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut out, key).expect("a key is JSON");
        out.push(b':');
        let line = LineText { sha256: *sha256, size: *size, headers: headers.to_string().into() };
        serde_json::to_writer(&mut out, &line).expect("a line is JSON");
    }
    out.extend_from_slice(b"\n}}\n");
    out
}

impl Shard {
    /// The lines of a shard, if the text is the one that the root names and every line belongs there.
    pub fn parse(&self, text: &[u8], bits: u8, at: usize) -> Option<Manifest> {
        if Sha256::of(text) != self.sha256 {
            return None;
        }
        let ShardText { version, documents } = serde_json::from_slice(text).ok()?;
        let line = |(key, LineText { sha256, size, headers }): (Box<str>, LineText)| {
            let headers = Fingerprint::parse(&headers)?;
            (place(&key, bits) == at).then_some((key, Line { sha256, size, headers }))
        };
        let manifest = documents.into_iter().map(line).collect::<Option<_>>()?;
        (version == FORM).then_some(manifest)
    }
}

impl Root {
    pub fn digest(&self) -> Sha256 {
        Sha256::of(&self.text())
    }

    pub fn documents(&self) -> u64 {
        self.shards.iter().map(|shard| shard.documents).sum()
    }

    pub fn bytes(&self) -> u64 {
        self.shards.iter().map(|shard| shard.bytes).sum()
    }

    pub fn text(&self) -> Vec<u8> {
        let text = RootText {
            version: FORM,
            bits: self.bits,
            documents: self.documents(),
            bytes: self.bytes(),
            shards: self.shards.clone(),
        };
        let mut out = serde_json::to_vec(&text).expect("a root is JSON");
        out.push(b'\n');
        out
    }

    /// Nothing, if the text is no root, or not the one of this digest.
    pub fn parse(text: &[u8], sha256: &Sha256) -> Option<Self> {
        if Sha256::of(text) != *sha256 {
            return None;
        }
        let RootText { version, bits, shards, documents, bytes } = serde_json::from_slice(text).ok()?;
        let sum = |of: fn(&Shard) -> u64| shards.iter().map(of).try_fold(0_u64, u64::checked_add);
        let adds_up = sum(|shard| shard.documents) == Some(documents) && sum(|shard| shard.bytes) == Some(bytes);
        let whole = version == FORM && bits <= BITS_MAX && shards.len() == 1 << bits && adds_up;
        whole.then_some(Self { bits, shards })
    }

    /// The place of the shard that lists a key, if any does.
    pub fn place_of(&self, key: &str) -> usize {
        place(key, self.bits)
    }

    /// The places of the shards that must be read to know how this root differs from another: all of them, where the two
    /// are cut differently.
    pub fn differing(&self, other: &Self) -> Vec<usize> {
        let same = |at: usize| self.bits == other.bits && self.shards[at].sha256 == other.shards[at].sha256;
        (0..self.shards.len()).filter(|&at| !same(at)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::path::SitePath;

    fn manifest(count: usize, changed: usize) -> Manifest {
        let line = |at: usize| {
            let body = format!("{at}{}", if at == changed { "!" } else { "" });
            Line::of(&SitePath::Robots, Sha256::of(body.as_bytes()), body.len() as u64)
        };
        (0..count).map(|at| (format!("v0.1/servers/a.b/c{at}/versions/latest"), line(at))).collect()
    }

    #[test]
    fn shards_stay_near_their_size() {
        for (lines, bits) in [(0, 0), (6_144, 0), (6_145, 1), (277_000, 6), (2_770_000, 9), (usize::MAX, 16)] {
            assert_eq!(bits_for(lines), bits, "{lines}");
        }
    }

    #[test]
    fn the_whole_comes_back_from_its_texts() {
        for count in [0, 1, 100, 13_000] {
            let manifest = manifest(count, usize::MAX);
            let shards = Shards::of(&manifest);
            let root = Root::parse(&shards.root.text(), &shards.root.digest()).expect("a root");
            assert_eq!(root, shards.root);
            let shard = |(at, shard): (usize, &Shard)| shard.parse(&shards.text(at), root.bits, at).expect("a shard");
            let read: Vec<Manifest> = root.shards.iter().enumerate().map(shard).collect();
            let whole: Manifest = read.iter().flat_map(Manifest::iter).map(|(key, line)| (key, *line)).collect();
            assert_eq!(whole, manifest);
            assert_eq!(root.documents(), count as u64);
        }
    }

    #[test]
    fn one_change_is_in_one_shard() {
        let (before, after) = (manifest(20_000, usize::MAX), manifest(20_000, 7));
        let (before, after) = (Shards::of(&before), Shards::of(&after));
        let [at] = before.root.differing(&after.root)[..] else { panic!("not one shard") };
        assert_eq!(after.root.differing(&before.root), [at]);
        assert_eq!(after.lines_of(&[at]).count() as u64, after.root.shards[at].documents);
        assert!(before.root.differing(&before.root).is_empty());
        let small = manifest(10, usize::MAX);
        assert_eq!(before.root.differing(&Shards::of(&small).root).len(), 4, "cut differently, everything differs");
    }

    #[test]
    fn what_is_not_whole_is_nothing() {
        let manifest = manifest(13_000, usize::MAX);
        let shards = Shards::of(&manifest);
        let (root, text) = (&shards.root, shards.text(0));
        assert!(root.shards[0].parse(&text[1..], root.bits, 0).is_none(), "other bytes");
        assert!(root.shards[0].parse(&text, root.bits, 1).is_none(), "lines that belong elsewhere");
        assert!(Root::parse(&root.text(), &Sha256::of(b"")).is_none(), "another digest");
        let told = |text: &str| Root::parse(text.as_bytes(), &Sha256::of(text.as_bytes()));
        let empty = Sha256::of(b"");
        let shard = format!("{{\"sha256\":\"{empty}\",\"documents\":1,\"bytes\":2}}");
        assert!(told(&format!("{{\"version\":1,\"bits\":0,\"documents\":1,\"bytes\":2,\"shards\":[{shard}]}}")).is_some());
        for wrong in [
            format!("{{\"version\":2,\"bits\":0,\"documents\":1,\"bytes\":2,\"shards\":[{shard}]}}"),
            format!("{{\"version\":1,\"bits\":1,\"documents\":1,\"bytes\":2,\"shards\":[{shard}]}}"),
            format!("{{\"version\":1,\"bits\":255,\"documents\":1,\"bytes\":2,\"shards\":[{shard}]}}"),
            format!("{{\"version\":1,\"bits\":0,\"documents\":2,\"bytes\":2,\"shards\":[{shard}]}}"),
            String::from("[]"),
        ] {
            assert!(told(&wrong).is_none(), "{wrong}");
        }
    }
}
