//! Publishing to a server that speaks S3, over the wire, by the real binary.

mod line;
mod night;
mod reader;
mod server;
mod storm;

use std::{
    path::Path,
    process::{Child, Command, Output},
};

use gazette::{
    adapters::s3::{S3, Spot},
    checkpoint::{Checkpoint, Trust},
    ports::{Body, Bucket, Headers, Trouble, When},
    publish::{CHECKPOINT, state},
};

use crate::repo::{Repo, alone};
use server::{Fault, Server};

use super::commands::{VERSION, registry};

const SETTINGS: &str = "[publish.wire]\ntarget = \"s3://registry/site\"\nendpoint = \"http://ADDRESS\"\nsigning = \"none\"\n";

struct Ran {
    text: String,
    code: i32,
}

impl Ran {
    fn of(command: &mut Command) -> Self {
        Self::said(command.output().expect("gazette runs"))
    }

    fn end(started: Child) -> Self {
        Self::said(started.wait_with_output().expect("gazette ends"))
    }

    fn said(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8 is printed");
        Self { text: text(output.stdout) + &text(output.stderr), code: output.status.code().expect("an exit status") }
    }
}

fn run(repo: &Repo, args: &[&str], secret: Option<&str>) -> Ran {
    Ran::of(&mut command(repo.path(), args, secret))
}

fn command(folder: &Path, args: &[&str], secret: Option<&str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gazette"));
    alone(command.args(args).current_dir(folder));
    if matches!(args[0], "publish" | "rollback") && !args.contains(&"--read-back") {
        command.arg("--no-read-back");
    }
    // What one that is killed leaves behind goes away with the repository.
    command.env("TMPDIR", folder.join(".git"));
    // Nothing of the machine's own: no profile, and no service that hands out credentials.
    for (key, value) in
        [("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_CONFIG_FILE", "none"), ("AWS_SHARED_CREDENTIALS_FILE", "none")]
    {
        command.env(key, value);
    }
    let keys =
        ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"];
    for key in keys {
        command.env_remove(key);
    }
    if let Some(secret) = secret {
        command.env("AWS_ACCESS_KEY_ID", server::KEY).env("AWS_SECRET_ACCESS_KEY", secret);
    }
    command
}

fn publish(repo: &Repo) -> String {
    let ran = run(repo, &["publish", "--grace", "0"], Some(server::SECRET));
    assert_eq!(ran.code, 0, "{}", ran.text);
    ran.text
}

fn repository(server: &Server) -> Repo {
    let settings = SETTINGS.replace("ADDRESS", &server.address);
    registry(&[(&["1.0.0+1"], &settings), (&["1.0.0+1", "1.1.0"], &settings)])
}

fn checkpoint(server: &Server) -> Checkpoint {
    Checkpoint::read(&server.body(&format!("site/{CHECKPOINT}")), &Trust::Anyone).expect("a checkpoint")
}

#[test]
fn a_bucket_holds_the_site_with_its_headers() {
    let server = Server::start();
    let repo = repository(&server);
    repo.git(&["checkout", "--quiet", "--detach", "main~1"]);
    assert!(publish(&repo).contains("publication 1"));
    let key = format!("site/{}", VERSION.replace("1.0.0", "1.0.0+1"));
    let (content_type, cache_control) = server.headers(&key);
    assert_eq!(content_type, "application/json");
    assert!(cache_control.starts_with("public, max-age=300"), "{cache_control}");
    assert_eq!(server.body(&key), server.body(&key.replace('+', " ")), "a literal plus is asked for as a space");
    assert!(server.keys().iter().all(|key| key.starts_with("site/")), "nothing outside the prefix");
    assert!(!server.keys().iter().any(|key| key.contains("nojekyll")), "what tells hosts of files is for folders");

    let requests = server.requests();
    let quiet = publish(&repo);
    assert!(quiet.contains("3 GET, 1 PUT, 0 DELETE, 0 LIST"), "{quiet}");
    assert_eq!(server.requests() - requests, 4, "and that is all that went over the wire");

    repo.git(&["checkout", "--quiet", "main"]);
    publish(&repo);
    assert_eq!((checkpoint(&server).publication, checkpoint(&server).serial), (3, 2));
    let state = state::State::parse(&server.body(&format!("site/{}", state::KEY))).expect("a state");
    assert!(state.is_settled() && state.waiting.is_empty(), "{state:?}");
    let back = run(&repo, &["rollback", "1", "--grace", "0"], Some(server::SECRET));
    assert_eq!(back.code, 0, "{}", back.text);
    assert_eq!(checkpoint(&server).serial, 1);
    assert!(!server.keys().iter().any(|key| key.ends_with("versions/1.1.0")), "what left is deleted");
    assert_eq!(run(&repo, &["gc"], Some(server::SECRET)).code, 0);
}

