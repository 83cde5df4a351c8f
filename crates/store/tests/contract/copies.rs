use attractor_store::copies::{self, CopySource, CopyState, MailCopy};
use attractor_store::{Connection, LeadId};

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
    }
}

fn step(step: &str) -> CopySource {
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
    let failed = |writer: &mut Connection, lead| {
        copies::set_state(writer, LeadId(lead), &step("2"), CopyState::Failed, Some("550 no such user")).unwrap()
    };
    assert!(failed(&mut writer, 256));
    assert!(!failed(&mut writer, 513), "nobody asked for it");
    let known = copies::insert(&mut writer, &[again.clone(), copy(513)]).unwrap();
    let failed = MailCopy { state: CopyState::Failed, reason: Some("550 no such user".to_owned()), ..again };
    assert_eq!(known, [failed], "what is over is asked for no second time");
    copies::withdraw(&mut writer, &[(LeadId(256), &step("2"))]).unwrap();
    assert_eq!(found(&mut writer)[1].state, CopyState::Failed, "only what waits is withdrawn");
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
            ..copy(256)
        })
        .collect();
    copies::insert(&mut writer, &made).unwrap();
    made.sort_by_key(MailCopy::send_id);
    assert_eq!(found(&mut writer), made);
    assert!(CopyState::ALL.iter().all(|state| CopyState::named(state.name()) == Some(*state)));
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
