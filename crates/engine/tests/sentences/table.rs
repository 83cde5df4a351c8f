//! Conditions as a playbook writes them, and as people read them.

use std::collections::BTreeSet;

use super::{forms, reader};
use attractor_engine::condition::{Condition, Names};
use attractor_engine::playbook::{self, Playbook, write_condition};

const TABLE: &[(&str, &str)] = &[
    // Attributes: what is bare is a number, true or false; text stands in quotes.
    ("{attribute: job_title, contains: chief}", "their job title contains “chief”"),
    ("{attribute: country, eq: DE}", "their country is “DE”"),
    ("{attribute: country, ne: DE}", "their country is known and is not “DE”"),
    ("{not: {attribute: country, eq: DE}}", "not (their country is “DE”)"),
    ("{not: {attribute: country, ne: DE}}", "not (their country is known and is not “DE”)"),
    (
        "{attribute: country, ne: DE, not_in: [AT, CH]}",
        "their country is known and is not “DE” and is none of “AT” or “CH”",
    ),
    ("{attribute: country, exists: true, ne: DE}", "their country is known and is known and is not “DE”"),
    ("{attribute: country, exists: false, ne: DE}", "their country is unknown and is known and is not “DE”"),
    ("{attribute: age, gte: 18, ne: 65}", "their age is at least 18 and is not 65"),
    ("{score: lead, ne: 31}", "their score “lead” is not 31"),
    ("{attribute: country, in: [DE, AT, CH]}", "their country is one of “DE”, “AT” or “CH”"),
    ("{attribute: industry, not_in: [bank]}", "their industry is known and is none of “bank”"),
    ("{attribute: company.size, gte: 50, lt: 250}", "their company.size is at least 50 and is below 250"),
    ("{attribute: plan, eq: \"5\"}", "their plan is “5”"),
    ("{attribute: customer, eq: true}", "their customer is true"),
    ("{attribute: phone, exists: true}", "their phone is known"),
    ("{attribute: phone, exists: false}", "their phone is unknown"),
    ("{attribute: E-mail of boss, ends_with: \".org\"}", "their “E-mail of boss” ends with “.org”"),
    ("{attribute: is_partner, eq: true}", "their “is_partner” is true"),
    ("{attribute: primary_interest, eq: Shirts}", "their “primary_interest” is “Shirts”"),
    ("{attribute: motto, starts_with: \"“Hi”\\n\"}", "their motto starts with “\\“Hi\\”\\n”"),
    // Events: which, of what sort, how often, since when.
    ("{event: Page Viewed}", "has viewed a page"),
    ("{event: Trial Started}", "has started a trial"),
    ("{event: Plan Changed}", "has had the event “Plan Changed”"),
    ("{event: Demo Requested, within: 14d}", "has requested a demo in the last 14 days"),
    (
        "{event: Email Link Clicked, within: 1d, count: {gte: 2}}",
        "has clicked a link in an e-mail at least 2 times in the last day",
    ),
    (
        "{event: Page Viewed, where: {path: {starts_with: /pricing}}, within: 30d, count: {gte: 3}}",
        "has viewed a page whose path starts with “/pricing”, at least 3 times in the last 30 days",
    ),
    (
        "{event: Form Submitted, where: {form: contact, budget: {gt: 999.5}}}",
        "has submitted a form whose form is “contact” and whose budget is above 999.5",
    ),
    (
        "{event: Form Submitted, where: {form: {ne: contact}, plan: {not_in: [free]}}, within: 7d}",
        "has submitted a form whose form is known and is not “contact” and whose plan is known and is none of “free”, in the last 7 days",
    ),
    ("{event: Webinar Attended, count: 1}", "has attended a webinar exactly once"),
    ("{event: Topic Chosen}", "has chosen a topic"),
    ("{not: {event: Deal Lost, within: 30d}}", "has not had a deal lost in the last 30 days"),
    ("{event: Unsubscribed, where: {topic: {exists: true}}}", "has unsubscribed from e-mails whose topic is known"),
    ("{event: Webinar Attended, count: 0, within: 8w}", "has never attended a webinar in the last 8 weeks"),
    ("{event: Email Opened, count: {gt: 1, lte: 5}}", "has opened an e-mail more than 1 and at most 5 times"),
    ("{event: Email Opened, count: {in: [2, 3]}}", "has opened an e-mail one of 2 or 3 times"),
    (
        "{event: Content Downloaded, within: 30d, distinct: asset, count: {gte: 2}}",
        "has downloaded at least 2 different things in the last 30 days",
    ),
    ("{event: Content Downloaded, distinct: asset}", "has downloaded content with a value of asset"),
    ("{not: {event: Demo Requested}}", "has not requested a demo"),
    ("{not: {event: Demo Requested, count: {gte: 2}}}", "not (has requested a demo at least 2 times)"),
    // Nouns and units of properties.
    ("{event: Page Viewed, distinct: path, count: {gt: 2}}", "has viewed more than 2 different pages"),
    (
        "{event: Page Viewed, distinct: path, count: {gte: 1}}",
        "has viewed a page with at least 1 different value of path",
    ),
    (
        "{event: [Page Viewed, Form Submitted], distinct: path, count: {gt: 2}}",
        "has viewed a page or submitted a form with more than 2 different values of path",
    ),
    (
        "{event: Content Downloaded, where: {topic: {in: [shirts, cufflinks]}, format: guide}, distinct: asset, count: {gte: 2, lt: 5}, older: 7d}",
        "has downloaded at least 2 and fewer than 5 different things about Shirts or “cufflinks” and whose format is “guide”, at least 7 days ago",
    ),
    (
        "{event: Content Downloaded, distinct: language, older: 7d}",
        "has downloaded content with a value of language, at least 7 days ago",
    ),
    ("{event: Email Opened, where: {age: {lte: 172800}}}", "has opened an e-mail within 2 days of delivery"),
    (
        "{event: Email Opened, where: {topic: shirts, age: {lte: 3600}}, within: 90d, count: {gte: 2}}",
        "has opened an e-mail about Shirts and within 1 hour of delivery, at least 2 times in the last 90 days",
    ),
    ("{event: Email Opened, where: {age: {gt: 604800}}}", "has opened an e-mail whose age is above 7 days"),
    ("{event: Email Opened, where: {age: {lte: 0.5}}}", "has opened an e-mail whose age is at most 0.5 seconds"),
    (
        "{event: [Email Opened, Email Link Clicked], where: {age: {lte: 172800}}}",
        "has opened an e-mail or clicked a link in an e-mail whose age is at most 2 days",
    ),
    ("{event: Form Submitted, where: {age: {gte: 18}}}", "has submitted a form whose age is at least 18"),
    ("{event: Email Opened, average: {age: {lt: 7200}}}", "has opened an e-mail with age averaging less than 2 hours"),
    (
        "{event: Video Watched, where: {age: {lte: 3600}}}",
        "has had the event “Video Watched” whose age is at most 3600",
    ),
    (
        "{event: Email Opened, where: {email_id: welcome}, count: {gte: 3}}",
        "has opened the e-mail Welcome at least 3 times",
    ),
    (
        "{not: {event: Email Link Clicked, where: {email_id: welcome, topic: shirts}}}",
        "has not clicked a link in the e-mail Welcome about Shirts",
    ),
    (
        "{event: [Email Link Clicked, Topic Chosen], where: {email_id: welcome, send_id: {ends_with: /broadcast/7}, topic: shirts}}",
        "has clicked a link in an e-mail or chosen a topic from the e-mail Welcome and in the broadcast 7 and about Shirts",
    ),
    (
        "{event: Email Opened, where: {send_id: {ends_with: /broadcast/7}}, within: 30d}",
        "has opened an e-mail in the broadcast 7, in the last 30 days",
    ),
    (
        "{event: Email Opened, where: {send_id: {ends_with: /broadcast/x}}}",
        "has opened an e-mail whose send id ends with “/broadcast/x”",
    ),
    ("{event: Email Opened, where: {email_id: gone}}", "has opened an e-mail whose email id is “gone”"),
    (
        "{event: Email Opened, distinct: email_id, count: {gte: 2}, within: 30d}",
        "has opened at least 2 different e-mails in the last 30 days",
    ),
    ("{event: Topic Chosen, where: {topic: shirts}}", "has chosen the topic Shirts"),
    ("{event: Topic Chosen, distinct: topic, count: {gte: 2}}", "has chosen at least 2 different topics"),
    ("{event: Page Viewed, where: {topic: shirts}}", "has viewed a page whose topic is “shirts”"),
    // Several kinds, one event of them, ages, amounts.
    (
        "{event: [Content Downloaded, Webinar Attended], within: 30d}",
        "has downloaded content or attended a webinar in the last 30 days",
    ),
    (
        "{event: Trial Started, which: last, where: {plan: pro}, older: 3d}",
        "has most recently started a trial whose plan is “pro”, at least 3 days ago",
    ),
    ("{event: Page Viewed, which: first, after: 2026-05-10}", "has first viewed a page since 2026-05-10"),
    (
        "{event: Order Completed, after: 2026-01-01, before: \"2026-04-01T00:00\"}",
        "has completed an order since 2026-01-01 before 2026-04-01T00:00",
    ),
    (
        "{event: Order Completed, within: 90d, sum: {amount: {gte: 100}}}",
        "has completed an order with amount adding up to at least 100 in the last 90 days",
    ),
    (
        "{event: Order Completed, average: {stars: {gt: 4}, days: {lt: 3}}}",
        "has completed an order with stars averaging more than 4 and with days averaging less than 3",
    ),
    // Dates.
    ("{date: trial_end, in_next: 14d}", "their trial end is within the next 14 days"),
    ("{date: trial_ends, in_next: 14d}", "their trial ends within 14 days"),
    (
        "{date: trial_ends, in_last: 48h, after: 2026-05-10}",
        "their trial ended within the last 2 days and ends on or after 2026-05-10",
    ),
    ("{date: plan_starts, passed: false, during: this week}", "their plan has not started and starts this week"),
    ("{date: contract_expires, during: last month}", "their contract expired last month"),
    (
        "{date: subscription_renews, older: 8w, before: 2026-06-01}",
        "their subscription renewed at least 8 weeks ago and renews before 2026-06-01",
    ),
    ("{date: x-y_ends, passed: true}", "their “x-y_ends” has come"),
    (
        "{date: trial_ends, in_next: 3d, every_year: true}",
        "the anniversary of their “trial_ends” is within the next 3 days",
    ),
    ("{date: first_seen, in_last: 3d}", "their first event was within the last 3 days"),
    ("{date: renewal, passed: false, before: 2026-06-01}", "their renewal has not come and is before 2026-06-01"),
    (
        "{date: renewal, older: 90d, after: \"2026-05-10T09:30\"}",
        "their renewal was at least 90 days ago and is on or after 2026-05-10T09:30",
    ),
    ("{date: birthday, during: today, every_year: true}", "the anniversary of their birthday falls today"),
    ("{not: {date: renewal, during: next month}}", "not (their renewal falls next month)"),
    // Consent, and how long.
    ("{consent: granted}", "has consented to e-mails"),
    ("{not: {consent: granted, topic: shirts}}", "has not consented to e-mails about Shirts"),
    ("{consent: withdrawn, to: tracking}", "has withdrawn consent to tracking"),
    ("{consent: unknown}", "has neither given nor withdrawn consent to e-mails"),
    ("{stage: lifecycle, is: decision, for: 60d}", "has been in stage “decision” for 60 days"),
    ("{not: {segment: evaluating, for: 2d}}", "has not been in segment “Evaluating seriously” for 2 days"),
    // Silence.
    ("{inactive: 60d}", "has gone 60 days without any activity"),
    (
        "{inactive: 48h, events: [Email Opened, Call Logged]}",
        "has gone 2 days without opening an e-mail or the event “Call Logged”",
    ),
    ("{not: {inactive: 1w}}", "has not gone 7 days without any activity"),
    // What the program works out itself; by name, where there is one.
    ("{score: lead, gte: 31}", "their score “lead” is at least 31"),
    ("{stage: lifecycle, is: decision}", "is in stage “decision”"),
    ("{stage: lifecycle, is: awareness, for: 60d}", "has been in Awareness for 60 days"),
    ("{stage: warmth, at_least: hot}", "is in stage Hot or above of Warmth"),
    ("{stage: lifecycle, is: hot}", "is in stage Hot of Lifecycle"),
    ("{not: {stage: lifecycle, at_least: early}}", "is not in stage “First steps” or above"),
    ("{segment: evaluating}", "is in segment “Evaluating seriously”"),
    ("{not: {segment: twin-a}}", "is not in segment “twin-a”"),
    ("{interest: shirts, primary: true}", "their primary interest is Shirts"),
    ("{interest: shirts, primary: false}", "their primary interest is not Shirts"),
    ("{not: {interest: shirts, gte: 0.5}}", "not (their interest in Shirts is at least 0.5)"),
    ("{deal: open}", "has an open deal"),
    ("{not: {deal: won}}", "has no won deal"),
    // Shares and samples.
    (
        "{rate: opened, over: 30d, min_sent: 2, lte: 0.4}",
        "has opened at most 40 % of at least 2 e-mails delivered in the last 30 days",
    ),
    (
        "{rate: clicked, over: 60d, min_sent: 3, lte: 0}",
        "has clicked in none of at least 3 e-mails delivered in the last 60 days",
    ),
    ("{rate: opened, over: 30d, lte: 0}", "has opened none of the e-mails delivered in the last 30 days"),
    (
        "{rate: clicked, over: 90d, lt: 0.075}",
        "has clicked in less than 7.5 % of the e-mails delivered in the last 90 days",
    ),
    ("{sample: 5, seed: v2}", "is among a sample of 5 % (seed “v2”)"),
    ("{not: {sample: 0.5, seed: v2}}", "is not among a sample of 0.5 % (seed “v2”)"),
    // Groups.
    ("{all: []}", "always"),
    ("{any: []}", "never"),
    ("{all: [{deal: won}]}", "all of (has a won deal)"),
    (
        "{all: [{deal: won}, {deal: open}, {not: {deal: lost}}]}",
        "has a won deal and has an open deal and has no lost deal",
    ),
    (
        "{all: [{deal: won}, {any: [{deal: open}, {inactive: 30d}]}]}",
        "has a won deal and (has an open deal or has gone 30 days without any activity)",
    ),
    ("{not: {any: [{deal: won}, {deal: open}]}}", "not (has a won deal or has an open deal)"),
];

