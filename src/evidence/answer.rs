//! What answers are made of.

use serde::Deserialize;

/// An account on GitHub: the number decides, the login is for readers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    pub id: u64,
    pub login: String,
}

/// An account or organization, as GitHub knows it now.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub id: u64,
    /// As its owner spells it.
    pub login: String,
    pub kind: AccountKind,
}

/// What GitHub calls the type of an account; an app's is neither of these, and so has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountKind {
    User,
    Organization,
}

/// A label, and who put it there last; none where GitHub does not say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    pub name: String,
    pub by: Option<u64>,
}

/// What a repository allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergeSettings {
    pub squash: bool,
    pub rebase: bool,
    /// Whether a branch must be up to date with base before it is merged.
    pub up_to_date: bool,
}

/// What a repository holds at a path, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// The number of the account or organization that owns the repository.
    pub owner: u64,
    pub fork: bool,
    /// None: it holds no regular file of UTF-8 there, or one that is too large.
    pub text: Option<String>,
}

/// The TXT records of one name, each with its strings joined.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "TxtForm")]
pub struct Txt {
    pub records: Vec<String>,
    pub dnssec: Dnssec,
}

/// What signatures say of an answer. One that they contradict is no answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dnssec {
    Secure,
    Insecure,
    #[default]
    Unknown,
}

/// `["…"]`, or with what DNSSEC says, `{"records": ["…"], "dnssec": "secure"}`.
#[derive(Deserialize)]
#[serde(untagged)]
enum TxtForm {
    Records(Vec<String>),
    Signed(SignedTxt),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedTxt {
    records: Vec<String>,
    dnssec: Dnssec,
}

impl From<TxtForm> for Txt {
    fn from(form: TxtForm) -> Self {
        match form {
            TxtForm::Records(records) => Self { records, dnssec: Dnssec::default() },
            TxtForm::Signed(SignedTxt { records, dnssec }) => Self { records, dnssec },
        }
    }
}

/// What stands at a domain's well-known address: `"text"`, or `{"refused": "why"}`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "WellKnownForm")]
pub enum WellKnown {
    Text(String),
    /// The host answered, and the answer does not count: 404, a redirect, too large, no text. It says which.
    Refused(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WellKnownForm {
    Text(String),
    Refused(RefusedForm),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedForm {
    refused: String,
}

impl From<WellKnownForm> for WellKnown {
    fn from(form: WellKnownForm) -> Self {
        match form {
            WellKnownForm::Text(text) => Self::Text(text),
            WellKnownForm::Refused(RefusedForm { refused }) => Self::Refused(refused),
        }
    }
}
