//! Whatever a server sends, it is judged, and the report is harmless to a terminal.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use gazette::verify::{
    self, Client,
    address::Base,
    json,
    port::{Fetch, Request, Response, Trouble},
    text,
};
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Answers every request with the next of a few responses, round and round.
struct Anything {
    responses: Vec<Result<Response, Trouble>>,
    at: AtomicUsize,
}

impl Fetch for Anything {
    fn fetch(&self, _: &Request) -> Result<Response, Trouble> {
        let at = self.at.fetch_add(1, Ordering::Relaxed);
        self.responses[at % self.responses.len()].clone()
    }
}

/// JSON that is made of the words that matter, in any wrong place.
fn value() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("servers"),
        Just("server"),
        Just("metadata"),
        Just("nextCursor"),
        Just("count"),
        Just("_meta"),
        Just("name"),
        Just("version"),
        Just("description"),
        Just("remotes"),
        Just("url"),
        Just("packages"),
        Just("data"),
        Just("info"),
        Just("io.modelcontextprotocol.registry/official"),
        Just("io.modelcontextprotocol.registry/publisher-provided"),
        Just("github"),
        Just("meta"),
        Just("last_updated"),
        Just("com.example/a"),
        Just("1.0.0+x"),
        Just("\u{1b}[31m\u{202e}`\n"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        let member = (word.clone().prop_map(str::to_owned), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::from),
            prop::collection::vec(member, 0..6).prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn list() -> impl Strategy<Value = Value> {
    let entry = prop_oneof![value(), value().prop_map(|server| serde_json::json!({"server": server, "_meta": {}}))];
    (prop::collection::vec(entry, 0..4), value())
        .prop_map(|(servers, metadata)| serde_json::json!({"servers": servers, "metadata": metadata}))
}

fn response() -> impl Strategy<Value = Result<Response, Trouble>> {
    let body = prop_oneof![
        4 => list().prop_map(|value| value.to_string().into_bytes()),
        3 => value().prop_map(|value| value.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
        1 => "(info:\n)?( {0,3}(version|description|\"x\"|-): ?[1.0 |\"'#\n]{0,12}){0,5}".prop_map(String::into_bytes),
    ];
    let status = prop_oneof![6 => Just(200), 1 => prop_oneof![Just(204), Just(301), Just(304), Just(401), Just(403), Just(404), Just(500)]];
    let header = prop_oneof![
        Just(("content-type", "application/json")),
        Just(("content-type", "\u{1b}]0;x\u{7}")),
        Just(("location", "/v0.1/servers")),
        Just(("location", "http://[")),
        Just(("access-control-allow-origin", "*")),
        Just(("etag", "\"x\"")),
        Just(("server", "AmazonS3")),
        Just(("content-encoding", "br")),
    ];
    let headers = prop::collection::vec(header, 0..4).prop_map(|headers| {
        headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<BTreeMap<_, _>>()
    });
    let answer = (status, headers, body).prop_map(|(status, headers, body)| Ok(Response { status, headers, body }));
    let trouble = prop_oneof![Just(Trouble::Slow), Just(Trouble::Large), Just(Trouble::Broken("x".to_owned()))];
    prop_oneof![12 => answer, 1 => trouble.prop_map(Err)]
}

proptest! {
    #[test]
    fn no_answer_makes_it_panic(responses in prop::collection::vec(response(), 1..5)) {
        let anything = Anything { responses, at: AtomicUsize::new(0) };
        let base = Base::parse("https://registry.example.com").expect("an address");
        if let Ok(report) = verify::verify("the registry", &base, None, &Client::ALL, &anything) {
            let shown = text::render(&report, false) + &json::render(&report);
            let stray = shown.chars().find(|c| *c != '\n' && !gazette::finding::is_visible(*c));
            prop_assert!(stray.is_none(), "{stray:?} in {shown}");
            for check in report.clients.iter().flat_map(|seen| &seen.checks) {
                prop_assert_eq!(check.verdict.is_some(), !check.help.is_empty(), "{:?}", check);
                prop_assert!(check.message.len() < 1_000 && check.answer.len() < 1_000 && check.asked.len() < 1_000);
            }
        }
    }
}

#[test]
fn a_long_cursor_is_told_in_short() {
    let cursor = "x".repeat(1_000_000);
    let page = |name: &str| {
        let text =
            serde_json::json!({"servers": [{"server": {"name": name}}], "metadata": {"nextCursor": format!("{name}{cursor}")}});
        Ok(Response { status: 200, headers: BTreeMap::new(), body: text.to_string().into_bytes() })
    };
    let anything = Anything { responses: vec![page("a/b"), page("a/c")], at: AtomicUsize::new(0) };
    let base = Base::parse("https://registry.example.com").expect("an address");
    let report = verify::verify("x", &base, None, &[Client::Docker, Client::VsCode], &anything).expect("an answer");
    assert!(text::render(&report, false).len() < 20_000);
}
