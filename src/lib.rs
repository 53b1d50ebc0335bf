//! gazette turns a git repository of MCP `server.json` files into a published, verifiable MCP registry.
//!
//! Top to bottom is the river: words everyone uses, then what reads a registry, what judges it, what is made of it, and the
//! edge to the world. Everything but the edge is pure: no files, no clock, no environment, no network.

// ── words ──
pub mod canonical;
pub mod digest;
pub mod distance;
pub mod domain;
pub mod finding;
pub mod instant;
pub mod key;
pub mod name;
pub mod network;
pub mod record;
pub mod secret;
pub mod version;
// ── reading ──
pub mod change;
pub mod checkout;
pub mod config;
pub mod entry;
pub mod group;
pub mod history;
pub mod namespace;
pub mod policy;
pub mod registry;
pub mod status;
mod toml_file;
// ── judging ──
pub mod evidence;
pub mod forge;
pub mod gate;
pub mod report;
pub mod rules;
// ── making ──
pub mod checkpoint;
pub mod manifest;
pub mod plan;
pub mod preview;
pub mod site;
pub mod verify;
// ── the edge ──
pub mod adapters;
pub mod cli;
pub mod commands;
pub mod ports;
pub mod publish;
pub mod serve;
