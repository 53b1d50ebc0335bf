//! Submissions by people who mean harm, where the harm is in the size; the others are cases in `tests/cases/check/hostile`.
//! What is quadratic somewhere takes minutes here instead of seconds.

use crate::{
    gazette::gazette,
    repo::{File, Repo},
};

const CONFIG: &str = "title = \"Cases\"\nbase_url = \"https://registry.example.com\"\n";
const SCHEMA: &str = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";

fn entry(name: &str, version: &str, description: &str) -> String {
    format!(
        "{{\"$schema\": \"{SCHEMA}\", \"name\": \"{name}\", \"description\": \"{description}\", \"version\": \"{version}\"}}\n"
    )
}

fn version(namespace: &str, name: &str, version: &str) -> File {
    let path = format!("registry-data/servers/{namespace}/{name}/{version}.json");
    File::new(&path, entry(&format!("{namespace}/{name}"), version, "Echoes what it is told"))
}

fn config() -> File {
    File::new("registry-data/registry.toml", CONFIG)
}

/// What check says of trees committed one after the other, of which the last two are base and head.
fn judged(trees: &[Vec<File>], args: &[&str]) -> String {
    let repo = Repo::new();
    let ids = repo.commit_trees(trees);
    let [.., base, head] = &ids[..] else { panic!("two trees at least") };
    gazette(repo.path(), &[&["check", "--data", "registry-data", "--base", base, "--head", head], args].concat())
}

#[test]
fn a_file_of_100_megabytes_is_refused_unread() {
    let large = |path: &str| File::new(path, vec![b' '; 100_000_000]);
    let head = vec![
        config(),
        large("registry-data/servers/com.example/echo/1.0.0.json"),
        large("registry-data/servers/com.example/echo/status.json"),
    ];
    let printed = judged(&[vec![config()], head], &["--author", "mallory:666"]);
    assert_eq!(printed.matches("reject[file-is-small]: the file has 100000000 bytes").count(), 2, "{printed}");
    assert!(printed.ends_with("exit 1\n"), "{printed}");
}

#[test]
fn a_configuration_of_100_megabytes_is_refused_unread() {
    let head = vec![File::new("registry-data/registry.toml", vec![b'#'; 100_000_000])];
    let printed = judged(&[vec![config()], head], &["--author", "mallory:666"]);
    assert!(printed.contains("reject[config-is-valid]") && printed.contains("reject[author-may-touch-path]"), "{printed}");
}

#[test]
fn fifty_thousand_files_make_a_short_report() {
    let head = (0..50_000)
        .map(|n| version("com.example", &format!("server-{}", n / 10), &format!("1.0.{n}")))
        .chain([config()])
        .collect();
    let printed = judged(&[vec![config()], head], &["--author", "mallory:666"]);
    assert!(printed.contains("reject[change-is-small]: this change touches 50000 files"), "{printed}");
    assert_eq!(printed.matches("reject[author-may-touch-path]").count(), 1, "{printed}");
    assert!(printed.contains("; 50000 files"), "{printed}");
    assert!(printed.len() < 100_000 && printed.ends_with("exit 1\n"));
}

#[test]
fn fifty_thousand_case_twins_are_told_once_for_each_folder() {
    let twin = |n: usize| if n.is_multiple_of(2) { format!("s{}", n / 2) } else { format!("S{}", n / 2) };
    let head = (0..50_000).map(|n| version("com.example", &twin(n), "1.0.0")).chain([config()]).collect();
    let printed = judged(&[vec![config()], head], &["--author", "mallory:666"]);
    assert!(printed.contains("reject[paths-differ-beyond-case]"), "{printed}");
    assert!(printed.len() < 100_000 && printed.ends_with("exit 1\n"));
}

#[test]
fn fifty_thousand_removals_make_a_short_report() {
    let all: Vec<File> = (0..50_000).map(|n| version("com.example", "echo", &format!("1.0.{n}"))).chain([config()]).collect();
    let printed = judged(&[all, vec![config()]], &["--author", "mallory:666"]);
    assert!(printed.contains("reject[removal-is-recorded]"), "{printed}");
    assert!(printed.len() < 100_000 && printed.ends_with("exit 1\n"));
}

#[test]
fn a_text_of_10_megabytes_is_refused() {
    let head = |config: &str| {
        let text = "x".repeat(10_000_000);
        vec![
            File::new("registry-data/registry.toml", config),
            File::new("registry-data/servers/com.example/echo/1.0.0.json", entry("com.example/echo", "1.0.0", &text)),
        ]
    };
    let printed = judged(&[vec![config()], head(CONFIG)], &["--author", "mallory:666"]);
    assert!(printed.contains("reject[file-is-small]"), "{printed}");
    assert!(printed.len() < 10_000, "{}", printed.len());
}

