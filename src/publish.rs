//! From a plan to a published site: everything is written in an order in which a reader never sees a link that leads nowhere,
//! the checkpoint changes hands by compare-and-swap, and whoever dies half-way leaves enough behind for the next to finish.

mod documents;
mod flight;
pub mod gc;
mod lease;
mod pool;
pub mod purge;
pub mod read_back;
mod receipt;
mod standing;
pub mod state;

use std::{collections::BTreeSet, fmt, sync::atomic::Ordering::Relaxed};

use crate::{
    checkpoint::{Checkpoint, Trust, note::Signer},
    digest::Sha256,
    instant::Instant,
    manifest::{Manifest, Shards, key_of},
    plan::{Gone, Plan, Put},
    ports::{Body, Bucket, Cdn, Clock, Headers, Tag, Trouble},
    site::{
        Facts,
        path::{Cache, Kind},
    },
};

pub use crate::plan::Requests;
use documents::{Named, Planned};
use lease::Lease;
use receipt::{Counted, Tally};
pub use receipt::{Outcome, ReadBack, Receipt, Stopped};
pub use standing::Standing;

/// Where the pointer lies.
pub const CHECKPOINT: &str = "checkpoint";

/// Who publishes, and by which means.
#[derive(Clone, Copy)]
pub struct Publisher<'a> {
    pub bucket: &'a dyn Bucket,
    pub cdn: Option<&'a dyn Cdn>,
    pub clock: &'a dyn Clock,
    pub settings: &'a Settings,
    /// Told how many documents are written.
    pub progress: &'a (dyn Fn(usize) + Sync),
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that an operator may ask for, with any of the others")]
pub struct Settings {
    /// Unlike that of any other publisher.
    pub holder: String,
    /// How many requests are under way at a time.
    pub width: usize,
    /// For how many seconds what left the site can still be read.
    pub grace: i64,
    /// For how many seconds a checkpoint is good.
    pub lifetime: i64,
    pub signers: Vec<Signer>,
    pub trust: Trust,
    /// Takes over from a publisher whose lease has not run out.
    pub force: bool,
    /// Writes everything, whatever is known of what lies there.
    pub repair: bool,
    /// Writes over what somebody else has put where nothing was published before.
    pub overwrite: bool,
    /// Publishes where nothing keeps two publishers apart.
    pub unguarded: bool,
}

/// What is to be published.
#[derive(Clone, Copy)]
pub struct Edition<'a> {
    pub facts: &'a Facts,
    pub manifest: &'a Manifest,
    /// The keys of what is deleted: they go without grace.
    pub deleted: &'a BTreeSet<String>,
    pub source: &'a dyn Source,
}

/// Who takes documents.
pub type To<'a> = dyn Fn(Document) -> anyhow::Result<()> + Sync + 'a;

/// Where the bodies of an edition come from, so that nobody has to hold them all.
pub trait Source: Sync {
    /// Gives the documents that are wanted, each once, in any order and from any thread; `to` waits while too many are under way.
    /// Those of `later` are asked for next, and may be made in the same go.
    fn give(&self, wanted: &[Put], later: &[Put], to: &To) -> anyhow::Result<()>;
}

/// A document as it is put.
#[derive(Clone, Debug)]
pub struct Document {
    pub key: String,
    pub headers: Headers,
    pub body: Body,
    pub sha256: Sha256,
}

impl fmt::Debug for Publisher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").field("settings", self.settings).finish_non_exhaustive()
    }
}

impl fmt::Debug for Edition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edition").field("facts", self.facts).finish_non_exhaustive()
    }
}

/// Why a publisher does not go on.
#[derive(Debug)]
pub(crate) struct Halt {
    error: String,
    help: String,
}

impl Halt {
    fn new(error: impl Into<String>, help: impl Into<String>) -> Self {
        Self { error: error.into(), help: help.into() }
    }

