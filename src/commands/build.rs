//! `gazette build`: a registry, rendered into a folder.

use std::{io::Write, path::Path, process::ExitCode};

use crate::{
    adapters::{
        WayOut,
        clock::Stopwatch,
        dir::{Directory, Fresh, Nowhere, Recalled, Stamp, Target, Update, Written},
        disk, folder,
        pages::Form,
        terminal::{self, Progress},
    },
    cli::Build,
    digest::Sha256,
    finding::{Finding, Verdict},
    manifest::Manifest,
    name::ServerName,
    registry::Registry,
    report::{self, Report, Scope},
    site::{Sink, Site, Wants, hosting::limits::Measures, inputs::Inputs, path},
};

use super::{
    TO_FIX,
    place::{Place, note_uncommitted, settings},
};

pub(super) fn run(build: &Build, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut watch = Stopwatch::start();
    let place = Place::find(build.data.as_deref())?;
    let target = match build.out.to_str() {
        Some("-") => None,
        _ => Some(target(&place, &build.out)?),
    };
    let program = disk::program()?;
    if let Some(stamp) = unchanged(build, &place, target.as_ref(), &program)? {
        let uncommitted = place.uncommitted()?;
        watch.stage("comparing");
        summarize(&stamp, Written { unchanged: stamp.documents, ..Written::default() }, build, out)?;
        terminal::note(&format!("time: {}", watch.summary()));
        note_uncommitted(uncommitted);
        return Ok(ExitCode::SUCCESS);
    }

    let source = match build.as_of {
        Some(at) => place.as_of(at)?,
        None => place.committed()?,
    };
    let (config, _) = settings(&source.checkout)?;
    watch.stage("history");
    let (outlined, goal) = rayon::join(
        || Registry::outline(&source.checkout, source.history.clone(), config),
        || Goal::of(target, &program, build.repair),
    );
    let (registry, findings) = outlined?;
    if findings.iter().any(|finding| finding.verdict == Verdict::Reject) {
        return refuse(findings, &registry, colour, out);
    }
    watch.stage("reading");
    let site = Site::of(&registry, &source.checkout);
    let rendered = render(&site, &place, &program, goal?)?;
    let (stamp, written) = match rendered {
        Ok(rendered) => rendered,
        Err(findings) => return refuse(findings, &registry, colour, out),
    };
    watch.stage("rendering and writing");
    summarize(&stamp, written, build, out)?;
    terminal::note(&format!("time: {}", watch.summary()));
    note_uncommitted(source.uncommitted);
    Ok(ExitCode::SUCCESS)
}

/// Where a site goes, and what is known of what lies there.
enum Goal {
    Nowhere,
    Fresh(Directory),
    Over(Box<Recalled>),
}

impl Goal {
    fn of(target: Option<Target>, program: &Sha256, repair: bool) -> anyhow::Result<Self> {
        Ok(match target {
            None => Self::Nowhere,
            Some(Target::Fresh(directory)) => Self::Fresh(directory),
            Some(Target::Existing(built)) => Self::Over(Box::new(built.recall(program, repair)?)),
        })
    }
}

/// A folder that is neither in the registry nor around it.
fn target(place: &Place, dir: &Path) -> anyhow::Result<Target> {
    if folder::overlap(&place.data, dir) {
        let error = format!("`{}` holds the registry itself, or lies in it", dir.display());
        return Err(WayOut::new(error, "name another folder with `--out DIR`").into());
    }
    Target::open(dir)
}

/// The last build's stamp, if it was of the same commit by the same program.
fn unchanged(build: &Build, place: &Place, target: Option<&Target>, program: &Sha256) -> anyhow::Result<Option<Stamp>> {
    let Some(Target::Existing(folder)) = target else { return Ok(None) };
    if build.as_of.is_some() || build.repair {
        return Ok(None);
    }
    let head = place.repository()?.head()?.to_string();
    let same = |stamp: &Stamp| stamp.commit.as_ref() == Some(&head) && stamp.prefix == place.prefix && stamp.program == *program;
    Ok(folder.stamp(same).cloned())
}

type Rendered = Result<(Stamp, Written), Vec<Finding>>;

fn render(site: &Site, place: &Place, program: &Sha256, goal: Goal) -> anyhow::Result<Rendered> {
    let stamp = |manifest: &Manifest| stamp(site, place, program, manifest);
    let inputs = || Inputs::of(site, program);
    let (plain, counts) = (site.registry.config.site.plain, site.facts.counts);
    match goal {
        Goal::Nowhere => {
            let nowhere = Nowhere::of(counts, Form::Folder);
            let findings = all(site, &nowhere)?;
            Ok(if findings.is_empty() { Ok((stamp(&nowhere.manifest()), Written::default())) } else { Err(findings) })
        }
        Goal::Fresh(directory) => {
            let fresh = Fresh::begin(directory, plain, counts);
            site.host_pages().iter().try_for_each(|page| fresh.page(&page.paths, &page.body))?;
            let findings = all(site, &fresh)?;
            if findings.is_empty() {
                return fresh.finish(stamp, inputs()).map(Ok);
            }
            Ok(Err(findings))
        }
        Goal::Over(recalled) => changed(site, Update::begin(*recalled, plain, counts), inputs(), stamp),
    }
}

