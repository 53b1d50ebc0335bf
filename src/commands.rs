//! The verbs; each reads as its checklist.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::cli::{Command, Typed};

mod check;
mod explain;
mod fmt;
mod mend;
mod new;
mod place;

/// Exit status of a submission that has something to fix.
const TO_FIX: u8 = 1;

pub fn run(typed: &Typed, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match &typed.command {
        Command::Check(check) => check::run(check, colour, out),
        Command::Fmt(fmt) => fmt::run(fmt, out),
        Command::Explain(explain) => explain::run(explain, out),
        Command::New(new) => new::run(new, out),
    }
}

/// Whether the reader of our output went away, as `head` does: nobody is left to tell.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
