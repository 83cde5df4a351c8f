//! What the statements of every moment read on PostgreSQL, as it counts that itself: no more than they answer, whatever else is
//! in the tables. Its plans know no values and its statistics may be older than what waits, as on a real server: they are made
//! here before anything waits.

use attractor_store::broadcasts::{self, CopyTurn, START};
use attractor_store::copies::{self, CopySource, CopyState, Rank};
use attractor_store::leads::{self, Wake};
use attractor_store::mail_requests::{self, CopyTag, Judged, RequestKey};
use attractor_store::outbox::{self, Claim};
use attractor_store::{BroadcastId, ClaimNumber, Connection, Error, LeadId};

use crate::Trial;
use crate::copies::ended;

/// What lies in the tables already, and then what waits: copies of the broadcast 2, half of them without a turn, and requests
/// for them that are not judged.
const FILL: [&str; 6] = [
    "INSERT INTO wakes (bucket, at, lead) SELECT g & 255, g, g FROM generate_series(1, 60000) AS g",
    "INSERT INTO copies (bucket, lead, send_id, source, subject, class, asked_at, state, rank, claim, sent_at)
        SELECT g & 255, g, g || '/broadcast/1', 'broadcast', '1', 'marketing', g, 'sent', 4, g, g
        FROM generate_series(1, 30000) AS g",
    "INSERT INTO mail_requests (bucket, lead, tag, number, send_id, at, link, fetched, agent, network, settles_at, verdict,
            evidence)
        SELECT g & 255, g, 7, 1, g || '/broadcast/1', g, 0, 'show', 'Firefox', '', g, 'human', '{}'
        FROM generate_series(1, 30000) AS g",
    "ANALYZE",
    "INSERT INTO copies (bucket, lead, send_id, source, subject, class, asked_at, state, rank, due)
        SELECT g & 255, g, g || '/broadcast/2', 'broadcast', '2', 'marketing', g, 'waiting', 4,
            CASE WHEN g % 2 = 0 THEN g END
        FROM generate_series(1, 2000) AS g",
    "INSERT INTO mail_requests (bucket, lead, tag, number, send_id, at, link, fetched, agent, network, settles_at)
        SELECT g & 255, g, 8, 1, g || '/broadcast/2', g, 0, 'show', 'Firefox', '', g FROM generate_series(1, 2000) AS g",
];

/// Rows that are read beside those that are answered: one a bucket, and a few.
const BESIDE: i64 = 300;

/// Rows of a table and entries of its indexes that this transaction read.
fn rows_read(connection: &mut Connection, table: &str) -> Result<i64, Error> {
    let sql = format!(
        "SELECT coalesce(sum(pg_stat_get_xact_tuples_returned(part)), 0)::bigint FROM (
            SELECT '{table}'::regclass::oid AS part
            UNION ALL SELECT indexrelid FROM pg_index WHERE indrelid = '{table}'::regclass) AS parts"
    );
    connection.first(&sql, &[])?.map_or(Ok(0), |row| row.integer(0))
}

/// The first of the leads whose copies have a turn, or have none.
fn of_leads(with_turn: bool) -> impl Iterator<Item = LeadId> {
    (1..).map(LeadId).filter(move |lead| (lead.0 % 2 == 0) == with_turn).take(8)
}

fn broadcast() -> CopySource {
    CopySource::Broadcast("2".into())
}

fn claims() -> Vec<Claim> {
    let claim = |lead: LeadId| Claim {
        lead,
        source: broadcast(),
        asked_at: lead.0,
        email: None,
        number: ClaimNumber(lead.0),
        lease_until: 99,
    };
    of_leads(true).map(claim).collect()
}

fn tags() -> Vec<CopyTag> {
    of_leads(true).map(|lead| (lead, 8)).collect()
}

fn turns() -> Vec<CopyTurn> {
    of_leads(false).map(|lead| CopyTurn { lead, due: 5_000, not_after: 9_000 }).collect()
}

