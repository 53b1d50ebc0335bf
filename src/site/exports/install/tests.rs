//! Every kind of package and remote, and what is run or asked for it.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The line of a package, each question in braces.
fn line(package: &Value) -> String {
    let server = json!({ "packages": [package] });
    match offers(&server).remove(0) {
        Ok(Offer { way: Way::Run(run), .. }) => {
            let words = run.argv().into_iter().map(|word| word.with(|ask| format!("{{{}}}", ask.id)));
            std::iter::once(run.program.to_owned()).chain(words).collect::<Vec<_>>().join(" ")
        }
        Ok(other) => format!("{:?}", other.way),
        Err(Flaw { at, why }) => format!("{at}: {why}"),
    }
}

fn package(kind: &str, identifier: &str, version: Option<&str>, more: &Value) -> Value {
    let mut package = json!({ "registryType": kind, "identifier": identifier, "transport": { "type": "stdio" } });
    package.as_object_mut().expect("an object").extend(version.map(|version| ("version".to_owned(), version.into())));
    package.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    package
}

#[test]
fn each_kind_is_run_in_its_own_way() {
    let arguments = json!({
        "runtimeArguments": [{ "type": "named", "name": "--cache", "value": "c" }],
        "packageArguments": [{ "type": "positional", "valueHint": "dir", "isRequired": true }, { "type": "named", "name": "-v" }],
        "environmentVariables": [{ "name": "KEY", "isSecret": true }],
    });
    for (kind, identifier, version, plain, full) in [
        ("npm", "@a/b", Some("1.2.0"), "npx -y @a/b@1.2.0", "npx -y --cache c @a/b@1.2.0 {DIR} -v"),
        ("npm", "b", None, "npx -y b", "npx -y --cache c b {DIR} -v"),
        ("pypi", "b[x,y]", Some("1!2.0"), "uvx b[x,y]==1!2.0", "uvx --cache c b[x,y]==1!2.0 {DIR} -v"),
        (
            "oci",
            "images.example.com:5000/a/b:1",
            None,
            "docker run -i --rm images.example.com:5000/a/b:1",
            "docker run -i --rm --cache c -e KEY images.example.com:5000/a/b:1 {DIR} -v",
        ),
        ("oci", "a/b", Some("1"), "docker run -i --rm a/b:1", "docker run -i --rm --cache c -e KEY a/b:1 {DIR} -v"),
        ("nuget", "A.B", Some("1.0"), "dnx A.B@1.0 --yes", "dnx --cache c A.B@1.0 --yes -- {DIR} -v"),
    ] {
        assert_eq!(line(&package(kind, identifier, version, &json!({}))), plain);
        assert_eq!(line(&package(kind, identifier, version, &arguments)), full);
    }
}

#[test]
fn hints_choose_among_known_programs() {
    let hinted = |kind, hint: &str| line(&package(kind, "b", Some("1"), &json!({ "runtimeHint": hint })));
    assert_eq!(hinted("npm", "bunx"), "bunx b@1");
    assert_eq!(hinted("pypi", "pipx"), "pipx run b==1");
    assert_eq!(hinted("oci", "podman"), "podman run -i --rm b:1");
    assert_eq!(hinted("npm", ""), "npx -y b@1");
    assert_eq!(hinted("npm", "sh"), "packages/0: the runtime `sh` is none of `npx`, `bunx`");
}

#[test]
fn what_an_author_repeats_is_given_once() {
    let words = |words: &[&str]| words.iter().map(|word| json!({ "type": "positional", "value": word })).collect::<Vec<_>>();
    let run = |kind, given: &[&str]| line(&package(kind, "b", Some("1"), &json!({ "runtimeArguments": words(given) })));
    assert_eq!(run("npm", &["--yes"]), "npx --yes b@1");
    assert_eq!(run("oci", &["run", "-it", "--rm", "-p", "1:1"]), "docker run -i --rm -p 1:1 b:1");
    assert_eq!(run("oci", &["--name", "run"]), "docker run -i --rm --name run b:1");
    let set = json!({
        "runtimeArguments": [{ "type": "named", "name": "-e", "value": "KEY={k}", "variables": { "k": { "isRequired": true } } }],
        "environmentVariables": [{ "name": "KEY", "isRequired": true }, { "name": "OTHER", "default": "o" }],
    });
    assert_eq!(line(&package("oci", "b", Some("1"), &set)), "docker run -i --rm -e KEY={K} -e OTHER b:1");
}

