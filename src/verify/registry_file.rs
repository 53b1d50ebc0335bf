//! ToolHive's own format, `/registry.json`, which it refuses as a whole if one entry is not as it must be.

use serde_json::Value;

use crate::{
    entry::{model::PUBLISHER_PROVIDED, schema::Schema},
    finding::quoted,
    instant::Instant,
};

use super::{
    listing::not_json,
    sketch::{each, sketch},
};

/// Under this publisher's name each value is about one image or address, and says whether it is in use.
const STACKLOK: &str = "io.github.stacklok";

/// Whether a body means to be such a file; other formats use the name too.
pub(super) fn looks_like_one(body: &[u8]) -> bool {
    let whole = std::str::from_utf8(body).ok().and_then(|text| sketch(text).ok());
    whole.is_some_and(|whole| whole.get("data").is_some_and(|data| data.get("servers").is_some()))
}

/// Why ToolHive refuses the file, and what to do.
pub(super) fn flaw(body: &[u8]) -> Option<(String, &'static str)> {
    let help = "write `{\"version\": \"1.0.0\", \"meta\": {\"last_updated\": …}, \"data\": \
                {\"servers\": […]}}`";
    let refused = |what: &str| Some((format!("`/registry.json` is refused: {what}"), help));
    let Ok(text) = std::str::from_utf8(body) else { return refused("it is no UTF-8") };
    let whole = match sketch(text) {
        Ok(whole) => whole,
        Err(error) => return refused(&not_json(text, &error)),
    };
    let is_version = |text: &str| text.split('.').count() == 3 && text.split('.').all(is_number);
    if !whole.get("version").and_then(Value::as_str).is_some_and(is_version) {
        return refused("its `version` is not of the form `1.0.0`");
    }
    let updated = whole.get("meta").and_then(|meta| meta.get("last_updated")?.as_str());
    if updated.and_then(Instant::parse).is_none() {
        return refused("`meta.last_updated` is no time");
    }
    let (mut servers, mut first) = (0, None);
    let mut see = |server: Value| {
        servers += 1;
        if first.is_none()
            && let Some((what, help)) = server_flaw(&server)
        {
            let name = server.get("name").and_then(Value::as_str).map_or_else(|| format!("entry {servers}"), quoted);
            first = Some((format!("`/registry.json` is refused as a whole: {name} {what}"), help));
        }
    };
    if let Err(error) = each(text, &["data", "servers"], &mut see) {
        return refused(&not_json(text, &error));
    }
    if servers == 0 {
        return Some(("`/registry.json` is refused: it has no server".to_owned(), "leave out the file until there is a server"));
    }
    first
}

fn server_flaw(server: &Value) -> Option<(String, &'static str)> {
    if !Schema::newest().accepts(server) {
        let what = format!("is not valid under the schema of {}", Schema::newest().date);
        return Some((what, "mend the entry; `gazette check` says what is wrong with it, and where"));
    }
    let provided = server.get("_meta")?.get(PUBLISHER_PROVIDED)?.as_object()?;
    if let Some((member, _)) = provided.iter().find(|(_, value)| !value.is_object()) {
        let what = format!("has {} under `publisher-provided`, which is no object", quoted(member));
        return Some((what, "wrap the value in an object, or leave the member out"));
    }
    let extensions = provided.get(STACKLOK)?.as_object()?;
    let has_status = |value: &Value| {
        let status = value.get("status").and_then(Value::as_str);
        matches!(status, Some("active" | "deprecated" | "Active" | "Deprecated"))
    };
    let (key, _) = extensions.iter().find(|(_, value)| !has_status(value))?;
    Some((
        format!("has no `status` for {} under `{STACKLOK}`", quoted(key)),
        "write `\"status\": \"Active\"` or `\"Deprecated\"`",
    ))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_bad_entry_makes_toolhive_refuse_the_file() {
        let file = |provided: Value| {
            let server = json!({"$schema": Schema::newest().address(), "name": "com.example/echo", "description": "Echoes",
                "version": "1.0.0", "_meta": {PUBLISHER_PROVIDED: provided}});
            json!({"version": "1.0.0", "meta": {"last_updated": "2026-01-31T12:00:00Z"}, "data": {"servers": [server]}})
        };
        let said = |file: &Value| flaw(file.to_string().as_bytes()).map(|(message, _)| message);
        let good = file(json!({"tool": {"name": "x"}, STACKLOK: {"images.example.com/echo:1": {"status": "Active"}}}));
        assert_eq!(said(&good), None);
        assert!(looks_like_one(good.to_string().as_bytes()) && !looks_like_one(b"{\"data\": []}"));
        for (bad, what) in [
            (file(json!({"tool": "x"})), "has `tool` under `publisher-provided`"),
            (file(json!({STACKLOK: {"images.example.com/echo:1": {}}})), "has no `status` for `images.example.com/echo:1`"),
            (json!({"version": "1"}), "its `version`"),
            (json!({"version": "1.0.0", "meta": {"last_updated": "today"}}), "`meta.last_updated`"),
        ] {
            assert!(said(&bad).is_some_and(|message| message.contains(what)), "{bad}: {:?}", said(&bad));
        }
        let mut nobody = good.clone();
        nobody["data"]["servers"] = json!([]);
        assert!(said(&nobody).is_some_and(|message| message.contains("no server")));
        let mut invalid = good;
        invalid["data"]["servers"][0]["description"] = json!("");
        assert!(said(&invalid).is_some_and(|message| message.contains("is not valid under the schema")));
    }
}
