use crate::{
    distance::nearest,
    entry::{
        address,
        model::{Package, Transport},
    },
    finding::quoted,
};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "url-variables-are-declared",
    family: Family::Meaning,
    about: "Every `{variable}` in a url is declared.

A client asks the user for each variable and puts the answer into the address. One that nothing declares is asked of
nobody, so the client connects to a host that is called `{tenant}`. In a package's transport a variable is an argument's
`valueHint` or name, or the name of an environment variable; in a remote it is a member of the remote's `variables`. The
official registry asks the same; braces that do not pair are refused here as well.

Declare the variable, or write what belongs in its place.",
    entry: Some(judge),
    ..Rule::BLANK
};

fn judge(subject: &Subject) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &subject.model.packages {
        if let Some(transport) = &package.transport {
            check(subject, transport, Some(package), &mut findings);
        }
    }
    for remote in &subject.model.remotes {
        check(subject, remote, None, &mut findings);
    }
    findings
}

fn check(subject: &Subject, transport: &Transport<'_>, package: Option<&Package<'_>>, findings: &mut Vec<Finding>) {
    let Some(url) = transport.url.filter(|url| transport.is_http() && url.contains(['{', '}'])) else { return };
    let place = || subject.entry.place(&transport.node.pointer("url"));
    let declared: Vec<&str> = match package {
        Some(package) => {
            let arguments = package.arguments().flat_map(|argument| [argument.input.name, argument.value_hint]);
            arguments.chain(package.environment.iter().map(|input| input.name)).flatten().collect()
        }
        None => transport.variables.iter().filter_map(|variable| variable.name).collect(),
    };
    let before = findings.len();
    for variable in address::variables(url) {
        if findings.len() - before == TOLD_MAX {
            return;
        }
        match variable {
            Err(brace) => {
                findings.push(RULE.finding(place(), format!("{} {brace}", quoted(url)), "pair the braces, each around one name"));
            }
            Ok((_, name)) if declared.contains(&name) => {}
            Ok((_, name)) => {
                let message = format!("nothing declares the variable {}", quoted(&format!("{{{name}}}")));
                findings.push(RULE.finding(place(), message, help(name, &declared, package.is_some())));
            }
        }
    }
}

/// So many declared names are compared with one that is not.
const COMPARED_MAX: usize = 50;

/// So many mistakes of one address are told.
const TOLD_MAX: usize = 20;

fn help(name: &str, declared: &[&str], packaged: bool) -> String {
    match nearest(name, declared.iter().copied().take(COMPARED_MAX)) {
        Some(near) => format!("write {}", quoted(&format!("{{{near}}}"))),
        None if packaged => {
            format!("give an argument the `valueHint` {0}, or declare an environment variable of that name", quoted(name))
        }
        None => format!("add {} to the remote's `variables`", quoted(name)),
    }
}
