//! One pack: which objects it holds, and what lies where. It is read piece by piece, so that of a large one hardly anything is
//! in memory, and each object is inflated in one go.

use std::{fs::File, path::Path};

use gix::odb::pack::{data::Entry, index};
use libdeflater::Decompressor;

use crate::adapters::disk;

pub(super) struct Pack {
    index: index::File,
    pub(super) file: File,
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
        if magic != MAGIC || !FORMS.contains(form) {
            return None;
        }
        Some(Self { index: index::File::at(index, gix::hash::Kind::Sha1).ok()?, file })
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
    pub(super) fn entry(&mut self, pack: &File, at: u64) -> Option<Entry> {
        read(pack, at, PIECE, &mut self.bytes)?;
        Entry::from_bytes(&self.bytes, at, gix::hash::Kind::Sha1).ok()
    }

    /// What the entry holds at which the window begins: so many bytes.
    pub(super) fn inflated(&mut self, pack: &File, entry: &Entry, size: usize) -> Option<Vec<u8>> {
        let mut out = vec![0; size];
        let begin = entry.header_size();
        let most = begin + size + size / 8 + OVERHEAD;
        let inflated = loop {
            match self.decompressor.zlib_decompress(self.bytes.get(begin..)?, &mut out) {
                Ok(written) => break (written == size).then_some(out),
                // What is cut off is bad data, or seems to go on for ever.
                Err(_) if self.bytes.len() < most => {
                    let before = self.bytes.len();
                    read(pack, entry.pack_offset(), most.min(4 * before), &mut self.bytes)?;
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

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use libdeflater::{CompressionLvl, Compressor};

    use super::*;

    fn low(number: usize) -> u8 {
        number.to_le_bytes()[0]
    }

    /// A blob as it lies in a pack: its kind and size in bits, the lowest first, and its bytes packed.
    fn packed(bytes: &[u8], said: usize) -> Vec<u8> {
        let (mut out, mut rest) = (vec![0x30 | low(said & 15)], said >> 4);
        while rest > 0 {
            *out.last_mut().expect("a byte") |= 0x80;
            out.push(low(rest & 0x7F));
            rest >>= 7;
        }
        let mut compressor = Compressor::new(CompressionLvl::default());
        let start = out.len();
        out.resize(start + compressor.zlib_compress_bound(bytes.len()), 0);
        let end = start + compressor.zlib_compress(bytes, &mut out[start..]).expect("room");
        out.truncate(end);
        out
    }

    /// What a fresh window and a used one make of it, somewhere in a file.
    fn unpacked(window: &mut Window, packed: &[u8], behind: &[u8]) -> Option<Vec<u8>> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&[&[7; 100], packed, behind].concat()).expect("it is written");
        file.rewind().expect("it is a file");
        let entry = window.entry(&file, 100)?;
        assert_eq!(entry.header.as_kind(), Some(gix::objs::Kind::Blob));
        window.inflated(&file, &entry, usize::try_from(entry.decompressed_size).expect("small"))
    }

    #[test]
    fn an_object_is_read_however_long_it_is() {
        let mut window = Window::default();
        // Noise takes as much room as it has bytes, and repetition hardly any.
        let noise =
            |size: usize| -> Vec<u8> { (0..size).map(|at| low(at.wrapping_mul(0x9E37_79B1) >> 13) ^ low(at >> 8)).collect() };
        for size in [0, 1, 15, 16, 3_000, 4_090, 5_000, 100_000, 3 << 20] {
            for bytes in [noise(size), vec![b' '; size]] {
                for behind in [&[][..], &[0; 20], &[0xFF; 9_000]] {
                    assert_eq!(unpacked(&mut window, &packed(&bytes, size), behind).as_ref(), Some(&bytes), "{size}");
                }
            }
        }
        assert!(window.bytes.capacity() <= KEPT);
    }

    #[test]
    fn what_is_cut_or_lies_is_left_to_others() {
        let mut window = Window::default();
        let bytes: Vec<u8> = (0..9_000_u32).flat_map(|at| at.wrapping_mul(at).to_le_bytes()).collect();
        let whole = packed(&bytes, bytes.len());
        for cut in [1, 2, 5, whole.len() / 2, whole.len() - 1] {
            assert_eq!(unpacked(&mut window, &whole[..cut], &[]), None, "{cut} bytes");
        }
        for said in [bytes.len() - 1, bytes.len() + 1, 0] {
            assert_eq!(unpacked(&mut window, &packed(&bytes, said), &[0; 99]), None, "said to be {said}");
        }
        assert_eq!(unpacked(&mut window, &[], &[]), None, "beyond the end");
    }
}
