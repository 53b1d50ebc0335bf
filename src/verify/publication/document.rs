//! One document against its line of the manifest: the bytes, and what is said with them.

use rayon::{ThreadPoolBuilder, prelude::*};

use crate::{
    checkpoint::Checkpoint,
    digest::Sha256,
    finding::{Verdict, quoted},
    manifest::{Fingerprint, Line},
    site::{
        hosting::{Area, kind_of_ending},
        path::Kind,
    },
};

use super::{
    Documents, Earlier, Reader,
    reader::{Got, Heard},
    short,
};
use crate::verify::{
    Check,
    fix::{self, Ill},
    visit::grouped,
};

/// A document that is not, or not quite, what the manifest lists.
#[derive(Clone, Debug)]
pub struct Difference {
    pub key: Box<str>,
    pub why: Why,
    pub check: Check,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// As an earlier publication lists it: a cache has kept it.
    Stale(u64),
    /// Whether it is right is not known: nobody answered, or somebody who is in trouble.
    Unread,
    /// Bytes that no publication lists, nothing at all, or the wrong type.
    Wrong,
    /// As it should be, and not said as it should be.
    Said,
}

/// Larger ones are not read into memory.
pub(super) const BYTES_MAX: u64 = 256 << 20;
/// Larger ones are read one at a time.
const ALONE: u64 = 16 << 20;
/// So many are under way at a time.
const WIDTH: usize = 16;
/// An older document may be larger than the one that is listed, and is to be known nevertheless: by so much, and by half.
const OLDER: u64 = 64 << 10;

/// What an answer is, by itself.
enum State {
    Same,
    /// The type or the headers, told.
    Said(Box<str>, Fingerprint, Ill),
    Kept(Box<str>, Fingerprint),
    Other(Option<Sha256>),
    Page,
    Missing,
    Unread,
}

