//! Whether readers see what was published: the pointer first, then documents, what is not there, and who may read. What caches
//! have kept is asked for again until they must have let go of it.

use std::{collections::BTreeSet, fmt, time::Duration};

use crate::{
    checkpoint::Checkpoint,
    digest::Sha256,
    finding::Verdict,
    ports::Clock,
    site::{hosting::Area, path::Cache},
    verify::{
        Check,
        port::Unreached,
        publication::{
            Difference, Documents, Earlier, Pinned, Pointer, Publication, Reader, Sample, Trusted, Wants, Why, patience,
        },
    },
};

/// One who looks at what was published just now.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    pub reader: Reader<'a>,
    pub clock: &'a dyn Clock,
    pub pinned: &'a Pinned,
    /// What was published before, the latest first.
    pub earlier: &'a [(u64, Sha256)],
    /// What was written: some of it is looked at.
    pub changed: &'a BTreeSet<&'a str>,
    /// Which others are looked at.
    pub sample: Sample,
    /// Which publication stands where it was written, whatever readers are shown; the words are why nobody can say.
    pub standing: &'a dyn Fn() -> Result<u64, String>,
    /// Told why it takes time.
    pub told: &'a dyn Fn(&str),
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("reader", &self.reader).finish_non_exhaustive()
    }
}

/// How often it is looked.
const POLL: Duration = Duration::from_secs(5);

