//! Every record of a registry in the order of the list, and what each is looked for by.

use memchr::memmem;

use crate::{instant::Instant, site::api};

use super::{Place, Query, Wanted};

/// One version as the list knows it.
#[derive(Clone, Debug)]
pub struct Row<B> {
    pub place: Place,
    pub updated_at: Instant,
    pub is_latest: bool,
    pub is_deleted: bool,
    /// The API's record, as it is answered.
    pub record: B,
}

/// All of them, in order.
#[derive(Debug)]
pub struct Rows<B> {
    listed: Vec<Row<B>>,
    /// What can be searched for: name and description, lower-cased, each behind a byte that no text holds. Versions that
    /// follow each other and say the same share it.
    text: Vec<u8>,
    /// Where each of these texts begins.
    starts: Vec<usize>,
    /// By row, the number of its text.
    texts: Vec<usize>,
}

/// A byte that UTF-8 does not know, so that nothing is found across it.
const FENCE: u8 = 0xFF;

impl<B: AsRef<[u8]>> Rows<B> {
    /// Of rows in any order, each with its description.
    pub fn of(mut rows: Vec<(Row<B>, String)>) -> Self {
        rows.sort_by(|(a, _), (b, _)| a.place.cmp(&b.place));
        let mut whole = Self { listed: Vec::with_capacity(rows.len()), text: Vec::new(), starts: Vec::new(), texts: Vec::new() };
        let mut last = Vec::new();
        for (row, description) in rows {
            let name = row.place.name.as_str().to_lowercase();
            let text = [&[FENCE], name.as_bytes(), &[FENCE], description.to_lowercase().as_bytes()].concat();
            if text != last || whole.starts.is_empty() {
                whole.starts.push(whole.text.len());
                whole.text.extend_from_slice(&text);
                last = text;
            }
            whole.texts.push(whole.starts.len() - 1);
            whole.listed.push(row);
        }
        whole.text.push(FENCE);
        whole
    }

    pub fn len(&self) -> usize {
        self.listed.len()
    }

    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// One page of what a query asks for.
    pub fn answer(&self, query: &Query) -> Answer<'_, B> {
        let start = query.after.as_ref().map_or(0, |place| self.behind(place));
        let matching = |row: &&Row<B>| row.matches(query);
        let wanted = query.limit + 1;
        let mut rows: Vec<&Row<B>> = match &query.search {
            None => self.listed[start..].iter().filter(matching).take(wanted).collect(),
            Some(needle) => self.holding(needle, start).map(|at| &self.listed[at]).filter(matching).take(wanted).collect(),
        };
        let goes_on = rows.len() > query.limit;
        rows.truncate(query.limit);
        let next = rows.last().filter(|_| goes_on).map(|row| row.place.cursor());
        Answer { rows, next }
    }

    /// The first row behind a place. Where the version still stands, it is behind that: before a registry's commits are made
    /// serials may still change.
    fn behind(&self, place: &Place) -> usize {
        let name = self.listed.partition_point(|row| row.place.name < place.name);
        let namesakes = self.listed[name..].iter().take_while(|row| row.place.name == place.name);
        let same = namesakes.enumerate().find(|(_, row)| row.place.version == place.version);
        same.map_or_else(|| self.listed.partition_point(|row| row.place <= *place), |(at, _)| name + at + 1)
    }

    /// The rows from `start` on whose text holds the needle.
    fn holding<'a>(&'a self, needle: &'a str, start: usize) -> impl Iterator<Item = usize> + 'a {
        let finder = memmem::Finder::new(needle.as_bytes());
        let mut text = self.texts.get(start).copied();
        let found = std::iter::from_fn(move || {
            let from = *self.starts.get(text?)?;
            let at = from + finder.find(&self.text[from..])?;
            let found = self.starts.partition_point(|&begin| begin <= at) - 1;
            text = Some(found + 1);
            Some(found)
        });
        found.flat_map(move |text| {
            let rows = self.texts.partition_point(|&other| other < text)..self.texts.partition_point(|&other| other <= text);
            rows.filter(move |&row| row >= start)
        })
    }
}

impl<B> Row<B> {
    fn matches(&self, query: &Query) -> bool {
        let version = match &query.version {
            None => true,
            Some(Wanted::Latest) => self.is_latest,
            Some(Wanted::Exact(version)) => self.place.version.as_str() == version,
        };
        let deleted = query.include_deleted || query.updated_since.is_some();
        version && (deleted || !self.is_deleted) && query.updated_since.is_none_or(|since| self.updated_at >= since)
    }
}

/// A page of the list.
#[derive(Debug)]
pub struct Answer<'a, B> {
    pub rows: Vec<&'a Row<B>>,
    /// The cursor of the page behind it, if there is one.
    pub next: Option<String>,
}

impl<B: AsRef<[u8]>> Answer<'_, B> {
    /// As the API writes it.
    pub fn body(&self) -> Vec<u8> {
        api::page(self.rows.iter().map(|row| row.record.as_ref()), self.next.as_deref())
    }
}
