//! The one GET of a proof: what a domain says at its well-known address. The host is a stranger's, so nothing is followed, only
//! the internet is connected to, and neither size nor time is the host's choice.

use std::{
    fmt,
    io::Read,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use ureq::{
    Agent, Error,
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

use crate::{evidence::WellKnown, network};

use crate::record::WELL_KNOWN as PATH;

/// A proof is one line; so much is read.
pub const BODY_MAX: u64 = 4096;

/// From the first look-up to the last byte.
const TIME_MAX: Duration = Duration::from_secs(10);

/// Asks domains.
#[derive(Debug)]
pub struct Doorman {
    /// Where to ask instead of the domain itself: a host of this machine, in tests.
    stand_in: Option<url::Url>,
}

impl Doorman {
    pub fn new(stand_in: Option<url::Url>) -> Self {
        Self { stand_in }
    }

    /// What the domain says. An error is that it could not be asked, or cannot answer now.
    pub fn ask(&self, domain: &str) -> Result<WellKnown, String> {
        match &self.stand_in {
            None => ask(&format!("https://{domain}{PATH}"), domain, Outside::new(DefaultResolver::default()), TIME_MAX),
            Some(base) => {
                let address = format!("{}{PATH}", base.as_str().trim_end_matches('/'));
                ask(&address, domain, DefaultResolver::default(), TIME_MAX)
            }
        }
    }
}

fn ask(address: &str, domain: &str, resolver: impl Resolver, time: Duration) -> Result<WellKnown, String> {
    let failed = |error: &Error| match error {
        Error::HostNotFound => format!("`{domain}` has no address"),
        Error::Timeout(_) => format!("`{domain}` did not answer within {} seconds", time.as_secs()),
        error => format!("`{domain}` could not be asked: {error}"),
    };
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        // A proxy would connect to what it resolves itself.
        .proxy(None)
        .timeout_global(Some(time))
        .max_response_header_size(16 << 10)
        .max_idle_connections(0)
        .user_agent(concat!("gazette/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
    let request = agent.get(address).header("host", domain).header("accept", "text/plain, */*");
    let mut response = request.call().map_err(|error| failed(&error))?;
    let refused = |why: String| Ok(WellKnown::Refused(why));
    match response.status().as_u16() {
        200 => {}
        status @ 300..=399 => return refused(format!("it redirects ({status}), and a redirect is not followed")),
        status @ (429 | 500..=599) => return Err(format!("`{domain}` answered {status}")),
        status => return refused(format!("it answered {status}")),
    }
    let mut body = Vec::new();
    let read = response.body_mut().as_reader().take(BODY_MAX + 1).read_to_end(&mut body);
    read.map_err(|error| match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(error) => failed(error),
        None => format!("`{domain}` could not be asked: {error}"),
    })?;
    if body.len() as u64 > BODY_MAX {
        return refused(format!("it is larger than {BODY_MAX} bytes"));
    }
    match String::from_utf8(body) {
        Ok(text) => Ok(WellKnown::Text(text)),
        Err(_) => refused("it is no text".to_owned()),
    }
}

/// Gives a name's addresses if every one of them is of the internet. What it gives is what is connected to: nobody asks again.
struct Outside<R> {
    names: R,
    is_outside: fn(IpAddr) -> bool,
}

impl<R> Outside<R> {
    fn new(names: R) -> Self {
        Self { names, is_outside: network::is_outside }
    }
}

impl<R> fmt::Debug for Outside<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outside")
    }
}

impl<R: Resolver> Resolver for Outside<R> {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        match found.iter().map(SocketAddr::ip).find(|ip| !(self.is_outside)(*ip)) {
            None => Ok(found),
            Some(ip) => Err(Error::Other(Box::new(Inside(ip)))),
        }
    }
}

/// A name that leads into somebody's own network.
#[derive(Debug)]
struct Inside(IpAddr);

impl fmt::Display for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it leads to {}, an address of a private or reserved network", self.0)
    }
}

