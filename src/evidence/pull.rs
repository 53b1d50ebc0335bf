//! The facts of a pull request that a judgement rests on, and the questions that they answer.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::digest::GitId;

use super::{Account, Answer, Evidence, Label, Question, Unavailable};

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pull {
    #[serde(default)]
    pub number: u64,
    pub author: Account,
    pub head: Head,
    /// Absent: nobody looked.
    #[serde(default)]
    pub labels: Option<Vec<Label>>,
    #[serde(default)]
    pub reviews: Vec<Review>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub sha: String,
    /// Absent: the repository is gone, or nobody looked.
    #[serde(default)]
    pub repo_owner_id: Option<u64>,
}

/// One review, in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Of the reviewer.
    pub id: u64,
    pub state: String,
    pub commit: String,
}

impl Evidence {
    /// What a pull request itself answers, for the commit that is judged. What it says of another commit counts for nothing.
    pub fn of_pull(&mut self, pull: &Pull, judged: &GitId) {
        self.add(Question::Author, Ok(Answer::Author(pull.author.clone())));
        let is_judged = if pull.head.sha == judged.to_string() {
            Ok(())
        } else {
            Err(Unavailable(format!("the pull request's head is `{}`, and `{judged}` is judged", pull.head.sha)))
        };
        let owner = pull.head.repo_owner_id.ok_or_else(|| Question::HeadOwner.unasked()).map(Answer::HeadOwner);
        self.add(Question::Approvals, is_judged.clone().map(|()| Answer::Approvals(pull.approvals())));
        self.add(Question::HeadOwner, is_judged.and(owner));
        if let Some(labels) = &pull.labels {
            self.add(Question::Labels, Ok(Answer::Labels(labels.clone())));
        }
    }
}

impl Pull {
    /// Who approves the head: a person's last word counts, a comment is no word, and no one approves their own change.
    pub fn approvals(&self) -> BTreeSet<u64> {
        let mut last: BTreeMap<u64, bool> = BTreeMap::new();
        for review in &self.reviews {
            match review.state.to_ascii_uppercase().as_str() {
                "APPROVED" => last.insert(review.id, review.commit == self.head.sha),
                "CHANGES_REQUESTED" | "DISMISSED" => last.insert(review.id, false),
                _ => continue,
            };
        }
        last.remove(&self.author.id);
        last.into_iter().filter_map(|(id, approves)| approves.then_some(id)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: GitId = GitId([0xAB; 20]);

    fn pull(reviews: &[(u64, &str, &str)]) -> Pull {
        let commit = |commit: &str| if commit == "new" { HEAD.to_string() } else { commit.to_owned() };
        let review = |&(id, state, at): &(u64, &str, &str)| Review { id, state: state.to_owned(), commit: commit(at) };
        Pull {
            number: 1,
            author: Account { id: 1, login: "author".to_owned() },
            head: Head { sha: HEAD.to_string(), repo_owner_id: Some(5) },
            labels: None,
            reviews: reviews.iter().map(review).collect(),
        }
    }

    #[test]
    fn only_a_last_word_on_the_head_approves() {
        let approvals = |reviews: &[(u64, &str, &str)]| pull(reviews).approvals().into_iter().collect::<Vec<_>>();
        assert_eq!(approvals(&[(2, "APPROVED", "new"), (3, "APPROVED", "old"), (4, "COMMENTED", "new")]), [2]);
        assert_eq!(approvals(&[(2, "APPROVED", "new"), (2, "COMMENTED", "new")]), [2]);
        assert_eq!(approvals(&[(2, "APPROVED", "new"), (2, "CHANGES_REQUESTED", "new")]), [0u64; 0]);
        assert_eq!(approvals(&[(2, "APPROVED", "new"), (2, "DISMISSED", "new")]), [0u64; 0]);
        assert_eq!(approvals(&[(1, "APPROVED", "new")]), [0u64; 0]);
    }

    #[test]
    fn what_is_said_of_another_commit_is_no_answer() {
        let mut evidence = Evidence::default();
        evidence.of_pull(&pull(&[(2, "APPROVED", "new")]), &HEAD);
        assert_eq!(evidence.approvals(), Ok(&BTreeSet::from([2])));
        assert_eq!(evidence.head_owner(), Ok(&5));
        let mut evidence = Evidence::default();
        evidence.of_pull(&pull(&[(2, "APPROVED", "new")]), &GitId([1; 20]));
        assert_eq!(evidence.author().map(|author| author.id), Ok(1));
        assert!(evidence.approvals().is_err());
        assert!(evidence.head_owner().is_err());
    }
}
