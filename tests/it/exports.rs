//! What other tools read, held to what they accept: by golden cases, and with entries that hold whatever they can.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};

use crate::{
    gazette::{bless, gazette},
    repo::{copy, files_below, put},
    schemas::{corpus, documents::rich, edits::any_edit, read},
};

mod entries;

use entries::{HUSH, any_entry, any_provided};

const CONFIG: &str = "title = \"Cases\"\nbase_url = \"https://registry.example.com\"\n";

/// Builds what lies in a folder as of one time, and gives the folder that was built.
fn build(dir: &Path) -> PathBuf {
    if !dir.join("registry-data/registry.toml").exists() {
        put(dir, "registry-data/registry.toml", CONFIG);
    }
    let printed = gazette(dir, &["build", "--as-of", "2026-01-01T00:00:00Z", "--data", "registry-data", "--out", "public"]);
    assert!(printed.ends_with("exit 0\n"), "{printed}");
    dir.join("public")
}

/// `tests/cases/exports/<case>/registry-data` and, below `expected`, the exports that it makes; JSON laid out for readers.
#[test]
fn every_export_is_as_it_was_accepted() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/exports");
    let mut cases: Vec<PathBuf> = fs::read_dir(cases).expect("cases").map(|entry| entry.expect("an entry").path()).collect();
    cases.sort();
    assert!(!cases.is_empty(), "no cases");
    let mut wrong = Vec::new();
    for case in cases {
        let dir = tempfile::tempdir().expect("a folder");
        copy(&case.join("registry-data"), &dir.path().join("registry-data"));
        let public = build(dir.path());
        let is_export = |path: &str| {
            let whole = ["registry", "kiro", "allowed-mcp-servers", "docker-catalog"].iter().any(|stem| path.starts_with(stem));
            let below = ["exports/", "groups/", "discovery/", ".well-known/"].iter().any(|top| path.starts_with(top));
            (whole || below) && !path.ends_with("index.html") && !path.contains("/v0/")
        };
        let built: Vec<_> = files_below(&public).into_iter().filter(|file| is_export(&file.path)).collect();
        let (mut expected, mut found) = (BTreeSet::new(), BTreeSet::new());
        expected.extend(files_below(&case.join("expected")).into_iter().map(|file| file.path));
        for file in built {
            let text = String::from_utf8(file.bytes).expect("UTF-8");
            let laid_out = match serde_json::from_str::<Value>(&text) {
                Ok(value) => serde_json::to_string_pretty(&value).expect("JSON") + "\n",
                Err(_) => text,
            };
            let path = case.join("expected").join(&file.path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            wrong.extend(bless(&path, &laid_out).err());
            found.insert(file.path);
        }
        wrong.extend(expected.difference(&found).map(|path| format!("{}: {path} is not built any more", case.display())));
    }
    assert!(wrong.is_empty(), "BLESS=1 accepts:\n\n{}", wrong.join("\n\n"));
}

/// So many servers, of which every other is a rich document with a few edits, and the rest is made of words.
const SERVERS: usize = 240;

/// A registry of entries that no rule has looked at, and the folder that it builds.
fn hostile() -> (tempfile::TempDir, PathBuf) {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let dir = tempfile::tempdir().expect("a folder");
    let dates = ["2025-07-09", "2025-09-29", "2025-10-17", "2025-12-11"];
    let edits = prop::collection::vec(any_edit(), 0..=3);
    let mut names = Vec::new();
    for number in 0..SERVERS {
        let mut document = if number % 2 == 0 {
            let mut document = rich(dates[number / 2 % dates.len()]);
            for edit in edits.new_tree(&mut runner).expect("a value").current() {
                edit.apply(&mut document);
            }
            document
        } else {
            any_entry().new_tree(&mut runner).expect("a value").current()
        };
        let provided = any_provided().new_tree(&mut runner).expect("a value").current();
        let Some(members) = document.as_object_mut() else { continue };
        let name = format!("com.example{}/s{number}", number % 7);
        members.insert("name".to_owned(), name.as_str().into());
        members.insert("version".to_owned(), "1.0.0".into());
        members.insert("_meta".to_owned(), json!({ "io.modelcontextprotocol.registry/publisher-provided": provided }));
        put(dir.path(), &format!("registry-data/servers/{name}/1.0.0.json"), document.to_string());
        if number % 9 == 0 {
            put(dir.path(), &format!("registry-data/servers/{name}/status.json"), "{\"status\": \"deprecated\"}");
        }
        names.push(name);
    }
    let group = format!("name = \"All\"\ndescription = \"All\"\nservers = {names:?}\n");
    put(dir.path(), "registry-data/groups/all.toml", group);
    let public = build(dir.path());
    (dir, public)
}

