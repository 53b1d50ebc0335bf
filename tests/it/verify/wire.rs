//! What goes over the wire: every client's addresses byte for byte, and what the web adapter does with answers.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::Duration,
};

use gazette::{
    adapters::web::Web,
    verify::{
        Client,
        port::{Fetch, Method, Request, Trouble, Unreached},
    },
};

use crate::loopback::nobody;

use super::{
    registry::{paged, static_host},
    serve,
    server::{Answer, Reply, Server},
    verified,
};

fn request(server: &Server, path: &str) -> Request {
    Request {
        method: Method::Get,
        address: format!("{}{path}", server.base),
        headers: Vec::new(),
        patience: Duration::from_secs(5),
        most: 1_000,
    }
}

#[test]
fn an_address_is_sent_byte_for_byte() {
    let server = serve(|_| Reply::Answer(Answer::typed(200, "text/plain", "")));
    let paths =
        ["/v0.1/servers/a%2Fb/versions/1.0.0%2Bx", "/a%2fb/../c/./d//e/1.0.0+x?q=a+b&c=%2B&d=e:f/g", "/%7Euser/~user/%41"];
    for path in paths {
        Web::new().fetch(&request(&server, path)).expect("an answer");
    }
    let sent: Vec<String> = server.asked().into_iter().map(|asked| asked.target).collect();
    assert_eq!(sent, paths);
}

#[test]
fn only_what_is_asked_for_is_sent() {
    let server = serve(|_| Reply::Answer(Answer::typed(200, "text/plain", "")));
    let asked = Request {
        headers: vec![("origin", "https://example.com".to_owned())],
        method: Method::Options,
        ..request(&server, "/x")
    };
    Web::new().fetch(&asked).expect("an answer");
    let [asked] = &server.asked()[..] else { panic!("one request") };
    let names: Vec<&str> = asked.headers.keys().map(String::as_str).collect();
    assert_eq!((asked.method.as_str(), names), ("OPTIONS", vec!["accept-encoding", "host", "origin", "user-agent"]));
    assert!(asked.headers["user-agent"].starts_with("gazette/"));
}

#[test]
fn redirects_and_errors_are_answers_like_any_other() {
    let server = serve(|asked| {
        let status = asked.path()[1..].parse().expect("a status");
        Reply::Answer(Answer::typed(status, "text/plain", "x").with("location", "/200"))
    });
    for status in [301, 302, 307, 308, 401, 403, 404, 418, 500, 503] {
        let response = Web::new().fetch(&request(&server, &format!("/{status}"))).expect("an answer");
        assert_eq!((response.status, response.header("location")), (status, Some("/200")));
    }
}

#[test]
fn gzip_is_unpacked_and_a_bomb_is_not() {
    fn packed(bytes: &[u8]) -> Vec<u8> {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }
    let server = serve(|asked| {
        let body = match asked.path() {
            "/good" => packed(b"{\"servers\": []}"),
            "/bomb" => packed(&vec![b' '; 10_000_000]),
            "/empty" => Vec::new(),
            _ => b"no gzip at all".to_vec(),
        };
        Reply::Answer(Answer::typed(200, "application/json", body).with("content-encoding", "gzip"))
    });
    let fetch = |path| Web::new().fetch(&request(&server, path));
    assert_eq!(fetch("/good").expect("an answer").body, b"{\"servers\": []}");
    assert_eq!(fetch("/bomb"), Err(Trouble::Large));
    assert_eq!(fetch("/empty").expect("an answer").body, b"");
    assert!(matches!(fetch("/bad"), Err(Trouble::Broken(_))));
}

#[test]
fn every_failure_has_an_end() {
    let server = serve(|asked| match asked.path() {
        "/silence" => Reply::Silence,
        "/endless" => Reply::Endless,
        _ => Reply::Cut,
    });
    let web = Web::with_patience(Duration::from_millis(300));
    assert_eq!(web.fetch(&request(&server, "/silence")), Err(Trouble::Slow));
    assert_eq!(Web::new().fetch(&request(&server, "/endless")), Err(Trouble::Large));
    assert!(matches!(Web::new().fetch(&request(&server, "/cut")), Err(Trouble::Broken(_))));
    let address = format!("http://{}", nobody());
    let gone = Request { address, method: Method::Get, headers: Vec::new(), patience: Duration::from_secs(5), most: 1 };
    assert!(matches!(Web::new().fetch(&gone), Err(Trouble::Unreachable(Unreached::Connection(_)))));
}

#[test]
fn a_server_without_tls_is_told_from_one_that_breaks() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("https://{}/", listener.local_addr().expect("an address"));
    let speaking = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("a listener");
        // The connection stays until the other side has made up its mind.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let asked = Request { address, method: Method::Get, headers: Vec::new(), patience: Duration::from_secs(5), most: 1 };
    let trouble = Web::new().fetch(&asked).expect_err("no TLS");
    assert!(matches!(trouble, Trouble::Unreachable(Unreached::Tls(_))), "{trouble:?}");
    speaking.join().expect("a server");
}

