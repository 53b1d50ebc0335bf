//! How much hosts and clients take: one table, and what a site passes of it.

use crate::{
    manifest::Manifest,
    site::{
        facts::Counts,
        path::{Endpoint, SitePath, Spelling, plain_file},
    },
};

/// What is counted of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Files of the built folder.
    Files,
    /// Bytes of the largest file.
    Largest,
    /// Bytes of all files.
    Total,
    /// Servers in the list.
    Names,
    /// Bytes of the list of servers.
    List,
}

/// More than which somebody does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub who: &'static str,
    pub measure: Measure,
    pub most: u64,
    /// What happens beyond it.
    pub beyond: &'static str,
}

const fn limit(who: &'static str, measure: Measure, most: u64, beyond: &'static str) -> Limit {
    Limit { who, measure, most, beyond }
}

const MB: u64 = 1_000_000;
const MIB: u64 = 1 << 20;

/// CloudFront sends a larger body as it is.
pub const CLOUDFRONT_PACKED_BYTES: u64 = 10 * MB;
/// microsoft/apm reads no further.
pub const APM_BYTES: u64 = 10 * MIB;
/// `thv` gives up once it has read more and there is another page.
pub const THV_NAMES: u64 = 10_000;
/// ToolHive's registry server reads no further.
pub const TOOLHIVE_BYTES: u64 = 100 * MIB;

/// In the order in which a growing registry meets them.
pub const LIMITS: [Limit; 12] = [
    limit("CloudFront's compression", Measure::List, CLOUDFRONT_PACKED_BYTES, "sends the list uncompressed"),
    limit("microsoft/apm", Measure::List, APM_BYTES, "refuses the list"),
    limit("`thv`", Measure::Names, THV_NAMES, "refuses the list"),
    limit("Azure Static Web Apps", Measure::Files, 15_000, "refuses the folder"),
    limit("Azure Static Web Apps (free)", Measure::Total, 250 * MB, "refuses the folder"),
    limit("Azure Static Web Apps (standard)", Measure::Total, 500 * MB, "refuses the folder"),
    limit("Cloudflare Pages (free)", Measure::Files, 20_000, "refuses the folder"),
    limit("Cloudflare Pages (paid)", Measure::Files, 100_000, "refuses the folder"),
    limit("Cloudflare Pages", Measure::Largest, 25 * MIB, "refuses the file"),
    limit("ToolHive's registry server", Measure::List, TOOLHIVE_BYTES, "refuses the list"),
    limit("GitHub Pages", Measure::Largest, 100 * MIB, "refuses the file"),
    limit("GitHub Pages", Measure::Total, 1_000 * MB, "may refuse the site"),
];

/// What a site measures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    pub files: u64,
    pub largest: u64,
    pub total: u64,
    pub names: u64,
    pub list: u64,
}

impl Measures {
    /// Of the folder, with the second files of a plain one.
    pub fn of(manifest: &Manifest, counts: Counts, plain: bool) -> Self {
        let mut measures = Self { names: counts.servers as u64, ..Self::default() };
        let list = SitePath::Api(Spelling::V01, Endpoint::Servers).key();
        for (key, line) in manifest.iter() {
            let copies = if plain && plain_file(key).is_some() { 2 } else { 1 };
            measures.files += copies;
            measures.total += copies * line.size;
            measures.largest = measures.largest.max(line.size);
            if key == list {
                measures.list = line.size;
            }
        }
        measures
    }

    pub fn get(&self, measure: Measure) -> u64 {
        match measure {
            Measure::Files => self.files,
            Measure::Largest => self.largest,
            Measure::Total => self.total,
            Measure::Names => self.names,
            Measure::List => self.list,
        }
    }

    /// What is said of every limit that is passed.
    pub fn notes(&self) -> Vec<String> {
        let passed = LIMITS.iter().filter(|limit| self.get(limit.measure) > limit.most);
        passed.map(|limit| limit.note(self.get(limit.measure))).collect()
    }
}

impl Measure {
    pub(super) fn named(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Largest => "bytes of one file",
            Self::Total => "bytes of all files",
            Self::Names => "servers in the list",
            Self::List => "bytes of the list",
        }
    }

    fn says(self, amount: u64) -> String {
        match self {
            Self::Files => format!("{amount} files"),
            Self::Largest => format!("a file of {amount} bytes"),
            Self::Total => format!("{amount} bytes"),
            Self::Names => format!("{amount} servers in the list"),
            Self::List => format!("a list of {amount} bytes"),
        }
    }

    fn way_out(self) -> &'static str {
        match self {
            Self::Files => "set `plain = false` below `[site]` if the host needs no `index.html`, or publish to a bucket",
            Self::Total | Self::Largest => "publish to a bucket, or answer with `gazette serve`",
            Self::Names | Self::List => "give such clients a group, or answer with `gazette serve`, which pages",
        }
    }
}

impl Limit {
    fn note(&self, amount: u64) -> String {
        let Self { who, measure, most, beyond } = self;
        let said = measure.says(amount);
        format!("note: {said}: {who} takes at most {most} and {beyond} beyond; {}", measure.way_out())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_passed_by_one_more_and_the_note_names_the_way_out() {
        for limit in LIMITS {
            let measures = |amount| match limit.measure {
                Measure::Files => Measures { files: amount, ..Measures::default() },
                Measure::Largest => Measures { largest: amount, ..Measures::default() },
                Measure::Total => Measures { total: amount, ..Measures::default() },
                Measure::Names => Measures { names: amount, ..Measures::default() },
                Measure::List => Measures { list: amount, ..Measures::default() },
            };
            let about = |amount| measures(amount).notes().into_iter().filter(|note| note.contains(limit.who)).count();
            assert!(about(limit.most + 1) > about(limit.most), "{limit:?}");
        }
        assert_eq!(
            Measures { names: 10_001, ..Measures::default() }.notes(),
            ["note: 10001 servers in the list: `thv` takes at most 10000 and refuses the list beyond; \
              give such clients a group, or answer with `gazette serve`, which pages"]
        );
    }
}
