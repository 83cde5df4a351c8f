use attractor_store::copies::{self, CopySource, CopyState, Dispatch, MailCopy, Rank};
use attractor_store::outbox::{self, Claim, CopyFilter, SentAgain};
use attractor_store::{BroadcastId, ClaimNumber, Connection, LeadId};

use crate::Trial;
use crate::copies::{copy, ended};

/// A broadcast's copy, due at an instant.
fn broadcast(lead: i64, due: i64) -> MailCopy {
    MailCopy { source: CopySource::Broadcast("may".into()), dispatch: Dispatch::due(due), ..copy(lead) }
}

fn claim(copy: &MailCopy, number: i64) -> Claim {
    Claim {
        lead: copy.lead,
        source: copy.source.clone(),
        asked_at: copy.asked_at,
        email: None,
        number: ClaimNumber(number),
        lease_until: 99,
    }
}

fn only(connection: &mut Connection, lead: i64) -> MailCopy {
    let found = copies::of_leads(connection, &[LeadId(lead)]).unwrap();
    assert_eq!(found.len(), 1);
    found[0].clone()
}

/// A copy under a claim, as it is stored.
fn claimed(connection: &mut Connection, lead: i64, number: i64) -> MailCopy {
    copies::insert(connection, &[copy(lead)]).unwrap();
    assert_eq!(outbox::claim(connection, &[claim(&copy(lead), number)]).unwrap(), [ClaimNumber(number)]);
    only(connection, lead)
}

pub fn what_is_due_comes_in_its_turn(trial: &Trial) {
    let mut writer = trial.writer();
    let mail = |lead, class: &str, due| MailCopy {
        class: class.to_owned(),
        dispatch: Dispatch { due, ..Dispatch::default() },
        ..copy(lead)
    };
    let made = [
        broadcast(256, 3),
        broadcast(512, 2),
        broadcast(259, 4),
        mail(768, "marketing", Some(9)),
        mail(1024, "transactional", Some(8)),
        mail(1280, "answer", None),
        mail(257, "answer", Some(5)),
        MailCopy { state: CopyState::Draft, ..mail(513, "answer", Some(1)) },
    ];
    copies::insert(&mut writer, &made).unwrap();
    use Rank::{Answer, Broadcast, Sequence, Transactional};
    let firsts = [(Transactional, 8), (Answer, 5), (Sequence, 9), (Broadcast, 2)];
    assert_eq!(outbox::firsts(&mut writer).unwrap(), firsts);
    let page = |writer: &mut Connection, rank, until, limit| {
        let copies = outbox::page(writer, rank, until, limit).unwrap();
        copies.iter().map(|copy| copy.lead.0).collect::<Vec<_>>()
    };
    assert_eq!(page(&mut writer, Broadcast, 9, 9), [512, 256, 259], "of all buckets, the earliest first");
    assert_eq!(page(&mut writer, Broadcast, 2, 9), [512], "the others are not due yet");
    assert_eq!(page(&mut writer, Broadcast, 9, 1), [512]);
    assert_eq!(page(&mut writer, Answer, i64::MAX, 9), [257], "one waits for somebody to act, and a draft is not due");
    assert_eq!(outbox::page(&mut writer, Transactional, 9, 9).unwrap(), [made[4].clone()]);
}

pub fn drafts_become_too_late(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(outbox::first_late_draft(&mut writer).unwrap(), None);
    let draft = |lead, not_after| MailCopy { state: CopyState::Draft, not_after, ..copy(lead) };
    let made = [draft(256, Some(30)), draft(512, Some(20)), draft(768, None), draft(1024, Some(31))];
    copies::insert(&mut writer, &made).unwrap();
    copies::insert(&mut writer, &[MailCopy { not_after: Some(5), ..copy(1280) }]).unwrap();
    assert_eq!(outbox::first_late_draft(&mut writer).unwrap(), Some(20));
    let late = |writer: &mut Connection, at, limit| {
        let copies = outbox::late_drafts(writer, at, limit).unwrap();
        copies.iter().map(|copy| copy.lead.0).collect::<Vec<_>>()
    };
    assert_eq!(late(&mut writer, 30, 9), [512, 256]);
    assert_eq!((late(&mut writer, 30, 1), late(&mut writer, 19, 9)), (vec![512], vec![]));
}

