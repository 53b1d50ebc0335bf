//! `gazette gate`: a pull request, judged, and told so.

use std::{io::Write, process::ExitCode};

use crate::{
    adapters::{WayOut, disk, git::Point, github::GitHub, terminal},
    checkout::Territory,
    cli::{self, Gate},
    evidence::Evidence,
    forge::State,
    gate::{self, Facts, Outcome},
    name::ServerName,
    ports::Trouble,
    registry::Registry,
    report::{
        Report,
        comment::{self, Merge, Preview, Told},
    },
    rules,
    site::Site,
};

use super::{
    TO_FIX, judgement,
    judgement::{Judged, Judgement},
    place::Place,
    world::{World, github},
};

mod desk;
mod merge;
mod sight;

use desk::Desk;
pub(super) use desk::acts_as;
use sight::Sight;

/// What one look at a pull request came to.
struct Verdict {
    outcome: Outcome,
    report: Report,
    judged: Option<Judged>,
    /// Why a person must look, beside what the rules found.
    concerns: Vec<String>,
    /// What stops the robot; absent where the registry leaves merging to people.
    obstacles: Option<Vec<String>>,
    facts: Facts,
}

impl Verdict {
    /// What the commit's status says of it.
    fn description(&self) -> String {
        let description = self.outcome.description(&self.report);
        if self.outcome == Outcome::Pass { self.facts.told(&description) } else { description }
    }
}

pub(super) fn run(typed: &Gate, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let (Some(number), Some(base), Some(head)) = (typed.pull, &typed.base, &typed.head) else { return list(typed, out) };
    let place = Place::find(typed.data.as_deref())?;
    let repository = place.repository()?;
    let base = repository.point(repository.resolve(base)?)?;
    let head = repository.point(repository.resolve(head)?)?;
    let github = github(&typed.reach, &typed.repo, Some(&place))?;

    let desk = Desk::open(typed, &github, number, &base, &head)?;
    if let Some(why) = desk.nothing_to_do() {
        writeln!(out, "pull request {number}: {why}")?;
        return Ok(ExitCode::SUCCESS);
    }
    desk.begin()?;
    desk.or_say_so(|| {
        let verdict = look(typed, &place, &github, &base, &head, &desk)?;
        conclude(typed, &place, &github, (&base, &head), &desk, &verdict, out)
    })
}

