//! A registry so small that every state of it can be published, whose documents say what they link to.

use std::collections::{BTreeMap, BTreeSet};

use gazette::{
    checkpoint::{Trust, note::Signer},
    digest::{GitId, Sha256},
    instant::Instant,
    manifest::{Line, Manifest},
    name::ServerName,
    plan::Put,
    ports::Headers,
    publish::{Document, Edition, Settings, Source, To},
    site::{
        Facts,
        facts::Counts,
        path::{Endpoint, SitePath, Spelling},
    },
    version::Version,
};

/// Which versions there are, what each says, and which are deleted.
#[derive(Clone, Debug)]
pub(crate) struct World {
    servers: Vec<(&'static str, Vec<Said>)>,
    serial: u32,
}

/// A version, its text, and whether it is deleted.
type Said = (&'static str, &'static str, bool);

/// The site of a world.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) documents: BTreeMap<String, (Headers, Vec<u8>)>,
    pub(crate) manifest: Manifest,
    pub(crate) deleted: BTreeSet<String>,
    pub(crate) facts: Facts,
}

pub(crate) const BASE_URL: &str = "https://registry.example.com";

impl World {
    pub(crate) fn old() -> Self {
        Self {
            servers: vec![
                ("com.example/echo", vec![("1.0.0", "first", false), ("1.1.0", "second", false)]),
                ("com.example/gone", vec![("1.0.0", "leaves", false)]),
                ("org.example/kept", vec![("1.0.0+1", "plus", false)]),
            ],
            serial: 4,
        }
    }

    /// A version is new, another is deleted, a document changes, a whole server leaves.
    pub(crate) fn new() -> Self {
        Self {
            servers: vec![
                ("com.example/echo", vec![("1.0.0", "first", true), ("1.1.0", "second", false), ("2.0.0", "third", false)]),
                ("org.example/fresh", vec![("0.1.0", "here", false)]),
                ("org.example/kept", vec![("1.0.0+1", "edited", false)]),
            ],
            serial: 9,
        }
    }

    /// What somebody merged while the new one was published.
    pub(crate) fn newer() -> Self {
        Self {
            servers: vec![
                ("com.example/echo", vec![("1.0.0", "first", false), ("2.0.0", "third", true), ("3.0.0", "fourth", false)]),
                ("com.example/gone", vec![("1.0.0", "is back", false)]),
                ("org.example/fresh", vec![("0.1.0", "here", true)]),
            ],
            serial: 12,
        }
    }

    pub(crate) fn render(&self) -> Rendered {
        let mut rendering = Rendering { documents: BTreeMap::new(), lines: Vec::new(), deleted: BTreeSet::new() };
        let style = format!("style of {}", self.serial / 9).into_bytes();
        let style_key = format!("assets/style-{}.css", Sha256::of(&style));
        rendering.add(style_key.clone(), &SitePath::Robots, style);
        let mut shown: Vec<(SitePath, SitePath, SitePath)> = Vec::new();
        let mut counts = Counts { namespaces: 2, ..Counts::default() };
        for (name, versions) in &self.servers {
            let name = ServerName::parse(name).expect("a name");
            let of = |endpoint| SitePath::Api(Spelling::V01, endpoint);
            let mut links = Vec::new();
            for (version, says, is_deleted) in versions {
                let path = of(Endpoint::Version(name.clone(), Version::parse(version).expect("a version")));
                for key in [Some(path.key()), path.alias()].into_iter().flatten() {
                    if *is_deleted {
                        rendering.deleted.insert(key);
                    } else {
                        rendering.add(key, &path, format!("{name} {version} {says}\n").into_bytes());
                    }
                }
                counts.deleted += usize::from(*is_deleted);
                links.extend((!is_deleted).then_some(path));
            }
            let (list, latest, page) =
                (of(Endpoint::Versions(name.clone())), of(Endpoint::Latest(name.clone())), SitePath::Server(name.clone()));
            if links.is_empty() {
                rendering.deleted.extend([&list, &latest, &page].map(SitePath::key));
                continue;
            }
            counts.servers += 1;
            counts.versions += links.len();
            rendering.links(&list, &links);
            rendering.links(&latest, &links[links.len() - 1..]);
            rendering.links(&page, &links);
            shown.push((list, latest, page));
        }
        let lists: Vec<SitePath> = shown.iter().flat_map(|(list, latest, _)| [list.clone(), latest.clone()]).collect();
        rendering.links(&SitePath::Api(Spelling::V01, Endpoint::Servers), &lists);
        rendering.links(&SitePath::Api(Spelling::V0, Endpoint::Servers), &lists);
        let pages: String = shown.iter().map(|(_, _, page)| format!("link {}\n", page.key())).collect();
        rendering.add("index.html".to_owned(), &SitePath::Home, format!("home\nlink {style_key}\n{pages}").into_bytes());
        rendering.add("index.json".to_owned(), &SitePath::Index, format!("serial {} of a registry\n", self.serial).into_bytes());
        Rendered {
            documents: rendering.documents,
            manifest: rendering.lines.into_iter().collect(),
            deleted: rendering.deleted,
            facts: self.facts(counts),
        }
    }

    fn facts(&self, counts: Counts) -> Facts {
        Facts {
            title: "Small".to_owned(),
            description: None,
            base_url: BASE_URL.to_owned(),
            own_key: "com.example.registry/gazette".to_owned(),
            generator: Facts::GENERATOR,
            epoch: "small".to_owned(),
            serial: self.serial,
            commit: Some(GitId([u8::try_from(self.serial).expect("small"); 20])),
            newest: Some(Instant(0)),
            counts,
        }
    }
}

struct Rendering {
    documents: BTreeMap<String, (Headers, Vec<u8>)>,
    lines: Vec<(String, Line)>,
    deleted: BTreeSet<String>,
}

impl Rendering {
    fn links(&mut self, path: &SitePath, to: &[SitePath]) {
        let links: String = to.iter().map(|path| format!("link {}\n", path.key())).collect();
        self.add(path.key(), path, format!("list at {path}\n{links}").into_bytes());
    }

    fn add(&mut self, key: String, path: &SitePath, body: Vec<u8>) {
        let headers = Headers { content_type: path.kind().content_type(), cache_control: path.cache().control() };
        self.lines.push((key.clone(), Line::of(path, Sha256::of(&body), body.len() as u64)));
        self.documents.insert(key, (headers, body));
    }
}

impl Source for Rendered {
    fn give(&self, wanted: &[Put], _: &[Put], to: &To) -> anyhow::Result<()> {
        for (key, (headers, body)) in self.documents.iter().filter(|(key, _)| wanted.iter().any(|put| put.key == *key)) {
            let sha256 = Sha256::of(body);
            to(Document { key: key.clone(), headers: *headers, body: body.clone().into(), sha256 })?;
        }
        Ok(())
    }
}

impl Rendered {
    pub(crate) fn edition(&self) -> Edition<'_> {
        Edition { facts: &self.facts, manifest: &self.manifest, deleted: &self.deleted, source: self }
    }
}

pub(crate) fn signer() -> Signer {
    Signer::of("registry.example.com", [9; 32]).expect("a key")
}

pub(crate) fn trust() -> Trust {
    Trust::Keys(vec![signer().verifier()])
}

/// One request at a time, so that the requests of two runs are the same.
pub(crate) fn settings(holder: &str, grace: i64) -> Settings {
    Settings {
        holder: holder.to_owned(),
        width: 1,
        grace,
        lifetime: 7 * 86_400,
        signers: vec![signer()],
        trust: trust(),
        force: false,
        repair: false,
        overwrite: false,
        unguarded: false,
    }
}
