//! Owns the packages of a generated entry: where to get them, how to start them, what they must be told.

use super::super::Rng;
use super::super::plan::capital;
use super::super::words::{FLAGS, HINTS, SETTINGS};
use super::{Entry, MODERN};

impl Entry<'_> {
    pub fn packages(&mut self) {
        let mut rng = self.stream(15);
        let count = self.count(&mut rng, [(1, 1), (1, 1), (1, 2), (2, 2)]);
        let first = rng.below(100);
        self.json.open("packages", '[');
        for at in 0..count {
            self.json.element();
            self.package((first + at * 37) % 100, &mut rng);
            self.json.close('}');
        }
        self.json.close(']');
    }

    fn package(&mut self, draw: u32, rng: &mut Rng) {
        let (kind, hint) = match draw {
            0..46 => ("npm", "npx"),
            46..70 => ("pypi", "uvx"),
            70..87 => ("oci", "docker"),
            87..92 => ("nuget", "dnx"),
            _ => ("mcpb", ""),
        };
        let login = self.owner.login.to_lowercase();
        let name = &self.server.name;
        let tag = self.core;
        let identifier = match kind {
            "npm" => format!("@{login}/{name}"),
            "pypi" => format!("{}-{}", login.replace('-', ""), name.replace('_', "-")),
            "oci" if self.era < MODERN => format!("registry.example.com/{login}/{name}"),
            "oci" => format!("registry.example.com/{login}/{name}:{tag}"),
            "nuget" => format!("{}.{}.Mcp", capital(self.server.subject), capital(self.server.tool)),
            _ => format!("{}/releases/download/v{tag}/{name}.mcpb", self.repository()),
        };
        self.json.text("registryType", kind);
        self.json.text("identifier", &identifier);
        if self.era < MODERN || !matches!(kind, "oci" | "mcpb") {
            self.json.text("version", tag);
        }
        if kind == "mcpb" {
            let mut hash = self.stream(16 + u64::from(self.index) * 64);
            let digits: String = (0..4).map(|_| format!("{:016x}", hash.next())).collect();
            self.json.text("fileSha256", &digits);
        }
        if !hint.is_empty() && rng.percent(45) {
            self.json.text("runtimeHint", hint);
            self.runtime(kind, rng);
        }
        let http = rng.percent(14);
        self.json.open("transport", '{');
        self.json.text("type", if http { "streamable-http" } else { "stdio" });
        if http {
            self.json.text("url", "http://localhost:{MCP_PORT}/mcp");
        }
        self.json.close('}');
        self.arguments(rng);
        self.environment(http, rng);
    }

    fn runtime(&mut self, kind: &str, rng: &mut Rng) {
        if kind == "nuget" || rng.percent(40) {
            return;
        }
        self.json.open("runtimeArguments", '[');
        self.json.element();
        if kind == "oci" {
            self.json.text("type", "named");
            self.json.text("name", "--mount");
            self.json.text("description", "Folder of the host that the container may read");
            self.json.text("value", "type=bind,src={source_path},dst=/data");
            self.json.raw("isRequired", "true");
            self.json.open("variables", '{');
            self.json.open("source_path", '{');
            self.json.text("description", "Absolute path on the host");
            self.json.text("format", "filepath");
            self.json.raw("isRequired", "true");
            self.json.close('}');
            self.json.close('}');
        } else {
            self.json.text("type", "positional");
            self.json.text("value", if kind == "npm" { "-y" } else { "--quiet" });
        }
        self.json.close('}');
        self.json.close(']');
    }

    fn arguments(&mut self, rng: &mut Rng) {
        let count = self.count(rng, [(0, 0), (0, 2), (1, 4), (3, 6)]);
        let first = rng.below(FLAGS.len() as u32);
        if count == 0 {
            return;
        }
        self.json.open("packageArguments", '[');
        if rng.percent(40) {
            self.json.element();
            self.json.text("type", "positional");
            self.json.text("valueHint", &format!("{}_path", self.server.subject));
            self.json.text("description", &format!("File or folder with {} data", self.server.subject));
            self.json.text("format", "filepath");
            self.json.raw("isRepeated", "true");
            self.json.close('}');
        }
        for at in 0..count {
            let (flag, about, format, value) = FLAGS[((first + at) % FLAGS.len() as u32) as usize];
            self.json.element();
            self.json.text("type", "named");
            self.json.text("name", flag);
            self.json.text("description", about);
            self.json.text("format", format);
            match value {
                "" => self.json.raw("isRequired", "false"),
                value => self.json.text(if rng.percent(30) { "value" } else { "default" }, value),
            }
            self.json.close('}');
        }
        self.json.close(']');
    }

    fn environment(&mut self, http: bool, rng: &mut Rng) {
        let count = self.count(rng, [(1, 2), (2, 5), (4, 8), (7, 11)]);
        let first = rng.below(SETTINGS.len() as u32);
        let prefix = if rng.percent(70) { self.server.subject } else { self.server.tool }.to_uppercase();
        self.json.open("environmentVariables", '[');
        for at in 0..count {
            let setting = SETTINGS[((first + at) % SETTINGS.len() as u32) as usize];
            self.json.element();
            self.setting(&format!("{prefix}_{}", setting.0), setting, rng);
            self.json.close('}');
        }
        if http {
            self.json.element();
            self.setting("MCP_PORT", ("PORT", "Port that the HTTP transport listens on", "number", "8080"), rng);
            self.json.close('}');
        }
        self.json.close(']');
    }

    pub fn setting(&mut self, name: &str, setting: (&str, &str, &str, &str), rng: &mut Rng) {
        let (suffix, about, format, value) = setting;
        let secret = ["KEY", "TOKEN", "PASSWORD"].iter().any(|end| suffix.ends_with(end));
        self.json.text("name", name);
        if rng.percent(50) {
            self.json.text("description", &format!("{about}. {}", rng.pick(&HINTS)));
        } else {
            self.json.text("description", about);
        }
        self.json.raw("isRequired", if secret || rng.percent(20) { "true" } else { "false" });
        if secret {
            self.json.raw("isSecret", "true");
        }
        if format != "string" || rng.percent(60) {
            self.json.text("format", format);
        }
        if !value.is_empty() {
            self.json.text("default", value);
        } else if self.era >= MODERN && !secret && rng.percent(30) {
            self.json.text("placeholder", &format!("your-{}", self.server.tool));
        }
        if suffix == "LOG_LEVEL" {
            self.json.texts("choices", &["error", "warn", "info", "debug"]);
        }
    }
}
