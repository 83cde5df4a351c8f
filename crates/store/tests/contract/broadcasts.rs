use attractor_store::broadcasts::{self, Broadcast, BroadcastState, CopyTurn, START};
use attractor_store::copies::{self, CopySource, CopyState, Dispatch, MailCopy};
use attractor_store::{BroadcastId, Connection, LeadId};

use crate::Trial;

fn broadcast(id: i64) -> Broadcast {
    let document = "{\"name\": \"it's May 👍\"}".to_owned();
    Broadcast { changed_at: 6, ..Broadcast::draft(BroadcastId(id), document, "user:1".to_owned(), 5) }
}

fn copy(broadcast: i64, lead: i64, state: CopyState) -> MailCopy {
    let source = CopySource::Broadcast(broadcast.to_string());
    MailCopy { source, state, dispatch: Dispatch::default(), ..crate::copies::copy(lead) }
}

fn counts(connection: &mut Connection, id: i64) -> Vec<(CopyState, i64)> {
    let mut counts = broadcasts::count_by_state(connection, BroadcastId(id)).unwrap();
    counts.sort_unstable();
    counts
}

pub fn are_read_back_as_saved(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(broadcasts::next_id(&mut writer).unwrap(), BroadcastId(1));
    let started = Broadcast {
        state: BroadcastState::Started,
        why: Some("it's \"paused\"".to_owned()),
        started_at: Some(7),
        leaves_at: Some(8),
        frozen_at: Some(9),
        frozen_to: (255, LeadId(511)),
        audience: 4,
        held_out: 3,
        sent: 5,
        hard_bounces: 2,
        complaints: 1,
        stuck: true,
        changed_at: 9,
        ..broadcast(2)
    };
    for one in [broadcast(1), broadcast(2), started.clone()] {
        broadcasts::save(&mut writer, &one).unwrap();
        assert_eq!(broadcasts::one(&mut writer, one.id).unwrap(), Some(one));
    }
    assert_eq!(broadcasts::next_id(&mut writer).unwrap(), BroadcastId(3));
    assert_eq!(broadcasts::latest(&mut writer, BroadcastId::MAX, 9).unwrap(), [started, broadcast(1)]);
    assert_eq!(broadcasts::latest(&mut writer, BroadcastId(2), 9).unwrap(), [broadcast(1)]);
    let of_ids = broadcasts::of_ids(&mut writer, &[2, 3].map(BroadcastId)).unwrap();
    assert_eq!(
        of_ids.iter().map(|one| (one.id, one.state)).collect::<Vec<_>>(),
        [(BroadcastId(2), BroadcastState::Started)]
    );
    assert!(broadcasts::delete(&mut writer, BroadcastId(1)).unwrap());
    assert!(!broadcasts::delete(&mut writer, BroadcastId(1)).unwrap());
    assert!(broadcasts::delete(&mut writer, BroadcastId(2)).unwrap());
    assert_eq!(broadcasts::next_id(&mut writer).unwrap(), BroadcastId(4), "nothing is in the table");
}

pub fn what_came_back_is_added_up(trial: &Trial) {
    let mut writer = trial.writer();
    broadcasts::save(&mut writer, &broadcast(7)).unwrap();
    let first = broadcasts::CameBack { sent: 9, hard_bounces: 1, complaints: 0 };
    broadcasts::add(&mut writer, BroadcastId(7), first).unwrap();
    let second = broadcasts::CameBack { sent: 2, complaints: 3, ..first };
    let found = broadcasts::add(&mut writer, BroadcastId(7), second).unwrap();
    assert_eq!(found, Some(Broadcast { sent: 11, hard_bounces: 2, complaints: 3, ..broadcast(7) }));
    assert_eq!(broadcasts::add(&mut writer, BroadcastId(8), first).unwrap(), None);
}

