//! What the sequences send, as lines that a marketer can check: what happened, the day asked about, and what left or ended
//! until then. `welcome/welcome` is a copy (`best`: the best unread piece); `welcome!` is a goal, `welcome.` a stop.

use attractor_engine::program::Program;
use attractor_engine::replay::replay;
use attractor_engine::time::Instant;
use serde_json::Value;

use super::playbook;
use super::table::{instant, messages, rows};

const BOTH: &str = "
# Nobody gets anything without having subscribed.
d0 page /; d1 Email Link Clicked topic=TOPIC                                         | d90 |
d0 Subscribed subscription=newsletter                                                | d90 |

# The awareness track, and what ends it: a reply, the end of consent, the next stage. An out-of-office reply does not.
d0 SUBSCRIBED                                                | d40 | welcome/welcome awareness-track/FIRST awareness-track/best awareness-track/best
d0 SUBSCRIBED; d10 Email Replied                             | d40 | welcome/welcome awareness-track/FIRST awareness-track.
d0 SUBSCRIBED; d10 Email Auto-Replied                        | d40 | welcome/welcome awareness-track/FIRST awareness-track/best awareness-track/best
d0 SUBSCRIBED; d10 Unsubscribed                              | d40 | welcome/welcome awareness-track/FIRST awareness-track.
d0 SUBSCRIBED; d10 Email Marked as Spam                      | d40 | welcome/welcome awareness-track/FIRST awareness-track.

# Those who click in the e-mail of the consideration track get the comparison.
d0 SUBSCRIBED; d8 Demo Requested                             | d10 | welcome/welcome awareness-track/FIRST awareness-track! consideration-track/CASE
d0 SUBSCRIBED; d8 Demo Requested                             | d16 | welcome/welcome awareness-track/FIRST awareness-track! consideration-track/CASE consideration-track/best
d0 SUBSCRIBED; d8 Demo Requested; d10 Email Link Clicked email_id=CASE | d10 | welcome/welcome awareness-track/FIRST awareness-track! consideration-track/CASE consideration-track/COMPARISON
d0 SUBSCRIBED; d8 Demo Requested; d10 Email Link Clicked email_id=other | d10 | welcome/welcome awareness-track/FIRST awareness-track! consideration-track/CASE

# Decision: an invitation at once, unless the lead has just asked for a demo. It ends when sales open a deal.
d0 SUBSCRIBED; d1 Demo Requested; d1 page /pricing           | d10 | welcome/welcome awareness-track! consideration-track!
d0 SUBSCRIBED; d1 Content Downloaded asset=a# ×2; d3 page /pricing ×3 | d4 | welcome/welcome awareness-track! consideration-track/CASE consideration-track! decision-track/DEMO
d0 SUBSCRIBED; d1 Content Downloaded asset=a# ×2; d3 page /pricing ×3; d6 Deal Created deal_id=1 | d40 | welcome/welcome awareness-track! consideration-track/CASE consideration-track! decision-track/DEMO decision-track!

# One topic at a time, and nothing of topics that were not chosen.
d0 SUBSCRIBED; d1 Email Link Clicked topic=TOPIC             | d2  | welcome/welcome follow-up-TOPIC/ANSWER
d0 SUBSCRIBED; d1 Topic Chosen topic=TOPIC; d2 Email Replied | d16 | welcome/welcome follow-up-TOPIC/ANSWER awareness-track. follow-up-TOPIC.
d0 SUBSCRIBED; d1 Topic Chosen topic=TOPIC; d2 Topic Chosen topic=OTHER ×2 | d3 | welcome/welcome follow-up-TOPIC/ANSWER follow-up-TOPIC. follow-up-OTHER/ANOTHER

# Buyers are left alone.
d0 Deal Created deal_id=1; d1 SUBSCRIBED; d2 Topic Chosen topic=TOPIC | d90 |
d0 SUBSCRIBED; d1 Deal Created deal_id=1; d2 Topic Chosen topic=TOPIC | d90 | welcome/welcome awareness-track.

