use serde_json::Value as Json;

use super::{Names, Predicate, Question, phrase};
use crate::ask::Asking;
use crate::audience::Needs;
use crate::playbook::form::leaf::{Id, Length, Refers, id_of};
use crate::playbook::form::{choice, record};
use crate::playbook::marked;
use crate::playbook::reader::{Fields, Note, Reader};
use crate::playbook::write::{Object, length};
use crate::program::{Answer, Compiler, Node, Program, find, note};
use crate::time::Duration;

/// `{stage: LADDER, is: STAGE, for: D}` or `{stage: LADDER, at_least: STAGE}`
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub ladder: String,
    pub stage: String,
    pub at_least: bool,
    /// `None`: the lead is in it now, however long. Never with `at_least`.
    pub for_: Option<Duration>,
}

choice! { StageCondition as "a condition on a stage" => super::Condition;
    "is" StageIs,
    "at_least" StageAtLeast
}

record! { StageIs as "a condition on a stage" => super::Condition;
    check note_is;
    keys {
        must "stage" ladder: Refers<id_of::Ladder>, "Id of the ladder.";
        must "is" stage: Id, "Id of the stage that the lead must be in.";
        may "for" for_: Length, "The lead has been in it for at least this time, without interruption.";
    }
    build super::Condition::Stage(Stage { ladder, stage, at_least: false, for_ })
}

record! { StageAtLeast as "a condition on a stage" => super::Condition;
    check note_at_least;
    keys {
        must "stage" ladder: Refers<id_of::Ladder>, "Id of the ladder.";
        must "at_least" stage: Id, "Id of the stage that the lead must be in, or in a higher one.";
    }
    build super::Condition::Stage(Stage { ladder, stage, at_least: true, for_: None })
}

fn note_is(fields: &Fields<'_>, reader: &mut Reader) {
    note_stage(fields, "is", reader);
}

fn note_at_least(fields: &Fields<'_>, reader: &mut Reader) {
    note_stage(fields, "at_least", reader);
}

fn note_stage(fields: &Fields<'_>, key: &str, reader: &mut Reader) {
    let text = |key| fields.get(key).and_then(marked::Node::text).map(str::to_string);
    if let (Some(ladder), Some(id)) = (text("stage"), text(key)) {
        reader.notes.push(Note::RefersToStage { ladder: Some(ladder), id, place: fields.place(key) });
    }
}

impl Predicate for Stage {
    /// "is in Decision or above", "has been in Decision for 60 days"
    fn says(&self, names: &Names) -> String {
        self.being("is", "has been", names)
    }

    fn denies(&self, names: &Names) -> Option<String> {
        Some(self.being("is not", "has not been", names))
    }

    fn write(&self) -> Json {
        let key = if self.at_least { "at_least" } else { "is" };
        Object::default().put("stage", &self.ladder).put(key, &self.stage).put_some("for", self.for_.map(length)).done()
    }

    fn compile(&self, compiler: &mut Compiler, _: Option<u32>) -> Result<Node, String> {
        let ladders = &compiler.playbook.ladders;
        let ladder = find("ladder", &self.ladder, ladders.iter().map(|ladder| &ladder.id))?;
        let stages = &ladders[ladder as usize].stages;
        let stage = find("stage", &self.stage, stages.iter().map(|stage| &stage.id))?;
        Ok(Node::Stage(Compiled { ladder, stage, at_least: self.at_least, stay: self.for_ }))
    }

    fn note_needs(&self, needs: &mut Needs) {
        needs.ladders.insert(self.ladder.clone());
    }
}

impl Stage {
    fn being(&self, now: &str, been: &str, names: &Names) -> String {
        let stage = phrase::named(names.stage(&self.ladder, &self.stage));
        let above = if self.at_least { " or above" } else { "" };
        let is_lone = names.is_lone_stage(&self.ladder, &self.stage);
        let place = match is_lone {
            true if stage.starts_with('“') => format!("in stage {stage}{above}"),
            true => format!("in {stage}{above}"),
            false => format!("in stage {stage}{above} of {}", phrase::named(names.ladder(&self.ladder))),
        };
        match self.for_ {
            None => format!("{now} {place}"),
            Some(stay) => format!("{been} {place} for {}", phrase::length(stay)),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    ladder: u32,
    stage: u32,
    at_least: bool,
    stay: Option<Duration>,
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        let now = asking.lead.ladders.get(self.ladder);
        let there = now.filter(|now| if self.at_least { now.stage >= self.stage } else { now.stage == self.stage });
        Answer::of_stay(there.map(|now| now.since), self.stay, asking.at)
    }

    fn found(&self, asking: &mut Asking, names: &Names) -> String {
        let ladder = &asking.program.playbook.ladders[self.ladder as usize];
        let now = asking.lead.ladders.get(self.ladder);
        now.map_or("it has not started".into(), |standing| {
            let stage = names.stage(&ladder.id, &ladder.stages[standing.stage as usize].id);
            let since =
                self.stay.map(|_| format!(" since {}", asking.program.minute(standing.since))).unwrap_or_default();
            format!("the stage is {stage}{since}")
        })
    }

    fn value(&self, asking: &mut Asking) -> Option<Json> {
        let ladder = &asking.program.playbook.ladders[self.ladder as usize];
        let standing = asking.lead.ladders.get(self.ladder)?;
        Some(ladder.stages[standing.stage as usize].id.as_str().into())
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        note(&mut program.ladders[self.ladder as usize].users, user);
    }
}
