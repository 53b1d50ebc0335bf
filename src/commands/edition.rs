//! What is published of a commit: read, rendered once to be listed, and compared with what lies at a target.

use std::{collections::BTreeSet, io::Write, process::ExitCode};

use crate::{
    adapters::{
        clock::SystemClock,
        pages::{Extra, Form, Keep, Pages},
        terminal::{self, Progress},
    },
    checkpoint::{Checkpoint, Distrust},
    config::Config,
    digest::GitId,
    finding::{Finding, Verdict},
    manifest::Manifest,
    plan::limits::{Circumstances, Limit, Passed},
    ports::{Clock, Headers},
    publish::{Edition, Standing},
    registry::Registry,
    report::{self, Report, Scope},
    site::{
        Facts, Site,
        path::{Cache, Kind},
    },
};

use super::{
    TO_FIX,
    place::{Place, Source, note_uncommitted, settings},
};

/// A commit's registry, read.
pub(super) struct Read {
    pub(super) source: Source,
    pub(super) config: Config,
}

/// What came of it: something, or what kept it from being published and was said.
pub(super) enum Made<T> {
    Whole(T),
    Refused(ExitCode),
}

impl Read {
    pub(super) fn at(place: &Place, commit: Option<GitId>) -> anyhow::Result<Self> {
        let source = match commit {
            Some(commit) => place.at(commit)?,
            None => place.committed()?,
        };
        let (config, _) = settings(&source.checkout)?;
        Ok(Self { source, config })
    }

    /// As it was, but signed by the keys of another commit.
    #[must_use]
    pub(super) fn with_keys_of(mut self, other: &Self) -> Self {
        self.config.signing.keys.clone_from(&other.config.signing.keys);
        self
    }

    /// Renders the edition, and does something with it.
    pub(super) fn edition<T>(
        self,
        form: Form,
        keep: Keep,
        colour: bool,
        out: &mut dyn Write,
        then: impl FnOnce(&Edition, &mut dyn Write) -> anyhow::Result<T>,
    ) -> anyhow::Result<Made<T>> {
        note_uncommitted(self.source.uncommitted);
        let Source { checkout, history, .. } = self.source;
        let extras = extras(&self.config);
        let (registry, findings) = Registry::outline(&checkout, history, self.config)?;
        if findings.iter().any(|finding| finding.verdict == Verdict::Reject) {
            return refuse(findings, &registry, colour, out);
        }
        let site = Site::of(&registry, &checkout);
        let pages = Pages::of(&site, form, extras);
        let progress = Progress::of(site.facts.counts.servers);
        let surveyed = pages.survey(keep, &|done| progress.at(done));
        progress.end();
        let manifest = match surveyed? {
            Ok(manifest) => manifest,
            Err(findings) => return refuse(findings, &registry, colour, out),
        };
        let (facts, deleted) = (site.facts.clone(), pages.deleted());
        let (facts, manifest, deleted) = (&facts, &manifest, &deleted);
        let done = match keep {
            Keep::Nothing => then(&Edition { facts, manifest, deleted, source: &pages }, out),
            Keep::Everything => {
                let kept = pages.into_kept();
                // Publishing needs the memory, and nothing is read any more.
                drop((registry, checkout));
                then(&Edition { facts, manifest, deleted, source: &kept }, out)
            }
        };
        done.map(Made::Whole)
    }

    /// What is rendered at a commit, and nothing else.
    pub(super) fn manifest(self, form: Form, colour: bool, out: &mut dyn Write) -> anyhow::Result<Made<Manifest>> {
        self.edition(form, Keep::Nothing, colour, out, |edition, _| Ok(edition.manifest.clone()))
    }
}

/// The keys that readers pin.
fn extras(config: &Config) -> Vec<Extra> {
    let keys = &config.signing.keys;
    if keys.is_empty() {
        return Vec::new();
    }
    let headers = Headers { content_type: Kind::Text.content_type(), cache_control: Cache::Document.control() };
    vec![Extra { key: "keys.txt", headers, body: (keys.join("\n") + "\n").into_bytes() }]
}

fn refuse<T>(findings: Vec<Finding>, registry: &Registry, colour: bool, out: &mut dyn Write) -> anyhow::Result<Made<T>> {
    let scope = Scope::Tree { servers: registry.servers.len(), versions: registry.versions() };
    out.write_all(report::text::render(&Report::of(findings, scope), colour).as_bytes())?;
    terminal::note("nothing was published: these files would be missing from the site; `gazette check` says more");
    Ok(Made::Refused(ExitCode::from(TO_FIX)))
}

/// What the limits look at, of an edition and of where it would go.
pub(super) fn circumstances(place: &Place, facts: &Facts, standing: &Standing) -> anyhow::Result<Circumstances> {
    let before = standing.checkpoint.as_ref();
    let elsewhere = before.filter(|before| before.base_url != facts.base_url);
    Ok(Circumstances {
        now: SystemClock.now(),
        newest: facts.newest,
        counts: facts.counts,
        counts_before: standing.counts(),
        broken_history: before.map_or(Ok(None), |before| broken_history(place, facts, before))?,
        distrust: standing
            .distrust
            .as_ref()
            .map(Distrust::to_string)
            .map(|why| format!("the checkpoint there is not believed: {why}")),
        elsewhere: elsewhere.map(|before| format!("the checkpoint there is of `{}`", before.base_url)),
    })
}

/// Why a commit does not continue the published one.
fn broken_history(place: &Place, facts: &Facts, before: &Checkpoint) -> anyhow::Result<Option<String>> {
    let (Some(commit), Some(published)) = (facts.commit, before.commit) else {
        return Ok((facts.commit != before.commit).then(|| "the history of one of the two is unknown".to_owned()));
    };
    if place.repository()?.continues(commit, published)? {
        return Ok(None);
    }
    let published = published.short();
    Ok(Some(format!("commit {} does not continue the published commit {published} on the first-parent line", commit.short())))
}

/// The limits that stand against it. Another history under the same name would mislead readers whatever is allowed.
pub(super) fn standing_against(passed: Vec<Passed>, allowed: &BTreeSet<Limit>, is_new_epoch: bool) -> Vec<Passed> {
    let is_allowed = |limit: Limit| allowed.contains(&limit) && (limit != Limit::History || is_new_epoch);
    passed.into_iter().filter(|passed| !is_allowed(passed.limit)).collect()
}
