//! Commands that write or that speak to programs, each run as a process in a real repository.

use std::fs;

use serde_json::Value;

use crate::{
    gazette::gazette,
    repo::{File, Repo, put},
};

const CONFIG: &str = "title = \"T\"\nbase_url = \"https://registry.example.com\"\n";
const OLD: &str = "{\"$schema\":\"https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json\",\
\"name\":\"com.example/echo\",\"description\":\"Says what it is told.\",\"version\":\"1.0.0\",\"website_url\":\"https://example.com\"}";
const PATH: &str = "registry-data/servers/com.example/echo/1.0.0.json";

fn repository(files: &[(&str, &str)]) -> Repo {
    let repo = Repo::new();
    let config = File::new("registry-data/registry.toml", CONFIG);
    let files = files.iter().map(|(path, text)| File::new(path, *text));
    repo.commit_trees(&[std::iter::once(config).chain(files).collect()]);
    repo.check_out();
    repo
}

#[test]
fn fix_mends_what_is_new_and_leaves_what_is_published() {
    let published = OLD.replace("1.0.0", "0.9.0");
    let old_path = PATH.replace("1.0.0", "0.9.0");
    let repo = repository(&[(&old_path, &published)]);
    put(repo.path(), PATH, OLD);
    let printed = gazette(repo.path(), &["check", "--fix"]);
    assert!(printed.contains(&format!("mended {PATH}: 1 edit for spelling-is-current")), "{printed}");
    assert!(printed.contains(&format!("left {old_path}: it is published")), "{printed}");
    let mended = fs::read_to_string(repo.path().join(PATH)).expect("a file");
    assert!(mended.contains("\n  \"websiteUrl\": \"https://example.com\"\n}\n"), "{mended}");
    assert_eq!(fs::read_to_string(repo.path().join(&old_path)).expect("a file"), published);
    assert!(!gazette(repo.path(), &["check", "--fix"]).contains("mended"));
}

#[test]
fn fmt_lays_out_what_is_new_only() {
    let published = OLD.replace("1.0.0", "0.9.0");
    let old_path = PATH.replace("1.0.0", "0.9.0");
    let repo = repository(&[(&old_path, &published)]);
    put(repo.path(), PATH, OLD);
    assert_eq!(gazette(repo.path(), &["fmt", "--check"]), format!("would lay out {PATH}\nexit 1\n"));
    assert_eq!(gazette(repo.path(), &["fmt"]), format!("laid out {PATH}\nexit 0\n"));
    assert_eq!(gazette(repo.path(), &["fmt"]), "exit 0\n");
    let refused = gazette(repo.path(), &["fmt", &old_path]);
    assert!(
        refused.contains("is published on `HEAD`") && refused.contains("help: ") && refused.ends_with("exit 2\n"),
        "{refused}"
    );
    let stranger = gazette(repo.path(), &["fmt", "nowhere.json"]);
    assert!(stranger.contains("`nowhere.json` is no file of the registry"), "{stranger}");
}

#[test]
fn new_writes_a_registry_that_passes_and_overwrites_nothing() {
    let repo = Repo::new();
    let printed = gazette(repo.path(), &["new", "r"]);
    assert!(printed.ends_with("exit 0\n"), "{printed}");
    let again = gazette(repo.path(), &["new", "r"]);
    assert!(again.contains("`r` is not empty") && again.ends_with("exit 2\n"), "{again}");
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "--quiet", "-m", "begin"]);
    let dir = repo.path().join("r");
    assert_eq!(gazette(&dir, &["check"]), "0 versions in 0 servers: nothing to object to\nexit 0\n");
}

#[test]
fn neither_a_site_nor_a_key_is_committed_by_accident() {
    let repo = Repo::new();
    let dir = repo.path().join("r");
    assert!(gazette(repo.path(), &["new", "r"]).ends_with("exit 0\n"));
    repo.git(&["add", "-A"]);
    repo.git(&["commit", "--quiet", "-m", "begin"]);
    for command in ["build", "keygen"] {
        let printed = gazette(&dir, &[command]);
        assert!(printed.ends_with("exit 0\n"), "{printed}");
    }
    assert!(dir.join("public/index.html").exists() && dir.join("gazette.key").exists());
    assert_eq!(repo.git(&["status", "--porcelain", "--untracked-files=all"]), "");
}