impl Reader<'_> {
    /// Asks for documents, and tells which are not as listed.
    pub fn compare(&self, documents: &Documents, checkpoint: &Checkpoint, earlier: &mut Earlier) -> Vec<Difference> {
        let look = |key: &str, line: &Line| {
            let got = self.get(&address_of(key), line.size.saturating_add(line.size / 2 + OLDER).min(BYTES_MAX));
            let state = self.state(key, line, &got);
            // Whoever answers everything wrongly is not to fill the memory with it.
            (!matches!(state, State::Same)).then(|| (Box::from(key), *line, got.heard(), state))
        };
        let (large, small): (Vec<_>, Vec<_>) = documents.iter().partition(|(_, line)| line.size > ALONE);
        let at_once = || small.par_iter().filter_map(|(key, line)| look(key, line)).collect::<Vec<_>>();
        let mut seen = match ThreadPoolBuilder::new().num_threads(WIDTH).build() {
            Ok(pool) => pool.install(at_once),
            Err(_) => at_once(),
        };
        seen.extend(large.into_iter().filter_map(|(key, line)| look(key, line)));
        let tell = |(key, line, heard, state): &(Box<str>, Line, Heard, State)| {
            self.difference(key, line, heard, state, checkpoint, earlier)
        };
        seen.iter().map(tell).collect()
    }

    fn state(&self, key: &str, line: &Line, got: &Got) -> State {
        let response = match &got.answer {
            Ok(response) => response,
            Err(crate::verify::port::Trouble::Large) => return State::Other(None),
            Err(_) => return State::Unread,
        };
        // Hosts that answer with a page where there is nothing may answer for the page itself as if it were nothing.
        let is_there = response.status == 200 || response.status == 404 && key.ends_with("404.html");
        match response.status {
            _ if is_there => {}
            429 | 500.. => return State::Unread,
            _ => return State::Missing,
        }
        let sha256 = Sha256::of(&response.body);
        let area = Area::of(&format!("/{key}"));
        let kind = area.kind.or_else(|| kind_of_ending(key));
        if sha256 != line.sha256 {
            let is_page = kind == Some(Kind::Json) && response.body.trim_ascii_start().starts_with(b"<");
            return if is_page { State::Page } else { State::Other(Some(sha256)) };
        }
        let told = |name: &str| response.header(name).unwrap_or_default();
        let (content_type, cache_control) = (told("content-type"), told("cache-control"));
        let said = Fingerprint::said(content_type, cache_control);
        let Some(kind) = kind.filter(|_| !self.base.is_folder() && said != line.headers) else { return State::Same };
        if essence(content_type) != essence(kind.content_type()) {
            let message = format!("it is answered as {}, and is {}", quoted(content_type), quoted(kind.content_type()));
            return State::Said(message.into(), said, if kind == Kind::Json { Ill::Type } else { Ill::OtherType });
        }
        let ours = area.cache.control();
        if cache_control == ours {
            return State::Same;
        }
        State::Kept(format!("it is answered with `Cache-Control: {}`", quoted(cache_control).trim_matches('`')).into(), said)
    }

    fn difference(
        &self,
        key: &str,
        line: &Line,
        heard: &Heard,
        state: &State,
        Checkpoint { publication, .. }: &Checkpoint,
        earlier: &mut Earlier,
    ) -> Difference {
        let kept_by = match state {
            State::Other(Some(sha256)) => earlier.listing(self, key, *sha256, line.headers, line),
            State::Said(_, said, _) | State::Kept(_, said) => earlier.listing(self, key, line.sha256, *said, line),
            State::Missing => earlier.without(self, key),
            _ => None,
        };
        let told = |why: Why, verdict: Verdict, message: String, help: &str| {
            let mut check = heard.check(Some(verdict), message, help);
            if let State::Other(sha256) = state {
                let seen = sha256.map_or_else(String::new, |sha256| format!("; sha256 {}…", short(&sha256)));
                let listed = format!("; listed are {} bytes, sha256 {}…", grouped(line.size), short(&line.sha256));
                check.answer.push_str(&(seen + &listed));
            }
            Difference { key: key.into(), why, check }
        };
        let rejects = |message: String, help: &str| told(Why::Wrong, Verdict::Reject, message, help);
        if let Some(old) = kept_by {
            let message = format!("it is still as publication {old} has it, not as publication {publication}");
            return told(Why::Stale(old), Verdict::Review, message, CACHED);
        }
        let fix = |ill: Ill| fix::of(ill, self.host);
        match state {
            State::Same => told(Why::Said, Verdict::Note, "it is as listed".to_owned(), ""),
            State::Said(message, _, Ill::Type) => rejects(message.to_string(), fix(Ill::Type)),
            State::Said(message, ..) => told(Why::Said, Verdict::Note, message.to_string(), fix(Ill::OtherType)),
            State::Kept(message, _) => told(Why::Said, Verdict::Note, message.to_string(), KEPT),
            State::Page => rejects(
                format!("a page for people is answered where publication {publication} lists JSON"),
                fix(Ill::FoundForMissing),
            ),
            State::Other(_) => rejects(format!("these are not the bytes that publication {publication} lists"), CHANGED),
            State::Missing if matches!(heard.status, Some(401 | 403)) => {
                rejects(format!("publication {publication} lists it, and it is not given to everybody"), fix(Ill::Closed))
            }
            State::Missing => rejects(format!("publication {publication} lists it, and it is not there"), LOST),
            State::Unread => told(Why::Unread, Verdict::Reject, "it could not be read".to_owned(), fix(Ill::Failing)),
        }
    }

    pub(super) fn too_large(&self, key: &str) -> Check {
        Check {
            asked: format!("GET {}", self.base.at(&address_of(key))),
            answer: "not asked for".to_owned(),
            verdict: Some(Verdict::Note),
            message: format!("the manifest lists more than {} bytes, which are not compared", grouped(BYTES_MAX)),
            help: "compare it with `sha256sum`".to_owned(),
        }
    }
}

const CACHED: &str =
    "wait until caches have let go of it, or tell the CDN to forget it; `gazette publish` does so with `cdn` set";
const CHANGED: &str = "see who else writes to the target, and whether a proxy or CDN rewrites what passes through it; then publish \
                       again with `gazette publish --repair`";
const LOST: &str = "publish again with `gazette publish --repair`";
const KEPT: &str =
    "let the host pass on the `Cache-Control` of the objects, so that readers see what is published within minutes";

/// A media type without its parameters.
fn essence(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The address that a key is asked for at: everything that has a meaning in addresses is encoded.
pub(super) fn address_of(key: &str) -> String {
    let mut address = String::from("/");
    for byte in key.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => address.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => address.push(byte.into()),
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_exactly_its_key() {
        for (key, address) in [
            ("v0.1/servers/a.b/c_d/versions/1.0.0+1", "/v0.1/servers/a.b/c_d/versions/1.0.0%2B1"),
            ("a/1.0.0 1", "/a/1.0.0%201"),
            ("a/50%?#é", "/a/50%25%3F%23%C3%A9"),
        ] {
            assert_eq!(address_of(key), address);
        }
    }

    #[test]
    fn parameters_do_not_make_another_type() {
        assert_eq!(essence("Application/JSON; charset=utf-8"), "application/json");
        assert_ne!(essence("text/html"), essence(""));
    }
}
