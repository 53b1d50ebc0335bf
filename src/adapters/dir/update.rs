//! `gazette build` over an older site: what changed is staged, then takes its place file by file, what is linked before what links.
#![expect(clippy::disallowed_methods, reason = "this is where folders of sites are written")]

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::Context;
use rayon::prelude::*;

use super::{Directory, Record, STAGE, Stamp, Written, files, lines::Lines, record};
use crate::{
    adapters::{WayOut, disk},
    digest::{Digesting, Sha256},
    manifest::{Draft, Line, Manifest},
    site::{
        Sink,
        facts::Counts,
        inputs::Inputs,
        path::{self, SitePath, Wave},
    },
};

/// A folder that something lies in, and what is known of it.
#[derive(Debug)]
pub struct Built {
    directory: Directory,
    record: Option<Record>,
    /// The files that a build which did not come to its end may have written or removed.
    intent: Option<BTreeSet<Box<str>>>,
}

/// What is about to be done to a folder; until [`Update::apply`] nothing in it has changed.
#[derive(Debug)]
pub struct Update {
    directory: Directory,
    former: Former,
    /// What the last build that came to its end was made of, unless it is unknown what of it still lies there.
    inputs: Option<Inputs>,
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
        let (record, intent) = (Record::read(&directory.root)?, record::intent(&directory.root)?);
        Ok(Self { directory, record, intent })
    }

    /// What the last build that came to its end said of itself; nothing if one died since.
    pub fn stamp(&self) -> Option<&Stamp> {
        self.record.as_ref().filter(|_| self.intent.is_none()).map(|record| &record.stamp)
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

    /// The files that it may have put there and that are none of a site.
    fn without(&self, site: &Manifest, plain: bool) -> BTreeSet<Box<str>> {
        let loses_files = |key: &&str| !site.contains(key) || self.plain && !plain && path::is_folder(key);
        let lost = self.manifest.keys().filter(loses_files).flat_map(|key| files(key, self.plain));
        lost.chain(self.doubtful.iter().cloned()).filter(|file| !holds_file(site, plain, file)).collect()
    }
}

/// Whether a file is one of a site's.
fn holds_file(site: &Manifest, plain: bool, file: &str) -> bool {
    path::keys_of(file).any(|key| site.contains(key) && files(key, plain).any(|its| *its == *file))
}

impl Update {
    /// With `repair`, what lies in the folder is read, and nothing is believed that was said of it but whose files are whose.
    pub fn begin(built: Built, plain: bool, repair: bool, counts: Counts) -> anyhow::Result<Self> {
        let Built { directory, record, intent } = built;
        let is_known = intent.is_none() && !repair;
        let doubtful = intent.unwrap_or_default();
        let (former, inputs) = if let Some(Record { stamp, manifest, inputs }) = record {
            let inputs = Some(inputs).filter(|_| is_known && stamp.plain == plain);
            (Former { manifest, plain: stamp.plain, doubtful, is_sure: !repair }, inputs)
        } else {
            // A build died between its manifest and its last word: what lies there is gazette's, but nothing of it is sure.
            let manifest = record::newest_manifest(&directory.root)?;
            (Former { manifest, plain: true, doubtful, is_sure: false }, None)
        };
        Ok(Self { directory, former, inputs, plain, repair, puts: Mutex::default(), lines: Lines::of(counts) })
    }

    /// What the last build was made of, unless it is unknown what of it still lies there.
    pub fn inputs(&self) -> Option<&Inputs> {
        self.inputs.as_ref()
    }

    /// Makes the folder the site whose pages were shown, and whose other pages `stay`.
    pub fn apply(
        self,
        stays: impl Fn(&str) -> bool,
        stamp: impl FnOnce(&Manifest) -> Stamp,
        inputs: Inputs,
    ) -> anyhow::Result<(Stamp, Written)> {
        let Self { directory, former, plain, .. } = self;
        let shown = self.lines.manifest();
        let mut draft = Draft::with_room(former.manifest.len() + shown.len());
        let kept = former.manifest.iter().filter(|(key, _)| stays(key) && former.surely_lies(key, plain));
        kept.for_each(|(key, line)| draft.add(key, *line));
        shown.iter().for_each(|(key, line)| draft.add(key, *line));
        drop(shown);
        let manifest = draft.finish();
        let mut puts = self.puts.into_inner().expect("no thread panicked");
        puts.sort();
        let gone = former.without(&manifest, plain);
        let put: Vec<Box<str>> = puts.iter().flat_map(|put| files(&put.key, plain)).collect();
        refuse_foreign(&directory, put.iter().filter(|file| !former.may_have_put(file)))?;

        if !puts.is_empty() || !gone.is_empty() {
            let intent: BTreeSet<&str> = put.iter().chain(&gone).chain(&former.doubtful).map(|file| &**file).collect();
            record::intend(&directory.root, &intent)?;
        }
        drop(former);
        for wave in puts.chunk_by(|a, b| a.wave == b.wave) {
            wave.par_iter().try_for_each(|put| settle(&directory, put, plain))?;
        }
        let removed = |file: &str| directory.remove(file).with_context(|| format!("could not remove `{}`", at(&directory, file)));
        gone.iter().try_for_each(|file| removed(file))?;
        let written = Written { written: puts.len(), removed: gone.len(), unchanged: manifest.len() - puts.len() };
        let stamp = stamp(&manifest);
        Record { stamp: stamp.clone(), manifest, inputs }.write(&directory.root)?;
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