#[test]
fn optional_inputs_without_a_default_are_left_out_and_said() {
    let more = json!({
        "packageArguments": [
            { "type": "positional", "valueHint": "file" },
            { "type": "named", "name": "--lang", "description": "A language" },
            { "type": "named", "name": "--size", "default": "1" },
        ],
        "environmentVariables": [{ "name": "A" }, { "name": "B", "isRequired": true }],
    });
    let server = json!({ "packages": [package("npm", "b", Some("1"), &more)] });
    let Ok(Offer { way: Way::Run(run), omitted, .. }) = offers(&server).remove(0) else { panic!("no offer") };
    assert_eq!(run.argv().iter().map(Template::expandable).collect::<Vec<_>>(), ["-y", "b@1", "--size", "1"]);
    assert_eq!(run.environment.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["B"]);
    let omitted: Vec<&str> = omitted.iter().map(|flaw| &*flaw.at).collect();
    assert_eq!(omitted, ["packages/0/environmentVariables/0", "packages/0/packageArguments/0", "packages/0/packageArguments/1"]);
}

#[test]
fn what_is_no_package_is_told_and_never_run() {
    for (kind, identifier, version, why) in [
        ("cargo", "b", Some("1"), "packages/0: no program is known that runs packages of the type `cargo`"),
        ("npm", "--call=id", Some("1"), "packages/0: the identifier `--call=id` is none of its type"),
        ("npm", "github:a/b", None, "packages/0: the identifier `github:a/b` is none of its type"),
        ("npm", "../b", None, "packages/0: the identifier `../b` is none of its type"),
        ("npm", "@a/b/c", None, "packages/0: the identifier `@a/b/c` is none of its type"),
        ("npm", "", None, "packages/0: the identifier `` is none of its type"),
        ("pypi", "b @ https://example.com", None, "packages/0: the identifier `b @ https://example.com` is none of its type"),
        ("pypi", "b[", None, "packages/0: the identifier `b[` is none of its type"),
        ("oci", "--privileged", None, "packages/0: the identifier `--privileged` is none of its type"),
        ("oci", "a//b", None, "packages/0: the identifier `a//b` is none of its type"),
        ("npm", "b", Some("^1"), "packages/0: the version `^1` is no single version"),
        ("npm", "b", Some("1 --call=id"), "packages/0: the version `1 --call=id` is no single version"),
        ("mcpb", "http://example.com/b.mcpb", None, "packages/0: `http://example.com/b.mcpb` is no https address of a bundle"),
    ] {
        assert_eq!(line(&package(kind, identifier, version, &json!({}))), why);
    }
    for (more, why) in [
        (
            json!({ "environmentVariables": [{ "name": "A=B" }] }),
            "packages/0/environmentVariables/0: `A=B` can be no name of this kind",
        ),
        (
            json!({ "environmentVariables": [{ "name": "A", "value": "1" }, { "name": "a", "value": "2" }] }),
            "packages/0/environmentVariables/1: `a` is given twice",
        ),
        (
            json!({ "packageArguments": [{ "type": "positional", "value": "a\0b" }] }),
            "packages/0/packageArguments/0: it holds a control character",
        ),
        (json!({ "packageArguments": [{ "type": "named" }] }), "packages/0/packageArguments/0: a named argument without a name"),
    ] {
        assert_eq!(line(&package("npm", "b", None, &more)), why);
    }
}

#[test]
fn a_package_may_listen_where_its_inputs_say() {
    let more = json!({
        "transport": { "type": "streamable-http", "url": "http://127.0.0.1:{--port}/{path}?{KEY}", "headers": [{ "name": "X", "value": "1" }] },
        "packageArguments": [
            { "type": "named", "name": "--port", "default": "7520" },
            { "type": "positional", "valueHint": "path", "isRequired": true },
        ],
        "environmentVariables": [{ "name": "KEY", "isRequired": true }],
    });
    let server = json!({ "packages": [package("npm", "b", None, &more)] });
    let Ok(Offer { way: Way::Run(run), .. }) = offers(&server).remove(0) else { panic!("no offer") };
    let listens = run.listens.expect("an address");
    assert_eq!(listens.url.expandable(), "http://127.0.0.1:7520/${PATH_2}?${KEY}");
    assert_eq!(listens.headers.len(), 1);
}

