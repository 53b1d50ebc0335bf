//! The report for a program. Members are only ever added.

use serde_json::{Value, json};

use super::{Report, outcome};

pub fn render(report: &Report) -> String {
    let clients: Vec<Value> = report
        .clients
        .iter()
        .map(|seen| {
            let checks: Vec<Value> = seen
                .checks
                .iter()
                .map(|check| {
                    json!({
                        "asked": check.asked,
                        "answer": check.answer,
                        "verdict": check.verdict.map_or("pass", crate::finding::Verdict::as_str),
                        "message": check.message,
                        "help": check.help,
                    })
                })
                .collect();
            json!({"client": seen.client.id(), "verdict": outcome(seen.verdict()), "checks": checks})
        })
        .collect();
    let report = json!({
        "version": 1,
        "target": report.target,
        "host": report.host.id(),
        "verdict": outcome(report.verdict()),
        "clients": clients,
    });
    let mut text = serde_json::to_string_pretty(&report).expect("a value is JSON");
    text.push('\n');
    text
}
