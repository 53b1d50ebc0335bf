//! What `gazette build` knows of a folder it wrote: `.gazette/` in it, whose `state.json` is written last and names the digests of its
//! neighbours, so that what a dying build left half is recognised.
#![expect(clippy::disallowed_methods, reason = "this is where folders of sites are written")]

use std::{collections::BTreeSet, fs, io, path::Path};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::{super::disk, OWN};
use crate::{
    digest::{Digesting, Sha256},
    manifest::Manifest,
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

/// Everything that is known.
#[derive(Debug)]
pub struct Record {
    pub stamp: Stamp,
    pub manifest: Manifest,
    pub inputs: Inputs,
}

#[derive(Serialize, Deserialize)]
struct State {
    version: u32,
    #[serde(flatten)]
    stamp: Stamp,
    manifest: Sha256,
    inputs: Sha256,
}

const STATE: &str = "state.json";
const MANIFEST: &str = "manifest";
const INPUTS: &str = "inputs";
const INTENT: &str = "intent";

/// The form of `.gazette/`; one of another form is as good as none.
const VERSION: u32 = 1;

impl Record {
    /// Nothing, if there is none, or none that is whole.
    pub(super) fn read(root: &Path) -> anyhow::Result<Option<Self>> {
        let text = |name: &str| text(root, name);
        let state = text(STATE)?.and_then(|text| serde_json::from_str::<State>(&text).ok());
        let (Some(state), Some(manifest), Some(inputs)) = (state, text(MANIFEST)?, text(INPUTS)?) else { return Ok(None) };
        let whole = state.version == VERSION
            && state.manifest == Sha256::of(manifest.as_bytes())
            && state.inputs == Sha256::of(inputs.as_bytes());
        let parsed = Manifest::parse(&manifest).zip(Inputs::parse(&inputs)).filter(|_| whole);
        Ok(parsed.map(|(manifest, inputs)| Self { stamp: state.stamp, manifest, inputs }))
    }

    /// Says that the folder is whole.
    pub(super) fn write(&self, root: &Path) -> anyhow::Result<()> {
        let own = root.join(OWN);
        let mut manifest = Digesting::default();
        disk::write_pieces(&own.join(MANIFEST), self.manifest.text().inspect(|piece| manifest.add(piece.as_bytes())))?;
        let inputs = self.inputs.text();
        disk::write(&own.join(INPUTS), inputs.as_bytes())?;
        let state = State {
            version: VERSION,
            stamp: self.stamp.clone(),
            manifest: manifest.end().0,
            inputs: Sha256::of(inputs.as_bytes()),
        };
        let state = serde_json::to_string_pretty(&state).expect("a state is JSON") + "\n";
        disk::write(&own.join(STATE), state.as_bytes())?;
        remove(root, INTENT)
    }
}

/// What a build that came to its end has said.
pub(super) fn built(root: &Path) -> anyhow::Result<Option<Record>> {
    Ok(Record::read(root)?.filter(|_| !disk::exists(&root.join(OWN).join(INTENT))))
}

/// Whether a build has begun to say something.
pub(super) fn is_begun(root: &Path) -> bool {
    [STATE, INTENT, INPUTS, MANIFEST].iter().any(|name| disk::exists(&root.join(OWN).join(name)))
}

/// Takes back whatever a build has said of a folder, its last word first.
pub(super) fn forget(root: &Path) -> anyhow::Result<()> {
    [STATE, INTENT, INPUTS, MANIFEST].into_iter().try_for_each(|name| remove(root, name))
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
    Ok(text(root, MANIFEST)?.and_then(|text| Manifest::parse(&text)).unwrap_or_default())
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
