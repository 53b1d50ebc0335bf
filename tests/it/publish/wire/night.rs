//! Whole nights over the wire: into a bucket, and read back through an address in front of it; and buckets that are not empty.

use std::fs;

use crate::{
    loopback::{Response, nobody},
    publish::front::Front,
};

use super::{
    Repo, VERSION, registry, repository, run,
    server::{SECRET, Server},
};

fn front(server: &Server) -> Front {
    let lying = server.lying();
    Front::of(move |key| lying(&format!("site/{key}")))
}

fn receipt(repo: &Repo) -> serde_json::Value {
    serde_json::from_slice(&fs::read(repo.path().join("receipt.json")).expect("a receipt")).expect("JSON")
}

#[test]
fn a_night_is_read_back_through_the_public_address() {
    let server = Server::start();
    let (repo, front) = (repository(&server), front(&server));
    let night = ["nightly", "--read-back", &front.address, "--receipt", "receipt.json"];
    let first = run(&repo, &night, Some(SECRET));
    assert_eq!(first.code, 0, "{}", first.text);
    assert!(first.text.contains(&format!("read back at `{}`", front.address)), "{}", first.text);
    assert!(first.text.contains("compared, all as published"), "{}", first.text);
    let seen = &receipt(&repo)["read_back"];
    assert_eq!((&seen["address"], &seen["problems"]), (&front.address.as_str().into(), &serde_json::json!([])));
    assert!(seen["compared"].as_u64() > Some(40), "{seen}");
    assert!(front.asked().contains(&format!("/{}", VERSION.replace("1.0.0", "1.0.0+1"))));
    let second = run(&repo, &night, Some(SECRET));
    assert_eq!(second.code, 0, "{}", second.text);
    assert!(second.text.contains("renewed; publication 2") && second.text.contains("3 GET, 1 PUT, 0 DELETE"), "{}", second.text);
}

#[test]
fn a_night_that_readers_do_not_see_has_failed() {
    let server = Server::start();
    let (repo, front) = (repository(&server), front(&server));
    front.instead("/v0.1/servers", Response::new(200, "{}").with("content-type", "application/json"));
    let night = ["nightly", "--read-back", &front.address, "--receipt", "receipt.json"];
    let failed = run(&repo, &night, Some(SECRET));
    assert_eq!(failed.code, 2, "{}", failed.text);
    for part in [
        "reject[checkpoint]: these are not the bytes that publication 1 lists",
        &format!("--> GET {}/v0.1/servers\n", front.address),
        "200 OK, application/json, 2 bytes; sha256 ",
        "error: publication 1 stands, but",
        "help: do what is said above",
    ] {
        assert!(failed.text.contains(part), "{part}: {}", failed.text);
    }
    assert_eq!(receipt(&repo)["read_back"]["problems"].as_array().map(Vec::len), Some(1));
    assert_eq!(receipt(&repo)["outcome"], "published");
    let whole = run(&repo, &["nightly", "--no-read-back"], Some(SECRET));
    assert_eq!(whole.code, 0, "{}", whole.text);

    let alone = run(&repo, &["publish", "--read-back", &format!("http://{}", nobody())], Some(SECRET));
    assert_eq!(alone.code, 2, "{}", alone.text);
    assert!(alone.text.contains("cannot be reached") && alone.text.contains("`--no-read-back`"), "{}", alone.text);
}

#[test]
fn what_somebody_else_has_put_there_stays() {
    let server = Server::start();
    let repo = repository(&server);
    server.lay("site/index.html", "my home page");
    for command in [&["plan"][..], &["publish", "--dry-run"], &["publish"]] {
        let refused = run(&repo, command, Some(SECRET));
        assert_eq!(refused.code, 2, "{}", refused.text);
        assert!(refused.text.contains("limit `foreign`: `index.html` lies there already"), "{}", refused.text);
    }
    assert_eq!(server.keys(), ["site/index.html"], "nothing is written");

    let server = Server::start();
    let settings = super::SETTINGS.replace("ADDRESS", &server.address);
    let repo = registry(&[(&["1.0.0"], &settings), (&["1.0.0", "1.1.0"], &settings)]);
    repo.git(&["checkout", "--quiet", "--detach", "main~1"]);
    server.lay("site/v0/servers", "my own list");
    let stopped = run(&repo, &["publish"], Some(SECRET));
    assert_eq!(stopped.code, 2, "{}", stopped.text);
    assert!(
        stopped.text.contains("`v0/servers` lies there already") && stopped.text.contains("--allow foreign"),
        "{}",
        stopped.text
    );
    assert!(!server.keys().contains(&"site/checkpoint".to_owned()));
    repo.git(&["checkout", "--quiet", "main"]);
    let again = run(&repo, &["publish"], Some(SECRET));
    assert!(again.code == 2 && again.text.contains("`v0/servers` lies there already"), "its own are known: {}", again.text);
    assert_eq!(server.body("site/v0/servers"), b"my own list");
    let allowed = run(&repo, &["publish", "--allow", "foreign"], Some(SECRET));
    assert_eq!(allowed.code, 0, "{}", allowed.text);
    assert_eq!(server.body("site/v0/servers"), server.body("site/v0.1/servers"));
    let later = run(&repo, &["publish"], Some(SECRET));
    assert!(later.code == 0 && later.text.contains("renewed"), "{}", later.text);
}