/// What the conditions above refer to, and a segment that has one of them for its boundary.
fn playbook(condition: &str) -> Playbook {
    let text = format!(
        "playbook: table
interests: {{}}
topics: [{{id: shirts, name: Shirts}}, {{id: cufflinks}}]
scores: [{{id: lead, rules: []}}]
ladders:
  - {{id: lifecycle, name: Lifecycle, score: lead, stages: [{{id: awareness, name: Awareness}}, {{id: hot, name: Hot, from: 5}}, {{id: early, name: First steps, from: 9}}, {{id: decision, from: 61}}]}}
  - {{id: warmth, name: Warmth, score: lead, stages: [{{id: cold}}, {{id: hot, name: Hot, from: 9}}]}}
emails: [{{id: welcome, name: Welcome, subject: Hi, body: w.mjml}}]
segments:
  - {{id: evaluating, name: Evaluating seriously, enter: {{deal: open}}}}
  - {{id: twin-a, name: Twins, enter: {{deal: open}}}}
  - {{id: twin-b, name: twins, enter: {{deal: open}}}}
  - {{id: last, enter: {condition}}}
"
    );
    let reading = playbook::read(&text);
    reading.playbook.unwrap_or_else(|| panic!("{condition}: {:?}", reading.problems))
}

fn boundary(playbook: &Playbook) -> &Condition {
    &playbook.segments.last().expect("one segment is written").enter
}

