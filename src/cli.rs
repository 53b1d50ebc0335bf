//! What was typed, and what it means; the only reader of the environment.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{evidence::Account, instant::Instant};

/// Turn a git repository of MCP server.json files into a published, verifiable registry.
#[derive(Debug, Parser)]
#[command(name = "gazette", version, max_term_width = 100, disable_help_subcommand = true)]
pub struct Typed {
    #[command(subcommand)]
    pub command: Command,

    /// When to colour what is written to a terminal
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Check(Check),
    Fmt(Fmt),
    Explain(Explain),
    New(New),
}

/// Judge a registry, or what a change does to it
///
/// Without --base, judges the files as they lie, with the history that git knows. With --base, judges the difference between
/// base and the result of merging head onto it, by base's owners, policy and settings.
///
/// Exit status: 0 if nothing has to be fixed (a person may still have to look), 1 if something has, 2 if it could not be judged.
#[derive(Debug, Args)]
pub struct Check {
    /// The registry's folder [default: registry-data, here or in a folder above]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Judge a change against this commit
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,

    /// The commit that brings the change [default: the files as they lie]
    #[arg(long, value_name = "REV", requires = "base")]
    pub head: Option<String>,

    /// Who sends the change, as GitHub's login and account number
    #[arg(long, value_name = "LOGIN:ID", requires = "base", value_parser = account)]
    pub author: Option<Account>,

    /// A file with the facts of a pull request: its author, head and reviews, as JSON
    #[arg(long, value_name = "FILE", requires = "head", conflicts_with = "author")]
    pub pull: Option<PathBuf>,

    /// A file with answers to what the rules ask of the outside world, as JSON
    #[arg(long, value_name = "FILE", requires = "base")]
    pub evidence: Option<PathBuf>,

    /// Do without git: take the files as they lie, every one of them published at this time
    #[arg(long, value_name = "TIME", conflicts_with_all = ["base", "fix"], value_parser = instant)]
    pub as_of: Option<Instant>,

    /// Mend what can be mended safely in files that base (or the last commit) does not have
    #[arg(long, conflicts_with_all = ["head", "pull"])]
    pub fix: bool,

    /// How to write the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// For programs: one object, described in the README
    Json,
    /// Workflow commands: annotations on a pull request
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// Lay out entries in the one canonical way
///
/// Two spaces, one member a line, the author's order. A file that is already published is never touched.
#[derive(Debug, Args)]
pub struct Fmt {
    /// The entries [default: every one that base does not have]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// The registry's folder [default: registry-data, here or in a folder above]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The commit whose files are published
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    pub base: String,

    /// Change nothing; exit with 1 and the names of the files that would change
    #[arg(long)]
    pub check: bool,
}

/// Say what a rule demands, why, and what to do
#[derive(Debug, Args)]
pub struct Explain {
    /// The rule's id, as findings show it [default: list them all]
    #[arg(value_name = "RULE")]
    pub rule: Option<String>,
}

/// Write a registry to fork
#[derive(Debug, Args)]
pub struct New {
    /// A folder that is empty or does not exist yet
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
}

fn account(text: &str) -> Result<Account, String> {
    let parsed = text.split_once(':').and_then(|(login, id)| Some(Account { id: id.parse().ok()?, login: login.to_owned() }));
    parsed
        .filter(|account| !account.login.is_empty())
        .ok_or_else(|| "expected LOGIN:ID, such as octocat:583231; `gh api users/octocat --jq .id` prints the number".to_owned())
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).ok_or_else(|| "expected a time such as 2026-11-20T06:30:00Z".to_owned())
}

impl Typed {
    /// Whether to colour: as asked for, else on a terminal whose owner has not said no (<https://no-color.org>).
    pub fn colour(&self, is_terminal: bool) -> bool {
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => is_terminal && variable("NO_COLOR").is_none() && variable("TERM").is_none_or(|term| term != "dumb"),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
