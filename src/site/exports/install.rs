//! How a user gets to each package and remote of an entry: the program and its arguments, the address, or the download. An
//! argument is an argument, never a part of a line that a shell reads.

use serde_json::Value;

use crate::{entry::address, finding::quoted};

use super::template::{Form, Template, flag, text};

mod runtime;

use runtime::Runtime;

/// One package or remote, as a client would use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Where it stands in the entry: `packages/0`.
    pub at: String,
    pub way: Way,
    /// What its author made optional and nobody is asked for.
    pub omitted: Vec<Flaw>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    Run(Run),
    Connect(Connect),
    Download(Download),
}

/// A package that a program fetches and starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub kind: Kind,
    pub program: &'static str,
    /// The package and its version in one word, as the program takes it.
    pub reference: String,
    /// As the author gave them, for the program.
    pub runtime: Vec<Template>,
    /// For what the package holds.
    pub arguments: Vec<Template>,
    pub environment: Vec<(String, Template)>,
    /// Where it then listens, if it does not talk over its input and output.
    pub listens: Option<Connect>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Npm,
    Pypi,
    Oci,
    Nuget,
}

/// A server that somebody else runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    pub transport: Transport,
    pub url: Template,
    pub headers: Vec<(String, Template)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    StreamableHttp,
    Sse,
}

impl Transport {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StreamableHttp => "streamable-http",
            Self::Sse => "sse",
        }
    }
}

/// A bundle that a client opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    pub url: String,
    pub sha256: Option<String>,
}

/// What could not be expressed, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flaw {
    pub at: String,
    pub why: String,
}

impl Flaw {
    pub fn new(at: impl Into<String>, why: impl Into<String>) -> Self {
        Self { at: at.into(), why: why.into() }
    }
}

/// Everything that an entry offers, packages first, and why some of it can be had in no way that is known here.
pub fn offers(server: &Value) -> Vec<Result<Offer, Flaw>> {
    let list = |member: &'static str| server.get(member).and_then(Value::as_array).into_iter().flatten().enumerate();
    let packages = list("packages").map(|(index, package)| of_package(format!("packages/{index}"), package));
    let remotes = list("remotes").map(|(index, remote)| of_remote(format!("remotes/{index}"), remote));
    packages.chain(remotes).collect()
}

fn of_remote(at: String, remote: &Value) -> Result<Offer, Flaw> {
    let mut filling = Filling { at: &at, form: Form::default(), omitted: Vec::new() };
    let variables = remote.get("variables");
    let url = filling.form.substitute(text(remote, "url").unwrap_or_default(), variables, false);
    let connect = filling.connect(remote, url)?;
    let omitted = filling.omitted;
    Ok(Offer { at, way: Way::Connect(connect), omitted })
}

fn of_package(at: String, package: &Value) -> Result<Offer, Flaw> {
    if text(package, "registryType") == Some("mcpb") {
        let url = text(package, "identifier").unwrap_or_default();
        if address::link(url).is_err() || !url.contains("://") || !is_word(url) {
            return Err(Flaw::new(at, format!("{} is no https address of a bundle", quoted(url))));
        }
        let download = Download { url: url.to_owned(), sha256: text(package, "fileSha256").map(str::to_owned) };
        return Ok(Offer { at, way: Way::Download(download), omitted: Vec::new() });
    }
    let (runtime, reference) = Runtime::of(package).map_err(|why| Flaw::new(&*at, why))?;
    let mut filling = Filling { at: &at, form: Form::default(), omitted: Vec::new() };
    let environment = filling.environment(package)?;
    let runtime_arguments = filling.arguments(package, "runtimeArguments")?;
    let arguments = filling.arguments(package, "packageArguments")?;
    let transport = package.get("transport").unwrap_or(&Value::Null);
    let listens = if text(transport, "type") == Some("stdio") {
        None
    } else {
        let values = |name: &str| {
            let argument = runtime_arguments.iter().chain(&arguments).find(|argument| argument.is_called(name));
            let variable = || environment.iter().find(|(variable, _)| variable == name).map(|(_, value)| value);
            argument.and_then(|argument| argument.value.as_ref()).or_else(variable).cloned()
        };
        let url = Template::substituted(text(transport, "url").unwrap_or_default(), values);
        Some(filling.connect(transport, url)?)
    };
    let flat = |arguments: Vec<Argument>| arguments.into_iter().flat_map(Argument::words).collect();
    let run = Run {
        kind: runtime.kind,
        program: runtime.program,
        reference,
        runtime: flat(runtime_arguments),
        arguments: flat(arguments),
        environment,
        listens,
    };
    let omitted = filling.omitted;
    Ok(Offer { at, way: Way::Run(run), omitted })
}

/// One argument of an entry: a flag, a value, or both.
struct Argument {
    flag: Option<String>,
    value: Option<Template>,
    hint: Option<String>,
}

impl Argument {
    fn is_called(&self, name: &str) -> bool {
        self.flag.as_deref() == Some(name) || self.hint.as_deref() == Some(name)
    }

    fn is_passable(&self) -> bool {
        self.value.as_ref().is_none_or(Template::is_passable) && self.flag.as_deref().is_none_or(|flag| !has_control(flag))
    }

    fn words(self) -> impl Iterator<Item = Template> {
        self.flag.map(Template::text).into_iter().chain(self.value)
    }
}

