//! Addresses as clients write them: the registry's own, and what each client's language makes of a name or a cursor.

use url::{Host, ParseError, Url};

use crate::{finding::quoted, network::is_outside};

/// A registry's address without a slash at its end, to which clients append `/v0.1/servers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Folder,
    Https,
    /// Plain http, to this machine or to another.
    Http {
        loopback: bool,
    },
}

/// Why a text is no registry's address, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub error: String,
    pub help: String,
}

impl Base {
    /// A folder that is asked as if it were published; addresses in it begin with `/`.
    pub fn folder() -> Self {
        Self { text: String::new(), kind: Kind::Folder }
    }

    pub fn parse(text: &str) -> Result<Self, Flaw> {
        let flaw = |error: String, help: &str| Flaw { error: format!("{} {error}", quoted(text)), help: help.to_owned() };
        let url = Url::parse(text).map_err(|error| match error {
            ParseError::EmptyHost => flaw("names no host".to_owned(), "write an address such as `https://registry.example.com`"),
            error => flaw(format!("is no address: {error}"), "write an address such as `https://registry.example.com`"),
        })?;
        if !matches!(url.scheme(), "https" | "http") {
            return Err(flaw("is no https address".to_owned(), "write an address that begins with `https://`, or a folder"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            let help = "leave the user out: no client sends credentials, so the registry must answer without";
            return Err(Flaw { error: "the address names a user before its host".to_owned(), help: help.to_owned() });
        }
        if url.query().is_some() || url.fragment().is_some() {
            let mut plain = url.clone();
            plain.set_query(None);
            plain.set_fragment(None);
            let help = format!("write {}: clients append path and query to it", quoted(plain.as_str().trim_end_matches('/')));
            let what = if url.query().is_some() { "a query" } else { "a fragment" };
            return Err(flaw(format!("has {what}, which no registry's address has"), &help));
        }
        let text = url.as_str().trim_end_matches('/').to_owned();
        for version in ["/v0.1/servers", "/v0/servers", "/v0.1", "/v0"] {
            if let Some(base) = text.strip_suffix(version) {
                let help = format!("write {}: clients append `/v0.1/servers` to it", quoted(base));
                return Err(flaw("is an address inside a registry".to_owned(), &help));
            }
        }
        let loopback = loopback(&url);
        let kind = if url.scheme() == "https" { Kind::Https } else { Kind::Http { loopback } };
        Ok(Self { text, kind })
    }

    pub fn is_folder(&self) -> bool {
        self.kind == Kind::Folder
    }

    /// Whether what is sent to it can be read and changed on its way.
    pub fn is_plain_http(&self) -> bool {
        self.kind == Kind::Http { loopback: false }
    }

    /// Whether it is where a site is tried out, and not where its readers look.
    pub fn is_rehearsal(&self) -> bool {
        matches!(self.kind, Kind::Folder | Kind::Http { loopback: true })
    }

    /// Whether it names one file, as Kiro and Amazon Q are given.
    pub fn is_file(&self) -> bool {
        self.text.rsplit('/').next().is_some_and(|last| std::path::Path::new(last).extension().is_some_and(|e| e == "json"))
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

fn loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

/// JavaScript's `encodeURIComponent`: a name's `/` becomes `%2F`, a version's `+` becomes `%2B`.
pub fn component(text: &str) -> String {
    percent(text, |byte| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte))
}

/// Go's `url.QueryEscape`, which is also Python's `quote_plus`.
pub fn query_escape(text: &str) -> String {
    percent(text, |byte| byte.is_ascii_alphanumeric() || b"-_.~ ".contains(&byte)).replace(' ', "+")
}

/// What a browser's `fetch` makes of text that was put into a query as it is: what is behind a `#` is gone, and `+`, `&` and
/// `%` mean what they mean in a query.
pub fn unescaped_in_query(text: &str) -> String {
    let sent = text.split('#').next().unwrap_or_default();
    percent(sent, |byte| byte.is_ascii_graphic() && !b"\"<>'".contains(&byte))
}

fn percent(text: &str, keeps: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if keeps(byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Where a redirect leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Onward {
    To(String),
    /// A scheme that is neither http nor https, or no address at all.
    Nowhere,
    /// From a public host into a private network: no client should be led there, and this one is not.
    Inside(String),
}

pub fn onward(from: &str, location: &str) -> Onward {
    let Ok(base) = Url::parse(from) else { return Onward::Nowhere };
    let Ok(url) = base.join(location) else { return Onward::Nowhere };
    if !matches!(url.scheme(), "http" | "https") {
        return Onward::Nowhere;
    }
    let mut shown = url.clone();
    shown.set_fragment(None);
    if is_private(&url) && !is_private(&base) {
        return Onward::Inside(shown.into());
    }
    Onward::To(shown.into())
}

/// Whether an address, as it is written, leads elsewhere than to the internet; a name is judged by whoever resolves it.
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => !is_outside(address.into()),
        Some(Host::Ipv6(address)) => !is_outside(address.into()),
        Some(Host::Domain(_)) => loopback(url),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_encodes_in_its_own_way() {
        assert_eq!(component("io.github.octocat/a_b"), "io.github.octocat%2Fa_b");
        assert_eq!(component("1.0.0+build 5!~*'()é"), "1.0.0%2Bbuild%205!~*'()%C3%A9");
        assert_eq!(query_escape("a b:c/d+e~"), "a+b%3Ac%2Fd%2Be~");
        assert_eq!(unescaped_in_query("a b:c/d+e&f%41\"#g"), "a%20b:c/d+e&f%41%22");
    }

    #[test]
    fn a_base_is_what_clients_append_to() {
        let base = |text| Base::parse(text).expect("a base");
        assert_eq!(base("https://registry.example.com/").at("/v0.1/servers"), "https://registry.example.com/v0.1/servers");
        assert_eq!(base("https://Example.com:8443/some/path//").as_str(), "https://example.com:8443/some/path");
        assert!(base("http://example.com").is_plain_http());
        assert!(!base("http://127.0.0.1:8080").is_plain_http() && !base("http://[::1]").is_plain_http());
        assert!(base("https://example.com/kiro.json").is_file() && !base("https://example.com/v1.5").is_file());
    }

    #[test]
    fn what_is_no_base_is_answered_with_one() {
        for (text, error, help) in [
            ("registry.example.com", "is no address", "https://registry.example.com"),
            ("ftp://example.com", "is no https address", "https://"),
            ("https://", "names no host", "https://registry.example.com"),
            ("https://u:p@example.com", "names a user", "no client sends credentials"),
            ("https://example.com/r/?limit=1", "has a query", "write `https://example.com/r`"),
            ("https://example.com/#top", "has a fragment", "write `https://example.com`"),
            ("https://example.com/r/v0.1/servers", "is an address inside a registry", "write `https://example.com/r`"),
        ] {
            let flaw = Base::parse(text).expect_err(text);
            assert!(flaw.error.contains(error) && flaw.help.contains(help), "{text}: {flaw:?}");
            assert!(!flaw.error.contains("u:p@"), "{flaw:?}");
        }
    }

    #[test]
    fn redirects_are_followed_to_public_places_only() {
        let to = |location| onward("https://example.com/a/b", location);
        assert_eq!(to("c?x#y"), Onward::To("https://example.com/a/c?x".to_owned()));
        assert_eq!(to("/a%2Fb/"), Onward::To("https://example.com/a%2Fb/".to_owned()));
        assert_eq!(to("file:///etc/passwd"), Onward::Nowhere);
        for inside in [
            "http://127.0.0.1/",
            "http://0x7f.1/",
            "http://169.254.169.254/x",
            "http://100.64.0.1/",
            "http://198.18.0.1/",
            "http://255.255.255.255/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::a00:1]/",
            "http://[2002:a00:1::]/",
            "http://[ff02::1]/",
            "http://localhost/",
            "http://a.localhost./",
        ] {
            assert!(matches!(to(inside), Onward::Inside(_)), "{inside}");
        }
        assert_eq!(to("https://8.8.8.8/"), Onward::To("https://8.8.8.8/".to_owned()));
        let loopback = onward("http://127.0.0.1:1/a", "/b");
        assert_eq!(loopback, Onward::To("http://127.0.0.1:1/b".to_owned()));
    }
}
