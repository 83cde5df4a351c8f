//! Rows that are equal, lists that are imported again, and which rows say how things are now.

use attractor_import::{Assertion, Map, Rules, SourceFile, import};
use serde_json::Value;

use crate::shown::{AS_OF, Done, run};

fn ids(done: &Done) -> Vec<String> {
    let id = |line: &str| {
        let message: Value = serde_json::from_str(line).expect("a message");
        message["messageId"].as_str().expect("an id").to_owned()
    };
    done.raw.lines().map(id).collect()
}

fn repeated(ids: &[String]) -> usize {
    ids.iter().enumerate().filter(|(place, id)| ids[..*place].contains(id)).count()
}

/// A list, a map, and how many messages its two equal rows become.
#[test]
fn each_of_two_equal_events_counts_and_counts_once() {
    let message = r#"{"type":"track","event":"X","userId":"u","timestamp":"2024-01-01"}"#;
    let messages = format!("{message}\n{message}\n");
    let cases = [
        ("email,event,date\na@x.org,Visit,2024-01-01\na@x.org,Visit,2024-01-01\n", "", 3),
        ("email,event,date\na@x.org,Visit,\na@x.org,Visit,\n", "", 3),
        ("User ID,Wann,Preis\nu,2024-01-01,5\nu,2024-01-01,5\n", "Wann=at:Order,Preis=property:price", 2),
        ("Deal Name,Email,Amount,Won At\nA,a@x.org,5,2024-01-01\nA,a@x.org,5,2024-01-01\n", "", 3),
        (&messages, "", 2),
        // A person who is listed twice visited once.
        ("email,Last Open\na@x.org,2024-01-01\na@x.org,2024-01-01\n", "", 2),
    ];
    for (list, map, wanted) in cases {
        let name = if list.starts_with('{') { "l.ndjson" } else { "l.csv" };
        let done = run(&[(name, list)], map, None).unwrap();
        let found = ids(&done);
        let distinct = found.len() - repeated(&found);
        assert_eq!(distinct, wanted, "{list}{:#?}", done.lines);
        assert_eq!(ids(&run(&[(name, list)], map, None).unwrap()), found, "{list}: again the same");
        let longer = format!("{list}{}\n", list.lines().last().unwrap());
        let longer = ids(&run(&[(name, &longer)], map, None).unwrap());
        assert!(found.iter().all(|id| longer.contains(id)), "{list}: a row more changes no other id");
    }
}

#[test]
fn two_orders_at_one_minute_keep_their_properties() {
    let list = "user_id,when,invoice,price\nu,2024-01-01 10:00,A-1,5\nu,2024-01-01 10:00,A-2,7\n";
    let map = "when=at:Order Completed,invoice=property:invoice,price=property:price";
    let done = run(&[("l.csv", list)], map, None).unwrap();
    assert_eq!(
        done.lines,
        [
            "2024-01-01T10:00:00 u Order Completed invoice=A-1 price=5",
            "2024-01-01T10:00:00 u Order Completed invoice=A-2 price=7",
        ]
    );
    assert_eq!(repeated(&ids(&done)), 0);
    let refused = run(&[("l.csv", list)], "when=created_at,invoice=property:invoice", None).err().unwrap().to_string();
    assert!(refused.contains("`invoice` is a property of an event") && refused.contains("at:KIND"), "{refused}");
}

/// Which lines for a store say how a lead is now: `=` for each that does, `.` for each that does not.
fn signs(files: &[(&str, &str)]) -> String {
    let sources: Vec<SourceFile> =
        files.iter().map(|(name, text)| SourceFile::from_bytes(*name, text.as_bytes().to_vec())).collect();
    let rules = Rules::new(AS_OF, AS_OF, None).expect("a date").for_store();
    let (mut messages, mut rejected) = (Vec::new(), Vec::new());
    import(&sources, &Map::default(), &rules, &mut messages, &mut rejected).expect("an import");
    let sign = |line: &str| match Assertion::of_line(line) {
        (Assertion::Holds, _) => '=',
        _ => '.',
    };
    String::from_utf8(messages).expect("text").lines().map(sign).collect()
}

