//! From the playbook's tree to a program.

use std::collections::HashMap;

use jiff::tz::TimeZoneDatabase;

use super::distill::{KindPlan, Reads, hash, properties_read};
use super::glob::Glob;
use super::inputs::Inputs;
use super::{
    Decision, Does, Filter, IdleRule, IfRule, Interest, Ladder, Node, Operation, Pool, Program, Rhythm, Rule, Schedule,
    Score, Segment, Sequence, Stage,
};
use crate::condition::{self, Condition, sample, score};
use crate::deal::Deal;
use crate::message::Wanted;
use crate::playbook::{self, Action, DEFAULT_ACTIVITY, Gives, Playbook, While};
use crate::test::{Asked, Bound};
use crate::time::Duration;
use crate::value::Test;
use crate::vocabulary::{Act, ConsentAct, KINDS, kind};

pub(super) fn compile(playbook: Playbook, zones: &TimeZoneDatabase) -> Result<Program, String> {
    let schedule = Schedule::new(&playbook.timezone, zones)?;
    let mut compiler = Compiler { playbook: &playbook, inputs: Inputs::default(), schedule, filters: Vec::new() };
    compiler.name_attributes();
    let named = compiler.inputs.attributes.len();
    let (scores, rules, pools, if_rules) = compiler.scores()?;
    let ladders = compiler.ladders()?;
    let segments = compiler.segments()?;
    let sequences = compiler.sequences()?;
    let filters = std::mem::take(&mut compiler.filters);
    let Compiler { inputs, schedule, .. } = compiler;
    debug_assert_eq!(
        inputs.attributes.len(),
        named,
        "a form reads an attribute that its `Predicate::attribute` does not name, so that no event would be found to set it"
    );
    let mut program = Program {
        schedule,
        interest: playbook.interests.as_ref().map(|i| interest(i, playbook.topics.len())),
        pages: (0..).zip(&playbook.topics).map(|(n, t)| (n, t.pages.iter().map(|p| Glob::new(p)).collect())).collect(),
        topics: (0..).zip(&playbook.topics).map(|(n, t)| (t.id.clone(), n)).collect(),
        wanted: wanted(&inputs, &filters),
        kinds: HashMap::new(),
        hash: hash(&playbook::write(&crate::version::rules(&playbook)).to_string()),
        playbook,
        inputs,
        scores,
        rules,
        pools,
        if_rules,
        ladders,
        segments,
        sequences,
    };
    plan_kinds(&mut program, filters);
    note_users(&mut program);
    Ok(program)
}

/// An event rule's kind and filter, by the rule's number.
type RuleFilter = (String, Vec<(String, Test)>);

/// The scores, and all their event rules, pools and `if` rules, score by score.
type Scores = (Vec<Score>, Vec<Rule>, Vec<Pool>, Vec<IfRule>);

pub(crate) struct Compiler<'p> {
    pub playbook: &'p Playbook,
    pub inputs: Inputs,
    /// The playbook's time zone.
    pub schedule: Schedule,
    filters: Vec<RuleFilter>,
}

/// The place of an id, or which one is dangling.
pub(crate) fn find<'a>(what: &str, id: &str, ids: impl IntoIterator<Item = &'a String>) -> Result<u32, String> {
    let place = ids.into_iter().position(|other| other == id);
    place.map(|place| place as u32).ok_or_else(|| format!("there is no {what} `{id}`"))
}

