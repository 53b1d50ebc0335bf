use url::Url;

use crate::{entry::model::Package, finding::quoted};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "package-registry-is-accepted",
    family: Family::Meaning,
    about: "A package comes from a package registry that this registry accepts.

`[packages.<type>] base_url` in `registry.toml` names the one package registry that each type may come from: a public one, or
a mirror that the company scans. Without any such table everything is accepted. As soon as there is one, a type without a
table is refused, and so is a package that says it comes from elsewhere: by its `registryBaseUrl`, by the host that an `oci`
reference begins with, by the address of an `mcpb` bundle. A package that does not say where it comes from is meant to come
from the accepted place. The official registry has such a list as well.

Write the accepted address, or ask a maintainer to accept the one that the package needs.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let accepted = &subject.config.packages;
    if accepted.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for package in &subject.model.packages {
        let Some(kind) = package.registry_type else { continue };
        let Some(registry) = accepted.get(kind) else {
            let place = subject.entry.place(&package.node.pointer("registryType"));
            let kinds: Vec<String> = accepted.keys().map(|kind| format!("`{kind}`")).collect();
            let help = format!("offer the server as one of {}, or ask a maintainer to accept the type", kinds.join(", "));
            findings.push(RULE.finding(place, format!("this registry accepts no packages of the type {}", quoted(kind)), help));
            continue;
        };
        let wanted = registry.base_url.trim_end_matches('/');
        if let Some((member, found)) = elsewhere(package, kind, wanted) {
            let message = format!("the package comes from {}, and this registry accepts only `{wanted}`", quoted(&found));
            let help = format!("name the package as it is found at `{wanted}`, or ask a maintainer to accept the other place");
            findings.push(RULE.finding(subject.entry.place(&package.node.pointer(member)), message, help));
        }
    }
    findings
}

/// The member that names another place than the wanted one, and that place.
fn elsewhere(package: &Package<'_>, kind: &str, wanted: &str) -> Option<(&'static str, String)> {
    if let Some(base) = package.registry_base_url.filter(|base| base.trim_end_matches('/') != wanted) {
        return Some(("registryBaseUrl", base.to_owned()));
    }
    let identifier = package.identifier?;
    let found = match kind {
        "oci" => reference_host(identifier).filter(|host| Some(*host) != authority(wanted).as_deref())?.to_owned(),
        "mcpb" => authority(identifier).filter(|host| Some(host) != authority(wanted).as_ref())?,
        _ => return None,
    };
    Some(("identifier", found))
}

/// What stands before the first slash of an image's reference is a host if it looks like one.
fn reference_host(identifier: &str) -> Option<&str> {
    let (first, _) = identifier.split_once('/')?;
    (first.contains(['.', ':']) || first == "localhost").then_some(first)
}

fn authority(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
