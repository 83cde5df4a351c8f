//! The edits of a draft, made one after the other on a version's files. Pure: the same edits on the same files give the
//! same text, so that an edit is undone by leaving it out.

use attractor_engine::playbook::edit::Refused;
use attractor_engine::playbook::{self, Playbook, Problem};
use attractor_live::PLAYBOOK;
use attractor_store::DraftNumber;
use serde_json::Value;

use super::change::DraftChange;
use crate::playbook::differences::{DifferenceItem, between_read, playbook_of};
use crate::playbook::files::Files;
use crate::playbook::finding::Finding;

/// An edit that waits in the draft.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftEdit {
    pub number: DraftNumber,
    /// Milliseconds since 1970.
    pub at: i64,
    pub author: String,
    pub changes: Vec<DraftChange>,
}

/// Why an edit cannot be made.
#[derive(Debug)]
pub enum Unmade {
    /// The change at this position is refused.
    Change(usize, Refused),
    /// What comes out is not a playbook.
    Unusable(Vec<Finding>),
    /// The same edit, made on the version that it was made for, took something else away.
    Overwrites(String),
}

impl Unmade {
    /// In one sentence without its full stop.
    pub fn why(&self) -> String {
        match self {
            Unmade::Change(_, refused) => refused.message.clone(),
            Unmade::Unusable(findings) => findings.first().map(Finding::to_string).unwrap_or_default(),
            Unmade::Overwrites(what) => what.clone(),
        }
    }
}

/// An edit that was made.
#[derive(Debug)]
pub struct Made {
    pub files: Files,
    pub playbook: Playbook,
    /// What each of its changes took away.
    pub was: Vec<Option<Value>>,
}

/// Makes one edit.
pub fn make(files: &Files, changes: &[DraftChange]) -> Result<Made, Unmade> {
    let (mut files, mut was) = (files.clone(), Vec::new());
    for (at, change) in changes.iter().enumerate() {
        let changed = change.make(&files).map_err(|refused| Unmade::Change(at, refused))?;
        files = changed.files;
        was.push(changed.was);
    }
    let reading = playbook::read(files.get(PLAYBOOK).map_or("", String::as_str));
    let finding = |problem| Finding { file: PLAYBOOK.into(), problem };
    match reading.playbook {
        Some(playbook) => Ok(Made { files, playbook, was }),
        None => Err(Unmade::Unusable(reading.problems.into_iter().filter(Problem::is_error).map(finding).collect())),
    }
}

/// An edit as it was made or not.
#[derive(Debug)]
pub struct Outcome {
    /// What each of its changes took away.
    pub made: Result<Vec<Option<Value>>, Unmade>,
    /// What differs by it.
    pub differences: Vec<DifferenceItem>,
}

/// What the edits of a draft make of a version.
#[derive(Debug)]
pub struct Replayed {
    pub files: Files,
    pub playbook: Playbook,
    /// One for each edit.
    pub outcomes: Vec<Outcome>,
}

impl Replayed {
    fn begin(files: &Files) -> Replayed {
        Replayed { files: files.clone(), playbook: playbook_of(files), outcomes: Vec::new() }
    }

    /// Goes on with an edit; what cannot be made is left out.
    fn take(&mut self, made: Result<Made, Unmade>) {
        let outcome = match made {
            Ok(Made { files, playbook, was }) => {
                let differences = between_read((&self.files, &self.playbook), (&files, &playbook));
                (self.files, self.playbook) = (files, playbook);
                Outcome { made: Ok(was), differences }
            }
            Err(unmade) => Outcome { made: Err(unmade), differences: Vec::new() },
        };
        self.outcomes.push(outcome);
    }
}

/// Makes the edits one after the other.
pub fn replay(base: &Files, edits: &[DraftEdit]) -> Replayed {
    let mut replayed = Replayed::begin(base);
    for edit in edits {
        replayed.take(make(&replayed.files, &edit.changes));
    }
    replayed
}

/// The same on another version: an edit that would take away something else than it did on its own version is not made.
/// `before` has what each edit did there.
pub fn replay_on<'o>(other: &Files, edits: &[DraftEdit], before: impl IntoIterator<Item = &'o Outcome>) -> Replayed {
    let mut replayed = Replayed::begin(other);
    for (edit, before) in edits.iter().zip(before) {
        let made = make(&replayed.files, &edit.changes).and_then(|made| agrees(made, before, &edit.changes));
        replayed.take(made);
    }
    replayed
}

fn agrees(made: Made, before: &Outcome, changes: &[DraftChange]) -> Result<Made, Unmade> {
    let Ok(was) = &before.made else { return Ok(made) };
    let other = was.iter().zip(&made.was).position(|(was, now)| was != now);
    match other {
        None => Ok(made),
        Some(at) => {
            let shown = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), short);
            Err(Unmade::Overwrites(format!(
                "`{}` is {} now; it was {} when this edit was made",
                changes[at].place(),
                shown(&made.was[at]),
                shown(&was[at]),
            )))
        }
    }
}

