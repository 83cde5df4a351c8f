//! Whose a call is: the lead's owner, else who a rule of `call_owners` names, else the users with the role sales in turn.

use std::collections::BTreeMap;

use attractor_engine::address::is_mailable;
use attractor_live::profile::Profile;
use attractor_mail::hours::code_of_country;
use attractor_mail::message::Mailbox;
use attractor_store::access::User;
use attractor_store::{Connection, Error, calls};
use serde_json::Value;

use crate::access::addresses::{plain, with_address};
use crate::actor::Role;

/// A rule of `call_owners`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRule {
    which: Which,
    /// Of a user, in canonical form.
    address: String,
}

/// Of which leads the calls are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Which {
    /// By the id of the primary interest.
    Topic(String),
    /// With this attribute, whose value is in lower case.
    With { attribute: String, value: String },
}

impl OwnerRule {
    /// Rules, each `ATTRIBUTE=VALUE: ADDRESS` or `topic=ID: ADDRESS`. The error says what would be right.
    pub fn read_all(texts: &[String]) -> Result<Vec<OwnerRule>, String> {
        let wrong = |text: &String| {
            format!(
                "`{text}` in `call_owners` is not a rule; write `country=DE: ada@example.org` or `topic=shirts: bob@example.org`"
            )
        };
        texts.iter().map(|text| OwnerRule::read(text).ok_or_else(|| wrong(text))).collect()
    }

    fn read(text: &str) -> Option<OwnerRule> {
        let (which, address) = text.rsplit_once(':')?;
        let (name, value) = which.split_once('=')?;
        let (name, value, address) = (name.trim(), value.trim(), plain(address));
        let is_good =
            !name.is_empty() && !value.is_empty() && Mailbox::parse(&address).is_ok() && is_mailable(&address);
        let which = match name {
            "topic" => Which::Topic(value.to_owned()),
            _ => Which::With { attribute: name.to_owned(), value: value.to_lowercase() },
        };
        is_good.then_some(OwnerRule { which, address })
    }

    fn fits(&self, profile: &Profile, primary_interest: Option<&str>) -> bool {
        match &self.which {
            Which::Topic(topic) => primary_interest == Some(topic.as_str()),
            Which::With { attribute, value } => {
                let known = profile.attribute(attribute).map(|known| &known.value);
                known.is_some_and(|known| is_value(known, value) || is_same_country(attribute, known, value))
            }
        }
    }
}

/// Whether an attribute has a value, which is in lower case; of a list, whether one of its values is it.
fn is_value(known: &Value, value: &str) -> bool {
    match known {
        Value::String(text) => text.trim().to_lowercase() == value,
        Value::Array(all) => all.iter().any(|one| is_value(one, value)),
        // As it is written: 50, true.
        other => {
            let written = other.to_string();
            written == value
        }
    }
}

/// Whether an attribute that holds a country names the same one, however each is written, such as `GB` and `UK`.
fn is_same_country(attribute: &str, known: &Value, value: &str) -> bool {
    let holds_country = matches!(attribute.rsplit('.').next(), Some("country" | "country_code"));
    let code = known.as_str().filter(|_| holds_country).and_then(code_of_country);
    code.is_some() && code == code_of_country(value)
}

/// What is known when an owner is looked for.
pub(super) struct Looking<'a> {
    pub profile: &'a Profile,
    pub primary_interest: Option<&'a str>,
    /// Those who may sign in.
    pub users: &'a [User],
    /// By address, how many calls somebody has ahead.
    pub calls: &'a BTreeMap<String, i64>,
}

impl Looking<'_> {
    /// The address of the user whose the call is; `None` where nobody is found.
    pub fn owner(&self, rules: &[OwnerRule]) -> Option<String> {
        self.of_lead().or_else(|| self.by_rule(rules)).or_else(|| self.in_turn())
    }

    /// Who owns the lead, if that is a user.
    pub fn of_lead(&self) -> Option<String> {
        let owner = self.profile.attribute("owner")?.value.as_str()?;
        Some(self.user(owner)?.email.clone())
    }

    fn by_rule(&self, rules: &[OwnerRule]) -> Option<String> {
        let mut rules = rules.iter().filter(|rule| rule.fits(self.profile, self.primary_interest));
        rules.find_map(|rule| Some(self.user(&rule.address)?.email.clone()))
    }

    /// The user with the role sales who has the fewest calls; of several, the first by address.
    fn in_turn(&self) -> Option<String> {
        let sales = self.users.iter().filter(|user| user.role == Role::Sales.name());
        let next = sales.min_by_key(|user| (self.calls.get(&user.email).copied().unwrap_or_default(), &user.email));
        next.map(|user| user.email.clone())
    }

    fn user(&self, address: &str) -> Option<&User> {
        with_address(self.users, address)
    }
}

