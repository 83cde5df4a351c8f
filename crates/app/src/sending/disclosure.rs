//! What a copy may say of its lead: its values, its text, who it comes from and which blocks it shows all go by this.

use std::borrow::Cow;

use attractor_engine::playbook::{Email, Playbook};
use attractor_live::profile::Profile;

use super::sender::Sender;
use super::senders::{ChosenSender, Senders};
use super::texts::{ChosenText, choose};

/// What a copy may say of its lead: what is known of it, or nothing.
pub struct Disclosure<'l> {
    profile: Cow<'l, Profile>,
    is_anonymous: bool,
}

impl<'l> Disclosure<'l> {
    /// Nothing where it is anonymous: anybody may have written what is known of the lead, and the address may be anybody's.
    pub fn of(profile: &'l Profile, is_anonymous: bool) -> Disclosure<'l> {
        let profile = if is_anonymous { Cow::Owned(Profile::default()) } else { Cow::Borrowed(profile) };
        Disclosure { profile, is_anonymous }
    }

    /// What its values are made of.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The text of an e-mail that a lead of this name gets: the language of an anonymous one is the playbook's.
    pub fn text<'p>(&self, playbook: &'p Playbook, email: &'p Email, lead: &str) -> ChosenText<'p> {
        choose(playbook, email, &self.profile, lead)
    }

    /// Who an e-mail comes from: an anonymous lead has no owner.
    pub fn sender(&self, senders: &Senders, settings: &Sender, email: &Email) -> ChosenSender {
        senders.choose(settings, email.from.as_deref(), &self.profile)
    }

    /// Whether a block is shown whose condition does or does not hold of the lead. That it is there says that it holds.
    pub fn shows(&self, holds: bool) -> bool {
        holds && !self.is_anonymous
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::Translation;
    use serde_json::json;

    use super::*;
    use crate::sending::senders::OWNER;
    use crate::sending::senders::testing::senders;
    use crate::sending::testing::{profile, sender};

    #[test]
    fn of_an_anonymous_lead_neither_name_nor_language_nor_owner_nor_a_condition_is_told() {
        let german = Translation { subject: "Hallo".into(), preheader: None, body: "<mjml>".into() };
        let email = Email {
            id: "receipt".into(),
            subject: "Hello".into(),
            body: "<mjml>".into(),
            from: Some(OWNER.into()),
            languages: vec![("de".into(), german)],
            ..Email::default()
        };
        let (playbook, senders) = (Playbook::default(), senders(Vec::new(), &[("grace@acme.example", "Grace")]));
        let ada = profile(&json!({"first_name": "Ada", "language": "de", "owner": "Grace"}));
        for (is_anonymous, name, subject, from, shows) in
            [(false, Some("Ada"), "Hallo", "Grace", true), (true, None, "Hello", "Acme", false)]
        {
            let disclosure = Disclosure::of(&ada, is_anonymous);
            assert_eq!(disclosure.profile().display_name().as_deref(), name);
            assert_eq!(disclosure.text(&playbook, &email, "ada").subject, subject);
            assert_eq!(disclosure.sender(&senders, &sender(), &email).from.name(), from);
            assert_eq!((disclosure.shows(true), disclosure.shows(false)), (shows, false));
        }
    }
}
