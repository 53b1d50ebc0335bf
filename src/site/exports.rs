//! The registry in the shapes that other tools read, and beside each of them what it cannot express.

pub mod docker;
pub mod editors;
pub mod install;
pub mod kiro;
pub mod mcphub;
pub mod settings;
mod strict;
pub mod template;
pub mod toolhive;
mod yaml;

use std::sync::OnceLock;

use serde::Serialize;
use serde_json::Value;

use super::{
    Facts,
    collection::Collection,
    listing::{Listing, Shown},
    path::{Export, SitePath},
};
use install::{Flaw, Offer, offers};

/// A document over all servers' latest versions, in another tool's shape.
pub trait Shape: Send + Sync {
    const EXPORT: Export;

    fn open(&self, facts: &Facts) -> Vec<u8>;

    /// One server, or nothing; what of it is not in there is told.
    fn part(&self, shown: &Shown, listing: &Listing, left_out: &mut Vec<Flaw>) -> Vec<u8>;

    fn separator(&self) -> &'static [u8] {
        b","
    }

    fn close(&self, parts: usize) -> Option<Vec<u8>>;
}

/// What is made of a server once, however many documents ask for it.
#[derive(Debug, Default)]
pub struct Made {
    offers: OnceLock<Vec<Result<Offer, Flaw>>>,
    market: OnceLock<mcphub::Entry>,
    parts: [OnceLock<Part>; Export::ALL.len()],
}

/// What a server adds to an export, and what is left out there.
#[derive(Debug)]
struct Part {
    bytes: Vec<u8>,
    left_out: Vec<Flaw>,
}

impl Shown<'_> {
    /// What the latest version offers.
    pub fn offers(&self) -> &[Result<Offer, Flaw>] {
        self.made.offers.get_or_init(|| offers(&self.latest.server))
    }

    fn part<S: Shape>(&self, shape: &S) -> &Part {
        let make = || {
            let mut left_out = Vec::new();
            Part { bytes: shape.part(self, &self.latest, &mut left_out), left_out }
        };
        self.made.parts[S::EXPORT as usize].get_or_init(make)
    }
}

/// The document itself.
#[derive(Debug)]
struct Document<S>(S);

impl<S: Shape> Collection for Document<S> {
    fn paths(&self) -> Vec<SitePath> {
        vec![SitePath::Export(S::EXPORT)]
    }

    fn open(&self, facts: &Facts) -> Vec<u8> {
        self.0.open(facts)
    }

    fn part(&self, shown: &Shown) -> Vec<u8> {
        shown.part(&self.0).bytes.clone()
    }

    fn separator(&self) -> &'static [u8] {
        self.0.separator()
    }

    fn close(&self, _: &Facts, parts: usize) -> Option<Vec<u8>> {
        self.0.close(parts)
    }
}

/// The list of what the document leaves out.
#[derive(Debug)]
struct LeftOut<S>(S);

impl<S: Shape> Collection for LeftOut<S> {
    fn paths(&self) -> Vec<SitePath> {
        vec![SitePath::LeftOut(S::EXPORT)]
    }

    fn open(&self, _: &Facts) -> Vec<u8> {
        b"{\"dropped\":[".to_vec()
    }

    fn part(&self, shown: &Shown) -> Vec<u8> {
        lines(shown.name.as_str(), shown.latest.record.version.as_str(), &shown.part(&self.0).left_out)
    }

    fn close(&self, _: &Facts, _: usize) -> Option<Vec<u8>> {
        Some(b"]}".to_vec())
    }
}

#[derive(Serialize)]
struct Line<'a> {
    server: &'a str,
    version: &'a str,
    what: &'a str,
    why: &'a str,
}

/// The lines of one server, as the items of a list.
pub fn lines(server: &str, version: &str, left_out: &[Flaw]) -> Vec<u8> {
    let lines = left_out.iter().map(|Flaw { at, why }| json(&Line { server, version, what: at, why }));
    lines.collect::<Vec<_>>().join(&b","[..])
}

/// Every export, and every list of what one leaves out.
pub fn collections<'a>() -> Vec<Box<dyn Collection + 'a>> {
    let mut all: Vec<Box<dyn Collection>> = Vec::new();
    macro_rules! with_left_out {
        ($($shape:expr),*) => { $(all.push(Box::new(Document($shape))); all.push(Box::new(LeftOut($shape)));)* };
    }
    with_left_out!(toolhive::ToolHive, kiro::Kiro, editors::Editors, docker::Docker, mcphub::Market);
    all.push(Box::new(mcphub::Servers));
    all
}

/// The whole server is left out.
const WHOLE: &str = "server";

fn json(value: &(impl Serialize + ?Sized)) -> Vec<u8> {
    serde_json::to_vec(value).expect("a value made of JSON is written as JSON")
}

/// A member of an entry that is a text.
fn word<'a>(server: &'a Value, member: &str) -> &'a str {
    template::text(server, member).unwrap_or_default()
}

/// A link that a page may show.
fn link<'a>(object: &'a Value, member: &str) -> Option<&'a str> {
    let text = template::text(object, member)?;
    (text.starts_with("https://") && crate::entry::address::link(text).is_ok()).then_some(text)
}

/// What a publisher says a server is about, where it says so in words that can be listed.
fn labels(server: &Value, member: &str) -> Vec<String> {
    let Some(provided) = server.get("_meta").and_then(|meta| meta.get(crate::entry::model::PUBLISHER_PROVIDED)) else {
        return Vec::new();
    };
    let below = provided.as_object().into_iter().flat_map(serde_json::Map::values).filter_map(|inner| inner.get(member));
    let lists = provided.get(member).into_iter().chain(below);
    let words = lists.flat_map(|list| list.as_array().map_or(std::slice::from_ref(list), Vec::as_slice));
    let mut labels: Vec<String> = Vec::new();
    for label in words.filter_map(Value::as_str).map(str::trim).filter(|label| is_label(label)) {
        if labels.len() < LABELS_MAX && !labels.iter().any(|known| known == label) {
            labels.push(label.to_owned());
        }
    }
    labels
}

/// More of them say less, and all of them are held in memory.
const LABELS_MAX: usize = 16;

fn is_label(text: &str) -> bool {
    (1..=40).contains(&text.chars().count()) && text.chars().all(crate::finding::is_visible)
}
