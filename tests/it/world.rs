//! What the world is asked about namespaces, over the wire: GitHub's accounts and files, TXT records, and the command
//! that says what to add.

use std::process::Command;

use gazette::{
    adapters::{
        dns::{Dns, Resolvers},
        github::{Access, RepositoryName, Token},
    },
    evidence::{AccountKind, At, Dnssec, Profile, SourceFile},
    ports::Trouble,
};
use hickory_resolver::proto::op::ResponseCode;
use serde_json::json;

use crate::{
    github::{GitHub, HOME, TOKEN, bot, user},
    loopback::{self, Response, Zone},
    repo::alone,
};

fn open(github: &GitHub) -> gazette::adapters::github::GitHub {
    let access = Access {
        api: url::Url::parse(&github.base).expect("an address"),
        token: Some(Token::new(TOKEN.to_owned())),
        cache: None,
        patience: std::time::Duration::ZERO,
    };
    gazette::adapters::github::GitHub::open(access, RepositoryName::parse(HOME).expect("a name"))
}

fn profile(id: u64, login: &str, kind: AccountKind) -> Profile {
    Profile { id, login: login.to_owned(), kind }
}

#[test]
fn accounts_are_who_they_are_now() {
    let github = GitHub::start();
    let organization = json!({ "id": 500, "login": "acme", "type": "Organization" });
    github.with(|state| {
        for (path, answer) in [
            ("/users/Alice", user(42, "alice")),
            ("/user/42", user(42, "alice")),
            ("/users/acme", organization.clone()),
            ("/users/old-name", user(42, "alice")),
            ("/users/helper", bot()),
            ("/user/7", user(8, "somebody-else")),
        ] {
            state.answers.insert(path.to_owned(), answer);
        }
    });
    let forge = open(&github);
    let alice = profile(42, "alice", AccountKind::User);
    assert_eq!(forge.account("Alice"), Ok(Some(alice.clone())));
    assert_eq!(forge.account_id(42), Ok(Some(alice)));
    assert_eq!(forge.account("acme"), Ok(Some(profile(500, "acme", AccountKind::Organization))));
    assert_eq!(forge.account("nobody"), Ok(None));
    assert_eq!(forge.account("old-name"), Ok(None), "an old login leads to its account, and is nobody's");
    assert!(matches!(forge.account("helper"), Err(Trouble::Other(_))), "an app is no account");
    assert!(forge.account_id(7).is_err(), "another account's answer is none");
    github.with(|state| state.faults.push(("/users/alice".to_owned(), Response::new(429, "{}"))));
    assert!(matches!(forge.account("alice"), Err(Trouble::Busy(_))));
    github.is_content();
}

#[test]
fn membership_is_public_and_of_the_same_accounts_all_along() {
    let github = GitHub::start();
    github.with(|state| {
        for (path, answer) in [
            ("/user/42", user(42, "alice")),
            ("/user/43", user(43, "bob")),
            ("/user/500", json!({ "id": 500, "login": "acme", "type": "Organization" })),
            ("/orgs/acme/public_members/alice", json!(null)),
        ] {
            state.answers.insert(path.to_owned(), answer);
        }
    });
    let forge = open(&github);
    assert_eq!(forge.is_member(500, 42), Ok(true));
    assert_eq!(forge.is_member(500, 43), Ok(false));
    assert_eq!(forge.is_member(501, 42), Ok(false));
    // The login passes to somebody else while the question is on its way.
    github.with(|state| {
        let renamed: crate::github::Happening = |state| drop(state.answers.insert("/user/42".to_owned(), user(42, "alicia")));
        state.events.push(("GET /orgs/acme/public_members/alice".to_owned(), 0, renamed));
    });
    assert!(matches!(forge.is_member(500, 42), Err(Trouble::Busy(_))));
    github.is_content();
}

