//! `cargo bench --bench history [-- VERSIONS COMMITS]`: what it costs to tell the history of a repository, without and with
//! its cache, against `git log` listing the same changes. The repository is made once, which takes minutes.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark reads the clock and the disk, and prints")]
#![allow(clippy::pedantic, unreachable_pub, reason = "its generator is plain arithmetic and no library")]

mod generator;

use std::{
    fs,
    io::BufWriter,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use gazette::adapters::git::Repository;
use generator::Shape;

fn main() {
    let numbers: Vec<u32> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let (versions, commits) = (numbers.first().copied().unwrap_or(100_000), numbers.get(1).copied().unwrap_or(20_000));
    let dir = repository(versions, commits);
    let repository = Repository::discover(&dir).expect("git can be read").expect("a repository");
    let head = repository.resolve("main").expect("a commit");
    let tell = || {
        let start = Instant::now();
        let history = repository.history(head, "registry-data/").expect("a history");
        (start.elapsed(), history.serial())
    };

    let cache = dir.join("gazette");
    let _ = fs::remove_dir_all(&cache);
    let (cold, events) = tell();
    let (warm, again) = tell();
    assert_eq!(events, again);
    let log = git_log(&dir);
    println!("{versions} versions in {commits} commits, {events} events, in {}", dir.display());
    println!("history, cold                {:>8.2} s (goal: under 60)", cold.as_secs_f64());
    println!("history, cached              {:>8.3} s", warm.as_secs_f64());
    println!("git log of the same changes  {:>8.2} s", log.as_secs_f64());
    println!("cold / git log               {:>8.2}", cold.as_secs_f64() / log.as_secs_f64());
    println!("cached / cold                {:>8.4}", warm.as_secs_f64() / cold.as_secs_f64());
}

/// A bare repository of this shape, kept below `target/`.
fn repository(versions: u32, commits: u32) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("history-{versions}-{commits}"));
    if dir.join("complete").exists() {
        return dir;
    }
    let _ = fs::remove_dir_all(&dir);
    git(&["init", "-q", "--bare", "-b", "main", dir.to_str().expect("UTF-8")]);
    let mut import =
        Command::new("git").arg("-C").arg(&dir).args(["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn().expect("git runs");
    let mut pipe = BufWriter::new(import.stdin.take().expect("a pipe"));
    generator::fast_import(&Shape::of_versions(versions), commits, &mut pipe).expect("git reads");
    drop(pipe);
    assert!(import.wait().expect("git ends").success());
    fs::write(dir.join("complete"), "").expect("a file");
    dir
}

fn git_log(dir: &Path) -> Duration {
    let start = Instant::now();
    let dir = dir.to_str().expect("UTF-8");
    git(&[
        "-C",
        dir,
        "log",
        "--first-parent",
        "-m",
        "--raw",
        "--no-renames",
        "--format=%H %ct",
        "main",
        "--",
        "registry-data/servers",
    ]);
    start.elapsed()
}

fn git(args: &[&str]) {
    let status = Command::new("git").args(args).stdout(Stdio::null()).status();
    assert!(status.expect("git runs").success(), "git {args:?}");
}
