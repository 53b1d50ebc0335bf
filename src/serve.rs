//! The site over HTTP, with the query semantics of the API: from memory, for a preview or as a small service of its own.
#![expect(clippy::disallowed_methods, reason = "how long an answer took, and when, is told to the operator")]

mod answer;
mod connection;
mod document;
mod held;
mod log;
mod metrics;

use std::{
    net::SocketAddr,
    sync::{Arc, PoisonError, RwLock, atomic::Ordering::Relaxed},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::Response,
    routing::any,
};
use tokio::{net::TcpListener, runtime::Runtime, sync::watch};

pub use held::Held;
pub use log::Form;

use crate::{adapters::WayOut, finding::Verdict, instant, report::Report, site::Facts};
use answer::{error, json};
use log::{Line, Log};
use metrics::{Gauges, Metrics, Route};

/// What is served at this moment.
#[derive(Clone, Debug, Default)]
struct Now {
    /// Absent before the first site is built.
    site: Option<Arc<Held>>,
    built: Option<Instant>,
    /// Rejects, reviews and notes about the files; absent before they are judged.
    findings: Option<[usize; 3]>,
    /// Why the files as they lie now are not what is served.
    stale: Option<Stale>,
}

#[derive(Clone, Debug)]
struct Stale {
    summary: HeaderValue,
    report: Arc<str>,
}

#[derive(Debug)]
pub struct Server {
    now: RwLock<Now>,
    metrics: Metrics,
    log: Option<Log>,
}

impl Server {
    pub fn new(log: Option<Form>) -> Self {
        Self { now: RwLock::default(), metrics: Metrics::default(), log: log.map(Log::start) }
    }

    /// From now on, this site is served.
    pub fn publish(&self, site: Held) {
        self.metrics.builds.fetch_add(1, Relaxed);
        let site = Arc::new(site);
        let now = Now { site: Some(Arc::clone(&site)), built: Some(Instant::now()), findings: None, stale: None };
        let mut before = now;
        self.change(|now| std::mem::swap(now, &mut before));
        // Dropping the site before takes a while, and keeps nobody waiting here.
        drop(before);
        // Whoever asks for a record need not wait for the rest.
        std::thread::spawn(move || site.complete());
    }

    /// What the rules say of the files.
    pub fn judged(&self, report: &Report) {
        let counts = [Verdict::Reject, Verdict::Review, Verdict::Note].map(|verdict| report.count(verdict));
        self.change(|now| now.findings = Some(counts));
    }

    pub fn facts(&self) -> Option<Arc<Facts>> {
        self.now().site.map(|site| site.shared.facts.clone())
    }

