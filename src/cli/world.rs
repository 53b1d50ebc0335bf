//! What was typed for the commands that ask the world: how to reach it, and what to ask it about.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;

use crate::{
    adapters::{
        dns::Resolvers,
        github::{RepositoryName, Token},
    },
    evidence::Account,
};

/// How the world is reached.
#[derive(Debug, Args)]
pub struct Reach {
    /// The address of GitHub's API
    #[arg(long, value_name = "URL", help = "The address of GitHub's API [default: `GITHUB_API_URL`, or https://api.github.com]", value_parser = base, help_heading = "Reaching the world")]
    pub api: Option<url::Url>,

    /// A resolver to ask instead of three public ones; given several times, all of them must agree
    #[arg(long, value_name = "IP[:PORT]", value_parser = resolver, help_heading = "Reaching the world")]
    pub resolver: Vec<SocketAddr>,

    /// Do not look at the signatures of DNS records
    #[arg(long, help_heading = "Reaching the world")]
    pub no_dnssec: bool,

    /// How many seconds to wait in all where GitHub asks for patience
    #[arg(long, value_name = "SECONDS", default_value_t = 300, help_heading = "Reaching the world")]
    pub patience: u64,

    /// A host of this machine that stands in for every domain's well-known address; for tests
    #[arg(long, value_name = "URL", value_parser = this_machine, hide = true)]
    pub stand_in: Option<url::Url>,
}

/// Judge a pull request, and say so on it
///
/// Asks GitHub, DNS and the web what the rules want to know, and writes one comment, labels, a step summary, and the commit status
/// `gazette` on exactly the judged commit. What head brings is read as git objects, and never checked out or executed. Merges what
/// has passed only where base's registry.toml says so.
///
/// The token is read from `GITHUB_TOKEN` or `GH_TOKEN`. It needs to write pull requests and statuses, and to merge also contents
/// and actions.
///
/// Exit status: 0 once a verdict of pass or review is written, 1 for a refusal, 2 if it could not be judged or written.
#[derive(Debug, Args)]
pub struct Gate {
    /// The repository that the pull request goes to
    #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
    pub repo: RepositoryName,

    /// The number of the pull request
    #[arg(long, value_name = "N", required_unless_present = "list", requires_all = ["base", "head"])]
    pub pull: Option<u64>,

    /// The last commit of the branch that it goes to
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,

    /// Its last commit
    #[arg(long, value_name = "REV")]
    pub head: Option<String>,

    /// Write nothing; print what would be written
    #[arg(long)]
    pub dry_run: bool,

    /// Print the numbers of the open pull requests instead, one a line
    #[arg(long, conflicts_with_all = ["pull", "base", "head", "dry_run"])]
    pub list: bool,

    /// Only those whose last commit this is
    #[arg(long, value_name = "COMMIT", requires = "list")]
    pub sha: Option<String>,

    /// The number of the account that the token acts as [default: asked for, else that of GitHub's own workflows]
    #[arg(long, value_name = "ID")]
    pub acts_as: Option<u64>,

    /// The workflow that is started after a merge
    #[arg(long, value_name = "FILE", default_value = "publish.yml")]
    pub then: String,

    /// The registry's folder [default: registry-data, here or in a folder above]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    #[command(flatten)]
    pub reach: Reach,
}

/// Say how a domain is proved, and whether the world sees the proof
///
/// Prints the TXT record or the file that makes an account an owner of the domain's namespace, then looks for both.
///
/// Exit status: 0 if one is there, 1 if none is yet, 2 if the world could not be asked.
#[derive(Debug, Args)]
pub struct VerifyDomain {
    /// The domain, such as example.com
    #[arg(value_name = "DOMAIN")]
    pub domain: String,

    /// The account on GitHub that will submit
    #[arg(long, value_name = "NAME", required_unless_present = "id")]
    pub login: Option<String>,

    /// Its number, for where GitHub cannot be asked
    #[arg(long, value_name = "ID")]
    pub id: Option<u64>,

    #[command(flatten)]
    pub reach: Reach,
}

/// Ask the world whether the proofs on record still hold
///
/// Puts the proof of every owner in namespaces/ to the test again, as far as that can be done: accounts, public members, TXT records,
/// well-known files, and keys with their signatures. Lists those that no longer hold, and what else has changed, such as a login
/// or whoever vouched; changes nothing. With --repo, keeps one issue about them.
///
/// Exit status: 0 if none fails, 1 if one does, 2 if something could not be asked.
#[derive(Debug, Args)]
pub struct Sweep {
    /// The repository that keeps the issue
    #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
    pub repo: Option<RepositoryName>,

    /// Write no issue; print what would be written
    #[arg(long)]
    pub dry_run: bool,

    /// The number of the account that the token acts as [default: asked for, else that of GitHub's own workflows]
    #[arg(long, value_name = "ID")]
    pub acts_as: Option<u64>,

    /// The registry's folder [default: registry-data, here or in a folder above]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    #[command(flatten)]
    pub reach: Reach,
}

impl Reach {
    pub fn api(&self) -> Result<url::Url, String> {
        match (&self.api, super::variable("GITHUB_API_URL")) {
            (Some(api), _) => Ok(api.clone()),
            (None, Some(api)) => base(&api).map_err(|why| format!("GITHUB_API_URL: {why}")),
            (None, None) => Ok(url::Url::parse("https://api.github.com").expect("an address")),
        }
    }

    /// A secret: it goes to the API and nowhere else.
    pub fn token() -> Option<Token> {
        super::variable("GITHUB_TOKEN").or_else(|| super::variable("GH_TOKEN")).map(Token::new)
    }

    pub fn resolvers(&self) -> Resolvers {
        if self.resolver.is_empty() { Resolvers::Public } else { Resolvers::These(self.resolver.clone()) }
    }

    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }
}

/// Where a workflow collects what is shown beside its run.
pub(crate) fn step_summary() -> Option<PathBuf> {
    super::variable("GITHUB_STEP_SUMMARY").map(PathBuf::from)
}

impl VerifyDomain {
    /// The account, as far as it was named.
    pub fn account(&self) -> Option<Account> {
        let login = self.login.clone().unwrap_or_default();
        self.id.map(|id| Account { id, login })
    }
}

fn repository(text: &str) -> Result<RepositoryName, String> {
    RepositoryName::parse(text).ok_or_else(|| "expected OWNER/NAME, such as octocat/registry".to_owned())
}

fn base(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text).map_err(|error| error.to_string())?;
    if url.scheme() == "https" && url.host().is_some() && url.username().is_empty() {
        return Ok(url);
    }
    this_machine(text).map_err(|_| "expected an https address".to_owned())
}

fn this_machine(text: &str) -> Result<url::Url, String> {
    let url = url::Url::parse(text).map_err(|error| error.to_string())?;
    let is_loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        _ => false,
    };
    if is_loopback && url.scheme() == "http" {
        Ok(url)
    } else {
        Err("expected http:// and an address of this machine".to_owned())
    }
}

fn resolver(text: &str) -> Result<SocketAddr, String> {
    let parsed = text.parse().ok().or_else(|| Some(SocketAddr::new(text.parse().ok()?, 53)));
    parsed.ok_or_else(|| "expected an address such as 192.0.2.53 or 192.0.2.53:5353".to_owned())
}