#[test]
fn the_last_row_of_a_lead_says_how_it_is() {
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("l.csv", "email,plan\na@x.org,A\nb@x.org,A\na@x.org,B\n")], ".=="),
        // Two names of one lead.
        (&[("l.csv", "user id,email,plan\nu,a@x.org,A\n,a@x.org,B\n")], ".="),
        (&[("a.csv", "email,plan\na@x.org,A\n"), ("b.csv", "email,plan\nA@x.org,B\n")], ".="),
        // A tag says that it is there; a visit only happened.
        (&[("l.csv", "email,tags,last visit\na@x.org,vip,2024-01-01\n")], "==."),
        (&[("l.csv", "email,event,date\na@x.org,Visit,2024-01-01\n")], ".."),
        (&[("l.csv", "Deal ID,Email,Amount,Created,Won At\n7,a@x.org,5,2024-01-01,2024-02-01\n")], "..="),
    ];
    for (files, wanted) in cases {
        assert_eq!(signs(files), wanted, "{files:?}");
    }
}

#[test]
fn people_are_counted_apart_from_rows() {
    let list = "email,name\na@x.org,A\nb@x.org,B\nA@x.org,A\n";
    let known = "user id,email\nu,b@x.org\n";
    let done = run(&[("l.csv", list), ("k.csv", known)], "", None).unwrap();
    assert_eq!((done.report.leads, done.report.people), (4, 2));
    let messages = "{\"type\":\"page\",\"anonymousId\":\"v\",\"timestamp\":\"2024-01-01\"}\n\
                    {\"type\":\"page\",\"anonymousId\":\"w\",\"timestamp\":\"2024-01-01\"}\n\
                    {\"type\":\"identify\",\"anonymousId\":\"w\",\"userId\":\"u\",\"timestamp\":\"2024-01-01\"}\n";
    let done = run(&[("m.ndjson", messages)], "", None).unwrap();
    assert_eq!((done.report.people, done.report.visitors), (1, 1));
}

#[test]
fn visitors_of_an_own_export_are_counted_as_visitors() {
    let list = "lead,named_by,email,at,next_change,attribute plan\n\
                u1,user_id,a@x.org,2024-05-01T00:00:00Z,,A\nb@x.org,email,b@x.org,2024-05-01T00:00:00Z,,\n\
                v1,anonymous_id,,2024-05-01T00:00:00Z,,\nv2,anonymous_id,c@x.org,2024-05-01T00:00:00Z,,\n";
    let report = run(&[("l.csv", list)], "", None).unwrap().report;
    assert_eq!((report.leads, report.people, report.visitors), (4, 3, 1), "{report}");
    assert!(report.to_string().contains("4 rows of leads: 3 people, 1 visitor\n"), "{report}");
    // A message of another file says who the visitor is.
    let tie = "{\"type\":\"identify\",\"anonymousId\":\"v1\",\"userId\":\"u1\",\"timestamp\":\"2024-01-01\"}\n";
    let report = run(&[("l.csv", list), ("m.ndjson", tie)], "", None).unwrap().report;
    assert_eq!((report.people, report.visitors), (3, 0), "{report}");
}

