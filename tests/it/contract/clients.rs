//! What each client asks, and what it must be answered; each fact was read in the client's source or seen by running it. A name
//! here is a promise to that client.

use std::collections::{BTreeMap, BTreeSet};

use gazette::site::path::{HostFile, SitePath};
use serde_json::Value;

use crate::loopback::Response;

use super::wire::Address;

/// A host that serves the site of `tests/cases/site/small`.
pub(crate) struct Host {
    address: Address,
    pages: BTreeMap<SitePath, Vec<u8>>,
    /// What cannot be asked of it: `preflight` (an answer to OPTIONS), `older-versions` (single versions below
    /// `/v0`), `policy` (headers that tell a browser what a page may do).
    lacks: BTreeSet<String>,
}

impl Host {
    pub(crate) fn new(address: Address, pages: BTreeMap<SitePath, Vec<u8>>, lacks: &str) -> Self {
        Self { address, pages, lacks: lacks.split(',').map(str::to_owned).collect() }
    }

    fn get(&self, target: &str) -> Response {
        self.address.ask("GET", target, &[])
    }

    fn found(&self, target: &str) -> Value {
        let answer = self.get(target);
        assert_eq!(answer.status, 200, "{target}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    fn missing(&self, target: &str) {
        assert_eq!(self.get(target).status, 404, "{target}");
    }
}

/// Tests of one host, one for each client's fact, named after it.
macro_rules! every_client {
    ($host:ident, $of:expr) => {
        $crate::contract::clients::for_clients!($host, $of);
    };
}

macro_rules! clients {
    ($($client:ident),* $(,)?) => {
        /// Every fact, by its name.
        pub(crate) const ALL: &[(&str, fn(&Host))] = &[$((stringify!($client), $client)),*];

        macro_rules! for_clients {
            ($name:ident, $of:expr) => {
                mod $name {
                    use super::{clients, hosts};
                    $(#[test] fn $client() { clients::$client($of); })*
                }
            };
        }
        pub(crate) use for_clients;
    };
}
pub(crate) use every_client;

clients![
    vs_code_lists_every_server_once,
    vs_code_searches_and_gets_a_list,
    vs_code_finds_a_server_by_its_encoded_name,
    vs_code_learns_that_a_name_is_unknown,
    copilot_language_server_reads_the_pinned_version,
    copilot_language_server_may_ask_from_a_browser,
    copilot_cli_is_never_refused,
    thv_reads_the_list_as_json,
    toolhive_registry_server_finds_its_two_facts,
    docker_gateway_pages_no_further,
    docker_gateway_finds_single_versions,
    apm_finds_a_server_in_each_entry_and_keeps_its_etag,
    kiro_reads_the_file_that_it_was_given,
    browsers_are_told_what_a_page_may_do,
    readers_get_every_address_with_its_bytes_type_and_time,
];

const ECHO: &str = "com.example/Echo";
const NAMES: [&str; 3] = [ECHO, "com.example/echo-old", "io.github.Quill-Works/list-it"];
const OFFICIAL: &str = "io.modelcontextprotocol.registry/official";

/// A list as every client can read it, and the names in it.
fn names(list: &Value) -> Vec<&str> {
    let entries = list["servers"].as_array().expect("`servers` is a list");
    assert!(list.get("nextCursor").is_none() && list["metadata"].get("nextCursor").is_none(), "a host of files cannot page");
    assert_eq!(list["metadata"]["count"].as_u64(), Some(entries.len() as u64), "`metadata.count`");
    let name = |entry: &'_ Value| {
        assert_eq!(entry.as_object().map(serde_json::Map::len), Some(2), "an entry has `server` and `_meta`");
        assert_eq!(entry["_meta"][OFFICIAL]["isLatest"], Value::Bool(true));
        for time in ["publishedAt", "updatedAt", "statusChangedAt"] {
            assert!(entry["_meta"][OFFICIAL][time].as_str().is_some_and(|time| time.ends_with('Z')), "{time}: {entry}");
        }
        assert!(entry["server"]["description"].as_str().is_some_and(|text| !text.is_empty()), "{entry}");
    };
    entries.iter().for_each(name);
    entries.iter().map(|entry| entry["server"]["name"].as_str().expect("a name")).collect()
}

/// It pages for ever where `nextCursor` meets a host that ignores queries, throws the whole list away for one entry without
/// `_meta`, and shows two rows where a name comes twice.
pub(crate) fn vs_code_lists_every_server_once(host: &Host) {
    let first = host.found("/v0.1/servers?limit=1");
    assert!(!names(&first).is_empty());
    assert_eq!(names(&host.found("/v0.1/servers?limit=50&version=latest")), NAMES);
}

pub(crate) fn vs_code_searches_and_gets_a_list(host: &Host) {
    let list = host.found("/v0.1/servers?limit=50&version=latest&search=Echo");
    assert!(names(&list).contains(&ECHO));
}

/// It asks with `encodeURIComponent(name)`.
pub(crate) fn vs_code_finds_a_server_by_its_encoded_name(host: &Host) {
    for name in NAMES {
        for slash in ["%2F", "%2f", "/"] {
            let found = host.found(&format!("/v0.1/servers/{}/versions/latest", name.replace('/', slash)));
            assert_eq!(found["server"]["name"], name);
            assert_eq!(found["_meta"][OFFICIAL]["isLatest"], Value::Bool(true));
        }
    }
    let deprecated = host.found("/v0.1/servers/com.example%2Fecho-old/versions/latest");
    assert_eq!(deprecated["_meta"][OFFICIAL]["status"], "deprecated");
    assert_eq!(deprecated["_meta"][OFFICIAL]["statusMessage"], "Use `com.example/Echo`.");
}

/// Anything but 404 is an error to it: it takes a server that is not in the list for one that may run.
pub(crate) fn vs_code_learns_that_a_name_is_unknown(host: &Host) {
    for name in ["com.example%2Fnobody", "com.example/nobody", "com.example%2Fgone", "com.example/gone", "com.example%2Fecho"] {
        host.missing(&format!("/v0.1/servers/{name}/versions/latest"));
        host.missing(&format!("/v0.1/servers/{name}/versions"));
    }
}

/// It asks for the version that was pinned when a server was set up, and compares the address of its remote.
pub(crate) fn copilot_language_server_reads_the_pinned_version(host: &Host) {
    for (asked, version) in [("1.0.0", "1.0.0"), ("1.1.0%2Bbuild.5", "1.1.0+build.5"), ("1.1.0+build.5", "1.1.0+build.5")] {
        for name in ["com.example%2FEcho", ECHO] {
            let target = format!("/v0.1/servers/{name}/versions/{asked}");
            let answer = host.address.ask("GET", &target, &[("Content-Type", "application/json")]);
            assert_eq!(answer.status, 200, "{target}");
            let found = answer.json();
            assert_eq!(found["server"]["version"], version);
            assert_eq!(found["server"]["remotes"][0]["url"], "https://echo.example.com/mcp");
        }
    }
    host.missing("/v0.1/servers/com.example%2FEcho/versions/2.0.0");
    let versions = host.found("/v0.1/servers/com.example%2FEcho/versions");
    let versions: Vec<&Value> = versions["servers"].as_array().expect("a list").iter().map(|e| &e["server"]["version"]).collect();
    assert_eq!(versions, ["1.1.0+build.5", "1.0.0"]);
}

/// It sends `Content-Type` with GET, so that a browser asks with OPTIONS first.
pub(crate) fn copilot_language_server_may_ask_from_a_browser(host: &Host) {
    let target = "/v0.1/servers/com.example%2FEcho/versions/1.0.0";
    let origin = ("Origin", "https://editor.example.com");
    let answer = host.address.ask("GET", target, &[origin]);
    assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some("*"));
    if host.lacks.contains("preflight") {
        return;
    }
    let wishes = [origin, ("Access-Control-Request-Method", "GET"), ("Access-Control-Request-Headers", "content-type")];
    let answer = host.address.ask("OPTIONS", target, &wishes);
    assert!([200, 204].contains(&answer.status), "{}", answer.status);
    let allowed = |name: &str| answer.header(name).unwrap_or_default().to_ascii_lowercase();
    assert_eq!(allowed("access-control-allow-origin"), "*");
    assert_eq!(allowed("access-control-allow-methods"), "get, options");
    assert_eq!(allowed("access-control-allow-headers"), "authorization, content-type");
}

