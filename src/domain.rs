//! Domains as far as they can belong to somebody: which names speak for one, and where that ends.

use crate::name::{Namespace, NamespaceKind};

/// Below it stand records for those who cannot, or would rather not, put them beside the domain's other ones.
const LABEL: &str = "_mcp-registry";

/// A domain name, in lower case, at or below a registrable one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Domain {
    name: String,
    /// How many bytes of the name stand before its registrable part.
    above: usize,
}

/// Why a namespace has no domain that anybody could hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DomainFlaw {
    /// It is an account's.
    Account,
    /// No name of the DNS looks like this, or it is an address.
    NoName,
    /// Strangers register names directly below it, so that it stands for none of them.
    PublicSuffix,
}

impl Domain {
    pub fn parse(text: &str) -> Result<Self, DomainFlaw> {
        let name = text.to_ascii_lowercase();
        // Room for the label and its dot within the 253 characters of a name.
        if name.len() > 253 - LABEL.len() - 1 || !name.split('.').all(is_label) {
            return Err(DomainFlaw::NoName);
        }
        // A host whose last label begins with a digit may be an address of four numbers, or of one.
        let top = name.rsplit('.').next().unwrap_or_default();
        if top == name || !top.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Err(DomainFlaw::NoName);
        }
        let registrable = psl::domain_str(&name).ok_or(DomainFlaw::PublicSuffix)?;
        let above = name.len() - registrable.len();
        Ok(Self { name, above })
    }

    /// The domain of a namespace that is none of an account.
    pub fn of(namespace: &Namespace) -> Result<Self, DomainFlaw> {
        match namespace.kind() {
            NamespaceKind::GitHub { .. } => Err(DomainFlaw::Account),
            NamespaceKind::Domain { domain } => Self::parse(&domain),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The domain, then each above it, the registrable one last.
    pub fn with_parents(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.name.match_indices('.').map(|(at, _)| at + 1));
        starts.take_while(|start| *start <= self.above).map(|start| &self.name[start..])
    }

    /// The names whose TXT records speak for this domain.
    pub fn txt_names(&self) -> Vec<String> {
        self.with_parents().flat_map(|name| [name.to_owned(), format!("{LABEL}.{name}")]).collect()
    }
}

/// The namespace whose owners also own this one, where this one has no file: that of the domain above, unless strangers
/// share it. Accounts have none and own nothing below them.
pub fn parent(namespace: &Namespace) -> Option<Namespace> {
    let domain = Domain::of(namespace).ok()?;
    domain.with_parents().nth(1)?;
    let (above, _) = namespace.as_str().rsplit_once('.')?;
    let above = Namespace::parse(above).ok()?;
    matches!(above.kind(), NamespaceKind::Domain { .. }).then_some(above)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_end_at_the_registrable_domain() {
        for (domain, names) in [
            ("example.com", &["example.com"][..]),
            ("API.Team.Example.com", &["api.team.example.com", "team.example.com", "example.com"]),
            ("shop.example.co.uk", &["shop.example.co.uk", "example.co.uk"]),
            ("blog.alice.github.io", &["blog.alice.github.io", "alice.github.io"]),
            ("www.city.kawasaki.jp", &["www.city.kawasaki.jp", "city.kawasaki.jp"]),
            ("a.b.c.kawasaki.jp", &["a.b.c.kawasaki.jp", "b.c.kawasaki.jp"]),
            ("a.example.xn--p1ai", &["a.example.xn--p1ai", "example.xn--p1ai"]),
            ("a.example.intranet", &["a.example.intranet", "example.intranet"]),
        ] {
            let domain = Domain::parse(domain).expect("a domain");
            assert_eq!(domain.with_parents().collect::<Vec<_>>(), names);
        }
    }

    #[test]
    fn nobody_holds_a_public_suffix_or_what_is_no_name() {
        for suffix in ["co.uk", "github.io", "blogspot.com", "c.kawasaki.jp", "s3.amazonaws.com", "pages.dev"] {
            assert_eq!(Domain::parse(suffix), Err(DomainFlaw::PublicSuffix), "{suffix}");
        }
        let long = format!("{}com", "a.".repeat(120));
        let wide = format!("{}.com", "a".repeat(64));
        for no_name in
            ["com", "example..com", "-a.com", "a-.com", "127.0.0.1", "1.0x7f", "a_b.com", "exämple.com", "", &long, &wide]
        {
            assert_eq!(Domain::parse(no_name), Err(DomainFlaw::NoName), "{no_name}");
        }
    }

    #[test]
    fn records_stand_beside_each_name_and_never_above() {
        let domain = Domain::parse("api.example.co.uk").expect("a domain");
        assert_eq!(
            domain.txt_names(),
            ["api.example.co.uk", "_mcp-registry.api.example.co.uk", "example.co.uk", "_mcp-registry.example.co.uk"]
        );
    }

    #[test]
    fn a_namespace_belongs_to_the_one_above_unless_strangers_share_that() {
        let above = |text: &str| parent(&Namespace::parse(text).expect("a namespace")).map(|above| above.to_string());
        assert_eq!(above("com.example.team"), Some("com.example".to_owned()));
        for none in
            ["com.example", "uk.co.example", "uk.co", "com", "io.github.alice", "io.github.alice.blog", "com.blogspot.alice"]
        {
            assert_eq!(above(none), None, "{none}");
        }
        assert_eq!(above("io.github.alice.blog.deep"), Some("io.github.alice.blog".to_owned()));
    }
}
