//! Hosts on this machine, spoken to with real packets: an HTTP server, and a resolver.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
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
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    /// By lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
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

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Answers every request with what `answer` says, until the test ends.
pub(crate) fn http(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = answer.clone();
            thread::spawn(move || serve(stream, &*answer));
        }
    });
    address
}

fn serve(stream: TcpStream, answer: &dyn Fn(&Request) -> Response) {
    let mut writer = stream.try_clone().expect("a stream");
    let mut reader = BufReader::new(stream);
    while let Some(request) = request(&mut reader) {
        let Response { status, headers, body } = answer(&request);
        let mut head = format!("HTTP/1.1 {status} Status\r\n");
        for (name, value) in &headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if status != 204 && status != 304 {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        if writer.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| writer.write_all(&body)).is_err() {
            return;
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut parts = line.split_whitespace();
    let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Some(Request { method, path: path.to_owned(), query, headers, body })
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
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let zones = zones.clone();
            thread::spawn(move || {
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
            });
        }
    });
    address
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
