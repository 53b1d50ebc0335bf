//! What an entry's members mean, whichever published schema it was written for; it tolerates whatever does not fit, since
//! the schema has already said so.

use serde_json::{Map, Value};

use super::locate::escape;

/// Members as the newest schema spells them, and as the first one did.
pub const SPELLINGS: [(&str, &str); 12] = [
    ("websiteUrl", "website_url"),
    ("registryType", "registry_type"),
    ("registryBaseUrl", "registry_base_url"),
    ("fileSha256", "file_sha256"),
    ("runtimeHint", "runtime_hint"),
    ("runtimeArguments", "runtime_arguments"),
    ("packageArguments", "package_arguments"),
    ("environmentVariables", "environment_variables"),
    ("valueHint", "value_hint"),
    ("isRequired", "is_required"),
    ("isRepeated", "is_repeated"),
    ("isSecret", "is_secret"),
];

/// The first schema's spelling of a member, where it differs.
pub fn snake(member: &str) -> Option<&'static str> {
    SPELLINGS.iter().find(|(current, _)| *current == member).map(|(_, old)| *old)
}

/// The newest schema's spelling of a member, where it differs.
pub fn current(member: &str) -> Option<&'static str> {
    SPELLINGS.iter().find(|(_, old)| *old == member).map(|(current, _)| *current)
}

/// How an argument's neighbours show that a member would be spelled there.
pub(super) fn spelled(member: &'static str, argument: &Value) -> &'static str {
    let old = argument.as_object().is_some_and(|members| members.keys().any(|key| current(key).is_some()));
    if old { snake(member).unwrap_or(member) } else { member }
}

/// A place in the document: an object, and the way to it. The way is made into a pointer only when someone asks.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    way: [Step<'a>; DEEPEST],
    depth: usize,
    members: Option<&'a Map<String, Value>>,
    /// Whether a member is spelled with an underscore, so that the first schema's spelling is worth a look.
    snake: bool,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Member(&'a str),
    Item(usize),
}

/// `/packages/0/transport/headers/0/variables/NAME`
const DEEPEST: usize = 7;

/// Objects of entries have few members, and few are found sooner one by one than by their hash.
const FEW: usize = 16;

impl<'a> Node<'a> {
    fn top(value: &'a Value) -> Self {
        Self { way: [Step::Item(0); DEEPEST], depth: 0, members: None, snake: false }.with(value)
    }

    fn with(mut self, value: &'a Value) -> Self {
        self.members = value.as_object();
        self.snake = self.members.is_some_and(|members| members.keys().any(|key| key.contains('_')));
        self
    }

    fn below(&self, step: Step<'a>, value: &'a Value) -> Self {
        let mut node = self.clone();
        node.way[node.depth] = step;
        node.depth += 1;
        node.with(value)
    }

    fn exact(&self, key: &str) -> Option<(&'a String, &'a Value)> {
        let members = self.members?;
        if members.len() > FEW {
            // serde_json's map gives no key for a look-up.
            return members.contains_key(key).then(|| members.iter().find(|(name, _)| *name == key))?;
        }
        members.iter().find(|(name, _)| *name == key)
    }

    fn member(&self, member: &str) -> Option<(&'a String, &'a Value)> {
        let old = || self.exact(snake(member).filter(|_| self.snake)?);
        self.exact(member).or_else(old)
    }

    fn value(&self, member: &str) -> Option<&'a Value> {
        self.member(member).map(|(_, value)| value)
    }

    fn text(&self, member: &str) -> Option<&'a str> {
        self.value(member)?.as_str()
    }

    /// The pointer to this object.
    pub fn at(&self) -> String {
        let mut pointer = String::new();
        for step in &self.way[..self.depth] {
            pointer.push('/');
            match step {
                Step::Member(name) => pointer.push_str(&escape(name)),
                Step::Item(index) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }

    /// The pointer to a member of this object, as the document spells it.
    pub fn pointer(&self, member: &str) -> String {
        let name = self.member(member).map_or(member, |(name, _)| name);
        format!("{}/{}", self.at(), escape(name))
    }

    /// The names of its members, as the document spells them.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.members.into_iter().flat_map(|members| members.keys().map(String::as_str))
    }

    pub fn has(&self, key: &str) -> bool {
        self.members.is_some_and(|members| members.contains_key(key))
    }

    fn node(&self, member: &str) -> Option<Node<'a>> {
        self.member(member).map(|(name, value)| self.below(Step::Member(name), value))
    }

    fn nodes(&self, member: &str) -> Vec<Node<'a>> {
        let Some((name, list @ Value::Array(items))) = self.member(member) else { return Vec::new() };
        let list = self.below(Step::Member(name), list);
        items.iter().enumerate().map(|(index, item)| list.below(Step::Item(index), item)).collect()
    }
}