/// What a client asks of a registry, each once, in order.
fn asks(client: Client, answers: impl Fn(&super::Asked) -> Answer + Send + Sync + 'static) -> Vec<String> {
    let server = serve(move |asked| Reply::Answer(answers(asked)));
    verified(&server, &[client]);
    let mut seen = BTreeMap::new();
    let asked = server.asked().into_iter().enumerate();
    for (at, asked) in asked {
        // The first look is nobody's: it asks for JSON and gives no other reason.
        let survey = asked.target == "/v0.1/servers?limit=100&version=latest" && at == 0;
        if !survey && !asked.target.ends_with("/versions") {
            seen.entry(format!("{} {}", asked.method, asked.target)).or_insert(at);
        }
    }
    let mut asked: Vec<(usize, String)> = seen.into_iter().map(|(line, at)| (at, line)).collect();
    asked.sort();
    asked.into_iter().map(|(_, line)| line).collect()
}

const NOBODY: &str = "com.example%2Fgazette-asks-for-what-nobody-published";

#[test]
fn vscode_asks_for_the_version_then_pages_then_names() {
    let asked = asks(Client::VsCode, paged);
    assert_eq!(
        asked[..4],
        [
            "GET /v0.1/servers?limit=1",
            "GET /v0.1/servers?limit=50&version=latest",
            // It puts a cursor into the query as it is.
            "GET /v0.1/servers?limit=50&version=latest&cursor=com.example/beta:0",
            "GET /v0.1/servers?limit=50&version=latest&search=com.example%2Fbeta",
        ]
    );
    assert!(asked.contains(&"GET /v0.1/servers/com.example%2Falpha/versions/latest".to_owned()), "{asked:?}");
    assert_eq!(*asked.last().expect("one"), format!("GET /v0.1/servers/{NOBODY}/versions/latest"));
}

#[test]
fn vscode_asks_from_its_window() {
    let server = serve(|asked| Reply::Answer(static_host(asked)));
    verified(&server, &[Client::VsCode]);
    let listed = server.asked().into_iter().find(|asked| asked.target == "/v0.1/servers?limit=1").expect("a request");
    assert_eq!(listed.headers["origin"], "vscode-file://vscode-app");
}

#[test]
fn copilot_asks_for_pinned_versions_encoded_and_sends_a_type() {
    let server = serve(|asked| Reply::Answer(static_host(asked)));
    verified(&server, &[Client::Copilot]);
    let asked = server.asked();
    let pinned = asked.iter().find(|asked| asked.target == "/v0.1/servers/com.example%2Fbeta/versions/2.0.0%2Bbuild.5");
    assert_eq!(pinned.expect("a pinned version").headers["content-type"], "application/json");
    assert!(asked.iter().any(|asked| asked.target == "/v0.1/servers/com.example%2Fbeta/versions/2.0.0+build.5"), "{asked:?}");
    let preflight = asked.iter().find(|asked| asked.method == "OPTIONS").expect("a preflight");
    assert_eq!(preflight.headers["access-control-request-headers"], "content-type");
}

#[test]
fn copilot_cli_lists_thirty_and_looks_names_up() {
    let asked = asks(Client::CopilotCli, static_host);
    assert_eq!(asked[0], "GET /v0.1/servers?limit=30");
    assert_eq!(asked[1], "GET /v0.1/servers/com.example%2Fbeta/versions/latest");
    assert_eq!(*asked.last().expect("one"), format!("GET /v0.1/servers/{NOBODY}/versions/latest"));
}

#[test]
fn thv_sorts_its_parameters_and_encodes_its_cursor() {
    let asked = asks(Client::Thv, paged);
    assert_eq!(
        asked,
        [
            "GET /v0.1/servers?limit=1&version=latest",
            "GET /v0.1/servers?limit=100&version=latest",
            "GET /v0.1/servers?cursor=com.example%2Fbeta%3A0&limit=100&version=latest",
            "GET /v0.1/servers/com.example%2Fbeta/versions/latest",
            "GET /registry.json",
        ]
    );
}

#[test]
fn toolhive_reads_the_description_before_the_list() {
    let asked = asks(Client::ToolHive, paged);
    assert_eq!(
        asked,
        ["GET /openapi.yaml", "GET /v0.1/servers?limit=100", "GET /v0.1/servers?limit=100&cursor=com.example%2Fbeta%3A0",]
    );
}

#[test]
fn docker_lists_by_the_older_name() {
    let asked = asks(Client::Docker, paged);
    assert_eq!(
        asked,
        ["GET /v0/servers?version=latest&limit=100", "GET /v0/servers?version=latest&limit=100&cursor=com.example%2Fbeta%3A0",]
    );
}

#[test]
fn apm_honours_tags() {
    let server = serve(|asked| Reply::Answer(static_host(asked)));
    verified(&server, &[Client::Apm]);
    let tags: Vec<String> = server.asked().into_iter().filter_map(|asked| asked.headers.get("if-none-match").cloned()).collect();
    assert_eq!(tags.len(), 2, "{tags:?}");
    let asked = asks(Client::Apm, static_host);
    assert_eq!(asked[..2], ["GET /v0.1/servers?limit=100", "GET /v0.1/servers?search=com.example%2Fbeta"]);
}

#[test]
fn kiro_reads_one_file() {
    assert_eq!(asks(Client::Kiro, static_host), ["GET /kiro.json"]);
}
