//! Whoever looks at a site: asks for one address, follows redirects as far as they are harmless, and reads no more than it wants.

use std::{fmt, time::Duration};

use crate::finding::{Verdict, quoted};

use super::super::{
    Check,
    address::{Base, Onward, onward},
    host::Host,
    port::{Fetch, Method, Request, Response, Trouble},
    visit::{NOBODY_WAITS_LONGER, grouped, shown},
};

/// One who looks.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub(super) base: &'a Base,
    pub(super) host: Host,
    fetch: &'a (dyn Fetch + Sync),
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("base", self.base).field("host", &self.host).finish_non_exhaustive()
    }
}

/// A request, and what came back.
#[derive(Debug)]
pub(super) struct Got {
    /// Method and address of the first request; redirects may have led elsewhere.
    pub(super) asked: String,
    pub(super) answer: Result<Response, Trouble>,
    most: u64,
}

/// A request, and what is told of the answer: so much is kept of each of many.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) status: Option<u16>,
    asked: String,
    answer: String,
}

/// So many redirects are followed.
const REDIRECTS: usize = 5;
/// Small, whether it is there or not.
const GREETING: &str = "/checkpoint";
const GREETING_MAX: u64 = 1 << 20;
/// Whoever sends fewer bytes a second than this is not waited for.
const PACE: u64 = 500_000;

impl<'a> Reader<'a> {
    pub fn new(base: &'a Base, host: Host, fetch: &'a (dyn Fetch + Sync)) -> Self {
        Self { base, host, fetch }
    }

    /// Knows the host by its answers.
    #[must_use]
    pub fn greeted(mut self) -> Self {
        if let Ok(response) = self.get(GREETING, GREETING_MAX).answer
            && self.host == Host::Unknown
        {
            self.host = Host::of(&response);
        }
        self
    }

    /// Asks for an address below the site's own, for a body of at most so many bytes.
    pub(super) fn get(&self, path: &str, most: u64) -> Got {
        self.get_as(path, most, None)
    }

    /// The same as a page of another site asks.
    pub(super) fn get_as(&self, path: &str, most: u64, origin: Option<&str>) -> Got {
        let mut address = self.base.at(path);
        let asked = format!("GET {address}");
        for _ in 0..=REDIRECTS {
            let request = Request {
                method: Method::Get,
                address: address.clone(),
                headers: origin.iter().map(|origin| ("origin", (*origin).to_owned())).collect(),
                patience: NOBODY_WAITS_LONGER.saturating_add(Duration::from_secs(most / PACE)),
                most,
            };
            let response = match self.fetch.fetch(&request) {
                Ok(response) => response,
                Err(trouble) => return Got { asked, answer: Err(trouble), most },
            };
            let location = response.header("location").filter(|_| matches!(response.status, 301 | 302 | 303 | 307 | 308));
            match location.map(|location| onward(&address, location)) {
                Some(Onward::To(next)) if next.starts_with("https:") || !address.starts_with("https:") => address = next,
                _ => return Got { asked, answer: Ok(response), most },
            }
        }
        Got { asked, answer: Err(Trouble::Broken(format!("more than {REDIRECTS} redirects in a row"))), most }
    }
}

impl Heard {
    pub(super) fn check(&self, verdict: Option<Verdict>, message: impl Into<String>, help: impl Into<String>) -> Check {
        let (asked, answer) = (self.asked.clone(), self.answer.clone());
        Check { asked, answer, verdict, message: message.into(), help: help.into() }
    }
}

impl Got {
    /// What is left of it without the body.
    pub(super) fn heard(self) -> Heard {
        Heard { status: self.status(), answer: self.shown(), asked: self.asked }
    }

    /// The body of a success.
    pub(super) fn body(&self) -> Option<&[u8]> {
        self.answer.as_ref().ok().filter(|response| response.status == 200).map(|response| &*response.body)
    }

    pub(super) fn status(&self) -> Option<u16> {
        self.answer.as_ref().ok().map(|response| response.status)
    }

    /// What came back, in short.
    pub(super) fn shown(&self) -> String {
        match &self.answer {
            Ok(response) => shown(response),
            Err(Trouble::Unreachable(why)) => format!("no connection: {why}"),
            Err(Trouble::Slow) => "no whole answer in time".to_owned(),
            Err(Trouble::Large) => format!("a body of more than {} bytes", grouped(self.most)),
            Err(Trouble::Broken(why)) => format!("an answer that breaks off: {}", quoted(why)),
        }
    }

    pub(super) fn check(&self, verdict: Option<Verdict>, message: impl Into<String>, help: impl Into<String>) -> Check {
        Check { asked: self.asked.clone(), answer: self.shown(), verdict, message: message.into(), help: help.into() }
    }

    pub(super) fn rejects(&self, message: impl Into<String>, help: impl Into<String>) -> Check {
        self.check(Some(Verdict::Reject), message, help)
    }
}
