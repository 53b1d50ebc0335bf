//! A bucket of AWS, or of any server that speaks S3.

mod lines;

use std::{
    fmt,
    sync::{OnceLock, mpsc},
    time::Duration,
};

use anyhow::Context;
use aws_config::{
    BehaviorVersion, Region, retry::RetryConfig, stalled_stream_protection::StalledStreamProtectionConfig, timeout::TimeoutConfig,
};
use aws_sdk_s3::{
    Client,
    config::{
        RequestChecksumCalculation, ResponseChecksumValidation,
        endpoint::{DefaultResolver, Endpoint, EndpointFuture, Params, ResolveEndpoint},
        interceptors::InterceptorContext,
        retry::{ClassifyRetry, RetryAction},
    },
    error::{ProvideErrorMetadata, SdkError},
    operation::get_object::GetObjectError,
};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use tokio::runtime::Runtime;

use lines::{Lines, Order};

use super::WayOut;
use crate::ports::{Body, Bucket, Done, Headers, PATIENCE, Tag, Trouble, When};

pub struct S3 {
    client: Client,
    lines: Lines,
    /// Whose threads wait for the network.
    runtime: Runtime,
    bucket: String,
    prefix: String,
}

/// Where a bucket is.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    pub bucket: &'a str,
    /// Empty, or ending in a slash.
    pub prefix: &'a str,
    /// Of a server that is not AWS's; it is asked in path style.
    pub endpoint: Option<&'a str>,
    pub region: Option<&'a str>,
}

/// How often a request is tried that a server was too busy for.
const ATTEMPTS: u32 = 6;
/// How long one attempt may take. All attempts together end within [`PATIENCE`].
const ATTEMPT: Duration = Duration::from_mins(1);
/// S3 takes no larger object in one request, and only one request can have a condition and be whole or not done.
const PUT_MAX: u64 = 5 << 30;
/// How often a body is asked for that breaks off in its middle.
const READINGS: usize = 4;
/// For how long nothing of a body may come.
const STALLED: Duration = Duration::from_secs(20);
/// AWS takes it for servers that do not look at it.
const ANY_REGION: &str = "us-east-1";
/// So much of a server's sentence is told.
const SAID_MAX: usize = 300;

/// What every service of AWS is asked with: its credentials are found as every tool finds them.
pub(super) fn settings(runtime: &Runtime, endpoint: Option<&str>, region: Option<&str>, width: usize) -> aws_config::SdkConfig {
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::rustls(CryptoMode::Ring))
        .pool_max_idle_per_host(width)
        .build_https();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(10))
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(PATIENCE)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        // The attempt's timeout does that.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    if let Some(region) = region.map(str::to_owned).or_else(|| endpoint.map(|_| ANY_REGION.to_owned())) {
        loader = loader.region(Region::new(region));
    }
    if let Some(endpoint) = endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    runtime.block_on(loader.load())
}

pub(super) fn runtime() -> anyhow::Result<Runtime> {
    let built = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    built.context("could not start threads for the network")
}

