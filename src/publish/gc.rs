//! What content-addressed publication leaves behind: manifests that no remembered publication needs are found by listing, the
//! only time that anything is listed, and deleted.

use std::collections::BTreeSet;

use super::{Counted, Halt, Publisher, Receipt, Standing, Stopped, lease::Lease, receipt::Outcome, standing::read_root};
use crate::{digest::Sha256, manifest::key_of, ports::Bucket};

/// Where only gazette puts things, each under the digest of its bytes.
const OWN: &str = "manifest/";

/// The keys that nothing needs any more.
pub fn unneeded(standing: &Standing, publisher: &Publisher) -> Result<Vec<String>, Stopped> {
    look(standing, publisher).map_err(|halt| stopped(halt, standing))
}

/// Deletes them, while nobody publishes.
pub fn collect(standing: Standing, publisher: &Publisher) -> Result<Receipt, Stopped> {
    let tally = standing.tally.clone();
    let found = look(&standing, publisher);
    let bucket = Counted { bucket: publisher.bucket, tally: &tally };
    let swept = found.and_then(|keys| {
        let lease = Lease::take(bucket, publisher.clock, publisher.settings, standing.state, standing.state_tag)?;
        let delete = |key: &String| {
            lease.check()?;
            bucket.delete(key).map_err(|trouble| Halt::of(&format!("delete `{key}`"), &trouble))?;
            tally.deleted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(())
        };
        let deleted = keys.iter().try_for_each(delete);
        lease.release(|_| ()).and(deleted)
    });
    let mut receipt = Receipt::default();
    tally.note(&mut receipt);
    match swept {
        Ok(()) => {
            receipt.outcome = Outcome::Published;
            Ok(receipt)
        }
        Err(Halt { error, help }) => {
            receipt.message = Some(error.clone());
            Err(Stopped { receipt, error, help })
        }
    }
}

fn look(standing: &Standing, publisher: &Publisher) -> Result<Vec<String>, Halt> {
    let bucket = Counted { bucket: publisher.bucket, tally: &standing.tally };
    let state = &standing.state;
    let pointed = standing.checkpoint.as_ref().map(|checkpoint| checkpoint.root);
    let kept: BTreeSet<Sha256> =
        state.roots.iter().map(|published| published.root).chain(state.intents.iter().copied()).chain(pointed).collect();
    let mut needed = BTreeSet::new();
    for root in &kept {
        needed.insert(key_of(root));
        let root = read_root(bucket, root)?;
        needed.extend(root.iter().flat_map(|root| &root.shards).map(|shard| key_of(&shard.sha256)));
    }
    let mut unneeded = Vec::new();
    let mut each = |key: &str| {
        if is_own(key) && !needed.contains(key) {
            unneeded.push(key.to_owned());
        }
    };
    bucket.list(OWN, &mut each).map_err(|trouble| Halt::of("list what lies there", &trouble))?;
    unneeded.sort();
    Ok(unneeded)
}

/// Nothing is deleted that gazette would not have named so.
fn is_own(key: &str) -> bool {
    let digest = key.strip_prefix(OWN).and_then(|rest| rest.strip_suffix(".json"));
    digest.and_then(Sha256::parse).is_some()
}

fn stopped(Halt { error, help }: Halt, standing: &Standing) -> Stopped {
    let mut receipt = Receipt { message: Some(error.clone()), ..Receipt::default() };
    standing.tally.note(&mut receipt);
    Stopped { receipt, error, help }
}
