//! Hosts on this machine, spoken to with real packets: an HTTP server, and a resolver.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

use hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{Name, RData, Record, RecordType, rdata::TXT},
};

/// What a host was asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, byte for byte.
    pub(crate) target: String,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self { method: method.to_owned(), target: target.to_owned(), headers: BTreeMap::new(), body: Vec::new() }
    }

    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// What a parameter is set to, decoded.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        url::form_urlencoded::parse(query.as_bytes()).find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    }

    fn read(reader: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let mut parts = line.split_whitespace();
        let mut request = Self::new(parts.next()?, parts.next()?);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            request.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = request.headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        request.body = vec![0; length];
        reader.read_exact(&mut request.body).ok()?;
        Some(request)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn typed(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new(status, body).with("content-type", kind)
    }

    /// With a header, in place of what it said under that name.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        let mut response = self.without(name);
        response.headers.push((name.to_owned(), value.to_owned()));
        response
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// All values of a header, as a client sees them.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn write(&self, request: &Request, stream: &mut TcpStream) -> io::Result<()> {
        let Self { status, headers, body } = self;
        let mut head = format!("HTTP/1.1 {status} Status\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if *status != 204 && *status != 304 {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        let body: &[u8] = if request.method == "HEAD" { &[] } else { body };
        stream.write_all(&[head.as_bytes(), b"\r\n", body].concat())
    }
}

/// Meets every connection in a thread of its own, until the tests end.
fn listen(meet: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let meet = Arc::new(meet);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let meet = meet.clone();
            thread::spawn(move || meet(stream));
        }
    });
    address
}

/// Answers every request with what `answer` says.
pub(crate) fn http(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> SocketAddr {
    host(move |request, stream| answer(request).write(request, stream))
}

/// Has every request answered by what `answer` writes, whose failure ends the connection.
pub(crate) fn host(answer: impl Fn(&Request, &mut TcpStream) -> io::Result<()> + Send + Sync + 'static) -> SocketAddr {
    listen(move |stream| {
        let mut writer = stream.try_clone().expect("a stream");
        let mut reader = BufReader::new(stream);
        while Request::read(&mut reader).is_some_and(|request| answer(&request, &mut writer).is_ok()) {}
    })
}

/// An address at which nobody listens.
pub(crate) fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address")
}

/// What the bytes of a path stand for, `%XX` as bytes.
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

/// What a resolver says of one name.
#[derive(Clone, Debug)]
pub(crate) enum Zone {
    Txt(Vec<Vec<&'static str>>),
    /// Another name's records, by way of a CNAME.
    Alias(&'static str, Vec<&'static str>),
    Fails(ResponseCode),
    /// Closes the connection.
    HangsUp,
}

/// A resolver, over TCP as gazette asks; what is not listed is NXDOMAIN.
pub(crate) fn resolver(zones: &[(&'static str, Zone)]) -> SocketAddr {
    let zones: BTreeMap<String, Zone> = zones.iter().map(|(name, zone)| (format!("{name}."), zone.clone())).collect();
    listen(move |mut stream| {
        let mut length = [0; 2];
        while stream.read_exact(&mut length).is_ok() {
            let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
            if stream.read_exact(&mut query).is_err() {
                return;
            }
            let Some(answer) = answered(&zones, &query) else { return };
            let length = u16::try_from(answer.len()).expect("fits").to_be_bytes();
            if stream.write_all(&[&length[..], &answer].concat()).is_err() {
                return;
            }
        }
    })
}

fn answered(zones: &BTreeMap<String, Zone>, query: &[u8]) -> Option<Vec<u8>> {
    let query = Message::from_vec(query).expect("a query");
    let asked = query.queries.first().expect("a question").clone();
    assert_eq!(asked.query_type(), RecordType::TXT, "only TXT is asked");
    let mut answer = Message::response(query.id, query.op_code);
    answer.add_query(asked.clone());
    let txt = |name: &Name, strings: &[&str]| {
        Record::from_rdata(name.clone(), 60, RData::TXT(TXT::new(strings.iter().map(|text| (*text).to_owned()).collect())))
    };
    match zones.get(&asked.name().to_ascii().to_ascii_lowercase()) {
        Some(Zone::Txt(records)) => {
            answer.add_answers(records.iter().map(|strings| txt(asked.name(), strings)));
        }
        Some(Zone::Alias(to, strings)) => {
            let to = Name::from_ascii(format!("{to}.")).expect("a name");
            let alias = hickory_resolver::proto::rr::rdata::CNAME(to.clone());
            answer.add_answers([Record::from_rdata(asked.name().clone(), 60, RData::CNAME(alias)), txt(&to, strings)]);
        }
        Some(Zone::Fails(code)) => answer.metadata.response_code = *code,
        Some(Zone::HangsUp) => return None,
        None => answer.metadata.response_code = ResponseCode::NXDomain,
    }
    Some(answer.to_vec().expect("an answer"))
}
