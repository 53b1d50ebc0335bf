//! What tells hosts of files how to answer: one file for each host, all of them made from the one table of areas. Nothing that
//! an entry says stands in them, so no name or version has to be escaped.

mod areas;
mod azure;
mod cloudflare;
mod cloudfront;
pub mod limits;
mod nginx;
mod pattern;
mod readme;

use super::{Site, api, path::HostFile};

pub use areas::{AREAS, Area, DOCUMENTS, FOLDERS, OLDER_VERSIONS, kind_of_ending};
pub use pattern::Pattern;

/// The headers with which a browser lets any page read; the values are those that GitHub's documentation asks for.
pub const CORS: [(&str, &str); 3] = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET, OPTIONS"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
];

pub(super) fn render(file: HostFile, site: &Site) -> Vec<u8> {
    let base = Base::of(site);
    match file {
        HostFile::NoJekyll => Vec::new(),
        HostFile::Headers => cloudflare::headers(&base).into_bytes(),
        HostFile::Redirects => cloudflare::redirects(&base).into_bytes(),
        HostFile::Azure => azure::config(&base),
        HostFile::NoDocument(_) | HostFile::NoGroup | HostFile::NoDiscovery => api::error("there is nothing at this address"),
        HostFile::Readme => readme::render(&base).into_bytes(),
        HostFile::Nginx => nginx::config(&base).into_bytes(),
        HostFile::CloudFrontFunction => cloudfront::function(&base).into_bytes(),
        HostFile::CloudFrontHeaders => cloudfront::headers(&base),
    }
}

/// Where the site is published.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Base {
    host: String,
    /// Empty, or beginning with a slash; the configuration lets nothing else into it than `[A-Za-z0-9._~-]` between slashes.
    path: String,
    /// What a browser may do with a page, whoever wrote what stands in it.
    policy: String,
}

impl Base {
    fn of(site: &Site) -> Self {
        let url = url::Url::parse(&site.facts.base_url).expect("the configuration was checked");
        let path = url.path().trim_end_matches('/').to_owned();
        Self { host: url.host_str().unwrap_or_default().to_owned(), path, policy: site.assets.content_security_policy_header() }
    }

    /// The headers of every answer.
    fn everywhere(&self) -> impl Iterator<Item = (&str, &str)> {
        CORS.into_iter().chain([("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", &self.policy)])
    }
}

/// One text of many.
fn joined<T>(items: impl IntoIterator<Item = T>, text: impl Fn(T) -> String) -> String {
    items.into_iter().map(text).collect::<Vec<_>>().concat()
}
