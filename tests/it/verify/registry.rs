//! A small registry with nothing wrong, and the ways of a static host and of a server with pages to serve it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::loopback::decoded;

use super::server::{Answer, Asked, Reply};

/// Changes an answer of a good registry into that of a bad one.
pub(crate) type Spoil = Arc<dyn Fn(&Asked, Answer) -> Reply + Send + Sync>;

const SCHEMA: &str = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";
const HOSTED: &str = "https://github.com/modelcontextprotocol/registry";

/// Names with their versions, the latest first.
pub(crate) const SERVERS: [(&str, &[&str]); 3] = [
    ("com.example/alpha", &["1.1.0", "1.0.0"]),
    ("com.example/beta", &["2.0.0+build.5", "2.0.0-rc.1"]),
    ("io.github.octocat/gamma", &["2026-01-31"]),
];

fn server(name: &str, version: &str) -> Value {
    json!({
        "$schema": SCHEMA,
        "name": name,
        "description": format!("Answers as {name}"),
        "version": version,
        "remotes": [{"type": "streamable-http", "url": format!("https://{}.example.com/mcp", name.replace(['/', '.'], "-"))}],
    })
}

pub(crate) fn entry(name: &str, version: &str, latest: bool) -> Value {
    let official = json!({
        "status": "active",
        "statusChangedAt": "2026-01-31T12:00:00Z",
        "publishedAt": "2026-01-31T12:00:00Z",
        "updatedAt": "2026-01-31T12:00:00Z",
        "isLatest": latest,
    });
    json!({"server": server(name, version), "_meta": {"io.modelcontextprotocol.registry/official": official}})
}

fn list(entries: &[Value]) -> Value {
    json!({"servers": entries, "metadata": {"count": entries.len()}})
}

fn latest() -> Vec<Value> {
    SERVERS.iter().map(|(name, versions)| entry(name, versions[0], true)).collect()
}

/// What a static host has at a path; the paths are decoded.
fn document(path: &str) -> Option<(&'static str, String)> {
    let json = |value: &Value| Some(("application/json", value.to_string()));
    match path {
        "/openapi.yaml" => {
            let text = format!("openapi: 3.1.0\ninfo:\n  title: T\n  version: 1.0.0\n  description: see {HOSTED}\npaths: {{}}\n");
            return Some(("application/yaml", text));
        }
        "/kiro.json" => {
            let kiro = |(name, versions): &(&str, &[&str])| {
                let mut server = server(name, versions[0]);
                server["name"] = json!(name.replace('/', "_"));
                json!({"server": server})
            };
            return json(&json!({"servers": SERVERS.iter().map(kiro).collect::<Vec<_>>()}));
        }
        "/registry.json" => {
            let servers: Vec<Value> = SERVERS.iter().map(|(name, versions)| server(name, versions[0])).collect();
            let meta = json!({"last_updated": "2026-01-31T12:00:00Z"});
            return json(&json!({"version": "1.0.0", "meta": meta, "data": {"servers": servers}}));
        }
        _ => {}
    }
    let path = path.strip_prefix("/v0.1/servers").or_else(|| path.strip_prefix("/v0/servers"))?;
    if path.is_empty() {
        return json(&list(&latest()));
    }
    SERVERS.iter().find_map(|(name, versions)| {
        let rest = path.strip_prefix('/')?.strip_prefix(name)?.strip_prefix("/versions")?;
        let one = |version: &str| entry(name, version, version == versions[0]);
        match rest.strip_prefix('/') {
            None if rest.is_empty() => json(&list(&versions.iter().map(|version| one(version)).collect::<Vec<_>>())),
            Some("latest") => json(&one(versions[0])),
            Some(version) => json(&one(versions.iter().find(|known| **known == version)?)),
            None => None,
        }
    })
}

/// A static host with everything that clients want, headers included.
pub(crate) fn static_host(asked: &Asked) -> Answer {
    let cors = |answer: Answer| {
        answer
            .with("access-control-allow-origin", "*")
            .with("access-control-allow-methods", "GET, OPTIONS")
            .with("access-control-allow-headers", "Authorization, Content-Type")
    };
    if asked.method == "OPTIONS" {
        return cors(Answer::typed(204, "text/plain", ""));
    }
    let Some((kind, body)) = document(&decoded(asked.path())) else {
        return cors(Answer::typed(404, "application/json", "{\"error\": \"not found\"}"));
    };
    let tag = format!("\"{}-{}\"", body.len(), asked.path().len());
    if asked.headers.get("if-none-match") == Some(&tag) {
        return cors(Answer::typed(304, kind, "")).with("etag", &tag);
    }
    cors(Answer::typed(200, kind, body)).with("etag", &tag)
}

/// The same registry from a server that honours `limit` and `cursor`, as the official one does.
pub(crate) fn paged(asked: &Asked) -> Answer {
    let answer = static_host(asked);
    if answer.status != 200 || asked.method != "GET" || !asked.path().ends_with("/servers") {
        return answer;
    }
    let all = latest();
    let from = asked.query("cursor").map_or(0, |cursor| {
        all.iter()
            .position(|entry| cursor == format!("{}:0", entry["server"]["name"].as_str().expect("a name")))
            .expect("a cursor")
            + 1
    });
    let limit: usize = asked.query("limit").map_or(30, |limit| limit.parse().expect("a number")).min(2);
    let page: Vec<Value> = all.iter().skip(from).take(limit).cloned().collect();
    let mut value = list(&page);
    if from + page.len() < all.len() {
        value["metadata"]["nextCursor"] =
            json!(format!("{}:0", page.last().expect("a last")["server"]["name"].as_str().expect("a name")));
    }
    Answer { body: value.to_string().into_bytes(), ..answer }
}

/// Whether a request is for a list.
pub(crate) fn is_list(asked: &Asked) -> bool {
    matches!(asked.path(), "/v0.1/servers" | "/v0/servers")
}

/// Changes the JSON of every list.
pub(crate) fn in_lists(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Spoil {
    Arc::new(move |asked, mut answer| {
        if is_list(asked) && answer.status == 200 {
            let mut value: Value = serde_json::from_slice(&answer.body).expect("JSON");
            change(&mut value);
            answer.body = value.to_string().into_bytes();
        }
        Reply::Answer(answer)
    })
}
