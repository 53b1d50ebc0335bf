//! A folder that answers as a plain static host would: `%2F` is a slash, queries are ignored, a folder is its `index.json` or
//! `index.html`, and what does not exist is 404.
#![expect(clippy::disallowed_methods, reason = "this is where the files of a built site are read")]

use std::{
    collections::BTreeMap,
    fs,
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::{
    site::{
        hosting::{Area, kind_of_ending},
        path::Kind,
    },
    verify::port::{Fetch, Method, Request, Response, Trouble},
};

#[derive(Debug)]
pub struct StaticHost {
    /// Without symlinks on its way.
    root: PathBuf,
}

impl StaticHost {
    pub fn new(folder: &Path) -> anyhow::Result<Self> {
        let root = folder.canonicalize().with_context(|| format!("could not open `{}`", folder.display()))?;
        Ok(Self { root })
    }

    /// The file that answers, if there is one. Nothing leads out of the root, symlinks included.
    fn file(&self, path: &str) -> Option<PathBuf> {
        let mut file = self.root.clone();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if part == "." || part == ".." || part.contains(['\\', '\0']) {
                return None;
            }
            file.push(part);
        }
        let candidates = if file.is_dir() { vec![file.join("index.json"), file.join("index.html")] } else { vec![file] };
        let found = candidates.into_iter().find(|file| file.is_file())?.canonicalize().ok()?;
        found.starts_with(&self.root).then_some(found)
    }
}

impl Fetch for StaticHost {
    fn fetch(&self, request: &Request) -> Result<Response, Trouble> {
        let address = request.address.split(['?', '#']).next().unwrap_or_default();
        if request.method == Method::Options {
            return Ok(Response { status: 405, ..Response::default() });
        }
        let path = decoded(address).filter(|path| path.starts_with('/'));
        let found = path.as_deref().and_then(|path| Some((self.file(path)?, 200, path)));
        let missing = || Some((self.file(NOT_FOUND)?, 404, NOT_FOUND));
        let Some((file, status, path)) = found.or_else(missing) else {
            return Ok(Response { status: 404, ..Response::default() });
        };
        let body = read(&file, request.most)?;
        let headers = BTreeMap::from([("content-type".to_owned(), kind(path, &file).to_owned())]);
        Ok(Response { status, headers, body })
    }
}

/// The page that static hosts answer with where there is nothing.
const NOT_FOUND: &str = "/404.html";

fn read(file: &Path, most: u64) -> Result<Vec<u8>, Trouble> {
    let opened = match fs::File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            return Err(Trouble::Broken(format!("`{}` may not be read", file.display())));
        }
        Err(error) => return Err(Trouble::Broken(error.to_string())),
    };
    let mut body = Vec::new();
    opened.take(most.saturating_add(1)).read_to_end(&mut body).map_err(|error| Trouble::Broken(error.to_string()))?;
    if body.len() as u64 > most { Err(Trouble::Large) } else { Ok(body) }
}

/// What the files that a built site brings along tell hosts to send.
fn kind(path: &str, file: &Path) -> &'static str {
    let kind = Area::of(path).kind.or_else(|| kind_of_ending(&file.to_string_lossy()));
    kind.map_or("application/octet-stream", Kind::content_type)
}

/// The path with every `%xx` in it decoded; a plus stays a plus.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = |at: usize| after.get(at).and_then(|&byte| char::from(byte).to_digit(16));
        if first == b'%' {
            bytes.push(u8::try_from(hex(0)? * 16 + hex(1)?).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ask(host: &StaticHost, address: &str) -> (u16, String, String) {
        let request = Request {
            method: Method::Get,
            address: address.to_owned(),
            headers: Vec::new(),
            patience: Duration::MAX,
            most: 1_000,
        };
        let response = host.fetch(&request).expect("an answer");
        let kind = response.header("content-type").unwrap_or_default().to_owned();
        (response.status, kind, String::from_utf8(response.body).expect("UTF-8"))
    }

    #[test]
    fn a_folder_answers_as_a_plain_host() {
        let dir = tempfile::tempdir().expect("a folder");
        let put = |path: &str, text: &str| {
            let file = dir.path().join(path);
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, text).expect("a file");
        };
        put("site/v0.1/servers/index.json", "[]");
        put("site/v0.1/servers/a/b/versions/1.0.0+x", "{}");
        put("site/openapi.yaml", "x");
        put("site/servers/index.html", "<p>");
        put("secret", "s");
        let host = StaticHost::new(&dir.path().join("site")).expect("a host");
        let json = "application/json".to_owned();
        assert_eq!(ask(&host, "/v0.1/servers?limit=1"), (200, json.clone(), "[]".to_owned()));
        assert_eq!(ask(&host, "/v0.1/servers/a%2Fb/versions/1.0.0%2Bx"), (200, json.clone(), "{}".to_owned()));
        assert_eq!(ask(&host, "/v0.1/servers/a/b/versions/1.0.0+x"), (200, json, "{}".to_owned()));
        assert_eq!(ask(&host, "/openapi.yaml").1, "application/yaml");
        assert_eq!(ask(&host, "/servers/").1, "text/html; charset=utf-8");
        for missing in
            ["/nothing", "/../secret", "/%2e%2e/secret", "/v0.1/servers/..%2F..%2F..%2Fsecret", "/%zz", "/%ff", "/a%00"]
        {
            assert_eq!(ask(&host, missing).0, 404, "{missing}");
        }
        put("site/404.html", "gone");
        assert_eq!(ask(&host, "/nothing"), (404, "text/html; charset=utf-8".to_owned(), "gone".to_owned()));
    }

    #[cfg(unix)]
    #[test]
    fn no_symlink_leads_out_of_the_folder() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::create_dir(dir.path().join("site")).expect("a folder");
        fs::write(dir.path().join("secret"), "s").expect("a file");
        std::os::unix::fs::symlink("../secret", dir.path().join("site/out")).expect("a link");
        let host = StaticHost::new(&dir.path().join("site")).expect("a host");
        assert_eq!(ask(&host, "/out").0, 404);
    }
}
