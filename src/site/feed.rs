//! What programs follow beside the API: the Atom feed, the sitemap, `robots.txt`, and a word to language models.

use std::cmp::Reverse;

use crate::instant::Instant;

use super::{
    Give, Page, Site,
    card::Card,
    html::{escaped, folders},
    path::{PagePath, Shelf, SitePath},
    search::sharded,
};

/// So many servers are in the feed.
const FEED_MAX: usize = 50;

/// `/feed.xml`: what was updated last.
pub fn atom(site: &Site, cards: &[Card]) -> Page {
    let facts = &site.facts;
    let mut latest: Vec<&Card> = cards.iter().collect();
    latest.sort_by_key(|card| (Reverse(card.said.updated), card.name));
    latest.truncate(FEED_MAX);
    let path = SitePath::Page(PagePath::Feed);
    let updated = latest.first().map(|card| card.said.updated).unwrap_or_default();
    let (title, home, here) = (escaped(&facts.title), escaped(&facts.absolute(&SitePath::Home)), escaped(&facts.absolute(&path)));
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<title>{title}</title>\n\
         <id>{home}</id>\n<link href=\"{home}\"/>\n<link rel=\"self\" href=\"{here}\"/>\n<updated>{updated}</updated>\n\
         <author><name>{title}</name></author>\n"
    );
    for card in latest {
        let link = escaped(&facts.absolute(&SitePath::Server(card.name.clone())));
        out.push_str(&format!(
            "<entry>\n<title>{} {}</title>\n<id>{link}#{}</id>\n<link href=\"{link}\"/>\n<updated>{}</updated>\n\
             <published>{}</published>\n<summary>{}</summary>\n</entry>\n",
            escaped(card.called()),
            escaped(card.version.as_str()),
            escaped(card.version.as_str()).replace('+', "%2B"),
            card.said.updated,
            card.said.published,
            escaped(&card.said.description),
        ));
    }
    out.push_str("</feed>\n");
    Page::new(path, out)
}

/// A shard has about so many addresses; readers take at most 50,000.
const SHARD: usize = 2_000;

/// The sitemap's shards, each server's told by its name alone, and the index that lists them.
pub fn sitemap(site: &Site, cards: &[Card], give: Give) -> anyhow::Result<()> {
    let facts = &site.facts;
    let count = cards.len().div_ceil(SHARD).next_power_of_two();
    let folders = folders(cards);
    let folders = sharded(&folders, count, |(namespace, _)| namespace.as_str());
    let cards = sharded(cards, count, |card| card.name.as_str());
    let pages = [
        SitePath::Home,
        SitePath::Page(PagePath::Browse(Shelf::All, None)),
        SitePath::Page(PagePath::Namespaces(None)),
        SitePath::Page(PagePath::Rules),
        SitePath::Page(PagePath::Api),
    ];
    let groups = site.registry.groups.keys().map(|id| SitePath::Page(PagePath::Group(id.clone())));
    let mut first = Some(pages.into_iter().chain(groups));
    let mut index = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for ((number, folders), cards) in (0_u16..).zip(folders).zip(cards) {
        let path = SitePath::Page(PagePath::SitemapShard(number));
        index.push_str(&format!("<sitemap><loc>{}</loc></sitemap>\n", escaped(&facts.absolute(&path))));
        let mut body = String::from(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
        );
        let mut add = |path: &SitePath, updated: Option<Instant>| {
            let updated = updated.map(|updated| format!("<lastmod>{updated}</lastmod>")).unwrap_or_default();
            body.push_str(&format!("<url><loc>{}</loc>{updated}</url>\n", escaped(&facts.absolute(path))));
        };
        first.take().into_iter().flatten().for_each(|path| add(&path, None));
        for (namespace, cards) in folders {
            let updated = cards.iter().map(|card| card.said.updated).max();
            add(&SitePath::Page(PagePath::Namespace(namespace.clone(), None)), updated);
        }
        for card in cards {
            add(&SitePath::Server(card.name.clone()), Some(card.said.updated));
        }
        body.push_str("</urlset>\n");
        give(&[path], body.as_bytes())?;
    }
    index.push_str("</sitemapindex>\n");
    give(&[SitePath::Page(PagePath::Sitemap)], index.as_bytes())
}

/// `/robots.txt`
pub fn robots(site: &Site) -> Page {
    let sitemap = site.facts.absolute(&SitePath::Page(PagePath::Sitemap));
    Page::new(SitePath::Robots, format!("User-agent: *\nAllow: /\n\nSitemap: {sitemap}\n"))
}

/// `/llms.txt`: where a program that reads prose should look.
pub fn llms(site: &Site) -> Page {
    let facts = &site.facts;
    let description = facts.description.as_deref().unwrap_or("A registry of MCP servers.");
    let link = |path: SitePath| facts.absolute(&path);
    let at = |path: PagePath| link(SitePath::Page(path));
    let base = &facts.base_url;
    let text = format!(
        "# {}\n\n> {description}\n\n\
         Every server has a page at {base}/servers/<namespace>/<name>/ and JSON at \
         {base}/v0.1/servers/<namespace>%2F<name>/versions/latest, in the form of the MCP registry API.\n\n\
         ## For programs\n\n\
         - [Every server's latest version]({base}/v0.1/servers): one JSON document\n\
         - [The API]({}): every address, with examples\n\
         - [OpenAPI description]({})\n\
         - [State]({}): which commit is published\n\n\
         ## For people\n\n\
         - [All servers]({})\n\
         - [Namespaces]({})\n\
         - [Rules]({}): what a server must be to be listed\n",
        facts.title,
        at(PagePath::Api),
        link(SitePath::OpenApi),
        link(SitePath::Index),
        at(PagePath::Browse(Shelf::All, None)),
        at(PagePath::Namespaces(None)),
        at(PagePath::Rules),
    );
    Page::new(SitePath::Page(PagePath::Llms), text)
}
