//! What would help somebody who was refused: every proof that works for their namespace, and exactly what to do for it.

use crate::{
    change::Change,
    checkout::Territory,
    domain::{Domain, DomainFlaw},
    evidence::{Account, AccountKind, Evidence},
    finding::quoted,
    name::{Namespace, NamespaceKind},
    namespace::SubjectKind,
    record::{WELL_KNOWN, is_login, naming},
};

/// So many people are named.
const NAMED_MAX: usize = 5;

pub(super) struct Advice<'a> {
    pub change: &'a Change,
    pub evidence: &'a Evidence,
    pub author: &'a Account,
}

/// Whom a file would name as the one that the namespace belongs to, and the proofs that work for it.
struct Way {
    subject: Vec<String>,
    proofs: Vec<String>,
    /// The `proof` that the file would name first; none where the author cannot be an owner.
    proof: Option<&'static str>,
}

impl Advice<'_> {
    /// For a namespace that has no file on base.
    pub(super) fn for_claim(&self, namespace: &Namespace) -> String {
        let way = match Domain::of(namespace) {
            Ok(domain) => Some(self.of_domain(namespace, &domain)),
            Err(DomainFlaw::Account) => self.of_account(namespace),
            Err(DomainFlaw::NoName | DomainFlaw::PublicSuffix) => None,
        };
        let Some(way) = way else {
            return format!("publish under an account or a domain of your own; or {}", maintainers(self.change));
        };
        let path = format!("{}namespaces/{namespace}.toml", self.change.checkout.prefix);
        let file = self.file(&way).join("\n    ");
        format!("prove whose it is in one of these ways:\n{}\nand add `{path}`, which says\n    {file}", listed(&way.proofs))
    }

    /// For a namespace that belongs to others.
    pub(super) fn for_foreign(&self, namespace: &Namespace, by: &Namespace) -> String {
        let Some(file) = self.change.law.namespaces.get(by) else { return maintainers(self.change) };
        // A login may have been taken up by somebody else, perhaps by who reads this.
        let people = file.owners.iter().map(|owner| format!("{} (account {})", quoted(&owner.github_login), owner.github_id));
        let mut ways = Vec::new();
        let afresh = |how: &str| format!("if it is yours by now: add an `[[owner]]` with {how}, for a maintainer to decide");
        ways.extend(names(people).map(|names| format!("ask an owner to send it, or to add you as an owner: {names}")));
        match (Domain::of(by), file.subject.github_id) {
            (Ok(domain), _) => {
                let names = txt_names(&domain);
                let record = naming(self.author.id);
                ways.push(afresh(&format!("`proof = \"dns\"`, and the TXT record {record} to one of {names}")));
                ways.push(self.key_of_version(namespace, &domain, ""));
            }
            (Err(DomainFlaw::Account), Some(id)) => {
                let login = file.subject.github_login.as_deref().unwrap_or_default();
                if file.subject.kind == SubjectKind::Organization {
                    let fork = format!("`proof = \"fork\"`, and send it from a repository of organization {id}");
                    ways.push(afresh(&fork));
                }
                ways.push(self.source(namespace, &format!("{} (number {id})", quoted(login))));
            }
            _ => {}
        }
        ways.push(maintainers(self.change));
        format!("do one of these:\n{}", listed(&ways))
    }

    fn of_account(&self, namespace: &Namespace) -> Option<Way> {
        let NamespaceKind::GitHub { login } = namespace.kind() else { return None };
        if !is_login(login) {
            return None;
        }
        let found = self.evidence.account(&login.to_ascii_lowercase()).map(Option::as_ref);
        if found == Ok(None) {
            return None;
        }
        let profile = found.ok().flatten();
        let login = profile.map_or(login, |profile| &profile.login);
        let is_author =
            profile.map_or_else(|| login.eq_ignore_ascii_case(&self.author.login), |profile| profile.id == self.author.id);
        let mut way = Way { subject: Vec::new(), proofs: Vec::new(), proof: None };
        let kind = if is_author { Some(AccountKind::User) } else { profile.map(|profile| profile.kind) };
        if kind != Some(AccountKind::Organization) {
            way.proofs.push(if is_author {
                "`account`: you are this account, which is enough".to_owned()
            } else {
                format!("`account`: send it from the account `{login}`")
            });
            way.proof = is_author.then_some("\"account\"");
        }
        if kind != Some(AccountKind::User) {
            let member = if is_login(&self.author.login) { &self.author.login } else { "LOGIN" };
            way.proofs.push(format!(
                "`fork`: send it from a fork of this repository that the organization owns, made by `gh repo fork --org {login}`"
            ));
            way.proofs.push(format!(
                "`member`: be a public member, by `gh api -X PUT orgs/{login}/public_members/{member}`, and wait for a maintainer"
            ));
            way.proof = Some("\"fork\" # or \"member\"");
        }
        way.proofs.push(format!(
            "{}; leave `[[owner]]` out of the namespace's file then",
            self.source(namespace, &format!("`{login}`"))
        ));
        let kind = match kind {
            Some(AccountKind::User) => "\"user\"",
            Some(AccountKind::Organization) => "\"organization\"",
            None => "\"user\" # or \"organization\"",
        };
        let id = match profile {
            Some(profile) => profile.id.to_string(),
            None if is_author => self.author.id.to_string(),
            None => format!("0 # what `gh api users/{login} --jq .id` prints"),
        };
        way.subject = vec![format!("kind = {kind}"), format!("github_id = {id}"), format!("github_login = \"{login}\"")];
        Some(way)
    }

    fn of_domain(&self, namespace: &Namespace, domain: &Domain) -> Way {
        let record = naming(self.author.id);
        let name = domain.as_str();
        let names = txt_names(domain);
        let proofs = vec![
            format!("`dns`: add the TXT record {record} to one of {names}"),
            format!(
                "`web`: serve {record} on a line of its own at `https://{name}{WELL_KNOWN}`, without a redirect\n\
                 `gazette verify-domain {name} --id {}` says whether either is seen",
                self.author.id
            ),
            format!("`key`: {}", self.key_of_file(namespace, domain)),
            self.key_of_version(namespace, domain, "; leave `[[owner]]` out of the namespace's file then"),
        ];
        Way { subject: vec!["kind = \"domain\"".to_owned()], proofs, proof: Some("\"dns\" # or \"web\" or \"key\"") }
    }

    fn key_of_file(&self, namespace: &Namespace, domain: &Domain) -> String {
        let words = format!("gazette-namespace-v1 {} {namespace}", self.change.law.config.base_url);
        let file = format!("{}namespaces/{namespace}.toml", self.change.checkout.prefix);
        let name = domain.as_str();
        format!(
            "sign the file by a key that `{name}` publishes, as `v=MCPv1; k=ed25519; p=…` or `k=ecdsap384`,\n\
             in a TXT record of such a name or at `https://{name}{WELL_KNOWN}`\n{MAKING}\n{}",
            signing(&words, &file)
        )
    }

    fn key_of_version(&self, namespace: &Namespace, domain: &Domain, and: &str) -> String {
        let (name, version) = self.version(namespace);
        let words = format!("gazette-entry-v1 {} {namespace}/{name} {version}", self.change.law.config.base_url);
        let file = format!("{}servers/{namespace}/{name}/{version}.json", self.change.checkout.prefix);
        let domain = domain.as_str();
        format!(
            "a key, for one version whoever sends it: sign it by a key that `{domain}` publishes{and}\n{}",
            signing(&words, &file)
        )
    }

    /// What makes one version's bytes the owner's own.
    fn source(&self, namespace: &Namespace, whose: &str) -> String {
        let (_, version) = self.version(namespace);
        format!(
            "a source, for one version whoever sends it: commit exactly its content as `server.json` to a repository of {whose} that \
             is no fork, on its default branch or at the tag `v{version}`, and name the repository in `repository.url`"
        )
    }

    /// The server and version that this is about, as far as it is about one.
    fn version(&self, namespace: &Namespace) -> (String, String) {
        let mut new = self.change.touched.iter().filter(|touched| touched.before.is_none()).filter_map(|touched| match &touched
            .territory
        {
            Territory::Version(name, version) if name.namespace() == *namespace => Some((name, version)),
            _ => None,
        });
        match (new.next(), new.next()) {
            (Some((name, version)), None) => (name.name().to_owned(), version.to_string()),
            _ => ("NAME".to_owned(), "VERSION".to_owned()),
        }
    }

    /// The lines to write.
    fn file(&self, way: &Way) -> Vec<String> {
        let mut lines = vec!["[subject]".to_owned()];
        lines.extend(way.subject.iter().cloned());
        if let Some(proof) = way.proof {
            let login = if is_login(&self.author.login) { &self.author.login } else { "LOGIN" };
            let day = self.evidence.today().map_or_else(|_| "YYYY-MM-DD".to_owned(), ToString::to_string);
            lines.extend([
                "[[owner]]".to_owned(),
                format!("github_id = {}", self.author.id),
                format!("github_login = \"{login}\""),
                format!("proof = {proof}"),
                format!("proved_at = \"{day}\""),
            ]);
        }
        lines
    }
}

