//! The protocol: what is said in headers, what is refused, and what nobody should ever send.

use std::io::{Read, Write};

use super::{Served, demonstration, parsed};

#[test]
fn a_page_says_in_a_header_what_it_says_of_itself() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    for (target, status) in [("/", 200), ("/servers/com.example/status-board/", 200), ("/no-such-page", 404)] {
        let page = served.get(target);
        let text = String::from_utf8_lossy(&page.body).into_owned();
        let own = text.split("http-equiv=\"Content-Security-Policy\" content=\"").nth(1).and_then(|rest| rest.split('"').next());
        let own = own.unwrap_or_else(|| panic!("{target}: {text}")).replace("&#39;", "'");
        assert_eq!(page.status, status, "{target}");
        assert_eq!(page.header("content-security-policy"), format!("{own}; frame-ancestors 'none'"), "{target}");
    }
    assert_eq!(served.get("/v0.1/servers").header("content-security-policy"), "");
}

#[test]
fn an_answer_is_negotiated() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    for target in [
        "/v0.1/servers",
        "/v0.1/servers/com.example%2Fstatus-board/versions",
        "/",
        "/servers/com.example/status-board/",
        "/servers/com.example/status-board/badge.svg",
        "/discovery/servers/com.example/status-board",
        "/openapi.yaml",
        "/index.json",
    ] {
        let plain = served.get(target);
        assert_eq!((plain.status, plain.header("vary")), (200, "accept-encoding"), "{target}");
        assert!(plain.header("cache-control").contains("max-age="), "{target}");
        assert_eq!(plain.header("x-content-type-options"), "nosniff");
        assert_eq!(plain.header("content-length"), plain.body.len().to_string());
        let zipped = served.ask("GET", target, &[("Accept-Encoding", "br;q=1.0, gzip;q=0.8, *;q=0.1")]);
        if plain.body.len() < 1000 {
            assert_eq!((zipped.header("content-encoding"), &zipped.body), ("", &plain.body), "{target}");
            continue;
        }
        assert_eq!(zipped.header("content-encoding"), "gzip", "{target}");
        let mut body = Vec::new();
        flate2::read::GzDecoder::new(&*zipped.body).read_to_end(&mut body).expect("gzip");
        assert_eq!(body, plain.body);
        assert_ne!(zipped.header("etag"), plain.header("etag"));
        let refused = served.ask("GET", target, &[("Accept-Encoding", "gzip;q=0")]);
        assert_eq!(refused.body, plain.body);
        for (tag, encoding, status) in [
            (plain.header("etag").to_owned(), "identity", 304),
            (format!("\"other\", W/{}", plain.header("etag")), "identity", 304),
            ("*".to_owned(), "identity", 304),
            (zipped.header("etag").to_owned(), "gzip", 304),
            (zipped.header("etag").to_owned(), "identity", 200),
            ("\"other\"".to_owned(), "gzip", 200),
        ] {
            let answer = served.ask("GET", target, &[("If-None-Match", &tag), ("Accept-Encoding", encoding)]);
            assert_eq!(answer.status, status, "{target} {tag} {encoding}");
            assert_eq!(answer.body.is_empty(), status == 304);
            assert!(!answer.header("etag").is_empty() && answer.header("access-control-allow-origin") == "*");
        }
    }
}

#[test]
fn head_says_what_get_would() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    let targets = [
        "/v0.1/servers",
        "/",
        "/index.json",
        "/servers/com.example/status-board/",
        "/servers/com.example/status-board/badge.svg",
        "/servers/com.example/status-board",
        "/servers/com.example/nothing/",
        "/v0.1/servers/com.example%2Fstatus-board/versions",
        "/v0.1/servers/com.example%2Fstatus-board/versions/0.0.1",
        "/nowhere",
        "/v0.1/nowhere",
        "/v0.1/servers?limit=x",
        "/health",
        "/ready",
        "/metrics",
    ];
    for target in targets {
        let (get, head) = (served.get(target), served.ask("HEAD", target, &[]));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{target}");
        for name in ["content-type", "etag", "cache-control", "access-control-allow-origin"] {
            assert_eq!(head.header(name), get.header(name), "{target} {name}");
        }
        // What the server counts, and the age of what it serves, grow while it is asked.
        assert!(
            ["/health", "/metrics"].contains(&target) || head.header("content-length") == get.header("content-length"),
            "{target}"
        );
    }
}

