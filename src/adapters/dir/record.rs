//! What `gazette build` knows of a folder it wrote: `.gazette/` in it, whose `state.json` is written last and names the digests of its
//! neighbours, so that what a dying build left half is recognised.
#![expect(clippy::disallowed_methods, reason = "this is where folders of sites are written")]

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::{super::disk, OWN, STAGE};
use crate::{
    digest::{Digesting, Sha256},
    manifest::{Draft, Manifest},
    site::{facts::Counts, inputs::Inputs},
};

/// What a build says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The digest of the program that built it.
    pub program: Sha256,
    /// Absent where the files were taken as they lie.
    pub commit: Option<String>,
    /// Where the registry lies in the repository.
    pub prefix: String,
    pub serial: u32,
    pub counts: Counts,
    pub documents: usize,
    pub bytes: u64,
    pub digest: Sha256,
    /// Whether folders have an `index.html` for plain hosts.
    pub plain: bool,
    /// What is said of hosts and clients that do not take this much.
    #[serde(default)]
    pub limits: Vec<String>,
}

/// Everything that is known, but for what is remembered of servers and pages.
#[derive(Debug)]
pub struct Record {
    pub stamp: Stamp,
    pub manifest: Manifest,
    pub inputs: Inputs,
}

/// The digests of what is remembered of servers and of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    pub(super) servers: Sha256,
    pub(super) pages: Sha256,
}

#[derive(Debug, Serialize, Deserialize)]
struct State {
    version: u32,
    #[serde(flatten)]
    stamp: Stamp,
    manifest: Sha256,
    inputs: Sha256,
    known: Option<Remembered>,
}

const STATE: &str = "state.json";
const MANIFEST: &str = "manifest";
const INPUTS: &str = "inputs";
const INTENT: &str = "intent";
pub(super) const SERVERS: &str = "servers";
pub(super) const PAGES: &str = "pages";
/// From the last word to the first.
const ALL: [&str; 6] = [STATE, INTENT, INPUTS, MANIFEST, SERVERS, PAGES];

/// The form of `.gazette/`; one of another form is as good as none.
const VERSION: u32 = 1;

/// What the last build that came to its end says of itself, and by which digests its other notes are known.
#[derive(Debug)]
pub(super) struct Word(State);

impl Word {
    /// Nothing, if there is none, or none of this form.
    pub(super) fn read(root: &Path) -> anyhow::Result<Option<Self>> {
        let state = text(root, STATE)?.and_then(|text| serde_json::from_str::<State>(&text).ok());
        Ok(state.filter(|state| state.version == VERSION).map(Self))
    }

    pub(super) fn stamp(&self) -> &Stamp {
        &self.0.stamp
    }

    pub(super) fn remembered(&self) -> Option<Remembered> {
        self.0.known
    }

    /// Whether the other notes are those of this word.
    pub(super) fn is_kept(&self, root: &Path) -> bool {
        let holds = |name: &str, digest: &Sha256| disk::digest(&root.join(OWN).join(name)).is_ok_and(|lying| lying == *digest);
        holds(MANIFEST, &self.0.manifest) && holds(INPUTS, &self.0.inputs)
    }

    /// The other notes. Nothing, if they are not those of this word.
    pub(super) fn record(self, root: &Path) -> anyhow::Result<Option<Record>> {
        let State { stamp, manifest: digest, inputs, .. } = self.0;
        let Some(inputs) = text(root, INPUTS)?.filter(|text| Sha256::of(text.as_bytes()) == inputs) else { return Ok(None) };
        let manifest = manifest(root)?.filter(|(_, sha256)| *sha256 == digest).map(|(manifest, _)| manifest);
        Ok(Inputs::parse(&inputs).zip(manifest).map(|(inputs, manifest)| Record { stamp, manifest, inputs }))
    }
}

/// Notes that wait for their turn.
#[derive(Debug)]
pub(super) struct Staged {
    names: Vec<&'static str>,
    state: String,
}

impl Record {
    /// Writes it down beside what was `learned`, if anything was; else what was `remembered` stays.
    pub(super) fn stage(
        &self,
        root: &Path,
        learned: Option<Remembered>,
        remembered: Option<Remembered>,
    ) -> anyhow::Result<Staged> {
        let waiting = root.join(OWN).join(STAGE);
        disk::create_dir(&waiting)?;
        let mut manifest = Digesting::default();
        disk::write_pieces(&waiting.join(MANIFEST), self.manifest.text().inspect(|piece| manifest.add(piece.as_bytes())))?;
        let inputs = self.inputs.text();
        disk::write(&waiting.join(INPUTS), inputs.as_bytes())?;
        let state = State {
            version: VERSION,
            stamp: self.stamp.clone(),
            manifest: manifest.end().0,
            inputs: Sha256::of(inputs.as_bytes()),
            known: learned.or(remembered),
        };
        let state = serde_json::to_string_pretty(&state).expect("a state is JSON") + "\n";
        let mut names = vec![MANIFEST, INPUTS];
        names.extend([SERVERS, PAGES].iter().filter(|_| learned.is_some()));
        Ok(Staged { names, state })
    }
}

