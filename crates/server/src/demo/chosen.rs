//! Three leads worth a closer look: a hot one, one that cools down, and one that chose its segment by its clicks.

use attractor_engine::condition::{Condition, Pull};
use attractor_engine::time::{Duration, Instant};

use super::story::{Lead, Move, Moved, Story};

pub struct Chosen<'a> {
    /// What it is an example of.
    pub heading: &'static str,
    /// `None`: there is no such lead.
    pub lead: Option<&'a Lead>,
}

pub fn three(story: &Story) -> [Chosen<'_>; 3] {
    let hot = hot(story);
    let cooling = cooling(story, hot);
    [
        Chosen { heading: "Somebody hot", lead: hot },
        Chosen { heading: "Somebody who cools down", lead: cooling },
        Chosen { heading: "Somebody who chose a segment by clicking", lead: choosing(story, &[hot, cooling]) },
    ]
}

/// The known lead with the most segments among those who became hot within a month and have bought nothing.
fn hot(story: &Story) -> Option<&Lead> {
    let hottest = story.hottest();
    let month = Duration(30 * Duration::DAY.0);
    let key = |lead: &Lead| {
        let recent = since(story, lead, Story::TEMPERATURE).is_some_and(|at| at + month > story.now);
        (!is_customer(story, lead), recent, lead.segments.len())
    };
    let hot = known(story).filter(|lead| lead.stages[Story::TEMPERATURE] == hottest);
    hot.max_by(|a, b| key(a).cmp(&key(b)).then(total(a).total_cmp(&total(b))).then_with(|| b.name.cmp(&a.name)))
}

/// When a lead got to its stage on a ladder.
pub fn since(story: &Story, lead: &Lead, wanted: usize) -> Option<Instant> {
    let mut moves = story.moves.iter().rev().filter(|one| one.lead == lead.name);
    moves.find(|one| matches!(one.what, Moved::Stage { ladder, .. } if ladder == wanted)).map(|one| one.at)
}

/// The first known lead that time alone takes down from the highest stage; else from any.
fn cooling<'a>(story: &'a Story, but: Option<&Lead>) -> Option<&'a Lead> {
    let falls = |one: &&Move, least: usize| match one.what {
        Moved::Stage { ladder: Story::TEMPERATURE, from: Some(from), to } => from >= least && to < from,
        _ => false,
    };
    let wanted = |one: &Move| story.people.is_known(&one.lead) && but.is_none_or(|but| but.name != one.lead);
    let mut ahead = story.ahead.iter().filter(|one| wanted(one));
    let first = ahead.clone().find(|one| falls(one, story.hottest())).or_else(|| ahead.find(|one| falls(one, 0)))?;
    story.leads.iter().find(|lead| lead.name == first.lead)
}

/// The known lead that moved last from one topic's segment to another's by a click, and still is there.
fn choosing<'a>(story: &'a Story, but: &[Option<&Lead>]) -> Option<&'a Lead> {
    let wanted = |lead: &&Lead| !but.iter().flatten().any(|but| but.name == lead.name);
    known(story)
        .filter(wanted)
        .max_by_key(|lead| chose(story, lead).map(|(times, at)| (times.min(3), at)))
        .filter(|lead| chose(story, lead).is_some())
}

/// How often a lead entered a topic's segment by its own doing, and when last; `None` if never, or if it is in none now.
fn chose(story: &Story, lead: &Lead) -> Option<(usize, Instant)> {
    if !lead.segments.iter().any(|segment| is_of_topic(story, *segment)) {
        return None;
    }
    let entered =
        |one: &&Move| matches!(one.what, Moved::Segment { segment, entered: true } if is_of_topic(story, segment));
    let by_click = |one: &&Move| story.because(one).starts_with("clicked");
    let own = story.moves.iter().filter(|one| one.lead == lead.name);
    let chosen: Vec<&Move> = own.filter(entered).filter(by_click).collect();
    Some((chosen.len(), chosen.last()?.at))
}

/// Whether leads get into a segment by their strongest interest.
fn is_of_topic(story: &Story, segment: usize) -> bool {
    matches!(&story.playbook.segments[segment].enter, Condition::Interest(pull) if pull.wanted == Pull::Primary(true))
}

fn known(story: &Story) -> impl Iterator<Item = &Lead> {
    story.leads.iter().filter(|lead| story.people.is_known(&lead.name))
}

fn total(lead: &Lead) -> f64 {
    lead.scores.iter().sum()
}

fn is_customer(story: &Story, lead: &Lead) -> bool {
    let deals = |segment: &&usize| matches!(story.playbook.segments[**segment].enter, Condition::Deal(_));
    lead.segments.iter().any(|segment| deals(&segment))
}

#[cfg(test)]
mod tests {
    use super::super::story::tests::story;
    use super::*;

    #[test]
    fn the_three_are_what_they_are_called() {
        let story = story();
        let [hot, cooling, choosing] = three(&story).map(|chosen| chosen.lead.expect("somebody"));
        assert_eq!(hot.stages[Story::TEMPERATURE], story.hottest());
        let falls = |one: &Move| matches!(one.what, Moved::Stage { ladder: 0, from: Some(from), to } if to < from);
        assert!(story.ahead.iter().any(|one| one.lead == cooling.name && falls(one)));
        assert!(chose(&story, choosing).is_some());
        assert!(hot.name != cooling.name && cooling.name != choosing.name && hot.name != choosing.name);
    }

    #[test]
    fn a_company_without_leads_has_none_to_choose() {
        let story = Story::of(attractor_sample::Company::ending(0, 10, 1)).unwrap();
        assert!(three(&story).iter().all(|chosen| chosen.lead.is_none()));
    }
}
