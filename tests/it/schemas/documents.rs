//! Documents to begin from: one that has everything, one that has little, in either spelling.

use serde_json::{Map, Value, json};

use super::OLDEST;

/// A document with every member that any of the schemas knows.
pub(crate) fn rich(date: &str) -> Value {
    let input = json!({ "description": "An input", "isRequired": true, "format": "string", "value": "{a}", "isSecret": false,
        "default": "b", "placeholder": "c", "choices": ["b", "{a}"] });
    let with = |more: Value| -> Value {
        let members = [&input, &more].into_iter().filter_map(Value::as_object).cloned();
        members.flat_map(Map::into_iter).collect::<Map<_, _>>().into()
    };
    let variables = json!({ "a": input });
    let header = with(json!({ "name": "X-Key", "variables": variables }));
    let positional = with(json!({ "type": "positional", "valueHint": "file", "isRepeated": true, "variables": variables }));
    let named = with(json!({ "type": "named", "name": "--port", "isRepeated": false, "variables": variables }));
    let document = json!({
        "$schema": format!("https://static.modelcontextprotocol.io/schemas/{date}/server.schema.json"),
        "name": "com.example.weather-1/The_rich.one",
        "description": "Every member that a schema knows",
        "title": "Rich",
        "version": "1.2.3-rc.1+build",
        "status": "deprecated",
        "websiteUrl": "https://example.com/weather?q=1#top",
        "repository": { "url": "https://example.com/r.git", "source": "github", "id": "42", "subfolder": "src/weather" },
        "icons": [
            { "src": "https://example.com/i.png", "mimeType": "image/png", "sizes": ["48x48", "any"], "theme": "dark" },
            { "src": "data:image/png;base64,AAAA" },
        ],
        "packages": [
            {
                "registryType": "npm", "registryBaseUrl": "https://npm.example.org", "identifier": "@example/weather",
                "version": "1.2.3", "fileSha256": "0123456789abcdef".repeat(4), "runtimeHint": "npx",
                "transport": { "type": "stdio" },
                "runtimeArguments": [positional, { "type": "positional", "value": "x" }, { "type": "named", "name": "-y" }],
                "packageArguments": [named, { "type": "positional", "valueHint": "x" }],
                "environmentVariables": [header, { "name": "KEY" }],
            },
            {
                "registryType": "oci", "identifier": "example/weather", "version": "1",
                "transport": { "type": "streamable-http", "url": "http://localhost:8080/mcp", "headers": [header] },
            },
            {
                "registryType": "pypi", "identifier": "weather", "version": "2",
                "transport": { "type": "sse", "url": "https://localhost/sse", "headers": [{ "name": "X" }] },
            },
        ],
        "remotes": [
            { "type": "streamable-http", "url": "https://example.com/mcp", "headers": [header], "variables": variables },
            { "type": "sse", "url": "https://example.com/sse" },
        ],
        "_meta": {
            "io.modelcontextprotocol.registry/official": { "serial": 1 },
            "io.modelcontextprotocol.registry/publisher-provided": { "tool": "by hand" },
            "com.example/other": 1,
        },
    });
    spelled_for(date, document)
}

/// A document with one package, in camelCase, and little else.
pub(super) fn sparse(date: &str) -> Value {
    let package = json!({ "registryType": "npm", "identifier": "x", "version": "1", "transport": { "type": "stdio" } });
    json!({
        "$schema": format!("https://static.modelcontextprotocol.io/schemas/{date}/server.schema.json"),
        "name": "a/b", "description": "x", "version": "1", "packages": [package],
    })
}

/// The oldest schema alone writes its members in `snake_case`.
pub(super) fn spelled_for(date: &str, document: Value) -> Value {
    if date == OLDEST { respelled(document, snake) } else { document }
}

pub(super) fn respelled(value: Value, spelling: fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => members.into_iter().map(|(key, value)| (spelling(&key), respelled(value, spelling))).collect(),
        Value::Array(items) => items.into_iter().map(|item| respelled(item, spelling)).collect(),
        other => other,
    }
}

pub(super) fn snake(key: &str) -> String {
    let mut out = String::new();
    for c in key.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

pub(super) fn camel(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().unwrap_or_default().to_string();
    words.fold(first, |out, word| {
        let (head, tail) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        out + &head.to_ascii_uppercase() + tail
    })
}
