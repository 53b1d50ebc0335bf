//! `/docker-catalog.yaml`: the registry as a catalog of Docker's MCP gateway, which runs images and calls remotes.

use super::{
    Shape, WHOLE,
    install::{Connect, Flaw, Kind, Offer, Run, Way},
    labels, link,
    template::{Ask, Template, text},
    word,
    yaml::{Node, quote},
};
use crate::site::{
    Facts,
    listing::{Listing, Shown},
    path::Export,
};

#[derive(Debug)]
pub struct Docker;

impl Shape for Docker {
    const EXPORT: Export = Export::Docker;

    fn open(&self, facts: &Facts) -> Vec<u8> {
        let host = facts.base_url.strip_prefix("https://").unwrap_or(&facts.base_url);
        let name: String = host.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        let mut out = String::new();
        for (key, value) in [("name", &name), ("displayName", &facts.title)] {
            out.push_str(key);
            out.push_str(": ");
            quote(&mut out, value);
            out.push('\n');
        }
        out.push_str("registry:\n");
        out.into_bytes()
    }

    fn part(&self, shown: &Shown, listing: &Listing, left_out: &mut Vec<Flaw>) -> Vec<u8> {
        let key = key(shown);
        let Some(mut members) = one(&key, shown, left_out) else {
            left_out.push(Flaw::new(WHOLE, "nothing of what it offers can be expressed"));
            return Vec::new();
        };
        let server = &listing.server;
        let title = text(server, "title").filter(|title| !title.is_empty()).unwrap_or(shown.name.as_str());
        let mut all =
            vec![("title".to_owned(), Node::text(title)), ("description".to_owned(), Node::text(word(server, "description")))];
        all.append(&mut members);
        all.push(("metadata".to_owned(), metadata(shown, listing)));
        let repository = server.get("repository").and_then(|repository| link(repository, "url"));
        let mut icons = server.get("icons").and_then(serde_json::Value::as_array).into_iter().flatten();
        let icon = icons.find_map(|icon| link(icon, "src"));
        for (key, value) in [("source", repository), ("upstream", link(server, "websiteUrl").or(repository)), ("icon", icon)] {
            all.extend(value.map(|value| (key.to_owned(), Node::text(value))));
        }
        let mut out = String::from("  ");
        quote(&mut out, &key);
        out.push(':');
        Node::Map(all).write(&mut out, 2);
        out.into_bytes()
    }

    fn separator(&self) -> &'static [u8] {
        b""
    }

    fn close(&self, parts: usize) -> Option<Vec<u8>> {
        Some(if parts > 0 { Vec::new() } else { b"  {}\n".to_vec() })
    }
}

/// What the gateway calls a server: no namespace holds a `_`, so no two servers get one name.
fn key(shown: &Shown) -> String {
    shown.name.as_str().replace('/', "_")
}

fn metadata(shown: &Shown, listing: &Listing) -> Node {
    let list = |member| labels(&listing.server, member).into_iter().map(Node::Text).collect::<Vec<_>>();
    let mut metadata = Vec::new();
    metadata.extend(list("categories").into_iter().next().map(|category| ("category".to_owned(), category)));
    let tags = list("tags");
    if !tags.is_empty() {
        metadata.push(("tags".to_owned(), Node::List(tags)));
    }
    metadata.extend(list("license").into_iter().next().map(|license| ("license".to_owned(), license)));
    metadata.push(("owner".to_owned(), Node::text(shown.name.namespace_str())));
    Node::Map(metadata)
}

type Members = Vec<(String, Node)>;

/// The image that the gateway runs, or the remote that it calls; an image goes before a remote, as the gateway itself has it.
fn one(key: &str, shown: &Shown, left_out: &mut Vec<Flaw>) -> Option<Members> {
    let is_remote = |offer: &&Result<Offer, Flaw>| matches!(offer, Ok(Offer { way: Way::Connect(_), .. }));
    let (remotes, packages): (Vec<_>, Vec<_>) = shown.offers().iter().partition(is_remote);
    let mut chosen: Option<(&str, Members)> = None;
    for offer in packages.into_iter().chain(remotes) {
        let offer = match offer {
            Ok(offer) => offer,
            Err(flaw) => {
                left_out.push(flaw.clone());
                continue;
            }
        };
        match (&chosen, expressed(key, &offer.way)) {
            (None, Ok(members)) => {
                left_out.extend(offer.omitted.iter().cloned());
                chosen = Some((&offer.at, members));
            }
            (Some((first, _)), Ok(_)) => {
                left_out.push(Flaw::new(&*offer.at, format!("a server is one image or one remote, and this one is `{first}`")));
            }
            (_, Err(why)) => left_out.push(Flaw::new(&*offer.at, why)),
        }
    }
    chosen.map(|(_, members)| members)
}

