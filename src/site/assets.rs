//! What pages are made with beside their text: style, scripts and images, each at an address that names its bytes; and what
//! a browser may do with them.

use std::fmt;

use crate::{
    config::{Colour, Config},
    digest::Sha256,
};

use super::{
    Page,
    path::{DIGITS, PagePath, SitePath},
};

/// The assets of one site.
#[derive(Clone, Debug)]
pub struct Assets {
    pub style: Asset,
    /// What every page does: copying, tabs, keys, search when it is asked for.
    pub main: Asset,
    /// The search itself, fetched on first use.
    pub search: Asset,
    /// What the status page reads from what is published.
    pub status: Asset,
    pub favicon: Asset,
    pub logo: Option<Asset>,
    remote_icons: bool,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Asset {
    pub path: SitePath,
    pub body: Vec<u8>,
}

/// Ink and grounds of both schemes, as the style sheet has them: text in the accent stands on any of them.
const LIGHT: [Colour; 3] = [Colour::WHITE, Colour::new(0xf6, 0xf5, 0xf1), Colour::new(0xee, 0xec, 0xe6)];
const DARK: [Colour; 3] = [Colour::new(0x14, 0x16, 0x1a), Colour::new(0x1c, 0x1f, 0x25), Colour::new(0x26, 0x2a, 0x32)];
const ACCENT: Colour = Colour::new(0x0a, 0x5c, 0x8a);

/// What the guidelines ask of text.
const LEGIBLE: f64 = 4.6;

impl Assets {
    pub fn of(config: &Config) -> Self {
        let settings = &config.site;
        let accent = settings.accent.as_deref().and_then(Colour::parse).unwrap_or(ACCENT);
        let (light, dark) = (accent.legible(&LIGHT, Colour::BLACK, LEGIBLE), accent.legible(&DARK, Colour::WHITE, LEGIBLE));
        let on = |colour: Colour| if colour.contrast(Colour::WHITE) >= LEGIBLE { Colour::WHITE } else { Colour::BLACK };
        let style = format!(
            ":root{{--accent-light:{light};--on-accent-light:{};--accent-dark:{dark};--on-accent-dark:{}}}\n{}",
            on(light),
            on(dark),
            include_str!("../../templates/site/assets/style.css"),
        );
        let favicon = include_str!("../../templates/site/assets/favicon.svg").replace("#0a5c8a", &light.to_string());
        Self {
            style: Asset::new("style", "css", style),
            main: Asset::new("main", "js", include_str!("../../templates/site/assets/main.js")),
            search: Asset::new("search", "js", include_str!("../../templates/site/assets/search.js")),
            status: Asset::new("status", "js", include_str!("../../templates/site/assets/status.js")),
            favicon: Asset::new("favicon", "svg", favicon),
            logo: settings.logo.as_deref().map(|logo| Asset::new("logo", "svg", logo.trim())),
            remote_icons: settings.remote_icons,
        }
    }

    /// What pages may do, for a `meta` element; no inline style or script runs, whoever wrote it.
    pub fn content_security_policy(&self) -> String {
        let images = if self.remote_icons { "'self' https:" } else { "'self'" };
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; connect-src 'self'; form-action 'self'; \
             base-uri 'none'"
        )
    }

    /// The same for a header, which alone can keep other sites from framing a page.
    pub fn content_security_policy_header(&self) -> String {
        format!("{}; frame-ancestors 'none'", self.content_security_policy())
    }

    pub(super) fn pages(&self) -> Vec<Page> {
        let all = [&self.style, &self.main, &self.search, &self.status, &self.favicon];
        all.into_iter().chain(&self.logo).map(|asset| Page::new(asset.path.clone(), asset.body.clone())).collect()
    }
}

impl Asset {
    fn new(name: &str, ending: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let mut digest = Sha256::of(&body).to_string();
        digest.truncate(DIGITS);
        Self { path: SitePath::Page(PagePath::Asset(format!("{name}.{digest}.{ending}").into())), body }
    }
}

impl fmt::Debug for Asset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assets(more: &str) -> Assets {
        let text = format!("title = \"T\"\nbase_url = \"https://r.example.com\"\n[site]\n{more}\n");
        Assets::of(&Config::parse("registry.toml", &text).expect("a registry"))
    }

    #[test]
    fn an_address_names_its_bytes() {
        let (blue, same, red) = (assets(""), assets("accent = \"#0a5c8a\""), assets("accent = \"#ff0000\""));
        assert_eq!(blue.style, same.style);
        assert_ne!(blue.style.path, red.style.path);
        assert_eq!(blue.main, red.main);
    }

    #[test]
    fn any_accent_is_legible_in_both_schemes() {
        for accent in ["#ffff00", "#000000", "#ffffff", "#808080", "#ff0000", "#0000ff"] {
            let style = String::from_utf8(assets(&format!("accent = \"{accent}\"")).style.body).expect("text");
            let colour = |name: &str| {
                let value = style.split(name).nth(1).and_then(|rest| rest.get(1..8)).expect("a variable");
                Colour::parse(value).expect("a colour")
            };
            for (name, on, grounds) in
                [("{--accent-light", "--on-accent-light", LIGHT), ("--accent-dark", "--on-accent-dark", DARK)]
            {
                assert!(grounds.iter().all(|ground| colour(name).contrast(*ground) >= 4.5), "{accent} {name}");
                assert!(colour(name).contrast(colour(on)) >= 4.5, "{accent} {on}");
            }
        }
    }

    #[test]
    fn the_grounds_are_those_of_the_style_sheet() {
        let style = include_str!("../../templates/site/assets/style.css");
        for ground in LIGHT.iter().chain(&DARK).filter(|ground| **ground != Colour::WHITE) {
            assert!(style.contains(&ground.to_string()), "{ground} is not in style.css");
        }
    }

    #[test]
    fn pages_reach_out_only_for_icons_and_only_if_asked() {
        assert!(!assets("").content_security_policy().contains("https:"));
        assert!(assets("remote_icons = true").content_security_policy().contains("img-src 'self' https:"));
        for policy in [assets("").content_security_policy(), assets("remote_icons = true").content_security_policy_header()] {
            assert!(!policy.contains("unsafe"), "{policy}");
        }
    }
}
