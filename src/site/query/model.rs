//! The list held against a naive model, also while the registry changes between its pages.

use std::{cmp::Reverse, collections::BTreeMap};

use proptest::prelude::*;

use crate::{instant::Instant, name::ServerName, version::Version};

use super::*;

const NAMES: [&str; 5] = ["A.x/zebra", "a.x/apple", "a.x/apple-2", "a.x/apple.b", "b/c"];
/// Each with its rank; of equal rank, the later published is newer.
const VERSIONS: [(&str, u32); 8] =
    [("2.0.0", 5), ("1.10.0", 4), ("1.9.0+a", 3), ("1.9.0+b", 3), ("1.9.0-rc.1", 2), ("2026-02-30", 0), ("stable", 0), ("v7", 0)];
const DESCRIPTIONS: [&str; 4] = ["Picks FRUIT.", "picks fruit.", "Zählt Äpfel", ""];
const SEARCHES: [&str; 7] = ["", "apple", "APPLE", "fruit.", "äpfel", "b/c", "e.b\u{0}"];

#[derive(Clone, Debug)]
struct Lived {
    published: u32,
    updated: i64,
    deleted: bool,
    gone: bool,
    description: &'static str,
}

/// A registry as a table of what ever was, in which the key is the place of a name and the place of a version above.
#[derive(Clone, Debug, Default)]
struct Model {
    versions: BTreeMap<(usize, usize), Lived>,
    clock: u32,
}

/// What happens to one version.
#[derive(Clone, Debug)]
struct Event {
    name: usize,
    version: usize,
    what: u8,
    description: usize,
}

impl Model {
    fn happen(&mut self, event: &Event) {
        self.clock += 1;
        let fresh = Lived {
            published: self.clock,
            updated: self.clock.into(),
            deleted: false,
            gone: false,
            description: DESCRIPTIONS[event.description],
        };
        let known = self.versions.entry((event.name, event.version)).or_insert(fresh);
        match event.what {
            0 => known.deleted = true,
            1 => known.gone = true,
            2 => known.description = DESCRIPTIONS[event.description],
            _ => (known.deleted, known.gone) = (false, false),
        }
        known.updated = self.clock.into();
    }

    /// Every version in the tree, in order.
    fn ordered(&self) -> Vec<(usize, usize)> {
        let mut keys: Vec<_> = self.versions.iter().filter(|(_, version)| !version.gone).map(|(key, _)| *key).collect();
        keys.sort_by_key(|key| (NAMES[key.0], Reverse((VERSIONS[key.1].1, self.versions[key].published))));
        keys
    }

    fn latest(&self, name: usize) -> Option<(usize, usize)> {
        self.ordered().into_iter().find(|key| key.0 == name && !self.versions[key].deleted)
    }

    fn matching(&self, asked: &Asked) -> Vec<(usize, usize)> {
        let mut keys = self.ordered();
        keys.retain(|key| {
            let version = &self.versions[key];
            let needle = SEARCHES[asked.search].to_lowercase();
            let found = [NAMES[key.0], version.description].iter().any(|text| text.to_lowercase().contains(&needle));
            let shown = !version.deleted || asked.deleted || asked.since.is_some();
            let wanted = match asked.version {
                None => true,
                Some(8) => self.latest(key.0) == Some(*key),
                Some(exact) => key.1 == exact,
            };
            found && shown && wanted && asked.since.is_none_or(|since| version.updated >= since)
        });
        keys
    }

    fn rows(&self) -> Rows<Vec<u8>> {
        let row = |key: &(usize, usize)| {
            let version = &self.versions[key];
            let row = Row {
                place: Place {
                    name: ServerName::parse(NAMES[key.0]).expect("a name"),
                    version: Version::parse(VERSIONS[key.1].0).expect("a version"),
                    published: version.published,
                },
                updated_at: Instant(version.updated),
                is_latest: self.latest(key.0) == Some(*key),
                is_deleted: version.deleted,
                record: format!("[{},{}]", key.0, key.1).into_bytes(),
            };
            (row, version.description.to_owned())
        };
        Rows::of(self.ordered().iter().rev().map(row).collect())
    }
}

#[derive(Clone, Debug)]
struct Asked {
    limit: usize,
    search: usize,
    since: Option<i64>,
    version: Option<usize>,
    deleted: bool,
}

