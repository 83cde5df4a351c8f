//! Lists of leads and what becomes of their dates, counters, opt-outs and consent; webinars; events; several files.

use crate::shown::{messages, run, run_bytes};

#[test]
fn counters_go_back_a_day_at_a_time_from_the_last_date_of_the_row() {
    let list = "email,Visits,Created,Last Activity Date\na@x.org,3,2024-01-01,2024-05-10\n";
    assert_eq!(
        messages(&[("l.csv", list)], ""),
        [
            "2024-01-01 a@x.org is email=a@x.org",
            "2024-05-08 a@x.org Page Viewed assumed=true",
            "2024-05-09 a@x.org Page Viewed assumed=true",
            "2024-05-10 a@x.org is visits=3",
            "2024-05-10 a@x.org Page Viewed assumed=true",
        ]
    );
}

#[test]
fn an_undated_row_is_dated_as_of_and_a_counter_of_millions_stays_bearable() {
    let lines = messages(&[("l.csv", "email,Visits\na@x.org,2\nb@x.org,5000000\n")], "");
    assert_eq!(
        lines[..3],
        [
            "2024-05-31 a@x.org Page Viewed assumed=true",
            "2024-06-01 a@x.org is email=a@x.org visits=2",
            "2024-06-01 a@x.org Page Viewed assumed=true",
        ]
    );
    assert_eq!(lines.len(), 3 + 101);
}

#[test]
fn the_same_row_a_month_later_adds_only_what_is_new() {
    let ids = |visits: u32| -> Vec<String> {
        let done = run(&[("l.csv", &format!("email,Visits\na@x.org,{visits}\n"))], "", None).unwrap();
        let of_visits = done.raw.lines().filter(|line| line.contains("Page Viewed"));
        of_visits.map(|line| line.split("\"messageId\":\"").nth(1).unwrap()[..31].to_owned()).collect()
    };
    let (before, after) = (ids(3), ids(5));
    assert_eq!(after.iter().filter(|id| before.contains(id)).count(), 3);
    assert_eq!(after.len(), 5);
}

#[test]
fn columns_about_doing_become_events() {
    let list = "Lead Number,Lead Origin,Last Activity,A free copy of The Guide,Converted,TotalVisits,Do Not Email\n\
                7,Landing Page Submission,Page Visited on Website,Yes,1,2,No\n\
                8,API,Email Bounced,No,0,0,Yes\n";
    assert_eq!(
        messages(&[("l.csv", list)], ""),
        [
            "2024-06-01 8 Email Bounced assumed=true",
            "2024-06-01 8 Unsubscribed assumed=true",
            "2024-05-31 7 Page Viewed assumed=true",
            "2024-06-01 7 is last_activity=Page Visited on Website lead_origin=Landing Page Submission total_visits=2",
            "2024-06-01 7 Form Submitted assumed=true",
            "2024-06-01 7 Content Downloaded asset=The Guide assumed=true",
            "2024-06-01 7 Page Viewed assumed=true",
            "2024-06-01 7 Deal Won assumed=true",
            "2024-06-01 8 is last_activity=Email Bounced lead_origin=API total_visits=0",
        ]
    );
}

#[test]
fn what_two_columns_tell_alike_happened_once() {
    let list = "Lead Number,Lead Origin,Last Activity\n7,Landing Page Submission,Form Submitted on Website\n";
    let told = messages(&[("l.csv", list)], "");
    assert_eq!(told.iter().filter(|message| message.contains("Form Submitted assumed")).count(), 1, "{told:#?}");
}

#[test]
fn who_left_in_one_file_is_subscribed_by_no_other() {
    let gone = "Email Address,First Name,OPTIN_TIME,UNSUB_TIME,LEID,EUID\nA@x.org,Ada,2020-01-01,2021-01-01,,\n";
    let list = "email,name\na@x.org,Ada\nb@x.org,Bob\n";
    let broken = "email,name\nc@x.org,\"Cy\" x\n";
    let again = "email\nc@x.org\n";
    let files = [("list.csv", list), ("again.csv", again), ("broken.csv", broken), ("gone.csv", gone)];
    let done = run(&files, "", Some("at the fair")).unwrap();
    let subscribed: Vec<&String> = done.lines.iter().filter(|line| line.contains(" Subscribed ")).collect();
    assert_eq!(subscribed, ["2024-06-01 b@x.org Subscribed assumed=true proof=at the fair"]);
    assert_eq!(done.lines[0], "2021-01-01 a@x.org Unsubscribed");
    assert_eq!((done.report.consents, done.report.held_back, done.report.opt_outs), (1, 2, 1));
}