#[test]
fn whatever_entries_hold_the_exports_are_what_tools_accept() {
    let (_dir, public) = hostile();
    schemas(&public);
    let list = read(&public.join("v0.1/servers/index.json"));
    let all: BTreeSet<&str> = items(&list["servers"]).map(|record| text(&record["server"]["name"])).collect();
    assert!(all.len() > SERVERS * 9 / 10, "a thin registry: {} servers", all.len());

    let toolhive = read(&public.join("registry.json"));
    let listed: BTreeSet<&str> = items(&toolhive["data"]["servers"]).map(|server| text(&server["name"])).collect();
    assert!(listed.len() > 60, "ToolHive gets {} servers", listed.len());
    told(&public.join("registry.dropped.json"), &all, &listed);

    let kiro = read(&public.join("kiro.json"));
    let mut listed = BTreeSet::new();
    for server in items(&kiro["servers"]).map(|entry| &entry["server"]) {
        let name = text(&server["name"]);
        assert!(
            (3..=200).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)),
            "{name}"
        );
        let ways = items(&server["packages"]).count() + items(&server["remotes"]).count();
        assert_eq!(ways, 1, "{server}");
        listed.extend(all.iter().find(|all| all.replace('/', "_") == name).copied());
    }
    assert_eq!(listed.len(), items(&kiro["servers"]).count());
    assert!(listed.len() > 20, "Kiro gets {} servers", listed.len());
    told(&public.join("kiro.dropped.json"), &all, &listed);

    editors(&read(&public.join("allowed-mcp-servers.json")));
    docker(&public, &all);

    let market = read(&public.join("exports/mcphub/servers.json"));
    let listed: BTreeSet<&str> = market.as_object().expect("an object").keys().map(String::as_str).collect();
    assert!(listed.len() > 30, "MCPHub gets {} servers", listed.len());
    told(&public.join("exports/mcphub/servers.dropped.json"), &all, &listed);
    let discovery = read(&public.join("discovery/servers/index.json"));
    assert_eq!(discovery["data"]["total"], listed.len());
    assert_eq!(items(&discovery["data"]["servers"]).count(), listed.len());
    assert_eq!(read(&public.join(".well-known/mcp-marketplace"))["total_servers"], listed.len());
    for name in &all {
        let install = public.join(format!("discovery/servers/{name}/install"));
        assert_eq!(install.exists(), listed.contains(name), "{name}");
    }

    for file in ["settings", "vscode", "copilot", "mcp-servers"] {
        let settings = read(&public.join(format!("groups/all/{file}.json")));
        let servers = if file.ends_with('s') { &settings["mcpServers"] } else { &settings["servers"] };
        assert!(servers.as_object().expect("an object").len() > 30, "{file}");
        let inputs: BTreeSet<&str> = items(&settings["inputs"]).map(|input| text(&input["id"])).collect();
        assert_eq!(inputs.len(), items(&settings["inputs"]).count(), "{file}: two inputs have one id");
    }
    assert_eq!(read(&public.join("groups/all/v0.1/servers/index.json"))["servers"], list["servers"]);

    assert!(list.to_string().contains(HUSH), "no entry holds a secret, so nothing is shown");
    // A server's own document says what its author wrote; everything that is made of it keeps silent.
    let tells =
        |path: &str| ["v0", "servers/", "originals/", "registry.json", "groups/all/v0"].iter().any(|top| path.starts_with(top));
    let mut silent = 0;
    for file in files_below(&public).iter().filter(|file| !tells(&file.path)) {
        let text = String::from_utf8_lossy(&file.bytes);
        assert!(!text.contains(HUSH), "{} holds a secret", file.path);
        silent += usize::from(file.path.ends_with(".json"));
    }
    assert!(silent > 20, "the test looks at nothing");
}

