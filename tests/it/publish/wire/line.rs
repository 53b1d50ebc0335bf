//! A line between a publisher and a server, byte by byte: it breaks in the middle of what is asked or answered, stalls, or is slow.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What becomes of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// It breaks after so many bytes from the publisher.
    CutAsked(usize),
    /// It breaks after so many bytes from the server.
    CutAnswered(usize),
    /// Nothing comes from the server after so many bytes, and nothing ends.
    Stall(usize),
    /// So many bytes a millisecond, each way.
    Slow(usize),
}

pub(super) struct Line {
    pub(super) address: String,
    orders: Arc<Mutex<VecDeque<Order>>>,
}

impl Line {
    pub(super) fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let orders: Arc<Mutex<VecDeque<Order>>> = Arc::default();
        let (server, given) = (server.to_owned(), orders.clone());
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let order = given.lock().expect("no thread panicked").pop_front();
                let Ok(far) = TcpStream::connect(&server) else { continue };
                carry(&near, &far, order);
            }
        });
        Self { address, orders }
    }

    /// The next connections are treated so, one after the other.
    pub(super) fn order(&self, orders: impl IntoIterator<Item = Order>) {
        self.orders.lock().expect("no thread panicked").extend(orders);
    }

    /// How many orders wait for a connection; they are forgotten.
    pub(super) fn left(&self) -> usize {
        std::mem::take(&mut *self.orders.lock().expect("no thread panicked")).len()
    }
}

fn carry(near: &TcpStream, far: &TcpStream, order: Option<Order>) {
    for (from, to, is_asking) in [(near, far, true), (far, near, false)] {
        let (from, to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
        let end = match order {
            Some(Order::CutAsked(after)) if is_asking => after,
            Some(Order::CutAnswered(after) | Order::Stall(after)) if !is_asking => after,
            _ => usize::MAX,
        };
        let piece = if let Some(Order::Slow(piece)) = order { piece } else { 1 << 14 };
        thread::spawn(move || {
            let is_over = pump(&from, &to, end, piece, matches!(order, Some(Order::Slow(_))));
            if is_over && matches!(order, Some(Order::Stall(_))) {
                return hold(&from);
            }
            let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
        });
    }
}

/// Whether it stopped because so many bytes had passed.
fn pump(mut from: &TcpStream, mut to: &TcpStream, end: usize, piece: usize, is_slow: bool) -> bool {
    let (mut buffer, mut passed) = (vec![0; piece], 0);
    while passed < end {
        let room = buffer.len().min(end - passed);
        let Ok(read @ 1..) = from.read(&mut buffer[..room]) else { return false };
        if is_slow {
            thread::sleep(Duration::from_millis(1));
        }
        if to.write_all(&buffer[..read]).is_err() {
            return false;
        }
        passed += read;
    }
    true
}

/// Takes what comes and passes nothing on.
fn hold(mut from: &TcpStream) {
    let _ = std::io::copy(&mut from, &mut std::io::sink());
}
