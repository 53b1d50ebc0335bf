//! A server's page and badge: what it is, whose it is, how to run it, and what became of its versions.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    name::ServerName,
    registry::Server,
    status::{MESSAGE_MAX, Status},
};

use super::{
    super::{
        Page, Site,
        card::{DESCRIPTION_MAX, TITLE_MAX},
        listing::{Dated, Listing, Shown},
        owner::Belief,
        path::{Endpoint, PagePath, SitePath, Spelling},
    },
    Head, escaped,
    extent::{EXTENTS, Extent, PAGE_MAX},
    json_in_html, render,
    setup::{Setup, setups},
    way::Way,
    words::{Moment, address, day, link, visible},
};

#[derive(Serialize)]
struct ServerPage<'a> {
    name: &'a str,
    namespace: &'a str,
    short: &'a str,
    title: String,
    description: String,
    tint: usize,
    initial: String,
    icon: Option<String>,
    status: &'static str,
    message: Option<String>,
    changed: Moment,
    version: &'a str,
    published: Moment,
    updated: Moment,
    belief: &'a str,
    proved: bool,
    since: Option<String>,
    website: Option<Link>,
    repository: Option<Link>,
    setups: Vec<Setup>,
    ways: Vec<Way>,
    /// Whether everything that it needs is told.
    whole: bool,
    versions: Vec<Row<'a>>,
    /// How many are not listed.
    older: usize,
    latest_json: String,
    versions_json: String,
    badge: String,
    badge_markdown: String,
    linked_data: String,
}

#[derive(Serialize)]
struct Link {
    href: Option<String>,
    text: String,
}

#[derive(Serialize)]
struct Row<'a> {
    version: &'a str,
    status: &'static str,
    message: Option<String>,
    published: Moment,
    latest: bool,
    href: Option<String>,
}

/// The page, told as fully as its budget allows.
pub fn server(site: &Site, shown: &Shown) -> Vec<u8> {
    let mut page = Vec::new();
    for extent in &EXTENTS {
        page = told(site, shown, extent);
        if page.len() < PAGE_MAX {
            break;
        }
    }
    page
}

fn told(site: &Site, shown: &Shown, extent: &Extent) -> Vec<u8> {
    let latest = &shown.latest;
    let (name, facts) = (shown.name, &site.facts);
    let path = SitePath::Server(name.clone());
    let text = |member: &str| latest.server.get(member).and_then(Value::as_str).unwrap_or_default();
    let title = called(text("title"), name);
    let description = visible(text("description"), DESCRIPTION_MAX);
    let belief = Belief::of(site.registry, &name.namespace());
    let (ways, whole) = Way::all(&latest.server, extent);
    let badge = SitePath::Page(PagePath::Badge(name.clone()));
    let api = |endpoint: Endpoint| facts.href(&SitePath::Api(Spelling::V01, endpoint));
    let times = || shown.present().map(|dated| dated.official);
    let page = ServerPage {
        name: name.as_str(),
        namespace: name.namespace_str(),
        short: name.name(),
        tint: tint(name),
        initial: initial(&title),
        icon: icon(site, &latest.server),
        status: latest.record.official.status.as_str(),
        message: latest.record.official.status_message.map(|message| visible(message, MESSAGE_MAX)),
        changed: latest.record.official.status_changed_at.into(),
        version: latest.record.version.as_str(),
        published: times().map(|official| official.published_at).min().unwrap_or_default().into(),
        updated: times().map(|official| official.updated_at).max().unwrap_or_default().into(),
        belief: &belief.claim,
        proved: belief.proved,
        since: belief.since.as_deref().map(|since| day(since).unwrap_or_else(|| visible(since, 40))),
        website: Some(text("websiteUrl")).filter(|url| !url.is_empty()).map(Link::of),
        repository: latest.server.get("repository").and_then(Link::of_repository),
        setups: setups(shown, &latest.server, extent),
        ways,
        whole,
        versions: shown.versions.iter().take(extent.versions).map(|of| Row::of(site, name, of, latest, extent)).collect(),
        older: shown.versions.len().saturating_sub(extent.versions),
        latest_json: api(Endpoint::Latest(name.clone())),
        versions_json: api(Endpoint::Versions(name.clone())),
        badge: facts.href(&badge),
        badge_markdown: format!("[![MCP registry]({})]({})", facts.absolute(&badge), facts.absolute(&path)),
        linked_data: linked_data(site, latest, &title, &description, &facts.absolute(&path)),
        title: title.clone(),
        description: description.clone(),
    };
    render(site, "server", Head { path: Some(path), title: Some(title), description, here: "browse" }, page)
}

fn called(title: &str, name: &ServerName) -> String {
    let title = visible(title, TITLE_MAX);
    if title.is_empty() { name.name().to_owned() } else { title }
}

/// One of the eight tints that tell neighbours apart.
pub(super) fn tint(name: &ServerName) -> usize {
    name.as_str().bytes().fold(0, |sum: usize, b| (sum * 31 + usize::from(b)) % 8_191) % 8
}

