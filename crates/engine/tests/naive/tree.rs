//! Conditions as the playbook writes them, read into the tree that is evaluated.

use super::book::{Book, billionths, list, texts, time};
use super::condition::{Condition, Leaf};
use super::consent::{Scope, State};
use super::date::{self, DateForm, Period};
use super::event::{EventForm, Measure, Which};
use super::operators::{self, Operator};
use serde_json::{Value, json};

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

impl Book {
    pub fn condition(&mut self, value: &Value) -> Condition {
        let all = |book: &mut Book, key| list(value, key).iter().map(|part| book.condition(part)).collect();
        let text = |key| text(value, key);
        if value.get("all").is_some() {
            Condition::All(all(self, "all"))
        } else if value.get("any").is_some() {
            Condition::Any(all(self, "any"))
        } else if let Some(inner) = value.get("not") {
            Condition::Not(Box::new(self.condition(inner)))
        } else if let Some(name) = text("attribute") {
            Condition::Fact(self.leaf(Leaf::Attribute { name: name.into(), operators: operators(value) }))
        } else if value.get("event").is_some() {
            Condition::Event { leaf: self.event_leaf(value), measure: measure(value) }
        } else if value.get("date").is_some() {
            let form = self.date_form(value);
            Condition::Date(self.leaf(Leaf::Date(form)))
        } else if let Some(state) = text("consent") {
            Condition::Fact(self.leaf(Leaf::Consent { scope: scope(value), state: State::read(state) }))
        } else if let Some(after) = time(value, "inactive") {
            let kinds = self.kinds(value);
            Condition::Inactive { leaf: self.leaf(Leaf::Inactive { after, kinds }), after }
        } else if let Some(over) = time(value, "over") {
            let least = value.get("min_sent").and_then(Value::as_u64).unwrap_or(1) as usize;
            let leaf = self.leaf(Leaf::Rate { over });
            let clicked = text("rate") == Some("clicked");
            Condition::Rate { leaf, clicked, over, least, share: in_billionths(operators(value)) }
        } else if let Some(score) = text("score") {
            self.score_condition(score, value)
        } else if let Some(topic) = text("interest") {
            self.interest_condition(topic, value)
        } else {
            self.reference(value)
        }
    }

    /// The kinds that an `inactive` asks for.
    pub fn kinds(&self, value: &Value) -> Vec<String> {
        value.get("events").map_or_else(|| self.activity.clone(), texts)
    }

    /// The leaf of what conditions and score rules ask of events.
    pub fn event_leaf(&mut self, value: &Value) -> usize {
        let demanded = value.get("where").and_then(Value::as_object).into_iter().flatten();
        let kinds = match &value["event"] {
            Value::String(kind) => vec![kind.clone()],
            kinds => texts(kinds),
        };
        let form = EventForm {
            kinds,
            which: text(value, "which").map(Which::read),
            demanded: demanded.map(|(property, demand)| (property.clone(), property_operators(demand))).collect(),
            within: time(value, "within"),
            older: time(value, "older"),
            after: self.date(value, "after"),
            before: self.date(value, "before"),
            distinct: text(value, "distinct").map(str::to_owned),
        };
        self.leaf(Leaf::Event(form))
    }

    /// A date that the playbook itself writes.
    fn date(&self, value: &Value, key: &str) -> Option<i64> {
        value.get(key).map(|written| date::read(&self.zone, written).expect("the playbook writes a date"))
    }

    fn date_form(&self, value: &Value) -> DateForm {
        DateForm {
            name: text(value, "date").expect("`date` names an attribute").into(),
            in_last: time(value, "in_last"),
            in_next: time(value, "in_next"),
            older: time(value, "older"),
            passed: value.get("passed").and_then(Value::as_bool),
            after: self.date(value, "after"),
            before: self.date(value, "before"),
            during: text(value, "during").map(|words| Period::read(words).expect("`during` names a period")),
            every_year: value.get("every_year") == Some(&json!(true)),
        }
    }

