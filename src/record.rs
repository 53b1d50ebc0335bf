//! What a domain says of itself, in a TXT record or at its well-known address: who may speak for it, or which key does.

use crate::{finding::quoted, key::PublicKey};

/// Where on a domain's web host its records stand.
pub const WELL_KNOWN: &str = "/.well-known/mcp-registry-auth";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// `mcp-verify=github:<id>`
    Account(u64),
    /// `mcp-verify=github:<login>`; logins pass from one account to another.
    Login(String),
    /// `v=MCPv1; k=ed25519; p=<base64>`
    Key(PublicKey),
}

/// What is looked at of one answer: a domain has few records of its own.
const RECORDS_MAX: usize = 100;

impl Record {
    /// A domain has records of many kinds: what is none of ours is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(who) = text.strip_prefix("mcp-verify=github:") {
            return account(who);
        }
        let mut parts = text.split(';').map(str::trim);
        let (v, k, p, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next());
        // A last semicolon is a matter of taste; a fourth part may be a condition that nobody here knows.
        if v != "v=MCPv1" || rest.is_some_and(|rest| !rest.is_empty()) || parts.next().is_some() {
            return None;
        }
        PublicKey::parse(k.strip_prefix("k=")?, p.strip_prefix("p=")?).map(Self::Key)
    }

    /// The records among those of a name.
    pub fn of_txt(records: &[String]) -> impl Iterator<Item = Self> {
        records.iter().take(RECORDS_MAX).filter_map(|record| Self::parse(record))
    }

    /// The records in a file, one a line.
    pub fn of_file(text: &str) -> impl Iterator<Item = Self> {
        text.lines().take(RECORDS_MAX).filter_map(Self::parse)
    }

    /// Whether it names this account. A login does so only where that is enough.
    pub fn names(&self, id: u64, login: Option<&str>) -> bool {
        match self {
            Self::Account(named) => *named == id,
            Self::Login(named) => login.is_some_and(|login| login.eq_ignore_ascii_case(named)),
            Self::Key(_) => false,
        }
    }
}

/// A number is always an account's, though a login may consist of digits, too.
fn account(who: &str) -> Option<Record> {
    if who.bytes().all(|b| b.is_ascii_digit()) {
        return who.parse().ok().filter(|id| *id > 0 && !who.starts_with('0')).map(Record::Account);
    }
    is_login(who).then(|| Record::Login(who.to_owned()))
}

/// Whether GitHub could give this login.
pub fn is_login(text: &str) -> bool {
    (1..=39).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The record by which a domain names an account.
pub fn naming(id: u64) -> String {
    quoted(&format!("mcp-verify=github:{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_exact() {
        assert_eq!(Record::parse(" mcp-verify=github:583231 "), Some(Record::Account(583_231)));
        assert_eq!(Record::parse("mcp-verify=github:octo-cat"), Some(Record::Login("octo-cat".to_owned())));
        let key = "v=MCPv1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        for spelling in [key.to_owned(), key.replace("; ", ";"), format!("{key};")] {
            assert!(matches!(Record::parse(&spelling), Some(Record::Key(_))), "{spelling}");
        }
        for none in [
            "v=spf1 -all",
            "mcp-verify=github:",
            "mcp-verify=github:0",
            "mcp-verify=github:0583231",
            "mcp-verify=github:99999999999999999999999",
            "mcp-verify=github:octo cat",
            "mcp-verify=github:octo_cat",
            "mcp-verify=gitlab:583231",
            "x mcp-verify=github:583231",
            "MCP-VERIFY=github:583231",
            "k=ed25519; v=MCPv1; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
            "v=MCPv1; k=ecdsap384; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
            "v=MCPv2; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
            "v=MCPv1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=; t=test",
        ] {
            assert_eq!(Record::parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_number_never_names_a_login() {
        let record = Record::parse("mcp-verify=github:583231").expect("a record");
        assert!(record.names(583_231, None));
        assert!(!record.names(666, Some("583231")));
        let login = Record::parse("mcp-verify=github:octocat").expect("a record");
        assert!(login.names(1, Some("OctoCat")) && !login.names(1, None) && !login.names(1, Some("octocat2")));
    }
}
