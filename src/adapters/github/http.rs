//! One conversation with GitHub's REST API: requests to one host only, waited for within a budget, paged to the end, and
//! asked conditionally so that a repetition is cheap. It knows no route.

use std::{fmt, path::PathBuf, sync::Mutex, time::Duration};

use serde::de::DeserializeOwned;
use ureq::{
    Proxy,
    http::{HeaderMap, Method, Request, Response},
    tls::{RootCerts, TlsConfig},
};

use super::cache::{Cache, Cached};
use crate::{finding::quoted, instant::Instant, ports::Trouble};

/// A secret that no message shows.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    pub fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A page of a list has at most so many items; GitHub gives no more.
const PER_PAGE: usize = 100;

/// No list that a judgement needs is longer. GitHub itself ends lists of files at 3,000.
const PAGES_MAX: usize = 40;

/// A page of a hundred files comes with their patches.
const BODY_MAX: u64 = 32 << 20;

/// What is asked again where GitHub fails for a moment, after these waits.
const RETRIES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(9)];

/// GitHub asks for a minute where it gives no other time.
const SECONDARY: Duration = Duration::from_mins(1);

pub(super) const JSON: &str = "application/vnd.github+json";
pub(super) const RAW: &str = "application/vnd.github.raw+json";

pub(super) struct Http {
    agent: ureq::Agent,
    base: url::Url,
    token: Option<Token>,
    cache: Option<Cache>,
    /// How long may still be waited, over all requests.
    patience: Mutex<Duration>,
}

/// One request, as often as it is put.
struct Asked<'a> {
    method: &'a Method,
    url: &'a url::Url,
    accept: &'a str,
    /// What it was answered before.
    known: Option<&'a Cached>,
    body: &'a [u8],
}

