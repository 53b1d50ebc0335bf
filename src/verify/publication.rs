//! What a site says is published, and whether that is what it answers: the pointer and its signature, the manifest that it names,
//! and documents of that manifest, compared byte for byte.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    checkpoint::{Checkpoint, note::Verifier},
    digest::Sha256,
    finding::Verdict,
    instant::Instant,
    manifest::Line,
};

use super::{Check, address::Base, host::Host, port::Unreached};

mod choice;
mod document;
mod earlier;
mod listed;
mod manners;
mod pointer;
mod reader;

pub use choice::Seed;
pub use document::{Difference, Why};
pub use earlier::{Earlier, patience};
pub use pointer::Pointer;
pub use reader::Reader;

/// What is asked of a site's pointer and of what it names.
#[derive(Clone, Debug)]
pub struct Wants {
    pub now: Instant,
    pub pinned: Pinned,
    /// Whether a site without a checkpoint has something to fix, whosever it is.
    pub is_demanded: bool,
    /// How many seconds ago it may have been published.
    pub max_age: Option<i64>,
    /// Which registry it must be of; else the one that is asked, unless that is a folder or this machine.
    pub base_url: Option<String>,
    /// The pointer that was seen last.
    pub seen: Option<Checkpoint>,
    pub sample: Sample,
}

/// Which documents are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sample {
    /// What everybody reads, and so many others that are drawn with the seed.
    Of(usize, Seed),
    All,
}

/// Whose signature counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pinned {
    Keys(Vec<Verifier>),
    /// The keys of a registry, which say something about that registry's site alone.
    Registry {
        base_url: String,
        keys: Vec<Verifier>,
    },
    /// Nothing is known: the site's own keys are looked at.
    Nothing,
    /// It is not asked who signs.
    Anyone,
}

/// By which keys the pointer was found to be signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trusted {
    /// Keys that the operator or the operator's registry names.
    Pinned,
    /// Those that the site itself names, which proves nothing about who it is.
    Own,
    #[default]
    Nobody,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// As far as it could be read.
    pub checkpoint: Option<Checkpoint>,
    pub trusted: Trusted,
    /// What the keys are called that have signed it.
    pub signed_by: Vec<String>,
    /// How many documents the manifest lists.
    pub listed: u64,
    /// How many of them were asked for.
    pub compared: u64,
    /// What they were drawn with, unless they are all that there are.
    pub seed: Option<Seed>,
    /// How many are those of an earlier publication.
    pub stale: u64,
    /// The pointer, and whatever is not as it should be.
    pub checks: Vec<Check>,
}

impl Publication {
    pub fn verdict(&self) -> Option<Verdict> {
        self.checks.iter().filter_map(|check| check.verdict).max()
    }

    /// Whether there is a pointer at all, and somebody may rely on it.
    pub fn holds(&self) -> bool {
        self.checkpoint.is_some() && self.verdict() < Some(Verdict::Reject)
    }
}

/// How often everything is looked at anew because somebody published meanwhile.
const ATTEMPTS: usize = 3;

/// Looks at a site once. The error says that it could not be reached at all.
pub fn look(reader: &Reader, wants: &Wants) -> Result<Publication, Unreached> {
    let mut pointer = reader.pointer(wants)?;
    for _ in 1..ATTEMPTS {
        let publication = of(reader, wants, &pointer);
        if publication.verdict() < Some(Verdict::Reject) || pointer.checkpoint.is_none() {
            return Ok(publication);
        }
        // Documents come before the pointer that names them: while somebody publishes, they may be newer than it.
        let again = reader.pointer(wants)?;
        let number = |pointer: &Pointer| pointer.checkpoint.as_ref().map(|checkpoint| checkpoint.publication);
        if number(&again) <= number(&pointer) {
            return Ok(publication);
        }
        pointer = again;
    }
    Ok(of(reader, wants, &pointer))
}

fn of(reader: &Reader, wants: &Wants, pointer: &Pointer) -> Publication {
    let Pointer { checkpoint, trusted, signed_by, checks, is_believed } = pointer.clone();
    let mut publication = Publication { checkpoint, trusted, signed_by, checks, ..Publication::default() };
    let Some(checkpoint) = publication.checkpoint.clone().filter(|_| is_believed) else { return publication };
    let seen = wants.seen.iter().filter(|seen| seen.root != checkpoint.root);
    let ago = u64::try_from(wants.now.0.saturating_sub(checkpoint.time.0)).unwrap_or_default();
    let mut earlier = Earlier::of(seen.map(|seen| (seen.publication, seen.root))).after(Duration::from_secs(ago));
    reader.documents(&checkpoint, wants.sample, &BTreeSet::new(), &mut publication, &mut |documents, publication| {
        for difference in reader.compare(&documents, &checkpoint, &mut earlier) {
            publication.stale += u64::from(matches!(difference.why, Why::Stale(_)));
            publication.keep(difference.check);
        }
    });
    publication
}

/// So many checks of one verdict are kept, each with a request of its own.
const KEPT: usize = 1_000;

impl Publication {
    pub fn keep(&mut self, check: Check) {
        if self.checks.iter().filter(|kept| kept.verdict == check.verdict).count() < KEPT {
            self.checks.push(check);
        }
    }
}

/// Documents by their keys.
pub type Documents = BTreeMap<Box<str>, Line>;

impl<'a> Reader<'a> {
    /// Reads the manifest that a pointer names, and shows the documents that are to be compared, in one or several portions.
    pub fn documents(
        &self,
        checkpoint: &Checkpoint,
        sample: Sample,
        also: &BTreeSet<&str>,
        publication: &mut Publication,
        see: &mut dyn FnMut(Documents, &mut Publication),
    ) {
        let root = match self.root(&checkpoint.root) {
            Ok(root) => root,
            Err(check) => return publication.keep(check),
        };
        publication.listed = root.documents();
        let shards = choice::shards(&root, sample, also);
        let is_part = shards.len() < root.shards.len();
        let mut portion = Documents::new();
        for at in shards {
            let shard = match self.shard(&root, at) {
                Ok(shard) => shard,
                Err(check) => {
                    publication.keep(check);
                    continue;
                }
            };
            shard.checks.into_iter().for_each(|check| publication.keep(check));
            portion.extend(shard.lines);
            if sample == Sample::All {
                self.show(std::mem::take(&mut portion), publication, see);
            }
        }
        if let Sample::Of(most, seed) = sample {
            let chosen = choice::documents(&portion, seed, most, also);
            publication.seed = Some(seed).filter(|_| is_part || chosen.len() < portion.len());
            self.show(chosen, publication, see);
        }
    }

    fn show(&self, documents: Documents, publication: &mut Publication, see: &mut dyn FnMut(Documents, &mut Publication)) {
        let (documents, large): (Documents, Documents) =
            documents.into_iter().partition(|(_, line)| line.size <= document::BYTES_MAX);
        for key in large.keys() {
            publication.keep(self.too_large(key));
        }
        publication.compared += documents.len() as u64;
        see(documents, publication);
    }

    pub fn base(&self) -> &'a Base {
        self.base
    }

    pub fn host(&self) -> Host {
        self.host
    }
}

/// Of whichever root, where a digest has to be told to people.
fn short(sha256: &Sha256) -> String {
    sha256.to_string()[..16].to_owned()
}
