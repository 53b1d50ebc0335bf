//! Every address of a site, and what follows from it: where it lies in a bucket and in a folder, what it is, how long it may
//! be kept, and when in a publication it is written.

use std::fmt;

use crate::{name::ServerName, version::Version};

mod key;
mod page;

pub use key::{DIGITS, file, is_folder, is_immutable, keys_of, plain_file, server_of, wave_of};
pub use page::{Letter, PackageType, PagePath, Shelf};

/// One address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SitePath {
    /// Of the registry's API.
    Api(Spelling, Endpoint),
    /// `/originals/<ns>/<name>/<version>.json`: an entry as its author wrote it for an older schema
    Original(ServerName, Version),
    /// `/openapi.yaml`
    OpenApi,
    /// `/index.json`
    Index,
    /// `/`
    Home,
    /// `/servers/<ns>/<name>/`
    Server(ServerName),
    /// `/404.html`
    NotFound,
    /// `/robots.txt`
    Robots,
    /// In another tool's shape.
    Export(Export),
    /// What an export could not express.
    LeftOut(Export),
    /// In the shape of MCPHub's discovery API.
    Discovery(Discovery),
    /// Of a group, by its id.
    Group(Box<str>, GroupFile),
    /// What tells a host of files how to answer; only where the site is a folder.
    Host(HostFile),
    /// For people, and what their pages are made with.
    Page(PagePath),
}

/// A file that a host of files reads, or its operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostFile {
    /// For GitHub Pages: publish names with an underscore too.
    NoJekyll,
    /// For Cloudflare Pages: types, CORS and how long what is kept.
    Headers,
    /// For Cloudflare Pages: which file answers at which address.
    Redirects,
    /// For Azure Static Web Apps: all of that.
    Azure,
    /// For Cloudflare Pages: what the API answers where there is nothing.
    NoDocument(Spelling),
    NoGroup,
    NoDiscovery,
    /// For operators, and no part of what is served.
    Readme,
    Nginx,
    CloudFrontFunction,
    CloudFrontHeaders,
}

impl HostFile {
    pub const ALL: [Self; 12] = [
        Self::NoJekyll,
        Self::Headers,
        Self::Redirects,
        Self::Azure,
        Self::NoDocument(Spelling::V01),
        Self::NoDocument(Spelling::V0),
        Self::NoGroup,
        Self::NoDiscovery,
        Self::Readme,
        Self::Nginx,
        Self::CloudFrontFunction,
        Self::CloudFrontHeaders,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoJekyll => ".nojekyll",
            Self::Headers => "_headers",
            Self::Redirects => "_redirects",
            Self::Azure => "staticwebapp.config.json",
            Self::NoDocument(Spelling::V01) => "v0.1/404.html",
            Self::NoDocument(Spelling::V0) => "v0/404.html",
            Self::NoGroup => "groups/404.html",
            Self::NoDiscovery => "discovery/404.html",
            Self::Readme => ".gazette/hosting/README.md",
            Self::Nginx => ".gazette/hosting/nginx.conf",
            Self::CloudFrontFunction => ".gazette/hosting/cloudfront-function.js",
            Self::CloudFrontHeaders => ".gazette/hosting/cloudfront-headers.json",
        }
    }
}

/// A tool that the registry is exported for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Export {
    ToolHive,
    Kiro,
    Editors,
    Docker,
    McpHub,
}

impl Export {
    pub const ALL: [Self; 5] = [Self::ToolHive, Self::Kiro, Self::Editors, Self::Docker, Self::McpHub];

    /// The address without its ending.
    fn stem(self) -> &'static str {
        match self {
            Self::ToolHive => "registry",
            Self::Kiro => "kiro",
            Self::Editors => "allowed-mcp-servers",
            Self::Docker => "docker-catalog",
            Self::McpHub => "exports/mcphub/servers",
        }
    }

    fn kind(self) -> Kind {
        if self == Self::Docker { Kind::Yaml } else { Kind::Json }
    }
}