/// What was answered to a GET.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) body: Vec<u8>,
    /// Whether another page follows.
    pub(super) more: bool,
    /// The server's clock, where it told it.
    pub(super) date: Option<Instant>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Http {
    /// `base` is https, or a host of this machine.
    pub(super) fn new(base: url::Url, token: Option<Token>, cache: Option<PathBuf>, patience: Duration) -> Self {
        let is_https = base.scheme() == "https";
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // A GitHub of one's own often has a certificate that only one's own machines know.
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
            // No proxy leads to this machine.
            .proxy(Proxy::try_from_env().filter(|_| is_https))
            // A redirect names another host or another repository: neither is what was asked.
            .max_redirects(0)
            .https_only(is_https)
            .user_agent(concat!("gazette/", env!("CARGO_PKG_VERSION")))
            .accept("")
            .timeout_global(Some(Duration::from_mins(1)))
            .timeout_connect(Some(Duration::from_secs(10)))
            .build();
        Self { agent: config.new_agent(), base, token, cache: cache.map(Cache::open), patience: Mutex::new(patience) }
    }

    /// The address of a route; a part may hold anything, and stays one part.
    pub(super) fn url(&self, parts: &[&str], query: &str) -> Result<url::Url, Trouble> {
        let mut url = self.base.clone();
        let bad = |part: &&&str| part.is_empty() || **part == "." || **part == ".." || part.chars().any(char::is_control);
        if let Some(part) = parts.iter().find(bad) {
            return Err(Trouble::Missing(format!("{} is no name on GitHub", quoted(part))));
        }
        url.path_segments_mut().expect("a base with a host").pop_if_empty().extend(parts);
        url.set_query(Some(query).filter(|query| !query.is_empty()));
        Ok(url)
    }

    /// A document; asked anew only if it has changed.
    pub(super) fn get(&self, url: &url::Url, accept: &str) -> Result<Answered, Trouble> {
        let known = self.cache.as_ref().and_then(|cache| cache.find(url.as_str(), accept));
        let asked = Asked { method: &Method::GET, url, accept, known: known.as_ref(), body: &[] };
        let (mut response, body) = self.patiently(&asked)?;
        let date = date(response.headers_mut());
        if response.status().as_u16() == 304 {
            let Some(Cached { body, more, .. }) = known else { return Err(Trouble::Other("GitHub answered nothing".to_owned())) };
            return Ok(Answered { body, more, date });
        }
        let more = has_next(response.headers());
        if let (Some(cache), Some(etag)) = (&self.cache, header(response.headers(), "etag")) {
            cache.keep(url.as_str(), accept, &Cached { etag: etag.to_owned(), more, body: body.clone() });
        }
        Ok(Answered { body, more, date })
    }

    pub(super) fn read<T: DeserializeOwned>(&self, parts: &[&str]) -> Result<T, Trouble> {
        let url = self.url(parts, "")?;
        parsed(&self.get(&url, JSON)?.body, &url)
    }

    /// A whole list. An `expected` number that it does not have means that it changed meanwhile, or that some of it is kept back.
    pub(super) fn list<T: DeserializeOwned>(&self, parts: &[&str], expected: Option<usize>) -> Result<Vec<T>, Trouble> {
        self.list_where(parts, "", expected)
    }

    pub(super) fn list_where<T: DeserializeOwned>(
        &self,
        parts: &[&str],
        query: &str,
        expected: Option<usize>,
    ) -> Result<Vec<T>, Trouble> {
        let mut items: Vec<T> = Vec::new();
        for page in 1..=PAGES_MAX {
            let and = if query.is_empty() { "" } else { "&" };
            let url = self.url(parts, &format!("{query}{and}per_page={PER_PAGE}&page={page}"))?;
            let answered = self.get(&url, JSON)?;
            let mut more: Vec<T> = parsed(&answered.body, &url)?;
            // A full page that has not changed may have got a successor since.
            let is_full = more.len() == PER_PAGE;
            items.append(&mut more);
            if !answered.more && !is_full {
                return match expected.filter(|count| *count != items.len()) {
                    None => Ok(items),
                    Some(count) => {
                        Err(Trouble::Busy(format!("GitHub counts {count} at `{}` and lists {}", url.path(), items.len())))
                    }
                };
            }
        }
        Err(Trouble::Other(format!("GitHub lists more than {} at `/{}`", PAGES_MAX * PER_PAGE, parts.join("/"))))
    }

    /// A request that changes something. It is repeated only where GitHub said that it did nothing.
    pub(super) fn send(&self, method: &Method, parts: &[&str], body: &serde_json::Value) -> Result<Vec<u8>, Trouble> {
        let bytes = serde_json::to_vec(body).expect("JSON");
        let bytes = if body.is_null() { &[][..] } else { &bytes };
        let asked = Asked { method, url: &self.url(parts, "")?, accept: JSON, known: None, body: bytes };
        Ok(self.patiently(&asked)?.1)
    }

    fn patiently(&self, asked: &Asked) -> Result<(Response<()>, Vec<u8>), Trouble> {
        let mut retries = RETRIES.iter().copied().filter(|_| *asked.method == Method::GET);
        let mut secondary = SECONDARY;
        loop {
            let (trouble, wait) = match self.once(asked) {
                Ok((response, body)) => match refusal(&response, &body, asked.url) {
                    None => return Ok((response, body)),
                    Some(trouble @ Trouble::Busy(_)) if response.status().is_server_error() => (trouble, retries.next()),
                    Some(trouble @ Trouble::Busy(_)) => {
                        let wait = asked_to_wait(response.headers()).unwrap_or(secondary);
                        secondary *= 2;
                        (trouble, Some(wait))
                    }
                    Some(trouble) => return Err(trouble),
                },
                Err(trouble) => (trouble, retries.next()),
            };
            if !wait.is_some_and(|wait| self.wait(wait)) {
                return Err(trouble);
            }
        }
    }

    /// Waits, unless that would be longer than anybody has the patience for.
    fn wait(&self, wait: Duration) -> bool {
        let left = {
            let mut patience = self.patience.lock().expect("no thread panics while it counts");
            let left = patience.checked_sub(wait);
            *patience = left.unwrap_or(*patience);
            left
        };
        if left.is_some() {
            std::thread::sleep(wait);
        }
        left.is_some()
    }

    fn once(&self, asked: &Asked) -> Result<(Response<()>, Vec<u8>), Trouble> {
        let Asked { method, url, accept, known, body } = *asked;
        let failed = |error: ureq::Error| Trouble::Busy(format!("GitHub did not answer at `{}`: {error}", url.path()));
        let mut request = Request::builder()
            .method(method)
            .uri(url.as_str())
            .header("accept", accept)
            .header("x-github-api-version", "2022-11-28");
        if let Some(Token(token)) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(known) = known {
            request = request.header("if-none-match", &known.etag);
        }
        let response = if body.is_empty() {
            request.body(()).map_err(|error| failed(error.into())).and_then(|request| self.agent.run(request).map_err(failed))
        } else {
            let request = request.header("content-type", "application/json").body(body);
            request.map_err(|error| failed(error.into())).and_then(|request| self.agent.run(request).map_err(failed))
        };
        let (parts, mut body) = response?.into_parts();
        let bytes = body.with_config().limit(BODY_MAX).read_to_vec().map_err(failed)?;
        Ok((Response::from_parts(parts, ()), bytes))
    }
}

