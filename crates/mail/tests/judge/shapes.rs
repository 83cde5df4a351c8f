//! Shapes that the published table does not name. Of these nothing is promised beyond what is asserted here.

use attractor_mail::judge::Judge;
use attractor_sample::clicks::Shape;

use super::stage::{count, ours};

const COPIES: u64 = 10_000;

#[test]
fn shapes_beyond_the_table() {
    let judge = Judge::default();
    println!("{:<20} {:>10} {:>12} {:>12}", "copies of a shape", "copies", "passed", "wronged");
    // With the most that may pass and the most that may be wronged, in percent. Of slow scanners those pass that find fewer
    // than five links, as a person may want all of these. A forwarded mail has two people, who are wronged twice as often.
    for (shape, pass, wrong) in [
        (Shape::Tabs, 0.0, 0.1),
        (Shape::ScannedThenRead, 1.0, 0.1),
        (Shape::Forwarded, 1.0, 0.2),
        (Shape::Careful, 1.0, 0.0),
        (Shape::Slow, 12.0, 0.0),
        (Shape::Short, 1.0, 0.0),
        (Shape::Sandbox, 1.0, 0.0),
        (Shape::OpensAll, 0.0, 0.1),
    ] {
        let [count] = count(shape, 3, COPIES, [&|copy| ours(copy, &judge)]);
        println!(
            "{:<20} {:>10} {:>10.2} % {:>10.2} %",
            format!("{shape:?}"),
            count.copies,
            count.pass_rate(),
            count.wrong_rate()
        );
        assert!(count.pass_rate() <= pass, "{shape:?}: {count:?}");
        assert!(count.wrong_rate() <= wrong, "{shape:?}: {count:?}");
    }
}
