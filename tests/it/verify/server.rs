//! A server of one test: it answers as a closure says, or in the ways in which servers fail, and knows what it was asked.

use std::{
    io::{self, Write},
    net::TcpStream,
    sync::{Arc, Mutex},
};

use crate::loopback::host;
// `gazette::verify` has a request and a response of its own.
pub(crate) use crate::loopback::{Request as Asked, Response as Answer};

#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Answer(Answer),
    /// The connection stays open, and nothing comes.
    Silence,
    /// A success whose body never ends.
    Endless,
    /// A success that ends before its length says so.
    Cut,
}

pub(crate) struct Server {
    pub(crate) base: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) fn new(answers: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let log = Arc::clone(&asked);
        let address = host(move |request, stream| {
            log.lock().expect("a log").push(request.clone());
            answers(request).write(request, stream)
        });
        Self { base: format!("http://{address}"), asked }
    }

    /// What was asked so far, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("a log").clone()
    }
}

const BEGUN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

impl Reply {
    fn write(&self, request: &Asked, stream: &mut TcpStream) -> io::Result<()> {
        match self {
            Self::Answer(answer) => return answer.write(request, stream),
            // Until whoever asked has enough of it.
            Self::Silence => drop(io::copy(stream, &mut io::sink())?),
            Self::Endless => {
                stream.write_all(&[BEGUN, b"connection: close\r\n\r\n{\"servers\": ["].concat())?;
                let spaces = vec![b' '; 65_536];
                loop {
                    stream.write_all(&spaces)?;
                }
            }
            Self::Cut => stream.write_all(&[BEGUN, b"content-length: 900\r\n\r\n{\"servers\": ["].concat())?,
        }
        Err(io::ErrorKind::ConnectionAborted.into())
    }
}
