//! The web, one request at a time: nothing is followed, retried or tidied up, and every answer has an end in time and size.

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind, Read},
    net::ToSocketAddrs,
    time::Duration,
};

use flate2::read::MultiGzDecoder;
use ureq::{Agent, Body, Proxy, http::Uri};

use crate::{
    finding::is_visible,
    verify::port::{Fetch, Method, Request, Response, Trouble, Unreached},
};

#[derive(Debug)]
pub struct Web {
    agent: Agent,
    patience: Duration,
}

const AGENT: &str = concat!("gazette/", env!("CARGO_PKG_VERSION"), " (verify)");

/// A host that does not even take a connection has so long to do it.
const CONNECT: Duration = Duration::from_secs(10);

impl Web {
    pub fn new() -> Self {
        Self::with_patience(Duration::MAX)
    }

    /// Waits for no answer longer than this, whatever a request would bear.
    pub fn with_patience(patience: Duration) -> Self {
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(AGENT)
            .accept("")
            .accept_encoding("")
            .timeout_connect(Some(CONNECT))
            .build();
        Self { agent: Agent::new_with_config(config), patience }
    }
}

impl Default for Web {
    fn default() -> Self {
        Self::new()
    }
}

impl Fetch for Web {
    fn fetch(&self, request: &Request) -> Result<Response, Trouble> {
        let uri: Uri = request.address.parse().map_err(|error| Trouble::Broken(told(&error)))?;
        // A proxy of the network cannot lead to this machine.
        let proxy = Proxy::try_from_env().filter(|_| !is_loopback(&uri));
        let asked = match request.method {
            Method::Get => self.agent.get(&uri),
            Method::Options => self.agent.options(&uri),
        };
        let asked = request.headers.iter().fold(asked, |asked, (name, value)| asked.header(*name, value));
        let asked = asked.header("accept-encoding", "gzip");
        let patience = request.patience.min(self.patience);
        let asked = asked.config().timeout_global(Some(patience)).proxy(proxy).build();
        let response = asked.call().map_err(|error| unanswered(&error, &uri))?;
        let (parts, body) = response.into_parts();
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &parts.headers {
            let value = String::from_utf8_lossy(value.as_bytes());
            headers
                .entry(name.as_str().to_owned())
                .and_modify(|before| {
                    before.push_str(", ");
                    before.push_str(&value);
                })
                .or_insert_with(|| value.into_owned());
        }
        let packed = headers.get("content-encoding").is_some_and(|how| how.trim().eq_ignore_ascii_case("gzip"));
        let body = read(body, packed, request.most)?;
        Ok(Response { status: parts.status.as_u16(), headers, body })
    }
}

fn is_loopback(uri: &Uri) -> bool {
    uri.host().is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]")
}

fn read(body: Body, packed: bool, most: u64) -> Result<Vec<u8>, Trouble> {
    // A packed body is unpacked as it comes, so that a small one cannot become a large one unnoticed.
    let reader = body.into_with_config().limit(u64::MAX).reader();
    let mut reader: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(reader)) } else { Box::new(reader) };
    let mut bytes = Vec::new();
    match reader.by_ref().take(most.saturating_add(1)).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 > most => Err(Trouble::Large),
        Ok(_) => Ok(bytes),
        // An empty body is no gzip, and says so with the first byte that is missing.
        Err(error) if packed && bytes.is_empty() && error.kind() == ErrorKind::UnexpectedEof => Ok(bytes),
        Err(error) => Err(match ureq::Error::from(error) {
            ureq::Error::Timeout(_) => Trouble::Slow,
            ureq::Error::Io(error) => broken(&error),
            error => Trouble::Broken(told(&error)),
        }),
    }
}

/// Why a request was not answered.
fn unanswered(error: &ureq::Error, uri: &Uri) -> Trouble {
    let https = uri.scheme_str() == Some("https");
    let unreached = match error {
        ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => {
            Unreached::Connection(format!("no connection within {} seconds", CONNECT.as_secs()))
        }
        ureq::Error::HostNotFound => Unreached::Host,
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => Unreached::Tls(told(error)),
        ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
            Unreached::Connection(told(error))
        }
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::AddrNotAvailable => Unreached::Connection(told(error)),
            // Before the first byte of an answer, only TLS has data to find invalid.
            ErrorKind::InvalidData if https => Unreached::Tls(told(error)),
            _ if !resolves(uri) => Unreached::Host,
            _ => return broken(error),
        },
        ureq::Error::Timeout(_) => return Trouble::Slow,
        error => return Trouble::Broken(told(error)),
    };
    Trouble::Unreachable(unreached)
}

/// Whether the host has an address; an error of the resolver has no kind of its own.
fn resolves(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    (host, uri.port_u16().unwrap_or(443)).to_socket_addrs().is_ok_and(|mut addresses| addresses.next().is_some())
}

fn broken(error: &io::Error) -> Trouble {
    match error.kind() {
        ErrorKind::TimedOut | ErrorKind::WouldBlock => Trouble::Slow,
        _ => Trouble::Broken(told(error)),
    }
}

/// So much of an error's text is told; it may quote what a stranger sent.
const TOLD_MAX: usize = 160;

fn told(error: &dyn std::fmt::Display) -> String {
    error.to_string().chars().filter(|&c| is_visible(c)).take(TOLD_MAX).collect()
}
