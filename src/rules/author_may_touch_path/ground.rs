//! What a refused path is refused for, and the words that say so; it decides nothing.

use crate::{
    change::Change,
    evidence::{Account, Evidence},
    finding::{Verdict, quoted},
    name::{Namespace, NamespaceKind},
};

/// Paths that are refused on an equal ground make one finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ground {
    UnknownAuthor,
    Maintainers(Keep),
    /// In a curated registry.
    Proposal,
    /// There is a file on base, perhaps of a domain above, and it does not list the author.
    Foreign {
        namespace: Namespace,
        by: Namespace,
    },
    /// There is a file on base, and it means nothing.
    Unreadable(Namespace),
    /// There is no file, neither on base nor in the change.
    Unclaimed(Namespace),
    /// The change brings the first file.
    Claim(Namespace),
    /// An owner changes more of the file than an owner may.
    Grant(Namespace),
}

/// What maintainers keep to themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Keep {
    Config,
    Policy,
    Groups,
    Readme,
    Stray,
    Outside,
}

impl Keep {
    fn what(self) -> &'static str {
        match self {
            Self::Config => "`registry.toml`",
            Self::Policy => "`policy/`",
            Self::Groups => "`groups/`",
            Self::Readme => "the registry's `README.md`",
            Self::Stray => "what has no place in the layout",
            Self::Outside => "what lies outside the registry's folder",
        }
    }
}

/// So many people are named.
const NAMED_MAX: usize = 5;

impl Ground {
    /// How much it weighs, what is wrong, and the way out.
    pub(super) fn say(&self, change: &Change, evidence: &Evidence) -> (Verdict, String, String) {
        let author = match evidence.author() {
            Ok(author) => author,
            Err(why) => {
                let help = "name the author with `--author LOGIN:ID`; `gh api users/LOGIN --jq .id` prints the number";
                return (Verdict::Review, format!("nothing is allowed yet: {}", why.0), help.to_owned());
            }
        };
        let who = format!("{} (account {})", quoted(&author.login), author.id);
        match self {
            Self::UnknownAuthor | Self::Proposal => {
                (Verdict::Review, format!("{who} proposes this, and no maintainer has approved this commit"), maintainers(change))
            }
            Self::Maintainers(keep) => {
                (Verdict::Reject, format!("only a maintainer may touch {}, and {who} is none", keep.what()), maintainers(change))
            }
            Self::Foreign { namespace, by } => (Verdict::Reject, foreign(namespace, by, &who), owners(change, by)),
            Self::Unreadable(namespace) => (
                Verdict::Reject,
                format!("nobody owns `{namespace}`, because its file on base means nothing"),
                maintainers(change),
            ),
            Self::Unclaimed(namespace) => {
                (Verdict::Reject, format!("nobody owns `{namespace}` here yet"), first_file(change, namespace, author))
            }
            Self::Claim(namespace) => (
                Verdict::Review,
                format!("{who} claims `{namespace}`, and nothing has proved yet whose it is"),
                proof(namespace, author),
            ),
            Self::Grant(namespace) => {
                let message = format!("an owner may add owners to `{namespace}`, and this changes more than that");
                let help = format!(
                    "only add an `[[owner]]` with `proof = \"owner\"` and `by = {}`, or ask a maintainer to approve this commit",
                    author.id
                );
                (Verdict::Review, message, help)
            }
        }
    }
}

fn foreign(namespace: &Namespace, by: &Namespace, who: &str) -> String {
    if namespace == by {
        format!("{who} is no owner of `{namespace}`")
    } else {
        format!("{who} is no owner of `{by}`, to which `{namespace}` belongs")
    }
}

fn maintainers(change: &Change) -> String {
    match names(change.law.config.maintainers.iter().map(|maintainer| quoted(&maintainer.github_login))) {
        Some(names) => format!("ask a maintainer to send it, or to approve this commit: {names}"),
        None => "ask whoever runs this registry to add a `[[maintainer]]` to its `registry.toml`".to_owned(),
    }
}

fn owners(change: &Change, namespace: &Namespace) -> String {
    let owners = change.law.namespaces.get(namespace).map(|file| &file.owners[..]).unwrap_or_default();
    // A login may have been taken up by somebody else, perhaps by who reads this.
    match names(owners.iter().map(|owner| format!("{} (account {})", quoted(&owner.github_login), owner.github_id))) {
        Some(names) => format!("ask an owner to send it, or to add you as an owner: {names}"),
        None => maintainers(change),
    }
}

fn names(people: impl Iterator<Item = String>) -> Option<String> {
    let mut names: Vec<String> = people.take(NAMED_MAX + 1).collect();
    if names.len() > NAMED_MAX {
        names.truncate(NAMED_MAX);
        names.push("…".to_owned());
    }
    (!names.is_empty()).then(|| names.join(", "))
}

fn first_file(change: &Change, namespace: &Namespace, author: &Account) -> String {
    let prefix = &change.checkout.prefix;
    format!(
        "add `{prefix}namespaces/{namespace}.toml` with a `[subject]`, and an `[[owner]]` with `github_id = {}`; `{prefix}README.md` shows one",
        author.id
    )
}

/// What shows whose a namespace is.
fn proof(namespace: &Namespace, author: &Account) -> String {
    let id = author.id;
    match namespace.kind() {
        NamespaceKind::GitHub { login } if login.eq_ignore_ascii_case(&author.login) => {
            format!("ask a maintainer to approve this commit; that the account `{login}` has the number {id} is the proof")
        }
        NamespaceKind::GitHub { login } => {
            format!(
                "ask a maintainer to approve this commit; a pull request from the account `{login}`, or from a fork that it owns, is the proof"
            )
        }
        NamespaceKind::Domain { domain } => {
            format!("ask a maintainer to approve this commit; a TXT record `mcp-verify=github:{id}` of `{domain}` is the proof")
        }
    }
}
