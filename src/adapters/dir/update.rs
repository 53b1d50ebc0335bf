//! `gazette build` over an older site: what changed is staged, then takes its place file by file, what is linked before what links.
#![expect(clippy::disallowed_methods, reason = "this is where folders of sites are written")]

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufWriter, Write},
    mem,
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::Context;
use rayon::prelude::*;

use super::{
    Directory, Record, STAGE, Stamp, Written, files,
    lines::Lines,
    memory::{self, Lying, Notes},
    record::{self, Remembered, Word},
};
use crate::{
    adapters::{WayOut, disk},
    digest::{Digesting, Sha256},
    manifest::{Line, Manifest},
    site::{
        Sink,
        facts::Counts,
        inputs::Inputs,
        known::{Known, Memory, Predecessor},
        path::{self, SitePath, Wave},
    },
};

/// A folder that something lies in, and what is known of it.
#[derive(Debug)]
pub struct Built {
    directory: Directory,
    word: Option<Word>,
    /// The files that a build which did not come to its end may have written or removed.
    intent: Option<BTreeSet<Box<str>>>,
}

/// The same, and everything that was noted of it.
#[derive(Debug)]
pub struct Recalled {
    directory: Directory,
    former: Former,
    /// What the last build that came to its end was made of, unless it is unknown what of it still lies there.
    inputs: Option<Inputs>,
    remembered: Option<Remembered>,
    known: Option<Known>,
    repair: bool,
}

/// What is about to be done to a folder; until [`Update::apply`] nothing in it has changed.
#[derive(Debug)]
pub struct Update {
    directory: Directory,
    former: Former,
    /// What the last build that came to its end was made of, unless it is unknown what of it still lies there.
    inputs: Option<Inputs>,
    /// What it has written down beside, if that can be relied on.
    remembered: Option<Remembered>,
    known: Option<Known>,
    notes: Notes,
    plain: bool,
    repair: bool,
    puts: Mutex<Vec<Put>>,
    lines: Lines,
}

/// What gazette has put into a folder before.
#[derive(Debug)]
struct Former {
    manifest: Manifest,
    /// Whether folders have second files.
    plain: bool,
    /// Files that may have been written or removed since.
    doubtful: BTreeSet<Box<str>>,
    /// Whether what is not doubtful surely lies there as it was put.
    is_sure: bool,
}

/// A staged document.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Put {
    wave: Wave,
    key: Box<str>,
    staged: PathBuf,
}

impl Built {
    pub(super) fn find(directory: Directory) -> anyhow::Result<Self> {
        let (word, intent) = (Word::read(&directory.root)?, record::intent(&directory.root)?);
        Ok(Self { directory, word, intent })
    }

    /// What the last build that came to its end said of itself, if that is what is asked for; nothing if one died since, or if what
    /// it noted beside is lost.
    pub fn stamp(&self, is_it: impl Fn(&Stamp) -> bool) -> Option<&Stamp> {
        let word = self.word.as_ref().filter(|word| self.intent.is_none() && is_it(word.stamp()))?;
        word.is_kept(&self.directory.root).then(|| word.stamp())
    }

    /// Reads everything that a build by this program can go by. With `repair`, nothing is believed that was said of the folder but
    /// whose files are whose.
    pub fn recall(self, program: &Sha256, repair: bool) -> anyhow::Result<Recalled> {
        let Self { directory, word, intent } = self;
        let is_known = intent.is_none() && !repair;
        let same = word.as_ref().filter(|word| is_known && word.stamp().program == *program);
        let remembered = same.and_then(Word::remembered);
        let (record, known) = rayon::join(
            || word.map(|word| word.record(&directory.root)).transpose(),
            || remembered.and_then(|remembered| memory::recall(&directory.root, &remembered)),
        );
        let doubtful = intent.unwrap_or_default();
        let (former, inputs) = if let Some(Record { stamp, manifest, inputs }) = record?.flatten() {
            (Former { manifest, plain: stamp.plain, doubtful, is_sure: !repair }, Some(inputs).filter(|_| is_known))
        } else {
            // A build died between its manifest and its last word: what lies there is gazette's, but nothing of it is sure.
            let manifest = record::newest_manifest(&directory.root)?;
            (Former { manifest, plain: true, doubtful, is_sure: false }, None)
        };
        Ok(Recalled { directory, former, inputs, remembered, known, repair })
    }
}

impl Former {
    /// Whether what was put at a key surely lies there, and as it is to be laid out.
    fn surely_lies(&self, key: &str, plain: bool) -> bool {
        let same_layout = self.plain == plain || !path::is_folder(key);
        let is_doubtful = || !self.doubtful.is_empty() && files(key, true).any(|file| self.doubtful.contains(&file));
        self.is_sure && same_layout && !is_doubtful()
    }

    /// Whether gazette may have put this file there.
    fn may_have_put(&self, file: &str) -> bool {
        self.doubtful.contains(file) || holds_file(&self.manifest, self.plain, file)
    }

