//! What a judgement asks of the outside world, and what the world said; the one list of everything gazette ever asks.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::GitId;

/// One question to the world. Its answer's form follows from it: see [`Question::read`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// Who sends the change?
    Author,
    /// Which accounts approve exactly the commit that is judged?
    Approvals,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Author(Account),
    Approvals(BTreeSet<u64>),
}

/// An account on GitHub: the number decides, the login is for readers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    pub id: u64,
    pub login: String,
}

/// Why a question has no answer. It is never a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable(pub String);

/// Every answer there is. What nobody asked, or nobody answered, is unavailable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence(BTreeMap<Question, Result<Answer, Unavailable>>);

impl Question {
    /// What it means that nobody put the question.
    pub fn unasked(&self) -> Unavailable {
        Unavailable(match self {
            Self::Author => "nobody said who sends this change".to_owned(),
            Self::Approvals => "nobody said who approves this change".to_owned(),
        })
    }

    /// An answer in the form that this question has.
    fn read(&self, answer: Value) -> Result<Answer, serde_json::Error> {
        Ok(match self {
            Self::Author => Answer::Author(serde_json::from_value(answer)?),
            Self::Approvals => Answer::Approvals(serde_json::from_value(answer)?),
        })
    }
}

impl Evidence {
    pub fn add(&mut self, question: Question, answer: Result<Answer, Unavailable>) {
        self.0.insert(question, answer);
    }

    pub fn has(&self, question: &Question) -> bool {
        self.0.contains_key(question)
    }

    pub fn author(&self) -> Result<&Account, Unavailable> {
        match self.0.get(&Question::Author) {
            Some(Ok(Answer::Author(account))) => Ok(account),
            other => Err(missing(other, &Question::Author)),
        }
    }

    pub fn approvals(&self) -> Result<&BTreeSet<u64>, Unavailable> {
        match self.0.get(&Question::Approvals) {
            Some(Ok(Answer::Approvals(ids))) => Ok(ids),
            other => Err(missing(other, &Question::Approvals)),
        }
    }

    /// Answers from a file: `[{"ask": …, "answer": …} | {"ask": …, "unavailable": "why"}]`.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Line {
            ask: Question,
            answer: Option<Value>,
            unavailable: Option<String>,
        }
        let mut evidence = Self::default();
        for line in serde_json::from_str::<Vec<Line>>(text)? {
            let answer = match (line.answer, line.unavailable) {
                (Some(answer), None) => Ok(line.ask.read(answer)?),
                (None, Some(why)) => Err(Unavailable(why)),
                _ => return Err(serde::de::Error::custom("each line has either `answer` or `unavailable`")),
            };
            evidence.add(line.ask, answer);
        }
        Ok(evidence)
    }

    /// What a pull request itself answers, for the commit that is judged.
    pub fn of_pull(&mut self, pull: &Pull, judged: &GitId) {
        self.add(Question::Author, Ok(Answer::Author(pull.author.clone())));
        let approvals = if pull.head.sha == judged.to_string() {
            Ok(Answer::Approvals(pull.approvals()))
        } else {
            Err(Unavailable(format!("the pull request's head is `{}`, and `{judged}` is judged", pull.head.sha)))
        };
        self.add(Question::Approvals, approvals);
    }
}

fn missing(answer: Option<&Result<Answer, Unavailable>>, question: &Question) -> Unavailable {
    match answer {
        Some(Err(why)) => why.clone(),
        _ => question.unasked(),
    }
}

/// The facts of a pull request that a judgement rests on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Pull {
    pub author: Account,
    pub head: Head,
    #[serde(default)]
    pub reviews: Vec<Review>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Head {
    pub sha: String,
}

/// One review, in the order in which they were given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Review {
    /// Of the reviewer.
    pub id: u64,
    pub state: String,
    pub commit: String,
}

impl Pull {
    /// Who approves the head: a person's last word counts, a comment is no word, and no one approves their own change.
    fn approvals(&self) -> BTreeSet<u64> {
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

    fn pull(reviews: &[(u64, &str, &str)]) -> Pull {
        let review = |&(id, state, commit): &(u64, &str, &str)| Review { id, state: state.to_owned(), commit: commit.to_owned() };
        let author = Account { id: 1, login: "author".to_owned() };
        Pull { author, head: Head { sha: "new".to_owned() }, reviews: reviews.iter().map(review).collect() }
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
    fn what_is_not_listed_is_unavailable() {
        let evidence = Evidence::parse(
            r#"[{"ask": "author", "answer": {"id": 1, "login": "a"}}, {"ask": "approvals", "unavailable": "down"}]"#,
        );
        let evidence = evidence.expect("evidence");
        assert_eq!(evidence.author().map(|account| account.id), Ok(1));
        assert_eq!(evidence.approvals(), Err(Unavailable("down".to_owned())));
        assert!(Evidence::default().author().is_err());
        assert!(Evidence::parse(r#"[{"ask": "author"}]"#).is_err());
        assert!(Evidence::parse(r#"[{"ask": "author", "answer": 1}]"#).is_err());
    }
}
