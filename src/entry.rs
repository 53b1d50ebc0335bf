//! One version as its author wrote it: read from bytes, located, and held against the schema it names.

use serde_json::Value;

use crate::{
    config::Limits,
    finding::{Edit, Finding, Place, Verdict, quoted},
    name::ServerName,
    version::Version,
};

pub mod address;
pub mod compact;
pub mod document;
pub mod locate;
pub mod members;
pub mod model;
pub mod rewrite;
pub mod schema;
pub mod upgrade;

use document::{Document, Flaw};
use locate::Source;
use schema::Schema;

/// A version's file that could be read as JSON; whether it may be published is for the rules to say.
#[derive(Debug)]
pub struct Entry {
    pub source: Source,
    /// What the path says, which `path-is-identity` holds the document to.
    pub name: ServerName,
    pub version: Version,
    pub document: Value,
    /// The schema that `$schema` names, if it is one of the published ones.
    pub schema: Option<&'static Schema>,
}

/// Reads one version's file. It returns the entry, findings, or both, whatever the bytes are.
pub fn parse(path: &str, name: &ServerName, version: &Version, bytes: Vec<u8>, limits: &Limits) -> (Option<Entry>, Vec<Finding>) {
    let mut findings = Vec::new();
    let Some(source) = text(path, bytes, limits, &mut findings) else { return (None, findings) };
    let document = match document::read(source.body(), limits) {
        Ok(document) => document,
        Err(flaw) => {
            findings.push(malformed(&source, &flaw, limits));
            return (None, findings);
        }
    };
    quirks(&source, &document, limits, &mut findings);
    let schema = Schema::named_by(&document.value);
    if let Some(schema) = schema {
        schema.judge(&document.value, &source, &mut findings);
    }
    let entry = Entry { source, name: name.clone(), version: version.clone(), document: document.value, schema };
    (Some(entry), findings)
}

impl Entry {
    /// Where a member's value stands.
    pub fn place(&self, pointer: &str) -> Place {
        self.source.value(pointer)
    }
}

/// A file's bytes as text, if they are text of a bearable size.
pub fn text(path: &str, bytes: Vec<u8>, limits: &Limits, findings: &mut Vec<Finding>) -> Option<Source> {
    if bytes.len() > limits.entry_bytes {
        findings.push(too_large(path, bytes.len() as u64, limits));
        return None;
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let lossy = String::from_utf8_lossy(&bytes).into_owned();
            let message = format!("byte {} of the file, 0x{:02x}, is no UTF-8", at + 1, bytes[at]);
            let place = Place::within(path, &lossy, at, at + 1);
            findings.push(Finding::new("file-is-utf8", Verdict::Reject, place, message, "save the file as UTF-8"));
            return None;
        }
    };
    let source = Source::new(path, text);
    if source.has_bom() {
        let message = "the file begins with a byte order mark";
        let finding =
            Finding::new("file-is-utf8", Verdict::Reject, Place::file(path), message, "save the file as UTF-8 without a BOM");
        findings.push(finding.with_fix(Some(Edit {
            start: 0,
            end: source.text().len() - source.body().len(),
            text: String::new(),
        })));
    }
    Some(source)
}

/// A file that was not even read.
pub fn too_large(path: &str, bytes: u64, limits: &Limits) -> Finding {
    let message = format!("the file has {bytes} bytes, and this registry takes at most {}", limits.entry_bytes);
    let help = "keep long texts on the website that the entry links to";
    Finding::new("file-is-small", Verdict::Reject, Place::file(path), message, help)
}

fn malformed(source: &Source, flaw: &Flaw, limits: &Limits) -> Finding {
    let (rule, message, help) = match flaw.reason {
        document::Reason::Depth => (
            "json-is-shallow",
            format!("more than {} levels of objects and arrays", limits.json_depth),
            "flatten the document; no schema needs as many levels",
        ),
        document::Reason::Syntax(ref what) => {
            ("json-is-well-formed", what.clone(), "mend the JSON at this place; an editor with the schema shows it too")
        }
    };
    Finding::new(rule, Verdict::Reject, source.line_column(flaw.line, flaw.column), message, help)
}

pub(crate) fn quirks(source: &Source, document: &Document, limits: &Limits, findings: &mut Vec<Finding>) {
    if document.has_duplicates {
        for (first, second, key) in source.duplicates() {
            let message = format!("the member {} is given twice, first on line {}", quoted(&key), first.line);
            findings.push(Finding::new("json-keys-are-unique", Verdict::Reject, second, message, "keep one of the two"));
        }
    }
    if document.has_long_strings {
        for (place, length) in source.long_strings(limits.string_bytes) {
            let message = format!("a text of {length} bytes, and this registry takes at most {}", limits.string_bytes);
            findings.push(Finding::new("strings-are-bounded", Verdict::Reject, place, message, "shorten the text"));
        }
    }
    if document.has_invisible {
        for (place, c) in source.invisible() {
            let message = format!("a text holds {}, which nobody can see", crate::finding::shown(c));
            findings.push(Finding::new("text-is-visible", Verdict::Reject, place, message, "remove the character"));
        }
    }
}