/// The pull requests that may be judged.
fn list(typed: &Gate, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let github = github(&typed.reach, &typed.repo, None)?;
    let home = github.home().map_err(failed)?;
    for pull in github.open_pulls(&home.default_branch).map_err(failed)? {
        if typed.sha.as_ref().is_none_or(|sha| *sha == pull.head) {
            writeln!(out, "{}", pull.number)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks everything anew, and judges.
fn look(typed: &Gate, place: &Place, github: &GitHub, base: &Point, head: &Point, desk: &Desk) -> anyhow::Result<Verdict> {
    let sight = Sight::of(github, desk, base, head)?;
    let world = World::open(&typed.reach, github)?;
    let Judgement { report, judged } = judgement::of(place, base, head, |change| {
        let mut evidence = Evidence::default();
        sight.answer(&mut evidence, &head.commit);
        for _ in 0..rules::ROUNDS {
            let questions: Vec<_> = rules::questions(change, &evidence).into_iter().collect();
            for (question, answer) in world.answers(&questions) {
                evidence.add(question.clone(), answer);
            }
        }
        Ok(evidence)
    })?;
    let mut concerns = sight.concerns();
    concerns.extend(desk.worn());
    let mut obstacles = None;
    if let Some(Judged { change, evidence, .. }) = &judged {
        concerns.extend(sight.unshown(change));
        concerns.extend(sight.pushers(&desk.home, change, evidence));
        if change.law.config.gate.merge {
            match evidence.merge_settings() {
                Ok(settings) => concerns.extend(gate::unready(settings)),
                Err(why) => concerns.push(why.0),
            }
            obstacles = Some(sight.obstacles(gate::obstacles(change, evidence)));
        }
    }
    let mut outcome = Outcome::of(&report, &concerns);
    if let Some(why) = sight.approvals_unknown() {
        // Whoever approved it may have allowed what the rules refuse.
        concerns.push(why);
        outcome = Outcome::Review;
    }
    let approvals = judged.as_ref().and_then(|judged| judged.evidence.approvals().ok().cloned()).unwrap_or_default();
    Ok(Verdict { outcome, report, judged, concerns, obstacles, facts: desk.facts(&approvals) })
}

/// Says what came of it, and merges where it may.
fn conclude(
    typed: &Gate,
    place: &Place,
    github: &GitHub,
    (base, head): (&Point, &Point),
    desk: &Desk,
    verdict: &Verdict,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let preview = preview(verdict)?;
    let may_merge = verdict.outcome == Outcome::Pass && verdict.obstacles.as_ref().is_some_and(Vec::is_empty);
    let merge = match &verdict.obstacles {
        None => Merge::Off,
        Some(_) if may_merge => Merge::Now,
        Some(why) => Merge::Stopped(why),
    };
    let (judged, onto) = (head.commit.to_string(), base.commit.to_string());
    let text = comment::render(&Told {
        outcome: verdict.outcome,
        report: &verdict.report,
        judged: &judged,
        base: &onto,
        concerns: &verdict.concerns,
        merge,
        preview: preview.as_ref(),
    });
    let description = verdict.outcome.description(&verdict.report);
    let labels = desk.labels(verdict.outcome, verdict.judged.as_ref().is_some_and(|judged| gate::claims(&judged.change)));
    if typed.dry_run {
        writeln!(out, "status {} on {judged}: {description}", verdict.outcome.state().as_str())?;
        labels.iter().try_for_each(|(label, is_on)| writeln!(out, "label {}{label}", if *is_on { "+" } else { "-" }))?;
        writeln!(out, "merge {}", if may_merge { "yes" } else { "no" })?;
        writeln!(out, "comment\n{}", comment::harmless_to_a_runner(&text))?;
    } else {
        summarize(&text);
        let link = desk.say(&text)?;
        desk.set_labels(&labels)?;
        desk.settle(verdict.outcome.state(), &verdict.description(), link.as_deref())?;
        writeln!(out, "pull request {}: {description}; status {} on {judged}", desk.number(), verdict.outcome.state().as_str())?;
        if may_merge {
            merge::merge(typed, github, desk, head, || look(typed, place, github, base, head, desk), out)?;
        }
    }
    Ok(if verdict.outcome == Outcome::Reject { ExitCode::from(TO_FIX) } else { ExitCode::SUCCESS })
}

/// What would be published differently; of what is refused, nothing.
fn preview(verdict: &Verdict) -> anyhow::Result<Option<Preview>> {
    let Some(Judged { change, before, history, .. }) = verdict.judged.as_ref().filter(|_| verdict.outcome != Outcome::Reject)
    else {
        return Ok(None);
    };
    let (registry, _) = Registry::outline(before, history.clone(), change.law.config.clone())?;
    let namespaces: Vec<String> = change
        .touched
        .iter()
        .filter(|touched| matches!(touched.territory, Territory::Namespace(_)))
        .filter_map(|touched| touched.territory.namespace().map(|namespace| namespace.to_string()))
        .collect();
    let touches = |name: &ServerName| {
        let mine = |touched: &crate::change::Touched| match &touched.territory {
            Territory::Version(server, _) | Territory::Signature(server, _) | Territory::Status(server) => server == name,
            _ => false,
        };
        change.touched.iter().any(mine) || namespaces.iter().any(|namespace| namespace == name.namespace_str())
    };
    Preview::between(&Site::of(&registry, before), &Site::of(&change.merged, &change.checkout), &touches)
}

/// What a workflow shows beside its run; where it cannot, the comment says it all the same.
fn summarize(text: &str) {
    if let Some(file) = cli::step_summary()
        && let Err(error) = disk::append(&file, text.as_bytes())
    {
        terminal::note(&format!("{error:#}"));
    }
}

/// GitHub's trouble as an operator's, with the way out where there is one.
fn failed(trouble: Trouble) -> anyhow::Error {
    let help = match &trouble {
        Trouble::Denied(_) => "give GITHUB_TOKEN the rights that `gazette gate --help` names",
        Trouble::Missing(_) => "see whether --repo and --pull are right, and whether GITHUB_TOKEN may read them",
        Trouble::Busy(_) => "run it again later; `--patience` lets it wait longer",
        Trouble::Conflict(_) | Trouble::Unable(_) | Trouble::Other(_) => return anyhow::Error::new(trouble),
    };
    WayOut::new(trouble.to_string(), help).into()
}

/// What a status says while nothing is known yet.
const BEGUN: (State, &str) = (State::Pending, "being judged");
