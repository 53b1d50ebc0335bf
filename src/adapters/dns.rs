//! TXT records, from several resolvers that must agree. They are asked over TCP: an answer over UDP can be forged by whoever
//! guesses two numbers.

use std::{
    collections::BTreeSet,
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use hickory_resolver::{
    Resolver, TokioResolver,
    config::{CLOUDFLARE, ConnectionConfig, GOOGLE, NameServerConfig, QUAD9, ResolveHosts, ResolverConfig, ServerGroup},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::{
        op::ResponseCode,
        rr::{Name, RData, RecordType},
    },
};
use tokio::runtime::Runtime;

use crate::evidence::{Dnssec, Txt};

/// A proof is far shorter; longer records are something else's.
const RECORD_MAX: usize = 2048;

/// More records than any domain needs.
const RECORDS_MAX: usize = 500;

/// A resolver that has not answered by then is one that does not answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Over all that is asked about one name.
const TIME_MAX: Duration = Duration::from_secs(25);

/// Who is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Resolvers {
    /// Three public ones, run by three different organizations.
    #[default]
    Public,
    These(Vec<SocketAddr>),
}

/// Asks them all.
pub struct Dns {
    runtime: Runtime,
    resolvers: Vec<(String, TokioResolver)>,
    /// One that looks at signatures itself.
    validating: Option<TokioResolver>,
}

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dns").field("resolvers", &self.resolvers.len()).finish_non_exhaustive()
    }
}

impl Dns {
    pub fn open(resolvers: &Resolvers, dnssec: bool) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let groups: Vec<(String, Vec<NameServerConfig>)> = match resolvers {
            Resolvers::Public => {
                [GOOGLE, CLOUDFLARE, QUAD9].iter().map(|group| (group.server_name.to_owned(), tcp(group))).collect()
            }
            Resolvers::These(addresses) => addresses.iter().map(|address| (address.to_string(), vec![at(*address)])).collect(),
        };
        let _inside = runtime.enter();
        let validating = match groups.first() {
            Some((_, servers)) if dnssec => Some(resolver(servers.clone(), true)?),
            _ => None,
        };
        let resolvers = groups.into_iter().map(|(name, servers)| Ok((name, resolver(servers, false)?)));
        let resolvers = resolvers.collect::<anyhow::Result<_>>()?;
        Ok(Self { runtime, resolvers, validating })
    }

    /// The TXT records of a name, as every resolver tells them. No such name, and no such record, are both none.
    pub fn txt(&self, name: &str) -> Result<Txt, String> {
        let asked = Name::from_ascii(format!("{name}.")).map_err(|error| format!("`{name}` is no name: {error}"))?;
        self.runtime.block_on(async {
            let all = async {
                let mut told: Option<(&str, BTreeSet<String>)> = None;
                for (resolver, client) in &self.resolvers {
                    let records = records(client, &asked).await.map_err(|why| format!("{resolver} on `{name}`: {why}"))?;
                    match &told {
                        Some((first, before)) if *before != records => {
                            return Err(format!("{first} and {resolver} do not agree on the TXT records of `{name}`"));
                        }
                        Some(_) => {}
                        None => told = Some((resolver, records)),
                    }
                }
                let (_, records) = told.ok_or_else(|| "there is no resolver to ask".to_owned())?;
                let dnssec = match &self.validating {
                    Some(client) => signed(client, &asked, name).await?,
                    None => Dnssec::Unknown,
                };
                Ok(Txt { records: records.into_iter().collect(), dnssec })
            };
            tokio::time::timeout(TIME_MAX, all).await.unwrap_or_else(|_| Err(format!("nobody answered in time on `{name}`")))
        })
    }
}

fn tcp(group: &ServerGroup) -> Vec<NameServerConfig> {
    group.ips.iter().filter(|ip| ip.is_ipv4()).map(|ip| at(SocketAddr::new(*ip, 53))).collect()
}

fn at(address: SocketAddr) -> NameServerConfig {
    let mut connection = ConnectionConfig::tcp();
    connection.port = address.port();
    let ip: IpAddr = address.ip();
    NameServerConfig::new(ip, true, vec![connection])
}

fn resolver(servers: Vec<NameServerConfig>, validate: bool) -> anyhow::Result<TokioResolver> {
    let config = ResolverConfig::from_parts(None, Vec::new(), servers);
    let mut builder = Resolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options = builder.options_mut();
    options.timeout = TIMEOUT;
    options.attempts = 1;
    options.validate = validate;
    options.use_hosts_file = ResolveHosts::Never;
    options.num_concurrent_reqs = 1;
    options.preserve_intermediates = false;
    Ok(builder.build()?)
}

async fn records(client: &TokioResolver, name: &Name) -> Result<BTreeSet<String>, String> {
    let lookup = match client.lookup(name.clone(), RecordType::TXT).await {
        Ok(lookup) => lookup,
        Err(NetError::Dns(DnsError::NoRecordsFound(none)))
            if matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError) =>
        {
            return Ok(BTreeSet::new());
        }
        Err(error) => return Err(error.to_string()),
    };
    if lookup.answers().len() > RECORDS_MAX {
        return Err(format!("more than {RECORDS_MAX} records"));
    }
    let text = |data: &RData| match data {
        RData::TXT(txt) => String::from_utf8(txt.txt_data.concat()).ok().filter(|text| text.len() <= RECORD_MAX),
        _ => None,
    };
    Ok(lookup.answers().iter().filter_map(|record| text(&record.data)).collect())
}

/// What signatures say of the records. That they could not be looked at is not known, and not held against the domain.
async fn signed(client: &TokioResolver, asked: &Name, name: &str) -> Result<Dnssec, String> {
    let contradicted = || Err(format!("the signatures of `{name}` contradict its TXT records (DNSSEC)"));
    match client.lookup(asked.clone(), RecordType::TXT).await {
        Ok(lookup) => {
            let proofs = || lookup.answers().iter().map(|record| record.proof);
            match () {
                () if proofs().any(|proof| proof.is_bogus()) => contradicted(),
                () if lookup.answers().is_empty() => Ok(Dnssec::Unknown),
                () if proofs().all(|proof| proof.is_secure()) => Ok(Dnssec::Secure),
                () if proofs().all(|proof| proof.is_insecure()) => Ok(Dnssec::Insecure),
                () => Ok(Dnssec::Unknown),
            }
        }
        Err(NetError::Dns(DnsError::DnssecBogus)) => contradicted(),
        Err(NetError::Dns(DnsError::Nsec { proof, .. })) if proof.is_bogus() => contradicted(),
        Err(_) => Ok(Dnssec::Unknown),
    }
}
