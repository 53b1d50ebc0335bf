//! A site over an older one: what changed is staged, then takes its place file by file, what is linked before what links.
#![expect(clippy::disallowed_methods, reason = "this is where folders of sites are written")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Context;
use rayon::prelude::*;

use super::{Directory, Lines, OWN, Record, STAGE, Scratch, Stamp, Written, create, create_dir, record};
use crate::{
    adapters::{WayOut, disk},
    digest::{Digesting, Sha256},
    manifest::{Line, Manifest},
    site::{
        Sink,
        inputs::Inputs,
        path::{self, SitePath, Wave},
    },
};

/// What is about to be done to a folder; until [`Update::apply`] nothing in it has changed.
#[derive(Debug)]
pub struct Update {
    stage: Scratch,
    directory: Directory,
    /// What surely lies there as the last build left it.
    sure: BTreeMap<Box<str>, Line>,
    /// The files that gazette may have put there.
    ours: BTreeSet<Box<str>>,
    plain: bool,
    staged: AtomicUsize,
    puts: Mutex<Vec<Put>>,
    lines: Lines,
}

/// A staged document.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Put {
    wave: Wave,
    key: Box<str>,
    staged: PathBuf,
}

impl Update {
    pub fn begin(directory: Directory, plain: bool) -> anyhow::Result<Self> {
        let stage = Scratch(directory.root.join(OWN).join(STAGE));
        create_dir(&stage.0)?;
        let (mut sure, mut ours) = (BTreeMap::new(), BTreeSet::new());
        let doubtful = directory.intent.as_ref();
        ours.extend(doubtful.into_iter().flatten().cloned());
        if let Some(record) = &directory.record {
            let was_plain = record.stamp.plain;
            ours.extend(record.manifest.lines.keys().flat_map(|key| files(key, was_plain)));
            let same_layout = |key: &str| was_plain == plain || !path::is_folder(key);
            let is_doubtful = |key: &str| doubtful.is_some_and(|doubtful| files(key, true).any(|file| doubtful.contains(&file)));
            let lines = record.manifest.lines.iter().filter(|(key, _)| same_layout(key) && !is_doubtful(key));
            sure = lines.map(|(key, line)| (key.clone(), *line)).collect();
        } else {
            // A build died between its manifest and its last word: what lies there is gazette's, but nothing of it is sure.
            ours.extend(record::keys(&directory.root)?.iter().flat_map(|key| files(key, true)));
        }
        let staged = AtomicUsize::new(0);
        Ok(Self { stage, directory, sure, ours, plain, staged, puts: Mutex::default(), lines: Lines::default() })
    }

    /// What the last build was made of, unless it is unknown what of it still lies there.
    pub fn inputs(&self) -> Option<&Inputs> {
        let record = self.directory.record.as_ref()?;
        (self.directory.intent.is_none() && record.stamp.plain == self.plain).then_some(&record.inputs)
    }

    /// Makes the folder the site whose pages were shown, and whose other pages `stay`.
    pub fn apply(
        self,
        stays: impl Fn(&str) -> bool,
        stamp: impl FnOnce(&Manifest) -> Stamp,
        inputs: Inputs,
    ) -> anyhow::Result<(Stamp, Written)> {
        let mut manifest = self.lines.manifest();
        let kept: Vec<_> = self.sure.iter().filter(|(key, _)| !manifest.lines.contains_key(*key) && stays(key)).collect();
        manifest.lines.extend(kept.into_iter().map(|(key, line)| (key.clone(), *line)));
        let mut puts = self.puts.into_inner().expect("no thread panicked");
        puts.sort();
        let stay: BTreeSet<Box<str>> = manifest.lines.keys().flat_map(|key| files(key, self.plain)).collect();
        let gone: Vec<&str> = self.ours.difference(&stay).map(|file| &**file).collect();
        let put: Vec<Box<str>> = puts.iter().flat_map(|put| files(&put.key, self.plain)).collect();
        let folder = Folder { root: &self.directory.root, plain: self.plain };
        folder.refuse_foreign(put.iter().filter(|file| !self.ours.contains(*file)))?;

        if !puts.is_empty() || !gone.is_empty() {
            let earlier = self.directory.intent.iter().flatten().map(|file| &**file);
            let intent: BTreeSet<&str> = put.iter().map(|file| &**file).chain(gone.iter().copied()).chain(earlier).collect();
            let lines: String = intent.into_iter().flat_map(|file| [file, "\n"]).collect();
            disk::write(&self.directory.root.join(OWN).join("intent"), lines.as_bytes())?;
        }
        for wave in puts.chunk_by(|a, b| a.wave == b.wave) {
            wave.par_iter().try_for_each(|put| folder.put(put))?;
        }
        gone.iter().try_for_each(|file| folder.remove(file))?;
        let written = Written { written: puts.len(), removed: gone.len(), unchanged: manifest.lines.len() - puts.len() };
        let stamp = stamp(&manifest);
        Record { stamp: stamp.clone(), manifest, inputs }.write(&self.directory.root)?;
        Ok((stamp, written))
    }

