//! Migrations go forward only, at start, each in a transaction of its own.

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::value::Value;

/// Makes the table of the holder, which is asked for before a store is brought up to date.
const HOLDER: &str = include_str!("../migrations/0009_holder.sql");

/// In order; a published one never changes.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../migrations/0001_the_loop.sql"),
    include_str!("../migrations/0002_access.sql"),
    include_str!("../migrations/0003_imports.sql"),
    include_str!("../migrations/0004_amends.sql"),
    include_str!("../migrations/0005_companies.sql"),
    include_str!("../migrations/0006_webhooks.sql"),
    include_str!("../migrations/0007_called.sql"),
    include_str!("../migrations/0008_told.sql"),
    HOLDER,
    include_str!("../migrations/0010_suppressions.sql"),
    include_str!("../migrations/0011_public_claims.sql"),
    include_str!("../migrations/0012_copies.sql"),
    include_str!("../migrations/0013_outbox.sql"),
    include_str!("../migrations/0014_draft.sql"),
    include_str!("../migrations/0015_clicks.sql"),
    include_str!("../migrations/0016_outbox_list.sql"),
    include_str!("../migrations/0017_forms.sql"),
    include_str!("../migrations/0018_what_comes_back.sql"),
    include_str!("../migrations/0019_senders.sql"),
    include_str!("../migrations/0020_broadcasts.sql"),
    include_str!("../migrations/0021_pace.sql"),
    include_str!("../migrations/0022_gone_copies.sql"),
    include_str!("../migrations/0023_calls.sql"),
    include_str!("../migrations/0024_due.sql"),
    include_str!("../migrations/0025_copies_ended.sql"),
    include_str!("../migrations/0026_unmatched_mails.sql"),
    include_str!("../migrations/0027_sent_again.sql"),
];

/// Whether a database has the table of the holder.
pub fn has_holder(connection: &mut Connection) -> Result<bool, Error> {
    let number = MIGRATIONS.iter().position(|text| *text == HOLDER).map_or(0, |place| place + 1);
    Ok(done(connection)? >= number as i64)
}

/// The number of the last migration that a database has; 0 where it is empty.
fn done(connection: &mut Connection) -> Result<i64, Error> {
    connection.script("CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY)")?;
    let done = connection.first("SELECT coalesce(max(number), 0) FROM migrations", &[])?;
    done.map_or(Ok(0), |row| row.integer(0))
}

pub fn migrate(connection: &mut Connection) -> Result<(), Error> {
    let done = done(connection)?;
    if done > MIGRATIONS.len() as i64 {
        let known = MIGRATIONS.len();
        let text =
            format!("the data was written by a newer attractor (schema {done}, this one knows {known}): update it");
        return Err(Error::new(Kind::Foreign, text));
    }
    migrate_to(connection, done, MIGRATIONS.len() as i64)
}

/// Does the migrations behind a number, up to another one.
fn migrate_to(connection: &mut Connection, done: i64, last: i64) -> Result<(), Error> {
    let wanted = |(number, _): &(i64, &str)| *number > done && *number <= last;
    for (number, text) in (1..).zip(MIGRATIONS.iter().copied()).filter(wanted) {
        let script = connection.dialect().migration(text);
        connection.transaction(|connection| {
            connection.script(&script)?;
            connection.execute("INSERT INTO migrations (number) VALUES ($1)", &[Value::from(number)])
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::copies::{self, CopySource, CopyState, Rank};
    use crate::{LeadId, Location};

    fn location(folder: &tempfile::TempDir) -> Location {
        Location::Sqlite(folder.path().join("attractor.db"))
    }

    /// A store as it was after some migrations.
    fn store(folder: &tempfile::TempDir, last: i64) -> Connection {
        let mut connection = location(folder).open().unwrap();
        let done = done(&mut connection).unwrap();
        migrate_to(&mut connection, done, last).unwrap();
        connection
    }

    #[test]
    fn copies_that_steps_asked_for_are_carried_over() {
        let folder = tempfile::tempdir().unwrap();
        let mut old = store(&folder, 11);
        for (step, state) in [("a", "waiting"), ("b", "in doubt"), ("c", "sent")] {
            let sql = "INSERT INTO sends VALUES ($1, $2, 'welcome', 5, $3, 'hello', 'marketing', 6, 7, $4)";
            old.execute(sql, &[LeadId(414).bucket().into(), 414.into(), step.into(), state.into()]).unwrap();
        }
        drop(old);
        let mut now = location(&folder).writer().unwrap();
        let mut copies = copies::of_leads(&mut now, &[LeadId(414)]).unwrap();
        copies.sort_by_key(copies::MailCopy::send_id);
        let states: Vec<CopyState> = copies.iter().map(|copy| copy.state).collect();
        assert_eq!(states, [CopyState::Waiting, CopyState::InDoubt, CopyState::Sent]);
        assert_eq!(copies[0].send_id(), "414/sequence/welcome/5/a");
        let source = CopySource::Sequence { sequence: "welcome".into(), began: 5, step: "a".into() };
        copies::withdraw(&mut now, &[(LeadId(414), &source)]).unwrap();
        let again = copies::of_leads(&mut now, &[LeadId(414)]).unwrap();
        assert!(again.iter().any(|copy| copy.state == CopyState::Withdrawn), "its id is the stored one");
    }

    #[test]
    fn copies_that_waited_before_there_was_a_sender_are_due_by_their_rank() {
        let folder = tempfile::tempdir().unwrap();
        let mut old = store(&folder, 12);
        let cases = [
            ("waiting", "sequence", "transactional", Rank::Transactional, Some(6)),
            ("waiting", "alert", "marketing", Rank::Alert, Some(6)),
            ("waiting", "form", "answer", Rank::Answer, Some(6)),
            ("waiting", "test", "marketing", Rank::Sequence, Some(6)),
            ("waiting", "broadcast", "marketing", Rank::Broadcast, Some(6)),
            ("sent", "broadcast", "answer", Rank::Answer, None),
        ];
        for (number, (state, source, class, ..)) in (1..).zip(&cases) {
            let sql = "INSERT INTO copies (bucket, lead, send_id, source, subject, began, step, class, asked_at, state)
                VALUES (0, 256, $1, $2, '7', 5, 'a', $3, 6, $4)";
            let params = [Value::from(number.to_string()), (*source).into(), (*class).into(), (*state).into()];
            old.execute(sql, &params).unwrap();
        }
        drop(old);
        let mut now = location(&folder).writer().unwrap();
        let rows = now.query("SELECT rank FROM copies ORDER BY send_id", &[]).unwrap();
        let copies = copies::of_leads(&mut now, &[LeadId(256)]).unwrap();
        for ((_, source, class, rank, due), row) in cases.iter().zip(rows) {
            assert_eq!(row.integer(0).unwrap(), rank.number(), "{source}, {class}");
            let copy = copies.iter().find(|copy| copy.source.name() == *source && copy.class == *class).unwrap();
            assert_eq!((copy.rank(), copy.dispatch.due), (*rank, *due), "{source}, {class}");
        }
    }
}