    /// The files changed, and cannot be served: the last site stays, and says so. False, if it said the same before.
    pub fn keep(&self, summary: &str, report: &str) -> bool {
        self.metrics.builds_failed.fetch_add(1, Relaxed);
        let visible: String = summary.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).take(200).collect();
        let summary = HeaderValue::try_from(visible).expect("visible characters make a header");
        let is_new = self.now().stale.is_none_or(|stale| &*stale.report != report);
        self.change(|now| now.stale = Some(Stale { summary, report: report.into() }));
        is_new
    }

    fn change(&self, change: impl FnOnce(&mut Now)) {
        change(&mut self.now.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn now(&self) -> Now {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A server that answers while it lives, on threads of its own.
#[derive(Debug)]
pub struct Running {
    runtime: Runtime,
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: tokio::task::JoinHandle<bool>,
}

impl Running {
    /// Begins to answer at an address; before a site is published, with 503.
    pub fn begin(address: SocketAddr, server: Arc<Server>) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().max_blocking_threads(16).build();
        let runtime = runtime.context("could not start threads")?;
        let listener = runtime.block_on(TcpListener::bind(address)).map_err(|error| {
            let error = format!("could not listen at {address}: {error}");
            WayOut::new(error, "choose another port with `--port N`, or `--port 0` for a free one")
        })?;
        let address = listener.local_addr().context("could not find the address of the listener")?;
        let (stop, stopped) = watch::channel(false);
        let for_peer = {
            let server = Arc::clone(&server);
            move |peer| router(Arc::new(Client { server: Arc::clone(&server), peer }))
        };
        let accepting = runtime.spawn(connection::accept(listener, server, for_peer, stopped));
        Ok(Self { runtime, address, stop, accepting })
    }

    /// Calls back once, when the operator or the system asks the program to end.
    pub fn on_signal(&self, tell: impl FnOnce() + Send + 'static) -> anyhow::Result<()> {
        let _inside = self.runtime.enter();
        let asked = signals().context("could not listen to signals")?;
        self.runtime.spawn(async move {
            asked.await;
            tell();
        });
        Ok(())
    }

    /// Takes no more connections, and lets requests finish; false, if one was cut off.
    pub fn end(self) -> bool {
        let _ = self.stop.send(true);
        let finished = self.runtime.block_on(self.accepting).unwrap_or(false);
        self.runtime.shutdown_timeout(Duration::from_millis(100));
        finished
    }
}

#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn signals() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// Who asks.
#[derive(Debug)]
struct Client {
    server: Arc<Server>,
    peer: SocketAddr,
}

/// What stands at which address: three of the server's own, the rest is the site's.
fn router(client: Arc<Client>) -> Router {
    Router::new()
        .route("/health", any(health))
        .route("/ready", any(ready))
        .route("/metrics", any(metrics_text))
        .fallback(site)
        .layer(middleware::from_fn_with_state(Arc::clone(&client), every))
        .with_state(client)
}

/// The longest address that is looked at; names and versions make 400 bytes, each of which may be written as three.
const TARGET_MAX: usize = 8 << 10;

/// What holds for every request: what may be asked, what every answer says, and what is counted and logged.
async fn every(State(client): State<Arc<Client>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let server = &client.server;
    let method = request.method().clone();
    let asked = server.log.as_ref().map(|log| (log, request.uri().clone(), request.headers().get(header::USER_AGENT).cloned()));
    let target = request.uri().path().len() + request.uri().query().map_or(0, str::len);
    let mut response = match method {
        Method::GET | Method::HEAD if target > TARGET_MAX => error(StatusCode::URI_TOO_LONG, "the address is too long"),
        Method::GET | Method::HEAD => next.run(request).await,
        Method::OPTIONS => preflight(),
        _ => refused(),
    };
    if method == Method::HEAD {
        *response.body_mut() = Body::empty();
    }
    let headers = response.headers_mut();
    for (name, value) in EVERYWHERE {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let length = headers.get(header::CONTENT_LENGTH).filter(|_| method != Method::HEAD);
    let bytes = length.and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or_default();
    let status = response.status().as_u16();
    let route = response.extensions().get().copied().unwrap_or(Route::Unknown);
    let time = begun.elapsed();
    server.metrics.count(route, status, time, bytes);
    if let Some((log, uri, agent)) = asked {
        let line = Line {
            time: wall_clock(),
            peer: client.peer,
            method: method.as_str(),
            target: uri.path_and_query().map_or("", |target| target.as_str()),
            status,
            bytes,
            micros: u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
            agent: agent.as_ref().and_then(|agent| agent.to_str().ok()).unwrap_or_default(),
        };
        if !log.tell(&line) {
            server.metrics.log_lines_lost.fetch_add(1, Relaxed);
        }
    }
    response
}

/// What browsers ask for before they let a page read, and what keeps them from guessing types.
const EVERYWHERE: [(HeaderName, &str); 4] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, OPTIONS"),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

fn preflight() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response.headers_mut().insert(header::ALLOW, METHODS);
    response.headers_mut().insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    response
}

fn refused() -> Response {
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, "this registry is read only: use GET, HEAD or OPTIONS");
    response.headers_mut().insert(header::ALLOW, METHODS);
    response
}

fn wall_clock() -> instant::Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    instant::Instant(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

fn marked(route: Route, mut response: Response) -> Response {
    response.extensions_mut().insert(route);
    response
}

/// Whatever is an address of the site.
async fn site(State(client): State<Arc<Client>>, request: Request) -> Response {
    let (site, stale) = {
        let now = client.server.now.read().unwrap_or_else(PoisonError::into_inner);
        (now.site.clone(), now.stale.as_ref().map(|stale| stale.summary.clone()))
    };
    let Some(site) = site else { return unready() };
    let (route, mut response) = answer::answer(&site, request.uri(), request.headers()).await;
    if let Some(summary) = stale {
        response.headers_mut().insert(HeaderName::from_static("gazette-stale"), summary);
    }
    marked(route, response)
}

fn unready() -> Response {
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, "the registry is being read; ask again in a moment");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    marked(Route::Probe, response)
}

/// `/health`: the process lives, and what it serves.
async fn health(State(client): State<Arc<Client>>) -> Response {
    let Now { site, built, findings, stale } = client.server.now();
    let site = site.map(|site| {
        let facts = &site.shared.facts;
        serde_json::json!({
            "epoch": facts.epoch, "serial": facts.serial, "commit": facts.commit.map(|commit| commit.to_string()),
            "counts": facts.counts, "ageSeconds": built.map(|built| built.elapsed().as_secs()),
        })
    });
    let status = match (&site, &stale) {
        (None, _) => "starting",
        (Some(_), Some(_)) => "stale",
        (Some(_), None) => "ok",
    };
    let findings = findings.map(|[reject, review, note]| serde_json::json!({"reject": reject, "review": review, "note": note}));
    let report = stale.map(|stale| stale.report);
    let body = serde_json::json!({"status": status, "site": site, "findings": findings, "report": report.as_deref()});
    marked(Route::Probe, json(StatusCode::OK, body.to_string().into_bytes()))
}

/// `/ready`: a site is served.
async fn ready(State(client): State<Arc<Client>>) -> Response {
    match client.server.now().site {
        Some(site) => {
            let body = serde_json::json!({"status": "ready", "serial": site.shared.facts.serial});
            marked(Route::Probe, json(StatusCode::OK, body.to_string().into_bytes()))
        }
        None => unready(),
    }
}

/// `/metrics`, for Prometheus.
async fn metrics_text(State(client): State<Arc<Client>>) -> Response {
    let Now { site, built, findings, stale } = client.server.now();
    let counts = site.as_ref().map(|site| site.shared.facts.counts).unwrap_or_default();
    let text = client.server.metrics.text(&Gauges {
        ready: site.is_some(),
        serial: site.map(|site| site.shared.facts.serial).unwrap_or_default(),
        servers: counts.servers,
        versions: counts.versions,
        age: built.map(|built| built.elapsed()).unwrap_or_default(),
        findings: findings.unwrap_or_default(),
        stale: stale.is_some(),
    });
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(header::CONTENT_LENGTH, text.len().into());
    *response.body_mut() = text.into();
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    marked(Route::Probe, response)
}
