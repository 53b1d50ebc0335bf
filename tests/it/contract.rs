//! What real clients ask of a registry, over the wire, of every kind of host: each server here is given the same site and asked
//! the same table of questions ([`clients`]).

mod clients;
mod hosts;
mod tables;
mod wire;

use std::{env, path::Path};

use crate::{gazette::gazette, repo::put, site};

use clients::Host;
use wire::Address;

clients::every_client!(folder, hosts::folder());
clients::every_client!(bucket, hosts::bucket());

/// The path of the registry's address, for hosts outside this program.
fn path() -> String {
    env::var("GAZETTE_CONTRACT_PATH").unwrap_or_default()
}

/// Builds the site that the table is about into `GAZETTE_CONTRACT_SITE`.
#[test]
#[ignore = "builds a site for a host outside this program: see tests/README.md"]
fn site_for_a_contract() {
    let to = env::var("GAZETTE_CONTRACT_SITE").expect("GAZETTE_CONTRACT_SITE names a folder");
    let repo = site::repository_at("small", &path());
    let printed = gazette(repo.path(), &["build"]);
    assert!(printed.ends_with("exit 0\n"), "{printed}");
    for (path, bytes) in site::tree(&repo.path().join("public")) {
        put(Path::new(&to), &path, bytes);
    }
}

/// Runs the table against `GAZETTE_CONTRACT_URL`, where that site is served; `GAZETTE_CONTRACT_LACKS` names what cannot be asked
/// of the host.
#[test]
#[ignore = "asks a host outside this program: see tests/README.md"]
fn contract_of_address() {
    let url = env::var("GAZETTE_CONTRACT_URL").expect("GAZETTE_CONTRACT_URL is an http address");
    let lacks = env::var("GAZETTE_CONTRACT_LACKS").unwrap_or_default();
    let host = Host::new(Address::parse(&url), site::pages(site::repository_at("small", &path()).path()), &lacks);
    for (name, ask) in clients::ALL {
        println!("{name}");
        ask(&host);
    }
}