#[test]
fn a_long_text_in_a_large_file_is_shown_in_part() {
    let roomy = format!("{CONFIG}\n[limits]\nentry_bytes = 4194304\n");
    let head = vec![
        File::new("registry-data/registry.toml", roomy.as_str()),
        File::new(
            "registry-data/servers/com.example/echo/1.0.0.json",
            entry("com.example/echo", "1.0.0", &"\\u202e".repeat(500_000)),
        ),
    ];
    let printed = judged(&[vec![File::new("registry-data/registry.toml", roomy.as_str())], head], &["--author", "mallory:666"]);
    assert!(printed.contains("reject[strings-are-bounded]") && printed.contains("reject[text-is-visible]"), "{printed}");
    assert!(printed.len() < 10_000, "{}", printed.len());
}

/// One file of the largest size that is read, full of one mistake.
fn full_of(file: &str, before: &str, mistake: &str, after: &str) -> String {
    let room = 262_144 - before.len() - after.len();
    let text = format!("{before}{}{after}", mistake.repeat(room / mistake.len()));
    let head = vec![config(), File::new(&format!("registry-data/servers/com.example/echo/{file}"), text)];
    let printed = judged(&[vec![config()], head], &["--author", "mallory:666"]);
    assert!(printed.len() < 100_000 && printed.ends_with("exit 1\n"), "{}", &printed[..1_000]);
    printed
}

#[test]
fn a_file_full_of_mistakes_makes_a_short_report() {
    let entry = entry("com.example/echo", "1.0.0", "Echoes what it is told");
    let before = entry.trim_end().trim_end_matches('}');
    let duplicates = full_of("1.0.0.json", &format!("{before}, \"a\": 1"), ",\"a\":1", "}");
    assert!(duplicates.contains("reject[json-keys-are-unique]"), "{duplicates}");
    let invisible = full_of("1.0.0.json", &format!("{before}, \"_meta\": {{\"a\": [1"), ",\"\u{200b}\"", "]}}");
    assert!(invisible.contains("reject[text-is-visible]"), "{invisible}");
    let unfit = full_of("1.0.0.json", &format!("{before}, \"packages\": [1"), ",1", "]}");
    assert!(unfit.contains("reject[schema-is-met]"), "{unfit}");
    let ranges = full_of("1.0.0.json", &format!("{before}, \"packages\": [1"), ",{\"version\":\"^1\"}", "]}");
    assert!(ranges.contains("reject[package-version-is-specific]"), "{ranges}");
    let unknown = full_of("1.0.0.json", &format!("{before}, \"packages\": [{{\"a\": 1"), ",\"b\":{}", "}]}");
    assert!(unknown.contains("reject"), "{unknown}");
    let status = full_of("status.json", "{\"versions\": {\"a\": {\"status\": \"active\"}", ",\"b\":1", "}}");
    assert!(status.contains("reject[status-is-valid]"), "{status}");
    let flaws = full_of("status.json", "{\"status\": \"active\", \"versions\": 1", ",\"b\":1", "}");
    assert!(flaws.contains("reject[status-is-valid]"), "{flaws}");
}

#[test]
fn a_folder_a_thousand_deep_is_judged() {
    let deep = format!("registry-data/{}1.0.0.json", "a/".repeat(1_000));
    let twin = format!("registry-data/{}1.0.0.json", "A/".repeat(1_000));
    let printed =
        judged(&[vec![config()], vec![config(), File::new(&deep, "{}"), File::new(&twin, "{}")]], &["--author", "mallory:666"]);
    assert!(printed.contains("reject[path-is-known]") && printed.contains("reject[path-is-portable]"), "{printed}");
    assert!(printed.contains("reject[paths-differ-beyond-case]"), "{printed}");
}

#[test]
fn a_long_name_above_many_values_takes_no_memory_for_their_pointers() {
    // Each of the 100,000 numbers has a pointer of 16,000 bytes; only what is told may be written out.
    let bomb = format!("{{\"{}\": [{}1]}}", "k".repeat(16_000), "1,".repeat(100_000));
    let head = vec![config(), File::new("registry-data/servers/com.example/echo/1.0.0.json", bomb)];
    let printed = judged(&[vec![config()], head], &["--author", "mallory:666"]);
    assert!(printed.contains("reject[schema-is-named]") && printed.ends_with("exit 1\n"), "{printed}");
}

#[test]
fn files_that_vanish_and_come_are_not_compared_with_each_other() {
    let texts = |folder: &str, salt: u32| -> Vec<File> {
        let line = |file: u32, line: u32| format!("{}\n", (file * 7_919 + line * 104_729 + salt) % 1_000_003);
        let text = |file: u32| (0..4_000).map(|at| line(file, at)).collect::<String>();
        (0..300).map(|file| File::new(&format!("{folder}/{file}.txt"), text(file))).collect()
    };
    let repo = Repo::new();
    let fork = [vec![config()], texts("old", 1)].concat();
    let base = [fork.clone(), vec![File::new("moved-on.txt", "x")]].concat();
    let head = [vec![config()], texts("new", 2)].concat();
    let ids = repo.commit_graph(&[fork, base, head], &[0, 1, 1]);
    let printed = gazette(
        repo.path(),
        &["check", "--data", "registry-data", "--base", &ids[1], "--head", &ids[2], "--author", "mallory:666"],
    );
    assert!(printed.contains("reject[author-may-touch-path]") && printed.ends_with("exit 1\n"), "{printed}");
}
