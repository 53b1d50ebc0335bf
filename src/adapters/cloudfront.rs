//! `CloudFront`: the copies of one distribution.

use std::fmt;

use aws_sdk_cloudfront::{
    Client,
    types::{InvalidationBatch, Paths},
};
use tokio::runtime::Runtime;

use super::{
    chance,
    s3::{runtime, settings, trouble},
};
use crate::ports::{Cdn, Trouble};

pub struct CloudFront {
    client: Client,
    runtime: Runtime,
    distribution: String,
}

/// The one region that its API is in.
const REGION: &str = "us-east-1";

impl CloudFront {
    /// `endpoint` is for servers that only behave like it.
    pub fn open(distribution: &str, endpoint: Option<&str>) -> anyhow::Result<Self> {
        let runtime = runtime()?;
        let client = Client::new(&settings(&runtime, endpoint, Some(REGION), 1));
        Ok(Self { client, runtime, distribution: distribution.to_owned() })
    }
}

impl fmt::Debug for CloudFront {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudFront").field("distribution", &self.distribution).finish_non_exhaustive()
    }
}

fn unsaid(error: impl fmt::Display) -> Trouble {
    Trouble::Other(error.to_string())
}

impl Cdn for CloudFront {
    fn purge(&self, paths: &[String]) -> Result<(), Trouble> {
        let quantity = i32::try_from(paths.len()).map_err(unsaid)?;
        let paths = Paths::builder().quantity(quantity).set_items(Some(paths.to_vec())).build().map_err(unsaid)?;
        // Unlike any before it, or it would be taken for the same.
        let reference = format!("gazette-{:032x}", u128::from_be_bytes(chance::bytes().map_err(unsaid)?));
        let batch = InvalidationBatch::builder().paths(paths).caller_reference(reference).build().map_err(unsaid)?;
        let request = self.client.create_invalidation().distribution_id(&self.distribution).invalidation_batch(batch);
        self.runtime.block_on(request.send()).map(drop).map_err(|error| trouble(&error))
    }
}
