//! What a template reads of a lead and of the sender.

use attractor_live::profile::Profile;
use serde_json::{Map, Value, json};

use super::senders::ChosenSender;

/// `lead`, with the lead's attributes, and `sender`. An address that is not set is nothing, so that a template can ask for
/// it: Liquid takes an empty text for true.
pub fn values(profile: &Profile, sender: &ChosenSender) -> Map<String, Value> {
    let name = if sender.from.name().is_empty() { sender.from.domain() } else { sender.from.name() };
    let address = Some(&sender.postal_address).filter(|address| !address.trim().is_empty());
    let sender = json!({"name": name, "email": sender.answers().address(), "address": address});
    Map::from_iter([("lead".to_owned(), Value::Object(lead(profile))), ("sender".to_owned(), sender)])
}

/// The attributes of a lead, those with dots in their names as objects: `address.city` is `lead.address.city`. An
/// attribute that has both a value and attributes under it is read as its value.
fn lead(profile: &Profile) -> Map<String, Value> {
    let mut lead = Map::new();
    let there = profile.attributes.iter().filter(|(_, attribute)| !attribute.value.is_null());
    for (name, attribute) in there {
        let mut parts: Vec<&str> = name.split('.').collect();
        let Some(last) = parts.pop() else { continue };
        let mut at = Some(&mut lead);
        for part in parts {
            let inner = at.and_then(|map| map.entry(part).or_insert_with(|| json!({})).as_object_mut());
            at = inner;
        }
        if let Some(map) = at {
            map.insert(last.to_owned(), attribute.value.clone());
        }
    }
    lead
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending::testing::{profile, sender};

    #[test]
    fn attributes_with_dots_are_objects() {
        let attributes = json!({
            "first_name": "Ada", "address.city": "Leeds", "address.country": "GB", "tags": ["a"],
            "plan": "gold", "plan.since": 3, "gone": null
        });
        let values = values(&profile(&attributes), &ChosenSender::of(&sender()));
        let expected = json!({
            "first_name": "Ada", "address": {"city": "Leeds", "country": "GB"}, "tags": ["a"], "plan": "gold"
        });
        assert_eq!(values["lead"], expected);
        assert_eq!(values["sender"]["name"], "Acme");
        assert_eq!(values["sender"]["address"], "1 Mill Road, Leeds");
    }

    #[test]
    fn an_address_that_is_not_set_is_nothing() {
        for empty in ["", " "] {
            let nowhere = ChosenSender { postal_address: empty.into(), ..ChosenSender::of(&sender()) };
            assert_eq!(values(&profile(&json!({})), &nowhere)["sender"]["address"], Value::Null);
        }
    }
}