    fn of(what: &str, trouble: &Trouble) -> Self {
        let help = match trouble {
            Trouble::Denied(_) => "check the credentials and what they may do with this target",
            Trouble::Missing(_) => "check the target's name, region and endpoint",
            Trouble::Conflict(_) => "run the command again; it begins from what lies there now",
            Trouble::Unable(_) => "publish to a target that can do it",
            Trouble::Busy(_) | Trouble::Other(_) => "run the command again; it goes on from where this one stopped",
        };
        Self::new(format!("could not {what}: {trouble}"), help)
    }
}

impl From<anyhow::Error> for Halt {
    fn from(error: anyhow::Error) -> Self {
        Self::new(format!("{error:#}"), "run the command again; it goes on from where this one stopped")
    }
}

/// What lies in the way of a first publication is read to be known, up to so many bytes.
const FOREIGN_MAX: usize = 256 << 20;
/// How often a checkpoint is numbered anew because somebody renewed the old one.
const ATTEMPTS: usize = 10;
const SHARD: Headers = headers(Kind::Json, Cache::Immutable);
const PRIVATE: Headers = Headers { content_type: "application/json", cache_control: "no-store" };
const POINTER: Headers = headers(Kind::Text, Cache::Pointer);

const fn headers(kind: Kind, cache: Cache) -> Headers {
    Headers { content_type: kind.content_type(), cache_control: cache.control() }
}

/// What stands before every address of a site where readers ask for it: empty, or a path without a slash at its end.
fn path_of(base_url: &str) -> String {
    url::Url::parse(base_url).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default()
}

/// Does what the plan says, towards the edition that it was made for.
pub fn apply(plan: &Plan, standing: Standing, edition: &Edition, publisher: &Publisher) -> Result<Receipt, Stopped> {
    let began = publisher.clock.elapsed();
    let mut receipt = standing.receipt(plan, edition);
    let (base, tally) = (standing.base(), standing.tally.clone());
    let bucket = Counted { bucket: publisher.bucket, tally: &tally };
    let shards = Shards::of(edition.manifest);
    let job = Job { plan, edition, publisher, bucket, shards: &shards, root: shards.root.digest(), base };
    let result = if standing.is_current(plan, &job.root) {
        job.point().map(|checkpoint| (Outcome::Renewed, checkpoint))
    } else {
        job.publish(standing).map(|checkpoint| (Outcome::Published, checkpoint))
    };
    tally.note(&mut receipt);
    receipt.seconds = (publisher.clock.elapsed().saturating_sub(began)).as_secs();
    match result {
        Ok((outcome, checkpoint)) => {
            receipt.outcome = outcome;
            receipt.publication = Some(checkpoint.publication);
            receipt.root = Some(checkpoint.root.to_string());
            Ok(receipt)
        }
        Err(Halt { error, help }) => {
            receipt.message = Some(error.clone());
            Err(Stopped { receipt, error, help })
        }
    }
}

/// What the new checkpoint follows.
#[derive(Clone, Debug)]
struct Base {
    /// The greatest number that was ever used.
    publication: u64,
    /// What the checkpoint names.
    root: Option<Sha256>,
    tag: Option<Tag>,
    /// The shards that lie there already.
    shards: Option<crate::manifest::Root>,
    /// Whether nothing was ever published here.
    is_first: bool,
}

struct Job<'a> {
    plan: &'a Plan<'a>,
    edition: &'a Edition<'a>,
    publisher: &'a Publisher<'a>,
    bucket: Counted<'a>,
    shards: &'a Shards<'a>,
    root: Sha256,
    base: Base,
}