#[test]
fn a_file_is_read_from_the_very_repository_whose_owner_is_told() {
    let github = GitHub::start();
    let repository = |owner: u64, fork: bool, private: bool| {
        json!({ "id": 11, "full_name": "acme/tool", "owner": { "id": owner, "login": "acme", "type": "Organization" },
            "fork": fork, "private": private, "default_branch": "trunk" })
    };
    github.with(|state| {
        for path in ["/repos/acme/tool", "/repositories/11"] {
            state.answers.insert(path.to_owned(), repository(500, false, false));
        }
        let contents = "/repositories/11/contents/mcp/server.json";
        state.raw.insert(format!("{contents}?ref=refs/heads/trunk"), "{\"a\": 1}".to_owned());
        state.raw.insert(format!("{contents}?ref=refs/tags/1.0.0"), "{\"a\": 2}".to_owned());
    });
    let forge = open(&github);
    let file = |text: Option<&str>| Ok(Some(SourceFile { owner: 500, fork: false, text: text.map(str::to_owned) }));
    assert_eq!(forge.file("acme/tool", "mcp/server.json", &At::DefaultBranch), file(Some("{\"a\": 1}")));
    assert_eq!(forge.file("acme/tool", "mcp/server.json", &At::Tag("1.0.0".to_owned())), file(Some("{\"a\": 2}")));
    assert_eq!(forge.file("acme/tool", "mcp/server.json", &At::Tag("2.0.0".to_owned())), file(None));
    assert_eq!(forge.file("acme/none", "server.json", &At::DefaultBranch), Ok(None));
    assert!(
        forge.file("acme/tool", "../server.json", &At::DefaultBranch).is_err_and(|why| matches!(why, Trouble::Missing(_)))
            || forge.file("acme/tool", "../server.json", &At::DefaultBranch) == file(None)
    );
    github.with(|state| {
        for path in ["/repos/acme/tool", "/repositories/11"] {
            state.answers.insert(path.to_owned(), repository(500, true, false));
        }
    });
    assert!(forge.file("acme/tool", "mcp/server.json", &At::DefaultBranch).is_ok_and(|file| file.is_some_and(|file| file.fork)));
    // It is given to somebody else between two requests.
    github.with(|state| drop(state.answers.insert("/repositories/11".to_owned(), repository(66, false, false))));
    assert!(matches!(forge.file("acme/tool", "mcp/server.json", &At::DefaultBranch), Err(Trouble::Busy(_))));
    github.with(|state| drop(state.answers.insert("/repos/acme/tool".to_owned(), repository(500, false, true))));
    assert_eq!(forge.file("acme/tool", "mcp/server.json", &At::DefaultBranch), Ok(None), "a private one shows nothing");
    github.is_content();
}

