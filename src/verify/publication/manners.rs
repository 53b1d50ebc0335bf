//! How a host answers beside its documents: what nobody published, and whether any page may read what is there.

use super::{Reader, document::address_of};
use crate::verify::{
    Check,
    client::VSCODE_ORIGIN,
    fix::{self, Ill},
    visit::{NOBODY, document},
};

/// An answer about one server is far smaller.
const MOST: u64 = 4 << 20;

impl Reader<'_> {
    /// A check for each of them. A document that is there is asked for as a page of another site asks; whether such a page may
    /// read it is for the host of a folder to say.
    pub fn manners(&self, key: Option<&str>) -> Vec<Check> {
        let there = key.filter(|_| !self.base.is_folder()).and_then(|key| self.origin(key));
        [self.unknown()].into_iter().chain(there).collect()
    }

    fn unknown(&self) -> Check {
        let fix = |ill: Ill| fix::of(ill, self.host);
        let got = self.get(&document(NOBODY, "latest"), MOST);
        match got.status() {
            None => got.rejects("what nobody published is not answered at all", fix(Ill::Failing)),
            Some(404) => got.check(None, "what nobody published is not there", ""),
            Some(status @ (401 | 403)) => got.rejects(
                format!("what nobody published is answered with {status}, and Copilot CLI then blocks every server"),
                fix(Ill::DeniedForMissing),
            ),
            Some(200..300) => got.rejects("what nobody published is answered as if it were there", fix(Ill::FoundForMissing)),
            Some(status) => {
                got.rejects(format!("what nobody published is answered with {status}, not with 404"), fix(Ill::Failing))
            }
        }
    }

    fn origin(&self, key: &str) -> Option<Check> {
        let got = self.get_as(&address_of(key), MOST, Some(VSCODE_ORIGIN));
        // What is not answered as it should be is told where documents are compared.
        let allowed = got.answer.as_ref().ok().filter(|response| response.status == 200)?.header("access-control-allow-origin");
        let message = "there is no `Access-Control-Allow-Origin`, and VS Code's window may not read what is published";
        let is_allowed = allowed.is_some_and(|who| who == "*" || who == VSCODE_ORIGIN);
        Some(if is_allowed {
            got.check(None, "any page may read it", "")
        } else {
            got.rejects(message, fix::of(Ill::Origin, self.host))
        })
    }
}