/// It blocks every server once it has seen 401 or 403.
pub(crate) fn copilot_cli_is_never_refused(host: &Host) {
    assert_eq!(names(&host.found("/v0.1/servers?limit=30")), NAMES);
    for target in [
        "/v0.1",
        "/v0.1/",
        "/v0.1/servers/",
        "/v0.1/servers/com.example",
        "/v0.1/servers/com.example/",
        "/v0.1/servers/com.example/Echo",
        "/v0.1/servers/com.example%2FEcho/",
        "/v0.1/servers/com.example/Echo/versions/",
        "/v0.1/servers/com.example/Echo/versions/9.9.9",
        "/v0.1/servers/%2E%2E%2F%2E%2E%2Fetc",
        "/servers",
        "/servers/",
        "/servers/com.example/",
        "/nothing",
        "/.well-known/nothing",
        "/.gazette/nothing",
    ] {
        let status = host.get(target).status;
        assert!(status != 401 && status != 403 && status < 500, "{target}: {status}");
    }
}

/// It refuses any other type, and a list of more than 10,000 names.
pub(crate) fn thv_reads_the_list_as_json(host: &Host) {
    for target in ["/v0.1/servers?limit=1&version=latest", "/v0.1/servers?limit=100&version=latest"] {
        let answer = host.get(target);
        assert_eq!((answer.status, answer.header("content-type").as_deref()), (200, Some("application/json")), "{target}");
        assert!(names(&answer.json()).len() <= 10_000);
    }
}