/// `ToolHive` and Kiro accept their files by their own schemas, where those are present.
fn schemas(public: &Path) {
    let Some(corpus) = corpus() else { return crate::schemas::left_out() };
    let document = read(&public.join("registry.json"));
    let own = corpus.join("toolhive");
    let errors = |schema: &Value, document: &Value| -> Vec<String> {
        let corpus = corpus.clone();
        let options = jsonschema::options().should_validate_formats(true).with_retriever(Published { corpus });
        let validator = options.build(schema).expect("a schema");
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
    };
    let found = errors(&read(&own.join("upstream-registry.schema.json")), &document);
    assert!(found.is_empty(), "{found:#?}");
    // Go reads `\0` as the character of that number, and Rust does not.
    let provided_schema = read(&own.join("publisher-provided.schema.json")).to_string().replace(r"\\0]", r"\\x00]");
    let provided_schema: Value = serde_json::from_str(&provided_schema).expect("JSON");
    let mut extensions = 0;
    for server in items(&document["data"]["servers"]) {
        let Some(provided) = server["_meta"].get("io.modelcontextprotocol.registry/publisher-provided") else { continue };
        let found = errors(&provided_schema, provided);
        assert!(found.is_empty(), "{}: {found:#?}", server["name"]);
        extensions += provided.get("io.github.stacklok").map_or(0, |known| known.as_object().expect("an object").len());
    }
    assert!(extensions > 10, "only {extensions} extensions");
    let mut kiro = read(&corpus.join("kiro.schema.json"));
    // The draft's address is misspelt there.
    kiro["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    let found = errors(&kiro, &read(&public.join("kiro.json")));
    assert!(found.is_empty(), "{found:#?}");
}

/// The schemas that ToolHive's refers to; of skills and plugins there are none.
struct Published {
    corpus: PathBuf,
}

impl jsonschema::Retrieve for Published {
    fn retrieve(&self, uri: &jsonschema::Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let date = "2025-12-11";
        if uri.as_str().starts_with(&format!("https://static.modelcontextprotocol.io/schemas/{date}/")) {
            return Ok(read(&self.corpus.join(format!("official/schemas/{date}.server.schema.json"))));
        }
        Ok(json!(false))
    }
}

/// Every line of a list of what is left out is whole, and it names each server that is missing.
fn told(path: &Path, all: &BTreeSet<&str>, listed: &BTreeSet<&str>) {
    let dropped = read(path);
    let mut missing: BTreeSet<&str> = all.difference(listed).copied().collect();
    assert!(!missing.is_empty(), "{}: nothing is left out, so nothing is shown", path.display());
    for line in items(&dropped["dropped"]) {
        let members: Vec<&String> = line.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["server", "version", "what", "why"], "{line}");
        assert!(line.as_object().expect("an object").values().all(Value::is_string), "{line}");
        assert!(all.contains(text(&line["server"])) && !text(&line["why"]).is_empty(), "{line}");
        if line["what"] == "server" {
            assert!(missing.remove(text(&line["server"])), "{line} is listed all the same");
        }
    }
    assert_eq!(missing, BTreeSet::new(), "{}: nothing is said of these", path.display());
}

fn editors(allowed: &Value) {
    let mut kinds = BTreeSet::new();
    for line in items(&allowed["allowedMcpServers"]) {
        let members: &Map<String, Value> = line.as_object().expect("an object");
        let (kind, value) = members.iter().next().expect("a member");
        assert_eq!(members.len(), 1, "{line}");
        let words: Vec<&str> = value.as_array().map_or_else(|| vec![text(value)], |words| words.iter().map(text).collect());
        assert!(!words.is_empty() && !words.iter().any(|word| word.contains("${")), "{line}");
        match &**kind {
            "serverName" => assert!(words[0].chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{line}"),
            "serverUrl" => assert!(words[0].starts_with("https://") && !words[0].contains('*'), "{line}"),
            "serverCommand" => {
                assert!(["npx", "bunx", "uvx", "pipx", "docker", "podman", "nerdctl", "dnx"].contains(&words[0]), "{line}");
            }
            other => panic!("{other}"),
        }
        kinds.insert(kind.as_str());
    }
    assert_eq!(kinds.len(), 3, "{kinds:?}");
}

/// Every text of the catalog stands in double quotes, on one line, and no server twice.
fn docker(public: &Path, all: &BTreeSet<&str>) {
    let catalog = fs::read_to_string(public.join("docker-catalog.yaml")).expect("a catalog");
    let mut keys = BTreeSet::new();
    for line in catalog.lines() {
        let rest = line.trim_start_matches(' ').trim_start_matches("- ");
        let plain = ["name: ", "displayName: ", "registry:", "-"].iter().any(|start| rest.starts_with(start));
        assert!(plain || rest.starts_with('"'), "{line}");
        assert!(rest.ends_with(['"', ':', '-']) || rest.ends_with(" []") || rest.ends_with(" {}"), "{line}");
        assert!(
            !line.chars().any(|c| c.is_control() || ('\u{80}'..='\u{9f}').contains(&c) || "\u{2028}\u{2029}\u{feff}".contains(c))
        );
        if let Some(key) = line.strip_prefix("  \"").and_then(|rest| rest.strip_suffix("\":")) {
            assert!(keys.insert(key.replace('_', "/")), "{line} twice");
        }
    }
    assert!(keys.len() > 20, "Docker gets {} servers", keys.len());
    told(&public.join("docker-catalog.dropped.json"), all, &keys.iter().map(String::as_str).collect());
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

/// A POSIX shell takes every word that is quoted for it as it was.
#[cfg(unix)]
#[test]
fn a_shell_reads_quoted_words_as_they_were() {
    use gazette::site::exports::{settings::shell_word, template::Template};

    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let word = "[ -~é\n\t]{0,12}|~|~/a|#a|a#|!!|\\$\\(id\\)|`id`|\\*|-n|a=b|\\{a,b\\}";
    let words: Vec<String> = (0..500).map(|_| word.new_tree(&mut runner).expect("a value").current()).collect();
    let quoted: Vec<String> = words.iter().map(|word| shell_word(&Template::text(&**word))).collect();
    let script = format!("printf '%s\\0' {}", quoted.join(" "));
    let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("a shell");
    let read: Vec<&str> = std::str::from_utf8(&output.stdout).expect("UTF-8").split_terminator('\0').collect();
    assert_eq!(read, words);
}
