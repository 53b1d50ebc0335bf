//! `gazette verify` against servers on this machine: one defect each, and what every client makes of it.

mod command;
mod defects;
mod elsewhere;
mod hosts;
mod panics;
mod registry;
mod server;
mod wire;

use std::time::Duration;

use gazette::{
    adapters::web::Web,
    finding::Verdict,
    verify::{self, Client, Report, address::Base},
};

use server::{Asked, Reply, Server};

/// What every client makes of a server, from the outside; answers come at once or never.
fn verified(server: &Server, clients: &[Client]) -> Report {
    let base = Base::parse(&server.base).expect("an address");
    verify::verify("the registry", &base, None, clients, &Web::with_patience(Duration::from_secs(5))).expect("an answer")
}

fn serve(answers: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Server {
    Server::new(answers)
}

/// The clients that weigh a report this much.
fn weighed(report: &Report, verdict: Option<Verdict>) -> Vec<&'static str> {
    report.clients.iter().filter(|seen| seen.verdict() == verdict).map(|seen| seen.client.id()).collect()
}

fn broken(report: &Report) -> Vec<&'static str> {
    weighed(report, Some(Verdict::Reject))
}

/// Everything that is not as it should be, a line each.
fn said(report: &Report) -> String {
    let mut out = String::new();
    for seen in &report.clients {
        for check in seen.checks.iter().filter(|check| check.verdict.is_some()) {
            let verdict = check.verdict.map_or("", Verdict::as_str);
            out.push_str(&format!(
                "{verdict}[{}] {} | {} -> {} | help: {}\n",
                seen.client.id(),
                check.message,
                check.asked,
                check.answer,
                check.help
            ));
        }
    }
    out
}
