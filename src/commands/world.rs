//! Who answers what the rules ask: GitHub, DNS and the web, each reached as the command line says.

use rayon::prelude::*;

use crate::{
    adapters::{
        WayOut,
        dns::Dns,
        github::{Access, GitHub, RepositoryName},
        well_known::Doorman,
    },
    cli::Reach,
    evidence::{Answer, Question, Unavailable},
    ports::Trouble,
};

use super::place::Place;

pub(super) fn github(reach: &Reach, home: &RepositoryName, place: Option<&Place>) -> anyhow::Result<GitHub> {
    let api = reach.api().map_err(|why| WayOut::new(why, "set it to the address of GitHub's API, or unset it"))?;
    let cache = place.and_then(|place| place.repository().ok()).map(|git| git.common_dir().join("gazette").join("github"));
    Ok(GitHub::open(Access { api, token: Reach::token(), cache, patience: reach.patience() }, home.clone()))
}

/// Everybody who can be asked about namespaces.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) github: &'a GitHub,
    dns: Dns,
    doorman: Doorman,
}

impl<'a> World<'a> {
    pub(super) fn open(reach: &Reach, github: &'a GitHub) -> anyhow::Result<Self> {
        let dns = Dns::open(&reach.resolvers(), !reach.no_dnssec)?;
        Ok(Self { github, dns, doorman: Doorman::new(reach.stand_in.clone()) })
    }

    /// The answers to many questions: GitHub is asked one at a time, as it wants to be, and the rest all at once.
    pub(super) fn answers<'q>(&self, questions: &'q [Question]) -> Vec<(&'q Question, Result<Answer, Unavailable>)> {
        let (rest, github): (Vec<_>, Vec<_>) =
            questions.iter().partition(|question| matches!(question, Question::Txt(_) | Question::Web(_)));
        let answer = |question: &'q Question| (question, self.answer(question));
        let (mut all, rest) = rayon::join(
            || github.into_iter().map(answer).collect::<Vec<_>>(),
            || rest.into_par_iter().map(answer).collect::<Vec<_>>(),
        );
        all.extend(rest);
        all
    }

    /// An answer about namespaces; what is asked about the pull request is for the gate to answer.
    fn answer(&self, question: &Question) -> Result<Answer, Unavailable> {
        let forge = |trouble: Trouble| Unavailable(trouble.to_string());
        match question {
            Question::Account(login) => self.github.account(login).map(Answer::Account).map_err(forge),
            Question::AccountId(id) => self.github.account_id(*id).map(Answer::AccountId).map_err(forge),
            Question::Member { organization, user } => {
                self.github.is_member(*organization, *user).map(Answer::Member).map_err(forge)
            }
            Question::File { repository, path, at } => self.github.file(repository, path, at).map(Answer::File).map_err(forge),
            Question::Txt(name) => self.dns.txt(name).map(Answer::Txt).map_err(Unavailable),
            Question::Web(domain) => self.doorman.ask(domain).map(Answer::Web).map_err(Unavailable),
            Question::Author
            | Question::Approvals
            | Question::HeadOwner
            | Question::Labels
            | Question::Comments
            | Question::Since
            | Question::Today
            | Question::MergeSettings => Err(question.unasked()),
        }
    }
}
