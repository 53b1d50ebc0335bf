//! Any set of touched paths: classified and judged without a panic, and never allowed to an unknown author.
#![no_main]

use std::{collections::BTreeMap, sync::Arc};

use gazette::{
    change::{Change, Difference, Law, Side, Touched},
    checkout::{Blob, Checkout, Item, Kind, Reader, Store},
    config::Config,
    digest::GitId,
    evidence::{Account, Answer, Evidence, Question},
    finding::Verdict,
    history::History,
    instant::Instant,
    registry::Registry,
    rules,
};
use libfuzzer_sys::fuzz_target;

const PREFIX: &str = "registry-data/";
const CONFIG: &str = "title = \"T\"\nbase_url = \"https://r.example.com\"\n[[maintainer]]\ngithub_id = 9\ngithub_login = \"m\"\n";

/// Every object is the same small text, whatever its id.
struct Same(&'static [u8]);

impl Store for Same {
    fn reader(&self) -> Box<dyn Reader + '_> {
        Box::new(self)
    }
}

impl Reader for &Same {
    fn read(&mut self, _: &Item, _: usize) -> anyhow::Result<Blob> {
        Ok(Blob::Bytes(self.0.to_vec()))
    }
}

fn checkout(sides: impl Iterator<Item = (Box<str>, Side)>) -> Checkout {
    let items: BTreeMap<Box<str>, Side> = sides.filter(|(path, _)| path.starts_with(PREFIX)).collect();
    let items = items.into_iter().map(|(path, side)| Item { path, kind: side.kind, id: Some(side.id) }).collect();
    Checkout { prefix: PREFIX.into(), items, store: Arc::new(Same(b"{\"name\": \"a/b\", \"version\": \"1\"}")) }
}

fn side(byte: u8) -> Option<Side> {
    let kind = match byte & 3 {
        0 => Kind::File,
        1 => Kind::Executable,
        2 => Kind::Symlink,
        _ => Kind::Submodule,
    };
    (byte & 4 == 0).then_some(Side { kind, id: GitId([byte >> 3; 20]) })
}

/// Lines of two bytes for the two sides and a path.
fn differences(data: &[u8]) -> Vec<Difference> {
    let line = |line: &[u8]| {
        let (&[before, after], path) = line.split_first_chunk::<2>()?;
        let path: Box<str> = String::from_utf8_lossy(path).into();
        Some((path.clone(), Difference { path, before: side(before), after: side(after) }))
    };
    let by_path: BTreeMap<Box<str>, Difference> = data.split(|&b| b == b'\n').filter_map(line).collect();
    by_path.into_values().filter(|d| d.before != d.after).collect()
}

fuzz_target!(|data: &[u8]| {
    let Some((&who, data)) = data.split_first() else { return };
    let config = Config::parse("registry.toml", CONFIG).expect("a registry");
    let differences = differences(data);
    let before = checkout(differences.iter().filter_map(|d| Some((d.path.clone(), d.before?))));
    let after = checkout(differences.iter().filter_map(|d| Some((d.path.clone(), d.after?))));
    let touched = Touched::of(PREFIX, differences);
    let Ok(law) = Law::of(&before, config.clone(), &touched) else { return };
    let history = History::as_of(&before, Instant(0)).expect("every object is there");
    let (merged, _) = Registry::assemble(&after, history, config.clone(), |entry, model| rules::judge_entry(entry, model, &config)).expect("every object is there");
    let config_text = (who & 0x40 != 0).then(|| CONFIG.to_owned());
    let change = Change { law, touched, checkout: after, merged, config_text };
    let mut evidence = Evidence::default();
    let author = u64::from(who % 16);
    if who & 0x80 == 0 {
        evidence.add(Question::Author, Ok(Answer::Author(Account { id: author, login: "a".to_owned() })));
    }
    let findings = rules::judge(&change, &evidence);
    let weight = findings.iter().map(|finding| finding.verdict).max();
    let is_maintainer = who & 0x80 == 0 && author == 9;
    assert!(change.touched.is_empty() || is_maintainer || weight >= Some(Verdict::Review), "nobody owns anything here: {:?}", change.touched);
});