pub(super) fn parsed<T: DeserializeOwned>(body: &[u8], url: &url::Url) -> Result<T, Trouble> {
    serde_json::from_slice(body)
        .map_err(|error| Trouble::Other(format!("GitHub's answer at `{}` is not in its form: {error}", url.path())))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// `<…>; rel="next"`. The address in it is not used: where the next page lies is known.
fn has_next(headers: &HeaderMap) -> bool {
    header(headers, "link").is_some_and(|link| link.contains("rel=\"next\""))
}

/// What an answer refuses, if it refuses.
fn refusal(response: &Response<()>, body: &[u8], url: &url::Url) -> Option<Trouble> {
    let status = response.status().as_u16();
    if response.status().is_success() || status == 304 {
        return None;
    }
    let said = serde_json::from_slice::<serde_json::Value>(body).ok();
    let said = said.as_ref().and_then(|said| said.get("message")?.as_str()).unwrap_or("nothing more");
    let text = format!("GitHub answered {status} at `{}`: {}", url.path(), quoted(said));
    let headers = response.headers();
    let limited = header(headers, "x-ratelimit-remaining") == Some("0")
        || headers.contains_key("retry-after")
        || said.to_ascii_lowercase().contains("rate limit");
    Some(match status {
        429 | 500..=599 => Trouble::Busy(text),
        403 if limited => Trouble::Busy(text),
        401 | 403 => Trouble::Denied(text),
        404 | 410 | 451 => Trouble::Missing(text),
        405 | 409 | 422 => Trouble::Conflict(text),
        _ => Trouble::Other(text),
    })
}

/// How long GitHub asks to wait: in so many words, or until the hour's requests are counted anew, by its own clock.
fn asked_to_wait(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &str| header(headers, name)?.trim().parse::<i64>().ok();
    let seconds = number("retry-after").or_else(|| {
        let reset = number("x-ratelimit-reset").filter(|_| number("x-ratelimit-remaining") == Some(0))?;
        Some(reset - date(headers)?.0 + 1)
    })?;
    Some(Duration::from_secs(seconds.max(0).unsigned_abs()))
}

/// The server's clock: `Sat, 21 Nov 2026 13:14:44 GMT`.
fn date(headers: &HeaderMap) -> Option<Instant> {
    let text = header(headers, "date")?;
    let mut parts = text.split_once(", ")?.1.split(' ');
    let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = months.iter().position(|name| *name == month)? + 1;
    Instant::parse(&format!("{year}-{month:02}-{day}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(&'static str, &'static str)]) -> HeaderMap {
        of.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn github_says_how_long_to_wait() {
        let wait = |of: &[(&'static str, &'static str)]| asked_to_wait(&headers(of)).map(|wait| wait.as_secs());
        let date = ("date", "Sat, 21 Nov 2026 13:14:44 GMT");
        assert_eq!(wait(&[("retry-after", "7"), date]), Some(7));
        assert_eq!(wait(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795266900"), date]), Some(17));
        assert_eq!(wait(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1"), date]), Some(0));
        assert_eq!(wait(&[("x-ratelimit-remaining", "9"), ("x-ratelimit-reset", "1795266900"), date]), None);
        assert_eq!(wait(&[("retry-after", "soon")]), None);
    }

    #[test]
    fn a_part_of_an_address_stays_one() {
        let http = Http::new(url::Url::parse("https://github.example.com/api/v3").expect("a base"), None, None, Duration::ZERO);
        let url = http.url(&["repos", "a/../b", "x?y#z"], "page=1").expect("an address");
        assert_eq!(url.as_str(), "https://github.example.com/api/v3/repos/a%2F..%2Fb/x%3Fy%23z?page=1");
        for bad in ["", ".", "..", "a\nb"] {
            assert!(http.url(&["repos", bad], "").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(format!("{:?}", Token::new("secret".to_owned())), "Token(…)");
    }
}
