//! Keys: `gazette keygen`, and where publishers find theirs.

use std::{io::Write, process::ExitCode};

use anyhow::Context;

use crate::{
    adapters::{WayOut, chance, disk},
    checkpoint::{
        Trust,
        note::{Signer, Verifier, is_name},
    },
    cli::{self, Keygen, Whereto},
    config::{Config, publish::Signed},
};

use super::place::{Place, settings};

pub(super) fn keygen(args: &Keygen, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let name = if let Some(name) = &args.name {
        name.clone()
    } else {
        let (config, _) = settings(&Place::find(args.data.as_deref())?.files()?)?;
        config.base_url.trim_start_matches("https://").to_owned()
    };
    if !is_name(&name) {
        let error = format!("a key cannot be called {}", crate::finding::quoted(&name));
        return Err(WayOut::new(error, "give it a name without spaces and `+` with `--name NAME`").into());
    }
    let signer = Signer::of(&name, chance::bytes()?).context("the name is one")?;
    disk::write_secret(&args.out, &format!("{}\n", signer.secret()))?;
    let (file, verifier) = (args.out.display(), signer.verifier());
    writeln!(out, "wrote the secret half to `{file}`; keep it out of the repository, and give it to `gazette publish`")?;
    writeln!(out, "in GAZETTE_SIGNING_KEY or with `--signing-key {file}`\n")?;
    writeln!(out, "[signing]\nkeys = [\"{verifier}\"]")?;
    Ok(ExitCode::SUCCESS)
}

/// The keys that readers of a registry look for.
pub(super) fn known(config: &Config) -> anyhow::Result<Vec<Verifier>> {
    let known = config.signing.keys.iter().map(|key| {
        Verifier::parse(key).ok_or_else(|| {
            let error = format!("{} in `[signing] keys` is no key", crate::finding::quoted(key));
            WayOut::new(error, "write what `gazette keygen` printed").into()
        })
    });
    known.collect()
}

/// Who signs, and who is believed.
pub(super) struct Keys {
    pub(super) signers: Vec<Signer>,
    pub(super) trust: Trust,
}

impl Keys {
    pub(super) fn of(whereto: &Whereto, config: &Config, signed: Signed, must_sign: bool) -> anyhow::Result<Self> {
        if whereto.unsigned || signed == Signed::None {
            return Ok(Self { signers: Vec::new(), trust: Trust::Anyone });
        }
        let known = known(config)?;
        if !must_sign {
            let trust = if known.is_empty() { Trust::Anyone } else { Trust::Keys(known) };
            return Ok(Self { signers: Vec::new(), trust });
        }
        let secret = match &whereto.signing_key {
            Some(file) => Some(disk::read_text(file)?),
            None => cli::signing_key(),
        };
        let Some(secret) = secret else {
            let help = "make a key with `gazette keygen` and put it into GAZETTE_SIGNING_KEY, or pass `--unsigned`";
            return Err(WayOut::new("there is no key to sign the checkpoint with", help).into());
        };
        let lines = secret.lines().map(str::trim).filter(|line| !line.is_empty());
        let signers = lines.map(|line| Signer::parse(line).ok_or_else(no_key)).collect::<Result<Vec<Signer>, WayOut>>()?;
        if let Some(stranger) = signers.iter().map(Signer::verifier).find(|verifier| !known.contains(verifier)) {
            let error = format!("the key `{}` is not in `[signing] keys`, so readers would not believe it", stranger.name());
            return Err(WayOut::new(error, format!("add `{stranger}` to `[signing] keys` in registry.toml and commit it")).into());
        }
        if signers.is_empty() {
            return Err(no_key().into());
        }
        Ok(Self { signers, trust: Trust::Keys(known) })
    }
}

/// The text is never shown.
fn no_key() -> WayOut {
    WayOut::new("the signing key is not one that `gazette keygen` wrote", "put the whole line of the key file there")
}