    /// The site of what stays of it and what was shown, and the files that it may have put there and that are none of that site's. Nothing
    /// is left of its own list, which is large.
    fn become_site(
        &mut self,
        stays: impl Fn(&str) -> bool + Sync,
        shown: &Manifest,
        plain: bool,
    ) -> (Manifest, BTreeSet<Box<str>>) {
        let stays = |key: &str| stays(key) && self.surely_lies(key, plain);
        let stay: Vec<bool> = self.manifest.par_iter().map(|(key, _)| stays(key)).collect();
        let without_copies = self.plain && !plain;
        let mut lost: Vec<Box<str>> = Vec::new();
        for (key, stays) in self.manifest.keys().zip(&stay) {
            if !stays && !shown.contains(key) || without_copies && path::is_folder(key) {
                lost.extend(files(key, self.plain));
            }
        }
        let site = mem::take(&mut self.manifest).retained(&stay).with(shown.iter().map(|(key, line)| (key, *line)));
        lost.extend(self.doubtful.iter().cloned());
        let gone = lost.into_iter().filter(|file| !holds_file(&site, plain, file)).collect();
        (site, gone)
    }
}

/// Whether a file is one of a site's.
fn holds_file(site: &Manifest, plain: bool, file: &str) -> bool {
    path::keys_of(file).any(|key| site.contains(key) && files(key, plain).any(|its| *its == *file))
}

impl Update {
    pub fn begin(recalled: Recalled, plain: bool, counts: Counts) -> Self {
        let Recalled { directory, former, inputs, remembered, known, repair } = recalled;
        // Where folders are laid out otherwise, no note holds.
        let same_layout = inputs.is_some() && former.plain == plain;
        let (inputs, remembered) = (inputs.filter(|_| same_layout), remembered.filter(|_| same_layout));
        let known = known.filter(|_| same_layout);
        let (notes, lines) = (Notes::of(&directory.root), Lines::of(counts));
        Self { directory, former, inputs, remembered, known, notes, plain, repair, puts: Mutex::default(), lines }
    }

    /// Builds on what the last build remembers of servers and pages, if that holds: what every page shows must be as it was.
    pub fn rely(&mut self, holds: bool) {
        if let Some(known) = self.known.take().filter(|_| holds) {
            self.notes.rely(known);
        }
    }

    /// What the last build was made of, unless it is unknown what of it still lies there.
    pub fn take_inputs(&mut self) -> Option<Inputs> {
        self.inputs.take()
    }

    /// Makes the folder the site that is made of `inputs`, whose pages were shown, and whose other pages stay.
    pub fn apply(
        self,
        stays: impl Fn(&Inputs, &str) -> bool + Sync,
        stamp: impl FnOnce(&Manifest) -> Stamp + Send,
        inputs: Inputs,
    ) -> anyhow::Result<(Stamp, Written)> {
        let Self { directory, mut former, plain, notes, remembered, .. } = self;
        let shown = self.lines.manifest();
        let mut puts = self.puts.into_inner().expect("no thread panicked");
        puts.sort();
        let put: Vec<Box<str>> = puts.iter().flat_map(|put| files(&put.key, plain)).collect();
        refuse_foreign(&directory, put.iter().filter(|file| !former.may_have_put(file)))?;
        let (manifest, gone) = former.become_site(|key| stays(&inputs, key) || notes.keeps(key), &shown, plain);
        drop(shown);
        let doubtful = former.doubtful;

        if !puts.is_empty() || !gone.is_empty() {
            let intent: BTreeSet<&str> = put.iter().chain(&gone).chain(&doubtful).map(|file| &**file).collect();
            record::intend(&directory.root, &intent)?;
        }
        let written = Written { written: puts.len(), removed: gone.len(), unchanged: manifest.len() - puts.len() };
        let settled = || -> anyhow::Result<()> {
            for wave in puts.chunk_by(|a, b| a.wave == b.wave) {
                wave.par_iter().try_for_each(|put| settle(&directory, put, plain))?;
            }
            let failed = |file: &str| format!("could not remove `{}`", at(&directory, file));
            gone.iter().try_for_each(|file| directory.remove(file).with_context(|| failed(file)))
        };
        // While the system moves files, what is to be said of them is written down beside.
        let (settled, noted) = rayon::join(settled, || {
            let stamp = stamp(&manifest);
            let learned = notes.stage()?;
            let record = Record { stamp, manifest, inputs };
            let staged = record.stage(&directory.root, learned, remembered)?;
            anyhow::Ok((record.stamp, staged))
        });
        settled?;
        let (stamp, staged) = noted?;
        staged.settle(&directory.root)?;
        Ok((stamp, written))
    }

    fn stage(&self) -> anyhow::Result<(PathBuf, File)> {
        let directory = &self.directory;
        directory.stage().with_context(|| format!("could not create a file in `{}`", directory.own(STAGE).display()))
    }

    fn stage_again(&self, first: &Path) -> anyhow::Result<PathBuf> {
        let directory = &self.directory;
        directory.stage_again(first).with_context(|| format!("could not create a file in `{}`", directory.own(STAGE).display()))
    }

