//! What is said beside the results, on standard error: notes, and on a terminal how far the work is.

use std::{
    io::{self, IsTerminal, Write},
    sync::atomic::{AtomicUsize, Ordering},
};

/// One line beside the results.
pub fn note(text: &str) {
    // Where nobody listens, the results are there all the same.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// How far something is, drawn on a terminal and nowhere else.
#[derive(Debug)]
pub struct Progress {
    total: usize,
    is_shown: bool,
    percent: AtomicUsize,
}

const WIDTH: usize = 40;

impl Progress {
    pub fn of(total: usize) -> Self {
        Self { total, is_shown: io::stderr().is_terminal(), percent: AtomicUsize::new(usize::MAX) }
    }

    pub fn at(&self, done: usize) {
        let percent = (done * 100).checked_div(self.total).unwrap_or(100);
        if self.is_shown && self.percent.swap(percent, Ordering::Relaxed) != percent {
            let full = WIDTH * percent / 100;
            let bar = "█".repeat(full) + &"░".repeat(WIDTH - full);
            let _ = write!(io::stderr().lock(), "\r{bar} {done} of {} servers", self.total);
        }
    }

    /// Leaves no trace.
    pub fn end(&self) {
        if self.is_shown {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}
