//! `gazette publish` and its kin: plan, refuse or apply, say what was done.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
    process::ExitCode,
};

use crate::{
    adapters::{
        WayOut, chance,
        clock::SystemClock,
        disk,
        pages::{Form, Keep},
        terminal::{self, Progress},
    },
    cli::{Gc, Nightly, PlanOf, Publish, Rollback, Whereto},
    digest::GitId,
    instant::Instant,
    manifest::{Manifest, Shards},
    plan::{
        Leaving, Plan,
        limits::{Limit, Limits, Passed},
    },
    publish::{self, Edition, Outcome, Publisher, Receipt, Settings, Standing, Stopped, gc as sweep},
    report::{self, Report},
};

use super::{
    build::some,
    check,
    edition::{Made, Read, circumstances, standing_against},
    keys::Keys,
    place::Place,
    read_back::{Look, Traces},
    target::{Chosen, Opened},
};

/// Exit status of what was refused.
const REFUSED: u8 = 2;
const DAY: i64 = 86_400;

/// Everything about one publication but what is published.
struct Way<'a> {
    place: &'a Place,
    chosen: Chosen,
    settings: Settings,
    /// What was found in the registry, if anybody looked.
    report: Option<Report>,
}

impl<'a> Way<'a> {
    fn of(place: &'a Place, read: &Read, whereto: &Whereto, is_nightly: bool, must_sign: bool) -> anyhow::Result<Self> {
        let chosen = Chosen::of(&read.config, whereto.target.as_deref(), is_nightly)?;
        let Keys { signers, trust } = Keys::of(whereto, &read.config, chosen.target.signing, must_sign)?;
        let holder = format!("{:016x}", u64::from_be_bytes(chance::bytes()?));
        let settings = Settings {
            holder,
            width: usize::from(whereto.jobs),
            grace: 0,
            lifetime: i64::from(read.config.signing.expires_days) * DAY,
            signers,
            trust,
            // Whoever holds the lock of a folder knows that nobody else is at work in it.
            force: whereto.force || chosen.form() == Form::Folder,
            repair: false,
            overwrite: false,
            unguarded: false,
        };
        Ok(Self { place, chosen, settings, report: None })
    }

    fn publisher<'p>(&'p self, opened: &'p Opened, progress: &'p (dyn Fn(usize) + Sync)) -> Publisher<'p> {
        Publisher { bucket: &*opened.bucket, cdn: opened.cdn.as_deref(), clock: &SystemClock, settings: &self.settings, progress }
    }
}

pub(super) fn run(args: &Publish, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let place = Place::find(args.whereto.data.as_deref())?;
    let read = Read::at(&place, None)?;
    let way = Way::of(&place, &read, &args.whereto, false, !args.dry_run)?;
    publish(args, read, way, &args.allow, colour, out)
}

pub(super) fn nightly(Nightly { publish: args }: &Nightly, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let place = Place::find(args.whereto.data.as_deref())?;
    let read = Read::at(&place, None)?;
    let mut way = Way::of(&place, &read, &args.whereto, true, !args.dry_run)?;
    way.report = Some(check::judge_tree(&read.source)?);
    publish(args, read, way, &args.allow, colour, out)
}

/// What is wrong with versions that are published, or about to be; what keeps them from it was said before.
fn tell_findings(report: Option<&Report>, colour: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(report) = report.filter(|report| !report.findings.is_empty()) else { return Ok(()) };
    out.write_all(report::text::render(report, colour).as_bytes())?;
    terminal::note("these do not stop the night: everything can be read, and is what its path says");
    Ok(())
}

pub(super) fn rollback(
    Rollback { publication, publish: args }: &Rollback,
    colour: bool,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let place = Place::find(args.whereto.data.as_deref())?;
    let head = Read::at(&place, None)?;
    let way = Way::of(&place, &head, &args.whereto, false, !args.dry_run)?;
    let opened = way.chosen.open(&place, &head.config, way.settings.width)?;
    let standing = Standing::read(&way.publisher(&opened, &|_| {})).map_err(way_out)?;
    drop(opened);
    let newest = standing.checkpoint.as_ref().map(|checkpoint| checkpoint.publication);
    let is_known = newest.is_none_or(|newest| *publication <= newest);
    let published = standing.state.published(*publication).filter(|_| is_known).cloned();
    let commit = published.as_ref().and_then(|published| GitId::parse(published.commit.as_deref()?));
    let Some(commit) = commit else {
        let known: Vec<String> = standing.state.roots.iter().map(|published| published.publication.to_string()).collect();
        let error = format!("publication {publication} is not remembered, or was of no commit");
        return Err(WayOut::new(error, format!("name one of: {}", known.join(", "))).into());
    };
    // Readers are told the keys of today, which sign.
    let read = Read::at(&place, Some(commit))?.with_keys_of(&head);
    // Going back is what is asked for.
    let allowed = [args.allow.as_slice(), &[Limit::History]].concat();
    publish(args, read, way, &allowed, colour, out)
}

