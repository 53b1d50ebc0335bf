//! The one thing that a robot must get right: merging exactly what was judged, and only while that is still true.

use std::io::Write;

use crate::{
    adapters::{git::Point, github::GitHub},
    change::{Change, Touched},
    checkout::Territory,
    cli::Gate,
    gate::Outcome,
    name::ServerName,
    ports::Trouble,
    version::Version,
};

use super::{Verdict, desk::Desk, failed};

/// Looks again, and squashes the judged commit if nothing has changed.
pub(super) fn merge(
    typed: &Gate,
    github: &GitHub,
    desk: &Desk,
    head: &Point,
    look: impl FnOnce() -> anyhow::Result<Verdict>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let again = look()?;
    let is_still = again.outcome == Outcome::Pass && again.obstacles.as_ref().is_some_and(Vec::is_empty);
    let Some(judged) = again.judged.as_ref().filter(|_| is_still) else {
        desk.settle(again.outcome.state(), &again.description(), None)?;
        writeln!(out, "not merged: a second look found it otherwise")?;
        return Ok(());
    };
    let (title, text) = message(&judged.change, desk, head);
    match github.squash(desk.number(), &head.commit.to_string(), &title, &text) {
        Ok(commit) => writeln!(out, "merged as {commit}")?,
        // It was pushed to, closed, or merged by somebody else: what is true now is for the next run.
        Err(Trouble::Conflict(why)) => {
            writeln!(out, "not merged: {why}")?;
            return Ok(());
        }
        Err(trouble) => return Err(failed(trouble)),
    }
    // What a workflow's token merges starts no workflow.
    github.dispatch(&typed.then, &desk.home.default_branch).map_err(failed)
}

/// A message in which no word is a stranger's: names and versions are held to their forms, and accounts are numbers.
fn message(change: &Change, desk: &Desk, head: &Point) -> (String, String) {
    let new: Vec<(&ServerName, &Version)> =
        change.touched.iter().filter(|touched| touched.before.is_none()).filter_map(version).collect();
    let what = match new[..] {
        [(name, version)] => format!("Publish {name} {version}"),
        [(name, _), ..] if new.iter().all(|(other, _)| *other == name) => format!("Publish {} versions of {name}", new.len()),
        [_, _, ..] => format!("Publish {} versions", new.len()),
        [] => match change.touched.len() {
            1 => "Change 1 file".to_owned(),
            count => format!("Change {count} files"),
        },
    };
    let author = desk.pull.author.account.id;
    let title = format!("{what} (#{})", desk.number());
    (title, format!("Submitted by account {author} as {}.", head.commit))
}

fn version(touched: &Touched) -> Option<(&ServerName, &Version)> {
    match &touched.territory {
        Territory::Version(name, version) => Some((name, version)),
        _ => None,
    }
}
