//! `/allowed-mcp-servers.json`: what an operator puts into the managed settings of editors, so that they start and call the
//! registry's servers and no others: by name, by address, by command.

use serde_json::{Value, json};

use super::{
    Shape,
    install::{Flaw, Way},
    settings::label,
    template::Template,
};
use crate::site::{
    Facts,
    listing::{Listing, Shown},
    path::Export,
};

#[derive(Debug)]
pub struct Editors;

impl Shape for Editors {
    const EXPORT: Export = Export::Editors;

    fn open(&self, _: &Facts) -> Vec<u8> {
        b"{\"allowedMcpServers\":[".to_vec()
    }

    fn part(&self, shown: &Shown, _: &Listing, left_out: &mut Vec<Flaw>) -> Vec<u8> {
        // Each line matches in exactly one way, and a name has letters, digits, `-` and `_` only.
        let mut lines = vec![json!({ "serverName": label(shown.name) })];
        for offer in shown.offers() {
            match offer {
                Ok(offer) => match line(&offer.way) {
                    Ok(line) => lines.push(line),
                    Err(why) => left_out.push(Flaw::new(&*offer.at, why)),
                },
                Err(flaw) => left_out.push(flaw.clone()),
            }
        }
        let lines: Vec<Vec<u8>> = lines.iter().map(super::json).collect();
        lines.join(&b","[..])
    }

    fn close(&self, _: usize) -> Option<Vec<u8>> {
        Some(b"]}".to_vec())
    }
}

fn line(way: &Way) -> Result<Value, &'static str> {
    if way.templates().iter().any(|template| template.is_bait()) {
        return Err("it holds a variable of the environment, which editors refuse here");
    }
    let fixed =
        |template: &Template| template.answered().ok_or("only the user knows a part of it, and editors refuse `${…}` here");
    match way {
        Way::Connect(connect) => {
            let url = fixed(&connect.url)?;
            if !url.starts_with("https://") {
                return Err("its address is not https");
            }
            // It would stand for anything, in other people's hosts too.
            if url.contains('*') {
                return Err("its address holds a `*`, which editors take for anything");
            }
            Ok(json!({ "serverUrl": url }))
        }
        Way::Run(run) if run.listens.is_some() => Err("it is started apart from the editor, which then connects to it"),
        Way::Run(run) => {
            let words: Vec<String> = run.argv().iter().map(fixed).collect::<Result<_, _>>()?;
            Ok(json!({ "serverCommand": std::iter::once(run.program.to_owned()).chain(words).collect::<Vec<_>>() }))
        }
        Way::Download(_) => Err("a bundle is opened, not configured"),
    }
}
