//! `gazette verify`: what each client makes of a registry that somebody published, and whether it is what its checkpoint says.

use std::{io::Write, path::Path, process::ExitCode};

use crate::{
    adapters::{WayOut, chance, clock::SystemClock, disk, folder, static_host::StaticHost, terminal, web::Web},
    checkpoint::{Checkpoint, Trust, note::Verifier},
    cli::{Proof, Told, Verify},
    finding::{Verdict, quoted},
    ports::Clock,
    verify::{
        self, Client,
        address::Base,
        json,
        port::{Fetch, Unreached},
        publication::{self, Pinned, Reader, Sample, Seed, Wants},
        text,
    },
};

use super::{TO_FIX, keys, place::Place};

pub(super) fn run(verify: &Verify, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let (base, fetch) = target(&verify.target)?;
    let clients = clients(verify, &base)?;
    let server = verify.server.as_deref();
    let unreached = |why: Unreached| unreached(&verify.target, &why);
    if base.is_file() && verify.demands_checkpoint() {
        let error = format!("{} is one file, and a checkpoint is of a whole registry", quoted(&verify.target));
        return Err(WayOut::new(error, "name the registry's address without the file").into());
    }
    let wants = if verify.wants_checkpoint() && !base.is_file() {
        Some(wants(&verify.proof, verify.demands_checkpoint())?)
    } else {
        None
    };
    let mut report = verify::verify(&verify.target, &base, server, &clients, fetch.as_ref()).map_err(unreached)?;
    if let Some(wants) = wants {
        let reader = Reader::new(&base, report.host, fetch.as_ref()).greeted();
        report.publication = Some(publication::look(&reader, &wants).map_err(unreached)?);
        report.host = reader.host();
    }
    let told = match verify.format {
        Told::Text => text::render(&report, colour),
        Told::Json => json::render(&report),
    };
    out.write_all(told.as_bytes())?;
    Ok(if report.verdict() == Some(Verdict::Reject) { ExitCode::from(TO_FIX) } else { ExitCode::SUCCESS })
}

/// Where to ask: what has a scheme is an address, anything else a folder.
fn target(text: &str) -> anyhow::Result<(Base, Box<dyn Fetch + Sync>)> {
    let path = Path::new(text);
    if folder::is_folder(path) {
        return Ok((Base::folder(), Box::new(StaticHost::new(path)?)));
    }
    if !text.contains(':') {
        let error = format!("there is no folder {}", quoted(text));
        return Err(WayOut::new(error, "name a folder, or an address that begins with `https://`").into());
    }
    let base = Base::parse(text).map_err(|flaw| WayOut::new(flaw.error, flaw.help))?;
    Ok((base, Box::new(Web::new())))
}

/// What the checkpoint is held to.
fn wants(proof: &Proof, is_demanded: bool) -> anyhow::Result<Wants> {
    let pinned = if proof.keys.is_empty() { ours() } else { Pinned::Keys(pinned(&proof.keys)?) };
    let seen = proof.seen.as_deref().map(|file| {
        Checkpoint::read(&disk::read(file)?, &Trust::Anyone).map_err(|why| {
            let error = format!("`{}` cannot be compared with: {why}", file.display());
            anyhow::Error::from(WayOut::new(error, "name a file that holds what `/checkpoint` answered the last time"))
        })
    });
    let drawn = proof.seed.map_or_else(|| chance::bytes().map(Seed), Ok)?;
    Ok(Wants {
        now: SystemClock.now(),
        pinned,
        is_demanded,
        max_age: proof.max_age.map(|span| span.0),
        base_url: proof.base_url.as_deref().map(|url| url.trim_end_matches('/').to_owned()),
        seen: seen.transpose()?,
        sample: if proof.all { Sample::All } else { Sample::Of(proof.sample, drawn) },
    })
}

/// Keys as they are, and those of files.
fn pinned(named: &[String]) -> anyhow::Result<Vec<Verifier>> {
    let mut keys = Vec::new();
    for named in named {
        if let Some(key) = Verifier::parse(named) {
            keys.push(key);
            continue;
        }
        if !folder::is_file(Path::new(named)) {
            let error = format!("{} is neither a key nor a file with keys", quoted(named));
            return Err(WayOut::new(error, "write what `gazette keygen` printed after `keys =`, without quotes").into());
        }
        let text = disk::read_text(Path::new(named))?;
        let before = keys.len();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            keys.push(Verifier::parse(line).ok_or_else(|| {
                let error = format!("{} holds a line that is no key", quoted(named));
                WayOut::new(error, "write a key a line, as `gazette keygen` printed it, without quotes")
            })?);
        }
        if keys.len() == before {
            return Err(WayOut::new(format!("{} holds no key", quoted(named)), "write a key a line").into());
        }
    }
    Ok(keys)
}

/// The keys of the registry that we are in, if we are in one. The site may be any other, so a registry that cannot be read is no
/// reason not to look.
fn ours() -> Pinned {
    let read = || -> anyhow::Result<Pinned> {
        let Some(config) = Place::nearby_config()? else { return Ok(Pinned::Nothing) };
        let keys = keys::known(&config)?;
        Ok(Pinned::Registry { base_url: config.base_url, keys })
    };
    read().unwrap_or_else(|why| {
        terminal::note(&format!("note: the registry here cannot be read, so no key is known of it: {why:#}"));
        Pinned::Nothing
    })
}

/// Only Kiro is given a file; asked for without a word about clients, a file is Kiro's.
fn clients(verify: &Verify, base: &Base) -> anyhow::Result<Vec<Client>> {
    let clients = verify.clients();
    if !base.is_file() || clients == [Client::Kiro] {
        return Ok(clients);
    }
    let error = format!("{} is one file, and only Kiro and Amazon Q are given one", quoted(&verify.target));
    Err(WayOut::new(error, "add `--client kiro`, or name the registry's address without the file").into())
}

pub(super) fn unreached(target: &str, why: &Unreached) -> WayOut {
    let error = format!("{} cannot be reached: {why}", quoted(target));
    let help = match why {
        Unreached::Host => "look at the spelling; a new name may take a while to be known everywhere",
        Unreached::Connection(_) => "look whether a server listens there, and whether a firewall or proxy stands between",
        Unreached::Tls(_) => "give the host a valid certificate with its whole chain: no client asks a registry without one",
    };
    WayOut::new(error, help)
}
