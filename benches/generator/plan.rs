//! Owns who exists in a generated registry: owners, servers, their versions and their status.

use std::fmt::Write;

use super::words::{EMBLEMS, ENDINGS, GUILDS, MOODS, NOTICES, SUBJECTS, TOOLS};
use super::{Rng, Shape};

/// Owners and servers, each in path order.
pub struct Plan {
    pub seed: u64,
    pub owners: Vec<Owner>,
    pub servers: Vec<Server>,
}

pub struct Owner {
    pub namespace: String,
    pub login: String,
    pub id: u32,
    /// Where its servers answer.
    pub host: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    User,
    Organization,
    Domain,
}

pub struct Server {
    pub owner: usize,
    pub name: String,
    pub subject: &'static str,
    pub tool: &'static str,
    pub versions: u32,
    pub seed: u64,
    pub status: Option<Status>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Status {
    Deprecated,
    Deleted,
    /// Single versions have lines of their own.
    Mixed,
}

impl Plan {
    pub fn of(shape: &Shape) -> Plan {
        assert!(shape.names > 0, "a registry has a name");
        assert!(shape.versions >= shape.names, "every name has a version");
        let seed = shape.seed;
        let mut owners: Vec<Owner> = (0..(shape.names * 9).div_ceil(20)).map(|at| Owner::of(seed, at)).collect();
        owners.sort_by_cached_key(|owner| format!("{}/", owner.namespace));
        let names = one_and_more(shape.names, owners.len(), &mut Rng::of(seed, 1), Skew { one: 62, again: 45, most: 8 });
        let versions =
            one_and_more(shape.versions, shape.names as usize, &mut Rng::of(seed, 2), Skew { one: 48, again: 42, most: 8 });
        let mut servers = Vec::with_capacity(versions.len());
        for (owner, count) in names.into_iter().enumerate() {
            let first = servers.len();
            for _ in 0..count {
                let at = servers.len() as u32;
                servers.push(Server::of(seed, at, owner, versions[at as usize]));
            }
            servers[first..].sort_by_cached_key(|server| format!("{}/", server.name));
        }
        Plan { seed, owners, servers }
    }
}

/// How unevenly things are spread: percent that stay at one, and the chance of each doubling after that.
struct Skew {
    one: u32,
    again: u32,
    most: u32,
}

/// Splits `total` into `parts` of at least one each, most of them small and a few very large.
fn one_and_more(total: u32, parts: usize, rng: &mut Rng, skew: Skew) -> Vec<u32> {
    let mut weights = Vec::with_capacity(parts);
    for _ in 0..parts {
        let mut doublings = 0;
        while doublings < skew.most && rng.percent(skew.again) {
            doublings += 1;
        }
        let weight = (1 << doublings) * (16 + rng.below(16));
        weights.push(if rng.percent(skew.one) { 0 } else { u64::from(weight) });
    }
    let extra = share(u64::from(total) - parts as u64, &weights);
    extra.into_iter().map(|extra| 1 + extra as u32).collect()
}

/// Splits `total` in proportion to `weights`, exactly; with no weight at all, the first gets everything.
pub fn share(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u64 = weights.iter().sum();
    let (mut seen, mut given) = (0, 0);
    let mut shares: Vec<u64> = Vec::with_capacity(weights.len());
    for weight in weights {
        seen += weight;
        let due = (u128::from(total) * u128::from(seen)).checked_div(u128::from(sum)).unwrap_or(u128::from(total));
        shares.push(due as u64 - given);
        given = due as u64;
    }
    shares
}

/// Three words for the `at`-th thing: no two things share all three, and few share the first two.
fn words(seed: u64, at: u32, first: &[&'static str], second: &[&'static str], third: &[&'static str]) -> [&'static str; 3] {
    let pairs = (first.len() * second.len()) as u64;
    let round = u64::from(at) / pairs;
    assert!(round < third.len() as u64, "the vocabulary is large enough");
    // A prime larger than every list visits each pair once before any comes again.
    let pair = (u64::from(at) * 1_000_003 + Rng::of(seed, 3).next() % pairs) % pairs;
    let last = (Rng::of(seed, 4 + pair).next() % third.len() as u64 + round) % third.len() as u64;
    [first[(pair / second.len() as u64) as usize], second[(pair % second.len() as u64) as usize], third[last as usize]]
}

fn joined(words: [&str; 3], with: &str) -> String {
    let mut name = format!("{}{with}{}", words[0], words[1]);
    if !words[2].is_empty() {
        name.push_str(with);
        name.push_str(words[2]);
    }
    name
}

pub fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

impl Owner {
    fn of(seed: u64, at: u32) -> Owner {
        let mut rng = Rng::of(seed, 1 << 40 | u64::from(at));
        let words = words(seed, at, &MOODS, &EMBLEMS, &GUILDS);
        let glue = if rng.percent(55) { "-" } else { "" };
        let plain = joined(words, glue);
        let login = if rng.percent(6) { joined(words.map(capital).each_ref().map(String::as_str), glue) } else { plain.clone() };
        let (kind, namespace, host) = match rng.below(100) {
            0..60 => (Kind::User, format!("io.github.{login}"), format!("{plain}.hosted.example")),
            60..82 => (Kind::Organization, format!("io.github.{login}"), format!("{plain}.hosted.example")),
            82..92 => (Kind::Domain, format!("example.{plain}"), format!("{plain}.example")),
            92..96 => (Kind::Domain, format!("example.{plain}.mcp"), format!("mcp.{plain}.example")),
            _ => (Kind::Domain, format!("org.example.{plain}"), format!("{plain}.example.org")),
        };
        let id = 20_000 + at * 61 + rng.below(61);
        Owner { namespace, login, id, host, kind }
    }

    pub fn path(&self) -> String {
        format!("namespaces/{}.toml", self.namespace)
    }

    /// The bytes of its namespace file.
    pub fn claim(&self) -> Vec<u8> {
        let mut rng = Rng::of(u64::from(self.id), 5);
        let mut text = String::from("[subject]\n");
        let kind = match self.kind {
            Kind::User => "user",
            Kind::Organization => "organization",
            Kind::Domain => "domain",
        };
        let _ = writeln!(text, "kind = \"{kind}\"");
        if self.kind != Kind::Domain {
            let _ = writeln!(text, "github_id = {}\ngithub_login = \"{}\"", self.id, self.login);
        }
        // Proof by source code leaves a namespace without an owner.
        if self.kind != Kind::Domain && rng.percent(2) {
            return text.into_bytes();
        }
        let proof = match self.kind {
            Kind::User => "account",
            Kind::Organization => rng.pick(&["fork", "fork", "member"]),
            Kind::Domain => rng.pick(&["dns", "dns", "web", "key"]),
        };
        let own = self.kind == Kind::User;
        // Ids above 900 million belong to people, so that none equals a subject's.
        let id = if own { self.id } else { 900_000_000 + self.id };
        let login = if own { self.login.clone() } else { format!("{}-{}", rng.pick(&EMBLEMS), rng.below(9000) + 1000) };
        owner_lines(&mut text, &mut rng, (id, &login), proof, None);
        if rng.percent(8) {
            let other = format!("{}-{}", rng.pick(&MOODS), rng.below(9000) + 1000);
            let (proof, by) = if rng.percent(80) { ("owner", id) } else { ("grant", 4_004) };
            owner_lines(&mut text, &mut rng, (1_200_000_000 + self.id, &other), proof, Some(by));
        }
        text.into_bytes()
    }
}

fn owner_lines(text: &mut String, rng: &mut Rng, who: (u32, &str), proof: &str, by: Option<u32>) {
    let _ = write!(text, "\n[[owner]]\ngithub_id = {}\ngithub_login = \"{}\"\nproof = \"{proof}\"\n", who.0, who.1);
    if let Some(by) = by {
        let _ = writeln!(text, "by = {by}");
    }
    let _ = writeln!(text, "proved_at = \"2026-{:02}-{:02}\"", 1 + rng.below(11), 1 + rng.below(28));
}

impl Server {
    fn of(seed: u64, at: u32, owner: usize, versions: u32) -> Server {
        let mut rng = Rng::of(seed, 2 << 40 | u64::from(at));
        let words = words(seed, at, &SUBJECTS, &TOOLS, &ENDINGS);
        let name = joined(words, if rng.percent(94) { "-" } else { "_" });
        let status = match rng.below(1000) {
            0..11 => Some(Status::Deprecated),
            11..14 => Some(Status::Deleted),
            14..20 => Some(Status::Mixed),
            _ => None,
        };
        Server { owner, name, subject: words[0], tool: words[1], versions, seed: rng.next(), status }
    }

    /// The path of a file beside its versions, `.json` left off.
    pub fn path(&self, owner: &Owner, stem: &str) -> String {
        format!("servers/{}/{}/{stem}.json", owner.namespace, self.name)
    }

    /// Whether its status came in two steps: first deprecated, later what it is now.
    pub fn hesitated(&self) -> bool {
        self.status == Some(Status::Deleted) || (self.status.is_some() && self.seed.is_multiple_of(4))
    }

    /// The bytes of status.json: now, or after the first of two steps.
    pub fn status_file(&self, now: bool) -> Vec<u8> {
        let mut rng = Rng::of(self.seed, if now { 6 } else { 7 });
        // Different halves, so that the second step always changes something.
        let notices = if now { &NOTICES[..4] } else { &NOTICES[4..] };
        let line =
            |rng: &mut Rng, status: &str| format!("\"status\": \"{status}\",\n{{}}\"statusMessage\": \"{}\"", rng.pick(notices));
        let whole = |line: String| format!("{{\n  {}\n}}\n", line.replace("{}", "  "));
        let text = match self.status {
            Some(Status::Deleted) if now => whole(line(&mut rng, "deleted")),
            Some(Status::Mixed) if now => {
                let mut lines = Vec::new();
                for (at, version) in Versions::of(self).enumerate() {
                    if at == 0 || (at < 40 && rng.percent(20)) {
                        let status = if rng.percent(75) { "deprecated" } else { "deleted" };
                        let line = line(&mut rng, status).replace("{}", "      ");
                        lines.push(format!("    \"{version}\": {{\n      {line}\n    }}"));
                    }
                }
                format!("{{\n  \"status\": \"active\",\n  \"versions\": {{\n{}\n  }}\n}}\n", lines.join(",\n"))
            }
            _ => whole(line(&mut rng, "deprecated")),
        };
        text.into_bytes()
    }
}

/// The versions of a server in the order of their publication, all different.
pub struct Versions {
    rng: Rng,
    left: u32,
    style: Style,
    core: [u32; 3],
    prerelease: u32,
    build: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Plain,
    /// The same version is built again now and then.
    Built,
    /// `2026.3.14`, which happens to be SemVer.
    Dotted,
    /// `2026-03-14`, which is not.
    Dashed,
}

impl Versions {
    pub fn of(server: &Server) -> Versions {
        let mut rng = Rng::of(server.seed, 8);
        let style = match rng.below(100) {
            0..90 => Style::Plain,
            90..95 => Style::Built,
            95..98 => Style::Dotted,
            _ => Style::Dashed,
        };
        let core = match style {
            Style::Plain | Style::Built => *rng.pick(&[[0, 0, 0], [0, 1, 0], [0, 1, 0], [0, 9, 9], [1, 0, 0]]),
            _ => [2025, 1 + rng.below(6), 1 + rng.below(28)],
        };
        Versions { rng, left: server.versions, style, core, prerelease: 0, build: 0 }
    }

    fn step(&mut self) {
        if self.style == Style::Built && self.rng.percent(30) {
            self.build += 1;
            return;
        }
        self.build = 0;
        if self.prerelease > 0 {
            self.prerelease = if self.rng.percent(55) { self.prerelease + 1 } else { 0 };
            return;
        }
        let [major, minor, patch] = self.core;
        self.core = match self.rng.below(100) {
            0..68 => [major, minor, patch + 1],
            68..96 => [major, minor + 1, 0],
            _ => [major + 1, 0, 0],
        };
        if self.rng.percent(6) {
            self.prerelease = 1;
        }
    }

    fn step_by_days(&mut self) {
        let [year, month, day] = self.core;
        let day = day + 1 + self.rng.below(12);
        self.core = match (month, day) {
            (_, ..=28) => [year, month, day],
            (..=11, _) => [year, month + 1, day - 28],
            _ => [year + 1, 1, day - 28],
        };
    }
}

impl Iterator for Versions {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        self.left = self.left.checked_sub(1)?;
        let calendar = matches!(self.style, Style::Dotted | Style::Dashed);
        if calendar {
            self.step_by_days();
        } else {
            self.step();
        }
        let [major, minor, patch] = self.core;
        let mut version = match self.style {
            Style::Dashed => format!("{major}-{minor:02}-{patch:02}"),
            _ => format!("{major}.{minor}.{patch}"),
        };
        if self.prerelease > 0 {
            let label = ["rc", "beta", "alpha", "rc"][(minor % 4) as usize];
            let _ = write!(version, "-{label}.{}", self.prerelease);
        }
        if self.build > 0 {
            let _ = write!(version, "+build.{}", self.build);
        }
        Some(version)
    }
}
