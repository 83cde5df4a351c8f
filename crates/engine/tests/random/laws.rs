//! Laws that hold of every playbook and history, tried on random ones.

use std::collections::BTreeMap;

use attractor_engine::explain::{Explanation, Happened, explain};
use attractor_engine::forecast::{HORIZON, ahead};
use attractor_engine::lead::Lead;
use attractor_engine::message::Message;
use attractor_engine::playbook::{self, Evaluate, Proved, Segment};
use attractor_engine::program::{Event, Program};
use attractor_engine::rebuild::{Rebuild, rebuild};
use attractor_engine::replay::replay;
use attractor_engine::step::{Effect, Input, Sends, Stepper, What, step};
use attractor_engine::time::{Duration, Instant};
use jiff::tz::TimeZoneDatabase;
use serde_json::Value;

use crate::naive::{Case, Forms, random_case_of};

/// Random cases that each law is tried on: those of even seeds have the older forms alone, those of odd ones the newer too.
const CASES: u64 = 250;

/// A case with its playbook compiled.
struct Tried {
    seed: u64,
    case: Case,
    program: Program,
}

fn tried(from: u64) -> impl Iterator<Item = Tried> {
    (from..from + CASES).map(|seed| {
        let forms = if seed % 2 == 0 { Forms::Older } else { Forms::Newer };
        let case = random_case_of(forms, seed);
        let playbook = playbook::read(&case.playbook.to_string()).playbook.expect("a valid playbook");
        let program = Program::new(playbook, &TimeZoneDatabase::bundled()).expect("a playbook that compiles");
        Tried { seed, case, program }
    })
}

impl Tried {
    /// All valid messages as though they were one lead's, in order.
    fn events(&self) -> Vec<(String, Event)> {
        let mut events = Vec::new();
        for (line, text) in self.case.lines.iter().enumerate() {
            let Ok(message) = Message::parse(text, self.program.wanted()) else { continue };
            if message.timestamp.is_none() {
                continue;
            }
            let mut event = Event::default();
            self.program.distill(&message, &mut event);
            events.push((format!("line-{}", line + 1), event));
        }
        events.sort_by_key(|(_, event)| event.at);
        events
    }

    /// A lead before anything happened: which of its messages are history is known from all that were read.
    fn lead(&self, events: &[(String, Event)]) -> Lead {
        let mut lead = Lead::new("ada");
        events.iter().filter(|(_, event)| event.history).for_each(|(_, event)| lead.history_until(event.at));
        lead
    }

    fn whole(&self, events: &[(String, Event)], end: Instant) -> (Lead, Vec<Effect>) {
        let mut stepper = Stepper::new(&self.program, self.lead(events), Sends::AtOnce);
        events.iter().for_each(|(_, event)| stepper.event(event));
        stepper.advance(end);
        (stepper.lead().clone(), stepper.effects)
    }

    /// The same under one more segment for each of the playbook's conditions, with the segment's number and what its
    /// condition proves of itself.
    fn probed(&self) -> (Tried, Vec<(u32, Proved)>) {
        let playbook = self.program.playbook();
        let (mut probing, mut probes) = (playbook.clone(), Vec::new());
        playbook.each_condition(&mut |condition| {
            let number = probing.segments.len();
            probes.push((number as u32, condition.proved(playbook)));
            probing.segments.push(Segment {
                id: format!("probe-{number}"),
                name: None,
                enter: condition.clone(),
                leave: None,
                min_stay: None,
                evaluate: Evaluate::Live,
            });
        });
        let program = Program::new(probing, &TimeZoneDatabase::bundled()).expect("a playbook that compiles");
        (Tried { seed: self.seed, case: self.case.clone(), program }, probes)
    }

    #[track_caller]
    fn is_settled(&self, stepper: &Stepper, when: &str) {
        if stepper.lead().started() {
            let unmarked = stepper.unmarked();
            assert!(unmarked.is_empty(), "seed {}, at {when}: decisions {unmarked:?} were not marked", self.seed);
        }
    }

    fn explained(&self, events: &[(String, Event)], at: Instant) -> Explanation {
        let until = events.iter().filter(|(_, event)| event.at <= at);
        let happened: Vec<Happened> = until.map(|(id, event)| Happened { id, event, what: id }).collect();
        explain(&self.program, "ada", &happened, at)
    }
}

fn end_of(events: &[(String, Event)]) -> Instant {
    events.last().map_or(Instant(0), |(_, event)| event.at) + Duration(3 * Duration::DAY.0)
}

