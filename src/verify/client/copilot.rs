//! Copilot's language server, which JetBrains, Eclipse and Xcode run: it looks up the very version that a configuration pins,
//! and allows a remote server only at the address that the registry gives for it.
//!
//! It sends `Content-Type` with a GET, which makes a browser ask with OPTIONS first.

use crate::{
    finding::quoted,
    verify::{
        address::component,
        fix::Ill,
        listing::Entry,
        survey::Sample,
        visit::{Answer, Ask, NOBODY, Visit, document},
    },
};

pub(super) fn calls(visit: &mut Visit) {
    let mut any = false;
    for sample in visit.survey.samples.clone() {
        for version in &sample.versions {
            any = true;
            pinned(visit, &sample, version);
            if version.contains('+') {
                literal(visit, &sample.name, version);
            }
        }
    }
    if !any {
        nothing_listed(visit);
    }
    unknown(visit);
    preflight(visit);
}

/// Without a version to ask for, the list itself is what is wrong, or it is empty.
fn nothing_listed(visit: &mut Visit) {
    let named = visit.survey.samples.first().map(|sample| sample.name.clone());
    if let Some(name) = named {
        let Some(answer) = visit.ask(&Ask::get(document(&name, "latest"))) else { return };
        read(visit, &answer, &name, "latest");
    } else if let Some((answer, _)) = visit.list(&Ask::get("/v0.1/servers")) {
        visit.passes(&answer, "lists no server whose version could be asked for");
    }
}

fn pinned(visit: &mut Visit, sample: &Sample, version: &str) {
    let Some(answer) = visit.ask(&Ask::get(document(&sample.name, version))) else { return };
    let Some(entry) = read(visit, &answer, &sample.name, version) else { return };
    let what = format!("version {} of {}", quoted(version), quoted(&sample.name));
    if entry.version.as_deref() != Some(version) || entry.name.as_ref() != Some(&sample.name) {
        let help = "answer with the version that was asked for: a configuration that pins it is checked against it";
        visit.rejects(&answer, format!("{what} is answered with another"), help);
    } else if sample.latest.as_deref() == Some(version) && entry.remotes != sample.remotes {
        let help = "give the same `remotes` in the list and in the version's document: a server at another address is blocked";
        visit.rejects(&answer, format!("{what} has other remotes than in the list"), help);
    } else {
        visit.passes(&answer, format!("finds {what}"));
    }
}

fn read(visit: &mut Visit, answer: &Answer, name: &str, version: &str) -> Option<Entry> {
    let what = format!("version {} of {}", quoted(version), quoted(name));
    if !answer.is_success() {
        let (why, help) = visit.why_missing(answer.status(), name, version);
        visit.rejects(answer, format!("{what} is gone, and a configuration that pins it is blocked{why}"), help);
        return None;
    }
    match Entry::parse(&answer.response.body) {
        Ok(entry) if entry.has_server => Some(entry),
        Ok(_) => {
            visit.rejects(answer, format!("{what} has no `server`"), "answer one `{\"server\": {…}, \"_meta\": {…}}`");
            None
        }
        Err(why) => {
            visit.rejects(answer, format!("{what} cannot be read: {why}"), visit.fix(Ill::FoundForMissing));
            None
        }
    }
}

/// The client itself encodes; people and other programs do not.
fn literal(visit: &mut Visit, name: &str, version: &str) {
    let ask = Ask::get(format!("/v0.1/servers/{}/versions/{version}", component(name)));
    let is_plain = version.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+".contains(&byte));
    if !is_plain {
        return;
    }
    let Some(answer) = visit.ask(&ask) else { return };
    if answer.is_success() {
        visit.passes(&answer, format!("finds version {} also with a plain `+`", quoted(version)));
    } else {
        let message = format!("version {} is found as `%2B` only, and not with a plain `+`", quoted(version));
        visit.notes(&answer, message, visit.fix(Ill::LiteralPlus));
    }
}

fn unknown(visit: &mut Visit) {
    let Some(answer) = visit.ask(&Ask::get(document(NOBODY, "1.0.0"))) else { return };
    match answer.status() {
        404 => visit.passes(&answer, "knows no unknown version"),
        200..300 => {
            let message = "a version that nobody published is answered with a success instead of 404";
            visit.rejects(&answer, message, visit.fix(Ill::FoundForMissing));
        }
        status => {
            let ill = match status {
                401 | 403 => Ill::DeniedForMissing,
                500.. => Ill::Failing,
                _ => Ill::FoundForMissing,
            };
            visit.notes(&answer, "a version that nobody published is answered with something else than 404", visit.fix(ill));
        }
    }
}

fn preflight(visit: &mut Visit) {
    // What headers a folder will be sent with is for its host to say.
    if visit.base.is_folder() {
        return;
    }
    let path = match visit.survey.samples.first() {
        Some(sample) => document(&sample.name, "latest"),
        None => "/v0.1/servers".to_owned(),
    };
    let ask = Ask::options(path)
        .with("origin", "https://example.com")
        .with("access-control-request-method", "GET")
        .with("access-control-request-headers", "content-type");
    let Some(answer) = visit.ask(&ask) else { return };
    let header = |name: &str| answer.response.header(name).unwrap_or_default().to_ascii_lowercase();
    let origin = header("access-control-allow-origin");
    let headers = header("access-control-allow-headers");
    let allows = answer.is_success()
        && (origin == "*" || origin == "https://example.com")
        && headers.split(',').any(|name| matches!(name.trim(), "*" | "content-type"));
    if allows {
        visit.passes(&answer, "lets browsers ask");
    } else {
        let message = "browsers ask with OPTIONS before a GET with `Content-Type`, and are refused";
        visit.notes(&answer, message, visit.fix(Ill::Preflight));
    }
}
