//! A bucket in memory that keeps the rules of publishing: what is named by its bytes never changes, and what publishers agree
//! on changes only by compare-and-swap. Whoever breaks a rule is noted.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use crate::{
    digest::Sha256,
    ports::{Body, Bucket, Headers, Tag, Trouble, When},
    publish::{CHECKPOINT, state},
    site::path,
};

#[derive(Debug, Default)]
pub struct Memory {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    objects: BTreeMap<String, (Bytes, Headers)>,
    broken: Vec<String>,
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        let Inner { objects, broken } = &*self.inner();
        Self { inner: Mutex::new(Inner { objects: objects.clone(), broken: broken.clone() }) }
    }
}

impl Memory {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that lies there.
    pub fn objects(&self) -> BTreeMap<String, (Bytes, Headers)> {
        self.inner().objects.clone()
    }

    /// The rules that were broken.
    pub fn broken(&self) -> Vec<String> {
        self.inner().broken.clone()
    }
}

/// As S3 does, from the bytes: the same bytes have the same tag.
fn tag_of(bytes: &[u8]) -> Tag {
    Tag(Sha256::of(bytes).to_string()[..16].into())
}

impl Bucket for Memory {
    fn get(&self, key: &str, most: usize) -> Result<Option<(Vec<u8>, Tag)>, Trouble> {
        let inner = self.inner();
        let Some((bytes, _)) = inner.objects.get(key) else { return Ok(None) };
        if bytes.len() > most {
            return Err(Trouble::Other(format!("`{key}` has {} bytes", bytes.len())));
        }
        Ok(Some((bytes.to_vec(), tag_of(bytes))))
    }

    fn put(&self, key: &str, body: &Body, headers: Headers, when: When) -> Result<Tag, Trouble> {
        let Body::Bytes(bytes) = body else { return Err(Trouble::Other("only bytes are kept in memory".to_owned())) };
        let mut inner = self.inner();
        let lying = inner.objects.get(key).map(|(bytes, _)| bytes.clone());
        let holds = match when {
            When::Always => true,
            When::Absent => lying.is_none(),
            When::Still(tag) => lying.as_ref().is_some_and(|bytes| tag_of(bytes) == *tag),
        };
        if !holds {
            return Err(Trouble::Conflict(format!("`{key}`")));
        }
        if matches!(when, When::Always) && [CHECKPOINT, state::KEY].contains(&key) {
            inner.broken.push(format!("`{key}` was put without a condition"));
        }
        if path::is_immutable(key) && lying.is_some_and(|lying| lying != *bytes) {
            inner.broken.push(format!("`{key}` was given other bytes"));
        }
        inner.objects.insert(key.to_owned(), (bytes.clone(), headers));
        Ok(tag_of(bytes))
    }

    fn delete(&self, key: &str) -> Result<(), Trouble> {
        let mut inner = self.inner();
        if [CHECKPOINT, state::KEY].contains(&key) {
            inner.broken.push(format!("`{key}` was deleted"));
        }
        inner.objects.remove(key);
        Ok(())
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(&str)) -> Result<(), Trouble> {
        self.inner().objects.keys().filter(|key| key.starts_with(prefix)).for_each(|key| each(key));
        Ok(())
    }
}
