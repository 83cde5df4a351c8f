//! People of a list who left a subscription or topic, and not everything. What they left here no import lifts, so the preview
//! and the report say how many they are. What the list says that they left must be a subscription of the playbook: one that
//! is misspelt would keep no mail back.

use std::collections::BTreeSet;

use attractor_engine::consent::Scope;
use attractor_engine::playbook::Playbook;
use attractor_import::Map;
use attractor_live::suppression::{AddressBlocks, of_addresses};
use attractor_store::{Connection, Error};

use crate::hand::deed::{Unknown, known};

/// Refuses a mapping by which people left a subscription that none of these playbooks declares.
pub fn declared(mapping: &Map, playbooks: &[Playbook]) -> Result<(), Unknown> {
    let ids = |playbook: &Playbook| playbook.subscriptions.iter().map(|one| one.id.clone()).collect();
    mapping.subscriptions().try_for_each(|asked| known("subscription", asked, playbooks, ids))
}

/// How many of these addresses, in canonical form, left a part.
pub fn of_parts(connection: &mut Connection, addresses: &BTreeSet<String>) -> Result<u64, Error> {
    Ok(of_addresses(connection, addresses)?.values().filter(|blocks| is_of_part(blocks)).count() as u64)
}

/// Whether an address is blocked for everything.
pub fn is_of_all(blocks: &AddressBlocks) -> bool {
    blocks.in_scope(&Scope::All).next().is_some()
}

/// Whether an address is blocked for a subscription or topic, and not for everything.
pub fn is_of_part(blocks: &AddressBlocks) -> bool {
    !is_of_all(blocks) && blocks.all().any(|one| one.scope != Scope::Tracking)
}

/// For people; `None` where nobody left.
pub fn note(people: u64) -> Option<String> {
    match people {
        0 => None,
        1 => Some(
            "1 of these people has unsubscribed here, from a subscription or a topic, and stays unsubscribed"
                .to_owned(),
        ),
        more => Some(format!(
            "{more} of these people have unsubscribed here, from a subscription or a topic, and stay unsubscribed"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_that_is_left_is_one_of_a_playbook() {
        let playbook = |ids: &str| {
            let text = format!("playbook: p\ntimezone: UTC\nsubscriptions: [{ids}]\n");
            attractor_engine::playbook::read(&text).playbook.unwrap()
        };
        let playbooks = [playbook("{id: news}, {id: offers}"), playbook("{id: news}, {id: tips}")];
        let asked = |map: &str| declared(&Map::from_argument(map).unwrap(), &playbooks);
        for fine in ["A=left:news", "A=left:offers,B=left:tips", "A=email"] {
            assert_eq!(asked(fine), Ok(()), "{fine}");
        }
        let said = asked("A=left:news,B=left:ofers").unwrap_err().to_string();
        assert!(said.contains("no subscription `ofers`; declared are news, offers, tips"), "{said}");
    }

    #[test]
    fn a_sentence_says_how_many_stay_out_of_a_part() {
        assert_eq!(note(0), None);
        assert!(note(1).unwrap().starts_with("1 of these people has unsubscribed here"));
        assert!(note(2).unwrap().starts_with("2 of these people have unsubscribed here"));
    }
}
