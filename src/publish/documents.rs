//! How documents are put: under which condition, and what is made of an answer other than that it is done.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use super::{Document, FOREIGN_MAX, Halt, Job, Settings, flight::Carrier, lease::Lease};
use crate::{
    digest::Sha256,
    plan::Put,
    ports::{Bucket, Done, Trouble, When},
    site::path::Wave,
};

/// Documents whose names follow from their bytes, while they are put.
pub(super) struct Named<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) lease: &'a Lease<'a>,
}

impl Carrier for Named<'_> {
    fn admit(&self, _: &Document) -> Result<(), Halt> {
        self.lease.check()
    }

    fn begin(&self, Document { key, headers, body, .. }: &Document, done: Done) {
        self.job.bucket.begin_put(key, body, *headers, self.job.when_named(), done);
    }

    fn doubt(&self, document: &Document, trouble: &Trouble) -> Result<(), Halt> {
        doubt_named(document, trouble)
    }

    fn mend(&self, document: &Document) -> Result<(), Halt> {
        self.job.mend_named(document, self.lease)
    }

    fn land(&self, _: &Document) {}
}

/// The documents of one wave, while they are put.
pub(super) struct Planned<'a> {
    job: &'a Job<'a>,
    lease: &'a Lease<'a>,
    puts: &'a [Put<'a>],
    /// Which of them were given.
    given: Vec<AtomicBool>,
    /// How many of the whole plan were written before, and are now.
    before: usize,
    done: AtomicUsize,
}

impl<'a> Planned<'a> {
    pub(super) fn of(job: &'a Job<'a>, lease: &'a Lease<'a>, puts: &'a [Put<'a>], before: usize) -> Self {
        let given = puts.iter().map(|_| AtomicBool::new(false)).collect();
        Self { job, lease, puts, given, before, done: AtomicUsize::new(before) }
    }

    /// Whether all of it is written.
    pub(super) fn whole(self) -> Result<(), Halt> {
        let done = self.done.into_inner() - self.before;
        if done == self.puts.len() {
            return Ok(());
        }
        Err(mistake(format!("{done} documents were rendered where {} were planned", self.puts.len())))
    }

    fn place(&self, document: &Document) -> Option<usize> {
        self.puts.binary_search_by_key(&&*document.key, |put| put.key).ok()
    }

    /// What the plan says of a document that was admitted.
    fn planned(&self, document: &Document) -> &Put<'a> {
        &self.puts[self.place(document).expect("it was admitted")]
    }

    /// Whether it is named by its bytes: all of a wave are, or none.
    fn is_named(&self) -> bool {
        self.puts.first().is_some_and(|put| put.wave == Wave::Immutable)
    }
}

impl Carrier for Planned<'_> {
    fn admit(&self, document: &Document) -> Result<(), Halt> {
        let planned = self.place(document).filter(|&at| self.puts[at].line.sha256 == document.sha256);
        let Some(at) = planned else {
            return Err(mistake(format!("`{}` was rendered otherwise than planned", document.key)));
        };
        if self.given[at].swap(true, Relaxed) {
            return Err(mistake(format!("`{}` was rendered twice", document.key)));
        }
        self.lease.check()
    }

    fn begin(&self, Document { key, headers, body, .. }: &Document, done: Done) {
        let when = if self.is_named() { self.job.when_named() } else { self.job.when_changing() };
        self.job.bucket.begin_put(key, body, *headers, when, done);
    }

    fn doubt(&self, document: &Document, trouble: &Trouble) -> Result<(), Halt> {
        if self.is_named() {
            return doubt_named(document, trouble);
        }
        let may_lie_there = self.job.is_careful() && matches!(trouble, Trouble::Conflict(_));
        if may_lie_there { Ok(()) } else { Err(failed(document, trouble)) }
    }

    fn mend(&self, document: &Document) -> Result<(), Halt> {
        if self.is_named() {
            self.job.mend_named(document, self.lease)
        } else {
            self.job.mend_changing(self.planned(document), document, self.lease)
        }
    }

    fn land(&self, document: &Document) {
        self.job.bucket.tally.wrote(self.planned(document).reason);
        let done = self.done.fetch_add(1, Relaxed) + 1;
        (self.job.publisher.progress)(done);
    }
}

impl Job<'_> {
    /// Under which condition something is put whose name follows from its bytes: what lies there already is put again only if
    /// it is to be repaired.
    fn when_named(&self) -> When<'static> {
        if self.publisher.settings.repair { When::Always } else { When::Absent }
    }

    /// What lies there already is as good as put, if it is what its name says.
    fn mend_named(&self, document: &Document, lease: &Lease) -> Result<(), Halt> {
        let Document { key, headers, body, sha256 } = document;
        lease.check()?;
        let most = usize::try_from(body.size()).unwrap_or(usize::MAX);
        match self.bucket.get(key, most).map_err(|trouble| failed(document, &trouble))? {
            Some((bytes, _)) if Sha256::of(&bytes) == *sha256 => Ok(()),
            Some(_) => {
                Err(Halt::new(format!("`{key}` holds other bytes than its name says"), "pass `--repair` to write it again"))
            }
            None => {
                lease.check()?;
                let put = self.bucket.put(key, body, *headers, self.when_named());
                put.map(drop).map_err(|trouble| failed(document, &trouble))
            }
        }
    }

    /// Where nothing was ever published, what lies there is somebody's, unless a publication that died has left it.
    fn is_careful(&self) -> bool {
        let Settings { repair, overwrite, .. } = self.publisher.settings;
        self.base.is_first && !repair && !overwrite
    }

    fn when_changing(&self) -> When<'static> {
        if self.is_careful() { When::Absent } else { When::Always }
    }

    /// What lies there already is written over if it is gazette's own.
    fn mend_changing(&self, planned: &Put, document: &Document, lease: &Lease) -> Result<(), Halt> {
        let Document { key, headers, body, .. } = document;
        lease.check()?;
        let lying = self.bucket.get(key, FOREIGN_MAX).map_err(|trouble| failed(document, &trouble))?;
        let is_own = |sha256| self.plan.may_have_put(key, planned.line, &sha256);
        if lying.is_some_and(|(bytes, _)| !is_own(Sha256::of(&bytes))) {
            return Err(Halt::new(
                format!("`{key}` lies there already, and gazette did not put it there"),
                "publish to an empty place, such as another prefix, or pass `--allow foreign` to write over what lies there",
            ));
        }
        lease.check()?;
        self.bucket.put(key, body, *headers, When::Always).map(drop).map_err(|trouble| failed(document, &trouble))
    }
}

/// Of something that is named by its bytes, whether it may lie there after all.
fn doubt_named(document: &Document, trouble: &Trouble) -> Result<(), Halt> {
    let is_final = matches!(trouble, Trouble::Denied(_) | Trouble::Missing(_) | Trouble::Unable(_));
    if is_final { Err(failed(document, trouble)) } else { Ok(()) }
}

fn failed(document: &Document, trouble: &Trouble) -> Halt {
    Halt::of(&format!("write `{}`", document.key), trouble)
}

/// What only a mistake of this program brings about.
fn mistake(what: String) -> Halt {
    Halt::new(what, "report this as a mistake")
}
