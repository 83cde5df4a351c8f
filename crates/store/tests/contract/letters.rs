use attractor_store::LetterNumber;
use attractor_store::letters::{self, Letter, LetterState};

use crate::Trial;

fn letter(due: Option<i64>) -> Letter {
    Letter {
        number: LetterNumber::default(),
        kind: "notice".to_owned(),
        recipient: "o'hara@example.com".to_owned(),
        content: "{}".to_owned(),
        sealed: None,
        made_at: 1,
        state: if due.is_some() { LetterState::Waiting } else { LetterState::Sent },
        reason: None,
        due,
        tries: 0,
        ended_at: due.is_none().then_some(2),
        lead: None,
    }
}

pub fn that_wait_are_recalled(trial: &Trial) {
    let mut writer = trial.writer();
    for due in [Some(3), Some(9), None] {
        letters::insert(&mut writer, &letter(due)).unwrap();
    }
    assert_eq!(letters::recall(&mut writer, 5).unwrap(), 1);
    assert_eq!(letters::recall(&mut writer, 5).unwrap(), 0);
    let due = letters::due(&mut writer, &[], 5, 9).unwrap();
    assert_eq!(due.iter().map(|letter| letter.due).collect::<Vec<_>>(), [Some(3), Some(5)]);
}
