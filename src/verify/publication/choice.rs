//! Which documents are compared: what everybody reads, and others that the root's own digest chooses, so that whoever publishes
//! cannot know them before, and whoever repeats a look sees the same.

use std::collections::BTreeSet;

use crate::{
    digest::{Digesting, Sha256},
    manifest::Root,
    plan::is_reserved,
    site::path::HostFile,
};

use super::{Documents, Sample};

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
pub(super) fn shards(root: &Root, sample: Sample, also: &BTreeSet<Box<str>>) -> BTreeSet<usize> {
    let all = 0..root.shards.len();
    if sample == Sample::All {
        return all.collect();
    }
    let digest = root.digest();
    let mut others: Vec<(Sha256, usize)> = all.map(|at| (drawn(&digest, &at.to_string()), at)).collect();
    others.sort_unstable();
    let mut changed: Vec<(Sha256, usize)> = also.iter().map(|key| (drawn(&digest, key), root.place_of(key))).collect();
    changed.sort_unstable();
    let important = IMPORTANT.iter().map(|key| root.place_of(key));
    let drawn = [changed, others].into_iter().flat_map(|list| list.into_iter().take(SHARDS)).map(|(_, at)| at);
    important.chain(drawn).collect()
}

/// What everybody reads, `most` of the others, and as many of those that are `also` of interest.
pub(super) fn documents(lines: &Documents, root: &Sha256, most: usize, also: &BTreeSet<Box<str>>) -> Documents {
    let mut drawn: Vec<(Sha256, &str)> = lines.keys().map(|key| (drawn(root, key), &**key)).collect();
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

fn drawn(root: &Sha256, key: &str) -> Sha256 {
    let mut digesting = Digesting::default();
    digesting.add(root.as_bytes());
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
    fn a_sample_is_the_same_each_time_and_another_for_another_root() {
        let (one, other) = (Sha256::of(b"1"), Sha256::of(b"2"));
        let sample = |root| documents(&lines(1_000), root, 20, &BTreeSet::new());
        assert_eq!(sample(&one).len(), 21);
        assert_eq!(sample(&one), sample(&one));
        assert_ne!(sample(&one), sample(&other));
        assert!(sample(&one).contains_key("v0.1/servers") && sample(&other).contains_key("v0.1/servers"));
        let also: BTreeSet<Box<str>> = BTreeSet::from(["v0.1/servers/a.b/c7/versions/latest".into()]);
        assert!(documents(&lines(1_000), &one, 20, &also).contains_key("v0.1/servers/a.b/c7/versions/latest"));
        assert_eq!(documents(&lines(5), &one, 20, &BTreeSet::new()).len(), 6);
    }

    #[test]
    fn what_is_said_to_be_huge_is_left_out() {
        let mut lines = lines(3);
        for line in lines.values_mut() {
            line.size = u64::MAX;
        }
        assert_eq!(documents(&lines, &Sha256::of(b"1"), 20, &BTreeSet::new()).len(), 0);
    }

    #[test]
    fn of_many_shards_a_few_are_read() {
        let manifest = Manifest { lines: lines(400_000) };
        let root = Shards::of(&manifest).root;
        assert!(root.shards.len() > 2 * SHARDS + IMPORTANT.len());
        let read = shards(&root, Sample::Of(100), &BTreeSet::new());
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
