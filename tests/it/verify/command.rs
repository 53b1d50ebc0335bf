//! The command itself: what it prints, and how it exits.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    gazette::gazette,
    loopback::{decoded, nobody},
    repo::{File, Repo, files_below, put},
};

use super::{
    registry::{SERVERS, static_host},
    serve,
    server::{Asked, Reply, Server},
};

fn good() -> Server {
    serve(|asked| Reply::Answer(static_host(asked)))
}

fn run(args: &[&str]) -> String {
    gazette(Path::new(env!("CARGO_MANIFEST_DIR")), &[&["verify"], args].concat())
}

#[test]
fn it_says_who_works_and_who_breaks_and_what_to_do() {
    let server = serve(|asked| {
        let mut answer = static_host(asked);
        if answer.status == 404 {
            answer.status = 403;
        }
        Reply::Answer(answer.with("server", "AmazonS3"))
    });
    let printed = run(&[&server.base, "--client", "vscode", "--client", "copilot-cli", "--client", "docker"]);
    let base = &server.base;
    let nobody = "/v0.1/servers/com.example%2Fgazette-asks-for-what-nobody-published/versions/latest";
    let answer = "403 Forbidden, application/json, 22 bytes: `{\"error\": \"not found\"}`";
    let help = "S3 answers 403 for a missing key unless the reader may list the bucket: allow `s3:ListBucket` on the bucket itself \
                to the same principal that may `s3:GetObject`";
    let expected = format!(
        "{base} (Amazon S3, or a server like it)\n\n  \
         VS Code               works, with notes\n  \
         Copilot CLI           breaks\n  \
         Docker's MCP gateway  works\n\n\
         reject[copilot-cli]: an unknown name is answered with 403, and Copilot CLI then blocks every server\n \
         --> GET {base}{nobody}\n  \
         | {answer}\n  \
         = help: {help}\n\n\
         note[vscode]: an unknown name is answered with 403; VS Code bears it, others do not\n \
         --> GET {base}{nobody}\n  \
         | {answer}\n  \
         = help: {help}\n\n\
         2 of 3 clients work, 1 breaks\nexit 1\n"
    );
    assert_eq!(printed, expected);
}

#[test]
fn it_exits_with_what_it_found() {
    let server = good();
    let printed = run(&[&server.base]);
    assert!(printed.ends_with("8 of 8 clients work\nexit 0\n"), "{printed}");
    let printed = run(&[&server.base, "--client", "kiro"]);
    assert!(printed.ends_with("1 of 1 client works\nexit 0\n"), "{printed}");
    let printed = run(&[&format!("{}/kiro.json", server.base), "--client", "kiro"]);
    assert!(printed.ends_with("1 of 1 client works\nexit 0\n"), "{printed}");
    assert!(server.asked().iter().all(|asked| asked.target != "/kiro.json/kiro.json"));
}

#[test]
fn a_file_for_kiro_is_missed_only_by_who_asks_for_it() {
    let server = serve(|asked| match asked.path() {
        "/kiro.json" => Reply::Answer(static_host(&Asked { target: "/nothing".to_owned(), ..asked.clone() })),
        _ => Reply::Answer(static_host(asked)),
    });
    let printed = run(&[&server.base]);
    assert!(printed.contains("Kiro and Amazon Q                        has nothing to read\n"), "{printed}");
    assert!(printed.ends_with("7 of 8 clients work, 1 has nothing to read\nexit 0\n"), "{printed}");
    let printed = run(&[&server.base, "--client", "kiro"]);
    assert!(printed.ends_with("0 of 1 client works, 1 breaks\nexit 1\n"), "{printed}");
}

