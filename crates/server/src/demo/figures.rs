//! The figures of the report: how many are where, and how many moved and why.

use std::collections::BTreeMap;

use attractor_engine::time::Instant;

use super::story::{Lead, Move, Moved, Story};

/// How many leads are in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    pub name: String,
    /// Leads of whom it is known who they are.
    pub known: usize,
    pub visitors: usize,
}

impl Size {
    fn of<'a>(story: &Story, name: &str, leads: impl Iterator<Item = &'a Lead>) -> Size {
        let (known, visitors): (Vec<&Lead>, Vec<&Lead>) = leads.partition(|lead| story.people.is_known(&lead.name));
        Size { name: name.to_owned(), known: known.len(), visitors: visitors.len() }
    }

    pub fn all(&self) -> usize {
        self.known + self.visitors
    }
}

pub fn everybody(story: &Story) -> Size {
    Size::of(story, "everybody", story.leads.iter())
}

/// The sizes of a ladder's stages, the highest first.
pub fn stages(story: &Story, ladder: usize) -> Vec<Size> {
    let stages = 0..story.playbook.ladders[ladder].stages.len();
    let on = |stage: usize| story.leads.iter().filter(move |lead| lead.stages[ladder] == stage);
    stages.rev().map(|stage| Size::of(story, story.stage_name(ladder, stage), on(stage))).collect()
}

/// The sizes of the segments, as declared.
pub fn segments(story: &Story) -> Vec<Size> {
    let inside = |segment: usize| story.leads.iter().filter(move |lead| lead.segments.contains(&segment));
    let segments = 0..story.playbook.segments.len();
    segments.map(|segment| Size::of(story, story.segment_name(segment), inside(segment))).collect()
}

/// All moves of one kind.
pub struct Movement<'a> {
    pub what: Moved,
    pub count: usize,
    /// How many of them time alone made.
    pub by_time: usize,
    /// The move that tells most: of somebody known, by something that happened, the last given of these.
    pub example: &'a Move,
}

/// Moves by what they are: ladder by ladder, upwards first; then the segments, the busiest first. Nobody's beginning is
/// among them.
pub fn movements<'a>(story: &Story, moves: impl Iterator<Item = &'a Move>) -> Vec<Movement<'a>> {
    let mut by_kind: BTreeMap<Moved, Movement<'a>> = BTreeMap::new();
    for one in moves.filter(|one| !is_beginning(one.what)) {
        let movement =
            by_kind.entry(one.what).or_insert(Movement { what: one.what, count: 0, by_time: 0, example: one });
        movement.count += 1;
        movement.by_time += usize::from(one.because.is_none());
        if telling(story, one) >= telling(story, movement.example) {
            movement.example = one;
        }
    }
    let mut movements: Vec<Movement> = by_kind.into_values().collect();
    movements.sort_by_key(|movement| order(movement));
    movements
}

fn is_beginning(what: Moved) -> bool {
    matches!(what, Moved::Stage { from: None, .. })
}

fn telling(story: &Story, one: &Move) -> (bool, bool) {
    (story.people.is_known(&one.lead), one.because.is_some())
}

/// Ladders before segments, upwards before downwards, many before few.
fn order(movement: &Movement) -> (usize, bool, usize) {
    let few = usize::MAX - movement.count;
    match movement.what {
        Moved::Stage { ladder, from, to } => (ladder, from > Some(to), few),
        Moved::Segment { .. } => (usize::MAX, false, few),
    }
}

/// How many leads were heard of for the first time since an instant.
pub fn newcomers(story: &Story, since: Instant) -> usize {
    let began = |one: &&Move| matches!(one.what, Moved::Stage { ladder: Story::TEMPERATURE, from: None, .. });
    story.moves.iter().filter(|one| one.at > since).filter(began).count()
}

#[cfg(test)]
mod tests {
    use super::super::story::WEEK;
    use super::super::story::tests::story;
    use super::*;

    #[test]
    fn everybody_is_on_one_stage_of_each_ladder() {
        let story = story();
        for ladder in 0..story.playbook.ladders.len() {
            let sizes = stages(&story, ladder);
            assert_eq!(sizes.iter().map(Size::all).sum::<usize>(), story.leads.len());
            assert_eq!(sizes.iter().map(|size| size.known).sum::<usize>(), everybody(&story).known);
        }
        assert_eq!(stages(&story, Story::TEMPERATURE)[0].name, "Hot");
        let sizes = segments(&story);
        assert_eq!(sizes.len(), story.playbook.segments.len());
        assert_eq!(
            sizes.iter().map(Size::all).sum::<usize>(),
            story.leads.iter().map(|lead| lead.segments.len()).sum::<usize>()
        );
    }

    #[test]
    fn movements_count_every_move_once_and_beginnings_apart() {
        let story = story();
        let since = story.now + attractor_engine::time::Duration(-WEEK.0);
        let counted: usize = movements(&story, story.moves.iter().filter(|one| one.at > since))
            .iter()
            .map(|movement| movement.count)
            .sum();
        let (beginnings, moves): (Vec<&Move>, Vec<&Move>) =
            story.moves.iter().filter(|one| one.at > since).partition(|one| is_beginning(one.what));
        assert_eq!(counted, moves.len());
        assert_eq!(newcomers(&story, since) * story.playbook.ladders.len(), beginnings.len());
    }

    #[test]
    fn the_example_is_of_somebody_known_where_there_is_one() {
        let story = story();
        for movement in movements(&story, story.moves.iter()) {
            let known = story.moves.iter().any(|one| one.what == movement.what && story.people.is_known(&one.lead));
            assert_eq!(story.people.is_known(&movement.example.lead), known, "{:?}", movement.what);
            assert!(movement.by_time <= movement.count);
        }
    }
}
