//! Who e-mails come from, and where their links lead: settings, until senders are objects of the API.

use attractor_mail::links::host;
use attractor_mail::message::{AddressError, Mailbox, Provider};

use super::incoming::webhook_keys::providers;
use crate::settings::Settings;

/// Who e-mails come from where no address is set, so that they can only be caught. The domain is nobody's (RFC 6761).
const NOBODY: &str = "attractor@attractor.localhost";

/// The sender of all e-mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub from: Mailbox,
    pub postal_address: String,
    /// Without a slash at its end.
    pub public_url: String,
    /// Where the return addresses of copies are.
    pub bounce_domain: Option<String>,
    /// Whether mail to `bounce_domain` comes to this server: then people may reply to it.
    pub takes_mail: bool,
    /// The providers whose webhooks report here.
    pub providers: Vec<Provider>,
}

impl Sender {
    /// Fails only with what the settings refuse.
    pub fn of(settings: &Settings) -> Result<Sender, AddressError> {
        let address = Some(settings.sender_email.as_str()).filter(|text| !text.is_empty()).unwrap_or(NOBODY);
        let public = settings.public_url.trim_end_matches('/');
        let public_url = if public.is_empty() { format!("http://{}", settings.listen) } else { public.to_owned() };
        Ok(Sender {
            from: Mailbox::parse(address)?.named(&settings.sender_name),
            postal_address: settings.postal_address.trim().to_owned(),
            public_url,
            bounce_domain: Some(settings.bounce_domain.clone()).filter(|domain| !domain.is_empty()),
            takes_mail: !(settings.inbound.is_empty() && settings.inbound_folder.is_empty()),
            providers: providers(settings),
        })
    }

    /// Whether its mails stay among machines of one's own: its domain and its links are reserved for trying things out.
    pub fn is_for_trying_out(&self) -> bool {
        is_reserved(self.from.domain()) && is_reserved(&host(&self.public_url))
    }
}

/// Whether a host is this machine, or its name is reserved for tests (RFC 6761).
pub fn is_reserved(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let is_loopback = name.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    is_loopback || ["localhost", "test"].iter().any(|end| name == *end || name.ends_with(&format!(".{end}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::defaults;

    #[test]
    fn the_settings_say_who_writes() {
        let mut settings = defaults().unwrap();
        let sender = Sender::of(&settings).unwrap();
        assert_eq!((sender.from.address(), sender.public_url.as_str()), (NOBODY, "http://127.0.0.1:8080"));
        assert!(sender.is_for_trying_out());
        settings.sender_email = "news@Acme.example".into();
        settings.sender_name = "Acme".into();
        settings.public_url = "https://leads.acme.example/".into();
        settings.bounce_domain = "bounce.acme.example".into();
        let sender = Sender::of(&settings).unwrap();
        assert_eq!((sender.from.name(), sender.from.domain()), ("Acme", "acme.example"));
        assert_eq!(sender.public_url, "https://leads.acme.example");
        assert_eq!(sender.bounce_domain.as_deref(), Some("bounce.acme.example"));
        assert!(!sender.is_for_trying_out());
    }

    #[test]
    fn only_names_that_nobody_can_own_are_for_trying_out() {
        for (url, reserved) in [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080/x", true),
            ("http://localhost", true),
            ("https://mail.attractor.test:1/x", true),
            ("https://a.localhost.", true),
            ("https://contest", false),
            ("https://test.example.org", false),
            ("https://10.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_reserved(&host(url)), reserved, "{url}");
        }
    }
}
