//! HTTP/1.1 as bytes: addresses go out exactly as they are written, which no library promises.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::loopback::Response;

/// Where a host listens, and the path below which it has the registry.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    host: String,
    path: String,
}

/// Longer than any answer over loopback takes.
const PATIENCE: Duration = Duration::from_secs(20);

impl Address {
    pub(crate) fn parse(url: &str) -> Self {
        let rest = url.strip_prefix("http://").expect("an http address").trim_end_matches('/');
        let (host, path) = rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
        Self { host: host.to_owned(), path }
    }

    /// A host on this machine that has nothing but the registry.
    pub(crate) fn of(host: SocketAddr) -> Self {
        Self { host: host.to_string(), path: String::new() }
    }

    pub(crate) fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Response {
        let mut stream = TcpStream::connect(&self.host).expect("the host listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut request =
            format!("{method} {}{target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: */*\r\n", self.path, self.host);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all((request + "\r\n").as_bytes()).expect("the host reads");
        read(&mut BufReader::new(stream), method)
    }

    /// The same, following a redirect once.
    pub(crate) fn follow(&self, target: &str) -> Response {
        let answer = self.ask("GET", target, &[]);
        match answer.header("location") {
            Some(location) if (300..400).contains(&answer.status) => {
                let inside = location.strip_prefix(&self.path).expect("a redirect stays inside the registry");
                self.ask("GET", inside, &[])
            }
            _ => answer,
        }
    }
}

fn read(stream: &mut impl BufRead, method: &str) -> Response {
    let first = line(stream);
    let status = first.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no answer: {first:?}"));
    let mut answer = Response { status, headers: headers(stream), body: Vec::new() };
    if method == "HEAD" || status == 204 || status == 304 {
        return answer;
    }
    if answer.header("transfer-encoding").is_some_and(|coding| coding == "chunked") {
        loop {
            let size = usize::from_str_radix(line(stream).trim(), 16).expect("the size of a chunk");
            let mut chunk = vec![0; size];
            stream.read_exact(&mut chunk).expect("a chunk");
            line(stream);
            answer.body.append(&mut chunk);
            if size == 0 {
                return answer;
            }
        }
    }
    match answer.header("content-length") {
        Some(length) => {
            answer.body = vec![0; length.parse().expect("a length")];
            stream.read_exact(&mut answer.body).expect("a body");
        }
        None => drop(stream.read_to_end(&mut answer.body).expect("a body")),
    }
    answer
}

fn line(stream: &mut impl BufRead) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).expect("a line");
    line.trim_end().to_owned()
}

fn headers(stream: &mut impl BufRead) -> Vec<(String, String)> {
    let lines = std::iter::from_fn(|| Some(line(stream)).filter(|line| !line.is_empty()));
    lines
        .filter_map(|line| line.split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())))
        .collect()
}
