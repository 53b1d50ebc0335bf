//! Claims of namespaces, each proved or not proved over the wire: GitHub, a resolver and a web host on this machine answer what
//! the rules ask, and the gate says what came of it.

use serde_json::{Value, json};

use crate::{
    gate::Case,
    github::user,
    loopback::{self, Response, Zone},
};

const MAINTAINED: &str = "[[maintainer]]\ngithub_id = 9\ngithub_login = \"keeper\"\n";

fn alice() -> Value {
    user(42, "alice")
}

fn acme() -> Value {
    json!({ "id": 500, "login": "acme", "type": "Organization" })
}

fn claim(subject: &str, proof: &str) -> String {
    format!(
        "[subject]\n{subject}\n\n[[owner]]\ngithub_id = 42\ngithub_login = \"alice\"\nproof = \"{proof}\"\nproved_at = \"2026-11-21\"\n"
    )
}

fn entry(namespace: &str) -> String {
    let value = json!({
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": format!("{namespace}/echo"), "description": "Says what it is told.", "version": "1.0.0",
        "remotes": [{ "type": "streamable-http", "url": format!("https://{namespace}.example.org/mcp") }]
    });
    serde_json::to_string_pretty(&value).expect("JSON") + "\n"
}

/// What the world says of a claim, and what the gate is to make of it.
struct World {
    accounts: Vec<(&'static str, Value)>,
    zones: Vec<(&'static str, Zone)>,
    web: Response,
    head_owner: Value,
}

impl World {
    fn new() -> Self {
        let accounts = vec![("/users/alice", alice()), ("/user/42", alice())];
        Self { accounts, zones: Vec::new(), web: Response::new(404, ""), head_owner: alice() }
    }

    /// The status that the gate sets, and its comment.
    fn judge(self, namespace: &str, file: &str) -> (String, String) {
        let (path, server) =
            (format!("registry-data/namespaces/{namespace}.toml"), format!("registry-data/servers/{namespace}/echo/1.0.0.json"));
        let case = Case::new(MAINTAINED, &alice(), &[(&path, file), (&server, &entry(namespace))]);
        case.github.with(|state| {
            state.answers.extend(self.accounts.into_iter().map(|(path, answer)| (path.to_owned(), answer)));
            state.at("pulls/7")["head"]["repo"]["owner"] = self.head_owner;
        });
        let resolver = loopback::resolver(&self.zones).to_string();
        let web = self.web;
        let stand_in = format!("http://{}", loopback::http(move |_| web.clone()));
        let printed = case.gate(&["--resolver", &resolver, "--stand-in", &stand_in]);
        let status = printed.split("status ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or(&printed).to_owned();
        case.github.is_content();
        (status, case.github.comment(7))
    }
}

#[track_caller]
fn comes_to((status, comment): (String, String), expected: &str, words: &str) {
    assert!(status == expected && comment.contains(words), "{status}, and not {expected} with {words}:\n{comment}");
}

const USER: &str = "kind = \"user\"\ngithub_id = 42\ngithub_login = \"alice\"";
const ORGANIZATION: &str = "kind = \"organization\"\ngithub_id = 500\ngithub_login = \"acme\"";
const DOMAIN: &str = "kind = \"domain\"";

#[test]
fn an_account_claims_its_own_namespace_and_no_other() {
    comes_to(
        World::new().judge("io.github.alice", &claim(USER, "account")),
        "success",
        "`io.github.alice` is claimed by `account`",
    );
    // The login has passed to somebody else.
    let mut recycled = World::new();
    recycled.accounts = vec![("/users/alice", user(77, "alice")), ("/user/42", user(42, "alice-renamed"))];
    comes_to(recycled.judge("io.github.alice", &claim(USER, "account")), "failure", "reject[author-may-touch-path]");
}

#[test]
fn an_organizations_namespace_is_claimed_from_its_own_repository() {
    let world = |head_owner: Value| {
        let mut world = World::new();
        world.accounts.extend([("/users/acme", acme()), ("/user/500", acme())]);
        World { head_owner, ..world }
    };
    let subject = |world: World, proof: &str| world.judge("io.github.acme", &claim(ORGANIZATION, proof));
    comes_to(subject(world(acme()), "fork"), "success", "`io.github.acme` is claimed");
    let (status, comment) = subject(world(alice()), "fork");
    assert_ne!(status, "success", "{comment}");
    // A public member is believed, and looked at.
    let mut member = world(alice());
    member.accounts.push(("/orgs/acme/public_members/alice", json!(null)));
    comes_to(subject(member, "member"), "pending", "review[author-may-touch-path]");
    let (status, comment) = subject(world(alice()), "member");
    assert_ne!(status, "success", "{comment}");
}

#[test]
fn a_domain_is_claimed_by_what_it_says() {
    let judge = |zones: &[(&'static str, Zone)], web: Response, proof: &str| {
        World { zones: zones.to_vec(), web, ..World::new() }.judge("org.example.api", &claim(DOMAIN, proof))
    };
    let record = |text: &'static str| Zone::Txt(vec![vec!["v=spf1 -all"], vec![text]]);
    let nothing = || Response::new(404, "");
    let mine = "mcp-verify=github:42";
    for name in ["api.example.org", "_mcp-registry.api.example.org", "example.org", "_mcp-registry.example.org"] {
        comes_to(judge(&[(name, record(mine))], nothing(), "dns"), "success", "`org.example.api` is claimed");
    }
    for (name, text) in [
        ("org", mine),
        ("www.example.org", mine),
        ("example.com", mine),
        ("api.examp1e.org", mine),
        ("api.example.org", "mcp-verify=github:66"),
        ("api.example.org", "mcp-verify=github:420"),
        ("api.example.org", "xmcp-verify=github:42"),
    ] {
        let (status, comment) = judge(&[(name, record(text))], nothing(), "dns");
        assert_ne!(status, "success", "{name} {text}\n{comment}");
    }
    let failing = Zone::Fails(hickory_resolver::proto::op::ResponseCode::ServFail);
    comes_to(judge(&[("api.example.org", failing)], nothing(), "dns"), "pending", "review[author-may-touch-path]");
    comes_to(judge(&[], Response::new(200, mine), "web"), "success", "`org.example.api` is claimed");
    let (status, comment) = judge(&[], Response::new(302, "").with("location", "https://attacker.example/"), "web");
    assert_ne!(status, "success", "{comment}");
    comes_to(judge(&[], Response::new(503, ""), "web"), "pending", "review[author-may-touch-path]");
}
