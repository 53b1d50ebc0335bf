//! One document as it goes over the wire: plain or in gzip, each with an entity tag of its own.

use std::{io::Write, sync::OnceLock};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, header},
};
use flate2::{Compression, write::GzEncoder};

use crate::{digest::Sha256, site::path::SitePath};

#[derive(Debug)]
pub(super) struct Document {
    pub(super) content_type: &'static str,
    pub(super) cache_control: &'static str,
    plain: Representation,
    /// Made when it is first asked for, and kept; nothing, where it would not be smaller.
    zipped: OnceLock<Option<Representation>>,
}

/// Bytes that go over the wire, and their strong entity tag.
#[derive(Clone, Debug)]
pub(super) struct Representation {
    pub(super) body: Bytes,
    /// Of a plain one it is made when it is first asked for: most of a large registry is not asked for for a long time.
    etag: OnceLock<HeaderValue>,
    pub(super) is_zipped: bool,
}

/// What is smaller gains nothing: it fits into one packet anyway.
const WORTH_ZIPPING: usize = 1000;
/// What is larger takes so long to compress that other requests would notice.
const TAKES_LONG: usize = 256 << 10;
/// The digest of a megabyte takes about as long as an answer.
const DIGESTED_AT_ONCE: usize = 1 << 20;

impl Document {
    /// What stands at an address.
    pub(super) fn of(path: &SitePath, body: Bytes) -> Self {
        Self::new(path.kind().content_type(), path.cache().control(), body)
    }

    pub(super) fn new(content_type: &'static str, cache_control: &'static str, body: Bytes) -> Self {
        let plain = Representation { body, etag: OnceLock::new(), is_zipped: false };
        Self { content_type, cache_control, plain, zipped: OnceLock::new() }
    }

    pub(super) fn body(&self) -> &Bytes {
        &self.plain.body
    }

    /// Whether something has to be made first that takes long: gzip, or the digest of many bytes.
    pub(super) fn is_slow(&self, gzip: bool) -> bool {
        let size = self.plain.body.len();
        if gzip && self.is_text() {
            size > TAKES_LONG && self.zipped.get().is_none()
        } else {
            size > DIGESTED_AT_ONCE && self.plain.etag.get().is_none()
        }
    }

    /// What a client gets that takes gzip or does not.
    pub(super) fn representation(&self, gzip: bool) -> &Representation {
        if !gzip || !self.is_text() || self.plain.body.len() < WORTH_ZIPPING {
            return &self.plain;
        }
        self.zipped.get_or_init(|| self.plain.zipped()).as_ref().unwrap_or(&self.plain)
    }

    /// Images, fonts and archives are compressed already.
    fn is_text(&self) -> bool {
        let kind = self.content_type.split(';').next().unwrap_or_default();
        kind.starts_with("text/") || ["json", "xml", "yaml", "javascript"].iter().any(|text| kind.ends_with(text))
    }
}

impl Representation {
    fn zipped(&self) -> Option<Self> {
        let mut encoder = GzEncoder::new(Vec::with_capacity(self.body.len() / 3), Compression::default());
        let zipped = encoder.write_all(&self.body).and_then(|()| encoder.finish()).ok()?;
        let body = Bytes::from(zipped);
        (body.len() < self.body.len()).then(|| Self { body, etag: quoted(&self.body, "-gzip").into(), is_zipped: true })
    }

    pub(super) fn etag(&self) -> &HeaderValue {
        self.etag.get_or_init(|| quoted(&self.body, ""))
    }

    /// Whether a client that sends these headers holds these bytes already (RFC 9110, 13.1.2).
    pub(super) fn is_held(&self, headers: &HeaderMap) -> bool {
        let held = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).as_bytes() == self.etag().as_bytes();
        held.flat_map(|value| value.split(',')).map(str::trim).any(|tag| tag == "*" || opaque(tag))
    }
}

