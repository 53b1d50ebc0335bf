//! Which program runs which kind of package, and in what order it takes its arguments.

use serde_json::Value;

use crate::finding::quoted;

use super::{Kind, Run, is_word};
use crate::site::exports::template::{Template, text};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Runtime {
    pub(super) kind: Kind,
    pub(super) program: &'static str,
}

/// The programs of each kind, the usual one first. A hint is a stranger's word: only these are ever started.
const PROGRAMS: [(Kind, &str, &[&str]); 4] = [
    (Kind::Npm, "npm", &["npx", "bunx"]),
    (Kind::Pypi, "pypi", &["uvx", "pipx"]),
    (Kind::Oci, "oci", &["docker", "podman", "nerdctl"]),
    (Kind::Nuget, "nuget", &["dnx"]),
];

impl Runtime {
    /// Of a package, with the word by which the program knows it.
    pub(super) fn of(package: &Value) -> Result<(Self, String), String> {
        let kind = text(package, "registryType").unwrap_or_default();
        let Some((kind, _, programs)) = PROGRAMS.iter().find(|(_, name, _)| *name == kind) else {
            return Err(format!("no program is known that runs packages of the type {}", quoted(kind)));
        };
        let program = match text(package, "runtimeHint").filter(|hint| !hint.is_empty()) {
            None => programs[0],
            Some(hint) => programs.iter().find(|program| **program == hint).ok_or_else(|| {
                let known: Vec<String> = programs.iter().map(|program| format!("`{program}`")).collect();
                format!("the runtime {} is none of {}", quoted(hint), known.join(", "))
            })?,
        };
        Ok((Self { kind: *kind, program }, reference(*kind, package)?))
    }
}

fn reference(kind: Kind, package: &Value) -> Result<String, String> {
    let identifier = text(package, "identifier").unwrap_or_default();
    let version = text(package, "version").filter(|version| !version.is_empty());
    let fits = match kind {
        Kind::Npm => identifier.split_once('/').map_or_else(
            || is_plain(identifier),
            |(scope, name)| scope.strip_prefix('@').is_some_and(is_plain) && is_plain(name),
        ),
        Kind::Pypi => is_plain(identifier.split_once('[').map_or(identifier, |(name, _)| name)) && has_extras(identifier),
        Kind::Nuget => is_plain(identifier),
        Kind::Oci => {
            identifier.split('/').all(|part| is_plain(part.split(['@', ':']).next().unwrap_or_default())) && is_word(identifier)
        }
    };
    if !fits {
        return Err(format!("the identifier {} is none of its type", quoted(identifier)));
    }
    let specific = |version: &str| version.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-!".contains(&b));
    if let Some(version) = version.filter(|version| !specific(version)) {
        return Err(format!("the version {} is no single version", quoted(version)));
    }
    let last = identifier.rsplit('/').next().unwrap_or_default();
    Ok(match version {
        None => identifier.to_owned(),
        Some(version) => match kind {
            Kind::Npm | Kind::Nuget => format!("{identifier}@{version}"),
            Kind::Pypi => format!("{identifier}=={version}"),
            Kind::Oci if last.contains([':', '@']) => identifier.to_owned(),
            Kind::Oci => format!("{identifier}:{version}"),
        },
    })
}

/// A word that no program takes for an option, an address, a folder or a source of another kind.
fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-~".contains(&b))
}

/// `name`, or `name[extra,other]`.
fn has_extras(identifier: &str) -> bool {
    match identifier.split_once('[') {
        None => true,
        Some((_, extras)) => extras.strip_suffix(']').is_some_and(|extras| extras.split(',').all(is_plain)),
    }
}

pub(super) fn argv(run: &Run) -> Vec<Template> {
    let given = |words: &[&str]| run.runtime.iter().any(|argument| words.iter().any(|word| *argument == Template::text(*word)));
    let mut argv: Vec<Template> = Vec::new();
    let mut push = |word: &str| argv.push(Template::text(word));
    match run.program {
        "npx" if !given(&["-y", "--yes"]) => push("-y"),
        "pipx" if !given(&["run"]) => push("run"),
        _ => {}
    }
    if run.kind == Kind::Oci {
        ["run", "-i", "--rm"].into_iter().for_each(push);
        // What an author repeats of this is not given twice.
        let repeats = |(at, argument): &(usize, &Template)| {
            let is = |words: &[&str]| words.iter().any(|word| **argument == Template::text(*word));
            is(&["-i", "--interactive", "-it", "-ti", "--rm"]) || (*at == 0 && is(&["run"]))
        };
        let kept = run.runtime.iter().enumerate().filter(|argument| !repeats(argument));
        argv.extend(kept.map(|(_, argument)| argument.clone()));
        let sets = |name: &str| run.runtime.iter().any(|argument| argument.expandable().starts_with(&format!("{name}=")));
        for (name, _) in run.environment.iter().filter(|(name, _)| !sets(name)) {
            argv.extend([Template::text("-e"), Template::text(name)]);
        }
    } else {
        argv.extend(run.runtime.iter().cloned());
    }
    argv.push(Template::text(&*run.reference));
    if run.kind == Kind::Nuget {
        if !given(&["--yes", "-y"]) {
            argv.push(Template::text("--yes"));
        }
        // `dnx` would take them for its own.
        if !run.arguments.is_empty() {
            argv.push(Template::text("--"));
        }
    }
    argv.extend(run.arguments.iter().cloned());
    argv
}
