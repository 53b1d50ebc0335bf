//! Repositories for tests, made by the real git with fixed dates and names, under no configuration but their own.
#![expect(clippy::disallowed_methods, reason = "tests write files and run git")]

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use gazette::{
    adapters::{WayOut, git::Repository},
    digest::GitId,
    history::History,
};

use crate::repo::put;

/// Where the registry lies in every repository here.
pub(crate) const PREFIX: &str = "registry-data/";

/// A moment at which nothing happened yet; commits say how many seconds later they were made.
pub(crate) const START: i64 = 1_700_000_000;

/// A repository in a folder that goes away.
pub(crate) struct Repo {
    dir: tempfile::TempDir,
}

impl Repo {
    pub(crate) fn new() -> Self {
        let repo = Self { dir: tempfile::tempdir().expect("a folder") };
        repo.git(&["init", "-q", "-b", "main"]);
        repo
    }

    /// What `git clone` with these options makes of it.
    pub(crate) fn cloned(&self, options: &[&str]) -> Self {
        let clone = Self { dir: tempfile::tempdir().expect("a folder") };
        self.git(&["config", "uploadpack.allowFilter", "true"]);
        let shared = options.contains(&"--shared");
        let url = format!("{}{}", if shared { "" } else { "file://" }, self.path().display());
        let mut arguments = vec!["clone", "-q"];
        arguments.extend(options);
        arguments.extend([&*url, "."]);
        clone.git(&arguments);
        clone
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    fn command(&self, at: i64, arguments: &[&str]) -> Command {
        let date = format!("{} +0000", START + at);
        let mut command = Command::new("git");
        command
            .args([
                "-c",
                "core.autocrlf=false",
                "-c",
                "gc.auto=0",
                "-c",
                "commit.gpgSign=false",
                "-c",
                "protocol.file.allow=always",
            ])
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_TERMINAL_PROMPT", "0")])
            .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.com")])
            .envs([("GIT_COMMITTER_NAME", "C"), ("GIT_COMMITTER_EMAIL", "c@example.com")])
            .envs([("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)]);
        command
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_at(0, arguments)
    }

    fn git_at(&self, at: i64, arguments: &[&str]) -> String {
        let output = self.command(at, arguments).output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// What git writes when it may fail: for asking it what it would do.
    pub(crate) fn try_git(&self, arguments: &[&str]) -> (bool, String) {
        let output = self.command(0, arguments).output().expect("git runs");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    /// Runs git with these bytes on its standard input.
    pub(crate) fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut command = self.command(0, arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("git runs");
        child.stdin.take().expect("a pipe").write_all(input).expect("git reads");
        let output = child.wait_with_output().expect("git ends");
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Puts a file at a path of the repository.
    pub(crate) fn write(&self, path: &str, content: &str) -> &Self {
        put(self.path(), path, content);
        self
    }

    /// Puts a version's file in place.
    pub(crate) fn entry(&self, name: &str, version: &str, content: &str) -> &Self {
        self.write(&format!("{PREFIX}servers/{name}/{version}.json"), content)
    }

    pub(crate) fn status(&self, name: &str, content: &str) -> &Self {
        self.write(&format!("{PREFIX}servers/{name}/status.json"), content)
    }

    pub(crate) fn remove(&self, path: &str) -> &Self {
        std::fs::remove_file(self.file(path)).expect("a file was there");
        self
    }

    pub(crate) fn remove_entry(&self, name: &str, version: &str) -> &Self {
        self.remove(&format!("{PREFIX}servers/{name}/{version}.json"))
    }

    /// Commits everything as it lies, so many seconds after the start.
    pub(crate) fn commit(&self, at: i64) -> GitId {
        self.git(&["add", "-A"]);
        self.git_at(at, &["commit", "-q", "--allow-empty", "-m", "change"]);
        self.id("HEAD")
    }

    /// A merge commit, whatever could be fast-forwarded.
    pub(crate) fn merge(&self, at: i64, other: &str) -> GitId {
        self.git_at(at, &["merge", "-q", "--no-ff", "-m", "merge", other]);
        self.id("HEAD")
    }

    pub(crate) fn switch(&self, branch: &str) -> &Self {
        let (known, _) = self.try_git(&["rev-parse", "-q", "--verify", &format!("refs/heads/{branch}")]);
        let arguments: &[&str] = if known { &["switch", "-q", branch] } else { &["switch", "-q", "-c", branch] };
        self.git(arguments);
        self
    }

    pub(crate) fn id(&self, rev: &str) -> GitId {
        GitId::parse(&self.git(&["rev-parse", rev])).expect("an id")
    }

    /// Writes any bytes as an object, however malformed.
    pub(crate) fn object(&self, kind: &str, bytes: &[u8]) -> GitId {
        let id = self.git_with(&["hash-object", "-w", "--literally", "-t", kind, "--stdin"], bytes);
        GitId::parse(&id).expect("an id")
    }

    /// Writes a tree of exactly these entries in this order.
    pub(crate) fn raw_tree(&self, entries: &[(&str, &[u8], GitId)]) -> GitId {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend_from_slice(mode.as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(name);
            bytes.push(0);
            bytes.extend_from_slice(&id.0);
        }
        self.object("tree", &bytes)
    }

    /// Commits a tree onto a commit without a work tree.
    pub(crate) fn commit_tree(&self, at: i64, tree: GitId, parents: &[GitId]) -> GitId {
        let mut arguments = vec!["commit-tree".to_owned(), tree.to_string(), "-m".to_owned(), "tree".to_owned()];
        arguments.extend(parents.iter().flat_map(|parent| ["-p".to_owned(), parent.to_string()]));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        GitId::parse(&self.git_at(at, &arguments)).expect("an id")
    }

    /// How many files lie under `.git`, to see whether anything was written.
    pub(crate) fn git_files(&self) -> usize {
        fn count(dir: &Path) -> usize {
            let entries = std::fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry").path());
            entries.map(|path| if path.is_dir() { count(&path) } else { 1 }).sum()
        }
        count(&self.file(".git"))
    }

    pub(crate) fn open(&self) -> Repository {
        Repository::discover(self.path()).expect("it opens").expect("it is there")
    }

    pub(crate) fn history(&self) -> History {
        let repository = self.open();
        repository.history(repository.head().expect("a commit"), PREFIX).expect("a history")
    }
}

/// The trouble and the way out of it that an error tells.
pub(crate) fn way_out(error: &anyhow::Error) -> (&str, &str) {
    let way = error.downcast_ref::<WayOut>().unwrap_or_else(|| panic!("a way out, not {error:#}"));
    (&way.error, &way.help)
}

/// Events as lines: serial, operation, name, version, status, seconds after the start, and the commit's index.
pub(crate) fn told(history: &History) -> Vec<String> {
    let lines = history.events().map(|event| {
        let commit = event.commit.map_or("-".to_owned(), |commit| commit.to_string());
        let (op, name, version, status) = (event.op, event.name, event.version, event.status);
        format!("{} {op} {name} {version} {status} +{} {commit}", event.serial, event.at.0 - START)
    });
    lines.collect()
}
