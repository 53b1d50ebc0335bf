//! What a refused path is refused for, and the words that say so; it decides nothing.

use crate::{
    change::Change,
    evidence::Evidence,
    finding::{Verdict, quoted},
    name::Namespace,
};

use super::advice::{Advice, maintainers};

/// Paths that are refused on an equal ground make one finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ground {
    UnknownAuthor,
    Maintainers(Keep),
    /// In a curated registry.
    Proposal,
    /// There is a file on base, perhaps of a domain above, and it does not list the author; nor did anything else help.
    Foreign {
        namespace: Namespace,
        by: Namespace,
        why: Option<String>,
    },
    /// There is a file on base, and it means nothing.
    Unreadable(Namespace),
    /// There is no file, neither on base nor in the change.
    Unclaimed(Namespace),
    /// The change brings a first file that means nothing.
    Meaningless(Namespace),
    /// What the change says of owners is not so.
    Unproven {
        namespace: Namespace,
        why: String,
    },
    /// An owner adds somebody who is not who the file says.
    Misnamed {
        namespace: Namespace,
        why: String,
    },
    /// It depends on what nobody could say.
    Waiting {
        namespace: Namespace,
        why: String,
    },
    /// It is so, and not enough.
    Weak {
        namespace: Namespace,
        why: String,
    },
    /// It is so, and takes something from the owners of a domain above.
    Below {
        namespace: Namespace,
        by: Namespace,
        why: String,
    },
    /// It is so, and takes something from the owners whom base knows.
    Transfer {
        namespace: Namespace,
        why: String,
    },
    /// Nobody stays of the owners whom base knows.
    LastOwner(Namespace),
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

impl Ground {
    /// Whether a person decides, rather than the author having something to mend.
    pub(super) fn is_for_review(&self) -> bool {
        match self {
            Self::UnknownAuthor
            | Self::Proposal
            | Self::Waiting { .. }
            | Self::Weak { .. }
            | Self::Below { .. }
            | Self::Transfer { .. }
            | Self::LastOwner(_)
            | Self::Grant(_) => true,
            Self::Maintainers(_)
            | Self::Foreign { .. }
            | Self::Unreadable(_)
            | Self::Unclaimed(_)
            | Self::Meaningless(_)
            | Self::Misnamed { .. }
            | Self::Unproven { .. } => false,
        }
    }

    /// How much it weighs, what is wrong, and the way out.
    pub(super) fn say(&self, change: &Change, evidence: &Evidence) -> (Verdict, String, String) {
        let verdict = if self.is_for_review() { Verdict::Review } else { Verdict::Reject };
        let author = match evidence.author() {
            Ok(author) => author,
            Err(why) => {
                let help = "name the author with `--author LOGIN:ID`; `gh api users/LOGIN --jq .id` prints the number";
                return (Verdict::Review, format!("nothing is allowed yet: {}", why.0), help.to_owned());
            }
        };
        let who = format!("{} (account {})", quoted(&author.login), author.id);
        let advice = Advice { change, evidence, author };
        let approve = |first: &str| format!("{first}; or {}", maintainers(change));
        let (message, help) = match self {
            Self::UnknownAuthor | Self::Proposal => {
                (format!("{who} proposes this, and no maintainer has approved this commit"), maintainers(change))
            }
            Self::Maintainers(keep) => {
                (format!("only a maintainer may touch {}, and {who} is none", keep.what()), maintainers(change))
            }
            Self::Foreign { namespace, by, why } => {
                (foreign(namespace, by, &who, why.as_deref()), advice.for_foreign(namespace, by))
            }
            Self::Unreadable(namespace) => {
                (format!("nobody owns `{namespace}`, because its file on base means nothing"), maintainers(change))
            }
            Self::Unclaimed(namespace) => (format!("nobody owns `{namespace}` here yet"), advice.for_claim(namespace)),
            Self::Meaningless(namespace) => {
                (format!("the first file of `{namespace}` says nothing"), advice.for_claim(namespace))
            }
            Self::Unproven { namespace, why } => {
                (format!("{who} does not prove who owns `{namespace}`: {why}"), advice.for_claim(namespace))
            }
            Self::Misnamed { namespace, why } => (
                format!("a new owner of `{namespace}` is not who the file says: {why}"),
                "write the number and the login that `gh api users/LOGIN` prints, and a day that has come".to_owned(),
            ),
            Self::Waiting { namespace, why } => (
                format!("whether {who} may do this to `{namespace}` is not known yet: {why}"),
                approve("wait: nothing is wrong by what is known, and the gate of a pull request asks again every hour"),
            ),
            Self::Weak { namespace, why } => (
                format!("whether {who} may speak for `{namespace}` is for a maintainer to say: {why}"),
                format!("{}\n{}", maintainers(change), advice.for_claim(namespace)),
            ),
            Self::Below { namespace, by, why } => (
                format!("{who} claims `{namespace}`, which the owners of `{by}` own until now: {why}"),
                approve(&format!("ask an owner of `{by}` to send the file")),
            ),
            Self::Transfer { namespace, why } => (
                format!("{who} is no owner of `{namespace}` until now, and proves to be one: {why}"),
                approve("ask an owner to add you"),
            ),
            Self::LastOwner(namespace) => (
                format!("this takes the last owner of `{namespace}` away that was one before"),
                approve("keep one, and let the new owners remove them in a later change"),
            ),
            Self::Grant(namespace) => (
                format!("an owner may add owners to `{namespace}` and remove others, and this changes more than that"),
                approve(&format!("only add an `[[owner]]` with `proof = \"owner\"` and `by = {}`", author.id)),
            ),
        };
        (verdict, message, help)
    }
}

fn foreign(namespace: &Namespace, by: &Namespace, who: &str, why: Option<&str>) -> String {
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    if namespace == by {
        format!("{who} is no owner of `{namespace}`{why}")
    } else {
        format!("{who} is no owner of `{by}`, to which `{namespace}` belongs{why}")
    }
}
