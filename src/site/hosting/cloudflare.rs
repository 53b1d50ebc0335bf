//! `_headers` and `_redirects` of Cloudflare Pages. Every rule of `_headers` that fits is applied, and a header set twice is
//! joined by a comma unless the later rule takes the first away with `!`. Rules fit the address as it was asked for, so `%2F`
//! has rules of its own; a rewrite with status 200 comes before any file.

use std::collections::BTreeSet;

use super::{AREAS, Base, DOCUMENTS, FOLDERS, OLDER_VERSIONS, Pattern, areas::ENDINGS, joined};

/// Both spellings of an encoded slash.
const SLASHES: [&str; 3] = ["/", "%2F", "%2f"];

pub(super) fn headers(base: &Base) -> String {
    let mut out = String::from("# Written by gazette for Cloudflare Pages.\n");
    for (at, area) in AREAS.iter().enumerate() {
        out.push_str(&format!("\n{}{}\n", base.path, area.pattern));
        if let Some(kind) = area.kind {
            out.push_str(&format!("  ! Content-Type\n  Content-Type: {}\n", kind.content_type()));
        }
        if at == 0 {
            out.push_str(&joined(base.everywhere(), |(name, value)| format!("  {name}: {value}\n")));
            out.push_str(&format!("  Cache-Control: {}\n", area.cache.control()));
            out.push_str(&joined(ENDINGS, |(ending, kind)| {
                format!("\n{}/*.{ending}\n  Content-Type: {}\n", base.path, kind.content_type())
            }));
        } else if area.cache != AREAS[0].cache {
            out.push_str(&format!("  ! Cache-Control\n  Cache-Control: {}\n", area.cache.control()));
        }
    }
    out
}

pub(super) fn redirects(base: &Base) -> String {
    let mut out = String::from("# Written by gazette for Cloudflare Pages.\n");
    let mut rule = |from: &str, to: &str| out.push_str(&format!("{0}{from} {0}{to} 200\n", base.path));
    let (fixed, open): (Vec<Pattern>, Vec<Pattern>) = FOLDERS.into_iter().partition(|folder| folder.is_literal());
    for folder in fixed {
        for end in ["", "/"] {
            rule(&format!("{folder}{end}"), &format!("{folder}/index.json"));
        }
    }
    for folder in open {
        for source in spellings(folder) {
            rule(&source, &format!("{folder}/index.json"));
        }
    }
    for document in DOCUMENTS {
        for source in spellings(document).into_iter().filter(|source| *source != document.0) {
            rule(&source, document.0);
        }
    }
    for (older, newer) in OLDER_VERSIONS {
        for source in spellings(older) {
            rule(&source, newer.0);
        }
    }
    out
}

/// A pattern with the slash inside a server's name as it is, and encoded either way.
fn spellings(pattern: Pattern) -> BTreeSet<String> {
    SLASHES.iter().map(|slash| pattern.0.replacen(":ns/:server", &format!(":ns{slash}:server"), 1)).collect()
}
