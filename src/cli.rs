//! What was typed, and what it means; the only reader of the environment.

use std::{net::IpAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

mod proof;
mod publish;

pub use proof::{DEFAULT_SAMPLE, Proof};
pub use publish::{Gc, Keygen, Nightly, PlanOf, Publish, Rollback, Seconds, Whereto};

use crate::{evidence::Account, instant::Instant, verify::Client};

mod world;

pub(crate) use world::step_summary;
pub use world::{Gate, Reach, Sweep, VerifyDomain};

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
    Build(Build),
    Serve(Serve),
    Fmt(Fmt),
    Explain(Explain),
    New(New),
    Verify(Verify),
    Gate(Gate),
    VerifyDomain(VerifyDomain),
    Sweep(Sweep),
    Publish(Publish),
    Plan(PlanOf),
    Rollback(Rollback),
    Nightly(Nightly),
    Gc(Gc),
    Keygen(Keygen),
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
    #[arg(long, value_name = "FORMAT", default_value = "text", requires_if("markdown", "head"))]
    pub format: Format,
}

/// Render a registry into a folder that any host of files can serve
///
/// Reads the last commit, not the files as they lie. The same commit gives the same bytes anywhere; the digest that is printed
/// is of all of them. An existing folder gets what changed, loses what left the site, and keeps what gazette did not write.
///
/// What the last build wrote is taken to lie there still, since nobody else is to change it; what was changed or removed all the
/// same is made good with --repair. A folder that `gazette publish` writes is left to it.
///
/// Exit status: 0 if the folder is the site, 1 if an entry cannot be read (nothing is built), 2 if it could not be built.
#[derive(Debug, Args)]
pub struct Build {
    /// Where the site goes; `-` renders everything, writes nothing and prints the digest
    #[arg(long, value_name = "DIR", default_value = "public")]
    pub out: PathBuf,

    /// Look at every file that lies there, and write those again that are not as they should be
    #[arg(long)]
    pub repair: bool,

    /// The registry's folder [default: registry-data, here or in a folder above]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Do without git: take the files as they lie, every one of them published at this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub as_of: Option<Instant>,
}

/// Serve a registry over HTTP, from memory
///
/// Reads the files as they lie, what is not committed last, and answers like the published site, with the queries of the API
/// that files cannot answer: `limit`, `cursor`, `search`, `updated_since`, `version`, `include_deleted`. /health says that the
/// process lives and what it serves, /ready whether a site is served (503 before), /metrics counts for Prometheus.
///
/// It listens to this machine alone; `--listen 0.0.0.0` (or `::`) is for a container, where others are to reach it. It ends on
/// an interrupt or SIGTERM, after answering what was asked.
///
/// Exit status: 0 after it was asked to end, 1 if an entry cannot be read (nothing is served), 2 if it could not serve.
#[derive(Debug, Args)]
pub struct Serve {
    /// The port to listen at; 0 takes a free one and says which
    #[arg(long, value_name = "N", default_value_t = 8000)]
    pub port: u16,

    /// The address to listen at
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub listen: IpAddr,

    /// Build again when files or the last commit change; what cannot be built is said, and the last good site stays
    #[arg(long)]
    pub watch: bool,

    /// What to say of each request on standard error
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub log: LogForm,

    /// The registry's folder [default: registry-data, here or in a folder above]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Do without git: take the files as they lie, every one of them published at this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub as_of: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// One line of `key=value`
    Text,
    /// One object a line
    Json,
    /// Nothing
    None,
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
    /// What the gate would write on a pull request
    Markdown,
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

/// Say which clients a published registry works with, and what to do about the others
///
/// Asks any registry, whoever made it, exactly as each client does, and says what that client would make of the answers. A folder
/// is asked as a plain static host would serve it.
///
/// Where there is a checkpoint, as `gazette publish` writes it, also looks whether it is signed, current and of this registry,
/// and whether documents are byte for byte those that it names.
///
/// Exit status: 0 if every client that was asked for works and the checkpoint holds, 1 if one breaks or it does not hold, 2 if
/// the registry could not be reached.
#[derive(Debug, Args)]
pub struct Verify {
    /// The registry's address, as clients are given it, or the folder of a built site
    #[arg(value_name = "URL|DIR")]
    pub target: String,

    /// Whom to ask as; may be given more than once
    #[arg(long = "client", value_name = "CLIENT", default_value = "all")]
    pub clients: Vec<Reader>,

    /// The server to look up by name [default: a few of those that are listed]
    #[arg(long, value_name = "NAME")]
    pub server: Option<String>,

    #[command(flatten)]
    pub proof: Proof,

    /// How to write the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Told,
}

/// How a report is written that is about no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Told {
    /// For people
    Text,
    /// For programs: one object, described in the README
    Json,
}

/// A client of registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Reader {
    /// Every one of these
    All,
    /// VS Code: its list of servers, and its look-up of what is installed
    Vscode,
    /// The language server of Copilot in JetBrains, Eclipse and Xcode: looks up pinned versions
    Copilot,
    /// Copilot CLI: blocks what it does not find
    CopilotCli,
    /// ToolHive's command line
    Thv,
    /// ToolHive's registry server, which copies registries
    Toolhive,
    /// Docker's MCP gateway
    Docker,
    /// microsoft/apm, a package manager for agents
    Apm,
    /// Kiro and Amazon Q: one file
    Kiro,
    /// Whoever follows the checkpoint: its signature, its age, and documents against the manifest
    Checkpoint,
}

impl Verify {
    /// Each client once, in one order.
    pub fn clients(&self) -> Vec<Client> {
        let is_asked = |client: &Client| {
            self.clients.iter().any(|reader| match reader {
                Reader::All => true,
                Reader::Checkpoint => false,
                Reader::Vscode => *client == Client::VsCode,
                Reader::Copilot => *client == Client::Copilot,
                Reader::CopilotCli => *client == Client::CopilotCli,
                Reader::Thv => *client == Client::Thv,
                Reader::Toolhive => *client == Client::ToolHive,
                Reader::Docker => *client == Client::Docker,
                Reader::Apm => *client == Client::Apm,
                Reader::Kiro => *client == Client::Kiro,
            })
        };
        Client::ALL.into_iter().filter(is_asked).collect()
    }
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

/// The secret keys that checkpoints are signed with, a line each.
pub fn signing_key() -> Option<String> {
    variable("GAZETTE_SIGNING_KEY")
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
