//! The right to write: a lease in the state, taken, renewed and given back by compare-and-swap; and compare-and-swap itself,
//! where a request may fail and yet have been done.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{
    Counted, Halt, PRIVATE, Settings,
    state::{self, Held, State},
};
use crate::{
    instant::Instant,
    ports::{Bucket, Clock, Headers, Tag, Trouble, When},
};

/// A lease is good for so many seconds unless it is renewed.
const LEASE: u64 = 600;
/// From here on it is renewed before anything else is written.
const RENEWED: Duration = Duration::from_secs(LEASE / 2);
/// From here on nothing is written: what is under way ends before the lease does, and clocks that differ by the rest do no harm.
const WORKED: Duration = Duration::from_secs(LEASE * 8 / 10);

const _: () = assert!(WORKED.as_secs() + crate::ports::PATIENCE.as_secs() <= LEASE, "a request outlives the lease");

/// A tag of the usual form that no object has.
const NOBODYS: &str = "\"00000000000000000000000000000000\"";

pub(super) struct Lease<'a> {
    bucket: Counted<'a>,
    clock: &'a dyn Clock,
    holder: &'a str,
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    tag: Option<Tag>,
    /// When it was written last, by the clock that never goes back.
    since: Duration,
    is_lost: bool,
}

/// Why nothing can be published now, if somebody else is at it.
pub(super) fn busy(state: &State, clock: &dyn Clock, settings: &Settings) -> Option<Halt> {
    let held = state.lease.as_ref().filter(|held| held.until > clock.now() && !settings.force)?;
    Some(Halt::new(
        format!("another publisher, `{}`, is at work, until {} at the latest", held.holder, held.until),
        "run the command again when it has ended; if it died, wait until then or pass `--force`",
    ))
}

impl<'a> Lease<'a> {
    pub(super) fn take(
        bucket: Counted<'a>,
        clock: &'a dyn Clock,
        settings: &'a Settings,
        state: State,
        tag: Option<Tag>,
    ) -> Result<Self, Halt> {
        if let Some(halt) = busy(&state, clock, settings) {
            return Err(halt);
        }
        let inner = Inner { state, tag, since: clock.elapsed(), is_lost: false };
        let lease = Self { bucket, clock, holder: &settings.holder, inner: Mutex::new(inner) };
        lease.write(|_| ())?;
        Ok(lease)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> State {
        self.inner().state.clone()
    }

    /// Changes the state, and renews the lease.
    pub(super) fn write(&self, change: impl FnOnce(&mut State)) -> Result<(), Halt> {
        let mut inner = self.inner();
        self.set(&mut inner, |state, until| {
            change(state);
            state.lease = Some(Held { holder: self.holder.to_owned(), until });
        })
    }

    /// Whether conditions are honoured: asks for what has to be refused, with the bytes that lie there anyway.
    pub(super) fn is_guarded(&self) -> Result<bool, Halt> {
        let mut inner = self.inner();
        let (body, nobodys) = (inner.state.text().into(), Tag(NOBODYS.into()));
        let mut is_guarded = true;
        for when in [When::Absent, When::Still(&nobodys)] {
            match self.bucket.put(state::KEY, &body, PRIVATE, when) {
                Err(Trouble::Conflict(_)) => {}
                Err(trouble) => return Err(Halt::of("ask whether conditional requests are honoured", &trouble)),
                Ok(tag) => (inner.tag, is_guarded) = (Some(tag), false),
            }
        }
        Ok(is_guarded)
    }

    /// Gives the lease back, with a last change.
    pub(super) fn release(self, change: impl FnOnce(&mut State)) -> Result<(), Halt> {
        let mut inner = self.inner();
        self.set(&mut inner, |state, _| {
            change(state);
            state.lease = None;
        })
    }

    /// Whether there is time for one more request. Asked before each that readers could see.
    pub(super) fn check(&self) -> Result<(), Halt> {
        let mut inner = self.inner();
        let worked = self.clock.elapsed().saturating_sub(inner.since);
        if worked >= RENEWED && worked < WORKED {
            let renew = |state: &mut State, until| state.lease = Some(Held { holder: self.holder.to_owned(), until });
            self.set(&mut inner, renew)?;
        }
        // Renewing takes time too.
        self.hold(&inner)
    }

    fn hold(&self, inner: &Inner) -> Result<(), Halt> {
        if inner.is_lost || self.clock.elapsed().saturating_sub(inner.since) >= WORKED {
            return Err(lost());
        }
        Ok(())
    }

    fn set(&self, inner: &mut Inner, change: impl FnOnce(&mut State, Instant)) -> Result<(), Halt> {
        if inner.is_lost {
            return Err(lost());
        }
        let since = self.clock.elapsed();
        let mut state = inner.state.clone();
        state.revision += 1;
        change(&mut state, Instant(self.clock.now().0.saturating_add(LEASE.cast_signed())));
        match swap(self.bucket, state::KEY, &state.text(), PRIVATE, inner.tag.as_ref()) {
            Ok(tag) => {
                (inner.state, inner.tag, inner.since) = (state, Some(tag), since);
                Ok(())
            }
            Err(trouble) => {
                inner.is_lost = true;
                Err(match trouble {
                    Trouble::Conflict(_) => lost(),
                    trouble => Halt::of("write what publishers tell each other", &trouble),
                })
            }
        }
    }
}

fn lost() -> Halt {
    Halt::new(
        "another publisher has taken over",
        "run the command again when it has ended; it begins from what the other has published",
    )
}

/// How often a swap of which nothing is known is tried.
const ATTEMPTS: usize = 3;

/// Puts bytes where what lies is still what it was. Where a request fails, looks whether it was done: then that is success.
pub(super) fn swap(bucket: Counted, key: &str, bytes: &[u8], headers: Headers, expected: Option<&Tag>) -> Result<Tag, Trouble> {
    let body = bytes.to_vec().into();
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let trouble = match bucket.put(key, &body, headers, expected.map_or(When::Absent, When::Still)) {
            Ok(tag) => return Ok(tag),
            Err(trouble @ (Trouble::Denied(_) | Trouble::Missing(_) | Trouble::Unable(_))) => return Err(trouble),
            Err(trouble) => trouble,
        };
        // More than our own bytes is somebody else's.
        match bucket.get(key, bytes.len().max(state::BYTES_MAX)) {
            Ok(Some((lying, tag))) if lying == bytes => return Ok(tag),
            Ok(lying) if lying.as_ref().map(|(_, tag)| tag) == expected => last = Some(trouble),
            Ok(_) => return Err(Trouble::Conflict(format!("`{key}`"))),
            Err(_) => return Err(trouble),
        }
    }
    Err(last.unwrap_or_else(|| Trouble::Busy(format!("`{key}`"))))
}
