//! TOML files of a registry, read with the place of each mistake and the nearest word that would have been right.

use serde::de::DeserializeOwned;

use crate::{config::ConfigFlaw, distance::nearest, finding::Place};

pub(crate) fn parse<T: DeserializeOwned>(path: &str, text: &str) -> Result<T, ConfigFlaw> {
    toml::from_str(text).map_err(|error| {
        let (start, end) = error.span().map_or((0, 0), |span| (span.start, span.end));
        let message = error.message().trim_end_matches('.');
        let (message, help) = words(message);
        ConfigFlaw { place: Place::within(path, text, start, end), message, help }
    })
}

/// Where a key is set, for a mistake in what it is set to.
pub(crate) fn key(path: &str, text: &str, key: &str) -> Place {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let rest = line.trim_start();
        if rest.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')) {
            let indent = line.len() - rest.len();
            return Place::within(path, text, start + indent, start + line.trim_end().len());
        }
        start += line.len();
    }
    Place::file(path)
}

/// So much of serde's sentence is told.
const MESSAGE_MAX: usize = 200;

/// serde's sentence in our grammar, with a help that offers the nearest known word.
fn words(message: &str) -> (String, String) {
    let mut ticks = message.split('`').skip(1).step_by(2);
    if let Some(rest) = message.strip_prefix("unknown field ").or_else(|| message.strip_prefix("unknown variant ")) {
        let known: Vec<&str> = rest.split('`').skip(1).step_by(2).skip(1).collect();
        let given = ticks.next().unwrap_or_default();
        let what = if message.starts_with("unknown field") { "key" } else { "value" };
        let help = match nearest(given, known.iter().copied()) {
            Some(near) => format!("write `{near}`"),
            None => format!("use one of {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")),
        };
        return (format!("unknown {what} {}", crate::finding::quoted(given)), help);
    }
    if message.starts_with("missing field ") {
        let key = ticks.next().unwrap_or_default();
        return (format!("the key `{key}` is missing"), format!("add a line `{key} = …`"));
    }
    let line = message.lines().map(str::trim).collect::<Vec<_>>().join(", ");
    // It may quote the file.
    let line: String = line.chars().filter(|&c| crate::finding::is_visible(c)).take(MESSAGE_MAX).collect();
    (line, "mend the file; the file that `gazette new` writes explains every key".to_owned())
}
