//! A tree of files as the registry sees it: which paths are there, what each is for, and how to get at its bytes.

use std::{borrow::Cow, cmp::Ordering, fmt, sync::Arc};

use crate::{
    digest::GitId,
    name::{NAME_MAX, Namespace, ServerName},
    version::Version,
};

/// What git, or the disk, holds at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    File,
    Executable,
    Symlink,
    Submodule,
}

impl Kind {
    /// Whether it is a file whose bytes are its own.
    pub fn is_regular(self) -> bool {
        matches!(self, Self::File | Self::Executable)
    }
}

/// One path of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// From the top of the repository, `/` between parts; bytes that are no UTF-8, and the backslash, are written `\xNN`.
    pub path: Box<str>,
    pub kind: Kind,
    /// The object that git knows these bytes by; absent for a file on disk that git has not seen as it lies.
    pub id: Option<GitId>,
}

/// The files of a registry, in the order of their paths' bytes.
#[derive(Clone)]
pub struct Checkout {
    /// Where the registry's folder lies in the repository: empty, or ending in `/`.
    pub prefix: Box<str>,
    pub items: Vec<Item>,
    pub store: Arc<dyn Store>,
}

/// Where the bytes of a checkout come from.
pub trait Store: Send + Sync {
    /// A reader for one thread.
    fn reader(&self) -> Box<dyn Reader + '_>;

    /// Most has been read: what was remembered to read more of it sooner is let go.
    fn forget(&self) {}
}

pub trait Reader {
    /// The bytes of a regular file, unless there are more than `cap`.
    fn read(&mut self, item: &Item, cap: usize) -> anyhow::Result<Blob>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blob {
    Bytes(Vec<u8>),
    /// Larger than the cap: how large.
    Large(u64),
}

/// What a path is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Territory {
    /// `servers/<namespace>/<name>/<version>.json`
    Version(ServerName, Version),
    /// `servers/<namespace>/<name>/<version>.json.sig`
    Signature(ServerName, Version),
    /// `servers/<namespace>/<name>/status.json`
    Status(ServerName),
    /// `namespaces/<namespace>.toml`
    Namespace(Namespace),
    /// `namespaces/<namespace>.toml.sig`
    NamespaceSignature(Namespace),
    /// `groups/<id>.toml`
    Group(Box<str>),
    /// `policy/reserved.toml` and its like, by file name
    Policy(&'static str),
    /// `registry.toml`
    Config,
    /// `README.md`
    Readme,
    /// In the registry's folder, where nothing of this kind belongs; says why.
    Stray(Stray),
    /// Not in the registry's folder.
    Outside,
}

/// Why a path in the registry's folder has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stray {
    /// No file of the layout lies here.
    Unknown,
    /// The folder for a namespace cannot be one.
    NotANamespace(Box<str>),
    /// The folder for a name cannot be one.
    NotAName(Box<str>),
    /// The file for a version cannot be one.
    NotAVersion(Box<str>),
}

/// The files that may lie in `policy/`.
pub const POLICIES: [&str; 2] = ["removed.toml", "reserved.toml"];

impl Territory {
    /// What `path` is for, in a repository whose registry lies under `prefix`.
    pub fn of(prefix: &str, path: &str) -> Self {
        let Some(path) = path.strip_prefix(prefix) else { return Self::Outside };
        let mut parts = [""; 5];
        let mut count = 0;
        for part in path.split('/').take(parts.len()) {
            parts[count] = part;
            count += 1;
        }
        match parts[..count] {
            ["registry.toml"] => Self::Config,
            ["README.md"] => Self::Readme,
            ["servers", namespace, name, file] => server(namespace, name, file),
            ["namespaces", file] => {
                let signed = file.strip_suffix(".sig");
                match (signed.unwrap_or(file).strip_suffix(".toml"), signed) {
                    (None, _) => Self::Stray(Stray::Unknown),
                    (Some(namespace), signed) => match (Namespace::parse(namespace), signed) {
                        (Err(_), _) => Self::Stray(Stray::NotANamespace(namespace.into())),
                        (Ok(namespace), None) => Self::Namespace(namespace),
                        (Ok(namespace), Some(_)) => Self::NamespaceSignature(namespace),
                    },
                }
            }
            ["groups", file] => match file.strip_suffix(".toml") {
                Some(id) if slug(id) => Self::Group(id.into()),
                _ => Self::Stray(Stray::Unknown),
            },
            ["policy", file] => match POLICIES.into_iter().find(|&known| known == file) {
                Some(known) => Self::Policy(known),
                None => Self::Stray(Stray::Unknown),
            },
            _ => Self::Stray(Stray::Unknown),
        }
    }

    /// The namespace that this path speaks for, if it speaks for one.
    pub fn namespace(&self) -> Option<Namespace> {
        match self {
            Self::Version(name, _) | Self::Signature(name, _) | Self::Status(name) => Some(name.namespace()),
            Self::Namespace(namespace) | Self::NamespaceSignature(namespace) => Some(namespace.clone()),
            _ => None,
        }
    }
}

fn server(namespace: &str, name: &str, file: &str) -> Territory {
    let Ok(namespace) = Namespace::parse(namespace) else {
        return Territory::Stray(Stray::NotANamespace(namespace.into()));
    };
    let Ok(server) = ServerName::join(&namespace, name) else {
        return Territory::Stray(Stray::NotAName(name.into()));
    };
    if file == "status.json" {
        return Territory::Status(server);
    }
    let (version, signature) = match file.strip_suffix(".json") {
        Some(version) => (version, false),
        None => match file.strip_suffix(".json.sig") {
            Some(version) => (version, true),
            None => return Territory::Stray(Stray::Unknown),
        },
    };
    match Version::parse(version) {
        Ok(version) if signature => Territory::Signature(server, version),
        Ok(version) => Territory::Version(server, version),
        Err(_) => Territory::Stray(Stray::NotAVersion(version.into())),
    }
}