#[test]
fn programs_are_told_the_same() {
    let server = serve(|asked| {
        let answer = static_host(asked);
        Reply::Answer(if asked.path() == "/v0/servers" {
            answer.with("content-type", "text/plain").without("etag")
        } else {
            answer
        })
    });
    let printed = run(&[&server.base, "--format", "json"]);
    let (json, code) = printed.rsplit_once("exit ").expect("an exit status");
    let report: Value = serde_json::from_str(json).expect("JSON");
    assert_eq!((report["version"].as_u64(), report["verdict"].as_str(), code), (Some(1), Some("pass"), "0\n"));
    assert_eq!((report["target"].as_str(), report["host"].as_str()), (Some(server.base.as_str()), Some("unknown")));
    let clients = report["clients"].as_array().expect("clients");
    let ids: Vec<&str> = clients.iter().map(|client| client["client"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["vscode", "copilot", "copilot-cli", "thv", "toolhive", "docker", "apm", "kiro"]);
    for check in clients.iter().flat_map(|client| client["checks"].as_array().expect("checks")) {
        for member in ["asked", "answer", "verdict", "message", "help"] {
            assert!(check[member].is_string(), "{member} of {check}");
        }
    }
}

#[test]
fn one_server_can_be_asked_for() {
    let server = good();
    let printed = run(&[&server.base, "--client", "vscode", "--server", "io.github.octocat/gamma"]);
    assert!(printed.ends_with("exit 0\n"), "{printed}");
    let looked: Vec<String> =
        server.asked().into_iter().map(|asked| asked.target).filter(|target| target.contains("/versions/latest")).collect();
    assert!(
        looked.iter().any(|target| target.contains("gamma")) && !looked.iter().any(|target| target.contains("alpha")),
        "{looked:?}"
    );
    let printed = run(&[&server.base, "--client", "vscode", "--server", "com.example/nobody"]);
    assert!(printed.contains("`com.example/nobody` is not found by its name") && printed.ends_with("exit 1\n"), "{printed}");
}

#[test]
fn what_cannot_be_asked_is_the_operators_to_mend() {
    let server = good();
    let gone = &server.base;
    for (target, error, help) in [
        (format!("{gone}?x=1"), "has a query", "clients append path and query"),
        (format!("{gone}/v0.1/servers"), "is an address inside a registry", "write `http://127.0.0.1"),
        (format!("{gone}/kiro.json"), "is one file", "--client kiro"),
        ("nowhere".to_owned(), "there is no folder `nowhere`", "https://"),
        ("ftp://example.com".to_owned(), "is no https address", "https://"),
        ("https://u:secret@example.com".to_owned(), "names a user before its host", "no client sends credentials"),
    ] {
        let printed = run(&[&target]);
        assert!(printed.contains("error: ") && printed.contains(error) && printed.contains(help), "{target}: {printed}");
        assert!(printed.ends_with("exit 2\n") && !printed.contains("secret"), "{target}: {printed}");
    }
    let printed = run(&[&format!("http://{}", nobody())]);
    assert!(printed.contains("cannot be reached") && printed.contains("help: ") && printed.ends_with("exit 2\n"), "{printed}");
}

/// Writes what a good registry answers to a folder, as hosts of files want it.
fn built(dir: &Path) {
    let mut paths = vec!["/v0.1/servers".to_owned(), "/v0/servers".to_owned()];
    for (name, versions) in SERVERS {
        paths.extend(versions.iter().chain(&["latest"]).map(|version| format!("/v0.1/servers/{name}/versions/{version}")));
        paths.push(format!("/v0.1/servers/{name}/versions"));
    }
    paths.extend(["/openapi.yaml", "/registry.json", "/kiro.json"].map(str::to_owned));
    for path in &paths {
        let is_prefix = paths.iter().any(|other| other.starts_with(&format!("{path}/")));
        let file = format!("{}{}", &decoded(path)[1..], if is_prefix { "/index.json" } else { "" });
        put(dir, &file, static_host(&Asked::new("GET", path)).body);
    }
}

#[test]
fn a_folder_is_asked_like_a_plain_host() {
    let dir = tempfile::tempdir().expect("a folder");
    built(dir.path());
    let folder = dir.path().to_str().expect("UTF-8");
    let printed = run(&[folder]);
    assert!(printed.contains("(asked as a plain static host would serve it;"), "{printed}");
    assert!(printed.ends_with("8 of 8 clients work\nexit 0\n"), "{printed}");

    fs::remove_file(dir.path().join("v0.1/servers/com.example/alpha/versions/1.0.0")).expect("a file");
    fs::remove_file(dir.path().join("openapi.yaml")).expect("a file");
    let printed = run(&[folder]);
    assert!(printed.contains("reject[copilot]: version `1.0.0` of `com.example/alpha` is gone"), "{printed}");
    assert!(
        printed.contains("reject[toolhive]: there is no `/openapi.yaml`\n --> GET /openapi.yaml\n")
            || printed.contains("--> GET /openapi.yaml\n"),
        "{printed}"
    );
    assert!(printed.ends_with("6 of 8 clients work, 2 break\nexit 1\n"), "{printed}");

    let empty = tempfile::tempdir().expect("a folder");
    let printed = run(&[empty.path().to_str().expect("UTF-8")]);
    assert!(printed.contains("name the folder that `gazette build` wrote"), "{printed}");
}

#[test]
fn what_is_built_works_with_every_client_that_has_something_to_read() {
    let repo = Repo::new();
    let files = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-data"));
    let files = files.into_iter().map(|file| File { path: format!("registry-data/{}", file.path), ..file });
    repo.commit_trees(&[files.collect()]);
    repo.check_out();
    let built = gazette(repo.path(), &["build"]);
    assert!(built.ends_with("exit 0\n"), "{built}");
    let printed = gazette(repo.path(), &["verify", "public"]);
    assert!(!printed.contains("reject[") && !printed.contains("note[") && printed.ends_with("exit 0\n"), "{printed}");
}

#[test]
fn colour_is_for_those_who_ask() {
    let server = serve(|asked| Reply::Answer(static_host(asked).without("etag")));
    assert!(!run(&[&server.base]).contains('\x1b'));
    assert!(run(&[&server.base, "--color", "always"]).contains("\x1b[1;36mnote[apm]"));
}
