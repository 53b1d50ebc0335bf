//! Copilot CLI: lists servers to choose from, and looks each configured one up by name. 200 is allowed, 404 is not; whatever
//! else comes back, it blocks every server that is not its own.

use crate::{
    finding::quoted,
    verify::{
        fix::Ill,
        listing::Entry,
        visit::{Answer, Ask, NOBODY, Visit, document},
    },
};

pub(super) fn calls(visit: &mut Visit) {
    if let Some((answer, listing)) = visit.list(&Ask::get("/v0.1/servers?limit=30")) {
        visit.wants_https(&answer);
        visit.passes(&answer, format!("shows {} servers", listing.servers.len()));
    }
    for sample in visit.survey.samples.clone() {
        known(visit, &sample.name);
    }
    unknown(visit);
}

fn known(visit: &mut Visit, name: &str) {
    let Some(answer) = visit.ask(&Ask::get(document(name, "latest"))) else { return };
    match answer.status() {
        200 => match Entry::parse(&answer.response.body) {
            Ok(entry) if entry.has_server => visit.passes(&answer, format!("allows {}", quoted(name))),
            Ok(_) => {
                let help = "answer one `{\"server\": {…}, \"_meta\": {…}}`";
                visit.rejects(&answer, format!("the look-up of {} has no `server`", quoted(name)), help);
            }
            Err(why) => {
                let message = format!("the look-up of {} cannot be read: {why}", quoted(name));
                visit.rejects(&answer, message, visit.fix(Ill::FoundForMissing));
            }
        },
        404 => {
            let (why, help) = visit.why_missing(404, name, "latest");
            visit.rejects(&answer, format!("{} is listed, not found by its name, and so blocked{why}", quoted(name)), help);
        }
        _ => blocks(visit, &answer, "a listed name", Ill::Closed),
    }
}

fn unknown(visit: &mut Visit) {
    let Some(answer) = visit.ask(&Ask::get(document(NOBODY, "latest"))) else { return };
    match answer.status() {
        404 => visit.passes(&answer, "knows no unknown name"),
        200..300 => {
            let message = "an unknown name is answered with a success, so every server whatever counts as listed";
            visit.rejects(&answer, message, visit.fix(Ill::FoundForMissing));
        }
        _ => blocks(visit, &answer, "an unknown name", Ill::DeniedForMissing),
    }
}

fn blocks(visit: &mut Visit, answer: &Answer, what: &str, denied: Ill) {
    let message = format!("{what} is answered with {}, and Copilot CLI then blocks every server", answer.status());
    let ill = match answer.status() {
        401 | 403 => denied,
        500.. => Ill::Failing,
        _ => Ill::FoundForMissing,
    };
    visit.rejects(answer, message, visit.fix(ill));
}
