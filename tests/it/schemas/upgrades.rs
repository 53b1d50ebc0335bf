//! Whatever is valid under an older schema is valid under the newest one once it is upgraded, and then stays as it is.

use std::cell::Cell;

use gazette::entry::{
    schema::{SCHEMAS, Schema},
    upgrade::upgrade,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::documents::rich;
use super::edits::any_edit;
use super::{SHARE, cases};

/// Each case takes three upgrades and two verdicts: one in so many is tried of those that verdicts alone are tried on.
const PART: u32 = 4;

#[test]
fn a_rich_document_keeps_all_that_it_said() {
    let newest = Schema::newest();
    for schema in &SCHEMAS[..SCHEMAS.len() - 1] {
        let mut expected = rich(newest.date);
        let members = expected.as_object_mut().expect("an object");
        if schema.date <= "2025-09-16" {
            members.shift_remove("status");
            let meta = members["_meta"].as_object_mut().expect("an object");
            meta.shift_remove("io.modelcontextprotocol.registry/official");
        }
        if schema.date <= "2025-09-29" {
            let image = members["packages"][1].as_object_mut().expect("an image");
            image.shift_remove("version");
            image["identifier"] = json!("example/weather:1");
        }
        let mut old = rich(schema.date);
        if schema.is_snake_case() {
            // It knew no icons, so nothing says how it would have spelled their members.
            old["icons"] = expected["icons"].clone();
        }
        // As text, so that the order of members counts.
        assert_eq!(upgrade(old, schema).to_string(), expected.to_string(), "{schema:?}");
    }
}

#[test]
fn upgraded_documents_are_valid_and_stay() {
    for schema in &SCHEMAS {
        let document = rich(schema.date);
        let valid = Cell::new(0_u32);
        let cases = cases() / PART;
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let outcome = runner.run(&prop::collection::vec(any_edit(), 1..=4), |edits| {
            let mut old = document.clone();
            for edit in &edits {
                edit.apply(&mut old);
            }
            let upgraded = upgrade(old.clone(), schema);
            if schema.accepts(&old) {
                valid.set(valid.get() + 1);
                prop_assert!(Schema::newest().accepts(&upgraded), "{} became {}", old, upgraded);
            }
            settled(&upgraded, schema)
        });
        outcome.unwrap_or_else(|why| panic!("{schema:?}: {why}"));
        assert!(valid.get() * SHARE >= cases, "{schema:?}: only {} valid documents", valid.get());
    }
}

/// Neither the schema it now names nor the one it came from changes it again.
fn settled(upgraded: &Value, from: &Schema) -> Result<(), TestCaseError> {
    for schema in [from, Schema::newest()] {
        prop_assert_eq!(upgrade(upgraded.clone(), schema).to_string(), upgraded.to_string());
    }
    Ok(())
}
