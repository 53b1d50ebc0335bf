//! Configuration that is ready to paste: for each way to a server, what each client takes.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::name::ServerName;

use super::{
    super::{
        exports::{
            install::{Connect, Download, Kind, Offer, Run, Way},
            settings::{command_line, label, mcp_server, refusal, variable, vscode, vscode_link},
        },
        listing::Shown,
        path::PackageType,
    },
    extent::Extent,
    words::{Pasted, pretty, verbatim, visible},
};

/// What a page offers for one package or remote.
#[derive(Debug, Serialize)]
pub(super) struct Setup {
    /// As people call its kind.
    kind: &'static str,
    slug: &'static str,
    what: String,
    /// Why there is nothing to paste, or what else has to be done.
    note: Option<String>,
    blocks: Vec<Block>,
}

/// One text to paste, for one client.
#[derive(Clone, Debug, Serialize)]
struct Block {
    label: &'static str,
    text: Pasted,
    /// What to do with it.
    hint: Option<&'static str>,
    /// Opens the client and fills it in.
    link: Option<String>,
}

/// The longest link: browsers and systems refuse longer ones.
const LINK_MAX: usize = 2_000;

pub(super) fn setups(shown: &Shown, server: &Value, extent: &Extent) -> Vec<Setup> {
    let (name, all) = (shown.name, shown.offers());
    let at = |pointer: &str| server.pointer(&format!("/{pointer}"));
    let mut setups: Vec<Setup> = Vec::new();
    for offer in all.iter().take(extent.setups) {
        setups.push(match offer {
            Ok(offer) => Setup::of(name, offer, at(&offer.at), extent),
            Err(flaw) => Setup::blank(at(&flaw.at)).because(&flaw.why),
        });
    }
    setups
}

impl Setup {
    /// Its name, and nothing to paste yet.
    fn blank(stated: Option<&Value>) -> Self {
        let text = |member: &str| stated.and_then(|stated| stated.get(member)?.as_str());
        let kind = text("registryType").map(PackageType::of);
        Self {
            kind: kind.map_or("remote", PackageType::shown),
            slug: kind.map_or("remote", PackageType::slug),
            what: visible(text("identifier").or_else(|| text("url")).unwrap_or_default(), 160),
            note: None,
            blocks: Vec::new(),
        }
    }

    fn because(mut self, why: &str) -> Self {
        self.note = Some(format!("No configuration is offered here: {}.", visible(&why.replace('`', ""), 200)));
        self
    }

    fn of(name: &ServerName, offer: &Offer, stated: Option<&Value>, extent: &Extent) -> Self {
        let mut setup = Self::blank(stated);
        match &offer.way {
            Way::Download(Download { url, .. }) => {
                let hint = "Download the bundle, and open it with a client that installs bundles, such as Claude Desktop.";
                setup.blocks.push(Block { hint: Some(hint), ..Block::new("Bundle", &verbatim(&**url)) });
            }
            Way::Run(run @ Run { listens: Some(connect), .. }) => {
                setup.note = Some("Start it first; your client then connects to it.".to_owned());
                setup.blocks.extend(in_a_shell(run, &offer.way));
                let way = Way::Connect(connect.clone());
                if refusal(&way).is_none() {
                    setup.blocks.append(&mut for_clients(name, &way));
                }
            }
            way => match refusal(way) {
                Some(why) => return setup.because(why),
                None => setup.blocks = for_clients(name, way),
            },
        }
        setup.blocks.retain(|block| block.text.size() <= extent.text);
        if setup.blocks.is_empty() && setup.note.is_none() {
            return setup.because("it would be too long");
        }
        setup
    }
}

impl Block {
    fn new(label: &'static str, text: &str) -> Self {
        Self { label, text: Pasted::of(text), hint: None, link: None }
    }

    fn hint(mut self, hint: &'static str) -> Self {
        self.hint = Some(hint);
        self
    }
}

fn for_clients(name: &ServerName, way: &Way) -> Vec<Block> {
    let (server, inputs) = vscode(name, way);
    let link = Some(vscode_link(name, &server, &inputs)).filter(|link| link.len() <= LINK_MAX);
    let mut file = json!({ "servers": named(name.as_str(), server) });
    if !inputs.is_empty() {
        file["inputs"] = inputs.into();
    }
    let mut blocks =
        vec![Block { link, ..Block::new("VS Code", &pretty(&file)).hint("In .vscode/mcp.json, or your user’s mcp.json.") }];
    let file = pretty(&json!({ "mcpServers": named(&label(name), mcp_server(way, &|ask| variable(name, ask))) }));
    let asks = way.templates().iter().any(|template| template.asks().any(|ask| ask.answer().is_none()));
    match way {
        Way::Connect(Connect { url, headers, .. }) => {
            // Its settings take an address and nothing else.
            if let Some(url) = url.answered().filter(|_| headers.is_empty()) {
                let hint = "Settings, Connectors, Add custom connector: paste the address.";
                blocks.push(Block::new("Claude Desktop", &verbatim(url)).hint(hint));
            }
        }
        Way::Run(_) | Way::Download(_) => {
            let hint = if asks {
                "In claude_desktop_config.json; put your values in place of each ${…}."
            } else {
                "In claude_desktop_config.json."
            };
            blocks.push(Block::new("Claude Desktop", &file).hint(hint));
        }
    }
    // What nobody asks for holds no `${`, since such offers are refused.
    let hint = if asks { "In .cursor/mcp.json; each ${env:…} is taken from your environment." } else { "In .cursor/mcp.json." };
    blocks.push(Block::new("Cursor", &file.replace("${", "${env:")).hint(hint));
    if let Way::Run(run) = way {
        blocks.extend(in_a_shell(run, way));
    }
    blocks
}

fn in_a_shell(run: &Run, way: &Way) -> Option<Block> {
    let label = if run.kind == Kind::Oci { "Docker" } else { "Command line" };
    Some(Block::new(label, &verbatim(command_line(way)?)).hint("For a POSIX shell; set the variables that it names first."))
}

fn named(name: &str, server: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), server)]))
}
