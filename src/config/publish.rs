//! Where a registry is published, and whose signature its readers look for.

use serde::Deserialize;

/// A place to publish to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// `s3://bucket/prefix` or `dir:folder`.
    pub target: String,
    /// Of a server that speaks S3, if it is not that of AWS.
    #[serde(default)]
    pub endpoint: Option<String>,
    #[serde(default)]
    pub region: Option<String>,
    #[serde(default)]
    pub cdn: Cdn,
    /// Whether what is published there is signed.
    #[serde(default)]
    pub signing: Signed,
}

/// What keeps copies near readers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cdn {
    #[default]
    None,
    /// The distribution.
    CloudFront(String),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signed {
    #[default]
    Keys,
    None,
}

/// Whom readers believe, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signing {
    /// Each as `gazette keygen` prints it.
    pub keys: Vec<String>,
    pub expires_days: u16,
}

impl Default for Signing {
    fn default() -> Self {
        Self { keys: Vec::new(), expires_days: 7 }
    }
}

/// What a target's address means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// The prefix is empty or ends in a slash.
    Bucket {
        bucket: String,
        prefix: String,
    },
    Folder(String),
}

impl Address {
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(folder) = text.strip_prefix("dir:") {
            return (!folder.is_empty()).then(|| Self::Folder(folder.to_owned()));
        }
        let (bucket, prefix) = text.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, "")))?;
        let prefix = prefix.trim_end_matches('/');
        let is_clean = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.chars().any(char::is_control);
        let clean = is_clean(bucket) && (prefix.is_empty() || prefix.split('/').all(is_clean));
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        clean.then(|| Self::Bucket { bucket: bucket.to_owned(), prefix })
    }
}

impl Target {
    /// Of an address alone.
    pub fn at(address: &str) -> Self {
        Self { target: address.to_owned(), endpoint: None, region: None, cdn: Cdn::None, signing: Signed::Keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_buckets_and_folders() {
        let bucket = |bucket: &str, prefix: &str| Some(Address::Bucket { bucket: bucket.to_owned(), prefix: prefix.to_owned() });
        assert_eq!(Address::parse("s3://registry"), bucket("registry", ""));
        assert_eq!(Address::parse("s3://registry/"), bucket("registry", ""));
        assert_eq!(Address::parse("s3://registry/a/b/"), bucket("registry", "a/b/"));
        assert_eq!(Address::parse("dir:public"), Some(Address::Folder("public".to_owned())));
        for wrong in ["", "dir:", "s3://", "s3:///a", "s3://a//b", "s3://a/../b", "https://a", "public"] {
            assert_eq!(Address::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_cdn_is_a_word_or_a_table() {
        let read = |text: &str| toml::from_str::<Target>(text).map(|target| target.cdn);
        assert_eq!(read("target = \"s3://a\""), Ok(Cdn::None));
        assert_eq!(read("target = \"s3://a\"\ncdn = \"none\""), Ok(Cdn::None));
        let distribution = Cdn::CloudFront("E2EXAMPLE".to_owned());
        assert_eq!(read("target = \"s3://a\"\ncdn = { cloudfront = \"E2EXAMPLE\" }"), Ok(distribution));
        assert!(read("target = \"s3://a\"\ncdn = \"other\"").is_err());
    }
}
