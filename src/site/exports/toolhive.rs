//! `/registry.json`: the registry as ToolHive reads a file. One entry that fails its schema makes it refuse the whole file, so
//! nothing goes in that could.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{
    Shape, WHOLE,
    install::{Flaw, Way},
    strict,
};
use crate::{
    entry::{locate::escape, model::PUBLISHER_PROVIDED, schema::Schema},
    finding::quoted,
    site::{
        Facts,
        listing::{Listing, Shown},
        path::Export,
    },
    status::Status,
};

#[derive(Debug)]
pub struct ToolHive;

const SCHEMA: &str =
    "https://raw.githubusercontent.com/stacklok/toolhive-core/main/registry/types/data/upstream-registry.schema.json";

/// What the publisher of ToolHive keeps to itself in what publishers provide, by image or address.
const STACKLOK: &str = "io.github.stacklok";

static EXTENSION: LazyLock<Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("toolhive.json")).expect("our schemas are JSON");
    jsonschema::options().should_validate_formats(true).build(&schema).expect("our schemas are schemas")
});

impl ToolHive {
    /// Whether the file has a server.
    pub fn has(&self, shown: &Shown) -> bool {
        !shown.part(self).bytes.is_empty()
    }
}

impl Shape for ToolHive {
    const EXPORT: Export = Export::ToolHive;

    fn open(&self, facts: &Facts) -> Vec<u8> {
        // Of the newest event, so that a build later on gives the same bytes.
        let updated = facts.newest.unwrap_or_default();
        format!(
            "{{\"$schema\":\"{SCHEMA}\",\"version\":\"1.0.0\",\"meta\":{{\"last_updated\":\"{updated}\"}},\"data\":{{\"servers\":["
        )
        .into_bytes()
    }

    fn part(&self, shown: &Shown, listing: &Listing, left_out: &mut Vec<Flaw>) -> Vec<u8> {
        let mut server = strict::entry(&listing.server, left_out);
        if let Some(members) = server.as_object_mut() {
            provide(members, shown, listing, left_out);
        }
        if Schema::newest().accepts(&server) {
            return super::json(&server);
        }
        let why =
            format!("it is not valid under the schema of {}, and ToolHive refuses a whole file for that", Schema::newest().date);
        left_out.push(Flaw::new(WHOLE, why));
        Vec::new()
    }

    /// Without a server there is no file: ToolHive refuses an empty one.
    fn close(&self, parts: usize) -> Option<Vec<u8>> {
        (parts > 0).then(|| b"],\"skills\":[],\"plugins\":[]}}".to_vec())
    }
}

/// Makes of what the publisher provides what ToolHive takes: objects only.
fn provide(server: &mut Map<String, Value>, shown: &Shown, listing: &Listing, left_out: &mut Vec<Flaw>) {
    let at = |key: &str| format!("_meta/{}/{}", escape(PUBLISHER_PROVIDED), escape(key));
    let meta = server.shift_remove("_meta");
    let mut provided = match meta.and_then(|mut meta| meta.get_mut(PUBLISHER_PROVIDED).map(Value::take)) {
        Some(Value::Object(members)) => members,
        Some(_) => {
            left_out.push(Flaw::new("_meta", "what the publisher provides is no object"));
            Map::new()
        }
        None => Map::new(),
    };
    for (key, value) in provided.iter_mut().filter(|(key, value)| *key != STACKLOK && !value.is_object()) {
        left_out.push(Flaw::new(at(key), "it is no object, so it stands as `value` in one"));
        *value = json!({ "value": value.take() });
    }
    let mut extensions = match provided.shift_remove(STACKLOK) {
        Some(Value::Object(extensions)) => extensions,
        Some(_) => {
            left_out.push(Flaw::new(at(STACKLOK), "it is no object"));
            Map::new()
        }
        None => Map::new(),
    };
    if listing.record.official.status == Status::Deprecated {
        for key in keys(shown) {
            extensions.entry(key).or_insert_with(|| json!({}));
        }
    }
    for extension in extensions.values_mut().filter_map(Value::as_object_mut) {
        // The registry's word goes before the author's, who may have forgotten theirs.
        if listing.record.official.status == Status::Deprecated {
            extension.insert("status".to_owned(), "Deprecated".into());
        } else {
            extension.entry("status").or_insert("Active".into());
        }
    }
    extensions.retain(|key, extension| {
        let valid = EXTENSION.is_valid(extension);
        if !valid {
            let why = format!("what it says of {} is not valid under ToolHive's schema", quoted(key));
            left_out.push(Flaw::new(format!("{}/{}", at(STACKLOK), escape(key)), why));
        }
        valid
    });
    if !extensions.is_empty() {
        provided.insert(STACKLOK.to_owned(), extensions.into());
    }
    if !provided.is_empty() {
        server.insert("_meta".to_owned(), json!({ PUBLISHER_PROVIDED: provided }));
    }
}

/// What ToolHive knows a server by: its image, and the addresses of its remotes.
fn keys(shown: &Shown) -> Vec<String> {
    let offers = shown.offers().iter().filter_map(|offer| offer.as_ref().ok());
    let keys = offers.filter_map(|offer| match &offer.way {
        Way::Run(run) if run.kind == super::install::Kind::Oci => Some(run.reference.clone()),
        Way::Connect(connect) => connect.url.answered(),
        Way::Run(_) | Way::Download(_) => None,
    });
    keys.collect()
}
