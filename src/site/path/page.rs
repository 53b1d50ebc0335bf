//! The addresses that people and their programs visit beside a server's own: lists, search, feeds, and what pages are made with.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::name::{Namespace, ServerName};

use super::{Cache, Kind, Wave};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PagePath {
    /// `/assets/<name>.<digest>.<ending>`
    Asset(Box<str>),
    /// `/servers/<ns>/<name>/badge.svg`
    Badge(ServerName),
    /// `/browse/…`, each page but the first of a shelf named by the server it begins with
    Browse(Shelf, Option<ServerName>),
    /// `/namespaces/`, likewise
    Namespaces(Option<Namespace>),
    /// `/namespaces/<ns>/`, likewise
    Namespace(Namespace, Option<ServerName>),
    /// `/groups/`
    Groups,
    /// `/groups/<id>/`
    Group(Box<str>),
    /// `/search/`
    Search,
    /// `/search/index.json`: which shards there are
    SearchRoot,
    /// `/assets/search.<digest>.json`
    SearchShard(Box<str>),
    /// `/rules/`
    Rules,
    /// `/api/`
    Api,
    /// `/status/`
    Status,
    /// `/feed.xml`
    Feed,
    /// `/sitemap.xml`
    Sitemap,
    /// `/sitemap/<number>.xml`
    SitemapShard(u16),
    /// `/llms.txt`
    Llms,
}

/// What servers are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shelf {
    All,
    /// The first letter of what a server is called.
    Letter(Letter),
    Type(PackageType),
    Remote,
    Deprecated,
}

/// `a` to `z`, and `0` for whatever else a title begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Letter(u8);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PackageType {
    Npm,
    Pypi,
    Oci,
    Nuget,
    Mcpb,
    Other,
}

impl Letter {
    pub fn all() -> impl Iterator<Item = Self> {
        (b'a'..=b'z').chain([b'0']).map(Self)
    }

    pub fn of(text: &str) -> Self {
        match text.bytes().next().map(|b| b.to_ascii_lowercase()) {
            Some(letter @ b'a'..=b'z') => Self(letter),
            _ => Self(b'0'),
        }
    }

    /// As people read it.
    pub fn shown(self) -> String {
        if self.0 == b'0' { "0–9".to_owned() } else { char::from(self.0).to_uppercase().collect() }
    }
}

impl PackageType {
    pub const ALL: [Self; 6] = [Self::Npm, Self::Pypi, Self::Oci, Self::Nuget, Self::Mcpb, Self::Other];

    pub fn of(registry_type: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.slug() == registry_type).unwrap_or(Self::Other)
    }

    pub fn slug(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Oci => "oci",
            Self::Nuget => "nuget",
            Self::Mcpb => "mcpb",
            Self::Other => "other",
        }
    }

    /// As people call it.
    pub fn shown(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pypi => "PyPI",
            Self::Oci => "OCI image",
            Self::Nuget => "NuGet",
            Self::Mcpb => "MCP bundle",
            Self::Other => "other package",
        }
    }
}

impl PagePath {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Asset(file) => match file.rsplit('.').next() {
                Some("css") => Kind::Css,
                Some("js") => Kind::Script,
                _ => Kind::Svg,
            },
            Self::Badge(_) => Kind::Svg,
            Self::SearchRoot | Self::SearchShard(_) => Kind::Json,
            Self::Feed => Kind::Atom,
            Self::Sitemap | Self::SitemapShard(_) => Kind::Xml,
            Self::Llms => Kind::Text,
            Self::Browse(..)
            | Self::Namespaces(_)
            | Self::Namespace(..)
            | Self::Groups
            | Self::Group(_)
            | Self::Search
            | Self::Rules
            | Self::Api
            | Self::Status => Kind::Html,
        }
    }

    pub fn cache(&self) -> Cache {
        match self {
            Self::Asset(_) | Self::SearchShard(_) => Cache::Immutable,
            _ => Cache::Document,
        }
    }

    pub fn wave(&self) -> Wave {
        match self {
            Self::Asset(_) | Self::SearchShard(_) => Wave::Immutable,
            Self::Badge(_) => Wave::Servers,
            _ => Wave::Lists,
        }
    }
}

impl fmt::Display for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("browse/"),
            Self::Letter(Letter(letter)) => write!(f, "browse/letter/{}/", char::from(*letter)),
            Self::Type(kind) => write!(f, "browse/type/{}/", kind.slug()),
            Self::Remote => f.write_str("browse/remote/"),
            Self::Deprecated => f.write_str("browse/deprecated/"),
        }
    }
}

/// Without the slash that every address begins with.
impl fmt::Display for PagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asset(file) => write!(f, "assets/{file}"),
            Self::Badge(name) => write!(f, "servers/{name}/badge.svg"),
            Self::Browse(on, None) => write!(f, "{on}"),
            Self::Browse(on, Some(name)) => write!(f, "{on}from/{name}/"),
            Self::Namespaces(None) => f.write_str("namespaces/"),
            Self::Namespaces(Some(first)) => write!(f, "namespaces/from/{first}/"),
            Self::Namespace(of, None) => write!(f, "namespaces/{of}/"),
            Self::Namespace(of, Some(first)) => write!(f, "namespaces/{of}/from/{}/", first.name()),
            Self::Groups => f.write_str("groups/"),
            Self::Group(id) => write!(f, "groups/{id}/"),
            Self::Search => f.write_str("search/"),
            Self::SearchRoot => f.write_str("search/index.json"),
            Self::SearchShard(digest) => write!(f, "assets/search.{digest}.json"),
            Self::Rules => f.write_str("rules/"),
            Self::Api => f.write_str("api/"),
            Self::Status => f.write_str("status/"),
            Self::Feed => f.write_str("feed.xml"),
            Self::Sitemap => f.write_str("sitemap.xml"),
            Self::SitemapShard(number) => write!(f, "sitemap/{number}.xml"),
            Self::Llms => f.write_str("llms.txt"),
        }
    }
}