#[test]
fn a_server_in_trouble_is_asked_again() {
    let server = Server::start();
    let repo = repository(&server);
    // Each comes once, one request after the other.
    let faults = [Fault::Status(500), Fault::Status(503), Fault::Done, Fault::Status(429), Fault::Status(409), Fault::Done];
    for (at, fault) in faults.into_iter().enumerate() {
        server.fail(3 + at * 7, fault);
    }
    publish(&repo);
    assert_eq!(server.faults(), 0, "every fault was met");
    assert_eq!(checkpoint(&server).publication, 1);
    let repaired = run(&repo, &["publish", "--repair"], Some(server::SECRET));
    assert_eq!(repaired.code, 0, "{}", repaired.text);
}

#[test]
fn what_is_refused_is_said() {
    let server = Server::start();
    let repo = repository(&server);
    let without = run(&repo, &["publish"], None);
    assert_eq!(without.code, 2, "{}", without.text);
    assert!(without.text.contains("access denied") && without.text.contains("credentials"), "{}", without.text);
    let wrong = run(&repo, &["publish"], Some("wrong"));
    assert_eq!(wrong.code, 2, "{}", wrong.text);
    assert!(wrong.text.contains("access denied") && !wrong.text.contains("wrong"), "{}", wrong.text);
    assert!(server.keys().is_empty());
}

/// Nobody listens there; the words are those of people, and none of the library's own.
#[test]
fn a_server_that_is_not_there_is_said() {
    let repo = registry(&[(&["1.0.0"], &SETTINGS.replace("ADDRESS", "127.0.0.1:1"))]);
    let ran = run(&repo, &["gc"], Some(server::SECRET));
    assert_eq!(ran.code, 2, "{}", ran.text);
    assert!(ran.text.contains("Connection refused") && !ran.text.contains(['{', '}']), "{}", ran.text);
}

/// Without a region nobody knows where to ask, and nobody is asked.
#[test]
fn a_bucket_of_aws_needs_a_region() {
    let repo = repository(&Server::start());
    let ran = run(&repo, &["publish", "--target", "s3://registry/site", "--unsigned"], Some(server::SECRET));
    let said = "error: no region is set for `s3://registry/site`\n\
                help: add `region = \"eu-central-1\"` or the like below `[publish.NAME]` in registry.toml, or set `AWS_REGION`\n";
    assert_eq!(ran.code, 2, "{}", ran.text);
    assert!(ran.text.contains(said), "{}", ran.text);
}

/// Whoever is killed leaves a lease that keeps others away, and enough for the next to finish.
#[test]
fn whoever_is_killed_is_followed() {
    let server = Server::start();
    let repo = repository(&server);
    server.fail(25, Fault::Hang);
    let mut command = command(repo.path(), &["publish", "--jobs", "1"], Some(server::SECRET));
    let mut publisher = command.stdout(std::process::Stdio::null()).spawn().expect("gazette runs");
    server.wait_for_hang();
    publisher.kill().expect("it runs");
    publisher.wait().expect("it ends");
    assert!(!server.keys().contains(&format!("site/{CHECKPOINT}")));
    let early = run(&repo, &["publish"], Some(server::SECRET));
    assert_eq!(early.code, 2);
    assert!(early.text.contains("another publisher") && early.text.contains("--force"), "{}", early.text);
    let forced = run(&repo, &["publish", "--force"], Some(server::SECRET));
    assert_eq!(forced.code, 0, "{}", forced.text);
    assert_eq!(checkpoint(&server).publication, 1);
}

/// Where nothing would keep two publishers apart, it is said before anything is published.
#[test]
fn a_server_that_ignores_conditions_is_found_out() {
    let server = Server::start();
    server.ignore_conditions();
    let repo = repository(&server);
    let refused = run(&repo, &["publish"], Some(server::SECRET));
    assert_eq!(refused.code, 2, "{}", refused.text);
    assert!(refused.text.contains("ignores their conditions") && refused.text.contains("--allow unguarded"), "{}", refused.text);
    assert_eq!(server.keys(), [format!("site/{}", state::KEY)], "nothing is published");
    let allowed = run(&repo, &["publish", "--allow", "unguarded"], Some(server::SECRET));
    assert_eq!(allowed.code, 0, "{}", allowed.text);
    let later = publish(&repo);
    assert!(later.contains("renewed") && later.contains("3 GET, 1 PUT"), "{later}");
    let moved = run(&repo, &["publish", "--repair"], Some(server::SECRET));
    assert!(moved.code == 2 && moved.text.contains("--allow unguarded"), "{}", moved.text);
}

/// Whether it was done is known at once: it was not.
#[test]
fn what_is_too_large_for_one_request_is_not_sent() {
    let server = Server::start();
    let endpoint = format!("http://{}", server.address);
    let spot = Spot { bucket: "registry", prefix: "", endpoint: Some(&endpoint), region: None };
    let bucket = S3::open(&spot, 1).expect("a bucket");
    let headers = Headers { content_type: "application/json", cache_control: "no-store" };
    let large = Body::File { path: "nowhere".into(), size: (5 << 30) + 1 };
    let refused = bucket.put("dump", &large, headers, When::Always).expect_err("it is too large");
    assert!(matches!(&refused, Trouble::Unable(why) if why.contains("`dump` has 5368709121 bytes")), "{refused}");
    assert_eq!(server.requests(), 0);
}
