use attractor_store::lane::{self, Numbers};
use attractor_store::{Error, Kind, MoveNumber, Received};

use crate::Trial;

pub fn numbers_are_kept(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(
        lane::take_over(&mut writer).unwrap(),
        (1, Numbers { received: Received(0), sequence: 0, moves: MoveNumber(0) })
    );
    let numbers = Numbers { received: Received::MAX, sequence: 7, moves: MoveNumber(9) };
    lane::save_numbers(&mut writer, numbers).unwrap();
    assert_eq!(lane::read_numbers(&mut trial.reader()).unwrap(), numbers);
    drop(writer);
    assert_eq!(lane::take_over(&mut trial.writer()).unwrap(), (2, numbers));
}

pub fn who_takes_over_fences_off_the_other(trial: &Trial) {
    let (mut old, mut new) = (trial.writer(), trial.writer());
    let (before, _) = lane::take_over(&mut old).unwrap();
    lane::hold(&mut old, before).unwrap();
    let (after, _) = lane::take_over(&mut new).unwrap();
    let refused = old.transaction(|old| {
        lane::hold(old, before)?;
        lane::set_state(old, "written by", "the old one")
    });
    let refused: Result<(), Error> = refused;
    assert_eq!(refused.unwrap_err().kind, Kind::Fenced);
    assert_eq!(lane::state(&mut new, "written by").unwrap(), None);
    lane::hold(&mut new, after).unwrap();
}

pub fn state_is_kept_by_name(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(lane::state(&mut writer, "scan").unwrap(), None);
    for text in crate::hard_texts() {
        lane::set_state(&mut writer, "scan", &text).unwrap();
        lane::set_state(&mut writer, &format!("of {text}"), "x").unwrap();
        assert_eq!(lane::state(&mut writer, "scan").unwrap(), Some(text));
    }
    lane::forget_state(&mut writer, "scan").unwrap();
    lane::forget_state(&mut writer, "scan").unwrap();
    assert_eq!(lane::state(&mut writer, "scan").unwrap(), None);
    assert_eq!(lane::state(&mut writer, "of ").unwrap().as_deref(), Some("x"));
}

pub fn a_row_from_elsewhere_gives_no_number_twice(trial: &Trial) {
    let mut writer = trial.writer();
    lane::take_over(&mut writer).unwrap();
    lane::save_numbers(&mut writer, Numbers { received: Received(1), sequence: 20, moves: MoveNumber(3) }).unwrap();
    lane::keep(&mut writer, 7, Numbers { received: Received(10), sequence: 2, moves: MoveNumber(3) }).unwrap();
    // Whoever gave twenty ids may have given more since.
    assert_eq!(
        lane::read_numbers(&mut writer).unwrap(),
        Numbers { received: Received(10), sequence: 20 + lane::AHEAD, moves: MoveNumber(3) }
    );
    lane::hold(&mut writer, 7).unwrap();
}
