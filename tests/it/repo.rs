//! Real git repositories for tests, made by the real `git` in one stroke, with any tree whatever a work tree could hold.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A repository in a folder that goes away with it.
pub(crate) struct Repo {
    dir: tempfile::TempDir,
}

/// One path of a commit: git's mode, and the bytes or, for a submodule, the id.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) mode: String,
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

impl File {
    pub(crate) fn new(path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { mode: "100644".to_owned(), path: path.to_owned(), bytes: bytes.into() }
    }
}

/// Noon of the first day of 2026, when the first commit of a test is made; each later one a day after the other.
const FIRST: i64 = 1_767_268_800;

impl Repo {
    pub(crate) fn new() -> Self {
        let repo = Self { dir: tempfile::tempdir().expect("a temporary folder") };
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Commits whole trees one after the other on `main`, and gives the ids of the commits.
    pub(crate) fn commit_trees(&self, trees: &[Vec<File>]) -> Vec<String> {
        let parents: Vec<usize> = (0..trees.len()).collect();
        self.commit_graph(trees, &parents)
    }

    /// The same, each commit upon the one that `parents` counts from 1; 0 is none.
    pub(crate) fn commit_graph(&self, trees: &[Vec<File>], parents: &[usize]) -> Vec<String> {
        let mut stream = Vec::new();
        for ((day, tree), parent) in (0_i64..).zip(trees).zip(parents) {
            let from = if *parent == 0 { String::new() } else { format!("from :{parent}\n") };
            let at = FIRST + day * 86_400;
            let _ = write!(
                stream,
                "commit refs/heads/main\nmark :{}\ncommitter Test <test@example.com> {at} +0000\ndata 4\ntree\n{from}deleteall\n",
                day + 1
            );
            for File { mode, path, bytes } in tree {
                let path = quoted(path);
                if mode == "160000" {
                    let _ = writeln!(stream, "M 160000 {} {path}", String::from_utf8_lossy(bytes));
                } else {
                    let _ = write!(stream, "M {mode} inline {path}\ndata {}\n", bytes.len());
                    stream.extend_from_slice(bytes);
                    stream.push(b'\n');
                }
            }
        }
        let mut import = self
            .command(&["fast-import", "--quiet", "--export-marks=.git/marks"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("git runs");
        import.stdin.take().expect("a pipe").write_all(&stream).expect("git reads");
        assert!(import.wait().expect("git ends").success(), "git fast-import refused the trees");
        let marks = fs::read_to_string(self.path().join(".git/marks")).expect("marks");
        let mut ids: Vec<(usize, String)> = marks
            .lines()
            .filter_map(|line| line[1..].split_once(' '))
            .map(|(n, id)| (n.parse().expect("a number"), id.to_owned()))
            .collect();
        ids.sort();
        ids.into_iter().map(|(_, id)| id).collect()
    }

    /// Makes the work tree what the last commit holds.
    pub(crate) fn check_out(&self) {
        self.git(&["reset", "--quiet", "--hard", "main"]);
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = self.command(args).output().expect("git runs");
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .args(["-c", "core.protectNTFS=false", "-c", "core.protectHFS=false", "-c", "core.symlinks=true"])
            .args(args)
            .current_dir(self.path());
        alone(&mut command);
        command
    }
}

/// Keeps a command from what this machine's user configured.
pub(crate) fn alone(command: &mut Command) -> &mut Command {
    for (key, value) in [("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("LC_ALL", "C.UTF-8"), ("TZ", "UTC")] {
        command.env(key, value);
    }
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Test").env(format!("GIT_{who}_EMAIL"), "test@example.com");
    }
    command.env_remove("NO_COLOR").env_remove("GIT_DIR").env_remove("GIT_WORK_TREE")
}

/// A path as fast-import reads any bytes.
fn quoted(path: &str) -> String {
    let mut out = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', byte as char]),
            0x20..=0x7E => out.push(byte as char),
            byte => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out + "\""
}

/// Writes a file below a folder, and the folders on the way to it.
pub(crate) fn put(dir: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let file = dir.join(path);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, bytes).expect("a file");
}

/// Writes what lies below a folder into another.
pub(crate) fn copy(from: &Path, to: &Path) {
    for File { path, bytes, .. } in files_below(from) {
        put(to, &path, bytes);
    }
}

/// Every file below a folder with its path from there, in order; symlinks and modes as they are.
pub(crate) fn files_below(dir: &Path) -> Vec<File> {
    fn walk(dir: &Path, base: &Path, files: &mut Vec<File>) {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, base, files);
            } else {
                let name = path.strip_prefix(base).expect("below").to_str().expect("UTF-8").to_owned();
                files.push(File::new(&name, fs::read(&path).expect("a file")));
            }
        }
    }
    let mut files = Vec::new();
    if dir.exists() {
        walk(dir, dir, &mut files);
    }
    files
}
