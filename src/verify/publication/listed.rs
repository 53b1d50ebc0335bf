//! The manifest as a reader of the site finds it: the root that the pointer names, and its shards, each held to its digest.

use crate::{
    digest::Sha256,
    finding::quoted,
    manifest::{Manifest, Root, key_of},
};

use super::{
    Documents, Reader,
    choice::{is_asked_for, is_clean},
    reader::Got,
    short,
};
use crate::verify::Check;

/// A root of 65,536 shards has some 9 MB.
const ROOT_MAX: u64 = 16 << 20;
/// A shard has some 700 kB, and a few times that where names are long.
const SHARD_MAX: u64 = 16 << 20;

/// What one shard lists, and what is wrong with that.
pub(super) struct Listed {
    pub(super) lines: Documents,
    pub(super) checks: Vec<Check>,
}

impl Reader<'_> {
    pub(super) fn root(&self, sha256: &Sha256) -> Result<Root, Check> {
        let got = self.get(&format!("/{}", key_of(sha256)), ROOT_MAX);
        let root = got.body().and_then(|body| Root::parse(body, sha256));
        root.ok_or_else(|| missing(&got, sha256, "the manifest's root, which the checkpoint names,"))
    }

    pub(super) fn shard(&self, root: &Root, at: usize) -> Result<Listed, Check> {
        let said = &root.shards[at];
        let got = self.get(&format!("/{}", key_of(&said.sha256)), SHARD_MAX);
        let manifest = got.body().and_then(|body| said.parse(body, root.bits, at));
        let lines = manifest.ok_or_else(|| missing(&got, &said.sha256, "a part of the manifest"))?;
        let bytes = lines.iter().try_fold(0_u64, |sum, (_, line)| sum.checked_add(line.size));
        let mut checks = Vec::new();
        if lines.len() as u64 != said.documents || bytes != Some(said.bytes) {
            let bytes = bytes.map_or_else(|| "too many".to_owned(), |bytes| bytes.to_string());
            let message = format!(
                "a part of the manifest lists {} documents of {bytes} bytes, and its root says {} of {}",
                lines.len(),
                said.documents,
                said.bytes
            );
            checks.push(got.rejects(message, REPAIR));
        }
        let asked_for = lines.iter().filter(|(key, _)| is_asked_for(key)).map(|(key, line)| (Box::from(key), *line));
        let (lines, tricks): (Documents, Documents) = asked_for.partition(|(key, _)| is_clean(key));
        if let Some(key) = tricks.keys().next() {
            let message = format!("the manifest lists {}, which is no address of a site", quoted(key));
            checks.push(got.rejects(message, "publish with gazette, and see who else can write to the target"));
        }
        Ok(Listed { lines, checks })
    }

    /// The lines of one shard of an earlier root, if they still lie there.
    pub(super) fn earlier_shard(&self, root: &Root, at: usize) -> Option<Manifest> {
        let said = &root.shards[at];
        let got = self.get(&format!("/{}", key_of(&said.sha256)), SHARD_MAX);
        got.body().and_then(|body| said.parse(body, root.bits, at))
    }
}

const REPAIR: &str = "publish again with `gazette publish --repair`";

fn missing(got: &Got, sha256: &Sha256, what: &str) -> Check {
    match got.body() {
        None => got.rejects(
            format!("{what} is not there"),
            format!("let everybody read what lies below `/manifest/`; if it is lost, {REPAIR}"),
        ),
        Some(body) => got.rejects(
            format!("{what} is not whole: its digest is {}…, not {}…", short(&Sha256::of(body)), short(sha256)),
            format!("see who else can write to the target, then {REPAIR}"),
        ),
    }
}