    /// Whether the bytes must be written; the line is noted in any case.
    fn is_news(&self, path: &SitePath, key: &str, sha256: Sha256, size: u64) -> bool {
        self.lines.add(path, key, sha256, size);
        if self.repair {
            return !files(key, self.plain).all(|file| holds(&self.directory.at(&file), &sha256, size));
        }
        let known = self.former.manifest.get(key).filter(|_| self.former.surely_lies(key, self.plain));
        known != Some(&Line::of(path, sha256, size))
    }

    fn stage_put(&self, path: &SitePath, key: String, staged: PathBuf) {
        let put = Put { wave: path.wave(), key: key.into(), staged };
        self.puts.lock().expect("no thread panics while it notes a document").push(put);
    }
}

impl Sink for Update {
    type Open = (Vec<SitePath>, PathBuf, BufWriter<File>, Digesting);

    fn page(&self, paths: &[SitePath], body: &[u8]) -> anyhow::Result<()> {
        let sha256 = Sha256::of(body);
        let mut first: Option<PathBuf> = None;
        for path in paths {
            let key = path.key();
            if !self.is_news(path, &key, sha256, body.len() as u64) {
                continue;
            }
            let staged = if let Some(first) = &first {
                self.stage_again(first)?
            } else {
                let (staged, mut file) = self.stage()?;
                file.write_all(body).with_context(|| format!("could not write `{}`", staged.display()))?;
                first.insert(staged).clone()
            };
            self.stage_put(path, key, staged);
        }
        Ok(())
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Self::Open> {
        let (staged, file) = self.stage()?;
        Ok((paths, staged, BufWriter::with_capacity(1 << 16, file), Digesting::default()))
    }

    fn append(&self, (_, _, file, digesting): &mut Self::Open, bytes: &[u8]) -> anyhow::Result<()> {
        digesting.add(bytes);
        file.write_all(bytes).context("could not write a list")
    }

    fn close(&self, (paths, staged, mut file, digesting): Self::Open) -> anyhow::Result<()> {
        file.flush().context("could not write a list")?;
        let (sha256, size) = digesting.end();
        for path in &paths {
            let key = path.key();
            if self.is_news(path, &key, sha256, size) {
                self.stage_put(path, key, self.stage_again(&staged)?);
            }
        }
        fs::remove_file(&staged).with_context(|| format!("could not remove `{}`", staged.display()))
    }

    fn discard(&self, (_, staged, file, _): Self::Open) -> anyhow::Result<()> {
        drop(file);
        fs::remove_file(&staged).with_context(|| format!("could not remove `{}`", staged.display()))
    }

    fn memory(&self) -> Option<&dyn Memory> {
        Some(self)
    }
}

impl Memory for Update {
    fn known(&self) -> Option<&Known> {
        self.notes.known()
    }

    fn predecessor(&self, path: &SitePath) -> anyhow::Result<Option<Box<dyn Predecessor + '_>>> {
        let key = path.key();
        let Some(line) = self.former.manifest.get(&key) else { return Ok(None) };
        Ok(Some(Box::new(Lying::open(self.directory.at(&path::file(&key)), line.sha256)?)))
    }

    fn keep(&self, path: &SitePath, made_of: Sha256) -> bool {
        self.notes.keep(&path.key(), made_of)
    }

    fn learn(&self, lines: &mut dyn Iterator<Item = String>) -> anyhow::Result<()> {
        self.notes.learn(lines)
    }
}

fn settle(directory: &Directory, Put { key, staged, .. }: &Put, plain: bool) -> anyhow::Result<()> {
    let failed = |file: &str| format!("could not write `{}`", at(directory, file));
    if let Some(plain) = path::plain_file(key).filter(|_| plain) {
        let second = directory.stage_again(staged);
        second.and_then(|second| directory.settle(&second, &plain)).with_context(|| failed(&plain))?;
    }
    let file = path::file(key);
    directory.settle(staged, &file).with_context(|| failed(&file))
}

/// Where something lies that gazette did not put there, nothing is overwritten; nor does a folder replace it.
fn refuse_foreign<'k>(directory: &Directory, files: impl Iterator<Item = &'k Box<str>>) -> anyhow::Result<()> {
    for file in files {
        if let Some(path) = directory.in_the_way(file) {
            return Err(WayOut::new(
                format!("`{}` is in the way, and gazette did not write it", path.display()),
                "move it away, or name another folder with `--out DIR`",
            )
            .into());
        }
    }
    Ok(())
}

fn at(directory: &Directory, file: &str) -> String {
    directory.at(file).display().to_string()
}

/// Whether a file has these bytes. One that cannot be read has others.
fn holds(path: &Path, sha256: &Sha256, size: u64) -> bool {
    let read = || -> io::Result<bool> {
        let meta = path.symlink_metadata()?;
        if !meta.is_file() || meta.len() != size {
            return Ok(false);
        }
        Ok(disk::digest(path)? == *sha256)
    };
    read().unwrap_or(false)
}