#[test]
fn an_address_means_one_thing_however_it_is_written() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    let plus = "/v0.1/servers/io.github.Quillmark-Works/ShelfList/versions/1.5.0+build.58";
    let expected = served.get(plus);
    assert_eq!(expected.status, 200);
    for other in [
        "/v0.1/servers/io.github.Quillmark-Works%2FShelfList/versions/1.5.0%2Bbuild.58",
        "/v0.1/servers/io.github.Quillmark-Works%2fShelfList/versions/1.5.0%2bbuild.58/",
        "/v0/servers/io.github.Quillmark-Works/ShelfList/versions/1.5.0+build.58",
        "/%76%30.1/servers/io.github.Quillmark-Works/ShelfList/versions/1.5.0+build.58?ignored=1",
    ] {
        assert_eq!(served.get(other).body, expected.body, "{other}");
    }
    assert_eq!(served.get("/v0.1/servers/?limit=3").body, served.get("/v0.1/servers?limit=3").body);
    for none in [
        "/v0.1/servers/io.github.Quillmark-Works%252FShelfList/versions/1.5.0+build.58",
        "/v0.1/servers/io.github.quillmark-works/shelflist/versions/1.5.0+build.58",
        "/v0.1/servers/io.github.Quillmark-Works/ShelfList/versions/../versions/latest",
    ] {
        let answer = served.get(none);
        assert_eq!((answer.status, answer.header("content-type")), (404, "application/json"), "{none}");
        assert!(answer.json()["error"].is_string());
    }
    for none in ["//v0.1/servers", "/v0.1/servers%00", "/V0.1/servers", "/v0.1/servers%20", "/servers/../v0.1/servers"] {
        assert_eq!(served.get(none).status, 404, "{none}");
    }
    let page = served.get("/servers/com.example/status-board");
    assert_eq!((page.status, page.header("location")), (308, "/servers/com.example/status-board/"));
    assert_eq!(served.get(page.header("location")).status, 200);
}

#[test]
fn a_refusal_says_why_in_the_form_its_reader_knows() {
    let repo = demonstration();
    let served = Served::start(&repo, &[]);
    for (method, target, status) in [
        ("GET", "/v0.1/servers?limit=0", 400),
        ("GET", "/v0.1/servers?limit=1&limit=2", 400),
        ("GET", "/v0.1/servers?cursor=nonsense", 400),
        ("GET", "/v0.1/servers?updated_since=yesterday", 400),
        ("GET", "/v0.1/servers?include_deleted=perhaps", 400),
        ("GET", "/v0.1/servers?search=%ff", 400),
        ("GET", "/v0.1/servers/%zz/versions", 400),
        ("GET", "/v0.1/servers/%ff%fe/versions", 400),
        ("GET", "/v0.1/servers/com.example%2Fnobody/versions", 404),
        ("GET", "/nothing.json", 404),
        ("POST", "/v0.1/servers", 405),
        ("PUT", "/", 405),
        ("DELETE", "/v0.1/servers/com.example%2Fstatus-board/versions/1.0.0", 405),
        ("TRACE", "/", 405),
        ("QUERY", "/v0.1/servers", 405),
    ] {
        let answer = served.ask(method, target, &[]);
        assert_eq!((answer.status, answer.header("content-type")), (status, "application/json"), "{method} {target}");
        assert!(answer.json()["error"].as_str().is_some_and(|error| !error.is_empty()));
        assert_eq!((answer.header("access-control-allow-origin"), answer.header("cache-control")), ("*", "no-store"));
        assert_eq!(answer.header("allow"), if status == 405 { "GET, HEAD, OPTIONS" } else { "" });
    }
    let page = served.get("/nowhere");
    assert_eq!((page.status, page.header("content-type")), (404, "text/html; charset=utf-8"));
    assert_eq!(page.body, served.get("/404.html").body);
}

