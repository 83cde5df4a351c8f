use attractor_engine::playbook::read;
use attractor_store::copies::Dispatch;

use super::*;
use crate::sending::country_rules::testing::by_default;

const TEXT: &str = "playbook: test
subscriptions: [{id: news, name: News}]
emails:
  - {id: a, subject: A, body: <mjml></mjml>, subscription: news, format: guide}
  - {id: b, subject: B, body: <mjml></mjml>, class: transactional}
sequences:
  - id: welcome
    enroll: {event: Form Submitted}
    steps:
      - {send: b}
      - {send: a}
      - branch: {if: {event: Page Viewed}, then: [{send: {best: true}}], else: [{wait: 1d}]}
  - {id: calls, enroll: {event: Form Submitted}, steps: [{wait: 3d}]}
";

/// A ladder that is never left, and a budget on it.
const CADENCE: &str = "scores: [{id: fit, rules: [{id: visit, event: Page Viewed, points: 1}]}]
ladders: [{id: life, score: fit, stages: [{id: cold}, {id: hot, from: 9}]}]
cadence: {ladder: life, every: {cold: 30d, hot: 7d}}
";

fn copy(email: &str, state: CopyState) -> MailCopy {
    MailCopy {
        lead: LeadId(414),
        source: CopySource::Broadcast("1".into()),
        email: Some(email.into()),
        class: "marketing".into(),
        asked_at: 1,
        not_after: None,
        state,
        reason: None,
        until: None,
        dispatch: Dispatch::default(),
    }
}

fn barred(reason: &str) -> Barred {
    Barred { reason: reason.into(), why: format!("of {reason}") }
}

#[test]
fn each_e_mail_of_a_sequence_is_asked_about_those_of_branches_too() {
    let reading = read(TEXT);
    let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
    let asked = AskedEmails::of(&playbook, "welcome");
    let ids: Vec<Option<&str>> = asked.emails.iter().map(|one| one.email.map(|email| email.id.as_str())).collect();
    assert_eq!(ids, [Some("b"), Some("a"), None]);
    assert!(AskedEmails::of(&playbook, "calls").emails.is_empty());
    let (profile, blocks, countries) = (Profile::default(), AddressBlocks::default(), by_default());
    let permission = Permission { profile: &profile, blocks: &blocks, countries: &countries, now: Instant(0) };
    let reasons = |obstacle| -> Vec<String> {
        let barred = asked.emails.iter().filter_map(|email| email.barred(&permission, obstacle, &asked));
        barred.map(|barred| barred.reason).collect()
    };
    let never = "no_consent: subscription:news";
    assert_eq!(reasons(None), [never, never], "what was asked for needs no consent");
    assert_eq!(reasons(Some(Skip::Staff)), ["staff", "staff"]);
    assert_eq!(reasons(Some(Skip::NoAddress)), ["no_address"; 3]);
}

#[test]
fn what_a_lead_hears_is_counted_and_said() {
    for (emails, skipped, nothing, sentence) in [
        (0, vec![], false, "The sequence “X” has no e-mails."),
        (2, vec![], false, "As things are now, nothing keeps the e-mails of the sequence “X” from the lead."),
        (2, vec!["a", "a"], true, "The lead hears nothing of the sequence “X”: of a."),
        (2, vec!["b"], false, "Of the 2 e-mails of the sequence “X”, 1 does not reach the lead: of b."),
        (4, vec!["b", "a", "a"], false, "Of the 4 e-mails of the sequence “X”, 3 do not reach the lead: of a; of b."),
    ] {
        let hearing = SequenceHearing::of(("X", false), emails, skipped.iter().copied().map(barred).collect());
        assert_eq!((hearing.nothing, hearing.sentence.as_str()), (nothing, sentence));
        assert_eq!(hearing.skipped.iter().map(|one| one.emails).sum::<usize>(), skipped.len());
    }
}

#[test]
fn that_the_e_mails_of_a_sequence_are_drafts_first_is_said_unless_none_of_them_is_heard() {
    for (emails, skipped, end) in [
        (0, 0, "The sequence “X” has no e-mails."),
        (
            2,
            0,
            "The e-mails of the sequence “X” are drafts until somebody releases them. As things are now, nothing else keeps \
             them from the lead.",
        ),
        (2, 2, "The lead hears nothing of the sequence “X”: of a."),
        (2, 1, ": of a. The other one is a draft until somebody releases it."),
        (3, 1, ": of a. The others are drafts until somebody releases them."),
    ] {
        let hearing = SequenceHearing::of(("X", true), emails, vec![barred("a"); skipped]);
        assert!(hearing.review && hearing.sentence.ends_with(end), "{}", hearing.sentence);
    }
}