impl Compiler<'_> {
    /// Sorted, because events find theirs by halving.
    fn name_attributes(&mut self) {
        let mut names = Vec::new();
        self.playbook.each_condition(&mut |condition| {
            names.extend(condition.predicate().and_then(|form| form.attribute()));
        });
        names.sort_unstable();
        names.dedup();
        for name in names {
            self.inputs.attribute(name);
        }
    }

    /// `sequence` is given inside a goal, which reads of its own.
    fn node(&mut self, condition: &Condition, sequence: Option<u32>) -> Result<Node, String> {
        let mut parts =
            |parts: &[Condition]| parts.iter().map(|part| self.node(part, sequence)).collect::<Result<_, _>>();
        Ok(match condition {
            Condition::All(all) => Node::All(parts(all)?),
            Condition::Any(any) => Node::Any(parts(any)?),
            Condition::Not(part) => Node::Not(Box::new(self.node(part, sequence)?)),
            form => form.predicate().map_or(Ok(Node::TRUE), |form| form.compile(self, sequence))?,
        })
    }

    /// The clock of these kinds of events; `None`: of the playbook's activity.
    pub fn clock(&mut self, events: Option<&[String]>, sequence: Option<u32>) -> u32 {
        let activity = || match &self.playbook.activity {
            Some(kinds) => kinds.clone(),
            None => DEFAULT_ACTIVITY.iter().map(|kind| (*kind).to_owned()).collect(),
        };
        let kinds = events.map_or_else(activity, <[String]>::to_vec);
        self.inputs.clock(kinds, sequence)
    }

    pub fn score(&self, id: &str) -> Result<u32, String> {
        find("score", id, self.playbook.scores.iter().map(|s| &s.id))
    }

    fn scores(&mut self) -> Result<Scores, String> {
        let (mut scores, mut rules, mut pools, mut if_rules) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (number, score) in (0..).zip(&self.playbook.scores) {
            let (first_pool, first_if) = (pools.len() as u32, if_rules.len() as u32);
            let mut idle_rules = Vec::new();
            for (place, rule) in (0..).zip(&score.rules) {
                let (points, cap) = (rule.points, rule.cap);
                match &rule.gives {
                    Gives::Event { event, filter, limit, decay } => {
                        self.filters.push((event.clone(), filter.clone()));
                        let pool = pool(&mut pools, first_pool, Pool { decay: *decay, cap });
                        rules.push(Rule { score: number, place, points, limit: *limit, pool });
                    }
                    Gives::If(condition) => {
                        let points = cap.map_or(points, |cap| points.max(-cap).min(cap));
                        if_rules.push(IfRule { score: number, place, points, node: self.node(condition, None)? });
                    }
                    Gives::Inactive { inactive, repeats } => {
                        let clock = self.clock(None, None);
                        idle_rules.push(IdleRule { place, clock, span: *inactive, points, repeats: *repeats, cap });
                    }
                }
            }
            let (pools, if_rules) = ((first_pool, pools.len() as u32), (first_if, if_rules.len() as u32));
            scores.push(Score { range: score.range, pools, if_rules, idle_rules, users: Vec::new() });
        }
        Ok((scores, rules, pools, if_rules))
    }

    fn ladders(&mut self) -> Result<Vec<Ladder>, String> {
        self.playbook.ladders.iter().map(|ladder| self.ladder(ladder)).collect()
    }

    fn ladder(&mut self, ladder: &playbook::Ladder) -> Result<Ladder, String> {
        let score = ladder.score.as_ref().map(|id| self.score(id)).transpose()?;
        let mut stages = Vec::new();
        for (place, stage) in ladder.stages.iter().enumerate() {
            let own_leave = stage.leave.as_ref().map(|leave| self.node(leave, None)).transpose()?;
            let (enter, default_leave) = match (stage.from, score, &stage.enter) {
                _ if place == 0 => (None, None),
                (Some(from), Some(score), _) => {
                    let floor = from - ladder.hold.unwrap_or(0.0);
                    let enter = score::Compiled::node(score, Bound::at_least(from));
                    (Some(enter), Some(score::Compiled::node(score, Bound::below(floor))))
                }
                (_, _, Some(enter)) => {
                    let enter = self.node(enter, None)?;
                    (Some(enter.clone()), Some(Node::Not(Box::new(enter))))
                }
                _ => return Err(format!("stage `{}` has neither `from` (with a `score`) nor `enter`", stage.id)),
            };
            stages.push(Stage { enter, leave: own_leave.clone().or(default_leave), own_leave });
        }
        let min_stay = ladder.min_stay.unwrap_or_default();
        Ok(Ladder { stages, min_stay, rhythm: Rhythm::from(ladder.evaluate), users: Vec::new() })
    }

    fn segments(&mut self) -> Result<Vec<Segment>, String> {
        self.playbook.segments.iter().map(|segment| self.segment(segment)).collect()
    }

    fn segment(&mut self, segment: &playbook::Segment) -> Result<Segment, String> {
        let enter = self.node(&segment.enter, None)?;
        let own_leave = segment.leave.as_ref().map(|leave| self.node(leave, None)).transpose()?;
        let leave = own_leave.clone().unwrap_or_else(|| Node::Not(Box::new(enter.clone())));
        let min_stay = segment.min_stay.unwrap_or_default();
        Ok(Segment { enter, own_leave, leave, min_stay, rhythm: Rhythm::from(segment.evaluate), users: Vec::new() })
    }

    fn sequences(&mut self) -> Result<Vec<Sequence>, String> {
        (0..).zip(&self.playbook.sequences).map(|(number, sequence)| self.sequence(number, sequence)).collect()
    }

    fn sequence(&mut self, number: u32, sequence: &playbook::Sequence) -> Result<Sequence, String> {
        let demand = if sequence.buyers { Node::TRUE } else { self.node(&no_buyer(), None)? };
        let enroll = Node::All(vec![self.node(&sequence.enroll, None)?, demand.clone()]);
        let (stay, stay_by_hand) = match &sequence.while_ {
            While::Enrolled => (None, Node::TRUE),
            While::Always => (Some(demand), Node::TRUE),
            While::Condition(condition) => {
                let condition = self.node(condition, None)?;
                (Some(Node::All(vec![condition.clone(), demand])), condition)
            }
        };
        let goal = sequence.goal.as_ref().map(|goal| self.node(goal, Some(number))).transpose()?;
        let holdout = (sequence.holdout > 0.0).then(|| sample::Compiled::node(sequence.holdout, &sequence.id));
        let mut steps = Vec::new();
        self.steps(&sequence.steps, "", &mut steps)?;
        let scope = self.inputs.scope(number);
        Ok(Sequence { enroll, stay, stay_by_hand, goal, again: sequence.again, holdout, steps, scope })
    }

    fn steps(&mut self, steps: &[playbook::Step], prefix: &str, flat: &mut Vec<Operation>) -> Result<(), String> {
        for (place, step) in steps.iter().enumerate() {
            let position = format!("{prefix}{place}");
            let id = step.id.clone().unwrap_or_else(|| position.clone());
            let does = match &step.action {
                Action::Send { email, class, not_after } => {
                    let class = self.playbook.class_of(email.as_deref(), *class);
                    Does::Send { email: email.clone(), class, not_after: *not_after }
                }
                Action::Wait(length) => Does::Wait(*length),
                Action::WaitUntil { until, at_most } => {
                    Does::Until { node: self.node(until, None)?, at_most: *at_most }
                }
                Action::Alert { to, say } => Does::Alert { to: to.clone(), say: say.clone() },
                Action::Branch { condition, then, otherwise } => {
                    let node = self.node(condition, None)?;
                    let branch = flat.len();
                    flat.push(Operation { id: id.clone(), does: Does::Jump(0) });
                    self.steps(then, &format!("{position}.then."), flat)?;
                    let jump = flat.len();
                    flat.push(Operation { id: id.clone(), does: Does::Jump(0) });
                    flat[branch].does = Does::Branch { node, otherwise: flat.len() as u32 };
                    self.steps(otherwise, &format!("{position}.else."), flat)?;
                    flat[jump].does = Does::Jump(flat.len() as u32);
                    continue;
                }
            };
            flat.push(Operation { id, does });
        }
        Ok(())
    }
}

