use super::{Family, Finding, Rule, Tree};

pub(super) const RULE: Rule = Rule {
    id: "versions-are-limited",
    family: Family::Meaning,
    about: "A server has no more versions than a list can carry.

Every version stays for ever, and the page that lists a server's versions is read whole. A robot that publishes each build
makes that page grow without end for everybody. The official registry stops at 10,000 versions of one server, and so does
this one; `[limits] versions_per_server` in `registry.toml` can be lower.

Publish the versions that people should install, and not every build.",
    tree: Some(judge),
    ..Rule::BLANK
};

fn judge(tree: &Tree) -> Vec<Finding> {
    let most = tree.registry.config.limits.versions_per_server;
    let mut findings = Vec::new();
    for (name, server) in tree.registry.servers.iter().filter(|(_, server)| server.releases.len() > most) {
        let mut releases: Vec<_> = server.releases.iter().collect();
        releases.sort_by_key(|release| release.published);
        for release in &releases[most..] {
            let message = format!("`{name}` has {} versions, and at most {most} are allowed", releases.len());
            findings.push(RULE.finding(
                tree.place(name, &release.version, "/version"),
                message,
                "leave this one out; versions that are published stay",
            ));
        }
    }
    findings
}
