//! The report as plain text, at most `WIDTH` columns wide.

use std::fmt::{self, Write};

use attractor_engine::explain::{Because, Point, Score};
use attractor_engine::time::Duration;
use attractor_sample::Company;

use super::chosen::{Chosen, since, three};
use super::figures::{Movement, Size, everybody, movements, newcomers, segments, stages};
use super::story::{Lead, Move, Moved, Story, WEEK};
use super::words::{count, list, number};

/// Columns.
const WIDTH: usize = 98;
/// The longest bar.
const BAR: usize = 36;
/// How many kinds of movement between segments are told.
const BUSIEST: usize = 12;
/// How many points of one score are told, the largest.
const MOST: usize = 6;
/// How many moves of one lead are told, the latest.
const LATEST: usize = 8;

/// The whole report.
pub fn write(story: &Story, out: &mut impl Write) -> fmt::Result {
    opening(story, out)?;
    who_is_where(story, out)?;
    what_moved(story, out)?;
    what_comes(story, out)?;
    three_leads(story, out)?;
    writeln!(out, "\nThis is sample data: nobody in here is real, and every run with the same seed is the same.")?;
    writeln!(out, "`attractor demo` without `--report` lets the company live on, at the pace that `--speed` sets.")
}

fn opening(story: &Story, out: &mut impl Write) -> fmt::Result {
    let size = everybody(story);
    let text = format!(
        "{} of {}, {}, which sells planning software to workshops: {} from {}. Of {} it is known who \
         they are, {} so far.",
        count(story.company.days as usize, "day", "days"),
        "an invented company",
        Company::NAME,
        count(story.lines.len(), "message", "messages"),
        count(size.all(), "lead", "leads"),
        number(size.known),
        match size.visitors {
            1 => "1 is a visitor".into(),
            many => format!("{} are visitors", number(many)),
        },
    );
    writeln!(out, "ATTRACTOR DEMO, WITH SAMPLE DATA\n")?;
    paragraph(out, 0, &text)?;
    writeln!(out, "It is {}; all times are in {}.", story.year_and_minute(story.now), story.zone())
}

fn heading(out: &mut impl Write, text: &str) -> fmt::Result {
    writeln!(out, "\n\n{}\n", text.to_uppercase())
}

fn who_is_where(story: &Story, out: &mut impl Write) -> fmt::Result {
    heading(out, "Who is where")?;
    writeln!(out, "  {:<32}{:>8}{:>10}", "", "known", "visitors")?;
    for (place, ladder) in story.playbook.ladders.iter().enumerate() {
        sizes(out, ladder.name.as_deref().unwrap_or(&ladder.id), &stages(story, place))?;
        writeln!(out)?;
    }
    sizes(out, "Segments (somebody can be in several)", &segments(story))
}

