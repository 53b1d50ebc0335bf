//! Which documents are compared: what everybody reads, and others that a seed draws, so that whoever answers cannot know them before,
//! and whoever repeats a look with its seed sees the same.

use std::{collections::BTreeSet, fmt};

use crate::{
    digest::{Digesting, Sha256},
    manifest::Root,
    plan::is_reserved,
    site::path::HostFile,
};

use super::{Documents, Sample};

/// What a sample is drawn with; whoever does not know it does not know the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub [u8; 8]);

impl Seed {
    /// As it is told: sixteen hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let is_told = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| is_told);
        number.map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// What everybody reads.
const IMPORTANT: [&str; 10] = [
    "v0.1/servers",
    "v0/servers",
    "index.json",
    "index.html",
    "openapi.yaml",
    "registry.json",
    "kiro.json",
    "allowed-mcp-servers.json",
    "keys.txt",
    "feed.xml",
];
/// So many shards are read for a sample, beside those that hold what everybody reads: each is some 700 kB.
const SHARDS: usize = 8;
/// All documents of a sample have no more bytes than this.
const BYTES: u64 = 1 << 30;

fn is_important(key: &str) -> bool {
    IMPORTANT.contains(&key)
}

/// The places of the shards to read.
pub(super) fn shards(root: &Root, sample: Sample, also: &BTreeSet<&str>) -> BTreeSet<usize> {
    let all = 0..root.shards.len();
    let Sample::Of(_, seed) = sample else { return all.collect() };
    let mut others: Vec<(Sha256, usize)> = all.map(|at| (drawn(seed, &at.to_string()), at)).collect();
    others.sort_unstable();
    let mut changed: Vec<(Sha256, usize)> = also.iter().map(|key| (drawn(seed, key), root.place_of(key))).collect();
    changed.sort_unstable();
    let important = IMPORTANT.iter().map(|key| root.place_of(key));
    let drawn = [changed, others].into_iter().flat_map(|list| list.into_iter().take(SHARDS)).map(|(_, at)| at);
    important.chain(drawn).collect()
}

/// What everybody reads, `most` of the others, and as many of those that are `also` of interest.
pub(super) fn documents(lines: &Documents, seed: Seed, most: usize, also: &BTreeSet<&str>) -> Documents {
    let mut drawn: Vec<(Sha256, &str)> = lines.keys().map(|key| (drawn(seed, key), &**key)).collect();
    drawn.sort_unstable();
    let of = |is: &dyn Fn(&str) -> bool, most: usize| -> Vec<&str> {
        drawn.iter().map(|(_, key)| *key).filter(|key| is(key)).take(most).collect()
    };
    let is_other = |key: &str| !is_important(key) && !also.contains(key);
    let parts = [of(&is_important, usize::MAX), of(&|key| also.contains(key), most), of(&is_other, most)];
    let mut bytes = 0_u64;
    let chosen = parts.concat().into_iter().filter(|key| {
        let more = bytes.saturating_add(lines[*key].size);
        bytes = if more <= BYTES { more } else { bytes };
        more <= BYTES
    });
    chosen.map(|key| (Box::from(key), lines[key])).collect()
}

fn drawn(seed: Seed, key: &str) -> Sha256 {
    let mut digesting = Digesting::default();
    digesting.add(&seed.0);
    digesting.add(key.as_bytes());
    digesting.end().0
}

/// Whether readers can ask for a key at all: what only hosts of folders read is not served by them.
pub(super) fn is_asked_for(key: &str) -> bool {
    !HostFile::ALL.iter().any(|file| file.as_str() == key)
}

/// So long may a key be: two names, a version and what stands between them are far shorter.
const KEY_MAX: usize = 1_024;

/// Whether a key can be one of a site: a path without tricks, in which nothing leads elsewhere.
pub(super) fn is_clean(key: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part != "." && part != "..";
    let is_plain = |c: char| !c.is_control() && !matches!(c, '\\' | '?' | '#');
    key.len() <= KEY_MAX && key.split('/').all(is_part) && key.chars().all(is_plain) && !is_reserved(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        manifest::{Line, Manifest, Shards},
        site::path::SitePath,
    };

    fn lines(count: usize) -> Documents {
        let keys = (0..count).map(|at| format!("v0.1/servers/a.b/c{at}/versions/latest")).chain(["v0.1/servers".to_owned()]);
        keys.map(|key| (key.into(), Line::of(&SitePath::Robots, Sha256::of(b""), 10))).collect()
    }

    #[test]
    fn a_sample_is_that_of_its_seed() {
        let (one, other) = (Seed([1; 8]), Seed([2; 8]));
        let sample = |seed| documents(&lines(1_000), seed, 20, &BTreeSet::new());
        assert_eq!(sample(one).len(), 21);
        assert_eq!(sample(one), sample(one));
        assert_ne!(sample(one), sample(other));
        assert!(sample(one).contains_key("v0.1/servers") && sample(other).contains_key("v0.1/servers"));
        let also = BTreeSet::from(["v0.1/servers/a.b/c7/versions/latest"]);
        assert!(documents(&lines(1_000), one, 20, &also).contains_key("v0.1/servers/a.b/c7/versions/latest"));
        assert_eq!(documents(&lines(5), one, 20, &BTreeSet::new()).len(), 6);
    }

    #[test]
    fn a_seed_is_read_as_it_is_told() {
        for seed in [Seed([0; 8]), Seed([0, 1, 2, 3, 0xFC, 0xFD, 0xFE, 0xFF])] {
            assert_eq!(Seed::parse(&seed.to_string()), Some(seed), "{seed}");
        }
        for wrong in ["", "0", "+123456789abcdef", "0123456789abcdef0", "0123456789abcdeg"] {
            assert_eq!(Seed::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_said_to_be_huge_is_left_out() {
        let mut lines = lines(3);
        for line in lines.values_mut() {
            line.size = u64::MAX;
        }
        assert_eq!(documents(&lines, Seed([1; 8]), 20, &BTreeSet::new()).len(), 0);
    }

    #[test]
    fn of_many_shards_a_few_are_read() {
        let manifest = Manifest::from_iter(lines(400_000));
        let root = Shards::of(&manifest).root;
        assert!(root.shards.len() > 2 * SHARDS + IMPORTANT.len());
        let read = shards(&root, Sample::Of(100, Seed([1; 8])), &BTreeSet::new());
        assert!(read.len() <= SHARDS + IMPORTANT.len() && read.contains(&root.place_of("v0.1/servers")));
        assert_eq!(shards(&root, Sample::All, &BTreeSet::new()).len(), root.shards.len());
    }

    #[test]
    fn a_key_leads_nowhere_else() {
        for clean in ["v0.1/servers", "a/b.c/1.0.0+1", "a/b/1.0.0 1", "index.html"] {
            assert!(is_clean(clean), "{clean}");
        }
        let long = "a".repeat(KEY_MAX + 1);
        for wrong in
            ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a\\b", "a?b", "a#b", "a\nb", "checkpoint", "publisher/x", &long]
        {
            assert!(!is_clean(wrong), "{wrong}");
        }
    }
}
