//! The files of a registry that are needed again once it is served, in memory: what lies on the disk may change meanwhile.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;

use crate::checkout::{Blob, Checkout, Item, Reader, Store};

/// Keeps what is read through it: everything, or one file of a server, or nothing.
pub(super) struct Keeping<'a> {
    pub(super) reader: &'a mut dyn Reader,
    pub(super) wanted: Wanted,
    pub(super) kept: Vec<(Item, Vec<u8>)>,
}

/// Which files are kept.
#[derive(Debug)]
pub(super) enum Wanted {
    All,
    Only(Option<String>),
}

impl Reader for Keeping<'_> {
    fn read(&mut self, item: &Item, cap: usize) -> anyhow::Result<Blob> {
        let blob = self.reader.read(item, cap)?;
        let is_wanted = match &self.wanted {
            Wanted::All => true,
            Wanted::Only(path) => path.as_deref() == Some(&*item.path),
        };
        if let (Blob::Bytes(bytes), true) = (&blob, is_wanted) {
            self.kept.push((item.clone(), bytes.clone()));
        }
        Ok(blob)
    }
}

/// The part of a checkout that was kept.
pub(super) fn kept_of(checkout: &Checkout, files: Vec<(Item, Vec<u8>)>) -> Checkout {
    let mut items: Vec<Item> = files.iter().map(|(item, _)| item.clone()).collect();
    items.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    let files = files.into_iter().map(|(item, bytes)| (item.path, bytes.into())).collect();
    Checkout { prefix: checkout.prefix.clone(), items, store: Arc::new(Kept(files)) }
}

struct Kept(BTreeMap<Box<str>, Box<[u8]>>);

impl Store for Kept {
    fn reader(&self) -> Box<dyn Reader + '_> {
        Box::new(self)
    }
}

impl Reader for &Kept {
    fn read(&mut self, item: &Item, cap: usize) -> anyhow::Result<Blob> {
        let bytes = self.0.get(&item.path).with_context(|| format!("`{}` was not kept", item.path))?;
        Ok(if bytes.len() > cap { Blob::Large(bytes.len() as u64) } else { Blob::Bytes(bytes.to_vec()) })
    }
}
