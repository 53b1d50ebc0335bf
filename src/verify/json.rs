//! The report for a program. Members are only ever added.

use serde_json::{Value, json};

use super::{
    Check, Report, outcome,
    publication::{Publication, Trusted},
};

pub fn render(report: &Report) -> String {
    let clients: Vec<Value> = report
        .clients
        .iter()
        .map(|seen| {
            let checks: Vec<Value> = seen.checks.iter().map(one).collect();
            json!({"client": seen.client.id(), "verdict": outcome(seen.verdict()), "checks": checks})
        })
        .collect();
    let report = json!({
        "version": 1,
        "target": report.target,
        "host": report.host.id(),
        "verdict": outcome(report.verdict()),
        "clients": clients,
        "checkpoint": report.publication.as_ref().map(checkpoint),
    });
    let mut text = serde_json::to_string_pretty(&report).expect("a value is JSON");
    text.push('\n');
    text
}

fn one(check: &Check) -> Value {
    json!({
        "asked": check.asked,
        "answer": check.answer,
        "verdict": check.verdict.map_or("pass", crate::finding::Verdict::as_str),
        "message": check.message,
        "help": check.help,
    })
}

/// Without a pointer, `publication` and what it says are null.
fn checkpoint(publication: &Publication) -> Value {
    let said = publication.checkpoint.as_ref();
    json!({
        "verdict": outcome(publication.verdict()),
        "publication": said.map(|said| said.publication),
        "base_url": said.map(|said| &said.base_url),
        "root": said.map(|said| said.root),
        "epoch": said.map(|said| &said.epoch),
        "serial": said.map(|said| said.serial),
        "commit": said.and_then(|said| said.commit).map(|commit| commit.to_string()),
        "time": said.map(|said| said.time),
        "expires": said.map(|said| said.expires),
        "keys": match publication.trusted {
            Trusted::Pinned => "pinned",
            Trusted::Own => "own",
            Trusted::Nobody => "none",
        },
        "signed_by": publication.signed_by,
        "documents": {
            "listed": publication.listed,
            "compared": publication.compared,
            "stale": publication.stale,
            "seed": publication.seed.map(|seed| seed.to_string()),
        },
        "checks": publication.checks.iter().map(one).collect::<Vec<_>>(),
    })
}
