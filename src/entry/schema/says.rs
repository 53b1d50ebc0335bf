//! What the errors of a schema mean to a person.

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind},
};
use serde_json::Value;

use crate::{
    distance::nearest,
    entry::{
        locate::escape,
        members,
        model::{self, Kind},
    },
    finding::quoted,
    name::ServerName,
};

use super::Schema;

/// Where, what, and the way out.
pub(super) struct Said {
    pub(super) pointer: String,
    /// Whether the member's name is meant, and not its value.
    pub(super) on_key: bool,
    pub(super) message: String,
    pub(super) help: String,
}

/// What one error means to a person; nothing, where another says it.
pub(super) fn of(schema: &Schema, error: &ValidationError<'_>) -> Vec<Said> {
    let pointer = error.instance_path().as_str().to_owned();
    let value: &Value = error.instance();
    let said = |message: String, help: String| vec![Said { pointer: pointer.clone(), on_key: false, message, help }];
    let what = what_is_at(&pointer, value);
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let member = property.as_str().unwrap_or_default();
            // `spelling-is-current` says which spelling is right, and a remote over stdio has no address to miss.
            let other = model::snake(member).or_else(|| model::current(member));
            let is_stdio = member == "url" && value.get("type").and_then(Value::as_str) == Some("stdio");
            if is_stdio || other.is_some_and(|other| value.get(other).is_some()) {
                return Vec::new();
            }
            if let Some(key) = misspelt(value, member) {
                let pointer = format!("{pointer}/{}", escape(key));
                let message = format!("{what} needs {} `{member}`, and has {}", article(member), quoted(key));
                return vec![Said { pointer, on_key: true, message, help: format!("write `{member}`") }];
            }
            let (what, help) = lacking(&what, value, member);
            said(what, help)
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let old = |key: &str| if schema.is_snake_case() { model::snake(key) } else { model::current(key) };
            // What is misspelt beyond that was said of the member that it should have been.
            let meant: Vec<&str> = REQUIRED.iter().filter_map(|member| misspelt(value, member)).collect();
            let strangers = unexpected.iter().filter(|key| old(key).is_none() && !meant.contains(&key.as_str()));
            strangers.take(TOLD_MAX).map(|key| stranger(schema, &pointer, &what, key)).collect()
        }
        ValidationErrorKind::Enum { options } => {
            said(format!("{what} is {}, which is none of its values", excerpt(value)), choose(&pointer, value, options))
        }
        ValidationErrorKind::Type { kind } => {
            let wanted = kind_of(kind);
            let help = match value {
                Value::String(text) if text == "true" || text == "false" => format!("write `{text}` without quotes"),
                Value::Number(number) if wanted == named_kind("string") => format!("write `\"{number}\"`"),
                _ if pointer.is_empty() => format!("write {wanted}, with `$schema`, `name`, `description` and `version`"),
                _ => format!("write {wanted} here, or remove the member"),
            };
            said(format!("{what} is {}, not {wanted}", a_kind(value)), help)
        }
        ValidationErrorKind::MaxLength { limit } => {
            let length = value.as_str().map_or(0, |text| text.chars().count());
            said(
                format!("{what} is {length} characters long, and at most {limit} are allowed"),
                format!("shorten it by {}", length.saturating_sub(usize::try_from(*limit).unwrap_or(0))),
            )
        }
        ValidationErrorKind::MinLength { .. } => {
            let help = match pointer.as_str() {
                "/description" => "say in one sentence what the server does",
                "/title" => "say what people call the server, or remove `title`",
                _ => "name the exact version that you tested, such as `1.2.0`",
            };
            said(format!("{what} is empty"), help.to_owned())
        }
        ValidationErrorKind::Format { .. } => said(
            format!("{what} is {}, which is no absolute address", excerpt(value)),
            "write a whole address with its scheme, such as `https://example.com/…`".to_owned(),
        ),
        ValidationErrorKind::Not { .. } => {
            said(format!("{what} is {}", excerpt(value)), "name the exact version that you tested, such as `1.2.0`".to_owned())
        }
        ValidationErrorKind::Pattern { .. } => {
            let (message, help) = pattern(&pointer, &what, value);
            said(message, help)
        }
        // No other keyword stands in our schemas; a test keeps it so.
        _ => said(format!("{what} does not fit the schema of {}", schema.date), format!("compare it with {}", schema.address())),
    }
}

fn stranger(schema: &Schema, pointer: &str, what: &str, key: &str) -> Said {
    let help = match members::meant(Kind::Package, key) {
        Some(meant) => format!("write `{}`", schema.spelled(meant)),
        None if schema.date != Schema::newest().date => {
            format!("remove it, or name the schema of {} if that knows it", Schema::newest().date)
        }
        None => "remove it".to_owned(),
    };
    Said {
        pointer: format!("{pointer}/{}", escape(key)),
        on_key: true,
        message: format!("{what} has no member {} in the schema of {}", quoted(key), schema.date),
        help,
    }
}

