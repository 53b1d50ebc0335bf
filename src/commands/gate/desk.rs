//! Where the gate writes: one comment, its own labels, and the status of the one commit that is judged. In a dry run it writes
//! nothing.

use crate::{
    adapters::{git::Point, github::GitHub, terminal},
    cli::Gate,
    forge::{CommitStatus, Home, PullRequest, Said, State},
    gate::{CONTEXT, NEW_NAMESPACE, Outcome},
    ports::Trouble,
    report::comment::MARKER,
};

use super::{BEGUN, failed};
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
    head: String,
    statuses: Vec<CommitStatus>,
    is_dry: bool,
}

impl<'a> Desk<'a> {
    pub(super) fn open(typed: &Gate, github: &'a GitHub, number: u64, head: &Point) -> anyhow::Result<Self> {
        let home = github.home().map_err(failed)?;
        let pull = github.pull(number).map_err(failed)?;
        let head = head.commit.to_string();
        if pull.open && pull.head != head {
            let error = format!("the head of pull request {number} is `{}` now, and --head is `{head}`", pull.head);
            return Err(WayOut::new(error, format!("fetch `refs/pull/{number}/head` again")).into());
        }
        let own = acts_as(github, typed.acts_as)?;
        let statuses = github.statuses(&head).map_err(failed)?;
        let statuses = statuses.into_iter().filter(|status| status.by == own && status.context == CONTEXT).collect();
        Ok(Self { github, home, pull, own, head, statuses, is_dry: typed.dry_run })
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

    /// Takes back what was said before, so that nobody acts on it meanwhile.
    pub(super) fn begin(&self) -> anyhow::Result<()> {
        match self.statuses.first().map(|status| status.state) {
            None | Some(State::Success) => self.status(BEGUN.0, BEGUN.1, None),
            Some(_) => Ok(()),
        }
    }

    pub(super) fn status(&self, state: State, text: &str, link: Option<&str>) -> anyhow::Result<()> {
        if self.is_dry {
            return Ok(());
        }
        self.github.set_status(&self.head, CONTEXT, state, text, link).map_err(failed)
    }

    /// Does something; where that fails, the commit's status says that there is no verdict.
    pub(super) fn or_say_so<T>(&self, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let done = work();
        if done.is_err()
            && let Err(error) = self.status(State::Error, "could not be judged, or the verdict could not be written", None)
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
        if first.is_some_and(|first| first.text.trim_end() == text.trim_end()) {
            return Ok(None);
        }
        let link = self.github.write_comment(self.number(), first.map(|first| first.id), text).map_err(failed)?;
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
