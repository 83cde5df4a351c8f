//! How much of the evidence is there when a verdict may be given.

use attractor_mail::judge::{Judge, Request, Target, Traffic, Verdict};
use attractor_sample::clicks::{Copy, Shape, play};

use super::stage::requests;

const COPIES: u64 = 400;

/// Of the clicks of scanners, the share that passes if each is judged `delay` ms after it, in percent.
fn passed(copies: &[Copy], delay: i64, judge: &Judge) -> f64 {
    let (mut clicks, mut passed) = (0_u32, 0_u32);
    for copy in copies {
        let all = requests(copy);
        for click in all.iter().filter(|request| request.target != Target::Image) {
            clicks += 1;
            passed += u32::from(passes(click, copy.links, &all, delay, judge));
        }
    }
    100.0 * f64::from(passed) / f64::from(clicks)
}

/// Whether a click is taken for a person's by what is known `delay` ms after it.
fn passes(click: &Request, links: u16, all: &[Request], delay: i64, judge: &Judge) -> bool {
    let before = all.iter().filter(|other| other.at.0 <= click.at.0 + delay && !std::ptr::eq(*other, click));
    let known: Vec<Request> = std::iter::once(click).chain(before).copied().collect();
    judge.judge(&Traffic { links, requests: &known })[0].verdict == Verdict::Human
}

#[test]
fn the_delay_is_long_enough_for_bursts_and_for_slow_scanners() {
    let judge = Judge::default();
    let shapes = [Shape::Burst, Shape::Short, Shape::Slow];
    let copies = shapes.map(|shape| (0..COPIES).map(|number| play(shape, 4, number)).collect::<Vec<Copy>>());
    let rates = |delay| [0, 1, 2].map(|shape| passed(&copies[shape], delay, &judge));
    println!("{:>10} {shapes:?}: clicks of scanners that pass if each is judged after this delay, in %", "delay");
    for delay in [0, 250, 1_000, 5_000, 15_000, 30_000, 300_000] {
        println!("{delay:>7} ms {:.3?}", rates(delay));
    }
    let (settled, later) = (rates(judge.delays.click), rates(300_000));
    assert!(settled[0] < 0.1 && settled[1] < 0.1, "{settled:?}");
    assert!(settled[2] < later[2] + 1.0, "at first {settled:?}, in the end {later:?}");
}
