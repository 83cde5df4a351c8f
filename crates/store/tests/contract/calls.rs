use attractor_store::calls::{self, Call, CallState};
use attractor_store::{CallId, LeadId, leads};

use crate::Trial;

fn call(id: i64, due_at: i64) -> Call {
    Call {
        id: CallId(id),
        lead: LeadId(256),
        state: CallState::Open,
        owner: Some("ada@acme.test".to_owned()),
        opened_at: 5,
        due_at,
        snoozed_until: None,
        escalated_at: None,
        logged_at: None,
        ended_at: None,
        outcome: None,
        document: "{\"reasons\": []}".to_owned(),
    }
}

fn ended(id: i64, at: i64) -> Call {
    let state = CallState::Done;
    Call { state, ended_at: Some(at), logged_at: Some(at), outcome: Some("reached".to_owned()), ..call(id, 9) }
}

fn ids(calls: &[Call]) -> Vec<i64> {
    calls.iter().map(|call| call.id.0).collect()
}

pub fn are_read_back_as_saved(trial: &Trial) {
    let mut writer = trial.writer();
    calls::save(&mut writer, &call(1, 50)).unwrap();
    let changed = Call {
        state: CallState::Taken,
        owner: None,
        due_at: 70,
        snoozed_until: Some(60),
        escalated_at: Some(55),
        document: "{}".to_owned(),
        ..call(1, 50)
    };
    calls::save(&mut writer, &changed).unwrap();
    assert_eq!(calls::one(&mut writer, CallId(1)).unwrap(), Some(changed.clone()));
    assert_eq!(calls::of_lead(&mut writer, LeadId(256)).unwrap(), [changed]);
    assert_eq!(calls::one(&mut writer, CallId(2)).unwrap(), None);
    calls::delete(&mut writer, CallId(1)).unwrap();
    assert_eq!(calls::one(&mut writer, CallId(1)).unwrap(), None);
}

pub fn an_id_comes_once(trial: &Trial) {
    let mut writer = trial.writer();
    let first = calls::next_id(&mut writer).unwrap();
    calls::save(&mut writer, &call(first.0, 50)).unwrap();
    leads::erase(&mut writer, LeadId(256)).unwrap();
    assert_eq!(calls::one(&mut writer, first).unwrap(), None, "it goes with its lead");
    assert_eq!((first, calls::next_id(&mut writer).unwrap()), (CallId(1), CallId(2)));
}

pub fn those_ahead_come_by_when_they_are_due(trial: &Trial) {
    let mut writer = trial.writer();
    let other = Call { owner: Some("bob@acme.test".to_owned()), ..call(4, 60) };
    let (taken, escalated) =
        (Call { state: CallState::Taken, owner: None, ..call(5, 20) }, Call { escalated_at: Some(9), ..call(6, 10) });
    for call in [&call(1, 50), &call(2, 40), &ended(3, 7), &other, &taken, &escalated] {
        calls::save(&mut writer, call).unwrap();
    }
    assert_eq!(ids(&calls::ahead(&mut writer, 9).unwrap()), [6, 5, 2, 1, 4]);
    assert_eq!(ids(&calls::ahead(&mut writer, 2).unwrap()), [6, 5]);
    assert_eq!(ids(&calls::unanswered(&mut writer, 9).unwrap()), [2, 1, 4]);
    let counts = [("ada@acme.test".to_owned(), 3), ("bob@acme.test".to_owned(), 1)];
    assert_eq!(calls::count_by_owner(&mut writer).unwrap(), counts);
    calls::let_rest(&mut writer, 50).unwrap();
    assert_eq!(ids(&calls::unanswered(&mut writer, 9).unwrap()), [4]);
}

pub fn those_that_ended_come_by_when(trial: &Trial) {
    let mut writer = trial.writer();
    let of_nobody = Call { owner: None, ..ended(4, 30) };
    for call in [&ended(1, 20), &ended(2, 30), &of_nobody, &ended(3, 10), &call(5, 1)] {
        calls::save(&mut writer, call).unwrap();
    }
    let end = (i64::MAX, CallId::MAX);
    assert_eq!(ids(&calls::ended(&mut writer, end, None, 9).unwrap()), [4, 2, 1, 3]);
    assert_eq!(ids(&calls::ended(&mut writer, (30, CallId(4)), None, 2).unwrap()), [2, 1]);
    assert_eq!(ids(&calls::ended(&mut writer, end, Some("ada@acme.test"), 9).unwrap()), [2, 1, 3]);
    assert_eq!(ids(&calls::logged_since(&mut writer, 20).unwrap()), [4, 2, 1]);
}

pub fn a_company_is_noticed_anew_after_a_time(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(calls::noticed(&mut writer, "acme.test").unwrap(), None);
    calls::notice(&mut writer, "acme.test", 5).unwrap();
    calls::notice(&mut writer, "acme.test", 7).unwrap();
    assert_eq!(calls::noticed(&mut writer, "acme.test").unwrap(), Some(7));
}