#[test]
fn conditions_read_as_sentences() {
    for (written, sentence) in TABLE {
        let playbook = playbook(written);
        assert_eq!(boundary(&playbook).sentence(&Names::of(&playbook)), *sentence, "{written}");
        assert_eq!(&reader::read(sentence, &playbook), boundary(&playbook), "{sentence}");
    }
}

#[test]
fn the_table_has_every_form() {
    let of_row = |(written, _): &(&str, &str)| forms::within(&write_condition(boundary(&playbook(written))));
    let shown: BTreeSet<String> = TABLE.iter().flat_map(of_row).collect();
    assert_eq!(shown, forms::every(), "add a row with it to `TABLE`");
}

#[test]
fn no_two_conditions_share_a_sentence() {
    let mut sentences: Vec<&str> = TABLE.iter().map(|(_, sentence)| *sentence).collect();
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), TABLE.len());
}

/// The inner groups are lists where they are long, and one line where they are short.
#[test]
fn what_is_long_is_a_list() {
    let playbook = playbook(
        "{all: [
            {event: Page Viewed, where: {path: {starts_with: /pricing}}, within: 30d, count: {gte: 3}},
            {any: [{deal: open}, {deal: won}]},
            {any: [
                {event: Content Downloaded, within: 30d, distinct: asset, count: {gte: 2}},
                {attribute: job_title, contains: chief},
                {all: [{attribute: country, in: [DE, AT, CH]}, {not: {all: [{score: lead, gte: 31}, {deal: lost}]}}]},
            ]},
            {not: {any: [{segment: evaluating}, {stage: lifecycle, at_least: early}, {interest: shirts, primary: true}]}},
        ]}",
    );
    let outline = boundary(&playbook).outline(&Names::of(&playbook));
    let wanted = "\
all of these:
- has viewed a page whose path starts with “/pricing”, at least 3 times in the last 30 days
- has an open deal or has a won deal
- any of these:
  - has downloaded at least 2 different things in the last 30 days
  - their job title contains “chief”
  - all of these:
    - their country is one of “DE”, “AT” or “CH”
    - not (their score “lead” is at least 31 and has a lost deal)
- none of these:
  - is in segment “Evaluating seriously”
  - is in stage “First steps” or above
  - their primary interest is Shirts";
    assert_eq!(outline, wanted);
    assert_eq!(&reader::read(&outline, &playbook), boundary(&playbook));
}
