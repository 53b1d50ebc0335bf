use crate::{entry::model::Repository, finding::quoted};

use super::{Family, Finding, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "repository-is-browsable",
    family: Family::Meaning,
    about: "A repository is one on github.com or gitlab.com, at the https address that a browser shows.

People read the source before they run it, and clients build links to it from `url`, `source` and `subfolder`. So the three
have to lead to a page: `git@…` and `git+https://…` do not, and neither does an address of a folder or a file. The official
registry knows the same two hosts. It lets plain http pass, which here is refused: what a reader is shown over http can be
changed on the way, and both hosts answer over https.

Write `https://github.com/<owner>/<repository>`, and the folder inside it as `subfolder`, such as `src/weather`. Leave
`repository` out if the source is elsewhere or not public; a registry whose sources are, turns the rule off.",
    entry: Some(judge),
    ..Rule::BLANK
};

/// What `source` calls a host, and the host.
const HOSTS: [(&str, &str); 2] = [("github", "github.com"), ("gitlab", "gitlab.com")];

fn judge(subject: &Subject) -> Vec<Finding> {
    let Some(repository) = &subject.model.repository else { return Vec::new() };
    // Half a repository is the schema's business, and an empty one is none.
    let Some(url) = repository.url.filter(|url| !url.is_empty()) else { return Vec::new() };
    let mut findings = Vec::new();
    if let Some(finding) = address(subject, repository, url).or_else(|| source(subject, repository, url)) {
        findings.push(finding);
    }
    if let Some(subfolder) = repository.subfolder.filter(|subfolder| !is_clean(subfolder)) {
        let place = subject.entry.place(&repository.node.pointer("subfolder"));
        let message = format!("the subfolder {} is not a plain path inside the repository", quoted(subfolder));
        let clean: Vec<&str> = subfolder.split(['/', '\\']).filter(|part| !matches!(*part, "" | "." | "..")).collect();
        let clean = clean.join("/");
        let help = if is_clean(&clean) {
            format!("write {}", quoted(&clean))
        } else {
            "write the path from the repository's top, such as `src/weather`, or remove `subfolder`".to_owned()
        };
        findings.push(RULE.finding(place, message, help));
    }
    findings
}

fn address(subject: &Subject, repository: &Repository<'_>, url: &str) -> Option<Finding> {
    let at = || repository.node.pointer("url");
    let Some((host, path)) = located(url) else {
        let message = format!("{} is not on github.com or gitlab.com", quoted(url));
        let help = "name the repository on one of the two, or leave `repository` out";
        return Some(RULE.finding(subject.entry.place(&at()), message, help));
    };
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let whole =
        rest.strip_prefix("www.").unwrap_or(rest).strip_prefix(host).is_some_and(|rest| rest.strip_prefix('/') == Some(path));
    let parts = || path.strip_suffix('/').unwrap_or(path).split('/');
    let count = parts().count();
    let fits = whole && count >= 2 && (count == 2 || host == "gitlab.com") && parts().all(is_word);
    if fits && scheme == "https" {
        return None;
    }
    let place = subject.entry.place(&at());
    if fits && scheme == "http" {
        let right = format!("https://{rest}");
        let fix = subject.entry.source.replace_value(&at(), format!("\"{right}\""));
        return Some(
            RULE.finding(place, format!("{} is not https", quoted(url)), format!("write {}", quoted(&right))).with_fix(fix),
        );
    }
    let parts: Vec<&str> = path.split(['/', '?', '#']).filter(|part| !part.is_empty()).collect();
    let help = match parts[..] {
        [owner, name, ref more @ ..] if is_word(owner) && is_word(name) => {
            let rest = if more.is_empty() { "" } else { ", and a folder inside it as `subfolder`" };
            format!("write {}{rest}", quoted(&format!("https://{host}/{owner}/{name}")))
        }
        _ => format!("write `https://{host}/<owner>/<repository>`"),
    };
    Some(RULE.finding(place, format!("{} does not lead to a repository's page", quoted(url)), help))
}

/// The known host that an address means, however it is written, and what stands behind it.
fn located(url: &str) -> Option<(&'static str, &str)> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', ':']).next()?;
    // `git@github.com:owner/repository` and `ssh://git@github.com/owner/repository`
    let name = authority.rsplit('@').next()?;
    let name = name.strip_prefix("www.").unwrap_or(name);
    let (_, host) = HOSTS.into_iter().find(|(_, host)| *host == name)?;
    Some((host, rest[authority.len()..].get(1..).unwrap_or_default()))
}

fn source(subject: &Subject, repository: &Repository<'_>, url: &str) -> Option<Finding> {
    let (given, (host, _)) = (repository.source?, located(url)?);
    let (right, _) = HOSTS.into_iter().find(|(_, known)| *known == host)?;
    if given == right {
        return None;
    }
    let at = repository.node.pointer("source");
    let message = format!("the source is {}, and the address is on {host}", quoted(given));
    let fix = subject.entry.source.replace_value(&at, format!("\"{right}\""));
    Some(RULE.finding(subject.entry.place(&at), message, format!("write `{right}`")).with_fix(fix))
}

fn is_word(part: &str) -> bool {
    !matches!(part, "" | "." | "..") && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

fn is_clean(subfolder: &str) -> bool {
    subfolder.is_empty() || subfolder.split('/').all(is_word)
}
