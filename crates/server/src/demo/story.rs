//! The sample company, lived through up to the end of its last day: where everybody stands then, what moved them, and
//! what comes within a week if nothing happens.

use std::collections::BTreeMap;

use attractor_engine::explain::{self, Happened};
use attractor_engine::playbook::{self, Playbook};
use attractor_engine::program::Program;
use attractor_engine::replay::{Said, messages_of, replay};
use attractor_engine::step::MoveKind;
use attractor_engine::time::{Duration, Instant};
use attractor_sample::Company;
use serde_json::Value;

use super::people::People;
use super::words;

const PLAYBOOK: &str = include_str!("../../../../playbooks/sample/playbook.yaml");

/// How far back and ahead the report looks.
pub const WEEK: Duration = Duration(7 * Duration::DAY.0);

pub struct Story {
    pub playbook: Playbook,
    pub company: Company,
    pub now: Instant,
    /// As they came.
    pub lines: Vec<String>,
    program: Program,
    pub people: People,
    /// By name.
    pub leads: Vec<Lead>,
    /// Until now, in order of time.
    pub moves: Vec<Move>,
    /// Within a week from now, if nothing happens, in order of time.
    pub ahead: Vec<Move>,
    /// What happened in words, by message id.
    happened: BTreeMap<String, String>,
}

pub struct Lead {
    pub name: String,
    /// As the playbook declares them.
    pub scores: Vec<f64>,
    /// The stage on each ladder, by place; as the playbook declares them.
    pub stages: Vec<usize>,
    /// By place.
    pub segments: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    pub lead: String,
    pub at: Instant,
    pub what: Moved,
    /// The id of the message that caused it; `None`: time alone.
    pub because: Option<String>,
}

/// Ladders, stages and segments go by their place in the playbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moved {
    Stage { ladder: usize, from: Option<usize>, to: usize },
    Segment { segment: usize, entered: bool },
}

impl Story {
    /// Simulates the company and replays it. The error is one of this program, not of its user.
    pub fn of(company: Company) -> Result<Story, String> {
        Story::under(PLAYBOOK, company)
    }

    fn under(playbook: &str, company: Company) -> Result<Story, String> {
        let reading = playbook::read(playbook);
        let playbook = reading.playbook.ok_or("the sample playbook does not read")?;
        let now = Instant(company.start + i64::from(company.days) * Duration::DAY.0);
        let mut story = Story {
            lines: company.messages().map(|message| message.json).collect(),
            program: Program::new(playbook.clone(), &crate::clock::zones())?,
            playbook,
            company,
            now,
            people: People::default(),
            leads: Vec::new(),
            moves: Vec::new(),
            ahead: Vec::new(),
            happened: BTreeMap::new(),
        };
        for message in std::mem::take(&mut story.lines) {
            serde_json::from_str(&message).ok().iter().for_each(|said| story.hear(said));
            story.lines.push(message);
        }
        let output = |story: &Story, at| replay(&story.program, &story.lines, Some(at), true).output;
        for line in values(&output(&story, now)) {
            story.take(&line);
        }
        let later: Vec<Move> = values(&output(&story, now + WEEK)).filter_map(|line| story.as_move(&line)).collect();
        story.ahead = later.into_iter().filter(|one| one.at > now).collect();
        story.moves.sort_by_key(|one| one.at);
        story.ahead.sort_by_key(|one| one.at);
        Ok(story)
    }

    /// Notes what a message says, for people.
    fn hear(&mut self, message: &Value) {
        self.people.hear(message);
        if let Some(id) = message["messageId"].as_str() {
            self.happened.entry(id.to_owned()).or_insert_with(|| words::happening(message));
        }
    }

    /// Takes a line of the replay: a move, or where a lead stands.
    fn take(&mut self, line: &Value) {
        if let Some(one) = self.as_move(line) {
            self.moves.push(one);
        } else if let Some(lead) = self.as_lead(line) {
            self.leads.push(lead);
        }
    }

    fn as_move(&self, line: &Value) -> Option<Move> {
        let what = match MoveKind::named(line["kind"].as_str()?)? {
            MoveKind::Stage => {
                let ladder = place(&self.playbook.ladders, |ladder| &ladder.id, &line["ladder"])?;
                let stage = |id: &Value| place(&self.playbook.ladders[ladder].stages, |stage| &stage.id, id);
                Moved::Stage { ladder, from: stage(&line["from"]), to: stage(&line["to"])? }
            }
            MoveKind::Segment => {
                let segment = place(&self.playbook.segments, |segment| &segment.id, &line["segment"])?;
                Moved::Segment { segment, entered: line["change"] == "entered" }
            }
            MoveKind::Sequence | MoveKind::Interest => return None,
        };
        let because = line["because"].as_str().filter(|because| *because != "time").map(str::to_owned);
        Some(Move { lead: line["lead"].as_str()?.to_owned(), at: Instant::parse(line["at"].as_str()?)?, what, because })
    }

    fn as_lead(&self, line: &Value) -> Option<Lead> {
        let playbook = &self.playbook;
        let stage = |ladder: &playbook::Ladder| place(&ladder.stages, |stage| &stage.id, &line["stages"][&ladder.id]);
        let segments = line["segments"].as_array()?.iter();
        Some(Lead {
            name: line["lead"].as_str()?.to_owned(),
            scores: playbook.scores.iter().map(|score| line["scores"][&score.id].as_f64().unwrap_or(0.0)).collect(),
            stages: playbook.ladders.iter().map(stage).collect::<Option<_>>()?,
            segments: segments.filter_map(|id| place(&playbook.segments, |segment| &segment.id, id)).collect(),
        })
    }