/// It refuses a registry whose description does not say both.
pub(crate) fn toolhive_registry_server_finds_its_two_facts(host: &Host) {
    let answer = host.get("/openapi.yaml");
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body).expect("UTF-8");
    let info = text.split("\nservers:").next().unwrap_or_default();
    assert!(info.contains("\n  version: 1.0.0\n"), "{info}");
    assert!(info.contains("\n  description:") && info.contains("https://github.com/modelcontextprotocol/registry"), "{info}");
    assert_eq!(names(&host.found("/v0.1/servers?limit=100")), NAMES);
}

/// It follows `nextCursor` without an end.
pub(crate) fn docker_gateway_pages_no_further(host: &Host) {
    assert_eq!(names(&host.found("/v0/servers?version=latest&limit=100")), NAMES);
    assert_eq!(host.found("/v0/servers/com.example%2FEcho/versions/latest")["server"]["name"], ECHO);
    assert_eq!(host.found("/v0/servers/com.example%2FEcho/versions")["metadata"]["count"], 2);
}

pub(crate) fn docker_gateway_finds_single_versions(host: &Host) {
    if host.lacks.contains("older-versions") {
        return;
    }
    for name in ["com.example%2FEcho", ECHO] {
        for version in ["1.0.0", "1.1.0%2Bbuild.5", "1.1.0+build.5"] {
            let found = host.found(&format!("/v0/servers/{name}/versions/{version}"));
            assert_eq!(found["server"]["version"], version.replace("%2B", "+"));
        }
    }
    host.missing("/v0/servers/com.example%2FEcho/versions/2.0.0");
}

/// It reads `server` of every entry, and asks again with the list's `ETag`.
pub(crate) fn apm_finds_a_server_in_each_entry_and_keeps_its_etag(host: &Host) {
    let answer = host.get("/v0.1/servers");
    assert!(answer.body.len() <= 10 << 20, "it reads no more than 10 MiB");
    assert!(answer.json()["servers"].as_array().expect("a list").iter().all(|entry| entry["server"].is_object()));
    let etag = answer.header("etag").expect("an ETag");
    assert_eq!(host.address.ask("GET", "/v0.1/servers", &[("If-None-Match", &etag)]).status, 304);
}

/// It reads one address as it was configured, and takes no name with a slash.
pub(crate) fn kiro_reads_the_file_that_it_was_given(host: &Host) {
    let answer = host.get("/kiro.json");
    assert_eq!((answer.status, answer.header("content-type").as_deref()), (200, Some("application/json")));
    let list = answer.json();
    let servers = list["servers"].as_array().expect("a list");
    assert!(servers.iter().all(|entry| entry["server"]["name"].as_str().is_some_and(|name| !name.contains('/'))), "{list}");
    assert!(!servers.is_empty());
}

/// Only a header keeps other sites from framing a page, and a browser from guessing types.
pub(crate) fn browsers_are_told_what_a_page_may_do(host: &Host) {
    if host.lacks.contains("policy") {
        return;
    }
    for target in ["/", "/servers/com.example/Echo/", "/servers/com.example/no-such-server/"] {
        let answer = host.get(target);
        assert_eq!(answer.header("x-content-type-options").as_deref(), Some("nosniff"), "{target}");
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'; ") && policy.ends_with("; frame-ancestors 'none'"), "{target}: {policy}");
    }
}

/// What the site is, is what is served: each document at its address, encoded and not.
pub(crate) fn readers_get_every_address_with_its_bytes_type_and_time(host: &Host) {
    for (path, body) in &host.pages {
        if matches!(path, SitePath::Host(_) | SitePath::NotFound) {
            continue;
        }
        let answer = host.address.follow(&path.link());
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.body == *body, "{path} has other bytes");
        assert_eq!(answer.header("content-type").as_deref(), Some(path.kind().content_type()), "{path}");
        assert_eq!(answer.header("cache-control").as_deref(), Some(path.cache().control()), "{path}");
    }
    assert!(host.pages.contains_key(&SitePath::Host(HostFile::Headers)), "the table looks at nothing");
}