    fn new_staged(&self) -> PathBuf {
        self.stage.0.join(self.staged.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// Whether the bytes must be written; the line is noted in any case.
    fn is_news(&self, path: &SitePath, key: &str, sha256: Sha256, size: u64) -> bool {
        self.lines.add(path, key.to_owned(), sha256, size);
        self.sure.get(key) != Some(&Line::of(path, sha256, size))
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
        for path in paths {
            let key = path.key();
            if self.is_news(path, &key, sha256, body.len() as u64) {
                let staged = self.new_staged();
                create(&staged)?.write_all(body).with_context(|| format!("could not write `{}`", staged.display()))?;
                self.stage_put(path, key, staged);
            }
        }
        Ok(())
    }

    fn open(&self, paths: Vec<SitePath>) -> anyhow::Result<Self::Open> {
        let staged = self.new_staged();
        let file = BufWriter::with_capacity(1 << 16, create(&staged)?);
        Ok((paths, staged, file, Digesting::default()))
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
                let copy = self.new_staged();
                fs::copy(&staged, &copy).with_context(|| format!("could not write `{}`", copy.display()))?;
                self.stage_put(path, key, copy);
            }
        }
        fs::remove_file(&staged).with_context(|| format!("could not remove `{}`", staged.display()))
    }

    fn discard(&self, (_, staged, file, _): Self::Open) -> anyhow::Result<()> {
        drop(file);
        fs::remove_file(&staged).with_context(|| format!("could not remove `{}`", staged.display()))
    }
}

/// Where the files of a site lie.
struct Folder<'a> {
    root: &'a Path,
    plain: bool,
}

impl Folder<'_> {
    fn put(&self, Put { key, staged, .. }: &Put) -> anyhow::Result<()> {
        if let Some(plain) = path::plain_file(key).filter(|_| self.plain) {
            let plain = self.root.join(plain);
            let mut copy = staged.clone().into_os_string();
            copy.push("-plain");
            fs::copy(staged, &copy).with_context(|| format!("could not write `{}`", plain.display()))?;
            rename(Path::new(&copy), &plain)?;
        }
        rename(staged, &self.root.join(path::file(key)))
    }

    fn remove(&self, file: &str) -> anyhow::Result<()> {
        let file = self.root.join(file);
        remove_file(&file)?;
        // A folder that something else still lies in stays.
        let above = file.ancestors().skip(1).take_while(|dir| *dir != self.root);
        for dir in above {
            if fs::remove_dir(dir).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Where something lies that gazette did not put there, nothing is overwritten; nor does a folder replace it.
    fn refuse_foreign<'k>(&self, files: impl Iterator<Item = &'k Box<str>>) -> anyhow::Result<()> {
        for file in files {
            let place = self.root.join(&**file);
            let above = place.ancestors().skip(1).take_while(|dir| *dir != self.root).filter(|dir| !dir.is_dir());
            let in_the_way = std::iter::once(&*place).chain(above).find(|path| disk::exists(path));
            if let Some(path) = in_the_way {
                return Err(WayOut::new(
                    format!("`{}` is in the way, and gazette did not write it", path.display()),
                    "move it away, or name another folder with `--out DIR`",
                )
                .into());
            }
        }
        Ok(())
    }
}

/// Where a key lies, once or twice.
fn files(key: &str, plain: bool) -> impl Iterator<Item = Box<str>> {
    let copy = path::plain_file(key).filter(|_| plain);
    [Some(path::file(key)), copy].into_iter().flatten().map(Box::from)
}

fn rename(from: &Path, to: &Path) -> anyhow::Result<()> {
    let renamed = fs::rename(from, to).or_else(|error| {
        if error.kind() != io::ErrorKind::NotFound {
            return Err(error);
        }
        to.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::rename(from, to)
    });
    renamed.with_context(|| format!("could not write `{}`", to.display()))
}

fn remove_file(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove `{}`", file.display()))
        }
        _ => Ok(()),
    }
}
