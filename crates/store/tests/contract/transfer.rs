use attractor_store::addressed::{self, Addressed};
use attractor_store::contents::{self, Content};
use attractor_store::mail_requests::{self, MailRequest};
use attractor_store::outbox::{self, Claim};
use attractor_store::{
    ClaimNumber, Connection, Error, Kind, LeadId, Location, Value, copies, lane, link_keys, transfer,
};

use crate::{Trial, hard_texts};

/// Something in every table that can hold anything hard.
fn filled(trial: &Trial) -> Connection {
    let mut writer = trial.writer();
    for (place, text) in hard_texts().into_iter().enumerate() {
        lane::set_state(&mut writer, &format!("{place}"), &text).unwrap();
        let sql = "INSERT INTO leads (bucket, id, name, kind, sources, at, version, head, score)
            VALUES ($1, $2, $3, 0, '', $4, 0, $5, $6)";
        let score = [0.1, -0.25, 1e300, f64::MIN_POSITIVE, 5e-324, 3.0][place % 6];
        let head: Vec<u8> = (0..=255).cycle().take(place * 1_000).collect();
        let at = [i64::MIN, i64::MAX][place % 2];
        let params = [
            Value::from(place as i64 % 3),
            Value::from(place as i64),
            Value::from(&text),
            at.into(),
            head.into(),
            score.into(),
        ];
        writer.execute(sql, &params).unwrap();
        fill_outbox(&mut writer, place as i64, &text);
    }
    writer
}

/// What is kept of a copy on its way, with a text that is hard to carry.
fn fill_outbox(writer: &mut Connection, place: i64, text: &str) {
    let number = place.to_string();
    contents::put(writer, &[Content { document: text.into(), ..crate::contents::content(place, !place) }]).unwrap();
    contents::put_link_sets(writer, &[(number.clone(), text.into())]).unwrap();
    addressed::note(writer, &[Addressed { what: text.into(), ..crate::addressed::note(&number, place) }]).unwrap();
    let request = MailRequest { agent: text.into(), ..crate::mail_requests::request(place, i64::MIN, i64::MAX) };
    mail_requests::insert(writer, &[request]).unwrap();
    copies::insert(writer, &[crate::copies::copy(place)]).unwrap();
    let claim = Claim {
        lead: LeadId(place),
        source: crate::copies::step("1"),
        asked_at: 6,
        email: None,
        number: ClaimNumber::first(place),
        lease_until: 9,
    };
    outbox::claim(writer, &[claim]).unwrap();
}

pub fn a_store_arrives_whole_on_either_database(trial: &Trial) {
    let mut from = filled(trial);
    let folder = tempfile::tempdir().unwrap();
    let mut sqlite = Location::Sqlite(folder.path().join("to.db")).writer().unwrap();
    let mut sums = Vec::new();
    transfer::copy_tables(&mut from, &mut sqlite, |table, sum| sums.push((table.name.clone(), sum.clone()))).unwrap();
    let content = |(name, _): &(String, transfer::Sum)| name != "lane";
    let leads = sums.iter().find(|(name, _)| name == "leads").unwrap();
    assert_eq!(leads.1.rows, hard_texts().len() as u64);
    for table in ["copies", "contents", "link_sets", "addressed", "mail_requests"] {
        let (_, sum) = sums.iter().find(|(name, _)| name == table).unwrap();
        assert_eq!(sum.rows, hard_texts().len() as u64, "{table}");
    }
    // And back, over what is there.
    lane::set_state(&mut from, "later", "x").unwrap();
    let mut back = Vec::new();
    transfer::copy_tables(&mut sqlite, &mut from, |table, sum| back.push((table.name.clone(), sum.clone()))).unwrap();
    let (there, again) = (sums.iter().filter(|one| content(one)), back.iter().filter(|one| content(one)));
    assert!(there.eq(again));
    assert_eq!(lane::state(&mut from, "later").unwrap(), None);
}

pub fn who_writes_where_a_store_arrives_is_fenced_off(trial: &Trial) {
    let folder = tempfile::tempdir().unwrap();
    // Two stores that have changed hands equally often.
    let mut from = Location::Sqlite(folder.path().join("from.db")).writer().unwrap();
    lane::take_over(&mut from).unwrap();
    let (epoch, _) = lane::take_over(&mut trial.writer()).unwrap();
    let mut to = trial.writer();
    transfer::copy_tables(&mut from, &mut to, |_, _| ()).unwrap();
    assert_eq!(lane::hold(&mut trial.writer(), epoch).unwrap_err().kind, Kind::Fenced);
}

pub fn a_snapshot_stands_still_beside_a_writer(trial: &Trial) {
    let (mut writer, mut reader) = (filled(trial), trial.reader());
    let tables = transfer::tables().unwrap();
    let state = tables.iter().find(|table| table.name == "state").unwrap();
    let changed = reader.snapshot(|reader| {
        let before = state.sum(reader)?;
        lane::set_state(&mut writer, "later", "x")?;
        Ok(before != state.sum(reader)?)
    });
    assert_eq!(changed, Ok(false));
    assert_eq!(lane::state(&mut reader, "later").unwrap().as_deref(), Some("x"));
}

pub fn what_fails_on_its_way_leaves_everything_as_it_was(trial: &Trial) {
    let mut writer = filled(trial);
    let tables = transfer::tables().unwrap();
    let leads = tables.iter().find(|table| table.name == "leads").unwrap();
    let before = leads.sum(&mut writer).unwrap();
    let rows = leads.rows(&mut writer).unwrap();
    let failed: Result<(), Error> = writer.transaction(|writer| {
        leads.clear(writer)?;
        let mut rows = rows.into_iter().take(3);
        leads.fill(writer, &mut || rows.next().map(Some).ok_or(Error::new(Kind::Other, "broken off"))).map(drop)
    });
    assert_eq!(failed.unwrap_err().text, "broken off");
    assert_eq!(leads.sum(&mut writer).unwrap(), before);
}

pub fn a_store_that_somebody_uses_differs_from_a_new_one(trial: &Trial) {
    let mut writer = trial.writer();
    link_keys::all_or_first(&mut writer, 5).unwrap();
    assert_eq!(transfer::used(&mut writer).unwrap(), None, "a key for links is the program's own");
    drop(writer);
    let mut filled = filled(trial);
    assert_eq!(
        transfer::used(&mut filled).unwrap().as_deref(),
        Some("rows in the table `addressed`"),
        "nobody has an event"
    );
    filled.execute("UPDATE leads SET first_at = 5", &[]).unwrap();
    let leads = filled.first("SELECT count(*) FROM leads WHERE became IS NULL", &[]).unwrap().unwrap();
    let said = transfer::used(&mut filled).unwrap().unwrap();
    assert!(said.starts_with(&format!("{} lead", leads.integer(0).unwrap())), "{said}");
}