pub fn with_work_left_are_found(trial: &Trial) {
    let mut writer = trial.writer();
    let mut expected = Vec::new();
    for (place, state) in BroadcastState::ALL.into_iter().enumerate() {
        for (frozen_at, more) in [(None, 1), (Some(7), 2)] {
            let id = place as i64 * 2 + more;
            broadcasts::save(&mut writer, &Broadcast { state, frozen_at, ..broadcast(id) }).unwrap();
            let is_left = match state {
                BroadcastState::Draft => false,
                BroadcastState::Undoing => true,
                BroadcastState::Cancelled => frozen_at.is_some(),
                _ => frozen_at.is_none(),
            };
            expected.extend(is_left.then_some(BroadcastId(id)));
        }
    }
    let stuck = Broadcast { state: BroadcastState::Paused, stuck: true, ..broadcast(99) };
    broadcasts::save(&mut writer, &stuck).unwrap();
    // Of the two that are cancelled, one has a copy on its way.
    copies::insert(&mut writer, &[copy(9, 256, CopyState::Withdrawn), copy(10, 256, CopyState::Claimed)]).unwrap();
    let found: Vec<BroadcastId> = broadcasts::unfinished(&mut writer).unwrap().iter().map(|one| one.id).collect();
    assert_eq!(found, expected);
}

pub fn their_copies_are_counted_and_walked_in_order(trial: &Trial) {
    let mut writer = trial.writer();
    let skipped = |lead, reason: &str| MailCopy { reason: Some(reason.into()), ..copy(7, lead, CopyState::Skipped) };
    let made = [
        copy(7, 513, CopyState::Sent),
        copy(7, 256, CopyState::Sent),
        copy(7, 512, CopyState::Sent),
        skipped(768, "staff"),
        skipped(1024, "staff"),
        skipped(1280, "buyer"),
        copy(70, 256, CopyState::Sent),
        crate::copies::copy(256),
    ];
    copies::insert(&mut writer, &made).unwrap();
    assert_eq!(counts(&mut writer, 7), [(CopyState::Sent, 3), (CopyState::Skipped, 3)]);
    let mut reasons = broadcasts::count_by_reason(&mut writer, BroadcastId(7), CopyState::Skipped).unwrap();
    reasons.sort();
    assert_eq!(reasons, [("buyer".to_owned(), 1), ("staff".to_owned(), 2)]);
    let leads = |writer: &mut Connection, after, limit| {
        let found = broadcasts::copies_in(writer, BroadcastId(7), CopyState::Sent, after, limit).unwrap();
        found.iter().map(|copy| copy.lead.0).collect::<Vec<_>>()
    };
    assert_eq!(leads(&mut writer, START, 9), [256, 512, 513]);
    assert_eq!(leads(&mut writer, START, 1), [256]);
    assert_eq!(leads(&mut writer, (0, LeadId(256)), 9), [512, 513]);
}

pub fn those_for_whom_the_same_e_mail_waits_twice_are_counted(trial: &Trial) {
    let mut writer = trial.writer();
    let step =
        |lead, step: &str, state| MailCopy { source: crate::copies::step(step), state, ..crate::copies::copy(lead) };
    let other_email = MailCopy { email: Some("other".into()), ..crate::copies::copy(1536) };
    let made = [
        copy(7, 256, CopyState::Waiting),
        step(256, "1", CopyState::Draft),
        step(256, "2", CopyState::Waiting),
        copy(7, 512, CopyState::Waiting),
        copy(8, 512, CopyState::Waiting),
        copy(7, 768, CopyState::Waiting),
        step(768, "1", CopyState::Sent),
        copy(7, 1024, CopyState::Sent),
        step(1024, "1", CopyState::Waiting),
        copy(7, 1280, CopyState::Waiting),
        copy(7, 1536, CopyState::Waiting),
        other_email,
    ];
    copies::insert(&mut writer, &made).unwrap();
    let mut count = |id| broadcasts::count_waiting_twice(&mut writer, BroadcastId(id)).unwrap();
    assert_eq!([count(7), count(8), count(9)], [2, 1, 0]);
}

