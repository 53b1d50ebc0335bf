//! What we promise to those who speak the registry API: the shapes of its lists and errors.

use super::{
    Facts,
    collection::Collection,
    listing::Shown,
    path::{Endpoint, SitePath, Spelling},
};

const OPEN: &[u8] = b"{\"servers\":[";
/// So many bytes of a list are no records, or a few more.
const ENDS: usize = 64;

/// Records in the shape of a list.
pub fn list<'a>(records: impl Iterator<Item = &'a [u8]> + Clone) -> Vec<u8> {
    page(records, None)
}

/// The same, of a list that goes on where there is a cursor.
pub fn page<'a>(records: impl Iterator<Item = &'a [u8]> + Clone, next: Option<&str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(records.clone().map(|record| record.len() + 1).sum::<usize>() + ENDS);
    out.extend_from_slice(OPEN);
    let mut count = 0;
    for record in records {
        if count > 0 {
            out.push(b',');
        }
        out.extend_from_slice(record);
        count += 1;
    }
    out.extend_from_slice(&close(count, next));
    out
}

/// What stands behind the records; `next` is the cursor of a list that goes on.
pub fn close(count: usize, next: Option<&str>) -> Vec<u8> {
    let next = next.map(|cursor| format!("\"nextCursor\":{},", serde_json::Value::from(cursor))).unwrap_or_default();
    format!("],\"metadata\":{{{next}\"count\":{count}}}}}").into_bytes()
}

/// A refusal, as every client reads it.
pub fn error(message: &str) -> Vec<u8> {
    serde_json::json!({ "error": message }).to_string().into_bytes()
}

/// `/v0.1/servers`: every server's latest version, complete.
#[derive(Debug)]
pub struct Servers;

impl Collection for Servers {
    fn paths(&self) -> Vec<SitePath> {
        Spelling::ALL.map(|spelling| SitePath::Api(spelling, Endpoint::Servers)).into()
    }

    fn open(&self, _: &Facts) -> Vec<u8> {
        OPEN.to_vec()
    }

    fn part(&self, shown: &Shown) -> Vec<u8> {
        shown.latest.record.body.clone()
    }

    fn close(&self, _: &Facts, parts: usize) -> Option<Vec<u8>> {
        Some(close(parts, None))
    }
}

/// The description of the read API; the address in it is this registry's.
pub fn openapi(facts: &Facts) -> Vec<u8> {
    let address = serde_json::Value::from(facts.base_url.as_str()).to_string();
    let title = serde_json::Value::from(facts.title.as_str()).to_string();
    // A JSON string is a YAML string.
    include_str!("../../templates/openapi.yaml").replace("{{base_url}}", &address).replace("{{title}}", &title).into_bytes()
}
