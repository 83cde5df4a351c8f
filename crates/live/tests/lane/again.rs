//! A list that says A, B, A: what is there already and not so now is said once more, and only then.

use attractor_live::{Arrived, Assertion, Fills, Taken};
use serde_json::json;

use crate::trial::{Trial, at};

fn is(traits: &str) -> String {
    format!(r#""type": "identify", "userId": "ada", "traits": {{{traits}}}"#)
}

fn track(kind: &str, properties: &str) -> String {
    format!(r#""type": "track", "event": "{kind}", "userId": "ada", "properties": {{{properties}}}"#)
}

impl Trial {
    /// Imports messages that hold as of their instant, each its id, its instant and the rest; `+` for each that is new.
    fn import(&mut self, number: u32, lines: &[(&str, &str, &str)]) -> String {
        let arrived: Vec<Arrived> = lines
            .iter()
            .map(|(id, time, rest)| Arrived {
                json: format!(r#"{{"messageId": "{id}", "timestamp": "{}", {rest}}}"#, at(time)),
                received_at: at("20:00"),
                origin: format!("import:{number}"),
                fills: Fills::All,
            })
            .collect();
        let sign = |taken: &Taken| if matches!(taken, Taken::New { .. }) { '+' } else { '.' };
        let assertions = vec![Assertion::Holds; arrived.len()];
        let note = |_: &mut _, taken: &[Taken], _| Ok(taken.iter().map(sign).collect());
        self.now = at("20:00");
        self.lane.take_import(&arrived, &assertions, at("20:00"), note).unwrap()
    }
}

#[test]
fn what_a_list_says_is_so_afterwards_and_is_stored_once() {
    let (sql, mql) = (is(r#""stage": "SQL""#), is(r#""stage": "MQL""#));
    let mut trial = Trial::new();
    let mut weeks = Vec::new();
    // The id of what a row says, the row, and whether it is new; each list is imported twice.
    for (week, row) in [("sql", &sql), ("mql", &mql), ("sql", &sql), ("mql", &mql), ("sql", &sql)].iter().enumerate() {
        let line = [(row.0, "09:00", row.1.as_str())];
        let said = trial.import(2 * week as u32, &line) + &trial.import(2 * week as u32 + 1, &line);
        weeks.push((said, trial.attribute("ada", "stage")));
    }
    for (week, (said, stage)) in weeks.iter().enumerate() {
        assert_eq!(said, "+.", "week {week}");
        assert_eq!(stage, &json!(if week % 2 == 0 { "SQL" } else { "MQL" }), "week {week}");
    }
    trial.agrees();
}

#[test]
fn what_was_said_later_stays() {
    let row = is(r#""stage": "SQL", "email": "ada@x.example""#);
    let mut trial = Trial::new();
    assert_eq!(trial.import(1, &[("a", "09:00", &row)]), "+");
    trial.receive(&[("b", "10:00", &is(r#""stage": "customer""#))]);
    assert_eq!(trial.import(2, &[("a", "09:30", &row)]), ".", "the list is older than the message");
    assert_eq!(trial.import(3, &[("a", "11:00", &row)]), "+");
    assert_eq!(trial.attribute("ada", "stage"), json!("SQL"));
    trial.agrees();
}

#[test]
fn tags_deals_and_departures_are_said_once_more() {
    let tag = track("Tagged", r#""tag": "vip", "by": "import""#);
    let won = track("Deal Won", r#""deal_id": "7", "amount": 100"#);
    let more = track("Deal Won", r#""deal_id": "7", "amount": 200"#);
    let gone = track("Unsubscribed", "");
    let mut trial = Trial::new();
    let list = [("t", "09:00", tag.as_str()), ("w", "09:00", &won), ("g", "09:00", &gone)];
    assert_eq!(trial.import(1, &list), "+++");
    assert_eq!(trial.import(2, &list), "...");
    assert_eq!(trial.import(3, &[("m", "09:00", &more)]), "+");
    trial.receive(&[
        ("u", "10:00", &track("Untagged", r#""tag": "VIP""#)),
        ("s", "10:01", &track("Subscribed", r#""proof": "form""#)),
    ]);
    assert_eq!(trial.import(4, &list), ".+.", "the tag and the departure are older than what was heard since");
    let today: Vec<(&str, &str, &str)> = list.iter().map(|(id, _, rest)| (*id, "12:00", *rest)).collect();
    assert_eq!(trial.import(5, &today), "+.+");
    assert_eq!(trial.import(6, &today), "...");
    assert_eq!(trial.attribute("ada", "tags"), json!(["vip"]));
    let profile = trial.profile("ada");
    assert_eq!(profile.deals["7"].amount, Some(100.0));
    assert_eq!(profile.consents.in_effect(&attractor_engine::consent::Scope::All).state.name(), "withdrawn");
    trial.agrees();
}

#[test]
fn a_deal_is_said_once_more_however_its_amount_is_written() {
    // The amount of the list's row, another one heard later, and whether the row changes the deal again.
    for (row, later, again) in [
        ("100", "200", "+"),
        (r#""100""#, "200", "+"),
        (r#"" 100.50 ""#, r#""200""#, "+"),
        (r#""100""#, "100", "."),
        ("100", r#""100.0""#, "."),
        (r#""unknown""#, "200", "."),
    ] {
        let deal = |amount: &str| track("Deal Won", &format!(r#""deal_id": "7", "amount": {amount}"#));
        let mut trial = Trial::new();
        assert_eq!(trial.import(1, &[("w", "09:00", &deal(row))]), "+", "{row}");
        trial.receive(&[("m", "09:30", &deal(later))]);
        assert_eq!(trial.import(2, &[("w", "12:00", &deal(row))]), again, "{row} after {later}");
        let amount = |text: &str| text.trim_matches('"').trim().parse::<f64>().ok();
        let last = if again == "+" { row } else { later };
        assert_eq!(trial.profile("ada").deals["7"].amount, amount(last), "{row} after {later}");
        trial.agrees();
    }
}

#[test]
fn an_undo_takes_back_what_was_said_once_more() {
    let (sql, mql) = (is(r#""stage": "SQL""#), is(r#""stage": "MQL""#));
    let mut trial = Trial::new();
    for (number, id, row) in [(1, "sql", &sql), (2, "mql", &mql), (3, "sql", &sql)] {
        assert_eq!(trial.import(number, &[(id, "09:00", row)]), "+");
    }
    while trial.lane.undo("import:3", at("20:00"), 100).unwrap() {}
    assert_eq!(trial.attribute("ada", "stage"), json!("MQL"));
    trial.agrees();
}