/// Notes that the copies under a claim were sent.
fn end(connection: &mut Connection) -> Result<usize, Error> {
    let claimed = outbox::claimed_before(connection, ClaimNumber(1_000), 64)?;
    let claimed = claimed.into_iter().map(|copy| {
        let claim = copy.dispatch.claim;
        ended(&copies::MailCopy { state: CopyState::Sent, ..copy }, claim)
    });
    outbox::end(connection, &claimed.collect::<Vec<_>>())
}

/// Judges the requests of some copies.
fn judge(connection: &mut Connection) -> Result<usize, Error> {
    let judged = Judged { verdict: "human".into(), evidence: "{}".into() };
    let verdicts: Vec<(RequestKey, Judged)> = of_leads(true).map(|lead| ((lead, 8, 1), judged.clone())).collect();
    Ok(mail_requests::judge(connection, &verdicts)?.len())
}

fn forget_wakes(connection: &mut Connection) -> Result<usize, Error> {
    let wakes: Vec<Wake> = (1..=8).map(|number| Wake { at: number, lead: LeadId(number) }).collect();
    leads::delete_wakes(connection, &wakes)?;
    Ok(wakes.len())
}

/// Does something; returns how many rows it answers or changes.
type Work = fn(&mut Connection) -> Result<usize, Error>;

/// In their order: what is claimed is ended, and what is put off is judged.
const STATEMENTS: [(&str, &str, Work); 16] = [
    ("the first wake-up", "wakes", |store| Ok(leads::first_wake(store)?.iter().count())),
    ("wake-ups that are due", "wakes", |store| Ok(leads::due_wakes(store, 64, 500)?.len())),
    ("wake-ups forgotten", "wakes", forget_wakes),
    ("the first copies due", "copies", |store| Ok(outbox::firsts(store)?.len())),
    ("a page of copies", "copies", |store| Ok(outbox::page(store, Rank::Broadcast, i64::MAX, 64)?.len())),
    ("copies of leads", "copies", |store| Ok(copies::of_leads(store, &of_leads(true).collect::<Vec<_>>())?.len())),
    ("claims", "copies", |store| Ok(outbox::claim(store, &claims())?.len())),
    ("copies under a claim", "copies", |store| Ok(outbox::claimed_before(store, ClaimNumber(1_000), 64)?.len())),
    ("what became of copies", "copies", end),
    ("turns of a broadcast", "copies", |store| broadcasts::schedule(store, BroadcastId(2), &turns()).map(|()| 8)),
    ("a walk through a broadcast", "copies", |store| {
        Ok(broadcasts::copies_in(store, BroadcastId(2), CopyState::Waiting, START, 64)?.len())
    }),
    ("the first request to judge", "mail_requests", |store| Ok(mail_requests::first_settles(store)?.iter().count())),
    ("requests to judge", "mail_requests", |store| Ok(mail_requests::due(store, 64, 64)?.len())),
    ("requests of copies", "mail_requests", |store| Ok(mail_requests::of_copies(store, &tags())?.len())),
    ("requests put off", "mail_requests", |store| mail_requests::put_off(store, &tags(), 5_000).map(|()| 8)),
    ("verdicts", "mail_requests", judge),
];

#[test]
fn the_statements_of_every_moment_read_what_they_answer() {
    let Some(trial) = Trial::postgresql() else { return };
    let mut writer = trial.writer();
    for sql in FILL {
        writer.execute(sql, &[]).unwrap();
    }
    for (name, table, work) in STATEMENTS {
        let done: Result<(usize, i64), Error> = writer.transaction(|writer| {
            let before = rows_read(writer, table)?;
            let answered = work(writer)?;
            Ok((answered, rows_read(writer, table)? - before))
        });
        let (answered, read) = done.unwrap();
        assert!(answered > 0, "{name}: nothing is there to be answered");
        assert!(read <= 4 * answered as i64 + BESIDE, "{name}: {read} rows are read for {answered}");
    }
}
