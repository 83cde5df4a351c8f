use super::*;
use crate::playbook::read;

const OLD: &str = "playbook: shop
topics: [{id: shirts, name: Shirts, pages: [/shirts]}, {id: ties}]
interests: {}
scores:
  - id: lead
    name: Lead
    rules:
      - {id: pricing, name: Pricing page, event: Page Viewed, where: {path: {starts_with: /pricing}}, points: 20, decay: {expires: 30d}}
      - {id: call, event: Call Logged, points: 9, limit: {times: 1, within: 1d}}
ladders:
  - {id: life, score: lead, stages: [{id: cold, name: Cold}, {id: warm, name: Warm, from: 10}, {id: hot, name: Hot, from: 50}], min_stay: 3d}
segments:
  - {id: keen, name: Keen, enter: {score: lead, gte: 20}}
  - {id: known, enter: {attribute: email, exists: true}}
  - {id: third, enter: {segment: keen}}
subscriptions: [{id: news, name: News}]
cadence: {ladder: life, every: {cold: 30d, warm: 14d}}
emails: [{id: hello, name: Hello, subject: Hi, body: <mjml/>, topic: shirts}]
sequences:
  - id: welcome
    name: Welcome
    enroll: {segment: keen}
    steps: [{send: hello}, {wait: 3d}, {branch: {if: {segment: known}, then: [{wait: 1d}]}}]
";

fn playbook(text: &str) -> Playbook {
    let reading = read(text);
    reading.playbook.unwrap_or_else(|| panic!("{:?} in {text}", reading.problems))
}

fn lines(new: &str) -> Vec<String> {
    differences(&playbook(OLD), &playbook(new)).into_iter().map(|difference| difference.sentence).collect()
}

#[test]
fn the_same_playbook_differs_in_nothing() {
    assert!(lines(OLD).is_empty());
    assert!(lines(&OLD.replace("topics:", "# a comment\n\ntopics:")).is_empty());
}

/// Each row changes one field of the old playbook: what is replaced by what, and the one sentence about it.
fn each_is_a_sentence(table: &[(&str, &str, &str)]) {
    for (from, to, sentence) in table {
        let new = OLD.replacen(from, to, 1);
        assert_ne!(new, OLD, "{from}");
        assert_eq!(lines(&new), [*sentence], "{from} → {to}");
    }
}

#[test]
fn each_field_of_scores_ladders_and_segments_is_a_sentence() {
    each_is_a_sentence(&[
        ("playbook: shop", "playbook: store", "The name of the playbook is now “store” instead of “shop”."),
        (
            "playbook: shop",
            "playbook: shop\ntimezone: Europe/Berlin",
            "The time zone of the playbook is now “Europe/Berlin” instead of UTC.",
        ),
        ("points: 20", "points: 25", "The rule “Pricing page” now gives 25 points instead of 20."),
        (
            "{expires: 30d}",
            "{half_life: 30d}",
            "The decay of the rule “Pricing page” is now halving every 30 days instead of gone after 30 days.",
        ),
        (
            "starts_with: /pricing",
            "starts_with: /prices",
            "The rule “Pricing page” now counts viewing a page whose path starts with “/prices” instead of viewing a page whose path starts with “/pricing”.",
        ),
        (
            ", limit: {times: 1, within: 1d}",
            "",
            "The limit of the rule “call” is now none instead of at most 1 within 1 day.",
        ),
        ("from: 10", "from: 12", "The threshold of the stage Warm is now 12 instead of 10."),
        ("min_stay: 3d", "min_stay: 1w", "The shortest stay of the ladder “life” is now 7 days instead of 3 days."),
        ("name: Keen", "name: Very keen", "The segment “Keen” is now called “Very keen”."),
        ("{id: ties}", "{id: ties, name: Ties}", "The topic “ties” is now called “Ties”."),
        (
            "name: Keen, enter: {score: lead, gte: 20}",
            "name: Keen, enter: {score: lead, gte: 30}",
            "The condition for entering the segment Keen is now: their score Lead is at least 30. It was: their score Lead is at least 20.",
        ),
    ]);
}