#[test]
fn remotes_are_addresses_and_headers() {
    let remote = |remote: Value| match offers(&json!({ "remotes": [remote] })).remove(0) {
        Ok(Offer { way: Way::Connect(connect), .. }) => {
            let headers = connect.headers.iter().map(|(name, value)| format!(" {name}: {}", value.expandable()));
            format!("{} {}{}", connect.transport.as_str(), connect.url.expandable(), headers.collect::<String>())
        }
        Ok(other) => format!("{other:?}"),
        Err(Flaw { at, why }) => format!("{at}: {why}"),
    };
    let bearer = json!({ "name": "Authorization", "value": "Bearer {key}", "isSecret": true, "variables": { "key": { "default": "hush" } } });
    assert_eq!(
        remote(json!({ "type": "sse", "url": "https://{host}/sse", "variables": { "host": {} }, "headers": [bearer] })),
        "sse https://${HOST}/sse Authorization: Bearer ${KEY}"
    );
    for (bad, why) in [
        (
            json!({ "type": "sse", "url": "https://{host}/sse" }),
            "remotes/0: nothing declares what the braces in `https://{host}/sse` name",
        ),
        (json!({ "type": "sse", "url": "ftp://example.com" }), "remotes/0: `ftp://example.com` is no http address"),
        (json!({ "type": "sse", "url": "https://example.com/a b" }), "remotes/0: `https://example.com/a b` is no http address"),
        (json!({ "type": "stdio", "url": "https://example.com" }), "remotes/0: `stdio` is no transport"),
        (
            json!({ "type": "sse", "url": "https://example.com", "headers": [{ "name": "A:B" }] }),
            "remotes/0/headers/0: `A:B` can be no name of this kind",
        ),
        (
            json!({ "type": "sse", "url": "https://example.com", "headers": [{ "name": "A", "value": "b\r\nC: d" }] }),
            "remotes/0/headers/0: it holds a control character",
        ),
        (
            json!({ "type": "sse", "url": "https://example.com", "headers": [{ "name": "A", "value": "b\nC: d" }] }),
            "remotes/0: the header `A` holds a control character",
        ),
        (json!(null), "remotes/0: `` is no transport"),
    ] {
        assert_eq!(remote(bad), why);
    }
}

/// Any JSON with the words that mean something here.
pub(in crate::site::exports) fn anything() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        3 => proptest::sample::select(vec![
            "npm", "pypi", "oci", "nuget", "mcpb", "stdio", "sse", "streamable-http", "positional", "named", "npx", "a/b", "1.0",
            "https://example.com/{a}", "http://localhost:{--p}", "{a} {b}", "--p", "KEY", "", "${HOME}", "a\0b", "NO", "on", "1e3",
            "- x", "é\u{2028}", "'\"\\`$(id)", "com.example/x", "latest",
        ]).prop_map(Value::from),
        1 => "[ -~é\n]{0,6}".prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let key = proptest::sample::select(vec![
        "registryType",
        "identifier",
        "version",
        "transport",
        "type",
        "url",
        "headers",
        "name",
        "value",
        "default",
        "isSecret",
        "isRequired",
        "variables",
        "a",
        "b",
        "valueHint",
        "runtimeHint",
        "runtimeArguments",
        "packageArguments",
        "environmentVariables",
        "choices",
        "registryBaseUrl",
        "packages",
        "remotes",
        "",
    ]);
    word.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Value>()),
        ]
    })
}

proptest! {
    #[test]
    fn any_entry_is_read_without_a_panic(packages in proptest::collection::vec(anything(), 0..3), remotes in anything()) {
        let count = packages.len() + remotes.as_array().map_or(0, Vec::len);
        let server = json!({ "packages": packages, "remotes": remotes });
        prop_assert_eq!(offers(&server).len(), count);
    }
}
