//! `cargo bench --bench check [-- VERSIONS]`: what checking a large registry costs, against reading the same files and
//! parsing them into `serde_json::Value` on one thread. Prints medians and ratios; it is no test.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark reads the clock and the disk, and prints")]
#![allow(clippy::pedantic, unreachable_pub, reason = "its generator is plain arithmetic and no library")]

mod generator;
mod measure;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use gazette::{
    config::Limits,
    entry::{document, schema::Schema},
};
use measure::{median, ms, peak, registry};

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
    println!("memory of check, peak                 {} MiB (goal: at most {})", peak(&dir, &["check"]), 64 + versions / 1024);
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
