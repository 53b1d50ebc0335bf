//! `/index.json`: which state of the registry this is.

use serde::Serialize;

use super::{Facts, facts::Counts};

#[derive(Serialize)]
struct Index<'a> {
    epoch: &'a str,
    serial: u32,
    commit: Option<String>,
    generator: &'a str,
    counts: Counts,
}

pub fn render(facts: &Facts) -> Vec<u8> {
    let index = Index {
        epoch: &facts.epoch,
        serial: facts.serial,
        commit: facts.commit.map(|commit| commit.to_string()),
        generator: facts.generator,
        counts: facts.counts,
    };
    let mut out = serde_json::to_vec_pretty(&index).expect("an index is JSON");
    out.push(b'\n');
    out
}
