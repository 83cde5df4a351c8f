//! What the check of the sender domain asks of the world: the DNS, and the public address of this server.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use attractor_app::outside;
use attractor_app::sending::dns_settings;
use attractor_app::sending::verification::{Answer, Network, Query, RecordType};
use attractor_app::settings::Settings;
use futures_util::future::join_all;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{self, Name, RData};
use tokio::runtime;

/// How long one query may take.
const PER_QUERY: Duration = Duration::from_secs(5);
/// How long a server may take, before it is asked once more or another one is asked.
const PER_TRY: Duration = Duration::from_secs(2);

/// The network of this machine.
pub struct Internet {
    /// `None` for the system's.
    dns_server: Option<SocketAddr>,
    /// The certificates to trust instead of the public authorities.
    ca: Option<PathBuf>,
}

impl Internet {
    /// Fails only with what the settings refuse.
    pub fn of(settings: &Settings, folder: &Path) -> Result<Internet, String> {
        let ca = Some(&settings.public_url_ca).filter(|file| !file.is_empty());
        Ok(Internet {
            dns_server: dns_settings::dns_server(&settings.dns_server)?,
            ca: ca.map(|file| folder.join(file)),
        })
    }

    /// A resolver that remembers nothing: whoever has just set a record wants to know what is there now.
    fn resolver(&self) -> Result<TokioResolver, NetError> {
        let mut builder = match self.dns_server {
            Some(address) => TokioResolver::builder_with_config(alone(address), TokioRuntimeProvider::default()),
            None => TokioResolver::builder_tokio()?,
        };
        forgetful(builder.options_mut());
        builder.build()
    }
}

fn alone(address: SocketAddr) -> ResolverConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    ResolverConfig::from_name_servers(vec![NameServerConfig::new(address.ip(), true, connections.to_vec())])
}

fn forgetful(options: &mut ResolverOpts) {
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.timeout = PER_TRY;
    options.attempts = 1;
}

impl Network for Internet {
    fn look_up(&self, queries: &[Query]) -> Vec<Answer> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let asked = runtime.map_err(|error| error.to_string()).and_then(|runtime| {
            runtime.block_on(async {
                let resolver = self.resolver().map_err(|error| error.to_string())?;
                Ok(join_all(queries.iter().map(|query| ask(&resolver, query))).await)
            })
        });
        asked.unwrap_or_else(|why: String| queries.iter().map(|_| Answer::Failure(why.clone())).collect())
    }

    fn call(&self, url: &str, addresses: &[IpAddr]) -> Result<(u16, String), String> {
        let wrong = |path: &Path, why: &dyn std::fmt::Display| format!("`public_url_ca`: {}: {why}", path.display());
        let pem = match &self.ca {
            Some(path) => Some(fs::read(path).map_err(|why| wrong(path, &format!("its file cannot be read: {why}")))?),
            None => None,
        };
        outside::get(url, addresses, pem.as_deref())
    }
}

async fn ask(resolver: &TokioResolver, query: &Query) -> Answer {
    // With the dot at its end, the domains of the system's configuration are not tried.
    let Ok(name) = Name::from_ascii(format!("{}.", query.name())) else { return Answer::Nothing };
    let looking = resolver.lookup(name, kind(query.kind()));
    match tokio::time::timeout(PER_QUERY, looking).await {
        Ok(Ok(found)) => {
            answered(found.answers().iter().filter_map(|record| value(&record.data, query.kind())).collect())
        }
        Ok(Err(error)) => failed(&error),
        Err(_) => Answer::Failure("no answer within 5 seconds".to_owned()),
    }
}

fn answered(values: Vec<String>) -> Answer {
    if values.is_empty() { Answer::Nothing } else { Answer::Values(values) }
}

fn failed(error: &NetError) -> Answer {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none))
            if [ResponseCode::NXDomain, ResponseCode::NoError].contains(&none.response_code) =>
        {
            Answer::Nothing
        }
        NetError::Dns(DnsError::NoRecordsFound(none)) => Answer::Failure(none.response_code.to_string()),
        other => Answer::Failure(other.to_string()),
    }
}

fn kind(kind: RecordType) -> rr::RecordType {
    match kind {
        RecordType::A => rr::RecordType::A,
        RecordType::Aaaa => rr::RecordType::AAAA,
        RecordType::Cname => rr::RecordType::CNAME,
        RecordType::Mx => rr::RecordType::MX,
        RecordType::Txt => rr::RecordType::TXT,
    }
}

/// A record of this type as a text. Answers also hold the aliases that led there.
fn value(data: &RData, kind: RecordType) -> Option<String> {
    match (data, kind) {
        (RData::A(address), RecordType::A) => Some(address.to_string()),
        (RData::AAAA(address), RecordType::Aaaa) => Some(address.to_string()),
        (RData::CNAME(name), RecordType::Cname) => Some(name.to_string()),
        (RData::MX(mx), RecordType::Mx) => Some(format!("{} {}", mx.preference, mx.exchange)),
        (RData::TXT(text), RecordType::Txt) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
        _ => None,
    }
}
