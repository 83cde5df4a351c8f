//! A table held against the program, through its public interface alone.

use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::replay::{Replay, replay};
use jiff::tz::TimeZoneDatabase;
use serde_json::Value;

use super::answer::{Move, answer, is_in, standing};
use super::table::{Claim, Row, Says, Table};

/// Panics with everything that is not as the table says.
pub fn check(name: &str, text: &str) {
    let failures = failures(text);
    assert!(failures.is_empty(), "\nnot as in the table `{name}`:\n  {}\n", failures.join("\n  "));
}

/// What is not as the table says, each with its line, what was expected and what came.
pub fn failures(text: &str) -> Vec<String> {
    let table = match Table::read(text) {
        Ok(table) => table,
        Err(why) => return vec![why],
    };
    let reading = playbook::read(&table.playbook);
    let problems: Vec<String> = reading.problems.iter().filter(|p| p.is_error()).map(ToString::to_string).collect();
    match (&table.refused, reading.playbook) {
        (Some(words), _) if problems.iter().any(|problem| problem.contains(words)) => Vec::new(),
        (Some(words), _) => vec![format!("expected a playbook refused with “{words}”, got {problems:?}")],
        (None, None) => problems.into_iter().map(|problem| format!("the playbook is refused: {problem}")).collect(),
        (None, Some(playbook)) => match Program::new(playbook, &TimeZoneDatabase::bundled()) {
            Ok(program) => Run { program, rows: &table.rows }.failures(),
            Err(why) => vec![format!("the playbook is refused: {why}")],
        },
    }
}

struct Run<'t> {
    program: Program,
    rows: &'t [Row],
}

