//! `gazette explain`: what a rule demands, from the rule itself.

use std::{io::Write, process::ExitCode};

use crate::{
    adapters::WayOut,
    cli::Explain,
    finding::quoted,
    rules::{self, Family, RULES},
};

pub(super) fn run(explain: &Explain, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let Some(id) = &explain.rule else {
        list(out)?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some(rule) = rules::named(id) else {
        let help = match rules::nearest(id) {
            Some(near) => format!("run `gazette explain {near}`"),
            None => "run `gazette explain` for a list of the rules".to_owned(),
        };
        return Err(WayOut { error: format!("there is no rule {}", quoted(id)), help }.into());
    };
    let weight = if rule.locked {
        format!("{}, locked: a registry can only make it stricter", rule.verdict.as_str())
    } else {
        rule.verdict.as_str().to_owned()
    };
    writeln!(out, "{} ({}; {weight})\n\n{}", rule.id, rule.family.as_str(), rule.about)?;
    Ok(ExitCode::SUCCESS)
}

fn list(out: &mut dyn Write) -> anyhow::Result<()> {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    for family in Family::ALL {
        writeln!(out, "{}", family.as_str())?;
        for rule in RULES.iter().filter(|rule| rule.family == family) {
            writeln!(out, "  {:width$}  {}", rule.id, rule.claim())?;
        }
        writeln!(out)?;
    }
    writeln!(out, "`gazette explain <rule>` says why, and what to do.")?;
    Ok(())
}
