//! A GitHub of our own, stricter than the real one: it gives recorded shapes of answers page by page, and takes down what the
//! real one would let pass, such as a merge that pins no commit or a status for a commit that nobody judged.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use gazette::digest::Sha256;
use serde_json::{Value, json};

use crate::loopback::{self, Request, Response};

pub(crate) const TOKEN: &str = "ghs_ThisIsTheTokenOfTheTests0123456789";

/// The account that the gate acts as.
pub(crate) const GATE: u64 = 41_898_282;

pub(crate) const HOME: &str = "acme/registry";

/// The clock of this GitHub.
const DATE: &str = "Sat, 21 Nov 2026 13:14:44 GMT";

/// What somebody else does meanwhile.
pub(crate) type Happening = fn(&mut State);

/// Everything that it knows, and what happened to it.
pub(crate) struct State {
    /// Answers by path; lists are paged.
    pub(crate) answers: BTreeMap<String, Value>,
    /// Files by path and ref, as raw bytes.
    pub(crate) raw: BTreeMap<String, String>,
    /// What to answer first, before the real answer: by a part of the path.
    pub(crate) faults: Vec<(String, Response)>,
    /// Changes made to the state just before a request is answered: `METHOD path`, and how often it is passed over.
    pub(crate) events: Vec<(String, usize, Happening)>,
    /// The writes that the test expects, by their first two words: `POST status` and the like.
    pub(crate) expects: BTreeSet<&'static str>,
    /// The commits that may be judged.
    pub(crate) judged: BTreeSet<String>,
    /// How many items a page has at most.
    pub(crate) page: usize,
    pub(crate) writes: Vec<String>,
    pub(crate) wrong: Vec<String>,
    pub(crate) unchanged: usize,
    pub(crate) asked: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct GitHub {
    pub(crate) base: String,
    state: Arc<Mutex<State>>,
}

pub(crate) fn user(id: u64, login: &str) -> Value {
    json!({ "id": id, "login": login, "type": "User", "site_admin": false })
}

pub(crate) fn bot() -> Value {
    json!({ "id": GATE, "login": "github-actions[bot]", "type": "Bot" })
}

fn repository(id: u64, full_name: &str, owner: &Value) -> Value {
    json!({
        "id": id, "full_name": full_name, "name": full_name.rsplit('/').next(), "owner": owner, "private": false,
        "fork": id != 1, "default_branch": "main", "allow_squash_merge": true, "allow_rebase_merge": false,
        "allow_merge_commit": false
    })
}

impl GitHub {
    /// With a repository, and nothing in it.
    pub(crate) fn start() -> Self {
        let organization = json!({ "id": 500, "login": "acme", "type": "Organization" });
        let rules = json!([
            { "type": "required_status_checks", "parameters": {
                "strict_required_status_checks_policy": true, "required_status_checks": [{ "context": "gazette" }] } },
            { "type": "pull_request", "parameters": { "allowed_merge_methods": ["squash"] } },
            { "type": "deletion" }
        ]);
        let answers = [
            (format!("/repos/{HOME}"), repository(1, HOME, &organization)),
            (format!("/repos/{HOME}/rules/branches/main"), rules),
        ];
        let state = State {
            answers: answers.into_iter().collect(),
            raw: BTreeMap::new(),
            faults: Vec::new(),
            events: Vec::new(),
            expects: ["POST status", "POST comment", "PATCH comment", "POST label", "DELETE label"].into(),
            judged: BTreeSet::new(),
            page: 2,
            writes: Vec::new(),
            wrong: Vec::new(),
            unchanged: 0,
            asked: Vec::new(),
        };
        let state = Arc::new(Mutex::new(state));
        let served = state.clone();
        let address = loopback::http(move |request| served.lock().expect("a state").answer(request));
        Self { base: format!("http://{address}"), state }
    }

    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().expect("a state"))
    }

    /// A pull request from somebody's fork, with the files that it shows as changed.
    pub(crate) fn pull(&self, number: u64, author: &Value, base: &str, head: &str, files: &[&str]) {
        self.with(|state| {
            let home = state.answers[&format!("/repos/{HOME}")].clone();
            let login = author["login"].as_str().expect("a login");
            let pull = json!({
                "number": number, "state": "open", "draft": false, "created_at": "2026-11-20T06:30:00Z", "user": author,
                "title": "$(touch /tmp/owned) ::set-output name=a::b", "body": "@everybody `$(id)`",
                "head": { "ref": "main", "sha": head, "repo": repository(2, &format!("{login}/fork"), author) },
                "base": { "ref": "main", "sha": base, "repo": home },
                "labels": [], "changed_files": files.len(), "comments": 0, "review_comments": 0, "mergeable": true
            });
            let files: Vec<Value> = files.iter().map(|file| json!({ "filename": file, "status": "added" })).collect();
            state.judged.insert(head.to_owned());
            for (path, answer) in [
                (format!("pulls/{number}"), pull.clone()),
                (format!("pulls/{number}/files"), Value::Array(files)),
                (format!("pulls/{number}/reviews"), json!([])),
                (format!("pulls/{number}/comments"), json!([])),
                (format!("issues/{number}/comments"), json!([])),
                (format!("issues/{number}/events"), json!([])),
                (format!("commits/{head}/statuses"), json!([])),
                ("branches/main".to_owned(), json!({ "name": "main", "commit": { "sha": base } })),
            ] {
                state.answers.insert(format!("/repos/{HOME}/{path}"), answer);
            }
            let pulls = state.answers.entry(format!("/repos/{HOME}/pulls")).or_insert_with(|| json!([]));
            pulls.as_array_mut().expect("a list").push(pull);
        });
    }

    /// What must hold at the end of every test.
    pub(crate) fn is_content(&self) {
        self.with(|state| assert!(state.wrong.is_empty(), "{}", state.wrong.join("\n")));
    }

    pub(crate) fn writes(&self) -> Vec<String> {
        self.with(|state| state.writes.clone())
    }

    /// The one comment of the gate on a pull request.
    pub(crate) fn comment(&self, number: u64) -> String {
        self.with(|state| {
            let comments = state.answers[&format!("/repos/{HOME}/issues/{number}/comments")].as_array().expect("a list").clone();
            let mut mine = comments.iter().filter(|comment| comment["user"]["id"] == GATE);
            let comment = mine.next().expect("a comment")["body"].as_str().expect("a text").to_owned();
            assert!(mine.next().is_none(), "the gate has two comments");
            comment
        })
    }
}