/// A list of addresses and a list of those who left may know a lead by different names; whoever knows both joins them.
#[test]
fn who_left_under_another_name_is_subscribed_by_no_list() {
    let list = ("list.csv", "email\nada@x.org\nbob@x.org\n");
    let left = ("left.csv", "user id,unsubscribed\nu1,yes\n");
    let known = ("known.csv", "user id,email\nu1,ada@x.org\n");
    let heard =
        "{\"type\":\"identify\",\"userId\":\"u1\",\"traits\":{\"email\":\"Ada@x.org\"},\"timestamp\":\"2024-01-01\"}\n";
    let gone = "{\"type\":\"track\",\"userId\":\"u1\",\"event\":\"Unsubscribed\",\"timestamp\":\"2024-01-02\"}\n";
    let messages = format!("{heard}{gone}");
    let mails = "{\"type\":\"identify\",\"anonymousId\":\"v\",\"traits\":{\"email\":\"ada@x.org\"},\"timestamp\":\"2024-01-01\"}\n\
                 {\"type\":\"track\",\"anonymousId\":\"v\",\"event\":\"Unsubscribed\",\"timestamp\":\"2024-01-02\"}\n";
    let calls = [
        vec![list, left, known],
        vec![known, left, list],
        vec![list, ("m.ndjson", &messages)],
        vec![("m.ndjson", mails), list],
    ];
    for files in calls {
        let done = run(&files, "", Some("form")).unwrap();
        let granted = |who: &str| done.lines.iter().any(|line| line.contains(&format!("{who} Subscribed")));
        assert!(!granted("ada@x.org") && !granted("u1") && granted("bob@x.org"), "{:#?}", done.lines);
        assert_eq!((done.report.opt_outs, done.report.rejected), (1, 0), "{files:?}");
    }
}

#[test]
fn only_a_plain_no_says_that_nobody_left() {
    let list = "email,Unsubscribed,Bounced At,Opt In,Status\n\
                a@x.org,no,,yes,active\nb@x.org,last week,,yes,active\nc@x.org,no,some day,yes,active\n\
                d@x.org,no,,no,active\ne@x.org,no,,yes,abgemeldet\n";
    let done = run(&[("l.csv", list)], "", Some("form")).unwrap();
    let told: Vec<&str> =
        done.lines.iter().filter(|line| line.contains("ubscribed")).map(|line| &line[11..line.len()]).collect();
    assert_eq!(
        told,
        [
            "b@x.org Unsubscribed assumed=true",
            "c@x.org Unsubscribed assumed=true reason=bounced",
            "e@x.org Unsubscribed assumed=true",
            "a@x.org Subscribed assumed=true proof=form",
        ]
    );
}

#[test]
fn zoom_counts_a_webinar_once_however_often_somebody_left_the_room() {
    let report = "Attendee Report\nTopic,Webinar ID\nPricing,987\nAttendee Details,\n\
                  Attended,User Name (Original Name),First Name,Last Name,Email,Registration Time,Join Time,Leave Time,\
                  Time in Session (minutes)\n\
                  Yes,Ada,Ada,Roe,a@x.org,\"Mar 20, 2024 09:00:00\",\"Mar 28, 2024 10:00:00\",\"Mar 28, 2024 10:30:00\",30\n\
                  No,Bob,Bob,Roe,b@x.org,\"Mar 21, 2024 09:00:00\",--,--,--\n";
    let lines = messages(&[("zoom.csv", report)], "");
    assert_eq!(
        lines,
        [
            "2024-03-20T09:00:00 a@x.org is email=a@x.org first_name=Ada last_name=Roe name=Ada",
            "2024-03-20T09:00:00 a@x.org Webinar Registered webinar=Pricing webinar_id=987",
            "2024-03-28T10:00:00 a@x.org Webinar Attended minutes=30 webinar=Pricing webinar_id=987",
            "2024-03-21T09:00:00 b@x.org is email=b@x.org first_name=Bob last_name=Roe name=Bob",
            "2024-03-21T09:00:00 b@x.org Webinar Registered webinar=Pricing webinar_id=987",
        ]
    );
}

