//! What a site's checkpoint is held to, as it is typed.

use std::path::PathBuf;

use clap::Args;

use crate::verify::publication::Seed;

use super::{
    Reader, Verify,
    publish::{Seconds, span},
};

/// So many documents are compared, unless more are asked for.
pub const DEFAULT_SAMPLE: usize = 100;

#[derive(Debug, Args)]
pub struct Proof {
    /// A key that the checkpoint must be signed by, as `gazette keygen` prints it, or a file with one a line; may be given more
    /// than once [default: the `[signing] keys` of the registry this is run in, if it is the same]
    #[arg(long = "key", value_name = "KEY|FILE", help_heading = "The checkpoint")]
    pub keys: Vec<String>,

    /// How long ago it may have been published, such as 2d or 36h
    #[arg(long, value_name = "TIME", value_parser = span, help_heading = "The checkpoint")]
    pub max_age: Option<Seconds>,

    /// The checkpoint that was seen last: an older one is refused, and documents that it lists are known to be stale
    #[arg(long, value_name = "FILE", help_heading = "The checkpoint")]
    pub seen: Option<PathBuf>,

    /// The `base_url` that the checkpoint must name [default: the address that is asked]
    #[arg(long, value_name = "URL", help_heading = "The checkpoint")]
    pub base_url: Option<String>,

    /// How many documents to compare with the manifest, beside those that everybody reads
    #[arg(long, value_name = "N", default_value_t = DEFAULT_SAMPLE, help_heading = "The checkpoint")]
    pub sample: usize,

    /// Compare the same documents again: the seed that a report names [default: another one each time]
    #[arg(long, value_name = "SEED", value_parser = seed, help_heading = "The checkpoint")]
    pub seed: Option<Seed>,

    /// Compare every document that the manifest lists
    #[arg(long, conflicts_with_all = ["sample", "seed"], help_heading = "The checkpoint")]
    pub all: bool,
}

fn seed(text: &str) -> Result<Seed, String> {
    Seed::parse(text).ok_or_else(|| "expected sixteen hexadecimal digits, as a report names them".to_owned())
}

impl Proof {
    fn is_demanded(&self) -> bool {
        !self.keys.is_empty() || self.max_age.is_some() || self.seen.is_some() || self.base_url.is_some() || self.all
    }
}

impl Verify {
    /// Whether the checkpoint is looked at: among all, or because it is demanded.
    pub fn wants_checkpoint(&self) -> bool {
        self.clients.contains(&Reader::All) || self.demands_checkpoint()
    }

    /// Whether a site without a checkpoint cannot be what was asked for: it is named, or something is demanded of it.
    pub fn demands_checkpoint(&self) -> bool {
        self.clients.contains(&Reader::Checkpoint) || self.proof.is_demanded()
    }
}
