//! Every way out to where sites are published: what is asked of a bucket, of a CDN and of clocks, and what can be in the way.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{instant::Instant, manifest::Manifest};

/// What the world says instead of doing what it was asked; the words are for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The credentials do not suffice.
    Denied(String),
    /// There is no such thing.
    Missing(String),
    /// It may work later. Whether it was done is unknown.
    Busy(String),
    /// The condition of the request does not hold, so nothing was done.
    Conflict(String),
    /// It was not done, and never will be, however often it is asked for.
    Unable(String),
    /// Whether it was done is unknown.
    Other(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(said) => write!(f, "access denied: {said}"),
            Self::Missing(said) => write!(f, "not found: {said}"),
            Self::Busy(said) => write!(f, "busy: {said}"),
            Self::Conflict(said) => write!(f, "changed meanwhile: {said}"),
            Self::Unable(said) => write!(f, "not possible: {said}"),
            Self::Other(said) => f.write_str(said),
        }
    }
}

impl std::error::Error for Trouble {}

/// A body: in memory, or a file that is read while it is sent.
#[derive(Clone, Debug)]
pub enum Body {
    Bytes(Bytes),
    File { path: PathBuf, size: u64 },
}

impl Body {
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// What is said with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headers {
    pub content_type: &'static str,
    pub cache_control: &'static str,
}

/// What a bucket calls one state of one key. It serves to compare and swap, and says nothing of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(pub Box<str>);

/// Under which condition something is put.
#[derive(Clone, Copy, Debug)]
pub enum When<'a> {
    Always,
    /// Nothing lies there.
    Absent,
    /// What lies there is still this.
    Still(&'a Tag),
}

/// Who is told what came of a request, once, by whichever thread learns of it.
pub struct Done(Option<Tell>);

type Tell = Box<dyn FnOnce(Result<Tag, Trouble>) + Send>;

impl Done {
    pub fn new(tell: impl FnOnce(Result<Tag, Trouble>) + Send + 'static) -> Self {
        Self(Some(Box::new(tell)))
    }

    pub fn say(mut self, result: Result<Tag, Trouble>) {
        self.tell(result);
    }

    fn tell(&mut self, result: Result<Tag, Trouble>) {
        if let Some(tell) = self.0.take() {
            tell(result);
        }
    }
}

/// Whoever waits is told even if the one who should have said it is gone.
impl Drop for Done {
    fn drop(&mut self) {
        self.tell(Err(Trouble::Other("a request ended without an answer".to_owned())));
    }
}

impl fmt::Debug for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done").finish_non_exhaustive()
    }
}

/// Where a site lies. Every call ends within [`PATIENCE`], and repeats on its own what is worth repeating.
pub trait Bucket: Sync {
    /// What lies at a key; `Trouble::Other` if it has more than `most` bytes.
    fn get(&self, key: &str, most: usize) -> Result<Option<(Vec<u8>, Tag)>, Trouble>;
    fn put(&self, key: &str, body: &Body, headers: Headers, when: When) -> Result<Tag, Trouble>;
    /// Begins to put it and goes on, where a bucket can; what came of it is said within [`PATIENCE`].
    fn begin_put(&self, key: &str, body: &Body, headers: Headers, when: When, done: Done) {
        done.say(self.put(key, body, headers, when));
    }
    /// What is not there is deleted already.
    fn delete(&self, key: &str) -> Result<(), Trouble>;
    /// Shows every key that begins so, in any order.
    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str)) -> Result<(), Trouble>;

    /// The site that lies there though nobody has published it: only a folder can have been built into.
    fn built(&self) -> Option<&Manifest> {
        None
    }
}

impl<B: Bucket + Send> Bucket for Arc<B> {
    fn get(&self, key: &str, most: usize) -> Result<Option<(Vec<u8>, Tag)>, Trouble> {
        (**self).get(key, most)
    }

    fn put(&self, key: &str, body: &Body, headers: Headers, when: When) -> Result<Tag, Trouble> {
        (**self).put(key, body, headers, when)
    }

    fn begin_put(&self, key: &str, body: &Body, headers: Headers, when: When, done: Done) {
        (**self).begin_put(key, body, headers, when, done);
    }

    fn delete(&self, key: &str) -> Result<(), Trouble> {
        (**self).delete(key)
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
        (**self).list(prefix, each)
    }

    fn built(&self) -> Option<&Manifest> {
        (**self).built()
    }
}

/// No call of a bucket lasts longer.
pub const PATIENCE: Duration = Duration::from_secs(100);

/// What keeps copies of a site near its readers.
pub trait Cdn: Sync {
    /// Forgets the copies of these addresses.
    fn purge(&self, paths: &[String]) -> Result<(), Trouble>;
}

/// No CDN: nothing keeps copies longer than their headers say.
#[derive(Clone, Copy, Debug)]
pub struct NoCdn;

impl Cdn for NoCdn {
    fn purge(&self, _: &[String]) -> Result<(), Trouble> {
        Ok(())
    }
}

/// The two clocks.
pub trait Clock: Sync {
    /// What people call the time.
    fn now(&self) -> Instant;
    /// How long it is since some moment; it never goes back, whatever is done to the other clock.
    fn elapsed(&self) -> Duration;
    /// Lets so much time pass.
    fn wait(&self, time: Duration);
}
