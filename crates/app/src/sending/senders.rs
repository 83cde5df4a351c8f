//! Who a copy comes from: the sender of the settings, one that the e-mail names, or the lead's owner.
//!
//! Only addresses at the domain of the settings stand in `From`, because that is the domain whose records are checked and that
//! signs. Anybody else writes by that address, with the own name, and answers go to the own address.

use attractor_live::profile::Profile;
use attractor_mail::frozen::FrozenAddress;
use attractor_mail::message::Mailbox;
use attractor_store::access::{self, User};
use attractor_store::senders::{self, Sender as Named};
use attractor_store::{Connection, Error};

use super::sender::Sender;

/// What an e-mail names to come from the lead's owner.
pub const OWNER: &str = "owner";

/// Who a copy comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenSender {
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub postal_address: String,
}

impl ChosenSender {
    /// The sender of the settings.
    pub fn of(settings: &Sender) -> ChosenSender {
        ChosenSender { from: settings.from.clone(), reply_to: None, postal_address: settings.postal_address.clone() }
    }

    /// Somebody with an address of their own, as far as the domain allows.
    fn writing(settings: &Sender, own: &Mailbox, reply_to: Option<Mailbox>, postal_address: String) -> ChosenSender {
        if is_aligned(settings, own) {
            return ChosenSender { from: own.clone(), reply_to, postal_address };
        }
        let from = match own.name() {
            "" => settings.from.clone(),
            name => settings.from.clone().named(name),
        };
        ChosenSender { from, reply_to: reply_to.or_else(|| Some(own.clone())), postal_address }
    }

    /// What people who answer write to.
    pub fn answers(&self) -> &Mailbox {
        self.reply_to.as_ref().unwrap_or(&self.from)
    }
}

/// Whether an address may stand in `From`: it is at the domain whose records are checked. Another domain of the same
/// organization is not, because its own DMARC record may be stricter.
pub fn is_aligned(settings: &Sender, own: &Mailbox) -> bool {
    own.domain() == settings.from.domain()
}

/// A mailbox as it is kept with a copy.
pub fn frozen(mailbox: &Mailbox) -> FrozenAddress {
    FrozenAddress { name: mailbox.name().to_owned(), address: mailbox.address().to_owned() }
}

/// The senders that e-mails may name, and the users who may be owners.
#[derive(Clone, Debug, Default)]
pub struct Senders {
    named: Vec<Named>,
    users: Vec<User>,
}

impl Senders {
    pub fn read(connection: &mut Connection) -> Result<Senders, Error> {
        Ok(Senders { named: senders::all(connection)?, users: access::users(connection)? })
    }

    /// Who an e-mail comes from that names this sender; `None` where its address is no longer one.
    pub fn of_one(settings: &Sender, named: &Named) -> Option<ChosenSender> {
        chosen(settings, named)
    }

    /// Whether an e-mail may name this one.
    pub fn has(&self, id: &str) -> bool {
        id == OWNER || self.named.iter().any(|named| named.id == id)
    }

    /// Who a copy to a lead comes from. Where the named one is not there, it is the sender of the settings: nobody loses a
    /// mail by it.
    pub fn choose(&self, settings: &Sender, named: Option<&str>, profile: &Profile) -> ChosenSender {
        let found = match named {
            None => None,
            Some(OWNER) => self.owner(settings, profile),
            Some(id) => self.named.iter().find(|named| named.id == id).and_then(|named| chosen(settings, named)),
        };
        found.unwrap_or_else(|| ChosenSender::of(settings))
    }

    /// The lead's owner, by the address or the name that the lead has; one that a public key alone brought does not count.
    fn owner(&self, settings: &Sender, profile: &Profile) -> Option<ChosenSender> {
        let attribute = profile.attribute("owner").filter(|attribute| !attribute.public)?;
        let owner = attribute.value.as_str()?.trim();
        let is_called = |user: &&User| {
            user.disabled_at.is_none()
                && [&user.email, &user.name].iter().any(|known| known.eq_ignore_ascii_case(owner))
        };
        let user = self.users.iter().find(is_called);
        let address = user.map_or(owner, |user| user.email.as_str());
        let own = Mailbox::parse(address).ok()?.named(user.map_or("", |user| user.name.as_str()));
        Some(ChosenSender::writing(settings, &own, None, settings.postal_address.clone()))
    }
}