pub fn copies_without_a_turn_get_one_once(trial: &Trial) {
    let mut writer = trial.writer();
    let waiting = |lead| copy(7, lead, CopyState::Waiting);
    let due = MailCopy { dispatch: Dispatch::due(5), ..waiting(512) };
    copies::insert(&mut writer, &[waiting(256), due, copy(7, 768, CopyState::Sent)]).unwrap();
    let engaged = broadcasts::waiting_with_engagement(&mut writer, BroadcastId(7)).unwrap();
    let mut engaged: Vec<_> = engaged.iter().map(|one| (one.lead.0, one.due, one.score)).collect();
    engaged.sort_by_key(|one| one.0);
    assert_eq!(engaged, [(256, None, None), (512, Some(5), None)], "their leads are gone");
    let turns = [256, 512, 768].map(|lead| CopyTurn { lead: LeadId(lead), due: 90, not_after: 99 });
    broadcasts::schedule(&mut writer, BroadcastId(7), &turns).unwrap();
    let mut found = copies::of_leads(&mut writer, &[256, 512, 768].map(LeadId)).unwrap();
    found.sort_by_key(|copy| copy.lead);
    let dues: Vec<_> = found.iter().map(|copy| (copy.dispatch.due, copy.not_after)).collect();
    assert_eq!(dues, [(Some(90), Some(99)), (Some(5), Some(7)), (None, Some(7))]);
}

pub fn what_waits_is_recalled_withdrawn_or_discarded(trial: &Trial) {
    let mut writer = trial.writer();
    let paused =
        |lead, not_after| MailCopy { reason: Some("paused".into()), not_after, ..copy(7, lead, CopyState::Waiting) };
    let all_paused = [paused(256, Some(41)), paused(1280, None), paused(1536, Some(40)), paused(1792, Some(7))];
    let held = MailCopy { reason: Some("cadence".into()), ..copy(7, 512, CopyState::Waiting) };
    let rest = [copy(7, 768, CopyState::Sent), copy(7, 1024, CopyState::Claimed), copy(8, 256, CopyState::Waiting)];
    copies::insert(&mut writer, &[&all_paused[..], &[held], &rest].concat()).unwrap();
    assert_eq!(broadcasts::recall(&mut writer, BroadcastId(7), 40).unwrap(), 4);
    // For the last two it is too late, and the pause is why.
    for (lead, reason) in [(256, None), (1280, None), (1536, Some("paused")), (1792, Some("paused"))] {
        let due = copies::of_leads(&mut writer, &[LeadId(lead)]).unwrap();
        let is_so = |copy: &MailCopy| copy.dispatch.due == Some(40) && copy.reason.as_deref() == reason;
        assert!(due.iter().any(is_so), "{due:?}");
    }
    assert_eq!(broadcasts::withdraw(&mut writer, BroadcastId(7), 50, 1).unwrap(), 1);
    assert_eq!(broadcasts::withdraw(&mut writer, BroadcastId(7), 50, 9).unwrap(), 4);
    let held = copies::of_leads(&mut writer, &[LeadId(512)]).unwrap();
    assert!(held.iter().all(|copy| copy.dispatch.ended_at == Some(50)), "{held:?}");
    use CopyState::{Claimed, Sent, Waiting, Withdrawn};
    assert_eq!(counts(&mut writer, 7), [(Claimed, 1), (Sent, 1), (Withdrawn, 5)]);
    assert_eq!(broadcasts::discard(&mut writer, BroadcastId(7), 9).unwrap(), 5);
    assert_eq!(counts(&mut writer, 7), [(Claimed, 1), (Sent, 1)], "what is on its way stays");
    assert_eq!(counts(&mut writer, 8), [(Waiting, 1)]);
}
