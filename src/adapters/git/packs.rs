//! Packed objects, read so that everything a chain of deltas passes through is remembered: neighbours in history and the
//! versions of a server are deltas of each other, often fifty deep.

use std::{
    collections::BTreeMap,
    mem,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use gix::{objs::Kind, odb::pack::data::entry::Header};

use super::{
    objects::oid,
    pack::{Pack, Window},
};
use crate::{adapters::disk, digest::GitId};

/// The packs of a repository as they lay when it was opened; what is elsewhere, or came later, is not here.
pub(super) struct Packs(Vec<Pack>);

impl Packs {
    pub(super) fn open(objects: &Path) -> Arc<Self> {
        let files = disk::names(&objects.join("pack")).unwrap_or_default();
        let indices = files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "idx"));
        Arc::new(Self(indices.take(PACKS_MAX).filter_map(|file| Pack::open(&file)).collect()))
    }

    /// The number of the pack that holds an object, and where in it.
    fn find(&self, id: GitId) -> Option<Place> {
        self.0.iter().enumerate().find_map(|(number, pack)| Some((number, pack.offset(&oid(id))?)))
    }
}

/// Each is an open file, of which systems give few.
const PACKS_MAX: usize = 64;

/// A pack, and an offset in it.
type Place = (usize, u64);

/// An object's bytes, shared with those who remember them.
pub(super) type Bytes = Arc<Vec<u8>>;

/// Larger objects are left to those who read them piece by piece, or refuse them.
const OBJECT_MAX: u64 = 256 << 20;

/// Chains that git writes have 50 deltas, or 4,095 where it is told to; a longer one may be a circle.
const CHAIN_MAX: usize = 4_096;

/// Reads packed objects for one thread; whatever it cannot read is left to those who can say why.
pub(super) struct Unpacker {
    packs: Arc<Packs>,
    window: Window,
    cache: Cache,
}

impl Unpacker {
    pub(super) fn new(packs: &Arc<Packs>, cache: &Cache) -> Self {
        Self { packs: packs.clone(), window: Window::default(), cache: cache.clone() }
    }

    pub(super) fn read(&mut self, id: GitId) -> Option<(Kind, Bytes)> {
        match self.read_up_to(id, OBJECT_MAX)? {
            Found::Object(kind, bytes) => Some((kind, bytes)),
            Found::Large(_) => None,
        }
    }

    /// An object, unless it has more bytes than `cap`, which is known before it is put together.
    pub(super) fn read_up_to(&mut self, id: GitId, cap: u64) -> Option<Found> {
        let packs = self.packs.clone();
        let (number, mut at) = packs.find(id)?;
        let pack = &packs.0[number];
        // From the object itself to what all stand on.
        let mut deltas = Vec::new();
        let mut held = 0;
        let (kind, mut bytes) = loop {
            if let Some((kind, bytes)) = self.cache.get((number, at)) {
                if deltas.is_empty() && bytes.len() as u64 > cap {
                    return Some(Found::Large(bytes.len() as u64));
                }
                break (kind, bytes);
            }
            let entry = self.window.entry(&pack.file, at)?;
            if let Some(kind) = entry.header.as_kind() {
                if deltas.is_empty() && entry.decompressed_size > cap {
                    return Some(Found::Large(entry.decompressed_size));
                }
                let bytes = Arc::new(self.window.inflated(&pack.file, &entry, size(entry.decompressed_size)?)?);
                if !deltas.is_empty() {
                    self.cache.put((number, at), kind, &bytes);
                }
                break (kind, bytes);
            }
            // A delta is hardly larger than what it makes; others are left to those who read only its beginning.
            if deltas.is_empty() && entry.decompressed_size > cap.saturating_mul(2).saturating_add(64) {
                return None;
            }
            held = size(entry.decompressed_size.saturating_add(held as u64))?;
            let delta = self.window.inflated(&pack.file, &entry, size(entry.decompressed_size)?)?;
            if deltas.is_empty() {
                // The delta of the object itself tells how large it will be.
                let size = result_size(&delta)?;
                if size > cap {
                    return Some(Found::Large(size));
                }
            }
            deltas.push((at, delta));
            at = match entry.header {
                Header::OfsDelta { base_distance } => entry.checked_base_pack_offset(base_distance)?,
                Header::RefDelta { base_id } => pack.offset(&base_id)?,
                _ => return None,
            };
            if deltas.len() > CHAIN_MAX {
                return None;
            }
        };
        for (at, delta) in deltas.into_iter().rev() {
            bytes = Arc::new(applied(&bytes, &delta)?);
            self.cache.put((number, at), kind, &bytes);
        }
        Some(Found::Object(kind, bytes))
    }
}

/// What there is of an id.
pub(super) enum Found {
    Object(Kind, Bytes),
    /// It has so many bytes.
    Large(u64),
}