fn short(value: &Value) -> String {
    const SHOWN: usize = 80;
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

/// Whether the others can be made without one of the edits and take away the same; else the first that cannot, and why.
pub fn without(base: &Files, edits: &[DraftEdit], number: DraftNumber) -> Result<Files, (DraftNumber, String)> {
    let all = replay(base, edits).outcomes;
    let left = edits.iter().zip(&all).filter(|(edit, _)| edit.number != number);
    let (left, before): (Vec<DraftEdit>, Vec<&Outcome>) = left.map(|(edit, outcome)| (edit.clone(), outcome)).unzip();
    let replayed = replay_on(base, &left, before.iter().copied());
    let failed = left.iter().zip(&replayed.outcomes).zip(before).find_map(|((edit, outcome), before)| {
        let why = outcome.made.as_ref().err().filter(|_| before.made.is_ok())?;
        Some((edit.number, why.why()))
    });
    failed.map_or(Ok(replayed.files), Err)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::playbook::check::alone;

    const TEXT: &str = "playbook: shop   # ours
scores:
  - id: lead
    rules:
      - {id: visit, event: Page Viewed, points: 5}   # each
segments:
  - {id: hot, enter: {score: lead, gte: 20}}
";

    fn edit(number: i64, change: Value) -> DraftEdit {
        let changes = vec![serde_json::from_value(change).unwrap()];
        DraftEdit { number: DraftNumber(number), at: 0, author: "user:1".into(), changes }
    }

    fn edits() -> [DraftEdit; 4] {
        let path = "/scores/lead/rules/visit/points";
        [
            edit(1, json!({"op": "set", "path": path, "value": 6})),
            edit(
                2,
                json!({"op": "add", "path": "/segments", "value": {"id": "warm", "enter": {"score": "lead", "gte": 10}}}),
            ),
            edit(3, json!({"op": "set", "path": "/segments/warm/name", "value": "Warm"})),
            edit(4, json!({"op": "set", "path": path, "value": 7})),
        ]
    }

    #[test]
    fn each_edit_is_told_by_what_it_changes() {
        let replayed = replay(&alone(TEXT), &edits());
        let sentences: Vec<&str> =
            replayed.outcomes.iter().flat_map(|outcome| &outcome.differences).map(|d| d.sentence.as_str()).collect();
        assert_eq!(sentences[0], "The rule “visit” now gives 6 points instead of 5.");
        assert!(sentences[1].starts_with("The segment “warm” is new. Entered when: "), "{sentences:?}");
        assert_eq!(sentences[2], "The segment “warm” is now called “Warm”.");
        assert_eq!(sentences[3], "The rule “visit” now gives 7 points instead of 6.");
        assert!(replayed.files[PLAYBOOK].contains("points: 7}   # each"), "{}", replayed.files[PLAYBOOK]);
    }

    #[test]
    fn an_edit_is_undone_by_leaving_it_out_unless_another_builds_on_it() {
        let all = edits();
        let files = without(&alone(TEXT), &all, DraftNumber(3)).unwrap();
        assert!(!files[PLAYBOOK].contains("Warm"));
        let (number, why) = without(&alone(TEXT), &all, DraftNumber(2)).unwrap_err();
        assert_eq!(number, DraftNumber(3));
        assert!(why.contains("there is no segment `warm`"), "{why}");
        let (number, why) = without(&alone(TEXT), &all, DraftNumber(1)).unwrap_err();
        assert_eq!(number, DraftNumber(4));
        assert!(why.contains("is `5` now; it was `6`"), "{why}");
        let none = without(&alone(TEXT), &all[..1], DraftNumber(1)).unwrap();
        assert_eq!(none[PLAYBOOK], TEXT);
    }

    #[test]
    fn on_another_version_nothing_of_somebody_else_is_overwritten() {
        let (base, all) = (alone(TEXT), edits());
        let on_base = replay(&base, &all);
        let applies = |other: &str| -> Vec<bool> {
            let replayed = replay_on(&alone(other), &all, &on_base.outcomes);
            replayed.outcomes.iter().map(|outcome| outcome.made.is_ok()).collect()
        };
        assert_eq!(applies(&TEXT.replace("gte: 20", "gte: 30")), [true; 4]);
        assert_eq!(applies(&TEXT.replace("points: 5", "points: 8")), [false, true, true, false]);
        let warm = TEXT.replace("segments:\n", "segments:\n  - {id: warm, enter: {score: lead, gte: 1}}\n");
        assert_eq!(applies(&warm), [true, false, true, true]);
    }

    #[test]
    fn what_is_not_a_playbook_afterwards_is_refused_with_its_place() {
        let wrong = make(&alone(TEXT), &edit(1, json!({"op": "remove", "path": "/scores/lead"})).changes).unwrap_err();
        let Unmade::Unusable(findings) = wrong else { panic!("{wrong:?}") };
        assert!(findings.iter().any(|finding| finding.to_string().contains("no score `lead`")), "{findings:?}");
        let wrong = make(&alone(TEXT), &edit(1, json!({"op": "write", "file": "playbook.yaml", "text": "x"})).changes);
        assert!(matches!(wrong, Err(Unmade::Change(0, _))));
    }
}