#[test]
fn one_by_one_and_stored_in_between_is_as_in_one_go() {
    for tried in tried(1) {
        let events = tried.events();
        let end = end_of(&events);
        let (lead, effects) = tried.whole(&events, end);
        let (mut one, mut found) = (tried.lead(&events), Vec::new());
        for (_, event) in &events {
            let bytes = one.store(&tried.program);
            one = Lead::load(&bytes, &tried.program).expect("what was stored loads");
            // A look at the clock in between changes nothing.
            let early = step(&tried.program, one, Input::Clock(Instant(event.at.0 - 1)), Sends::AtOnce);
            let stepped = step(&tried.program, early.lead, Input::Event(event), Sends::AtOnce);
            found.extend(early.effects.into_iter().chain(stepped.effects));
            one = stepped.lead;
        }
        let stepped = step(&tried.program, one, Input::Clock(end), Sends::AtOnce);
        found.extend(stepped.effects);
        assert_eq!(found, effects, "seed {}", tried.seed);
        assert_eq!(stepped.lead, lead, "seed {}", tried.seed);
    }
}

/// What is read marks the decisions that read it, and notes no wake-up too late: asked anew after each event, and at
/// instants in between, none comes out differently.
#[test]
fn what_was_not_marked_is_the_same_when_it_is_asked_anew() {
    for tried in tried(70_001).chain(tried(80_001)) {
        let events = tried.events();
        let mut stepper = Stepper::new(&tried.program, tried.lead(&events), Sends::AtOnce);
        let mut before = events.first().map_or(Instant(0), |(_, event)| event.at);
        for (id, event) in &events {
            for at in [before.0 + (event.at.0 - before.0) / 2, event.at.0 - 1] {
                stepper.advance(Instant(at));
                tried.is_settled(&stepper, id);
            }
            stepper.event(event);
            tried.is_settled(&stepper, id);
            before = event.at;
        }
        stepper.advance(end_of(&events));
        tried.is_settled(&stepper, "the end");
    }
}

fn is_move(effect: &Effect) -> bool {
    matches!(effect.what, What::PrimaryInterest { .. } | What::Stage { .. } | What::Segment { .. })
}

#[test]
fn a_rebuild_is_as_step_by_step() {
    for tried in tried(10_001) {
        let events = tried.events();
        let end = end_of(&events);
        let (lead, effects) = tried.whole(&events, end);
        let mut moves = Vec::new();
        let how = Rebuild { now: end, enrols: true, sends: Sends::AtOnce };
        let plain = events.iter().map(|(_, event)| event);
        let rebuilt = rebuild(&tried.program, &lead, plain, how, |_, effect| moves.push(effect.clone()));
        let stepped: Vec<Effect> = effects.into_iter().filter(is_move).collect();
        assert_eq!(moves, stepped, "seed {}", tried.seed);
        assert_eq!(rebuilt.effects, [], "seed {}: facts are carried over, nothing is sent again", tried.seed);
        let later = |lead: &Lead| ahead(&tried.program, lead, end + HORIZON);
        assert_eq!(later(&rebuilt.lead), later(&lead), "seed {}", tried.seed);
    }
}

/// The same messages with an id and an instant of their own each.
fn told_apart(case: &Case) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, text) in case.lines.iter().enumerate() {
        let Ok(Value::Object(mut message)) = serde_json::from_str(text) else { continue };
        let Some(at) = message.get("timestamp").and_then(Value::as_str).and_then(Instant::parse) else { continue };
        let apart = Instant(at.0 + number as i64 * 7);
        message.insert("timestamp".into(), apart.to_string().into());
        message.insert("messageId".into(), format!("m{number}").into());
        lines.push(Value::Object(message).to_string());
    }
    lines
}

