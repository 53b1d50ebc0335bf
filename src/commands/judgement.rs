//! The judgement of a change, whoever asks for it: head merged onto base, judged by base's law and by what the world answers.

use crate::{
    adapters::git::{Merged, Point},
    change::{Change, Law, Touched, Unmergeable},
    checkout::{Blob, Checkout, Territory},
    entry::{Entry, model::Model},
    evidence::Evidence,
    history::{self, History},
    registry::Registry,
    report::{Report, Scope},
    rules,
};

use super::place::{Place, settings};

pub(super) struct Judgement {
    pub(super) report: Report,
    /// Absent where there is nothing that could be merged.
    pub(super) judged: Option<Judged>,
}

/// What a verdict rests on.
pub(super) struct Judged {
    pub(super) change: Change,
    pub(super) evidence: Evidence,
    pub(super) before: Checkout,
    pub(super) history: History,
}

/// Judges, with the answers that `answer` finds to what the rules ask.
pub(super) fn of(
    place: &Place,
    base: &Point,
    head: &Point,
    answer: impl FnOnce(&Change) -> anyhow::Result<Evidence>,
) -> anyhow::Result<Judgement> {
    let repository = place.repository()?;
    let before = repository.checkout(&base.tree, &place.prefix)?;
    let (config, settings) = settings(&before)?;
    let unmergeable = match repository.merge(base, head)? {
        Merged::Tree(tree) => Ok(tree),
        Merged::Conflicts(paths) => Err(Unmergeable::Conflicts(paths)),
        Merged::ManyBases(count) => Err(Unmergeable::ManyBases(count)),
        Merged::Unrelated => Err(Unmergeable::Unrelated),
    };
    let tree = match unmergeable {
        Ok(tree) => tree,
        Err(why) => {
            return Ok(Judgement { report: Report::of(why.findings(), Scope::Change { files: 0 }), judged: None });
        }
    };
    let touched = Touched::of(&place.prefix, repository.difference(&base.tree, &tree)?);
    let files = touched.len();

    let checkout = repository.checkout(&tree, &place.prefix)?;
    let history = repository.history(base.commit, &place.prefix)?;
    let later = history.clone().with_uncommitted(history::uncommitted(&before, &checkout)?);
    let law = Law::of(&before, config.clone(), &touched)?;
    let is_touched = |path: &str| touched.binary_search_by(|t| t.path.as_bytes().cmp(path.as_bytes())).is_ok();
    let inspect = |entry: &Entry, model: &Model| {
        if is_touched(&entry.source.path) { rules::judge_entry(entry, model, &config) } else { Vec::new() }
    };
    let (merged, mut findings) = Registry::assemble(&checkout, later, config.clone(), inspect)?;
    findings.retain(|finding| is_touched(&finding.place.path));

    let config_text = changed_config(&checkout, &touched, config.limits.entry_bytes)?;
    let change = Change { law, touched, checkout, merged, config_text };
    let evidence = answer(&change)?;
    findings.extend(rules::judge(&change, &evidence));
    let allowed = rules::allowed(&change, &evidence);
    let report = Report::of(settings.apply(findings), Scope::Change { files }).with_allowed(allowed);
    Ok(Judgement { report, judged: Some(Judged { change, evidence, before, history }) })
}

/// The `registry.toml` that the change would leave, if it touches it and leaves a text of a bearable size.
fn changed_config(checkout: &Checkout, touched: &[Touched], cap: usize) -> anyhow::Result<Option<String>> {
    let changed = touched.iter().find(|touched| touched.territory == Territory::Config);
    let Some(item) = changed.and_then(|touched| checkout.get(&touched.path)) else { return Ok(None) };
    if !item.kind.is_regular() {
        return Ok(None);
    }
    Ok(match checkout.store.reader().read(item, cap)? {
        Blob::Bytes(bytes) => String::from_utf8(bytes).ok(),
        Blob::Large(_) => None,
    })
}
