//! HTTP/1.1 as bytes: addresses go out exactly as they are written, which no library promises, and a server of a few lines.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// Where a host listens, and the path below which it has the registry.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    host: String,
    path: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What a server was asked.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// As it was written, query and all.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// Longer than any answer over loopback takes.
const PATIENCE: Duration = Duration::from_secs(20);

impl Address {
    pub(crate) fn parse(url: &str) -> Self {
        let rest = url.strip_prefix("http://").expect("an http address").trim_end_matches('/');
        let (host, path) = rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
        Self { host: host.to_owned(), path }
    }

    pub(crate) fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        let mut stream = TcpStream::connect(&self.host).expect("the host listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut request =
            format!("{method} {}{target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAccept: */*\r\n", self.path, self.host);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all((request + "\r\n").as_bytes()).expect("the host reads");
        Answer::read(&mut BufReader::new(stream), method)
    }

    /// The same, following a redirect once.
    pub(crate) fn follow(&self, target: &str) -> Answer {
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

impl Answer {
    pub(crate) fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), kind.to_owned())], body: body.into() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// All values of a header, as a client sees them.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| &**value).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    fn read(stream: &mut impl BufRead, method: &str) -> Self {
        let first = line(stream);
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no answer: {first:?}"));
        let mut answer = Self { status, headers: headers(stream), body: Vec::new() };
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

/// Answers on a port of its own for as long as the tests run.
pub(crate) fn serve(answer: impl Fn(&Asked) -> Answer + Send + 'static) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            let mut stream = BufReader::new(stream);
            let first = line(&mut stream);
            let mut words = first.split(' ').map(str::to_owned);
            let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let asked = Asked { method, target, headers: headers(&mut stream) };
            let Answer { status, headers, body } = answer(&asked);
            let mut head = format!("HTTP/1.1 {status} Status\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            let body: &[u8] = if asked.method == "HEAD" { &[] } else { &body };
            // A client that went away is no trouble of the server.
            let _ = stream.get_mut().write_all(&[(head + "\r\n").as_bytes(), body].concat());
        }
    });
    Address { host, path: String::new() }
}

/// `%XX` as bytes, read as UTF-8.
pub(crate) fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, more @ ..] = rest {
        let hex = (*first == b'%').then(|| more.get(..2).and_then(|hex| u8::from_str_radix(str::from_utf8(hex).ok()?, 16).ok()));
        if let Some(byte) = hex.flatten() {
            bytes.push(byte);
            rest = &more[2..];
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}
