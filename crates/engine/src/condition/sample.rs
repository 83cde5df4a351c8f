use serde_json::{Value as Json, json};

use super::{Names, Predicate, Question, phrase};
use crate::ask::Asking;
use crate::playbook::Playbook;
use crate::playbook::form::leaf::{Number, Percent, Text};
use crate::playbook::form::record;
use crate::playbook::write::number;
use crate::program::{Answer, Compiler, Node, Program, hash};

/// `{sample: PERCENT, seed: TEXT}`
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// 0 to 100, fractions allowed.
    pub percent: f64,
    pub seed: String,
}

record! { SampleCondition as "a `sample` condition" => super::Condition;
    keys {
        must "sample" percent: Number<Percent>, "The percentage of leads that match, always the same leads.";
        must "seed" seed: Text, "Another text chooses other leads.";
    }
    build super::Condition::Sample(Sample { percent, seed })
}

impl Predicate for Sample {
    /// "is among a sample of 5 % (seed “v2”)"
    fn says(&self, _: &Names) -> String {
        format!("is {}", self.drawn())
    }

    fn denies(&self, _: &Names) -> Option<String> {
        Some(format!("is not {}", self.drawn()))
    }

    fn write(&self) -> Json {
        json!({"sample": number(self.percent), "seed": self.seed})
    }

    fn compile(&self, _: &mut Compiler, _: Option<u32>) -> Result<Node, String> {
        Ok(Compiled::node(self.percent, &self.seed))
    }

    fn truth(&self, _: &Playbook) -> Option<bool> {
        match self.percent {
            0.0 => Some(false),
            100.0 => Some(true),
            _ => None,
        }
    }

    fn stays(&self, _: bool, _: &Playbook) -> bool {
        true
    }
}

/// Whether a lead of this name is in the sample, outside any condition: a pilot's.
pub fn sampled(percent: f64, seed: &str, name: &str) -> bool {
    u128::from(hash(&format!("{seed}/{name}"))) < below(percent)
}

/// The hashes below so many 2⁻⁶⁴ are in the sample.
fn below(percent: f64) -> u128 {
    (percent / 100.0 * 2f64.powi(64)) as u128
}

impl Sample {
    fn drawn(&self) -> String {
        format!("among a sample of {} % (seed {})", phrase::number(self.percent), phrase::quoted(&self.seed))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    /// Holds where the hash of `seed` and the lead's name is below this many 2⁻⁶⁴.
    below: u128,
    seed: String,
}

impl Compiled {
    pub fn node(percent: f64, seed: &str) -> Node {
        Node::Sample(Compiled { below: below(percent), seed: seed.to_owned() })
    }
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        let hash = hash(&format!("{}/{}", self.seed, asking.lead.name));
        Answer::for_good(u128::from(hash) < self.below)
    }

    fn found(&self, _: &mut Asking, _: &Names) -> String {
        "chance decided so".into()
    }

    /// Nothing changes a lead's name.
    fn note_user(&self, _: &mut Program, _: u32) {}
}
