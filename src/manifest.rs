//! What a site consists of: each key with the digest, size and headers of what lies there. Two sites are compared by it.

mod ledger;
mod shards;

use std::{fmt, sync::LazyLock};

use rayon::prelude::*;

use crate::{
    digest::{Digesting, Sha256, hex},
    site::path::{Cache, HostFile, Kind, SitePath},
};

pub use ledger::Ledger;
pub use shards::{Root, Shard, Shards, key_of};

/// Keys in the order of their bytes, each once. There are hundreds of thousands, so all of them share their memory.
#[derive(Clone, Default)]
pub struct Manifest {
    keys: String,
    lines: Vec<Keyed>,
}

/// Lines in any order; of two at one key the later one counts.
#[derive(Debug, Default)]
pub struct Draft(Manifest);

/// A line, and where in the keys its own stands.
#[derive(Clone, Copy, Debug)]
struct Keyed {
    start: u32,
    length: u32,
    line: Line,
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

    /// Adds a line as [`Draft::read`] reads it.
    fn write(&self, key: &str, out: &mut String) {
        hex(self.sha256.as_bytes(), |digits| out.push_str(digits));
        let _ = fmt::Write::write_fmt(out, format_args!(" {} ", self.size));
        hex(&self.headers.0, |digits| out.push_str(digits));
        out.extend([" ", key, "\n"]);
    }
}

/// There are few, and hundreds of thousands of documents.
static FINGERPRINTS: LazyLock<[[Fingerprint; Cache::ALL.len()]; Kind::ALL.len()]> =
    LazyLock::new(|| Kind::ALL.map(|kind| Cache::ALL.map(|cache| Fingerprint::said(kind.content_type(), cache.control()))));

impl Fingerprint {
    pub fn of(path: &SitePath) -> Self {
        // Both are in the order in which they are declared.
        FINGERPRINTS[path.kind() as usize][path.cache() as usize]
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
        hex(&self.0, |digits| f.write_str(digits))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// So many bytes most keys have, or fewer.
const KEY: usize = 96;
/// So many lines a piece of the text has.
const PIECE: usize = 4_096;

impl Draft {
    /// For so many lines, or a few more: what has room need not move.
    pub fn with_room(lines: usize) -> Self {
        Self(Manifest { keys: String::with_capacity(lines * KEY), lines: Vec::with_capacity(lines) })
    }

    pub fn add(&mut self, key: &str, line: Line) {
        let Manifest { keys, lines } = &mut self.0;
        let short = |size: usize| u32::try_from(size).expect("all keys together are shorter than 4 GiB");
        lines.push(Keyed { start: short(keys.len()), length: short(key.len()), line });
        keys.push_str(key);
        // So that each stands at a place of its own, also an empty one.
        keys.push('\n');
    }

    /// Adds whole lines of a text; nothing, if [`Manifest::text`] did not give them.
    pub fn read(&mut self, text: &str) -> Option<()> {
        let read = |line: &str| -> Option<(usize, Line)> {
            let mut parts = line.splitn(4, ' ');
            let sha256 = Sha256::parse(parts.next()?)?;
            let size = parts.next()?.parse().ok()?;
            let headers = Fingerprint::parse(parts.next()?)?;
            Some((parts.next()?.len(), Line { sha256, size, headers }))
        };
        if !(text.is_empty() || text.ends_with('\n')) {
            return None;
        }
        let texts: Vec<&str> = text.split_terminator('\n').collect();
        let lines: Vec<(usize, Line)> = texts.par_iter().map(|text| read(text)).collect::<Option<_>>()?;
        for (text, (length, line)) in texts.into_iter().zip(lines) {
            self.add(&text[text.len() - length..], line);
        }
        Some(())
    }

    pub fn finish(self) -> Manifest {
        let Manifest { keys, mut lines } = self.0;
        let key = |keyed: &Keyed| keyed.key(&keys);
        lines.par_sort_unstable_by(|a, b| key(a).cmp(key(b)).then(b.start.cmp(&a.start)));
        lines.dedup_by(|next, kept| key(next) == key(kept));
        Manifest { keys, lines }
    }
}

impl Keyed {
    fn key<'k>(&self, keys: &'k str) -> &'k str {
        &keys[self.start as usize..][..self.length as usize]
    }
}

impl<K: AsRef<str>> FromIterator<(K, Line)> for Manifest {
    fn from_iter<I: IntoIterator<Item = (K, Line)>>(lines: I) -> Self {
        let mut draft = Draft::default();
        lines.into_iter().for_each(|(key, line)| draft.add(key.as_ref(), line));
        draft.finish()
    }
}

impl PartialEq for Manifest {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Manifest {}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Manifest {
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Line)> {
        (0..self.len()).map(|place| self.at(place))
    }

