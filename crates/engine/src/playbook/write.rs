//! A playbook as JSON, which is YAML too: what `read` turns back into the same playbook.

use serde_json::{Map, Value as Json, json};

use super::form::words::{ClassWords, EvaluateWords, FormatWords, IntentWords, word};
use super::{
    Action, Adapt, Again, Cadence, Decay, Email, Evaluate, Gives, Interests, Ladder, Limit, Playbook, Rule, Score,
    Segment, Sequence, Stage, Step, Subscription, Topic, Translation, Variant, While,
};
use crate::condition::Condition;
use crate::time::Duration;
use crate::value::{Operator, Test, Value};

/// What is at its default is left out, durations are in their own notation, and keys stand in the contract's order.
pub fn write(playbook: &Playbook) -> Json {
    let utc = playbook.timezone == "UTC";
    Object::default()
        .put("playbook", &playbook.name)
        .put_if(!utc, "timezone", &playbook.timezone)
        .put_some("language", playbook.language.as_ref())
        .put_some("activity", playbook.activity.as_ref())
        .put_list("topics", &playbook.topics, topic)
        .put_some("interests", playbook.interests.as_ref().map(interests))
        .put_list("scores", &playbook.scores, score)
        .put_list("ladders", &playbook.ladders, ladder)
        .put_list("segments", &playbook.segments, segment)
        .put_list("subscriptions", &playbook.subscriptions, subscription)
        .put_some("cadence", playbook.cadence.as_ref().map(cadence))
        .put_list("emails", &playbook.emails, email)
        .put_list("sequences", &playbook.sequences, sequence)
        .done()
}

/// A JSON object in the making.
#[derive(Default)]
pub(crate) struct Object(Map<String, Json>);

impl Object {
    pub fn put(mut self, key: &str, value: impl serde::Serialize) -> Object {
        self.0.insert(key.into(), json!(value));
        self
    }

    pub fn put_if(self, wanted: bool, key: &str, value: impl serde::Serialize) -> Object {
        if wanted { self.put(key, value) } else { self }
    }

    pub fn put_some(self, key: &str, value: Option<impl serde::Serialize>) -> Object {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    /// A list that is left out where it is empty.
    fn put_list<T>(self, key: &str, items: &[T], each: impl Fn(&T) -> Json) -> Object {
        self.put_if(!items.is_empty(), key, items.iter().map(each).collect::<Vec<_>>())
    }

    pub fn put_tests(mut self, test: &Test) -> Object {
        for (operator, value) in &test.0 {
            self = self.put(operator.name(), plain(value));
        }
        self
    }

    pub fn done(self) -> Json {
        Json::Object(self.0)
    }
}

pub(crate) fn length(duration: Duration) -> Json {
    duration.to_string().into()
}

/// Whole numbers without a fraction.
pub(crate) fn number(value: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value.fract() == 0.0 && value.abs() < EXACT {
        true => json!(value as i64),
        false => json!(value),
    }
}

pub(crate) fn plain(value: &Value) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Number(value) => number(*value),
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(plain).collect(),
        // No playbook holds one: it stands for what events carry.
        Value::Opaque => Json::Null,
    }
}

pub(crate) fn tests(test: &Test) -> Json {
    Object::default().put_tests(test).done()
}

/// The bare value where only equality is asked.
pub(crate) fn bare_or_tests(test: &Test) -> Json {
    match test.0.as_slice() {
        [(Operator::Eq, value)] => plain(value),
        _ => tests(test),
    }
}

pub(crate) fn where_(filter: &[(String, Test)]) -> Json {
    Json::Object(filter.iter().map(|(property, test)| (property.clone(), bare_or_tests(test))).collect())
}

fn topic(topic: &Topic) -> Json {
    Object::default()
        .put("id", &topic.id)
        .put_some("name", topic.name.as_ref())
        .put_if(!topic.pages.is_empty(), "pages", &topic.pages)
        .put_if(!topic.related.is_empty(), "related", &topic.related)
        .done()
}

fn interests(interests: &Interests) -> Json {
    let weights = interests.weights.iter().map(|(kind, weight)| (kind.clone(), number(*weight)));
    Object::default()
        .put("half_life", length(interests.half_life))
        .put("weights", Json::Object(weights.collect()))
        .put("minimum", number(interests.minimum))
        .put("margin", number(interests.margin))
        .done()
}

