//! `gazette sweep`: every proof on record that can be asked for again, asked for again. It takes nothing away from anybody.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::Write,
    process::ExitCode,
};

use crate::{
    adapters::{
        WayOut,
        github::{GitHub, RepositoryName},
        terminal,
    },
    checkout::Checkout,
    cli::Sweep,
    evidence::{Evidence, Question},
    name::Namespace,
    namespace::NamespaceFile,
    ports::Trouble,
    registry::Registry,
    report::comment,
    rules::{self, Left, Recorded},
};

use super::{
    TO_FIX,
    gate::acts_as,
    place::{Place, settings},
    world::{World, github},
};

/// By this first line, and by its author, the issue is found again.
const MARKER: &str = "<!-- gazette: sweep -->";
const TITLE: &str = "Proofs of ownership that no longer hold";

/// GitHub takes 65,536 characters; each list has its share.
const LINES_MAX: usize = 150;
const BLOCK_MAX: usize = 18_000;

/// The world is asked about so many namespaces at once.
const WINDOW: usize = 64;

/// What the world made of all of them, a line for each that is worth one.
#[derive(Default)]
struct Found {
    proofs: usize,
    gone: Vec<String>,
    look: Vec<String>,
    unknown: Vec<String>,
}

impl Found {
    fn add(&mut self, what: &str, left: Left) {
        match left {
            Left::Holds => {}
            Left::Look(why) => self.look.push(format!("{what}: {why}")),
            Left::Unknown(why) => self.unknown.push(format!("{what}: {why}")),
            Left::Gone(why) => self.gone.push(format!("{what}: {why}")),
        }
    }

    /// Each list with its heading.
    fn lists(&self) -> [(&'static str, &[String]); 3] {
        [("no longer holds", &self.gone), ("worth a look", &self.look), ("could not be asked", &self.unknown)]
    }
}

pub(super) fn run(typed: &Sweep, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let place = Place::find(typed.data.as_deref())?;
    let source = place.at(place.repository()?.head()?)?;
    let (config, _) = settings(&source.checkout)?;
    let (registry, _) = Registry::outline(&source.checkout, source.history, config)?;
    let home = typed.repo.clone().unwrap_or(RepositoryName { owner: String::new(), name: String::new() });
    let github = github(&typed.reach, &home, Some(&place))?;
    let world = World::open(&typed.reach, &github)?;

    let mut found = Found::default();
    let namespaces: Vec<(&Namespace, &NamespaceFile)> = registry.namespaces.iter().collect();
    for window in namespaces.chunks(WINDOW) {
        ask_again(window, &source.checkout, &registry, &world, &mut found)?;
    }
    for (what, lines) in found.lists() {
        lines.iter().try_for_each(|line| write!(out, "{}", comment::harmless_to_a_runner(&format!("{what}: {line}"))))?;
    }
    let Found { proofs, gone, look, unknown } = &found;
    writeln!(
        out,
        "{proofs} proofs: {} no longer hold, {} are worth a look, {} could not be asked",
        gone.len(),
        look.len(),
        unknown.len()
    )?;
    if typed.repo.is_some() {
        keep_issue(typed, &github, &found)?;
    }
    Ok(match (gone.is_empty(), unknown.is_empty()) {
        (_, false) => ExitCode::from(2),
        (false, true) => ExitCode::from(TO_FIX),
        (true, true) => ExitCode::SUCCESS,
    })
}

/// Asks the world about some namespaces as the gate would, and writes down what is left of their proofs.
fn ask_again(
    window: &[(&Namespace, &NamespaceFile)],
    checkout: &Checkout,
    registry: &Registry,
    world: &World,
    found: &mut Found,
) -> anyhow::Result<()> {
    let mut files = BTreeMap::new();
    for (namespace, _) in window {
        let path = format!("{}namespaces/{namespace}.toml", checkout.prefix);
        files.insert(namespace, (checkout.bytes(&path)?.unwrap_or_default(), checkout.bytes(&format!("{path}.sig"))?));
    }
    let mut recorded = Vec::new();
    for (namespace, file) in window {
        let (bytes, signature) = &files[namespace];
        recorded.push(Recorded {
            config: &registry.config,
            all: &registry.namespaces,
            namespace,
            file,
            bytes,
            signature: signature.clone(),
        });
    }
    let mut evidence = Evidence::default();
    for _ in 0..rules::ROUNDS {
        let questions: BTreeSet<Question> = recorded.iter().flat_map(|recorded| recorded.questions(&evidence)).collect();
        let questions: Vec<Question> = questions.into_iter().collect();
        for (question, answer) in world.answers(&questions) {
            evidence.add(question.clone(), answer);
        }
    }
    for recorded in &recorded {
        let namespace = recorded.namespace;
        let (subject, owners) = recorded.left(&evidence);
        found.add(&namespace.to_string(), subject);
        for (owner, left) in owners {
            found.proofs += 1;
            found.add(&format!("{namespace}: account {} by `{}`", owner.github_id, owner.proof), left);
        }
    }
    Ok(())
}

/// One issue about everything, opened, changed or closed.
fn keep_issue(typed: &Sweep, github: &GitHub, found: &Found) -> anyhow::Result<()> {
    let failed = |trouble: Trouble| WayOut::new(trouble.to_string(), "see whether GITHUB_TOKEN may write issues");
    let text = issue(found);
    if typed.dry_run {
        terminal::note(&text);
        return Ok(());
    }
    let own = acts_as(github, typed.acts_as)?;
    let issues = github.issues_by(own).map_err(failed)?;
    let existing = issues.iter().find(|issue| issue.text.starts_with(MARKER));
    let is_wanted = !(found.gone.is_empty() && found.look.is_empty());
    match existing {
        None if !is_wanted => {}
        Some(issue) if issue.text.trim_end() == text.trim_end() => {}
        // What could not be asked is no reason to close it.
        existing => {
            let is_open = is_wanted || !found.unknown.is_empty();
            github.write_issue(existing.map(|issue| issue.id), TITLE, &text, is_open).map_err(failed)?;
        }
    }
    Ok(())
}

fn issue(found: &Found) -> String {
    let mut text = format!("{MARKER}\n");
    let words = [
        "No longer holds. Whoever is named could not prove it today: ask them, and take them out of the namespace's file if they cannot",
        "Worth a look. It holds, and something about it has changed",
        "Could not be asked this time",
    ];
    for (words, (_, lines)) in words.iter().zip(found.lists()).filter(|(_, (_, lines))| !lines.is_empty()) {
        let mut shown: Vec<String> = lines.iter().take(LINES_MAX).map(|line| line.chars().take(300).collect()).collect();
        if lines.len() > LINES_MAX {
            shown.push(format!("… {} more, in the log of the run", lines.len() - LINES_MAX));
        }
        let _ = write!(text, "\n{words}: {}\n\n{}", lines.len(), comment::fenced("text", &shown.join("\n"), BLOCK_MAX));
    }
    if found.lists().iter().all(|(_, lines)| lines.is_empty()) {
        text.push_str("\nEvery proof holds.\n");
    }
    text.push_str("\nNothing was taken away from anybody. A maintainer decides what to do about each.\n");
    text
}