/// Plans, refuses or applies, and reads back.
fn publish(
    args: &Publish,
    read: Read,
    mut way: Way,
    allowed: &[Limit],
    colour: bool,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    (way.settings.grace, way.settings.repair) = (args.grace.0, args.repair);
    way.settings.overwrite = allowed.contains(&Limit::Foreign);
    way.settings.unguarded = allowed.contains(&Limit::Unguarded);
    let opened = way.chosen.open(way.place, &read.config, way.settings.width)?;
    let is_going_back = allowed.len() > args.allow.len();
    let quiet = way.publisher(&opened, &|_| {});
    let looked = Standing::read(&quiet);
    let looked = if args.dry_run { looked } else { looked.and_then(|standing| standing.unless_busy(&quiet)) };
    let standing = match looked {
        Ok(standing) => standing,
        Err(stopped) => {
            tell_findings(way.report.as_ref(), colour, out)?;
            return Err(way_out(stopped));
        }
    };
    let is_all_written = args.repair || standing.is_nothing_known() && opened.bucket.built().is_none();
    let keep = if is_all_written && !args.dry_run { Keep::Everything } else { Keep::Nothing };
    let made = read.edition(way.chosen.form(), keep, colour, out, |edition, out| {
        tell_findings(way.report.as_ref(), colour, out)?;
        let plan = standing.plan(edition, &quiet).map_err(way_out)?;
        let circumstances = circumstances(way.place, edition.facts, &standing)?;
        let epoch = standing.checkpoint.as_ref().map(|before| before.epoch.as_str());
        let is_new_epoch = is_going_back || epoch != Some(edition.facts.epoch.as_str());
        let passed = Limits::default().passed(&plan, &circumstances);
        let against = standing_against(passed, &allowed.iter().copied().collect(), is_new_epoch);
        out.write_all(plan.text(&against).as_bytes())?;
        if !against.is_empty() {
            return refused(&against);
        }
        if args.dry_run {
            return Ok(ExitCode::SUCCESS);
        }
        out.flush()?;
        let progress = Progress::of(plan.puts().len());
        let traces = Traces::of(&standing, &plan);
        let result = publish::apply(&plan, standing, edition, &way.publisher(&opened, &|done| progress.at(done)));
        progress.end();
        let noted = note(args, &result);
        let mut receipt = result.map_err(way_out)?;
        noted?;
        opened.finish(edition.manifest)?;
        told(&receipt, &way.chosen, out)?;
        if !args.no_read_back {
            let (trust, base_url) = (&way.settings.trust, &edition.facts.base_url);
            let look = Look { args, chosen: &way.chosen, trust, base_url, traces: &traces };
            let seen = look.back(&mut receipt, colour, out);
            let noted = note(args, &Ok(receipt));
            seen?;
            noted?;
        }
        Ok(ExitCode::SUCCESS)
    })?;
    Ok(match made {
        Made::Whole(code) | Made::Refused(code) => code,
    })
}

fn refused(against: &[Passed]) -> anyhow::Result<ExitCode> {
    let names: Vec<&str> = against.iter().map(|passed| passed.limit.as_str()).collect();
    let error = format!("this publication passes {}: {}", if names.len() == 1 { "a limit" } else { "limits" }, names.join(", "));
    let allow: Vec<String> = names.iter().map(|name| format!("`--allow {name}`")).collect();
    let mut help = format!("if it is meant, pass {}", allow.join(" "));
    if names.contains(&Limit::History.as_str()) {
        help.push_str("; another history also needs a new `epoch` under `[feed]` in registry.toml");
    }
    Err(WayOut::new(error, help).into())
}

fn way_out(Stopped { error, help, .. }: Stopped) -> anyhow::Error {
    WayOut::new(error, help).into()
}

fn note(args: &Publish, result: &Result<Receipt, Stopped>) -> anyhow::Result<()> {
    let Some(file) = &args.receipt else { return Ok(()) };
    let receipt = match result {
        Ok(receipt) | Err(Stopped { receipt, .. }) => receipt,
    };
    disk::write(file, &[serde_json::to_vec_pretty(receipt)?, b"\n".to_vec()].concat())
}

