//! `staticwebapp.config.json` of Azure Static Web Apps. The first route that fits decides, and a pattern may leave open only its
//! end, so what lies deeper is left to `index.html`.

use serde_json::{Map, Value, json};

use super::{AREAS, Area, Base, FOLDERS, areas::ENDINGS};

pub(super) fn config(base: &Base) -> Vec<u8> {
    let everywhere: Map<String, Value> = base.everywhere().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    let mut routes = vec![
        json!({"route": "/*", "methods": ["OPTIONS"], "statusCode": 204}),
        json!({"route": format!("{}/.gazette/*", base.path), "statusCode": 404}),
    ];
    for folder in FOLDERS.into_iter().filter(|folder| folder.is_literal()) {
        let headers = headers(Area::of(folder.0));
        let rewrite = format!("{}{folder}/index.json", base.path);
        routes.push(json!({"route": format!("{}{folder}", base.path), "rewrite": rewrite, "headers": headers}));
    }
    for area in AREAS.iter().rev().filter(|area| area.pattern.is_literal()) {
        routes.push(json!({"route": format!("{}{}", base.path, area.pattern), "headers": headers(area)}));
    }
    let types: Map<String, Value> =
        ENDINGS.iter().map(|(ending, kind)| (format!(".{ending}"), Value::from(kind.content_type()))).collect();
    let config = json!({
        "routes": routes,
        "responseOverrides": {"404": {"rewrite": format!("{}/404.html", base.path)}},
        "globalHeaders": everywhere,
        "mimeTypes": types,
        "trailingSlash": "auto",
    });
    let mut out = serde_json::to_vec_pretty(&config).expect("a configuration is JSON");
    out.push(b'\n');
    out
}

fn headers(area: &Area) -> Value {
    let mut headers = Map::from_iter([("Cache-Control".to_owned(), Value::from(area.cache.control()))]);
    if let Some(kind) = area.kind {
        headers.insert("Content-Type".to_owned(), kind.content_type().into());
    }
    headers.into()
}
