use serde_json::Value as Json;

use super::{Names, Predicate, Question, operators, phrase};
use crate::ask::Asking;
use crate::explain::rounded;
use crate::lead::copies::CopyHistory;
use crate::playbook::Playbook;
use crate::playbook::form::leaf::{Count, Length, OneOf};
use crate::playbook::form::operators::OverNumbers;
use crate::playbook::form::record;
use crate::playbook::form::words::{Words, word};
use crate::playbook::provable::number_truth;
use crate::playbook::write::{Object, length, number, tests};
use crate::program::{Answer, Compiler, Node, Program, note};
use crate::test::Bound;
use crate::time::Duration;
use crate::value::{NumberTest, Operator, Value};

/// `{rate: opened or clicked, over: D, min_sent: N, OP: SHARE}`
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    pub of: Response,
    pub over: Duration,
    /// `None` where not written, which means 1.
    pub min_sent: Option<u32>,
    pub test: NumberTest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    Opened,
    Clicked,
}

pub(crate) struct ResponseWords;

impl Words for ResponseWords {
    type Value = Response;
    const WORDS: &'static [(&'static str, Response)] = &[("opened", Response::Opened), ("clicked", Response::Clicked)];
}

record! { RateCondition as "a condition on a rate" => super::Condition;
    keys {
        must "rate" of: OneOf<ResponseWords>, "The share of delivered copies that the lead opened, or clicked.";
        must "over" over: Length, "Counts copies delivered within this period.";
        may "min_sent" min_sent: Count, "With fewer copies than this, the condition is false; absent: 1.";
    }
    operators test: OverNumbers;
    build super::Condition::Rate(Rate { of, over, min_sent, test })
}

impl Predicate for Rate {
    /// "has opened at most 40 % of at least 2 e-mails delivered in the last 30 days"; "has opened none of the e-mails …"
    fn says(&self, _: &Names) -> String {
        let did = match self.of {
            Response::Opened => "has opened",
            Response::Clicked => "has clicked in",
        };
        let of = match self.min_sent {
            None => "the e-mails".to_string(),
            Some(1) => "at least 1 e-mail".to_string(),
            Some(number) => format!("at least {number} e-mails"),
        };
        let share = match self.test.0.as_slice() {
            [(Operator::Lte, Value::Number(0.0))] => "none".to_string(),
            _ => operators::quantity(&self.test, "less than", phrase::share),
        };
        format!("{did} {share} of {of} delivered in the last {}", phrase::span(self.over))
    }

    fn write(&self) -> Json {
        let rate = Object::default().put("rate", word::<ResponseWords>(self.of)).put("over", length(self.over));
        rate.put_some("min_sent", self.min_sent).put_tests(&self.test).done()
    }

    fn needed(&self) -> Option<Json> {
        Some(tests(&self.test))
    }

    fn compile(&self, compiler: &mut Compiler, goal: Option<u32>) -> Result<Node, String> {
        Ok(Node::Rate(Compiled {
            copies: compiler.inputs.copies(goal),
            of: self.of,
            over: self.over,
            min_sent: self.min_sent.unwrap_or(1),
            test: Bound::from(&self.test),
        }))
    }

    fn truth(&self, _: &Playbook) -> Option<bool> {
        // Below `min_sent` copies it is false whatever is asked of the share.
        number_truth(&self.test, 0.0, 1.0, false).filter(|truth| !truth)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    copies: u32,
    of: Response,
    over: Duration,
    min_sent: u32,
    test: Bound,
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        let none = CopyHistory::default();
        let copies = asking.lead.copies.get(self.copies).unwrap_or(&none);
        copies.ask(self.of, self.over, self.min_sent, &self.test, asking.at)
    }

    fn found(&self, asking: &mut Asking, _: &Names) -> String {
        let none = CopyHistory::default();
        let copies = asking.lead.copies.get(self.copies).unwrap_or(&none);
        let (responses, sent, _) = copies.share(self.of, self.over, asking.at);
        match sent {
            0 => "no e-mail counts".into(),
            _ if sent < self.min_sent => {
                format!("{responses} of {sent}, and {} are the fewest that tell anything", self.min_sent)
            }
            _ => format!("{responses} of {sent} ({} %)", rounded(100.0 * f64::from(responses) / f64::from(sent))),
        }
    }

    /// The share, from 0 to 1.
    fn value(&self, asking: &mut Asking) -> Option<Json> {
        let copies = asking.lead.copies.get(self.copies)?;
        let (responses, sent, _) = copies.share(self.of, self.over, asking.at);
        (sent > 0).then(|| number(f64::from(responses) / f64::from(sent)))
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        note(&mut program.inputs.copies[self.copies as usize].users, user);
    }
}
