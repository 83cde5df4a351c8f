use attractor_store::feed::{self, Filter, From};
use attractor_store::moves::{self, Alert, Move, Send};

use crate::Trial;

pub fn a_move(lead: i64, number: i64) -> Move {
    Move {
        lead,
        number,
        at: 10,
        known_at: 20,
        kind: "stage".to_owned(),
        subject: "lifecycle".to_owned(),
        was: Some("awareness".to_owned()),
        became: "decision".to_owned(),
        because: "it's 👍".to_owned(),
        reason: "live".to_owned(),
        version: 3,
        revised: None,
    }
}

pub fn send(lead: i64) -> Send {
    Send {
        lead,
        sequence: "decision-track".to_owned(),
        began: 5,
        step: "1".to_owned(),
        email: Some("offer".to_owned()),
        class: "marketing".to_owned(),
        asked_at: 6,
        not_after: Some(7),
        state: "waiting".to_owned(),
    }
}

fn of_leads(trial: &Trial, ids: &[i64]) -> Vec<Move> {
    let mut found = moves::of_leads(&mut trial.reader(), ids).unwrap();
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
    shuffled.sort_by_key(|a_move| a_move.number * 31 % 51);
    moves::insert(&mut writer, &shuffled).unwrap();
    assert_eq!(moves::following(&mut writer, 10, 15).unwrap(), made[10..25]);
    let newest: Vec<Move> = made[30..40].iter().rev().cloned().collect();
    assert_eq!(moves::latest(&mut writer, 41, 10).unwrap(), newest);
    assert_eq!(moves::following(&mut writer, 50, 10).unwrap(), []);
}

pub fn revised_ones_stay(trial: &Trial) {
    let mut writer = trial.writer();
    moves::insert(&mut writer, &[a_move(256, 1), a_move(256, 2), a_move(513, 3)]).unwrap();
    moves::revise(&mut writer, &[(256, 1), (513, 3), (513, 99)], 77, "a late event").unwrap();
    let revised = |lead, number| Move { revised: Some((77, "a late event".to_owned())), ..a_move(lead, number) };
    assert_eq!(of_leads(trial, &[256, 513]), [revised(256, 1), a_move(256, 2), revised(513, 3)]);
}

pub fn sends(trial: &Trial) {
    let mut writer = trial.writer();
    let best = Send { step: "2".to_owned(), email: None, not_after: None, ..send(256) };
    moves::insert_sends(&mut writer, &[send(256), best.clone()]).unwrap();
    moves::insert_sends(&mut writer, &[Send { state: "sent".to_owned(), ..send(256) }]).unwrap();
    let found = |writer: &mut attractor_store::Connection| {
        let mut found = moves::sends_of_leads(writer, &[256, 513]).unwrap();
        found.sort_by(|a, b| a.step.cmp(&b.step));
        found
    };
    assert_eq!(found(&mut writer), [send(256), best.clone()]);
    moves::withdraw_sends(&mut writer, &[(256, "decision-track", 5, "2"), (256, "decision-track", 6, "1")]).unwrap();
    assert_eq!(found(&mut writer), [send(256), Send { state: "withdrawn".to_owned(), ..best.clone() }]);
    let again = Send { email: Some("offer".to_owned()), asked_at: 9, ..best };
    moves::insert_sends(&mut writer, std::slice::from_ref(&again)).unwrap();
    assert_eq!(
        found(&mut writer),
        [send(256), again.clone()],
        "what was withdrawn waits again if it is asked for again"
    );
    moves::set_send_state(&mut writer, (256, "decision-track", 5, "2"), "failed").unwrap();
    let known = moves::insert_sends(&mut writer, &[again.clone(), send(513)]).unwrap();
    assert_eq!(known, [Send { state: "failed".to_owned(), ..again }], "what is over is asked for no second time");
}

pub fn alerts(trial: &Trial) {
    let mut writer = trial.writer();
    let alert = Alert {
        lead: 256,
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
    let mut read = moves::alerts_of_leads(&mut writer, &[256, 512]).unwrap();
    read.sort_by(|a, b| a.step.cmp(&b.step));
    assert_eq!(read, alerts);
}

pub fn of_one_lead(trial: &Trial) {
    let mut writer = trial.writer();
    let made: Vec<Move> = (1..=20).map(|number| a_move(number % 3, number)).collect();
    moves::insert(&mut writer, &made).unwrap();
    let mut numbers = |filter: Filter, from: From| -> Vec<i64> {
        feed::page(&mut writer, filter, from, 3).unwrap().iter().map(|noted| noted.number).collect()
    };
    let of_two = Filter { lead: Some(2), ..Filter::default() };
    assert_eq!(numbers(of_two, From::Before(i64::MAX)), [20, 17, 14]);
    assert_eq!(numbers(of_two, From::Before(14)), [11, 8, 5]);
    assert_eq!(numbers(of_two, From::After(8)), [11, 14, 17]);
    assert_eq!(numbers(Filter { kind: "stage", ..of_two }, From::After(0)), [2, 5, 8]);
    assert_eq!(numbers(Filter { kind: "segment", ..of_two }, From::After(0)), [0_i64; 0]);
    assert_eq!(numbers(Filter { lead: Some(9), ..Filter::default() }, From::After(0)), [0_i64; 0]);
    assert_eq!(numbers(Filter::default(), From::After(0)), [1, 2, 3]);
}
