//! The parameters by which the statistics of one's own sites recognise who came from an e-mail.

use std::net::IpAddr;

use attractor_mail::dns::organizational_domain;
use attractor_mail::links::host;
use attractor_mail::render::Campaign;

use crate::settings::Settings;

/// What the parameters name as the source and the medium.
const SOURCE: &str = "attractor";
const MEDIUM: &str = "email";

/// Adds `utm_source`, `utm_medium` and `utm_campaign` to links to one's own sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Utm {
    /// With their subdomains.
    domains: Vec<String>,
}

impl Utm {
    /// By the settings; `None` where they want none.
    pub fn of(settings: &Settings) -> Option<Utm> {
        settings.utm.then(|| Utm { domains: settings.own_domains.iter().cloned().chain(site(settings)).collect() })
    }

    /// The parameters of an e-mail.
    pub fn campaign(&self, email: &str) -> Campaign {
        let parameters = [("utm_source", SOURCE), ("utm_medium", MEDIUM), ("utm_campaign", email)];
        Campaign {
            domains: self.domains.clone(),
            parameters: parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        }
    }
}

/// The domain that somebody registered for the public address: `acme.example` of `https://leads.acme.example`.
fn site(settings: &Settings) -> Option<String> {
    let host = host(&settings.public_url);
    let is_address = host.parse::<IpAddr>().is_ok();
    organizational_domain(&host).filter(|_| !is_address).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::defaults;

    #[test]
    fn own_sites_are_those_of_the_settings_and_that_of_the_public_address() {
        for (public_url, own, domains) in [
            ("https://leads.acme.co.uk/", "shop.example", &["shop.example", "acme.co.uk"][..]),
            ("https://acme.test", "", &["acme.test"]),
            ("http://127.0.0.1:8080", "", &[]),
            ("http://[::1]:8080", "", &[]),
            ("http://localhost:8080", "", &[]),
            ("", "", &[]),
        ] {
            let mut settings = defaults().unwrap();
            settings.public_url = public_url.into();
            settings.own_domains = own.split_whitespace().map(str::to_owned).collect();
            assert_eq!(Utm::of(&settings).unwrap().domains, domains, "{public_url}");
            settings.utm = false;
            assert_eq!(Utm::of(&settings), None);
        }
    }

    #[test]
    fn the_campaign_is_the_e_mail() {
        let campaign = Utm { domains: vec!["acme.example".into()] }.campaign("offer");
        let expected = [("utm_source", "attractor"), ("utm_medium", "email"), ("utm_campaign", "offer")];
        assert_eq!(campaign.parameters, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
