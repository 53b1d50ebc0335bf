//! Owns what one generated server.json says: valid under the schema that it names, about 3 kB on average.
//!
//! Every section draws from its own stream of the server's seed, so the versions of a server resemble each other as
//! real ones do: a version number here, one more setting there.

mod json;
mod packages;

use super::Rng;
use super::plan::{Owner, Server, capital};
use super::words::{CONTEXTS, OBJECTS, OPENINGS, SETTINGS, TAGS, VERBS};
use json::Json;

const SCHEMAS: [&str; 6] = ["2025-07-09", "2025-09-16", "2025-09-29", "2025-10-11", "2025-10-17", "2025-12-11"];
/// Before this schema: no title, no icons, no placeholder; a package must have a version and nothing unknown.
const MODERN: usize = 3;

/// The bytes of the `index`-th version of a server.
pub fn render(owner: &Owner, server: &Server, version: &str, index: u32) -> Vec<u8> {
    let mut rng = Rng::of(server.seed, 10);
    let scale = match rng.below(100) {
        0..26 => 0,
        26..75 => 1,
        75..96 => 2,
        _ => 3,
    };
    let old = rng.percent(18) && index < server.versions.div_ceil(2);
    let era = if old { rng.below(5) as usize } else { 5 };
    let json = Json::new(if scale == 3 || rng.percent(93) { 2 } else { 4 }, era == 0);
    let core = version.split('+').next().unwrap_or(version);
    let form = rng.below(100);
    let end = rng.percent(92);
    let mut entry = Entry { owner, server, version, core, index, scale, era, form, json };
    entry.head();
    entry.links();
    if !(66..86).contains(&form) {
        entry.packages();
    }
    if form >= 66 {
        entry.remotes();
    }
    entry.meta();
    entry.json.close('}');
    if end {
        entry.json.out.push(b'\n');
    }
    entry.json.out
}

struct Entry<'a> {
    owner: &'a Owner,
    server: &'a Server,
    version: &'a str,
    /// The version without its build.
    core: &'a str,
    index: u32,
    /// From 0, terse, to 3, which says everything at length.
    scale: u32,
    era: usize,
    /// Below 66 packages, below 86 remotes, then both.
    form: u32,
    json: Json,
}

