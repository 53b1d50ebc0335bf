//! `gazette verify` of a published site, as it is typed and as it exits.

use std::{fs, path::Path};

use gazette::checkpoint::note::Signer;

use crate::{
    gazette::gazette,
    loopback::{Response, http},
    repo::Repo,
};

use super::commands::{VERSION, ran, registry, run};

const SIGNED: &str = "[publish.here]\ntarget = \"dir:public\"\n[signing]\nkeys = [\"KEY\"]\n";

fn signer() -> Signer {
    Signer::of("registry.example.com", [8; 32]).expect("a key")
}

/// A registry, published and signed into its folder `public`.
fn published() -> Repo {
    let repo = registry(&[(&["1.0.0"], &SIGNED.replace("KEY", &signer().verifier().to_string()))]);
    let published = run(&repo, &["publish"], Some(&signer().secret()));
    assert_eq!(published.code, 0, "{}{}", published.out, published.err);
    repo
}

/// The same from somewhere that is no registry.
fn outside(repo: &Repo, args: &[&str]) -> String {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let public = repo.path().join("public").display().to_string();
    gazette(elsewhere.path(), &[&["verify", &public], args].concat())
}

#[test]
fn a_published_folder_is_verified() {
    let repo = published();
    let printed = gazette(repo.path(), &["verify", "public"]);
    assert!(printed.contains("  Checkpoint                               holds: publication 1 of 2"), "{printed}");
    assert!(printed.contains(", signed by `registry.example.com`; ") && printed.contains(" documents compared\n"), "{printed}");
    assert!(printed.ends_with("8 of 8 clients work; the checkpoint holds\nexit 0\n"), "{printed}");
    let key = signer().verifier().to_string();
    let printed = outside(&repo, &["--client", "checkpoint", "--key", &key, "--max-age", "1d", "--all"]);
    assert!(printed.ends_with("\nthe checkpoint holds\nexit 0\n") && !printed.contains("VS Code"), "{printed}");
    fs::write(repo.path().join("keys"), format!("\n{key}\n")).expect("a file");
    let file = repo.path().join("keys").display().to_string();
    assert!(outside(&repo, &["--client", "checkpoint", "--key", &file]).ends_with("exit 0\n"));
    let printed = outside(&repo, &["--client", "checkpoint"]);
    assert!(printed.contains("note[checkpoint]: it is signed by a key of the site's own `/keys.txt`"), "{printed}");
    assert!(printed.contains("holds, with notes") && printed.ends_with("exit 0\n"), "{printed}");
    assert!(!outside(&repo, &["--client", "vscode"]).contains("heckpoint"), "who asks about one client is told about one");

    let unsigned = run(&repo, &["publish", "--target", "dir:plain", "--unsigned"], None);
    assert_eq!(unsigned.code, 0, "{}{}", unsigned.out, unsigned.err);
    for dir in [repo.path(), Path::new("/")] {
        let plain = repo.path().join("plain").display().to_string();
        let printed = gazette(dir, &["verify", &plain, "--client", "checkpoint"]);
        assert!(printed.contains("note[checkpoint]: no known key has signed it") && printed.ends_with("exit 0\n"), "{printed}");
    }

    let json = gazette(repo.path(), &["verify", "public", "--client", "checkpoint", "--format", "json"]);
    let (json, code) = json.rsplit_once("exit ").expect("an exit status");
    let report: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let said = &report["checkpoint"];
    assert_eq!((code, &report["verdict"], &report["clients"]), ("0\n", &"pass".into(), &serde_json::json!([])));
    assert_eq!((&said["publication"], &said["serial"], &said["keys"]), (&1.into(), &1.into(), &"pinned".into()));
    assert_eq!((&said["signed_by"][0], &said["verdict"]), (&"registry.example.com".into(), &"pass".into()));
    assert_eq!(said["documents"]["stale"], 0);
    assert_eq!(said["checks"][0]["message"], "the checkpoint holds");
}

/// Documents that are compared, and the seed that says which.
fn drawn(repo: &Repo, args: &[&str]) -> (u64, String) {
    let json = gazette(repo.path(), &[&["verify", "public", "--client", "checkpoint", "--format", "json"], args].concat());
    let report: serde_json::Value = serde_json::from_str(json.rsplit_once("exit ").expect("an exit status").0).expect("JSON");
    let documents = &report["checkpoint"]["documents"];
    (documents["compared"].as_u64().expect("a number"), documents["seed"].as_str().unwrap_or("none").to_owned())
}

#[test]
fn a_sample_is_drawn_anew_and_can_be_repeated() {
    let repo = published();
    let (one, other) = (drawn(&repo, &["--sample", "1"]), drawn(&repo, &["--sample", "1"]));
    assert!(one.0 == other.0 && one.1 != other.1, "{one:?} {other:?}");
    assert_eq!(drawn(&repo, &["--sample", "1", "--seed", &one.1]), one);
    assert_eq!(drawn(&repo, &["--all"]).1, "none");
    let printed = gazette(repo.path(), &["verify", "public", "--sample", "1", "--seed", &one.1]);
    assert!(printed.contains(&format!(" documents compared (seed {})\n", one.1)), "{printed}");
    let printed = gazette(repo.path(), &["verify", "public", "--seed", "1"]);
    assert!(printed.contains("expected sixteen hexadecimal digits") && printed.ends_with("exit 2\n"), "{printed}");
}