#[test]
fn nothing_that_is_sent_stops_the_server() {
    let repo = demonstration();
    let mut served = Served::start(&repo, &[]);
    let long = "a".repeat(100_000);
    let lines: Vec<Vec<u8>> = vec![
        b"\r\n\r\n".to_vec(),
        b"GET".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"G\x00T / HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: x\r\nX: \x1b[31m\r\nConnection: close\r\n\r\n".to_vec(),
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
        b"CONNECT example.com:80 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
        b"GET http://example.com/v0.1/servers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes(),
        format!("GET / HTTP/1.1\r\nHost: x\r\nX: {long}\r\n\r\n").into_bytes(),
        format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(500)).into_bytes(),
        b"GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: ;;;q=,gzip;q=9\r\nIf-None-Match: \"\r\nConnection: close\r\n\r\n"
            .to_vec(),
    ];
    for line in lines {
        let mut stream = served.connect();
        let _ = stream.write_all(&line);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        if let Some(answer) = parsed(&answer) {
            assert!(answer.status < 500, "{}", String::from_utf8_lossy(&line));
        }
    }
    let target = format!("/v0.1/servers?search={}", "b".repeat(9000));
    assert_eq!(served.get(&target).status, 414);
    // A stranger's words stay one line of the log.
    served.ask("GET", "/%0d%0astatus=500?x=%22y", &[("User-Agent", "x status=200 \"y\"")]);
    let line = served.line_with("/%0d%0astatus");
    assert!(line.contains(" status=404 ") && line.ends_with("agent=\"x status=200 \\\"y\\\"\""), "{line}");
    assert_eq!(served.get("/ready").status, 200);
}

#[test]
#[cfg(unix)]
fn it_ends_when_asked_after_answering_what_was_begun() {
    let repo = demonstration();
    for signal in ["-TERM", "-INT"] {
        let mut served = Served::start(&repo, &["--log", "json"]);
        // A request of which the last line is still missing.
        let mut begun = served.connect();
        begun.write_all(b"GET /index.json HTTP/1.1\r\nHost: x\r\n").expect("somebody reads");
        // And one that is answered, on a connection that stays open.
        let mut idle = served.connect();
        idle.write_all(b"GET /ready HTTP/1.1\r\nHost: x\r\n\r\n").expect("somebody reads");
        let line = served.line_with("\"target\":\"/ready\"");
        let line: serde_json::Value = serde_json::from_str(&line).expect("a line is JSON");
        assert_eq!((line["status"].as_u64(), line["method"].as_str()), (Some(200), Some("GET")));
        served.signal(signal);
        served.line_with("stopping");
        begun.write_all(b"\r\n").expect("somebody reads");
        let mut answer = Vec::new();
        begun.read_to_end(&mut answer).expect("an answer, then the end");
        assert_eq!(parsed(&answer).map(|answer| answer.status), Some(200), "{}", String::from_utf8_lossy(&answer));
        assert!(served.ended().success(), "{signal}");
        assert!(std::net::TcpStream::connect(served.address).is_err(), "it still listens");
    }
}

#[test]
fn the_operator_is_told_how_it_goes() {
    let repo = demonstration();
    let served = Served::start(&repo, &["--log", "none"]);
    let health = served.until("/health", |answer| answer.json()["findings"].is_object()).json();
    assert_eq!((health["status"].as_str(), health["site"]["serial"].as_u64()), (Some("ok"), Some(31)));
    assert_eq!(health["findings"]["reject"], 0);
    assert_eq!(served.get("/ready").json()["status"], "ready");
    served.get("/v0.1/servers?limit=x");
    let metrics = served.get("/metrics");
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = metrics.text();
    for line in [
        "gazette_http_requests_total{route=\"list\",status=\"400\"} 1",
        "gazette_site_serial 31",
        "gazette_ready 1",
        "gazette_builds_total 1",
        "gazette_findings{verdict=\"reject\"} 0",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
    }
    let kinds: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (sample, value) = line.rsplit_once(' ').expect("a sample and its value");
        assert!(kinds.iter().any(|kind| sample.starts_with(kind)) && value.parse::<f64>().is_ok(), "{line}");
    }
}