/// A title and a bar for each size, the longest for the largest.
fn sizes(out: &mut impl Write, title: &str, sizes: &[Size]) -> fmt::Result {
    writeln!(out, "  {title}")?;
    let largest = sizes.iter().map(Size::all).max().unwrap_or(0).max(1);
    for size in sizes {
        let bar = |count: usize, mark: &str| mark.repeat((count * BAR).div_ceil(largest));
        let known = bar(size.known, "█");
        let both = bar(size.all(), "░").chars().count();
        let bar = format!("{known}{}", "░".repeat(both.saturating_sub(known.chars().count())));
        let line = format!("    {:<30}{:>8}{:>10}  {bar}", size.name, number(size.known), number(size.visitors));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn what_moved(story: &Story, out: &mut impl Write) -> fmt::Result {
    heading(out, "What moved in the last 7 days, and why")?;
    let since = story.now + Duration(-WEEK.0);
    writeln!(out, "  {} came.", count(newcomers(story, since), "new lead", "new leads"))?;
    moved(story, out, &movements(story, story.moves.iter().filter(|one| one.at > since)))
}

fn what_comes(story: &Story, out: &mut impl Write) -> fmt::Result {
    heading(out, "What comes in the next 7 days if nothing happens")?;
    if story.ahead.is_empty() {
        return writeln!(out, "  Nothing.");
    }
    writeln!(out, "  Points fade and windows close at their own instants; no nightly job is involved.")?;
    // The example is the last one given: here the first to come.
    moved(story, out, &movements(story, story.ahead.iter().rev()))
}

/// The movements under the names of their ladders, each with its example.
fn moved(story: &Story, out: &mut impl Write, movements: &[Movement]) -> fmt::Result {
    for (place, ladder) in story.playbook.ladders.iter().enumerate() {
        let on_ladder = |what: Moved| matches!(what, Moved::Stage { ladder, .. } if ladder == place);
        let own: Vec<&Movement> = movements.iter().filter(|movement| on_ladder(movement.what)).collect();
        group(story, out, ladder.name.as_deref().unwrap_or(&ladder.id), &own)?;
    }
    let segments = movements.iter().filter(|movement| matches!(movement.what, Moved::Segment { .. }));
    let busiest: Vec<&Movement> = segments.clone().take(BUSIEST).collect();
    group(story, out, "Segments", &busiest)?;
    match segments.count().saturating_sub(BUSIEST) {
        0 => Ok(()),
        more => writeln!(out, "    … and {} of fewer leads", count(more, "other movement", "other movements")),
    }
}

fn group(story: &Story, out: &mut impl Write, title: &str, movements: &[&Movement]) -> fmt::Result {
    if movements.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n  {title}")?;
    for movement in movements {
        let (count, what) = (number(movement.count), story.in_words(movement.what));
        writeln!(out, "{count:>7}  {what:<40}{}", causes(story, movement))?;
        paragraph(out, 13, &example(story, movement.example))?;
    }
    Ok(())
}

/// “Tue 23 June, 14:03  Maya Garcia, Controller: asked for a demo”
fn example(story: &Story, one: &Move) -> String {
    let who = story.people.in_full(&one.lead);
    match one.because {
        Some(_) => format!("{}  {who}: {}", story.minute(one.at), story.because(one)),
        None => format!("{}  {who}", story.minute(one.at)),
    }
}

/// How many of them what made; of what comes that is clear.
fn causes(story: &Story, movement: &Movement) -> String {
    match (movement.count - movement.by_time, movement.by_time) {
        _ if movement.example.at > story.now => "as time passes".into(),
        (_, 0) => "by what happened".into(),
        (0, _) => "as time passed".into(),
        (done, time) => format!("{} by what happened, {} as time passed", number(done), number(time)),
    }
}

fn three_leads(story: &Story, out: &mut impl Write) -> fmt::Result {
    heading(out, "Three leads, explained")?;
    for (number, Chosen { heading, lead }) in (1..).zip(three(story)) {
        match lead {
            Some(lead) => {
                writeln!(out, "  {number}. {heading}: {}", story.people.in_full(&lead.name))?;
                explained(story, lead, out)?;
            }
            None => writeln!(out, "  {number}. {heading}: nobody at the moment")?,
        }
        writeln!(out)?;
    }
    Ok(())
}

fn explained(story: &Story, lead: &Lead, out: &mut impl Write) -> fmt::Result {
    paragraph(out, 5, &standing(story, lead))?;
    let inside: Vec<&str> = lead.segments.iter().map(|segment| story.segment_name(*segment)).collect();
    if !inside.is_empty() {
        paragraph(out, 5, &format!("In {}.", list(&inside)))?;
    }
    story.ledger(&lead.name).iter().try_for_each(|score| points(story, score, out))?;
    let moves: Vec<&Move> = story.moves.iter().filter(|one| one.lead == lead.name).collect();
    let moments: Vec<&[&Move]> = moves.chunk_by(|a, b| a.at == b.at && a.because == b.because).collect();
    writeln!(out, "     How it came{}:", if moments.len() > LATEST { ", at last" } else { "" })?;
    for moment in &moments[moments.len().saturating_sub(LATEST)..] {
        told(story, moment, out)?;
    }
    writeln!(out, "     What comes if nothing happens:")?;
    let ahead: Vec<&Move> = story.ahead.iter().filter(|one| one.lead == lead.name).collect();
    if ahead.is_empty() {
        writeln!(out, "       nothing within 7 days")?;
    }
    ahead.chunk_by(|a, b| a.at == b.at).try_for_each(|moment| told(story, moment, out))
}

/// What gave a score its points, the most first; the rest in one line, so that it all adds up.
fn points(story: &Story, score: &Score, out: &mut impl Write) -> fmt::Result {
    if score.why.is_empty() {
        return Ok(());
    }
    writeln!(out, "     {} {:.0} is made of:", score.name, score.value)?;
    let mut why: Vec<&Point> = score.why.iter().collect();
    why.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()));
    let (most, rest) = why.split_at(why.len().min(MOST));
    for point in most {
        let cause = match &point.because {
            Because::Event { what, .. } => what.clone(),
            Because::Attribute(sentence) => sentence.clone(),
            Because::Inactive => "silent since then".into(),
            Because::Cap => format!("more than the rule “{}” may give", point.rule.as_deref().unwrap_or_default()),
            Because::Range => "beyond the ends of the score".into(),
        };
        let at = point.at.map_or_else(String::new, |at| story.minute(at));
        paragraph(out, 7, &format!("{:+6.1}  {at:<20}  {cause}", point.points))?;
    }
    match rest.len() {
        0 => Ok(()),
        more => {
            writeln!(out, "       {:+6.1}  {more} smaller ones", rest.iter().map(|point| point.points).sum::<f64>())
        }
    }
}