    /// The points of one lead's scores, each with its cause.
    pub fn ledger(&self, lead: &str) -> Vec<explain::Score> {
        let messages = messages_of(&self.program, &self.lines, Some(self.now), &[lead]).into_iter().flatten();
        let messages: Vec<Said> = messages.collect();
        let what = |said: &Said| self.happened.get(&said.id).map_or("", String::as_str);
        let happened: Vec<Happened> =
            messages.iter().map(|said| Happened { id: &said.id, event: &said.event, what: what(said) }).collect();
        explain::explain(&self.program, lead, &happened, self.now).scores
    }

    /// “Tue 23 June 2026, 14:03”, in the playbook's time zone.
    pub fn year_and_minute(&self, at: Instant) -> String {
        let shown = self.clocks(at);
        format!("{} {}, {}", words::day(shown), words::year(shown), words::hour(shown))
    }

    /// “Tue 23 June, 14:03”, in the playbook's time zone.
    pub fn minute(&self, at: Instant) -> String {
        let shown = self.clocks(at);
        format!("{}, {}", words::day(shown), words::hour(shown))
    }

    /// The name of the playbook's time zone: “Europe/Berlin”.
    pub fn zone(&self) -> &str {
        self.program.zone()
    }

    /// What clocks show in the playbook's time zone, written as an instant of UTC.
    fn clocks(&self, at: Instant) -> Instant {
        let shown = self.program.minute(at).replacen(' ', "T", 1);
        Instant::parse(&format!("{shown}:00Z")).unwrap_or(at)
    }

    /// Why a move was made, in words.
    pub fn because<'a>(&'a self, one: &'a Move) -> &'a str {
        match &one.because {
            Some(id) => self.happened.get(id).map_or("something happened", String::as_str),
            None => "time passed",
        }
    }

    /// A move in words: “Warm → Hot”, “into Buyers”, “out of Dormant”.
    pub fn in_words(&self, what: Moved) -> String {
        match what {
            Moved::Stage { ladder, from: Some(from), to } => {
                format!("{} → {}", self.stage_name(ladder, from), self.stage_name(ladder, to))
            }
            Moved::Stage { ladder, from: None, to } => format!("began as {}", self.stage_name(ladder, to)),
            Moved::Segment { segment, entered: true } => format!("into {}", self.segment_name(segment)),
            Moved::Segment { segment, entered: false } => format!("out of {}", self.segment_name(segment)),
        }
    }

    pub fn stage_name(&self, ladder: usize, stage: usize) -> &str {
        let stage = &self.playbook.ladders[ladder].stages[stage];
        stage.name.as_deref().unwrap_or(&stage.id)
    }

    pub fn segment_name(&self, segment: usize) -> &str {
        let segment = &self.playbook.segments[segment];
        segment.name.as_deref().unwrap_or(&segment.id)
    }

    /// The ladder that tells how warm somebody is: the first.
    pub const TEMPERATURE: usize = 0;

    /// Its highest stage.
    pub fn hottest(&self) -> usize {
        self.playbook.ladders[Story::TEMPERATURE].stages.len() - 1
    }
}

fn values(lines: &str) -> impl Iterator<Item = Value> {
    lines.lines().filter_map(|line| serde_json::from_str(line).ok())
}

fn place<T>(declared: &[T], id: impl Fn(&T) -> &String, wanted: &Value) -> Option<usize> {
    let wanted = wanted.as_str()?;
    declared.iter().position(|one| id(one) == wanted)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn story() -> Story {
        Story::of(Company::ending(300, 120, 1)).unwrap()
    }

    /// The same company, with the clocks of another zone.
    pub fn story_in(zone: &str) -> Story {
        let playbook = PLAYBOOK.replacen("timezone: UTC", &format!("timezone: {zone}"), 1);
        Story::under(&playbook, Company::ending(300, 120, 1)).unwrap()
    }

    #[test]
    fn everybody_stands_where_their_moves_led() {
        let story = story();
        for lead in &story.leads {
            let mut stages = vec![None; story.playbook.ladders.len()];
            let mut segments = Vec::new();
            for one in story.moves.iter().filter(|one| one.lead == lead.name) {
                match one.what {
                    Moved::Stage { ladder, from, to } => {
                        assert_eq!(stages[ladder], from, "{one:?}");
                        stages[ladder] = Some(to);
                    }
                    Moved::Segment { segment, entered: true } => segments.push(segment),
                    Moved::Segment { segment, entered: false } => segments.retain(|inside| *inside != segment),
                }
            }
            segments.sort_unstable();
            assert_eq!(stages, lead.stages.iter().copied().map(Some).collect::<Vec<_>>(), "{}", lead.name);
            assert_eq!(segments, lead.segments, "{}", lead.name);
        }
        assert!(story.leads.len() > 250);
    }

    #[test]
    fn what_comes_comes_within_a_week_and_by_time_alone() {
        let story = story();
        assert!(!story.ahead.is_empty());
        assert!(
            story.ahead.iter().all(|one| one.at > story.now && one.at <= story.now + WEEK && one.because.is_none())
        );
        assert!(story.moves.iter().all(|one| one.at <= story.now));
    }
}