/// What stands for a server where it has no icon.
pub(super) fn initial(title: &str) -> String {
    title.chars().find(|c| c.is_alphanumeric()).unwrap_or('·').to_uppercase().collect()
}

/// The first icon that is a picture at a plain https address, where the operator wants them.
fn icon(site: &Site, server: &Value) -> Option<String> {
    let icons = server.get("icons").and_then(Value::as_array).filter(|_| site.registry.config.site.remote_icons)?;
    icons.iter().find_map(|icon| link(icon.get("src")?.as_str()?))
}

impl Link {
    fn of(url: &str) -> Self {
        Self { href: link(url), text: address(url) }
    }

    fn of_repository(repository: &Value) -> Option<Self> {
        let url = repository.get("url")?.as_str().filter(|url| !url.is_empty())?;
        let mut link = Self::of(url);
        if let Some(folder) = repository.get("subfolder").and_then(Value::as_str) {
            link.text = format!("{}, in {}", link.text, visible(folder, 80));
        }
        Some(link)
    }
}

impl<'a> Row<'a> {
    /// What the banner says of the latest version is not said again.
    fn of(site: &Site, name: &ServerName, dated: &'a Dated, latest: &Listing, extent: &Extent) -> Self {
        let official = &dated.official;
        let message = official.status_message.filter(|message| latest.record.official.status_message != Some(message));
        let endpoint = Endpoint::Version(name.clone(), dated.version.clone());
        Self {
            version: dated.version.as_str(),
            status: official.status.as_str(),
            message: message.map(|message| visible(message, extent.message)),
            published: official.published_at.into(),
            latest: official.is_latest,
            href: (official.status != Status::Deleted).then(|| site.facts.href(&SitePath::Api(Spelling::V01, endpoint))),
        }
    }
}

/// What search engines read.
fn linked_data(site: &Site, latest: &Listing, title: &str, description: &str, url: &str) -> String {
    let server = &latest.server;
    let mut data = json!({
        "@context": "https://schema.org",
        "@type": "SoftwareApplication",
        "name": title,
        "description": description,
        "url": url,
        "softwareVersion": latest.record.version.as_str(),
        "datePublished": latest.record.official.published_at,
        "dateModified": latest.record.official.updated_at,
        "applicationCategory": "DeveloperApplication",
        "operatingSystem": "Any",
        "isPartOf": { "@type": "WebSite", "name": site.facts.title, "url": site.facts.base_url },
    });
    let same: Vec<String> = [server.get("websiteUrl"), server.pointer("/repository/url")]
        .into_iter()
        .filter_map(|url| link(url?.as_str()?))
        .collect();
    if !same.is_empty() {
        data["sameAs"] = json!(same);
    }
    json_in_html(&data)
}

#[derive(Serialize)]
struct Gone<'a> {
    name: &'a str,
    namespace: &'a str,
    message: Option<String>,
}

/// What stands where a server was whose every version is deleted: that it was, and why it is not.
pub fn gone(site: &Site, name: &ServerName, server: &Server) -> Page {
    let path = SitePath::Server(name.clone());
    let message = server.releases.iter().find_map(|release| server.status.of(&release.version).message.as_deref());
    let page = Gone {
        name: name.as_str(),
        namespace: name.namespace_str(),
        message: message.map(|message| visible(message, MESSAGE_MAX)),
    };
    let description = format!("{name} is no longer in this registry.");
    let head = Head { path: None, title: Some(name.to_string()), description, here: "browse" };
    Page::new(path, render(site, "gone", head, page))
}

/// The width of a character of the badge's type, in tenths of a pixel: `DejaVu` Sans and Verdana at 11 pixels, on average.
const CHARACTER: usize = 68;

/// A picture that says which version this registry has.
pub fn badge(shown: &Shown) -> Page {
    let latest = &shown.latest;
    let colour = if latest.record.official.status == Status::Active { "#0a5c8a" } else { "#8a4b00" };
    let (left, right) = ("MCP registry", visible(latest.record.version.as_str(), 24));
    let widths = [left, &right].map(|text| text.chars().count() * CHARACTER / 10 + 14);
    let whole = widths[0] + widths[1];
    let said = escaped(&format!("{left}: {right}"));
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" aria-label=\"{said}\"><title>{said}</title>\
         <rect width=\"{whole}\" height=\"20\" rx=\"3\" fill=\"#3b4048\"/>\
         <path d=\"M{at} 0h{width}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H{at}z\" fill=\"{colour}\"/>\
         <g fill=\"#fff\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\" text-anchor=\"middle\">\
         <text x=\"{x}\" y=\"14\">{left}</text><text x=\"{y}\" y=\"14\">{right}</text></g></svg>\n",
        at = widths[0],
        width = widths[1] - 3,
        x = widths[0] / 2,
        y = widths[0] + widths[1] / 2,
        right = escaped(&right),
    );
    Page::new(SitePath::Page(PagePath::Badge(shown.name.clone())), svg)
}
