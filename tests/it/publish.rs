//! Publishing: small sites, a strict bucket, faults at every request, publishers that race, pause and die, and what readers see.

mod commands;
mod faults;
mod folder;
mod front;
mod overlap;
mod pointer;
mod proof;
mod race;
mod read_back;
mod stage;
mod steps;
mod waves;
mod wire;
mod world;
