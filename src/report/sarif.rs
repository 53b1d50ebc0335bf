//! The report as SARIF 2.1.0, which code scanning reads.

use serde_json::{Value, json};

use crate::{
    finding::{Finding, Verdict},
    rules::RULES,
};

use super::Report;

pub fn render(report: &Report) -> String {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": {"text": rule.claim()},
                "fullDescription": {"text": rule.about},
                "defaultConfiguration": {"level": level(rule.verdict)},
                "properties": {"tags": [rule.family.as_str()]},
            })
        })
        .collect();
    let results: Vec<Value> = report.findings.iter().map(result).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "gazette", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).expect("a value is JSON");
    text.push('\n');
    text
}

fn result(finding: &Finding) -> Value {
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.verdict),
        "message": {"text": format!("{}\nhelp: {}", finding.message, finding.help)},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": address(&finding.place.path)},
                "region": {"startLine": finding.place.line, "startColumn": finding.place.column},
            },
        }],
    });
    if let Some(index) = RULES.iter().position(|rule| rule.id == finding.rule) {
        result["ruleIndex"] = index.into();
    }
    result
}

fn level(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Reject => "error",
        Verdict::Review => "warning",
        Verdict::Note => "note",
    }
}

/// A path as a relative reference.
fn address(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'+' | b'@' => out.push(byte as char),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
