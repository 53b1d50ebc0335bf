//! CloudFront before S3: a function at the edge that turns what was asked for into a key, and the headers that S3 does not send.

use serde_json::{Value, json};

use super::{Base, CORS, FOLDERS, OLDER_VERSIONS};

pub(super) fn function(base: &Base) -> String {
    let folders: Vec<String> = FOLDERS.iter().map(|folder| literal(&folder.regex())).collect();
    let cors: serde_json::Map<String, Value> =
        CORS.iter().map(|(name, value)| (name.to_ascii_lowercase(), json!({"value": value}))).collect();
    let older: Vec<String> = OLDER_VERSIONS
        .iter()
        .map(|(older, newer)| format!("[{}, {}]", literal(&older.regex()), Value::from(newer.filled())))
        .collect();
    include_str!("../../../templates/hosting/cloudfront-function.js")
        .replace("{{prefix}}", &Value::from(base.path.as_str()).to_string())
        .replace("{{folders}}", &folders.join(", "))
        .replace("{{older}}", &older.join(", "))
        .replace("{{cors}}", &Value::from(cors).to_string())
}

/// A regular expression as JavaScript writes it.
fn literal(regex: &str) -> String {
    format!("/{}/", regex.replace('/', r"\/"))
}

/// What `aws cloudfront create-response-headers-policy` takes.
pub(super) fn headers(base: &Base) -> Vec<u8> {
    let [(_, origin), (_, methods), (_, headers)] = CORS;
    let list = |text: &str| {
        let items: Vec<&str> = text.split(", ").collect();
        json!({"Quantity": items.len(), "Items": items})
    };
    let policy = json!({
        "Name": "gazette",
        "Comment": "What clients of an MCP registry need",
        "CorsConfig": {
            "AccessControlAllowOrigins": list(origin),
            "AccessControlAllowHeaders": list(headers),
            "AccessControlAllowMethods": list(methods),
            "AccessControlAllowCredentials": false,
            "AccessControlExposeHeaders": list("ETag"),
            "AccessControlMaxAgeSec": 86_400,
            "OriginOverride": true,
        },
        "SecurityHeadersConfig": {
            "ContentSecurityPolicy": {"Override": true, "ContentSecurityPolicy": base.policy},
            "ContentTypeOptions": {"Override": true},
        },
    });
    let mut out = serde_json::to_vec_pretty(&policy).expect("a policy is JSON");
    out.push(b'\n');
    out
}
