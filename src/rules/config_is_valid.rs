use crate::{
    change::{Change, Touched},
    checkout::Territory,
    config::Config,
    evidence::Evidence,
    finding::{Finding, Place},
};

use super::{Family, Rule, Settings};

pub(super) const RULE: Rule = Rule {
    id: "config-is-valid",
    family: Family::Shape,
    locked: true,
    about: "A change leaves the registry with a `registry.toml` that can be read.

Every judgement and every build begins with this file. If it cannot be read, or sets a rule that does not exist, or weakens
one that is locked, then nothing can be judged or published until somebody mends it on the main branch.

Mend the file at the place that is shown. The file that `gazette new` writes explains every key.",
    change: Some(judge),
    ..Rule::BLANK
};

fn judge(change: &Change, _: &Evidence) -> Vec<Finding> {
    let config = change.touched.iter().find(|touched| touched.territory == Territory::Config);
    config.and_then(|touched| flaw(touched, change.config_text.as_deref())).into_iter().collect()
}

fn flaw(touched: &Touched, text: Option<&str>) -> Option<Finding> {
    let path = &*touched.path;
    let whole = |message: &str, help: &str| Some(RULE.finding(Place::file(path), message, help));
    if touched.after.is_none() {
        return whole(
            "the registry loses its `registry.toml`",
            "restore the file; without it nothing can be judged or published",
        );
    }
    let Some(text) = text else {
        return whole("`registry.toml` is no readable text", "make it a plain file of UTF-8 text");
    };
    let flaw = Config::parse(path, text).and_then(|config| Settings::of(&config, path, text)).err()?;
    Some(RULE.finding(flaw.place, flaw.message, flaw.help))
}
