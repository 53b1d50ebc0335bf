//! Tasks that put one document after the other. What the library needs for a request is large; a task has it once, while every
//! thread that waits for an answer would keep some of its own.

use std::sync::{Mutex, PoisonError};

use aws_sdk_s3::{Client, error::DisplayErrorContext, primitives::ByteStream};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, oneshot},
};

use super::trouble;
use crate::ports::{Body, Headers, Tag, Trouble, When};

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

type Answer = oneshot::Sender<Result<Tag, Trouble>>;

/// Those that have nothing to do, the last one first; there are as many as were ever busy at a time.
#[derive(Default)]
pub(super) struct Lines {
    idle: Mutex<Vec<mpsc::UnboundedSender<(Order, Answer)>>>,
}

impl Lines {
    /// Waits until it is done.
    pub(super) fn send(&self, runtime: &Runtime, client: &Client, bucket: &str, order: Order) -> Result<Tag, Trouble> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let free = idle().pop();
        let line = free.unwrap_or_else(|| {
            let (line, mut orders) = mpsc::unbounded_channel::<(Order, Answer)>();
            let (client, bucket) = (client.clone(), bucket.to_owned());
            runtime.spawn(async move {
                while let Some((order, answer)) = orders.recv().await {
                    // Nobody waits any more if the program ends.
                    let _ = answer.send(put(&client, &bucket, order).await);
                }
            });
            line
        });
        let (answer, answered) = oneshot::channel();
        line.send((order, answer)).expect("a line listens as long as it can be given something");
        let put = answered.blocking_recv().expect("no request panics");
        idle().push(line);
        put
    }
}

async fn put(client: &Client, bucket: &str, Order { key, body, headers, when }: Order) -> Result<Tag, Trouble> {
    let body = match body {
        Body::Bytes(bytes) => ByteStream::from(bytes),
        Body::File { path, .. } => {
            ByteStream::from_path(path).await.map_err(|error| Trouble::Other(DisplayErrorContext(&error).to_string()))?
        }
    };
    let request = client.put_object().bucket(bucket).key(key).body(body);
    let request = request.content_type(headers.content_type).cache_control(headers.cache_control);
    let request = match when {
        Condition::Always => request,
        Condition::Absent => request.if_none_match("*"),
        Condition::Still(Tag(tag)) => request.if_match(tag),
    };
    let put = request.send().await.map_err(|error| trouble(&error))?;
    Ok(Tag(put.e_tag().unwrap_or_default().into()))
}
