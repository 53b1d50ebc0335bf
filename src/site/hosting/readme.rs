//! What an operator of a host reads: which file is for whom, what to do, and what cannot be done there.

use super::{AREAS, Base, areas::ENDINGS, joined, kind_of_ending, limits::LIMITS};
use crate::site::path::Kind;

pub(super) fn render(base: &Base) -> String {
    let folder = base.path.trim_start_matches('/');
    let moved = if folder.is_empty() {
        String::new()
    } else {
        format!(
            "The registry's address has a path, so the host must see the built folder as `{folder}/`. Put it there, and move\n\
             `_headers`, `_redirects` and `staticwebapp.config.json` up to the top of what you upload.\n\n"
        )
    };
    let limits: String = joined(LIMITS, |limit| format!("| {} | {} | {} |\n", limit.who, limit.measure.named(), limit.most));
    include_str!("../../../templates/hosting/README.md")
        .replace("{{moved}}\n", &moved)
        .replace("{{uploads}}\n", &uploads(folder))
        .replace("{{limits}}\n", &limits)
        .replace("{{host}}", &base.host)
        .replace("{{path}}", &base.path)
}

/// Commands that give every object in a bucket its type and its time, from the widest area to the narrowest: what a later one
/// names is written again.
fn uploads(folder: &str) -> String {
    let mut out = String::new();
    for area in &AREAS {
        // In a filter, `*` is anything.
        let parts = area.pattern.0.trim_start_matches('/').split('/').map(|part| if part.starts_with(':') { "*" } else { part });
        let only = parts.collect::<Vec<_>>().join("/");
        let cache = area.cache.control();
        let mut upload = |only: &str, kind: Kind| {
            let kind = kind.content_type();
            out.push_str(&format!(
                "aws s3 cp public s3://BUCKET/{folder} --recursive --exclude \"*\" --include \"{only}\" --exclude \".gazette/*\" \\\n    \
                 --cache-control \"{cache}\" --content-type \"{kind}\"\n"
            ));
        };
        match area.kind.or_else(|| kind_of_ending(area.pattern.0)) {
            Some(kind) => upload(&only, kind),
            None => ENDINGS.iter().for_each(|(ending, kind)| upload(&format!("{only}.{ending}"), *kind)),
        }
    }
    out
}