pub fn copies_are_recalled_by_why_they_wait(trial: &Trial) {
    let mut writer = trial.writer();
    let held = |lead, reason: Option<&str>, due| MailCopy {
        reason: reason.map(str::to_owned),
        dispatch: Dispatch::due(due),
        ..copy(lead)
    };
    let made = [
        held(256, Some("held"), 90),
        held(512, Some("held"), 20),
        held(768, Some("else"), 90),
        held(1024, None, 90),
        MailCopy { dispatch: Dispatch::default(), ..held(1536, Some("held"), 0) },
        MailCopy { state: CopyState::Skipped, ..held(1280, Some("held"), 90) },
    ];
    copies::insert(&mut writer, &made).unwrap();
    assert_eq!(outbox::recall(&mut writer, "held", 30).unwrap(), 2);
    let dues = [256, 512, 768, 1024, 1280, 1536].map(|lead| only(&mut writer, lead).dispatch.due);
    assert_eq!(dues, [Some(30), Some(20), Some(90), Some(90), Some(90), Some(30)]);
}

pub fn a_claim_holds_of_what_was_seen_alone(trial: &Trial) {
    let mut writer = trial.writer();
    copies::insert(&mut writer, &[copy(256), MailCopy { asked_at: 7, ..copy(512) }, copy(768)]).unwrap();
    copies::withdraw(&mut writer, &[(LeadId(768), &copy(768).source)]).unwrap();
    // The second was asked for anew since, the third was withdrawn, the fourth is not there.
    let claims = [256, 512, 768, 1024].map(|lead| claim(&copy(lead), lead));
    assert_eq!(outbox::claim(&mut writer, &claims).unwrap(), [ClaimNumber(256)]);
    let dispatch = Dispatch { claim: Some(ClaimNumber(256)), lease_until: Some(99), ..copy(256).dispatch };
    assert_eq!(only(&mut writer, 256), MailCopy { state: CopyState::Claimed, dispatch, ..copy(256) });
    assert_eq!(outbox::claim(&mut writer, &[claim(&copy(256), 300)]).unwrap(), [], "it is another's");
    copies::withdraw(&mut writer, &[(LeadId(256), &copy(256).source)]).unwrap();
    assert_eq!(only(&mut writer, 256).state, CopyState::Claimed, "it is on its way");
}

pub fn a_claim_says_which_email_was_chosen(trial: &Trial) {
    let mut writer = trial.writer();
    let best = MailCopy { email: None, ..copy(256) };
    let named = MailCopy { email: Some("welcome".into()), ..copy(512) };
    copies::insert(&mut writer, &[best.clone(), named.clone(), MailCopy { email: None, ..copy(768) }]).unwrap();
    let chosen = |copy: &MailCopy, number| Claim { email: Some("guide".into()), ..claim(copy, number) };
    outbox::claim(&mut writer, &[chosen(&best, 1), chosen(&named, 2), claim(&copy(768), 3)]).unwrap();
    let emails = [256, 512, 768].map(|lead| only(&mut writer, lead).email);
    assert_eq!(emails, [Some("guide".into()), Some("welcome".into()), None]);
}

pub fn only_its_claim_ends_a_copy(trial: &Trial) {
    let mut writer = trial.writer();
    let under = claimed(&mut writer, 256, 5);
    let sent = |claim| ended(&MailCopy { state: CopyState::Sent, ..under.clone() }, claim);
    for claim in [None, Some(ClaimNumber(4)), Some(ClaimNumber(6))] {
        assert_eq!(outbox::end(&mut writer, &[sent(claim)]).unwrap(), 0, "{claim:?}");
        assert_eq!(only(&mut writer, 256), under);
    }
    let own = sent(Some(ClaimNumber(5)));
    assert_eq!(outbox::end(&mut writer, std::slice::from_ref(&own)).unwrap(), 1);
    assert_eq!(outbox::end(&mut writer, &[own]).unwrap(), 0, "it is over");
    let failed = ended(&MailCopy { state: CopyState::Failed, ..under }, Some(ClaimNumber(5)));
    assert_eq!(outbox::end(&mut writer, &[failed]).unwrap(), 0, "what was sent stays sent");
    assert_eq!(only(&mut writer, 256).state, CopyState::Sent);
}

