//! A table, read.

use attractor_engine::time::Instant;

use super::happening::{Happening, happening};
use super::moment::moment;

pub struct Table {
    pub playbook: String,
    /// Words of a problem that the playbook must have.
    pub refused: Option<String>,
    pub rows: Vec<Row>,
}

pub struct Row {
    /// In the table, from 1.
    pub number: usize,
    pub at: Instant,
    pub happening: Happening,
    pub claims: Vec<Claim>,
}

pub struct Claim {
    pub lead: String,
    /// As written.
    pub text: String,
    pub says: Says,
}

#[derive(Debug, PartialEq)]
pub enum Says {
    Move(String),
    /// A score, ladder, topic or `primary`, and its value as text.
    Is(String, String),
    In(String, bool),
    Next(Option<Instant>),
    Leads(String),
    Invalid(String),
    Conflict(String),
    Nothing,
}

const EMAILS: &str = r#"
emails:
  - {id: welcome, subject: Welcome, body: "<mjml></mjml>"}
  - {id: offer, subject: Offer, body: "<mjml></mjml>"}
  - {id: case-study, subject: Case, body: "<mjml></mjml>"}
"#;

impl Table {
    pub fn read(text: &str) -> Result<Table, String> {
        let mut playbook = String::from("playbook: test\n");
        let mut table = Table { playbook: String::new(), refused: None, rows: Vec::new() };
        let mut lines = (1..).zip(text.lines().skip_while(|line| line.trim().is_empty()));
        for (_, line) in lines.by_ref() {
            if let Some(words) = line.trim().strip_prefix("refused ") {
                table.refused = Some(words.to_owned());
                break;
            }
            if line.split('|').map(str::trim).eq(["when", "what", "then"]) {
                break;
            }
            playbook.push_str(line);
            playbook.push('\n');
        }
        // The lines of a playbook stand deeper than its first.
        table.playbook = indented_alike(&playbook);
        if !table.playbook.contains("\nemails:") {
            table.playbook.push_str(EMAILS);
        }
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty() && !line.trim().starts_with("--")) {
            let row = read_row(number, line, table.rows.last()).map_err(|why| format!("line {number}: {why}"))?;
            table.rows.push(row);
        }
        if table.rows.is_empty() && table.refused.is_none() {
            return Err("a table without lines: `when | what | then`, or `refused WORDS`, is missing".into());
        }
        Ok(table)
    }
}

/// Takes away what all lines but the first are indented by.
fn indented_alike(playbook: &str) -> String {
    let (first, rest) = playbook.split_once('\n').unwrap_or((playbook, ""));
    let full = rest.lines().filter(|line| !line.trim().is_empty());
    let indent = full.map(|line| line.len() - line.trim_start().len()).min().unwrap_or(0);
    let rest = rest.lines().map(|line| line.get(indent..).unwrap_or_default());
    std::iter::once(first).chain(rest).flat_map(|line| [line, "\n"]).collect()
}

fn read_row(number: usize, line: &str, above: Option<&Row>) -> Result<Row, String> {
    let columns: Vec<&str> = line.split('|').map(str::trim).collect();
    let [when, what, then] = columns[..] else {
        return Err(format!("{} columns; three are expected: when | what | then", columns.len()));
    };
    let at = match (when, above) {
        ("", Some(above)) => above.at,
        _ => moment(when).ok_or_else(|| format!("`{when}` is no instant"))?,
    };
    let happening = happening(what, at)?;
    let claims = read_claims(then, &happening.lead)?;
    Ok(Row { number, at, happening, claims })
}

fn read_claims(then: &str, lead: &str) -> Result<Vec<Claim>, String> {
    let mut lead = lead.to_owned();
    let mut claims = Vec::new();
    for text in then.split(", ").filter(|text| !text.is_empty()) {
        let said = match text.split_once(": ") {
            Some((name, said)) if !name.contains(' ') => {
                lead = name.to_owned();
                said
            }
            _ => text,
        };
        claims.push(Claim { lead: lead.clone(), text: text.to_owned(), says: read_claim(said)? });
    }
    Ok(claims)
}

fn read_claim(text: &str) -> Result<Says, String> {
    if let Some((name, value)) = text.split_once('=') {
        return Ok(Says::Is(name.to_owned(), value.to_owned()));
    }
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    Ok(match word {
        "→" => Says::Move(rest.to_owned()),
        "in" => Says::In(rest.to_owned(), true),
        "out" => Says::In(rest.to_owned(), false),
        "next" if rest == "none" => Says::Next(None),
        "next" => Says::Next(Some(moment(rest).ok_or_else(|| format!("`{rest}` is no instant"))?)),
        "leads" => Says::Leads(rest.to_owned()),
        "invalid" => Says::Invalid(rest.to_owned()),
        "conflict" => Says::Conflict(rest.to_owned()),
        "nothing" if rest.is_empty() => Says::Nothing,
        _ => return Err(format!("`{text}` is nothing that can be expected")),
    })
}
