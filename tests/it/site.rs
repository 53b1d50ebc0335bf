//! Sites of the registries in `tests/cases/site`: what is built of them, file by file, and every page of them by its address.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use gazette::site::path::SitePath;

use crate::{
    gazette::gazette,
    rendered::{self, Outline},
    repo::{File, Repo, files_below, put},
};

pub(crate) fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/site").join(name)
}

/// The repository of a case: `past/1`, `past/2` and so on, committed one after the other, then `registry-data/`.
pub(crate) fn repository(name: &str) -> Repo {
    repository_at(name, "")
}

/// The same with a path at the end of its address.
pub(crate) fn repository_at(name: &str, path: &str) -> Repo {
    let case = case(name);
    let past = (1..).map(|at| case.join("past").join(at.to_string())).take_while(|folder| folder.is_dir());
    let mut trees: Vec<Vec<File>> = past.map(|folder| files_below(&folder)).collect();
    let below = |mut file: File| {
        file.path = format!("registry-data/{}", file.path);
        file
    };
    trees.push(files_below(&case.join("registry-data")).into_iter().map(below).collect());
    for file in trees.iter_mut().flatten().filter(|file| file.path == "registry-data/registry.toml") {
        let text = String::from_utf8(file.bytes.clone()).expect("UTF-8");
        file.bytes = text.replace("https://registry.example.com\"", &format!("https://registry.example.com{path}\"")).into();
    }
    let repo = Repo::new();
    repo.commit_trees(&trees);
    repo.check_out();
    repo
}

/// Every file below a folder but gazette's own notes, which say of which files they are made.
pub(crate) fn tree(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let notes = |path: &str| [".gazette/lock", ".gazette/inputs"].contains(&path);
    files_below(dir).into_iter().filter(|file| !notes(&file.path)).map(|file| (file.path, file.bytes)).collect()
}

/// What differs between two trees, in few words.
pub(crate) fn differences(expected: &BTreeMap<String, Vec<u8>>, actual: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let paths: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
    let said = paths.into_iter().filter_map(|path| match (expected.get(path), actual.get(path)) {
        (Some(a), Some(b)) if a == b => None,
        (Some(a), Some(b)) => {
            let (a, b) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
            Some(format!("== {path}\n-- expected\n{a}\n-- actual\n{b}"))
        }
        (Some(_), None) => Some(format!("== {path} is missing")),
        (None, _) => Some(format!("== {path} should not be there")),
    });
    said.collect()
}

/// Every page of a repository's last commit, by its address.
pub(crate) fn pages(repo: &Path) -> BTreeMap<SitePath, Vec<u8>> {
    let outline = Outline::at_head(repo);
    let site = outline.site();
    let mut pages = rendered::pages(&site);
    for page in site.host_pages() {
        pages.extend(page.paths.into_iter().map(|path| (path, page.body.clone())));
    }
    pages
}

#[test]
fn every_registry_is_built_into_exactly_the_expected_files() {
    let top = case("");
    let mut names: Vec<String> = fs::read_dir(&top)
        .expect("cases")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no cases");
    let mut wrong = Vec::new();
    for name in &names {
        let repo = repository(name);
        let printed = gazette(repo.path(), &["build"]);
        assert!(printed.ends_with("exit 0\n"), "{name}: {printed}");
        let mut actual = tree(&repo.path().join("public"));
        // What is left of its notes names the program, which every change of the code is another one of.
        actual.retain(|path, _| !path.starts_with(".gazette/") || path.starts_with(".gazette/hosting/"));
        let expected = case(name).join("expected");
        if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
            let _ = fs::remove_dir_all(&expected);
            for (path, bytes) in &actual {
                put(&expected, path, bytes);
            }
            continue;
        }
        wrong.extend(differences(&tree(&expected), &actual).into_iter().map(|said| format!("{name}: {said}")));
    }
    assert!(wrong.is_empty(), "{} files differ; BLESS=1 accepts:\n\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn what_is_rendered_is_what_lies_in_the_folder() {
    let repo = repository("small");
    gazette(repo.path(), &["build"]);
    let files = tree(&repo.path().join("public"));
    let pages = pages(repo.path());
    for (path, body) in &pages {
        let file = gazette::site::path::file(&path.key());
        assert!(files.get(&file) == Some(body), "{path} is not what lies at {file}");
    }
}
