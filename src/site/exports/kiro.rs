//! `/kiro.json`: the registry as Kiro and Amazon Q read it. They know one remote or one package for each server, and arguments
//! only by their place.

use serde_json::{Map, Value, json};

use super::{
    Shape, WHOLE,
    install::{Connect, Flaw, Kind, Offer, Run, Way},
    template::{Template, text},
    word,
};
use crate::{
    entry::schema::Schema,
    site::{
        Facts,
        listing::{Listing, Shown},
        path::Export,
    },
};

#[derive(Debug)]
pub struct Kiro;

impl Shape for Kiro {
    const EXPORT: Export = Export::Kiro;

    fn open(&self, _: &Facts) -> Vec<u8> {
        b"{\"servers\":[".to_vec()
    }

    fn part(&self, shown: &Shown, listing: &Listing, left_out: &mut Vec<Flaw>) -> Vec<u8> {
        let server = &listing.server;
        if !Schema::newest().accepts(server) {
            left_out.push(Flaw::new(WHOLE, format!("it is not valid under the schema of {}", Schema::newest().date)));
            return Vec::new();
        }
        let Some((member, offered)) = one(shown, server, left_out) else {
            left_out.push(Flaw::new(WHOLE, "nothing of what it offers can be expressed"));
            return Vec::new();
        };
        // No namespace holds a `_`, so no two servers get one name.
        let mut out = Map::new();
        out.insert("name".to_owned(), shown.name.as_str().replace('/', "_").into());
        if let Some(title) = text(server, "title") {
            out.insert("title".to_owned(), title.into());
        }
        out.insert("description".to_owned(), word(server, "description").into());
        out.insert("version".to_owned(), listing.record.version.as_str().into());
        out.insert(member.to_owned(), json!([offered]));
        super::json(&json!({ "server": out }))
    }

    fn close(&self, _: usize) -> Option<Vec<u8>> {
        Some(b"]}".to_vec())
    }
}

/// The one remote or package that a server is reduced to, remotes before packages, each in its author's order.
fn one(shown: &Shown, server: &Value, left_out: &mut Vec<Flaw>) -> Option<(&'static str, Value)> {
    let is_remote = |offer: &&Result<Offer, Flaw>| matches!(offer, Ok(Offer { way: Way::Connect(_), .. }));
    let (remotes, packages): (Vec<_>, Vec<_>) = shown.offers().iter().partition(is_remote);
    let mut chosen: Option<(&str, &'static str, Value)> = None;
    for offer in remotes.into_iter().chain(packages) {
        let (at, expressed) = match offer {
            Ok(offer) => (&offer.at, expressed(server, offer)),
            Err(flaw) => {
                left_out.push(flaw.clone());
                continue;
            }
        };
        match (&chosen, expressed) {
            (None, Ok((member, value))) => {
                left_out.extend(offer.iter().flat_map(|offer| offer.omitted.iter().cloned()));
                chosen = Some((at, member, value));
            }
            (Some((first, ..)), Ok(_)) => {
                left_out.push(Flaw::new(
                    &**at,
                    format!("only one remote or package is known for a server, and this one gives `{first}`"),
                ));
            }
            (_, Err(why)) => left_out.push(Flaw::new(&**at, why)),
        }
    }
    chosen.map(|(_, member, value)| (member, value))
}

fn expressed(server: &Value, offer: &Offer) -> Result<(&'static str, Value), String> {
    let is_bait = offer.way.templates().iter().any(|template| template.is_bait());
    if is_bait {
        return Err("its text holds a `$` that the client would fill in from the user's environment".to_owned());
    }
    match &offer.way {
        Way::Download(_) => Err("only packages of the types `npm`, `pypi` and `oci` are known".to_owned()),
        Way::Connect(connect) => Ok(("remotes", remote(connect)?)),
        Way::Run(run) => Ok(("packages", package(server.pointer(&format!("/{}", offer.at)).unwrap_or(&Value::Null), run)?)),
    }
}

fn remote(connect: &Connect) -> Result<Value, String> {
    let url = connect.url.answered().ok_or("its address holds a variable without a default")?;
    if !is_uri(&url) {
        return Err("its address holds characters that have to be encoded".to_owned());
    }
    let mut remote = json!({ "type": connect.transport.as_str(), "url": url });
    if !connect.headers.is_empty() {
        remote["headers"] = pairs(&connect.headers);
    }
    Ok(remote)
}

fn package(package: &Value, run: &Run) -> Result<Value, String> {
    let kind = match run.kind {
        Kind::Npm => "npm",
        Kind::Pypi => "pypi",
        Kind::Oci => "oci",
        Kind::Nuget => return Err("only packages of the types `npm`, `pypi` and `oci` are known".to_owned()),
    };
    if run.listens.is_some() {
        return Err("only packages that talk over their input and output are known".to_owned());
    }
    if !matches!(run.program, "npx" | "uvx" | "docker") {
        return Err(format!("packages of this type are run with another program than `{}`", run.program));
    }
    let mut out = json!({ "registryType": kind });
    for member in ["registryBaseUrl", "identifier", "version"] {
        if let Some(value) = text(package, member) {
            out[member] = value.into();
        }
    }
    out["transport"] = json!({ "type": "stdio" });
    for (member, arguments) in [("runtimeArguments", &run.runtime), ("packageArguments", &run.arguments)] {
        if !arguments.is_empty() {
            let values =
                arguments.iter().map(|argument| argument.answered().map(|value| json!({ "type": "positional", "value": value })));
            let values: Option<Vec<Value>> = values.collect();
            out[member] = values.ok_or("it needs an argument that only the user knows, and none can be asked for")?.into();
        }
    }
    if !run.environment.is_empty() {
        out["environmentVariables"] = pairs(&run.environment);
    }
    Ok(out)
}

/// Names with their values; a user gives those that the registry does not know.
fn pairs(pairs: &[(String, Template)]) -> Value {
    let pair = |(name, value): &(String, Template)| match value.answered() {
        Some(value) => json!({ "name": name, "value": value }),
        None => json!({ "name": name }),
    };
    pairs.iter().map(pair).collect()
}

/// Whether an address consists of what RFC 3986 lets stand there.
fn is_uri(url: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&b);
    let mut escapes = url.split('%').skip(1);
    url.bytes().all(plain)
        && url.matches('#').count() < 2
        && escapes.all(|rest| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit))
}