/// The members that the schemas until 2025-09-29 demand of a package.
const REQUIRED: [&str; 5] = ["registryType", "registry_type", "identifier", "version", "transport"];

/// So many members of a package are looked at for one that is missing.
const COMPARED_MAX: usize = 50;

/// So many members of one package that nobody knows are told.
const TOLD_MAX: usize = 20;

/// The member of an object that stands there in place of one that is missing, a few letters wrong.
fn misspelt<'a>(object: &'a Value, member: &str) -> Option<&'a str> {
    let members = object.as_object().filter(|members| !members.contains_key(member))?;
    members
        .keys()
        .take(COMPARED_MAX)
        .map(String::as_str)
        .find(|key| model::snake(key).or(model::current(key)).is_none() && members::meant(Kind::Package, key) == Some(member))
}

fn article(word: &str) -> &'static str {
    if word == "sse" || word.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

/// What a person would call the thing at a pointer.
fn what_is_at(pointer: &str, value: &Value) -> String {
    let parts: Vec<&str> = pointer.split('/').skip(1).collect();
    let by_type = |what: &str| match value.get("type").and_then(Value::as_str) {
        Some(kind) if ["stdio", "streamable-http", "sse", "positional", "named"].contains(&kind) => {
            format!("{} `{kind}` {what}", article(kind))
        }
        _ => format!("this {what}"),
    };
    match parts[..] {
        [] => "the entry".to_owned(),
        [.., "remotes", _] => by_type("remote"),
        [.., "transport"] => by_type("transport"),
        [.., "packageArguments" | "package_arguments" | "runtimeArguments" | "runtime_arguments", _] => by_type("argument"),
        [.., "packages", _] => "this package".to_owned(),
        [.., "icons", _] => "this icon".to_owned(),
        [.., "headers", _] => "this header".to_owned(),
        [.., "environmentVariables" | "environment_variables", _] => "this environment variable".to_owned(),
        [.., "variables", name] => format!("the variable {}", quoted(name)),
        [.., list @ ("choices" | "sizes"), _] => format!("this item of `{list}`"),
        [.., member] => format!("`{}`", member.replace("~1", "/").replace("~0", "~")),
    }
}

fn lacking(what: &str, value: &Value, member: &str) -> (String, String) {
    let positional = value.get("type").and_then(Value::as_str) == Some("positional");
    if positional && member == model::spelled("valueHint", value) {
        let hint = model::spelled("valueHint", value);
        return (
            format!("{what} has neither `value` nor `{hint}`"),
            format!("add `value` if it is always the same, or `{hint}` to name what a user must give"),
        );
    }
    let help = match member {
        "url" => "add `url`, the address that a client connects to".to_owned(),
        "transport" => "add `\"transport\": {\"type\": \"stdio\"}`, or the http transport that the package offers".to_owned(),
        "type" if what.ends_with("argument") => "add `\"type\": \"named\"` or `\"type\": \"positional\"`".to_owned(),
        "type" => "add `type` to say which transport is meant, such as `\"type\": \"streamable-http\"`".to_owned(),
        "description" => "add a sentence that says what the server does".to_owned(),
        "name" if what == "the entry" => "add `name`, which is the namespace and name of the file's folders".to_owned(),
        "version" if what == "the entry" => "add `version`, which is the file's name without `.json`".to_owned(),
        "source" => "add `\"source\": \"github\"` or `\"source\": \"gitlab\"`".to_owned(),
        "identifier" => "add `identifier`, which is what the package is called in its registry".to_owned(),
        "registryType" | "registry_type" => format!("add `{member}`, such as `npm`, `pypi` or `oci`"),
        other => format!("add `{other}`"),
    };
    (format!("{what} needs {} `{member}`", article(member)), help)
}

/// Which of the allowed values to write, where it can be told.
fn choose(pointer: &str, value: &Value, options: &Value) -> String {
    let known: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let given = value.as_str().unwrap_or_default();
    let is_transport = known.contains(&"streamable-http");
    match given {
        "stdio" if is_transport && pointer.contains("/remotes/") => {
            "say how to start the server in `packages`; a remote is reached at an address".to_owned()
        }
        "http" | "https" | "streamable_http" | "streamableHttp" | "StreamableHttp" | "streamable" if is_transport => {
            "write `streamable-http`".to_owned()
        }
        given => match nearest(given, known.iter().copied()) {
            Some(near) => format!("write `{near}`"),
            None => format!("use one of {}", list(options)),
        },
    }
}