fn expressed(key: &str, way: &Way) -> Result<Members, &'static str> {
    // The gateway fills in `$NAME`, `${NAME}` and `{{name}}`.
    let mut texts = way.templates().into_iter().map(|template| template.with(|ask| ask.answer().unwrap_or_default().to_owned()));
    if texts.any(|text| text.contains('$') || text.contains("{{")) {
        return Err("its text holds `$` or `{{`, which the gateway would fill in");
    }
    match way {
        Way::Run(run) => image(key, run),
        Way::Connect(connect) => remote(key, connect),
        Way::Download(_) => Err("only images and remotes are known"),
    }
}

fn image(key: &str, run: &Run) -> Result<Members, &'static str> {
    if run.kind != Kind::Oci {
        return Err("only images and remotes are known");
    }
    if run.listens.is_some() {
        return Err("only images that talk over their input and output are known");
    }
    let own = ["run", "-i", "--interactive", "-it", "--rm"].map(Template::text);
    if !run.runtime.iter().all(|argument| own.contains(argument)) {
        return Err("the catalog has no place for arguments of `docker run`");
    }
    let mut secrets = Secrets::of(key);
    let mut environment = Vec::new();
    for (name, value) in &run.environment {
        // A secret is put into the environment under its own name; anything else is a text in which secrets may stand.
        let mut asks = value.asks();
        if asks.next().is_some_and(|ask| ask.answer().is_none()) && value.expandable() == format!("${{{name}}}") {
            secrets.add(value.asks().next().expect("just seen"), name);
        } else {
            environment.push(pair(name, secrets.expandable(value)));
        }
    }
    let command: Vec<Node> = run.arguments.iter().map(|argument| Node::Text(secrets.expandable(argument))).collect();
    let mut members = vec![("type".to_owned(), Node::text("server")), ("image".to_owned(), Node::text(&*run.reference))];
    push_list(&mut members, "secrets", secrets.nodes);
    push_list(&mut members, "env", environment);
    push_list(&mut members, "command", command);
    Ok(members)
}

fn remote(key: &str, connect: &Connect) -> Result<Members, &'static str> {
    let url = connect.url.answered().ok_or("its address holds a variable without a default")?;
    // A longer key of a map is none in YAML.
    if connect.headers.iter().any(|(name, _)| name.len() > HEADER_MAX) {
        return Err("the name of a header is too long");
    }
    let mut secrets = Secrets::of(key);
    let headers: Members =
        connect.headers.iter().map(|(name, value)| (name.clone(), Node::Text(secrets.expandable(value)))).collect();
    let mut remote =
        vec![("url".to_owned(), Node::text(url)), ("transport_type".to_owned(), Node::text(connect.transport.as_str()))];
    if !headers.is_empty() {
        remote.push(("headers".to_owned(), Node::Map(headers)));
    }
    let mut members = vec![("type".to_owned(), Node::text("remote")), ("remote".to_owned(), Node::Map(remote))];
    push_list(&mut members, "secrets", secrets.nodes);
    Ok(members)
}

const HEADER_MAX: usize = 128;

fn push_list(members: &mut Members, key: &str, items: Vec<Node>) {
    if !items.is_empty() {
        members.push((key.to_owned(), Node::List(items)));
    }
}

fn pair(name: &str, value: String) -> Node {
    Node::Map(vec![("name".to_owned(), Node::text(name)), ("value".to_owned(), Node::Text(value))])
}

/// What a user tells the gateway once: each answer is kept as a secret of the server, and stands in for `${NAME}`.
struct Secrets<'a> {
    key: &'a str,
    nodes: Vec<Node>,
}

impl<'a> Secrets<'a> {
    fn of(key: &'a str) -> Self {
        Self { key, nodes: Vec::new() }
    }

    fn add(&mut self, ask: &Ask, variable: &str) {
        let secret = Node::Map(vec![
            ("name".to_owned(), Node::Text(format!("{}.{}", self.key, ask.id))),
            ("env".to_owned(), Node::text(variable)),
        ]);
        if !self.nodes.contains(&secret) {
            self.nodes.push(secret);
        }
    }

    fn expandable(&mut self, template: &Template) -> String {
        for ask in template.asks().filter(|ask| ask.answer().is_none()) {
            self.add(ask, &ask.id);
        }
        template.expandable()
    }
}
