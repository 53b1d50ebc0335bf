//! A reader who looks whenever something was asked of the bucket: it follows the pointer, holds every document to the editions that may be there, and walks from the
//! list to the versions.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
};

use gazette::{
    checkpoint::{Checkpoint, Trust},
    manifest::{Root, key_of},
    publish::CHECKPOINT,
};

use super::server::Server;

/// Every document of one edition, by key.
pub(super) type Documents = BTreeMap<String, Vec<u8>>;

/// One of the sites that may be published, and the root that names it.
pub(super) struct Edition {
    pub(super) documents: Documents,
    pub(super) root: gazette::digest::Sha256,
}

/// Finds what lies at a key at that moment.
type Lying<'a> = Box<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'a>;

pub(super) struct Reader<'a> {
    server: &'a Server,
    lying: Lying<'a>,
    editions: &'a [Edition],
    publication: u64,
    pub(super) looks: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn of(server: &'a Server, editions: &'a [Edition]) -> Self {
        let lying = server.lying();
        Self { server, lying: Box::new(move |key| Some(lying(&format!("site/{key}"))?.0)), editions, publication: 0, looks: 0 }
    }

    /// Looks until it is told that nothing comes any more, and once after that.
    pub(super) fn watch(mut self, is_over: &AtomicBool) -> Self {
        let mut asked = 0;
        loop {
            let was_over = is_over.load(Ordering::SeqCst);
            asked = self.server.wait_for_more_than(asked);
            self.look();
            self.looks += 1;
            if was_over {
                return self;
            }
        }
    }

    fn look(&mut self) {
        let least = self.pointed();
        // What is read after the pointer may be newer than it, and never older.
        let may_be = &self.editions[least.unwrap_or_default()..];
        for key in self.editions.iter().flat_map(|edition| edition.documents.keys()) {
            match (self.lying)(key) {
                Some(body) => {
                    // What left the site stays as it was for a while.
                    let is_left = may_be.iter().all(|edition| !edition.documents.contains_key(key));
                    let from = if is_left { self.editions } else { may_be };
                    let is_known = from.iter().any(|edition| edition.documents.get(key) == Some(&body));
                    assert!(is_known, "`{key}` is no document of the edition that is pointed to, or of a later one");
                }
                None => assert!(
                    least.is_none_or(|least| !self.editions[least].documents.contains_key(key)),
                    "`{key}` is listed and not there"
                ),
            }
        }
        self.walk();
    }

    /// Which edition the checkpoint names, if there is one.
    fn pointed(&mut self) -> Option<usize> {
        let note = (self.lying)(CHECKPOINT)?;
        let checkpoint = Checkpoint::read(&note, &Trust::Anyone).expect("a whole checkpoint");
        assert!(checkpoint.publication >= self.publication, "a checkpoint is followed by an older one");
        self.publication = checkpoint.publication;
        let root = (self.lying)(&key_of(&checkpoint.root)).expect("the root that a checkpoint names");
        let root = Root::parse(&root, &checkpoint.root).expect("a whole root");
        for (at, shard) in root.shards.iter().enumerate() {
            let text = (self.lying)(&key_of(&shard.sha256)).expect("the shards that a root names");
            shard.parse(&text, root.bits, at).expect("a whole shard");
        }
        let known = self.editions.iter().position(|edition| edition.root == checkpoint.root);
        Some(known.expect("the checkpoint names an edition"))
    }

    /// From the list to each server, and from a server's own list to each of its versions.
    fn walk(&self) {
        self.follow("v0.1/servers", |name, version| format!("v0.1/servers/{name}/versions/{version}"));
        self.follow("v0.1/servers/com.example/echo/versions", |name, version| format!("v0.1/servers/{name}/versions/{version}"));
        // There, older versions are only where they are asked for.
        self.follow("v0/servers", |name, _| format!("v0/servers/{name}/versions/latest"));
    }

    fn follow(&self, list: &str, key: impl Fn(&str, &str) -> String) {
        let Some(body) = (self.lying)(list) else { return };
        let listed: serde_json::Value = serde_json::from_slice(&body).expect("a whole list");
        for entry in listed["servers"].as_array().expect("servers") {
            let word = |member: &str| entry["server"][member].as_str().expect("text");
            let key = key(word("name"), word("version"));
            assert!((self.lying)(&key).is_some(), "`{list}` leads to `{key}`, which is not there");
        }
    }
}