/// How many bytes a delta makes.
fn result_size(mut delta: &[u8]) -> Option<u64> {
    length(&mut delta)?;
    length(&mut delta)
}

fn size(bytes: u64) -> Option<usize> {
    usize::try_from(bytes).ok().filter(|_| bytes <= OBJECT_MAX)
}

/// What a delta makes of its base: pieces copied from it, and new ones; absent if the delta is malformed.
fn applied(base: &[u8], mut delta: &[u8]) -> Option<Vec<u8>> {
    if length(&mut delta)? != base.len() as u64 {
        return None;
    }
    let length = size(length(&mut delta)?)?;
    let mut out = Vec::with_capacity(length);
    while let Some(order) = byte(&mut delta) {
        let piece = if order & 0x80 == 0 {
            delta.split_off(..usize::from(order))?
        } else {
            let start = number(order, 0..4, &mut delta)?;
            let count = match number(order, 4..7, &mut delta)? {
                0 => 0x10000,
                count => count,
            };
            base.get(start..start + count)?
        };
        if out.len() + piece.len() > length {
            return None;
        }
        out.extend_from_slice(piece);
    }
    (out.len() == length).then_some(out)
}

fn byte(delta: &mut &[u8]) -> Option<u8> {
    delta.split_off_first().copied()
}

/// Seven bits a byte, the lowest first.
fn length(delta: &mut &[u8]) -> Option<u64> {
    let mut length = 0;
    for shift in (0..64).step_by(7) {
        let byte = byte(delta)?;
        length |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(length);
        }
    }
    None
}

/// A number of which `order` tells, by some of its bits, what bytes are there.
fn number(order: u8, bits: std::ops::Range<u8>, delta: &mut &[u8]) -> Option<usize> {
    let first = bits.start;
    let mut there = bits.filter(|bit| order & 1 << bit != 0);
    there.try_fold(0, |number, bit| Some(number | usize::from(byte(delta)?) << (8 * (bit - first))))
}

/// The objects that some threads have read last, up to a number of bytes: what one has put together, the others need not.
#[derive(Clone)]
pub(super) struct Cache(Arc<Mutex<Recent>>);

impl Cache {
    pub(super) fn holding(bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(Recent::new(bytes))))
    }

    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn clear(&self) {
        let mut recent = self.recent();
        *recent = Recent::new(2 * recent.half);
    }

    fn get(&self, place: Place) -> Option<(Kind, Bytes)> {
        self.recent().get(place)
    }

    fn put(&self, place: Place, kind: Kind, bytes: &Bytes) {
        self.recent().put(place, kind, bytes);
    }
}

/// In two generations, each of half the bytes: what nobody asks for while as much again is put in is forgotten.
struct Recent {
    half: usize,
    /// How many bytes the younger ones have.
    held: usize,
    young: Generation,
    old: Generation,
}

type Generation = BTreeMap<Place, (Kind, Bytes)>;

impl Recent {
    fn new(cap: usize) -> Self {
        Self { half: cap / 2, held: 0, young: Generation::new(), old: Generation::new() }
    }

    fn get(&mut self, place: Place) -> Option<(Kind, Bytes)> {
        if let Some(object) = self.young.get(&place) {
            return Some(object.clone());
        }
        let (kind, bytes) = self.old.remove(&place)?;
        self.put(place, kind, &bytes);
        Some((kind, bytes))
    }

    fn put(&mut self, place: Place, kind: Kind, bytes: &Bytes) {
        if bytes.len() > self.half {
            return;
        }
        if self.held + bytes.len() > self.half {
            self.old = mem::take(&mut self.young);
            self.held = 0;
        }
        if self.young.insert(place, (kind, bytes.clone())).is_none() {
            self.held += bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_let_go_is_not_remembered() {
        let cache = Cache::holding(100);
        for _ in 0..2 {
            cache.put((0, 7), Kind::Blob, &Arc::new(vec![0; 10]));
            assert!(cache.get((0, 7)).is_some());
            cache.clear();
            assert!(cache.get((0, 7)).is_none());
        }
    }

    #[test]
    fn what_is_asked_for_is_remembered_and_the_rest_forgotten() {
        let mut recent = Recent::new(100);
        let object = |size: usize| Arc::new(vec![0; size]);
        let held = |recent: &Recent| {
            [&recent.young, &recent.old].into_iter().flatten().map(|(_, (_, bytes))| bytes.len()).sum::<usize>()
        };
        recent.put((0, 0), Kind::Blob, &object(10));
        for at in 1..1_000 {
            recent.put((0, at), Kind::Blob, &object(10));
            assert!(recent.get((0, 0)).is_some() && held(&recent) <= 100, "after {at}");
        }
        assert!(recent.get((0, 999)).is_some() && recent.get((0, 500)).is_none());
        recent.put((1, 0), Kind::Blob, &object(51));
        assert!(recent.get((1, 0)).is_none(), "nothing else would stay");
    }
}
