//! The engine against the naive evaluator over random playbooks and histories. `AGREEMENT_CASES` says how many of each family
//! (100,000 after a change to the engine; fewer by default, for they take most of a run), `AGREEMENT_SEED` which is the first.

use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::replay::replay;
use attractor_engine::time::Instant;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::naive::{self, Case, Forms, random_case_of};

/// Moves a decay by less than any difference that counts, and by more than the noise of doubles.
const SHIFT: f64 = 1e-11;
/// Differences that are printed before the test gives up.
const ENOUGH: usize = 3;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a whole number"))
}

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).expect("the zone is bundled")
}

/// What both evaluators are compared in: the lines, then the lines of the file that they complain about.
#[derive(Debug)]
struct Said {
    lines: Vec<Value>,
    rejected: Vec<u64>,
    conflicts: Vec<u64>,
}

/// What is wrong with a playbook, if anything is.
fn problems(playbook: &Value) -> Option<String> {
    let reading = playbook::read(&playbook.to_string());
    reading.playbook.is_none().then(|| format!("{:?}", reading.problems))
}

fn engine_says(case: &Case) -> Said {
    let playbook = playbook::read(&case.playbook.to_string()).playbook.expect("the playbook is valid");
    let program = Program::new(playbook, &TimeZoneDatabase::bundled()).expect("a valid playbook is a program");
    let at = case.at.as_deref().map(|at| Instant::parse(at).expect("`at` is an instant"));
    let said = replay(&program, &case.lines, at, true);
    let lines = said.output.lines().map(|line| serde_json::from_str(line).expect("the output is JSON"));
    let numbers = |found: &[(u64, String)]| found.iter().map(|(line, _)| *line).collect();
    Said { lines: lines.collect(), rejected: numbers(&said.rejected), conflicts: numbers(&said.conflicts) }
}

fn naive_says(case: &Case, shift: f64) -> Said {
    let said = naive::evaluate_shifted(&zone, &case.playbook, &case.lines, case.at.as_deref(), shift);
    let numbers = |found: &[(usize, String)]| found.iter().map(|(line, _)| *line as u64).collect();
    Said { rejected: numbers(&said.rejected), conflicts: numbers(&said.conflicts), lines: said.lines }
}

/// The first difference between two answers.
fn difference(engine: &Said, naive: &Said) -> Option<String> {
    if engine.rejected != naive.rejected || engine.conflicts != naive.conflicts {
        let told = |said: &Said| format!("rejected {:?}, conflicts {:?}", said.rejected, said.conflicts);
        return Some(format!("engine {}\n  naive {}", told(engine), told(naive)));
    }
    let line = |said: &Said, number: usize| said.lines.get(number).cloned().unwrap_or(Value::Null);
    let longest = engine.lines.len().max(naive.lines.len());
    let first = (0..longest).find(|&number| !naive::close(&line(engine, number), &line(naive, number)))?;
    let (engine, naive) = (line(engine, first), line(naive, first));
    Some(format!("line {}\n  engine {engine}\n  naive  {naive}", first + 1))
}

enum Outcome {
    Agreed {
        lines: usize,
    },
    /// A shift within the noise of doubles changes the answer.
    Undecidable,
    Differs(String),
}

fn judge(case: &Case) -> Outcome {
    let naive = naive_says(case, 0.0);
    let engine = match catch_unwind(AssertUnwindSafe(|| engine_says(case))) {
        Ok(engine) => engine,
        Err(_) => return Outcome::Differs("the engine panics".into()),
    };
    let Some(found) = difference(&engine, &naive) else { return Outcome::Agreed { lines: naive.lines.len() } };
    let shifted = [SHIFT, -SHIFT].map(|shift| difference(&naive_says(case, shift), &naive));
    if shifted.iter().any(Option::is_some) { Outcome::Undecidable } else { Outcome::Differs(found) }
}

/// The case without everything that the difference does not need.
fn shrunk(case: Case) -> (Case, String) {
    let Outcome::Differs(mut found) = judge(&case) else { panic!("only a case that differs is shrunk") };
    let mut case = case;
    loop {
        let smaller = smaller_ones(&case).into_iter().find_map(|smaller| {
            if problems(&smaller.playbook).is_some() {
                return None;
            }
            match judge(&smaller) {
                Outcome::Differs(found) => Some((smaller, found)),
                _ => None,
            }
        });
        match smaller {
            Some(smaller) => (case, found) = smaller,
            None => return (case, found),
        }
    }
}

/// The case with one thing less: a line, a part of the playbook, the key of a part.
fn smaller_ones(case: &Case) -> Vec<Case> {
    let with = |playbook: Value, lines: Vec<String>| Case { playbook, lines, at: case.at.clone() };
    let mut smaller: Vec<Case> = (0..case.lines.len())
        .map(|line| {
            let mut lines = case.lines.clone();
            lines.remove(line);
            with(case.playbook.clone(), lines)
        })
        .collect();
    let parts = parts(&case.playbook);
    smaller.extend(parts.into_iter().map(|playbook| with(playbook, case.lines.clone())));
    smaller
}

