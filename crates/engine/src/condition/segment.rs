use serde_json::{Value as Json, json};

use super::{Names, Predicate, Question, phrase};
use crate::ask::Asking;
use crate::audience::Needs;
use crate::playbook::form::leaf::{Refers, id_of};
use crate::playbook::form::record;
use crate::program::{Answer, Compiler, Node, Program, find, note};

/// `{segment: ID}`
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub segment: String,
}

record! { SegmentCondition as "a condition on a segment" => super::Condition;
    keys {
        must "segment" segment: Refers<id_of::Segment>, "Id of the segment that the lead must be in now.";
    }
    build super::Condition::Segment(Segment { segment })
}

impl Predicate for Segment {
    /// "is in segment “Evaluating seriously”"
    fn says(&self, names: &Names) -> String {
        format!("is in segment {}", phrase::named(names.segment(&self.segment)))
    }

    fn denies(&self, names: &Names) -> Option<String> {
        Some(format!("is not in segment {}", phrase::named(names.segment(&self.segment))))
    }

    fn write(&self) -> Json {
        json!({"segment": self.segment})
    }

    fn compile(&self, compiler: &mut Compiler, _: Option<u32>) -> Result<Node, String> {
        let segment = find("segment", &self.segment, compiler.playbook.segments.iter().map(|segment| &segment.id))?;
        Ok(Node::Segment(Compiled { segment }))
    }

    fn note_needs(&self, needs: &mut Needs) {
        needs.segments.insert(self.segment.clone());
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    segment: u32,
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        Answer::for_good(asking.lead.segments.get(self.segment).is_some_and(|member| member.since.is_some()))
    }

    fn found(&self, asking: &mut Asking, _: &Names) -> String {
        let inside = asking.lead.segments.get(self.segment).is_some_and(|member| member.since.is_some());
        (if inside { "the lead is in it" } else { "the lead is not in it" }).into()
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        note(&mut program.segments[self.segment as usize].users, user);
    }
}