/// What is not as the last build made it.
fn changed(
    site: &Site,
    mut update: Update,
    inputs: Inputs,
    stamp: impl FnOnce(&Manifest) -> Stamp + Send,
) -> anyhow::Result<Rendered> {
    let before = update.take_inputs().unwrap_or_default();
    let has_changed = |name: &ServerName| !inputs.same_server(&before, name);
    let collections = !inputs.same_whole(&before);
    update.rely(collections && inputs.all == before.all);
    let progress = Progress::of(site.facts.counts.servers);
    let wants = Wants { server: &has_changed, collections, progress: &|done| progress.at(done) };
    let findings = site.render(&wants, &update)?;
    site.host_pages().iter().try_for_each(|page| update.page(&page.paths, &page.body))?;
    progress.end();
    if !findings.is_empty() {
        return Ok(Err(findings));
    }
    let stays = |inputs: &Inputs, key: &str| match path::server_of(key).and_then(|name| Some((name, inputs.servers.get(name)?))) {
        Some((name, now)) => before.servers.get(name) == Some(now),
        // Where a server was whose every version is deleted, a page says so; it is made with those that are made of all servers.
        None => !collections,
    };
    let stays = |inputs: &Inputs, key: &str| inputs.all == before.all && stays(inputs, key);
    update.apply(stays, stamp, inputs).map(Ok)
}

/// Every page of a site that nothing is known of.
fn all(site: &Site, sink: &impl Sink) -> anyhow::Result<Vec<Finding>> {
    let progress = Progress::of(site.facts.counts.servers);
    let wants = Wants { server: &|_| true, collections: true, progress: &|done| progress.at(done) };
    let findings = site.render(&wants, sink);
    progress.end();
    findings
}

fn stamp(site: &Site, place: &Place, program: &Sha256, manifest: &Manifest) -> Stamp {
    let facts = &site.facts;
    let plain = site.registry.config.site.plain;
    let (digest, (measures, bytes)) =
        rayon::join(|| manifest.digest(), || rayon::join(|| Measures::of(manifest, facts.counts, plain), || manifest.bytes()));
    Stamp {
        program: *program,
        commit: facts.commit.map(|commit| commit.to_string()),
        prefix: place.prefix.clone(),
        serial: facts.serial,
        counts: facts.counts,
        documents: manifest.documents().count(),
        limits: measures.notes(),
        bytes,
        digest,
        plain,
    }
}

/// What cannot be published, as `gazette check` says it.
fn refuse(findings: Vec<Finding>, registry: &Registry, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let scope = Scope::Tree { servers: registry.servers.len(), versions: registry.versions() };
    out.write_all(report::text::render(&Report::of(findings, scope), colour).as_bytes())?;
    terminal::note("nothing was built: these files would be missing from the site; `gazette check` says more");
    Ok(ExitCode::from(TO_FIX))
}

fn summarize(stamp: &Stamp, written: Written, build: &Build, out: &mut dyn Write) -> anyhow::Result<()> {
    let Stamp { counts, serial, documents, bytes, digest, .. } = stamp;
    let commit = stamp.commit.as_ref().map_or_else(|| "the files as they lie".to_owned(), |id| format!("commit {}", &id[..10]));
    let servers = format!(
        "{}, {}, {}",
        some(counts.servers, "server"),
        some(counts.versions, "version"),
        some(counts.namespaces, "namespace")
    );
    let documents = format!("{}, {}", some(*documents, "document"), size(*bytes));
    if build.out.to_str() == Some("-") {
        writeln!(out, "rendered {commit}, serial {serial}: {servers}\n  {documents}")?;
    } else {
        let Written { written, removed, unchanged } = written;
        writeln!(out, "built `{}` from {commit}, serial {serial}: {servers}\n  {documents}", build.out.display())?;
        writeln!(out, "  {written} written, {removed} removed, {unchanged} unchanged")?;
        stamp.limits.iter().for_each(|passed| terminal::note(passed));
    }
    writeln!(out, "  sha256 {digest}")?;
    Ok(())
}

pub(super) fn some(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Bytes as people read them.
#[expect(clippy::cast_precision_loss, reason = "one digit behind the point is shown")]
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
