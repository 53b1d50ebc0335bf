//! One client's visit: it asks as that client asks, follows what that client follows, and keeps what came of each request.

use std::{collections::BTreeSet, fmt, time::Duration};

use crate::{
    finding::{Verdict, quoted},
    site::hosting::limits,
};

use super::{
    Check, Client,
    address::{Base, Onward, component, onward},
    client::VSCODE_ORIGIN,
    fix::{self, Ill},
    host::Host,
    listing::{self, Entry, Listing, Unlisted},
    port::{Fetch, Method, Request, Response, Trouble},
    sketch::cut,
    survey::Survey,
};

pub(super) struct Visit<'a> {
    pub(super) client: Client,
    pub(super) base: &'a Base,
    pub(super) survey: &'a Survey,
    fetch: &'a (dyn Fetch + Sync),
    /// Whether nobody else is asked about.
    alone: bool,
    checks: Vec<Check>,
    /// Each is told once, however many requests it happens to.
    told: BTreeSet<&'static str>,
}

/// One request that is yet to be sent.
pub(super) struct Ask {
    path: String,
    patience: Option<Duration>,
    headers: Vec<(&'static str, String)>,
    method: Method,
}

impl Ask {
    pub(super) fn get(path: impl Into<String>) -> Self {
        Self { path: path.into(), patience: None, headers: Vec::new(), method: Method::Get }
    }

    pub(super) fn options(path: impl Into<String>) -> Self {
        Self { method: Method::Options, ..Self::get(path) }
    }

    pub(super) fn within(self, patience: Duration) -> Self {
        Self { patience: Some(patience), ..self }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request that was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) asked: String,
    pub(super) response: Response,
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.response.status
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.response.status)
    }

    /// The type as it is sent, without what follows a semicolon.
    pub(super) fn content_type(&self) -> &str {
        self.response.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim()
    }

    fn shown(&self) -> String {
        shown(&self.response)
    }
}

/// The address of one version of a server, as everyone who follows the API's own description writes it.
pub(super) fn document(name: &str, version: &str) -> String {
    format!("/v0.1/servers/{}/versions/{}", component(name), component(version))
}

/// Nobody can have published it: `example.com` is reserved.
pub(super) const NOBODY: &str = "com.example/gazette-asks-for-what-nobody-published";

/// For clients that set no limit of their own.
pub(super) const NOBODY_WAITS_LONGER: Duration = Duration::from_secs(30);

impl<'a> Visit<'a> {
    pub(super) fn pay(
        client: Client,
        alone: bool,
        base: &'a Base,
        survey: &'a Survey,
        fetch: &'a (dyn Fetch + Sync),
    ) -> Vec<Check> {
        let mut visit = Self { client, base, survey, fetch, alone, checks: Vec::new(), told: BTreeSet::new() };
        client.calls(&mut visit);
        visit.checks
    }

    pub(super) fn host(&self) -> Host {
        self.survey.host
    }

