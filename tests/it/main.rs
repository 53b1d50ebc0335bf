//! Everything that is tested from outside, in one binary: tests/README.md says what is where.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr, reason = "tests read, write, run and tell")]
#![allow(clippy::format_collect, clippy::too_many_lines, reason = "tables are long, and nothing here is hot")]

mod check;
mod cli;
mod console;
mod gazette;
mod git;
mod hostile;
mod repo;
mod schemas;
mod tidy;
