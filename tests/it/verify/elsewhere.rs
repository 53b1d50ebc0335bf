//! What no server on this machine can show: https, hosts in public, and how long each client would wait. The registry is the
//! same; it is asked without a network.

use std::sync::Mutex;

use gazette::verify::{
    self, Client, Report,
    address::Base,
    port::{Fetch, Method, Request, Response, Trouble},
};

use super::{
    broken,
    registry::{is_list, static_host},
    said,
    server::{Answer, Asked},
};

struct Elsewhere<F> {
    base: &'static str,
    answers: F,
    asked: Mutex<Vec<Request>>,
}

impl<F: Fn(&Asked, &str) -> Answer> Fetch for Elsewhere<F> {
    fn fetch(&self, request: &Request) -> Result<Response, Trouble> {
        self.asked.lock().expect("a log").push(request.clone());
        let (scheme, rest) = request.address.split_once("://").expect("an address");
        let target = rest.find('/').map_or("/", |at| &rest[at..]);
        let mut asked = Asked::new(if request.method == Method::Get { "GET" } else { "OPTIONS" }, target);
        asked.headers.extend(request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let Answer { status, headers, body } = (self.answers)(&asked, scheme);
        Ok(Response { status, headers: headers.into_iter().collect(), body })
    }
}

fn asked(base: &'static str, clients: &[Client], answers: impl Fn(&Asked, &str) -> Answer + Sync) -> (Report, Vec<Request>) {
    let elsewhere = Elsewhere { base, answers, asked: Mutex::new(Vec::new()) };
    let parsed = Base::parse(elsewhere.base).expect("an address");
    let report = verify::verify("x", &parsed, None, clients, &elsewhere).expect("an answer");
    (report, elsewhere.asked.into_inner().expect("a log"))
}

const HTTPS: &str = "https://registry.example.com";

#[test]
fn each_client_has_its_own_patience_and_appetite() {
    let first = |client: Client| {
        let (_, asked) = asked(HTTPS, &[client], |asked, _| static_host(asked));
        let own = |request: &&Request| {
            !request.address.ends_with("/versions") && !request.address.ends_with("limit=100&version=latest")
        };
        let first = asked.iter().find(own).expect("a request");
        (first.patience.as_secs(), first.most)
    };
    let mebibytes = |count: u64| count * 1024 * 1024;
    assert_eq!(first(Client::Thv), (5, mebibytes(100)));
    assert_eq!(first(Client::ToolHive), (10, mebibytes(100)));
    assert_eq!(first(Client::Docker), (20, mebibytes(100)));
    assert_eq!(first(Client::Apm), (30, mebibytes(10)));
}

#[test]
fn plain_http_is_noted_wherever_it_leaves_this_machine() {
    let (report, _) = asked("http://registry.example.com", &Client::ALL, |asked, _| static_host(asked));
    assert!(said(&report).contains("plain http: most clients refuse a registry without https"), "{}", said(&report));
    assert_eq!(broken(&report), Vec::<&str>::new());
    for base in [HTTPS, "http://localhost:8080", "http://127.0.0.1"] {
        let (report, _) = asked(base, &Client::ALL, |asked, _| static_host(asked));
        assert_eq!(report.verdict(), None, "{}", said(&report));
    }
}

#[test]
fn thv_and_docker_follow_no_redirect_to_plain_http() {
    let (report, _) = asked(HTTPS, &Client::ALL, |asked, scheme| {
        if is_list(asked) && scheme == "https" {
            let to = format!("http://registry.example.com{}", asked.target);
            return Answer::typed(301, "text/html", "").with("location", &to).with("access-control-allow-origin", "*");
        }
        static_host(asked)
    });
    assert_eq!(broken(&report), ["thv", "docker"], "{}", said(&report));
    assert!(said(&report).contains("and ToolHive's thv follows none to plain http"), "{}", said(&report));
}

#[test]
fn a_redirect_to_https_is_mended_by_the_address_that_clients_are_given() {
    let (report, _) = asked("http://registry.example.com", &[Client::CopilotCli], |asked, scheme| {
        if scheme == "http" {
            return Answer::typed(301, "text/html", "").with("location", &format!("{HTTPS}{}", asked.target));
        }
        static_host(asked)
    });
    assert!(said(&report).contains("help: give clients the address that begins with `https://`"), "{}", said(&report));
}

#[test]
fn nobody_is_led_into_a_private_network() {
    let (report, asked) = asked(HTTPS, &Client::ALL, |asked, _| {
        if is_list(asked) {
            let to = "http://169.254.169.254/latest/meta-data/";
            return Answer::typed(302, "text/html", "").with("location", to).with("access-control-allow-origin", "*");
        }
        static_host(asked)
    });
    assert!(said(&report).contains("into a private network, which is not followed"), "{}", said(&report));
    assert!(asked.iter().all(|request| request.address.starts_with(HTTPS)), "{asked:?}");
}

#[test]
fn cloudfront_packs_no_list_above_ten_megabytes() {
    let (report, _) = asked(HTTPS, &[Client::CopilotCli], |asked, _| {
        let mut answer = static_host(asked).with("x-amz-cf-id", "1");
        if is_list(asked) {
            answer.body.extend(vec![b' '; 10_000_001]);
        }
        answer
    });
    assert!(said(&report).contains("note[copilot-cli] the list has more than 10 MB, and CloudFront compresses no larger body"));
}
