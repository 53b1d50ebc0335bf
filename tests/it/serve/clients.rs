//! What real clients ask, and what breaks them: one test for each.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Served, demonstration, encoded, name, version};

const OFFICIAL: &str = "io.modelcontextprotocol.registry/official";

fn latest(served: &Served, name: &str) -> Value {
    let answer = served.get(&format!("/v0.1/servers/{}/versions/latest", encoded(name)));
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    answer.json()
}

#[test]
fn vs_code_lists_searches_and_looks_up() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    let probe = served.get("/v0.1/servers?limit=1").json();
    assert_eq!(probe["servers"].as_array().expect("a list").len(), 1);
    for limit in [50, 5] {
        let (records, pages) = served.pages(&format!("/v0.1/servers?limit={limit}&version=latest"));
        assert!(records.len() == 12 && pages == 12_usize.div_ceil(limit), "{} in {pages}", records.len());
        let names: BTreeSet<&str> = records.iter().map(name).collect();
        assert_eq!(names.len(), records.len(), "two rows of one name");
        for record in &records {
            assert!(record["_meta"][OFFICIAL]["status"].is_string());
            assert!(record["server"]["description"].as_str().is_some_and(|text| !text.is_empty()));
            assert_eq!(&latest(&served, name(record)), record);
        }
    }
    let found = served.pages("/v0.1/servers?limit=50&version=latest&search=BERTH").0;
    assert_eq!(found.iter().map(name).collect::<Vec<_>>(), ["com.example.quayside/berth-booking"]);
    assert!(served.pages("/v0.1/servers?limit=50&version=latest&search=no%20such%20thing").0.is_empty());
    assert_eq!(served.get("/v0.1/servers/com.example%2Fnobody/versions/latest").status, 404);
}

#[test]
fn copilot_language_server_finds_every_pinned_version() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    let (records, _) = served.pages("/v0.1/servers?limit=100");
    assert_eq!(records.len(), 29);
    for record in &records {
        let target = format!("/v0.1/servers/{}/versions/{}", encoded(name(record)), encoded(version(record)));
        let preflight = [
            ("Origin", "https://editor.example.com"),
            ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "authorization,content-type"),
        ];
        let allowed = served.ask("OPTIONS", &target, &preflight);
        assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (204, "*"));
        assert_eq!(allowed.header("access-control-allow-methods"), "GET, OPTIONS");
        assert_eq!(allowed.header("access-control-allow-headers"), "Authorization, Content-Type");
        let pinned = served.ask("GET", &target, &[("Content-Type", "application/json")]);
        assert_eq!(pinned.header("access-control-allow-origin"), "*");
        assert_eq!(&pinned.json(), record);
    }
    assert!(records.iter().any(|record| version(record).contains('+')), "no version with a plus was asked for");
}

#[test]
fn copilot_cli_is_never_asked_who_it_is() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    assert_eq!(served.get("/v0.1/servers?limit=30").json()["metadata"]["count"], 29);
    for target in ["/v0.1/servers/a%2Fb/versions/latest", "/v0.1", "/v0.1/", "/.git/config", "/admin", "/v0.1/publish"] {
        for method in ["GET", "HEAD", "OPTIONS", "POST", "DELETE"] {
            let status = served.ask(method, target, &[("Authorization", "Bearer x")]).status;
            assert!(![401, 403].contains(&status), "{method} {target}: {status}");
        }
    }
}

#[test]
fn toolhive_reads_json_that_calls_itself_json() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    for target in ["/v0.1/servers?limit=1&version=latest", "/v0.1/servers?limit=100&version=latest"] {
        let answer = served.get(target);
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    }
    assert_eq!(served.pages("/v0.1/servers?limit=100&version=latest").0.len(), 12);
}

#[test]
fn toolhive_registry_server_knows_the_api_by_its_description() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    let description = served.get("/openapi.yaml");
    assert_eq!((description.status, description.header("content-type")), (200, "application/yaml"));
    let text = description.text();
    assert!(text.contains("\n  version: 1.0.0\n"), "{text}");
    assert!(text.contains("https://github.com/modelcontextprotocol/registry"), "{text}");
    let (records, pages) = served.pages("/v0.1/servers?limit=100");
    assert_eq!((records.len(), pages), (29, 1));
}

