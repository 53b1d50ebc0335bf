//! The same problem at different hosts, each with its own way out.

use gazette::verify::{Client, Host};

use super::{
    registry::static_host,
    said, serve,
    server::{Answer, Asked, Reply},
    verified,
};

fn is_missing(asked: &Asked) -> bool {
    asked.method == "GET" && static_host(asked).status == 404
}

fn refuses_missing(answer: Answer, asked: &Asked) -> Answer {
    if is_missing(asked) { Answer { status: 403, ..answer } } else { answer }
}

fn shows_a_start_page(answer: Answer, asked: &Asked) -> Answer {
    if is_missing(asked) { Answer::typed(200, "text/html", "<p>").with("access-control-allow-origin", "*") } else { answer }
}

fn keeps_slashes_encoded(answer: Answer, asked: &Asked) -> Answer {
    if asked.target.contains("%2F") { Answer { status: 404, ..answer } } else { answer }
}

fn knows_no_type(answer: Answer, _: &Asked) -> Answer {
    answer.with("content-type", "application/octet-stream")
}

fn refuses_options(answer: Answer, asked: &Asked) -> Answer {
    if asked.method == "OPTIONS" { Answer { status: 405, ..answer } } else { answer }
}

fn allows_no_origin(answer: Answer, _: &Asked) -> Answer {
    answer.without("access-control-allow-origin")
}

type Headers = &'static [(&'static str, &'static str)];
type Change = fn(Answer, &Asked) -> Answer;

#[test]
fn every_host_is_known_by_its_headers_and_told_what_to_do_there() {
    let table: [(Headers, Host, Change, &str); 19] = [
        (&[("server", "AmazonS3"), ("x-amz-request-id", "1")], Host::S3, refuses_missing, "allow `s3:ListBucket`"),
        (&[("server", "AmazonS3"), ("x-amz-cf-id", "1")], Host::CloudFrontS3, refuses_missing, "turns 403 into 404"),
        (&[("x-amz-request-id", "1")], Host::S3, knows_no_type, "aws s3 cp --content-type"),
        (&[("x-goog-generation", "1")], Host::GoogleStorage, refuses_missing, "roles/storage.objectViewer"),
        (&[("server", "cloudflare"), ("cf-ray", "1")], Host::Cloudflare, shows_a_start_page, "publish a `404.html`"),
        (&[("server", "cloudflare"), ("cf-ray", "1")], Host::Cloudflare, keeps_slashes_encoded, "`_redirects`"),
        (&[("server", "cloudflare"), ("cf-ray", "1")], Host::Cloudflare, refuses_options, "Pages Function"),
        (&[("server", "cloudflare"), ("cf-ray", "1")], Host::Cloudflare, allows_no_origin, "`_headers`"),
        (&[("x-github-request-id", "1")], Host::GitHubPages, knows_no_type, "GitHub Pages sets the type by the file's ending"),
        (&[("gitlab-lb", "1")], Host::GitLabPages, shows_a_start_page, "`_redirects`"),
        (&[("server", "Netlify")], Host::Netlify, shows_a_start_page, "netlify.toml"),
        (&[("x-vercel-id", "1")], Host::Vercel, shows_a_start_page, "vercel.json"),
        (&[("x-azure-ref", "1")], Host::Azure, shows_a_start_page, "navigationFallback"),
        (&[("server", "CloudFront")], Host::CloudFront, shows_a_start_page, "custom error response"),
        (&[("server", "nginx/1.27.0")], Host::Nginx, shows_a_start_page, "end `try_files` with `=404`"),
        (&[("server", "nginx")], Host::Nginx, knows_no_type, "default_type application/json;"),
        (&[("server", "Caddy")], Host::Caddy, shows_a_start_page, "Caddyfile"),
        (&[("server", "Apache/2.4.62")], Host::Apache, keeps_slashes_encoded, "AllowEncodedSlashes On"),
        (&[], Host::Unknown, refuses_missing, "answer 404 to what does not exist, whoever asks"),
    ];
    for (headers, host, change, help) in table {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let server = serve(move |asked| {
            let answer = change(static_host(asked), asked);
            Reply::Answer(headers.iter().fold(answer, |answer, (name, value)| answer.with(name, value)))
        });
        let report = verified(&server, &Client::ALL);
        assert_eq!(report.host, host);
        assert!(said(&report).contains(help), "{host:?}: {help}\n{}", said(&report));
    }
}