impl Job<'_> {
    fn publish(&self, standing: Standing) -> Result<Checkpoint, Halt> {
        let Publisher { clock, settings, .. } = *self.publisher;
        let is_attempted = standing.state.intents.contains(&self.root) && !settings.repair;
        let lease = Lease::take(self.bucket, clock, settings, standing.state, standing.state_tag)?;
        let work = || {
            self.ask_for_conditions(&lease)?;
            if !is_attempted {
                self.put_manifest(&lease)?;
            }
            // From here on the next publisher finds the manifest of whatever may have been written.
            lease.write(|state| self.intend(state))?;
            for (puts, later) in self.plan.waves() {
                self.put_wave(puts, later, &lease)?;
            }
            lease.check()?;
            let checkpoint = self.point()?;
            self.delete(&lease)?;
            self.purge(&lease)?;
            Ok(checkpoint)
        };
        match work() {
            Ok(checkpoint) => {
                lease.release(|state| self.settle(state, &checkpoint))?;
                Ok(checkpoint)
            }
            Err(halt) => {
                // Whoever comes next need not wait; if this fails too, the lease runs out by itself.
                let _ = lease.release(|_| ());
                Err(halt)
            }
        }
    }

    /// Some servers take the conditions of a request and do not look at them. That is known before anything is published, and
    /// when everything is written again, as after a move to another server.
    fn ask_for_conditions(&self, lease: &Lease) -> Result<(), Halt> {
        let Settings { repair, unguarded, .. } = *self.publisher.settings;
        if unguarded || !(repair || self.base.is_first) || lease.is_guarded()? {
            return Ok(());
        }
        Err(Halt::new(
            "this target takes conditional requests and ignores their conditions, so nothing would keep two publishers apart",
            "publish to a target that honours them; or see to it that only one publisher ever runs, and pass `--allow unguarded`",
        ))
    }

    /// The shards that do not lie there yet, then the root that lists them.
    fn put_manifest(&self, lease: &Lease) -> Result<(), Halt> {
        let root = &self.shards.root;
        let missing = match &self.base.shards {
            Some(base) if !self.publisher.settings.repair => {
                let there: BTreeSet<Sha256> = base.shards.iter().map(|shard| shard.sha256).collect();
                (0..root.shards.len()).filter(|&at| !there.contains(&root.shards[at].sha256)).collect()
            }
            _ => (0..root.shards.len()).collect::<Vec<_>>(),
        };
        let width = self.publisher.settings.width;
        let named = Named { job: self, lease };
        let document = |text: Vec<u8>, sha256| Document { key: key_of(&sha256), headers: SHARD, body: text.into(), sha256 };
        let shard = |at: usize| document(self.shards.text(at), root.shards[at].sha256);
        flight::carry(width, &named, |give| missing.into_iter().try_for_each(|at| give(shard(at))))?;
        flight::carry(width, &named, |give| give(document(root.text(), self.root)))
    }

    /// Writes what a plan says of one wave.
    fn put_wave(&self, puts: &[Put], later: &[Put], lease: &Lease) -> Result<(), Halt> {
        let wave = Planned::of(self, lease, puts, self.plan.puts().len() - puts.len() - later.len());
        flight::carry(self.publisher.settings.width, &wave, |give| {
            let to = |document| give(document).map_err(|_: pool::Over| anyhow::anyhow!("no more documents are written"));
            self.edition.source.give(puts, later, &to)
        })?;
        wave.whole()
    }

    /// What the next publisher must know if this one dies.
    fn intend(&self, state: &mut state::State) {
        let now = self.publisher.clock.now();
        state.intents.insert(self.root);
        let mut waiting = self.plan.waiting.clone();
        state.condemned.clear();
        for (key, gone) in &self.plan.deletes {
            match gone {
                Gone::Deleted => drop(state.condemned.insert(key.clone())),
                Gone::Left => drop(waiting.insert(key.clone(), state.waiting.get(key).copied().unwrap_or(now))),
            }
        }
        state.waiting = waiting;
        if self.publisher.cdn.is_some() {
            let path = path_of(&self.edition.facts.base_url);
            let outdated = self.plan.purge().into_iter().map(|address| format!("{path}{address}"));
            let paths = state.purge.iter().cloned().chain(outdated);
            state.purge = purge::reduce(paths.collect()).into_iter().collect();
        }
    }

    /// Sets the pointer, and tells what it says.
    fn point(&self) -> Result<Checkpoint, Halt> {
        let Publisher { clock, settings, .. } = *self.publisher;
        let (mut publication, mut tag) = (self.base.publication + 1, self.base.tag.clone());
        for _ in 0..ATTEMPTS {
            let now = clock.now();
            let checkpoint = self.checkpoint(publication, now);
            let note = checkpoint.sign(&settings.signers).ok_or_else(|| {
                Halt::new("the address or the epoch of the registry cannot stand on a line", "mend `registry.toml`")
            })?;
            match lease::swap(self.bucket, CHECKPOINT, note.as_bytes(), POINTER, tag.as_ref()) {
                Ok(_) => return Ok(checkpoint),
                Err(Trouble::Conflict(_)) => {
                    // Somebody may have renewed the old checkpoint, which needs no lease.
                    let (renewed, its) = self.renewed()?;
                    publication = renewed.publication.max(publication) + 1;
                    tag = Some(its);
                }
                Err(trouble) => return Err(Halt::of("write the checkpoint", &trouble)),
            }
        }
        Err(Halt::new("the checkpoint is renewed by others all the time", "let one publisher at a time do it"))
    }

    /// The checkpoint that lies there now, if it still names what this publication began from.
    fn renewed(&self) -> Result<(Checkpoint, Tag), Halt> {
        let lying = self.bucket.get(CHECKPOINT, crate::checkpoint::BYTES_MAX);
        let lying = lying.map_err(|trouble| Halt::of("read the checkpoint", &trouble))?;
        let read = lying.and_then(|(bytes, tag)| Some((Checkpoint::read(&bytes, &self.publisher.settings.trust).ok()?, tag)));
        let moved = || {
            Halt::new(
                "another publisher has set the checkpoint meanwhile",
                "run the command again; it begins from what the other has published",
            )
        };
        let is_new = |publication: u64| publication > self.base.publication;
        read.filter(|(read, _)| Some(read.root) == self.base.root && is_new(read.publication)).ok_or_else(moved)
    }

    fn checkpoint(&self, publication: u64, now: Instant) -> Checkpoint {
        let Facts { base_url, epoch, serial, commit, generator, .. } = self.edition.facts.clone();
        Checkpoint {
            base_url,
            publication,
            root: self.root,
            epoch,
            serial,
            commit,
            generator: generator.to_owned(),
            time: now,
            expires: Instant(now.0.saturating_add(self.publisher.settings.lifetime)),
        }
    }

    /// Deletes what the site that is published now does not have.
    fn delete(&self, lease: &Lease) -> Result<(), Halt> {
        let delete = |key: &str| {
            lease.check()?;
            self.bucket.delete(key).map_err(|trouble| Halt::of(&format!("delete `{key}`"), &trouble))?;
            self.bucket.tally.deleted.fetch_add(1, Relaxed);
            Ok(())
        };
        let keys = self.plan.deletes.keys().map(|key| &**key);
        pool::each(self.publisher.settings.width, |give| keys.into_iter().try_for_each(give), delete)
    }

    fn purge(&self, lease: &Lease) -> Result<(), Halt> {
        let Some(cdn) = self.publisher.cdn else { return Ok(()) };
        let paths: Vec<String> = lease.state().purge.into_iter().collect();
        if paths.is_empty() {
            return Ok(());
        }
        cdn.purge(&paths).map_err(|trouble| Halt::of("make the CDN forget what changed", &trouble))
    }

    fn settle(&self, state: &mut state::State, checkpoint: &Checkpoint) {
        state.intents.clear();
        state.condemned.clear();
        state.purge.clear();
        state.waiting.clone_from(&self.plan.waiting);
        state.remember(checkpoint, self.edition.facts.counts);
    }
}
