//! So little of a server that all of them fit in memory: what lists, search, feeds and the front page show.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    entry::model::{Model, PUBLISHER_PROVIDED},
    instant::Instant,
    name::ServerName,
    status::Status,
    version::Version,
};

use super::{
    exports::{mcphub::Labels, toolhive::ToolHive},
    html::words::visible,
    listing::Shown,
    path::{Letter, PackageType, Shelf},
};

#[derive(Clone, Debug, Hash)]
pub struct Card<'a> {
    pub name: &'a ServerName,
    /// The newest version that is not deleted.
    pub version: &'a Version,
    pub said: Cow<'a, Said>,
}

/// What is said of a server, and nothing that follows from its paths.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Said {
    /// What people call it; absent where its author gave no title.
    pub title: Option<Box<str>>,
    pub description: Box<str>,
    pub status: Status,
    /// In the order of [`PackageType::ALL`].
    pub types: Vec<PackageType>,
    pub remote: bool,
    /// Whether ToolHive's file has it.
    pub toolhive: bool,
    /// What it is about in MCPHub's market, if it is there.
    pub market: Option<Labels>,
    /// What its packages are called, and words that its publisher gives for it, with spaces between; for search alone.
    pub keywords: Box<str>,
    /// When its first version came.
    pub published: Instant,
    /// When something of it last changed.
    pub updated: Instant,
}

/// The longest title and description that are shown, in characters.
pub const TITLE_MAX: usize = 100;
pub const DESCRIPTION_MAX: usize = 300;
/// So many words for search, each of so many characters.
const KEYWORDS_MAX: usize = 24;
const KEYWORD_MAX: usize = 60;

impl<'a> Card<'a> {
    pub fn of(shown: &Shown<'a>) -> Self {
        let latest = &shown.latest;
        let model = Model::of(&latest.server);
        let mut types: Vec<PackageType> = model.packages.iter().filter_map(|p| p.registry_type).map(PackageType::of).collect();
        types.sort_unstable();
        types.dedup();
        let times = || shown.present().map(|dated| dated.official);
        let said = Said {
            title: model.title.filter(|title| !title.trim().is_empty()).map(|title| visible(title, TITLE_MAX).into()),
            description: visible(model.description.unwrap_or_default(), DESCRIPTION_MAX).into(),
            status: latest.record.official.status,
            types,
            remote: !model.remotes.is_empty(),
            toolhive: ToolHive.has(shown),
            market: Labels::of(shown),
            keywords: keywords(&model, &latest.server),
            published: times().map(|official| official.published_at).min().unwrap_or_default(),
            updated: times().map(|official| official.updated_at).max().unwrap_or_default(),
        };
        Self { name: shown.name, version: latest.record.version, said: Cow::Owned(said) }
    }

    /// What people call it.
    pub fn called(&self) -> &str {
        self.said.title.as_deref().unwrap_or_else(|| self.name.name())
    }

    /// The order of lists: as people read titles, whatever their case.
    pub fn order(&self) -> (String, &'a ServerName) {
        (self.called().to_lowercase(), self.name)
    }

    pub fn stands_on(&self, which: Shelf) -> bool {
        match which {
            Shelf::All => true,
            Shelf::Letter(letter) => Letter::of(self.called()) == letter,
            Shelf::Type(package) => self.said.types.contains(&package),
            Shelf::Remote => self.said.remote,
            Shelf::Deprecated => self.said.status == Status::Deprecated,
        }
    }
}

fn keywords(model: &Model, server: &Value) -> Box<str> {
    let mut words: Vec<String> = Vec::new();
    let mut add = |text: &str| {
        let word = visible(text.trim(), KEYWORD_MAX);
        if !word.is_empty() && words.len() < KEYWORDS_MAX && !words.contains(&word) {
            words.push(word);
        }
    };
    model.packages.iter().filter_map(|package| package.identifier).for_each(&mut add);
    if let Some(provided) = server.get("_meta").and_then(|meta| meta.get(PUBLISHER_PROVIDED)) {
        said(provided, 0, &mut add);
    }
    words.join(" ").into()
}

/// How deep publishers' own members are looked through.
const DEPTH_MAX: usize = 4;

/// The words under `keywords`, `tags` and `tools`, wherever a publisher put them.
fn said(value: &Value, depth: usize, add: &mut impl FnMut(&str)) {
    let Value::Object(members) = value else { return };
    for (key, value) in members {
        match value {
            Value::Array(items) if matches!(key.as_str(), "keywords" | "tags" | "tools" | "categories") => {
                let words = items.iter().filter_map(|item| item.as_str().or_else(|| item.get("name")?.as_str()));
                words.for_each(&mut *add);
            }
            Value::Object(_) if depth < DEPTH_MAX => said(value, depth + 1, add),
            _ => {}
        }
    }
}
