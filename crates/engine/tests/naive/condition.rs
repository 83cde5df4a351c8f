//! The condition tree, asked anew of all events each time.

use super::consent::{self, State};
use super::date::{self, DateForm};
use super::event::{EventForm, Measure, numbers};
use super::lead::{Event, Lead};
use super::life::Life;
use super::operators::{Operator, all_hold, distinct_key};
use serde_json::{Value, json};

pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// An attribute, a consent, a deal or a sample: what time alone never changes. The number is that of the leaf.
    Fact(usize),
    Event {
        leaf: usize,
        measure: Measure,
    },
    /// The number is that of the leaf.
    Date(usize),
    Inactive {
        leaf: usize,
        after: i64,
    },
    Rate {
        leaf: usize,
        clicked: bool,
        over: i64,
        least: usize,
        share: Vec<Operator>,
    },
    Score {
        score: usize,
        operators: Vec<Operator>,
    },
    Strength {
        topic: usize,
        operators: Vec<Operator>,
    },
    Primary(usize),
    Stage {
        ladder: usize,
        stage: usize,
        exactly: bool,
        /// For how long without interruption.
        least: Option<i64>,
    },
    Segment {
        segment: usize,
        least: Option<i64>,
    },
}

/// What a condition asks of single events or of facts.
pub enum Leaf {
    Event(EventForm),
    Date(DateForm),
    Consent { scope: consent::Scope, state: State },
    Inactive { after: i64, kinds: Vec<String> },
    Rate { over: i64 },
    Attribute { name: String, operators: Vec<Operator> },
    Deal(String),
    Sample { percent: f64, seed: String },
}

/// The events that a condition may count: those taken, from one on; and from when `inactive` counts without one.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    pub from: usize,
    pub since: i64,
}

/// An event of the kinds that a leaf asks for.
pub struct Hit {
    pub index: usize,
    pub at: i64,
    /// Whether it matches everything that time does not change.
    pub fits: bool,
    /// For `distinct`.
    pub value: Option<String>,
}

impl Leaf {
    /// The event as a hit of this leaf, if it is one. What machines caused counts nowhere.
    pub fn hit(&self, index: usize, event: &Event) -> Option<Hit> {
        match self {
            _ if event.machine => None,
            Leaf::Event(form) if form.is_of_kind(event) => {
                let value = form.distinct.as_ref().and_then(|property| event.properties.get(property));
                Some(Hit { index, at: event.at, fits: form.fits(event), value: value.map(distinct_key) })
            }
            Leaf::Inactive { kinds, .. } => {
                let kind = event.kind.as_ref()?;
                kinds.contains(kind).then_some(Hit { index, at: event.at, fits: true, value: None })
            }
            // By its name, like every other leaf: a new one must say whether it reads events.
            Leaf::Event(_)
            | Leaf::Date(_)
            | Leaf::Consent { .. }
            | Leaf::Rate { .. }
            | Leaf::Attribute { .. }
            | Leaf::Deal(_)
            | Leaf::Sample { .. } => None,
        }
    }
}

