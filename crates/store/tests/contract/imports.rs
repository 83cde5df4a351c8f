use attractor_store::imports::{self, Import, ImportState, Progress};
use attractor_store::{Connection, ImportId, Value};

use crate::{Trial, hard_texts};

fn insert(connection: &mut Connection, name: &str) -> ImportId {
    let import =
        Import { name: name.into(), author: "ada".into(), rules: "{}".into(), made_at: 7, ..Import::default() };
    imports::insert(connection, &import).unwrap()
}

pub fn are_numbered_and_read_back(trial: &Trial) {
    let mut writer = trial.writer();
    for (number, text) in (1..).map(ImportId).zip(hard_texts()) {
        assert_eq!(insert(&mut writer, &text), number);
        let import = imports::one(&mut writer, number).unwrap().unwrap();
        assert_eq!((import.id, import.name, import.state, import.made_at), (number, text, ImportState::Uploading, 7));
        assert_eq!((import.progress, import.why, import.started_at), (Progress::default(), None, None));
    }
    assert_eq!(imports::one(&mut writer, ImportId(1_000)).unwrap(), None);
}

pub fn keep_their_numbers_when_they_are_removed(trial: &Trial) {
    let mut writer = trial.writer();
    let numbers = [insert(&mut writer, "a"), insert(&mut writer, "b")];
    assert!(imports::remove(&mut writer, numbers[1], ImportState::Uploading).unwrap());
    assert_eq!(insert(&mut writer, "c"), ImportId(3));
    for number in [numbers[0], ImportId(3)] {
        assert!(imports::remove(&mut writer, number, ImportState::Uploading).unwrap());
    }
    assert_eq!(insert(&mut writer, "d"), ImportId(4), "nothing is in the table");
}

pub fn the_newest_come_first(trial: &Trial) {
    let mut writer = trial.writer();
    for number in 0..5 {
        insert(&mut writer, &format!("file {number}"));
    }
    let mut ids = |before, limit| -> Vec<ImportId> {
        imports::latest(&mut writer, before, limit).unwrap().iter().map(|import| import.id).collect()
    };
    assert_eq!(ids(ImportId::MAX, 3), [5, 4, 3].map(ImportId));
    assert_eq!(ids(ImportId(3), 3), [2, 1].map(ImportId));
}

pub fn go_from_state_to_state(trial: &Trial) {
    let mut writer = trial.writer();
    let (first, second) = (insert(&mut writer, "a"), insert(&mut writer, "b"));
    assert!(imports::turn(&mut writer, second, ImportState::Uploading, ImportState::Waiting).unwrap());
    assert!(
        !imports::turn(&mut writer, second, ImportState::Uploading, ImportState::Reading).unwrap(),
        "it is no more"
    );
    let mut there = |states: &[ImportState]| -> Vec<ImportId> {
        imports::in_state(&mut writer, states).unwrap().iter().map(|import| import.id).collect()
    };
    assert_eq!(there(&[ImportState::Waiting]), [second]);
    assert_eq!(there(&[ImportState::Waiting, ImportState::Uploading]), [first, second]);
    assert_eq!(there(&[ImportState::Done]), []);
    let mut import = imports::one(&mut writer, second).unwrap().unwrap();
    import.report = "two\nlines".into();
    (import.messages, import.started_at, import.why) = (5, Some(8), Some("no".into()));
    assert!(imports::save(&mut writer, &import).unwrap());
    assert_eq!(imports::one(&mut writer, second).unwrap().unwrap(), import);
    import.state = ImportState::Done;
    assert!(!imports::save(&mut writer, &import).unwrap(), "its state is another one");
}

pub fn move_on_from_where_they_are(trial: &Trial) {
    let mut writer = trial.writer();
    let id = insert(&mut writer, "a");
    let progress = Progress { position: 10, rejects: 1, stored: 2, known: 3, rejected: 4, suppressed: 1 };
    assert!(!imports::advance(&mut writer, id, 0, &progress).unwrap(), "it has not begun");
    imports::turn(&mut writer, id, ImportState::Uploading, ImportState::Storing).unwrap();
    assert!(imports::advance(&mut writer, id, 0, &progress).unwrap());
    assert_eq!(imports::one(&mut writer, id).unwrap().unwrap().progress, progress);
    let further = Progress { position: 20, ..progress };
    assert!(!imports::advance(&mut writer, id, 0, &further).unwrap(), "somebody was quicker");
    assert_eq!(imports::one(&mut writer, id).unwrap().unwrap().progress, progress);
}

pub fn every_state_is_read_as_it_is_written(trial: &Trial) {
    let mut writer = trial.writer();
    let states = "uploading waiting reading storing done failed undoing undone".split(' ');
    for (id, name) in (1..).map(ImportId).zip(states) {
        insert(&mut writer, name);
        let sql = "UPDATE imports SET state = $2 WHERE id = $1";
        writer.execute(sql, &[id.into(), Value::from(name)]).unwrap();
        let state = imports::one(&mut writer, id).unwrap().unwrap().state;
        assert_eq!(state.name(), name);
        assert!(imports::turn(&mut writer, id, state, state).unwrap(), "{name}");
    }
    writer.execute("UPDATE imports SET state = 'Done' WHERE id = 1", &[]).unwrap();
    let error = imports::one(&mut writer, ImportId(1)).unwrap_err();
    assert!(error.to_string().contains("`Done` as the state of an import"), "{error}");
}