#[test]
fn copies_that_wait_in_the_same_budget_are_counted_and_said() {
    let text = format!("{TEXT}{CADENCE}");
    let with = read(&text).playbook.unwrap_or_else(|| panic!("{:?}", read(&text).problems));
    let without = read(TEXT).playbook.unwrap_or_else(|| panic!("{TEXT}"));
    let asked = AskedEmails::of(&with, "welcome");
    let is_barred = |places: [bool; 3]| places.map(|is| is.then(|| barred("a")));
    assert!(asked.share_budget(&is_barred([false, true, false])), "the best piece is marketing");
    assert!(!asked.share_budget(&is_barred([false, true, true])), "b is transactional");
    assert!(!AskedEmails::of(&without, "welcome").share_budget(&is_barred([false; 3])), "without a cadence");
    let waits = |email: Option<&str>, class: &str| MailCopy {
        email: email.map(str::to_owned),
        class: class.into(),
        ..copy("a", CopyState::Waiting)
    };
    let delayed = |email: Option<&str>, copies| DelayedEmail {
        email: email.map(str::to_owned),
        name: email.map(str::to_owned),
        copies,
    };
    let start = "As things are now, nothing keeps the e-mails of the sequence “X” from the lead.";
    let budget = " The e-mails of the sequence count in the lead's budget: ";
    for (copies, expected, said) in [
        (vec![], vec![], String::new()),
        (vec![waits(Some("b"), "transactional"), copy("a", CopyState::Draft)], vec![], String::new()),
        (
            vec![waits(Some("a"), "marketing")],
            vec![delayed(Some("a"), 1)],
            format!("{budget}1 copy that waits (“a”) may leave later, or expire before its turn."),
        ),
        (
            vec![waits(None, "answer"), waits(Some("b"), "marketing"), waits(Some("a"), "answer")],
            vec![delayed(None, 1), delayed(Some("a"), 1), delayed(Some("b"), 1)],
            format!("{budget}3 copies that wait (“a”, “b”) may leave later, or expire before their turn."),
        ),
        (
            vec![waits(None, "answer")],
            vec![delayed(None, 1)],
            format!("{budget}1 copy that waits may leave later, or expire before its turn."),
        ),
    ] {
        let found = asked.delayed(&copies);
        assert_eq!(found, expected);
        let hearing = SequenceHearing::of(("X", false), 2, Vec::new()).with_delayed(found);
        assert_eq!(hearing.sentence, format!("{start}{said}"));
    }
}

#[test]
fn what_a_lead_has_had_before_is_counted_and_said() {
    let reading = read(TEXT);
    let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
    let asked = AskedEmails::of(&playbook, "welcome");
    let sent = |email: &str| copy(email, CopyState::Sent);
    let before = |email: &str, had, waiting| EmailBefore { email: email.into(), name: email.into(), had, waiting };
    let start = "As things are now, nothing keeps the e-mails of the sequence “X” from the lead.";
    for (copies, expected, said) in [
        (vec![], vec![], ""),
        (vec![sent("other"), copy("a", CopyState::Skipped)], vec![], ""),
        (vec![sent("a"), sent("a")], vec![before("a", 2, 0)], " The lead has had “a” before."),
        (
            vec![sent("b"), copy("b", CopyState::Waiting), copy("a", CopyState::Draft)],
            vec![before("b", 1, 1), before("a", 0, 1)],
            " The lead has had “b” before. Another copy of “b”, “a” waits for the lead.",
        ),
    ] {
        let found = asked.before(&copies);
        assert_eq!(found, expected);
        assert_eq!(SequenceHearing::of(("X", false), 2, Vec::new()).with(found).sentence, format!("{start}{said}"));
    }
}

#[test]
fn those_who_hear_nothing_are_counted_by_reason_and_said() {
    for (enrolled, reasons, sentence) in [
        (5, vec![], None),
        (1, vec!["a"], Some("The only lead in this sequence hears nothing of it: 1 because of a.")),
        (5, vec!["a"], Some("1 of the 5 leads in this sequence hears nothing of it: 1 because of a.")),
        (
            5,
            vec!["b", "a", "a"],
            Some("3 of the 5 leads in this sequence hear nothing of it: 2 because of a; 1 because of b."),
        ),
    ] {
        let found = UnheardLeads::of(enrolled, reasons.iter().copied().map(barred).collect());
        assert_eq!((found.leads, found.sentence.as_deref()), (reasons.len(), sentence));
    }
}
