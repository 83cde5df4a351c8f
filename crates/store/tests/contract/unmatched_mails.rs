use attractor_store::unmatched_mails::{self, Kept, UnmatchedRow};
use attractor_store::{Connection, LeadId, leads};

use crate::{Trial, hard_texts};

const MOST: i64 = 4;

fn row(at: i64, lead: Option<i64>, hashes: &[&str]) -> UnmatchedRow {
    UnmatchedRow {
        at,
        lead: lead.map(LeadId),
        hashes: hashes.iter().map(|hash| (*hash).to_owned()).collect(),
        document: format!("{{\"at\": {at}}}"),
    }
}

fn add(connection: &mut Connection, added: &[UnmatchedRow], since: i64) {
    unmatched_mails::add(connection, added, Kept { since, most: MOST }).unwrap();
}

fn instants(connection: &mut Connection) -> Vec<i64> {
    unmatched_mails::newest(connection, i64::MIN, 100).unwrap().iter().map(|row| row.at).collect()
}

pub fn are_kept_short_and_the_newest_come_first(trial: &Trial) {
    let mut writer = trial.writer();
    add(&mut writer, &[], 0);
    let texts: Vec<UnmatchedRow> = hard_texts()
        .into_iter()
        .map(|document| UnmatchedRow { document, ..row(1, Some(414), &["aa", "bb"]) })
        .collect();
    for text in texts {
        add(&mut writer, std::slice::from_ref(&text), 0);
        assert_eq!(unmatched_mails::newest(&mut writer, 1, 1).unwrap(), [text]);
    }
    assert_eq!(instants(&mut writer), [1, 1, 1, 1]);
    // What came last stands first, whatever its instant: clocks are set back.
    add(&mut writer, &[row(30, None, &[]), row(20, Some(414), &["aa"])], 2);
    assert_eq!(
        unmatched_mails::newest(&mut writer, 0, 100).unwrap(),
        [row(20, Some(414), &["aa"]), row(30, None, &[])]
    );
    add(&mut writer, &[40, 50, 60, 70, 80].map(|at| row(at, None, &[])), 2);
    assert_eq!(instants(&mut writer), [80, 70, 60, 50]);
    assert_eq!(unmatched_mails::newest(&mut writer, 60, 2).unwrap(), [row(80, None, &[]), row(70, None, &[])]);
    for (since, count) in [(0, 4), (60, 3), (81, 0)] {
        assert_eq!(unmatched_mails::count(&mut writer, since).unwrap(), count, "since {since}");
    }
    assert_eq!(unmatched_mails::forget(&mut writer, 70).unwrap(), 2);
    assert_eq!(instants(&mut trial.reader()), [80, 70]);
}

pub fn go_with_their_lead_and_with_their_addresses(trial: &Trial) {
    let mut writer = trial.writer();
    let all = [row(1, Some(414), &[]), row(2, Some(671), &["aa"]), row(3, None, &["bb", "cc"]), row(4, None, &[])];
    add(&mut writer, &all, 0);
    leads::erase(&mut writer, LeadId(414)).unwrap();
    assert_eq!(instants(&mut writer), [4, 3, 2]);
    let cases: [(&[&str], &[i64]); 4] =
        [(&[], &[4, 3, 2]), (&["", "dd"], &[4, 3, 2]), (&["cc"], &[4, 2]), (&["dd", "aa"], &[4])];
    for (hashes, left) in cases {
        let hashes: Vec<String> = hashes.iter().map(|hash| (*hash).to_owned()).collect();
        unmatched_mails::delete_of_addresses(&mut writer, &hashes).unwrap();
        assert_eq!(instants(&mut writer), left, "{hashes:?}");
    }
}
