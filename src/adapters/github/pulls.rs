//! What GitHub knows of the registry's own repository and its pull requests.

use super::{
    GitHub, Trouble,
    http::{JSON, parsed},
    shapes::{self, Branch, BranchRule, Comment, Event, File, Pull, Repository, Review, Status},
};
use crate::{
    evidence::Label,
    forge::{CommitStatus, Demands, Home, Merging, Past, PullRequest, Reviewed, Said, ShownFile, State},
    instant::Instant,
};

/// More files than this GitHub does not list.
const FILES_MAX: usize = 3000;

/// What brings a commit back before people's eyes that may have been out of them.
const RETURNS: [&str; 3] = ["reopened", "head_ref_force_pushed", "base_ref_changed"];

impl GitHub {
    pub fn home(&self) -> Result<Home, Trouble> {
        let found: Repository = self.http.read(&self.route(&[]))?;
        let merging = found.merging();
        Ok(Home { id: found.id, full_name: found.full_name, default_branch: found.default_branch, merging })
    }

    pub fn pull(&self, number: u64) -> Result<PullRequest, Trouble> {
        let number = number.to_string();
        let url = self.http.url(&self.route(&["pulls", &number]), "")?;
        let answered = self.http.get(&url, JSON)?;
        facts(parsed(&answered.body, &url)?, answered.date)
    }

    /// The open pull requests into a branch, oldest first.
    pub fn open_pulls(&self, branch: &str) -> Result<Vec<PullRequest>, Trouble> {
        let base: String = url::form_urlencoded::byte_serialize(branch.as_bytes()).collect();
        let query = format!("state=open&sort=created&direction=asc&base={base}");
        let pulls: Vec<Pull> = self.http.list_where(&self.route(&["pulls"]), &query, None)?;
        pulls.into_iter().map(|pull| facts(pull, None)).collect()
    }

    /// Every file that GitHub shows as changed.
    pub fn files(&self, pull: &PullRequest) -> Result<Vec<ShownFile>, Trouble> {
        if pull.files > FILES_MAX {
            return Err(Trouble::Other(format!("GitHub lists at most {FILES_MAX} files, and this changes {}", pull.files)));
        }
        let number = pull.number.to_string();
        let files: Vec<File> = self.http.list(&self.route(&["pulls", &number, "files"]), Some(pull.files))?;
        Ok(files.into_iter().map(|file| ShownFile { path: file.filename, before: file.previous_filename }).collect())
    }

    pub fn reviews(&self, number: u64) -> Result<Vec<Reviewed>, Trouble> {
        let reviews: Vec<Review> = self.http.list(&self.route(&["pulls", &number.to_string(), "reviews"]), None)?;
        let reviewed = |review: Review| Reviewed {
            by: shapes::actor(review.user),
            state: review.state,
            commit: review.commit_id.unwrap_or_default(),
            text: review.body.unwrap_or_default(),
        };
        Ok(reviews.into_iter().map(reviewed).collect())
    }

    /// What was said on the pull request as a whole.
    pub fn comments(&self, pull: &PullRequest) -> Result<Vec<Said>, Trouble> {
        self.said(&self.route(&["issues", &pull.number.to_string(), "comments"]), pull.comments)
    }

    /// What was said on its lines.
    pub fn line_comments(&self, pull: &PullRequest) -> Result<Vec<Said>, Trouble> {
        self.said(&self.route(&["pulls", &pull.number.to_string(), "comments"]), pull.line_comments)
    }

    fn said(&self, route: &[&str], count: usize) -> Result<Vec<Said>, Trouble> {
        let comments: Vec<Comment> = self.http.list(route, Some(count))?;
        let said = |comment: Comment| Said {
            id: comment.id,
            by: shapes::actor(comment.user),
            text: comment.body.unwrap_or_default(),
            link: comment.html_url,
        };
        Ok(comments.into_iter().map(said).collect())
    }

    /// What was done to it, as far as it matters here.
    pub fn past(&self, pull: &PullRequest) -> Result<Past, Trouble> {
        let events: Vec<Event> = self.http.list(&self.route(&["issues", &pull.number.to_string(), "events"]), None)?;
        let by = |name: &str| {
            let put = |event: &&Event| event.kind == "labeled" && event.label.as_ref().is_some_and(|label| label.name == name);
            events.iter().rev().find(put)?.actor.as_ref().map(|actor| actor.id)
        };
        let labels = pull.labels.iter().map(|name| Label { by: by(name), name: name.clone() }).collect();
        let returned = events.iter().filter(|event| RETURNS.contains(&event.kind.as_str())).map(|event| event.created_at).max();
        Ok(Past { labels, returned })
    }

    /// The commit that a branch is at.
    pub fn tip(&self, branch: &str) -> Result<String, Trouble> {
        Ok(self.http.read::<Branch>(&self.route(&["branches", branch]))?.commit.sha)
    }

    /// What rulesets demand of a branch. Classic protection is told to administrators only.
    pub fn demands(&self, branch: &str) -> Result<Demands, Trouble> {
        let rules: Vec<BranchRule> = self.http.list(&self.route(&["rules", "branches", branch]), None)?;
        let mut demands = Demands::default();
        for BranchRule { kind, parameters } in rules {
            match kind.as_str() {
                "required_status_checks" => {
                    demands.up_to_date |= parameters.strict_required_status_checks_policy;
                    demands.statuses.extend(parameters.required_status_checks.into_iter().map(|check| check.context));
                }
                "pull_request" => {
                    if let Some(methods) = parameters.allowed_merge_methods {
                        let allows = |method: &str| methods.iter().any(|allowed| allowed == method);
                        let before = demands.merging.unwrap_or(Merging { squash: true, rebase: true });
                        let (squash, rebase) = (before.squash && allows("squash"), before.rebase && allows("rebase"));
                        demands.merging = Some(Merging { squash, rebase });
                    }
                }
                _ => {}
            }
        }
        Ok(demands)
    }

    /// A commit's statuses, newest first.
    pub fn statuses(&self, sha: &str) -> Result<Vec<CommitStatus>, Trouble> {
        let statuses: Vec<Status> = self.http.list(&self.route(&["commits", sha, "statuses"]), None)?;
        let status = |status: Status| CommitStatus {
            state: match status.state.as_str() {
                "success" => State::Success,
                "failure" => State::Failure,
                "error" => State::Error,
                _ => State::Pending,
            },
            context: status.context,
            text: status.description.unwrap_or_default(),
            by: status.creator.map_or(0, |creator| creator.id),
            at: status.created_at,
        };
        Ok(statuses.into_iter().map(status).collect())
    }
}

fn facts(pull: Pull, told: Option<Instant>) -> Result<PullRequest, Trouble> {
    let base = pull.base.repo.ok_or_else(|| Trouble::Other("GitHub does not say where the pull request goes".to_owned()))?;
    Ok(PullRequest {
        number: pull.number,
        open: pull.state == "open",
        draft: pull.draft,
        opened: pull.created_at,
        author: shapes::actor(pull.user),
        head: pull.head.sha,
        head_repository: pull.head.repo.as_ref().map(|repository| repository.id),
        head_owner: pull.head.repo.and_then(|repository| repository.owner).map(shapes::User::actor),
        base_branch: pull.base.branch,
        base_repository: base.id,
        labels: pull.labels.into_iter().map(|label| label.name).collect(),
        files: pull.changed_files,
        comments: pull.comments,
        line_comments: pull.review_comments,
        told,
    })
}