#[test]
fn every_setting_of_the_template_can_be_set() {
    let template = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/new/registry.toml")).expect("a template");
    let set: Vec<&str> = template
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.contains(" = ") && !rest.contains('<') || rest.starts_with('[') && rest.ends_with(']') => rest,
            _ => line,
        })
        .collect();
    let set = set.join("\n");
    assert!(set.contains("\nmode = \"proven\"") && set.contains("\n[packages.npm]"), "{set}");
    gazette::config::Config::parse("registry.toml", &set).expect("every setting is known");
}

#[test]
fn programs_are_told_the_same() {
    let repo = repository(&[(PATH, OLD)]);
    let printed = gazette(repo.path(), &["check", "--format", "json"]);
    let (json, code) = printed.rsplit_once("exit ").expect("an exit status");
    let report: Value = serde_json::from_str(json).expect("JSON");
    assert_eq!((report["version"].as_u64(), report["verdict"].as_str(), code), (Some(1), Some("reject"), "1\n"));
    let finding = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .find(|finding| finding["rule"] == "spelling-is-current")
        .expect("the finding");
    for member in ["rule", "verdict", "path", "pointer", "line", "column", "message", "help", "fixable"] {
        assert!(!finding[member].is_null(), "{member}");
    }
    let counted: u64 =
        ["note", "review", "reject"].iter().map(|verdict| report["counts"][verdict].as_u64().expect("a count")).sum();
    assert_eq!(counted, report["findings"].as_array().expect("findings").len() as u64);

    let github = gazette(repo.path(), &["check", "--format", "github"]);
    assert!(github.starts_with(&format!("::error file={PATH},line=1,col=")), "{github}");

    let sarif = gazette(repo.path(), &["check", "--format", "sarif"]);
    let sarif: Value = serde_json::from_str(sarif.rsplit_once("exit ").expect("an exit status").0).expect("JSON");
    let run = &sarif["runs"][0];
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let repo = repository(&[(PATH, OLD)]);
    assert!(!gazette(repo.path(), &["check"]).contains('\x1b'));
    assert!(gazette(repo.path(), &["check", "--color", "always"]).contains("\x1b[1;31mreject["));
}

#[test]
fn an_operators_mistake_is_answered_with_the_way_out() {
    let repo = repository(&[]);
    for (args, error, help) in [
        (&["check", "--data", "nowhere"][..], "there is no folder `nowhere`", "--data DIR"),
        (&["check", "--base", "nowhere"], "`nowhere` names no commit", "git fetch"),
        (&["explain", "version-is-knew"], "there is no rule `version-is-knew`", "gazette explain version-is-new"),
        (&["check", "--base", "HEAD", "--evidence", "none.json"], "could not read `none.json`", ""),
    ] {
        let printed = gazette(repo.path(), args);
        assert!(
            printed.contains(&format!("error: {error}")) && printed.contains(help) && printed.ends_with("exit 2\n"),
            "{args:?}: {printed}"
        );
    }
    put(repo.path(), "registry-data/registry.toml", format!("{CONFIG}[rules]\nversion-is-immutable = \"note\"\n"));
    let printed = gazette(repo.path(), &["check"]);
    assert!(printed.contains("error: registry-data/registry.toml:4:1: the rule `version-is-immutable` is locked"), "{printed}");
    let nowhere = tempfile::tempdir().expect("a folder");
    let printed = gazette(nowhere.path(), &["check"]);
    assert!(printed.contains("found no `registry-data/registry.toml`") && printed.contains("gazette new DIR"), "{printed}");
}

#[test]
fn without_git_there_is_as_of() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("registry-data");
    fs::create_dir_all(&data).expect("a folder");
    fs::write(data.join("registry.toml"), CONFIG).expect("a file");
    let printed = gazette(dir.path(), &["check"]);
    assert!(printed.contains("is in no git repository") && printed.contains("--as-of"), "{printed}");
    let printed = gazette(dir.path(), &["check", "--as-of", "2026-01-31T00:00:00Z"]);
    assert_eq!(printed, "0 versions in 0 servers: nothing to object to\nexit 0\n");
}