#[test]
fn goto_attendees() {
    let report = "Attended,First Name,Last Name,Email Address,Registration Date/Time,Join Time,Time in Session,Unsubscribed\n\
                  Yes,Ada,Roe,a@x.org,\"June 3, 2023 10:02 AM EDT\",\"June 9, 2023 10:00 AM EDT\",52 minutes,No\n\
                  No,Bob,Roe,b@x.org,\"June 4, 2023 10:02 AM EDT\",,,Yes\n";
    assert_eq!(
        messages(&[("Pricing day.csv", report)], ""),
        [
            "2023-06-04T14:02:00 b@x.org Unsubscribed assumed=true",
            "2023-06-03T14:02:00 a@x.org is email=a@x.org first_name=Ada last_name=Roe",
            "2023-06-03T14:02:00 a@x.org Webinar Registered webinar=Pricing day",
            "2023-06-09T14:00:00 a@x.org Webinar Attended minutes=52 webinar=Pricing day",
            "2023-06-04T14:02:00 b@x.org is email=b@x.org first_name=Bob last_name=Roe",
            "2023-06-04T14:02:00 b@x.org Webinar Registered webinar=Pricing day",
        ]
    );
}

#[test]
fn rows_that_are_events_say_once_whose_they_are() {
    let list =
        "email,event,timestamp,path\na@x.org,Page Viewed,2024-01-02 10:00,/pricing\na@x.org,Email Opened,2024-01-03,\n";
    assert_eq!(
        messages(&[("e.csv", list)], ""),
        [
            "2024-01-02T10:00:00 a@x.org is email=a@x.org",
            "2024-01-02T10:00:00 a@x.org Page Viewed path=/pricing",
            "2024-01-03 a@x.org Email Opened",
        ]
    );
}

#[test]
fn messages_become_history_and_raise_nobody() {
    let file = "{\"type\":\"track\",\"userId\":\"A@x.org\",\"event\":\"Subscribed\",\"timestamp\":\"2024-01-01\"}\n\
                {\"type\":\"page\",\"userId\":\"u1\",\"messageId\":\"m\",\"timestamp\":\"2024-01-02\",\"context\":{\"ip\":\"::1\"}}\n\
                {\"type\":\"track\",\"userId\":\"u2\",\"event\":\"X\"}\n";
    let done = run(&[("e.ndjson", file), ("gone.csv", "email,unsubscribed\na@x.org,yes\n")], "", None).unwrap();
    assert!(done.rejected.contains("e.ndjson,1,\"it would subscribe a lead that has left"), "{}", done.rejected);
    assert!(done.raw.contains("\"messageId\":\"m\""));
    assert!(done.raw.contains("\"context\":{\"ip\":\"::1\",\"history\":true}"));
    assert!(done.rejected.contains("e.ndjson,3,\"no `timestamp`"), "as a replay of the file says: {}", done.rejected);
}

#[test]
fn what_is_said_by_hand_goes_first() {
    let list = "Wer,Wann,Was,Wert,Notiz\na@x.org,03/04/2024,5,12,geheim\n";
    let map = "Wer=email,Wann=at:Demo Requested,Was=count:Email Opened,Wert=company.value,Notiz=-";
    assert_eq!(
        messages(&[("l.csv", list)], map),
        [
            "2024-02-29 a@x.org Email Opened assumed=true",
            "2024-03-01 a@x.org Email Opened assumed=true",
            "2024-03-02 a@x.org Email Opened assumed=true",
            "2024-03-03 a@x.org Email Opened assumed=true",
            "2024-03-04 a@x.org is company.value=12 email=a@x.org was=5",
            "2024-03-04 a@x.org Demo Requested",
            "2024-03-04 a@x.org Email Opened assumed=true",
        ]
    );
}

#[test]
fn what_was_guessed_is_said() {
    let latin = "E-Mail;Firma;Umsatz;Angelegt am\na@x.org;M\u{fc}ller & S\u{f6}hne;1.234,50;03.04.2024\n";
    let bytes: Vec<u8> = latin.chars().map(|c| c as u8).collect();
    let done = run_bytes(&[("l.csv", bytes)], "", None).unwrap();
    assert_eq!(done.lines, ["2024-04-03 a@x.org is company.name=M\u{fc}ller & S\u{f6}hne email=a@x.org umsatz=1234.5"]);
    let said = done.report.to_string();
    for wanted in [
        "probably windows-1252, cells separated by semicolons; 1 row",
        "Firma → company.name",
        "Angelegt am → when it became known",
        "kept: Umsatz → umsatz (as a number)",
        "dates of \u{201c}Angelegt am\u{201d} are read day before month: a guess",
        "numbers are written with a decimal comma, as \u{201c}Umsatz\u{201d} shows",
        "1 row of leads: 1 person\n0 people opted out; consent is recorded for nobody without `--consent`; 0 rows rejected",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}