fn score(score: &Score) -> Json {
    Object::default()
        .put("id", &score.id)
        .put_some("name", score.name.as_ref())
        .put_some("range", score.range.map(|(low, high)| [number(low), number(high)]))
        .put("rules", score.rules.iter().map(rule).collect::<Vec<_>>())
        .done()
}

fn rule(rule: &Rule) -> Json {
    let named = Object::default().put("id", &rule.id).put_some("name", rule.name.as_ref());
    let object = match &rule.gives {
        Gives::Event { event, filter, limit, decay } => named
            .put("event", event)
            .put_if(!filter.is_empty(), "where", where_(filter))
            .put("points", number(rule.points))
            .put_some("limit", limit.as_ref().map(limit_))
            .put_some("cap", rule.cap.map(number))
            .put_some("decay", decay.as_ref().map(decay_)),
        Gives::If(held) => {
            named.put("if", condition(held)).put("points", number(rule.points)).put_some("cap", rule.cap.map(number))
        }
        Gives::Inactive { inactive, repeats } => named
            .put("inactive", length(*inactive))
            .put_if(*repeats, "repeats", true)
            .put("points", number(rule.points))
            .put_some("cap", rule.cap.map(number)),
    };
    object.done()
}

fn limit_(limit: &Limit) -> Json {
    Object::default().put("times", limit.times).put("within", length(limit.within)).done()
}

fn decay_(decay: &Decay) -> Json {
    match decay {
        Decay::HalfLife(half_life) => json!({"half_life": length(*half_life)}),
        Decay::Expires(expires) => json!({"expires": length(*expires)}),
        Decay::Loses { loses, every } => json!({"loses": number(*loses), "every": length(*every)}),
    }
}

fn evaluate(evaluate: Evaluate) -> Option<&'static str> {
    (evaluate != Evaluate::default()).then(|| word::<EvaluateWords>(evaluate))
}

fn ladder(ladder: &Ladder) -> Json {
    Object::default()
        .put("id", &ladder.id)
        .put_some("name", ladder.name.as_ref())
        .put_some("score", ladder.score.as_ref())
        .put("stages", ladder.stages.iter().map(stage).collect::<Vec<_>>())
        .put_some("hold", ladder.hold.map(number))
        .put_some("min_stay", ladder.min_stay.map(length))
        .put_some("evaluate", evaluate(ladder.evaluate))
        .done()
}

fn stage(stage: &Stage) -> Json {
    Object::default()
        .put("id", &stage.id)
        .put_some("name", stage.name.as_ref())
        .put_some("from", stage.from.map(number))
        .put_some("enter", stage.enter.as_ref().map(condition))
        .put_some("leave", stage.leave.as_ref().map(condition))
        .done()
}

fn segment(segment: &Segment) -> Json {
    Object::default()
        .put("id", &segment.id)
        .put_some("name", segment.name.as_ref())
        .put("enter", condition(&segment.enter))
        .put_some("leave", segment.leave.as_ref().map(condition))
        .put_some("min_stay", segment.min_stay.map(length))
        .put_some("evaluate", evaluate(segment.evaluate))
        .done()
}

fn subscription(subscription: &Subscription) -> Json {
    Object::default().put("id", &subscription.id).put_some("name", subscription.name.as_ref()).done()
}

fn cadence(cadence: &Cadence) -> Json {
    let every = cadence.every.iter().map(|(stage, pause)| (stage.clone(), length(*pause)));
    Object::default()
        .put("ladder", &cadence.ladder)
        .put("every", Json::Object(every.collect()))
        .put_some("answer", cadence.answer.map(length))
        .put_some("adapt", cadence.adapt.as_ref().map(adapt))
        .done()
}

fn adapt(adapt: &Adapt) -> Json {
    Object::default()
        .put("slow_below", number(adapt.slow_below))
        .put("quicken_above", number(adapt.quicken_above))
        .put("over", length(adapt.over))
        .put("min_sent", adapt.min_sent)
        .put("factor", number(adapt.factor))
        .put("between", [length(adapt.between.0), length(adapt.between.1)])
        .done()
}

