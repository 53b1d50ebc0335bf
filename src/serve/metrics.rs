//! What the server counts, in the text form that Prometheus reads.

use std::{
    fmt::Write,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// What kind of address was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// The list of servers.
    List,
    /// All versions of one server.
    Versions,
    /// One version, or the latest one.
    Version,
    /// Any other document for programs.
    Document,
    /// Pages for people.
    Page,
    /// What the operator asks: health, readiness, metrics.
    Probe,
    /// What is no address of the site.
    Unknown,
}

impl Route {
    const ALL: [Self; 7] = [Self::List, Self::Versions, Self::Version, Self::Document, Self::Page, Self::Probe, Self::Unknown];

    /// Of an address at which a document stands.
    pub(super) fn of(path: &str) -> Self {
        let last = path.rsplit('/').next().unwrap_or_default();
        let is_api = ["/v0.1/", "/v0/", "/groups/"].iter().any(|top| path.starts_with(top));
        match last {
            "versions" if is_api => Self::Versions,
            _ if is_api && path.contains("/versions/") => Self::Version,
            _ if last.is_empty() || last.rsplit_once('.').is_some_and(|(_, ending)| ending == "html") => Self::Page,
            _ => Self::Document,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Versions => "versions",
            Self::Version => "version",
            Self::Document => "document",
            Self::Page => "page",
            Self::Probe => "probe",
            Self::Unknown => "unknown",
        }
    }
}

/// The statuses that are counted one by one; all others together.
const STATUSES: [u16; 9] = [200, 204, 304, 308, 400, 404, 405, 414, 503];
/// Upper bounds in microseconds: a look-up takes tens of them, compressing a long list many thousands.
const BOUNDS: [u64; 11] = [50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000];

/// What was asked along one route.
#[derive(Debug, Default)]
struct Traffic {
    by_status: [AtomicU64; STATUSES.len() + 1],
    by_bound: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
    bytes: AtomicU64,
}

#[derive(Debug, Default)]
pub(super) struct Metrics {
    traffic: [Traffic; Route::ALL.len()],
    pub(super) connections: AtomicU64,
    pub(super) builds: AtomicU64,
    pub(super) builds_failed: AtomicU64,
    pub(super) log_lines_lost: AtomicU64,
}

/// What is told beside the counters.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gauges {
    pub(super) ready: bool,
    pub(super) serial: u32,
    pub(super) servers: usize,
    pub(super) versions: usize,
    /// Since the site that is served was built.
    pub(super) age: Duration,
    /// Rejects, reviews and notes.
    pub(super) findings: [usize; 3],
    pub(super) stale: bool,
}

impl Metrics {
    pub(super) fn count(&self, route: Route, status: u16, time: Duration, bytes: u64) {
        let traffic = &self.traffic[route as usize];
        let status = STATUSES.iter().position(|&known| known == status).unwrap_or(STATUSES.len());
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let bound = BOUNDS.iter().position(|&bound| micros <= bound).unwrap_or(BOUNDS.len());
        traffic.by_status[status].fetch_add(1, Relaxed);
        traffic.by_bound[bound].fetch_add(1, Relaxed);
        traffic.microseconds.fetch_add(micros, Relaxed);
        traffic.bytes.fetch_add(bytes, Relaxed);
    }

    pub(super) fn text(&self, gauges: &Gauges) -> String {
        let mut out = String::with_capacity(8 << 10);
        self.requests(&mut out);
        self.durations(&mut out);
        for (name, kind, help, value) in [
            ("connections", "gauge", "Connections that are open.", self.connections.load(Relaxed).to_string()),
            ("builds_total", "counter", "Sites that were built.", self.builds.load(Relaxed).to_string()),
            ("builds_failed_total", "counter", "Builds that failed.", self.builds_failed.load(Relaxed).to_string()),
            ("log_lines_lost_total", "counter", "Lines of the log nobody took.", self.log_lines_lost.load(Relaxed).to_string()),
            ("ready", "gauge", "Whether a site is served.", u8::from(gauges.ready).to_string()),
            ("site_stale", "gauge", "Whether the files can no longer be built.", u8::from(gauges.stale).to_string()),
            ("site_serial", "gauge", "The serial of the site that is served.", gauges.serial.to_string()),
            ("site_servers", "gauge", "Servers of the site.", gauges.servers.to_string()),
            ("site_versions", "gauge", "Versions of the site.", gauges.versions.to_string()),
            ("site_age_seconds", "gauge", "Time since the site was built.", gauges.age.as_secs().to_string()),
        ] {
            let _ = writeln!(out, "# HELP gazette_{name} {help}\n# TYPE gazette_{name} {kind}\ngazette_{name} {value}");
        }
        let _ = writeln!(out, "# HELP gazette_findings Findings about the files.\n# TYPE gazette_findings gauge");
        for (verdict, count) in ["reject", "review", "note"].iter().zip(gauges.findings) {
            let _ = writeln!(out, "gazette_findings{{verdict=\"{verdict}\"}} {count}");
        }
        out
    }

