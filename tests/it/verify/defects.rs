//! A table of registries, each with exactly one defect, and whom it breaks.

use std::{sync::Arc, time::Duration};

use gazette::{
    adapters::web::Web,
    finding::Verdict,
    verify::{self, Client, address::Base},
};
use serde_json::{Value, json};

use crate::loopback::decoded;

use super::{
    broken,
    registry::{Spoil, entry, in_lists, is_list, paged, static_host},
    said, serve,
    server::{Answer, Asked, Reply, Server},
    verified, weighed,
};

const EVERYONE_WHO_LISTS: &str = "vscode copilot copilot-cli thv toolhive docker apm";
const OFFICIAL: &str = "io.modelcontextprotocol.registry/official";

struct Case {
    name: &'static str,
    spoil: Spoil,
    breaks: &'static str,
    /// Who works all the same, with something to say.
    notes: &'static str,
    /// In what is said of it: message and help.
    said: &'static [&'static str],
}

fn spoil(change: impl Fn(&Asked, Answer) -> Reply + Send + Sync + 'static) -> Spoil {
    Arc::new(change)
}

/// Changes answers for which something holds.
fn when(
    holds: impl Fn(&Asked) -> bool + Send + Sync + 'static,
    change: impl Fn(Answer) -> Answer + Send + Sync + 'static,
) -> Spoil {
    spoil(move |asked, answer| Reply::Answer(if holds(asked) { change(answer) } else { answer }))
}

fn gone(_: Answer) -> Answer {
    Answer::typed(404, "application/json", "{}").with("access-control-allow-origin", "*")
}

fn page(_: Answer) -> Answer {
    Answer::typed(200, "text/html", "<!doctype html>\n<title>Start</title>").with("access-control-allow-origin", "*")
}

fn is_get(asked: &Asked) -> bool {
    asked.method == "GET"
}

/// Where a good host has nothing.
fn is_missing(asked: &Asked) -> bool {
    is_get(asked) && static_host(asked).status == 404
}