impl State {
    pub(crate) fn at(&mut self, path: &str) -> &mut Value {
        self.answers.get_mut(&format!("/repos/{HOME}/{path}")).unwrap_or_else(|| panic!("nothing at {path}"))
    }

    /// Somebody says something on a pull request.
    pub(crate) fn say(&mut self, number: u64, who: &Value, text: &str) {
        let id = 9_000 + self.writes.len() + self.at(&format!("issues/{number}/comments")).as_array().expect("a list").len();
        let comment = json!({ "id": id, "user": who, "body": text, "html_url": format!("https://github.example.com/{id}") });
        self.at(&format!("issues/{number}/comments")).as_array_mut().expect("a list").push(comment);
        self.count(number);
    }

    pub(crate) fn count(&mut self, number: u64) {
        let count = self.at(&format!("issues/{number}/comments")).as_array().expect("a list").len();
        self.at(&format!("pulls/{number}"))["comments"] = json!(count);
    }

    fn answer(&mut self, request: &Request) -> Response {
        let line = format!("{} {}", request.method, request.path());
        self.asked.push(line.clone());
        if request.headers.get("authorization") != Some(&format!("Bearer {TOKEN}")) {
            self.wrong.push(format!("{line} comes without the token"));
        }
        if let Some(at) = self.events.iter().position(|(when, _, _)| *when == line) {
            if self.events[at].1 == 0 {
                let (_, _, happen) = self.events.remove(at);
                happen(self);
            } else {
                self.events[at].1 -= 1;
            }
        }
        if let Some(at) = self.faults.iter().position(|(path, _)| line.contains(path.as_str())) {
            return self.faults.remove(at).1.with("date", DATE);
        }
        let response = if request.method == "GET" { self.read(request) } else { self.write(request, &line) };
        response.with("date", DATE).with("x-ratelimit-remaining", "4999")
    }