    pub fn par_iter(&self) -> impl IndexedParallelIterator<Item = (&str, &Line)> {
        (0..self.len()).into_par_iter().map(|place| self.at(place))
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(key, _)| key)
    }

    fn at(&self, place: usize) -> (&str, &Line) {
        let keyed = &self.lines[place];
        (keyed.key(&self.keys), &keyed.line)
    }

    /// A key as it stands here, and its line.
    pub fn find(&self, key: &str) -> Option<(&str, &Line)> {
        let found = self.lines.binary_search_by(|keyed| keyed.key(&self.keys).cmp(key));
        found.ok().map(|place| self.at(place))
    }

    pub fn get(&self, key: &str) -> Option<&Line> {
        self.find(key).map(|(_, line)| line)
    }

    pub fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Without the lines that are not to stay.
    #[must_use]
    pub fn retained(mut self, stay: &[bool]) -> Self {
        let mut stay = stay.iter();
        self.lines.retain(|_| stay.next().is_some_and(|stays| *stays));
        self
    }

    /// With other lines, which count where both have a key.
    #[must_use]
    pub fn with<K: AsRef<str>>(mut self, lines: impl IntoIterator<Item = (K, Line)>) -> Self {
        let others: Self = lines.into_iter().collect();
        if self.is_empty() {
            return others;
        }
        let mut new = Draft(Self { keys: self.keys, lines: Vec::new() });
        let mut at = 0;
        for (key, line) in others.iter() {
            at += self.lines[at..].partition_point(|keyed| keyed.key(&new.0.keys) < key);
            match self.lines.get_mut(at).filter(|keyed| keyed.key(&new.0.keys) == key) {
                Some(keyed) => keyed.line = *line,
                None => new.add(key, *line),
            }
        }
        let Self { keys, lines: new } = new.0;
        // From the end on, so that each line moves once, and none where none is new.
        let mut end = self.lines.len();
        self.lines.extend(&new);
        for (before, keyed) in new.iter().enumerate().rev() {
            let start = self.lines[..end].partition_point(|other| other.key(&keys) < keyed.key(&keys));
            self.lines.copy_within(start..end, start + before + 1);
            self.lines[start + before] = *keyed;
            end = start;
        }
        Self { keys, lines: self.lines }
    }

    /// Of all bytes of the site and where they lie: the same wherever the same commit was built, whatever form it took.
    pub fn digest(&self) -> Sha256 {
        let (mut digesting, mut text) = (Digesting::default(), String::new());
        for (key, line) in self.documents() {
            text.clear();
            line.write(key, &mut text);
            digesting.add(text.as_bytes());
        }
        digesting.end().0
    }

    /// What every form of the site holds, without what tells hosts of files how to answer.
    pub fn documents(&self) -> impl Iterator<Item = (&str, &Line)> {
        let of_a_folder = |key: &str| HostFile::ALL.iter().any(|file| file.as_str() == key);
        self.iter().filter(move |(key, _)| !of_a_folder(key))
    }

    pub fn bytes(&self) -> u64 {
        self.documents().map(|(_, line)| line).map(|line| line.size).sum()
    }

    /// A line for each key: digest, size, headers, key; in pieces, since all of them together are large.
    pub fn text(&self) -> impl Iterator<Item = String> {
        self.lines.chunks(PIECE).map(|lines| {
            let mut out = String::with_capacity(160 * lines.len());
            for keyed in lines {
                keyed.line.write(keyed.key(&self.keys), &mut out);
            }
            out
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn line(size: u64) -> Line {
        Line::of(&SitePath::Robots, Sha256::of(&size.to_be_bytes()), size)
    }

    #[test]
    fn headers_are_those_of_the_path() {
        assert!(Kind::ALL.into_iter().enumerate().all(|(at, kind)| kind as usize == at));
        assert!(Cache::ALL.into_iter().enumerate().all(|(at, cache)| cache as usize == at));
        let said = |kind: Kind, cache: Cache| Fingerprint::said(kind.content_type(), cache.control());
        assert_eq!(Fingerprint::of(&SitePath::Index), said(Kind::Json, Cache::Pointer));
        assert_eq!(Fingerprint::of(&SitePath::Robots), said(Kind::Text, Cache::Document));
    }

    #[test]
    fn keys_are_in_order_and_the_later_line_counts() {
        let manifest: Manifest = [("b", 1), ("", 9), ("a/b", 2), ("b", 3), ("a", 4), ("b", 5), ("", 6)]
            .map(|(key, size)| (key, line(size)))
            .into_iter()
            .collect();
        assert_eq!(manifest.keys().collect::<Vec<_>>(), ["", "a", "a/b", "b"]);
        assert_eq!(manifest.iter().map(|(_, line)| line.size).collect::<Vec<_>>(), [6, 4, 2, 5]);
        assert_eq!((manifest.get("a/b"), manifest.get("a/")), (Some(&line(2)), None));
        let more = manifest.clone().with([("a", line(7)), ("c", line(8))]);
        assert_eq!((more.len(), more.get("a"), more.get("c")), (5, Some(&line(7)), Some(&line(8))));
        let read = |pieces: &[&str]| {
            let mut draft = Draft::default();
            pieces.iter().try_for_each(|piece| draft.read(piece)).map(|()| draft.finish())
        };
        let text: String = more.text().collect();
        let (first, rest) = text.split_at(text.find('\n').expect("a line") + 1);
        assert_eq!((read(&[&text]), read(&[first, "", rest])), (Some(more.clone()), Some(more)));
        assert_eq!((read(&[&text[1..]]), read(&[text.trim_end()])), (None, None));
        assert_ne!(manifest, Manifest::default());
    }

    proptest! {
        #[test]
        fn with_other_lines_it_is_what_a_map_would_be(
            lines in vec(("[a-c/]{0,3}", 0_u64..9), 0..20),
            stay in vec(any::<bool>(), 20),
            others in vec(("[a-d/]{0,3}", 0_u64..9), 0..20),
        ) {
            let of = |(key, size): &(String, u64)| (key.clone(), line(*size));
            let mut map: BTreeMap<String, Line> = lines.iter().map(of).collect();
            let mut stays = stay.iter();
            map.retain(|_, _| *stays.next().expect("one for each"));
            map.extend(others.iter().map(of));
            let manifest = lines.iter().map(of).collect::<Manifest>().retained(&stay).with(others.iter().map(of));
            let of_map: Vec<(&str, &Line)> = map.iter().map(|(key, line)| (&**key, line)).collect();
            prop_assert_eq!(manifest.iter().collect::<Vec<_>>(), of_map);
        }
    }
}
