//! What the house promises, held to it: layers, sizes, names, and documents that name only what exists.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use gazette::rules::RULES;

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = top().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn below(dir: &str, ending: &str) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![top().join(dir)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(top()).expect("below").display().to_string()
}

/// The modules of each layer, from `lib.rs`; a layer may name those above it and no other.
#[test]
fn a_layer_knows_only_the_layers_above_it() {
    let mut layers: Vec<Vec<String>> = Vec::new();
    for line in read("src/lib.rs").lines() {
        if line.starts_with("// ──") {
            layers.push(Vec::new());
        } else if let Some(module) = line.trim_start_matches("pub ").strip_prefix("mod ") {
            layers.last_mut().expect("modules stand under a layer").push(module.trim_end_matches(';').to_owned());
        }
    }
    assert_eq!(layers.len(), 5, "words, reading, judging, making, the edge");
    let mut wrong = Vec::new();
    for (depth, modules) in layers.iter().enumerate() {
        let forbidden: Vec<&String> = layers[depth + 1..].iter().flatten().collect();
        for module in modules {
            let mut files = vec![top().join(format!("src/{module}.rs"))];
            if top().join(format!("src/{module}")).is_dir() {
                files.extend(below(&format!("src/{module}"), ".rs"));
            }
            for file in files {
                let code = fs::read_to_string(&file).expect("a module");
                let code = code.split("#[cfg(test)]").next().unwrap_or_default();
                for other in &forbidden {
                    if names(code, other) {
                        wrong.push(format!("{} names `{other}`, which lies below it", shown(&file)));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether code reaches into a module of the crate: `crate::x` or, in a list, `x::` or `x,` after `use crate::{`.
fn names(code: &str, module: &str) -> bool {
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let word = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').next() == Some(module);
    if code.split("crate::").skip(1).any(word) {
        return true;
    }
    let lists = code.split("use crate::{").skip(1).filter_map(|rest| rest.split("};").next());
    lists.flat_map(items).any(|item| word(&item))
}

/// The items of a `use` list at its outermost level.
fn items(list: &str) -> Vec<String> {
    let (mut depth, mut items) = (0, vec![String::new()]);
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            c if depth == 0 && !c.is_whitespace() => items.last_mut().expect("one").push(c),
            _ => {}
        }
    }
    items
}

#[test]
fn nothing_pure_touches_the_world() {
    let edge = ["adapters", "serve", "cli.rs", "commands", "main.rs"];
    for file in below("src", ".rs") {
        let path = shown(&file);
        let inside = path.trim_start_matches("src/");
        if edge.iter().any(|edge| inside.starts_with(edge)) {
            continue;
        }
        let code = fs::read_to_string(&file).expect("a module");
        for word in [
            "std::fs",
            "std::env::",
            "std::net::Tcp",
            "std::net::Udp",
            "ToSocketAddrs",
            "std::process",
            "SystemTime",
            "time::Instant",
            "async fn",
            "gix::",
            "HashMap",
            "println!",
        ] {
            assert!(!code.contains(word), "{path} holds `{word}`");
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_own() {
    for file in [below("src", ".rs"), below("tests/it", ".rs"), below("benches", ".rs")].concat() {
        let text = fs::read_to_string(&file).expect("a file");
        let path = shown(&file);
        assert!(text.lines().count() <= 500, "{path} has more than 500 lines");
        // A rule's `about` is its first sentence; what a rule owns is its id.
        let is_rule = path.starts_with("src/rules/") && text.contains("const RULE: Rule");
        assert!(is_rule || text.starts_with("//! "), "{path} does not open with what it owns");
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(
            !["mod.rs", "utils.rs", "common.rs", "helpers.rs", "types.rs", "prelude.rs", "errors.rs"].contains(&name.as_str()),
            "{path}"
        );
    }
}

#[test]
fn main_is_short() {
    assert!(read("src/main.rs").lines().count() <= 40);
}

#[test]
fn every_rule_is_whole() {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), RULES.len(), "two rules have one id");
    for rule in RULES {
        let file = format!("src/rules/{}.rs", rule.id.replace('-', "_"));
        let code = read(&file);
        assert!(code.contains(&format!("\"{}\"", rule.id)), "{file} is not about {}", rule.id);
        assert!(rule.about.lines().next().is_some_and(|claim| claim.ends_with('.')), "{}: the claim is one sentence", rule.id);
        assert!(rule.about.split("\n\n").count() >= 3, "{}: claim, why, and what to do", rule.id);
        let reports: Vec<(String, String)> = below(&format!("tests/cases/check/{}", rule.id), "report.txt")
            .iter()
            .map(|file| (file.parent().expect("a case").file_name().expect("a name").to_string_lossy().into_owned(), read(file)))
            .collect();
        let named = format!("[{}]", rule.id);
        for (case, report) in &reports {
            assert_eq!(case.starts_with("bad-"), report.contains(&named), "{}/{case} does not show what its name says", rule.id);
        }
        for kind in ["good-", "bad-"] {
            assert!(reports.iter().any(|(case, _)| case.starts_with(kind)), "{} has no {kind}case", rule.id);
        }
    }
    let files = fs::read_dir(top().join("src/rules")).expect("rules").filter(|entry| {
        let path = entry.as_ref().expect("an entry").path();
        path.is_file() && fs::read_to_string(path).expect("a file").contains("const RULE: Rule")
    });
    assert_eq!(files.count(), RULES.len(), "a rule's file is not in the list");
    let folders = fs::read_dir(top().join("tests/cases/check"))
        .expect("cases")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    for folder in folders {
        assert!(folder == "hostile" || ids.contains(folder.as_str()), "tests/cases/check/{folder} is no rule");
    }
}

/// Rules whose findings are made while files are read are named there by their ids.
#[test]
fn every_finding_names_a_rule() {
    let ids: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    let mut found = 0;
    for file in below("src", ".rs") {
        let code = fs::read_to_string(&file).expect("a module");
        let code = code.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
        for rest in code.split("Finding::new(").skip(1) {
            let argument = rest.trim_start();
            if let Some(id) = argument.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                assert!(ids.contains(id), "{}: there is no rule `{id}`", shown(&file));
                found += 1;
            }
        }
    }
    assert!(found > 5, "the test looks at nothing");
}

/// The table of attacks names tests that exist, and every hostile case is in it.
#[test]
fn every_attack_has_its_test() {
    let text = read("tests/README.md");
    let section = text.split("\n## Attacks\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the section");
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| attack"));
    let code: String = [below("src", ".rs"), below("tests/it", ".rs")]
        .concat()
        .iter()
        .map(|file| fs::read_to_string(file).expect("a module"))
        .collect();
    let cases: BTreeSet<String> = fs::read_dir(top().join("tests/cases/check/hostile"))
        .expect("cases")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    let mut named = BTreeSet::new();
    for row in rows {
        let tests = row.rsplit(" | ").next().expect("a column");
        assert!(tests.contains('`'), "no test: {row}");
        for test in tests.split('`').skip(1).step_by(2) {
            match test.rsplit_once("::") {
                Some((_, name)) => assert!(code.contains(&format!("fn {name}()")), "there is no test `{test}`"),
                None => assert!(cases.contains(test), "there is no case `{test}`"),
            }
            named.insert(test.to_owned());
        }
    }
    let unnamed: Vec<&String> = cases.difference(&named).collect();
    assert!(unnamed.is_empty(), "not in the table of attacks: {unnamed:?}");
    for proof in ["account", "fork", "member", "source", "dns", "web", "key", "owner", "grant"] {
        for kind in ["good", "bad"] {
            let case = format!("{kind}-{proof}");
            let is_there = |case: &str| {
                let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
                let cases = fs::read_dir(top().join("tests/cases/check/author-may-touch-path")).expect("cases");
                cases
                    .map(|entry| name(entry.expect("an entry")))
                    .any(|name| name == case || name.starts_with(&format!("{case}-")))
            };
            assert!(is_there(&case), "no case {case}");
        }
    }
}

/// Every path in backticks that looks like one of ours is there.
#[test]
fn documents_name_what_exists() {
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/operating.md", "tests/README.md"] {
        let text = read(document);
        let mut found = 0;
        for word in text.split('`').skip(1).step_by(2) {
            let roots = ["src/", "tests/", "benches/", "docs/", "fuzz/", "templates/", ".ci/", ".github/", "registry-data/"];
            let is_pattern = word.contains(['<', '*', '…', ' ', '{']);
            if roots.iter().any(|root| word.starts_with(root)) && !is_pattern {
                assert!(top().join(word).exists(), "{document} names `{word}`, which is not there");
                found += 1;
            }
        }
        assert!(found > 0 || document == "README.md", "{document} names no path");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if !link.contains("://") && !link.starts_with('#') {
                let target = top().join(document).parent().expect("a folder").join(link);
                assert!(target.exists(), "{document} links to {link}, which is not there");
            }
        }
    }
}
