//! GitHub, over its REST API: accounts, repositories, pull requests, and the few things that a gate writes.

mod accounts;
mod cache;
mod http;
mod pulls;
mod shapes;
mod writes;

use std::{path::PathBuf, time::Duration};

use http::Http;
pub use http::Token;

use crate::ports::Trouble;

/// A repository's name, held to the form that GitHub gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryName {
    pub owner: String,
    pub name: String,
}

impl RepositoryName {
    /// `owner/name`
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let part = |part: &str, more: &str| {
            (1..=100).contains(&part.len())
                && part != "."
                && part != ".."
                && part.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        (part(owner, "-_") && part(name, "-_.")).then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
    }
}

/// How GitHub is reached.
#[derive(Debug)]
pub struct Access {
    /// The address of the API. Plain http is for a host of this machine.
    pub api: url::Url,
    pub token: Option<Token>,
    /// A folder for what it answered.
    pub cache: Option<PathBuf>,
    /// How long may be waited in all where it asks for patience.
    pub patience: Duration,
}

/// One repository on GitHub, and what is known of accounts.
#[derive(Debug)]
pub struct GitHub {
    http: Http,
    home: RepositoryName,
}

impl GitHub {
    pub fn open(access: Access, home: RepositoryName) -> Self {
        Self { http: Http::new(access.api, access.token, access.cache, access.patience), home }
    }

    /// A route below the repository's own.
    fn route<'a>(&'a self, rest: &[&'a str]) -> Vec<&'a str> {
        [&["repos", self.home.owner.as_str(), self.home.name.as_str()], rest].concat()
    }
}
