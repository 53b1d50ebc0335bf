//! The few things that are written to GitHub.

use serde_json::{Value, json};
use ureq::http::Method;

use super::{
    GitHub, Trouble,
    accounts::present,
    shapes::{Issue, Merged, Written},
};
use crate::forge::{Said, State};

impl GitHub {
    /// Sets a status on exactly this commit.
    pub fn set_status(&self, sha: &str, context: &str, state: State, text: &str, link: Option<&str>) -> Result<(), Trouble> {
        let body = json!({ "state": state.as_str(), "context": context, "description": text, "target_url": link });
        self.http.send(&Method::POST, &self.route(&["statuses", sha]), &body).map(drop)
    }

    /// Adds a comment, or changes one; gives the address of it.
    pub fn write_comment(&self, number: u64, existing: Option<u64>, text: &str) -> Result<String, Trouble> {
        let body = json!({ "body": text });
        let written = match existing {
            Some(id) => self.http.send(&Method::PATCH, &self.route(&["issues", "comments", &id.to_string()]), &body)?,
            None => self.http.send(&Method::POST, &self.route(&["issues", &number.to_string(), "comments"]), &body)?,
        };
        Ok(form::<Written>(&written)?.html_url)
    }

    pub fn delete_comment(&self, id: u64) -> Result<(), Trouble> {
        let route = ["issues", "comments", &id.to_string()].map(str::to_owned);
        let route: Vec<&str> = route.iter().map(String::as_str).collect();
        self.http.send(&Method::DELETE, &self.route(&route), &Value::Null).map(drop)
    }

    pub fn add_label(&self, number: u64, label: &str) -> Result<(), Trouble> {
        let body = json!({ "labels": [label] });
        self.http.send(&Method::POST, &self.route(&["issues", &number.to_string(), "labels"]), &body).map(drop)
    }

    pub fn remove_label(&self, number: u64, label: &str) -> Result<(), Trouble> {
        let removed =
            self.http.send(&Method::DELETE, &self.route(&["issues", &number.to_string(), "labels", label]), &Value::Null);
        present(removed).map(drop)
    }

    /// Squashes a pull request into one commit, if its head is still this one; gives the commit.
    pub fn squash(&self, number: u64, sha: &str, title: &str, text: &str) -> Result<String, Trouble> {
        let body = json!({ "sha": sha, "merge_method": "squash", "commit_title": title, "commit_message": text });
        let merged: Merged =
            form(&self.http.send(&Method::PUT, &self.route(&["pulls", &number.to_string(), "merge"]), &body)?)?;
        if merged.merged { Ok(merged.sha) } else { Err(Trouble::Conflict("GitHub did not merge it".to_owned())) }
    }

    /// Starts a workflow on a branch.
    pub fn dispatch(&self, workflow: &str, branch: &str) -> Result<(), Trouble> {
        let route = self.route(&["actions", "workflows", workflow, "dispatches"]);
        self.http.send(&Method::POST, &route, &json!({ "ref": branch })).map(drop)
    }

    /// The open issues that an account opened.
    pub fn issues_by(&self, account: u64) -> Result<Vec<Said>, Trouble> {
        let issues: Vec<Issue> = self.http.list_where(&self.route(&["issues"]), "state=open", None)?;
        let said = |issue: Issue| Said {
            id: issue.number,
            by: super::shapes::actor(issue.user),
            text: issue.body.unwrap_or_default(),
            link: issue.html_url,
        };
        Ok(issues.into_iter().map(said).filter(|said| said.by.account.id == account).collect())
    }

    /// Opens an issue, or changes one; gives its number.
    pub fn write_issue(&self, existing: Option<u64>, title: &str, text: &str, open: bool) -> Result<u64, Trouble> {
        let written = match existing {
            Some(number) => {
                let state = if open { "open" } else { "closed" };
                let body = json!({ "title": title, "body": text, "state": state });
                self.http.send(&Method::PATCH, &self.route(&["issues", &number.to_string()]), &body)?
            }
            None => self.http.send(&Method::POST, &self.route(&["issues"]), &json!({ "title": title, "body": text }))?,
        };
        Ok(form::<Issue>(&written)?.number)
    }
}

fn form<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(bytes).map_err(|error| Trouble::Other(format!("GitHub's answer is not in its form: {error}")))
}
