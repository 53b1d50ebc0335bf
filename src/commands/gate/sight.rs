//! What GitHub shows of the pull request that is judged, and what of it a person must see.

use std::collections::BTreeSet;

use crate::{
    adapters::{git::Point, github::GitHub},
    change::Change,
    digest::GitId,
    evidence::{self, Answer, Evidence, Head, Label, MergeSettings, Pull, Question, Unavailable},
    forge::{Home, Past, PullRequest, Reviewed, Said, ShownFile},
    instant::Date,
    name::{Namespace, NamespaceKind},
    ports::Trouble,
};

use super::{desk::Desk, failed};

type Asked<T> = Result<T, Trouble>;

pub(super) struct Sight {
    pull: PullRequest,
    /// The account that the gate acts as.
    own: u64,
    reviews: Asked<Vec<Reviewed>>,
    comments: Asked<Vec<Said>>,
    past: Asked<Past>,
    files: Asked<Vec<ShownFile>>,
    settings: Asked<MergeSettings>,
    since: Asked<Option<Date>>,
    /// Whether the branch is still where base is.
    is_current: Asked<bool>,
    /// Other open pull requests with the same commit: a status is a commit's, and says nothing of whose.
    twins: Asked<Vec<u64>>,
}

impl Sight {
    pub(super) fn of(github: &GitHub, desk: &Desk, base: &Point, head: &Point) -> anyhow::Result<Self> {
        let pull = github.pull(desk.number()).map_err(failed)?;
        let head = head.commit.to_string();
        anyhow::ensure!(pull.head == head, "the pull request was pushed to while it was judged");
        let comments = github.comments(&pull).and_then(|mut said| {
            said.extend(github.line_comments(&pull)?);
            Ok(said)
        });
        let settings = settings(github, desk);
        let past = github.past(&pull);
        Ok(Self {
            own: desk.own,
            reviews: github.reviews(pull.number),
            comments,
            since: past.as_ref().map(|past| since(desk, &pull, past)).map_err(Clone::clone),
            past,
            files: github.files(&pull),
            settings,
            is_current: github.tip(&pull.base_branch).map(|tip| tip == base.commit.to_string()),
            twins: twins(github, &pull),
            pull,
        })
    }

    /// What the pull request answers for the commit that is judged.
    pub(super) fn answer(&self, evidence: &mut Evidence, judged: &GitId) {
        let reviews = self.reviews.as_deref().unwrap_or_default();
        let pull = pull(&self.pull, reviews, self.past.as_ref().ok().map(|past| past.labels.clone()));
        evidence.of_pull(&pull, judged);
        let why = |trouble: &Trouble| Unavailable(trouble.to_string());
        if let Err(trouble) = &self.reviews {
            evidence.add(Question::Approvals, Err(why(trouble)));
        }
        if let Err(trouble) = &self.past {
            evidence.add(Question::Labels, Err(why(trouble)));
        }
        let day = |date: Option<Date>, question: &Question| date.ok_or_else(|| question.unasked());
        let since = self.since.as_ref().map_err(why).and_then(|since| day(*since, &Question::Since));
        evidence.add(Question::Since, since.map(Answer::Since));
        evidence.add(Question::Today, day(self.pull.told.map(Date::of), &Question::Today).map(Answer::Today));
        evidence.add(Question::MergeSettings, self.settings.as_ref().map(|it| Answer::MergeSettings(*it)).map_err(why));
        evidence.add(Question::Comments, self.people().map(Answer::Comments).map_err(|trouble| why(&trouble)));
    }

    /// Everybody who has said something.
    fn people(&self) -> Asked<BTreeSet<u64>> {
        let (comments, reviews) = (self.comments.as_ref().map_err(Clone::clone)?, self.reviews.as_ref().map_err(Clone::clone)?);
        let actors = comments.iter().map(|said| &said.by).chain(reviews.iter().map(|review| &review.by));
        Ok(actors.filter(|actor| actor.is_person() && actor.account.id != self.own).map(|actor| actor.account.id).collect())
    }

    /// Why a person must look, whatever the rules find.
    pub(super) fn concerns(&self) -> Vec<String> {
        let mut concerns = Vec::new();
        match &self.is_current {
            Ok(true) => {}
            Ok(false) => concerns.push("the branch it goes to has moved since; it is judged again within the hour".to_owned()),
            Err(trouble) => concerns.push(trouble.to_string()),
        }
        match &self.twins {
            Ok(twins) if twins.is_empty() => {}
            Ok(twins) => {
                let twins: Vec<String> = twins.iter().map(u64::to_string).collect();
                concerns.push(format!("the same commit is in other open pull requests: {}", twins.join(", ")));
            }
            Err(trouble) => concerns.push(trouble.to_string()),
        }
        concerns
    }

