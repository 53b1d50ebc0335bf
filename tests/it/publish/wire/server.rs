//! A bucket in memory that speaks S3, with conditional requests as AWS has them, signatures, and troubles to order.

use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::Duration,
};

use axum::{Router, error_handling::HandleError, http::StatusCode};
use gazette::digest::Sha256;
use s3s::{
    Body, S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    auth::SimpleAuth,
    dto::{
        DeleteObjectInput, DeleteObjectOutput, ETag, ETagCondition, GetObjectInput, GetObjectOutput, ListObjectsV2Input,
        ListObjectsV2Output, Object, PutObjectInput, PutObjectOutput,
    },
    s3_error,
    service::S3ServiceBuilder,
};

pub(super) const KEY: &str = "AKEXAMPLE";
pub(super) const SECRET: &str = "example-secret";

/// What happens at a request instead of its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Status(u16),
    /// It is done, and the answer is that it was not.
    Done,
    /// Nothing, ever.
    Hang,
}

/// Everything that lies in a bucket at a moment.
#[derive(Clone, Default)]
pub(super) struct Objects(BTreeMap<String, Stored>);

pub(super) struct Server {
    pub(super) address: String,
    shared: Arc<Shared>,
    /// Ends with it.
    _runtime: tokio::runtime::Runtime,
}

#[derive(Default)]
struct Shared {
    bucket: Mutex<Bucket>,
    /// Told of every request.
    asked: Condvar,
}

#[derive(Default)]
struct Bucket {
    objects: BTreeMap<String, Stored>,
    requests: usize,
    faults: BTreeMap<usize, Fault>,
    is_hung: bool,
    /// Whether it takes every request, whatever its conditions.
    is_careless: bool,
}

#[derive(Clone)]
struct Stored {
    bytes: Vec<u8>,
    content_type: String,
    cache_control: String,
}

impl Stored {
    fn tag(&self) -> ETag {
        ETag::Strong(Sha256::of(&self.bytes).to_string()[..32].to_owned())
    }
}

impl Shared {
    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().expect("no thread panicked")
    }
}

impl Server {
    pub(super) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
        let shared: Arc<Shared> = Arc::default();
        let mut builder = S3ServiceBuilder::new(Wire(shared.clone()));
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = HandleError::new(builder.build(), |_: s3s::HttpError| async { StatusCode::INTERNAL_SERVER_ERROR });
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        runtime.spawn(async move { axum::serve(listener, Router::new().fallback_service(service)).await });
        Self { address, shared, _runtime: runtime }
    }

    /// From now on counted, the request of this number goes wrong.
    pub(super) fn fail(&self, after: usize, fault: Fault) {
        let mut bucket = self.shared.bucket();
        let at = bucket.requests + after;
        bucket.faults.insert(at, fault);
    }

    /// From now on conditions are ignored.
    pub(super) fn ignore_conditions(&self) {
        self.shared.bucket().is_careless = true;
    }

    pub(super) fn faults(&self) -> usize {
        self.shared.bucket().faults.len()
    }

    pub(super) fn requests(&self) -> usize {
        self.shared.bucket().requests
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.shared.bucket().objects.keys().cloned().collect()
    }

    pub(super) fn body(&self, key: &str) -> Vec<u8> {
        self.stored(key).bytes
    }

    /// Finds what lies at a key at that moment, with its type and how long it may be kept.
    pub(super) fn lying(&self) -> impl Fn(&str) -> Option<(Vec<u8>, String, String)> + Send + Sync + 'static {
        let shared = self.shared.clone();
        move |key| {
            let Stored { bytes, content_type, cache_control } = shared.bucket().objects.get(key)?.clone();
            Some((bytes, content_type, cache_control))
        }
    }

    /// Somebody else puts something there.
    pub(super) fn lay(&self, key: &str, text: &str) {
        let stored = Stored { bytes: text.into(), content_type: "text/plain".to_owned(), cache_control: String::new() };
        self.shared.bucket().objects.insert(key.to_owned(), stored);
    }

    pub(super) fn headers(&self, key: &str) -> (String, String) {
        let stored = self.stored(key);
        (stored.content_type, stored.cache_control)
    }

    fn stored(&self, key: &str) -> Stored {
        self.shared.bucket().objects.get(key).unwrap_or_else(|| panic!("there is no `{key}`")).clone()
    }

    pub(super) fn wait_for_hang(&self) {
        self.wait_while(|bucket| !bucket.is_hung);
    }

    /// Until so many requests were made of it.
    pub(super) fn wait_for(&self, requests: usize) {
        self.wait_while(|bucket| bucket.requests < requests);
    }

    /// Until another request was made, or a moment has passed; tells how many there were.
    pub(super) fn wait_for_more_than(&self, requests: usize) -> usize {
        let moment = Duration::from_millis(20);
        let waited = self.shared.asked.wait_timeout_while(self.shared.bucket(), moment, |bucket| bucket.requests <= requests);
        waited.expect("no thread panicked").0.requests
    }

    fn wait_while(&self, is_early: impl Fn(&Bucket) -> bool) {
        let bucket = self.shared.bucket();
        drop(self.shared.asked.wait_while(bucket, |bucket| is_early(bucket)).expect("no thread panicked"));
    }

    pub(super) fn objects(&self) -> Objects {
        Objects(self.shared.bucket().objects.clone())
    }

    pub(super) fn set(&self, Objects(objects): Objects) {
        self.shared.bucket().objects = objects;
    }

    pub(super) fn bodies(&self) -> BTreeMap<String, Vec<u8>> {
        self.shared.bucket().objects.iter().map(|(key, stored)| (key.clone(), stored.bytes.clone())).collect()
    }
}

