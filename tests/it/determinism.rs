//! The same commit is the same bytes: on any number of threads, in any zone and language, in another clone, in any order of files,
//! whatever form the site takes, and whichever build it is built over.

use std::{collections::BTreeMap, path::Path};

use proptest::{collection::vec, prelude::*, test_runner::Config};

use crate::{
    gazette::{command, gazette, run},
    repo::{File, Repo, alone, files_below, put},
    site::{self, differences},
};

/// The digest that a build printed.
fn digest(printed: &str) -> &str {
    assert!(printed.contains("exit 0\n"), "{printed}");
    printed.split("  sha256 ").nth(1).and_then(|rest| rest.lines().next()).unwrap_or_else(|| panic!("no digest: {printed}"))
}

#[test]
fn neither_threads_nor_zone_nor_language_matter() {
    let repo = site::repository("small");
    let first = gazette(repo.path(), &["build"]);
    let expected = site::tree(&repo.path().join("public"));
    for (at, variables) in [
        [("RAYON_NUM_THREADS", "1"), ("TZ", "UTC"), ("LC_ALL", "C")],
        [("RAYON_NUM_THREADS", "2"), ("TZ", "Pacific/Kiritimati"), ("LC_ALL", "tr_TR.UTF-8")],
        [("RAYON_NUM_THREADS", "16"), ("TZ", "America/St_Johns"), ("LC_ALL", "ar_EG.UTF-8")],
    ]
    .into_iter()
    .enumerate()
    {
        let out = format!("other-{at}");
        let printed = run(command(repo.path(), &["build", "--out", &out]).envs(variables).env("LANG", variables[2].1));
        assert_eq!(digest(&printed), digest(&first), "{variables:?}");
        let differences = differences(&expected, &site::tree(&repo.path().join(out)));
        assert!(differences.is_empty(), "{variables:?}: {}", differences.join("\n"));
    }
}

