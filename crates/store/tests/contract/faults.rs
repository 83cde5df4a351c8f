use attractor_store::events::{self, Event};
use attractor_store::leads::{self, Wake};
use attractor_store::{Connection, Error, Fault, IdentityId, Kind, LeadId, MoveNumber, Received, lane};

use crate::Trial;

/// What a group of the loop does, in small: five statements and the commit.
fn group(connection: &mut Connection, epoch: i64) -> Result<(), Error> {
    connection.transaction(|connection| {
        lane::hold(connection, epoch)?;
        let event = Event {
            identity: IdentityId(256),
            message_id: "a".to_owned(),
            at: 1,
            received: Received(1),
            received_at: 1,
            flags: 0,
            origin: "key:1".to_owned(),
            message: "{}".to_owned(),
        };
        events::insert(connection, &[event])?;
        leads::insert_wakes(connection, &[Wake { at: 5, lead: LeadId(256) }])?;
        lane::set_state(connection, "scan", "7")?;
        lane::save_numbers(connection, lane::Numbers { received: Received(1), sequence: 1, moves: MoveNumber(1) })
    })
}

const STATEMENTS: u32 = 5;

/// Events, wake-ups, states, messages received: what of a group is there, read on a fresh connection.
fn there(trial: &Trial) -> [i64; 4] {
    let mut reader = trial.reader();
    let mut number = |sql: &str| reader.first(sql, &[]).unwrap().unwrap().integer(0).unwrap();
    [
        number("SELECT count(*) FROM events"),
        number("SELECT count(*) FROM wakes"),
        number("SELECT count(*) FROM state WHERE name = 'scan'"),
        number("SELECT received FROM lane"),
    ]
}

pub fn whatever_statement_fails_nothing_is_left(trial: &Trial) {
    for (after, commits) in (0..STATEMENTS).map(|after| (after, true)).chain((0..=STATEMENTS).map(|a| (a, false))) {
        let mut writer = trial.writer();
        let (epoch, _) = lane::take_over(&mut writer).unwrap();
        let kind = if after % 2 == 0 { Kind::Gone } else { Kind::Full };
        writer.inject(Some(Fault { after, kind, commits }));
        let failed = group(&mut writer, epoch).unwrap_err();
        assert_eq!((failed.kind, failed.passes()), (kind, true), "after {after}");
        assert_eq!(there(trial), [0; 4], "after {after}");
    }
}

pub fn an_error_of_the_work_rolls_back(trial: &Trial) {
    let mut writer = trial.writer();
    let failed: Result<(), Error> = writer.transaction(|writer| {
        lane::set_state(writer, "scan", "7")?;
        Err(Error::new(Kind::Other, "of the work"))
    });
    assert_eq!(failed.unwrap_err().text, "of the work");
    let failed = writer.transaction(|writer| {
        lane::set_state(writer, "scan", "7")?;
        writer.execute("UPDATE nothing SET there = $1", &[1.into()])
    });
    assert_eq!(failed.unwrap_err().kind, Kind::Other);
    assert_eq!(there(trial), [0; 4]);
    let (epoch, _) = lane::take_over(&mut writer).unwrap();
    group(&mut writer, epoch).unwrap();
    assert_eq!(there(trial), [1; 4]);
}

/// The writer is told of a failure, but the commit was done: doing the same again must change nothing.
pub fn a_commit_lost_behind_the_server_is_done(trial: &Trial) {
    let mut writer = trial.writer();
    let (epoch, _) = lane::take_over(&mut writer).unwrap();
    writer.inject(Some(Fault { after: STATEMENTS, kind: Kind::Gone, commits: true }));
    assert_eq!(group(&mut writer, epoch).unwrap_err().kind, Kind::Gone);
    drop(writer);
    assert_eq!(there(trial), [1; 4]);
    let mut again = trial.writer();
    let (epoch, numbers) = lane::take_over(&mut again).unwrap();
    assert_eq!(numbers, lane::Numbers { received: Received(1), sequence: 1, moves: MoveNumber(1) });
    group(&mut again, epoch).unwrap();
    assert_eq!(there(trial), [1; 4]);
}

pub fn the_connection_goes_on_after_a_fault(trial: &Trial) {
    let mut writer = trial.writer();
    let (epoch, _) = lane::take_over(&mut writer).unwrap();
    for commits in [false, true] {
        writer.inject(Some(Fault { after: 2, kind: Kind::Full, commits }));
        group(&mut writer, epoch).unwrap_err();
        writer.inject(None);
    }
    group(&mut writer, epoch).unwrap();
    assert_eq!(there(trial), [1; 4]);
}
