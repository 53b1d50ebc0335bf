//! What each client of a registry would make of this one: asked as they ask, judged by what they do with the answer.

use rayon::prelude::*;

use crate::finding::Verdict;

pub mod address;
mod client;
mod fix;
mod host;
pub mod json;
mod kiro_file;
mod listing;
mod openapi;
pub mod port;
pub mod publication;
mod registry_file;
mod sketch;
mod survey;
pub mod text;
mod visit;

pub use client::Client;
pub use host::Host;

use address::Base;
use port::{Fetch, Unreached};
use publication::Publication;
use survey::Survey;
use visit::Visit;

/// What was asked and what came of it, client by client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// As the operator named it.
    pub target: String,
    pub host: Host,
    pub clients: Vec<Seen>,
    /// What the site says of itself, if that was asked for.
    pub publication: Option<Publication>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub client: Client,
    /// In the order in which the client asks.
    pub checks: Vec<Check>,
}

/// One request, and what the client makes of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Method and address, as sent.
    pub asked: String,
    /// What came back, in short.
    pub answer: String,
    /// Nothing where all is well.
    pub verdict: Option<Verdict>,
    pub message: String,
    /// What to do; empty where all is well.
    pub help: String,
}

/// Asks a registry as these clients do. The error says that it could not be reached at all, and why.
pub fn verify(
    target: &str,
    base: &Base,
    server: Option<&str>,
    clients: &[Client],
    fetch: &(dyn Fetch + Sync),
) -> Result<Report, Unreached> {
    let survey = if clients.is_empty() { Survey::nobody(base) } else { Survey::of(base, server, fetch)? };
    let alone = clients.len() == 1;
    let visit = |&client: &Client| Seen { client, checks: Visit::pay(client, alone, base, &survey, fetch) };
    let clients = clients.par_iter().map(visit).collect();
    Ok(Report { target: target.to_owned(), host: survey.host, clients, publication: None })
}

impl Report {
    pub fn verdict(&self) -> Option<Verdict> {
        let publication = self.publication.as_ref().and_then(Publication::verdict);
        self.clients.iter().filter_map(Seen::verdict).chain(publication).max()
    }
}

impl Seen {
    pub fn verdict(&self) -> Option<Verdict> {
        self.checks.iter().filter_map(|check| check.verdict).max()
    }
}

/// A verdict as the JSON reports of this program name it; notes do not keep anything from passing.
fn outcome(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        None | Some(Verdict::Note) => "pass",
        Some(Verdict::Review) => "review",
        Some(Verdict::Reject) => "reject",
    }
}
