use serde_json::Value as Json;

use super::{Names, Predicate, Question, phrase};
use crate::ask::Asking;
use crate::audience::Needs;
use crate::playbook::form::leaf::{Length, Refers, id_of};
use crate::playbook::form::record;
use crate::playbook::write::{Object, length};
use crate::program::{Answer, Compiler, Node, Program, find, note};
use crate::time::Duration;

/// `{segment: ID, for: D}`
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub segment: String,
    /// `None`: the lead is in it now, however long.
    pub for_: Option<Duration>,
}

record! { SegmentCondition as "a condition on a segment" => super::Condition;
    keys {
        must "segment" segment: Refers<id_of::Segment>, "Id of the segment that the lead must be in now.";
        may "for" for_: Length, "The lead has been in it for at least this time, without interruption.";
    }
    build super::Condition::Segment(Segment { segment, for_ })
}

impl Predicate for Segment {
    /// "is in segment “Evaluating seriously”", "has been in segment Hot for 2 days"
    fn says(&self, names: &Names) -> String {
        self.being("is", "has been", names)
    }

    fn denies(&self, names: &Names) -> Option<String> {
        Some(self.being("is not", "has not been", names))
    }

    fn write(&self) -> Json {
        Object::default().put("segment", &self.segment).put_some("for", self.for_.map(length)).done()
    }

    fn compile(&self, compiler: &mut Compiler, _: Option<u32>) -> Result<Node, String> {
        let segment = find("segment", &self.segment, compiler.playbook.segments.iter().map(|segment| &segment.id))?;
        Ok(Node::Segment(Compiled { segment, stay: self.for_ }))
    }

    fn note_needs(&self, needs: &mut Needs) {
        needs.segments.insert(self.segment.clone());
    }
}

impl Segment {
    fn being(&self, now: &str, been: &str, names: &Names) -> String {
        let place = format!("in segment {}", phrase::named(names.segment(&self.segment)));
        match self.for_ {
            None => format!("{now} {place}"),
            Some(stay) => format!("{been} {place} for {}", phrase::length(stay)),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    segment: u32,
    stay: Option<Duration>,
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        let since = asking.lead.segments.get(self.segment).and_then(|member| member.since);
        Answer::of_stay(since, self.stay, asking.at)
    }

    fn found(&self, asking: &mut Asking, _: &Names) -> String {
        match asking.lead.segments.get(self.segment).and_then(|member| member.since) {
            None => "the lead is not in it".into(),
            Some(since) if self.stay.is_some() => format!("the lead is in it since {}", asking.program.minute(since)),
            Some(_) => "the lead is in it".into(),
        }
    }

    fn value(&self, asking: &mut Asking) -> Option<Json> {
        let since = asking.lead.segments.get(self.segment).and_then(|member| member.since);
        since.map(|since| since.to_string().into())
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        note(&mut program.segments[self.segment as usize].users, user);
    }
}
