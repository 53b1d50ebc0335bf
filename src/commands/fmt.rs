//! `gazette fmt`: the one layout of entries.

use std::{collections::BTreeSet, io::Write, process::ExitCode};

use crate::{
    adapters::{WayOut, disk, folder},
    checkout::Checkout,
    cli::Fmt,
    config::Limits,
    entry::{document, rewrite},
};

use super::{
    TO_FIX,
    mend::{has_layout, inside, published},
    place::Place,
};

pub(super) fn run(fmt: &Fmt, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let place = Place::find(fmt.data.as_deref())?;
    let files = place.files()?;
    let published = published(&place, Some(&fmt.base))?;
    let mut untidy = 0;
    for path in chosen(fmt, &place, &files, &published)? {
        let Some(text) = files.text(&path)? else { continue };
        // What is no JSON has no layout; `gazette check` says what is wrong with it.
        if document::read(&text, &Limits::default()).is_err() {
            writeln!(out, "left {path}: it is no JSON")?;
            continue;
        }
        let laid_out = rewrite::layout(&text);
        if laid_out == text {
            continue;
        }
        untidy += 1;
        if fmt.check {
            writeln!(out, "would lay out {path}")?;
        } else {
            disk::write(&place.data.join(inside(&place, &path)), laid_out.as_bytes())?;
            writeln!(out, "laid out {path}")?;
        }
    }
    Ok(if fmt.check && untidy > 0 { ExitCode::from(TO_FIX) } else { ExitCode::SUCCESS })
}

/// The named files, or every one that base does not have.
fn chosen(fmt: &Fmt, place: &Place, files: &Checkout, published: &Checkout) -> anyhow::Result<BTreeSet<String>> {
    let new = files.territories().filter(|(item, territory)| has_layout(item, territory) && published.get(&item.path).is_none());
    let new: BTreeSet<String> = new.map(|(item, _)| item.path.to_string()).collect();
    if fmt.files.is_empty() {
        return Ok(new);
    }
    let mut chosen = BTreeSet::new();
    for file in &fmt.files {
        let path = folder::relative(&place.data, file).map(|path| format!("{}{path}", place.prefix));
        let path = path.filter(|path| files.get(path).is_some()).ok_or_else(|| {
            let error = format!("`{}` is no file of the registry in `{}`", file.display(), place.data.display());
            WayOut { error, help: "name entries of the registry, or none for all that are new".to_owned() }
        })?;
        if !new.contains(&path) {
            let error = format!("`{path}` is published on `{}`, or has no layout", fmt.base);
            let help = "leave it as it is: a published version never changes; `--base REV` names another commit".to_owned();
            return Err(WayOut { error, help }.into());
        }
        chosen.insert(path);
    }
    Ok(chosen)
}
