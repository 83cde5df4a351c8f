use attractor_store::{Value, link_keys};

use crate::Trial;

pub fn are_made_once(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(link_keys::all(&mut writer).unwrap(), []);
    let made = link_keys::all_or_first(&mut writer, 5).unwrap();
    assert_eq!(made.len(), 1);
    assert!(made[0].number > 0 && made[0].bytes != [0; 32]);
    assert_eq!(link_keys::all_or_first(&mut writer, 6).unwrap(), made);
    assert_eq!(link_keys::all(&mut trial.reader()).unwrap(), made);
    assert!(!format!("{made:?}").contains(&format!("{:?}", made[0].bytes)), "it is not printed");
}

pub fn of_two_installations_are_kept_side_by_side(trial: &Trial) {
    let mut writer = trial.writer();
    let own = link_keys::all_or_first(&mut writer, 5).unwrap();
    let sql = "INSERT INTO link_keys (id, number, bytes, made_at) VALUES ('other', $1, $2, 4)";
    let params = [i64::from(own[0].number).into(), Value::from(vec![7; 32])];
    writer.execute(sql, &params).unwrap();
    let both = link_keys::all_or_first(&mut writer, 6).unwrap();
    assert_eq!(both.iter().map(|key| key.bytes).collect::<Vec<_>>(), [[7; 32], own[0].bytes], "the oldest signs");
    writer.execute("UPDATE link_keys SET bytes = $1 WHERE id = 'other'", &[Value::from(vec![7; 31])]).unwrap();
    assert!(link_keys::all(&mut writer).unwrap_err().text.contains("other"));
}
