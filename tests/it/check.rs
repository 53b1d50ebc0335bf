//! The cases of `tests/cases/check`: each a change or a tree, what `gazette check` says of it, and its exit status.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    gazette::{bless, gazette},
    repo::{File, Repo, files_below},
};

const CONFIG: &str = "title = \"Cases\"\nbase_url = \"https://registry.example.com\"\n";

fn cases() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/check");
    let folders = |dir: &Path| {
        let mut dirs: Vec<PathBuf> =
            fs::read_dir(dir).expect("cases").map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
        dirs.sort();
        dirs
    };
    let wanted = std::env::var("CASE").unwrap_or_default();
    let is_wanted = |case: &PathBuf| case.strip_prefix(&top).is_ok_and(|case| case.to_string_lossy().contains(&wanted));
    folders(&top).iter().flat_map(|group| folders(group)).filter(is_wanted).collect()
}

#[test]
fn every_case_is_judged_as_its_report_says() {
    let cases = cases();
    assert!(!cases.is_empty(), "no cases");
    let wrong: Vec<String> = cases.iter().filter_map(|case| bless(&case.join("report.txt"), &judge(case)).err()).collect();
    assert!(wrong.is_empty(), "{} of {} cases differ; BLESS=1 accepts:\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

/// What check prints for a case, and how it exits.
fn judge(case: &Path) -> String {
    let head = case.join("head");
    let is_change = case.join("base").is_dir();
    let mut base: BTreeMap<String, File> = by_path(files_below(&case.join("base")));
    if !base.contains_key("registry-data/registry.toml") && !head.join("registry-data/registry.toml").exists() {
        base.insert("registry-data/registry.toml".to_owned(), File::new("registry-data/registry.toml", CONFIG));
    }
    let mut merged = base.clone();
    merged.append(&mut by_path(files_below(&head)));
    overlay(case, &mut merged);

    let repo = Repo::new();
    let (mut trees, mut names) = (past(case), Vec::new());
    names.extend((1..=trees.len()).map(|at| format!("<past {at}>")));
    let mut parents: Vec<usize> = (0..trees.len()).collect();
    let mut commit = |tree, name: &str, parent| {
        trees.push(tree);
        parents.push(parent);
        names.push(name.to_owned());
        trees.len()
    };
    let before = past(case).len();
    let mut parent = before;
    if is_change {
        let mut since = base.clone();
        since.append(&mut by_path(files_below(&case.join("since"))));
        let is_fork = case.join("since").is_dir();
        parent = commit(base, if is_fork { "<fork>" } else { "<base>" }, before);
        if is_fork {
            commit(since, "<base>", parent);
        }
    }
    commit(merged, "<head>", parent);
    let trees: Vec<Vec<File>> = trees.into_iter().map(|tree| tree.into_values().collect()).collect();
    let ids = repo.commit_graph(&trees, &parents);
    let mut args = vec!["check".to_owned()];
    if let ([.., base, head], true) = (&ids[..], is_change) {
        args.extend(["--data", "registry-data", "--base", base, "--head", head].map(str::to_owned));
    } else {
        repo.check_out();
    }
    let extra = fs::read_to_string(case.join("args")).unwrap_or_default();
    args.extend(extra.split_whitespace().map(str::to_owned));
    for (flag, file) in [("--pull", "pull.json"), ("--evidence", "evidence.json")] {
        if let Ok(text) = fs::read_to_string(case.join(file)) {
            // Beside the repository's own files, where no rule sees it.
            let path = repo.path().join(".git").join(file);
            fs::write(&path, text.replace("$HEAD", ids.last().expect("a commit"))).expect("a file");
            args.extend([flag.to_owned(), path.to_str().expect("UTF-8").to_owned()]);
        }
    }
    let printed = gazette(repo.path(), &args);
    ids.iter().zip(&names).fold(printed, |text, (id, name)| text.replace(id, name).replace(&id[..10], name))
}

/// `past/1`, `past/2` and so on: whole trees, committed one after the other before all else.
fn past(case: &Path) -> Vec<BTreeMap<String, File>> {
    let folders = (1..).map(|at| case.join("past").join(at.to_string())).take_while(|folder| folder.is_dir());
    let tree = |folder: PathBuf| {
        let mut tree = by_path(files_below(&folder));
        tree.entry("registry-data/registry.toml".to_owned()).or_insert_with(|| File::new("registry-data/registry.toml", CONFIG));
        tree
    };
    folders.map(tree).collect()
}

fn by_path(files: Vec<File>) -> BTreeMap<String, File> {
    files.into_iter().map(|file| (file.path.clone(), file)).collect()
}

/// `head.tree`: what no folder of a test can hold.
fn overlay(case: &Path, tree: &mut BTreeMap<String, File>) {
    let text = fs::read_to_string(case.join("head.tree")).unwrap_or_default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut parts = line.splitn(3, ' ');
        let (mode, path, source) =
            (parts.next().expect("a mode"), parts.next().expect("a path"), parts.next().unwrap_or_default());
        let bytes = match mode {
            "000000" => {
                assert!(tree.remove(path).is_some(), "{}: nothing at {path}", case.display());
                continue;
            }
            "120000" | "160000" => source.as_bytes().to_vec(),
            _ => fs::read(case.join("head").join(source))
                .or_else(|_| fs::read(case.join("base").join(source)))
                .expect("a source in head/ or base/"),
        };
        tree.insert(path.to_owned(), File { mode: mode.to_owned(), path: path.to_owned(), bytes });
    }
}