/// The pool of this kind among those of one score, from `first` on; a new one where there is none or it has a cap.
fn pool(pools: &mut Vec<Pool>, first: u32, wanted: Pool) -> u32 {
    let alike = |pool: &Pool| pool.decay == wanted.decay && pool.cap.is_none() && wanted.cap.is_none();
    match pools[first as usize..].iter().position(alike) {
        Some(place) => first + place as u32,
        None => {
            pools.push(wanted);
            pools.len() as u32 - 1
        }
    }
}

/// Buyers are not pitched (contract §4.10).
fn no_buyer() -> Condition {
    let not = |condition| Condition::Not(Box::new(condition));
    let lost = condition::Event {
        kinds: vec![kind::DEAL_LOST.into()],
        within: Some(Duration(30 * Duration::DAY.0)),
        ..Default::default()
    };
    Condition::All(vec![not(Condition::Deal(Deal::Open)), not(Condition::Deal(Deal::Won)), not(Condition::Event(lost))])
}

fn interest(interests: &playbook::Interests, topics: usize) -> Interest {
    Interest {
        half_life: interests.half_life,
        minimum: Bound::at_least(interests.minimum),
        margin: interests.margin,
        primary_users: Vec::new(),
        strength_users: vec![Vec::new(); topics],
    }
}

fn wanted(inputs: &Inputs, filters: &[RuleFilter]) -> Wanted {
    // Every input is named: a new one may read properties of events.
    let Inputs { counters, clocks: _, attributes, copies, deal_users: _, consents, consent_users: _ } = inputs;
    let of_rules = filters.iter().flat_map(|(_, filter)| filter);
    let of_counters = counters.iter().flat_map(|c| &c.filter);
    let filtered = of_rules.chain(of_counters).map(|(path, _)| path.as_str());
    let read = counters.iter().flat_map(|c| c.distinct.as_deref().into_iter().chain(c.amount.as_deref()));
    let of_rates = (!copies.is_empty()).then_some("tracked");
    let of_consent = ["subscription", "topic", "proof", "permanent"].into_iter().filter(|_| !consents.is_empty());
    // A group's traits are attributes named `company.…`.
    let attributes = attributes.iter().flat_map(|a| [Some(a.name.as_str()), a.name.strip_prefix("company.")]).flatten();
    Wanted::only(filtered.chain(read).chain(of_rates).chain(of_consent).chain(attributes).chain(properties_read()))
}

