use attractor_store::feed::{self, Filter, From};
use attractor_store::moves::{self, Alert, Move, MoveKind, MoveReason};
use attractor_store::{LeadId, MoveNumber, VersionNumber};

use crate::Trial;

pub fn a_move(lead: i64, number: i64) -> Move {
    Move {
        lead: LeadId(lead),
        number: MoveNumber(number),
        at: 10,
        known_at: 20,
        kind: MoveKind::Stage,
        subject: "lifecycle".to_owned(),
        was: Some("awareness".to_owned()),
        became: "decision".to_owned(),
        because: "it's 👍".to_owned(),
        reason: MoveReason::Live,
        version: VersionNumber(3),
        revised: None,
    }
}

fn of_leads(trial: &Trial, ids: &[i64]) -> Vec<Move> {
    let ids: Vec<LeadId> = ids.iter().copied().map(LeadId).collect();
    let mut found = moves::of_leads(&mut trial.reader(), &ids).unwrap();
    found.sort_by_key(|a_move| a_move.number);
    found
}

pub fn are_read_back_as_inserted(trial: &Trial) {
    let ids = crate::ids(2_000);
    let made: Vec<Move> = ids.iter().zip(1..).map(|(id, number)| Move { was: None, ..a_move(*id, number) }).collect();
    let mut writer = trial.writer();
    moves::insert(&mut writer, &[]).unwrap();
    moves::insert(&mut writer, &[a_move(1, 0)]).unwrap();
    moves::insert(&mut writer, &made).unwrap();
    assert_eq!(of_leads(trial, &ids), made);
    assert_eq!(of_leads(trial, &[1, 2]), [a_move(1, 0)]);
}

pub fn in_their_order(trial: &Trial) {
    let mut writer = trial.writer();
    let ids = crate::ids(50);
    let made: Vec<Move> = ids.iter().zip(1..).map(|(id, number)| a_move(*id, number)).collect();
    let mut shuffled = made.clone();
    shuffled.sort_by_key(|a_move| a_move.number.0 * 31 % 51);
    moves::insert(&mut writer, &shuffled).unwrap();
    assert_eq!(moves::following(&mut writer, MoveNumber(10), 15).unwrap(), made[10..25]);
    let newest: Vec<Move> = made[30..40].iter().rev().cloned().collect();
    assert_eq!(moves::latest(&mut writer, MoveNumber(41), 10).unwrap(), newest);
    assert_eq!(moves::following(&mut writer, MoveNumber(50), 10).unwrap(), []);
}

pub fn revised_ones_stay(trial: &Trial) {
    let mut writer = trial.writer();
    moves::insert(&mut writer, &[a_move(256, 1), a_move(256, 2), a_move(513, 3)]).unwrap();
    moves::revise(
        &mut writer,
        &[(LeadId(256), MoveNumber(1)), (LeadId(513), MoveNumber(3)), (LeadId(513), MoveNumber(99))],
        77,
        MoveReason::Late,
    )
    .unwrap();
    let revised = |lead, number| Move { revised: Some((77, MoveReason::Late)), ..a_move(lead, number) };
    assert_eq!(of_leads(trial, &[256, 513]), [revised(256, 1), a_move(256, 2), revised(513, 3)]);
}

pub fn alerts(trial: &Trial) {
    let mut writer = trial.writer();
    let alert = Alert {
        lead: LeadId(256),
        sequence: "s".to_owned(),
        began: 5,
        step: "0".to_owned(),
        to: "sales".to_owned(),
        say: "it's 👍".to_owned(),
        at: 6,
        known_at: 7,
    };
    let alerts = [alert.clone(), Alert { step: "1".to_owned(), ..alert }];
    moves::insert_alerts(&mut writer, &alerts).unwrap();
    moves::insert_alerts(&mut writer, &alerts).unwrap();
    let rows =
        writer.query("SELECT step, recipients, say, at, known_at, state FROM alerts ORDER BY step", &[]).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].text(0).unwrap(), "1");
    assert_eq!(rows[0].text(1).unwrap(), "sales");
    assert_eq!(rows[0].text(2).unwrap(), "it's 👍");
    assert_eq!((rows[0].integer(3).unwrap(), rows[0].integer(4).unwrap()), (6, 7));
    assert_eq!(rows[0].text(5).unwrap(), "waiting");
    let mut read = moves::alerts_of_leads(&mut writer, &[LeadId(256), LeadId(512)]).unwrap();
    read.sort_by(|a, b| a.step.cmp(&b.step));
    assert_eq!(read, alerts);
}

pub fn of_one_lead(trial: &Trial) {
    let mut writer = trial.writer();
    let made: Vec<Move> = (1..=20).map(|number| a_move(number % 3, number)).collect();
    moves::insert(&mut writer, &made).unwrap();
    let mut numbers = |filter: Filter, from: From| -> Vec<i64> {
        feed::page(&mut writer, filter, from, 3).unwrap().iter().map(|noted| noted.number.0).collect()
    };
    let of_two = Filter { lead: Some(LeadId(2)), ..Filter::default() };
    assert_eq!(numbers(of_two, From::Before(MoveNumber::MAX)), [20, 17, 14]);
    assert_eq!(numbers(of_two, From::Before(MoveNumber(14))), [11, 8, 5]);
    assert_eq!(numbers(of_two, From::After(MoveNumber(8))), [11, 14, 17]);
    assert_eq!(numbers(Filter { kind: "stage", ..of_two }, From::After(MoveNumber(0))), [2, 5, 8]);
    assert_eq!(numbers(Filter { kind: "segment", ..of_two }, From::After(MoveNumber(0))), [0_i64; 0]);
    assert_eq!(numbers(Filter { lead: Some(LeadId(9)), ..Filter::default() }, From::After(MoveNumber(0))), [0_i64; 0]);
    assert_eq!(numbers(Filter::default(), From::After(MoveNumber(0))), [1, 2, 3]);
}
