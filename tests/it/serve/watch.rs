//! Files that change while they are served, and files that cannot be.

use std::fs;

use crate::gazette::gazette;

use super::{Served, demonstration};

const ECHO: &str = "registry-data/servers/com.example/status-board/2.0.0.json";

#[test]
fn what_changes_is_served_and_what_breaks_is_told() {
    let repo = demonstration();
    let mut served = Served::start(&repo, &["--watch", "--log", "none"]);
    let latest = "/v0.1/servers/com.example%2Fstatus-board/versions/latest";
    assert_eq!(served.get(latest).json()["server"]["version"], "1.0.0");
    let old = fs::read_to_string(repo.path().join(ECHO.replace("2.0.0", "1.0.0"))).expect("a file");

    fs::write(repo.path().join(ECHO), old.replace("\"1.0.0\"", "\"2.0.0\"")).expect("a file");
    let answer = served.until(latest, |answer| answer.json()["server"]["version"] == "2.0.0");
    assert_eq!((answer.status, answer.header("gazette-stale")), (200, ""));
    assert_eq!(served.get("/index.json").json()["serial"], 32);

    fs::write(repo.path().join(ECHO), "{ \"name\": ").expect("a file");
    let health = served.until("/health", |answer| answer.json()["status"] == "stale").json();
    assert!(health["report"].as_str().is_some_and(|report| report.contains("2.0.0.json")), "{health}");
    served.line_with("what was served before stays");
    let stale = served.get(latest);
    assert_eq!((stale.status, stale.json()["server"]["version"].as_str()), (200, Some("2.0.0")));
    assert!(stale.header("gazette-stale").contains("to fix"), "{}", stale.header("gazette-stale"));
    assert!(served.get("/metrics").text().contains("\ngazette_site_stale 1\n"));

    fs::write(repo.path().join("registry-data/registry.toml"), "title = ").expect("a file");
    served.until("/health", |answer| answer.json()["report"].as_str().is_some_and(|report| report.contains("registry.toml")));
    repo.git(&["checkout", "--quiet", "registry-data/registry.toml"]);

    fs::remove_file(repo.path().join(ECHO)).expect("a file");
    let health = served.until("/health", |answer| answer.json()["status"] == "ok").json();
    assert_eq!((health["site"]["serial"].as_u64(), health["report"].is_null()), (Some(31), true));
    assert_eq!(served.get(latest).json()["server"]["version"], "1.0.0");

    // A commit that changes no file of the registry is a new state of it all the same.
    repo.git(&["commit", "--quiet", "--allow-empty", "-m", "nothing"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    served.until("/index.json", |answer| answer.json()["commit"] == *head);
}

#[test]
fn without_watch_what_was_built_stays() {
    let repo = demonstration();
    let served = Served::start(&repo, &["--as-of", "2026-03-01T00:00:00Z"]);
    let index = served.get("/index.json").json();
    assert_eq!((index["epoch"].as_str(), index["commit"].is_null()), (Some("as-of"), true));
    fs::remove_dir_all(repo.path().join("registry-data/servers")).expect("a folder");
    assert_eq!(served.pages("/v0.1/servers?version=latest").0.len(), 12);
    // Neither what is made when it is asked for, nor what is made of all servers, is read from the disk.
    for address in ["/servers/com.example/status-board/", "/v0.1/servers/com.example%2Fstatus-board/versions", "/registry.json"] {
        assert_eq!(served.get(address).status, 200, "{address}");
    }
}

#[test]
fn files_that_are_no_entries_are_told_and_nothing_is_served() {
    let repo = demonstration();
    fs::write(repo.path().join(ECHO), "{}").expect("a file");
    let printed = gazette(repo.path(), &["serve", "--port", "0"]);
    assert!(printed.contains("2.0.0.json") && printed.contains("help: ") && printed.ends_with("exit 1\n"), "{printed}");
    let elsewhere = gazette(repo.path(), &["serve", "--port", "0", "--data", "nowhere"]);
    assert!(elsewhere.contains("error: ") && elsewhere.ends_with("exit 2\n"), "{elsewhere}");
}

#[test]
fn a_port_that_is_taken_is_the_operators_trouble() {
    let repo = demonstration();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let printed = gazette(repo.path(), &["serve", "--port", &port]);
    assert!(printed.contains(&format!("could not listen at 127.0.0.1:{port}")) && printed.ends_with("exit 2\n"), "{printed}");
    assert!(printed.contains("help: "), "{printed}");
}