fn pattern(pointer: &str, what: &str, value: &Value) -> (String, String) {
    let text = excerpt(value);
    match pointer.rsplit('/').next().unwrap_or_default() {
        "name" => (
            match value.as_str().map(ServerName::parse) {
                Some(Err(flaw)) => format!("`name` is {text}, which {flaw}"),
                _ => format!("`name` is {text}, which is no server name"),
            },
            "write `namespace/name`: letters, digits, `.` and `-`, behind the slash `_` too".to_owned(),
        ),
        "fileSha256" | "file_sha256" => (
            format!("{what} is {text}, which is no SHA-256"),
            "write the 64 lower-case hexadecimal digits that `sha256sum` prints".to_owned(),
        ),
        "url" => (
            format!("{what} is {text}, which is no http address"),
            "write an address that begins with `https://` and has no spaces".to_owned(),
        ),
        _ if pointer.contains("/sizes/") => {
            (format!("{what} is {text}, which is no size"), "write width and height such as `48x48`, or `any`".to_owned())
        }
        _ => (format!("{what} is {text}, which is not of the required form"), "compare it with the schema".to_owned()),
    }
}

fn excerpt(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => quoted(&other.to_string()),
    }
}

fn list(options: &Value) -> String {
    let options: Vec<String> = options.as_array().into_iter().flatten().map(excerpt).collect();
    options.join(", ")
}

fn kind_of(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => named_kind(&kind.to_string()).to_owned(),
        TypeKind::Multiple(_) => "another kind of value".to_owned(),
    }
}

fn a_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => named_kind("boolean"),
        Value::Number(_) => named_kind("number"),
        Value::String(_) => named_kind("string"),
        Value::Array(_) => named_kind("array"),
        Value::Object(_) => named_kind("object"),
    }
}

