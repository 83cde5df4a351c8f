//! By which way a request came, and from which address.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::settings::{Network, Settings};
use axum::Extension;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

/// By which way a request came, where that says who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// Over the socket in the data folder, or in-process: whoever owns the folder.
    Owner,
}

/// The address that a request came from; the machine's own for the socket in the data folder.
pub struct Address(pub IpAddr);

impl FromRequestParts<Arc<App>> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Address, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Address(peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |ConnectInfo(peer)| {
            address(*peer, &parts.headers, &app.settings.trusted_proxies)
        })))
    }
}

/// How long somebody may take nothing of what is read for it. Whoever owns the folder may look at it page by page.
pub fn patience(via: Option<Extension<Via>>, settings: &Settings) -> Option<Duration> {
    via.is_none().then(|| Duration::from_secs(settings.request_seconds))
}

/// The address of who asks. What `X-Forwarded-For` says is believed from a trusted proxy only, and from its end up to
/// the first address that is no such proxy.
pub fn address(peer: SocketAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let mut address = peer.ip().to_canonical();
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let listed: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    for text in listed.into_iter().rev() {
        if !trusted.iter().any(|network| network.holds(address)) {
            break;
        }
        let Ok(next) = text.parse::<IpAddr>() else { break };
        address = next.to_canonical();
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted: Vec<Network> = trusted.iter().map(|text| Network::read(text).unwrap()).collect();
        address(SocketAddr::new(peer.parse().unwrap(), 1), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("1.1.1.1", &["9.9.9.9"], &[]), "1.1.1.1");
        assert_eq!(seen("10.0.0.2", &["9.9.9.9"], &["10.0.0.2"]), "9.9.9.9");
        assert_eq!(seen("10.0.0.2", &["8.8.8.8, 9.9.9.9", "10.0.0.3"], &["10.0.0.2", "10.0.0.3"]), "9.9.9.9");
        assert_eq!(seen("10.0.0.2", &["8.8.8.8, 9.9.9.9", "10.0.0.3"], &["10.0.0.0/24"]), "9.9.9.9");
        assert_eq!(seen("::ffff:10.0.0.2", &["9.9.9.9"], &["10.0.0.2"]), "9.9.9.9");
        assert_eq!(seen("10.0.0.2", &["nonsense"], &["10.0.0.2"]), "10.0.0.2");
    }
}