    fn score_condition(&mut self, score: &str, value: &Value) -> Condition {
        let score = self.scores.iter().position(|s| s.id == score).expect("the score is declared before");
        let mut operators = in_billionths(operators(value));
        self.score_limits[score].extend(limits(&mut operators));
        Condition::Score { score, operators }
    }

    fn interest_condition(&mut self, topic: &str, value: &Value) -> Condition {
        let topic = self.topics.iter().position(|t| t.id == topic).expect("the topic is declared");
        match value.get("primary") {
            Some(Value::Bool(false)) => return Condition::Not(Box::new(Condition::Primary(topic))),
            Some(_) => return Condition::Primary(topic),
            None => {}
        }
        let mut operators = in_billionths(operators(value));
        self.strength_limits[topic].extend(limits(&mut operators));
        Condition::Strength { topic, operators }
    }

    fn reference(&mut self, value: &Value) -> Condition {
        let text = |key| text(value, key);
        let least = time(value, "for");
        if let Some(ladder) = text("stage") {
            let ladder = self.ladders.iter().position(|l| l.id == ladder).expect("the ladder is declared before");
            let (exactly, stage) = match text("is") {
                Some(stage) => (true, stage),
                None => (false, text("at_least").expect("`stage` has `is` or `at_least`")),
            };
            let stage = self.ladders[ladder].stages.iter().position(|s| s.id == stage).expect("the stage is declared");
            self.ladders[ladder].stays.extend(least);
            Condition::Stage { ladder, stage, exactly, least }
        } else if let Some(segment) = text("segment") {
            let segment = self.segments.iter().position(|s| s.id == segment).expect("the segment is declared before");
            self.segments[segment].stays.extend(least);
            Condition::Segment { segment, least }
        } else if let Some(state) = text("deal") {
            Condition::Fact(self.leaf(Leaf::Deal(state.into())))
        } else {
            let percent = value["sample"].as_f64().unwrap_or_else(|| panic!("not a condition: {value}"));
            let seed = text("seed").expect("`sample` has a seed").into();
            Condition::Fact(self.leaf(Leaf::Sample { percent, seed }))
        }
    }
}

fn scope(value: &Value) -> Scope {
    match (text(value, "subscription"), text(value, "topic"), text(value, "to")) {
        (Some(subscription), ..) => Scope::Subscription(subscription.into()),
        (_, Some(topic), _) => Scope::Topic(topic.into()),
        (.., Some(_)) => Scope::Tracking,
        _ => Scope::All,
    }
}

fn measure(value: &Value) -> Measure {
    let of = |properties: &Value| {
        let properties = properties.as_object().into_iter().flatten();
        properties.map(|(property, demand)| (property.clone(), in_billionths(property_operators(demand)))).collect()
    };
    match (value.get("sum"), value.get("average")) {
        (Some(sum), _) => Measure::Sum(of(sum)),
        (_, Some(average)) => Measure::Average(of(average)),
        _ => Measure::Count(property_operators(value.get("count").unwrap_or(&json!({"gte": 1})))),
    }
}

fn operators(value: &Value) -> Vec<Operator> {
    let keys = value.as_object().into_iter().flatten();
    keys.filter_map(|(name, operand)| Operator::read(name, operand)).collect()
}

/// Of a property or a count: operators, or the bare value that it must equal.
fn property_operators(demand: &Value) -> Vec<Operator> {
    if demand.is_object() { operators(demand) } else { vec![Operator::Eq(demand.clone())] }
}

/// What scores, strengths, shares, sums and averages are compared to, rounded to nine decimals.
fn in_billionths(mut operators: Vec<Operator>) -> Vec<Operator> {
    for operand in operators.iter_mut().flat_map(Operator::operands) {
        if let Some(number) = operators::number(operand) {
            *operand = json!(billionths(number));
        }
    }
    operators
}

fn limits(operators: &mut [Operator]) -> Vec<f64> {
    operators.iter_mut().flat_map(Operator::operands).filter_map(|operand| operand.as_f64()).collect()
}