fn chosen(settings: &Sender, named: &Named) -> Option<ChosenSender> {
    let own = Mailbox::parse(&named.address).ok()?.named(&named.name);
    let reply_to = named.reply_to.as_deref().and_then(|address| Mailbox::parse(address).ok());
    let reply_to = reply_to.map(|mailbox| mailbox.named(&named.name));
    let postal_address = named.postal_address.clone().unwrap_or_else(|| settings.postal_address.clone());
    Some(ChosenSender::writing(settings, &own, reply_to, postal_address))
}

#[cfg(test)]
pub mod testing {
    use super::*;

    /// A sender that an e-mail may name.
    pub fn named(id: &str, name: &str, address: &str, reply_to: Option<&str>) -> Named {
        Named {
            id: id.into(),
            name: name.into(),
            address: address.into(),
            reply_to: reply_to.map(str::to_owned),
            postal_address: None,
            made_at: 0,
            made_by: "test".into(),
        }
    }

    pub fn senders(named: Vec<Named>, users: &[(&str, &str)]) -> Senders {
        let user = |(email, name): &(&str, &str)| User {
            id: Default::default(),
            email: (*email).into(),
            name: (*name).into(),
            role: "sales".into(),
            password: None,
            made_at: 0,
            disabled_at: None,
        };
        Senders { named, users: users.iter().map(user).collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::testing::{named, senders};
    use super::*;
    use crate::sending::testing::{profile, sender};

    /// Name and address of `From`, and the address of `Reply-To`.
    fn shown(chosen: &ChosenSender) -> (&str, &str, Option<&str>) {
        (chosen.from.name(), chosen.from.address(), chosen.reply_to.as_ref().map(Mailbox::address))
    }

    #[test]
    fn only_addresses_at_the_verified_domain_stand_in_from() {
        let own = named("own", "Ada", "ada@acme.example", None);
        let answered = named("answered", "Ada", "ada@acme.example", Some("desk@other.example"));
        let below = named("below", "Bea", "bea@sales.acme.example", None);
        let other = named("other", "Cy", "cy@gmail.example", Some("cy@desk.example"));
        let nameless = named("nameless", "", "x@gmail.example", None);
        let all = senders(vec![own, answered, below, other, nameless], &[]);
        for (id, expected) in [
            (None, ("Acme", "news@acme.example", None)),
            (Some("nobody"), ("Acme", "news@acme.example", None)),
            (Some("own"), ("Ada", "ada@acme.example", None)),
            (Some("answered"), ("Ada", "ada@acme.example", Some("desk@other.example"))),
            (Some("below"), ("Bea", "news@acme.example", Some("bea@sales.acme.example"))),
            (Some("other"), ("Cy", "news@acme.example", Some("cy@desk.example"))),
            (Some("nameless"), ("Acme", "news@acme.example", Some("x@gmail.example"))),
        ] {
            assert_eq!(shown(&all.choose(&sender(), id, &Profile::default())), expected, "{id:?}");
        }
    }

    #[test]
    fn an_owner_is_known_by_address_or_name_unless_a_stranger_said_so() {
        let all = senders(Vec::new(), &[("grace@acme.example", "Grace Hopper"), ("joan@home.example", "Joan")]);
        let ours = ("Acme", "news@acme.example", None);
        for (owner, expected) in [
            (json!("GRACE@acme.example"), ("Grace Hopper", "grace@acme.example", None)),
            (json!("grace hopper"), ("Grace Hopper", "grace@acme.example", None)),
            (json!("joan@home.example"), ("Joan", "news@acme.example", Some("joan@home.example"))),
            (json!("sue@acme.example"), ("", "sue@acme.example", None)),
            (json!("sue@else.example"), ("Acme", "news@acme.example", Some("sue@else.example"))),
            (json!("a@x.example\r\nBcc: b@y.example"), ours),
            (json!("somebody"), ours),
            (json!(7), ours),
        ] {
            let mut profile = profile(&json!({"owner": owner}));
            assert_eq!(shown(&all.choose(&sender(), Some(OWNER), &profile)), expected, "{owner}");
            profile.attributes.values_mut().for_each(|attribute| attribute.public = true);
            assert_eq!(shown(&all.choose(&sender(), Some(OWNER), &profile)), ours, "{owner}");
        }
        assert_eq!(shown(&all.choose(&sender(), Some(OWNER), &Profile::default())), ours);
    }
}
