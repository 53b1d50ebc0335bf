//! What a change does to the published site: the addresses that appear, change and go, and the lines in which documents of the
//! API differ. Both sites are rendered only as far as the change reaches.

use std::{collections::BTreeMap, sync::Mutex};

use crate::{
    digest::Sha256,
    manifest::Ledger,
    name::ServerName,
    report::comment::{Document, Preview},
    site::{
        Site, Wants,
        path::{Endpoint, SitePath, Spelling},
    },
};

/// Of larger registries, the lists of all servers are not rendered for every pull request.
const SERVERS_MAX: usize = 2_000;

/// So many documents are shown line by line.
const DOCUMENTS_MAX: usize = 8;

/// Longer documents are shown as one that went and one that came.
const LINES_MAX: usize = 1_000;

/// Lines around a difference.
const CONTEXT: usize = 2;

/// Larger documents are not kept to be compared.
const BODY_MAX: usize = 256 << 10;

impl Preview {
    /// Absent where an entry of either side cannot be rendered.
    pub fn between(before: &Site, after: &Site, touches: &(dyn Fn(&ServerName) -> bool + Sync)) -> anyhow::Result<Option<Self>> {
        let partial = before.registry.servers.len().max(after.registry.servers.len()) > SERVERS_MAX;
        // What every page shows may have changed: then every page is compared.
        let all = before.registry.config != after.registry.config && !partial;
        let server = |name: &ServerName| all || touches(name);
        let (Some(before), Some(after)) = (shelf(before, &server, !partial)?, shelf(after, &server, !partial)?) else {
            return Ok(None);
        };
        let mut preview = Self { partial, ..Self::default() };
        for (address, held) in &after {
            match before.get(address) {
                None => preview.new.push(address.clone()),
                Some(other) if other.sha256 != held.sha256 => preview.changed.push(address.clone()),
                Some(_) => continue,
            }
            if let Some(text) = &held.text {
                let old = before.get(address).and_then(|held| held.text.as_deref()).unwrap_or_default();
                preview.show(address, old, text);
            }
        }
        for (address, held) in before.iter().filter(|(address, _)| !after.contains_key(*address)) {
            preview.gone.push(address.clone());
            if let Some(text) = &held.text {
                preview.show(address, text, "");
            }
        }
        Ok(Some(preview))
    }

    fn show(&mut self, address: &str, before: &str, after: &str) {
        if self.documents.len() < DOCUMENTS_MAX {
            self.documents.push(Document { address: address.to_owned(), lines: differing(before, after) });
        } else {
            self.more += 1;
        }
    }
}

/// A page as far as it is compared.
struct Held {
    sha256: Sha256,
    /// Of a single version's document, laid out for people.
    text: Option<String>,
}

/// Takes pages and keeps little of them.
#[derive(Default)]
struct Shelf(Mutex<BTreeMap<String, Held>>);

fn shelf(
    site: &Site,
    server: &(dyn Fn(&ServerName) -> bool + Sync),
    collections: bool,
) -> anyhow::Result<Option<BTreeMap<String, Held>>> {
    let shelf = Shelf::default();
    let findings = site.render(&Wants { server, collections, progress: &|_| {} }, &shelf)?;
    Ok(findings.is_empty().then(|| shelf.0.into_inner().expect("no thread panicked")))
}

impl Ledger for Shelf {
    fn enter(&self, paths: &[SitePath], sha256: Sha256, _: u64, whole: Option<&[u8]>) {
        for path in paths {
            let is_shown = matches!(path, SitePath::Api(Spelling::V01, Endpoint::Version(..)));
            let text = whole.filter(|body| is_shown && body.len() <= BODY_MAX).and_then(laid_out);
            let held = Held { sha256, text };
            self.0.lock().expect("no thread panics while it puts").insert(path.to_string(), held);
        }
    }
}

fn laid_out(body: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    serde_json::to_string_pretty(&value).ok()
}

/// The lines of two texts that differ, with a few around them.
fn differing(before: &str, after: &str) -> Vec<String> {
    let (a, b): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let rest = (&a[same..], &b[same..]);
    let tail = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(a, b)| a == b).count();
    let (mid_a, mid_b) = (&a[same..a.len() - tail], &b[same..b.len() - tail]);
    let mut lines: Vec<(char, &str)> = a[..same].iter().map(|line| (' ', *line)).collect();
    if mid_a.len() > LINES_MAX || mid_b.len() > LINES_MAX {
        lines.extend(mid_a.iter().map(|line| ('-', *line)));
        lines.extend(mid_b.iter().map(|line| ('+', *line)));
    } else {
        lines.extend(aligned(mid_a, mid_b));
    }
    lines.extend(a[a.len() - tail..].iter().map(|line| (' ', *line)));
    around(&lines)
}

/// Two runs of lines, such that as many as possible stay.
fn aligned<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<(char, &'a str)> {
    let width = b.len() + 1;
    let mut common = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let next = common[(i + 1) * width + j].max(common[i * width + j + 1]);
            common[i * width + j] = if a[i] == b[j] { common[(i + 1) * width + j + 1] + 1 } else { next };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push((' ', a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            lines.push(('-', a[i]));
            i += 1;
        } else {
            lines.push(('+', b[j]));
            j += 1;
        }
    }
    lines
}

fn around(lines: &[(char, &str)]) -> Vec<String> {
    let mut out = Vec::new();
    let mut skipped = false;
    for (at, (mark, line)) in lines.iter().enumerate() {
        let near = lines[at.saturating_sub(CONTEXT)..lines.len().min(at + CONTEXT + 1)].iter().any(|(mark, _)| *mark != ' ');
        if near {
            out.push(format!("{mark} {line}"));
        } else if !skipped {
            out.push("  …".to_owned());
        }
        skipped = !near;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_with_its_neighbours() {
        let before = "a\nb\nc\nd\ne\nf\ng\nh";
        let after = "a\nb\nc\nd\nX\nY\nf\ng\nh";
        assert_eq!(differing(before, after), ["  …", "  c", "  d", "- e", "+ X", "+ Y", "  f", "  g", "  …"]);
        assert_eq!(differing("", "a\nb"), ["+ a", "+ b"]);
        assert_eq!(differing("a\nb", ""), ["- a", "- b"]);
        assert_eq!(differing("a\nb\nc", "b\nc\nd"), ["- a", "  b", "  c", "+ d"]);
    }
}