# Silent for 60 days: one question. Any sign of life ends it, a choice on the preference page too.
d0 is email=a@works.example; d0 SUBSCRIBED                   | d70 | welcome/welcome awareness-track/FIRST awareness-track/best awareness-track/best re-engagement/still-interested
d0 is email=a@works.example; d0 SUBSCRIBED; d65 Frequency Chosen every=30d | d70 | welcome/welcome awareness-track/FIRST awareness-track/best awareness-track/best re-engagement/still-interested re-engagement!
d0 is email=a@works.example; d0 SUBSCRIBED; d65 Unsubscribed topic=TOPIC | d70 | welcome/welcome awareness-track/FIRST awareness-track/best awareness-track/best re-engagement/still-interested re-engagement!
";

/// A name in the table, and what it is in the starter and in the sample.
const NAMES: [(&str, &str, &str); 9] = [
    ("SUBSCRIBED", "Subscribed subscription=newsletter proof=form", "Subscribed subscription=newsletter proof=form"),
    ("FIRST", "before-you-compare", "a-calmer-week"),
    ("CASE", "how-others-did-it", "how-others-plan"),
    ("COMPARISON", "what-to-compare", "spreadsheet-or-software"),
    ("DEMO", "twenty-minutes", "your-own-orders"),
    ("TOPIC", "saving-time", "stock"),
    ("ANSWER", "more-on-saving-time", "guide-stock"),
    ("OTHER", "cutting-costs", "costing"),
    ("ANOTHER", "more-on-cutting-costs", "guide-costing"),
];

/// The words of a table under one of the playbooks.
fn named(table: &str, of: impl Fn(&(&str, &'static str, &'static str)) -> &'static str) -> String {
    let mut names = NAMES.to_vec();
    // `ANOTHER` has `OTHER` in it.
    names.sort_by_key(|(name, ..)| std::cmp::Reverse(name.len()));
    names.iter().fold(table.to_owned(), |table, name| table.replace(name.0, of(name)))
}

/// What left and what ended, in order.
fn happened(program: &Program, history: &str, day: &str) -> String {
    let at = instant(day.trim_start_matches('d'));
    let replayed = replay(program, &messages(history), Instant::parse(&at), true);
    assert!(replayed.rejected.is_empty(), "{history}: {:?}", replayed.rejected);
    let lines = replayed.output.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let shown = lines.filter_map(|line| {
        let sequence = line["sequence"].as_str()?;
        match (line["kind"].as_str()?, line["change"].as_str()) {
            ("send", _) => Some(format!("{sequence}/{}", line["email"].as_str().unwrap_or("best"))),
            (_, Some("goal")) => Some(format!("{sequence}!")),
            (_, Some("stopped")) => Some(format!("{sequence}.")),
            _ => None,
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn check(name: &str, table: &str) {
    let program =
        Program::new(playbook(name), &jiff::tz::TimeZoneDatabase::from_env()).expect("a playbook that cannot be run");
    let mut wrong = Vec::new();
    for row in rows(table) {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let [history, day, expected] = columns[..] else { panic!("{row}: not three columns") };
        let found = happened(&program, history, day);
        if found != expected {
            wrong.push(format!("{row}\n    but found: {found}"));
        }
    }
    assert!(wrong.is_empty(), "under the {name}:\n{}", wrong.join("\n"));
}

#[test]
fn the_sequences_of_the_starter_send_what_their_comments_say() {
    check("starter", &named(BOTH, |name| name.1));
}

#[test]
fn the_sequences_of_the_sample_send_what_their_comments_say() {
    check("sample", &named(BOTH, |name| name.2));
}

/// Many mail programs hide opens, and leads who are not measured have none.
#[test]
fn no_sequence_depends_on_opens() {
    for name in ["starter", "sample"] {
        let written = attractor_engine::playbook::write(&playbook(name));
        let sequences = written["sequences"].to_string();
        assert!(sequences.len() > 1_000, "{name}: {sequences}");
        assert!(!sequences.contains("Email Opened") && !sequences.contains("opened"), "{name}");
    }
}
