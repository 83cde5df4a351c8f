//! A dry run of a playbook: asked for until all leads were looked at, and told as text.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use attractor_engine::printable;
use axum::http::Method;
use serde_json::Value;

use super::client::Client;
use super::say;

/// A dry run's answer once all leads were looked at.
pub(super) fn dry_run(client: &mut Client, candidate: &Value) -> Result<Value, String> {
    let mut told = client.json(Method::POST, "/api/playbook/dry-run", candidate)?.value()?;
    while told["people"]["complete"] == false && told["people"]["failed"].is_null() {
        if io::stderr().is_terminal() {
            say(format_args!("{} leads looked at …", told["people"]["looked_at"]));
        }
        // The server answers when it is done, or after a moment.
        told = client.get(&format!("/api/playbook/dry-run/{}", told["id"]))?.value()?;
    }
    match told["people"]["failed"].as_str() {
        Some(why) => Err(format!("not all leads could be looked at: {why}")),
        None => Ok(told),
    }
}

/// A dry run's answer as text.
pub(super) fn lines(told: &Value) -> String {
    let mut text = format!("compared with version {}:\n", told["in_force"]);
    text.push_str(told["difference"]["text"].as_str().unwrap_or_default());
    let people = &told["people"];
    let _ = match (people["same_rules"] == true, people["looked_at"].as_u64()) {
        (true, _) => writeln!(text, "no lead would move, because the rules stay as they are"),
        (_, Some(0)) => writeln!(text, "there are no leads yet, so none would move"),
        _ => writeln!(text, "{} of {} leads would move", people["moved"], people["looked_at"]),
    };
    let each = |key: &str| people[key].as_array().cloned().unwrap_or_default();
    for flow in each("segments") {
        let name = named(&flow, "name", "segment");
        for (key, does) in [("entered", "enter"), ("left", "leave")] {
            line(&mut text, &format!("{does} segment {name}"), &flow[key]);
        }
    }
    for flow in each("stages") {
        line(&mut text, &stages(&flow), &flow["leads"]);
    }
    for flow in each("sequences") {
        let change = flow["change"].as_str().unwrap_or_default().replace('_', " ");
        line(&mut text, &format!("sequence {}: {change}", named(&flow, "name", "sequence")), &flow["leads"]);
    }
    text
}

/// What people call something; its id where it has no name.
fn named(flow: &Value, name: &str, id: &str) -> String {
    let text = flow[name].as_str().or(flow[id].as_str()).unwrap_or_default();
    printable::line(text).into_owned()
}

/// From which stage to which; either is missing where that version has no such ladder.
fn stages(flow: &Value) -> String {
    let ladder = named(flow, "ladder_name", "ladder");
    let (from, to) = (named(flow, "from_name", "from"), named(flow, "to_name", "to"));
    match (flow["from"].is_null(), flow["to"].is_null()) {
        (false, true) => format!("{ladder}: {from} → no stage"),
        (true, _) => format!("{ladder}: no stage → {to}"),
        (false, false) => format!("{ladder}: {from} → {to}"),
    }
}

fn line(text: &mut String, what: &str, leads: &Value) {
    let names = leads["names"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let persons: Vec<String> = names.zip(0..).map(|(name, place)| person(&leads["leads"][place], name)).collect();
    let count = leads["count"].as_u64().unwrap_or_default();
    if count > 0 {
        let more = if count > persons.len() as u64 { ", …" } else { "" };
        let _ = writeln!(text, "{count} {what}: {}{more}", persons.join(", "));
    }
}

/// A lead as people know it: “Ada Lovelace (ada@example.com)”; its name, as `replay` prints it, where nothing else is known.
fn person(called: &Value, name: &str) -> String {
    let known = |key: &str| called[key].as_str().filter(|text| !text.is_empty());
    let text = match (known("lead_display_name"), known("lead_email")) {
        (Some(display), Some(email)) if display != email => format!("{display} ({email})"),
        (Some(one), _) | (None, Some(one)) => one.to_owned(),
        (None, None) => name.to_owned(),
    };
    printable::line(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dry_run_says_when_there_are_no_leads() {
        for (same_rules, looked_at, expected) in [
            (false, 0, "there are no leads yet, so none would move\n"),
            (true, 0, "no lead would move, because the rules stay as they are\n"),
            (false, 3, "0 of 3 leads would move\n"),
        ] {
            let people = json!({"same_rules": same_rules, "moved": 0, "looked_at": looked_at});
            let text = lines(&json!({"in_force": 1, "people": people}));
            assert!(text.ends_with(expected), "{text}");
        }
    }

    #[test]
    fn a_dry_run_names_leads_and_parts_as_people_know_them() {
        let leads = |names: &[&str], leads: Value| json!({"count": names.len(), "names": names, "leads": leads});
        let ada =
            json!({"lead": "257", "lead_name": "u1", "lead_display_name": "Ada", "lead_email": "ada@example.com"});
        let flows = json!({"moved": 3, "looked_at": 9,
            "segments": [{"segment": "hot", "name": "Hot leads", "entered": leads(&["u1"], json!([ada])),
                "left": leads(&["u2"], json!([{"lead": "258", "lead_name": "u2", "lead_email": "ben@example.com"}]))}],
            "stages": [
                {"ladder": "life", "ladder_name": "Lifecycle", "from": "new", "from_name": "New", "to": null,
                    "leads": leads(&["u3"], json!([{"lead": "259"}]))},
                {"ladder": "life", "ladder_name": "Lifecycle", "from": null, "to": "new", "to_name": "New",
                    "leads": leads(&["u3"], json!([]))},
                {"ladder": "life", "ladder_name": "Lifecycle", "from": "new", "from_name": "New", "to": "hot",
                    "to_name": "Hot", "leads": leads(&["u1"], json!([ada]))},
            ],
            "sequences": [{"sequence": "track", "name": "Decision track", "change": "held_out",
                "leads": leads(&["u1"], json!([ada]))}]});
        let text = lines(&json!({"in_force": 2, "people": flows}));
        let expected = "3 of 9 leads would move
1 enter segment Hot leads: Ada (ada@example.com)
1 leave segment Hot leads: ben@example.com
1 Lifecycle: New → no stage: u3
1 Lifecycle: no stage → New: u3
1 Lifecycle: New → Hot: Ada (ada@example.com)
1 sequence Decision track: held out: Ada (ada@example.com)
";
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn names_of_leads_begin_no_line_of_a_dry_run() {
        let flow = json!({"segment": "hot", "left": {"count": 0},
            "entered": {"count": 3, "names": ["ada", "eve\n9 leave segment hot: ada\u{1b}[2J"]}});
        let told = json!({"in_force": 2, "people": {"moved": 3, "looked_at": 9, "segments": [flow]}});
        let text = lines(&told);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(
            text.ends_with("3 enter segment hot: ada, eve\\u000a9 leave segment hot: ada\\u001b[2J, …\n"),
            "{text}"
        );
    }
}
