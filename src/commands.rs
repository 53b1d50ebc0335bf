//! The verbs; each reads as its checklist.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::cli::{Command, Typed};

mod build;
mod check;
mod edition;
mod explain;
mod fmt;
mod gate;
mod judgement;
mod keys;
mod mend;
mod new;
mod place;
mod preview;
mod publish;
mod read_back;
mod serve;
mod sweep;
mod target;
mod verify;
mod verify_domain;
mod world;

/// Exit status of a submission that has something to fix.
const TO_FIX: u8 = 1;

pub fn run(typed: &Typed, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match &typed.command {
        Command::Check(check) => check::run(check, colour, out),
        Command::Build(build) => build::run(build, colour, out),
        Command::Serve(serve) => serve::run(serve, colour, out),
        Command::Fmt(fmt) => fmt::run(fmt, out),
        Command::Explain(explain) => explain::run(explain, out),
        Command::New(new) => new::run(new, out),
        Command::Verify(verify) => verify::run(verify, colour, out),
        Command::Gate(gate) => gate::run(gate, out),
        Command::VerifyDomain(verify) => verify_domain::run(verify, out),
        Command::Sweep(sweep) => sweep::run(sweep, out),
        Command::Publish(args) => publish::run(args, colour, out),
        Command::Plan(args) => publish::plan(args, colour, out),
        Command::Rollback(args) => publish::rollback(args, colour, out),
        Command::Nightly(args) => publish::nightly(args, colour, out),
        Command::Gc(args) => publish::gc(args, out),
        Command::Keygen(args) => keys::keygen(args, out),
    }
}

/// Whether the reader of our output went away, as `head` does: nobody is left to tell.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
