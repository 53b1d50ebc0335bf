//! Looking things up in the evidence, and keeping what was looked for: so what a rule asks for is exactly what it goes by.

use std::{cell::RefCell, collections::BTreeSet};

use crate::evidence::{At, Evidence, Profile, Question, SourceFile, Txt, Unavailable, WellKnown};
use crate::instant::Date;

/// So many questions may one change raise; each costs somebody a request.
const QUESTIONS_MAX: usize = 100;

pub(super) struct Asking<'a> {
    evidence: &'a Evidence,
    asked: RefCell<BTreeSet<Question>>,
}

impl<'a> Asking<'a> {
    pub(super) fn of(evidence: &'a Evidence) -> Self {
        Self { evidence, asked: RefCell::default() }
    }

    pub(super) fn asked(self) -> BTreeSet<Question> {
        self.asked.into_inner()
    }

    fn put(&self, question: Question) -> Result<&'a Evidence, Unavailable> {
        let mut asked = self.asked.borrow_mut();
        if asked.len() >= QUESTIONS_MAX && !asked.contains(&question) {
            return Err(Unavailable(format!("this change raises more than {QUESTIONS_MAX} questions")));
        }
        asked.insert(question);
        Ok(self.evidence)
    }

    pub(super) fn head_owner(&self) -> Result<u64, Unavailable> {
        self.put(Question::HeadOwner)?.head_owner().copied()
    }

    pub(super) fn today(&self) -> Result<Date, Unavailable> {
        self.put(Question::Today)?.today().copied()
    }

    pub(super) fn account(&self, login: &str) -> Result<Option<&'a Profile>, Unavailable> {
        let login = login.to_ascii_lowercase();
        self.put(Question::Account(login.clone()))?.account(&login).map(Option::as_ref)
    }

    pub(super) fn account_id(&self, id: u64) -> Result<Option<&'a Profile>, Unavailable> {
        self.put(Question::AccountId(id))?.account_id(id).map(Option::as_ref)
    }

    pub(super) fn member(&self, organization: u64, user: u64) -> Result<bool, Unavailable> {
        self.put(Question::Member { organization, user })?.member(organization, user).copied()
    }

    pub(super) fn file(&self, repository: &str, path: &str, at: At) -> Result<Option<&'a SourceFile>, Unavailable> {
        let question = Question::File { repository: repository.to_owned(), path: path.to_owned(), at };
        self.put(question.clone())?.file(&question).map(Option::as_ref)
    }

    pub(super) fn txt(&self, name: &str) -> Result<&'a Txt, Unavailable> {
        self.put(Question::Txt(name.to_owned()))?.txt(name)
    }

    pub(super) fn web(&self, domain: &str) -> Result<&'a WellKnown, Unavailable> {
        self.put(Question::Web(domain.to_owned()))?.web(domain)
    }
}