impl Run<'_> {
    fn failures(&self) -> Vec<String> {
        let whole = self.replay(self.rows, self.rows.iter().map(|row| row.at).max());
        let mut failures = self.said(&whole);
        failures.extend(self.moves(answer(&whole.output).0));
        for place in 0..self.rows.len() {
            failures.extend(self.standings(place));
        }
        failures
    }

    fn replay(&self, rows: &[Row], at: Option<attractor_engine::time::Instant>) -> Replay {
        let lines: Vec<String> = rows.iter().filter_map(|row| row.happening.message.clone()).collect();
        replay(&self.program, &lines, at, true)
    }

    /// Which line of the file each line of the table is, from 1.
    fn file_lines(&self) -> impl Iterator<Item = (u64, &Row)> {
        (1..).zip(self.rows.iter().filter(|row| row.happening.message.is_some()))
    }

    /// What was said of lines, invalid ones and conflicts.
    fn said(&self, whole: &Replay) -> Vec<String> {
        let mut failures = Vec::new();
        for (line, row) in self.file_lines() {
            let got = |all: &[(u64, String)]| -> Vec<String> {
                all.iter().filter(|(at, _)| *at == line).map(|(_, why)| why.clone()).collect()
            };
            let (mut invalid, mut conflict) = (Vec::new(), Vec::new());
            for claim in &row.claims {
                match &claim.says {
                    Says::Invalid(words) => invalid.push(words.as_str()),
                    Says::Conflict(words) => conflict.push(words.as_str()),
                    _ => {}
                }
            }
            failures.extend(compare(row, "invalid", &invalid, &got(&whole.rejected)));
            failures.extend(compare(row, "conflict", &conflict, &got(&whole.conflicts)));
        }
        failures
    }

    /// Every move expected must come, and no other, in this order.
    fn moves(&self, got: Vec<Move>) -> Vec<String> {
        let mut expected = self.expected();
        let mut failures = Vec::new();
        let mut left = got.clone();
        for (number, wanted) in &expected {
            match left.iter().position(|found| found == wanted) {
                Some(place) => drop(left.remove(place)),
                None => failures.push(format!("line {number}: expected {wanted}, but it does not come")),
            }
        }
        failures.extend(left.iter().map(|found| format!("no line expects {found}")));
        // Printed lead by lead; within a lead by instant, what time does before the events, these as received.
        expected.sort_by(|(_, a), (_, b)| {
            let key = |m: &Move| (m.lead.clone(), m.at.clone(), m.because != "time");
            key(a).cmp(&key(b))
        });
        if failures.is_empty() && !expected.iter().map(|(_, wanted)| wanted).eq(&got) {
            let order: Vec<String> = got.iter().map(ToString::to_string).collect();
            failures.push(format!("the moves come in another order: {}", order.join("; ")));
        }
        failures
    }

    fn expected(&self) -> Vec<(usize, Move)> {
        let mut expected = Vec::new();
        let mut line = 0;
        for row in self.rows {
            let because = match (&row.happening.message, &row.happening.id) {
                (None, _) => "time".to_owned(),
                (Some(_), Some(id)) => id.clone(),
                (Some(_), None) => format!("line-{}", line + 1),
            };
            line += usize::from(row.happening.message.is_some());
            for Claim { lead, says, .. } in &row.claims {
                let Says::Move(text) = says else { continue };
                let (lead, text, because) = (lead.clone(), text.clone(), because.clone());
                expected.push((row.number, Move { lead, at: row.at.to_string(), text, because }));
            }
        }
        expected
    }

    /// How leads stand at a line's instant, going by the lines so far.
    fn standings(&self, place: usize) -> Vec<String> {
        let row = &self.rows[place];
        let asks = |claim: &&Claim| matches!(claim.says, Says::Is(..) | Says::In(..) | Says::Next(_) | Says::Leads(_));
        if !row.claims.iter().any(|claim| asks(&claim)) {
            return Vec::new();
        }
        let (_, leads) = answer(&self.replay(&self.rows[..=place], Some(row.at)).output);
        let wrong = row.claims.iter().filter(asks).filter_map(|claim| self.wrong(claim, &leads));
        wrong.map(|(text, got)| format!("line {}: expected {text}, got {got}", row.number)).collect()
    }

    fn wrong(&self, claim: &Claim, leads: &[Value]) -> Option<(String, String)> {
        let names: Vec<&str> = leads.iter().filter_map(|lead| lead["lead"].as_str()).collect();
        let wrong = |got: String| Some((claim.text.clone(), got));
        if let Says::Leads(expected) = &claim.says {
            let got = names.join(" ");
            return if got == *expected { None } else { wrong(got) };
        }
        let Some(lead) = leads.iter().find(|lead| lead["lead"] == claim.lead.as_str()) else {
            return wrong(format!("no lead `{}`, only {}", claim.lead, names.join(", ")));
        };
        match &claim.says {
            Says::Is(name, value) if !self.knows(name) => wrong(format!("nothing named `{name}`, to be {value}")),
            Says::Is(name, value) if standing(lead, name) != *value => wrong(standing(lead, name)),
            Says::In(segment, _) if !self.program.playbook().segments.iter().any(|one| one.id == *segment) => {
                wrong(format!("no segment `{segment}`"))
            }
            Says::In(segment, inside) if is_in(lead, segment) != *inside => wrong(lead["segments"].to_string()),
            Says::Next(next) => {
                let next = next.map_or(Value::Null, |at| Value::from(at.to_string()));
                if lead["next_change"] == next { None } else { wrong(lead["next_change"].to_string()) }
            }
            _ => None,
        }
    }

    fn knows(&self, name: &str) -> bool {
        let playbook = self.program.playbook();
        name == "primary"
            || playbook.scores.iter().any(|score| score.id == name)
            || playbook.ladders.iter().any(|ladder| ladder.id == name)
            || playbook.topics.iter().any(|topic| topic.id == name)
    }
}

/// Words expected of a line, and what was said of it.
fn compare(row: &Row, what: &str, wanted: &[&str], got: &[String]) -> Option<String> {
    let number = row.number;
    match (wanted, got) {
        ([], []) => None,
        ([], got) => Some(format!("line {number}: is {what}: {}", got.join("; "))),
        (words, got) if got.iter().any(|why| words.iter().all(|word| why.contains(word))) => None,
        (words, got) => Some(format!("line {number}: expected {what} “{}”, got {got:?}", words.join("”, “"))),
    }
}
