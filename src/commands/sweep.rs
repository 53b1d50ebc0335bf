//! `gazette sweep`: every proof on record that can be asked for again, asked for again. It takes nothing away from anybody.

use std::{collections::BTreeMap, fmt::Write as _, io::Write, process::ExitCode};

use crate::{
    adapters::{
        WayOut,
        github::{GitHub, RepositoryName},
        terminal,
    },
    cli::Sweep,
    domain::Domain,
    evidence::{Answer, Question, Unavailable, WellKnown},
    name::Namespace,
    namespace::{NamespaceFile, Owner, Proof},
    ports::Trouble,
    record::Record,
    registry::Registry,
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

/// GitHub takes 65,536 characters.
const LINES_MAX: usize = 400;

/// What one proof came to.
enum Holds {
    Yes,
    No(String),
    Unknown(String),
}

type Answers = BTreeMap<Question, Result<Answer, Unavailable>>;

pub(super) fn run(typed: &Sweep, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let place = Place::find(typed.data.as_deref())?;
    let source = place.committed()?;
    let (config, _) = settings(&source.checkout)?;
    let (registry, _) = Registry::outline(&source.checkout, source.history, config)?;
    let home = typed.repo.clone().unwrap_or(RepositoryName { owner: String::new(), name: String::new() });
    let github = github(&typed.reach, &home, Some(&place))?;
    let world = World::open(&typed.reach, &github)?;

    let (mut broken, mut unknown, mut asked) = (Vec::new(), Vec::new(), 0);
    for (namespace, file) in &registry.namespaces {
        let questions: Vec<Question> = file.owners.iter().flat_map(|owner| questions(namespace, file, owner)).collect();
        let answers = world.answers(&questions);
        let answers: Answers = answers.into_iter().map(|(question, answer)| (question.clone(), answer)).collect();
        for owner in &file.owners {
            let who = format!("{namespace}: account {} by {}", owner.github_id, proof(owner.proof));
            asked += 1;
            match holds(namespace, file, owner, &answers) {
                Holds::Yes => {}
                Holds::No(why) => broken.push(format!("{who}: {why}")),
                Holds::Unknown(why) => unknown.push(format!("{who}: {why}")),
            }
        }
    }
    broken.iter().try_for_each(|line| writeln!(out, "no longer holds: {line}"))?;
    unknown.iter().try_for_each(|line| writeln!(out, "could not be asked: {line}"))?;
    writeln!(out, "{asked} proofs: {} no longer hold, {} could not be asked", broken.len(), unknown.len())?;
    if typed.repo.is_some() {
        keep_issue(typed, &github, &broken, &unknown)?;
    }
    Ok(match (broken.is_empty(), unknown.is_empty()) {
        (_, false) => ExitCode::from(2),
        (false, true) => ExitCode::from(TO_FIX),
        (true, true) => ExitCode::SUCCESS,
    })
}

/// What is asked about one owner.
fn questions(namespace: &Namespace, file: &NamespaceFile, owner: &Owner) -> Vec<Question> {
    let mut all = vec![Question::AccountId(owner.github_id)];
    let domain = Domain::of(namespace).ok();
    match (owner.proof, domain, file.subject.github_id) {
        (Proof::Dns, Some(domain), _) => all.extend(domain.txt_names().into_iter().map(Question::Txt)),
        (Proof::Web, Some(domain), _) => all.push(Question::Web(domain.as_str().to_owned())),
        (Proof::Key, Some(domain), _) => {
            all.extend(domain.txt_names().into_iter().map(Question::Txt));
            all.push(Question::Web(domain.as_str().to_owned()));
        }
        (Proof::Member, _, Some(organization)) => all.push(Question::Member { organization, user: owner.github_id }),
        (Proof::Account | Proof::Fork, _, Some(subject)) => all.push(Question::AccountId(subject)),
        _ => {}
    }
    all
}

fn holds(namespace: &Namespace, file: &NamespaceFile, owner: &Owner, answers: &Answers) -> Holds {
    match answers.get(&Question::AccountId(owner.github_id)) {
        Some(Ok(Answer::AccountId(Some(_)))) => {}
        Some(Ok(_)) => return Holds::No("the account is gone".to_owned()),
        other => return Holds::Unknown(reason(other)),
    }
    match owner.proof {
        // Somebody's word, which stands until it is taken back.
        Proof::Owner | Proof::Grant => Holds::Yes,
        Proof::Account | Proof::Fork => match file.subject.github_id.and_then(|id| answers.get(&Question::AccountId(id))) {
            Some(Ok(Answer::AccountId(Some(_)))) => Holds::Yes,
            Some(Ok(_)) => Holds::No("the account that the namespace belongs to is gone".to_owned()),
            other => Holds::Unknown(reason(other)),
        },
        Proof::Member => {
            let asked = file.subject.github_id.map(|organization| Question::Member { organization, user: owner.github_id });
            match asked.and_then(|question| answers.get(&question)) {
                Some(Ok(Answer::Member(true))) => Holds::Yes,
                Some(Ok(_)) => Holds::No("it is no public member of the organization".to_owned()),
                other => Holds::Unknown(reason(other)),
            }
        }
        Proof::Dns | Proof::Web | Proof::Key => domain_says(namespace, owner, answers),
    }
}

/// Whether any place of the domain still says what was proved by it.
fn domain_says(namespace: &Namespace, owner: &Owner, answers: &Answers) -> Holds {
    let Ok(domain) = Domain::of(namespace) else { return Holds::No("nobody can hold the domain".to_owned()) };
    let is_meant = |record: &Record| match owner.proof {
        Proof::Key => matches!(record, Record::Key(_)),
        _ => record.names(owner.github_id, None),
    };
    let mut unknown = None;
    let places = domain.txt_names().into_iter().map(Question::Txt).chain([Question::Web(domain.as_str().to_owned())]);
    for question in places {
        match answers.get(&question) {
            Some(Ok(Answer::Txt(txt))) if Record::of_txt(&txt.records).any(|record| is_meant(&record)) => return Holds::Yes,
            Some(Ok(Answer::Web(WellKnown::Text(text)))) if Record::of_file(text).any(|record| is_meant(&record)) => {
                return Holds::Yes;
            }
            Some(Err(why)) => unknown = Some(why.0.clone()),
            Some(Ok(_)) | None => {}
        }
    }
    unknown.map_or_else(|| Holds::No("the domain does not say so any more".to_owned()), Holds::Unknown)
}

fn reason(answer: Option<&Result<Answer, Unavailable>>) -> String {
    match answer {
        Some(Err(why)) => why.0.clone(),
        _ => "the namespace's file does not say whom to ask about".to_owned(),
    }
}

fn proof(proof: Proof) -> &'static str {
    match proof {
        Proof::Account => "account",
        Proof::Fork => "fork",
        Proof::Member => "member",
        Proof::Dns => "dns",
        Proof::Web => "web",
        Proof::Key => "key",
        Proof::Owner => "owner",
        Proof::Grant => "grant",
    }
}

