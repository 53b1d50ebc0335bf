//! Owns the made-up registries that benchmarks run on: any size, the same bytes for the same seed on any machine.
#![allow(dead_code, reason = "each benchmark uses its own part")]

mod entry;
mod history;
mod plan;
mod words;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plan::{Plan, Versions};

/// How large a registry is; everything else about it follows from the seed.
pub struct Shape {
    pub names: u32,
    pub versions: u32,
    pub seed: u64,
}

impl Shape {
    /// The official registry holds between three and four versions for each name.
    pub fn of_versions(versions: u32) -> Shape {
        Shape { names: (versions / 4).max(1), versions, seed: 1 }
    }
}

const README: &str = "\
# A generated registry

Every name, person and address in here is made up.

- `servers/<namespace>/<name>/<version>.json` is one published version
- `servers/<namespace>/<name>/status.json` says what is deprecated or deleted
- `namespaces/<namespace>.toml` says who may submit
";

const REGISTRY: &str = r#"title = "A generated registry"
base_url = "https://registry.example.com"

[ownership]
mode = "proven"
"#;

/// Every file of the registry in path order: path relative to the registry-data folder, and bytes.
///
/// Holds names, never contents.
pub fn files(shape: &Shape) -> impl Iterator<Item = (String, Vec<u8>)> + use<> {
    let plan = Arc::new(Plan::of(shape));
    let mut claims: Vec<(String, usize)> = plan.owners.iter().enumerate().map(|(at, owner)| (owner.path(), at)).collect();
    claims.sort();
    let owners = Arc::clone(&plan);
    let claims = claims.into_iter().map(move |(path, at)| (path, owners.owners[at].claim()));
    let servers = (0..plan.servers.len()).flat_map(move |at| server_files(Arc::clone(&plan), at));
    std::iter::once(("README.md".to_owned(), README.into()))
        .chain(claims)
        .chain(std::iter::once(("registry.toml".to_owned(), REGISTRY.into())))
        .chain(servers)
}

fn server_files(plan: Arc<Plan>, at: usize) -> impl Iterator<Item = (String, Vec<u8>)> {
    let server = &plan.servers[at];
    let mut files: Vec<(String, Option<u32>)> =
        Versions::of(server).zip(0..).map(|(version, index)| (version, Some(index))).collect();
    if server.status.is_some() {
        files.push(("status".to_owned(), None));
    }
    files.sort_by_cached_key(|(stem, _)| format!("{stem}.json"));
    files.into_iter().map(move |(stem, index)| {
        let server = &plan.servers[at];
        let owner = &plan.owners[server.owner];
        let bytes = match index {
            Some(index) => entry::render(owner, server, &stem, index),
            None => server.status_file(true),
        };
        (server.path(owner, &stem), bytes)
    })
}

/// Writes the files below DIR/registry-data.
#[allow(clippy::disallowed_methods, reason = "a benchmark prepares real files")]
pub fn write_tree(shape: &Shape, dir: &Path) -> io::Result<()> {
    let root = dir.join("registry-data");
    let mut made = PathBuf::new();
    for (path, bytes) in files(shape) {
        let path = root.join(path);
        let folder = path.parent().expect("every file lies below the root");
        if folder != made {
            std::fs::create_dir_all(folder)?;
            made = folder.to_owned();
        }
        std::fs::write(&path, bytes)?;
    }
    Ok(())
}

/// Streams input for `git fast-import`: the same files below registry-data on refs/heads/main.
///
/// The first-parent line has exactly `commits` commits. The first brings the configuration, each other
/// one what a single owner submitted; with fewer commits than owners, a commit brings several owners.
/// Commits beyond one for each file are empty.
pub fn fast_import(shape: &Shape, commits: u32, out: &mut impl Write) -> io::Result<()> {
    history::write(&Plan::of(shape), commits, out)
}

/// SplitMix64, by Sebastiano Vigna: tiny, and the same numbers everywhere.
#[derive(Clone)]
struct Rng(u64);

impl Rng {
    fn of(seed: u64, stream: u64) -> Rng {
        let mut rng = Rng(seed ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03));
        Rng(rng.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u32) -> u32 {
        (((self.next() >> 32) * u64::from(limit)) >> 32) as u32
    }

    fn percent(&mut self, chance: u32) -> bool {
        self.below(100) < chance
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len() as u32) as usize]
    }
}
