//! Random playbooks' names and random conditions over them: every form, every operator, and texts that would lead
//! astray a reader who does not look closely.

use attractor_engine::condition::{
    Attribute, Condition, Consent, Date, Event, Inactive, Interest, Period, Pull, Rate, Response, Sample, Score,
    Segment, Stage, When, Which,
};
use attractor_engine::consent::{Scope, State};
use attractor_engine::deal::Deal;
use attractor_engine::playbook::{
    Email, Evaluate, Ladder, Playbook, Segment as Declared, Stage as Rung, Subscription, Topic,
};
use attractor_engine::time::Duration;
use attractor_engine::value::{Operator, Test, Value};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const IDS: [&str; 4] = ["lead", "hot", "loves-shirts", "x1"];

/// Three of everything, with names that are missing, doubled, other things' ids, or sentences themselves.
pub fn playbook() -> impl Strategy<Value = Playbook> {
    vec(name(), 32).prop_map(|names| {
        let mut names = names.into_iter();
        let mut things = || IDS.map(|id| (id.to_string(), names.next().flatten()));
        let score = |(id, name)| attractor_engine::playbook::Score { id, name, range: None, rules: vec![] };
        let topic = |(id, name)| Topic { id, name, pages: vec![], related: vec![] };
        let subscription = |(id, name)| Subscription { id, name };
        let email = |(id, name): (String, Option<String>)| Email { id, name, ..Email::default() };
        let rung = |(id, name)| Rung { id, name, from: None, enter: None, leave: None };
        let segment = |(id, name)| Declared {
            id,
            name,
            enter: Condition::All(vec![]),
            leave: None,
            min_stay: None,
            evaluate: Evaluate::Live,
        };
        let (scores, topics, segments) = (things().map(score), things().map(topic), things().map(segment));
        let (subscriptions, emails) = (things().map(subscription), things().map(email));
        let stages = [things(), things()].map(|stages| stages.map(rung).to_vec());
        let ladders = std::iter::zip(things(), stages.into_iter().cycle()).map(|((id, name), stages)| Ladder {
            id,
            name,
            score: None,
            stages,
            hold: None,
            min_stay: None,
            evaluate: Evaluate::Live,
        });
        let ladders = ladders.collect();
        Playbook {
            scores: scores.into(),
            topics: topics.into(),
            segments: segments.into(),
            subscriptions: subscriptions.into(),
            emails: emails.into(),
            ladders,
            ..Playbook::default()
        }
    })
}

fn name() -> impl Strategy<Value = Option<String>> {
    const TRICKY: &[&str] =
        &["Hot", "hot", "HOT ", "Lead", "Shirts", "Hot or above", "Hot” and is in segment “Lead", "lead", "É-mail", ""];
    prop_oneof![Just(None), select(TRICKY).prop_map(|name| Some(name.to_string())), option::of(text())]
}

/// Any nested condition that a playbook can hold.
pub fn condition() -> impl Strategy<Value = Condition> {
    leaf().prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Condition::All),
            vec(inner.clone(), 0..5).prop_map(Condition::Any),
            inner.prop_map(|part| Condition::Not(Box::new(part))),
        ]
    })
}

