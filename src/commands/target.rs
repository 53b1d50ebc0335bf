//! Where to publish: a target of `registry.toml` or an address, opened.

use std::path::Path;

use crate::{
    adapters::{
        WayOut,
        cloudfront::CloudFront,
        dir::Files,
        disk, folder,
        pages::Form,
        s3::{S3, Spot},
    },
    checkpoint::{BYTES_MAX, Checkpoint, Trust},
    config::{
        self, Config,
        publish::{Address, Signed, Target},
    },
    manifest::Manifest,
    ports::{Bucket, Cdn},
    publish::CHECKPOINT,
};

use super::place::Place;

/// Where `nightly` publishes if nothing else is said.
const EMBEDDED: &str = "dir:public";

/// A target that was chosen, and what its address means.
pub(super) struct Chosen {
    pub(super) target: Target,
    pub(super) address: Address,
}

/// A target in use.
pub(super) struct Opened {
    pub(super) bucket: Box<dyn Bucket>,
    pub(super) cdn: Option<Box<dyn Cdn>>,
    files: Option<std::sync::Arc<Files>>,
}

impl Chosen {
    /// The target that was named, else the only one.
    pub(super) fn of(config: &Config, named: Option<&str>, is_nightly: bool) -> anyhow::Result<Self> {
        let listed = || config.publish.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let target = match named {
            Some(name) if config.publish.contains_key(name) => config.publish[name].clone(),
            Some(address) if Address::parse(address).is_some() => Target::at(address),
            Some(name) => {
                let error = format!("there is no target {}", crate::finding::quoted(name));
                let help = if config.publish.is_empty() {
                    "name an address such as `s3://bucket/prefix` or `dir:public`, or add `[publish.NAME]` to registry.toml"
                        .to_owned()
                } else {
                    format!("name one of {}, or an address such as `s3://bucket/prefix` or `dir:public`", listed())
                };
                return Err(WayOut::new(error, help).into());
            }
            None => match config.publish.values().collect::<Vec<_>>()[..] {
                [only] => only.clone(),
                [] if is_nightly => Target { signing: Signed::None, ..Target::at(EMBEDDED) },
                [] => {
                    let help = "add `[publish.NAME]` to registry.toml, or name an address with `--target dir:public`";
                    return Err(WayOut::new("registry.toml names no target to publish to", help).into());
                }
                _ => {
                    return Err(WayOut::new(
                        "registry.toml names several targets",
                        format!("name one with `--target`: {}", listed()),
                    )
                    .into());
                }
            },
        };
        let address = Address::parse(&target.target).expect("the configuration was checked");
        Ok(Self { target, address })
    }

    pub(super) fn form(&self) -> Form {
        match self.address {
            Address::Bucket { .. } => Form::Bucket,
            Address::Folder(_) => Form::Folder,
        }
    }

    pub(super) fn open(&self, place: &Place, config: &Config, width: usize) -> anyhow::Result<Opened> {
        match &self.address {
            Address::Folder(dir) => {
                let dir = Path::new(dir);
                if folder::overlap(&place.data, dir) {
                    let error = format!("`{}` holds the registry itself, or lies in it", dir.display());
                    return Err(WayOut::new(error, "publish to another folder").into());
                }
                let files = std::sync::Arc::new(Files::open(dir, config.site.plain)?);
                Ok(Opened { bucket: Box::new(files.clone()), cdn: None, files: Some(files) })
            }
            Address::Bucket { bucket, prefix } => {
                let cdn: Option<Box<dyn Cdn>> = match &self.target.cdn {
                    config::publish::Cdn::None => None,
                    config::publish::Cdn::CloudFront(distribution) => Some(Box::new(CloudFront::open(distribution, None)?)),
                };
                Ok(Opened { bucket: Box::new(S3::open(&self.spot(bucket, prefix), width)?), cdn, files: None })
            }
        }
    }

    fn spot<'a>(&'a self, bucket: &'a str, prefix: &'a str) -> Spot<'a> {
        let Target { endpoint, region, .. } = &self.target;
        Spot { bucket, prefix, endpoint: endpoint.as_deref(), region: region.as_deref() }
    }

    /// Which publication stands there now; the words are why nobody can say.
    pub(super) fn standing(&self, trust: &Trust) -> Result<u64, String> {
        let note = match &self.address {
            // Whoever publishes into a folder has locked it, so it is not opened a second time.
            Address::Folder(dir) => disk::read(&Path::new(dir).join(CHECKPOINT)).map_err(|error| format!("{error:#}"))?,
            Address::Bucket { bucket, prefix } => {
                let bucket = S3::open(&self.spot(bucket, prefix), 1).map_err(|error| format!("{error:#}"))?;
                let found = bucket.get(CHECKPOINT, BYTES_MAX).map_err(|trouble| trouble.to_string())?;
                found.ok_or("no checkpoint lies there")?.0
            }
        };
        Checkpoint::read(&note, trust).map(|said| said.publication).map_err(|why| why.to_string())
    }
}

impl Opened {
    /// What is published stands, and is this.
    pub(super) fn finish(&self, manifest: &Manifest) -> anyhow::Result<()> {
        self.files.as_ref().map_or(Ok(()), |files| files.finish(manifest))
    }
}
