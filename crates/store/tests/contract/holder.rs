use attractor_store::holder::{self, Holder};
use attractor_store::lane;

use crate::Trial;

fn by(pid: i64, until: i64) -> Holder {
    Holder { place: "a folder".into(), host: "a host".into(), pid, since: 1, until }
}

pub fn a_hold_is_noted_renewed_and_given_up(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(holder::present(&mut writer).unwrap(), None);
    let (epoch, _) = lane::take_over(&mut writer).unwrap();
    for until in [10, 20] {
        assert!(holder::note(&mut writer, epoch, &by(1, until)).unwrap());
        assert_eq!(holder::present(&mut trial.writer()).unwrap(), Some(by(1, until)));
    }
    holder::leave(&mut writer, epoch).unwrap();
    assert_eq!(holder::present(&mut writer).unwrap(), None);
}

pub fn who_has_been_taken_over_renews_nothing_and_ends_no_other_hold(trial: &Trial) {
    let (mut old, mut new) = (trial.writer(), trial.writer());
    let (before, _) = lane::take_over(&mut old).unwrap();
    holder::note(&mut old, before, &by(1, 10)).unwrap();
    let (after, _) = lane::take_over(&mut new).unwrap();
    assert!(!holder::note(&mut old, before, &by(1, 20)).unwrap(), "before the other has noted its own hold, too");
    holder::note(&mut new, after, &by(2, 30)).unwrap();
    assert!(!holder::note(&mut old, before, &by(1, 20)).unwrap());
    holder::leave(&mut old, before).unwrap();
    assert_eq!(holder::present(&mut new).unwrap(), Some(by(2, 30)));
}
