//! `policy/*.toml`: what maintainers decided about words and removals, as reviewed data.

use serde::Deserialize;

use crate::{config::ConfigFlaw, digest::Sha256, toml_file};

/// What both files say; without a file, nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    pub reserved: Vec<Reserved>,
    pub removed: Vec<Removed>,
}

/// A word that only some namespaces may use in a namespace or name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    pub word: String,
    pub reason: String,
    #[serde(default)]
    pub allow: Vec<String>,
}

/// A published version that a maintainer took out of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removed {
    pub name: String,
    pub version: String,
    pub reason: String,
    /// Of the file that was removed, for readers; git's history knows it too.
    #[serde(default)]
    pub sha256: Option<Sha256>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReservedFile {
    reserved: Vec<Reserved>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RemovedFile {
    removed: Vec<Removed>,
}

impl Policy {
    /// Takes in one file of `policy/` by its name.
    pub fn read(&mut self, file: &str, path: &str, text: &str) -> Result<(), ConfigFlaw> {
        match file {
            "reserved.toml" => self.reserved = toml_file::parse::<ReservedFile>(path, text)?.reserved,
            "removed.toml" => self.removed = toml_file::parse::<RemovedFile>(path, text)?.removed,
            other => unreachable!("no territory is called policy/{other}"),
        }
        Ok(())
    }

    pub fn removal(&self, name: &str, version: &str) -> Option<&Removed> {
        self.removed.iter().find(|removed| removed.name == name && removed.version == version)
    }
}
