//! Servers with as much in one entry as its page can be asked to tell.

use serde_json::{Value, json};

use super::made::{Made, demonstration_with};

/// What `file-is-small` allows.
const ENTRY_MAX: usize = 256 * 1_024;
const VERSIONS: usize = 80;

/// A server with many packages, remotes, inputs and versions, its texts made of `word`.
pub(super) fn full(word: &str) -> Made {
    let words = |length: usize| word.chars().cycle().take(length).collect::<String>();
    let input = |name: String| {
        json!({
            "name": name, "description": words(120), "isRequired": true, "isSecret": name.ends_with('0'), "placeholder": words(30),
            "choices": [words(20), words(21)],
        })
    };
    let package = |at: usize| {
        json!({
            "registryType": "npm", "identifier": format!("@example/full-{at}"), "version": "1.0.0", "transport": { "type": "stdio" },
            "environmentVariables": (0..12).map(|n| input(format!("VALUE_{at}_{n}"))).collect::<Vec<_>>(),
            "packageArguments": [
                { "type": "named", "name": "--mode", "description": words(120), "value": "{mode}", "variables": { "mode": { "description": words(80) } } },
            ],
        })
    };
    let remote = |at: usize| {
        let header = |n: usize| {
            json!({
                "name": format!("X-Header-{n}"), "description": words(120), "value": "Bearer {key}",
                "variables": { "key": { "description": words(100), "isSecret": true, "isRequired": true } },
            })
        };
        json!({
            "type": "streamable-http", "url": format!("https://full-{at}.example.com/mcp"),
            "headers": (0..8).map(header).collect::<Vec<_>>(),
        })
    };
    let entry = |at: usize| {
        let mut entry = json!({
            "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
            "name": "com.example/full", "version": format!("1.0.{at}"), "title": words(100), "description": words(100),
            "websiteUrl": format!("https://example.com/{}", "x".repeat(900)),
            "repository": { "url": "https://git.example.com/full/full", "source": "git" },
        });
        if at == VERSIONS - 1 {
            entry["packages"] = (0..9).map(package).collect::<Value>();
            entry["remotes"] = (0..9).map(remote).collect::<Value>();
        }
        entry.to_string()
    };
    let status =
        |at: usize| (format!("1.0.{at}"), json!({ "status": "deprecated", "statusMessage": format!("{at} {}", words(400)) }));
    let statuses = json!({ "versions": (0..VERSIONS).map(status).collect::<serde_json::Map<_, _>>() }).to_string();
    let mut files: Vec<(String, String)> =
        (0..VERSIONS).map(|at| (format!("servers/com.example/full/1.0.{at}.json"), entry(at))).collect();
    assert!(files.iter().all(|(_, text)| text.len() < ENTRY_MAX), "the entry is larger than the rules allow");
    files.push(("servers/com.example/full/status.json".to_owned(), statuses));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    demonstration_with(&files)
}

/// What does not fit is counted or pointed to, and the page stays small.
#[test]
fn the_fullest_page_keeps_its_budget() {
    for word in ["plain words ", "\"><&'", "語彙"] {
        let made = full(word);
        let page = made.text("servers/com.example/full/index.html");
        assert!(page.len() < 30_000, "of {word:?} the page has {} bytes", page.len());
        assert!(page.len() > 12_000, "of {word:?} the page has no more than {} bytes", page.len());
        for told in ["VALUE_0_0", "1.0.79", "older versions are in", "There is more to it than fits here"] {
            assert!(page.contains(told), "of {word:?} the page does not tell {told}");
        }
    }
}