/// What MCPHub's discovery API answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Discovery {
    /// `/.well-known/mcp-marketplace`
    Marketplace,
    Servers,
    Server(ServerName),
    Install(ServerName),
    Categories,
    Tags,
}

/// What is published of a group: it is a registry of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupFile {
    /// `/groups/<id>.json`
    Group,
    Api(Spelling, Endpoint),
    OpenApi,
    Settings(Client),
    /// What those settings could not express.
    LeftOut(Client),
}

/// A client whose settings are ready to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    McpHub,
    VsCode,
    Copilot,
    /// Claude and Cursor, which read the same.
    McpServers,
}

impl Client {
    pub const ALL: [Self; 4] = [Self::McpHub, Self::VsCode, Self::Copilot, Self::McpServers];

    fn stem(self) -> &'static str {
        match self {
            Self::McpHub => "settings",
            Self::VsCode => "vscode",
            Self::Copilot => "copilot",
            Self::McpServers => "mcp-servers",
        }
    }
}

/// How a client spells the API's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    V01,
    /// The older one, which some clients still use.
    V0,
}

/// What the API answers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// Every server's latest version.
    Servers,
    /// One server's versions.
    Versions(ServerName),
    Latest(ServerName),
    Version(ServerName, Version),
}

/// What the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Json,
    Yaml,
    Html,
    Text,
    Css,
    Script,
    Svg,
    Atom,
    Xml,
}

impl Kind {
    pub const ALL: [Self; 9] =
        [Self::Json, Self::Yaml, Self::Html, Self::Text, Self::Css, Self::Script, Self::Svg, Self::Atom, Self::Xml];

    pub const fn content_type(self) -> &'static str {
        match self {
            // Some clients compare the whole value, so it has no parameter; JSON is UTF-8 anyway.
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
            Self::Html => "text/html; charset=utf-8",
            Self::Text => "text/plain; charset=utf-8",
            Self::Css => "text/css; charset=utf-8",
            Self::Script => "text/javascript; charset=utf-8",
            Self::Svg => "image/svg+xml",
            Self::Atom => "application/atom+xml; charset=utf-8",
            Self::Xml => "application/xml; charset=utf-8",
        }
    }
}

/// How long a reader may keep the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cache {
    /// Its address names its bytes.
    Immutable,
    /// May change with the next publication.
    Document,
    /// Says what is current.
    Pointer,
}

impl Cache {
    pub const ALL: [Self; 3] = [Self::Immutable, Self::Document, Self::Pointer];

    /// For how many seconds a copy may be given out as it is.
    pub const fn max_age(self) -> u64 {
        match self {
            Self::Immutable => 31_536_000,
            Self::Document => 300,
            Self::Pointer => 60,
        }
    }

    pub const fn control(self) -> &'static str {
        match self {
            Self::Immutable => "public, max-age=31536000, immutable",
            Self::Document => "public, max-age=300, stale-while-revalidate=600, stale-if-error=3600",
            Self::Pointer => "public, max-age=60",
        }
    }
}

/// When in a publication the bytes are written: what is linked comes before what links to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wave {
    Immutable,
    Versions,
    Servers,
    Lists,
    Index,
}

impl Spelling {
    pub const ALL: [Self; 2] = [Self::V01, Self::V0];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::V01 => "v0.1",
            Self::V0 => "v0",
        }
    }
}

impl Endpoint {
    fn wave(&self) -> Wave {
        match self {
            Self::Version(..) => Wave::Versions,
            Self::Versions(_) | Self::Latest(_) => Wave::Servers,
            Self::Servers => Wave::Lists,
        }
    }
}

impl SitePath {
    pub fn kind(&self) -> Kind {
        match self {
            Self::OpenApi | Self::Group(_, GroupFile::OpenApi) => Kind::Yaml,
            Self::Export(export) => export.kind(),
            Self::Api(..)
            | Self::Original(..)
            | Self::Index
            | Self::LeftOut(_)
            | Self::Discovery(_)
            | Self::Group(..)
            | Self::Host(HostFile::NoDocument(_) | HostFile::NoGroup | HostFile::NoDiscovery) => Kind::Json,
            Self::Home | Self::Server(_) | Self::NotFound => Kind::Html,
            Self::Robots | Self::Host(_) => Kind::Text,
            Self::Page(page) => page.kind(),
        }
    }

