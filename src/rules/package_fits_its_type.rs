use crate::{
    entry::{address, model::Package},
    finding::quoted,
};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "package-fits-its-type",
    family: Family::Meaning,
    about: "A package says what its kind of registry needs to find it, and nothing that its kind does not have.

An `npm`, `pypi`, `nuget` or `cargo` package without a `version` is whatever is newest on the day that somebody installs
it. An `oci` image is one reference, `registry/owner/image:tag`, and an `mcpb` bundle one https address with the hash of
what is downloaded: a `version` or `registryBaseUrl` beside them says the same again, or something else, and each client
believes another of the two. A hash beside anything but a bundle is compared with nothing. The official registry asks all
of this too.

Entries for the schemas until 2025-09-29, which demanded a version of every package, are only held to what makes a bundle
safe: its hash and https.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let strict = subject.entry.schema.is_none_or(|schema| schema.date >= "2025-10-11");
    let mut findings = Vec::new();
    for package in &subject.model.packages {
        match package.registry_type {
            Some(kind @ ("npm" | "pypi" | "nuget" | "cargo")) if strict => {
                lacks(subject, package, kind, &mut findings);
                foreign(subject, package, kind, &["fileSha256"], &mut findings);
            }
            Some(kind @ "oci") if strict => {
                foreign(subject, package, kind, &["registryBaseUrl", "version", "fileSha256"], &mut findings);
            }
            Some(kind @ "mcpb") => {
                bundle(subject, package, &mut findings);
                if strict {
                    foreign(subject, package, kind, &["registryBaseUrl", "version"], &mut findings);
                }
            }
            _ => {}
        }
    }
    findings
}

fn lacks(subject: &Subject, package: &Package<'_>, kind: &str, findings: &mut Vec<Finding>) {
    // An empty one is the schema's business.
    if package.version.is_none() && !package.node.has("version") {
        let place = subject.entry.place(&package.node.at());
        let message = format!("a package of the type `{kind}` needs a `version`");
        findings.push(RULE.finding(place, message, "name the version that you tested, such as `\"version\": \"1.2.0\"`"));
    }
}

fn foreign(subject: &Subject, package: &Package<'_>, kind: &str, members: &[&str], findings: &mut Vec<Finding>) {
    let values = |member: &str| match member {
        "registryBaseUrl" => package.registry_base_url,
        "version" => package.version,
        _ => package.file_sha256,
    };
    for &member in members {
        let Some(value) = values(member).filter(|value| !value.is_empty()) else { continue };
        let place = subject.entry.source.key(&package.node.pointer(member));
        let identifier = package.identifier.unwrap_or_default();
        let help = match (kind, member) {
            ("oci", "version") => match identifier.rsplit('/').next() {
                Some(last) if last.contains([':', '@']) => "remove it; the identifier already has it".to_owned(),
                _ => format!("remove it, and write {} as the identifier", quoted(&format!("{identifier}:{value}"))),
            },
            ("oci", "registryBaseUrl") => {
                "remove it, and write the whole reference as the identifier, such as `images.example.com/owner/image:1.2.0`"
                    .to_owned()
            }
            ("mcpb", _) => "remove it; the identifier is the whole address of the bundle".to_owned(),
            _ => "remove it; only an `mcpb` bundle is compared with a hash".to_owned(),
        };
        findings.push(RULE.finding(place, format!("a package of the type `{kind}` has no `{member}`"), help));
    }
}

fn bundle(subject: &Subject, package: &Package<'_>, findings: &mut Vec<Finding>) {
    if package.file_sha256.is_none() {
        let place = subject.entry.place(&package.node.at());
        let message = "a package of the type `mcpb` needs a `fileSha256`";
        findings.push(RULE.finding(place, message, "add the SHA-256 of the bundle, which `sha256sum` prints"));
    }
    let Some(identifier) = package.identifier.filter(|identifier| !identifier.contains(char::is_whitespace)) else { return };
    if address::link(identifier).is_err() || !identifier.contains("://") {
        let place = subject.entry.place(&package.node.pointer("identifier"));
        let message = format!("the identifier {} is no https address of a bundle", quoted(identifier));
        let help =
            "write the address to download it from, such as `https://github.com/owner/name/releases/download/v1.2.0/name.mcpb`";
        findings.push(RULE.finding(place, message, help));
    }
}
