//! `cargo bench --bench check [-- VERSIONS]`: what checking a large registry costs, against reading the same files and
//! parsing them into `serde_json::Value` on one thread. Prints medians and ratios; it is no test.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark reads the clock and the disk, and prints")]
#![allow(clippy::pedantic, unreachable_pub, reason = "its generator is plain arithmetic and no library")]

mod generator;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use gazette::{
    config::Limits,
    entry::{document, schema::Schema},
};
use generator::Shape;

const RUNS: usize = 5;

fn main() {
    let versions = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let dir = registry(versions);
    let entries = entries(&dir);
    println!("{versions} versions, {} MB of entries, in {}", bytes(&entries) >> 20, dir.display());

    let check = median(|| run_check(&dir));
    let baseline = median(|| read_and_parse(&entries));
    println!("check, whole process, warm            {}", ms(check));
    println!("read and parse to Value, one thread   {}", ms(baseline));
    println!("ratio (goal: at most 1.0)             {:.2}", check.as_secs_f64() / baseline.as_secs_f64());

    let texts: Vec<String> = entries.iter().take(20_000).map(|path| fs::read_to_string(path).expect("a file")).collect();
    let validate = median(|| texts.iter().for_each(|text| parse_and_validate(text)));
    let rate = texts.len() as f64 / validate.as_secs_f64();
    println!("parse and validate, one thread        {rate:.0} documents/s (goal: at least 40000)");
    println!("memory of check, peak                 {} MiB (goal: at most {})", peak(&dir), 64 + versions / 1024);
}

/// A registry of this size in a repository with one commit, made once and kept below `target/`.
fn registry(versions: u32) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("check-{versions}"));
    if dir.join("complete").exists() {
        return dir;
    }
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("a folder");
    generator::write_tree(&Shape::of_versions(versions), &dir).expect("a registry");
    for args in [&["init", "-q"][..], &["add", "registry-data"], &["commit", "-q", "-m", "registry"], &["repack", "-adq"]] {
        let identity = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
        assert!(
            Command::new("git").args(identity).args(args).current_dir(&dir).status().expect("git runs").success(),
            "git {args:?}"
        );
    }
    fs::write(dir.join("complete"), "").expect("a file");
    dir
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![dir.join("registry-data/servers")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != "status.json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn bytes(entries: &[PathBuf]) -> u64 {
    entries.iter().map(|path| fs::metadata(path).expect("a file").len()).sum()
}

fn run_check(dir: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_gazette")).arg("check").current_dir(dir).stdout(Stdio::null()).status();
    assert!(status.expect("gazette runs").code().is_some_and(|code| code < 2));
}

fn read_and_parse(entries: &[PathBuf]) {
    for path in entries {
        let bytes = fs::read(path).expect("a file");
        let value: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        std::hint::black_box(value);
    }
}

fn parse_and_validate(text: &str) {
    let document = document::read(text, &Limits::default()).expect("JSON");
    let schema = Schema::named_by(&document.value).expect("a schema");
    assert!(schema.accepts(&document.value));
}

fn median(mut work: impl FnMut()) -> Duration {
    work();
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

fn ms(time: Duration) -> String {
    format!("{:>8.0} ms", time.as_secs_f64() * 1000.0)
}

/// The largest resident size, as the kernel counted it.
fn peak(dir: &Path) -> u64 {
    let script = "\"$0\" check >/dev/null & pid=$!; peak=0; while kill -0 $pid 2>/dev/null; do \
        now=$(awk '/VmHWM/ {print $2}' /proc/$pid/status 2>/dev/null); peak=${now:-$peak}; sleep 0.02; done; echo $peak";
    let output =
        Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_gazette")]).current_dir(dir).output().expect("sh runs");
    String::from_utf8_lossy(&output.stdout).trim().parse::<u64>().unwrap_or_default() >> 10
}
