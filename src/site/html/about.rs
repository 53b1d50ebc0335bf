//! Pages about the registry itself: its rules, its API, its state, search, and what is not there.

use serde::Serialize;

use crate::{
    config::Setting,
    finding::Verdict,
    rules::{Family, RULES, Rule},
};

use super::{
    super::{
        Page, Site,
        path::{Endpoint, PackageType, PagePath, SitePath, Spelling},
    },
    Head, page, render,
    words::{Moment, counted, number},
};

/// The few pages that need no server.
pub fn single_pages(site: &Site) -> Vec<Page> {
    vec![search(site), rules(site), api(site), status(site)]
}

#[derive(Serialize)]
struct Nothing {}

pub fn not_found(site: &Site) -> Vec<u8> {
    let description = format!("This address is none of {}.", site.facts.title);
    render(site, "not-found", Head { path: None, title: Some("Not found".to_owned()), description, here: "" }, Nothing {})
}

#[derive(Serialize)]
struct SearchPage {
    index: String,
    types: Vec<Choice>,
}

#[derive(Serialize)]
struct Choice {
    value: &'static str,
    text: &'static str,
}

fn search(site: &Site) -> Page {
    let types = PackageType::ALL.into_iter().map(|kind| Choice { value: kind.slug(), text: kind.shown() }).collect();
    let of = SearchPage { index: site.facts.href(&SitePath::Page(PagePath::SearchRoot)), types };
    let description = format!("Search the MCP servers of {}.", site.facts.title);
    page(site, "search", PagePath::Search, "Search", description, "search", of)
}

#[derive(Serialize)]
struct RulesPage {
    families: Vec<FamilyOfRules>,
}

#[derive(Serialize)]
struct FamilyOfRules {
    name: &'static str,
    about: &'static str,
    rules: Vec<RuleRow>,
}

#[derive(Serialize)]
struct RuleRow {
    id: &'static str,
    claim: Vec<Span>,
    paragraphs: Vec<Vec<Span>>,
    verdict: &'static str,
    says: &'static str,
    locked: bool,
}

/// A stretch of prose, or a literal in it.
#[derive(Serialize)]
struct Span {
    text: String,
    literal: bool,
}

fn rules(site: &Site) -> Page {
    let settings = &site.registry.config.rules;
    let row = |rule: &Rule| {
        let verdict = settings.get(rule.id).map_or(Some(rule.verdict), |setting: &Setting| setting.verdict());
        let (verdict, says) = match verdict {
            Some(Verdict::Reject) => ("reject", "must be fixed"),
            Some(Verdict::Review) => ("review", "a maintainer looks"),
            Some(Verdict::Note) => ("note", "worth knowing"),
            None => ("off", "not applied here"),
        };
        let rest = rule.about.split_once("\n\n").map_or("", |(_, rest)| rest);
        RuleRow {
            id: rule.id,
            claim: spans(rule.claim()),
            paragraphs: rest.split("\n\n").map(spans).collect(),
            verdict,
            says,
            locked: rule.locked,
        }
    };
    let families = Family::ALL.into_iter().map(|family| FamilyOfRules {
        name: family.as_str(),
        about: about(family),
        rules: RULES.iter().filter(|rule| rule.family == family).map(row).collect(),
    });
    let of = RulesPage { families: families.collect() };
    page(site, "rules", PagePath::Rules, "Rules", "What a server must be to be listed here.".to_owned(), "rules", of)
}

fn about(family: Family) -> &'static str {
    match family {
        Family::Shape => "Files lie where they belong, and can be read.",
        Family::Schema => "An entry is a server.json as the specification has it.",
        Family::Meaning => "What an entry says works for whoever installs it.",
        Family::History => "What is published stays as it was.",
        Family::Names => "Nobody can be taken for somebody else.",
        Family::Secrets => "Nobody publishes a password by accident.",
        Family::Ownership => "Only the owner of a namespace publishes in it.",
    }
}

/// Prose whose literals stand in backticks.
fn spans(text: &str) -> Vec<Span> {
    let parts = text.split('`').enumerate();
    parts
        .filter(|(_, part)| !part.is_empty())
        .map(|(at, part)| Span { text: part.replace('\n', " "), literal: at % 2 == 1 })
        .collect()
}

#[derive(Serialize)]
struct ApiPage {
    full: bool,
    /// Addresses of a server of this registry, to try.
    sample: Option<Sample>,
}

#[derive(Serialize)]
struct Sample {
    versions: String,
    latest: String,
    version: String,
}

fn api(site: &Site) -> Page {
    let at = |endpoint| site.facts.absolute(&SitePath::Api(Spelling::V01, endpoint));
    let of = ApiPage {
        full: site.registry.config.api.v0 == crate::config::Older::Full,
        sample: site.servers().find_map(|(name, server)| {
            Some(Sample {
                versions: at(Endpoint::Versions(name.clone())),
                latest: at(Endpoint::Latest(name.clone())),
                version: at(Endpoint::Version(name.clone(), server.latest()?.version.clone())),
            })
        }),
    };
    let description = format!("How programs read {}: the read part of the MCP registry API, as static files.", site.facts.title);
    page(site, "api", PagePath::Api, "API", description, "api", of)
}

#[derive(Serialize)]
struct StatusPage<'a> {
    script: String,
    servers: String,
    versions: String,
    namespaces: String,
    deleted: String,
    serial: String,
    epoch: &'a str,
    commit: Option<String>,
    newest: Option<Moment>,
    generator: &'a str,
}

fn status(site: &Site) -> Page {
    let (facts, counts) = (&site.facts, site.facts.counts);
    let of = StatusPage {
        script: facts.href(&site.assets.status.path),
        servers: number(counts.servers),
        versions: number(counts.versions),
        namespaces: number(counts.namespaces),
        deleted: counted(counts.deleted, "version", "versions"),
        serial: number(facts.serial as usize),
        epoch: &facts.epoch,
        commit: facts.commit.map(|commit| commit.to_string()),
        newest: facts.newest.map(Moment::from),
        generator: facts.generator,
    };
    let description = format!("Which state of {} is published.", facts.title);
    page(site, "status", PagePath::Status, "Status", description, "status", of)
}
