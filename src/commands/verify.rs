//! `gazette verify`: what each client makes of a registry that somebody published.

use std::{io::Write, path::Path, process::ExitCode};

use crate::{
    adapters::{WayOut, folder, static_host::StaticHost, web::Web},
    cli::{Told, Verify},
    finding::{Verdict, quoted},
    verify::{
        self, Client,
        address::Base,
        json,
        port::{Fetch, Unreached},
        text,
    },
};

use super::TO_FIX;

pub(super) fn run(verify: &Verify, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let (base, fetch) = target(&verify.target)?;
    let clients = clients(verify, &base)?;
    let server = verify.server.as_deref();
    let report =
        verify::verify(&verify.target, &base, server, &clients, fetch.as_ref()).map_err(|why| unreached(&verify.target, &why))?;
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

/// Only Kiro is given a file; asked for without a word about clients, a file is Kiro's.
fn clients(verify: &Verify, base: &Base) -> anyhow::Result<Vec<Client>> {
    let clients = verify.clients();
    if !base.is_file() || clients == [Client::Kiro] {
        return Ok(clients);
    }
    let error = format!("{} is one file, and only Kiro and Amazon Q are given one", quoted(&verify.target));
    Err(WayOut::new(error, "add `--client kiro`, or name the registry's address without the file").into())
}

fn unreached(target: &str, why: &Unreached) -> WayOut {
    let error = format!("{} cannot be reached: {why}", quoted(target));
    let help = match why {
        Unreached::Host => "look at the spelling; a new name may take a while to be known everywhere",
        Unreached::Connection(_) => "look whether a server listens there, and whether a firewall or proxy stands between",
        Unreached::Tls(_) => "give the host a valid certificate with its whole chain: no client asks a registry without one",
    };
    WayOut::new(error, help)
}
