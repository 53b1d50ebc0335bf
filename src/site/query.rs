//! What the list of servers answers to a query: which parameters there are, what each means, which records match, and where
//! the next page begins. It knows neither requests nor responses.

mod cursor;
#[cfg(test)]
mod model;
mod parameters;
mod rows;

use crate::instant::Instant;

pub use cursor::Place;
pub use parameters::percent_decoded;
pub use rows::{Answer, Row, Rows};

/// How many records a page has, unless the query says so.
pub const LIMIT: usize = 30;
/// How many a page may have.
pub const LIMIT_MAX: usize = 100;

/// What is asked of the list; parameters combine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// At most so many records.
    pub limit: usize,
    /// Only what stands behind this place.
    pub after: Option<Place>,
    /// Only servers whose name or description holds this text, which is lower-cased.
    pub search: Option<String>,
    /// Only what changed then or later.
    pub updated_since: Option<Instant>,
    pub version: Option<Wanted>,
    /// Deleted versions too.
    pub include_deleted: bool,
}

/// Which version of each server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The one that the registry calls the latest.
    Latest,
    /// The one that is called so, whether or not a version can be.
    Exact(String),
}

impl Default for Query {
    fn default() -> Self {
        Self { limit: LIMIT, after: None, search: None, updated_since: None, version: None, include_deleted: false }
    }
}