pub fn a_late_truth_ends_a_doubt(trial: &Trial) {
    let mut writer = trial.writer();
    let under = claimed(&mut writer, 256, 5);
    let over = |state, sent_at| {
        let dispatch = Dispatch { sent_at, ..under.dispatch.clone() };
        ended(&MailCopy { state, dispatch, ..under.clone() }, Some(ClaimNumber(5)))
    };
    assert_eq!(outbox::end(&mut writer, &[over(CopyState::InDoubt, None)]).unwrap(), 1);
    assert_eq!(outbox::end(&mut writer, &[over(CopyState::Sent, Some(8))]).unwrap(), 1);
    let known = only(&mut writer, 256);
    assert_eq!((known.state, known.dispatch.sent_at), (CopyState::Sent, Some(8)));
    assert_eq!(outbox::end(&mut writer, &[over(CopyState::InDoubt, None)]).unwrap(), 0, "no doubt ends a truth");
}

pub fn only_what_is_in_doubt_is_sent_again(trial: &Trial) {
    let mut writer = trial.writer();
    let again = |lead, at| SentAgain { lead: LeadId(lead), source: copy(lead).source, at };
    for (lead, state) in (1..).map(|number| number * 256).zip(CopyState::ALL) {
        let dispatch =
            Dispatch { due: None, claim: Some(ClaimNumber(5)), tries: 2, ended_at: Some(8), ..copy(lead).dispatch };
        let before = MailCopy { state, reason: Some("cut off".into()), dispatch, ..copy(lead) };
        copies::insert(&mut writer, std::slice::from_ref(&before)).unwrap();
        let is_doubt = state == CopyState::InDoubt;
        assert_eq!(again(lead, 70).is_about(&before), is_doubt, "{state}");
        assert_eq!(outbox::send_again(&mut writer, &[again(lead, 70)]).unwrap(), usize::from(is_doubt), "{state}");
        let mut expected = before;
        if is_doubt {
            again(lead, 70).apply(&mut expected);
            assert_eq!((expected.state, expected.dispatch.due), (CopyState::Waiting, Some(70)));
            assert_eq!((expected.dispatch.again_at, expected.dispatch.claim), (Some(70), None));
        }
        assert_eq!(only(&mut writer, lead), expected, "{state}, in memory as in the store");
        assert_eq!(outbox::send_again(&mut writer, &[again(lead, 71)]).unwrap(), 0, "{state}, for the second time");
    }
}

pub fn what_goes_back_to_wait_is_under_no_claim(trial: &Trial) {
    let mut writer = trial.writer();
    let under = claimed(&mut writer, 256, 5);
    let dispatch = Dispatch { due: Some(70), tries: 1, trouble_since: Some(50), ..Dispatch::default() };
    let held = MailCopy {
        state: CopyState::Waiting,
        reason: Some("server".into()),
        until: Some(70),
        dispatch,
        ..under.clone()
    };
    let report = ended(&held, Some(ClaimNumber(5)));
    assert!(report.is_about(&under));
    let mut applied = under;
    report.apply(&mut applied);
    assert_eq!(applied, held, "in memory as in the store");
    assert_eq!(outbox::end(&mut writer, std::slice::from_ref(&report)).unwrap(), 1);
    assert_eq!(only(&mut writer, 256), held);
    assert_eq!(outbox::end(&mut writer, &[report]).unwrap(), 0, "the claim is over");
    assert_eq!(outbox::claim(&mut writer, &[claim(&held, 6)]).unwrap(), [ClaimNumber(6)]);
}