fn email(email: &Email) -> Json {
    Object::default()
        .put("id", &email.id)
        .put_some("name", email.name.as_ref())
        .put("subject", &email.subject)
        .put("body", &email.body)
        .put_some("subscription", email.subscription.as_ref())
        .put_some("topic", email.topic.as_ref())
        .put_some("format", email.format.map(word::<FormatWords>))
        .put_if(!email.stages.is_empty(), "stages", &email.stages)
        .put_some("intent", email.intent.map(word::<IntentWords>))
        .put_some("class", email.class.map(word::<ClassWords>))
        .put_some("preheader", email.preheader.as_ref())
        .put_some("from", email.from.as_ref())
        .put_if(!email.languages.is_empty(), "languages", languages(&email.languages))
        .put_list("variants", &email.variants, variant)
        .done()
}

fn languages(translations: &[(String, Translation)]) -> Json {
    let translation = |(language, translation): &(String, Translation)| {
        let texts = Object::default()
            .put("subject", &translation.subject)
            .put_some("preheader", translation.preheader.as_ref())
            .put("body", &translation.body);
        (language.clone(), texts.done())
    };
    Json::Object(translations.iter().map(translation).collect())
}

fn variant(variant: &Variant) -> Json {
    Object::default()
        .put("id", &variant.id)
        .put("share", number(variant.share))
        .put_some("subject", variant.subject.as_ref())
        .put_some("preheader", variant.preheader.as_ref())
        .put_some("body", variant.body.as_ref())
        .done()
}

fn sequence(sequence: &Sequence) -> Json {
    Object::default()
        .put("id", &sequence.id)
        .put_some("name", sequence.name.as_ref())
        .put("enroll", condition(&sequence.enroll))
        .put_some("again", again(sequence.again))
        .put_some("while", while_(&sequence.while_))
        .put_some("goal", sequence.goal.as_ref().map(condition))
        .put_if(sequence.holdout != 0.0, "holdout", number(sequence.holdout))
        .put_if(sequence.buyers, "buyers", true)
        .put_if(sequence.review, "review", true)
        .put("steps", steps(&sequence.steps))
        .done()
}

fn again(again: Again) -> Option<Json> {
    match again {
        Again::Never => None,
        Again::Always => Some("always".into()),
        Again::After(after) => Some(json!({"after": length(after)})),
    }
}

fn while_(held: &While) -> Option<Json> {
    match held {
        While::Enrolled => None,
        While::Always => Some("always".into()),
        While::Condition(held) => Some(condition(held)),
    }
}

fn steps(steps: &[Step]) -> Json {
    steps.iter().map(step).collect()
}

fn step(step: &Step) -> Json {
    let named = Object::default().put_some("id", step.id.as_ref());
    let object = match &step.action {
        Action::Send { email: Some(email), class: None, not_after: None } => named.put("send", email),
        Action::Send { email, class, not_after } => {
            let what = Object::default().put_some("email", email.as_ref()).put_if(email.is_none(), "best", true);
            let how =
                what.put_some("class", class.map(word::<ClassWords>)).put_some("not_after", not_after.map(length));
            named.put("send", how.done())
        }
        Action::Wait(pause) => named.put("wait", length(*pause)),
        Action::WaitUntil { until, at_most } => {
            named.put("wait", json!({"until": condition(until), "at_most": length(*at_most)}))
        }
        Action::Branch { condition: asked, then, otherwise } => {
            let sides = Object::default().put("if", condition(asked)).put("then", steps(then));
            named.put("branch", sides.put_if(!otherwise.is_empty(), "else", steps(otherwise)).done())
        }
        Action::Alert { to, say } => named.put("alert", json!({"to": to, "say": say})),
    };
    object.done()
}

/// A condition in the playbook's notation.
pub fn condition(tree: &Condition) -> Json {
    let each = |list: &[Condition]| list.iter().map(condition).collect::<Json>();
    match tree {
        Condition::All(list) => json!({"all": each(list)}),
        Condition::Any(list) => json!({"any": each(list)}),
        Condition::Not(inner) => json!({"not": condition(inner)}),
        form => form.predicate().map(|form| form.write()).unwrap_or_default(),
    }
}
