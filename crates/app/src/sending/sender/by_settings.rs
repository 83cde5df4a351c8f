//! The sender that the settings describe. Apart from the sender itself, because the settings are checked by much that
//! knows the sender.

use attractor_mail::message::{AddressError, Mailbox};

use super::Sender;
use crate::sending::incoming::webhook_keys::providers;
use crate::settings::Settings;

/// Who e-mails come from where no address is set, so that they can only be caught. The domain is nobody's (RFC 6761).
const NOBODY: &str = "attractor@attractor.localhost";

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
}