/// What an object of an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Entry,
    Repository,
    Icon,
    Package,
    Transport,
    Argument,
    Input,
}

#[derive(Debug)]
pub struct Model<'a> {
    pub node: Node<'a>,
    pub name: Option<&'a str>,
    pub version: Option<&'a str>,
    pub description: Option<&'a str>,
    pub title: Option<&'a str>,
    pub website_url: Option<&'a str>,
    pub repository: Option<Repository<'a>>,
    pub icons: Vec<Icon<'a>>,
    pub packages: Vec<Package<'a>>,
    pub remotes: Vec<Transport<'a>>,
    /// `_meta["io.modelcontextprotocol.registry/publisher-provided"]`
    pub publisher_provided: Option<&'a Value>,
}

#[derive(Debug)]
pub struct Repository<'a> {
    pub node: Node<'a>,
    pub url: Option<&'a str>,
    pub source: Option<&'a str>,
    pub subfolder: Option<&'a str>,
}

#[derive(Debug)]
pub struct Icon<'a> {
    pub node: Node<'a>,
    pub src: Option<&'a str>,
}

#[derive(Debug)]
pub struct Package<'a> {
    pub node: Node<'a>,
    pub registry_type: Option<&'a str>,
    pub registry_base_url: Option<&'a str>,
    pub identifier: Option<&'a str>,
    pub version: Option<&'a str>,
    pub file_sha256: Option<&'a str>,
    pub transport: Option<Transport<'a>>,
    pub runtime_arguments: Vec<Argument<'a>>,
    pub package_arguments: Vec<Argument<'a>>,
    pub environment: Vec<Input<'a>>,
}

/// How a client talks to a package or a remote.
#[derive(Debug)]
pub struct Transport<'a> {
    pub node: Node<'a>,
    pub kind: Option<&'a str>,
    pub url: Option<&'a str>,
    pub headers: Vec<Input<'a>>,
    pub variables: Vec<Input<'a>>,
}

#[derive(Debug)]
pub struct Argument<'a> {
    pub kind: Option<&'a str>,
    pub value_hint: Option<&'a str>,
    pub input: Input<'a>,
}

/// Anything a user or the publisher fills in; `name` is that of the header, environment variable, flag or url variable.
#[derive(Debug)]
pub struct Input<'a> {
    pub node: Node<'a>,
    pub name: Option<&'a str>,
    pub value: Option<&'a str>,
    pub default: Option<&'a str>,
    pub variables: Vec<Input<'a>>,
}

pub const PUBLISHER_PROVIDED: &str = "io.modelcontextprotocol.registry/publisher-provided";

impl<'a> Model<'a> {
    pub fn of(document: &'a Value) -> Self {
        let node = Node::top(document);
        Self {
            name: node.text("name"),
            version: node.text("version"),
            description: node.text("description"),
            title: node.text("title"),
            website_url: node.text("websiteUrl"),
            repository: node.node("repository").map(|node| Repository {
                url: node.text("url"),
                source: node.text("source"),
                subfolder: node.text("subfolder"),
                node,
            }),
            icons: node.nodes("icons").into_iter().map(|node| Icon { src: node.text("src"), node }).collect(),
            packages: node.nodes("packages").into_iter().map(Package::of).collect(),
            remotes: node.nodes("remotes").into_iter().map(Transport::of).collect(),
            publisher_provided: node.value("_meta").and_then(|meta| meta.get(PUBLISHER_PROVIDED)),
            node,
        }
    }
}

