//! Documents made of a part from every server, which are put together without anyone holding them whole.

use super::{Facts, listing::Shown, path::SitePath};

/// One such document.
pub trait Collection: Send + Sync {
    /// The addresses at which it stands.
    fn paths(&self) -> Vec<SitePath>;

    /// What stands before the parts.
    fn open(&self, facts: &Facts) -> Vec<u8>;

    /// What one server adds, which follows from nothing else, so that it may be taken from where it lies while the server stays
    /// the same; nothing, if it is left out.
    fn part(&self, shown: &Shown) -> Vec<u8>;

    /// What stands between two parts.
    fn separator(&self) -> &'static [u8] {
        b","
    }

    /// What stands after that many parts; without it, the document does not exist.
    fn close(&self, facts: &Facts, parts: usize) -> Option<Vec<u8>>;
}
