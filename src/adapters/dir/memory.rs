//! What a build remembers of the site in a folder, so that the next one makes only what is new: `servers` and `pages` among its notes, and
//! lists as they lie there.
#![expect(clippy::disallowed_methods, reason = "this is where folders of sites are read")]

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock},
};

use anyhow::Context;

use super::{
    OWN, STAGE,
    record::{self, PAGES, Remembered, SERVERS},
};
use crate::{
    adapters::{WayOut, disk},
    digest::{Digesting, Sha256},
    site::known::{self, Known, Predecessor},
};

/// What is remembered, and what is to be.
#[derive(Debug)]
pub(super) struct Notes {
    stage: PathBuf,
    known: Option<Known>,
    /// The digest of what was learned of servers.
    servers: OnceLock<Sha256>,
    /// What each page at a key is made of now.
    pages: Mutex<BTreeMap<Box<str>, Sha256>>,
}

impl Notes {
    pub(super) fn of(root: &Path) -> Self {
        Self { stage: root.join(OWN).join(STAGE), known: None, servers: OnceLock::new(), pages: Mutex::default() }
    }

    /// Builds on what is known.
    pub(super) fn rely(&mut self, known: Known) {
        self.known = Some(known);
    }

    pub(super) fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    /// As [`crate::site::known::Memory::keep`].
    pub(super) fn keep(&self, key: &str, made_of: Sha256) -> bool {
        let stays = self.known().and_then(|known| known.page(key)) == Some(made_of);
        self.pages.lock().expect("no thread panics while it notes a page").insert(key.into(), made_of);
        stays
    }

    /// Whether the page at a key was kept.
    pub(super) fn keeps(&self, key: &str) -> bool {
        let pages = || self.pages.lock().expect("no thread panics while it notes a page");
        self.known().and_then(|known| known.page(key)).is_some_and(|made_of| pages().get(key) == Some(&made_of))
    }

    /// As [`crate::site::known::Memory::learn`]; it waits for its turn.
    pub(super) fn learn(&self, lines: &mut dyn Iterator<Item = String>) -> anyhow::Result<()> {
        let mut digesting = Digesting::default();
        disk::create_dir(&self.stage)?;
        disk::write_pieces(&self.stage.join(SERVERS), lines.inspect(|line| digesting.add(line.as_bytes())))?;
        self.servers.set(digesting.end().0).expect("it is learned once");
        Ok(())
    }

    /// Writes down what was learned, if anything was; it waits for its turn.
    pub(super) fn stage(self) -> anyhow::Result<Option<Remembered>> {
        let Some(servers) = self.servers.into_inner() else { return Ok(None) };
        let pages = self.pages.into_inner().expect("no thread panicked");
        let mut text = String::new();
        for (key, digest) in &pages {
            text.push_str(&format!("{digest} {key}\n"));
        }
        disk::write(&self.stage.join(PAGES), text.as_bytes())?;
        Ok(Some(Remembered { servers, pages: Sha256::of(text.as_bytes()) }))
    }
}

/// What the last build remembers, if what lies there is what was written down.
pub(super) fn recall(root: &Path, Remembered { servers, pages }: &Remembered) -> Option<Known> {
    let mut draft = known::Draft::default();
    let is_whole = |name: &str, digest: &Sha256, give: &mut dyn FnMut(&str) -> Option<()>| {
        record::lines(root, name, give).is_ok_and(|lying| lying == Some(*digest))
    };
    let whole =
        is_whole(SERVERS, servers, &mut |piece| draft.servers(piece)) && is_whole(PAGES, pages, &mut |piece| draft.pages(piece));
    whole.then(|| draft.finish()).flatten()
}

/// A list that a build has put there.
pub(super) struct Lying {
    file: File,
    path: PathBuf,
    /// The digest that it had.
    put: Sha256,
    digesting: Digesting,
    at: u64,
    buffer: Vec<u8>,
}

/// So many bytes are read at once.
const PIECE: usize = 1 << 18;

impl Lying {
    pub(super) fn open(path: PathBuf, put: Sha256) -> anyhow::Result<Self> {
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(altered(&path)),
            opened => opened.with_context(|| format!("could not read `{}`", path.display()))?,
        };
        Ok(Self { file, path, put, digesting: Digesting::default(), at: 0, buffer: vec![0; PIECE] })
    }

    /// Reads up to a place, or to the end if that comes first.
    fn read_to(&mut self, end: u64, give: &mut dyn FnMut(&[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
        while self.at < end {
            let most = usize::try_from(end - self.at).map_or(PIECE, |most| most.min(PIECE));
            let read = self.file.read(&mut self.buffer[..most]);
            let read = read.with_context(|| format!("could not read `{}`", self.path.display()))?;
            if read == 0 {
                break;
            }
            self.digesting.add(&self.buffer[..read]);
            self.at += read as u64;
            give(&self.buffer[..read])?;
        }
        Ok(())
    }
}

impl Predecessor for Lying {
    fn copy(&mut self, range: Range<u64>, give: &mut dyn FnMut(&[u8]) -> anyhow::Result<()>) -> anyhow::Result<()> {
        self.read_to(range.start, &mut |_| Ok(()))?;
        self.read_to(range.end, give)
    }

    fn close(mut self: Box<Self>) -> anyhow::Result<()> {
        self.read_to(u64::MAX, &mut |_| Ok(()))?;
        anyhow::ensure!(self.digesting.end().0 == self.put, altered(&self.path));
        Ok(())
    }
}

fn altered(path: &Path) -> anyhow::Error {
    let error = format!("`{}` is not as the last build left it", path.display());
    WayOut::new(error, "run `gazette build --repair` with the same `--out`, which reads every file and makes it good").into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_page_is_kept_if_it_was_made_of_the_same() {
        let dir = tempfile::tempdir().expect("a folder");
        let of = |text: &str| Sha256::of(text.as_bytes());
        let first = Notes::of(dir.path());
        assert!(!first.keep("browse/index.html", of("a")) && !first.keep("gone/index.html", of("b")), "nothing is known yet");
        first.learn(&mut Known::lines(&[3], [].into_iter())).expect("it is written");
        let remembered = first.stage().expect("it is written").expect("something was learned");
        for name in [SERVERS, PAGES] {
            let own = dir.path().join(OWN);
            fs::rename(own.join(STAGE).join(name), own.join(name)).expect("it was staged");
        }

        let mut next = Notes::of(dir.path());
        next.rely(recall(dir.path(), &remembered).expect("it is what was written down"));
        assert!(next.keep("browse/index.html", of("a")) && !next.keep("new/index.html", of("c")));
        assert!(next.keeps("browse/index.html") && !next.keeps("new/index.html"));
        assert!(!next.keeps("gone/index.html"), "nobody has made it again");
        assert!(!next.keep("browse/index.html", of("other")) && !next.keeps("browse/index.html"));

        let other = recall(dir.path(), &Remembered { servers: remembered.pages, pages: remembered.pages });
        assert!(other.is_none(), "these are not the notes that were meant");
    }
}