impl Life<'_> {
    /// Whether a condition holds now, of all events taken.
    pub fn holds(&self, condition: &Condition) -> bool {
        self.holds_in(condition, Scope { from: 0, since: self.lead.start })
    }

    /// The same where events, rates and inactivity count only within a scope (a goal's).
    pub fn holds_in(&self, condition: &Condition, scope: Scope) -> bool {
        match condition {
            Condition::All(parts) => parts.iter().all(|part| self.holds_in(part, scope)),
            Condition::Any(parts) => parts.iter().any(|part| self.holds_in(part, scope)),
            Condition::Not(inner) => !self.holds_in(inner, scope),
            Condition::Fact(leaf) => self.facts[*leaf],
            Condition::Event { leaf, measure } => self.events_hold(*leaf, measure, scope),
            Condition::Date(leaf) => match &self.book.leaves[*leaf] {
                Leaf::Date(form) => form.holds(&self.book.zone, self.now, self.dates[*leaf]),
                _ => unreachable!("a date's leaf is a date"),
            },
            Condition::Inactive { leaf, after } => self.idle(*leaf, scope) >= *after,
            Condition::Rate { clicked, over, least, share, .. } => {
                let share_now = self.share(*clicked, *over, *least, scope);
                share_now.is_some_and(|now| all_hold(share, Some(&json!(super::book::billionths(now)))))
            }
            Condition::Score { score, operators } => {
                all_hold(operators, Some(&json!(self.rounded(self.scores[*score]))))
            }
            Condition::Strength { topic, operators } => {
                all_hold(operators, Some(&json!(self.rounded(self.strengths[*topic]))))
            }
            Condition::Primary(topic) => self.primary == Some(*topic),
            Condition::Stage { ladder, stage, exactly, least } => {
                let state = &self.ladders[*ladder];
                state.stage.is_some_and(|present| if *exactly { present == *stage } else { present >= *stage })
                    && least.is_none_or(|least| self.now - state.since >= least)
            }
            Condition::Segment { segment, least } => {
                let state = &self.segments[*segment];
                state.inside && least.is_none_or(|least| self.now - state.since >= least)
            }
        }
    }

    /// The hits of a leaf among the events taken, within the scope.
    fn hits(&self, leaf: usize, scope: Scope) -> impl DoubleEndedIterator<Item = &Hit> {
        let hits = self.lead.hits[leaf].iter();
        hits.filter(move |hit| hit.index >= scope.from && hit.index < self.taken)
    }

    /// The events that match a leaf now.
    fn matching(&self, leaf: usize, scope: Scope) -> Vec<&Hit> {
        let Leaf::Event(form) = &self.book.leaves[leaf] else { unreachable!("events are counted of an event's leaf") };
        let considered: Vec<&Hit> = match form.which {
            Some(which) => which.of(self.hits(leaf, scope)).into_iter().collect(),
            None => self.hits(leaf, scope).collect(),
        };
        considered.into_iter().filter(|hit| hit.fits && form.is_of_age(self.now - hit.at)).collect()
    }

    fn events_hold(&self, leaf: usize, measure: &Measure, scope: Scope) -> bool {
        let matching = self.matching(leaf, scope);
        let events: Vec<&Event> = matching.iter().map(|hit| &self.lead.events[hit.index]).collect();
        let compare = |operators, number| all_hold(operators, Some(&json!(self.rounded(number))));
        match measure {
            Measure::Count(operators) => all_hold(operators, Some(&json!(count(&matching)))),
            Measure::Sum(properties) => {
                properties.iter().all(|(property, operators)| compare(operators, numbers(property, &events).sum()))
            }
            Measure::Average(properties) => properties.iter().all(|(property, operators)| {
                let numbers: Vec<f64> = numbers(property, &events).collect();
                !numbers.is_empty() && compare(operators, numbers.iter().sum::<f64>() / numbers.len() as f64)
            }),
        }
    }

    /// For how long nothing of the leaf's kinds has happened, in milliseconds.
    pub fn idle(&self, leaf: usize, scope: Scope) -> i64 {
        self.now - self.hits(leaf, scope).next_back().map_or(scope.since, |hit| hit.at)
    }

    /// The share of copies opened or clicked; nothing where too few copies remain.
    fn share(&self, clicked: bool, over: i64, least: usize, scope: Scope) -> Option<f64> {
        let taken = |indexes: &[usize]| indexes.iter().any(|&index| index >= scope.from && index < self.taken);
        let declined = self.lead.declined.iter().rfind(|&&index| taken(&[index]));
        let (mut copies, mut answered) = (0, 0);
        for copy in &self.lead.copies {
            let delivered = |&index: &usize| taken(&[index]) && self.now - self.lead.events[index].at < over;
            if !copy.delivered.iter().any(delivered) || taken(&copy.bounced) {
                continue;
            }
            let unmeasured = |&index: &usize| {
                taken(&[index])
                    && (self.lead.events[index].is_untracked() || declined.is_some_and(|last| index < *last))
            };
            if copy.delivered.iter().any(unmeasured) {
                continue;
            }
            let answer = taken(&copy.clicked) || (!clicked && taken(&copy.opened));
            if !clicked && !answer && taken(&copy.loaded) {
                continue;
            }
            copies += 1;
            answered += usize::from(answer);
        }
        (copies > 0 && copies >= least).then(|| answered as f64 / copies as f64)
    }

    /// What only events change, asked after each of them.
    pub fn settle_facts(&mut self) {
        for (number, leaf) in self.book.leaves.iter().enumerate() {
            self.facts[number] = match leaf {
                Leaf::Attribute { name, operators } => all_hold(operators, self.attributes.get(name)),
                Leaf::Deal(state) => self.lead.deals(self.taken).iter().any(|deal| deal == state),
                Leaf::Sample { percent, seed } => self.lead.in_sample(*percent, seed),
                Leaf::Consent { scope, state } => consent::state(&self.lead.events[..self.taken], scope) == *state,
                Leaf::Event(_) | Leaf::Date(_) | Leaf::Inactive { .. } | Leaf::Rate { .. } => false,
            };
            self.dates[number] = match leaf {
                Leaf::Date(form) if form.name == "first_seen" => Some(self.lead.start),
                Leaf::Date(form) => {
                    self.attributes.get(&form.name).and_then(|value| date::read(&self.book.zone, value))
                }
                _ => None,
            };
        }
    }
}

/// How the leaf's truth may change by time alone: the instants counted from the lead's events.
impl Leaf {
    pub fn turns(&self, lead: &Lead, number: usize) -> Vec<i64> {
        let hits = || lead.hits[number].iter().map(|hit| hit.at);
        match self {
            Leaf::Event(form) => {
                let ages = || form.within.into_iter().chain(form.older);
                hits().flat_map(|at| ages().map(move |age| at + age)).collect()
            }
            Leaf::Inactive { after, .. } => hits().chain([lead.start]).map(|at| at + after).collect(),
            Leaf::Rate { over } => {
                let delivered = lead.copies.iter().flat_map(|copy| &copy.delivered);
                delivered.map(|&index| lead.events[index].at + over).collect()
            }
            // Those of a date follow from the calendar (`candidates.rs`); events alone change the others.
            Leaf::Date(_) | Leaf::Consent { .. } | Leaf::Attribute { .. } | Leaf::Deal(_) | Leaf::Sample { .. } => {
                Vec::new()
            }
        }
    }
}

/// How many events these are, or how many different values they have.
fn count(hits: &[&Hit]) -> usize {
    let (mut count, mut seen) = (0, Vec::new());
    for hit in hits {
        match &hit.value {
            Some(value) if seen.contains(&value) => continue,
            Some(value) => seen.push(value),
            None => {}
        }
        count += 1;
    }
    count
}

/// Whether `SEED/NAME` falls into the first `percent` of all.
pub fn in_sample(percent: f64, seed: &str, name: &str) -> bool {
    use sha2::Digest;
    let hash = sha2::Sha256::digest(format!("{seed}/{name}"));
    let first = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (first as f64) < percent / 100.0 * 2_f64.powi(64)
}

/// The text of an id among an event's properties.
pub fn id_of(event: &Event, property: &str) -> Option<String> {
    event.properties.get(property).and_then(|value: &Value| super::message::id_text(value))
}
