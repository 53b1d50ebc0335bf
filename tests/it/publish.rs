//! Publishing: small sites, a strict bucket, faults at every request, publishers that race, pause and die.

mod commands;
mod faults;
mod race;
mod stage;
mod steps;
mod waves;
mod wire;
mod world;
