//! What a user writes into a client's settings to use a server: as the client spells it, with each secret asked for or left
//! to the environment, and never with its value.

use serde::ser::{SerializeMap, Serializer};
use serde_json::{Map, Value, json};

use crate::{finding::is_visible, name::ServerName, version::Version};

use super::{
    install::{Connect, Flaw, Offer, Run, Transport, Way},
    template::{Ask, Template},
};

/// The one of several offers that settings are written for: a remote needs nothing on the user's machine, so it comes first;
/// then the first package that talks over its input and output.
pub fn preferred(offers: &[Result<Offer, Flaw>]) -> Option<&Offer> {
    let known = || offers.iter().filter_map(|offer| offer.as_ref().ok()).filter(|offer| refusal(&offer.way).is_none());
    known().find(|offer| matches!(offer.way, Way::Connect(_))).or_else(|| known().next())
}

/// Why no client's settings can hold an offer, if none can.
pub fn refusal(way: &Way) -> Option<&'static str> {
    match way {
        Way::Download(_) => Some("a bundle is opened, not configured"),
        Way::Run(Run { listens: Some(_), .. }) => Some("it has to be started apart from the client, which then connects to it"),
        Way::Run(_) | Way::Connect(_) if way.templates().iter().any(|template| template.is_bait()) => {
            Some("its text holds a `$` that clients would fill in from the user's environment")
        }
        Way::Run(_) | Way::Connect(_) => None,
    }
}

/// The variable that a client fills in for a question. Only what the author named as a variable keeps that name: a remote
/// that asks for `{aws_secret_access_key}` must not be sent what happens to lie in the user's environment under such a name.
pub fn variable(name: &ServerName, ask: &Ask) -> String {
    if ask.is_variable { ask.id.clone() } else { own_variable(name, ask) }
}

/// The same with the server's name in it, where several servers ask under one name: what is for one is not for another.
pub fn own_variable(name: &ServerName, ask: &Ask) -> String {
    format!("{}_{}", label(name).replace('-', "_").to_ascii_uppercase(), ask.id)
}

/// A server's name as clients take it that know letters, digits, `-` and `_` only.
pub fn label(name: &ServerName) -> String {
    let plain = |c: char| match c {
        '/' => '_',
        c if c.is_ascii_alphanumeric() || c == '_' => c,
        _ => '-',
    };
    name.as_str().chars().map(plain).collect()
}

/// For VS Code's `mcp.json`: the server, and what is asked of the user. The ids of questions bear the server's name: an answer
/// is kept under its id, and must not be given to another server that asks under the same.
pub fn vscode(name: &ServerName, way: &Way) -> (Value, Vec<Value>) {
    let id = |ask: &Ask| format!("{name}/{}", ask.id);
    let server =
        stated(way, &|template| template.with(|ask| format!("${{input:{}}}", id(ask))), |connect| match connect.transport {
            Transport::StreamableHttp => "http",
            Transport::Sse => "sse",
        });
    let mut inputs: Vec<Value> = Vec::new();
    for ask in way.templates().into_iter().flat_map(Template::asks) {
        let input = input(&id(ask), ask);
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    (server, inputs)
}

fn input(id: &str, ask: &Ask) -> Value {
    let description = ask.description.as_deref().filter(|text| !text.is_empty()).unwrap_or(&ask.name);
    let mut input = json!({ "type": "promptString", "id": id, "description": description });
    if ask.is_secret {
        input["password"] = true.into();
    } else if !ask.choices.is_empty() {
        input["type"] = "pickString".into();
        input["options"] = ask.choices.clone().into();
    }
    if let Some(default) = &ask.default {
        input["default"] = default.as_str().into();
    }
    input
}

/// A link that offers the server to VS Code.
pub fn vscode_link(name: &ServerName, server: &Value, inputs: &[Value]) -> String {
    let mut config = Vec::with_capacity(512);
    let write = |json: &mut serde_json::Serializer<&mut Vec<u8>>| {
        let mut members = json.serialize_map(None)?;
        members.serialize_entry("name", name.as_str())?;
        for (key, value) in server.as_object().expect("an object") {
            members.serialize_entry(key, value)?;
        }
        if !inputs.is_empty() {
            members.serialize_entry("inputs", inputs)?;
        }
        members.end()
    };
    write(&mut serde_json::Serializer::new(&mut config)).expect("a value is JSON");
    format!("vscode:mcp/install?{}", encode(&config))
}

/// As `encodeURIComponent` does it.
fn encode(text: &[u8]) -> String {
    let digit = |half: u8| b"0123456789ABCDEF"[usize::from(half)];
    let mut out = Vec::with_capacity(text.len() * 2);
    for &byte in text {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' => {
                out.push(byte);
            }
            byte => out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]),
        }
    }
    String::from_utf8(out).expect("every byte of it is ASCII")
}

/// For the `mcpServers` of Claude and Cursor, which fill in `${NAME}` from the environment.
pub fn mcp_server(way: &Way, name: &dyn Fn(&Ask) -> String) -> Value {
    stated(way, &|template| template.expandable_as(name), |connect| match connect.transport {
        Transport::StreamableHttp => "http",
        Transport::Sse => "sse",
    })
}