    fn read(&mut self, request: &Request) -> Response {
        let path = request.path();
        if path == "/user" {
            return Response::new(403, r#"{"message": "Resource not accessible by integration"}"#);
        }
        let reference = request.query("ref").map(|at| format!("?ref={at}")).unwrap_or_default();
        if let Some(raw) = self.raw.get(&format!("{path}{reference}")) {
            return fresh(request, raw.clone().into_bytes(), false, &mut self.unchanged);
        }
        // What GitHub knows and this test says nothing of is not there; what it does not know is a mistake of ours.
        let is_known = ["/users/", "/user/", "/orgs/", "/repositories/", "/repos/"].iter().any(|known| path.starts_with(known));
        let Some(answer) = self.answers.get(path) else {
            if !is_known || path.starts_with(&format!("/repos/{HOME}/")) {
                self.wrong.push(format!("nobody knows the route GET {path}"));
            }
            return Response::new(404, r#"{"message": "Not Found"}"#);
        };
        let Some(all) = answer.as_array() else {
            let body = if answer.is_null() { Vec::new() } else { answer.to_string().into_bytes() };
            return if answer.is_null() { Response::new(204, "") } else { fresh(request, body, false, &mut self.unchanged) };
        };
        let number = |name: &str| request.query(name).and_then(|text| text.parse::<usize>().ok());
        let (Some(per_page @ 1..=100), Some(page @ 1..)) = (number("per_page"), number("page")) else {
            self.wrong.push(format!("GET {path} asks for no page"));
            return Response::new(422, r#"{"message": "no page"}"#);
        };
        let size = per_page.min(self.page);
        let items: Vec<&Value> = all.iter().skip((page - 1) * size).take(size).collect();
        let body = serde_json::to_vec(&items).expect("JSON");
        let more = page * size < all.len();
        let response = fresh(request, body, more && size < 100, &mut self.unchanged);
        if more {
            // Only that there is a next page may be taken from here, not where it is.
            return response.with("link", "<https://attacker.example/next?page=2>; rel=\"next\"");
        }
        response
    }

    fn write(&mut self, request: &Request, line: &str) -> Response {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let parts: Vec<&str> = request.path().trim_start_matches(&format!("/repos/{HOME}/")).split('/').collect();
        let (kind, response) = match (request.method.as_str(), &parts[..]) {
            ("POST", ["statuses", sha]) => self.status(sha, &body),
            ("POST", ["issues", number, "comments"]) => {
                let number = number.parse().expect("a number");
                self.say(number, &bot(), body["body"].as_str().unwrap_or_default());
                let said = self.at(&format!("issues/{number}/comments")).as_array().and_then(|all| all.last().cloned());
                ("POST comment", Response::new(201, said.expect("a comment").to_string()))
            }
            ("PATCH", ["issues", "comments", id]) => ("PATCH comment", self.change_comment(id, &body)),
            ("POST", ["issues", number, "labels"]) => {
                let names = body["labels"].as_array().cloned().unwrap_or_default();
                let labels = names.iter().map(|name| json!({ "name": name }));
                let path = format!("pulls/{number}");
                self.at(&path)["labels"].as_array_mut().expect("a list").extend(labels);
                ("POST label", Response::new(200, "[]"))
            }
            ("DELETE", ["issues", number, "labels", name]) => {
                let name = name.replace("%20", " ");
                let path = format!("pulls/{number}");
                self.at(&path)["labels"].as_array_mut().expect("a list").retain(|label| label["name"] != name.as_str());
                ("DELETE label", Response::new(200, "[]"))
            }
            ("PUT", ["pulls", number, "merge"]) => ("PUT merge", self.merge(number, &body)),
            ("POST", ["actions", "workflows", _, "dispatches"]) => ("POST dispatch", Response::new(204, "")),
            ("POST", ["issues"]) => {
                let issue = json!({ "number": 77, "user": bot(), "body": body["body"], "title": body["title"] });
                self.at("issues").as_array_mut().expect("a list").push(issue.clone());
                ("POST issue", Response::new(201, issue.to_string()))
            }
            ("PATCH", ["issues", number]) => ("PATCH issue", self.change_issue(number, &body)),
            _ => ("", Response::new(404, r#"{"message": "Not Found"}"#)),
        };
        if !self.expects.contains(kind) {
            self.wrong.push(format!("nobody expected {line}: {body}"));
        }
        let told = match kind {
            "POST status" => {
                let description = body["description"].as_str().unwrap_or("?");
                let words = description.split("; as of ").next().unwrap_or_default();
                format!("status {}: {words}", body["state"].as_str().unwrap_or("?"))
            }
            "POST label" => format!("label +{}", body["labels"][0].as_str().unwrap_or("?")),
            "DELETE label" => format!("label -{}", parts[3].replace("%20", " ")),
            "PUT merge" => format!("merge {}", body["commit_title"].as_str().unwrap_or("?")),
            other => other.to_owned(),
        };
        self.writes.push(told);
        response
    }

    fn status(&mut self, sha: &str, body: &Value) -> (&'static str, Response) {
        if !self.judged.contains(sha) || body["context"] != "gazette" {
            self.wrong.push(format!("a status for {sha}, which was not judged: {body}"));
        }
        if body["description"].as_str().is_none_or(|text| text.chars().count() > 140) {
            self.wrong.push(format!("a description that GitHub does not take: {body}"));
        }
        let status = json!({ "context": body["context"], "state": body["state"], "description": body["description"], "creator": bot(),
                "created_at": "2026-11-21T13:00:00Z" });
        self.at(&format!("commits/{sha}/statuses")).as_array_mut().expect("a list").insert(0, status);
        ("POST status", Response::new(201, "{}"))
    }

    /// Closed ones are not listed any more, but here they are kept to be looked at.
    fn change_issue(&mut self, number: &str, body: &Value) -> Response {
        let issues = self.at("issues").as_array_mut().expect("a list");
        let Some(issue) = issues.iter_mut().find(|issue| issue["number"].as_u64() == number.parse().ok()) else {
            return Response::new(404, r#"{"message": "Not Found"}"#);
        };
        let is_own = issue["user"]["id"] == GATE;
        for (member, value) in body.as_object().into_iter().flatten() {
            issue[member] = value.clone();
        }
        let answer = Response::new(200, issue.to_string());
        if !is_own {
            self.wrong.push(format!("the issue {number} is somebody else's"));
        }
        answer
    }

    fn change_comment(&mut self, id: &str, body: &Value) -> Response {
        for answer in self.answers.iter_mut().filter(|(path, _)| path.contains("/issues/")).map(|(_, answer)| answer) {
            for comment in answer.as_array_mut().into_iter().flatten() {
                if comment["id"].as_u64() == id.parse().ok() {
                    if comment["user"]["id"] != GATE {
                        self.wrong.push(format!("the comment {id} is somebody else's"));
                    }
                    comment["body"] = body["body"].clone();
                    return Response::new(200, comment.to_string());
                }
            }
        }
        Response::new(404, r#"{"message": "Not Found"}"#)
    }

    fn merge(&mut self, number: &str, body: &Value) -> Response {
        let head = self.at(&format!("pulls/{number}"))["head"]["sha"].clone();
        if body["sha"].is_null() || body["merge_method"] != "squash" {
            self.wrong.push(format!("a merge that pins nothing, or is no squash: {body}"));
        }
        for text in [&body["commit_title"], &body["commit_message"]] {
            if text.as_str().is_none_or(|text| text.contains(['$', '@', '[', '`'])) {
                self.wrong.push(format!("a message with a stranger's words: {body}"));
            }
        }
        if body["sha"] != head {
            return Response::new(409, r#"{"message": "Head branch was modified. Review and try the merge again."}"#);
        }
        Response::new(200, r#"{"sha": "6dcb09b5b57875f334f61aebed695e2e4193db5e", "merged": true, "message": "merged"}"#)
    }
}

/// An answer with its mark; nothing, if that is what the asker has. The mark of a full page does not tell whether more follows,
/// as with the real one; that of a page which is full only here does.
fn fresh(request: &Request, body: Vec<u8>, more: bool, unchanged: &mut usize) -> Response {
    let etag = format!("W/\"{}{more}\"", Sha256::of(&body));
    if request.headers.get("if-none-match") == Some(&etag) {
        *unchanged += 1;
        return Response::new(304, "").with("etag", &etag);
    }
    Response::new(200, body).with("etag", &etag)
}
