//! What may be mended by itself, and where: never a file that is already published.

use std::{collections::BTreeMap, io::Write};

use crate::{
    adapters::disk,
    checkout::{Checkout, Item, Kind, Territory},
    config::Limits,
    entry::{document, rewrite},
    finding::{Edit, Finding},
};

use super::{build::some, place::Place};

/// Makes the edits that findings know, in files that base does not have, and lays those files out. Says what it changed;
/// tells whether it changed anything.
pub(super) fn fix(place: &Place, base: Option<&str>, findings: &[Finding], out: &mut dyn Write) -> anyhow::Result<bool> {
    let mut edits: BTreeMap<&str, Vec<(&str, &Edit)>> = BTreeMap::new();
    for finding in findings {
        if let Some(edit) = &finding.fix {
            edits.entry(&finding.place.path).or_default().push((finding.rule, edit));
        }
    }
    let files = place.files()?;
    let published = published(place, base)?;
    let mut changed = false;
    for (path, edits) in edits {
        let Some(text) = files.text(path)? else { continue };
        if published.get(path).is_some() {
            writeln!(out, "left {path}: it is published, and what is published never changes")?;
            continue;
        }
        let mended = rewrite::apply(&text, edits.iter().map(|(_, edit)| (*edit).clone()).collect());
        let mended = if document::read(&mended, &Limits::default()).is_ok() { rewrite::layout(&mended) } else { mended };
        disk::write(&place.data.join(inside(place, path)), mended.as_bytes())?;
        let mut rules: Vec<&str> = edits.iter().map(|(rule, _)| *rule).collect();
        rules.dedup();
        writeln!(out, "mended {path}: {} for {}", some(edits.len(), "edit"), rules.join(", "))?;
        changed = true;
    }
    if changed {
        writeln!(out)?;
    }
    Ok(changed)
}

/// The files of base; without a named one, of the last commit.
pub(super) fn published(place: &Place, base: Option<&str>) -> anyhow::Result<Checkout> {
    let repository = place.repository()?;
    let commit = match base {
        None | Some("HEAD") => repository.head()?,
        Some(base) => repository.resolve(base)?,
    };
    repository.checkout(&repository.tree(commit)?, &place.prefix)
}

/// A path of the repository as one of the registry's folder.
pub(super) fn inside<'a>(place: &Place, path: &'a str) -> &'a str {
    path.strip_prefix(&place.prefix).unwrap_or(path)
}

/// Whether an item is a JSON file that has a layout.
pub(super) fn has_layout(item: &Item, territory: &Territory) -> bool {
    item.kind == Kind::File && matches!(territory, Territory::Version(..) | Territory::Status(_))
}