/// For the `mcpServers` of MCPHub, which fill in `${NAME}` too.
pub fn mcphub_server(way: &Way, name: &dyn Fn(&Ask) -> String) -> Value {
    let mut server = stated(way, &|template| template.expandable_as(name), |connect| connect.transport.as_str());
    if matches!(way, Way::Run(_)) {
        let members = std::mem::take(server.as_object_mut().expect("an object"));
        server = std::iter::once(("type".to_owned(), "stdio".into())).chain(members).collect::<Map<_, _>>().into();
    }
    server["enabled"] = true.into();
    server
}

/// Adds what Copilot's language server holds a server against: the registry, and the version that was approved.
#[must_use]
pub fn with_registry(mut server: Value, base_url: &str, name: &ServerName, version: &Version) -> Value {
    server["x-metadata"] = json!({ "registry": {
        "api": { "baseUrl": base_url, "version": "v0.1" },
        "mcpServer": { "name": name.as_str(), "version": version.as_str() },
    } });
    server
}

fn stated(way: &Way, say: &impl Fn(&Template) -> String, kind: impl Fn(&Connect) -> &'static str) -> Value {
    let pairs = |pairs: &[(String, Template)]| -> Value {
        pairs.iter().map(|(name, value)| (name.clone(), Value::from(say(value)))).collect::<Map<_, _>>().into()
    };
    match way {
        Way::Run(run) => {
            let arguments: Vec<String> = run.argv().iter().map(say).collect();
            let mut server = json!({ "command": run.program, "args": arguments });
            if !run.environment.is_empty() {
                server["env"] = pairs(&run.environment);
            }
            server
        }
        Way::Connect(connect) => {
            let mut server = json!({ "type": kind(connect), "url": say(&connect.url) });
            if !connect.headers.is_empty() {
                server["headers"] = pairs(&connect.headers);
            }
            server
        }
        Way::Download(download) => json!({ "url": download.url }),
    }
}

