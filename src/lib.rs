//! gazette turns a git repository of MCP `server.json` files into a published, verifiable MCP registry.
//!
//! Top to bottom is the river: words everyone uses, then what reads a registry, what judges it, and the edge to the world.
//! Everything but the edge is pure: no files, no clock, no environment, no network.

// ── words ──
pub mod digest;
pub mod distance;
pub mod finding;
pub mod instant;
pub mod name;
pub mod secret;
pub mod version;
// ── reading ──
pub mod change;
pub mod checkout;
pub mod config;
pub mod entry;
pub mod history;
pub mod namespace;
pub mod policy;
pub mod registry;
pub mod status;
mod toml_file;
// ── judging ──
pub mod evidence;
pub mod report;
pub mod rules;
// ── the edge ──
pub mod adapters;
pub mod cli;
pub mod commands;
