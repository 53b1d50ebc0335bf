//! What a key tells of itself where no address is at hand: whose it is, when it is written, and where it lies in a folder.

use super::Wave;

/// The server that a key is about, if it is about one: every page of a server lies under its name.
pub fn server_of(key: &str) -> Option<&str> {
    if let Some(inside) = key.strip_prefix("discovery/servers/") {
        return Some(inside.strip_suffix("/install").filter(|name| name.contains('/')).unwrap_or(inside));
    }
    let inside = ["v0.1/servers/", "v0/servers/", "servers/", "originals/"].iter().find_map(|top| key.strip_prefix(top))?;
    let mut slashes = inside.match_indices('/').map(|(at, _)| at);
    slashes.next()?;
    slashes.next().map(|end| &inside[..end])
}

/// When what lies at a key is written, as [`SitePath::wave`] says of its address.
pub fn wave_of(key: &str) -> Wave {
    let parts: Vec<&str> = key.split('/').collect();
    // What a group's registry holds is written as the same of the whole.
    let inside = if parts[0] == "groups" { parts.get(2..).unwrap_or_default() } else { &parts };
    match inside {
        ["index.json"] => Wave::Index,
        ["originals", ..] => Wave::Versions,
        ["v0.1" | "v0", "servers", _, _, "versions", version] if *version != "latest" => Wave::Versions,
        ["v0.1" | "v0", "servers", _, _, "versions", ..]
        | ["servers", _, _, _]
        | ["discovery", "servers", _, _]
        | ["discovery", "servers", _, _, "install"] => Wave::Servers,
        _ if is_immutable(key) => Wave::Immutable,
        _ => Wave::Lists,
    }
}

/// Whether a key is an asset's, or a digest stands in it, below what holds nothing else of the sort: then its bytes never
/// change. What people may choose the name of lies elsewhere.
pub fn is_immutable(key: &str) -> bool {
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let inside = ["search/", "changes/", "dumps/", "manifest/"].iter().find_map(|top| key.strip_prefix(top));
    key.starts_with("assets/")
        || inside.is_some_and(|name| name.as_bytes().windows(DIGITS).any(|window| window.iter().all(is_digit)))
}

/// So many digits of a digest tell bytes apart.
pub const DIGITS: usize = 20;

/// Whether what lies at a key is also the beginning of other keys, so that a folder must stand there instead of a file.
pub fn is_folder(key: &str) -> bool {
    // Of most keys the end tells that they are none.
    if !(key.ends_with("/servers") || key.ends_with("/versions") || key.starts_with("discovery/")) {
        return false;
    }
    let parts: Vec<&str> = key.split('/').collect();
    let is_api = |parts: &[&str]| matches!(parts, ["v0.1" | "v0", "servers"] | ["v0.1" | "v0", "servers", _, _, "versions"]);
    is_api(&parts) || matches!(parts[..], ["groups", _, ref inside @ ..] if is_api(inside)) || is_discovery(&parts)
}

fn is_discovery(parts: &[&str]) -> bool {
    matches!(parts, ["discovery", "servers"] | ["discovery", "servers", _, _])
}

/// Where a key lies in a folder.
pub fn file(key: &str) -> String {
    if is_folder(key) { format!("{key}/index.json") } else { key.to_owned() }
}

/// The second file of such a key, for hosts that know no index but `index.html`.
pub fn plain_file(key: &str) -> Option<String> {
    is_folder(key).then(|| format!("{key}/index.html"))
}

/// The keys that may lie in a file.
pub fn keys_of(file: &str) -> impl Iterator<Item = &str> {
    [Some(file), file.strip_suffix("/index.json"), file.strip_suffix("/index.html")].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        name::ServerName,
        site::path::{Endpoint, HostFile, PagePath, Shelf, SitePath, Spelling},
        version::Version,
    };

    #[test]
    fn a_key_is_written_when_its_address_is() {
        let name = ServerName::parse("com.example/echo").expect("a name");
        let digest = "0123456789abcdef".repeat(4);
        let versions = ["1.0.0", "1.0.0+build.5", &digest].map(|text| Version::parse(text).expect("a version"));
        let endpoints = [Endpoint::Servers, Endpoint::Versions(name.clone()), Endpoint::Latest(name.clone())];
        let single = versions.iter().map(|version| Endpoint::Version(name.clone(), version.clone()));
        let mut paths: Vec<SitePath> = endpoints
            .into_iter()
            .chain(single)
            .flat_map(|endpoint| Spelling::ALL.map(|spelling| SitePath::Api(spelling, endpoint.clone())))
            .collect();
        paths.extend(versions.iter().map(|version| SitePath::Original(name.clone(), version.clone())));
        paths.extend([SitePath::OpenApi, SitePath::Index, SitePath::Home, SitePath::NotFound, SitePath::Robots]);
        let digits = &digest[..DIGITS];
        let pages = [
            PagePath::Asset(format!("style.{digits}.css").into()),
            PagePath::Badge(name.clone()),
            PagePath::Browse(Shelf::All, Some(name.clone())),
            PagePath::Namespace(name.namespace(), Some(name.clone())),
            PagePath::SearchRoot,
            PagePath::SearchShard(digits.into()),
            PagePath::Status,
            PagePath::SitemapShard(0),
        ];
        paths.extend(pages.map(SitePath::Page));
        paths.extend([SitePath::Server(name), SitePath::Host(HostFile::NoJekyll)]);
        for path in paths {
            assert_eq!(wave_of(&path.key()), path.wave(), "{path}");
            assert_eq!(path.alias().map_or(path.wave(), |alias| wave_of(&alias)), path.wave(), "{path}");
            let files = [Some(file(&path.key())), plain_file(&path.key())];
            assert!(files.iter().flatten().all(|file| keys_of(file).any(|key| key == path.key())), "{path}");
        }
        assert_eq!(wave_of(&format!("assets/style-{digest}.css")), Wave::Immutable);
        for key in [format!("search/{}.json", &digest[..19]), format!("browse/from/com.example/{digest}/index.html")] {
            assert_eq!(wave_of(&key), Wave::Lists, "{key}");
        }
    }
}