fn told(receipt: &Receipt, chosen: &Chosen, out: &mut dyn Write) -> anyhow::Result<()> {
    let Receipt { outcome, publication, requests, written, deleted, seconds, bytes, .. } = receipt;
    let what = match outcome {
        Outcome::Renewed => "renewed".to_owned(),
        _ => {
            format!("published: {} written, {deleted} deleted", some(usize::try_from(written.values().sum::<u64>())?, "document"))
        }
    };
    let publication = publication.unwrap_or_default();
    writeln!(out, "{what}; publication {publication} at `{}`", chosen.target.target)?;
    let publish::Requests { get, put, delete, list } = requests;
    writeln!(out, "  {get} GET, {put} PUT, {delete} DELETE, {list} LIST; {bytes} bytes sent in {seconds} s")?;
    Ok(())
}

pub(super) fn plan(args: &PlanOf, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let place = Place::find(args.whereto.data.as_deref())?;
    let to = Read::at(&place, Some(place.repository()?.resolve(&args.to)?))?;
    match &args.from {
        Some(from) => between_commits(args, &place, from, to, colour, out),
        None => towards_target(args, &place, to, colour, out),
    }
}

/// What one commit would publish that another did not.
fn between_commits(
    args: &PlanOf,
    place: &Place,
    from: &str,
    to: Read,
    colour: bool,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let from = Read::at(place, Some(place.repository()?.resolve(from)?))?;
    let form = Chosen::of(&to.config, args.whereto.target.as_deref(), true)?.form();
    let before = match from.manifest(form, colour, out)? {
        Made::Whole(manifest) => manifest,
        Made::Refused(code) => return Ok(code),
    };
    let made = to.edition(form, Keep::Nothing, colour, out, |edition, out| {
        let plan = settled(&before, edition, args.grace.0);
        show(&plan, &[], args.json, out)
    })?;
    Ok(match made {
        Made::Whole(()) => ExitCode::SUCCESS,
        Made::Refused(code) => code,
    })
}

fn settled<'e>(before: &Manifest, edition: &Edition<'e>, grace: i64) -> Plan<'e> {
    let nothing = (BTreeMap::new(), BTreeSet::new());
    let leaving = Leaving { waiting: &nothing.0, condemned: &nothing.1, deleted: edition.deleted, now: Instant(0), grace };
    let (root, after) = (Shards::of(before).root, Shards::of(edition.manifest).root);
    Plan::between(before, edition.manifest).settle(&leaving, edition.manifest).estimated(Some(&root), &after)
}

fn towards_target(args: &PlanOf, place: &Place, to: Read, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut way = Way::of(place, &to, &args.whereto, true, false)?;
    way.settings.grace = args.grace.0;
    let opened = way.chosen.open(place, &to.config, way.settings.width)?;
    let made = to.edition(way.chosen.form(), Keep::Nothing, colour, out, |edition, out| {
        let publisher = way.publisher(&opened, &|_| {});
        let standing = Standing::read(&publisher).map_err(way_out)?;
        let plan = standing.plan(edition, &publisher).map_err(way_out)?;
        let passed = Limits::default().passed(&plan, &circumstances(place, edition.facts, &standing)?);
        show(&plan, &passed, args.json, out)?;
        Ok(if passed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
    })?;
    Ok(match made {
        Made::Whole(code) | Made::Refused(code) => code,
    })
}

fn show(plan: &Plan, passed: &[Passed], is_json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let text = if is_json { serde_json::to_string_pretty(&plan.json(passed))? + "\n" } else { plan.text(passed) };
    Ok(out.write_all(text.as_bytes())?)
}

pub(super) fn gc(args: &Gc, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let place = Place::find(args.whereto.data.as_deref())?;
    let read = Read::at(&place, None)?;
    let way = Way::of(&place, &read, &args.whereto, true, false)?;
    let opened = way.chosen.open(&place, &read.config, way.settings.width)?;
    let publisher = way.publisher(&opened, &|_| {});
    let standing = Standing::read(&publisher).map_err(way_out)?;
    if args.dry_run {
        let keys = sweep::unneeded(&standing, &publisher).map_err(way_out)?;
        keys.iter().try_for_each(|key| writeln!(out, "{key}"))?;
        terminal::note(&format!("{} would be deleted", some(keys.len(), "manifest file")));
    } else {
        let receipt = sweep::collect(standing, &publisher).map_err(way_out)?;
        writeln!(out, "{} deleted", some(usize::try_from(receipt.deleted)?, "manifest file"))?;
    }
    Ok(ExitCode::SUCCESS)
}
