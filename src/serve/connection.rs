//! Connections: how many at once, how long each may take to ask and to listen, and how they end.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::{Sleep, sleep, timeout},
};

use super::Server;

/// So many at once; whoever comes then waits until another leaves.
const CONNECTIONS: u32 = 4096;
/// A client asks within this time, also the next time.
const ASKING: Duration = Duration::from_secs(30);
/// A client takes at least something of its answer within this time.
const TAKING: Duration = Duration::from_secs(30);
/// What runs when the server stops may go on so long.
const FINISHING: Duration = Duration::from_secs(10);
/// Until then a request line with its headers must be over.
const HEADERS: usize = 32 << 10;
const HEADER_LINES: usize = 100;

/// Takes connections until `stop` says so, then lets what runs finish. False, if something had to be cut off.
pub(super) async fn accept(
    listener: TcpListener,
    server: Arc<Server>,
    router: impl Fn(SocketAddr) -> Router,
    mut stop: watch::Receiver<bool>,
) -> bool {
    let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.expect("the semaphore is never closed");
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|&stop| stop) => break,
        };
        // Too many open files, or a connection that was gone before it was taken: the next may be better.
        let Ok((stream, peer)) = accepted else {
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        // Without it, an answer's last packet would wait for the client's acknowledgement.
        let _ = stream.set_nodelay(true);
        let (connection, server) = (one(stream, router(peer), stop.clone()), Arc::clone(&server));
        tokio::spawn(async move {
            server.metrics.connections.fetch_add(1, Relaxed);
            connection.await;
            server.metrics.connections.fetch_sub(1, Relaxed);
            drop(place);
        });
    }
    drop(listener);
    timeout(FINISHING, places.acquire_many(CONNECTIONS)).await.is_ok()
}

async fn one(stream: TcpStream, router: Router, mut stop: watch::Receiver<bool>) {
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(ASKING).max_buf_size(HEADERS).max_headers(HEADER_LINES);
    protocol.pipeline_flush(true);
    let connection = protocol.serve_connection(TokioIo::new(Patient::of(stream)), TowerToHyperService::new(router));
    let mut connection = pin!(connection);
    tokio::select! {
        // What goes wrong on a connection is its client's business.
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|&stop| stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

/// A stream whose reader may stall only for so long: otherwise a few clients could hold all connections for ever.
struct Patient {
    stream: TcpStream,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Patient {
    fn of(stream: TcpStream) -> Self {
        Self { stream, stalled: None }
    }

    /// Passes on what came of writing, and runs the clock while nothing did.
    fn unless_stalled(&mut self, context: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        ready!(self.stalled.get_or_insert_with(|| Box::pin(sleep(TAKING))).as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.unless_stalled(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.unless_stalled(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