    pub fn cache(&self) -> Cache {
        match self {
            Self::Index => Cache::Pointer,
            Self::Page(page) => page.cache(),
            _ => Cache::Document,
        }
    }

    pub fn wave(&self) -> Wave {
        match self {
            Self::Api(_, endpoint) | Self::Group(_, GroupFile::Api(_, endpoint)) => endpoint.wave(),
            Self::Original(..) => Wave::Versions,
            Self::Server(_) | Self::Discovery(Discovery::Server(_) | Discovery::Install(_)) => Wave::Servers,
            Self::Index => Wave::Index,
            Self::Page(page) => page.wave(),
            Self::OpenApi
            | Self::Home
            | Self::NotFound
            | Self::Robots
            | Self::Export(_)
            | Self::LeftOut(_)
            | Self::Discovery(_)
            | Self::Group(..)
            | Self::Host(_) => Wave::Lists,
        }
    }

    /// Where it lies in a bucket: the address without its first slash, and `index.html` for what ends in one.
    pub fn key(&self) -> String {
        let mut key = self.to_string();
        key.remove(0);
        if key.is_empty() || key.ends_with('/') {
            key.push_str("index.html");
        }
        key
    }

    /// The key that a bucket also needs: S3 reads a `+` in a requested path as a space.
    pub fn alias(&self) -> Option<String> {
        let key = self.key();
        key.contains('+').then(|| key.replace('+', " "))
    }

    /// The address as a link is written.
    pub fn link(&self) -> String {
        // Names hold nothing that must be encoded, versions only the plus.
        self.to_string().replace('+', "%2B")
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Servers => f.write_str("servers"),
            Self::Versions(name) => write!(f, "servers/{name}/versions"),
            Self::Latest(name) => write!(f, "servers/{name}/versions/latest"),
            Self::Version(name, version) => write!(f, "servers/{name}/versions/{version}"),
        }
    }
}

impl fmt::Display for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Marketplace => f.write_str("/.well-known/mcp-marketplace"),
            Self::Servers => f.write_str("/discovery/servers"),
            Self::Server(name) => write!(f, "/discovery/servers/{name}"),
            Self::Install(name) => write!(f, "/discovery/servers/{name}/install"),
            Self::Categories => f.write_str("/discovery/categories"),
            Self::Tags => f.write_str("/discovery/tags"),
        }
    }
}

/// What stands behind the group's id.
impl fmt::Display for GroupFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group => f.write_str(".json"),
            Self::Api(spelling, endpoint) => write!(f, "/{}/{endpoint}", spelling.as_str()),
            Self::OpenApi => f.write_str("/openapi.yaml"),
            Self::Settings(client) => write!(f, "/{}.json", client.stem()),
            Self::LeftOut(client) => write!(f, "/{}.dropped.json", client.stem()),
        }
    }
}

/// The address, decoded.
impl fmt::Display for SitePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Api(spelling, endpoint) => write!(f, "/{}/{endpoint}", spelling.as_str()),
            Self::Original(name, version) => write!(f, "/originals/{name}/{version}.json"),
            Self::OpenApi => f.write_str("/openapi.yaml"),
            Self::Index => f.write_str("/index.json"),
            Self::Home => f.write_str("/"),
            Self::Server(name) => write!(f, "/servers/{name}/"),
            Self::NotFound => f.write_str("/404.html"),
            Self::Robots => f.write_str("/robots.txt"),
            Self::Export(export) => write!(f, "/{}.{}", export.stem(), if *export == Export::Docker { "yaml" } else { "json" }),
            Self::LeftOut(export) => write!(f, "/{}.dropped.json", export.stem()),
            Self::Discovery(discovery) => discovery.fmt(f),
            Self::Group(id, file) => write!(f, "/groups/{id}{file}"),
            Self::Host(file) => write!(f, "/{}", file.as_str()),
            Self::Page(page) => write!(f, "/{page}"),
        }
    }
}
