//! Where the gate writes: one comment, its own labels, and the status of the one commit that is judged. In a dry run it writes
//! nothing.

use std::collections::BTreeSet;

use crate::{
    adapters::{git::Point, github::GitHub, terminal},
    cli::Gate,
    forge::{CommitStatus, Home, PullRequest, Said, State},
    gate::{self, CONTEXT, Facts, NEW_NAMESPACE, Outcome},
    ports::Trouble,
    report::comment::MARKER,
};

use super::{BEGUN, failed, sight};
use crate::adapters::WayOut;

/// `github-actions[bot]`, whom a workflow's own token acts as. Such a token may not ask who it is.
const WORKFLOWS: u64 = 41_898_282;

pub(super) struct Desk<'a> {
    github: &'a GitHub,
    pub(super) home: Home,
    /// As it was when the gate began.
    pub(super) pull: PullRequest,
    /// The account that the gate acts as.
    pub(super) own: u64,
    base: String,
    head: String,
    statuses: Vec<CommitStatus>,
    /// How many statuses of the gate's name there are, whoever wrote them.
    taken: usize,
    is_dry: bool,
}

impl<'a> Desk<'a> {
    pub(super) fn open(typed: &Gate, github: &'a GitHub, number: u64, base: &Point, head: &Point) -> anyhow::Result<Self> {
        let home = github.home().map_err(failed)?;
        let pull = github.pull(number).map_err(failed)?;
        let head = head.commit.to_string();
        if pull.open && pull.head != head {
            let error = format!("the head of pull request {number} is `{}` now, and --head is `{head}`", pull.head);
            return Err(WayOut::new(error, format!("fetch `refs/pull/{number}/head` again")).into());
        }
        let own = acts_as(github, typed.acts_as)?;
        let mut statuses = github.statuses(&head).map_err(failed)?;
        statuses.retain(|status| status.context == CONTEXT);
        let taken = statuses.len();
        statuses.retain(|status| status.by == own);
        Ok(Self { github, home, pull, own, base: base.commit.to_string(), head, statuses, taken, is_dry: typed.dry_run })
    }

    pub(super) fn number(&self) -> u64 {
        self.pull.number
    }

    /// The gate's own statuses of the commit, newest first.
    pub(super) fn statuses(&self) -> &[CommitStatus] {
        &self.statuses
    }

    /// Why there is nothing to judge.
    pub(super) fn nothing_to_do(&self) -> Option<String> {
        let Self { home, pull, .. } = self;
        if !pull.open {
            return Some("it is closed".to_owned());
        }
        let is_elsewhere = pull.base_repository != home.id || pull.base_branch != home.default_branch;
        is_elsewhere.then(|| format!("it does not go to `{}`, and nothing else is published", home.default_branch))
    }

    /// Takes back what was said before, so that nobody acts on it meanwhile: unless it is what would be said again now, as far as
    /// that can be seen before anything is judged.
    pub(super) fn begin(&self) -> anyhow::Result<()> {
        match self.statuses.first() {
            Some(status) if status.state != State::Success || self.may_stand(status) => Ok(()),
            _ => self.status(BEGUN.0, BEGUN.1, None),
        }
    }

    fn may_stand(&self, status: &CommitStatus) -> bool {
        let (Some(now), Ok(reviews)) = (self.pull.told, self.github.reviews(self.number())) else { return false };
        let approvals = sight::pull(&self.pull, &reviews, None).approvals();
        gate::may_stand(status, &self.facts(&approvals), now)
    }

    /// What a success rests on, where these people approve.
    pub(super) fn facts(&self, approvals: &BTreeSet<u64>) -> Facts {
        Facts::of(self.number(), &self.base, approvals)
    }

    /// Why this commit cannot pass any more.
    pub(super) fn worn(&self) -> Option<String> {
        gate::worn(self.taken)
    }

    /// Sets a status, unless it is the one that stands there: GitHub takes only so many.
    pub(super) fn settle(&self, state: State, text: &str, link: Option<&str>) -> anyhow::Result<()> {
        let newest =
            |statuses: Vec<CommitStatus>| statuses.into_iter().find(|status| status.by == self.own && status.context == CONTEXT);
        // Another run may have written one since.
        match self.github.statuses(&self.head).ok().and_then(newest) {
            Some(standing) if standing.state == state && standing.text == text => Ok(()),
            _ => self.status(state, text, link),
        }
    }

    fn status(&self, state: State, text: &str, link: Option<&str>) -> anyhow::Result<()> {
        if self.is_dry {
            return Ok(());
        }
        self.github.set_status(&self.head, CONTEXT, state, text, link).map_err(failed)
    }

    /// Does something; where that fails, the commit's status says that there is no verdict.
    pub(super) fn or_say_so<T>(&self, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let done = work();
        if done.is_err()
            && let Err(error) = self.settle(State::Error, "could not be judged, or the verdict could not be written", None)
        {
            terminal::note(&format!("the status could not be set either: {error:#}"));
        }
        done
    }

    /// Writes the one comment; gives its address.
    pub(super) fn say(&self, text: &str) -> anyhow::Result<Option<String>> {
        let said = self.said().or_else(|_| self.said()).map_err(failed)?;
        let is_mine = |said: &&Said| said.by.account.id == self.own && said.text.starts_with(MARKER);
        let mut mine = said.iter().filter(is_mine);
        let first = mine.next();
        // Two gates that ran at once may both have begun one.
        for more in mine {
            self.github.delete_comment(more.id).map_err(failed)?;
        }
        let link = match first.filter(|first| first.text.trim_end() == text.trim_end()) {
            Some(first) => first.link.clone(),
            None => self.github.write_comment(self.number(), first.map(|first| first.id), text).map_err(failed)?,
        };
        Ok(Some(link).filter(|link| link.starts_with("https://")))
    }

    /// Somebody may add to it between counting and listing.
    fn said(&self) -> Result<Vec<Said>, Trouble> {
        self.github.comments(&self.github.pull(self.number())?)
    }

    /// The gate's own labels that are to be put on or taken off.
    pub(super) fn labels(&self, outcome: Outcome, claims: bool) -> Vec<(&'static str, bool)> {
        let wanted = Outcome::ALL.map(|other| (other.label(), other == outcome));
        let all = wanted.into_iter().chain([(NEW_NAMESPACE, claims)]);
        all.filter(|(label, is_on)| self.pull.labels.iter().any(|there| there == label) != *is_on).collect()
    }

    pub(super) fn set_labels(&self, labels: &[(&str, bool)]) -> anyhow::Result<()> {
        for (label, is_on) in labels {
            let done =
                if *is_on { self.github.add_label(self.number(), label) } else { self.github.remove_label(self.number(), label) };
            done.map_err(failed)?;
        }
        Ok(())
    }
}

pub(in crate::commands) fn acts_as(github: &GitHub, named: Option<u64>) -> anyhow::Result<u64> {
    match named.map_or_else(|| github.acts_as(), Ok) {
        Ok(id) => Ok(id),
        Err(Trouble::Denied(text)) if text.contains(" 403 ") => Ok(WORKFLOWS),
        Err(trouble) => Err(failed(trouble)),
    }
}
