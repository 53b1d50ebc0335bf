//! The one table that every host's file is made from: which addresses are of which type, how long they may be kept, and which
//! are folders on a disk.

use super::{
    super::path::{Cache, Kind},
    Pattern,
};

/// Addresses that are answered alike. Where several fit an address, the last one says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub pattern: Pattern,
    /// Absent where the end of the address tells the type.
    pub kind: Option<Kind>,
    pub cache: Cache,
}

const fn area(pattern: &'static str, kind: Option<Kind>, cache: Cache) -> Area {
    Area { pattern: Pattern(pattern), kind, cache }
}

/// From the widest to the narrowest.
pub static AREAS: [Area; 13] = [
    area("/*", None, Cache::Document),
    area("/v0.1/*", Some(Kind::Json), Cache::Document),
    area("/v0/*", Some(Kind::Json), Cache::Document),
    area("/groups/:group/v0.1/*", Some(Kind::Json), Cache::Document),
    area("/groups/:group/v0/*", Some(Kind::Json), Cache::Document),
    area("/discovery/*", Some(Kind::Json), Cache::Document),
    area("/.well-known/mcp-marketplace", Some(Kind::Json), Cache::Document),
    area("/openapi.yaml", Some(Kind::Yaml), Cache::Document),
    area("/groups/:group/openapi.yaml", Some(Kind::Yaml), Cache::Document),
    area("/docker-catalog.yaml", Some(Kind::Yaml), Cache::Document),
    area("/feed.xml", Some(Kind::Atom), Cache::Document),
    area("/index.json", None, Cache::Pointer),
    area("/assets/*", None, Cache::Immutable),
];

/// The JSON documents that are also folders: on a disk they are `index.json` in it.
pub const FOLDERS: [Pattern; 10] = [
    Pattern("/v0.1/servers"),
    Pattern("/v0.1/servers/:ns/:server/versions"),
    Pattern("/v0/servers"),
    Pattern("/v0/servers/:ns/:server/versions"),
    Pattern("/groups/:group/v0.1/servers"),
    Pattern("/groups/:group/v0.1/servers/:ns/:server/versions"),
    Pattern("/groups/:group/v0/servers"),
    Pattern("/groups/:group/v0/servers/:ns/:server/versions"),
    Pattern("/discovery/servers"),
    Pattern("/discovery/servers/:ns/:server"),
];

/// The JSON documents about one server that are no folders.
pub const DOCUMENTS: [Pattern; 3] = [
    Pattern("/v0.1/servers/:ns/:server/versions/:version"),
    Pattern("/groups/:group/v0.1/servers/:ns/:server/versions/:version"),
    Pattern("/discovery/servers/:ns/:server/install"),
];

/// Single versions in the older spelling, which may be no files, and the addresses of the same bytes.
pub const OLDER_VERSIONS: [(Pattern, Pattern); 2] = [
    (Pattern("/v0/servers/:ns/:server/versions/:version"), DOCUMENTS[0]),
    (Pattern("/groups/:group/v0/servers/:ns/:server/versions/:version"), DOCUMENTS[1]),
];

/// What the end of an address tells, in the words that hosts need.
pub(super) const ENDINGS: [(&str, Kind); 8] = [
    ("html", Kind::Html),
    ("json", Kind::Json),
    ("txt", Kind::Text),
    ("yaml", Kind::Yaml),
    ("css", Kind::Css),
    ("js", Kind::Script),
    ("svg", Kind::Svg),
    ("xml", Kind::Xml),
];

/// The type that a host gives an address where no area names one.
pub fn kind_of_ending(address: &str) -> Option<Kind> {
    if address.ends_with('/') {
        return Some(Kind::Html);
    }
    let (_, end) = address.rsplit('/').next()?.rsplit_once('.')?;
    ENDINGS.iter().find(|(ending, _)| *ending == end).map(|(_, kind)| *kind)
}

impl Area {
    /// The area that says how an address is answered.
    pub fn of(address: &str) -> &'static Self {
        AREAS.iter().rfind(|area| area.pattern.matches(address)).expect("the first area fits every address")
    }
}
