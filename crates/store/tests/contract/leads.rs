use attractor_store::addressed;
use attractor_store::contents;
use attractor_store::copies::CopyState;
use attractor_store::events::End;
use attractor_store::leads::{self, Lead, Place, Wake};
use attractor_store::mail_requests;
use attractor_store::webhooks::{self, Delivery, DeliveryState};
use attractor_store::{
    Connection, DeliveryNumber, IdentityKind, LeadId, PlaceKey, VersionNumber, WebhookId, copies, deals, moves,
};

use crate::Trial;

fn lead(id: i64) -> Lead {
    Lead {
        id: LeadId(id),
        name: format!("lead {id} 👍"),
        kind: IdentityKind::Email,
        sources: "[{\"it's\": 1}]".to_owned(),
        email: Some("o'hara@example.com".to_owned()),
        first_at: Some(5),
        at: 6,
        wake: Some(7),
        version: VersionNumber(1),
        head: vec![0, 255, 39],
        enrollments: Some("{}".to_owned()),
        score: Some(0.1),
        seen: Some(9),
        became: Some(LeadId(99)),
    }
}

fn bare(id: i64) -> Lead {
    Lead {
        email: None,
        enrollments: None,
        became: None,
        first_at: None,
        wake: None,
        score: None,
        seen: None,
        head: Vec::new(),
        ..lead(id)
    }
}

fn load(trial: &Trial, ids: &[i64]) -> Vec<Lead> {
    let ids: Vec<LeadId> = ids.iter().copied().map(LeadId).collect();
    let mut found = leads::load(&mut trial.reader(), &ids).unwrap();
    found.sort_by_key(|lead| lead.id);
    found
}

pub fn are_read_back_as_saved(trial: &Trial) {
    leads::save(&mut trial.writer(), &[lead(256), bare(513)]).unwrap();
    assert_eq!(load(trial, &[256, 513, 770]), [lead(256), bare(513)]);
}

pub fn saving_again_overwrites(trial: &Trial) {
    let mut writer = trial.writer();
    leads::save(&mut writer, &[lead(256), lead(513)]).unwrap();
    leads::save(&mut writer, &[bare(256)]).unwrap();
    leads::save(&mut writer, &[bare(256)]).unwrap();
    assert_eq!(load(trial, &[256, 513]), [bare(256), lead(513)]);
}

pub fn batches_of_any_size(trial: &Trial) {
    let mut writer = trial.writer();
    leads::save(&mut writer, &[]).unwrap();
    let ids = crate::ids(2_000);
    let made: Vec<Lead> = ids.iter().map(|id| if id % 3 == 0 { bare(*id) } else { lead(*id) }).collect();
    writer.transaction(|writer| leads::save(writer, &made)).unwrap();
    assert_eq!(load(trial, &ids), made);
    assert_eq!(load(trial, &[]), []);
}

pub fn walked_in_order(trial: &Trial) {
    let mut writer = trial.writer();
    let mut ids = crate::leads(700);
    leads::save(&mut writer, &ids.iter().map(|id| bare(id.0)).collect::<Vec<_>>()).unwrap();
    ids.sort_by_key(|id| (id.bucket(), *id));
    let (mut walked, mut at) = (Vec::new(), (-1, LeadId(0)));
    loop {
        let part = leads::after(&mut writer, at, 64).unwrap();
        let Some(last) = part.last() else { break };
        assert!(part.len() <= 64);
        at = (last.id.bucket(), last.id);
        walked.extend(part.iter().map(|lead| lead.id));
    }
    assert_eq!(walked, ids);
}