#[test]
fn any_order_of_arrival_gives_the_same() {
    let mut compared = 0;
    for tried in tried(20_001) {
        let mut lines = told_apart(&tried.case);
        let in_order = replay(&tried.program, &lines, None, true);
        // Chance is a hash: of the seed and the line.
        lines.sort_by_key(|line| {
            line.bytes().fold(tried.seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
        });
        let shuffled = replay(&tried.program, &lines, None, true);
        // Whose an e-mail is that came with two goes by the order received (contract §2, Who 6).
        if !in_order.conflicts.is_empty() || !shuffled.conflicts.is_empty() {
            continue;
        }
        assert_eq!(shuffled.output, in_order.output, "seed {}", tried.seed);
        compared += 1;
    }
    assert!(compared > CASES / 3, "only {compared} cases had no conflict");
}

/// Each lead's moves, and its primary interest at the end. Leads that share a name are left out.
fn stands(program: &Program, lines: &[String], at: Instant) -> BTreeMap<String, (Vec<String>, Value, Value)> {
    let mut leads: BTreeMap<String, (Vec<String>, Value, Value)> = BTreeMap::new();
    let mut of_name: BTreeMap<String, usize> = BTreeMap::new();
    for line in replay(program, lines, Some(at), true).output.lines() {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let lead = leads.entry(value["lead"].to_string()).or_default();
        if value.get("kind").is_some() {
            lead.0.push(line.to_owned());
        } else {
            (lead.1, lead.2) = (value["primary_interest"].clone(), value["next_change"].clone());
            *of_name.entry(value["lead"].to_string()).or_default() += 1;
        }
    }
    leads.retain(|name, _| of_name[name] == 1);
    leads
}

#[test]
fn nothing_changes_before_next_change_and_something_does_at_it() {
    let mut looked_at = 0;
    for tried in tried(30_001) {
        let end = end_of(&tried.events());
        let now = stands(&tried.program, &tried.case.lines, end);
        let changes: Vec<(&String, Instant)> =
            now.iter().filter_map(|(lead, (_, _, next))| Some((lead, Instant::parse(next.as_str()?)?))).collect();
        for (lead, next) in changes.into_iter().take(3) {
            let before = &stands(&tried.program, &tried.case.lines, Instant(next.0 - 1))[lead];
            assert_eq!((&before.0, &before.1), (&now[lead].0, &now[lead].1), "seed {} {lead}", tried.seed);
            let after = &stands(&tried.program, &tried.case.lines, next)[lead];
            assert_ne!((&after.0, &after.1), (&now[lead].0, &now[lead].1), "seed {} {lead}", tried.seed);
            looked_at += 1;
        }
    }
    assert!(looked_at > 50, "only {looked_at} changes were ahead");
}

#[test]
fn explained_points_add_up() {
    for tried in tried(40_001) {
        let events = tried.events();
        let end = end_of(&events);
        for share in 1..=3 {
            let at = Instant(end.0 - (3 - share) * 5 * Duration::DAY.0);
            for score in tried.explained(&events, at).scores {
                let sum: f64 = score.why.iter().map(|point| point.points).sum();
                assert!(
                    (sum - score.value).abs() < 1e-9,
                    "seed {} {}: {sum} and {}",
                    tried.seed,
                    score.id,
                    score.value
                );
            }
        }
    }
}

#[test]
fn an_explanation_tells_the_moves_that_were_made_and_no_other() {
    for tried in tried(50_001) {
        let events = tried.events();
        let end = end_of(&events);
        let (_, effects) = tried.whole(&events, end);
        let explained = tried.explained(&events, end);
        let instants: Vec<Instant> = explained.moves.iter().map(|one| one.at).collect();
        assert_eq!(instants, effects.iter().map(|effect| effect.at).collect::<Vec<_>>(), "seed {}", tried.seed);
        let outside = explained.segments.iter().filter(|segment| segment.inside.is_none());
        assert!(outside.clone().all(|segment| segment.missing.is_some()), "seed {}: why not?", tried.seed);
    }
}

#[test]
fn a_playbook_written_out_and_read_again_is_the_same() {
    for tried in tried(60_001) {
        let playbook = tried.program.playbook();
        let again = playbook::read(&playbook::write(playbook).to_string());
        assert_eq!(again.playbook.as_ref(), Some(playbook), "seed {}: {:?}", tried.seed, again.problems);
    }
}

/// When a segment is entered, and when left, in turn.
fn flips(effects: &[Effect], number: u32) -> Vec<Instant> {
    let is_flip = |effect: &&Effect| matches!(effect.what, What::Segment { segment, .. } if segment == number);
    effects.iter().filter(is_flip).map(|effect| effect.at).collect()
}

/// The longest time for which it was true and nothing happened; `None`: it was never true.
fn longest_alone(flips: &[Instant], events: &[(String, Event)], end: Instant) -> Option<Duration> {
    let alone = flips.chunks(2).flat_map(|flips| {
        let (entered, left) = (flips[0], flips.get(1).copied().unwrap_or(end));
        let within = events.iter().map(|(_, event)| event.at).filter(|at| *at > entered && *at < left);
        let instants: Vec<Instant> = [entered].into_iter().chain(within).chain([left]).collect();
        instants.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
    });
    alone.max()
}

#[test]
fn what_a_condition_proves_of_itself_is_so() {
    let mut seen = [0; 5];
    for tried in tried(90_001) {
        let (tried, probes) = tried.probed();
        let events = tried.events();
        let Some((_, first)) = events.iter().find(|(_, event)| !event.machine) else { continue };
        let end = end_of(&events) + HORIZON;
        let (_, effects) = tried.whole(&events, end);
        for (number, proved) in probes {
            let Proved { truth, stays_true, stays_false, window } = proved;
            let flips = flips(&effects, number);
            let alone = window.zip(longest_alone(&flips, &events, end));
            let until_false = if flips.first() == Some(&first.at) { 2 } else { 0 };
            let is_so = truth.is_none_or(|truth| if truth { flips == [first.at] } else { flips.is_empty() })
                && (!stays_true || flips.len() <= 1)
                && (!stays_false || flips.len() <= until_false)
                && alone.is_none_or(|(window, alone)| alone <= window);
            let condition = &tried.program.playbook().segments[number as usize].enter;
            assert!(is_so, "seed {}: {condition:?} turns at {flips:?}, but {proved:?}", tried.seed);
            let depends = truth.is_none();
            let now = [
                truth == Some(true),
                truth == Some(false),
                alone.is_some(),
                depends && stays_true && flips.len() == 1,
                depends && stays_false && flips.len() == until_false,
            ];
            seen.iter_mut().zip(now).for_each(|(times, now)| *times += usize::from(now));
        }
    }
    assert!(seen.iter().all(|times| *times > 15), "hardly anything was proved: {seen:?}");
}
