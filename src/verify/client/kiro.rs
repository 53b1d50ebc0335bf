//! Kiro and Amazon Q: read one file at exactly the address they were given, every 24 hours.

use crate::verify::{
    fix::Ill,
    kiro_file,
    listing::PAGE,
    visit::{Ask, Visit, grouped},
};

pub(super) fn calls(visit: &mut Visit) {
    let path = if visit.base.is_file() { "" } else { "/kiro.json" };
    let Some(answer) = visit.ask(&Ask::get(path)) else { return };
    visit.wants_https(&answer);
    if !answer.is_success() {
        let help = match answer.status() {
            401 | 403 if visit.base.is_file() => visit.fix(Ill::Closed),
            _ => kiro_file::NONE_HELP,
        };
        visit.misses(&answer, kiro_file::NONE, help);
        return;
    }
    match kiro_file::Judged::of(&answer.response.body) {
        Err(why) if !visit.base.is_file() && why == PAGE => {
            visit.misses(&answer, kiro_file::NONE, visit.fix(Ill::FoundForMissing));
        }
        Err(why) => visit.rejects(&answer, format!("the file cannot be read: {why}"), kiro_file::HELP),
        Ok(judged) => match judged.flaw {
            Some((message, help)) => visit.rejects(&answer, message, help),
            None => visit.passes(&answer, format!("offers {} servers", grouped(judged.servers))),
        },
    }
}
