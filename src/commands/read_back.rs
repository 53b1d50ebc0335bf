//! Reading back what was published, as its readers see it: through the address of the registry, or where it is a folder, from the
//! folder as a plain host of files would serve it.

use std::{collections::BTreeSet, io::Write, path::Path};

use crate::{
    adapters::{WayOut, chance, clock::SystemClock, static_host::StaticHost, terminal, web::Web},
    checkpoint::Trust,
    cli::{DEFAULT_SAMPLE, Publish},
    config::publish::Address,
    digest::Sha256,
    finding::{Verdict, quoted},
    plan::Plan,
    ports::Clock,
    publish::{ReadBack, Receipt, Standing, read_back::Watch},
    verify::{
        Host, Report,
        address::Base,
        port::{Fetch, Unreached},
        publication::{Pinned, Publication, Reader, Sample, Seed},
        text,
    },
};

use super::{build::some, target::Chosen, verify::unreached};

/// What has to be kept of a publication to know its site again.
pub(super) struct Traces<'a> {
    earlier: Vec<(u64, Sha256)>,
    changed: BTreeSet<&'a str>,
}

impl<'a> Traces<'a> {
    pub(super) fn of(standing: &Standing, plan: &'a Plan) -> Self {
        let earlier = standing.state.roots.iter().rev().map(|published| (published.publication, published.root));
        Self { earlier: earlier.collect(), changed: plan.puts().iter().map(|put| put.key).collect() }
    }
}

/// One publication, and where its readers are.
pub(super) struct Look<'a> {
    pub(super) args: &'a Publish,
    pub(super) chosen: &'a Chosen,
    pub(super) trust: &'a Trust,
    pub(super) base_url: &'a str,
    pub(super) traces: &'a Traces<'a>,
}

impl Look<'_> {
    /// Looks, says what was seen, and notes it; an error if that is not what was published.
    pub(super) fn back(&self, receipt: &mut Receipt, colour: bool, out: &mut dyn Write) -> anyhow::Result<()> {
        let (address, base, fetch) = where_to_look(self.args, self.chosen, self.base_url)?;
        let host = if base.is_folder() { Host::Folder } else { Host::Unknown };
        let reader = Reader::new(&base, host, fetch.as_ref()).greeted();
        let root = receipt.root.as_deref().and_then(Sha256::parse);
        let published = receipt.publication.zip(root).expect("what stands has a number and a root");
        let began = SystemClock.elapsed();
        let sample = Sample::Of(DEFAULT_SAMPLE, Seed(chance::bytes()?));
        let seen = self.watch(reader, &published, sample);
        let seconds = SystemClock.elapsed().saturating_sub(began).as_secs();
        let stands = format!("publication {} stands, but", published.0);
        let publication = match seen {
            Ok(publication) => publication,
            Err(why) => {
                let problems = vec![why.to_string()];
                receipt.read_back = Some(ReadBack { address: address.clone(), compared: 0, problems, seconds });
                let WayOut { error, help } = unreached(&address, &why);
                let help = format!("{help}; to publish before readers can come, pass `--no-read-back`");
                return Err(WayOut::new(format!("{stands} {error}"), help).into());
            }
        };
        receipt.read_back = Some(noted(&publication, &address, seconds));
        tell(&publication, &address, reader.host(), colour, out)?;
        if publication.verdict() < Some(Verdict::Reject) {
            return Ok(());
        }
        let help = format!("do what is said above, then look again with `gazette verify {address}`");
        Err(WayOut::new(format!("{stands} {} does not answer with it", quoted(&address)), help).into())
    }

    fn watch(&self, reader: Reader, published: &(u64, Sha256), sample: Sample) -> Result<Publication, Unreached> {
        let pinned = match self.trust {
            Trust::Keys(keys) => Pinned::Keys(keys.clone()),
            Trust::Anyone => Pinned::Anyone,
        };
        let watch = Watch {
            reader,
            clock: &SystemClock,
            pinned: &pinned,
            earlier: &self.traces.earlier,
            changed: &self.traces.changed,
            sample,
            standing: &|| self.chosen.standing(self.trust),
            told: &terminal::note,
        };
        watch.look(published, self.base_url)
    }
}

/// In one line, if all is well.
fn tell(publication: &Publication, address: &str, host: Host, colour: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    if publication.verdict().is_some() {
        let report = Report { target: address.to_owned(), host, clients: Vec::new(), publication: Some(publication.clone()) };
        return Ok(out.write_all(text::render(&report, colour).as_bytes())?);
    }
    if publication.compared == 0 {
        let why = publication.checks.last().map_or("it lists no document", |check| &check.message);
        writeln!(out, "  read back at {}: nothing was compared; {why}", quoted(address))?;
        return Ok(());
    }
    let compared = some(usize::try_from(publication.compared)?, "document");
    writeln!(out, "  read back at {}: {compared} of {} compared, all as published", quoted(address), publication.listed)?;
    Ok(())
}

fn where_to_look(args: &Publish, chosen: &Chosen, base_url: &str) -> anyhow::Result<(String, Base, Box<dyn Fetch + Sync>)> {
    if let (None, Address::Folder(dir)) = (&args.read_back, &chosen.address) {
        return Ok((dir.clone(), Base::folder(), Box::new(StaticHost::new(Path::new(dir))?)));
    }
    let address = args.read_back.as_deref().unwrap_or(base_url);
    let base = Base::parse(address).map_err(|flaw| WayOut::new(flaw.error, flaw.help))?;
    Ok((base.as_str().to_owned(), base, Box::new(Web::new())))
}

fn noted(publication: &Publication, address: &str, seconds: u64) -> ReadBack {
    let problems = publication.checks.iter().filter(|check| check.verdict >= Some(Verdict::Review));
    ReadBack {
        address: address.to_owned(),
        compared: publication.compared,
        problems: problems.map(|check| format!("{}: {} ({})", check.asked, check.message, check.answer)).collect(),
        seconds,
    }
}
