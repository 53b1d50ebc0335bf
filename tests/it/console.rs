//! The console blocks of the README, run as they stand, and the texts of `--help`.

use std::{fs, path::Path};

use crate::{
    gazette::{bless, gazette},
    repo::{File, Repo, files_below},
};

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A repository that holds the demonstration registry, for `console broken` three mistakes, or for `console published` a
/// site that somebody made by hand.
fn repository(kind: &str) -> Repo {
    let repo = Repo::new();
    let files = |dir: &str, below: &str| -> Vec<File> {
        let files = files_below(&top().join(dir));
        files.into_iter().map(|file| File { path: format!("{below}{}", file.path), ..file }).collect()
    };
    repo.commit_trees(&[match kind {
        "broken" => files("tests/cases/readme", ""),
        "published" => files("tests/cases/published", "public/"),
        _ => files("registry-data", "registry-data/"),
    }]);
    repo.check_out();
    repo
}

#[test]
fn the_console_blocks_of_the_readme_are_true() {
    let path = top().join("README.md");
    let text = fs::read_to_string(&path).expect("a README");
    let mut out = String::new();
    let mut blocks = 0;
    let mut rest = text.as_str();
    while let Some(start) = rest.find("```console") {
        let (before, block) = rest.split_at(start);
        let end = block[3..].find("\n```").expect("a block ends") + 3;
        let (fence, body) = block[..end].split_once('\n').expect("a command");
        let repo = repository(fence.trim_start_matches("```console").trim());
        out.push_str(before);
        out.push_str(fence);
        for command in body.lines().filter_map(|line| line.strip_prefix("$ ")) {
            let args = command.strip_prefix("gazette").or_else(|| command.strip_prefix("cargo run --release --"));
            let args: Vec<&str> = args.expect("a block runs gazette").split_whitespace().collect();
            let printed = gazette(repo.path(), &args);
            let (printed, _) = printed.rsplit_once("exit ").expect("an exit status");
            out.push_str(&format!("\n$ {command}\n{}", printed.trim_end()));
            blocks += 1;
        }
        rest = &block[end..];
    }
    out.push_str(rest);
    assert!(blocks >= 3, "the README shows nothing");
    bless(&path, &out).unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn help_reads_as_written_down() {
    let commands: [&[&str]; 18] = [
        &["--help"],
        &["check", "--help"],
        &["build", "--help"],
        &["serve", "--help"],
        &["verify", "--help"],
        &["fmt", "--help"],
        &["explain", "--help"],
        &["new", "--help"],
        &["gate", "--help"],
        &["verify-domain", "--help"],
        &["sweep", "--help"],
        &["publish", "--help"],
        &["plan", "--help"],
        &["rollback", "--help"],
        &["nightly", "--help"],
        &["gc", "--help"],
        &["keygen", "--help"],
        &[],
    ];
    for args in commands {
        let name = args
            .iter()
            .find(|arg| !arg.starts_with('-'))
            .map_or(if args.is_empty() { "nothing" } else { "gazette" }, |name| name);
        let printed = gazette(top(), args);
        bless(&top().join(format!("tests/cases/help/{name}.txt")), &printed).unwrap_or_else(|difference| panic!("{difference}"));
    }
}