    /// Who else may push to the branch, so that what comes there counts as the author's word: another account always, and an
    /// organization wherever more is touched than its own namespace. The registry's own repository is for those to write to
    /// whom it trusts, and a maintainer's approval is of the commit as it is.
    pub(super) fn pushers(&self, home: &Home, change: &Change, evidence: &Evidence) -> Option<String> {
        let owner = self.pull.head_owner.as_ref().filter(|owner| owner.account.id != self.pull.author.account.id)?;
        let is_own = |namespace: Namespace| match namespace.kind() {
            NamespaceKind::GitHub { login } => login.eq_ignore_ascii_case(&owner.account.login),
            NamespaceKind::Domain { .. } => false,
        };
        let is_its_word =
            !owner.is_person() && change.touched.iter().all(|touched| touched.territory.namespace().is_some_and(is_own));
        let is_home = self.pull.head_repository == Some(home.id);
        let is_maintainer = |id: &u64| change.law.config.is_maintainer(*id);
        let is_approved = || evidence.approvals().is_ok_and(|ids| ids.iter().any(is_maintainer));
        (!is_home && !is_its_word && !is_approved()).then(|| {
            let id = owner.account.id;
            format!(
                "account {id} says who pushes to the branch that it comes from: send it from a repository of your own, or let a \
                 maintainer approve this very commit"
            )
        })
    }

    /// Why it is not known who approves.
    pub(super) fn approvals_unknown(&self) -> Option<String> {
        self.reviews.as_ref().err().map(ToString::to_string)
    }

    /// What git says is touched and GitHub does not show to those who review.
    pub(super) fn unshown(&self, change: &Change) -> Vec<String> {
        let files = match &self.files {
            Ok(files) => files,
            Err(trouble) => return vec![trouble.to_string()],
        };
        let shown: BTreeSet<Box<str>> = files
            .iter()
            .flat_map(|file| std::iter::once(&file.path).chain(&file.before))
            .map(|path| crate::checkout::escape(path.as_bytes()))
            .collect();
        let hidden: Vec<&str> =
            change.touched.iter().map(|touched| &*touched.path).filter(|path| !shown.contains(*path)).collect();
        match hidden[..] {
            [] => Vec::new(),
            [first, ..] => {
                let first = crate::finding::quoted(first);
                vec![format!("GitHub does not show {} of the files that this changes, such as {first}", hidden.len())]
            }
        }
    }

    /// What else stops the robot.
    pub(super) fn obstacles(&self, mut others: Vec<String>) -> Vec<String> {
        if self.pull.draft {
            others.push("it is a draft".to_owned());
        }
        if self.pull.files == 0 {
            others.push("it changes nothing".to_owned());
        }
        others
    }
}

/// Since when the commit has been there to be looked at: since the gate's first status of it, and no longer than the pull request
/// has shown it without a break.
fn since(desk: &Desk, pull: &PullRequest, past: &Past) -> Option<Date> {
    let shown = past.returned.map_or(pull.opened, |returned| returned.max(pull.opened));
    desk.statuses().last().map(|status| status.at.max(shown)).or(pull.told).map(Date::of)
}

/// The facts of a pull request in the form in which they are judged.
pub(super) fn pull(pull: &PullRequest, reviews: &[Reviewed], labels: Option<Vec<Label>>) -> Pull {
    let review = |review: &Reviewed| evidence::Review {
        id: review.by.account.id,
        state: review.state.clone(),
        commit: review.commit.clone(),
    };
    Pull {
        number: pull.number,
        author: pull.author.account.clone(),
        head: Head { sha: pull.head.clone(), repo_owner_id: pull.head_owner.as_ref().map(|owner| owner.account.id) },
        labels,
        reviews: reviews.iter().map(review).collect(),
    }
}

/// The other open pull requests with the same last commit.
fn twins(github: &GitHub, pull: &PullRequest) -> Asked<Vec<u64>> {
    let open = github.open_pulls(&pull.base_branch)?;
    Ok(open
        .into_iter()
        .filter(|other| other.head == pull.head && other.number != pull.number)
        .map(|other| other.number)
        .collect())
}

/// How pull requests may be merged, by what the repository and its rulesets say together.
fn settings(github: &GitHub, desk: &Desk) -> Asked<MergeSettings> {
    let Some(merging) = desk.home.merging else {
        return Err(Trouble::Denied("the token may not know how pull requests are merged here".to_owned()));
    };
    let demands = github.demands(&desk.home.default_branch)?;
    let allowed = demands.merging.unwrap_or(merging);
    let is_required = demands.statuses.iter().any(|context| context == crate::gate::CONTEXT);
    Ok(MergeSettings {
        squash: merging.squash && allowed.squash,
        rebase: merging.rebase && allowed.rebase,
        up_to_date: demands.up_to_date && is_required,
    })
}
