use attractor_store::VersionNumber;
use attractor_store::versions::{self, Version};

use crate::Trial;

fn version(number: i64) -> Version {
    Version {
        number: VersionNumber(number),
        at: 1_700_000_000_000,
        author: "user:1".to_owned(),
        note: "it's 👍".to_owned(),
        files: "{\"playbook.yaml\": \"x\"}".repeat(10_000),
    }
}

pub fn are_read_back_as_inserted(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(versions::all(&mut writer).unwrap(), []);
    assert_eq!(versions::last(&mut writer).unwrap(), VersionNumber(0));
    versions::insert(&mut writer, &version(1)).unwrap();
    versions::insert(&mut writer, &version(2)).unwrap();
    assert_eq!(versions::one(&mut writer, VersionNumber(1)).unwrap(), Some(version(1)));
    assert_eq!(versions::one(&mut writer, VersionNumber(3)).unwrap(), None);
    assert_eq!(versions::all(&mut writer).unwrap(), [version(2), version(1)]);
    let without_files = |number| Version { files: String::new(), ..version(number) };
    assert_eq!(versions::page(&mut writer, VersionNumber::MAX, 1).unwrap(), [without_files(2)]);
    assert_eq!(versions::page(&mut writer, VersionNumber(2), 9).unwrap(), [without_files(1)]);
    assert_eq!(versions::last(&mut writer).unwrap(), VersionNumber(2));
}

pub fn a_number_is_given_once(trial: &Trial) {
    let mut writer = trial.writer();
    versions::insert(&mut writer, &version(1)).unwrap();
    versions::insert(&mut writer, &Version { note: "another".to_owned(), ..version(1) }).unwrap_err();
    assert_eq!(versions::all(&mut writer).unwrap(), [version(1)]);
}
