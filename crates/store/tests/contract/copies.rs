use attractor_store::copies::{self, CopySource, CopyState, Dispatch, MailCopy};
use attractor_store::outbox::{self, Ended};
use attractor_store::{ClaimNumber, Connection, LeadId};

use crate::Trial;

pub fn copy(lead: i64) -> MailCopy {
    MailCopy {
        lead: LeadId(lead),
        source: step("1"),
        email: Some("offer".to_owned()),
        class: "marketing".to_owned(),
        asked_at: 6,
        not_after: Some(7),
        state: CopyState::Waiting,
        reason: None,
        until: None,
        dispatch: Dispatch::due(6),
    }
}

pub fn step(step: &str) -> CopySource {
    CopySource::Sequence { sequence: "decision-track".to_owned(), began: 5, step: step.to_owned() }
}

fn found(connection: &mut Connection) -> Vec<MailCopy> {
    let mut found = copies::of_leads(connection, &[256, 513].map(LeadId)).unwrap();
    found.sort_by_key(MailCopy::send_id);
    found
}

pub fn are_asked_for_once(trial: &Trial) {
    let mut writer = trial.writer();
    let best = MailCopy { source: step("2"), email: None, not_after: None, ..copy(256) };
    copies::insert(&mut writer, &[copy(256), best.clone()]).unwrap();
    copies::insert(&mut writer, &[MailCopy { state: CopyState::Sent, ..copy(256) }]).unwrap();
    assert_eq!(found(&mut writer), [copy(256), best.clone()]);
    copies::withdraw(&mut writer, &[(LeadId(256), &step("2")), (LeadId(256), &step("3"))]).unwrap();
    let withdrawn = MailCopy { state: CopyState::Withdrawn, ..best.clone() };
    assert_eq!(found(&mut writer), [copy(256), withdrawn]);
    let again = MailCopy { email: Some("offer".to_owned()), asked_at: 9, ..best };
    copies::insert(&mut writer, std::slice::from_ref(&again)).unwrap();
    assert_eq!(found(&mut writer), [copy(256), again.clone()], "what was withdrawn waits if it is asked for again");
    let over = MailCopy { state: CopyState::Failed, reason: Some("550 no such user".to_owned()), ..again.clone() };
    let failed = |lead| Ended { lead: LeadId(lead), ..ended(&over, None) };
    assert_eq!(outbox::end(&mut writer, &[failed(256), failed(513)]).unwrap(), 1, "the other was not asked for");
    let known = copies::insert(&mut writer, &[again, copy(513)]).unwrap();
    assert_eq!(known, [over], "what is over is asked for no second time");
    copies::withdraw(&mut writer, &[(LeadId(256), &step("2"))]).unwrap();
    assert_eq!(found(&mut writer)[1].state, CopyState::Failed, "only what waits is withdrawn");
}

/// That a copy became what this one is.
pub fn ended(copy: &MailCopy, claim: Option<ClaimNumber>) -> Ended {
    let MailCopy { lead, source, state, reason, until, dispatch, .. } = copy.clone();
    let Dispatch { due, tries, trouble_since, sent_at, ended_at, .. } = dispatch;
    Ended { lead, source, claim, state, reason, until, due, tries, trouble_since, sent_at, ended_at }
}

pub fn of_every_source_are_read_back_as_asked_for(trial: &Trial) {
    let mut writer = trial.writer();
    let sources = [
        step("it's 👍"),
        CopySource::Broadcast("may".to_owned()),
        CopySource::Form("m/1".to_owned()),
        CopySource::Alert("m/1".to_owned()),
        CopySource::Test(7),
    ];
    let mut made: Vec<MailCopy> = sources
        .into_iter()
        .zip(CopyState::ALL)
        .map(|(source, state)| MailCopy {
            source,
            state,
            reason: Some("cadence".to_owned()),
            until: Some(99),
            dispatch: Dispatch {
                due: None,
                claim: Some(ClaimNumber::first(3)),
                lease_until: Some(5),
                tries: 2,
                trouble_since: Some(3),
                sent_at: Some(4),
                ended_at: Some(5),
                again_at: Some(1),
            },
            ..copy(256)
        })
        .collect();
    copies::insert(&mut writer, &made).unwrap();
    made.sort_by_key(MailCopy::send_id);
    assert_eq!(found(&mut writer), made);
    let email = made[0].email.clone().unwrap();
    let mut of_email = copies::of_email(&mut writer, &[256, 513].map(LeadId), &email).unwrap();
    of_email.sort_by_key(MailCopy::send_id);
    assert_eq!(of_email, made);
    assert_eq!(copies::of_email(&mut writer, &[LeadId(256)], "another").unwrap(), []);
    let mut open = copies::open_of_leads(&mut writer, &[256, 513].map(LeadId)).unwrap();
    open.sort_by_key(MailCopy::send_id);
    made.retain(|copy| copy.state.is_ahead() || copy.state == CopyState::Claimed);
    assert_eq!(open, made);
    assert!(CopyState::ALL.iter().all(|state| CopyState::named(state.name()) == Some(*state)));
}

pub fn that_are_asked_for_anew_keep_nothing_of_what_was_tried(trial: &Trial) {
    let mut writer = trial.writer();
    let tried =
        Dispatch { due: Some(8), claim: Some(ClaimNumber(9)), tries: 3, trouble_since: Some(7), ..Dispatch::default() };
    let withdrawn = MailCopy { state: CopyState::Withdrawn, dispatch: tried, ..copy(256) };
    copies::insert(&mut writer, &[withdrawn]).unwrap();
    let again = MailCopy { class: "transactional".to_owned(), ..copy(256) };
    copies::insert(&mut writer, std::slice::from_ref(&again)).unwrap();
    assert_eq!(found(&mut writer), std::slice::from_ref(&again));
    assert_eq!(outbox::page(&mut writer, again.rank(), 6, 9).unwrap(), [again], "it has its new rank");
}

pub fn that_were_sent_again_are_asked_for_no_second_time(trial: &Trial) {
    let mut writer = trial.writer();
    let again = Dispatch { again_at: Some(9), ..Dispatch::default() };
    let withdrawn = MailCopy { state: CopyState::Withdrawn, dispatch: again, ..copy(256) };
    assert!(!withdrawn.is_given_up() && withdrawn.is_over() && withdrawn.has_reached());
    copies::insert(&mut writer, std::slice::from_ref(&withdrawn)).unwrap();
    assert_eq!(copies::insert(&mut writer, &[copy(256)]).unwrap(), std::slice::from_ref(&withdrawn));
    assert_eq!(found(&mut writer), [withdrawn], "it may have arrived");
}

pub fn that_are_damaged_are_named(trial: &Trial) {
    let mut writer = trial.writer();
    copies::insert(&mut writer, &[copy(256)]).unwrap();
    for damage in ["state = 'lost'", "state = 'sent', source = 'pigeon'", "source = 'sequence', began = NULL"] {
        writer.execute(&format!("UPDATE copies SET {damage}"), &[]).unwrap();
        let why = copies::of_leads(&mut writer, &[LeadId(256)]).unwrap_err().to_string();
        assert!(why.contains("256/sequence/decision-track/5/1"), "{damage}: {why}");
    }
}