pub fn claims_of_earlier_holders_are_found(trial: &Trial) {
    let mut writer = trial.writer();
    let old = [claimed(&mut writer, 256, ClaimNumber::first(3).next().0), claimed(&mut writer, 513, 0)];
    claimed(&mut writer, 770, ClaimNumber::first(4).next().0);
    let before = |writer: &mut Connection, limit| {
        let mut found = outbox::claimed_before(writer, ClaimNumber::first(4), limit).unwrap();
        found.sort_by_key(|copy| copy.lead);
        found
    };
    assert_eq!(before(&mut writer, 9), old);
    assert_eq!(before(&mut writer, 1).len(), 1);
    assert_eq!(outbox::count_waiting(&mut writer).unwrap(), 0);
    assert_eq!(outbox::disown_claims(&mut writer).unwrap(), 3);
    assert_eq!(before(&mut writer, 9).len(), 3, "what came from elsewhere is of no server here");
}

pub fn each_key_of_a_batch_is_looked_at_by_itself(trial: &Trial) {
    let mut writer = trial.writer();
    let all: Vec<MailCopy> = crate::ids(700).into_iter().map(copy).collect();
    copies::insert(&mut writer, &all).unwrap();
    let claims: Vec<Claim> = (1..).zip(&all).map(|(number, copy)| claim(copy, number)).collect();
    let numbers: Vec<ClaimNumber> = claims.iter().map(|claim| claim.number).collect();
    assert_eq!(outbox::claim(&mut writer, &claims).unwrap(), numbers);
    let ends: Vec<_> = all
        .iter()
        .zip(&numbers)
        .map(|(copy, number)| {
            let state = if number.0 % 2 == 0 { CopyState::Sent } else { CopyState::Waiting };
            let claim = if number.0 % 5 == 0 { number.next() } else { *number };
            ended(&MailCopy { state, ..copy.clone() }, Some(claim))
        })
        .collect();
    assert_eq!(outbox::end(&mut writer, &ends).unwrap(), 560);
    let left = copies::of_leads(&mut writer, &crate::leads(700)).unwrap();
    let count = |state| left.iter().filter(|copy| copy.state == state).count();
    assert_eq!([CopyState::Sent, CopyState::Waiting, CopyState::Claimed].map(count), [280, 280, 140]);
    assert_eq!(outbox::claim(&mut writer, &[]).unwrap(), []);
    assert_eq!(outbox::end(&mut writer, &[]).unwrap(), 0);
}

/// How a database reads a page, as it says itself.
fn plan(connection: &mut Connection, statement: &str) -> String {
    let is_sqlite = format!("{:?}", connection.dialect()) == "Sqlite";
    let (explain, place) = if is_sqlite { ("EXPLAIN QUERY PLAN", 3) } else { ("EXPLAIN", 0) };
    let rows = connection.query(&format!("{explain} {statement}"), &[]).unwrap();
    rows.iter().map(|row| row.text(place).unwrap().to_owned() + "\n").collect()
}

pub fn a_page_costs_the_same_whatever_waits(trial: &Trial) {
    let mut writer = trial.writer();
    let all: Vec<MailCopy> = (1..3_000).map(|number| broadcast(number * 256, number)).collect();
    writer.transaction(|writer| copies::insert(writer, &all).map(drop)).unwrap();
    writer.execute("ANALYZE copies", &[]).unwrap();
    let plan = plan(
        &mut writer,
        "SELECT c.lead FROM copies c WHERE c.rank = 4 AND c.due <= 5000 AND c.state = 'waiting'
        ORDER BY c.due, c.bucket, c.lead, c.send_id LIMIT 64",
    );
    assert!(plan.contains("copies_due"), "it goes by the index: {plan}");
    assert!(!plan.to_lowercase().contains("sort") && !plan.contains("TEMP B-TREE"), "nothing is sorted: {plan}");
    let page = outbox::page(&mut writer, Rank::Broadcast, i64::MAX, 64).unwrap();
    assert_eq!(page.iter().map(|copy| copy.dispatch.due).collect::<Vec<_>>(), (1..=64).map(Some).collect::<Vec<_>>());
}

