//! What operators are handed: the template for `CloudFormation` says what the program says, the workflows of a new registry
//! refuse what nobody has filled in, the image is built of everything that the program needs.

use std::{collections::BTreeSet, fs, path::Path};

use gazette::plan::limits::{Limit, Limits, Share};
use serde_json::Value;

use crate::{
    gazette::{bless, gazette},
    repo::Repo,
};

const TEMPLATE: &str = "templates/operations/aws.yaml";

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What `build` writes for CloudFront beside a site.
fn hosting(file: &str) -> String {
    read(&format!("tests/cases/site/small/expected/.gazette/hosting/{file}"))
}

fn indented(text: &str, spaces: usize) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{}{line}\n", " ".repeat(spaces)) };
    text.lines().map(line).collect()
}

/// From behind the line `key:` to the first line that stands no deeper.
fn block<'a>(text: &'a str, key: &str) -> &'a str {
    let start = text.lines().map(|line| line.len() + 1).scan(0, |at, length| Some(std::mem::replace(at, *at + length)));
    let lines: Vec<(usize, &str)> = start.zip(text.lines()).collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let at = lines.iter().position(|(_, line)| line.trim_start() == key).unwrap_or_else(|| panic!("there is no line `{key}`"));
    let inside = |line: &str| line.is_empty() || depth(line) > depth(lines[at].1);
    let end = lines[at + 1..].iter().find(|(_, line)| !inside(line)).map_or(text.len(), |(start, _)| *start);
    text[lines[at + 1].0..end].trim_end_matches('\n')
}

#[test]
fn cloudformation_gets_the_function_that_a_build_writes() {
    let template = read(TEMPLATE);
    let built = hosting("cloudfront-function.js");
    assert!(!built.contains("${"), "`Fn::Sub` would take it for a parameter");
    let ours = built.replace("const PREFIX = \"\";", "const PREFIX = \"${Path}\";").replace("FOLDER = true;", "FOLDER = false;");
    assert_eq!(ours.len() - built.len(), "${Path}".len() + 1, "both constants are there");
    assert!(ours.len() < 10_240, "a function has at most 10 kB");
    let whole = template.replace(block(&template, "Fn::Sub: |"), indented(&ours, 10).trim_end_matches('\n'));
    bless(&top().join(TEMPLATE), &whole).unwrap_or_else(|difference| panic!("{difference}"));
}

/// A policy as `CloudFormation` spells it: lists are not counted there.
fn spelt(value: &Value, depth: usize) -> String {
    let Value::Object(members) = value else { panic!("an object") };
    let line = |(name, value): (&String, &Value)| match value {
        Value::Object(list) if list.contains_key("Quantity") => {
            let items: String = list["Items"].as_array().expect("a list").iter().map(|item| format!("  - {item}\n")).collect();
            indented(&format!("{name}:\n  Items:\n{}", indented(&items, 2)), depth)
        }
        Value::Object(_) => indented(&format!("{name}:"), depth) + &spelt(value, depth + 2),
        Value::String(text) => indented(&format!("{name}: {text}"), depth),
        other => indented(&format!("{name}: {other}"), depth),
    };
    members.iter().map(line).collect()
}

#[test]
fn cloudformation_gets_the_headers_that_a_build_writes() {
    let policy: Value = serde_json::from_str(&hosting("cloudfront-headers.json")).expect("JSON");
    let expected = spelt(&policy, 8).replace("Name: gazette\n", "Name: !Sub \"${AWS::StackName}-headers\"\n");
    assert_eq!(block(&read(TEMPLATE), "ResponseHeadersPolicyConfig:"), expected.trim_end());
}

#[test]
fn the_role_may_do_what_the_adapters_do_and_no_more() {
    let mut expected = BTreeSet::new();
    for (adapter, calls) in [
        ("src/adapters/s3.rs", [".get_object()", ".delete_object()", ".list_objects_v2()"].as_slice()),
        ("src/adapters/s3/lines.rs", &[".put_object()"]),
        ("src/adapters/cloudfront.rs", &[".create_invalidation()"]),
    ] {
        let code = read(adapter);
        let after = code.split("client").skip(1).map(str::trim_start).filter(|rest| rest.starts_with('.'));
        let requests = after.filter_map(|rest| rest.split_inclusive("()").next());
        for request in requests.filter(|request| *request != ".clone()") {
            assert!(calls.contains(&request), "{adapter} asks `{request}`: which action of the role is that?");
        }
        expected.extend(calls.iter().filter(|call| code.contains(**call)).map(|call| match *call {
            ".get_object()" => "s3:GetObject",
            ".put_object()" => "s3:PutObject",
            ".delete_object()" => "s3:DeleteObject",
            ".list_objects_v2()" => "s3:ListBucket",
            _ => "cloudfront:CreateInvalidation",
        }));
    }
    let template = read(TEMPLATE);
    let policies = block(&template, "Policies:");
    let allowed: BTreeSet<&str> = policies
        .split('"')
        .skip(1)
        .step_by(2)
        .filter(|text| text.starts_with("s3:") || text.starts_with("cloudfront:"))
        .collect();
    assert_eq!(allowed, expected);
}

#[test]
fn the_state_of_publishers_is_for_no_reader() {
    let template = read(TEMPLATE);
    let folder = gazette::publish::state::KEY.split('/').next().expect("a folder");
    let policy = block(&template, "BucketPolicy:");
    let denied = policy.split("- Sid: ").find(|statement| statement.starts_with("NotTheState")).expect("the statement");
    assert!(denied.contains("Effect: Deny") && denied.contains("Service: cloudfront.amazonaws.com"), "{denied}");
    assert!(denied.contains(&format!("Resource: !Sub \"${{Bucket.Arn}}${{Path}}/{folder}/*\"")), "{denied}");
}

