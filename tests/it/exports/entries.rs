//! Entries and publishers' data that hold whatever they can: words that mean something, in places where they mean nothing, and
//! the other way round.

use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// Stands for every secret that an author wrote down after all.
pub(crate) const HUSH: &str = "hush-hush-hush";

fn hostile_text() -> impl Strategy<Value = String> {
    let words = [
        "",
        " ",
        "NO",
        "on",
        "null",
        "~",
        "1e3",
        "0x1F",
        "- x",
        "a: b",
        "# c",
        "{{x.y}}",
        "${HOME}",
        "$HOME",
        "${env:KEY}",
        "{a}",
        "a\nb",
        "a\r\nX: y",
        "\u{0}",
        "\u{85}",
        "\u{2028}",
        "\u{202e}",
        "\u{feff}",
        "'\"\\`$(id)`",
        "</script>",
        "%2F",
        "é",
        "😀",
    ];
    prop_oneof![3 => select(words.to_vec()).prop_map(str::to_owned), 1 => "[ -~é]{0,12}", 1 => "x{1030}"]
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        2 => hostile_text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => prop_oneof![Just(json!(0)), Just(json!(-1)), Just(json!(1.5)), Just(json!(u64::MAX)), Just(json!(1e300))],
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop_oneof![
            select(vec!["name", "Name", "status", "x", "a b", "", "tags", "$ref"]).prop_map(str::to_owned),
            hostile_text()
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..4).prop_map(|map| map.into_iter().collect::<Value>()),
        ]
    })
}

/// What a publisher provides: any JSON, and often what ToolHive looks for, right or nearly so.
pub(crate) fn any_provided() -> impl Strategy<Value = Value> {
    let extension = prop_oneof![
        Just(
            json!({ "status": "Active", "tier": "Official", "tags": ["a-b", "cd"], "tools": ["x"], "metadata": { "stars": 1, "pulls": 2 } })
        ),
        Just(json!({ "tags": ["a"] })),
        Just(json!({ "tags": ["ab", "ab"], "status": "Active" })),
        Just(json!({ "Status": 5, "status": "Active" })),
        Just(json!({ "status": "retired" })),
        Just(
            json!({ "status": "deprecated", "proxy_port": 65535, "env_vars": [{ "name": "A" }], "custom_metadata": { "Any": [null] } })
        ),
        Just(json!({ "proxy_port": 65536 })),
        Just(
            json!({ "permissions": { "read": ["/a/b"], "network": { "outbound": { "allow_host": ["example.com", ".example.com"] } } } })
        ),
        Just(json!({ "permissions": { "network": { "outbound": { "allow_host": ["-"] } } } })),
        Just(json!({ "metadata": { "last_updated": "2026-01-01T00:00:60Z" } })),
        Just(
            json!({ "metadata": { "last_updated": "2026-01-01T00:00:00Z", "kubernetes": { "uid": "00000000-0000-0000-0000-000000000000" } } })
        ),
        Just(json!({ "provenance": { "repository_uri": "https://example.com/a\\b" } })),
        Just(json!({ "oauth_config": { "issuer": "https://example.com", "scopes": ["a"] } })),
        anything(),
    ];
    let key = select(vec!["images.example.com/a:1", "https://example.com/mcp", ""]);
    let stacklok = prop_oneof![
        4 => prop::collection::btree_map(key, extension, 0..3).prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        1 => anything(),
    ];
    let labelled = json!({ "categories": ["Data", "Data", "\u{202e}"], "tags": ["a", "b"], "license": "MIT" });
    let other = prop_oneof![2 => anything(), 1 => Just(labelled), 1 => Just(json!(["a"]))];
    let object =
        (any::<bool>(), stacklok, prop::collection::vec((hostile_text(), other), 0..4)).prop_map(|(has, stacklok, others)| {
            let mut members: Map<String, Value> = others.into_iter().collect();
            if has {
                members.insert("io.github.stacklok".to_owned(), stacklok);
            }
            Value::from(members)
        });
    prop_oneof![6 => object, 1 => anything()]
}

fn input() -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![hostile_text(), Just("Bearer {a}".to_owned()), Just("{a}-{b}".to_owned())];
    let maybe = |strategy: BoxedStrategy<Value>| prop::option::of(strategy);
    let variable = (any::<bool>(), prop::option::of(hostile_text())).prop_map(|(is_secret, default)| {
        let default = if is_secret { Some(HUSH.to_owned()) } else { default };
        json!({ "isSecret": is_secret, "default": default, "isRequired": true })
    });
    let variables = variable.prop_map(|variable| json!({ "a": variable, "b": { "value": "fixed" } })).boxed();
    let members = (
        maybe(value.prop_map(Value::from).boxed()),
        any::<bool>(),
        any::<bool>(),
        maybe(variables),
        maybe(hostile_text().prop_map(Value::from).boxed()),
    );
    members.prop_map(|(value, is_secret, is_required, variables, default)| {
        let mut input = Map::new();
        let hushed = |text: Option<Value>| text.map(|text| if is_secret { Value::from(HUSH) } else { text });
        // A secret with variables may well say what stands around them.
        let value = if variables.is_some() { value.map(|_| Value::from("Bearer {a}")) } else { hushed(value) };
        input.extend(value.map(|value| ("value".to_owned(), value)));
        input.extend(hushed(default).map(|default| ("default".to_owned(), default)));
        input.extend(variables.map(|variables| ("variables".to_owned(), variables)));
        input.insert("isSecret".to_owned(), is_secret.into());
        input.insert("isRequired".to_owned(), is_required.into());
        input
    })
}

