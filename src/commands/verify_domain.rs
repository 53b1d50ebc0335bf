//! `gazette verify-domain`: what makes an account an owner of a domain's namespace, and whether the world sees it.

use std::{io::Write, process::ExitCode};

use crate::{
    adapters::{WayOut, github::RepositoryName},
    cli::VerifyDomain,
    domain::{Domain, DomainFlaw},
    evidence::{Account, Answer, Question, WellKnown},
    finding::quoted,
    record::{Record, WELL_KNOWN},
};

use super::{
    TO_FIX,
    world::{World, github},
};

pub(super) fn run(typed: &VerifyDomain, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let domain = Domain::parse(&typed.domain).map_err(|flaw| {
        let (error, help) = match flaw {
            DomainFlaw::PublicSuffix => ("is shared by strangers, and belongs to none of them", "name a domain below it"),
            DomainFlaw::NoName | DomainFlaw::Account => ("is no domain", "name one such as example.com"),
        };
        WayOut::new(format!("{} {error}", quoted(&typed.domain)), help)
    })?;
    // No repository is asked about; a name is needed only for routes that this command does not take.
    let nowhere = RepositoryName { owner: String::new(), name: String::new() };
    let github = github(&typed.reach, &nowhere, None)?;
    let world = World::open(&typed.reach, &github)?;
    let account = match typed.account() {
        Some(account) => account,
        None => found(typed.login.as_deref().unwrap_or_default(), &world)?,
    };
    let record = format!("mcp-verify=github:{}", account.id);
    let name = domain.as_str();
    writeln!(out, "Either add this TXT record:\n\n  {name}. TXT \"{record}\"\n")?;
    writeln!(out, "or serve a file of this one line:\n\n  https://{name}{WELL_KNOWN}\n  {record}\n")?;
    writeln!(out, "What the world sees now:")?;
    report(&domain, &account, &world, out)
}

fn found(login: &str, world: &World) -> anyhow::Result<Account> {
    let asked = world.github.account(login);
    let help = "name the account by its number with `--id`";
    match asked {
        Ok(Some(profile)) => Ok(Account { id: profile.id, login: profile.login }),
        Ok(None) => Err(WayOut::new(format!("nobody has the login {} on GitHub", quoted(login)), help).into()),
        Err(trouble) => Err(WayOut::new(trouble.to_string(), help).into()),
    }
}

/// Looks wherever the rules look.
fn report(domain: &Domain, account: &Account, world: &World, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut questions: Vec<Question> = domain.txt_names().into_iter().map(Question::Txt).collect();
    questions.push(Question::Web(domain.as_str().to_owned()));
    let (mut seen, mut unasked) = (false, false);
    for (question, answer) in world.answers(&questions) {
        let place = match question {
            Question::Txt(name) => format!("TXT of {name}"),
            _ => format!("https://{}{WELL_KNOWN}", domain.as_str()),
        };
        let says = match answer {
            Ok(Answer::Txt(txt)) => shown(Record::of_txt(&txt.records), account),
            Ok(Answer::Web(WellKnown::Text(text))) => shown(Record::of_file(&text), account),
            Ok(Answer::Web(WellKnown::Refused(why))) => (false, why),
            Ok(_) => (false, "nothing".to_owned()),
            Err(why) => {
                unasked = true;
                (false, format!("could not be asked: {}", why.0))
            }
        };
        seen |= says.0;
        writeln!(out, "  {place}: {}", says.1)?;
    }
    Ok(match (seen, unasked) {
        (true, _) => ExitCode::SUCCESS,
        (false, true) => ExitCode::from(2),
        (false, false) => ExitCode::from(TO_FIX),
    })
}

fn shown(records: impl Iterator<Item = Record>, account: &Account) -> (bool, String) {
    let records: Vec<Record> = records.collect();
    if records.iter().any(|record| record.names(account.id, None)) {
        return (true, format!("names account {}", account.id));
    }
    let login = (!account.login.is_empty()).then_some(account.login.as_str());
    let other = match records.iter().find(|record| record.names(account.id, login)) {
        Some(_) => "names the login, which counts for a first claim only; write the number",
        None if records.is_empty() => "no record of ours",
        None => "records of others or keys, none of this account",
    };
    (false, other.to_owned())
}
