//! How benchmarks measure, and the repositories that they measure in.
#![allow(dead_code, reason = "each benchmark uses its own part")]
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and the disk")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::generator::{self, Shape};

pub const RUNS: usize = 5;

/// A registry of this size in a repository with one commit, made once and kept below `target/`.
pub fn registry(versions: u32) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("check-{versions}"));
    if dir.join("complete").exists() {
        return dir;
    }
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("a folder");
    generator::write_tree(&Shape::of_versions(versions), &dir).expect("a registry");
    for args in [&["init", "-q"][..], &["add", "registry-data"], &["commit", "-q", "-m", "registry"], &["repack", "-adq"]] {
        git(&dir, args);
    }
    fs::write(dir.join("complete"), "").expect("a file");
    dir
}

pub fn git(dir: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
    let status = Command::new("git").args(identity).args(args).current_dir(dir).status();
    assert!(status.expect("git runs").success(), "git {args:?}");
}

/// Ten servers get a new version, as one commit.
pub fn change_ten(dir: &Path, round: usize) {
    if round == 1 {
        git(dir, &["tag", "-f", "base"]);
    }
    let servers = dir.join("registry-data/servers");
    let mut changed = 0;
    for namespace in sorted(&servers) {
        let name = sorted(&namespace).remove(0);
        let Some(newest) = sorted(&name).into_iter().rfind(|file| !file.ends_with("status.json")) else { continue };
        let old = newest.file_stem().expect("a version").to_string_lossy().into_owned();
        let new = format!("9000.{round}.0");
        let text = fs::read_to_string(&newest)
            .expect("an entry")
            .replace(&format!("\"version\": \"{old}\""), &format!("\"version\": \"{new}\""));
        fs::write(name.join(format!("{new}.json")), text).expect("a file");
        changed += 1;
        if changed == 10 {
            break;
        }
    }
    git(dir, &["add", "registry-data"]);
    git(dir, &["commit", "-q", "-m", "ten"]);
}

pub fn sorted(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// Runs a program to its end in silence; its exit status is the caller's to judge.
pub fn run(dir: &Path, program: &str, args: &[&str]) -> i32 {
    let status = Command::new(program).args(args).current_dir(dir).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.unwrap_or_else(|error| panic!("{program}: {error}")).code().expect("an exit status")
}

/// The median time of the work, which is done once more before, with what `before` does left out.
pub fn median_after(runs: usize, mut before: impl FnMut(), mut work: impl FnMut()) -> Duration {
    let mut once = || {
        before();
        let start = Instant::now();
        work();
        start.elapsed()
    };
    once();
    let mut times: Vec<Duration> = (0..runs).map(|_| once()).collect();
    times.sort();
    times[runs / 2]
}

pub fn median(work: impl FnMut()) -> Duration {
    median_after(RUNS, || {}, work)
}

pub fn ms(time: Duration) -> String {
    format!("{:>8.0} ms", time.as_secs_f64() * 1000.0)
}

pub fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// The largest resident size of the program, in MiB, as the kernel counted it.
pub fn peak(dir: &Path, args: &[&str]) -> u64 {
    let script = "\"$0\" \"$@\" >/dev/null 2>&1 & pid=$!; peak=0; while kill -0 $pid 2>/dev/null; do \
        now=$(awk '/VmHWM/ {print $2}' /proc/$pid/status 2>/dev/null); peak=${now:-$peak}; sleep 0.02; done; echo $peak";
    let mut command = Command::new("sh");
    let output = command.args(["-c", script, env!("CARGO_BIN_EXE_gazette")]).args(args).current_dir(dir).output();
    String::from_utf8_lossy(&output.expect("sh runs").stdout).trim().parse::<u64>().unwrap_or_default() >> 10
}
