//! The edge: where files, repositories and the web are really read; each adapter knows one brand.

use std::fmt;

pub mod chance;
pub mod clock;
pub mod cloudfront;
pub mod dir;
pub mod disk;
pub mod dns;
pub mod folder;
pub mod git;
pub mod github;
pub mod memory;
pub mod pages;
pub mod s3;
pub mod static_host;
pub mod terminal;
pub mod web;
pub mod well_known;

/// An operator's trouble for which there is a way out: printed as `error:`, then `help:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayOut {
    pub error: String,
    pub help: String,
}

impl WayOut {
    pub fn new(error: impl Into<String>, help: impl Into<String>) -> Self {
        Self { error: error.into(), help: help.into() }
    }
}

impl fmt::Display for WayOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.error)
    }
}

impl std::error::Error for WayOut {}