    pub(super) fn fix(&self, ill: Ill) -> &'static str {
        fix::of(ill, self.host())
    }

    pub(super) fn passes(&mut self, answer: &Answer, message: impl Into<String>) {
        self.keep(answer, None, message.into(), String::new());
    }

    pub(super) fn notes(&mut self, answer: &Answer, message: impl Into<String>, help: impl Into<String>) {
        self.keep(answer, Some(Verdict::Note), message.into(), help.into());
    }

    pub(super) fn rejects(&mut self, answer: &Answer, message: impl Into<String>, help: impl Into<String>) {
        self.keep(answer, Some(Verdict::Reject), message.into(), help.into());
    }

    /// What only this client reads is not there. Whoever asks for one client wants what it reads; whoever asks for several may
    /// well not publish a file for each.
    pub(super) fn misses(&mut self, answer: &Answer, message: impl Into<String>, help: impl Into<String>) {
        let verdict = if self.alone { Verdict::Reject } else { Verdict::Review };
        self.keep(answer, Some(verdict), message.into(), help.into());
    }

    /// A note that would be the same for every request.
    pub(super) fn notes_once(&mut self, key: &'static str, answer: &Answer, message: &str, help: &str) {
        if self.told.insert(key) {
            self.notes(answer, message, help);
        }
    }

    fn keep(&mut self, answer: &Answer, verdict: Option<Verdict>, message: String, help: String) {
        let (asked, answer) = (shortened(&answer.asked), answer.shown());
        self.checks.push(Check { asked, answer, verdict, message, help });
    }

    fn refuse(&mut self, asked: &str, answer: &str, message: String, help: &str) {
        let (asked, answer, help) = (shortened(asked), answer.to_owned(), help.to_owned());
        self.checks.push(Check { asked, answer, verdict: Some(Verdict::Reject), message, help });
    }

    fn request(&self, ask: &Ask, address: &str) -> Request {
        let manner = self.client.manner();
        let own = manner.headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        Request {
            method: ask.method,
            address: address.to_owned(),
            headers: own.chain(ask.headers.iter().cloned()).collect(),
            patience: ask.patience.or(manner.waits).unwrap_or(NOBODY_WAITS_LONGER),
            most: manner.most,
        }
    }

    /// Asks, and follows redirects as the client would. Without an answer, the reason has been kept.
    pub(super) fn ask(&mut self, ask: &Ask) -> Option<Answer> {
        let first = self.base.at(&ask.path);
        let (mut address, mut hops) = (first.clone(), 0);
        loop {
            let asked = format!("{} {address}", ask.method.as_str());
            let request = self.request(ask, &address);
            let response = match self.fetch.fetch(&request) {
                Ok(response) => response,
                Err(trouble) => {
                    self.troubled(&asked, &trouble, &request);
                    return None;
                }
            };
            let answer = Answer { asked, response };
            let location = answer.response.header("location").filter(|_| matches!(answer.status(), 301 | 302 | 303 | 307 | 308));
            let Some(location) = location.map(str::to_owned) else {
                return self.is_readable(&answer).then_some(answer);
            };
            address = self.follow(&answer, &address, &location, hops)?;
            hops += 1;
        }
    }

    /// The next address of a redirect that the client follows.
    fn follow(&mut self, answer: &Answer, from: &str, location: &str, hops: u32) -> Option<String> {
        let manner = self.client.manner();
        let help = self.fix(Ill::Redirect);
        if hops >= manner.redirects {
            let message = format!("{} redirects in a row, and no client follows more", hops + 1);
            self.rejects(answer, message, help);
            return None;
        }
        let to = match onward(from, location) {
            Onward::To(to) => to,
            Onward::Nowhere => {
                self.rejects(answer, format!("a redirect to {}, which is no address", quoted(location)), help);
                return None;
            }
            Onward::Inside(to) => {
                let message = format!("a redirect to {}, into a private network, which is not followed", quoted(&to));
                self.rejects(answer, message, help);
                return None;
            }
        };
        if manner.https && from.starts_with("https:") && to.starts_with("http:") {
            let message = format!("a redirect to {}, and {} follows none to plain http", quoted(&to), self.client.title());
            self.rejects(answer, message, help);
            return None;
        }
        if self.client == Client::VsCode && !self.allows_origin(answer) {
            let message = "a redirect without `Access-Control-Allow-Origin`, which the window may not follow: `Failed to fetch`";
            self.rejects(answer, message, format!("{help}; or {}", self.fix(Ill::Origin)));
            return None;
        }
        let https = to.strip_prefix("https:").is_some_and(|rest| from.strip_prefix("http:") == Some(rest));
        let help = self.fix(if https { Ill::RedirectToHttps } else { Ill::Redirect });
        let message = "a redirect, which is followed: every such request is made twice";
        self.notes_once("redirect", answer, message, help);
        Some(to)
    }

    /// Whether VS Code's window may read the answer. What headers a folder will be sent with is for its host to say.
    pub(super) fn allows_origin(&self, answer: &Answer) -> bool {
        let allowed = answer.response.header("access-control-allow-origin");
        self.base.is_folder() || allowed.is_some_and(|who| who == "*" || who == VSCODE_ORIGIN)
    }

    fn is_readable(&mut self, answer: &Answer) -> bool {
        let encoding = answer.response.header("content-encoding").unwrap_or("identity").trim();
        if encoding.is_empty() || encoding.eq_ignore_ascii_case("identity") || encoding.eq_ignore_ascii_case("gzip") {
            return true;
        }
        let message = format!("the answer is packed as {}, which nobody asked for", quoted(encoding));
        self.rejects(answer, message, self.fix(Ill::Encoding));
        false
    }

    fn troubled(&mut self, asked: &str, trouble: &Trouble, request: &Request) {
        let seconds = request.patience.as_secs();
        match trouble {
            Trouble::Unreachable(why) => {
                let help = "try again; if it stays, look whether the server is overloaded or refuses many requests at once";
                self.refuse(asked, "no connection", format!("the registry cannot be reached any more: {why}"), help);
            }
            Trouble::Slow => {
                let whose = if self.client.manner().waits.is_some() { self.client.title() } else { "anybody" };
                let message = format!("no whole answer within {seconds} seconds, which is as long as {whose} waits");
                self.refuse(asked, "nothing in time", message, self.fix(Ill::Slow));
            }
            Trouble::Large => {
                let message = format!("the answer goes on beyond {} bytes, where reading stops", grouped(request.most));
                self.refuse(asked, "a body without an end in sight", message, self.fix(Ill::TooLarge));
            }
            Trouble::Broken(why) => {
                let help = "look into the server's log, and at any proxy before it, for an answer that was cut short";
                self.refuse(asked, "no whole answer", format!("the answer breaks off: {why}"), help);
            }
        }
    }

    /// Looks, to find out why something else failed; nothing of it is kept.
    pub(super) fn peek(&self, path: &str) -> Option<Response> {
        let ask = Ask::get(path);
        let response = self.fetch.fetch(&self.request(&ask, &self.base.at(path))).ok()?;
        (200..300).contains(&response.status).then_some(response)
    }

    /// A page of the list. Where there is none to read, why not has been kept.
    pub(super) fn list(&mut self, ask: &Ask) -> Option<(Answer, Listing)> {
        let answer = self.ask(ask)?;
        if !answer.is_success() {
            let (message, ill) = match answer.status() {
                401 | 403 => ("the list asks for credentials, and no client sends any", Ill::Closed),
                404 | 410 if ask.path.starts_with("/v0/") => ("there is no list under the API's older name", Ill::NoOlderList),
                404 | 410 => ("there is no list at this address", Ill::NoList),
                500.. => ("the server fails when it is asked for its list", Ill::Failing),
                _ => ("this is no answer with a list", Ill::NoList),
            };
            self.rejects(&answer, message, self.fix(ill));
            return None;
        }
        match Listing::parse(&answer.response.body) {
            Ok(listing) => {
                self.measure(&answer);
                Some((answer, listing))
            }
            Err(Unlisted::NotJson(why)) => {
                let help = if why == listing::PAGE {
                    format!("let the list itself answer, not a page for people; {}", self.fix(Ill::FoundForMissing))
                } else {
                    "answer with JSON in UTF-8, without a byte order mark".to_owned()
                };
                self.rejects(&answer, format!("the list cannot be read: {why}"), help);
                None
            }
            Err(Unlisted::NoServers(why)) => {
                let help = "answer `{\"servers\": [{\"server\": {…}, \"_meta\": {…}}, …], \"metadata\": {\"count\": …}}`";
                self.rejects(&answer, format!("this is no list of servers: {why}"), help);
                None
            }
        }
    }

    /// Limits of the host that a list has passed.
    fn measure(&mut self, answer: &Answer) {
        if self.host().is_cloudfront() && answer.response.body.len() as u64 > limits::CLOUDFRONT_PACKED_BYTES {
            let message = "the list has more than 10 MB, and CloudFront compresses no larger body";
            self.notes_once("cloudfront", answer, message, self.fix(Ill::TooLarge));
        }
    }

    /// Page after page, as long as there is a `nextCursor` and `see` wants more. Says how many pages and entries there were,
    /// and nothing if the list could not be read to its end or has none.
    pub(super) fn pages(
        &mut self,
        ask: impl Fn(Option<&str>) -> Ask,
        endless: &str,
        mut see: impl FnMut(&mut Self, &Answer, &Listing) -> bool,
    ) -> Option<()> {
        let (mut answer, mut listing) = self.list(&ask(None))?;
        let mut cursors = BTreeSet::new();
        loop {
            if !see(self, &answer, &listing) {
                return Some(());
            }
            let Some(cursor) = listing.next.clone() else { return Some(()) };
            if !cursors.insert(cursor.clone()) {
                let message = format!("the `nextCursor` {} comes again, and {endless}", quoted(&cursor));
                self.rejects(&answer, message, self.fix(Ill::CursorRepeats));
                return None;
            }
            let (next_answer, next) = self.list(&ask(Some(&cursor)))?;
            if next.fingerprint() == listing.fingerprint() && next.next.is_some() {
                let message = format!("the page behind `nextCursor` is the same page again, and {endless}");
                self.rejects(&next_answer, message, self.fix(Ill::CursorIgnored));
                return None;
            }
            (answer, listing) = (next_answer, next);
        }
    }

    /// Why a document that should be there is answered with this status, as far as asking in other ways shows it: the end of a
    /// sentence, and what to do.
    pub(super) fn why_missing(&self, status: u16, name: &str, version: &str) -> (String, &'static str) {
        let is_document = |path: &str| self.peek(path).is_some_and(|response| Entry::parse(&response.body).is_ok());
        let plain = format!("/v0.1/servers/{name}/versions/{}", component(version));
        // Only a name that means the same unencoded can be asked for unencoded.
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/+".contains(&byte));
        if is_plain(name) && !name.contains("..") && is_document(&plain) {
            return (": `%2F` is not read as a slash".to_owned(), self.fix(Ill::Slash));
        }
        let literal = format!("/v0.1/servers/{}/versions/{version}", component(name));
        if version.contains('+') && is_plain(version) && is_document(&literal) {
            return (": `%2B` is not read as a plus".to_owned(), self.fix(Ill::EncodedPlus));
        }
        let help = "publish the document at this address: what is listed stays reachable, and so does every version of it";
        (String::new(), if matches!(status, 401 | 403) { self.fix(Ill::Closed) } else { help })
    }

    /// Whether requests go where a client that insists on https would not send them.
    pub(super) fn wants_https(&mut self, answer: &Answer) {
        if self.base.is_plain_http() {
            let message = "plain http: most clients refuse a registry without https";
            self.notes_once("https", answer, message, "serve the registry over https, and give clients that address");
        }
    }
}

