use std::collections::{BTreeMap, BTreeSet};

use attractor_store::LeadId;
use attractor_store::contents::{self, Content};

use crate::Trial;

pub fn content(lead: i64, tag: i64) -> Content {
    Content {
        lead: LeadId(lead),
        send_id: format!("{lead}/sequence/it's 👍/5/1"),
        tag,
        address: "o'hara@example.com".to_owned(),
        link_set: "a1".to_owned(),
        document: "{\"it's\": \"👍\"}".to_owned(),
    }
}

pub fn are_found_by_the_id_in_their_links(trial: &Trial) {
    let mut writer = trial.writer();
    let other = Content { send_id: "256/broadcast/may".to_owned(), ..content(256, i64::MAX) };
    contents::put(&mut writer, &[content(256, 7), other.clone(), content(513, 7)]).unwrap();
    let mut found = |lead, tag| contents::of_copy(&mut writer, LeadId(lead), tag).unwrap();
    assert_eq!(found(256, 7), Some(content(256, 7)));
    assert_eq!(found(513, 7), Some(content(513, 7)));
    assert_eq!(found(256, i64::MAX), Some(other.clone()));
    assert_eq!(found(513, 8), None);
    assert_eq!(found(770, 7), None);
    let mut of_lead = contents::of_leads(&mut writer, &[LeadId(256), LeadId(770)]).unwrap();
    of_lead.sort_by_key(|content| content.tag);
    assert_eq!(of_lead, [content(256, 7), other]);
}

pub fn are_found_by_their_copies_as_they_were_frozen_last(trial: &Trial) {
    let mut writer = trial.writer();
    let (first, second) = (content(256, 7), content(256, -8));
    let other = Content { send_id: "256/broadcast/may".to_owned(), ..content(256, 9) };
    let named = |content: &Content| (content.lead, content.send_id.clone());
    contents::put(&mut writer, &[first.clone(), other]).unwrap();
    contents::keep(&mut writer, &[named(&first)]).unwrap();
    contents::put(&mut writer, std::slice::from_ref(&second)).unwrap();
    let found = contents::of_copies(&mut writer, &[named(&first), named(&content(513, 7))]).unwrap();
    assert_eq!(found, [second]);
    assert_eq!(contents::of_copies(&mut writer, &[]).unwrap(), []);
}

pub fn what_is_frozen_anew_has_another_id(trial: &Trial) {
    let mut writer = trial.writer();
    contents::put(&mut writer, &[content(256, 7)]).unwrap();
    let anew = Content { document: "{}".to_owned(), address: "ada@x.example".to_owned(), ..content(256, -8) };
    contents::put(&mut writer, std::slice::from_ref(&anew)).unwrap();
    assert_eq!(contents::of_copy(&mut writer, LeadId(256), 7).unwrap(), None);
    assert_eq!(contents::of_copy(&mut writer, LeadId(256), -8).unwrap(), Some(anew));
}

pub fn what_may_have_arrived_is_kept_when_a_copy_is_sent_again(trial: &Trial) {
    let mut writer = trial.writer();
    let (first, second) = (content(256, 7), content(256, -8));
    let named = |content: &Content| (content.lead, content.send_id.clone());
    contents::put(&mut writer, std::slice::from_ref(&first)).unwrap();
    contents::keep(&mut writer, &[named(&first), named(&content(513, 7))]).unwrap();
    contents::keep(&mut writer, &[named(&first)]).unwrap();
    let all = |writer: &mut attractor_store::Connection| {
        let mut all = contents::all_of_leads(writer, &[256, 513].map(LeadId)).unwrap();
        all.sort_by_key(|content| content.tag);
        all
    };
    assert_eq!(all(&mut writer), std::slice::from_ref(&first), "nothing else was frozen yet");
    contents::put(&mut writer, std::slice::from_ref(&second)).unwrap();
    assert_eq!(contents::of_copy(&mut writer, LeadId(256), 7).unwrap(), Some(first.clone()));
    assert_eq!(contents::of_copy(&mut writer, LeadId(256), -8).unwrap(), Some(second.clone()));
    assert_eq!(contents::of_leads(&mut writer, &[LeadId(256)]).unwrap(), std::slice::from_ref(&second));
    assert_eq!(all(&mut writer), [second, first]);
    attractor_store::leads::erase(&mut writer, LeadId(256)).unwrap();
    assert_eq!(all(&mut writer), []);
}

pub fn link_sets_are_shared(trial: &Trial) {
    let mut writer = trial.writer();
    let set = |id: &str, document: &str| (id.to_owned(), document.to_owned());
    contents::put_link_sets(&mut writer, &[set("a1", "{}"), set("b2", "it's")]).unwrap();
    contents::put_link_sets(&mut writer, &[set("a1", "{}")]).unwrap();
    assert_eq!(contents::link_set(&mut writer, "b2").unwrap().as_deref(), Some("it's"));
    assert_eq!(contents::link_set(&mut writer, "c3").unwrap(), None);
    let found = contents::link_sets(&mut writer, &BTreeSet::from(["a1", "b2", "c3"])).unwrap();
    assert_eq!(found, BTreeMap::from([set("a1", "{}"), set("b2", "it's")]));
    assert!(contents::link_sets(&mut writer, &BTreeSet::new()).unwrap().is_empty());
}

pub fn links_of_one_lead_alone_go_with_it(trial: &Trial) {
    let mut writer = trial.writer();
    let ids = [256, 2560, 25_601, 513].map(|lead| contents::personal_set(LeadId(lead), "a1"));
    let sets: Vec<(String, String)> = ids.iter().map(|id| (id.clone(), "{}".to_owned())).collect();
    contents::put_link_sets(&mut writer, &[sets, vec![("a1".into(), "{}".into())]].concat()).unwrap();
    attractor_store::leads::erase(&mut writer, LeadId(256)).unwrap();
    let mut is_there = |id: &str| contents::link_set(&mut writer, id).unwrap().is_some();
    assert_eq!(ids.each_ref().map(|id| is_there(id)), [false, true, true, true]);
    assert!(is_there("a1"), "others share it");
}