fn case(name: &'static str, spoil: Spoil, breaks: &'static str, notes: &'static str, said: &'static [&'static str]) -> Case {
    Case { name, spoil, breaks, notes, said }
}

#[rustfmt::skip]
fn documents() -> Vec<Case> {
    vec![
        case("an entry has no `_meta`",
            in_lists(|list| drop(list["servers"][1].as_object_mut().expect("an entry").remove("_meta"))),
            "vscode", "", &["`com.example/beta` has no `_meta`, and the whole list throws", "beside `server` in every entry"]),
        case("`_meta` is null",
            in_lists(|list| list["servers"][2]["_meta"] = Value::Null),
            "vscode", "", &["`io.github.octocat/gamma` has no `_meta`"]),
        case("there is no `metadata`",
            in_lists(|list| drop(list.as_object_mut().expect("a list").remove("metadata"))),
            "vscode thv", "", &["the list has no `metadata`"]),
        case("`metadata` is null",
            in_lists(|list| list["metadata"] = Value::Null),
            "vscode thv apm", "", &["`metadata` is no object"]),
        case("the first entry has an empty description",
            in_lists(|list| list["servers"][0]["server"]["description"] = json!("")),
            "vscode", "", &["the first entry has no `description`, and the whole list throws"]),
        case("the first entry has no version",
            in_lists(|list| drop(list["servers"][0]["server"].as_object_mut().expect("a server").remove("version"))),
            "vscode", "", &["the first entry has no `version`"]),
        case("another entry has no description",
            in_lists(|list| list["servers"][1]["server"]["description"] = json!("")),
            "", "vscode", &["`com.example/beta` has no `description`, and is not shown"]),
        case("two versions of one name are listed",
            in_lists(|list| list["servers"].as_array_mut().expect("a list").push(entry("com.example/alpha", "1.0.0", false))),
            "vscode", "", &["`com.example/alpha` is listed twice", "list one version of each server"]),
        case("an entry is not wrapped in `server`",
            in_lists(|list| list["servers"][1] = list["servers"][1]["server"].take()),
            "apm", "vscode", &["entry 2 of the list has no `server`, and the whole list is refused"]),
        case("a time is none",
            in_lists(|list| list["servers"][1]["_meta"][OFFICIAL]["publishedAt"] = json!("yesterday")),
            "thv toolhive docker", "", &["`com.example/beta`", "is not a time"]),
        case("a name of GitHub comes without its owner",
            in_lists(|list| list["servers"][1]["server"]["_meta"] =
                json!({"io.modelcontextprotocol.registry/publisher-provided": {"github": {"name": "beta"}}})),
            "vscode", "", &["has a `github.name` without `nameWithOwner`"]),
        case("the list is a bare array",
            in_lists(|list| *list = list["servers"].take()),
            EVERYONE_WHO_LISTS, "", &["it is a bare list, not an object with `servers`"]),
        case("a comma is missing",
            when(is_list, |answer| Answer { body: b"{\"servers\": [] \"metadata\": {}}".to_vec(), ..answer }),
            EVERYONE_WHO_LISTS, "", &["it is no JSON from line 1, column 16 on"]),
        case("a byte order mark comes first",
            when(is_list, |answer| Answer { body: [b"\xEF\xBB\xBF", &answer.body[..]].concat(), ..answer }),
            EVERYONE_WHO_LISTS, "", &["it begins with a byte order mark"]),
        case("the description of the API is missing",
            when(|asked| asked.path() == "/openapi.yaml", gone),
            "toolhive", "", &["there is no `/openapi.yaml`", "`info.version` `1.0.0`"]),
        case("the description of the API has the protocol's version",
            when(|asked| asked.path() == "/openapi.yaml", |answer| Answer {
                body: String::from_utf8_lossy(&answer.body).replace("1.0.0", "2025-12-01").into_bytes(), ..answer }),
            "toolhive", "", &["`info.version` of `/openapi.yaml` is `2025-12-01`, not `1.0.0`"]),
        case("the description of the API does not name the official one",
            when(|asked| asked.path() == "/openapi.yaml", |answer| Answer {
                body: String::from_utf8_lossy(&answer.body).replace("modelcontextprotocol", "example").into_bytes(), ..answer }),
            "toolhive", "", &["`info.description` of `/openapi.yaml` does not contain"]),
        case("the older name of the API is missing",
            when(|asked| asked.path().starts_with("/v0/"), gone),
            "docker", "", &["there is no list under the API's older name", "publish the list at `/v0/servers` too"]),
        case("an entry of Kiro's file has two ways to run",
            spoil(|asked, mut answer| {
                if asked.path() == "/kiro.json" {
                    let mut file: Value = serde_json::from_slice(&answer.body).expect("JSON");
                    let remote = file["servers"][1]["server"]["remotes"][0].clone();
                    file["servers"][1]["server"]["remotes"].as_array_mut().expect("remotes").push(remote);
                    answer.body = file.to_string().into_bytes();
                }
                Reply::Answer(answer)
            }),
            "kiro", "", &["`com.example_beta` has 0 packages and 2 remotes"]),
        case("an entry of ToolHive's file is invalid",
            spoil(|asked, mut answer| {
                if asked.path() == "/registry.json" {
                    let mut file: Value = serde_json::from_slice(&answer.body).expect("JSON");
                    file["data"]["servers"][1]["_meta"] =
                        json!({"io.modelcontextprotocol.registry/publisher-provided": {"tool": "x"}});
                    answer.body = file.to_string().into_bytes();
                }
                Reply::Answer(answer)
            }),
            "thv", "", &["`/registry.json` is refused as a whole: `com.example/beta` has `tool`"]),
    ]
}

#[rustfmt::skip]
fn addresses() -> Vec<Case> {
    vec![
        case("`%2F` is not decoded",
            when(|asked| asked.path().contains("%2F"), gone),
            "vscode copilot copilot-cli apm", "thv", &["`%2F` is not read as a slash", "decode `%2F` in a path to `/`"]),
        case("`%2B` is not decoded",
            when(|asked| asked.path().contains("%2B"), gone),
            "copilot", "", &["`%2B` is not read as a plus", "decode `%2B` in a path to `+`"]),
        case("a plus is read as a space",
            when(|asked| asked.path().contains('+'), gone),
            "", "copilot", &["is found as `%2B` only, and not with a plain `+`"]),
        case("an old version is gone",
            when(|asked| decoded(asked.path()).ends_with("/alpha/versions/1.0.0"), gone),
            "copilot", "", &["version `1.0.0` of `com.example/alpha` is gone, and a configuration that pins it is blocked"]),
        case("another version answers",
            when(|asked| decoded(asked.path()).ends_with("/alpha/versions/1.0.0"), |answer| Answer {
                body: entry("com.example/alpha", "1.1.0", true).to_string().into_bytes(), ..answer }),
            "copilot", "", &["version `1.0.0` of `com.example/alpha` is answered with another"]),
        case("a version's remote is another than in the list",
            when(|asked| decoded(asked.path()).ends_with("/alpha/versions/1.1.0"), |answer| Answer {
                body: String::from_utf8_lossy(&answer.body).replace("/mcp", "/other").into_bytes(), ..answer }),
            "copilot", "", &["has other remotes than in the list"]),
        case("a look-up gives another server",
            when(|asked| decoded(asked.path()).ends_with("/alpha/versions/latest"), |answer| Answer {
                body: entry("com.example/beta", "2.0.0", true).to_string().into_bytes(), ..answer }),
            "vscode", "", &["the look-up of `com.example/alpha` gives another server"]),
        case("nothing but a start page",
            when(is_get, page),
            "vscode copilot copilot-cli thv toolhive docker apm", "", &["the list cannot be read: it is a page of HTML or XML"]),
        case("the list is not there",
            when(is_list, gone),
            EVERYONE_WHO_LISTS, "", &["there is no list at this address", "publish the list at `/v0.1/servers`"]),
        case("an unknown name is answered with a start page",
            when(is_missing, page),
            "vscode copilot copilot-cli", "", &["an unknown name is answered with 200 instead of 404",
                "every server whatever counts as listed", "take away the fallback to a start page"]),
        case("an unknown name is answered with 403",
            when(is_missing, |answer| Answer { status: 403, ..answer }),
            "copilot-cli", "vscode copilot", &["an unknown name is answered with 403, and Copilot CLI then blocks every server",
                "answer 404 to what does not exist, whoever asks"]),
        case("an unknown name is answered with 401",
            when(is_missing, |answer| Answer { status: 401, ..answer }),
            "copilot-cli", "vscode copilot", &["an unknown name is answered with 401, and Copilot CLI then blocks every server"]),
        case("an unknown name is answered with 500",
            when(is_missing, |answer| Answer { status: 500, ..answer }),
            "vscode copilot-cli", "copilot", &["an unknown name is answered with 500, and the look-up throws"]),
        case("everything asks for credentials",
            when(|_| true, |answer| Answer { status: 401, ..answer }),
            "vscode copilot copilot-cli thv toolhive docker apm", "", &["the list asks for credentials, and no client sends any"]),
        case("Kiro's file is missing",
            when(|asked| asked.path() == "/kiro.json", gone),
            "", "", &["review[kiro] there is no file for Kiro and Amazon Q"]),
    ]
}

#[rustfmt::skip]
fn transfers() -> Vec<Case> {
    vec![
        case("the list is plain text",
            when(is_list, |answer| answer.with("content-type", "text/plain; charset=utf-8")),
            "thv", "", &["the list comes as `text/plain`, so thv takes it for no API", "Content-Type: application/json"]),
        case("the list has no type",
            when(is_list, |answer| answer.without("content-type")),
            "thv", "", &["the list comes as nothing in particular"]),
        case("no page may read it from elsewhere",
            when(|_| true, |answer| answer.without("access-control-allow-origin")),
            "vscode", "copilot", &["without `Access-Control-Allow-Origin` the window may not read the answer"]),
        case("no page may read a look-up from elsewhere",
            when(|asked| asked.path().ends_with("/latest"), |answer| answer.without("access-control-allow-origin")),
            "vscode", "copilot", &["without `Access-Control-Allow-Origin` the window may not read the answer"]),
        case("OPTIONS is refused",
            when(|asked| asked.method == "OPTIONS", |answer| Answer { status: 405, ..answer }),
            "", "copilot", &["browsers ask with OPTIONS before a GET", "answer OPTIONS with 204"]),
        case("a folder leads to its slash",
            spoil(|asked, answer| Reply::Answer(if is_list(asked) {
                let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
                Answer::typed(301, "text/html", "").with("location", &format!("{path}/?{query}")).with("access-control-allow-origin", "*")
            } else if matches!(asked.path(), "/v0.1/servers/" | "/v0/servers/") {
                let target = asked.target.replacen("/servers/", "/servers", 1);
                static_host(&Asked { target, ..asked.clone() })
            } else {
                answer
            })),
            "", "vscode copilot-cli thv toolhive docker apm", &["a redirect, which is followed", "answer at this address itself"]),
        case("a redirect comes without CORS",
            spoil(|asked, answer| Reply::Answer(if asked.path() == "/v0.1/servers" && asked.headers.contains_key("origin") {
                Answer::typed(308, "text/html", "").with("location", &asked.target.replace("/v0.1/", "/v0/"))
            } else {
                answer
            })),
            "vscode", "", &["a redirect without `Access-Control-Allow-Origin`"]),
        case("a redirect leads in a circle",
            spoil(|asked, answer| Reply::Answer(if is_list(asked) {
                Answer::typed(302, "text/html", "").with("location", &asked.target)
            } else {
                answer
            })),
            EVERYONE_WHO_LISTS, "", &["redirects in a row, and no client follows more"]),
        case("a redirect leads nowhere",
            spoil(|asked, answer| Reply::Answer(if is_list(asked) {
                Answer::typed(302, "text/html", "").with("location", "javascript:alert(1)")
            } else {
                answer
            })),
            EVERYONE_WHO_LISTS, "", &["a redirect to `javascript:alert(1)`, which is no address"]),
        case("a static list has a cursor",
            in_lists(|list| list["metadata"]["nextCursor"] = json!("com.example/beta:2.0.0")),
            "vscode thv toolhive docker", "", &["the page behind `nextCursor` is the same page again, and VS Code pages for ever",
                "the gateway reads pages for ever", "publish the complete list without `nextCursor`"]),
        case("a cursor comes again",
            spoil(|asked, answer| {
                if !is_list(asked) || answer.status != 200 {
                    return Reply::Answer(answer);
                }
                let mut value: Value = serde_json::from_slice(&answer.body).expect("JSON");
                // Two pages that lead to each other.
                let first = asked.query("cursor").as_deref() != Some("b");
                value["servers"] = json!([value["servers"][usize::from(!first)]]);
                value["metadata"]["nextCursor"] = json!(if first { "b" } else { "a" });
                Reply::Answer(Answer { body: value.to_string().into_bytes(), ..answer })
            }),
            "vscode thv toolhive docker", "", &["the `nextCursor` `b` comes again", "give each page another `nextCursor`"]),
        case("every tag is answered with 304",
            spoil(|asked, answer| Reply::Answer(if asked.headers.contains_key("if-none-match") {
                Answer { status: 304, body: Vec::new(), ..answer }
            } else {
                answer
            })),
            "apm", "", &["every tag is answered with 304, so apm never sees a change"]),
        case("there is no tag",
            when(|_| true, |answer| answer.without("etag")),
            "", "apm", &["the list has no `ETag`"]),
        case("a tag is never answered with 304",
            spoil(|asked, _| {
                let mut asked = asked.clone();
                asked.headers.remove("if-none-match");
                Reply::Answer(static_host(&asked))
            }),
            "", "apm", &["the list's own `ETag` is not answered with 304"]),
        case("the list is packed in a way that nobody asked for",
            when(is_list, |answer| answer.with("content-encoding", "br")),
            "vscode copilot-cli thv toolhive docker apm", "", &["the answer is packed as `br`", "compress with gzip only"]),
        case("the list breaks off",
            spoil(|asked, answer| if is_list(asked) { Reply::Cut } else { Reply::Answer(answer) }),
            EVERYONE_WHO_LISTS, "", &["the answer breaks off", "cut short"]),
        case("one client's list breaks off",
            spoil(|asked, answer| if asked.path() == "/v0/servers" { Reply::Cut } else { Reply::Answer(answer) }),
            "docker", "", &["the answer breaks off"]),
    ]
}

fn cases() -> impl Iterator<Item = Case> {
    [documents(), addresses(), transfers()].into_iter().flatten()
}

/// What is known to break a client breaks it also if nobody else is asked about.
fn breaks(client: Client, at_least: usize) {
    let theirs: Vec<Case> = cases().filter(|case| case.breaks.split(' ').any(|id| id == client.id())).collect();
    assert!(theirs.len() >= at_least, "only {} defects are known to break {}", theirs.len(), client.id());
    for case in theirs {
        let server = Server::new(move |asked| (case.spoil)(asked, static_host(asked)));
        let report = verified(&server, &[client]);
        assert_eq!(broken(&report), [client.id()], "{}", case.name);
    }
}

#[test]
fn vscode_breaks_where_it_is_known_to() {
    breaks(Client::VsCode, 25);
}

#[test]
fn copilot_breaks_where_it_is_known_to() {
    breaks(Client::Copilot, 12);
}

#[test]
fn copilot_cli_breaks_where_it_is_known_to() {
    breaks(Client::CopilotCli, 12);
}

#[test]
fn thv_breaks_where_it_is_known_to() {
    breaks(Client::Thv, 12);
}

#[test]
fn toolhive_breaks_where_it_is_known_to() {
    breaks(Client::ToolHive, 12);
}

#[test]
fn docker_breaks_where_it_is_known_to() {
    breaks(Client::Docker, 12);
}

#[test]
fn apm_breaks_where_it_is_known_to() {
    breaks(Client::Apm, 12);
}

#[test]
fn kiro_breaks_where_it_is_known_to() {
    breaks(Client::Kiro, 1);
}

#[test]
fn a_good_registry_works_with_every_client() {
    let server = serve(|asked| Reply::Answer(static_host(asked)));
    let report = verified(&server, &Client::ALL);
    assert_eq!(report.verdict(), None, "{}", said(&report));
    assert!(report.clients.iter().all(|seen| !seen.checks.is_empty()));
}

#[test]
fn a_registry_with_pages_works_with_every_client() {
    let server = serve(|asked| Reply::Answer(paged(asked)));
    let report = verified(&server, &Client::ALL);
    assert_eq!((broken(&report), weighed(&report, Some(Verdict::Note))), (vec![], vec!["thv"]), "{}", said(&report));
    assert!(said(&report).contains("thv follows `limit=1` to the end of the list"), "{}", said(&report));
}

#[test]
fn a_registry_below_a_path_works_with_every_client() {
    let server = serve(|asked| {
        let inside = asked.target.strip_prefix("/some/path").map(|target| Asked { target: target.to_owned(), ..asked.clone() });
        Reply::Answer(inside.map_or_else(|| gone(Answer::typed(404, "", "")), |asked| static_host(&asked)))
    });
    let base = Base::parse(&format!("{}/some/path/", server.base)).expect("an address");
    let report = verify::verify("x", &base, None, &Client::ALL, &Web::new()).expect("an answer");
    assert_eq!(report.verdict(), None, "{}", said(&report));
}

#[test]
fn each_defect_breaks_whom_it_breaks_and_nobody_else() {
    let mut wrong = Vec::new();
    for case in cases() {
        let change = Arc::clone(&case.spoil);
        let server = Server::new(move |asked| change(asked, static_host(asked)));
        let report = verified(&server, &Client::ALL);
        let (broke, noted) = (broken(&report).join(" "), weighed(&report, Some(Verdict::Note)).join(" "));
        let text = said(&report);
        let unsaid: Vec<_> = case.said.iter().filter(|part| !text.contains(**part)).collect();
        if (broke.as_str(), noted.as_str()) != (case.breaks, case.notes) || !unsaid.is_empty() {
            wrong.push(format!("== {}\nbreaks {broke:?}, notes {noted:?}, unsaid {unsaid:?}\n{text}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn thv_waits_five_seconds_and_no_client_for_ever() {
    let server = serve(|asked| match asked.target.as_str() {
        "/v0.1/servers?limit=1&version=latest" => Reply::Silence,
        _ => Reply::Answer(static_host(asked)),
    });
    let base = Base::parse(&server.base).expect("an address");
    let web = Web::with_patience(Duration::from_millis(300));
    let report = verify::verify("x", &base, None, &Client::ALL, &web).expect("an answer");
    assert_eq!(broken(&report), ["thv"], "{}", said(&report));
    assert!(said(&report).contains("no whole answer within 5 seconds, which is as long as ToolHive's thv waits"));
}

#[test]
fn apm_reads_no_more_than_ten_mebibytes() {
    let server = serve(|asked| match (asked.path(), asked.query("limit").as_deref()) {
        ("/v0.1/servers", Some("100"))
            if asked.query("version").is_none() && asked.headers.get("accept").is_some_and(|a| a == "*/*") =>
        {
            Reply::Endless
        }
        _ => Reply::Answer(static_host(asked)),
    });
    let report = verified(&server, &Client::ALL);
    assert_eq!(broken(&report), ["apm"], "{}", said(&report));
    let text = said(&report);
    assert!(text.contains("beyond 10,485,760 bytes") && text.contains("gazette serve"), "{text}");
}

fn large(count: usize) -> impl Fn(&Asked) -> Answer + Send + Sync {
    let entries: Vec<Value> = (0..count)
        .map(|n| json!({"server": {"name": format!("com.example/s{n}"), "description": "x", "version": "1"}, "_meta": {}}))
        .collect();
    let body = json!({"servers": entries, "metadata": {"count": count}}).to_string();
    move |asked| {
        if is_list(asked) { Answer { body: body.clone().into_bytes(), ..static_host(asked) } } else { static_host(asked) }
    }
}

#[test]
fn thv_is_told_of_ten_thousand_names() {
    let answers = large(10_001);
    let server = serve(move |asked| Reply::Answer(answers(asked)));
    let report = verified(&server, &[Client::Thv, Client::ToolHive]);
    assert_eq!(broken(&report), Vec::<&str>::new(), "{}", said(&report));
    assert!(said(&report).contains("note[thv] the list has more than 10,000 names"), "{}", said(&report));
    assert!(said(&report).contains("gazette serve"), "{}", said(&report));

    let answers = large(10_001);
    let server = serve(move |asked| {
        let mut answer = answers(asked);
        if is_list(asked) {
            let cursor = asked.query("cursor").unwrap_or_default().len();
            let end = answer.body.len() - 2;
            answer.body.splice(end.., format!(",\"nextCursor\":\"{}\"}}}}", "x".repeat(cursor + 1)).into_bytes());
        }
        Reply::Answer(answer)
    });
    let report = verified(&server, &[Client::Thv]);
    assert!(
        said(&report).contains("reject[thv] the list has more than 10,000 names, after which thv gives up"),
        "{}",
        said(&report)
    );
}

#[test]
fn vscode_falls_back_to_the_older_api() {
    let server = serve(|asked| {
        Reply::Answer(if asked.path().starts_with("/v0.1/") { gone(static_host(asked)) } else { static_host(asked) })
    });
    let report = verified(&server, &[Client::VsCode]);
    assert_eq!(weighed(&report, Some(Verdict::Note)), ["vscode"], "{}", said(&report));
    let asked = server.asked();
    assert!(asked.iter().any(|asked| asked.target == "/v0/servers?limit=50&version=latest"), "{asked:?}");
}
