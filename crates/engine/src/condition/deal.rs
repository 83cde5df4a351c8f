use serde_json::{Value as Json, json};

use super::{Names, Predicate, Question};
use crate::ask::Asking;
use crate::deal::Deal;
use crate::playbook::form::leaf::OneOf;
use crate::playbook::form::record;
use crate::playbook::form::words::Words;
use crate::program::{Answer, Compiler, Node, Program, note};

/// `{deal: open}`, `won`, `lost`
pub(crate) struct DealWords;

impl Words for DealWords {
    type Value = Deal;
    const WORDS: &'static [(&'static str, Deal)] =
        &[(Deal::Open.name(), Deal::Open), (Deal::Won.name(), Deal::Won), (Deal::Lost.name(), Deal::Lost)];
}

record! { DealCondition as "a condition on deals" => super::Condition;
    keys {
        must "deal" deal: OneOf<DealWords>, "The lead has a deal in this state.";
    }
    build super::Condition::Deal(deal)
}

impl Predicate for Deal {
    fn says(&self, _: &Names) -> String {
        let deal = match self {
            Deal::Open => "has an open deal",
            Deal::Won => "has a won deal",
            Deal::Lost => "has a lost deal",
        };
        deal.to_string()
    }

    fn denies(&self, _: &Names) -> Option<String> {
        let deal = match self {
            Deal::Open => "has no open deal",
            Deal::Won => "has no won deal",
            Deal::Lost => "has no lost deal",
        };
        Some(deal.to_string())
    }

    fn write(&self) -> Json {
        json!({"deal": self.name()})
    }

    fn compile(&self, _: &mut Compiler, _: Option<u32>) -> Result<Node, String> {
        Ok(Node::Deal(*self))
    }
}

impl Question for Deal {
    fn ask(&self, asking: &mut Asking) -> Answer {
        Answer::for_good(asking.lead.deals.iter().any(|(_, now)| now == self))
    }

    fn found(&self, asking: &mut Asking, _: &Names) -> String {
        let words: Vec<&str> = asking.lead.deals.iter().map(|(_, now)| now.name()).collect();
        match words.as_slice() {
            [] => "there is no deal".into(),
            [only] => format!("the deal is {only}"),
            words => format!("the deals are {}", words.join(", ")),
        }
    }

    fn value(&self, asking: &mut Asking) -> Option<Json> {
        Some(asking.lead.deals.iter().map(|(_, now)| now.name()).collect())
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        note(&mut program.inputs.deal_users, user);
    }
}