fn txt_names(domain: &Domain) -> String {
    let names: Vec<String> = domain.txt_names().into_iter().take(NAMED_MAX - 1).map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The commands that make an Ed25519 key and print its `p`. Each command stands on a line of its own, to be copied.
const MAKING: &str = "  openssl genpkey -algorithm ed25519 -out ~/key.pem
  openssl pkey -in ~/key.pem -pubout -outform DER | tail -c 32 | openssl base64 -A    # p=";

/// The commands that sign a file by it, with these words on the lines before its digest.
fn signing(words: &str, file: &str) -> String {
    format!(
        "  printf '%s\\n' {words} \"$(openssl dgst -sha256 -r {file} | cut -c1-64)\" > ~/text
  openssl pkeyutl -sign -rawin -inkey ~/key.pem -in ~/text | openssl base64 -A > {file}.sig"
    )
}

pub(super) fn maintainers(change: &Change) -> String {
    match names(change.law.config.maintainers.iter().map(|maintainer| quoted(&maintainer.github_login))) {
        Some(names) => format!("ask a maintainer to send it, or to approve this commit: {names}"),
        None => "ask whoever runs this registry to add a `[[maintainer]]` to its `registry.toml`".to_owned(),
    }
}

fn listed(ways: &[String]) -> String {
    ways.iter().map(|way| format!("- {}", way.replace('\n', "\n  "))).collect::<Vec<_>>().join("\n")
}

fn names(people: impl Iterator<Item = String>) -> Option<String> {
    let mut names: Vec<String> = people.take(NAMED_MAX + 1).collect();
    if names.len() > NAMED_MAX {
        names.truncate(NAMED_MAX);
        names.push("…".to_owned());
    }
    (!names.is_empty()).then(|| names.join(", "))
}
