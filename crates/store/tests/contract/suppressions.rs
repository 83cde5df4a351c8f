use attractor_store::suppressions::{self, SuppressionEffect, SuppressionKind, SuppressionRow};

use crate::Trial;

pub fn a_kind_that_is_not_known_is_read_and_kept_by_its_name(trial: &Trial) {
    let mut writer = trial.writer();
    let row = |effect, at| SuppressionRow { hash: "a1".into(), scope: "all".into(), effect, at };
    let rows = [
        row(SuppressionEffect::Blocks(SuppressionKind::Bounce), 5),
        row(SuppressionEffect::Unknown("objection".into()), 6),
    ];
    suppressions::note(&mut writer, &rows).unwrap();
    assert_eq!(suppressions::all(&mut writer).unwrap(), rows);
    let mut found = suppressions::of_hashes(&mut writer, &["a1".to_owned()]).unwrap();
    found.sort();
    assert_eq!(found, rows);
}
