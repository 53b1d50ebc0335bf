//! A place in the list. It outlives what stood there: a name, a version and the serial of its publication tell where it would
//! stand, whatever came and went meanwhile.

use std::cmp::Ordering;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    name::ServerName,
    version::{self, Version},
};

/// Where a version stands in the list: by name, and newest first within one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub name: ServerName,
    pub version: Version,
    /// The serial of its first event.
    pub published: u32,
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let recency = || version::recency((&other.version, other.published), (&self.version, self.published));
        self.name.cmp(&other.name).then_with(recency)
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Place {
    /// The cursor of what stands behind this place, which nobody but this file takes apart.
    pub fn cursor(&self) -> String {
        // Neither names nor versions hold a space.
        URL_SAFE_NO_PAD.encode(format!("{} {} {}", self.name, self.version, self.published))
    }

    /// The place of a cursor that [`Place::cursor`] gave.
    pub fn parse(cursor: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let mut parts = text.splitn(3, ' ');
        let name = ServerName::parse(parts.next()?).ok()?;
        let version = Version::parse(parts.next()?).ok()?;
        let place = Self { name, version, published: parts.next()?.parse().ok()? };
        (place.cursor() == cursor).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_is_read_back(name in "[a-z]{1,9}/[a-z]{1,9}", version in "[0-9a-z][0-9a-z+._-]{0,9}", published: u32) {
            let name = ServerName::parse(&name).expect("a name");
            let place = Place { name, version: Version::parse(&version).expect("a version"), published };
            prop_assert_eq!(Place::parse(&place.cursor()), Some(place));
        }

        #[test]
        fn what_no_list_gave_is_no_cursor(bytes: Vec<u8>, noise in "[A-Za-z0-9_-]{0,40}") {
            for text in [URL_SAFE_NO_PAD.encode(&bytes), noise] {
                prop_assert!(Place::parse(&text).is_none_or(|place| place.cursor() == text));
            }
        }
    }
}
