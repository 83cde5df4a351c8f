//! How often leads are written to follows them where they become one, are two again, or are erased.

use attractor_live::Amended;
use attractor_store::paces::{self, PaceChange, PaceDirection, PaceOf, StoredPace};
use attractor_store::{IdentityKind, LeadId, PaceChangeId};

use crate::trial::Trial;

fn pace(level: i64, at: i64) -> StoredPace {
    StoredPace { level, last_slower: Some(at), last_faster: None }
}

fn save(trial: &mut Trial, paces: &[(LeadId, StoredPace)]) {
    trial.lane.write(|connection| paces::save_leads(connection, paces)).unwrap();
}

fn known(trial: &Trial, leads: &[LeadId]) -> Vec<(LeadId, StoredPace)> {
    let mut found = paces::of_leads(&mut trial.reader(), leads).unwrap();
    found.sort_by_key(|(lead, _)| *lead);
    found
}

/// The leads `old` and `new`.
fn two(trial: &mut Trial) -> [LeadId; 2] {
    trial.receive(&[("a", "09:00", r#""type": "page", "userId": "old""#)]);
    trial.receive(&[("b", "09:05", r#""type": "page", "userId": "new""#)]);
    ["old", "new"].map(|user| trial.lead(IdentityKind::User, user))
}

const ALIAS: &str = r#""type": "alias", "userId": "new", "previousId": "old""#;

#[test]
fn the_slower_pace_counts_of_leads_that_become_one_and_both_keep_it_when_they_are_two_again() {
    for (old, new, expected) in [
        (Some(pace(2, 5)), None, pace(2, 5)),
        (Some(pace(-1, 9)), Some(pace(1, 5)), pace(1, 9)),
        (Some(pace(2, 5)), Some(pace(-1, 9)), pace(2, 9)),
        (None, Some(pace(-1, 9)), pace(-1, 9)),
    ] {
        let mut trial = Trial::new();
        let leads = two(&mut trial);
        let given: Vec<(LeadId, StoredPace)> =
            leads.into_iter().zip([old, new]).filter_map(|(lead, pace)| Some((lead, pace?))).collect();
        save(&mut trial, &given);
        trial.receive(&[("m", "09:10", ALIAS)]);
        assert_eq!(known(&trial, &leads), [(leads[1], expected)], "{old:?} {new:?}");
        assert_eq!(trial.unmerge(leads[1], "m", trial.now), Amended::Done);
        assert_eq!(known(&trial, &leads), leads.map(|lead| (lead, expected)), "{old:?} {new:?}");
    }
}

#[test]
fn an_erasure_removes_the_pace_and_what_changed_it_of_all_who_became_one() {
    let mut trial = Trial::new();
    let leads = two(&mut trial);
    save(&mut trial, &leads.map(|lead| (lead, pace(1, 5))));
    let change = |lead| PaceChange {
        id: PaceChangeId::default(),
        at: 5,
        of: PaceOf::Lead(lead),
        direction: PaceDirection::Slower,
        document: "{}".into(),
        undone: None,
    };
    trial.lane.write(|connection| paces::note(connection, &leads.map(change))).unwrap();
    trial.receive(&[("m", "09:10", ALIAS)]);
    assert_eq!(trial.erase(leads[1], trial.now), Amended::Done);
    assert_eq!(known(&trial, &leads), []);
    assert_eq!(paces::changes(&mut trial.reader(), PaceChangeId(i64::MAX), 9).unwrap(), []);
}