/// The inputs of one package or remote, as they are filled in.
struct Filling<'a> {
    at: &'a str,
    form: Form,
    omitted: Vec<Flaw>,
}

impl Filling<'_> {
    fn omit(&mut self, list: &str, index: usize) {
        let why = "it is optional and has no default, so nobody is asked for it";
        self.omitted.push(Flaw::new(format!("{}/{list}/{index}", self.at), why));
    }

    fn flaw(&self, list: &str, index: usize, why: impl Into<String>) -> Flaw {
        Flaw::new(format!("{}/{list}/{index}", self.at), why)
    }

    fn arguments(&mut self, package: &Value, list: &'static str) -> Result<Vec<Argument>, Flaw> {
        let mut arguments = Vec::new();
        let given = package.get(list).and_then(Value::as_array).into_iter().flatten();
        for (index, input) in given.enumerate() {
            let is_named = text(input, "type") == Some("named");
            let flag = text(input, "name").filter(|_| is_named);
            if is_named && flag.is_none() {
                return Err(self.flaw(list, index, "a named argument without a name"));
            }
            let hint = text(input, "valueHint");
            let value = self.form.fill(flag.or(hint).unwrap_or("argument"), input);
            if value.is_none() && !(is_named && is_bare(input)) {
                self.omit(list, index);
                continue;
            }
            let argument = Argument { flag: flag.map(str::to_owned), value, hint: hint.map(str::to_owned) };
            if !argument.is_passable() {
                return Err(self.flaw(list, index, "it holds a control character"));
            }
            arguments.push(argument);
        }
        Ok(arguments)
    }

    fn environment(&mut self, package: &Value) -> Result<Vec<(String, Template)>, Flaw> {
        let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b'=');
        let pairs = self.pairs(package, "environmentVariables", is_name)?;
        let of_variable = |(name, value): (String, Template)| {
            let value = value.of_variable(&name);
            (name, value)
        };
        Ok(pairs.into_iter().map(of_variable).collect())
    }

    fn pairs(&mut self, object: &Value, list: &'static str, is_name: fn(&str) -> bool) -> Result<Vec<(String, Template)>, Flaw> {
        let mut pairs: Vec<(String, Template)> = Vec::new();
        let given = object.get(list).and_then(Value::as_array).into_iter().flatten();
        for (index, input) in given.enumerate() {
            let name = text(input, "name").unwrap_or_default();
            if !is_name(name) {
                return Err(self.flaw(list, index, format!("{} can be no name of this kind", quoted(name))));
            }
            if pairs.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
                return Err(self.flaw(list, index, format!("{} is given twice", quoted(name))));
            }
            match self.form.fill(name, input) {
                Some(value) if value.is_passable() => pairs.push((name.to_owned(), value)),
                Some(_) => return Err(self.flaw(list, index, "it holds a control character")),
                None => self.omit(list, index),
            }
        }
        Ok(pairs)
    }

    fn connect(&mut self, transport: &Value, url: Template) -> Result<Connect, Flaw> {
        let kind = match text(transport, "type") {
            Some("streamable-http") => Transport::StreamableHttp,
            Some("sse") => Transport::Sse,
            other => return Err(Flaw::new(self.at, format!("{} is no transport", quoted(other.unwrap_or_default())))),
        };
        // A digit may stand for a part of a host, for a port, and for anything behind them.
        let filled = url.with(|ask| ask.answer().unwrap_or("1").to_owned());
        if address::variables(&filled).next().is_some() {
            return Err(Flaw::new(self.at, format!("nothing declares what the braces in {} name", quoted(&filled))));
        }
        let is_http = filled.starts_with("https://") || filled.starts_with("http://");
        if !is_http || !is_word(&filled) || url::Url::parse(&filled).is_err() {
            return Err(Flaw::new(self.at, format!("{} is no http address", quoted(&filled))));
        }
        let headers = self.pairs(transport, "headers", is_token)?;
        if let Some((name, _)) = headers.iter().find(|(_, value)| has_control(&value.expandable())) {
            return Err(Flaw::new(self.at, format!("the header {} holds a control character", quoted(name))));
        }
        Ok(Connect { transport: kind, url, headers })
    }
}

/// Whether a named argument is a flag and nothing else: nothing about it says that a value belongs to it.
fn is_bare(input: &Value) -> bool {
    let says = ["description", "placeholder", "choices", "format", "valueHint", "variables"];
    !says.iter().any(|member| input.get(member).is_some()) && !flag(input, "isRepeated")
}

/// A text without spaces and whatever else would end it.
fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || !crate::finding::is_visible(c))
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// The name of a header, by RFC 9110.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

impl Run {
    /// Everything behind the program's name.
    pub fn argv(&self) -> Vec<Template> {
        runtime::argv(self)
    }

    /// Every text in which something may have to be filled in.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let values = self.environment.iter().map(|(_, value)| value);
        self.runtime.iter().chain(&self.arguments).chain(values)
    }
}

impl Connect {
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        std::iter::once(&self.url).chain(self.headers.iter().map(|(_, value)| value))
    }
}

impl Way {
    /// Every text in which something may have to be filled in.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Run(run) => run.templates().collect(),
            Self::Connect(connect) => connect.templates().collect(),
            Self::Download(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
