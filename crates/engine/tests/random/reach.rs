//! What the random cases reach, asked of the naive evaluator alone. `cargo test --test random reach -- --nocapture` prints
//! how often the conditions of each form are true.

use attractor_engine::playbook;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::{Value, json};
use sha2::Digest;
use std::collections::{BTreeMap, BTreeSet};

use crate::forms;
use crate::naive::{self, Forms, random_case, random_case_of};

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).expect("the zone is bundled")
}

/// The newer conditions within a value.
fn newer(value: &Value) -> Vec<&Value> {
    let conditions = forms::conditions(value).into_iter().map(|(_, condition)| condition);
    conditions.filter(|condition| !labels(condition).is_empty()).collect()
}

/// The forms with newer options. A new form has all of its keys here, its own first, as `date` and `consent` have,
/// and those of mappings inside it.
const OPTIONS: [(&str, &[&str]); 6] = [
    ("event", &["which", "older", "after", "before", "sum", "average"]),
    ("date", &["in_last", "in_next", "older", "passed", "after", "before", "during", "every_year"]),
    ("consent", &["consent", "subscription", "topic", "to"]),
    ("stage", &["for"]),
    ("segment", &["for"]),
    ("interest", &["primary"]),
];

/// The other keys of these forms, which the older cases reach, or which every condition of the form has.
const OLDER_OPTIONS: [(&str, &[&str]); 5] = [
    ("event", &["event", "where", "within", "distinct", "count"]),
    ("date", &["date"]),
    ("stage", &["stage", "is", "at_least"]),
    ("segment", &["segment"]),
    ("interest", &["interest"]),
];

/// The forms without, which the older cases reach.
const OLDER: [&str; 9] = ["all", "any", "not", "attribute", "score", "inactive", "rate", "deal", "sample"];

