//! The report for a program. Members are only ever added.

use serde_json::{Value, json};

use crate::finding::Verdict;

use super::Report;

pub fn render(report: &Report) -> String {
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(|finding| {
            json!({
                "rule": finding.rule,
                "verdict": finding.verdict,
                "path": finding.place.path,
                "pointer": finding.place.pointer,
                "line": finding.place.line,
                "column": finding.place.column,
                "message": finding.message,
                "help": finding.help,
                "fixable": finding.fix.is_some(),
            })
        })
        .collect();
    let counts: serde_json::Map<String, Value> =
        Verdict::ALL.iter().map(|&verdict| (verdict.as_str().to_owned(), report.count(verdict).into())).collect();
    let report =
        json!({"version": 1, "verdict": report.outcome(), "counts": counts, "findings": findings, "allowed": report.allowed});
    let mut text = serde_json::to_string_pretty(&report).expect("a value is JSON");
    text.push('\n');
    text
}