/// Half of the digest tells any two documents apart.
fn quoted(body: &[u8], coding: &str) -> HeaderValue {
    let digest = Sha256::of(body).to_string();
    HeaderValue::try_from(format!("\"{}{coding}\"", &digest[..32])).expect("hexadecimal digits make a header")
}

/// Whether a client that sends these headers likes gzip at least as much as plain bytes (RFC 9110, 12.5.3).
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let (mut gzip, mut any, mut identity) = (None, None, None);
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for coding in values.flat_map(|value| value.split(',')) {
        let mut parts = coding.split(';');
        let name = parts.next().unwrap_or_default().trim();
        let weight = parts.find_map(weight).unwrap_or(1000);
        match () {
            () if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => gzip = Some(weight),
            () if name.eq_ignore_ascii_case("identity") => identity = Some(weight),
            () if name == "*" => any = Some(weight),
            () => {}
        }
    }
    let gzip = gzip.or(any).unwrap_or(0);
    gzip > 0 && gzip >= identity.unwrap_or(0)
}

/// `q=0.5` in thousandths; what cannot be read does not count.
fn weight(parameter: &str) -> Option<u32> {
    let value = parameter.trim().strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim_start();
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let digits = format!("{fraction:0<3}");
    let thousandths: u32 = digits.get(..3)?.parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &header::HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn weights_decide_about_gzip() {
        for (values, wanted) in [
            (&["gzip, deflate, br"][..], true),
            (&["GZIP;q=1.0"], true),
            (&["deflate", "x-gzip"], true),
            (&["*"], true),
            (&["gzip;q=0.5, identity;q=0.5"], true),
            (&["gzip;q=0.001"], true),
            (&[], false),
            (&[""], false),
            (&["br"], false),
            (&["gzip;q=0"], false),
            (&["gzip;q=0.000, *"], false),
            (&["gzip;q=0.5, identity"], false),
            (&["identity;q=1, *;q=0.2"], false),
        ] {
            assert_eq!(takes_gzip(&headers(&header::ACCEPT_ENCODING, values)), wanted, "{values:?}");
        }
    }

    #[test]
    fn tags_are_compared_weakly_and_each_for_its_coding() {
        let document = Document::new("text/plain", "", Bytes::from("plain text ".repeat(200)));
        let (plain, zipped) = (document.representation(false), document.representation(true));
        assert!(zipped.is_zipped && zipped.body.len() < plain.body.len() && zipped.etag() != plain.etag());
        let held = |representation: &Representation, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::try_from(value).expect("a header"));
            representation.is_held(&headers)
        };
        let tag = plain.etag().to_str().expect("text").to_owned();
        assert!(held(plain, &tag) && held(plain, &format!("\"x\", W/{tag}")) && held(zipped, "*"));
        assert!(!held(zipped, &tag) && !held(plain, &tag[1..]) && !held(plain, ""));
    }

    #[test]
    fn what_takes_long_is_told_until_it_is_made() {
        let large = || Document::new("text/plain", "", Bytes::from(vec![b' '; DIGESTED_AT_ONCE + 1]));
        for gzip in [false, true] {
            let document = large();
            assert!(document.is_slow(gzip));
            document.representation(gzip).etag();
            assert!(!document.is_slow(gzip) && document.is_slow(!gzip), "each is made for itself");
        }
        assert!(!Document::new("text/plain", "", Bytes::from_static(b"x")).is_slow(false));
    }

    #[test]
    fn what_is_small_or_compressed_goes_as_it_is() {
        let zipped = |kind, body: Vec<u8>| Document::new(kind, "", Bytes::from(body)).representation(true).is_zipped;
        assert!(zipped("application/json", vec![b' '; 1000]) && zipped("text/html; charset=utf-8", vec![b' '; 1000]));
        assert!(!zipped("application/json", vec![b' '; 999]) && !zipped("application/gzip", vec![b' '; 5000]));
    }
}