/// “Engagement 84, fit 45. Hot since …; Decision since …”
fn standing(story: &Story, lead: &Lead) -> String {
    let scores = story.playbook.scores.iter().zip(&lead.scores).map(|(score, value)| {
        let of = score.range.map_or(String::new(), |(_, most)| format!(" of {most:.0}"));
        format!("{} {value:.0}{of}", score.name.as_deref().unwrap_or(&score.id))
    });
    let stages = lead.stages.iter().enumerate().map(|(ladder, stage)| {
        let name = story.stage_name(ladder, *stage);
        since(story, lead, ladder).map_or_else(|| name.to_owned(), |at| format!("{name} since {}", story.minute(at)))
    });
    let (scores, stages): (Vec<String>, Vec<String>) = (scores.collect(), stages.collect());
    format!("{}. {}.", scores.join(", "), stages.join("; "))
}

/// What moved at one moment, for one reason.
fn told(story: &Story, moment: &[&Move], out: &mut impl Write) -> fmt::Result {
    let Some(first) = moment.first() else { return Ok(()) };
    let moves: Vec<String> = moment.iter().map(|one| story.in_words(one.what)).collect();
    let because = match (&first.because, first.at > story.now) {
        (Some(_), _) => format!(": {}", story.because(first)),
        (None, false) => ": time passed".into(),
        (None, true) => String::new(),
    };
    paragraph(out, 7, &format!("{:<20}  {}{because}", story.minute(first.at), moves.join(", ")))
}

/// Writes a text from a column on, broken between words; later lines stand two columns further in.
fn paragraph(out: &mut impl Write, column: usize, text: &str) -> fmt::Result {
    let further_in = column + 2 * usize::from(column > 0);
    let mut line = " ".repeat(column);
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            writeln!(out, "{}", line.trim_end())?;
            (line, is_empty) = (" ".repeat(further_in), true);
        }
        line.push_str(if is_empty { "" } else { " " });
        line.push_str(word);
        is_empty = false;
    }
    writeln!(out, "{}", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::super::story::tests::{story, story_in};
    use super::*;

    fn report(story: &Story) -> String {
        let mut out = String::new();
        write(story, &mut out).unwrap();
        out
    }

    #[test]
    fn the_report_fits_a_terminal_and_says_what_it_is() {
        let story = story();
        let report = report(&story);
        for line in report.lines() {
            assert!(line.chars().count() <= WIDTH && line == line.trim_end(), "{line:?}");
        }
        for words in
            ["SAMPLE DATA", "WHO IS WHERE", "THREE LEADS", "without `--report`", "Temperature", "Drawn to costing"]
        {
            assert!(report.contains(words), "{words}");
        }
        assert!(!report.contains("something happened"), "a move without its cause");
    }

    #[test]
    fn times_are_those_of_the_playbooks_zone_and_the_report_names_it() {
        let (utc, tokyo) = (report(&story()), report(&story_in("Asia/Tokyo")));
        assert!(utc.contains(", 00:00; all times are in UTC."), "{utc}");
        assert!(tokyo.contains(", 09:00; all times are in Asia/Tokyo."), "{tokyo}");
    }

    #[test]
    fn a_company_of_nobody_can_be_reported_too() {
        let report = report(&Story::of(Company::ending(0, 3, 1)).unwrap());
        assert!(report.contains("0 leads") && report.contains("nobody at the moment"), "{report}");
    }

    #[test]
    fn texts_break_between_words() {
        let mut out = String::new();
        paragraph(&mut out, 4, &"word ".repeat(30)).unwrap();
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("    word") && lines[1].starts_with("      word"), "{out}");
    }
}