#[test]
fn docker_gateway_reaches_the_end_under_the_older_spelling() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    assert_eq!(served.pages("/v0/servers?version=latest&limit=100").0.len(), 12);
    let (few, pages) = served.pages("/v0/servers?version=latest&limit=1");
    assert_eq!((few.len(), pages), (12, 12));
    for record in &few {
        let target = format!("servers/{}/versions/{}", encoded(name(record)), encoded(version(record)));
        assert_eq!(served.get(&format!("/v0/{target}")).body, served.get(&format!("/v0.1/{target}")).body);
    }
}

#[test]
fn apm_is_told_when_nothing_changed() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    let first = served.get("/v0.1/servers");
    let records = first.json();
    assert!(records["servers"].as_array().expect("a list").iter().all(|record| record["server"].is_object()));
    let again = served.ask("GET", "/v0.1/servers", &[("If-None-Match", first.header("etag"))]);
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, first.header("etag")));
}

#[test]
fn etl_jobs_learn_of_deletions_and_miss_nothing() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    let deleted = |records: &[Value]| records.iter().filter(|record| record["_meta"][OFFICIAL]["status"] == "deleted").count();
    let (all, _) = served.pages("/v0.1/servers?limit=7&include_deleted=true");
    assert_eq!((all.len(), deleted(&all)), (31, 2));
    let times: Vec<&str> = all.iter().map(|record| record["_meta"][OFFICIAL]["updatedAt"].as_str().expect("a time")).collect();
    let newest = times.iter().max().expect("one");
    let (since, _) = served.pages(&format!("/v0.1/servers?limit=7&updated_since={newest}"));
    assert_eq!(since.len(), times.iter().filter(|time| time == &newest).count(), "the moment itself belongs to it");
    assert_eq!(deleted(&served.pages("/v0.1/servers?limit=7&updated_since=2000-01-01T00:00:00Z").0), 2);
    assert!(served.pages("/v0.1/servers?limit=7&updated_since=2999-01-01T00:00:00Z").0.is_empty());
    for record in all.iter().filter(|record| record["_meta"][OFFICIAL]["status"] == "deleted") {
        let target = format!("/v0.1/servers/{}/versions/{}", encoded(name(record)), encoded(version(record)));
        assert_eq!(served.get(&target).status, 404, "{target}");
    }
}

#[test]
fn a_group_is_a_registry_of_its_own() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    let (records, pages) = served.pages("/groups/harbour-office/v0.1/servers?limit=1&version=latest");
    let listed: Vec<(&str, &str)> = records.iter().map(|record| (name(record), version(record))).collect();
    let expected = [
        ("com.example.quayside/berth-booking", "1.1.0"),
        ("com.example.quayside/tide-tables", "2026-09-07"),
        ("com.example/status-board", "1.0.0"),
    ];
    assert_eq!((&*listed, pages), (&expected[..], 3));
    assert_eq!(served.pages("/groups/harbour-office/v0/servers/?limit=2&search=berth").0.len(), 1);
    assert_eq!(served.get("/groups/harbour-office/v0.1/servers?limit=0").status, 400);
    for record in &records {
        for spelling in ["v0.1", "v0"] {
            let target = format!("/groups/harbour-office/{spelling}/servers/{}/versions/", encoded(name(record)));
            assert_eq!(&served.get(&format!("{target}latest")).json(), record);
            assert_eq!(&served.get(&format!("{target}{}", encoded(version(record)))).json(), record);
        }
    }
    let missing = served.get("/groups/harbour-office/v0.1/servers/com.example%2Fnobody/versions/latest");
    assert_eq!((missing.status, missing.header("content-type")), (404, "application/json"));
    assert_eq!(served.get("/groups/nobody/v0.1/servers").status, 404);
}
