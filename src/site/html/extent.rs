//! How much of a server its page tells: a page that would pass its budget is made again, terser.

use crate::status::MESSAGE_MAX;

/// No page of a server has as many bytes.
pub(super) const PAGE_MAX: usize = 30_000;

/// How many of each a page has, and how long they are, in characters.
#[derive(Debug)]
pub(super) struct Extent {
    /// Ways that are spelled out for pasting.
    pub(super) setups: usize,
    /// The longest text to paste, in bytes of the page.
    pub(super) text: usize,
    /// Packages and remotes whose needs are told.
    pub(super) ways: usize,
    /// What has to be filled in, over all of them.
    pub(super) inputs: usize,
    pub(super) choices: usize,
    /// The longest text of an input.
    pub(super) words: usize,
    pub(super) versions: usize,
    /// The longest word of a publisher on a version that is not the latest.
    pub(super) message: usize,
}

/// The fullest first; the last keeps the budget whatever an entry holds.
pub(super) const EXTENTS: [Extent; 4] = [
    Extent { setups: 4, text: 4_000, ways: 20, inputs: 100, choices: 30, words: 300, versions: 60, message: MESSAGE_MAX },
    Extent { setups: 3, text: 2_500, ways: 10, inputs: 30, choices: 12, words: 200, versions: 30, message: 200 },
    Extent { setups: 2, text: 1_500, ways: 5, inputs: 12, choices: 6, words: 120, versions: 15, message: 120 },
    Extent { setups: 1, text: 800, ways: 2, inputs: 5, choices: 3, words: 80, versions: 5, message: 80 },
];
