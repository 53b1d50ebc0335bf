//! What GitHub answered before, kept beside the repository so that asking again costs nothing while it is still true. GitHub
//! itself says whether it is: nothing here is believed without asking.

use std::path::PathBuf;

use crate::{adapters::disk, digest::Sha256};

/// Larger answers are asked for anew.
const BODY_MAX: usize = 4 << 20;

/// With more files than this the folder is emptied: most of them are of pull requests long closed.
const FILES_MAX: usize = 4096;

#[derive(Debug)]
pub(super) struct Cache {
    dir: PathBuf,
}

/// One answer, and the mark by which GitHub knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cached {
    pub(super) etag: String,
    pub(super) more: bool,
    pub(super) body: Vec<u8>,
}

impl Cache {
    pub(super) fn open(dir: PathBuf) -> Self {
        let cache = Self { dir };
        let names = disk::names(&cache.dir).unwrap_or_default();
        if names.len() > FILES_MAX {
            for path in &names {
                disk::remove(path);
            }
        }
        cache
    }

    fn file(&self, url: &str, accept: &str) -> PathBuf {
        self.dir.join(Sha256::of(format!("{url}\n{accept}").as_bytes()).to_string())
    }

    pub(super) fn find(&self, url: &str, accept: &str) -> Option<Cached> {
        let bytes = disk::read(&self.file(url, accept)).ok()?;
        let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
        let etag = String::from_utf8(lines.next()?.to_vec()).ok()?;
        let more = lines.next()? == b"more";
        Some(Cached { etag, more, body: lines.next()?.to_vec() })
    }

    /// Where it cannot be kept, it is asked for anew.
    pub(super) fn keep(&self, url: &str, accept: &str, cached: &Cached) {
        if cached.body.len() > BODY_MAX || cached.etag.contains(['\n', '\r']) {
            return;
        }
        let more = if cached.more { "more" } else { "last" };
        let bytes = [cached.etag.as_bytes(), b"\n", more.as_bytes(), b"\n", &cached.body].concat();
        let _ = disk::create_dir(&self.dir).and_then(|()| disk::write(&self.file(url, accept), &bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_found() {
        let dir = tempfile::tempdir().expect("a folder");
        let cache = Cache::open(dir.path().join("github"));
        let cached = Cached { etag: "W/\"x\"".to_owned(), more: true, body: b"a\nb\n\n".to_vec() };
        assert_eq!(cache.find("https://a/", "json"), None);
        cache.keep("https://a/", "json", &cached);
        assert_eq!(cache.find("https://a/", "json"), Some(cached));
        assert_eq!(cache.find("https://a/", "raw"), None);
    }
}