/// Beside each other, figures of people count people and figures of rows count rows.
#[test]
fn each_figure_counts_what_it_names_once() {
    let list = "email,name,Opt Out,Converted\n\
                a@x.org,A,no,yes\nA@x.org,A,no,yes\nb@x.org,B,yes,no\nb@x.org,B,yes,no\nb@x.org,B,no,no\n\
                c@x.org,C,perhaps,no\nc@x.org,C,no,no\n";
    let deals =
        "Deal ID,Email,Deal Stage,Close Date\n7,a@x.org,won,2024-01-01\n7,a@x.org,won,2024-01-01\n8,c@x.org,open,\n";
    let done = run(&[("l.csv", list), ("d.csv", deals)], "", Some("form")).unwrap();
    let report = &done.report;
    assert_eq!((report.leads, report.deal_rows, report.people, report.deals), (7, 3, 3, 3), "{report}");
    assert_eq!((report.consents, report.held_back, report.opt_outs), (1, 2, 2), "{report}");
    let said = report.to_string();
    for wanted in [
        "7 rows of leads, 3 rows of deals: 3 people, 3 deals\n",
        "2 people opted out; consent is recorded for 1 person, unless they opted out here before; held back from 2 people (no consent is recorded for them; those who did not opt out get e-mails only in the countries of the setting `consent_unknown`); 0 rows rejected\n",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    let messages = "{\"type\":\"track\",\"event\":\"Unsubscribed\",\"anonymousId\":\"w\",\"timestamp\":\"2024-01-01\"}\n\
                    {\"type\":\"identify\",\"anonymousId\":\"w\",\"userId\":\"u\",\"timestamp\":\"2024-01-01\"}\n\
                    {\"type\":\"track\",\"event\":\"Unsubscribed\",\"userId\":\"u\",\"timestamp\":\"2024-01-02\"}\n\
                    {\"type\":\"track\",\"event\":\"Deal Won\",\"userId\":\"u\",\"timestamp\":\"2024-01-02\",\"properties\":{\"deal_id\":5}}\n\
                    {\"type\":\"track\",\"event\":\"Deal Won\",\"userId\":\"u\",\"timestamp\":\"2024-01-03\",\"properties\":{\"deal_id\":5}}\n";
    let done = run(&[("m.ndjson", messages)], "", None).unwrap();
    assert_eq!((done.report.people, done.report.opt_outs, done.report.deals), (1, 1, 1), "{}", done.report);
}

#[test]
fn the_report_counts_people_names_what_columns_become_and_breaks_no_line() {
    let mut list = "email,event,date,Job Title,\"A\r\nB\"\n".to_owned();
    for kind in 0..25 {
        let times = if kind == 24 { 2 } else { 1 };
        list.push_str(&format!("a@x.org,Kind {kind:02},2024-01-01,CEO,x\n").repeat(times));
    }
    let said = run(&[("l\n.csv", &list)], "", None).unwrap().report.to_string();
    assert!(said.contains("26 rows of events: 1 person\n"), "{said}");
    assert!(said.contains("(Kind 24 2, Kind 00 1, ") && said.contains("Kind 18 1, and 5 more kinds)"), "{said}");
    assert!(!said.contains("Kind 19"), "{said}");
    let kept =
        run(&[("l.csv", "email,Shoe Size,\"A\nB\",plan\na@x.org,42,x,y\n")], "", None).unwrap().report.to_string();
    assert!(kept.contains("kept: Shoe Size → shoe_size (as a number), A\\u000aB → a_b (as text)"), "{kept}");
    let names: Vec<&str> = kept.lines().filter(|line| line.starts_with('B')).collect();
    assert_eq!(names, Vec::<&str>::new());
}

#[test]
fn the_report_has_the_addresses_of_the_people_whom_messages_name_where_they_are_asked_for() {
    let list = "email,name,Opt Out\nAda@X.org,A,no\nada@x.org,A,no\nbob@x.org,B,yes\nnobody,C,no\n";
    let messages = concat!(
        r#"{"type":"identify","userId":"u","timestamp":"2024-01-01","traits":{"email":"Eve@x.org"}}"#,
        "\n",
        r#"{"type":"track","event":"Unsubscribed","userId":"u","timestamp":"2024-01-01","properties":{"email":"other@x.org"}}"#,
        "\n",
    );
    let file = |name: &str, text: &str| SourceFile::from_bytes(name, text.as_bytes().to_vec());
    let sources = [file("l.csv", list), file("m.ndjson", messages)];
    let rules = Rules::new(AS_OF, AS_OF, None).expect("a date");
    for (rules, expected) in
        [(rules.clone().with_addresses(), &["ada@x.org", "bob@x.org", "eve@x.org"][..]), (rules.for_store(), &[])]
    {
        let report = import(&sources, &Map::default(), &rules, &mut Vec::new(), &mut Vec::new()).expect("an import");
        assert_eq!(report.addresses.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }
}
