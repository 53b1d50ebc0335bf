//! Everything that is tested from outside, in one binary: tests/README.md says what is where.
#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr, reason = "tests read, write, run and tell")]
#![allow(clippy::format_collect, clippy::too_many_lines, reason = "tables are long, and nothing here is hot")]
#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "addresses tell upper case from lower")]

mod build;
mod check;
mod claims;
mod cli;
mod console;
mod contract;
mod determinism;
mod exports;
mod gate;
mod gazette;
mod git;
mod github;
mod hostile;
mod loopback;
mod operations;
mod pages;
mod publish;
mod rendered;
mod repo;
mod schemas;
mod serve;
mod site;
mod sweep;
mod tidy;
mod verify;
mod world;