impl<'a> Model<'a> {
    /// Shows every object of the entry that has a meaning.
    pub fn visit(&self, see: &mut impl FnMut(Kind, &Node<'a>)) {
        see(Kind::Entry, &self.node);
        if let Some(repository) = &self.repository {
            see(Kind::Repository, &repository.node);
        }
        for icon in &self.icons {
            see(Kind::Icon, &icon.node);
        }
        for package in &self.packages {
            see(Kind::Package, &package.node);
            package.transport.iter().for_each(|transport| transport.visit(see));
            for argument in package.arguments() {
                see(Kind::Argument, &argument.input.node);
                argument.input.variables.iter().for_each(|variable| variable.visit(see));
            }
            package.environment.iter().for_each(|input| input.visit(see));
        }
        self.remotes.iter().for_each(|remote| remote.visit(see));
    }
}

impl<'a> Package<'a> {
    fn of(node: Node<'a>) -> Self {
        Self {
            registry_type: node.text("registryType"),
            registry_base_url: node.text("registryBaseUrl"),
            identifier: node.text("identifier"),
            version: node.text("version"),
            file_sha256: node.text("fileSha256"),
            transport: node.node("transport").map(Transport::of),
            runtime_arguments: node.nodes("runtimeArguments").into_iter().map(Argument::of).collect(),
            package_arguments: node.nodes("packageArguments").into_iter().map(Argument::of).collect(),
            environment: node.nodes("environmentVariables").into_iter().map(Input::of).collect(),
            node,
        }
    }

    pub fn arguments(&self) -> impl Iterator<Item = &Argument<'a>> {
        self.runtime_arguments.iter().chain(&self.package_arguments)
    }
}

impl<'a> Transport<'a> {
    fn of(node: Node<'a>) -> Self {
        Self {
            kind: node.text("type"),
            url: node.text("url"),
            headers: node.nodes("headers").into_iter().map(Input::of).collect(),
            variables: variables(&node),
            node,
        }
    }
}

impl<'a> Transport<'a> {
    /// Whether it goes over http.
    pub fn is_http(&self) -> bool {
        matches!(self.kind, Some("streamable-http" | "sse"))
    }

    fn visit(&self, see: &mut impl FnMut(Kind, &Node<'a>)) {
        see(Kind::Transport, &self.node);
        self.headers.iter().chain(&self.variables).for_each(|input| input.visit(see));
    }
}

impl<'a> Argument<'a> {
    fn of(node: Node<'a>) -> Self {
        Self { kind: node.text("type"), value_hint: node.text("valueHint"), input: Input::of(node) }
    }
}

impl<'a> Input<'a> {
    fn of(node: Node<'a>) -> Self {
        Self {
            name: node.text("name"),
            value: node.text("value"),
            default: node.text("default"),
            variables: variables(&node),
            node,
        }
    }
}

impl<'a> Input<'a> {
    fn visit(&self, see: &mut impl FnMut(Kind, &Node<'a>)) {
        see(Kind::Input, &self.node);
        self.variables.iter().for_each(|variable| variable.visit(see));
    }
}

/// A map of inputs by name; an input inside it cannot have variables of its own.
fn variables<'a>(node: &Node<'a>) -> Vec<Input<'a>> {
    let Some((key, map @ Value::Object(members))) = node.member("variables") else { return Vec::new() };
    let map = node.below(Step::Member(key), map);
    let input = |(name, value): (&'a String, &'a Value)| {
        let node = map.below(Step::Member(name), value);
        Input { name: Some(name), value: node.text("value"), default: node.text("default"), variables: Vec::new(), node }
    };
    members.iter().map(input).collect()
}