fn compiled(filter: &[(String, Test)]) -> Filter {
    filter.iter().map(|(path, test)| (path.clone(), Asked::from(test))).collect()
}

fn plan_kinds(program: &mut Program, filters: Vec<RuleFilter>) {
    // Every input is named: a new one that events change needs a plan here.
    let Inputs { counters, clocks, copies, consents, attributes: _, deal_users: _, consent_users: _ } = &program.inputs;
    let mut kinds: HashMap<String, KindPlan> = HashMap::new();
    let mut plan =
        |kind: &str, change: &mut dyn FnMut(&mut KindPlan)| change(kinds.entry(kind.to_owned()).or_default());
    for (number, counter) in (0..).zip(counters) {
        let reads = || match (&counter.which, &counter.amount, &counter.distinct) {
            (Some(_), amount, _) => Reads::Whole(amount.clone()),
            (None, Some(amount), _) => Reads::Amount(amount.clone()),
            (None, None, Some(distinct)) => Reads::Distinct(distinct.clone()),
            (None, None, None) => Reads::Nothing,
        };
        for kind in &counter.kinds {
            plan(kind, &mut |p| p.counters.push((number, compiled(&counter.filter), reads())));
        }
    }
    for (number, (kind, filter)) in (0..).zip(&filters) {
        plan(kind, &mut |p| p.rules.push((number, compiled(filter))));
    }
    for (number, clock) in (0..).zip(clocks) {
        clock.kinds.iter().for_each(|kind| plan(kind, &mut |p| p.clocks.push(number)));
    }
    for (kind, weight) in program.playbook.interests.iter().flat_map(|i| &i.weights) {
        plan(kind, &mut |p| p.weight = *weight);
    }
    let rates_ask = !copies.is_empty();
    let consent_asks = !consents.is_empty();
    for (row, act) in KINDS.iter().flat_map(|row| row.acts.iter().map(move |act| (row, *act))) {
        match act {
            Act::Copy(did) if rates_ask => plan(row.name, &mut |p| p.copies = Some(did)),
            Act::Consent(act) => plan(row.name, &mut |p| {
                p.consent |= consent_asks;
                p.unmeasures |= rates_ask && act == ConsentAct::DeclineTracking;
            }),
            Act::Copy(_) => {}
            act => plan(row.name, &mut |p| p.act = Some(act)),
        }
    }
    program.kinds = kinds;
}

/// Tells everything read which decisions read it.
fn note_users(program: &mut Program) {
    for number in 0..program.decisions() {
        let mut nodes = Vec::new();
        each_node(program, number, &mut |node| nodes.push(node.clone()));
        nodes.iter().filter_map(Node::question).for_each(|question| question.note_user(program, number));
    }
    for number in 0..program.scores.len() {
        let score = &program.scores[number];
        for rule in &score.idle_rules {
            let clock = &mut program.inputs.clocks[rule.clock as usize];
            score.users.iter().for_each(|user| clock.note_user(*user, rule.span));
        }
    }
}

fn each_node(program: &Program, number: u32, visit: &mut impl FnMut(&Node)) {
    let mut top: Vec<&Node> = Vec::new();
    match program.decision(number) {
        Decision::Primary => {}
        Decision::IfRule(rule) => top.push(&program.if_rules[rule as usize].node),
        Decision::Ladder(ladder) => {
            top.extend(program.ladders[ladder as usize].stages.iter().flat_map(|s| s.enter.iter().chain(&s.leave)));
        }
        Decision::Segment(segment) => {
            let segment = &program.segments[segment as usize];
            top.extend([&segment.enter, &segment.leave]);
        }
        Decision::Sequence(sequence) => {
            let sequence = &program.sequences[sequence as usize];
            top.extend([&sequence.enroll, &sequence.stay_by_hand]);
            top.extend(sequence.stay.iter().chain(&sequence.goal));
            top.extend(sequence.steps.iter().filter_map(|step| match &step.does {
                Does::Until { node, .. } | Does::Branch { node, .. } => Some(node),
                _ => None,
            }));
        }
    }
    top.into_iter().for_each(|node| node.each(visit));
}

/// Notes a user of something, once.
pub(crate) fn note(users: &mut Vec<u32>, user: u32) {
    if users.last() != Some(&user) {
        users.push(user);
    }
}
