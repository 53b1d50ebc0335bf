//! Who an account is now, who belongs to an organization, and what a stranger's repository holds.

use super::{
    GitHub, Trouble,
    http::{JSON, RAW, parsed},
    shapes::{Repository, User},
};
use crate::evidence::{At, Profile, SourceFile};

/// No entry is larger, whatever a registry's settings are.
const SOURCE_MAX: usize = 4 << 20;

impl GitHub {
    /// The account or organization of a login now.
    pub fn account(&self, login: &str) -> Result<Option<Profile>, Trouble> {
        let profile = self.profile(&["users", login])?;
        // Should GitHub ever follow an old login to its account, that is not who has it now.
        Ok(profile.filter(|profile| profile.login.eq_ignore_ascii_case(login)))
    }

    /// The account or organization of a number.
    pub fn account_id(&self, id: u64) -> Result<Option<Profile>, Trouble> {
        let profile = self.profile(&["user", &id.to_string()])?;
        match profile {
            Some(profile) if profile.id != id => {
                Err(Trouble::Other(format!("GitHub answered {} when asked for {id}", profile.id)))
            }
            profile => Ok(profile),
        }
    }

    fn profile(&self, route: &[&str]) -> Result<Option<Profile>, Trouble> {
        let Some(user) = present(self.http.read::<User>(route))? else { return Ok(None) };
        let kind = user.kind().ok_or_else(|| Trouble::Other(format!("the account {} is an app's", user.id)))?;
        Ok(Some(Profile { id: user.id, login: user.login, kind }))
    }

    /// Who the token acts as; an app's or a workflow's token may not ask.
    pub fn acts_as(&self) -> Result<u64, Trouble> {
        Ok(self.http.read::<User>(&["user"])?.id)
    }

    /// Whether an account is a public member of an organization.
    pub fn is_member(&self, organization: u64, user: u64) -> Result<bool, Trouble> {
        let (Some(organization), Some(user)) = (self.account_id(organization)?, self.account_id(user)?) else { return Ok(false) };
        let url = self.http.url(&["orgs", &organization.login, "public_members", &user.login], "")?;
        let member = present(self.http.get(&url, JSON))?.is_some();
        // Logins pass to others: they must have meant the same accounts while the question was asked.
        let same = |before: &Profile| Ok::<_, Trouble>(self.account_id(before.id)?.as_ref() == Some(before));
        if member && !(same(&organization)? && same(&user)?) {
            return Err(Trouble::Busy("an account was renamed while GitHub was asked about it".to_owned()));
        }
        Ok(member)
    }

    /// What a public repository holds at a path.
    pub fn file(&self, repository: &str, path: &str, at: &At) -> Result<Option<SourceFile>, Trouble> {
        let parts: Vec<&str> = ["repos"].into_iter().chain(repository.splitn(2, '/')).collect();
        let Some(found) = present(self.http.read::<Repository>(&parts))?.filter(|found| !found.private) else {
            return Ok(None);
        };
        let owner = found.owner.as_ref().ok_or_else(|| Trouble::Other(format!("GitHub names no owner of `{repository}`")))?.id;
        let id = found.id.to_string();
        let below: Vec<&str> = ["repositories", id.as_str(), "contents"].into_iter().chain(path.split('/')).collect();
        let query = match at {
            At::DefaultBranch => format!("ref={}", encoded(&format!("refs/heads/{}", found.default_branch))),
            At::Tag(tag) => format!("ref={}", encoded(&format!("refs/tags/{tag}"))),
        };
        let url = self.http.url(&below, &query)?;
        let text = match present(self.http.get(&url, RAW))? {
            Some(answered) if answered.body.len() <= SOURCE_MAX => String::from_utf8(answered.body).ok(),
            _ => None,
        };
        // Whose it is must be true of what was just read.
        let url = self.http.url(&["repositories", &id], "")?;
        let again: Repository = parsed(&self.http.get(&url, JSON)?.body, &url)?;
        if again.owner.map(|owner| owner.id) != Some(owner) || again.private {
            return Err(Trouble::Busy(format!("`{repository}` changed hands while GitHub was asked about it")));
        }
        Ok(Some(SourceFile { owner, fork: again.fork || found.fork, text }))
    }
}

/// An answer, or that there is no such thing.
pub(super) fn present<T>(answer: Result<T, Trouble>) -> Result<Option<T>, Trouble> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(Trouble::Missing(_)) => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
