//! What a replay printed, as the tables say it.

use serde_json::Value;

/// A move, in the words of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    pub lead: String,
    pub at: String,
    pub text: String,
    pub because: String,
}

impl std::fmt::Display for Move {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: → {} at {} because {}", self.lead, self.text, self.at, self.because)
    }
}

/// Moves in the order printed, and the lines of the leads.
pub fn answer(output: &str) -> (Vec<Move>, Vec<Value>) {
    let lines: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).expect("a replay prints JSON")).collect();
    let (moves, leads): (Vec<Value>, Vec<Value>) = lines.into_iter().partition(|line| line.get("kind").is_some());
    (moves.iter().map(read_move).collect(), leads)
}

fn read_move(line: &Value) -> Move {
    let field = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
    let text = match line["kind"].as_str() {
        Some("stage") if line["from"].is_null() => format!("{} {}", field("ladder"), field("to")),
        Some("stage") => format!("{} {}>{}", field("ladder"), field("from"), field("to")),
        Some("segment") => format!("{} {}", field("segment"), field("change")),
        Some("sequence") => format!("{} {}", field("sequence"), field("change")),
        Some("send") if line["email"].is_null() => format!("{} sends the best", field("sequence")),
        Some("send") => format!("{} sends {}", field("sequence"), field("email")),
        _ => line.to_string(),
    };
    Move { lead: field("lead"), at: field("at"), text, because: field("because") }
}

/// How a lead stands: the value of a score, ladder or topic, or the primary interest, as text.
pub fn standing(lead: &Value, name: &str) -> String {
    if name == "primary" {
        return lead["primary_interest"].as_str().unwrap_or("none").to_owned();
    }
    let found = ["scores", "stages", "interests"].iter().find_map(|part| lead[*part].get(name));
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => format!("{}", number.as_f64().unwrap_or(f64::NAN)),
        _ => "none".into(),
    }
}

pub fn is_in(lead: &Value, segment: &str) -> bool {
    lead["segments"].as_array().is_some_and(|all| all.iter().any(|id| id == segment))
}