/// The row of each limit names it and its numbers.
#[test]
fn the_limits_are_documented_as_they_are() {
    let text = read("docs/operating.md");
    let Limits { deletes, changes, counts, tiny_bytes, list_bytes, ahead } = Limits::default();
    let share = |Share { free, percent, most }: Share| vec![free, percent, most];
    for limit in Limit::ALL {
        let start = format!("| `{limit}` | ");
        let row = text.lines().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("`{limit}` has no row"));
        let refuses = row.split(" | ").nth(1).expect("a column").replace(',', "");
        let numbers: Vec<u64> = refuses.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
        let expected = match limit {
            Limit::Deletes => share(deletes),
            Limit::Changes => share(changes),
            Limit::Counts => share(counts),
            Limit::Tiny => vec![tiny_bytes, list_bytes],
            Limit::Clock => vec![ahead.unsigned_abs()],
            _ => Vec::new(),
        };
        assert_eq!(numbers, expected, "{row}");
    }
}

/// The image is built by the toolchain of the project, and of everything that is built in.
#[test]
fn the_image_is_built_of_what_the_program_needs() {
    let toolchain = read("rust-toolchain.toml");
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).expect("a channel").trim_matches('"');
    assert!(read("Dockerfile").contains(&format!("ARG RUST=rust:{channel}-")), "the Dockerfile builds with another toolchain");
    let ignored = read(".dockerignore");
    let sent: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let mut included = 0;
    for file in crate::repo::files_below(&top().join("src")) {
        let text = String::from_utf8(file.bytes).unwrap_or_default();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for path in code.split("include_str!(\"../").skip(1).filter_map(|rest| rest.split('"').next()) {
            let first = path.trim_start_matches("../").split('/').next().expect("a name");
            let there = sent.contains(&first) || top().join("src").join(first).exists();
            assert!(there, "src/{} includes {path}, which .dockerignore leaves out", file.path);
            included += 1;
        }
    }
    assert!(included > 10, "the test looks at nothing");
    for needed in ["Cargo.toml", "Cargo.lock", "src"] {
        assert!(sent.contains(&needed), "{needed}");
    }
}

/// The script of a workflow's or action's step, run as a runner would: what it says, and how it exits.
#[cfg(unix)]
fn step(dir: &Path, file: &str, name: &str) -> String {
    let text = fs::read_to_string(dir.join(file)).expect("a workflow");
    let from = text.find(&format!("- name: {name}\n")).unwrap_or_else(|| panic!("{file} has no step `{name}`"));
    let script: String = block(&text[from..], "run: |").lines().map(|line| format!("{}\n", line.trim_start())).collect();
    let pin = dir.join(".github/actions/gazette/pin");
    let mut bash = std::process::Command::new("bash");
    bash.args(["-c", &script]).current_dir(dir).env("PIN", pin).env("GITHUB_WORKSPACE", dir).env("RUNNER_TEMP", dir);
    crate::gazette::run(&mut bash)
}

/// Writes a registry as `gazette new` does.
#[cfg(unix)]
fn fresh() -> (Repo, std::path::PathBuf) {
    let repo = Repo::new();
    assert!(gazette(repo.path(), &["new", "r"]).ends_with("exit 0\n"));
    let dir = repo.path().join("r");
    (repo, dir)
}

#[cfg(unix)]
#[test]
fn a_new_registry_says_which_program_is_missing() {
    let (_repo, dir) = fresh();
    let (action, name) = (".github/actions/gazette/action.yml", "Fetch the pinned program");
    let pin = dir.join(".github/actions/gazette/pin");
    let printed = step(&dir, action, name);
    let start = "::error file=.github/actions/gazette/pin::.github/actions/gazette/pin pins no program yet: write the address";
    assert!(printed.starts_with(start) && printed.ends_with("exit 2\n"), "{printed}");
    fs::write(&pin, "url=http://downloads.example.com/gazette\nsha256=1\n").expect("a file");
    let printed = step(&dir, action, name);
    assert!(printed.contains("needs one line url=https://… and one line sha256=<64 hex digits>"), "{printed}");
    fs::remove_file(&pin).expect("a file");
    let printed = step(&dir, action, name);
    assert!(printed.contains("there is no .github/actions/gazette/pin") && printed.ends_with("exit 2\n"), "{printed}");
}

#[cfg(unix)]
#[test]
fn a_new_registry_says_what_keeps_it_from_being_published() {
    let (_repo, dir) = fresh();
    let (workflow, name) = (".github/workflows/publish.yml", "Look for what nobody has filled in yet");
    let printed = step(&dir, workflow, name);
    for missing in ["title is still", "base_url is still", "there is no [publish.production]"] {
        assert!(printed.contains(&format!("::error file=registry-data/registry.toml::registry-data/registry.toml: {missing}")));
    }
    assert!(printed.ends_with("exit 2\n"), "{printed}");
    let toml = dir.join("registry-data/registry.toml");
    let text = fs::read_to_string(&toml).expect("settings");
    let text = text.replace("\"My MCP registry\"", "\"Ours\"").replace("https://registry.example.com", "https://mcp.example.com");
    fs::write(&toml, text + "\n[publish.production]\ntarget = \"dir:public\"\n").expect("settings");
    assert_eq!(step(&dir, workflow, name), "exit 0\n");
}