#[test]
fn what_does_not_hold_is_said_and_exits_with_1() {
    let repo = published();
    let public = repo.path().join("public");
    let wrong = Signer::of("registry.example.com", [9; 32]).expect("a key").verifier().to_string();
    let printed = outside(&repo, &["--client", "checkpoint", "--key", &wrong]);
    assert!(printed.contains("reject[checkpoint]: it cannot be believed: no trusted key has signed it"), "{printed}");
    assert!(
        printed.contains("  Checkpoint  does not hold: publication 1") && printed.ends_with("does not hold\nexit 1\n"),
        "{printed}"
    );
    let printed = outside(&repo, &["--client", "checkpoint", "--base-url", "https://other.example.com/"]);
    assert!(printed.contains("and `https://other.example.com` was asked for") && printed.ends_with("exit 1\n"), "{printed}");

    let seen = repo.path().join("seen").display().to_string();
    fs::copy(public.join("checkpoint"), &seen).expect("a checkpoint");
    assert_eq!(run(&repo, &["publish"], Some(&signer().secret())).code, 0);
    assert!(outside(&repo, &["--client", "checkpoint", "--seen", &seen]).ends_with("exit 0\n"));
    let (old, new) = (fs::read(&seen).expect("a file"), fs::read(public.join("checkpoint")).expect("a checkpoint"));
    fs::write(public.join("checkpoint"), old).expect("a checkpoint");
    fs::write(&seen, new).expect("a file");
    let printed = outside(&repo, &["--client", "checkpoint", "--seen", &seen]);
    assert!(
        printed.contains("publication 2 was seen before, this is publication 1") && printed.ends_with("exit 1\n"),
        "{printed}"
    );

    fs::write(public.join(VERSION), "{}").expect("a file");
    let printed = gazette(repo.path(), &["verify", "public", "--client", "checkpoint"]);
    assert!(printed.contains(&format!("--> GET /{VERSION}\n  | 200 OK, application/json, 2 bytes; sha256 ")), "{printed}");
    assert!(printed.contains("; listed are ") && printed.ends_with("the checkpoint does not hold\nexit 1\n"), "{printed}");
}

#[test]
fn what_was_only_built_has_no_checkpoint() {
    let repo = registry(&[(&["1.0.0"], "")]);
    ran(&repo, &["build"]);
    let printed = gazette(repo.path(), &["verify", "public"]);
    assert!(printed.contains("none, so nothing tells what was published, when, and by whom\n"), "{printed}");
    assert!(printed.ends_with("8 of 8 clients work\nexit 0\n"), "{printed}");
    let printed = gazette(repo.path(), &["verify", "public", "--client", "checkpoint"]);
    assert!(printed.contains("reject[checkpoint]: there is no checkpoint") && printed.contains("`gazette publish`"), "{printed}");
    assert!(printed.ends_with("exit 1\n"), "{printed}");
    let printed = gazette(repo.path(), &["verify", "public", "--max-age", "2d"]);
    assert!(printed.contains("reject[checkpoint]: there is no checkpoint") && printed.ends_with("exit 1\n"), "{printed}");
    for (args, error) in [
        (&["--key", "nonsense"][..], "is neither a key nor a file with keys"),
        (&["--key", "public/index.json"], "holds a line that is no key"),
        (&["--seen", "public/index.json"], "cannot be compared with"),
    ] {
        let printed = gazette(repo.path(), &[&["verify", "public"], args].concat());
        assert!(printed.contains(error) && printed.contains("help: ") && printed.ends_with("exit 2\n"), "{printed}");
    }
}

/// What is wrong with the registry that one stands in says nothing about the site.
#[test]
fn a_registry_nearby_that_cannot_be_read_is_a_note() {
    let repo = published();
    let public = repo.path().join("public").display().to_string();
    let args = ["verify", &public, "--client", "checkpoint"];
    for broken in
        ["title = \n", "title = \"Small\"\n", "title = \"S\"\nbase_url = \"https://a.example\"\n[signing]\nkeys = [\"x\"]\n"]
    {
        fs::write(repo.path().join("registry-data/registry.toml"), broken).expect("a file");
        let verified = run(&repo, &args, None);
        assert_eq!(verified.code, 0, "{}{}", verified.out, verified.err);
        assert!(verified.err.starts_with("note: the registry here cannot be read"), "{}", verified.err);
        assert!(verified.out.contains("a key of the site's own `/keys.txt`"), "{}", verified.out);
    }
}

#[test]
fn a_file_has_no_checkpoint() {
    let args = ["verify", "https://registry.example.com/kiro.json", "--client", "kiro", "--max-age", "1d"];
    let printed = gazette(Path::new("/"), &args);
    assert!(printed.contains("is one file, and a checkpoint is of a whole registry"), "{printed}");
    assert!(printed.contains("help: ") && printed.ends_with("exit 2\n"), "{printed}");
}

/// A host that answers everything as long as it is asked for.
#[test]
fn a_site_that_never_ends_is_read_to_an_end() {
    let endless = http(|request| match request.path() {
        "/checkpoint" => Response::new(302, "").with("location", "/checkpoint?again"),
        path => Response::new(200, vec![b' '; 1 << 20]).with("x-path", &path.replace(['\r', '\n'], "")),
    });
    let printed = gazette(Path::new("."), &["verify", &format!("http://{endless}"), "--client", "checkpoint", "--all"]);
    assert!(printed.contains("the checkpoint could not be read") && printed.ends_with("exit 1\n"), "{printed}");
}
