//! One way to run or reach a server, with everything that it needs to be told.

use serde::Serialize;
use serde_json::Value;

use super::{
    super::path::PackageType,
    words::{address, link, visible},
};

/// A package or a remote.
#[derive(Debug, Serialize)]
pub(super) struct Way {
    /// As people call its kind: `npm`, `PyPI`, `remote`.
    kind: &'static str,
    slug: &'static str,
    what: String,
    /// Where `what` leads, for a remote that needs nothing filled in.
    facts: Vec<Fact>,
    inputs: Vec<Inputs>,
}

#[derive(Debug, Serialize)]
struct Fact {
    name: &'static str,
    value: String,
    href: Option<String>,
}

/// What has to be filled in at one place.
#[derive(Debug, Serialize)]
struct Inputs {
    heading: &'static str,
    rows: Vec<Input>,
}

#[derive(Debug, Serialize)]
struct Input {
    name: String,
    description: String,
    required: bool,
    secret: bool,
    repeated: bool,
    format: Option<String>,
    /// What the publisher set, which nobody fills in.
    value: Option<String>,
    default: Option<String>,
    example: Option<String>,
    choices: Vec<String>,
    /// What stands in braces in `value`.
    variables: Vec<Input>,
}

/// Longest texts of one input, and how many of each there may be on a page.
const TEXT_MAX: usize = 300;
const INPUTS_MAX: usize = 100;
const CHOICES_MAX: usize = 30;
pub(super) const WAYS_MAX: usize = 20;

impl Way {
    pub(super) fn packages(server: &Value) -> Vec<Self> {
        items(server, "packages").take(WAYS_MAX).map(Self::package).collect()
    }

    pub(super) fn remotes(server: &Value) -> Vec<Self> {
        items(server, "remotes").take(WAYS_MAX).map(Self::remote).collect()
    }

    fn package(package: &Value) -> Self {
        let kind = PackageType::of(text(package, "registryType").unwrap_or_default());
        let transport = package.get("transport").unwrap_or(&Value::Null);
        let mut facts = Vec::new();
        let mut fact = |name, value: Option<&str>| {
            let Some(value) = value else { return };
            let href = link(value);
            let shown = if href.is_some() { address(value) } else { visible(value, TEXT_MAX) };
            facts.push(Fact { name, value: shown, href });
        };
        fact("Version", text(package, "version"));
        fact("Registry", text(package, "registryBaseUrl"));
        fact("Runs with", text(package, "runtimeHint"));
        fact("Speaks", Some(text(transport, "type").unwrap_or("stdio")));
        fact("Listens at", text(transport, "url").filter(|url| !url.is_empty()));
        fact("SHA-256", text(package, "fileSha256"));
        let inputs = [
            Inputs::of("Environment variables", named(package, "environmentVariables")),
            Inputs::of("Arguments", arguments(package, "packageArguments")),
            Inputs::of("Arguments of the runtime", arguments(package, "runtimeArguments")),
            Inputs::of("Headers", named(transport, "headers")),
            Inputs::of("Parts of the address", variables(transport)),
        ];
        Self {
            kind: kind.shown(),
            slug: kind.slug(),
            what: visible(text(package, "identifier").unwrap_or_default(), TEXT_MAX),
            facts,
            inputs: inputs.into_iter().flatten().collect(),
        }
    }

    fn remote(remote: &Value) -> Self {
        let inputs = [Inputs::of("Headers", named(remote, "headers")), Inputs::of("Parts of the address", variables(remote))];
        let speaks = text(remote, "type").unwrap_or("streamable-http");
        Self {
            kind: "remote",
            slug: "remote",
            what: visible(text(remote, "url").unwrap_or_default(), TEXT_MAX),
            facts: vec![Fact { name: "Speaks", value: visible(speaks, TEXT_MAX), href: None }],
            inputs: inputs.into_iter().flatten().collect(),
        }
    }
}

impl Inputs {
    fn of(heading: &'static str, rows: Vec<Input>) -> Option<Self> {
        (!rows.is_empty()).then_some(Self { heading, rows })
    }
}

impl Input {
    fn of(name: &str, input: &Value) -> Self {
        let is = |member: &str| input.get(member).and_then(Value::as_bool).unwrap_or_default();
        let said = |member: &str| input.get(member).and_then(scalar).filter(|text| !text.is_empty());
        let secret = is("isSecret");
        Self {
            name: visible(name, TEXT_MAX),
            description: visible(text(input, "description").unwrap_or_default(), TEXT_MAX),
            required: is("isRequired"),
            secret,
            repeated: is("isRepeated"),
            format: said("format").filter(|format| format != "string"),
            value: said("value"),
            // Whatever a publisher wrote there, nobody should use it.
            default: said("default").filter(|_| !secret),
            example: said("placeholder"),
            choices: items(input, "choices").filter_map(scalar).take(CHOICES_MAX).collect(),
            variables: variables(input),
        }
    }
}

fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member)?.as_str()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(visible(text, TEXT_MAX)),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn items<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

fn named(of: &Value, member: &str) -> Vec<Input> {
    items(of, member).take(INPUTS_MAX).map(|input| Input::of(text(input, "name").unwrap_or_default(), input)).collect()
}

fn arguments(of: &Value, member: &str) -> Vec<Input> {
    let name = |argument| text(argument, "name").or_else(|| text(argument, "valueHint")).unwrap_or("value");
    items(of, member).take(INPUTS_MAX).map(|argument| Input::of(name(argument), argument)).collect()
}

fn variables(of: &Value) -> Vec<Input> {
    let members = of.get("variables").and_then(Value::as_object);
    members.into_iter().flatten().take(INPUTS_MAX).map(|(name, input)| Input::of(name, input)).collect()
}
