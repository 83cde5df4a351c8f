//! How often the interval of a sample covers the truth, over thousands of draws from populations like those of a store:
//! ids that grow with time, most leads new and idle, the early ones few and busy.

use std::collections::BTreeMap;
use std::io::Write;

use attractor_insight::interval::{Counted, estimate};
use attractor_insight::sample::Sample;

/// A lead of which nothing but its age and a number between 0 and 1 is known.
struct Lead {
    id: i64,
    /// From 0, the first lead, to 1, the last one.
    age: f64,
    chance: f64,
}

/// Leads as a store numbers them: ids are multiples of 256 plus a bucket, with gaps that narrow or widen as the store
/// ages.
fn population(size: usize, gap: impl Fn(f64) -> i64) -> Vec<Lead> {
    let mut next = 0;
    (0..size)
        .map(|number| {
            let age = number as f64 / size as f64;
            next += gap(age);
            let bits = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let id = next * 256 + (bits >> 56) as i64;
            Lead { id, age, chance: (bits >> 11) as f64 / (1_u64 << 53) as f64 }
        })
        .collect()
}

/// Conditions that few, many or nearly all leads fulfil, most of them bound to age.
type Condition = (&'static str, fn(&Lead) -> bool);

fn conditions() -> Vec<Condition> {
    vec![
        ("nobody", |_| false),
        ("everybody", |_| true),
        ("one in 3,000", |lead| lead.chance < 1.0 / 3_000.0),
        ("one in 1,000", |lead| lead.chance < 0.001),
        ("one in 200", |lead| lead.chance < 0.005),
        ("one in 20", |lead| lead.chance < 0.05),
        ("every third", |lead| lead.chance < 1.0 / 3.0),
        ("half", |lead| lead.chance < 0.5),
        ("all but one in 50", |lead| lead.chance >= 0.02),
        ("all but one in 2,000", |lead| lead.chance >= 0.0005),
        ("the first 1 %", |lead| lead.age < 0.01),
        ("the first tenth", |lead| lead.age < 0.1),
        ("the last tenth", |lead| lead.age >= 0.9),
        ("the last 0.2 %", |lead| lead.age >= 0.998),
        ("more likely the older", |lead| lead.chance < (1.0 - lead.age).powi(3)),
        ("more likely the newer", |lead| lead.chance < 0.3 * lead.age.powi(4)),
        ("a week in the middle", |lead| (0.5..0.53).contains(&lead.age)),
        ("every second bucket", |lead| lead.id % 2 == 0),
        ("three buckets", |lead| lead.id % 256 < 3),
        ("old, or in every tenth bucket", |lead| lead.age < 0.05 || lead.id % 10 == 0),
    ]
}

/// The share of draws in which the interval covers the truth, by condition.
fn coverage(leads: &[Lead], size: usize, seeds: u64) -> Vec<f64> {
    let conditions = conditions();
    let truths: Vec<u64> =
        conditions.iter().map(|(_, holds)| leads.iter().filter(|lead| holds(lead)).count() as u64).collect();
    let by_id: BTreeMap<i64, &Lead> = leads.iter().map(|lead| (lead.id, lead)).collect();
    let mut intervals = BTreeMap::new();
    let mut covered = vec![0_u64; conditions.len()];
    for seed in 0..seeds {
        let mut sample = Sample::new(size, seed);
        leads.iter().for_each(|lead| sample.offer(lead.id));
        let of = sample.offered();
        let asked: Vec<&Lead> = sample.ids().iter().map(|id| by_id[id]).collect();
        for (place, (_, holds)) in conditions.iter().enumerate() {
            let found = asked.iter().filter(|lead| holds(lead)).count() as u64;
            let counted = Counted { found, asked: asked.len() as u64 };
            let interval = intervals.entry(found).or_insert_with(|| estimate(counted, of));
            covered[place] += u64::from(interval.low <= truths[place] && truths[place] <= interval.high);
        }
    }
    covered.into_iter().map(|covered| covered as f64 / seeds as f64).collect()
}

#[test]
fn the_interval_covers_the_truth_whatever_the_ages() {
    let populations: [(&str, Vec<Lead>, usize); 3] = [
        (
            "12,000 leads, the early ones far apart",
            population(12_000, |age| 1 + (40.0 * (1.0 - age).powi(4)) as i64),
            2_000,
        ),
        ("12,000 leads, the late ones far apart", population(12_000, |age| 1 + (40.0 * age.powi(4)) as i64), 2_000),
        ("4,000 leads, a few hundred asked", population(4_000, |age| 1 + (9.0 * age) as i64), 300),
    ];
    let names = conditions();
    // Written past the test runner's capture: the figures are for people, whether the test passes or not.
    let mut out = std::io::stderr();
    for (name, leads, size) in &populations {
        let shares = coverage(leads, *size, 2_500);
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let (least, at) = shares
            .iter()
            .zip(&names)
            .map(|(share, (of, _))| (*share, *of))
            .fold((1.0, ""), |a, b| if b.0 < a.0 { b } else { a });
        writeln!(out, "{name}: covered in {:.2} % of draws, least in {:.2} % ({at})", mean * 100.0, least * 100.0)
            .unwrap();
        assert!(mean >= 0.945, "{name}: {mean}");
        assert!(least >= 0.915, "{name}, {at}: {least}");
    }
}
