//! `gazette sweep`: every proof on record, put to the test again over the wire, and the one issue about what was found.

use serde_json::{Value, json};

use crate::{
    github::{GitHub, HOME, user},
    loopback::Zone,
    repo::{File, Repo},
    world::{run, web},
};

const CONFIG: &str =
    "title = \"T\"\nbase_url = \"https://registry.example.com\"\n\n[[maintainer]]\ngithub_id = 9\ngithub_login = \"keeper\"\n";

/// A public key, and its signature over the file of `net.signed` below.
const KEY: &str = "v=MCPv1; k=ed25519; p=a1+06aU3JR0OFWfqGte08u4XL55MI3hYLDI0UXOnzS0=";
const OTHER_KEY: &str = "v=MCPv1; k=ed25519; p=6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";
const SIGNATURE: &str = "xxIP4MHw1Fw26Z7e0MZDGE4jJx3DPCLLQWieLUC6cU/RtD52wpQ8lyZlysTbwvZ/z+IevrKj6l+U3+j2Xpu3BA==";

fn owner(id: u64, login: &str, proof: &str) -> String {
    format!("\n[[owner]]\ngithub_id = {id}\ngithub_login = \"{login}\"\n{proof}\nproved_at = \"2026-01-01\"\n")
}

fn namespace(name: &str, subject: &str, owners: &[String]) -> File {
    File::new(&format!("registry-data/namespaces/{name}.toml"), format!("[subject]\n{subject}\n{}", owners.concat()))
}

const DOMAIN: &str = "kind = \"domain\"";

/// A registry with these namespaces, and a GitHub that knows these accounts by number and by login.
fn registry(namespaces: Vec<File>, accounts: &[Value]) -> (Repo, GitHub) {
    let repo = Repo::new();
    repo.commit_trees(&[[vec![File::new("registry-data/registry.toml", CONFIG)], namespaces].concat()]);
    repo.check_out();
    let github = GitHub::start();
    github.with(|state| {
        state.answers.insert(format!("/repos/{HOME}/issues"), json!([]));
        for account in accounts {
            let (id, login) = (&account["id"], account["login"].as_str().expect("a login"));
            state.answers.insert(format!("/user/{id}"), account.clone());
            state.answers.insert(format!("/users/{login}"), account.clone());
        }
        state.expects.extend(["POST issue", "PATCH issue"]);
    });
    (repo, github)
}

fn organization(id: u64, login: &str) -> Value {
    json!({ "id": id, "login": login, "type": "Organization" })
}

fn gone(github: &GitHub, id: u64) {
    github.with(|state| drop(state.answers.remove(&format!("/user/{id}"))));
}

const SWEEP: [&str; 3] = ["sweep", "--repo", HOME];

