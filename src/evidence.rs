//! What a judgement asks of the outside world, and what the world said; the one list of everything gazette ever asks.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::instant::Date;

mod answer;
mod pull;

pub use answer::{Account, AccountKind, Dnssec, Label, MergeSettings, Profile, SourceFile, Txt, WellKnown};
pub use pull::{Head, Pull, Review};

/// One question to the world. Its answer's form follows from it: see [`Answer`], whose variants have the same names.
///
/// Whatever a stranger wrote has been held to a form before it stands here: a login is `[A-Za-z0-9-]{1,39}`, a repository's
/// parts are `[A-Za-z0-9._-]{1,100}` and never `.` or `..`, and a domain is a lower-case name of letters, digits and hyphens
/// with at least two labels, the last of which begins with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Question {
    /// Who opened the pull request?
    Author,
    /// Which accounts approve exactly the commit that is judged?
    Approvals,
    /// Which account or organization owns the repository that the judged commit comes from? One that is gone is unavailable.
    HeadOwner,
    /// Which labels does the pull request have, and who put each there?
    Labels,
    /// Which people commented on the pull request or reviewed it? Apps, and gazette itself, are no people.
    Comments,
    /// Since which day, by GitHub's clock and not by the commit's, has the judged commit been before the gate?
    Since,
    /// Which day is it?
    Today,
    /// How may pull requests be merged here?
    MergeSettings,
    /// Which account or organization has this login now? It is in lower case; an old login of a renamed account is nobody's.
    Account(String),
    /// Which login does the account or organization of this number have now?
    AccountId(u64),
    /// Is this account a public member of this organization? Both by number.
    Member { organization: u64, user: u64 },
    /// What does a repository, `owner/name`, hold at a path? Whose it is and what it holds must be asked of one repository by
    /// its number, since a name may pass to another between two requests.
    File { repository: String, path: String, at: At },
    /// Which TXT records does this name have? None, and no such name, are both an empty answer.
    Txt(String),
    /// What does `https://<domain>/.well-known/mcp-registry-auth` hold?
    Web(String),
}

/// Which state of a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum At {
    DefaultBranch,
    /// This tag and nothing else of this name: ask for `refs/tags/<tag>`, since a version may look like a commit, and GitHub
    /// shows any fork's commits under the parent's name.
    Tag(String),
}

/// What the world said to the question of the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Author(Account),
    Approvals(BTreeSet<u64>),
    HeadOwner(u64),
    Labels(Vec<Label>),
    Comments(BTreeSet<u64>),
    Since(Date),
    Today(Date),
    MergeSettings(MergeSettings),
    /// None: nobody has this login.
    Account(Option<Profile>),
    /// None: the account is gone.
    AccountId(Option<Profile>),
    Member(bool),
    /// None: there is no such public repository.
    File(Option<SourceFile>),
    Txt(Txt),
    Web(WellKnown),
}

/// Why a question has no answer. It is never a yes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unavailable(pub String);

/// Every answer there is. What nobody asked, or nobody answered, is unavailable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence(BTreeMap<Question, Result<Answer, Unavailable>>);

impl Question {
    /// What it means that nobody put the question.
    pub fn unasked(&self) -> Unavailable {
        let what = match self {
            Self::Author => "who sends this change".to_owned(),
            Self::Approvals => "who approves this change".to_owned(),
            Self::HeadOwner => "whose repository this change comes from".to_owned(),
            Self::Labels => "which labels the pull request has".to_owned(),
            Self::Comments => "who commented on the pull request".to_owned(),
            Self::Since => "since when the commit has been open".to_owned(),
            Self::Today => "which day it is".to_owned(),
            Self::MergeSettings => "how pull requests are merged here".to_owned(),
            Self::Account(login) => format!("who has the login `{login}` on GitHub"),
            Self::AccountId(id) => format!("who the account {id} on GitHub is"),
            Self::Member { organization, user } => format!("whether the account {user} is a public member of {organization}"),
            Self::File { repository, path, at: At::DefaultBranch } => {
                format!("what the default branch of `{repository}` holds at `{path}`")
            }
            Self::File { repository, path, at: At::Tag(tag) } => {
                format!("what the tag `{tag}` of `{repository}` holds at `{path}`")
            }
            Self::Txt(name) => format!("which TXT records `{name}` has"),
            Self::Web(domain) => format!("what `{domain}` says at its well-known address"),
        };
        Unavailable(format!("nobody said {what}"))
    }