#[test]
fn a_clone_and_no_folder_at_all_give_the_same_digest() {
    let repo = site::repository("small");
    let expected = gazette(repo.path(), &["build"]);
    assert_eq!(digest(&gazette(repo.path(), &["build", "--out", "-"])), digest(&expected));
    let clone = tempfile::tempdir().expect("a folder");
    let mut git = std::process::Command::new("git");
    git.args(["clone", "--quiet"]).arg(repo.path()).arg(clone.path());
    assert!(alone(&mut git).status().expect("git runs").success());
    assert_eq!(digest(&gazette(clone.path(), &["build"])), digest(&expected));
    let trees = [repo.path(), clone.path()].map(|dir| site::tree(&dir.join("public")));
    let differences = differences(&trees[0], &trees[1]);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_order_in_which_files_were_made_does_not_matter() {
    let mut files = files_below(&site::case("small").join("registry-data"));
    let mut digests = Vec::new();
    for _ in 0..3 {
        let dir = tempfile::tempdir().expect("a folder");
        for File { path, bytes, .. } in &files {
            put(dir.path(), path, bytes);
        }
        let data = dir.path().to_str().expect("UTF-8");
        let printed = gazette(dir.path(), &["build", "--data", data, "--out", "-", "--as-of", "2026-01-01T00:00:00Z"]);
        digests.push(digest(&printed).to_owned());
        files.reverse();
        files.rotate_left(3);
    }
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}

/// What a small registry holds; each step of a story changes one thing.
#[derive(Clone, Debug, Default)]
struct Small {
    /// By server and version, the wording.
    versions: BTreeMap<(u8, u8), u8>,
    statuses: BTreeMap<u8, u8>,
    owners: BTreeMap<u8, u8>,
    groups: BTreeMap<u8, u8>,
    title: u8,
    plain: bool,
    full: bool,
}

const SERVERS: [&str; 5] =
    ["com.example/Echo", "com.example/echo-b", "com.example/list", "org.two.example/a", "org.two.example/b"];
const VERSIONS: [&str; 4] = ["1.0.0", "1.1.0+build.5", "2.0.0-rc.1", "2026-01"];
const SCHEMAS: [&str; 2] = ["2025-12-11", "2025-07-09"];

impl Small {
    fn step(&mut self, (what, a, b): (u8, u8, u8)) {
        let (server, version) = (a % 5, b % 4);
        match what % 13 {
            0..=4 => drop(self.versions.insert((server, version), b / 4)),
            5 => drop(self.versions.remove(&(server, version))),
            6 => self.versions.retain(|(other, _), _| *other != server),
            7 => drop(self.statuses.insert(server, b % 6)),
            8 => drop(self.statuses.remove(&server)),
            9 => drop(self.owners.insert(a % 2, b)),
            10 => self.title = b,
            // A group, or none.
            11 if self.groups.remove(&(a % 2)).is_none() => drop(self.groups.insert(a % 2, b % 5)),
            11 => {}
            _ => (self.plain, self.full) = (a % 2 == 0, b % 2 == 0),
        }
    }

    fn files(&self) -> Vec<File> {
        let file = |path: String, text: String| File::new(&format!("registry-data/{path}"), text);
        let full = if self.full { "full" } else { "lookups" };
        let settings = format!(
            "title = \"T{}\"\nbase_url = \"https://registry.example.com\"\n[api]\nv0 = \"{full}\"\n[site]\nplain = {}\n",
            self.title, self.plain
        );
        let mut files = vec![file("registry.toml".to_owned(), settings)];
        for ((server, version), wording) in &self.versions {
            let (name, version) = (SERVERS[usize::from(*server)], VERSIONS[usize::from(*version)]);
            let schema = SCHEMAS[usize::from(*wording % 2)];
            let text = format!(
                "{{\"$schema\":\"https://static.modelcontextprotocol.io/schemas/{schema}/server.schema.json\",\
                 \"name\":\"{name}\",\"description\":\"It says {wording}.\",\"version\":\"{version}\"{}}}",
                offer(*wording)
            );
            files.push(file(format!("servers/{name}/{version}.json"), text));
        }
        for (server, status) in &self.statuses {
            let text = match status {
                0 => "{\"status\":\"deleted\"}".to_owned(),
                1 => "{\"status\":\"deprecated\",\"statusMessage\":\"old\"}".to_owned(),
                2 => "{\"status\":\"active\"}".to_owned(),
                at => format!("{{\"versions\":{{\"{}\":{{\"status\":\"deleted\"}}}}}}", VERSIONS[usize::from(*at - 2)]),
            };
            if self.versions.keys().any(|(other, _)| other == server) {
                files.push(file(format!("servers/{}/status.json", SERVERS[usize::from(*server)]), text));
            }
        }
        for (id, server) in &self.groups {
            let name = SERVERS[usize::from(*server)];
            if self.versions.keys().any(|(other, _)| other == server) && !self.statuses.contains_key(server) {
                let text = format!("name = \"G{id}\"\ndescription = \"Some.\"\nservers = [\"{name}\"]\n");
                files.push(file(format!("groups/g{id}.toml"), text));
            }
        }
        for (namespace, owner) in &self.owners {
            let name = ["com.example", "org.two.example"][usize::from(*namespace)];
            let text = format!(
                "[subject]\nkind = \"domain\"\n[[owner]]\ngithub_id = {}\ngithub_login = \"o\"\nproof = \"dns\"\n\
                 proved_at = \"2026-02-26\"\n",
                u32::from(*owner) + 1
            );
            files.push(file(format!("namespaces/{name}.toml"), text));
        }
        files
    }
}

/// What a server offers: nothing, or what some lists can express, and some cannot.
fn offer(wording: u8) -> String {
    let remote = ",\"remotes\":[{\"type\":\"streamable-http\",\"url\":\"https://mcp.example.com/\"}]";
    let tags = format!(
        ",\"_meta\":{{\"io.modelcontextprotocol.registry/publisher-provided\":{{\"tags\":[\"t{}\"],\"categories\":[\"c\"]}}}}",
        wording % 3
    );
    match wording % 4 {
        0 => String::new(),
        1 => remote.to_owned(),
        2 => format!("{remote}{tags}"),
        _ => tags,
    }
}

fn built(repo: &Repo, commit: &str, out: &Path) -> BTreeMap<String, Vec<u8>> {
    repo.git(&["reset", "--quiet", "--hard", commit]);
    let printed = gazette(repo.path(), &["build", "--out", out.to_str().expect("UTF-8")]);
    assert!(printed.ends_with("exit 0\n"), "{printed}");
    files_below(out).into_iter().filter(|file| file.path != ".gazette/lock").map(|file| (file.path, file.bytes)).collect()
}

/// A folder that was built from one tree is built over from another: it is then what a fresh build is.
fn over_is_fresh(before: Vec<File>, after: Vec<File>) {
    let repo = Repo::new();
    let commits = repo.commit_trees(&[before, after]);
    let out = tempfile::tempdir().expect("a folder");
    let over = out.path().join("over");
    built(&repo, &commits[0], &over);
    let expected = built(&repo, &commits[1], &out.path().join("fresh"));
    let differences = differences(&expected, &built(&repo, &commits[1], &over));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn two_servers() -> Small {
    Small { versions: BTreeMap::from([((0, 0), 0), ((3, 1), 1)]), plain: true, ..Small::default() }
}

#[test]
fn the_page_of_a_deleted_server_outlasts_a_change_that_shows_nowhere() {
    let mut small = two_servers();
    small.statuses.insert(3, 0);
    let before = small.files();
    small.owners.insert(1, 7);
    over_is_fresh(before, small.files());
}

/// Every page links to groups where there are any, whether or not anything else of it changed.
#[test]
fn the_first_group_reaches_every_page() {
    let mut small = two_servers();
    let before = small.files();
    small.groups.insert(0, 3);
    over_is_fresh(before, small.files());
}

/// Lists so long that they have several pages, most of which stay as they lie when one server of them changes, comes or goes.
#[test]
fn long_lists_built_over_others_are_those_of_a_fresh_build() {
    let entry = |server: usize, version: &str, title: &str| {
        let name = format!("com.example{}/server-{server:03}", server % 3);
        let text = format!(
            "{{\"$schema\":\"https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json\",\"name\":\"{name}\",\
             \"title\":\"{title}\",\"description\":\"It says {server}.\",\"version\":\"{version}\"{}}}",
            offer(u8::try_from(server % 251).expect("small"))
        );
        File::new(&format!("registry-data/servers/{name}/{version}.json"), text)
    };
    let settings = "title = \"T\"\nbase_url = \"https://registry.example.com\"\n";
    let mut tree = vec![File::new("registry-data/registry.toml", settings)];
    tree.extend((0..400).filter(|server| *server != 200).map(|server| entry(server, "1.0.0", &format!("A server {server:03}"))));
    let mut trees = vec![tree.clone()];
    let mut then = |change: &dyn Fn(&mut Vec<File>)| {
        change(&mut tree);
        trees.push(tree.clone());
    };
    then(&|tree| tree.push(entry(200, "1.0.0", "A server 200")));
    then(&|tree| tree.push(entry(7, "2.0.0", "Z is last now")));
    then(&|tree| tree.retain(|file| !file.path.contains("server-300") && !file.path.contains("server-000")));
    then(&|tree| tree.extend([entry(399, "2.0.0", "0 is first now"), entry(399, "1.5.0", "Between")]));
    let owner = "[subject]\nkind = \"domain\"\n[[owner]]\ngithub_id = 1\ngithub_login = \"o\"\nproof = \"dns\"\n\
                 proved_at = \"2026-02-26\"\n";
    then(&|tree| tree.push(File::new("registry-data/namespaces/com.example1.toml", owner)));
    let repo = Repo::new();
    let commits = repo.commit_trees(&trees);
    let out = tempfile::tempdir().expect("a folder");
    let over = out.path().join("over");
    built(&repo, &commits[0], &over);
    for at in [1, 2, 3, 4, 5, 0, 4] {
        let expected = built(&repo, &commits[at], &out.path().join(format!("fresh-{at}")));
        let differences = differences(&expected, &built(&repo, &commits[at], &over));
        assert!(differences.is_empty(), "{at}: {}", differences.join("\n"));
    }
}

proptest! {
    #![proptest_config(Config { cases: 12, max_shrink_iters: 60, failure_persistence: None, ..Config::default() })]

    /// A folder is built over at every commit of a story, in any order, forwards and back: each time it is what a fresh build is.
    #[test]
    fn a_build_over_any_other_is_a_fresh_build(
        story in vec(vec(any::<(u8, u8, u8)>(), 1..5), 2..6),
        visits in vec(any::<prop::sample::Index>(), 6),
    ) {
        let mut small = two_servers();
        let trees: Vec<Vec<File>> = story.iter().map(|steps| {
            for step in steps {
                small.step(*step);
            }
            small.files()
        }).collect();
        let repo = Repo::new();
        let commits = repo.commit_trees(&trees);
        let out = tempfile::tempdir().expect("a folder");
        let over = out.path().join("over");
        for visit in visits {
            let at = visit.index(commits.len());
            let fresh = out.path().join(format!("fresh-{at}"));
            let expected = built(&repo, &commits[at], &fresh);
            let differences = differences(&expected, &built(&repo, &commits[at], &over));
            prop_assert!(differences.is_empty(), "{}", differences.join("\n"));
        }
    }
}
