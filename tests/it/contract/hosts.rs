//! Hosts of files as they are: one that serves a folder, decodes what it is asked and ignores queries, and one that behaves as
//! S3 does behind a network that turns 403 into 404.

use std::{collections::BTreeMap, fs, sync::LazyLock};

use gazette::site::hosting::{Area, CORS, kind_of_ending};

use crate::{
    gazette::gazette,
    loopback::{Request, Response, decoded, http},
    site,
};

use super::{clients::Host, wire::Address};

/// The built folder behind a plain server of files.
pub(crate) fn folder() -> &'static Host {
    static HOST: LazyLock<Host> = LazyLock::new(|| {
        let repo = site::repository("small");
        let printed = gazette(repo.path(), &["build"]);
        assert!(printed.ends_with("exit 0\n"), "{printed}");
        let pages = site::pages(repo.path());
        let address = http(move |asked| {
            let address = decoded(asked.path());
            let inside = address.trim_matches('/');
            let root = repo.path().join("public");
            let files = ["", "/index.html", "/index.json"].map(|end| root.join(format!("{inside}{end}").trim_start_matches('/')));
            let found = files.iter().filter(|file| file.is_file()).find_map(|file| fs::read(file).ok());
            answer(asked, &address, found.ok_or(404))
        });
        Host::new(Address::of(address), pages, "older-versions,policy")
    });
    &HOST
}

/// The site in a bucket: each document at its key, and at its alias where there is one.
pub(crate) fn bucket() -> &'static Host {
    static HOST: LazyLock<Host> = LazyLock::new(|| {
        let pages = site::pages(site::repository("small").path());
        let mut keys: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for (path, body) in &pages {
            keys.extend([Some(path.key()), path.alias()].into_iter().flatten().map(|key| (key, body.clone())));
        }
        let address = http(move |asked| {
            let path = asked.path();
            // What the function at the edge adds to an address of a page.
            let page = if path.ends_with('/') { "index.html" } else { "" };
            // S3 takes a plus for a space before it decodes.
            let key = decoded(&path.replace('+', " ")) + page;
            // It says 403 of what is not there; the network in front says 404 instead.
            let found = keys.get(key.trim_start_matches('/')).cloned().ok_or(403).map_err(|_| 404);
            answer(asked, &decoded(path), found)
        });
        Host::new(Address::of(address), pages, "older-versions,policy")
    });
    &HOST
}

/// What both say around the bytes.
fn answer(asked: &Request, address: &str, found: Result<Vec<u8>, u16>) -> Response {
    let (area, with_cors) =
        (Area::of(address), |answer| CORS.iter().fold(answer, |a: Response, (name, value)| a.with(name, value)));
    if asked.method == "OPTIONS" {
        return with_cors(Response::typed(204, "text/plain", ""));
    }
    let body = match found {
        Ok(body) => body,
        Err(status) => return with_cors(Response::typed(status, "text/html", "nothing")),
    };
    let kind = area.kind.or_else(|| kind_of_ending(address)).map_or("application/octet-stream", |kind| kind.content_type());
    let etag = format!("\"{}\"", gazette::digest::Sha256::of(&body));
    let is_known = asked.headers.get("if-none-match") == Some(&etag);
    let answer = if is_known { Response::typed(304, kind, "") } else { Response::typed(200, kind, body) };
    with_cors(answer.with("Cache-Control", area.cache.control()).with("ETag", &etag))
}
