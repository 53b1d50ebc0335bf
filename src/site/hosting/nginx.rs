//! A server block of nginx, which decodes addresses before it looks for files.

use super::{AREAS, Base, OLDER_VERSIONS, areas::ENDINGS, joined};
use crate::site::path::Kind;

pub(super) fn config(base: &Base) -> String {
    let caches = joined(AREAS.iter().rev(), |area| {
        format!(
            "    {} \"{}\";
",
            quoted(&area.pattern.regex()),
            area.cache.control()
        )
    });
    let headers = joined(base.everywhere(), |(name, value)| format!("    add_header {name} \"{value}\" always;\n"));
    let (with_charset, types) = types();
    let locations: String = AREAS
        .iter()
        .rev()
        .filter_map(|area| {
            let kind = area.kind?;
            let missing = if kind == Kind::Json { "        error_page 404 /v0.1/404.html;\n" } else { "" };
            let (regex, kind) = (area.pattern.regex(), kind.content_type());
            Some(format!(
                "    location ~ \"{regex}\" {{\n        types {{ }}\n        default_type \"{kind}\";\n        \
                 try_files $uri $uri/index.json =404;\n{missing}    }}\n"
            ))
        })
        .collect();
    let prefix = match &*base.path {
        "" => String::new(),
        path => format!("    rewrite \"^{}(/.*)$\" $1;\n", path.replace('.', r"\.")),
    };
    let older = joined(OLDER_VERSIONS, |(older, newer)| format!("    rewrite \"{}\" {};\n", older.regex(), newer.filled()));
    include_str!("../../../templates/hosting/nginx.conf")
        .replace("{{caches}}\n", &caches)
        .replace("{{headers}}\n", &headers)
        .replace("{{types}}\n", &types)
        .replace("{{with_charset}}", &with_charset)
        .replace("{{locations}}\n", &locations)
        .replace("{{prefix}}\n", &prefix)
        .replace("{{older}}\n", &older)
        .replace("{{path}}", &base.path)
        .replace("{{host}}", server_name(&base.host))
}

/// In `map`, a regular expression begins with a tilde.
fn quoted(regex: &str) -> String {
    format!("\"~{regex}\"")
}

/// The types that carry a charset, and all of them by ending.
fn types() -> (String, String) {
    let plain = |kind: Kind| kind.content_type().split(';').next().unwrap_or_default();
    let with_charset: Vec<&str> =
        ENDINGS.iter().filter(|(_, kind)| kind.content_type().contains("charset")).map(|(_, kind)| plain(*kind)).collect();
    let types = joined(ENDINGS, |(ending, kind)| format!("        {} {ending};\n", plain(kind)));
    // nginx always counts `text/html` in, and complains where it is named again.
    (with_charset.into_iter().filter(|kind| *kind != "text/html").collect::<Vec<_>>().join(" "), types)
}

/// A host that is more than letters, digits, dots and dashes is left to the operator.
fn server_name(host: &str) -> &str {
    if host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-') { host } else { "_" }
}
