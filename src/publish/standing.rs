//! What lies at a target before a publication: the state, the checkpoint, the manifests that matter, read with as few requests
//! as can be, and the plan that follows from them.

use std::sync::{Arc, Mutex};

use super::{
    Base, CHECKPOINT, Counted, Edition, FOREIGN_MAX, Halt, Outcome, Publisher, Receipt, Stopped, Tally, lease, pool,
    state::{self, State},
};
use crate::{
    checkpoint::{self, Checkpoint, Distrust, Trust},
    digest::Sha256,
    manifest::{Manifest, Root, Shards, key_of},
    plan::{Leaving, Plan},
    ports::{Bucket, Tag},
    site::facts::Counts,
};

/// A manifest is cut so that its parts and the root stay far below this.
const MANIFEST_MAX: usize = 64 << 20;

/// Where any site that is no registry's has something too, if it has anything.
const COMMON: [&str; 3] = ["index.html", "index.json", "robots.txt"];

/// What was found.
#[derive(Debug)]
pub struct Standing {
    pub state: State,
    pub(super) state_tag: Option<Tag>,
    pub checkpoint: Option<Checkpoint>,
    checkpoint_tag: Option<Tag>,
    /// Why the checkpoint is not believed.
    pub distrust: Option<Distrust>,
    root: Option<Root>,
    pub(super) tally: Arc<Tally>,
}

impl Standing {
    /// The state first: whatever is published after that changes it, so that a lease can only be taken on what was read.
    pub fn read(publisher: &Publisher) -> Result<Self, Stopped> {
        let tally = Arc::new(Tally::default());
        Self::look(publisher, &tally).map_err(|halt| stopped(halt, &tally))
    }

    fn look(publisher: &Publisher, tally: &Arc<Tally>) -> Result<Self, Halt> {
        let bucket = Counted { bucket: publisher.bucket, tally };
        let get = |key: &str, most: usize| bucket.get(key, most).map_err(|trouble| Halt::of(&format!("read `{key}`"), &trouble));
        let (state, state_tag) = match get(state::KEY, state::BYTES_MAX)? {
            Some((bytes, tag)) => (Some(State::parse(&bytes).ok_or_else(foreign_state)?), Some(tag)),
            None => (None, None),
        };
        let lying = get(CHECKPOINT, checkpoint::BYTES_MAX)?;
        let checkpoint_tag = lying.as_ref().map(|(_, tag)| tag.clone());
        let (checkpoint, distrust) = match lying {
            Some((bytes, _)) => believed(&bytes, &publisher.settings.trust)?,
            None => (None, None),
        };
        let state = state.unwrap_or_default();
        let mut standing = Self { state, state_tag, checkpoint, checkpoint_tag, distrust, root: None, tally: tally.clone() };
        if let Some(root) = standing.base_root() {
            standing.root = read_root(bucket, &root)?;
            if standing.root.is_none() && !publisher.settings.repair {
                return Err(Halt::new(
                    format!("`{}`, the manifest of what is published, is not there or not whole", key_of(&root)),
                    "pass `--repair` to write everything again",
                ));
            }
        }
        Ok(standing)
    }

    /// What is published: as the checkpoint says, or if that is lost, the state.
    fn base_root(&self) -> Option<Sha256> {
        let pointed = self.checkpoint.as_ref().map(|checkpoint| checkpoint.root);
        pointed.or_else(|| self.state.last().map(|published| published.root))
    }

    /// Before much is done for nothing: an error, if another publisher is at work.
    pub fn unless_busy(self, publisher: &Publisher) -> Result<Self, Stopped> {
        match lease::busy(&self.state, publisher.clock, publisher.settings) {
            Some(halt) => Err(stopped(halt, &self.tally)),
            None => Ok(self),
        }
    }

    /// Whether nothing tells what lies here.
    pub fn is_nothing_known(&self) -> bool {
        self.root.is_none()
    }

    /// What the last publication counted.
    pub fn counts(&self) -> Option<Counts> {
        self.state.last().map(|published| published.counts)
    }

    pub(super) fn base(&self) -> Base {
        let remembered = self.state.last().map_or(0, |published| published.publication);
        let pointed = self.checkpoint.as_ref();
        Base {
            publication: pointed.map_or(0, |checkpoint| checkpoint.publication).max(remembered),
            root: pointed.map(|checkpoint| checkpoint.root),
            tag: self.checkpoint_tag.clone(),
            shards: self.root.clone(),
            is_first: self.is_first(),
        }
    }

    /// Whether nothing was ever published here.
    fn is_first(&self) -> bool {
        self.checkpoint.is_none() && self.state.roots.is_empty()
    }