/// The id of a group: it becomes a part of addresses.
fn slug(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !id.starts_with('-')
        && !id.ends_with('-')
}

/// A path as an [`Item`] shows it: bytes that are no UTF-8, and the backslash, are written `\xNN`.
pub fn escape(path: &[u8]) -> Box<str> {
    let mut out = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        for (at, part) in chunk.valid().split('\\').enumerate() {
            out.push_str(if at > 0 { "\\x5c" } else { "" });
            out.push_str(part);
        }
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
    }
    out.into()
}

/// The bytes that [`escape`] was given.
pub fn unescape(path: &str) -> Cow<'_, [u8]> {
    if !path.contains('\\') {
        return Cow::Borrowed(path.as_bytes());
    }
    let mut parts = path.split("\\x");
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.extend(byte);
        out.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
    }
    Cow::Owned(out)
}

impl Checkout {
    /// The items with what each is for.
    pub fn territories(&self) -> impl Iterator<Item = (&Item, Territory)> {
        self.items.iter().map(|item| (item, Territory::of(&self.prefix, &item.path)))
    }

    /// The item at a path of the repository.
    pub fn get(&self, path: &str) -> Option<&Item> {
        let at = self.items.binary_search_by(|item| item.path.as_bytes().cmp(path.as_bytes())).ok()?;
        Some(&self.items[at])
    }

    /// The text of the regular file at a path, if there is one; what is no UTF-8 is shown as U+FFFD.
    pub fn text(&self, path: &str) -> anyhow::Result<Option<String>> {
        Ok(self.bytes(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The bytes of the regular file at a path, if there is one.
    pub fn bytes(&self, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let Some(item) = self.get(path).filter(|item| item.kind.is_regular()) else {
            return Ok(None);
        };
        match self.store.reader().read(item, TEXT_MAX)? {
            Blob::Bytes(bytes) => Ok(Some(bytes)),
            Blob::Large(_) => anyhow::bail!("`{path}` is larger than {TEXT_MAX} bytes"),
        }
    }

    /// How many paths hold something else in another tree, or lie in one of the two only.
    pub fn difference(&self, other: &Self) -> usize {
        let same = |a: &Item, b: &Item| a.id == b.id && a.kind == b.kind;
        let (mut here, mut there) = (self.items.iter().peekable(), other.items.iter().peekable());
        let mut count = 0;
        loop {
            let order = match (here.peek(), there.peek()) {
                (None, None) => return count,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => a.path.as_bytes().cmp(b.path.as_bytes()),
            };
            let a = if order.is_le() { here.next() } else { None };
            let b = if order.is_ge() { there.next() } else { None };
            count += usize::from(!matches!((a, b), (Some(a), Some(b)) if same(a, b)));
        }
    }

    /// Where an entry of this name and version belongs.
    pub fn version_path(&self, name: &ServerName, version: &Version) -> String {
        format!("{}servers/{name}/{version}.json", self.prefix)
    }
}

impl fmt::Debug for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkout").field("prefix", &self.prefix).field("items", &self.items).finish_non_exhaustive()
    }
}

/// No settings or decisions of a registry need more.
const TEXT_MAX: usize = 4 << 20;

/// No path of the registry's folder needs more: two names, a version, and the words between.
pub const PATH_MAX: usize = NAME_MAX + crate::version::VERSION_MAX + 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_paths_look_alike() {
        for path in [&b"a/b.json"[..], b"a\\xff", b"a\xff", b"\\", b"\xc3\xa9\\x5c\xf0"] {
            assert_eq!(unescape(&escape(path)), path, "{path:?}");
        }
        assert_eq!(&*escape(b"a\xff\\xff\xc3\xa9"), "a\\xff\\x5cxff\u{e9}");
    }

    #[test]
    fn every_path_has_one_meaning() {
        let of = |path: &str| format!("{:?}", Territory::of("registry-data/", path));
        assert_eq!(of("registry-data/servers/io.github.a/b/1.0.0.json"), "Version(io.github.a/b, 1.0.0)");
        assert_eq!(of("registry-data/servers/io.github.a/b/1.0.0.json.sig"), "Signature(io.github.a/b, 1.0.0)");
        assert_eq!(of("registry-data/servers/io.github.a/b/status.json"), "Status(io.github.a/b)");
        assert_eq!(of("registry-data/servers/io.github.a/../1.0.0.json"), "Stray(NotAName(\"..\"))");
        assert_eq!(of("registry-data/servers/__proto__/b/1.0.0.json"), "Stray(NotANamespace(\"__proto__\"))");
        assert_eq!(of("registry-data/servers/a/b/^1.json"), "Stray(NotAVersion(\"^1\"))");
        assert_eq!(of("registry-data/namespaces/io.github.a.toml"), "Namespace(io.github.a)");
        assert_eq!(of("registry-data/namespaces/io.github.a.toml.sig"), "NamespaceSignature(io.github.a)");
        assert_eq!(of("registry-data/namespaces/io.github.a.sig"), "Stray(Unknown)");
        assert_eq!(of("registry-data/groups/data-team.toml"), "Group(\"data-team\")");
        assert_eq!(of("registry-data/policy/reserved.toml"), "Policy(\"reserved.toml\")");
        assert_eq!(of("registry-data/policy/other.toml"), "Stray(Unknown)");
        assert_eq!(of("registry-data"), "Outside");
        assert_eq!(of(".github/workflows/gate.yml"), "Outside");
    }
}