fn txt(zones: &[&[(&'static str, Zone)]], name: &str) -> Result<Vec<String>, String> {
    let resolvers = Resolvers::These(zones.iter().map(|zones| loopback::resolver(zones)).collect());
    let dns = Dns::open(&resolvers, false).expect("a runtime");
    dns.txt(name).map(|txt| {
        assert_eq!(txt.dnssec, Dnssec::Unknown);
        txt.records
    })
}

#[test]
fn txt_records_are_what_every_resolver_says() {
    let said: &[(&'static str, Zone)] = &[
        ("example.com", Zone::Txt(vec![vec!["v=spf1 -all"], vec!["mcp-verify=", "github:42"]])),
        ("www.example.com", Zone::Alias("example.net", vec!["mcp-verify=github:7"])),
        ("down.example.com", Zone::Fails(ResponseCode::ServFail)),
        ("closed.example.com", Zone::Fails(ResponseCode::Refused)),
        ("gone.example.com", Zone::HangsUp),
        ("bare.example.com", Zone::Txt(vec![])),
    ];
    let records = Ok(vec!["mcp-verify=github:42".to_owned(), "v=spf1 -all".to_owned()]);
    assert_eq!(txt(&[said], "example.com"), records);
    assert_eq!(txt(&[said, said, said], "example.com"), records);
    assert_eq!(txt(&[said], "www.example.com"), Ok(vec!["mcp-verify=github:7".to_owned()]));
    assert_eq!(txt(&[said], "bare.example.com"), Ok(vec![]));
    assert_eq!(txt(&[said], "none.example.com"), Ok(vec![]));
    for failing in ["down.example.com", "closed.example.com", "gone.example.com"] {
        assert!(txt(&[said], failing).is_err(), "{failing}");
    }
}

#[test]
fn one_resolver_that_says_otherwise_is_enough_to_say_nothing() {
    let honest: &[(&'static str, Zone)] = &[("example.com", Zone::Txt(vec![vec!["mcp-verify=github:42"]]))];
    let forged: &[(&'static str, Zone)] = &[("example.com", Zone::Txt(vec![vec!["mcp-verify=github:66"]]))];
    let behind: &[(&'static str, Zone)] = &[];
    let failing: &[(&'static str, Zone)] = &[("example.com", Zone::Fails(ResponseCode::ServFail))];
    for other in [forged, behind] {
        for zones in [[honest, honest, other], [other, honest, honest]] {
            assert!(txt(&zones, "example.com").is_err_and(|why| why.contains("do not agree")));
        }
    }
    assert!(txt(&[honest, failing], "example.com").is_err());
}

pub(crate) fn run(
    dir: &std::path::Path,
    args: &[&str],
    github: &GitHub,
    zones: &[(&'static str, Zone)],
    stand_in: &str,
) -> String {
    let resolver = loopback::resolver(zones).to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gazette"));
    command.args(args).args(["--api", &github.base, "--resolver", &resolver, "--no-dnssec", "--patience", "0"]);
    command.args(["--stand-in", stand_in]).env("GITHUB_TOKEN", TOKEN).current_dir(dir);
    let output = alone(&mut command).output().expect("gazette runs");
    let code = output.status.code().expect("an exit status");
    format!("{}{}exit {code}\n", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub(crate) fn web(status: u16, body: &'static str) -> String {
    format!("http://{}", loopback::http(move |_| Response::new(status, body)))
}

#[test]
fn verify_domain_says_what_to_add_and_whether_it_is_there() {
    let github = GitHub::start();
    github.with(|state| drop(state.answers.insert("/users/alice".to_owned(), user(42, "alice"))));
    let here = tempfile::tempdir().expect("a folder");
    let asked = ["verify-domain", "api.Example.com", "--login", "alice"];
    let nothing = web(404, "");
    let printed = run(here.path(), &asked, &github, &[], &nothing);
    assert!(printed.contains("api.example.com. TXT \"mcp-verify=github:42\""), "{printed}");
    assert!(printed.contains("https://api.example.com/.well-known/mcp-registry-auth\n  mcp-verify=github:42"), "{printed}");
    assert!(
        printed.contains("TXT of _mcp-registry.example.com: no record of ours") && printed.ends_with("exit 1\n"),
        "{printed}"
    );
    let zone = [("_mcp-registry.example.com", Zone::Txt(vec![vec!["mcp-verify=github:42"]]))];
    let printed = run(here.path(), &asked, &github, &zone, &nothing);
    assert!(printed.contains("TXT of _mcp-registry.example.com: names account 42") && printed.ends_with("exit 0\n"), "{printed}");
    let printed = run(here.path(), &asked, &github, &[], &web(200, "mcp-verify=github:42\n"));
    assert!(printed.ends_with("mcp-registry-auth: names account 42\nexit 0\n"), "{printed}");
    let printed = run(here.path(), &asked, &github, &[], &web(200, "mcp-verify=github:alice\n"));
    assert!(printed.contains("counts for a first claim only") && printed.ends_with("exit 1\n"), "{printed}");
    let printed = run(here.path(), &asked, &github, &[("example.com", Zone::Fails(ResponseCode::ServFail))], &nothing);
    assert!(printed.contains("could not be asked") && printed.ends_with("exit 2\n"), "{printed}");
    for (domain, why) in [("co.uk", "shared by strangers"), ("localhost", "is no domain"), ("127.0.0.1", "is no domain")] {
        let printed = run(here.path(), &["verify-domain", domain, "--id", "42"], &github, &[], &nothing);
        assert!(printed.contains(why) && printed.ends_with("exit 2\n"), "{printed}");
    }
    github.is_content();
}