impl Entry<'_> {
    fn stream(&self, stream: u64) -> Rng {
        Rng::of(self.server.seed, stream)
    }

    /// More with the scale of the server, and a little more with every dozen versions.
    fn count(&self, rng: &mut Rng, ranges: [(u32, u32); 4]) -> u32 {
        let (least, most) = ranges[self.scale as usize];
        (least + rng.below(most - least + 1) + self.index / 12).min(most)
    }

    fn head(&mut self) {
        let mut rng = self.stream(11);
        let server = self.server;
        let schema = SCHEMAS[self.era];
        self.json.text("$schema", &format!("https://static.modelcontextprotocol.io/schemas/{schema}/server.schema.json"));
        self.json.text("name", &format!("{}/{}", self.owner.namespace, server.name));
        if self.era >= MODERN && rng.percent(55) {
            self.json.text("title", &format!("{} {}", capital(server.subject), capital(server.tool)));
        }
        // Authors rewrite the description now and then.
        let mut prose = self.stream(12 + u64::from(self.index / 15) * 64);
        let mut about = format!("{} {} {}", prose.pick(&OPENINGS), server.subject, prose.pick(&OBJECTS));
        let context = prose.pick(&CONTEXTS);
        if about.len() + context.len() < 100 {
            about = format!("{about} {context}");
        }
        self.json.text("description", &about);
        if self.era < 2 && rng.percent(30) {
            self.json.text("status", "active");
        }
    }

    fn repository(&self) -> String {
        let shared = self.stream(13).percent(20);
        let name = if shared { "mcp-servers" } else { &self.server.name };
        format!("https://github.com/{}/{name}", self.owner.login)
    }

    fn links(&mut self) {
        let mut rng = self.stream(14);
        let url = self.repository();
        // An entry that only has a remote would otherwise be shorter than any real one.
        if self.form >= 66 || rng.percent(85) {
            self.json.open("repository", '{');
            self.json.text("url", &url);
            self.json.text("source", "github");
            if rng.percent(30) {
                self.json.text("id", &(100_000_000 + rng.below(900_000_000)).to_string());
            }
            if url.ends_with("/mcp-servers") {
                self.json.text("subfolder", &format!("packages/{}", self.server.name));
            }
            self.json.close('}');
        }
        self.json.text("version", self.version);
        if rng.percent(45) {
            let site = format!("https://{}/{}", self.owner.host, self.server.tool);
            self.json.text("websiteUrl", if rng.percent(60) { &site } else { &url });
        }
        if self.era >= MODERN && rng.percent(22) {
            self.icons(&mut rng);
        }
    }

    fn icons(&mut self, rng: &mut Rng) {
        let both = rng.percent(35);
        self.json.open("icons", '[');
        for theme in if both { &["light", "dark"][..] } else { &["light"] } {
            let (kind, mime, size) =
                *rng.pick(&[("png", "image/png", "96x96"), ("svg", "image/svg+xml", "any"), ("webp", "image/webp", "48x48")]);
            self.json.element();
            self.json.text("src", &format!("https://{}/icons/{}-{theme}.{kind}", self.owner.host, self.server.tool));
            self.json.text("mimeType", mime);
            self.json.texts("sizes", &[size]);
            if both {
                self.json.text("theme", theme);
            }
            self.json.close('}');
        }
        self.json.close(']');
    }

    fn remotes(&mut self) {
        let mut rng = self.stream(17);
        let count = self.count(&mut rng, [(1, 1), (1, 2), (1, 2), (2, 3)]);
        let address = format!("{}/{}", self.owner.host, self.server.name);
        // Older schemas have no place to declare the variables of an address.
        let regional = self.era == 5 && rng.percent(18);
        let host = if regional { "{region}." } else { "" };
        self.json.open("remotes", '[');
        for at in 0..count {
            let (kind, end) = [("streamable-http", "mcp"), ("sse", "sse")][(at % 2) as usize];
            let stage = ["", "/beta"][(at / 2) as usize];
            self.json.element();
            self.json.text("type", kind);
            self.json.text("url", &format!("https://{host}{address}{stage}/{end}"));
            if regional {
                self.json.open("variables", '{');
                self.json.open("region", '{');
                self.json.text("description", "Region in which the workspace is kept");
                self.json.text("default", "eu");
                self.json.texts("choices", &["eu", "us", "ap"]);
                self.json.close('}');
                self.json.close('}');
            }
            self.headers(&mut rng);
            self.json.close('}');
        }
        self.json.close(']');
    }

    fn headers(&mut self, rng: &mut Rng) {
        let count = self.count(rng, [(1, 1), (1, 2), (1, 3), (2, 3)]);
        let first = rng.below(SETTINGS.len() as u32);
        self.json.open("headers", '[');
        if rng.percent(55) {
            self.json.element();
            self.json.text("name", "Authorization");
            self.json.text("description", "Token of the account, sent with every call");
            self.json.raw("isRequired", "true");
            self.json.raw("isSecret", "true");
            self.json.text("value", "Bearer {token}");
            self.json.open("variables", '{');
            self.json.open("token", '{');
            self.json.text("description", "Created in the settings of the account");
            self.json.raw("isRequired", "true");
            self.json.raw("isSecret", "true");
            self.json.close('}');
            self.json.close('}');
            self.json.close('}');
        }
        for at in 0..count {
            let setting = SETTINGS[((first + at) % SETTINGS.len() as u32) as usize];
            let words: Vec<String> = setting.0.split('_').map(|word| capital(&word.to_lowercase())).collect();
            self.json.element();
            self.setting(&format!("X-{}", words.join("-")), setting, rng);
            self.json.close('}');
        }
        self.json.close(']');
    }

    /// What the publisher adds; registries refuse more than 4,096 bytes of it.
    fn meta(&mut self) {
        let mut rng = self.stream(18);
        if !rng.percent(36) {
            return;
        }
        let mut build = self.stream(19 + u64::from(self.index) * 64);
        let tools = self.count(&mut rng, [(0, 2), (0, 5), (2, 10), (8, 12)]);
        let first = rng.below(VERBS.len() as u32);
        self.json.open("_meta", '{');
        self.json.open("io.modelcontextprotocol.registry/publisher-provided", '{');
        self.json.text("tool", "release-script");
        self.json.text("version", &format!("2.{}.0", self.index / 10));
        if rng.percent(60) {
            self.json.open("buildInfo", '{');
            self.json.text("commit", &format!("{:012x}", build.next() >> 16));
            let (month, day, hour) = (1 + build.below(12), 1 + build.below(28), build.below(24));
            self.json.text("timestamp", &format!("2026-{month:02}-{day:02}T{hour:02}:30:00Z"));
            self.json.close('}');
        }
        self.json.texts("tags", &[*rng.pick(&TAGS), self.server.subject]);
        if tools > 0 {
            self.json.open("tools", '[');
        }
        for at in 0..tools {
            let verb = VERBS[((first + at) % VERBS.len() as u32) as usize];
            let object = rng.pick(&OBJECTS);
            self.json.element();
            self.json.text("name", &format!("{verb}_{}", self.server.subject));
            self.json.text("description", &format!("{} {} {object}", capital(verb), self.server.subject));
            self.json.close('}');
        }
        if tools > 0 {
            self.json.close(']');
        }
        self.json.close('}');
        self.json.close('}');
    }
}