    /// An answer in the form that this question has.
    fn read(&self, answer: Value) -> Result<Answer, serde_json::Error> {
        use serde_json::from_value as of;
        Ok(match self {
            Self::Author => Answer::Author(of(answer)?),
            Self::Approvals => Answer::Approvals(of(answer)?),
            Self::HeadOwner => Answer::HeadOwner(of(answer)?),
            Self::Labels => Answer::Labels(of(answer)?),
            Self::Comments => Answer::Comments(of(answer)?),
            Self::Since => Answer::Since(of(answer)?),
            Self::Today => Answer::Today(of(answer)?),
            Self::MergeSettings => Answer::MergeSettings(of(answer)?),
            Self::Account(_) => Answer::Account(of(answer)?),
            Self::AccountId(_) => Answer::AccountId(of(answer)?),
            Self::Member { .. } => Answer::Member(of(answer)?),
            Self::File { .. } => Answer::File(of(answer)?),
            Self::Txt(_) => Answer::Txt(of(answer)?),
            Self::Web(_) => Answer::Web(of(answer)?),
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

    /// The answer to a question, if it has one. An answer to another question is none.
    pub fn answer(&self, question: &Question) -> Result<&Answer, Unavailable> {
        match self.0.get(question) {
            Some(Ok(answer)) if answers(question, answer) => Ok(answer),
            Some(Err(why)) => Err(why.clone()),
            _ => Err(question.unasked()),
        }
    }

    /// Answers from a file: `[{"ask": …, "answer": …} | {"ask": …, "unavailable": "why"}]`.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Line {
            ask: Question,
            /// An answer may be `null`, which is another thing than no answer.
            #[serde(default, deserialize_with = "present")]
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
            if evidence.has(&line.ask) {
                return Err(serde::de::Error::custom("the same question is listed twice"));
            }
            evidence.add(line.ask, answer);
        }
        Ok(evidence)
    }
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Whether an answer is one to this question.
fn answers(question: &Question, answer: &Answer) -> bool {
    matches!(
        (question, answer),
        (Question::Author, Answer::Author(_))
            | (Question::Approvals, Answer::Approvals(_))
            | (Question::HeadOwner, Answer::HeadOwner(_))
            | (Question::Labels, Answer::Labels(_))
            | (Question::Comments, Answer::Comments(_))
            | (Question::Since, Answer::Since(_))
            | (Question::Today, Answer::Today(_))
            | (Question::MergeSettings, Answer::MergeSettings(_))
            | (Question::Account(_), Answer::Account(_))
            | (Question::AccountId(_), Answer::AccountId(_))
            | (Question::Member { .. }, Answer::Member(_))
            | (Question::File { .. }, Answer::File(_))
            | (Question::Txt(_), Answer::Txt(_))
            | (Question::Web(_), Answer::Web(_))
    )
}

/// One accessor for each question: its answer, without its wrapping.
macro_rules! accessors {
    ($($name:ident($($arg:ident: $arg_type:ty),*) -> $answer:ty = $question:expr, $variant:ident;)*) => {
        impl Evidence {
            $(pub fn $name(&self, $($arg: $arg_type),*) -> Result<&$answer, Unavailable> {
                let question = $question;
                match self.answer(&question)? {
                    Answer::$variant(answer) => Ok(answer),
                    _ => Err(question.unasked()),
                }
            })*
        }
    };
}

accessors! {
    author() -> Account = Question::Author, Author;
    approvals() -> BTreeSet<u64> = Question::Approvals, Approvals;
    head_owner() -> u64 = Question::HeadOwner, HeadOwner;
    labels() -> Vec<Label> = Question::Labels, Labels;
    comments() -> BTreeSet<u64> = Question::Comments, Comments;
    since() -> Date = Question::Since, Since;
    today() -> Date = Question::Today, Today;
    merge_settings() -> MergeSettings = Question::MergeSettings, MergeSettings;
    account(login: &str) -> Option<Profile> = Question::Account(login.to_owned()), Account;
    account_id(id: u64) -> Option<Profile> = Question::AccountId(id), AccountId;
    member(organization: u64, user: u64) -> bool = Question::Member { organization, user }, Member;
    file(question: &Question) -> Option<SourceFile> = question.clone(), File;
    txt(name: &str) -> Txt = Question::Txt(name.to_owned()), Txt;
    web(domain: &str) -> WellKnown = Question::Web(domain.to_owned()), Web;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_listed_is_unavailable() {
        let evidence = Evidence::parse(
            r#"[{"ask": "author", "answer": {"id": 1, "login": "a"}}, {"ask": "approvals", "unavailable": "down"}]"#,
        );
        let evidence = evidence.expect("evidence");
        assert_eq!(evidence.author().map(|account| account.id), Ok(1));
        assert_eq!(evidence.approvals(), Err(Unavailable("down".to_owned())));
        assert!(Evidence::default().author().is_err());
    }

    #[test]
    fn every_question_has_a_form() {
        let text = r#"[
            {"ask": "author", "answer": {"id": 583231, "login": "octocat"}},
            {"ask": "approvals", "answer": [1, 2]},
            {"ask": "head-owner", "answer": 9919},
            {"ask": "labels", "answer": [{"name": "hold", "by": 1}, {"name": "new", "by": null}]},
            {"ask": "comments", "answer": [1]},
            {"ask": "since", "answer": "2026-11-17"},
            {"ask": "today", "answer": "2026-11-20"},
            {"ask": "merge-settings", "answer": {"squash": true, "rebase": false, "up_to_date": true}},
            {"ask": {"account": "octocat"}, "answer": {"id": 583231, "login": "octocat", "kind": "user"}},
            {"ask": {"account": "nobody"}, "answer": null},
            {"ask": {"account-id": 583231}, "answer": null},
            {"ask": {"member": {"organization": 9919, "user": 583231}}, "answer": true},
            {"ask": {"file": {"repository": "a/b", "path": "server.json", "at": "default-branch"}},
             "answer": {"owner": 9919, "fork": false, "text": "{}"}},
            {"ask": {"file": {"repository": "a/b", "path": "x/server.json", "at": {"tag": "v1.0.0"}}},
             "answer": {"owner": 9919, "fork": true, "text": null}},
            {"ask": {"file": {"repository": "a/c", "path": "server.json", "at": "default-branch"}}, "answer": null},
            {"ask": {"txt": "example.com"}, "answer": ["mcp-verify=github:1"]},
            {"ask": {"txt": "_mcp-registry.example.com"}, "answer": {"records": [], "dnssec": "secure"}},
            {"ask": {"web": "example.com"}, "answer": "mcp-verify=github:1\n"},
            {"ask": {"web": "example.org"}, "answer": {"refused": "it answers 404"}}
        ]"#;
        let evidence = Evidence::parse(text).expect("evidence");
        assert_eq!(evidence.0.len(), 19);
        assert_eq!(evidence.account("nobody"), Ok(&None));
        assert_eq!(evidence.txt("example.com").map(|txt| txt.dnssec), Ok(Dnssec::Unknown));
        assert_eq!(evidence.txt("_mcp-registry.example.com").map(|txt| txt.dnssec), Ok(Dnssec::Secure));
        assert_eq!(evidence.web("example.org"), Ok(&WellKnown::Refused("it answers 404".to_owned())));
        for question in evidence.0.keys() {
            let ask = serde_json::to_value(question).expect("JSON");
            assert_eq!(&serde_json::from_value::<Question>(ask).expect("a question"), question);
        }
    }

    #[test]
    fn what_has_no_form_is_refused() {
        for text in [
            r#"[{"ask": "author"}]"#,
            r#"[{"ask": "author", "answer": 1}]"#,
            r#"[{"ask": "author", "answer": null}]"#,
            r#"[{"ask": "today", "answer": "tomorrow"}]"#,
            r#"[{"ask": "today", "answer": "2026-11-20", "unavailable": "no"}]"#,
            r#"[{"ask": {"txt": "example.com"}, "answer": null}]"#,
            r#"[{"ask": {"txt": "example.com"}, "answer": "mcp-verify=github:1"}]"#,
            r#"[{"ask": {"txt": "example.com"}, "answer": []}, {"ask": {"txt": "example.com"}, "answer": []}]"#,
            r#"[{"ask": {"member": {"organization": 1, "user": 2, "weight": 3}}, "answer": true}]"#,
            r#"[{"ask": {"account": "a"}, "answer": {"id": 1, "login": "a", "kind": "bot"}}]"#,
            r#"[{"ask": "weather", "answer": 1}]"#,
        ] {
            assert!(Evidence::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let mut evidence = Evidence::default();
        evidence.add(Question::Txt("example.com".to_owned()), Ok(Answer::Member(true)));
        assert!(evidence.txt("example.com").is_err());
    }
}
