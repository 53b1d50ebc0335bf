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

/// The groups of cases whose every change comes with what the gate would write on its pull request.
const COMMENTED: [&str; 2] = ["author-may-touch-path", "hostile"];

#[test]
fn every_case_is_judged_as_its_report_says() {
    let cases = cases();
    assert!(!cases.is_empty(), "no cases");
    let wrong: Vec<String> = cases.iter().flat_map(|case| judged(case)).filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} of {} cases differ; BLESS=1 accepts:\n\n{}", wrong.len(), cases.len(), wrong.join("\n\n"));
}

fn judged(path: &Path) -> Vec<Result<(), String>> {
    let case = Case::of(path);
    let mut all = vec![bless(&path.join("report.txt"), &case.check(&[]))];
    let comment = path.join("comment.md");
    let is_commented = COMMENTED.iter().any(|group| path.parent().is_some_and(|parent| parent.ends_with(group)));
    if comment.exists() || (is_commented && case.is_change) {
        all.push(bless(&comment, &case.check(&["--format", "markdown"])));
    }
    all
}

/// A case as a repository, and what `check` is asked about it.
struct Case {
    repo: Repo,
    args: Vec<String>,
    /// What each commit is called where it is told of.
    names: Vec<(String, String)>,
    is_change: bool,
}

impl Case {
    fn of(case: &Path) -> Self {
        let head = case.join("head");
        let is_change = case.join("base").is_dir();
        let mut base: BTreeMap<String, File> = by_path(files_below(&case.join("base")));
        if !base.contains_key("registry-data/registry.toml") && !head.join("registry-data/registry.toml").exists() {
            base.insert("registry-data/registry.toml".to_owned(), File::new("registry-data/registry.toml", CONFIG));
        }
        let mut merged = base.clone();
        merged.append(&mut by_path(files_below(&head)));
        overlay(case, &mut merged);

        let mut trees = past(case);
        let mut names: Vec<String> = (1..=trees.len()).map(|at| format!("<past {at}>")).collect();
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
        let repo = Repo::new();
        let ids = repo.commit_graph(&trees, &parents);
        let mut args = vec!["check".to_owned()];
        if let ([.., base, head], true) = (&ids[..], is_change) {
            args.extend(["--data", "registry-data", "--base", base, "--head", head].map(str::to_owned));
        } else {
            repo.check_out();
        }
        for (flag, file) in [("--pull", "pull.json"), ("--evidence", "evidence.json")] {
            if let Ok(text) = fs::read_to_string(case.join(file)) {
                // Beside the repository's own files, where no rule sees it.
                let path = repo.path().join(".git").join(file);
                fs::write(&path, text.replace("$HEAD", ids.last().expect("a commit"))).expect("a file");
                args.extend([flag.to_owned(), path.to_str().expect("UTF-8").to_owned()]);
            }
        }
        let extra = fs::read_to_string(case.join("args")).unwrap_or_default();
        args.extend(extra.split_whitespace().map(str::to_owned));
        Self { repo, args, names: ids.into_iter().zip(names).collect(), is_change }
    }

    /// What check prints, and how it exits. A format that is asked for here comes instead of the case's own.
    fn check(&self, format: &[&str]) -> String {
        let mut args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        if let Some(at) = args.iter().position(|arg| *arg == "--format").filter(|_| !format.is_empty()) {
            args.drain(at..at + 2);
        }
        args.extend(format);
        let printed = gazette(self.repo.path(), &args);
        self.names.iter().fold(printed, |text, (id, name)| text.replace(id, name).replace(&id[..10], name))
    }
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