#[test]
fn each_field_of_topics_emails_and_sequences_is_a_sentence() {
    each_is_a_sentence(&[
        ("cold: 30d", "cold: 4w", "The time between e-mails in the stage Cold is now 4 weeks instead of 30 days."),
        (
            "pages: [/shirts]",
            "pages: [/shirts, /tops]",
            "The pages of the topic Shirts are now “/shirts”, “/tops” instead of “/shirts”.",
        ),
        (
            "interests: {}",
            "interests: {half_life: 60d}",
            "The half-life of the interests is now 60 days instead of 30 days.",
        ),
        ("subject: Hi", "subject: Hello", "The subject of the e-mail Hello is now “Hello” instead of “Hi”."),
        ("body: <mjml/>", "body: <mjml></mjml>", "The body of the e-mail Hello was rewritten."),
        ("topic: shirts", "topic: ties", "The topic of the e-mail Hello is now “ties” instead of Shirts."),
        (
            "topic: shirts",
            "topic: shirts, class: answer",
            "The class of the e-mail Hello is now answer instead of marketing.",
        ),
        (
            "enroll: {segment: keen}",
            "enroll: {segment: keen}\n    again: {after: 90d}",
            "The rule for enrolling again in the sequence Welcome is now 90 days after the last time began instead of never.",
        ),
        (
            "enroll: {segment: keen}",
            "enroll: {segment: keen}\n    review: true",
            "The review of mails in the sequence Welcome is now on instead of off.",
        ),
        ("{wait: 3d}", "{wait: 5d}", "Step 2 of the sequence Welcome is now: Wait 5 days. It was: Wait 3 days."),
        (
            "{wait: 1d}",
            "{wait: 2d}",
            "Step 1 of “then” in step 3 of the sequence Welcome is now: Wait 2 days. It was: Wait 1 day.",
        ),
    ]);
}

#[test]
fn entries_come_go_and_move() {
    let table = [
        ("{id: ties}", "{id: ties}, {id: hats, name: Hats}", "The topic Hats is new."),
        (
            "\n      - {id: call, event: Call Logged, points: 9, limit: {times: 1, within: 1d}}",
            "",
            "The rule “call” is removed.",
        ),
        ("  - {id: third, enter: {segment: keen}}\n", "", "The segment “third” is removed."),
        ("{send: hello}, ", "", "Step 1 of the sequence Welcome is removed: Send the e-mail “Hello”."),
        (
            "{wait: 3d}, ",
            "{wait: 3d}, {send: hello}, ",
            "Step 3 of the sequence Welcome is new: Send the e-mail “Hello”.",
        ),
        (
            "{id: shirts, name: Shirts, pages: [/shirts]}, {id: ties}",
            "{id: ties}, {id: shirts, name: Shirts, pages: [/shirts]}",
            "The topic “ties” comes first now.",
        ),
        (
            "subscriptions: [{id: news, name: News}]",
            "subscriptions: [{id: news, name: News}, {id: offers}]",
            "The subscription “offers” is new.",
        ),
        ("cadence: {ladder: life, every: {cold: 30d, warm: 14d}}\n", "", "The cadence is removed."),
        ("interests: {}\n", "", "The interests are removed."),
        (
            "event: Call Logged, points: 9, limit: {times: 1, within: 1d}",
            "inactive: 30d, points: -9",
            "The rule “call” is now: -9 points after 30 days without any activity. It was: 9 points for the event “Call Logged”, counted at most once within 1 day.",
        ),
    ];
    for (from, to, sentence) in table {
        let new = OLD.replacen(from, to, 1);
        assert_ne!(new, OLD, "{from}");
        assert_eq!(lines(&new), [sentence], "{from} → {to}");
    }
    let new = OLD.replace("{id: hot, name: Hot, from: 50}", "{id: hot, name: Hot, from: 50}, {id: hotter, from: 80}");
    assert!(
        lines(&new)[0].starts_with("The stage “hotter” is new. Reached when: their score Lead is at least 80."),
        "{:?}",
        lines(&new)
    );
}

#[test]
fn paths_are_those_of_edits() {
    let new = OLD.replace("points: 20", "points: 25").replace("{wait: 1d}", "{wait: 2d}");
    let found = differences(&playbook(OLD), &playbook(&new));
    let paths: Vec<&str> = found.iter().map(|difference| difference.path.as_str()).collect();
    assert_eq!(paths, ["/scores/lead/rules/pricing/points", "/sequences/welcome/steps/2/branch/then/0"]);
    assert_eq!((found[0].was.clone(), found[0].now.clone()), (Some(20.into()), Some(25.into())));
}