fn named_kind(kind: &str) -> &'static str {
    match kind {
        "boolean" => "`true` or `false`",
        "number" | "integer" => "a number",
        "string" => "a text in quotes",
        "array" => "a list in `[]`",
        "object" => "an object in `{}`",
        _ => "null",
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{SCHEMAS, Source},
        *,
    };
    use serde_json::json;

    /// A document that every schema from 2025-09-16 on accepts.
    fn sound() -> Value {
        json!({
            "name": "com.example/echo", "description": "Says it again.", "version": "1.0.0",
            "repository": {"url": "https://github.com/example/echo", "source": "github"},
            "packages": [{
                "registryType": "npm", "identifier": "echo", "version": "1.0.0", "transport": {"type": "stdio"},
                "packageArguments": [{"type": "positional", "value": "a"}, {"type": "named", "name": "--b"}],
                "environmentVariables": [{"name": "C", "isSecret": true}],
            }],
            "remotes": [{"type": "streamable-http", "url": "https://mcp.example.com/", "headers": [{"name": "D"}]}],
            "icons": [{"src": "https://example.com/i.png", "sizes": ["48x48"]}],
        })
    }

    /// What a schema says when the member at a pointer is set, or with `null` removed.
    fn said(date: &str, pointer: &str, value: Value) -> Vec<String> {
        let mut document = sound();
        let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
        match (document.pointer_mut(parent).expect("a parent"), value) {
            (Value::Object(members), Value::Null) => drop(members.shift_remove(member)),
            (Value::Object(members), value) => drop(members.insert(member.to_owned(), value)),
            (parent, value) => parent[member.parse::<usize>().expect("an index")] = value,
        }
        let schema = SCHEMAS.iter().find(|schema| schema.date == date).expect("a schema");
        let mut findings = Vec::new();
        schema.judge(&document, &Source::new("f", document.to_string()), &mut findings);
        findings.into_iter().map(|finding| format!("{} {}: {}", finding.place.pointer, finding.message, finding.help)).collect()
    }

    #[test]
    fn a_sound_document_is_met_with_silence() {
        for schema in &SCHEMAS[1..] {
            assert!(schema.accepts(&sound()), "{schema:?}");
        }
    }

    const ARGUMENT: &str = "/packages/0/packageArguments/0";

    /// What is set where, and what is then said.
    #[rustfmt::skip]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn failures() -> Vec<(&'static str, Value, &'static str)> {
        vec![
            (
                "/name",
                Value::Null,
                " the entry needs a `name`: add `name`, which is the namespace and name of the file's folders",
            ),
            (
                "/name",
                json!("echo"),
                "/name `name` is `echo`, which has no `/` between namespace and name: write `namespace/name`: letters, digits, `.` and `-`, behind the slash `_` too",
            ),
            (
                "/description",
                json!("a".repeat(104)),
                "/description `description` is 104 characters long, and at most 100 are allowed: shorten it by 4",
            ),
            ("/description", json!(""), "/description `description` is empty: say in one sentence what the server does"),
            ("/version", json!(1.5), "/version `version` is a number, not a text in quotes: write `\"1.5\"`"),
            (
                "/websiteUrl",
                json!("/here"),
                "/websiteUrl `websiteUrl` is `/here`, which is no absolute address: write a whole address with its scheme, such as `https://example.com/…`",
            ),
            (
                "/repository/source",
                Value::Null,
                "/repository `repository` needs a `source`: add `\"source\": \"github\"` or `\"source\": \"gitlab\"`",
            ),
            (
                "/icons/0/sizes/0",
                json!("48"),
                "/icons/0/sizes/0 this item of `sizes` is `48`, which is no size: write width and height such as `48x48`, or `any`",
            ),
            (
                "/icons/0/theme",
                json!("blue"),
                "/icons/0/theme `theme` is `blue`, which is none of its values: use one of `light`, `dark`",
            ),
            (
                "/packages",
                json!({}),
                "/packages `packages` is an object in `{}`, not a list in `[]`: write a list in `[]` here, or remove the member",
            ),
            (
                "/packages/0/transport",
                Value::Null,
                "/packages/0 this package needs a `transport`: add `\"transport\": {\"type\": \"stdio\"}`, or the http transport that the package offers",
            ),
            (
                "/packages/0/transport/type",
                json!("http"),
                "/packages/0/transport/type `type` is `http`, which is none of its values: write `streamable-http`",
            ),
            (
                "/packages/0/version",
                json!("latest"),
                "/packages/0/version `version` is `latest`: name the exact version that you tested, such as `1.2.0`",
            ),
            (
                "/packages/0/fileSha256",
                json!("abc"),
                "/packages/0/fileSha256 `fileSha256` is `abc`, which is no SHA-256: write the 64 lower-case hexadecimal digits that `sha256sum` prints",
            ),
            (
                ARGUMENT,
                json!({"type": "positional"}),
                "/packages/0/packageArguments/0 a `positional` argument has neither `value` nor `valueHint`: add `value` if it is always the same, or `valueHint` to name what a user must give",
            ),
            (
                ARGUMENT,
                json!({"value": "a"}),
                "/packages/0/packageArguments/0 this argument needs a `type`: add `\"type\": \"named\"` or `\"type\": \"positional\"`",
            ),
            (
                "/packages/0/packageArguments/1/name",
                Value::Null,
                "/packages/0/packageArguments/1 a `named` argument needs a `name`: add `name`",
            ),
            (
                "/packages/0/environmentVariables/0/isSecret",
                json!("true"),
                "/packages/0/environmentVariables/0/isSecret `isSecret` is a text in quotes, not `true` or `false`: write `true` without quotes",
            ),
            (
                "/packages/0/environmentVariables/0/name",
                Value::Null,
                "/packages/0/environmentVariables/0 this environment variable needs a `name`: add `name`",
            ),
            (
                "/remotes/0/url",
                Value::Null,
                "/remotes/0 a `streamable-http` remote needs a `url`: add `url`, the address that a client connects to",
            ),
            (
                "/remotes/0/url",
                json!("mcp.example.com"),
                "/remotes/0/url `url` is `mcp.example.com`, which is no http address: write an address that begins with `https://` and has no spaces",
            ),
            (
                "/remotes/0",
                json!({"type": "stdio"}),
                "/remotes/0/type `type` is `stdio`, which is none of its values: say how to start the server in `packages`; a remote is reached at an address",
            ),
        ]
    }

    #[test]
    fn typical_failures_read_like_a_persons_sentences() {
        for (pointer, value, sentence) in failures() {
            assert_eq!(said("2025-12-11", pointer, value), [sentence]);
        }
    }

    #[test]
    fn a_closed_package_names_its_stranger_and_leaves_spelling_to_its_rule() {
        let at = |member: &str| said("2025-09-29", &format!("/packages/0/{member}"), json!("x"));
        assert_eq!(
            at("runtimehint"),
            ["/packages/0/runtimehint this package has no member `runtimehint` in the schema of 2025-09-29: write `runtimeHint`"]
        );
        let mut document = sound();
        let package = document["packages"][0].as_object_mut().expect("a package");
        let identifier = package.shift_remove("identifier").expect("an identifier");
        package.insert("identifer".to_owned(), identifier);
        for schema in &SCHEMAS[1..] {
            let mut findings = Vec::new();
            schema.judge(&document, &Source::new("f", document.to_string()), &mut findings);
            let said: Vec<String> = findings.into_iter().map(|finding| finding.message).collect();
            assert_eq!(said, ["this package needs an `identifier`, and has `identifer`"], "{schema:?}");
        }
        assert_eq!(
            at("runtime_hint"),
            [
                " the members are not spelled as the schema of 2025-09-29 spells them: run `gazette check --fix`, or rename the members that `spelling-is-current` names"
            ]
        );
    }
}
