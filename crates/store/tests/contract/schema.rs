use attractor_store::{Kind, Value, lane};

use crate::Trial;

pub fn opening_again_changes_nothing(trial: &Trial) {
    let mut writer = trial.writer();
    lane::set_state(&mut writer, "kept", "yes").unwrap();
    let applied = |connection: &mut attractor_store::Connection| {
        connection.first("SELECT count(*), max(number) FROM migrations", &[]).unwrap().unwrap()
    };
    let before = applied(&mut writer);
    assert_eq!(before.integer(0).unwrap(), before.integer(1).unwrap());
    drop(writer);
    let mut again = trial.writer();
    assert_eq!(applied(&mut again), before);
    assert_eq!(lane::state(&mut again, "kept").unwrap().as_deref(), Some("yes"));
}

pub fn a_newer_schema_is_refused(trial: &Trial) {
    let mut writer = trial.writer();
    writer.execute("INSERT INTO migrations (number) VALUES ($1)", &[Value::from(1000)]).unwrap();
    drop(writer);
    let refused = trial.location.writer().map(drop).unwrap_err();
    assert_eq!(refused.kind, Kind::Foreign);
    assert!(refused.text.contains("schema 1000"), "{refused}");
    assert!(!refused.passes());
}

pub fn readers_read_and_do_not_write(trial: &Trial) {
    lane::set_state(&mut trial.writer(), "a", "1").unwrap();
    let mut reader = trial.reader();
    assert_eq!(lane::state(&mut reader, "a").unwrap().as_deref(), Some("1"));
    lane::set_state(&mut reader, "a", "2").unwrap_err();
    assert_eq!(lane::state(&mut reader, "a").unwrap().as_deref(), Some("1"));
}

pub fn readers_see_what_is_committed_alone(trial: &Trial) {
    let (mut writer, mut reader) = (trial.writer(), trial.reader());
    writer
        .transaction(|writer| {
            lane::set_state(writer, "a", "1")?;
            assert_eq!(lane::state(&mut reader, "a")?, None);
            lane::state(writer, "a").map(|seen| assert_eq!(seen.as_deref(), Some("1")))
        })
        .unwrap();
    assert_eq!(lane::state(&mut reader, "a").unwrap().as_deref(), Some("1"));
}

pub fn a_value_comes_back_as_it_went_in(trial: &Trial) {
    let mut writer = trial.writer();
    let numbers = [i64::MIN, -1, 0, 1, 1 << 53, i64::MAX];
    let reals = [0.1, -0.25, 1e300, f64::MIN_POSITIVE, 5e-324, 3.0];
    let bytes = [vec![], vec![0], vec![255, 0, 39, 34], (0..=255).cycle().take(100_000).collect::<Vec<u8>>()];
    let sql = "INSERT INTO leads (bucket, id, name, kind, sources, at, version, head, score)
        SELECT 0, r.id, r.name, 0, '', r.at, 0, r.head, r.score
        FROM {rows: id bigint, name text, at bigint, head bytes, score double precision} WHERE true";
    for (id, text) in (0..).zip(crate::hard_texts()) {
        let place = id as usize;
        let row: [Value; 5] = [
            id.into(),
            text.as_str().into(),
            numbers[place % 6].into(),
            bytes[place % 4].as_slice().into(),
            reals[place % 6].into(),
        ];
        writer.batch(sql, &[row], &[]).unwrap();
        let read = "SELECT name, at, head, score, email FROM leads WHERE bucket = 0 AND id = $1";
        let back = writer.first(read, &[id.into()]).unwrap().unwrap();
        assert_eq!(back.text(0).unwrap(), text);
        assert_eq!(back.integer(1).unwrap(), numbers[place % 6]);
        assert_eq!(back.bytes(2).unwrap(), bytes[place % 4]);
        assert_eq!(back.real(3).unwrap(), reals[place % 6]);
        assert!(back.is_null(4));
        back.integer(0).unwrap_err();
        back.text(4).unwrap_err();
        back.integer(5).unwrap_err();
    }
}

pub fn each_hands_over_row_after_row(trial: &Trial) {
    let mut writer = trial.writer();
    let mut seen = 0;
    writer
        .each("SELECT bucket FROM buckets WHERE bucket >= $1 ORDER BY bucket", &[Value::from(6)], |row| {
            assert_eq!(row.integer(0)?, seen + 6);
            seen += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, 250);
    let stop = attractor_store::Error::new(Kind::Other, "enough");
    let stopped = writer.each("SELECT bucket FROM buckets", &[], |_| Err(stop.clone()));
    assert_eq!(stopped.unwrap_err(), stop);
    lane::set_state(&mut writer, "still", "works").unwrap();
}