struct Wire(Arc<Shared>);

impl Wire {
    /// Does a request as it is ordered.
    async fn request<T>(&self, act: impl FnOnce(&mut Bucket) -> S3Result<T>) -> S3Result<T> {
        let fault = {
            let mut bucket = self.0.bucket();
            let at = bucket.requests;
            bucket.requests += 1;
            self.0.asked.notify_all();
            match bucket.faults.remove(&at) {
                None => return act(&mut bucket),
                Some(Fault::Done) => {
                    drop(act(&mut bucket));
                    Fault::Done
                }
                Some(Fault::Hang) => {
                    bucket.is_hung = true;
                    Fault::Hang
                }
                Some(fault) => fault,
            }
        };
        match fault {
            Fault::Hang => std::future::pending().await,
            Fault::Done | Fault::Status(500) => Err(s3_error!(InternalError)),
            Fault::Status(409) => Err(s3_error!(OperationAborted)),
            Fault::Status(status) => {
                let mut error = S3Error::new(S3ErrorCode::SlowDown);
                error.set_status_code(StatusCode::from_u16(status).expect("a status"));
                Err(error)
            }
        }
    }
}

#[async_trait::async_trait]
impl S3 for Wire {
    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let key = request.input.key;
        let found = self.request(|bucket| bucket.objects.get(&key).cloned().ok_or_else(|| s3_error!(NoSuchKey))).await?;
        Ok(S3Response::new(GetObjectOutput {
            e_tag: Some(found.tag()),
            content_length: Some(i64::try_from(found.bytes.len()).expect("small")),
            body: Some(Body::from(found.bytes).into()),
            ..GetObjectOutput::default()
        }))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let PutObjectInput { key, body, content_type, cache_control, if_match, if_none_match, .. } = request.input;
        let mut body = body.map_or_else(Body::empty, Body::from);
        let bytes = body.store_all_limited(64 << 20).await.map_err(|_| s3_error!(IncompleteBody))?.to_vec();
        let stored =
            Stored { bytes, content_type: content_type.unwrap_or_default(), cache_control: cache_control.unwrap_or_default() };
        let tag = stored.tag();
        self.request(|bucket| {
            let lying = bucket.objects.get(&key).map(Stored::tag);
            match (if_none_match, if_match) {
                _ if bucket.is_careless => {}
                (Some(ETagCondition::Any), _) if lying.is_some() => return Err(s3_error!(PreconditionFailed)),
                (_, Some(ETagCondition::ETag(_))) if lying.is_none() => return Err(s3_error!(NoSuchKey)),
                (_, Some(ETagCondition::ETag(tag))) if lying != Some(tag.clone()) => return Err(s3_error!(PreconditionFailed)),
                _ => {}
            }
            bucket.objects.insert(key, stored);
            Ok(())
        })
        .await?;
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(tag), ..PutObjectOutput::default() }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let key = request.input.key;
        self.request(|bucket| {
            bucket.objects.remove(&key);
            Ok(())
        })
        .await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let prefix = request.input.prefix.unwrap_or_default();
        let keys =
            |bucket: &mut Bucket| Ok(bucket.objects.keys().filter(|key| key.starts_with(&prefix)).cloned().collect::<Vec<_>>());
        let keys = self.request(keys).await?;
        let objects = keys.into_iter().map(|key| Object { key: Some(key), ..Object::default() });
        Ok(S3Response::new(ListObjectsV2Output { contents: Some(objects.collect()), ..ListObjectsV2Output::default() }))
    }
}
