use attractor_store::draft::{self, DraftEditRow, DraftRow};
use attractor_store::{DraftNumber, VersionNumber};

use crate::Trial;

fn edit(number: i64) -> DraftEditRow {
    let (author, document) = ("user:1".to_owned(), "{\"it's\": \"👍\"}".to_owned());
    DraftEditRow { number: DraftNumber(number), at: 1_700_000_000_000, author, document }
}

pub fn is_one_row_that_is_overwritten(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(draft::read(&mut writer).unwrap(), DraftRow::default());
    for base in [Some(VersionNumber(4)), Some(VersionNumber(5)), None] {
        let row = DraftRow { number: DraftNumber(7), base };
        draft::write(&mut writer, row).unwrap();
        assert_eq!(draft::read(&mut writer).unwrap(), row);
    }
}

pub fn has_its_edits_in_their_order(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(draft::edits(&mut writer).unwrap(), []);
    for number in [1, 3, 2] {
        draft::insert_edit(&mut writer, &edit(number)).unwrap();
    }
    draft::insert_edit(&mut writer, &edit(3)).unwrap_err();
    assert_eq!(draft::edits(&mut writer).unwrap(), [edit(1), edit(2), edit(3)]);
    assert!(draft::delete_edit(&mut writer, DraftNumber(2)).unwrap());
    assert!(!draft::delete_edit(&mut writer, DraftNumber(2)).unwrap());
    assert_eq!(draft::edits(&mut writer).unwrap(), [edit(1), edit(3)]);
    draft::delete_edits(&mut writer).unwrap();
    assert_eq!(draft::edits(&mut writer).unwrap(), []);
}
