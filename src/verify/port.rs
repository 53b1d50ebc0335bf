//! What judging asks of the web: one request, sent exactly as it is written, and what came back. It follows nothing on its own.

use std::{collections::BTreeMap, fmt, time::Duration};

/// Whatever answers requests: the web, or a folder that answers as a static host would.
pub trait Fetch {
    fn fetch(&self, request: &Request) -> Result<Response, Trouble>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// Sent byte for byte: nothing in it is decoded, encoded or made tidy.
    pub address: String,
    pub headers: Vec<(&'static str, String)>,
    /// From the first byte sent to the last byte read.
    pub patience: Duration,
    /// A body of more bytes is [`Trouble::Large`].
    pub most: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Options,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Options => "OPTIONS",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// By lower-case name; one that came twice is joined by `, `.
    pub headers: BTreeMap<String, String>,
    /// Unpacked where it came as gzip, as every client asks for it.
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// Why there is no connection; the texts are for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreached {
    Host,
    Connection(String),
    Tls(String),
}

impl fmt::Display for Unreached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("there is no such host"),
            Self::Connection(why) => f.write_str(why),
            Self::Tls(why) => write!(f, "its certificate or TLS is not accepted: {why}"),
        }
    }
}

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    Unreachable(Unreached),
    Slow,
    Large,
    /// A connection, but no whole and well-formed answer.
    Broken(String),
}
