//! Pages for people: the frame around each, and how templates are filled.

mod about;
mod groups;
mod home;
mod server;
mod setup;
mod shelves;
mod way;
pub mod words;

use std::sync::LazyLock;

use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;

use crate::config::Mode;

use super::{
    Page, Site,
    path::{PagePath, SitePath},
};

pub use about::{not_found, single_pages};
pub(super) use groups::group_pages;
pub use home::home;
pub use server::{badge, gone, server};
pub(super) use shelves::{folders, namespace_pages, shelf_pages};

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(escape);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("the usual marks"));
    for (name, source) in [
        ("layout", include_str!("../../templates/site/layout.html")),
        ("parts", include_str!("../../templates/site/parts.html")),
        ("server", include_str!("../../templates/site/server.html")),
        ("gone", include_str!("../../templates/site/gone.html")),
        ("not-found", include_str!("../../templates/site/not-found.html")),
        ("home", include_str!("../../templates/site/home.html")),
        ("shelf", include_str!("../../templates/site/shelf.html")),
        ("namespaces", include_str!("../../templates/site/namespaces.html")),
        ("groups", include_str!("../../templates/site/groups.html")),
        ("group", include_str!("../../templates/site/group.html")),
        ("search", include_str!("../../templates/site/search.html")),
        ("rules", include_str!("../../templates/site/rules.html")),
        ("api", include_str!("../../templates/site/api.html")),
        ("status", include_str!("../../templates/site/status.html")),
    ] {
        environment.add_template(name, source).expect("our templates are templates");
    }
    environment
});

/// Like minijinja's own, but without its escaping of every slash, which our quoted attributes do not need.
fn escape(out: &mut Output, state: &mut State, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if !value.is_safe() => Ok(out.write_str(&escaped(text))?),
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// A text between tags or in a quoted attribute.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// JSON as it may stand in a `script` element.
fn json_in_html(value: &serde_json::Value) -> String {
    let text = value.to_string();
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// What a page says of itself.
#[derive(Clone, Debug)]
struct Head {
    /// Absent for a page that stands at no address of its own.
    path: Option<SitePath>,
    /// Absent for the front page.
    title: Option<String>,
    description: String,
    /// Which part of the navigation it belongs to.
    here: &'static str,
}

/// What stands around the main part of every page.
#[derive(Serialize)]
struct Frame<'a> {
    registry: &'a str,
    /// What stands before every address.
    base: &'a str,
    base_url: &'a str,
    csp: String,
    style: String,
    main: String,
    search: String,
    favicon: String,
    logo: Option<String>,
    title: String,
    description: String,
    canonical: Option<String>,
    here: &'static str,
    curated: bool,
    groups: bool,
    repository: Option<String>,
}

#[derive(Serialize)]
struct Whole<'a, T> {
    frame: Frame<'a>,
    page: T,
}

impl<'a> Frame<'a> {
    fn of(site: &'a Site, head: Head) -> Self {
        let (facts, assets, config) = (&site.facts, &site.assets, &site.registry.config);
        let title = head.title.map_or_else(|| facts.title.clone(), |title| format!("{title} · {}", facts.title));
        Self {
            registry: &facts.title,
            base: facts.base_path(),
            base_url: &facts.base_url,
            csp: assets.content_security_policy(),
            style: facts.href(&assets.style.path),
            main: facts.href(&assets.main.path),
            search: facts.href(&assets.search.path),
            favicon: facts.href(&assets.favicon.path),
            logo: assets.logo.as_ref().map(|logo| facts.href(&logo.path)),
            title,
            description: head.description,
            canonical: head.path.map(|path| facts.absolute(&path)),
            here: head.here,
            curated: config.ownership.mode == Mode::Curated,
            groups: !site.registry.groups.is_empty(),
            repository: config.site.repository.as_deref().and_then(words::link),
        }
    }
}

fn render(site: &Site, template: &str, head: Head, page: impl Serialize) -> Vec<u8> {
    let template = TEMPLATES.get_template(template).expect("a template of ours");
    let whole = Serde(Whole { frame: Frame::of(site, head), page });
    template.render(whole).expect("our templates name what they are given").into_bytes()
}

/// The page at an address of its own.
fn page(
    site: &Site,
    template: &str,
    path: PagePath,
    title: &str,
    description: String,
    here: &'static str,
    of: impl Serialize,
) -> Page {
    let path = SitePath::Page(path);
    let head = Head { path: Some(path.clone()), title: Some(title.to_owned()), description, here };
    Page::new(path, render(site, template, head, of))
}
