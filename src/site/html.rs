//! Pages for people: the frame around each, and how templates are filled.

mod about;
mod extent;
mod groups;
mod home;
mod server;
mod setup;
mod shelves;
mod way;
pub mod words;

use std::{fmt, sync::LazyLock};

use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, context, syntax::SyntaxConfig, value::Serde,
};
use serde::Serialize;

use crate::config::{Config, Mode};

use super::{
    Facts, Page, Site,
    assets::Assets,
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
        Some(text) if !value.is_safe() => Ok(escape_into(out, text)?),
        _ => minijinja::escape_formatter(out, state, value),
    }
}

/// A text between tags or in a quoted attribute.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    escape_into(&mut out, text).expect("a string takes what is written");
    out
}

fn escape_into(out: &mut impl fmt::Write, text: &str) -> fmt::Result {
    replace_into(out, text, |byte| match byte {
        b'"' => Some("&quot;"),
        b'\'' => Some("&#39;"),
        byte => markup(byte),
    })
}

/// A text between tags alone: there a quote is no mark, and a configuration is full of them.
fn between_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    replace_into(&mut out, text, markup).expect("a string takes what is written");
    out
}

fn markup(byte: u8) -> Option<&'static str> {
    match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        _ => None,
    }
}

fn replace_into(out: &mut impl fmt::Write, text: &str, instead: impl Fn(u8) -> Option<&'static str>) -> fmt::Result {
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(instead) = instead(byte) {
            out.write_str(&text[start..at])?;
            out.write_str(instead)?;
            start = at + 1;
        }
    }
    out.write_str(&text[start..])
}

/// JSON as it may stand in a `script` element.
fn json_in_html(value: &serde_json::Value) -> String {
    let text = serde_json::to_string(value).expect("a value is JSON");
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

/// What stands around the main part of every page of a site.
#[derive(Clone, Debug)]
pub struct Frame(Value);

impl Frame {
    pub(super) fn of(config: &Config, facts: &Facts, assets: &Assets, groups: bool) -> Self {
        Self(context! {
            registry => &facts.title,
            // What stands before every address.
            base => facts.base_path(),
            base_url => &facts.base_url,
            csp => assets.content_security_policy(),
            style => facts.href(&assets.style.path),
            main => facts.href(&assets.main.path),
            search => facts.href(&assets.search.path),
            favicon => facts.href(&assets.favicon.path),
            logo => assets.logo.as_ref().map(|logo| facts.href(&logo.path)),
            curated => config.ownership.mode == Mode::Curated,
            groups => groups,
            repository => config.site.repository.as_deref().and_then(words::link),
        })
    }
}

fn render(site: &Site, template: &str, Head { path, title, description, here }: Head, page: impl Serialize) -> Vec<u8> {
    let template = TEMPLATES.get_template(template).expect("a template of ours");
    let facts = &site.facts;
    let head = context! {
        title => title.map_or_else(|| facts.title.clone(), |title| format!("{title} · {}", facts.title)),
        description => description,
        canonical => path.map(|path| facts.absolute(&path)),
        here => here,
    };
    let whole = context! { frame => &site.frame.0, head => head, page => Serde(page) };
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