/// By address, how many calls each user has ahead.
pub(super) fn counts(connection: &mut Connection) -> Result<BTreeMap<String, i64>, Error> {
    Ok(calls::count_by_owner(connection)?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use attractor_store::UserId;
    use serde_json::json;

    use super::*;
    use crate::sending::testing::profile;

    fn user(email: &str, role: Role) -> User {
        User {
            id: UserId(1),
            email: email.to_owned(),
            name: String::new(),
            role: role.name().to_owned(),
            password: None,
            made_at: 0,
            disabled_at: None,
        }
    }

    #[test]
    fn an_owner_is_the_leads_else_by_rule_else_in_turn() {
        let users = [
            user("bob@acme.test", Role::Sales),
            user("ada@acme.test", Role::Sales),
            user("cy@acme.test", Role::Sales),
            user("eve@acme.test", Role::Marketer),
            user("dag@xn--bcher-kva.example", Role::Viewer),
        ];
        let rules = [
            "country=DE: Eve@acme.test",
            "address.country=UK: bob@acme.test",
            "plan=UK: ada@acme.test",
            "plan=idn: Dag@Bücher.example",
            "tags=vip: gone@acme.test",
            "topic=shirts: cy@acme.test",
            "size=50: bob@acme.test",
        ];
        let rules = OwnerRule::read_all(&rules.map(str::to_owned)).unwrap();
        let calls = BTreeMap::from([("ada@acme.test".to_owned(), 2), ("bob@acme.test".to_owned(), 1)]);
        for (attributes, interest, expected) in [
            (json!({"owner": " ADA@acme.test", "country": "DE"}), None, "ada@acme.test"),
            (json!({"owner": "dag@bücher.example"}), None, "dag@xn--bcher-kva.example"),
            (json!({"plan": "idn"}), None, "dag@xn--bcher-kva.example"),
            (json!({"owner": "somebody@else.test", "country": "de "}), None, "eve@acme.test"),
            (json!({"country": "Germany"}), None, "eve@acme.test"),
            (json!({"address.country": "GB"}), None, "bob@acme.test"),
            (json!({"plan": "GB"}), None, "cy@acme.test"),
            (json!({"country": "FR"}), Some("shirts"), "cy@acme.test"),
            (json!({"tags": ["new", "VIP"], "size": 50}), Some("hats"), "bob@acme.test"),
            (json!({"country": null}), None, "cy@acme.test"),
        ] {
            let profile = profile(&attributes);
            let looking = Looking { profile: &profile, primary_interest: interest, users: &users, calls: &calls };
            assert_eq!(looking.owner(&rules).as_deref(), Some(expected), "{attributes}");
        }
        let profile = profile(&json!({}));
        let among = |users: &[User], calls: &BTreeMap<String, i64>| {
            Looking { profile: &profile, primary_interest: None, users, calls }.owner(&[])
        };
        assert_eq!(
            among(&users, &BTreeMap::new()).as_deref(),
            Some("ada@acme.test"),
            "of several, the first by address"
        );
        assert_eq!(among(&users[3..], &calls), None);
    }

    #[test]
    fn what_is_not_a_rule_is_named() {
        for text in
            ["", "ada@acme.test", "country: ada@acme.test", "country=DE", "=DE: ada@acme.test", "country=DE: ada"]
        {
            let wrong = OwnerRule::read_all(&[text.to_owned()]).unwrap_err();
            assert!(wrong.contains("is not a rule; write"), "{wrong}");
        }
        let rule = OwnerRule::read("url=https://a.test: ada@acme.test").unwrap();
        assert_eq!(rule.which, Which::With { attribute: "url".to_owned(), value: "https://a.test".to_owned() });
    }
}