/// The newer options of a condition, each with the form that it belongs to.
fn labels(condition: &Value) -> Vec<String> {
    let Some((form, options)) = OPTIONS.iter().find(|(form, _)| condition.get(form).is_some()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    if condition["event"].is_array() {
        found.push("event several kinds".to_owned());
    }
    for option in options.iter().filter(|option| condition.get(**option).is_some()) {
        match &condition[*option] {
            Value::String(word) if ["which", "during", "consent"].contains(option) => {
                found.push(format!("{form} {option} {word}"));
            }
            Value::Bool(value) => found.push(format!("{form} {option} {value}")),
            _ => found.push(format!("{form} {option}")),
        }
    }
    found.retain(|label| label != "interest primary true");
    found
}

const REACHED: &str = "event several kinds,event which first,event which last,event older,event after,event before,\
    event sum,event average,date in_last,date in_next,date older,date passed true,date passed false,date after,date before,\
    date during today,date during yesterday,date during tomorrow,date during this week,date during last week,\
    date during next week,date during this month,date during last month,date during next month,date during this year,\
    date during last year,date during next year,date every_year true,consent consent granted,consent consent withdrawn,\
    consent consent unknown,consent subscription,consent topic,consent to,stage for,segment for,interest primary false";

#[test]
fn cases_of_the_older_forms_never_change() {
    let mut hash = sha2::Sha256::new();
    for seed in 0..300 {
        let case = random_case(seed);
        hash.update(format!("{}\n{}\n{:?}\n", case.playbook, case.lines.join("\n"), case.at));
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digits, "1b0569ec5ec205ee048d077d00d200e52f0c04cbbefb61fa56470b07e84fd01b");
}

#[test]
fn random_cases_are_of_every_form() {
    let cases = (0..300).flat_map(|seed| [random_case(seed), random_case_of(Forms::Newer, seed)]);
    let mut found: BTreeMap<String, usize> = forms::every().into_iter().map(|form| (form, 0)).collect();
    for form in cases.flat_map(|case| forms::within(&case.playbook)) {
        *found.entry(form).or_default() += 1;
    }
    assert!(found.values().all(|cases| *cases >= 20), "of 600 cases: {found:?}");
}

#[test]
fn every_form_is_older_or_has_its_options_here_and_all_are_to_be_reached() {
    let known: BTreeSet<String> = OPTIONS.iter().map(|(form, _)| *form).chain(OLDER).map(str::to_owned).collect();
    assert_eq!(known, forms::every(), "`OPTIONS` and `OLDER` name every form");
    for (form, options) in OPTIONS {
        for option in options {
            let label = format!("{form} {option}");
            assert!(REACHED.split(',').any(|reached| reached.starts_with(&label)), "`REACHED` has no `{label}`");
        }
    }
}

/// The keys within a part of the schema, but for those of conditions in it.
fn keys(schema: &Value, part: &Value, found: &mut BTreeSet<String>) {
    match part {
        Value::Array(parts) => parts.iter().for_each(|part| keys(schema, part, found)),
        Value::Object(object) => {
            if let Some(name) = part["$ref"].as_str().filter(|name| !name.ends_with("/AnyCondition")) {
                let definition = schema.pointer(name.trim_start_matches('#')).expect("a definition");
                keys(schema, definition, found);
            }
            found.extend(part["properties"].as_object().into_iter().flatten().map(|(key, _)| key.clone()));
            object.values().for_each(|part| keys(schema, part, found));
        }
        _ => {}
    }
}

#[test]
fn every_key_of_a_form_with_newer_options_is_known() {
    let schema = playbook::schema();
    let mut operators = BTreeSet::new();
    keys(&schema, &schema["$defs"]["ValueOperators"], &mut operators);
    let forms = forms::schemas();
    for (form, options) in OPTIONS {
        let older = OLDER_OPTIONS.iter().filter(|(other, _)| *other == form).flat_map(|(_, older)| *older);
        let mut known = operators.clone();
        known.extend(options.iter().chain(older).map(|key| (*key).to_owned()));
        let mut found = BTreeSet::new();
        keys(&schema, &forms[form], &mut found);
        let missing: Vec<&String> = found.difference(&known).collect();
        // `labels` looks for an option beside the key of its form; for one that is further inside it has to look there.
        assert_eq!(missing, Vec::<&String>::new(), "{form}: add them to `OPTIONS`");
    }
}

#[test]
fn random_cases_of_the_newer_forms_reach_every_option() {
    let mut seeds: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..2000 {
        let case = random_case_of(Forms::Newer, seed);
        let reached: BTreeSet<String> = newer(&case.playbook).into_iter().flat_map(labels).collect();
        reached.into_iter().for_each(|label| *seeds.entry(label).or_default() += 1);
    }
    for label in REACHED.split(',') {
        let count = seeds.get(label).copied().unwrap_or(0);
        assert!(count >= 100, "`{label}` is in {count} of 2000 cases");
    }
}

/// How often a condition was asked, was true at the end, was ever true, and changed by time alone; of each, a lead counts once.
#[derive(Default)]
struct Share {
    asked: usize,
    held: usize,
    ever: usize,
    turned: usize,
}

/// Each condition as a segment of its own, behind the parts that it may refer to.
fn probe(seed: u64, shares: &mut BTreeMap<String, Share>) {
    let mut case = random_case_of(Forms::Newer, seed);
    let playbook = case.playbook.clone();
    let conditions = newer(&playbook);
    case.playbook["sequences"] = json!([]);
    let segments = case.playbook["segments"].as_array_mut().expect("there is a list of segments");
    let probes = conditions.iter().enumerate();
    segments.extend(probes.map(|(number, condition)| json!({"id": format!("probe-{number}"), "enter": condition})));
    let answer = naive::evaluate(&zone, &case.playbook, &case.lines, case.at.as_deref());
    assert!(answer.refused.is_empty(), "seed {seed}: {:?}", answer.refused);
    let (mut turned, mut entered) = (BTreeSet::new(), BTreeSet::new());
    for line in &answer.lines {
        let probe = (line["lead"].to_string(), line["segment"].to_string());
        if line["because"] == "time" {
            turned.insert(probe.clone());
        }
        if line["change"] == "entered" {
            entered.insert(probe);
        }
        let Some(inside) = line["segments"].as_array() else { continue };
        for (number, condition) in conditions.iter().enumerate() {
            let id = json!(format!("probe-{number}"));
            for label in labels(condition) {
                let share = shares.entry(label).or_default();
                share.asked += 1;
                share.held += usize::from(inside.contains(&id));
                let probe = (line["lead"].to_string(), id.to_string());
                share.ever += usize::from(entered.contains(&probe));
                share.turned += usize::from(turned.contains(&probe));
            }
        }
    }
}

#[test]
fn the_newer_conditions_hold_for_some_leads_and_not_for_others() {
    let mut shares = BTreeMap::new();
    (0..600).for_each(|seed| probe(seed, &mut shares));
    for (label, Share { asked, held, ever, turned }) in &shares {
        let percent = |part: &usize| part * 100 / asked;
        let (held, ever, turned) = (percent(held), percent(ever), percent(turned));
        println!(
            "{label}: {asked} leads; true at the end for {held} %, ever for {ever} %, turned by time for {turned} %"
        );
    }
    for label in REACHED.split(',') {
        let share = shares.get(label).unwrap_or_else(|| panic!("`{label}` is asked of no lead"));
        assert!(share.ever * 40 >= share.asked, "`{label}` is nearly never true");
        assert!(share.held * 40 <= share.asked * 39, "`{label}` is nearly always true");
    }
}
