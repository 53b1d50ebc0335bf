//! One way to run or reach a server, with everything that it needs to be told.

use serde::Serialize;
use serde_json::Value;

use super::{
    super::path::PackageType,
    extent::Extent,
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

impl Way {
    /// Packages, then remotes; and whether that is all of them, with all that they need.
    pub(super) fn all(server: &Value, extent: &Extent) -> (Vec<Self>, bool) {
        let packages = items(server, "packages").map(|package| Self::package(package, extent));
        let mut rest = packages.chain(items(server, "remotes").map(|remote| Self::remote(remote, extent)));
        let mut ways: Vec<Self> = rest.by_ref().take(extent.ways).collect();
        let mut left = extent.inputs;
        let mut whole = rest.next().is_none();
        for inputs in ways.iter_mut().flat_map(|way| &mut way.inputs) {
            whole &= keep(&mut inputs.rows, &mut left);
        }
        for way in &mut ways {
            way.inputs.retain(|inputs| !inputs.rows.is_empty());
        }
        (ways, whole)
    }

    fn package(package: &Value, extent: &Extent) -> Self {
        let kind = PackageType::of(text(package, "registryType").unwrap_or_default());
        let transport = package.get("transport").unwrap_or(&Value::Null);
        let mut facts = Vec::new();
        let mut fact = |name, value: Option<&str>| {
            let Some(value) = value else { return };
            let href = link(value);
            let shown = if href.is_some() { address(value) } else { visible(value, extent.words) };
            facts.push(Fact { name, value: shown, href });
        };
        fact("Version", text(package, "version"));
        fact("Registry", text(package, "registryBaseUrl"));
        fact("Runs with", text(package, "runtimeHint"));
        fact("Speaks", Some(text(transport, "type").unwrap_or("stdio")));
        fact("Listens at", text(transport, "url").filter(|url| !url.is_empty()));
        fact("SHA-256", text(package, "fileSha256"));
        let inputs = [
            Inputs::of("Environment variables", named(package, "environmentVariables", extent)),
            Inputs::of("Arguments", arguments(package, "packageArguments", extent)),
            Inputs::of("Arguments of the runtime", arguments(package, "runtimeArguments", extent)),
            Inputs::of("Headers", named(transport, "headers", extent)),
            Inputs::of("Parts of the address", variables(transport, extent)),
        ];
        Self {
            kind: kind.shown(),
            slug: kind.slug(),
            what: visible(text(package, "identifier").unwrap_or_default(), extent.words),
            facts,
            inputs: inputs.into_iter().flatten().collect(),
        }
    }

    fn remote(remote: &Value, extent: &Extent) -> Self {
        let inputs = [
            Inputs::of("Headers", named(remote, "headers", extent)),
            Inputs::of("Parts of the address", variables(remote, extent)),
        ];
        let speaks = text(remote, "type").unwrap_or("streamable-http");
        Self {
            kind: "remote",
            slug: "remote",
            what: visible(text(remote, "url").unwrap_or_default(), extent.words),
            facts: vec![Fact { name: "Speaks", value: visible(speaks, extent.words), href: None }],
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
    fn of(name: &str, input: &Value, extent: &Extent) -> Self {
        let is = |member: &str| input.get(member).and_then(Value::as_bool).unwrap_or_default();
        let said = |member: &str| input.get(member).and_then(|value| scalar(value, extent)).filter(|text| !text.is_empty());
        let secret = is("isSecret");
        Self {
            name: visible(name, extent.words),
            description: visible(text(input, "description").unwrap_or_default(), extent.words),
            required: is("isRequired"),
            secret,
            repeated: is("isRepeated"),
            format: said("format").filter(|format| format != "string"),
            value: said("value"),
            // Whatever a publisher wrote there, nobody should use it.
            default: said("default").filter(|_| !secret),
            example: said("placeholder"),
            choices: items(input, "choices").filter_map(|choice| scalar(choice, extent)).take(extent.choices).collect(),
            variables: variables(input, extent),
        }
    }
}

fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member)?.as_str()
}

fn scalar(value: &Value, extent: &Extent) -> Option<String> {
    match value {
        Value::String(text) => Some(visible(text, extent.words)),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

fn items<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

/// One more than may stay tells that there are more.
fn named(of: &Value, member: &str, extent: &Extent) -> Vec<Input> {
    let inputs = items(of, member).take(extent.inputs + 1);
    inputs.map(|input| Input::of(text(input, "name").unwrap_or_default(), input, extent)).collect()
}

fn arguments(of: &Value, member: &str, extent: &Extent) -> Vec<Input> {
    let name = |argument| text(argument, "name").or_else(|| text(argument, "valueHint")).unwrap_or("value");
    items(of, member).take(extent.inputs + 1).map(|argument| Input::of(name(argument), argument, extent)).collect()
}

fn variables(of: &Value, extent: &Extent) -> Vec<Input> {
    let members = of.get("variables").and_then(Value::as_object);
    members.into_iter().flatten().take(extent.inputs + 1).map(|(name, input)| Input::of(name, input, extent)).collect()
}

/// Keeps as many as there is room left for, the outer ones first, and says whether that is all.
fn keep(rows: &mut Vec<Input>, left: &mut usize) -> bool {
    let mut whole = rows.len() <= *left;
    rows.truncate(*left);
    *left -= rows.len();
    for row in rows {
        whole &= keep(&mut row.variables, left);
    }
    whole
}