/// All that a value may become by leaving out one element of a list or one key of an object anywhere within it, or
/// by putting the part of a condition in its place.
fn parts(value: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    match value {
        Value::Array(list) => {
            for number in (0..list.len()).rev() {
                let mut less = list.clone();
                less.remove(number);
                found.push(less.into());
                for part in parts(&list[number]) {
                    let mut changed = list.clone();
                    changed[number] = part;
                    found.push(changed.into());
                }
            }
        }
        Value::Object(object) => {
            found.extend(["all", "any"].iter().filter_map(|key| object.get(*key)?.as_array()).flatten().cloned());
            found.extend(object.get("not").cloned());
            for (key, inner) in object {
                let mut less = object.clone();
                less.remove(key);
                found.push(less.into());
                for part in parts(inner) {
                    let mut changed = object.clone();
                    changed.insert(key.clone(), part);
                    found.push(changed.into());
                }
            }
        }
        _ => {}
    }
    found
}

fn report(seed: u64, case: Case) -> String {
    let (case, found) = shrunk(case);
    let lines = case.lines.join("\n");
    format!("seed {seed}, at {:?}\n{}\n{lines}\n{found}\n", case.at, case.playbook)
}

#[test]
fn the_engine_agrees_with_the_naive_evaluator() {
    agree(Forms::Older);
}

#[test]
fn the_engine_agrees_with_the_naive_evaluator_on_the_newer_forms() {
    agree(Forms::Newer);
}

fn agree(forms: Forms) {
    let (cases, first) = (from_environment("AGREEMENT_CASES", 10_000), from_environment("AGREEMENT_SEED", 1));
    let (next, lines, undecidable) = (AtomicU64::new(first), AtomicU64::new(0), AtomicU64::new(0));
    let differences = Mutex::new(Vec::new());
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= first + cases || differences.lock().expect("no thread has panicked").len() >= ENOUGH {
            return;
        }
        let case = random_case_of(forms, seed);
        if let Some(problems) = problems(&case.playbook) {
            let report = format!("seed {seed} makes an invalid playbook: {problems}\n{}", case.playbook);
            differences.lock().expect("no thread has panicked").push(report);
            continue;
        }
        match judge(&case) {
            Outcome::Agreed { lines: more } => drop(lines.fetch_add(more as u64, Ordering::Relaxed)),
            Outcome::Undecidable => drop(undecidable.fetch_add(1, Ordering::Relaxed)),
            Outcome::Differs(_) => {
                let report = report(seed, case);
                differences.lock().expect("no thread has panicked").push(report);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let (lines, undecidable) = (lines.into_inner(), undecidable.into_inner());
    let differences = differences.into_inner().expect("no thread has panicked");
    eprintln!(
        "{forms:?} forms, {cases} cases from seed {first}: {lines} lines agree, {undecidable} cases undecidable in doubles"
    );
    for difference in &differences {
        eprintln!("{difference}");
    }
    assert!(differences.is_empty(), "the two evaluators differ, or a random playbook is invalid");
}

/// The keys of a value and of all within it, and with `is` also its texts.
fn words(value: &Value, found: &mut BTreeMap<String, usize>) {
    match value {
        Value::Array(list) => list.iter().for_each(|inner| words(inner, found)),
        Value::Object(object) => {
            for (key, inner) in object {
                *found.entry(key.clone()).or_default() += 1;
                words(inner, found);
            }
        }
        Value::String(text) => *found.entry(format!("={text}")).or_default() += 1,
        _ => {}
    }
}

/// What the random cases have to reach beside the forms of conditions (`reach.rs`), in the playbooks and in the answers.
const PARTS: &str = "where within distinct count events is at_least primary =open =won =lost =opened =clicked over min_sent \
    seed eq ne in not_in gt gte lt lte contains starts_with ends_with exists half_life expires loses every \
    limit cap range repeats if from hold min_stay enter leave evaluate =daily =weekly =monthly pages weights \
    minimum margin activity enroll again =never =always after while =enrolled goal holdout buyers wait until \
    at_most branch then else send alert";
const ANSWERS: &str = "=stage =segment =entered =left =sequence =enrolled =held_out =goal =stopped =finished =send =time \
    rejected conflicts primary";

#[test]
fn random_cases_reach_every_part_and_answer() {
    let (mut parts, mut answers) = (BTreeMap::new(), BTreeMap::new());
    for seed in 0..1000 {
        let case = naive::random_case(seed);
        words(&case.playbook, &mut parts);
        let said = naive_says(&case, 0.0);
        said.lines.iter().for_each(|line| words(line, &mut answers));
        let primary = said.lines.iter().filter(|line| line["primary_interest"].is_string()).count();
        for (name, count) in
            [("rejected", said.rejected.len()), ("conflicts", said.conflicts.len()), ("primary", primary)]
        {
            *answers.entry(name.to_owned()).or_default() += count;
        }
    }
    for (wanted, found) in [(PARTS, parts), (ANSWERS, answers)] {
        for word in wanted.split_whitespace() {
            let count = found.get(word).copied().unwrap_or(0);
            assert!(count >= 20, "{word} is reached {count} times in 1000 cases");
        }
    }
}