fn named(name: BoxedStrategy<String>) -> impl Strategy<Value = Value> {
    (name, input()).prop_map(|(name, mut input)| {
        input.insert("name".to_owned(), name.into());
        Value::from(input)
    })
}

fn argument() -> impl Strategy<Value = Value> {
    let kind = select(vec!["positional", "named"]);
    (kind, named(prop_oneof![Just("--flag".to_owned()), hostile_text()].boxed()), hostile_text()).prop_map(
        |(kind, mut argument, hint)| {
            argument["type"] = kind.into();
            argument["valueHint"] = hint.into();
            argument
        },
    )
}

fn transport(kinds: &[&'static str]) -> impl Strategy<Value = Value> + use<> {
    let url = prop_oneof![
        4 => select(vec!["https://example.com/mcp", "https://{a}.example.com/mcp", "http://localhost:8080/mcp", "https://example.com/*"]).prop_map(str::to_owned),
        1 => hostile_text(),
    ];
    let names = prop_oneof![3 => select(vec!["Authorization", "X-Key"]).prop_map(str::to_owned), 1 => hostile_text()];
    let headers = prop::collection::vec(named(names.boxed()), 0..3);
    (select(kinds.to_vec()), url, headers, any::<bool>()).prop_map(|(kind, url, headers, declared)| {
        let mut transport = json!({ "type": kind, "url": url, "headers": headers });
        if declared {
            transport["variables"] = json!({ "a": { "default": "north" } });
        }
        transport
    })
}

fn package() -> impl Strategy<Value = Value> {
    let kind = select(vec!["npm", "pypi", "oci", "nuget", "mcpb", "cargo", ""]);
    let identifier = prop_oneof![
        4 => select(vec!["a", "@a/b", "images.example.com/a/b:1", "https://example.com/a.mcpb", "A.B"]).prop_map(str::to_owned),
        1 => hostile_text(),
    ];
    let version = prop::option::of(prop_oneof![3 => Just("1.2.0".to_owned()), 1 => hostile_text()]);
    let hint = prop::option::of(select(vec!["npx", "uvx", "docker", "dnx", "sh", ""]));
    let arguments = || prop::collection::vec(argument(), 0..3);
    let names = prop_oneof![3 => select(vec!["API_KEY", "TOKEN", "a.b"]).prop_map(str::to_owned), 1 => hostile_text()];
    let environment = prop::collection::vec(named(names.boxed()), 0..3);
    let stdio = prop_oneof![4 => Just(json!({ "type": "stdio" })), 1 => transport(&["sse", "streamable-http"])];
    (kind, identifier, version, hint, arguments(), arguments(), environment, stdio).prop_map(
        |(kind, identifier, version, hint, runtime, package, environment, transport)| {
            let mut out = json!({
                "registryType": kind, "identifier": identifier, "transport": transport,
                "packageArguments": package, "environmentVariables": environment,
            });
            for (member, value) in [("version", version.map(Value::from)), ("runtimeHint", hint.map(Value::from))] {
                if let Some(value) = value {
                    out[member] = value;
                }
            }
            if !runtime.is_empty() {
                out["runtimeArguments"] = runtime.into();
            }
            out
        },
    )
}

/// An entry of the newest schema, more or less.
pub(crate) fn any_entry() -> impl Strategy<Value = Value> {
    let words = || prop_oneof![3 => Just("Says it again.".to_owned()), 1 => hostile_text()];
    let packages = prop::collection::vec(package(), 0..3);
    let remotes = prop::collection::vec(transport(&["sse", "streamable-http"]), 0..3);
    let extra = prop::option::of((select(vec!["Title", "x", "Name"]), anything()));
    (words(), words(), packages, remotes, extra, hostile_text()).prop_map(
        |(title, description, packages, remotes, extra, link)| {
            let mut entry = json!({
                "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
                "name": "", "title": title, "description": description, "version": "",
                "repository": { "url": "https://example.com/r", "source": "github" },
                "packages": packages, "remotes": remotes,
            });
            if link.starts_with('h') {
                entry["websiteUrl"] = link.into();
            }
            if let Some((member, value)) = extra {
                entry[member] = value;
            }
            entry
        },
    )
}