/// One issue about everything, opened, changed or closed.
fn keep_issue(typed: &Sweep, github: &GitHub, broken: &[String], unknown: &[String]) -> anyhow::Result<()> {
    let failed = |trouble: Trouble| WayOut::new(trouble.to_string(), "see whether GITHUB_TOKEN may write issues");
    let text = issue(broken, unknown);
    if typed.dry_run {
        terminal::note(&text);
        return Ok(());
    }
    let own = acts_as(github, typed.acts_as)?;
    let issues = github.issues_by(own).map_err(failed)?;
    let existing = issues.iter().find(|issue| issue.text.starts_with(MARKER));
    let is_clean = broken.is_empty() && unknown.is_empty();
    match existing {
        None if broken.is_empty() => {}
        Some(issue) if issue.text.trim_end() == text.trim_end() => {}
        // What could not be asked is no reason to close it.
        existing => drop(github.write_issue(existing.map(|issue| issue.id), TITLE, &text, !is_clean).map_err(failed)?),
    }
    Ok(())
}

fn issue(broken: &[String], unknown: &[String]) -> String {
    let mut text = format!("{MARKER}\n");
    for (what, lines) in [("No longer holds", broken), ("Could not be asked this time", unknown)] {
        if lines.is_empty() {
            continue;
        }
        let shown: Vec<String> = lines.iter().take(LINES_MAX / 2).map(|line| line.chars().take(300).collect()).collect();
        let block = crate::report::comment::fenced("text", &shown.join("\n"), 28_000);
        let _ = write!(text, "\n{what}: {}\n\n{block}", lines.len());
    }
    if broken.is_empty() && unknown.is_empty() {
        text.push_str("\nEvery proof holds.\n");
    }
    text.push_str("\nNothing was taken away. A maintainer decides what to do about each.\n");
    text
}