impl Asked {
    fn text(&self, cursor: &str) -> String {
        let mut text = format!("limit={}&cursor={cursor}&search={}", self.limit, SEARCHES[self.search]);
        if let Some(since) = self.since {
            text += &format!("&updated_since={}", Instant(since));
        }
        match self.version {
            Some(8) => text += "&version=latest",
            Some(at) => text += &format!("&version={}", VERSIONS[at].0),
            None => {}
        }
        text + if self.deleted { "&include_deleted=true" } else { "" }
    }
}

/// The records of a page by their keys, and the cursor.
fn page(rows: &Rows<Vec<u8>>, query: &str) -> (Vec<(usize, usize)>, Option<String>) {
    let body = rows.answer(&Query::parse(query).expect("a query")).body();
    let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    let keys: Vec<(usize, usize)> = serde_json::from_value(body["servers"].clone()).expect("records");
    assert_eq!(body["metadata"]["count"], keys.len());
    (keys, body["metadata"]["nextCursor"].as_str().map(str::to_owned))
}

fn event() -> impl Strategy<Value = Event> {
    (0..NAMES.len(), 0..VERSIONS.len(), 0_u8..6, 0..DESCRIPTIONS.len()).prop_map(|(name, version, what, description)| Event {
        name,
        version,
        what,
        description,
    })
}

fn asked() -> impl Strategy<Value = Asked> {
    let version = proptest::option::of(0..=VERSIONS.len());
    (1_usize..7, 0..SEARCHES.len(), proptest::option::of(0_i64..40), version, any::<bool>())
        .prop_map(|(limit, search, since, version, deleted)| Asked { limit, search, since, version, deleted })
}

proptest! {
    #[test]
    fn pages_give_each_match_once_in_order_and_end(
        before in proptest::collection::vec(event(), 0..50),
        between in proptest::collection::vec(proptest::collection::vec(event(), 0..4), 0..6),
        asked in asked(),
    ) {
        let mut model = Model::default();
        for event in &before {
            model.happen(event);
        }
        let mut steady = model.matching(&asked);
        let (mut given, mut cursor) = (Vec::new(), String::new());
        for turn in 0.. {
            let matching = model.matching(&asked);
            steady.retain(|key| matching.contains(key));
            let (keys, next) = page(&model.rows(), &asked.text(&cursor));
            prop_assert!(keys.iter().all(|key| matching.contains(key)));
            prop_assert!(keys.len() == asked.limit || next.is_none());
            given.extend(keys);
            match next {
                Some(next) => cursor = next,
                None => break,
            }
            prop_assert!(turn <= NAMES.len() * VERSIONS.len(), "the pages do not end");
            for event in between.get(turn).into_iter().flatten() {
                model.happen(event);
            }
        }
        let place = |key: &(usize, usize)| (NAMES[key.0], Reverse((VERSIONS[key.1].1, model.versions[key].published)));
        prop_assert!(given.is_sorted_by(|a, b| place(a) < place(b)), "{given:?}");
        prop_assert!(steady.iter().all(|key| given.contains(key)), "{steady:?} are not all in {given:?}");
    }

    #[test]
    fn a_registry_that_stays_gives_exactly_what_matches(
        before in proptest::collection::vec(event(), 0..50),
        asked in asked(),
    ) {
        let mut model = Model::default();
        for event in &before {
            model.happen(event);
        }
        let (rows, mut given, mut cursor) = (model.rows(), Vec::new(), Some(String::new()));
        while let Some(at) = cursor {
            let (keys, next) = page(&rows, &asked.text(&at));
            prop_assert!(!keys.is_empty() || given.is_empty(), "an empty page follows others");
            given.extend(keys);
            cursor = next;
        }
        prop_assert_eq!(given, model.matching(&asked));
    }
}

#[test]
fn a_cursor_finds_its_version_under_another_serial() {
    let mut model = Model::default();
    for version in [5, 6, 7] {
        model.happen(&Event { name: 4, version, what: 3, description: 0 });
    }
    let (first, next) = page(&model.rows(), "limit=1");
    assert_eq!(first, [(4, 7)]);
    // As when files that nobody committed are committed: later than all, in the order of their paths.
    for (version, published) in [(5, 10), (6, 11), (7, 12)] {
        model.versions.get_mut(&(4, version)).expect("a version").published = published;
    }
    assert_eq!(page(&model.rows(), &format!("cursor={}", next.expect("more"))).0, [(4, 6), (4, 5)]);
}
