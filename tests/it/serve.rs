//! `gazette serve` as a process, spoken to over loopback in bytes.

mod clients;
mod site;
mod watch;
mod wire;

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::repo::{File, Repo, alone, files_below};

/// As long as a loaded machine may take for anything here.
const PATIENCE: Duration = Duration::from_mins(2);

/// A registry that is being served.
pub(super) struct Served {
    child: Child,
    pub(super) address: SocketAddr,
    lines: Receiver<String>,
}

/// An answer: status, headers by lower-case name, body.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value)
    }
}

/// A repository with the demonstration registry.
pub(super) fn demonstration() -> Repo {
    let repo = Repo::new();
    let files = files_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-data"));
    repo.commit_trees(&[files.into_iter().map(|file| File { path: format!("registry-data/{}", file.path), ..file }).collect()]);
    repo.check_out();
    repo
}

impl Served {
    /// Starts it, and waits until it serves.
    pub(super) fn start(repo: &Repo, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gazette"));
        command.args(["serve", "--port", "0"]).args(args).current_dir(repo.path()).stderr(Stdio::piped());
        let mut child = alone(&mut command).spawn().expect("gazette runs");
        let (sender, lines) = channel();
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut served = Self { child, address: ([127, 0, 0, 1], 0).into(), lines };
        let line = served.line_with("serving ");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
        served.address = address.parse().expect("an address");
        served
    }

    /// The next line on standard error that holds a text.
    pub(super) fn line_with(&mut self, text: &str) -> String {
        let mut before = String::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => before += &format!("{line}\n"),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("no line with `{text}` follows\n{before}")
                }
            }
        }
    }

    pub(super) fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, &[])
    }

    pub(super) fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
        let answer = self.send(request.as_bytes());
        parsed(&answer).unwrap_or_else(|| panic!("no answer to {method} {target}: {}", String::from_utf8_lossy(&answer)))
    }

    pub(super) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("somebody listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        stream
    }

    /// Everything that comes back until the connection ends.
    pub(super) fn send(&self, request: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        // Who is refused early may find the connection closed while still writing.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    /// All records of a list, page by page, and how many pages there were.
    pub(super) fn pages(&self, target: &str) -> (Vec<Value>, usize) {
        let (mut records, mut cursors) = (Vec::new(), Vec::<String>::new());
        loop {
            let cursor = cursors.last().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let answer = self.get(&format!("{target}{cursor}"));
            assert_eq!(answer.status, 200, "{}", answer.text());
            let list = answer.json();
            let servers = list["servers"].as_array().expect("a list");
            assert_eq!(list["metadata"]["count"], servers.len());
            records.extend(servers.iter().cloned());
            match list["metadata"].get("nextCursor") {
                Some(next) => {
                    let next = next.as_str().expect("a text").to_owned();
                    assert!(!cursors.contains(&next), "the list goes in circles");
                    cursors.push(next);
                }
                None => return (records, cursors.len() + 1),
            }
        }
    }

    /// Asks until the answer is as it should be.
    pub(super) fn until(&self, target: &str, is_so: impl Fn(&Answer) -> bool) -> Answer {
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = self.get(target);
            if is_so(&answer) {
                return answer;
            }
            assert!(Instant::now() < end, "{target} stays {}", answer.text());
            thread::yield_now();
        }
    }

    #[cfg(unix)]
    pub(super) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
    }

    pub(super) fn ended(&mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn parsed(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    Some(Answer { status, headers: headers.collect(), body: answer[end + 4..].to_vec() })
}

/// A name or version as JavaScript's `encodeURIComponent` writes it.
pub(super) fn encoded(text: &str) -> String {
    text.replace('/', "%2F").replace('+', "%2B")
}

pub(super) fn name(record: &Value) -> &str {
    record["server"]["name"].as_str().expect("a name")
}

pub(super) fn version(record: &Value) -> &str {
    record["server"]["version"].as_str().expect("a version")
}
