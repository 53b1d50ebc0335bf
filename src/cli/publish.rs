//! The commands that publish, as they are typed.

use std::path::PathBuf;

use clap::Args;

use crate::plan::limits::Limit;

/// From where, to where, and by whom.
#[derive(Debug, Args)]
pub struct Whereto {
    /// The registry's folder [default: registry-data, here or in a folder above]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// A target of registry.toml, or an address such as `s3://bucket/prefix` or `dir:public` [default: the only target]
    #[arg(long, value_name = "NAME|URL")]
    pub target: Option<String>,

    /// Sign nothing, and believe whatever checkpoint lies there
    #[arg(long)]
    pub unsigned: bool,

    /// A file with the secret key, or several, a line each [default: what `GAZETTE_SIGNING_KEY` holds]
    #[arg(long, value_name = "FILE", conflicts_with = "unsigned")]
    pub signing_key: Option<PathBuf>,

    /// Take over from a publisher that is known to be dead, though its lease has not run out
    #[arg(long)]
    pub force: bool,

    /// How many requests are under way at a time; into a folder, every core writes
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
}

/// Publish the last commit: what changed, then the signed checkpoint, then deletions
///
/// Prints the plan first, and does nothing if it passes a limit that is not allowed. A publication that died is finished by the
/// next one. Afterwards looks, as a reader would, whether the checkpoint, what was written and a sample of the rest are answered
/// as published; what caches have kept is asked for again until they must have let go of it.
///
/// Exit status: 0 if the site is published, 1 if an entry cannot be read (nothing is published), 2 if it was refused, stopped or
/// is not what readers see.
#[derive(Debug, Args)]
pub struct Publish {
    #[command(flatten)]
    pub whereto: Whereto,

    /// Print the plan, and do nothing
    #[arg(long)]
    pub dry_run: bool,

    /// A limit that this publication may pass: deletes, changes, counts, tiny, history, clock, signature, address,
    /// foreign, unguarded
    #[arg(long, value_name = "LIMIT", value_parser = limit)]
    pub allow: Vec<Limit>,

    /// Write every document again, whatever the manifest says
    #[arg(long)]
    pub repair: bool,

    /// How long what left the site can still be read, such as 7d, 12h or 0
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = span)]
    pub grace: Seconds,

    /// The address to read back from afterwards [default: `base_url`, or if the target is a folder, the folder]
    #[arg(long, value_name = "URL")]
    pub read_back: Option<String>,

    /// Do not look whether readers see what was published
    #[arg(long, conflicts_with = "read_back")]
    pub no_read_back: bool,

    /// Where to write what was really done, as JSON, also after a failure
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
}

/// Say what publishing would do, or what one commit would publish that another did not
///
/// Exit status: 0 if it would be published, 1 if an entry cannot be read, 2 if it passes a limit or cannot be told.
#[derive(Debug, Args)]
pub struct PlanOf {
    #[command(flatten)]
    pub whereto: Whereto,

    /// The commit that is published [default: what lies at the target]
    #[arg(long, value_name = "REV")]
    pub from: Option<String>,

    /// The commit that would be
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    pub to: String,

    /// How long what left the site can still be read, such as 7d, 12h or 0
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = span)]
    pub grace: Seconds,

    /// Write one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Publish again what an earlier publication published
#[derive(Debug, Args)]
pub struct Rollback {
    /// The number of the publication
    #[arg(value_name = "PUBLICATION")]
    pub publication: u64,

    #[command(flatten)]
    pub publish: Publish,
}

/// Check, build, publish and read back: what a scheduled workflow runs
///
/// What `gazette check` finds in versions that are published already is printed, and does not stop the night; an entry that
/// cannot be read, or is not what its path says, does. Without a target in registry.toml, publishes into the folder `public`,
/// without a signature.
///
/// Exit status: 0 if the site is published, 1 if an entry cannot be read (nothing is published), 2 if it was refused, stopped or
/// is not what readers see.
#[derive(Debug, Args)]
pub struct Nightly {
    #[command(flatten)]
    pub publish: Publish,
}

/// Delete manifests that no remembered publication needs
#[derive(Debug, Args)]
pub struct Gc {
    #[command(flatten)]
    pub whereto: Whereto,

    /// Print what would be deleted, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Make a key to sign checkpoints with: the public half is printed, the secret half goes to a file
#[derive(Debug, Args)]
pub struct Keygen {
    /// What the key is called; readers see it [default: the address of the registry]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// The registry's folder [default: registry-data, here or in a folder above]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// A file that does not exist yet, for the secret half
    #[arg(long, value_name = "FILE", default_value = "gazette.key")]
    pub out: PathBuf,
}

/// A span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub i64);

fn limit(text: &str) -> Result<Limit, String> {
    let names: Vec<&str> = Limit::ALL.into_iter().map(Limit::as_str).collect();
    Limit::parse(text).ok_or_else(|| format!("expected one of {}", names.join(", ")))
}

pub(super) fn span(text: &str) -> Result<Seconds, String> {
    let (digits, unit) = text.split_at(text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len());
    let seconds = match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3_600),
        "d" => Some(86_400),
        "" if digits == "0" => Some(0),
        _ => None,
    };
    let number = digits.parse::<u32>().ok().zip(seconds);
    number
        .map(|(number, unit)| Seconds(i64::from(number) * unit))
        .ok_or_else(|| "expected a time such as 7d, 12h, 30m or 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_unit() {
        for (text, seconds) in [("7d", 604_800), ("12h", 43_200), ("30m", 1_800), ("5s", 5), ("0", 0), ("0d", 0)] {
            assert_eq!(span(text), Ok(Seconds(seconds)), "{text}");
        }
        for wrong in ["", "7", "d", "-1d", "7w", "7dd", "1.5h", "99999999999d"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }
}