/// So much of a request is told; a cursor may be of any length.
const ASKED_MAX: usize = 400;

fn shortened(asked: &str) -> String {
    let kept = cut(asked, ASKED_MAX);
    if kept.len() == asked.len() { asked.to_owned() } else { format!("{kept}…") }
}

/// A response in short: status, type, size, and the beginning of what is no JSON.
pub(super) fn shown(response: &Response) -> String {
    let mut out = response.status.to_string();
    if let Some(reason) = reason(response.status) {
        out = format!("{out} {reason}");
    }
    if let Some(location) = response.header("location") {
        return format!("{out}, to {}", quoted(location));
    }
    let kind = response.header("content-type").map_or_else(|| "no Content-Type".to_owned(), quoted);
    out = format!("{out}, {}, {} bytes", kind.trim_matches('`'), grouped(response.body.len()));
    let beginning = String::from_utf8_lossy(&response.body[..response.body.len().min(400)]).into_owned();
    let words: Vec<&str> = beginning.split_whitespace().collect();
    let is_json = beginning.trim_start().starts_with(['{', '[']) && (200..300).contains(&response.status);
    if words.is_empty() || is_json { out } else { format!("{out}: {}", quoted(&words.join(" "))) }
}

fn reason(status: u16) -> Option<&'static str> {
    Some(match status {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return None,
    })
}

/// A number with commas between its thousands.
pub(super) fn grouped(number: impl fmt::Display) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