    fn requests(&self, out: &mut String) {
        let _ = writeln!(out, "# HELP gazette_http_requests_total Requests.\n# TYPE gazette_http_requests_total counter");
        for (route, traffic) in Route::ALL.iter().zip(&self.traffic) {
            for (at, count) in traffic.by_status.iter().enumerate() {
                let count = count.load(Relaxed);
                let status = STATUSES.get(at).map_or_else(|| "other".to_owned(), u16::to_string);
                if count > 0 {
                    let route = route.as_str();
                    let _ = writeln!(out, "gazette_http_requests_total{{route=\"{route}\",status=\"{status}\"}} {count}");
                }
            }
        }
        let name = "gazette_http_response_bytes_total";
        let _ = writeln!(out, "# HELP {name} Bytes of bodies.\n# TYPE {name} counter");
        for (route, traffic) in Route::ALL.iter().zip(&self.traffic) {
            let _ = writeln!(out, "{name}{{route=\"{}\"}} {}", route.as_str(), traffic.bytes.load(Relaxed));
        }
    }

    fn durations(&self, out: &mut String) {
        let name = "gazette_http_request_duration_seconds";
        let _ = writeln!(out, "# HELP {name} Time from a request's headers to its answer's.\n# TYPE {name} histogram");
        for (route, traffic) in Route::ALL.iter().zip(&self.traffic) {
            let route = route.as_str();
            let mut sum = 0;
            for (at, count) in traffic.by_bound.iter().enumerate() {
                sum += count.load(Relaxed);
                let bound = BOUNDS.get(at).map_or_else(|| "+Inf".to_owned(), |&bound| seconds(bound));
                let _ = writeln!(out, "{name}_bucket{{route=\"{route}\",le=\"{bound}\"}} {sum}");
            }
            let _ = writeln!(out, "{name}_sum{{route=\"{route}\"}} {}", seconds(traffic.microseconds.load(Relaxed)));
            let _ = writeln!(out, "{name}_count{{route=\"{route}\"}} {sum}");
        }
    }
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_told() {
        let metrics = Metrics::default();
        metrics.count(Route::List, 200, Duration::from_micros(70), 500);
        metrics.count(Route::List, 418, Duration::from_secs(2), 0);
        let text = metrics.text(&Gauges { serial: 7, findings: [1, 0, 3], ..Gauges::default() });
        for line in [
            "gazette_http_requests_total{route=\"list\",status=\"200\"} 1",
            "gazette_http_requests_total{route=\"list\",status=\"other\"} 1",
            "gazette_http_request_duration_seconds_bucket{route=\"list\",le=\"0.000050\"} 0",
            "gazette_http_request_duration_seconds_bucket{route=\"list\",le=\"0.000100\"} 1",
            "gazette_http_request_duration_seconds_bucket{route=\"list\",le=\"+Inf\"} 2",
            "gazette_http_request_duration_seconds_sum{route=\"list\"} 2.000070",
            "gazette_http_response_bytes_total{route=\"list\"} 500",
            "gazette_site_serial 7",
            "gazette_findings{verdict=\"note\"} 3",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
        assert_eq!(Route::ALL.map(|route| route as usize), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn addresses_are_told_apart() {
        for (path, route) in [
            ("/v0.1/servers/a/b/versions", Route::Versions),
            ("/v0/servers/a/versions/versions/latest", Route::Version),
            ("/servers/a/versions/", Route::Page),
            ("/", Route::Page),
            ("/404.html", Route::Page),
            ("/index.json", Route::Document),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }
}