fn leaf() -> impl Strategy<Value = Condition> {
    prop_oneof![
        (property(), values()).prop_map(|(attribute, test)| Condition::Attribute(Attribute { attribute, test })),
        event().prop_map(Condition::Event),
        (length(), option::of(vec(kind(), 1..4)))
            .prop_map(|(inactive, events)| Condition::Inactive(Inactive { inactive, events })),
        (id(), numbers()).prop_map(|(score, test)| Condition::Score(Score { score, test })),
        (id(), id(), any::<bool>(), option::of(length())).prop_map(|(ladder, stage, at_least, stay)| {
            Condition::Stage(Stage { ladder, stage, at_least, for_: stay.filter(|_| !at_least) })
        }),
        (id(), option::of(length())).prop_map(|(segment, for_)| Condition::Segment(Segment { segment, for_ })),
        date().prop_map(Condition::Date),
        consent().prop_map(Condition::Consent),
        (id(), prop_oneof![any::<bool>().prop_map(Pull::Primary), numbers().prop_map(Pull::Strength)])
            .prop_map(|(topic, wanted)| Condition::Interest(Interest { topic, wanted })),
        select(&[Deal::Open, Deal::Won, Deal::Lost][..]).prop_map(Condition::Deal),
        rate().prop_map(Condition::Rate),
        (prop_oneof![0.0..=100.0, (0..=100i32).prop_map(f64::from)], text())
            .prop_map(|(percent, seed)| Condition::Sample(Sample { percent, seed })),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let filter = vec(prop_oneof![(property(), values()), spoken()], 0..3);
    let ages = (option::of(length()), option::of(length()), option::of(when()), option::of(when()));
    let amounts = || vec((property(), numbers()), 1..3);
    let measure = prop_oneof![
        Just(Event::default()),
        (option::of(counted()), option::of(numbers())).prop_map(|(distinct, count)| Event {
            distinct,
            count,
            ..Event::default()
        }),
        amounts().prop_map(|sum| Event { sum, ..Event::default() }),
        amounts().prop_map(|average| Event { average, ..Event::default() }),
    ];
    let which = option::of(select(&[Which::First, Which::Last][..]));
    let parts = (vec(kind(), 1..4), which, filter, ages, measure);
    parts.prop_map(|(kinds, which, filter, (within, older, after, before), measured)| {
        let which = which.filter(|_| measured.distinct.is_none() && measured.count.is_none());
        Event { kinds, which, filter, within, older, after, before, ..measured }
    })
}

/// Properties that sentences have nouns for.
fn counted() -> impl Strategy<Value = String> {
    const COUNTED: &[&str] = &["path", "form", "asset", "webinar", "topic", "email_id", "send_id", "url"];
    prop_oneof![property(), select(COUNTED).prop_map(str::to_string)]
}

/// What is asked of properties that sentences have words and units for.
fn spoken() -> impl Strategy<Value = (String, Test)> {
    let text = || prop_oneof![4 => id(), 1 => text()].prop_map(Value::Text);
    let refers = prop_oneof![
        text().prop_map(|id| (Operator::Eq, id)),
        vec(text(), 0..4).prop_map(|ids| (Operator::In, Value::List(ids))),
    ];
    let whole = prop_oneof![(1..1_000_000i64).prop_map(|n| n as f64), (1..1_000i64).prop_map(|n| n as f64 * 3600.0)];
    let seconds = prop_oneof![3 => whole, 1 => number()];
    let ages = vec((select(&Operator::ALL[..8]), seconds), 1..3).prop_map(|ages| {
        let list = |value| Value::List(vec![value]);
        let test = |(operator, seconds): ((Operator, &'static str), f64)| match operator.0 {
            Operator::In | Operator::NotIn => (operator.0, list(Value::Number(seconds))),
            operator => (operator, Value::Number(seconds)),
        };
        Test(ages.into_iter().map(test).collect())
    });
    prop_oneof![
        (select(&["topic", "email_id"][..]), refers).prop_map(|(name, test)| (name.to_string(), Test(vec![test]))),
        ages.prop_map(|test| ("age".to_string(), test)),
        "/broadcast/[0-9]{0,3}"
            .prop_map(|end| ("send_id".to_string(), Test(vec![(Operator::EndsWith, Value::Text(end))]))),
    ]
}

fn when() -> impl Strategy<Value = When> {
    let texts = [
        "2026-05-10",
        "0001-01-01",
        "2024-02-29T23:59",
        "2026-05-10T09:30:15",
        "2026-05-10T09:30:00.050",
        "2026-05-10T09:30:15.5+02:00",
        "9999-12-31T00:00Z",
    ];
    select(texts.map(|text| When::parse(text).expect("a date")).to_vec())
}

fn date() -> impl Strategy<Value = Date> {
    use Period::*;
    let periods =
        [Yesterday, Today, Tomorrow, LastWeek, ThisWeek, NextWeek, LastMonth, ThisMonth, NextMonth, LastYear, ThisYear];
    let known =
        select(&["first_seen", "first_event", "trial_ends", "plan_starts", "it_begins", "x_expires", "a_renews"][..]);
    let name = prop_oneof![property(), known.prop_map(str::to_string)];
    let yearly = (option::of(length()), option::of(length()), option::of(select(periods.to_vec())));
    let once = (option::of(length()), option::of(any::<bool>()), option::of(when()), option::of(when()));
    (name, yearly, once, any::<bool>()).prop_map(|(date, (in_last, in_next, during), once, every_year)| {
        let (older, passed, after, before) = once;
        let yearly = Date { date: date.clone(), in_last, in_next, during, every_year, ..Date::default() };
        let is_asked = in_last.is_some() || in_next.is_some() || during.is_some();
        match (is_asked, every_year) {
            (true, true) => yearly,
            (_, false) if is_asked || after.is_some() => Date { older, passed, after, before, ..yearly },
            _ => Date { date, passed: Some(every_year), ..Date::default() },
        }
    })
}

fn consent() -> impl Strategy<Value = Consent> {
    let state = select(&[State::Granted, State::Withdrawn, State::Unknown][..]);
    let scope = prop_oneof![
        Just(Scope::All),
        Just(Scope::Tracking),
        id().prop_map(Scope::Subscription),
        id().prop_map(Scope::Topic),
    ];
    (state, scope).prop_map(|(state, scope)| Consent { state, scope })
}

fn rate() -> impl Strategy<Value = Rate> {
    let of = select(&[Response::Opened, Response::Clicked][..]);
    let parts = (of, length(), option::of(prop_oneof![1..4u32, 1..=u32::MAX]), numbers());
    parts.prop_map(|(of, over, min_sent, test)| Rate { of, over, min_sent, test })
}

fn id() -> impl Strategy<Value = String> {
    select(&IDS[..]).prop_map(str::to_string)
}

fn kind() -> impl Strategy<Value = String> {
    const KINDS: &[&str] = &[
        "Page Viewed",
        "Email Opened",
        "Email Link Clicked",
        "Email Replied",
        "Email Delivered",
        "Content Downloaded",
        "Form Submitted",
        "Webinar Attended",
        "Webinar Registered",
        "Topic Chosen",
        "Trial Started",
        "Signed Up",
        "Demo Requested",
        "Unsubscribed",
        "Deal Lost",
        "Email Sent",
        "page viewed",
    ];
    prop_oneof![select(KINDS).prop_map(str::to_string), text()]
}

/// Names of attributes and properties, many of them made of the words of sentences.
fn property() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "job",
        "title",
        "a",
        "Lead",
        "score",
        "primary",
        "interest",
        "is",
        "not",
        "in",
        "and",
        "or",
        "contains",
        "starts",
        "with",
        "the",
        "last",
        "at",
        "least",
        "1",
        "whose",
        "has",
        "true",
        "known",
        "IS",
        "",
        "company.size",
        "x.",
        "of",
    ];
    const WHOLE: &[&str] = &["score_Lead", "score", "primary_interest", "interest", "interest_in_Shirts", "at_least"];
    prop_oneof![
        4 => vec(select(WORDS), 1..4).prop_map(|words| words.join("_")),
        1 => select(WHOLE).prop_map(str::to_string),
        1 => text(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    const TRICKY: &[&str] = &[
        "",
        "/pricing",
        "5",
        "true",
        "v2",
        "”",
        "\\",
        "\\”",
        "\\u{41}",
        "“a” or “b”",
        "” and has an open deal",
        "a\nb",
        "a\r\n- b",
        " ",
        "\u{a0}",
        "\u{202e}abc",
        "\u{feff}",
        "日本語",
        "😀👨‍👩‍👧",
        "all of these:",
        "e\u{301}",
        "\u{0}",
        "\u{2028}",
    ];
    prop_oneof![select(TRICKY).prop_map(str::to_string), any::<String>(), "[a-z ]{1,12}"]
}

fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64 as doubles;
    let any = doubles::NORMAL | doubles::SUBNORMAL | doubles::ZERO | doubles::POSITIVE | doubles::NEGATIVE;
    prop_oneof![
        (-3..100i32).prop_map(f64::from),
        (0..=10_000i32).prop_map(|n| f64::from(n) / 10_000.0),
        (-1_000_000..1_000_000i64).prop_map(|n| n as f64 / 1_000.0),
        any,
    ]
}

fn length() -> impl Strategy<Value = Duration> {
    const UNITS: &[i64] = &[1_000, 60_000, 3_600_000, 86_400_000, 604_800_000];
    let counts = prop_oneof![1..4i64, 1..100i64, 1..1_000_000_000i64];
    (counts, select(UNITS)).prop_map(|(count, unit)| Duration(count * unit))
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![any::<bool>().prop_map(Value::Bool), number().prop_map(Value::Number), text().prop_map(Value::Text)]
}

/// Operators over a value of an attribute or property.
fn values() -> impl Strategy<Value = Test> {
    let one = select(&Operator::ALL[..]).prop_flat_map(|(operator, _)| {
        let value = match operator {
            Operator::In | Operator::NotIn => vec(scalar(), 0..4).prop_map(Value::List).boxed(),
            Operator::Exists => any::<bool>().prop_map(Value::Bool).boxed(),
            Operator::StartsWith | Operator::EndsWith => text().prop_map(Value::Text).boxed(),
            _ => scalar().boxed(),
        };
        (Just(operator), value)
    });
    vec(one, 1..4).prop_map(Test)
}

/// Operators over a number.
fn numbers() -> impl Strategy<Value = Test> {
    let one = select(&Operator::ALL[..8]).prop_flat_map(|(operator, _)| {
        let number = number().prop_map(Value::Number);
        let value = match operator {
            Operator::In | Operator::NotIn => vec(number, 0..4).prop_map(Value::List).boxed(),
            _ => number.boxed(),
        };
        (Just(operator), value)
    });
    vec(one, 1..3).prop_map(Test)
}
