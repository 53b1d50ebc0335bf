//! One line on standard error for each request. A thread of its own writes them, so that a reader who stalls keeps nobody
//! from being answered: what does not fit is dropped, and counted.

use std::{
    fmt::Write as _,
    io::{self, Write},
    net::SocketAddr,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use serde::Serialize;

use crate::instant::Instant;

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `key=value`, for people and for whoever reads logfmt.
    Text,
    /// An object.
    Json,
}

/// What is told of a request; texts are a stranger's.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Line<'a> {
    pub(super) time: Instant,
    pub(super) peer: SocketAddr,
    pub(super) method: &'a str,
    /// With the query, as it was asked for.
    pub(super) target: &'a str,
    pub(super) status: u16,
    pub(super) bytes: u64,
    pub(super) micros: u64,
    pub(super) agent: &'a str,
}

/// Where lines go. What waits is written before it goes away.
#[derive(Debug)]
pub(super) struct Log {
    form: Form,
    lines: Option<SyncSender<String>>,
    writer: Option<JoinHandle<()>>,
}

/// How many lines may wait for the writer.
const WAITING: usize = 4096;
/// As much of a stranger's text as is told.
const TEXT_MAX: usize = 512;

impl Log {
    pub(super) fn start(form: Form) -> Self {
        let (sender, lines) = sync_channel(WAITING);
        // It ends with the sender.
        let writer = thread::spawn(move || write_all(&lines));
        Self { form, lines: Some(sender), writer: Some(writer) }
    }

    /// Whether the line found a place.
    pub(super) fn tell(&self, line: &Line) -> bool {
        self.lines.as_ref().is_some_and(|lines| lines.try_send(line.text(self.form)).is_ok())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines = None;
        let written = self.writer.take().map(JoinHandle::join);
        debug_assert!(!matches!(written, Some(Err(_))), "the writer does not panic");
    }
}

fn write_all(lines: &Receiver<String>) {
    while let Ok(line) = lines.recv() {
        let mut out = line;
        // What has come meanwhile goes in the same call.
        while let Some(line) = lines.try_recv().ok().filter(|_| out.len() < 1 << 16) {
            out.push_str(&line);
        }
        // Where nobody listens, requests are answered all the same.
        let _ = io::stderr().lock().write_all(out.as_bytes());
    }
}

impl Line<'_> {
    fn text(&self, form: Form) -> String {
        let cut = |text: &str| text.chars().take(TEXT_MAX).collect::<String>();
        let (target, agent) = (cut(self.target), cut(self.agent));
        let line = Line { target: &target, agent: &agent, ..*self };
        match form {
            Form::Json => serde_json::to_string(&line).expect("a line is JSON") + "\n",
            Form::Text => {
                let Line { time, peer, method, target, status, bytes, micros, agent } = line;
                let time_taken = Duration::from_micros(micros).as_secs_f64() * 1000.0;
                let mut out = format!("time={time} peer={peer} method={} target={}", word(method), word(target));
                let _ = writeln!(out, " status={status} bytes={bytes} ms={time_taken:.3} agent={}", word(agent));
                out
            }
        }
    }
}

/// A text as one word of a line, in which nothing can pretend to be another word, another line, or a command to a terminal.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '=' | '\\');
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("\"{}\"", text.escape_default()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line() {
        let line = Line {
            time: Instant(0),
            peer: ([127, 0, 0, 1], 80).into(),
            method: "GET",
            target: "/v0.1/servers?limit=1",
            status: 200,
            bytes: 12,
            micros: 1500,
            agent: "x\" status=500\r\n\u{1b}[31m",
        };
        assert_eq!(
            line.text(Form::Text),
            "time=1970-01-01T00:00:00Z peer=127.0.0.1:80 method=GET target=\"/v0.1/servers?limit=1\" status=200 bytes=12 \
             ms=1.500 agent=\"x\\\" status=500\\r\\n\\u{1b}[31m\"\n"
        );
        let json: serde_json::Value = serde_json::from_str(&line.text(Form::Json)).expect("JSON");
        assert_eq!((json["agent"].as_str(), json["micros"].as_u64()), (Some(line.agent), Some(1500)));
        let long = "a".repeat(9000);
        assert!(Line { target: &long, ..line }.text(Form::Text).len() < 700);
    }
}
