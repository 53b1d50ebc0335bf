//! Tasks that put one document after the other, and tell who asked when each is there. What the library needs for a request is
//! large; a task has it once.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::{
    Client,
    primitives::{ByteStream, Length},
};
use tokio::{runtime::Runtime, sync::mpsc};

use super::trouble;
use crate::ports::{Body, Done, Headers, Tag, Trouble, When};

/// A document that is to be put.
pub(super) struct Order {
    pub(super) key: String,
    pub(super) body: Body,
    pub(super) headers: Headers,
    pub(super) when: Condition,
}

/// Under which condition, for a task of its own.
pub(super) enum Condition {
    Always,
    Absent,
    Still(Tag),
}

impl From<When<'_>> for Condition {
    fn from(when: When) -> Self {
        match when {
            When::Always => Self::Always,
            When::Absent => Self::Absent,
            When::Still(tag) => Self::Still(tag.clone()),
        }
    }
}

/// Of a file, so much is read at a time.
const PIECE: usize = 64 << 10;

/// There are as many as were ever busy at a time.
#[derive(Default)]
pub(super) struct Lines {
    idle: Arc<Idle>,
}

/// Those that have nothing to do, the last one first.
#[derive(Default)]
struct Idle(Mutex<Vec<Line>>);

type Line = mpsc::UnboundedSender<(Order, Done)>;

impl Idle {
    fn pop(&self) -> Option<Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn push(&self, line: Line) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

impl Lines {
    /// Begins with it at once.
    pub(super) fn send(&self, runtime: &Runtime, client: &Client, bucket: &str, order: Order, done: Done) {
        let line = self.idle.pop().unwrap_or_else(|| {
            let (line, mut orders) = mpsc::unbounded_channel::<(Order, Done)>();
            let (client, bucket, idle, own) = (client.clone(), bucket.to_owned(), self.idle.clone(), line.clone());
            runtime.spawn(async move {
                while let Some((order, done)) = orders.recv().await {
                    let put = put(&client, &bucket, order).await;
                    idle.push(own.clone());
                    done.say(put);
                }
            });
            line
        });
        // A line ends with the runtime alone, and then whoever is told by `done` is told so.
        let _ = line.send((order, done));
    }
}

async fn put(client: &Client, bucket: &str, Order { key, body, headers, when }: Order) -> Result<Tag, Trouble> {
    let body = match body {
        Body::Bytes(bytes) => ByteStream::from(bytes),
        Body::File { path, size } => {
            let read = ByteStream::read_from().path(path).length(Length::Exact(size)).buffer_size(PIECE).build().await;
            read.map_err(|error| Trouble::Other(format!("could not read what is to be sent: {error}")))?
        }
    };
    let request = client.put_object().bucket(bucket).key(key).body(body);
    let request = request.content_type(headers.content_type).cache_control(headers.cache_control);
    let request = match &when {
        Condition::Always => request,
        Condition::Absent => request.if_none_match("*"),
        Condition::Still(Tag(tag)) => request.if_match(&**tag),
    };
    match request.send().await {
        Ok(put) => Ok(Tag(put.e_tag().unwrap_or_default().into())),
        Err(error) => Err(match trouble(&error) {
            // What should still be there is gone.
            Trouble::Missing(said) if matches!(when, Condition::Still(_)) => Trouble::Conflict(said),
            trouble => trouble,
        }),
    }
}