impl std::error::Error for Inside {}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Write},
        net::TcpListener,
        sync::{
            Arc, Mutex,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    use super::*;

    /// A host that answers everybody with these bytes, and then holds the line until it is hung up on.
    fn host(answer: &'static [u8]) -> (url::Url, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let base = url::Url::parse(&format!("http://{}", listener.local_addr().expect("an address"))).expect("a base");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let asks = asked.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
                let request: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                asks.lock().expect("a list").push(request.join("\n"));
                let _ = stream.write_all(answer);
                let _ = stream.read(&mut [0]);
            }
        });
        (base, asked)
    }

    fn said(answer: &'static [u8]) -> Result<WellKnown, String> {
        Doorman::new(Some(host(answer).0)).ask("example.com")
    }

    #[test]
    fn a_proof_is_read_and_nothing_else_counts() {
        let text = |text: &str| Ok(WellKnown::Text(text.to_owned()));
        let refused = |why: &str| Ok(WellKnown::Refused(why.to_owned()));
        let (base, heard) = host(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nmcp-verify=github:42");
        assert_eq!(Doorman::new(Some(base)).ask("example.com"), text("mcp-verify=github:42"));
        let request = heard.lock().expect("heard")[0].clone();
        assert!(request.starts_with("GET /.well-known/mcp-registry-auth HTTP/1.1\n"), "{request}");
        assert!(request.to_ascii_lowercase().contains("host: example.com"), "{request}");
        assert_eq!(
            said(b"HTTP/1.1 302 Found\r\nlocation: https://attacker.example/\r\ncontent-length: 0\r\n\r\n"),
            refused("it redirects (302), and a redirect is not followed")
        );
        assert_eq!(said(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"), refused("it answered 404"));
        assert_eq!(said(b"HTTP/1.1 206 Partial\r\ncontent-length: 2\r\n\r\nok"), refused("it answered 206"));
        assert_eq!(said(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\xfe"), refused("it is no text"));
        assert_eq!(said(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"), Err("`example.com` answered 503".to_owned()));
        assert!(said(b"SSH-2.0-OpenSSH_9\r\n").is_err());
    }

    #[test]
    fn no_more_than_a_proof_is_read() {
        let full = [b"HTTP/1.1 200 OK\r\ncontent-length: 4096\r\n\r\n".as_slice(), &[b'x'; 4096]].concat().leak();
        assert!(matches!(said(full), Ok(WellKnown::Text(text)) if text.len() == 4096));
        // It claims a gigabyte, sends little more than fits, and never ends: nobody waits for the rest.
        let large = [b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n".as_slice(), &[b'x'; 5000]].concat().leak();
        assert_eq!(said(large), Ok(WellKnown::Refused("it is larger than 4096 bytes".to_owned())));
    }

    #[test]
    fn a_slow_host_is_left() {
        let (base, _) = host(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nmcp-");
        let slow = ask(base.as_str(), "example.com", DefaultResolver::default(), Duration::from_millis(200));
        assert_eq!(slow, Err("`example.com` did not answer within 0 seconds".to_owned()));
    }

    #[test]
    fn this_machine_is_not_asked() {
        let (base, heard) = host(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        for name in ["localhost", "127.0.0.1", "[::1]"] {
            let address = format!("https://{name}:{}{PATH}", base.port().expect("a port"));
            let said = ask(&address, name, Outside::new(DefaultResolver::default()), TIME_MAX);
            assert!(said.as_ref().is_err_and(|why| why.contains("private or reserved network")), "{said:?}");
        }
        assert!(heard.lock().expect("heard").is_empty(), "somebody connected");
    }

    /// Gives one address after the other, as a name does whose owner changes it between two questions.
    #[derive(Debug)]
    struct Rebinding(Arc<AtomicUsize>, Vec<SocketAddr>);

    impl Resolver for Rebinding {
        fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
            let asked = self.0.fetch_add(1, Ordering::SeqCst);
            let mut found = self.empty();
            found.push(self.1[asked.min(self.1.len() - 1)]);
            Ok(found)
        }
    }

    #[test]
    fn the_address_that_was_checked_is_the_one_that_is_connected_to() {
        let (outside, _) = host(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\noutside");
        let (inside, heard) = host(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\ninside");
        let address = |base: &url::Url| SocketAddr::new([127, 0, 0, 1].into(), base.port().expect("a port"));
        let asked = Arc::new(AtomicUsize::new(0));
        let names = Rebinding(asked.clone(), vec![address(&outside), address(&inside)]);
        let resolver = Outside { names, is_outside: |ip| ip.is_loopback() };
        let said = ask("http://example.com/", "example.com", resolver, TIME_MAX);
        assert_eq!(said, Ok(WellKnown::Text("outside".to_owned())));
        assert_eq!(asked.load(Ordering::SeqCst), 1, "the name was resolved again");
        assert!(heard.lock().expect("heard").is_empty(), "somebody connected inside");
    }
}