impl Watch<'_> {
    /// What readers see of a publication. The error says that they reach nobody.
    pub fn look(&self, published: &(u64, Sha256), base_url: &str) -> Result<Publication, Unreached> {
        let began = self.clock.elapsed();
        let mut publication = Publication::default();
        let Some(checkpoint) = self.pointer(published, base_url, began, &mut publication)? else { return Ok(publication) };
        let documents = self.documents(&checkpoint, began, &mut publication);
        let shown = documents.keys().find(|key| key.starts_with("v0.1/servers/")).cloned();
        let differences = self.compare(documents, &checkpoint, began);
        let is_wrong = differences.iter().any(|difference| difference.check.verdict == Some(Verdict::Reject));
        if is_wrong && let Some(check) = self.followed_meanwhile(&checkpoint, base_url)? {
            publication.keep(check);
            // What was asked for is of both, so it says nothing of either.
            return Ok(Publication { compared: 0, ..publication });
        }
        for difference in differences {
            publication.stale += u64::from(matches!(difference.why, Why::Stale(_)));
            publication.keep(difference.check);
        }
        self.reader.manners(shown.as_deref()).into_iter().for_each(|check| publication.keep(check));
        Ok(publication)
    }

    fn wants(&self, base_url: &str) -> Wants {
        Wants {
            now: self.clock.now(),
            pinned: self.pinned.clone(),
            is_demanded: true,
            max_age: None,
            base_url: Some(base_url.to_owned()),
            seen: None,
            sample: self.sample,
        }
    }

    /// Whether there is time left for caches, which nobody keeps of a folder.
    fn has_time(&self, began: Duration, cache: Cache) -> bool {
        !self.reader.base().is_folder() && self.clock.elapsed().saturating_sub(began) < patience(cache)
    }

    fn waits(&self, began: Duration, cache: Cache) -> bool {
        let goes_on = self.has_time(began, cache);
        if goes_on {
            self.clock.wait(POLL);
        }
        goes_on
    }

    /// The pointer, as soon as it is the one that was written.
    fn pointer(
        &self,
        (number, root): &(u64, Sha256),
        base_url: &str,
        began: Duration,
        publication: &mut Publication,
    ) -> Result<Option<Checkpoint>, Unreached> {
        let mut is_told = false;
        let (found, pointer) = loop {
            let pointer = self.reader.pointer(&self.wants(base_url))?;
            let found = pointer.checkpoint.clone().filter(|_| pointer.is_believed);
            let is_new = found.as_ref().is_some_and(|found| found.publication >= *number);
            if is_new || !self.waits(began, Cache::Pointer) {
                break (found, pointer);
            }
            if !is_told {
                (self.told)("readers do not see the new checkpoint yet; a cache may keep the old one for a minute");
                is_told = true;
            }
        };
        let Pointer { checkpoint, trusted, signed_by, checks, .. } = pointer;
        let asked = checks.first().map(|check| (check.asked.clone(), check.answer.clone()));
        *publication = Publication { checkpoint, trusted, signed_by, checks, ..Publication::default() };
        let Some(found) = found else { return Ok(None) };
        let of = |verdict: Verdict, message: String, help: &str| {
            let (asked, answer) = asked.unwrap_or_default();
            Check { asked, answer, verdict: Some(verdict), message, help: help.to_owned() }
        };
        if found.publication > *number {
            publication.keep(self.followed(&found).unwrap_or_else(|message| {
                let help =
                    "name the address where readers find what is written to the target, in `base_url` or with `--read-back`";
                of(Verdict::Reject, message, help)
            }));
            return Ok(None);
        }
        if found.publication < *number {
            let message = format!("readers still see publication {}, not publication {number}", found.publication);
            publication.keep(of(
                Verdict::Reject,
                message,
                "let caches keep `/checkpoint` for a minute at most, as it asks them to",
            ));
            return Ok(None);
        }
        if found.root != *root {
            let message = format!("readers see another publication {number} than the one that was written");
            publication.keep(of(Verdict::Reject, message, "see who else writes to the target, and publish again"));
            return Ok(None);
        }
        Ok(Some(found))
    }

    /// What is to be compared, as soon as the manifest can be read.
    fn documents(&self, checkpoint: &Checkpoint, began: Duration, publication: &mut Publication) -> Documents {
        loop {
            let (mut documents, mut seen) = (Documents::new(), Publication::default());
            self.reader.documents(checkpoint, self.sample, self.changed, &mut seen, &mut |portion, _| documents.extend(portion));
            if seen.verdict() < Some(Verdict::Reject) || !self.waits(began, Cache::Pointer) {
                (publication.listed, publication.compared) = (seen.listed, seen.compared);
                publication.checks.extend(seen.checks);
                return documents;
            }
        }
    }

    /// What is not as it was published, once caches have had their time.
    fn compare(&self, documents: Documents, checkpoint: &Checkpoint, began: Duration) -> Vec<Difference> {
        let mut earlier = Earlier::of(self.earlier.iter().copied());
        let (mut pending, mut found, mut is_told) = (documents, Vec::new(), false);
        loop {
            let differences = self.reader.compare(&pending, checkpoint, &mut earlier);
            let may_change = |difference: &Difference| matches!(difference.why, Why::Stale(_) | Why::Unread);
            let (unsettled, settled): (Vec<_>, Vec<_>) = differences.into_iter().partition(may_change);
            found.extend(settled);
            let lasts = |difference: &Difference| self.has_time(began, Area::of(&format!("/{}", difference.key)).cache);
            let (waiting, over): (Vec<_>, Vec<_>) = unsettled.into_iter().partition(lasts);
            found.extend(over.into_iter().map(failed));
            if waiting.is_empty() || found.iter().any(|difference| difference.why == Why::Wrong) {
                found.extend(waiting);
                return found;
            }
            if !is_told {
                (self.told)("some documents are not yet as they were published; caches may keep them for some minutes");
                is_told = true;
            }
            let keys: BTreeSet<Box<str>> = waiting.into_iter().map(|difference| difference.key).collect();
            pending.retain(|key, _| keys.contains(key));
            self.clock.wait(POLL);
        }
    }

    /// Who has published meanwhile, if somebody has.
    fn followed_meanwhile(&self, checkpoint: &Checkpoint, base_url: &str) -> Result<Option<Check>, Unreached> {
        let Pointer { checkpoint: now, trusted, .. } = self.reader.pointer(&self.wants(base_url))?;
        let is_believed = *self.pinned == Pinned::Anyone || trusted == Trusted::Pinned;
        let now = now.filter(|now| is_believed && now.publication > checkpoint.publication);
        Ok(now.and_then(|now| self.followed(&now).ok()))
    }

    /// What readers see has followed if it is no newer than what stands at the target; if it is, they look at another site.
    fn followed(&self, found: &Checkpoint) -> Result<Check, String> {
        let seen = found.publication;
        match (self.standing)() {
            Ok(standing) if standing >= seen => Ok(Check {
                asked: String::new(),
                answer: String::new(),
                verdict: None,
                message: format!("publication {seen} has followed, and is its publisher's to look at"),
                help: String::new(),
            }),
            Ok(standing) => Err(format!("readers see publication {seen} of another site: at the target stands {standing}")),
            Err(why) => Err(format!("readers see publication {seen}, and what stands at the target could not be read: {why}")),
        }
    }
}

/// What caches should have let go of.
fn failed(mut difference: Difference) -> Difference {
    difference.check.verdict = Some(Verdict::Reject);
    difference
}
