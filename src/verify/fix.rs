//! What to do about a problem, at the host in question; without a host that is known, what any host has to do.

use super::host::Host;

/// Problems whose way out depends on the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ill {
    /// The list itself is not there.
    NoList,
    /// Nor is its twin for clients that know only the older name.
    NoOlderList,
    /// 401 or 403 where something is.
    Closed,
    /// 401 or 403 where nothing is.
    DeniedForMissing,
    /// 200 with something else where nothing is.
    FoundForMissing,
    /// 5xx.
    Failing,
    /// `%2F` in an address is not read as a slash.
    Slash,
    /// `%2B` in an address is not read as a plus.
    EncodedPlus,
    /// A plus in an address is read as a space.
    LiteralPlus,
    Type,
    /// The type of what is no JSON.
    OtherType,
    Redirect,
    /// A redirect to the same address with https.
    RedirectToHttps,
    /// No `Access-Control-Allow-Origin`.
    Origin,
    /// A refused or useless answer to `OPTIONS`.
    Preflight,
    /// `nextCursor` where `?cursor=` is ignored.
    CursorIgnored,
    CursorRepeats,
    Slow,
    /// More than a client reads, or a host compresses.
    TooLarge,
    Encoding,
    StaleTag,
}

pub(super) fn of(ill: Ill, host: Host) -> &'static str {
    at(ill, host).unwrap_or_else(|| anywhere(ill))
}

fn anywhere(ill: Ill) -> &'static str {
    match ill {
        Ill::NoList => {
            "publish the list at `/v0.1/servers` below this address; if it lies below another path, give clients that address"
        }
        Ill::NoOlderList => "publish the list at `/v0/servers` too, with the same bytes as at `/v0.1/servers`",
        Ill::Closed => "let everybody read, without credentials: no client of a registry sends any",
        Ill::DeniedForMissing => "answer 404 to what does not exist, whoever asks",
        Ill::FoundForMissing => "answer 404 to what does not exist: take away the fallback to a start page",
        Ill::Failing => "look into the server's log for this request",
        Ill::Slash => {
            "decode `%2F` in a path to `/` before looking for the document, or rewrite `%2F` to `/` at the edge; \
             `gazette serve` does"
        }
        Ill::EncodedPlus => "decode `%2B` in a path to `+` before looking for the document",
        Ill::LiteralPlus => "take `+` in a path as it is: only in a query does it mean a space",
        Ill::Type => "send `Content-Type: application/json` with everything below `/v0.1/` and `/v0/`",
        Ill::OtherType => "let the host pass on the `Content-Type` of the objects, or set it by the end of the address",
        Ill::Redirect => "answer at this address itself, without a redirect",
        Ill::RedirectToHttps => "give clients the address that begins with `https://`",
        Ill::Origin => {
            "send `Access-Control-Allow-Origin: *`, `Access-Control-Allow-Methods: GET, OPTIONS` and \
             `Access-Control-Allow-Headers: Authorization, Content-Type` with every answer below `/v0.1/servers`, 404 included"
        }
        Ill::Preflight => {
            "answer OPTIONS with 204, `Access-Control-Allow-Origin: *`, `Access-Control-Allow-Methods: GET, OPTIONS` and \
             `Access-Control-Allow-Headers: Authorization, Content-Type`"
        }
        Ill::CursorIgnored => {
            "publish the complete list without `nextCursor`, since this host ignores `?cursor=`; or answer queries with \
             `gazette serve`"
        }
        Ill::CursorRepeats => "give each page another `nextCursor`, and leave it out on the last",
        Ill::Slow => "put a cache before the server, or publish the list as a file",
        Ill::TooLarge => {
            "answer in pages with `gazette serve`, or give such clients a group: a smaller registry with its own address"
        }
        Ill::Encoding => "compress with gzip only, or not at all",
        Ill::StaleTag => "answer 304 only if the tag in `If-None-Match` is that of the document",
    }
}

