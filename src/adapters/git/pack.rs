//! One pack: which objects it holds, and what lies where. It is read piece by piece, so that of a large one hardly anything is
//! in memory, and each object is inflated in one go.

use std::{fs::File, path::Path};

use gix::odb::pack::{data::Entry, index};
use libdeflater::Decompressor;

use crate::adapters::disk;

pub(super) struct Pack {
    index: index::File,
    file: File,
}

/// What every pack begins with, up to the number of its form; the third form is the second.
const MAGIC: &[u8] = b"PACK\0\0\0";
const FORMS: std::ops::RangeInclusive<u8> = 2..=3;

/// Almost every entry of a server, and every delta, is smaller in a pack.
const PIECE: usize = 4 << 10;

/// A larger piece is given back once its object is made.
const KEPT: usize = 1 << 20;

/// How much longer packed bytes may be than what they stand for, by an eighth and so many bytes; what is more than that is left
/// to others.
const OVERHEAD: usize = 256;

impl Pack {
    /// The pack beside an index, if it is one that this can read.
    pub(super) fn open(index: &Path) -> Option<Self> {
        let file = disk::open(&index.with_extension("pack"))?;
        let mut head = Vec::new();
        read(&file, 0, MAGIC.len() + 1, &mut head)?;
        let (form, magic) = head.split_last()?;
        let is_pack = magic == MAGIC && FORMS.contains(form);
        is_pack.then(|| index::File::at(index, gix::hash::Kind::Sha1).ok()).flatten().map(|index| Self { index, file })
    }

    pub(super) fn offset(&self, id: &gix::oid) -> Option<u64> {
        self.index.lookup(id).map(|at| self.index.pack_offset_at_index(at))
    }
}

/// The piece of a pack that one thread looks at.
pub(super) struct Window {
    bytes: Vec<u8>,
    decompressor: Decompressor,
}

impl Default for Window {
    fn default() -> Self {
        Self { bytes: Vec::with_capacity(PIECE), decompressor: Decompressor::new() }
    }
}

impl Window {
    /// What stands before the bytes of an object; the window begins there.
    pub(super) fn entry(&mut self, pack: &Pack, at: u64) -> Option<Entry> {
        read(&pack.file, at, PIECE, &mut self.bytes)?;
        Entry::from_bytes(&self.bytes, at, gix::hash::Kind::Sha1).ok()
    }

    /// What the entry holds at which the window begins: so many bytes.
    pub(super) fn inflated(&mut self, pack: &Pack, entry: &Entry, size: usize) -> Option<Vec<u8>> {
        let mut out = vec![0; size];
        let begin = entry.header_size();
        let most = begin + size + size / 8 + OVERHEAD;
        let inflated = loop {
            match self.decompressor.zlib_decompress(self.bytes.get(begin..)?, &mut out) {
                Ok(written) => break (written == size).then_some(out),
                // What is cut off is bad data, or seems to go on for ever.
                Err(_) if self.bytes.len() < most => {
                    let before = self.bytes.len();
                    read(&pack.file, entry.pack_offset(), most.min(4 * before), &mut self.bytes)?;
                    if self.bytes.len() == before {
                        break None;
                    }
                }
                Err(_) => break None,
            }
        };
        if self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
        inflated
    }
}

/// So many bytes of a file, or those up to its end.
fn read(file: &File, at: u64, most: usize, into: &mut Vec<u8>) -> Option<()> {
    into.resize(most, 0);
    let mut filled = 0;
    while filled < most {
        match disk::read_at(file, at + filled as u64, &mut into[filled..]).ok()? {
            0 => break,
            count => filled += count,
        }
    }
    into.truncate(filled);
    Some(())
}