pub fn enrollments_with_a_text_are_walked_in_order(trial: &Trial) {
    let mut writer = trial.writer();
    let mut ids = crate::leads(9);
    ids.sort_by_key(|id| (id.bucket(), *id));
    let texts = [None, Some(r#"[{"sequence":"welcome"}]"#), Some(r#"[{"sequence":"welcome-back"}]"#), Some("[]")];
    let stored = |(id, text): (&LeadId, Option<&str>)| Lead { enrollments: text.map(str::to_owned), ..bare(id.0) };
    let all: Vec<Lead> = ids.iter().zip(texts.into_iter().cycle()).map(stored).collect();
    leads::save(&mut writer, &all).unwrap();
    let mut found = |containing: &str, at: (i64, LeadId), limit| {
        let rows = leads::enrollments_after(&mut writer, containing, at, limit).unwrap();
        assert!(rows.iter().all(|row| row.enrollments.contains(containing)), "{rows:?}");
        rows.into_iter().map(|row| row.lead).collect::<Vec<_>>()
    };
    let before = (-1, LeadId(0));
    assert_eq!(found("\"welcome\"", before, 9), [ids[1], ids[5]]);
    assert_eq!(found("\"welcome\"", before, 1), [ids[1]]);
    assert_eq!(found("\"welcome\"", (ids[1].bucket(), ids[1]), 9), [ids[5]]);
    assert_eq!(found("\"welcome\"", (ids[5].bucket(), ids[5]), 9), []);
    assert_eq!(found("welcome", before, 9), [ids[1], ids[2], ids[5], ids[6]]);
}

pub fn those_with_something_ahead_are_found(trial: &Trial) {
    let mut writer = trial.writer();
    // The last is one with another lead now, and the copies that it asked for are still there.
    let joined = Lead { became: Some(LeadId(256)), ..bare(771) };
    let waking = [(256, Some(7)), (257, Some(8)), (513, None), (514, None), (770, Some(9))];
    let all: Vec<Lead> = waking.into_iter().map(|(id, wake)| Lead { wake, ..bare(id) }).chain([joined]).collect();
    leads::save(&mut writer, &all).unwrap();
    let copy = |lead, state| copies::MailCopy { state, ..crate::copies::copy(lead) };
    let (over, open) = ([copy(257, CopyState::Sent), copy(513, CopyState::Skipped)], [514, 770, 771]);
    let open = open.into_iter().zip([CopyState::Draft, CopyState::Waiting, CopyState::Claimed]);
    let open = open.map(|(lead, state)| copy(lead, state));
    copies::insert(&mut writer, &over.into_iter().chain(open).collect::<Vec<_>>()).unwrap();
    let mut found = |at: (i64, LeadId), limit| {
        let rows = leads::ahead_after(&mut writer, at, 7, limit).unwrap();
        rows.iter().map(|row| row.id.0).collect::<Vec<_>>()
    };
    let mut ids = [256, 514, 770, 771].map(LeadId);
    ids.sort_by_key(|id| (id.bucket(), *id));
    let ids = ids.map(|id| id.0);
    assert_eq!(found((-1, LeadId(0)), 9), ids);
    assert_eq!(found((-1, LeadId(0)), 3), ids[..3]);
    let second = LeadId(ids[1]);
    assert_eq!(found((second.bucket(), second), 9), ids[2..]);
}

pub fn profiles(trial: &Trial) {
    let mut writer = trial.writer();
    let made: Vec<(LeadId, String)> = crate::leads(20).into_iter().zip(crate::hard_texts()).collect();
    leads::save_profiles(&mut writer, &made).unwrap();
    leads::save_profiles(&mut writer, &made).unwrap();
    leads::save_profiles(&mut writer, &[(made[0].0, "{}".to_owned())]).unwrap();
    let ids: Vec<LeadId> = made.iter().map(|(id, _)| *id).collect();
    let mut found = leads::profiles(&mut writer, &ids).unwrap();
    found.sort_unstable_by_key(|(id, _)| *id);
    assert_eq!(found[0], (ids[0], "{}".to_owned()));
    assert_eq!(found[1..], made[1..]);
    let mut of_buckets: Vec<String> =
        (0..256).flat_map(|bucket| leads::profiles_of_bucket(&mut writer, bucket, End::Last, 9).unwrap()).collect();
    of_buckets.sort_unstable();
    let mut all: Vec<String> = found.into_iter().map(|(_, document)| document).collect();
    all.sort_unstable();
    assert_eq!(of_buckets, all);
    assert!(leads::profiles_of_bucket(&mut writer, ids[0].bucket(), End::First, 0).unwrap().is_empty());
}

pub fn places(trial: &Trial) {
    let mut writer = trial.writer();
    let place = |lead, place: &str, since| Place { lead: LeadId(lead), place: PlaceKey::parse(place).unwrap(), since };
    let made = [place(256, "segment:a", 1), place(256, "stage:l:cold", 2), place(513, "segment:a", 3)];
    leads::save_places(&mut writer, &made).unwrap();
    leads::save_places(&mut writer, &made).unwrap();
    leads::save_places(&mut writer, &[place(256, "segment:a", 9)]).unwrap();
    leads::delete_places(&mut writer, &[made[1].clone(), place(513, "segment:b", 0)]).unwrap();
    let mut found = leads::places(&mut writer, &[256, 513, 770].map(LeadId)).unwrap();
    found.sort_unstable();
    assert_eq!(found, [place(256, "segment:a", 9), made[2].clone()]);
}

pub fn wakes_come_in_order_over_buckets(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(leads::first_wake(&mut writer).unwrap(), None);
    let mut made: Vec<Wake> =
        crate::leads(2_000).iter().map(|lead| Wake { at: 1_000 + lead.0 * 7919 % 500, lead: *lead }).collect();
    leads::insert_wakes(&mut writer, &made).unwrap();
    leads::insert_wakes(&mut writer, &made).unwrap();
    made.sort_unstable();
    assert_eq!(leads::first_wake(&mut writer).unwrap(), Some(made[0].at));
    assert_eq!(leads::due_wakes(&mut writer, i64::MAX, 5_000).unwrap(), made);
    assert_eq!(leads::due_wakes(&mut writer, i64::MAX, 100).unwrap(), made[..100]);
    assert_eq!(leads::due_wakes(&mut writer, 999, 100).unwrap(), []);
    let until = made[700].at;
    let due: Vec<Wake> = made.iter().filter(|wake| wake.at <= until).copied().collect();
    assert_eq!(leads::due_wakes(&mut writer, until, 5_000).unwrap(), due);
    leads::delete_wakes(&mut writer, &due).unwrap();
    assert_eq!(leads::due_wakes(&mut writer, i64::MAX, 5_000).unwrap(), made[due.len()..]);
    assert_eq!(leads::first_wake(&mut writer).unwrap(), Some(made[due.len()].at));
}

/// Two leads, each with everything that a lead may have.
fn full(writer: &mut Connection) -> (i64, i64) {
    for id in [256, 512] {
        leads::save(writer, &[lead(id)]).unwrap();
        leads::insert_wakes(writer, &[Wake { at: 7, lead: LeadId(id) }]).unwrap();
        leads::save_profiles(writer, &[(LeadId(id), "{}".to_owned())]).unwrap();
        leads::save_places(writer, &[Place { lead: LeadId(id), place: PlaceKey::segment("a"), since: 1 }]).unwrap();
        moves::insert(writer, &[crate::moves::a_move(id, id)]).unwrap();
        copies::insert(writer, &[crate::copies::copy(id)]).unwrap();
        deals::save(writer, &[crate::deals::deal(id, "d")]).unwrap();
        contents::put(writer, &[crate::contents::content(id, 7)]).unwrap();
        mail_requests::insert(writer, &[crate::mail_requests::request(id, 7, 1)]).unwrap();
        addressed::note(writer, &[crate::addressed::note(&id.to_string(), id)]).unwrap();
    }
    (256, 512)
}

pub fn a_cleared_lead_leaves_its_row_and_its_moves(trial: &Trial) {
    let mut writer = trial.writer();
    let (gone, stays) = full(&mut writer);
    leads::clear(&mut writer, &[LeadId(gone)]).unwrap();
    leads::clear(&mut writer, &[LeadId(gone)]).unwrap();
    assert_eq!(load(trial, &[gone, stays]), [lead(gone), lead(stays)]);
    assert_eq!(leads::profiles(&mut writer, &[gone, stays].map(LeadId)).unwrap().len(), 1);
    assert_eq!(leads::places(&mut writer, &[LeadId(gone)]).unwrap(), []);
    assert_eq!(deals::after(&mut writer, (-1, LeadId(0), ""), 9).unwrap(), [crate::deals::deal(stays, "d")]);
    let states = [gone, stays].map(|id| copies::of_leads(&mut writer, &[LeadId(id)]).unwrap()[0].state);
    assert_eq!(states, [CopyState::Withdrawn, CopyState::Waiting]);
    let content = contents::of_copy(&mut writer, LeadId(gone), 7).unwrap();
    assert_eq!(content, Some(crate::contents::content(gone, 7)), "a link of a lead that was joined works");
    assert_eq!(mail_requests::of_copies(&mut writer, &[(LeadId(gone), 7)]).unwrap().len(), 1);
    assert_eq!(moves::of_leads(&mut writer, &[LeadId(gone)]).unwrap(), [crate::moves::a_move(gone, gone)]);
}

pub fn an_erased_lead_leaves_nothing(trial: &Trial) {
    let mut writer = trial.writer();
    let (gone, stays) = full(&mut writer);
    webhooks::insert_deliveries(&mut writer, &[delivery(Some(gone)), delivery(Some(stays)), delivery(None)]).unwrap();
    leads::erase(&mut writer, LeadId(gone)).unwrap();
    leads::erase(&mut writer, LeadId(gone)).unwrap();
    assert_eq!(load(trial, &[gone, stays]), [lead(stays)]);
    for table in ["profiles", "places", "deals", "copies", "contents", "mail_requests", "addressed", "moves", "wakes"] {
        let rows = writer.query(&format!("SELECT lead FROM {table}"), &[]).unwrap();
        let left: Vec<i64> = rows.iter().map(|row| row.integer(0).unwrap()).collect();
        assert_eq!(left, [stays], "{table}");
    }
    let left = webhooks::deliveries(&mut writer, WebhookId(1), DeliveryNumber::MAX, 100).unwrap();
    assert_eq!(left.iter().map(|delivery| delivery.lead).collect::<Vec<_>>(), [None, Some(LeadId(stays))]);
}

fn delivery(lead: Option<i64>) -> Delivery {
    Delivery {
        number: DeliveryNumber::default(),
        webhook: WebhookId(1),
        message: "m".into(),
        lead: lead.map(LeadId),
        kind: "test".into(),
        body: "{}".into(),
        state: DeliveryState::Waiting,
        tries: 0,
        made_at: 0,
        due: 0,
        ended_at: None,
        status: None,
        error: None,
    }
}
