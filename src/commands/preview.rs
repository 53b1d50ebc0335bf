//! A site of the files as they lie, held in memory; built and judged again whenever they change.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use crate::{
    adapters::{WayOut, clock::Stopwatch, terminal::note},
    finding::Verdict,
    instant::Instant,
    registry::Registry,
    report::{self, Report, Scope},
    serve::{Held, Server},
};

use super::{
    build::some,
    check,
    place::{Place, Source, settings},
};

pub(super) struct Preview {
    /// The folder that was named.
    pub(super) data: Option<PathBuf>,
    pub(super) as_of: Option<Instant>,
    pub(super) server: Arc<Server>,
    /// Whether the files are looked at again.
    pub(super) is_watching: bool,
    /// What tells the files that were built from any others.
    pub(super) seen: Option<u64>,
}

/// How often files are looked at, at most.
const PAUSE: Duration = Duration::from_secs(1);
/// Looking at them takes at most this part of a processor.
const SHARE: u32 = 10;
/// Files that still change after this long are still being written.
const QUIET: Duration = Duration::from_millis(150);

impl Preview {
    /// Serves what lies there; or says why it cannot be served.
    pub(super) fn begin(&mut self) -> anyhow::Result<Result<Source, Report>> {
        if self.is_watching {
            self.seen = Some(self.fingerprint()?);
        }
        let source = self.source()?;
        let built = build(&source)?;
        Ok(built.map(|held| {
            self.server.publish(held);
            source
        }))
    }

    pub(super) fn summary(&self) -> String {
        let Some(facts) = self.server.facts() else { return "nothing".to_owned() };
        format!(
            "{} and {}, serial {}",
            some(facts.counts.servers, "server"),
            some(facts.counts.versions, "version"),
            facts.serial
        )
    }

    /// Says what the rules say of the files, in one line. What is served is served whatever that is.
    pub(super) fn judge(&self, source: &Source, colour: bool) {
        let report = match check::judge_tree(source) {
            Ok(report) => report,
            Err(error) => return note(&format!("could not judge the files: {error:#}")),
        };
        self.server.judged(&report);
        let more = if report.findings.is_empty() { "" } else { "; `gazette check` says more" };
        let line = format!("{}{more}", report.summary());
        note(&if colour && report.verdict() == Some(Verdict::Reject) { format!("\x1b[1;31m{line}\x1b[0m") } else { line });
    }

    /// Builds again whenever the files or the last commit change, until it is told to stop.
    pub(super) fn watch(&mut self, told: &Receiver<()>, colour: bool) {
        let mut pause = PAUSE;
        while told.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
            let mut clock = Stopwatch::start();
            let now = self.fingerprint();
            pause = PAUSE.max(clock.stage("looking") * SHARE);
            if now.as_ref().ok() == self.seen.as_ref() {
                continue;
            }
            // Whoever writes many files is not interrupted by a build of half of them.
            if told.recv_timeout(QUIET) != Err(RecvTimeoutError::Timeout) {
                break;
            }
            match (now, self.fingerprint()) {
                (Ok(now), Ok(again)) if now == again => {
                    self.seen = Some(again);
                    self.again(colour);
                }
                (Ok(_), Ok(_)) => pause = QUIET,
                (Err(error), _) | (_, Err(error)) => {
                    // Once they can be looked at again, what is told of them is out of date, whatever they are.
                    self.seen = None;
                    self.keep(&error);
                }
            }
        }
    }

    /// Serves what lies there now, if it can be served; otherwise what is served stays.
    fn again(&mut self, colour: bool) {
        let built = self.begin();
        match built {
            Ok(Ok(source)) => {
                note(&format!("serving {}", self.summary()));
                self.judge(&source, colour);
            }
            Ok(Err(report)) => {
                self.server.keep(&report.summary(), &report::text::render(&report, false));
                note(&report::text::render(&report, colour));
                note("what was served before stays, since these files cannot be");
            }
            Err(error) => self.keep(&error),
        }
    }

    fn keep(&mut self, error: &anyhow::Error) {
        let text = match error.downcast_ref::<WayOut>() {
            Some(WayOut { error, help }) => format!("error: {error}\nhelp: {help}"),
            None => format!("error: {error:#}"),
        };
        if self.server.keep(&format!("{error:#}"), &text) {
            note(&format!("{text}\nwhat was served before stays"));
        }
    }

    /// A repository that was opened before a commit was made may not know the commit, so it is opened anew.
    fn place(&self) -> anyhow::Result<Place> {
        Place::find(self.data.as_deref())
    }

    fn source(&self) -> anyhow::Result<Source> {
        match self.as_of {
            Some(at) => self.place()?.as_of(at),
            None => self.place()?.lying_or_committed(),
        }
    }

    /// A number that changes with the files and with the last commit.
    fn fingerprint(&self) -> anyhow::Result<u64> {
        let place = self.place()?;
        let files = place.fingerprint()?;
        let head = if self.as_of.is_some() { None } else { Some(place.repository()?.head()?) };
        let head = head.map(|head| head.0).unwrap_or_default();
        Ok(head.iter().fold(files, |sum, &byte| sum.rotate_left(7) ^ u64::from(byte)))
    }
}

fn build(source: &Source) -> anyhow::Result<Result<Held, Report>> {
    let (config, _) = settings(&source.checkout)?;
    let (registry, findings) = Registry::outline(&source.checkout, source.history.clone(), config)?;
    let scope = Scope::Tree { servers: registry.servers.len(), versions: registry.versions() };
    if findings.iter().any(|finding| finding.verdict == Verdict::Reject) {
        return Ok(Err(Report::of(findings, scope)));
    }
    let held = Held::gather(registry, &source.checkout)?;
    Ok(held.map_err(|findings| Report::of(findings, scope)))
}
