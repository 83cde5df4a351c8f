use attractor_store::copies::{self, CopySource, CopyState, Dispatch, MailCopy};
use attractor_store::paces::{self, PaceChange, PaceDirection, PaceOf, PacedLeads, StoredPace};
use attractor_store::{Connection, LeadId, PaceChangeId, leads};

use crate::Trial;
use crate::copies::copy;

const SLOW: StoredPace = StoredPace { level: 2, last_slower: Some(7), last_faster: None };
const FAST: StoredPace = StoredPace { level: -1, last_slower: None, last_faster: Some(9) };

pub fn are_read_back_as_saved(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(paces::count_leads(&mut writer).unwrap(), PacedLeads::default());
    paces::save_stage(&mut writer, "life/hot", FAST).unwrap();
    paces::save_stage(&mut writer, "life/hot", SLOW).unwrap();
    paces::save_stage(&mut writer, "life/cold", FAST).unwrap();
    let stages = [("life/cold".to_owned(), FAST), ("life/hot".to_owned(), SLOW)];
    assert_eq!(paces::of_stages(&mut writer).unwrap(), stages);
    let leads = [256, 257, 512].map(LeadId);
    paces::save_leads(&mut writer, &[(leads[0], SLOW), (leads[1], FAST)]).unwrap();
    paces::save_leads(&mut writer, &[(leads[0], FAST), (leads[2], StoredPace::default())]).unwrap();
    let mut found = paces::of_leads(&mut writer, &leads).unwrap();
    found.sort_by_key(|(lead, _)| *lead);
    assert_eq!(found, [(leads[0], FAST), (leads[1], FAST), (leads[2], StoredPace::default())]);
    assert_eq!(paces::count_leads(&mut writer).unwrap(), PacedLeads { slower: 0, faster: 2 });
    paces::delete_leads(&mut writer, &[leads[0], leads[2], LeadId(5)]).unwrap();
    assert_eq!(paces::of_leads(&mut writer, &leads).unwrap(), [(leads[1], FAST)]);
}

fn change(id: i64, of: PaceOf, direction: PaceDirection) -> PaceChange {
    let document = "{\"delivered\": 50}".to_owned();
    PaceChange { id: PaceChangeId(id), at: 5, of, direction, document, undone: None }
}

pub fn changes_are_listed_and_undone_once(trial: &Trial) {
    let mut writer = trial.writer();
    let stage = change(1, PaceOf::Stage("life/hot".to_owned()), PaceDirection::Slower);
    let lead = change(2, PaceOf::Lead(LeadId(256)), PaceDirection::Faster);
    paces::note(&mut writer, &[stage.clone(), lead.clone()]).unwrap();
    assert_eq!(paces::changes(&mut writer, PaceChangeId(i64::MAX), 9).unwrap(), [lead, stage.clone()]);
    assert_eq!(paces::changes(&mut writer, PaceChangeId(2), 9).unwrap(), std::slice::from_ref(&stage));
    assert!(paces::set_undone(&mut writer, stage.id, 8, "user:1").unwrap());
    assert!(!paces::set_undone(&mut writer, stage.id, 9, "user:2").unwrap());
    let undone = PaceChange { undone: Some((8, "user:1".to_owned())), ..stage };
    assert_eq!(paces::one(&mut writer, PaceChangeId(1)).unwrap(), Some(undone));
    assert_eq!(paces::one(&mut writer, PaceChangeId(3)).unwrap(), None);
}

pub fn ids_of_changes_are_never_given_twice(trial: &Trial) {
    let mut writer = trial.writer();
    let of = |lead| change(0, PaceOf::Lead(LeadId(lead)), PaceDirection::Slower);
    paces::note(&mut writer, &[of(256), of(512)]).unwrap();
    leads::erase(&mut writer, LeadId(512)).unwrap();
    paces::note(&mut writer, &[of(768)]).unwrap();
    paces::note(&mut writer, &[]).unwrap();
    let found = paces::changes(&mut writer, PaceChangeId(i64::MAX), 9).unwrap();
    assert_eq!(found.iter().map(|change| change.id.0).collect::<Vec<_>>(), [3, 1]);
}

pub fn what_left_lately_is_found(trial: &Trial) {
    let mut writer = trial.writer();
    let left = |lead, state, sent_at| {
        let dispatch = Dispatch { sent_at: Some(sent_at), ..Dispatch::default() };
        MailCopy { state, dispatch, ..copy(lead) }
    };
    let made = [
        left(512, CopyState::Sent, 30),
        left(256, CopyState::Sent, 20),
        left(768, CopyState::Sent, 19),
        left(1024, CopyState::Failed, 30),
        left(257, CopyState::Sent, 30),
        MailCopy { source: CopySource::Broadcast("may".into()), ..left(512, CopyState::Sent, 40) },
    ];
    copies::insert(&mut writer, &made).unwrap();
    let found = |writer: &mut Connection, since| paces::written_since(writer, since).unwrap();
    assert_eq!(found(&mut writer, 20), [256, 512, 257].map(LeadId), "each once, by bucket");
    assert_eq!(found(&mut writer, 31), [LeadId(512)]);
    assert_eq!(found(&mut writer, 41), []);
}