    /// Whether only the pointer has to be set.
    pub(super) fn is_current(&self, plan: &Plan, root: &Sha256) -> bool {
        let same = self.checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.root == *root);
        same && plan.is_empty() && self.state.is_settled() && self.state_tag.is_some()
    }

    pub(super) fn receipt(&self, plan: &Plan, edition: &Edition) -> Receipt {
        Receipt {
            outcome: Outcome::Stopped,
            publication: self.checkpoint.as_ref().map(|checkpoint| checkpoint.publication),
            root: self.checkpoint.as_ref().map(|checkpoint| checkpoint.root.to_string()),
            commit: edition.facts.commit.map(|commit| commit.to_string()),
            serial: edition.facts.serial,
            waiting: plan.waiting.len() as u64,
            unchanged: plan.unchanged,
            ..Receipt::default()
        }
    }

    /// The way from here to an edition.
    pub fn plan<'e>(&self, edition: &Edition<'e>, publisher: &Publisher) -> Result<Plan<'e>, Stopped> {
        self.compare(edition, publisher).map_err(|halt| stopped(halt, &self.tally))
    }

    fn compare<'e>(&self, edition: &Edition<'e>, publisher: &Publisher) -> Result<Plan<'e>, Halt> {
        let bucket = Counted { bucket: publisher.bucket, tally: &self.tally };
        let (after, width) = (edition.manifest, publisher.settings.width);
        let shards = Shards::of(after);
        let mut repair = publisher.settings.repair;
        // Where publishers have told each other nothing, nobody knows what the last one left.
        repair |= self.state_tag.is_none() && self.checkpoint.is_some();
        repair |= self.state.intents.len() > state::INTENTS_MAX;
        let mut plan = match &self.root {
            None => match publisher.bucket.built().filter(|_| self.is_first()) {
                Some(built) => Plan::over(built, after),
                None => Plan::between(&Manifest::default(), after),
            },
            Some(root) if root.bits == shards.root.bits => {
                let differing = root.differing(&shards.root);
                let before = read_shards(bucket, width, root, &differing, publisher.settings.repair)?;
                Plan::between_parts(&before, after, shards.lines_of(&differing))
            }
            Some(root) => {
                let all: Vec<usize> = (0..root.shards.len()).collect();
                Plan::between(&read_shards(bucket, width, root, &all, publisher.settings.repair)?, after)
            }
        };
        for intent in &self.state.intents {
            if *intent == shards.root.digest() || Some(*intent) == self.base_root() {
                continue;
            }
            match read_root(bucket, intent)? {
                Some(root) => {
                    let attempted = read_shards(bucket, width, &root, &root.differing(&shards.root), publisher.settings.repair)?;
                    plan = plan.after_attempt(&attempted, after);
                }
                None => repair = true,
            }
        }
        if repair {
            plan = plan.repairing(after);
        }
        let leaving = Leaving {
            waiting: &self.state.waiting,
            condemned: &self.state.condemned,
            deleted: edition.deleted,
            now: publisher.clock.now(),
            grace: publisher.settings.grace,
        };
        if self.is_first() && !publisher.settings.repair && !publisher.settings.overwrite {
            plan.foreign = foreign(&plan, after, bucket)?;
        }
        let mut plan = plan.settle(&leaving, after).estimated(self.root.as_ref(), &shards.root);
        let mut asked = Receipt::default();
        self.tally.note(&mut asked);
        plan.requests.get = asked.requests.get;
        Ok(plan)
    }
}

/// What somebody else has put where the documents that every site has are to lie. Others are met when they are written.
fn foreign(plan: &Plan, after: &Manifest, bucket: Counted) -> Result<Option<Box<str>>, Halt> {
    for key in COMMON {
        let Some(line) = after.get(key) else { continue };
        let lying = bucket.get(key, FOREIGN_MAX).map_err(|trouble| Halt::of(&format!("read `{key}`"), &trouble))?;
        if lying.is_some_and(|(bytes, _)| !plan.may_have_put(key, line, &Sha256::of(&bytes))) {
            return Ok(Some(key.into()));
        }
    }
    Ok(None)
}

fn stopped(Halt { error, help }: Halt, tally: &Tally) -> Stopped {
    let mut receipt = Receipt { message: Some(error.clone()), ..Receipt::default() };
    tally.note(&mut receipt);
    Stopped { receipt, error, help }
}

fn foreign_state() -> Halt {
    Halt::new(
        format!("`{}` was written by another program, or by a newer gazette", state::KEY),
        "publish with the newest gazette, or to another place",
    )
}

/// What the pointer says, and why it is not believed if it is not.
fn believed(bytes: &[u8], trust: &Trust) -> Result<(Option<Checkpoint>, Option<Distrust>), Halt> {
    let distrust = match Checkpoint::read(bytes, trust) {
        Ok(checkpoint) => return Ok((Some(checkpoint), None)),
        Err(distrust) => distrust,
    };
    match Checkpoint::read(bytes, &Trust::Anyone) {
        Ok(checkpoint) => Ok((Some(checkpoint), Some(distrust))),
        Err(_) => Err(Halt::new(
            format!("what lies at `{CHECKPOINT}` is no checkpoint"),
            "if nothing else uses this place, remove it and run the command again with `--repair`",
        )),
    }
}

pub(super) fn read_root(bucket: Counted, root: &Sha256) -> Result<Option<Root>, Halt> {
    let key = key_of(root);
    let found = bucket.get(&key, MANIFEST_MAX).map_err(|trouble| Halt::of(&format!("read `{key}`"), &trouble))?;
    Ok(found.and_then(|(bytes, _)| Root::parse(&bytes, root)))
}

/// The lines of some shards. Those that are not there or not whole are an error, unless everything is written again anyway.
fn read_shards(bucket: Counted, width: usize, root: &Root, places: &[usize], repair: bool) -> Result<Manifest, Halt> {
    let parts = Mutex::new(Vec::new());
    let read = |at: usize| {
        let key = key_of(&root.shards[at].sha256);
        let found = bucket.get(&key, MANIFEST_MAX).map_err(|trouble| Halt::of(&format!("read `{key}`"), &trouble))?;
        match found.and_then(|(bytes, _)| root.shards[at].parse(&bytes, root.bits, at)) {
            Some(part) => parts.lock().expect("no thread panics while it notes a part").push(part),
            None if repair => {}
            None => {
                let error = format!("`{key}`, a part of the manifest of what is published, is not there or not whole");
                return Err(Halt::new(error, "pass `--repair` to write everything again"));
            }
        }
        Ok(())
    };
    pool::each(width.min(places.len()), |give| places.iter().copied().try_for_each(give), read)?;
    let parts = parts.into_inner().expect("no thread panicked");
    Ok(parts.iter().flat_map(Manifest::iter).map(|(key, line)| (key, *line)).collect())
}