impl S3 {
    pub fn open(spot: &Spot, width: usize) -> anyhow::Result<Self> {
        let runtime = runtime()?;
        let shared = settings(&runtime, spot.endpoint, spot.region, width);
        if shared.region().is_none() {
            let place = format!("s3://{}/{}", spot.bucket, spot.prefix);
            return Err(WayOut::new(
                format!("no region is set for `{}`", place.trim_end_matches('/')),
                "add `region = \"eu-central-1\"` or the like below `[publish.NAME]` in registry.toml, or set `AWS_REGION`",
            )
            .into());
        }
        let config = aws_sdk_s3::config::Builder::from(&shared)
            .force_path_style(spot.endpoint.is_some())
            .endpoint_resolver(OneBucket::default())
            .retry_classifier(Later)
            .build();
        Ok(Self {
            client: Client::from_conf(config),
            lines: Lines::default(),
            runtime,
            bucket: spot.bucket.to_owned(),
            prefix: spot.prefix.to_owned(),
        })
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Reads a body once. The library's attempts and time-outs end where a body begins.
    async fn read(&self, key: &str, most: usize) -> Result<Option<(Vec<u8>, Tag)>, Broken> {
        let large = || Broken::For(Trouble::Other(format!("`{key}` has more than {most} bytes")));
        let found = match self.client.get_object().bucket(&self.bucket).key(self.key(key)).send().await {
            Ok(found) => found,
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => return Ok(None),
            Err(error) => return Err(Broken::For(trouble(&error))),
        };
        let tag = Tag(found.e_tag().unwrap_or_default().into());
        let told = found.content_length().and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
        if told > most {
            return Err(large());
        }
        let (mut bytes, mut body) = (Vec::with_capacity(told), found.body);
        loop {
            let piece = tokio::time::timeout(STALLED, body.try_next()).await;
            let piece = piece.map_err(|_| Broken::Off(Trouble::Busy(format!("`{key}` stopped in its middle"))))?;
            match piece.map_err(|error| Broken::Off(Trouble::Busy(error.to_string())))? {
                Some(piece) => bytes.extend_from_slice(&piece),
                None => return Ok(Some((bytes, tag))),
            }
            if bytes.len() > most {
                return Err(large());
            }
        }
    }
}

/// Why there is no body.
enum Broken {
    /// It broke off in its middle: it is worth asking again.
    Off(Trouble),
    For(Trouble),
}

/// What is worth asking again beside what the library knows: too many requests in any words, and two conditional requests that
/// met, of which S3 answers neither.
#[derive(Debug)]
struct Later;

impl ClassifyRetry for Later {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response().map(|response| response.status().as_u16()) {
            Some(409 | 429) => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "worth asking again"
    }
}

/// Where the objects of one bucket are asked for. The library works it out anew for every key, though it follows from none.
#[derive(Debug, Default)]
struct OneBucket {
    library: DefaultResolver,
    objects: OnceLock<Endpoint>,
}

impl ResolveEndpoint for OneBucket {
    fn resolve_endpoint<'a>(&'a self, params: &'a Params) -> EndpointFuture<'a> {
        if params.key().is_none() {
            return self.library.resolve_endpoint(params);
        }
        match self.objects.get() {
            Some(known) => EndpointFuture::ready(Ok(known.clone())),
            None => EndpointFuture::new(async {
                let found = self.library.resolve_endpoint(params).await?;
                Ok(self.objects.get_or_init(|| found).clone())
            }),
        }
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

/// An error and what it came from, in their own words.
fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// What a refusal means.
pub(super) fn trouble<E>(error: &SdkError<E>) -> Trouble
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let said = match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => chain(error),
    };
    let said: String = said.chars().filter(|c| !c.is_control()).take(SAID_MAX).collect();
    match (status, error) {
        (Some(401 | 403), _) | (None, SdkError::ConstructionFailure(_)) => Trouble::Denied(said),
        (Some(404), _) => Trouble::Missing(said),
        (Some(501), _) => Trouble::Unable(said),
        (Some(412), _) => Trouble::Conflict(said),
        // Two conditional requests met, and neither was answered for good.
        (Some(409 | 429 | 500..), _) | (None, SdkError::TimeoutError(_)) => Trouble::Busy(said),
        (None, SdkError::DispatchFailure(failure)) if failure.is_io() || failure.is_timeout() => Trouble::Busy(said),
        (None, SdkError::DispatchFailure(_)) if said.to_lowercase().contains("credentials") => Trouble::Denied(said),
        _ => Trouble::Other(said),
    }
}

impl Bucket for S3 {
    fn get(&self, key: &str, most: usize) -> Result<Option<(Vec<u8>, Tag)>, Trouble> {
        self.runtime.block_on(async {
            let whole = async {
                for _ in 1..READINGS {
                    match self.read(key, most).await {
                        Err(Broken::Off(_)) => {}
                        Err(Broken::For(trouble)) => return Err(trouble),
                        Ok(found) => return Ok(found),
                    }
                }
                self.read(key, most).await.map_err(|(Broken::Off(trouble) | Broken::For(trouble))| trouble)
            };
            let late = || Err(Trouble::Busy(format!("`{key}` did not arrive within {} seconds", PATIENCE.as_secs())));
            tokio::time::timeout(PATIENCE, whole).await.unwrap_or_else(|_| late())
        })
    }

    fn put(&self, key: &str, body: &Body, headers: Headers, when: When) -> Result<Tag, Trouble> {
        let (told, answer) = mpsc::channel();
        self.begin_put(key, body, headers, when, Done::new(move |put| drop(told.send(put))));
        answer.recv().expect("who is done says so")
    }

    fn begin_put(&self, key: &str, body: &Body, headers: Headers, when: When, done: Done) {
        if body.size() > PUT_MAX {
            let said = format!("`{key}` has {} bytes, and S3 takes {PUT_MAX} in one request", body.size());
            return done.say(Err(Trouble::Unable(said)));
        }
        let order = Order { key: self.key(key), body: body.clone(), headers, when: when.into() };
        self.lines.send(&self.runtime, &self.client, &self.bucket, order, done);
    }

    fn delete(&self, key: &str) -> Result<(), Trouble> {
        let deleted = self.client.delete_object().bucket(&self.bucket).key(self.key(key)).send();
        match self.runtime.block_on(deleted) {
            Ok(_) => Ok(()),
            Err(error) => match trouble(&error) {
                Trouble::Missing(_) => Ok(()),
                trouble => Err(trouble),
            },
        }
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
        self.runtime.block_on(async {
            let list = self.client.list_objects_v2().bucket(&self.bucket).prefix(self.key(prefix));
            let mut pages = list.into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| trouble(&error))?;
                let keys = page.contents().iter().filter_map(|object| object.key());
                keys.filter_map(|key| key.strip_prefix(&self.prefix)).for_each(&mut *each);
            }
            Ok(())
        })
    }
}