impl Staged {
    /// Says that the folder is whole.
    pub(super) fn settle(self, root: &Path) -> anyhow::Result<()> {
        let own = root.join(OWN);
        for name in self.names {
            let place = own.join(name);
            fs::rename(own.join(STAGE).join(name), &place).with_context(|| format!("could not write `{}`", place.display()))?;
        }
        disk::write(&own.join(STATE), self.state.as_bytes())?;
        remove(root, INTENT)
    }
}

/// What a build that came to its end has said.
pub(super) fn built(root: &Path) -> anyhow::Result<Option<Record>> {
    let Some(word) = Word::read(root)?.filter(|_| !disk::exists(&root.join(OWN).join(INTENT))) else { return Ok(None) };
    word.record(root)
}

/// Whether a build has begun to say something.
pub(super) fn is_begun(root: &Path) -> bool {
    ALL.iter().any(|name| disk::exists(&root.join(OWN).join(name)))
}

/// Takes back whatever a build has said of a folder, its last word first.
pub(super) fn forget(root: &Path) -> anyhow::Result<()> {
    ALL.into_iter().try_for_each(|name| remove(root, name))
}

/// Notes the files that are about to be written or removed.
pub(super) fn intend(root: &Path, files: &BTreeSet<&str>) -> anyhow::Result<()> {
    let lines: String = files.iter().flat_map(|file| [*file, "\n"]).collect();
    disk::write(&root.join(OWN).join(INTENT), lines.as_bytes())
}

fn remove(root: &Path, name: &str) -> anyhow::Result<()> {
    let path = root.join(OWN).join(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// The manifest as it lies, even if the build that wrote it died before it could say that the folder is whole: whose keys those
/// are is sure, and what lies there is not.
pub(super) fn newest_manifest(root: &Path) -> anyhow::Result<Manifest> {
    Ok(manifest(root)?.map(|(manifest, _)| manifest).unwrap_or_default())
}

/// Most lines of a manifest are longer.
const LINE: u64 = 128;

/// The manifest and its digest. Nothing, if there is none, or none that is whole.
fn manifest(root: &Path) -> anyhow::Result<Option<(Manifest, Sha256)>> {
    let bytes = root.join(OWN).join(MANIFEST).metadata().map_or(0, |meta| meta.len());
    let mut draft = Draft::with_room(usize::try_from(bytes / LINE).unwrap_or_default());
    let digest = lines(root, MANIFEST, |piece| draft.read(piece))?;
    Ok(digest.map(|digest| (draft.finish(), digest)))
}

/// So many bytes of a note are in memory before something is made of them, or a few more.
const PIECE: u64 = 1 << 20;

/// Gives a note in pieces that end where lines do, and tells the digest of the whole. Nothing, if there is none, or none of which
/// something can be made.
pub(super) fn lines(root: &Path, name: &str, mut give: impl FnMut(&str) -> Option<()>) -> anyhow::Result<Option<Sha256>> {
    let path = root.join(OWN).join(name);
    let failed = || format!("could not read `{}`", path.display());
    let mut file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => BufReader::new(opened.with_context(failed)?),
    };
    let (mut digesting, mut piece) = (Digesting::default(), Vec::new());
    loop {
        piece.clear();
        let read = file.by_ref().take(PIECE).read_to_end(&mut piece).and_then(|_| file.read_until(b'\n', &mut piece));
        read.with_context(failed)?;
        if piece.is_empty() {
            return Ok(Some(digesting.end().0));
        }
        digesting.add(&piece);
        if std::str::from_utf8(&piece).ok().and_then(&mut give).is_none() {
            return Ok(None);
        }
    }
}

/// The files that a build which died had begun to write or remove.
pub(super) fn intent(root: &Path) -> anyhow::Result<Option<BTreeSet<Box<str>>>> {
    Ok(text(root, INTENT)?.map(|text| text.lines().map(Box::from).collect()))
}

fn text(root: &Path, name: &str) -> anyhow::Result<Option<String>> {
    let path = root.join(OWN).join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("could not read `{}`", path.display())),
    }
}
