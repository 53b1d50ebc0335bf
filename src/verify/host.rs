//! Who answers: the host as its response headers give it away, so that a problem can be told with what to do there.

use super::port::Response;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// A folder, asked as if a plain static host served it.
    Folder,
    S3,
    /// CloudFront in front of S3.
    CloudFrontS3,
    CloudFront,
    /// Pages, R2, Workers, or Cloudflare in front of anything that does not give itself away.
    Cloudflare,
    GitHubPages,
    GitLabPages,
    Netlify,
    Vercel,
    Azure,
    GoogleStorage,
    Nginx,
    Caddy,
    Apache,
    #[default]
    Unknown,
}

impl Host {
    /// What stands behind a cache is told before the cache: the cache passes on what it is given.
    pub fn of(response: &Response) -> Self {
        let has = |prefix: &str| response.headers.keys().any(|name| name.starts_with(prefix));
        let server = response.header("server").unwrap_or_default().to_ascii_lowercase();
        let via = response.header("via").unwrap_or_default().to_ascii_lowercase();
        let cloudfront = has("x-amz-cf-") || via.contains("cloudfront") || server == "cloudfront";
        let s3 = server == "amazons3" || has("x-amz-request-id") || has("x-amz-id-2") || has("x-amz-bucket-region");
        if has("x-github-request-id") || server == "github.com" {
            Self::GitHubPages
        } else if has("gitlab-") {
            Self::GitLabPages
        } else if cloudfront && s3 {
            Self::CloudFrontS3
        } else if cloudfront {
            Self::CloudFront
        } else if s3 {
            Self::S3
        } else if has("x-nf-") || server.starts_with("netlify") {
            Self::Netlify
        } else if has("x-vercel-") || server.starts_with("vercel") {
            Self::Vercel
        } else if has("x-azure-") || has("x-ms-") || server.starts_with("windows-azure") {
            Self::Azure
        } else if has("x-goog-") || has("x-guploader-") || server == "uploadserver" {
            Self::GoogleStorage
        } else if has("cf-ray") || server == "cloudflare" {
            Self::Cloudflare
        } else if server.starts_with("nginx") || server.starts_with("openresty") {
            Self::Nginx
        } else if server.starts_with("caddy") || via.contains("caddy") {
            Self::Caddy
        } else if server.starts_with("apache") {
            Self::Apache
        } else {
            Self::Unknown
        }
    }

    /// The word of the JSON report.
    pub fn id(self) -> &'static str {
        match self {
            Self::Folder => "folder",
            Self::S3 => "s3",
            Self::CloudFrontS3 => "cloudfront-s3",
            Self::CloudFront => "cloudfront",
            Self::Cloudflare => "cloudflare",
            Self::GitHubPages => "github-pages",
            Self::GitLabPages => "gitlab-pages",
            Self::Netlify => "netlify",
            Self::Vercel => "vercel",
            Self::Azure => "azure",
            Self::GoogleStorage => "google-storage",
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
            Self::Apache => "apache",
            Self::Unknown => "unknown",
        }
    }

    /// For people; a host that does not give itself away has no name.
    pub fn title(self) -> &'static str {
        match self {
            Self::Folder => "asked as a plain static host would serve it; types, CORS and redirects are its host's to add",
            Self::S3 => "Amazon S3, or a server like it",
            Self::CloudFrontS3 => "CloudFront before Amazon S3",
            Self::CloudFront => "CloudFront",
            Self::Cloudflare => "Cloudflare",
            Self::GitHubPages => "GitHub Pages",
            Self::GitLabPages => "GitLab Pages",
            Self::Netlify => "Netlify",
            Self::Vercel => "Vercel",
            Self::Azure => "Azure",
            Self::GoogleStorage => "Google Cloud Storage",
            Self::Nginx => "nginx",
            Self::Caddy => "Caddy",
            Self::Apache => "Apache",
            Self::Unknown => "",
        }
    }

    /// Whether CloudFront compresses what is sent: bodies from 1 kB to 10 MB only.
    pub(super) fn is_cloudfront(self) -> bool {
        matches!(self, Self::CloudFront | Self::CloudFrontS3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_give_themselves_away_by_their_headers() {
        let host = |headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Host::of(&Response { status: 200, headers, body: Vec::new() })
        };
        for (headers, expected) in [
            (&[("server", "AmazonS3"), ("x-amz-request-id", "1")][..], Host::S3),
            (&[("x-amz-id-2", "1")], Host::S3),
            (&[("server", "AmazonS3"), ("x-amz-cf-id", "1"), ("via", "1.1 a.cloudfront.net (CloudFront)")], Host::CloudFrontS3),
            (&[("server", "CloudFront")], Host::CloudFront),
            (&[("server", "cloudflare"), ("cf-ray", "1-FRA")], Host::Cloudflare),
            (&[("server", "cloudflare"), ("cf-ray", "1-FRA"), ("x-github-request-id", "1")], Host::GitHubPages),
            (&[("server", "cloudflare"), ("x-amz-request-id", "1")], Host::S3),
            (&[("server", "GitHub.com")], Host::GitHubPages),
            (&[("gitlab-lb", "haproxy-pages-03")], Host::GitLabPages),
            (&[("x-nf-request-id", "1")], Host::Netlify),
            (&[("server", "Vercel")], Host::Vercel),
            (&[("x-azure-ref", "1")], Host::Azure),
            (&[("server", "Windows-Azure-Blob/1.0")], Host::Azure),
            (&[("server", "UploadServer")], Host::GoogleStorage),
            (&[("server", "nginx/1.27.0")], Host::Nginx),
            (&[("server", "Caddy")], Host::Caddy),
            (&[("server", "Apache/2.4.62 (Debian)")], Host::Apache),
            (&[("server", "\u{1b}[31mnginx")], Host::Unknown),
            (&[], Host::Unknown),
        ] {
            assert_eq!(host(headers), expected, "{headers:?}");
        }
    }
}
