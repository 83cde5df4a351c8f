use attractor_store::Connection;
use attractor_store::imports::{self, Import, Progress};

use crate::{Trial, hard_texts};

fn insert(connection: &mut Connection, name: &str) -> i64 {
    let import = Import {
        name: name.into(),
        state: "uploading".into(),
        author: "ada".into(),
        rules: "{}".into(),
        made_at: 7,
        ..Import::default()
    };
    imports::insert(connection, &import).unwrap()
}

pub fn are_numbered_and_read_back(trial: &Trial) {
    let mut writer = trial.writer();
    for (number, text) in (1..).zip(hard_texts()) {
        assert_eq!(insert(&mut writer, &text), number);
        let import = imports::one(&mut writer, number).unwrap().unwrap();
        assert_eq!((import.id, import.name, import.state.as_str(), import.made_at), (number, text, "uploading", 7));
        assert_eq!((import.progress, import.why, import.started_at), (Progress::default(), None, None));
    }
    assert_eq!(imports::one(&mut writer, 1_000).unwrap(), None);
}

pub fn the_newest_come_first(trial: &Trial) {
    let mut writer = trial.writer();
    for number in 0..5 {
        insert(&mut writer, &format!("file {number}"));
    }
    let mut ids = |before, limit| -> Vec<i64> {
        imports::latest(&mut writer, before, limit).unwrap().iter().map(|import| import.id).collect()
    };
    assert_eq!(ids(i64::MAX, 3), [5, 4, 3]);
    assert_eq!(ids(3, 3), [2, 1]);
}

pub fn go_from_state_to_state(trial: &Trial) {
    let mut writer = trial.writer();
    let (first, second) = (insert(&mut writer, "a"), insert(&mut writer, "b"));
    assert!(imports::turn(&mut writer, second, "uploading", "waiting").unwrap());
    assert!(!imports::turn(&mut writer, second, "uploading", "reading").unwrap(), "it is no more");
    let mut there = |states: &[&str]| -> Vec<i64> {
        imports::in_state(&mut writer, states).unwrap().iter().map(|import| import.id).collect()
    };
    assert_eq!(there(&["waiting"]), [second]);
    assert_eq!(there(&["waiting", "uploading"]), [first, second]);
    assert_eq!(there(&["done"]), [0; 0]);
    let mut import = imports::one(&mut writer, second).unwrap().unwrap();
    import.report = "two\nlines".into();
    (import.messages, import.started_at, import.why) = (5, Some(8), Some("no".into()));
    assert!(imports::save(&mut writer, &import).unwrap());
    assert_eq!(imports::one(&mut writer, second).unwrap().unwrap(), import);
    import.state = "done".into();
    assert!(!imports::save(&mut writer, &import).unwrap(), "its state is another one");
}

pub fn move_on_from_where_they_are(trial: &Trial) {
    let mut writer = trial.writer();
    let id = insert(&mut writer, "a");
    let progress = Progress { position: 10, rejects: 1, stored: 2, known: 3, rejected: 4, suppressed: 1 };
    assert!(!imports::advance(&mut writer, id, 0, &progress).unwrap(), "it has not begun");
    imports::turn(&mut writer, id, "uploading", "storing").unwrap();
    assert!(imports::advance(&mut writer, id, 0, &progress).unwrap());
    assert_eq!(imports::one(&mut writer, id).unwrap().unwrap().progress, progress);
    let further = Progress { position: 20, ..progress };
    assert!(!imports::advance(&mut writer, id, 0, &further).unwrap(), "somebody was quicker");
    assert_eq!(imports::one(&mut writer, id).unwrap().unwrap().progress, progress);
}