pub fn those_asked_for_last_are_listed_first(trial: &Trial) {
    let mut writer = trial.writer();
    let asked = |lead, asked_at, state| MailCopy { asked_at, state, ..copy(lead) };
    use CopyState::{Draft, Skipped, Waiting};
    let made = [asked(256, 5, Waiting), asked(257, 9, Skipped), asked(258, 5, Waiting), asked(259, 1, Draft)];
    copies::insert(&mut writer, &made).unwrap();
    let list = |writer: &mut Connection, state, before: Option<&MailCopy>, limit| {
        let before = before.map(|copy| outbox::ListPosition {
            asked_at: copy.asked_at,
            lead: copy.lead,
            send_id: copy.send_id(),
        });
        let wanted = CopyFilter { state, ..CopyFilter::default() };
        let found = outbox::list(writer, &wanted, before.as_ref(), limit).unwrap();
        found.iter().map(|copy| copy.lead.0).collect::<Vec<_>>()
    };
    assert_eq!(list(&mut writer, None, None, 9), [257, 258, 256, 259]);
    assert_eq!(list(&mut writer, None, Some(&made[2]), 9), [256, 259]);
    assert_eq!(list(&mut writer, None, Some(&made[1]), 2), [258, 256]);
    assert_eq!(list(&mut writer, Some(Waiting), None, 9), [258, 256]);
    assert_eq!(list(&mut writer, Some(CopyState::Sent), None, 9), []);
    let counts = |writer: &mut Connection| {
        let found = outbox::count_by_state(writer).unwrap();
        let mut counts: Vec<_> = found.iter().map(|count| (count.state, count.copies, count.caught)).collect();
        counts.sort_unstable();
        counts
    };
    assert_eq!(counts(&mut writer), [(Draft, 1, 0), (Waiting, 2, 0), (Skipped, 1, 0)]);
    let sent = |lead, reason: Option<&str>| MailCopy {
        state: CopyState::Sent,
        reason: reason.map(str::to_owned),
        ..copy(lead)
    };
    copies::insert(&mut writer, &[sent(260, None), sent(261, Some(copies::CAUGHT))]).unwrap();
    assert!(counts(&mut writer).contains(&(CopyState::Sent, 2, 1)));
}

pub fn copies_are_found_by_everything_that_is_asked_of_them(trial: &Trial) {
    let mut writer = trial.writer();
    let of = |lead, number: &str, email: &str, state| MailCopy {
        source: CopySource::Broadcast(number.into()),
        email: Some(email.into()),
        state,
        ..copy(lead)
    };
    use CopyState::{Sent, Skipped};
    let made = [
        of(256, "7", "may", Sent),
        of(257, "7", "may", Skipped),
        of(513, "7", "june", Skipped),
        of(257, "8", "may", Skipped),
        copy(257),
    ];
    copies::insert(&mut writer, &made).unwrap();
    let all = CopyFilter::default;
    let seven = || CopyFilter { broadcast: Some(BroadcastId(7)), ..all() };
    let of_leads = |leads: &[i64]| leads.iter().copied().map(LeadId).collect::<Vec<_>>();
    for (wanted, expected) in [
        (all(), vec![513, 257, 257, 257, 256]),
        (seven(), vec![513, 257, 256]),
        (CopyFilter { state: Some(Skipped), ..seven() }, vec![513, 257]),
        (CopyFilter { email: Some("may"), ..seven() }, vec![257, 256]),
        (CopyFilter { state: Some(Skipped), email: Some("may"), leads: of_leads(&[256, 257]), ..seven() }, vec![257]),
        (CopyFilter { email: Some("may"), ..all() }, vec![257, 257, 256]),
        (CopyFilter { sequence: Some("decision-track"), ..all() }, vec![257]),
        (CopyFilter { sequence: Some("decision-track"), ..seven() }, vec![]),
        (CopyFilter { sequence: Some("7"), ..all() }, vec![]),
        (CopyFilter { leads: of_leads(&[256, 513]), ..all() }, vec![513, 256]),
        (CopyFilter { leads: of_leads(&[999]), ..all() }, vec![]),
    ] {
        let found = outbox::list(&mut writer, &wanted, None, 9).unwrap();
        assert_eq!(found.iter().map(|copy| copy.lead.0).collect::<Vec<_>>(), expected, "{wanted:?}");
        let last = found.first().map(|copy| outbox::ListPosition {
            asked_at: copy.asked_at,
            lead: copy.lead,
            send_id: copy.send_id(),
        });
        let rest = outbox::list(&mut writer, &wanted, last.as_ref(), 9).unwrap();
        assert_eq!(rest, found[found.len().min(1)..], "{wanted:?}");
    }
}
