//! The table as a whole, row by row.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::*;

fn names(group: Group) -> Vec<&'static str> {
    of_group(group).map(|row| row.name).collect()
}

#[test]
fn every_kind_has_one_row_with_what_people_need() {
    let mut seen = BTreeSet::new();
    for row in KINDS {
        let name = row.name;
        assert!(seen.insert(name), "{name} has two rows");
        assert!(row.meaning.ends_with('.') && row.meaning.len() > 10, "{name}: {:?}", row.meaning);
        assert_eq!(EventKind::named(name).map(|row| row.name), Some(name));
        let properties: BTreeSet<&str> = row.properties.iter().map(|property| property.name).collect();
        assert_eq!(properties.len(), row.properties.len(), "{name} names a property twice");
        for property in row.properties {
            if property.example.is_empty() {
                continue;
            }
            let is_right = match serde_json::from_str(property.example) {
                Ok(Json::String(text)) => !text.is_empty() && !matches!(property.holds, Holds::Number | Holds::Seconds),
                Ok(Json::Number(_)) => matches!(property.holds, Holds::Number | Holds::Seconds | Holds::Value),
                Ok(Json::Bool(_)) => matches!(property.holds, Holds::TrueOrFalse | Holds::Value),
                _ => false,
            };
            assert!(is_right, "{name}: the example of `{}` is not {}", property.name, property.holds.name());
        }
    }
}

#[test]
fn what_a_kind_changes_is_read_from_properties_that_its_row_names() {
    for row in KINDS {
        for read in row.acts.iter().flat_map(|act| act.reads()) {
            assert!(row.properties.iter().any(|property| property.name == *read), "{}: {read}", row.name);
        }
    }
}

#[test]
fn a_public_key_may_not_send_a_kind_that_changes_something() {
    for row in KINDS {
        assert!(row.acts.is_empty() || !row.group.is_public(), "{}", row.name);
        let by_hand = row.properties.iter().any(|property| property.name == "by");
        assert_eq!(by_hand, row.group == Group::ByHand, "{}", row.name);
    }
}

#[test]
fn the_groups_hold_the_kinds_of_the_contract() {
    assert_eq!(
        names(Group::Reserved).join(", "),
        "Email Sent, Email Delivered, Email Opened, Email Link Clicked, Email Bounced, Email Marked as Spam, \
         Email Replied, Email Auto-Replied, Topic Chosen, Tracking Allowed, Tracking Declined, Frequency Chosen, \
         Subscribed, Unsubscribed, Deal Created, Deal Won, Deal Lost"
    );
    assert_eq!(
        names(Group::ByHand).join(", "),
        "Segment Pinned, Segment Banned, Segment Released, Stage Set, Stage Released, Sequence Entered, \
         Sequence Stopped, Tagged, Untagged, Owner Set, Note Written, Call Logged"
    );
}

#[test]
fn no_phrase_begins_as_another_does() {
    let words: Vec<Words> = KINDS.iter().filter_map(|row| row.words).collect();
    for (place, one) in words.iter().enumerate() {
        for (_, other) in words.iter().enumerate().filter(|(other, _)| *other != place) {
            assert!(!other.participle.starts_with(one.participle), "{one:?} {other:?}");
            assert!(!other.gerund.starts_with(one.gerund), "{one:?} {other:?}");
        }
    }
}