fn at(ill: Ill, host: Host) -> Option<&'static str> {
    Some(match (ill, host) {
        (Ill::NoList, Host::Folder) => "name the folder that `gazette build` wrote; the list is `v0.1/servers/index.json` in it",
        (Ill::Slash, Host::Folder) => "write the document to `v0.1/servers/<namespace>/<name>/versions/<version>` in the folder",

        (Ill::Closed | Ill::DeniedForMissing, Host::Cloudflare) => {
            "an Access policy, WAF rule or bot rule of Cloudflare answers before the registry: add a rule that skips it for \
             `/v0.1/*`"
        }
        (Ill::Closed, Host::S3) => {
            "allow `s3:GetObject` on the bucket's objects to everybody, and switch off Block Public Access"
        }
        (Ill::Closed, Host::CloudFrontS3) => {
            "allow `s3:GetObject` on the bucket's objects to the distribution's origin access control, and do not restrict \
             viewers"
        }
        (Ill::Closed, Host::GitHubPages) => "make the site public under Settings, Pages: a private one asks for a login",
        (Ill::Closed, Host::GitLabPages) => "set Pages to Everyone under Settings, General, Visibility",
        (Ill::Closed, Host::Netlify) => "switch off password protection for this site",
        (Ill::Closed, Host::Vercel) => "switch off Deployment Protection for this domain",
        (Ill::Closed, Host::Azure) => "allow anonymous access: to the container, or to the route in `staticwebapp.config.json`",
        (Ill::Closed, Host::GoogleStorage) => "grant `roles/storage.objectViewer` on the bucket to `allUsers`",
        (Ill::DeniedForMissing, Host::S3) => {
            "S3 answers 403 for a missing key unless the reader may list the bucket: allow `s3:ListBucket` on the bucket \
             itself to the same principal that may `s3:GetObject`"
        }
        (Ill::DeniedForMissing, Host::CloudFrontS3 | Host::CloudFront) => {
            "S3 answers 403 for a missing key unless the reader may list the bucket: allow `s3:ListBucket` on the bucket to the \
             distribution, or add a custom error response that turns 403 into 404"
        }
        (Ill::DeniedForMissing, Host::GoogleStorage) => {
            "Cloud Storage answers 403 for a missing object unless the reader may list the bucket: grant \
             `roles/storage.objectViewer`, which may, to `allUsers`"
        }

        (Ill::FoundForMissing, Host::Cloudflare) => {
            "publish a `404.html` at the top: without one, Cloudflare Pages answers 200 with `index.html` for everything"
        }
        (Ill::FoundForMissing, Host::Netlify) => "take `/* /index.html 200` out of `_redirects` or `netlify.toml`",
        (Ill::FoundForMissing, Host::Vercel) => "take the rewrite of everything to `/index.html` out of `vercel.json`",
        (Ill::FoundForMissing, Host::Azure) => {
            "exclude `/v0.1/*` and `/v0/*` from `navigationFallback` in `staticwebapp.config.json`"
        }
        (Ill::FoundForMissing, Host::CloudFrontS3 | Host::CloudFront) => {
            "take away the custom error response that turns 403 or 404 into 200 with `/index.html`"
        }
        (Ill::FoundForMissing, Host::Nginx) => "end `try_files` with `=404`, not with `/index.html`",
        (Ill::FoundForMissing, Host::Caddy) => "take `try_files {path} /index.html` out of the Caddyfile for `/v0.1/*`",
        (Ill::FoundForMissing, Host::Apache) => "take away `FallbackResource`, or the `RewriteRule` that leads to `index.html`",
        (Ill::FoundForMissing, Host::GitLabPages) => "take `/* /index.html 200` out of `_redirects`",

        (Ill::Slash, Host::Cloudflare) => {
            "Cloudflare keeps `%2F` as it is: rewrite it in `_redirects`, a line \
             `/v0.1/servers/<namespace>%2F<name>/versions/* /v0.1/servers/<namespace>/<name>/versions/:splat 200` for each \
             server, or in a Worker"
        }
        (Ill::Slash, Host::Netlify) => {
            "rewrite it in `_redirects`, a line \
             `/v0.1/servers/<namespace>%2F<name>/versions/* /v0.1/servers/<namespace>/<name>/versions/:splat 200` for each server"
        }
        (Ill::Slash, Host::Nginx) => {
            "nginx decodes `%2F` for files, but passes it on as it is: serve the files with `root` and `try_files`, or decode it \
             in the server behind `proxy_pass`"
        }
        (Ill::Slash, Host::Apache) => "write `AllowEncodedSlashes On`: without it Apache answers 404 to every `%2F`",
        (Ill::Slash, Host::CloudFrontS3 | Host::CloudFront) => {
            "replace `%2F` by `/` in the path in a CloudFront function on viewer request"
        }
        (Ill::Slash, Host::Vercel) => "rewrite it in middleware: `vercel.json` matches the path before it is decoded",

        (Ill::LiteralPlus, Host::S3 | Host::CloudFrontS3) => {
            "S3 reads a `+` in a path as a space: store the same document under a second key with a space in place of the `+`"
        }

        (Ill::Type, Host::S3 | Host::CloudFrontS3 | Host::GoogleStorage) => {
            "set `Content-Type: application/json` on each object as it is uploaded (`aws s3 cp --content-type \
             application/json`): a key without an ending tells the bucket nothing"
        }
        (Ill::Type, Host::GitHubPages) => {
            "GitHub Pages sets the type by the file's ending and takes no headers: put a proxy that sets it before the site, or \
             move to a host that takes headers"
        }
        (Ill::Type | Ill::Origin, Host::Cloudflare | Host::Netlify) => {
            "write it to `_headers` at the top: `/v0.1/*`, then `  Content-Type: application/json` and \
             `  Access-Control-Allow-Origin: *` on lines of their own; the same for `/v0/*`"
        }
        (Ill::Type | Ill::Origin, Host::Vercel) => {
            "set `Content-Type: application/json` and `Access-Control-Allow-Origin: *` for `/v0.1/(.*)` and `/v0/(.*)` under \
             `headers` in `vercel.json`"
        }
        (Ill::Type, Host::Azure) => {
            "set the blob's property Content-Type to `application/json`; in a Static Web App, the header of the route `/v0.1/*` \
             in `staticwebapp.config.json`"
        }
        (Ill::Type, Host::Nginx) => "write `default_type application/json;` in `location /v0.1/` and `location /v0/`",
        (Ill::Type, Host::Caddy) => "write `header /v0.1/* Content-Type application/json`, and the same for `/v0/*`",
        (Ill::Type, Host::Apache) => "write `ForceType application/json` in `<Location /v0.1>` and `<Location /v0>`",

        (Ill::Redirect, Host::GitHubPages) => {
            "GitHub Pages leads from a folder to its slash and cannot be told otherwise: put a proxy before it that asks for the \
             slash itself, or move to a host that does not"
        }
        (Ill::Redirect, Host::S3) => {
            "S3's website endpoint leads from a folder to its slash: store the document under the very key that is asked for, and \
             publish the bucket's other endpoint behind a CDN"
        }
        (Ill::Redirect, Host::Nginx) => "write `try_files $uri $uri/index.json =404;`: `index` makes nginx redirect to the slash",
        (Ill::Redirect, Host::Caddy) => "write `try_files {path} {path}/index.json`: `file_server` alone redirects to the slash",
        (Ill::Redirect, Host::Apache) => "write `DirectorySlash Off` and `DirectoryIndex index.json`",
        (Ill::Redirect, Host::Vercel) => "leave `trailingSlash` and `cleanUrls` out of `vercel.json`",

        (Ill::Origin, Host::S3) => {
            "add a CORS rule to the bucket: origins `*`, methods `GET` and `HEAD`, headers `*`; S3 then answers OPTIONS too"
        }
        (Ill::Origin | Ill::Preflight, Host::CloudFrontS3 | Host::CloudFront) => {
            "attach the response headers policy `CORS-With-Preflight` to the distribution, and allow the method OPTIONS"
        }
        (Ill::Preflight, Host::S3) => "add a CORS rule to the bucket: origins `*`, methods `GET` and `HEAD`, headers `*`",
        (Ill::Preflight, Host::Cloudflare) => {
            "Cloudflare Pages refuses OPTIONS on assets: answer it in a Pages Function, `functions/v0.1/[[path]].js`"
        }
        (Ill::Origin, Host::Azure) => "add a CORS rule to the storage account: origins `*`, methods GET and OPTIONS, headers `*`",
        (Ill::Origin, Host::GoogleStorage) => {
            "set CORS on the bucket with `gcloud storage buckets update --cors-file`: origin `*`, method `GET`, header \
             `Content-Type`"
        }
        (Ill::Origin, Host::Nginx) => "write `add_header Access-Control-Allow-Origin * always;`: without `always`, not on a 404",
        (Ill::Origin, Host::Caddy) => "write `header /v0.1/* Access-Control-Allow-Origin *`",
        (Ill::Origin, Host::Apache) => "write `Header always set Access-Control-Allow-Origin \"*\"`",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_help_is_one_line_of_plain_words() {
        for host in [Host::Unknown, Host::S3, Host::Cloudflare, Host::Nginx, Host::GitHubPages, Host::CloudFrontS3, Host::Azure] {
            for ill in [Ill::NoList, Ill::Closed, Ill::DeniedForMissing, Ill::Slash, Ill::Type, Ill::Redirect, Ill::Preflight] {
                let help = of(ill, host);
                assert!(!help.ends_with('.') && !help.contains('\n') && !help.contains("   "), "{help}");
            }
        }
    }

    #[test]
    fn a_host_is_told_what_to_do_there() {
        assert!(of(Ill::DeniedForMissing, Host::S3).contains("s3:ListBucket"));
        assert!(of(Ill::FoundForMissing, Host::Cloudflare).contains("404.html"));
        assert!(of(Ill::Slash, Host::Apache).contains("AllowEncodedSlashes"));
        assert_eq!(of(Ill::Slash, Host::Unknown), anywhere(Ill::Slash));
    }
}