/// A line that a person pastes into a POSIX shell, with `"${NAME}"` for what only the user knows. None for what cannot be
/// pasted as it is seen, and where there is nothing to run.
pub fn command_line(way: &Way) -> Option<String> {
    let Way::Run(run) = way else { return None };
    let environment = run.environment.iter();
    let assigned = |name: &str| {
        name.starts_with(|c: char| !c.is_ascii_digit()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let plain = environment.clone().all(|(name, _)| assigned(name));
    let prefix = (!plain).then(|| "env".to_owned());
    let assignments = environment.map(|(name, value)| {
        let name = if assigned(name) { name.clone() } else { shell_word(&Template::text(&**name)) };
        format!("{name}={}", shell_word(value))
    });
    let words = run.argv();
    let words = words.iter().map(shell_word);
    let line: Vec<String> = prefix.into_iter().chain(assignments).chain([run.program.to_owned()]).chain(words).collect();
    let line = line.join(" ");
    line.chars().all(is_visible).then_some(line)
}

/// One word for a POSIX shell.
pub fn shell_word(template: &Template) -> String {
    let mut word = String::new();
    for piece in template.pieces() {
        match piece.map_err(|ask| (ask, ask.answer())) {
            Ok(text) | Err((_, Some(text))) => quote(&mut word, text),
            Err((ask, None)) => word.push_str(&format!("\"${{{}}}\"", ask.id)),
        }
    }
    if word.is_empty() { "''".to_owned() } else { word }
}

fn quote(word: &mut String, text: &str) {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&b);
    if text.bytes().all(is_plain) {
        word.push_str(text);
    } else {
        word.push('\'');
        word.push_str(&text.replace('\'', "'\\''"));
        word.push('\'');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::exports::install::offers;

    fn named(ask: &Ask) -> String {
        variable(&name(), ask)
    }

    fn name() -> ServerName {
        ServerName::parse("com.example/echo").expect("a name")
    }

    fn way(server: &Value) -> Way {
        offers(server).remove(0).expect("an offer").way
    }

    fn local() -> Way {
        way(&json!({ "packages": [{
            "registryType": "oci", "identifier": "images.example.com/echo:1", "transport": { "type": "stdio" },
            "packageArguments": [
                { "type": "positional", "valueHint": "dir", "description": "A folder", "isRequired": true },
                { "type": "named", "name": "--lang", "choices": ["en", "fr"], "default": "en" },
            ],
            "environmentVariables": [{ "name": "API_KEY", "isSecret": true, "value": "hush" }],
        }] }))
    }

    fn remote() -> Way {
        way(&json!({ "remotes": [{
            "type": "streamable-http", "url": "https://{region}.example.com/mcp",
            "variables": { "region": { "default": "north" } },
            "headers": [{ "name": "Authorization", "value": "Bearer {key}", "isSecret": true, "variables": { "key": {} } }],
        }] }))
    }

    #[test]
    fn vscode_asks_under_names_of_the_server() {
        let (server, inputs) = vscode(&name(), &local());
        let id = |id: &str| format!("${{input:com.example/echo/{id}}}");
        assert_eq!(
            server,
            json!({
                "command": "docker",
                "args": ["run", "-i", "--rm", "-e", "API_KEY", "images.example.com/echo:1", id("DIR"), "--lang", id("LANG_2")],
                "env": { "API_KEY": id("API_KEY") },
            })
        );
        assert_eq!(
            inputs,
            [
                json!({ "type": "promptString", "id": "com.example/echo/DIR", "description": "A folder" }),
                json!({ "type": "pickString", "id": "com.example/echo/LANG_2", "description": "--lang", "options": ["en", "fr"], "default": "en" }),
                json!({ "type": "promptString", "id": "com.example/echo/API_KEY", "description": "API_KEY", "password": true }),
            ]
        );
        let (server, inputs) = vscode(&name(), &remote());
        assert_eq!(server["type"], "http");
        assert_eq!(server["url"], "https://${input:com.example/echo/REGION}.example.com/mcp");
        assert_eq!(server["headers"]["Authorization"], "Bearer ${input:com.example/echo/KEY}");
        assert_eq!(inputs[1]["password"], true);
    }

    #[test]
    fn a_link_holds_the_same() {
        let way = way(&json!({ "remotes": [{ "type": "sse", "url": "https://example.com/sse?é" }] }));
        let (server, inputs) = vscode(&name(), &way);
        let link = vscode_link(&name(), &server, &inputs);
        assert_eq!(
            link,
            "vscode:mcp/install?%7B%22name%22%3A%22com.example%2Fecho%22%2C%22type%22%3A%22sse%22%2C%22url%22%3A%22https%3A%2F%2Fexample.com%2Fsse%3F%C3%A9%22%7D"
        );
    }

    #[test]
    fn others_fill_in_from_the_environment() {
        assert_eq!(
            mcp_server(&local(), &named),
            json!({
                "command": "docker",
                "args": ["run", "-i", "--rm", "-e", "API_KEY", "images.example.com/echo:1", "${COM_EXAMPLE_ECHO_DIR}", "--lang", "en"],
                "env": { "API_KEY": "${API_KEY}" },
            })
        );
        assert_eq!(
            mcphub_server(&remote(), &named).to_string(),
            r#"{"type":"streamable-http","url":"https://north.example.com/mcp","headers":{"Authorization":"Bearer ${COM_EXAMPLE_ECHO_KEY}"},"enabled":true}"#
        );
        assert!(mcphub_server(&local(), &named).to_string().starts_with(r#"{"type":"stdio","command":"docker","#));
        let version = Version::parse("1.0.0").expect("a version");
        let server = with_registry(mcp_server(&remote(), &named), "https://registry.example.com", &name(), &version);
        assert_eq!(server["x-metadata"]["registry"]["mcpServer"], json!({ "name": "com.example/echo", "version": "1.0.0" }));
    }

    #[test]
    fn a_line_is_quoted_for_the_shell() {
        assert_eq!(
            command_line(&local()).as_deref(),
            Some(r#"API_KEY="${API_KEY}" docker run -i --rm -e API_KEY images.example.com/echo:1 "${DIR}" --lang en"#)
        );
        assert_eq!(command_line(&remote()), None);
        let line = |value: &str, variable: &str| {
            command_line(&way(&json!({ "packages": [{
                "registryType": "npm", "identifier": "a", "transport": { "type": "stdio" },
                "packageArguments": [{ "type": "positional", "value": value }],
                "environmentVariables": [{ "name": variable, "value": "1" }],
            }] })))
        };
        assert_eq!(line("it's $(id)", "A").as_deref(), Some(r"A=1 npx -y a 'it'\''s $(id)'"));
        assert_eq!(line("~", "a.b").as_deref(), Some("env a.b=1 npx -y a '~'"));
        assert_eq!(line("", "A").as_deref(), Some("A=1 npx -y a ''"));
        // A line break would run what stands before it.
        assert_eq!(line("a\nb", "A"), None);
        assert_eq!(line("a\u{202e}b", "A"), None);
    }

    #[test]
    fn a_remote_is_preferred_and_bait_refused() {
        let remote =
            |value: &str| json!({ "type": "sse", "url": "https://example.com", "headers": [{ "name": "X", "value": value }] });
        let package = |transport: &str| {
            let transport = json!({ "type": transport, "url": "http://localhost:1" });
            json!({ "registryType": "npm", "identifier": "a", "transport": transport })
        };
        let chosen = |server: &Value| preferred(&offers(server)).map(|offer| offer.at.clone());
        let both = json!({ "packages": [package("stdio")], "remotes": [remote("1")] });
        assert_eq!(chosen(&both).as_deref(), Some("remotes/0"));
        let bait = json!({ "packages": [package("sse"), package("stdio")], "remotes": [remote("${env:KEY}")] });
        assert_eq!(chosen(&bait).as_deref(), Some("packages/1"));
        assert_eq!(chosen(&json!({ "packages": [package("sse")] })), None);
    }

    #[test]
    fn labels_are_plain() {
        assert_eq!(label(&ServerName::parse("com.example-x/Echo_1.b").expect("a name")), "com-example-x_Echo_1-b");
    }
}