#[test]
fn what_no_longer_holds_is_found_and_kept_in_one_issue() {
    let owners = [
        owner(42, "ann", "proof = \"dns\""),
        owner(43, "bob", "proof = \"web\""),
        owner(44, "cyd", "proof = \"owner\"\nby = 42"),
    ];
    let accounts = [user(42, "ann"), user(43, "bob"), user(44, "cyd")];
    let (repo, github) = registry(vec![namespace("com.example", DOMAIN, &owners)], &accounts);
    let zones = [("example.com", Zone::Txt(vec![vec!["mcp-verify=github:42"]]))];
    let sweep = |zones: &[(&'static str, Zone)], web: String| run(repo.path(), &SWEEP, &github, zones, &web);
    let there = || web(200, "mcp-verify=github:43");
    let printed = sweep(&zones, there());
    assert_eq!(printed, "3 proofs: 0 no longer hold, 0 are worth a look, 0 could not be asked\nexit 0\n");
    assert_eq!(github.writes(), [""; 0]);
    let printed = sweep(&[], there());
    assert_eq!(
        printed,
        "no longer holds: com.example: account 42 by `dns`: no TXT record `mcp-verify=github:42` stands at `example.com` or \
         `_mcp-registry.example.com`\n\
         worth a look: com.example: account 44 by `owner`: account 42 vouched for it, whose own proof no longer holds\n\
         3 proofs: 1 no longer hold, 1 are worth a look, 0 could not be asked\nexit 1\n"
    );
    assert_eq!(github.writes(), ["POST issue"]);
    let issue = github.with(|state| state.at("issues")[0]["body"].as_str().expect("a text").to_owned());
    assert!(
        issue.starts_with("<!-- gazette: sweep -->\n") && issue.contains("```text\ncom.example: account 42 by `dns`"),
        "{issue}"
    );
    // The same again is not said again; what changes is, and what is mended closes it.
    sweep(&[], there());
    assert_eq!(github.writes(), ["POST issue"]);
    gone(&github, 44);
    let printed = sweep(&zones, web(503, ""));
    assert!(printed.contains("could not be asked: com.example: account 43 by `web`: `example.com` answered 503"), "{printed}");
    assert!(
        printed.contains("account 44 by `owner`: there is no account 44 any more") && printed.ends_with("exit 2\n"),
        "{printed}"
    );
    assert_eq!(github.writes(), ["POST issue", "PATCH issue"]);
    github.with(|state| drop(state.answers.insert("/user/44".to_owned(), user(44, "cyd"))));
    assert!(sweep(&zones, there()).ends_with("exit 0\n"));
    assert_eq!(github.writes(), ["POST issue", "PATCH issue", "PATCH issue"]);
    github.with(|state| assert_eq!(state.at("issues")[0]["state"], "closed"));
    github.is_content();
}

/// A stranger's issue with the marker is not the sweep's.
#[test]
fn only_its_own_issue_is_changed() {
    let owners = [owner(42, "ann", "proof = \"dns\"")];
    let (repo, github) = registry(vec![namespace("com.example", DOMAIN, &owners)], &[user(42, "ann")]);
    let stranger = json!({ "number": 5, "user": user(66, "mallory"), "body": "<!-- gazette: sweep -->\nEvery proof holds.", "state": "open" });
    github.with(|state| *state.at("issues") = json!([stranger]));
    run(repo.path(), &SWEEP, &github, &[], &web(404, ""));
    run(repo.path(), &SWEEP, &github, &[("example.com", Zone::Txt(vec![vec!["mcp-verify=github:42"]]))], &web(404, ""));
    assert_eq!(github.writes(), ["POST issue", "PATCH issue"]);
    github.with(|state| assert_eq!(state.at("issues")[0], stranger));
    github.is_content();
}

/// Every kind of proof, where it holds and where it does not.
#[test]
fn every_kind_of_proof_is_asked_for_again() {
    let user_of = |id: u64, login: &str| format!("kind = \"user\"\ngithub_id = {id}\ngithub_login = \"{login}\"");
    let acme = "kind = \"organization\"\ngithub_id = 500\ngithub_login = \"acme\"";
    let signed = namespace("net.signed", DOMAIN, &[owner(42, "ann", "proof = \"key\"")]);
    let namespaces = vec![
        namespace("io.github.ann", &user_of(42, "ann"), &[owner(42, "ann", "proof = \"account\"")]),
        namespace(
            "io.github.acme",
            acme,
            &[
                owner(42, "ann", "proof = \"fork\""),
                owner(43, "bob", "proof = \"member\""),
                owner(44, "cyd", "proof = \"grant\"\nby = 9"),
            ],
        ),
        namespace("com.example", DOMAIN, &[owner(43, "bob", "proof = \"dns\"")]),
        namespace("com.example.team", DOMAIN, &[owner(44, "cyd", "proof = \"owner\"\nby = 43")]),
        File::new("registry-data/namespaces/net.signed.toml.sig", SIGNATURE),
        signed,
    ];
    let accounts = [user(42, "ann"), user(43, "bob"), user(44, "cyd"), user(66, "mallory"), organization(500, "acme")];
    let (repo, github) = registry(namespaces, &accounts);
    github.with(|state| drop(state.answers.insert("/orgs/acme/public_members/bob".to_owned(), json!(null))));
    // A record may name a login, while it is that account's.
    let zones = |key: &'static str| {
        [("example.com", Zone::Txt(vec![vec!["mcp-verify=github:bob"]])), ("signed.net", Zone::Txt(vec![vec![key]]))]
    };
    let sweep = |zones: &[(&'static str, Zone)]| run(repo.path(), &SWEEP, &github, zones, &web(404, ""));
    assert_eq!(sweep(&zones(KEY)), "7 proofs: 0 no longer hold, 0 are worth a look, 0 could not be asked\nexit 0\n");

    // The key was exchanged: the file is signed by none that the domain publishes now.
    let printed = sweep(&zones(OTHER_KEY));
    assert!(
        printed.contains("worth a look: net.signed: account 42 by `key`: no key that the domain publishes signed"),
        "{printed}"
    );
    // It publishes none any more.
    let printed = sweep(&zones("v=spf1 -all"));
    assert!(printed.contains("no longer holds: net.signed: account 42 by `key`: `signed.net` publishes no key"), "{printed}");
    // One is no member any more, and renamed: what names the old login names nobody, or somebody else.
    github.with(|state| {
        state.answers.remove("/orgs/acme/public_members/bob");
        state.answers.insert("/user/43".to_owned(), user(43, "robert"));
        state.answers.insert("/user/42".to_owned(), user(42, "anna"));
        state.answers.insert("/users/ann".to_owned(), user(66, "ann"));
    });
    let printed = sweep(&zones(KEY));
    for line in [
        "no longer holds: com.example: account 43 by `dns`: no TXT record `mcp-verify=github:43` stands at",
        "no longer holds: io.github.acme: account 43 by `member`: `robert` (account 43) is no public member of organization 500",
        "worth a look: io.github.ann: `ann` is the login of account 66 now, who owns nothing by it",
        "worth a look: io.github.ann: account 42 by `account`: account 42 is called `anna` now, and `ann` in the file",
    ] {
        assert!(printed.contains(line), "{line}\n{printed}");
    }
    // The organization is gone.
    gone(&github, 500);
    let printed = sweep(&zones(KEY));
    assert!(printed.contains("no longer holds: io.github.acme: there is no account 500 any more"), "{printed}");
    github.is_content();
}

/// A word stands until it is taken back, and whoever gave it may be nobody any more.
#[test]
fn whose_word_it_was_is_looked_at() {
    let owners = [owner(44, "cyd", "proof = \"owner\"\nby = 99"), owner(45, "dee", "proof = \"grant\"\nby = 8")];
    let (repo, github) = registry(vec![namespace("com.example", DOMAIN, &owners)], &[user(44, "cyd"), user(45, "dee")]);
    let printed = run(repo.path(), &SWEEP, &github, &[], &web(404, ""));
    assert_eq!(
        printed,
        "worth a look: com.example: account 44 by `owner`: account 99 vouched for it, and is no owner any more\n\
         worth a look: com.example: account 45 by `grant`: account 8 granted it, and is no maintainer any more\n\
         2 proofs: 0 no longer hold, 2 are worth a look, 0 could not be asked\nexit 0\n"
    );
    assert_eq!(github.writes(), ["POST issue"]);
    github.is_content();
}
