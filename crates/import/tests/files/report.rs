//! What the report of an import says of people: how far they left, who has no deal, whom a hint would add.

use attractor_import::{OptOutCounts, StageWithoutDeal};

use crate::shown::run;

#[test]
fn opt_outs_are_counted_by_how_far_people_left() {
    let list = "Record ID,Email,Create Date,Unsubscribed from all email,Opted out of email: News,Email hard bounce reason\n\
                1,all@x.org,2024-01-01,true,true,\n2,part@x.org,2024-01-01,false,true,\n\
                3,gone@x.org,2024-01-01,false,false,mailbox full\n4,here@x.org,2024-01-01,false,false,\n";
    let report = run(&[("l.csv", list)], "", Some("form")).unwrap().report;
    assert_eq!(report.opt_outs_by, OptOutCounts { all: 1, part: 1, bounced: 1, complained: 0 }, "{report}");
    let said = "3 people opted out (1 from everything, 1 from single subscriptions, 1 because mail came back)";
    assert!(report.to_string().contains(said), "{report}");
}

#[test]
fn who_left_a_subscription_by_a_message_is_counted_and_may_be_granted_the_others() {
    let track = |user: &str, event: &str, properties: &str| {
        format!(
            "{{\"type\":\"track\",\"userId\":\"{user}\",\"event\":\"{event}\",\"timestamp\":\"2024-01-02\",\
             \"properties\":{properties}}}\n"
        )
    };
    let messages = [
        track("a", "Unsubscribed", "{\"subscription\":\"news\"}"),
        track("b", "Unsubscribed", "{\"topic\":\"shirts\"}"),
        track("c", "Unsubscribed", "{\"subscription\":\"news\"}"),
        track("c", "Unsubscribed", "{}"),
        track("d", "Subscribed", "{\"subscription\":\"news\",\"proof\":\"form\"}"),
    ];
    let report = run(&[("m.ndjson", &messages.concat())], "", None).unwrap().report;
    assert_eq!(report.opt_outs_by, OptOutCounts { all: 1, part: 2, bounced: 0, complained: 0 }, "{report}");
    let said = "3 people opted out (1 from everything, 2 from single subscriptions)";
    assert!(report.to_string().contains(said), "{report}");
    let list = "user id,email\na,a@x.org\n";
    let done = run(&[("m.ndjson", &messages[0]), ("l.csv", list)], "", Some("form")).unwrap();
    assert_eq!((done.report.opt_outs, done.report.consents), (1, 1), "{}", done.report);
}

#[test]
fn consent_is_held_back_from_the_same_people_with_and_without_words_of_consent() {
    let list = "email,GDPR Consent\na@x.org,Yes\nb@x.org,not yet\nc@x.org,\n";
    for (consent, granted, said) in [
        (
            None,
            0,
            "consent is recorded for nobody without `--consent`; held back from 2 people (no consent is recorded for them; those who did not opt out get e-mails only in the countries of the setting `consent_unknown`)",
        ),
        (
            Some("form"),
            1,
            "consent is recorded for 1 person, unless they opted out here before; held back from 2 people (no consent is recorded for them; those who did not opt out get e-mails only in the countries of the setting `consent_unknown`)",
        ),
    ] {
        let report = run(&[("l.csv", list)], "", consent).unwrap().report;
        assert_eq!((report.consents, report.held_back), (granted, 2), "{consent:?}: {report}");
        assert!(report.to_string().contains(said), "{said}\n{report}");
    }
}

#[test]
fn another_legal_basis_grants_nothing_and_a_hint_says_how_many_it_adds() {
    let list = "Record ID,Email,Create Date,Legal basis for processing contact's data\n\
                1,a@x.org,2024-01-01,Freely given consent from contact\n\
                2,b@x.org,2024-01-01,Legitimate interest – existing customer\n\
                3,c@x.org,2024-01-01,Not applicable\n4,d@x.org,2024-01-01,\n5,e@x.org,2024-01-01,see paper\n";
    let report = run(&[("l.csv", list)], "", Some("form")).unwrap().report;
    let said = report.to_string();
    assert_eq!((report.consents, report.held_back), (1, 4), "{report}");
    for words in
        ["Legitimate interest – existing customer", "which is not a consent", "2 rows more can then be granted"]
    {
        assert!(said.contains(words), "{words}\n{said}");
    }
    let mapped = "Legal basis for processing contact's data=now:legal_basis";
    let report = run(&[("l.csv", list)], mapped, Some("form")).unwrap().report;
    assert_eq!((report.consents, report.held_back), (3, 2), "{report}");
}

/// Cells that agree to nothing.
const NOES: [&str; 7] = ["no", "nein", "non", "0", "false", "-", ""];

fn with_noes(header: &str) -> String {
    let mut list = format!("email,{header}\nyes@x.org,yes\nplease@x.org,yes please\n");
    NOES.iter().enumerate().for_each(|(n, no)| list.push_str(&format!("no{n}@x.org,{no}\n")));
    list
}

#[test]
fn a_hint_counts_no_row_with_a_no_and_names_the_cell_to_correct_first() {
    let report = run(&[("l.csv", &with_noes("Newsletter"))], "", Some("form")).unwrap().report;
    assert_eq!((report.consents, report.held_back), (1, 8), "{report}");
    let said = report.to_string();
    for wanted in [
        "says “yes please” in 1 row, which is not a consent: none is granted there. Where the person agreed, write yes in the \
         cell. If you know",
        "--map \"Newsletter=now:newsletter\" stops reading it so: with --consent, at most 3 rows more can then be granted \
         consent; rows with a no, and those that name another legal basis",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}

#[test]
fn a_no_in_several_words_is_no_row_that_a_mapping_adds() {
    for no in ["no thanks", "\"no, thank you\"", "nein danke", "non merci", "\"no, gracias\""] {
        let list = format!("email,Newsletter\nyes@x.org,yes\nno@x.org,{no}\nopen@x.org,\n");
        let report = run(&[("l.csv", &list)], "", Some("form")).unwrap().report;
        assert_eq!((report.consents, report.held_back), (1, 2), "{report}");
        let said = report.to_string();
        assert!(said.contains("in 1 row, which is not a consent: none is granted there\n"), "{no}: {said}");
        for unwanted in ["Where the person agreed", "stops reading it so", "more can then be granted"] {
            assert!(!said.contains(unwanted), "{no}: {unwanted}\n{said}");
        }
        let mapped = run(&[("l.csv", &list)], "Newsletter=now:newsletter", Some("form")).unwrap();
        assert!(!mapped.lines.iter().any(|line| line.contains("no@x.org Subscribed")), "{no}: {:?}", mapped.lines);
        assert!(mapped.report.held_back >= 1, "{no}: {}", mapped.report);
    }
}

#[test]
fn a_no_in_a_column_of_consent_grants_nothing_whatever_the_column_is_mapped_to() {
    // An empty cell and a dash are no only where the column is read as one of consent.
    for (key, granted) in [
        ("agreed", 1),
        ("now:newsletter", 4),
        ("newsletter", 4),
        ("attribute:agreed", 4),
        ("-", 4),
        ("tags", 4),
        ("at:Signed Up", 1),
        ("at:Magazine Ordered", 4),
        ("created_at", 4),
        ("seen_at", 4),
        ("activity", 4),
        ("came_by", 4),
        ("converted", 4),
        ("count:Email Opened", 4),
    ] {
        let report = run(&[("l.csv", &with_noes("Newsletter"))], &format!("Newsletter={key}"), Some("form"));
        let report = report.unwrap().report;
        assert_eq!((report.consents, report.held_back), (granted, 9 - granted), "{key}: {report}");
        let done = run(&[("l.csv", "email,Newsletter\nno@x.org,no\n")], &format!("Newsletter={key}"), Some("form"));
        assert_eq!(done.unwrap().report.consents, 0, "{key}");
    }
    let said = run(&[("l.csv", &with_noes("Newsletter"))], "Newsletter=now:newsletter", Some("form")).unwrap();
    let wanted = "“Newsletter” says “no”, “nein”, “non”, … in 5 rows, which may mean that no mail is wanted: consent is held \
                  back there\n";
    assert!(said.report.to_string().contains(wanted), "{}", said.report);
}

#[test]
fn a_list_of_full_names_alone_is_said_to_have_no_first_names() {
    let said = |header: &str, cells: &str, map: &str| {
        let list = format!("email;{header}\na@x.org;{cells}\n");
        run(&[("l.csv", &list)], map, None).unwrap().report.to_string()
    };
    let wanted = "no column has first names, so e-mails greet these people as they greet somebody without one, such as “Hello \
                  there”. “Name” is kept whole, because nothing shows where a first name ends; add a column First Name, or, if \
                  “Name” has first names alone, say --map \"Name=first_name\"\n";
    let alone = said("Name", "Ada Lovelace", "");
    assert!(alone.contains(wanted), "{alone}");
    for (header, cells, map) in [
        ("Name;Vorname", "Ada Lovelace;Ada", ""),
        ("Name;First name;Last name", "Ada L;Ada;Lovelace", ""),
        ("Name", "Ada", "Name=first_name"),
        ("Name", "", ""),
        ("City", "London", ""),
    ] {
        let text = said(header, cells, map);
        assert!(!text.contains("no column has first names"), "{header}: {text}");
    }
}

#[test]
fn people_whose_stage_speaks_of_a_deal_that_no_file_tells_of_are_counted() {
    let people = "Record ID,Email,Create Date,Lifecycle Stage\n1,a@x.org,2024-01-01,Customer\n\
                  2,b@x.org,2024-01-01,Customer\n3,c@x.org,2024-01-01,Opportunity\n4,d@x.org,2024-01-01,Lead\n";
    let deals = "Record ID,Deal Name,Deal Stage,Close Date,Associated Contact IDs\n7,A,Closed Won,2024-02-01,1\n";
    let stage = |stage: &str, people| StageWithoutDeal { stage: stage.to_owned(), people };
    for (files, expected) in [
        (vec![("l.csv", people)], vec![stage("Customer", 2), stage("Opportunity", 1)]),
        (vec![("l.csv", people), ("d.csv", deals)], vec![stage("Customer", 1), stage("Opportunity", 1)]),
    ] {
        let report = run(&files, "", None).unwrap().report;
        assert_eq!(report.without_deal, expected, "{report}");
        assert!(report.to_string().contains("people without a deal in these files, by their stage: "), "{report}");
    }
}

#[test]
fn people_whom_only_deals_name_are_counted() {
    let people = "email,city\na@x.org,Rome\nb@x.org,Bern\n";
    let deals = "Deal,Deal value,Status,Email\nA,100,won,b@x.org\nB,200,won,nobody@ghost.example\n\
                 C,300,open,Nobody@ghost.example\n";
    let report = run(&[("l.csv", people), ("d.csv", deals)], "", None).unwrap().report;
    assert_eq!((report.deal_rows, report.people, report.only_in_deals), (3, 3, 1), "{report}");
    assert!(report.to_string().contains("1 person is named only by deals, and by no list of people"), "{report}");
    let alone = run(&[("d.csv", deals)], "", None).unwrap().report;
    assert_eq!((alone.people, alone.only_in_deals), (2, 2), "{alone}");
    assert!(!alone.to_string().contains("named only by deals"), "{alone}");
}

#[test]
fn sizes_in_ranges_are_said_to_be_out_of_reach_of_rules() {
    let said = |size: &str| {
        let list = format!("Record ID,Email,Create Date,Company size\n1,a@x.org,2024-01-01,{size}\n");
        run(&[("l.csv", &list)], "", None).unwrap().report.to_string()
    };
    assert!(said("51-200").contains("is a range such as 51-200 in 1 row"), "{}", said("51-200"));
    assert!(!said("120").contains("a range such as"), "{}", said("120"));
}

#[test]
fn dates_of_an_activity_in_columns_that_nobody_knows_are_named() {
    let said = |header: &str| {
        let list = format!("email,{header}\na@x.org,2024-02-01\n");
        run(&[("l.csv", &list)], "", None).unwrap().report.to_string()
    };
    for header in ["Zeitpunkt der letzten Wartung", "Last Demo Date", "Dernière commande"] {
        let wanted =
            format!("kept as attributes alone, though these dates may be of an activity: \u{201c}{header}\u{201d}");
        let text = said(header);
        assert!(text.contains(&wanted) && text.contains(&format!("--map \"{header}=seen_at\"")), "{header}: {text}");
    }
    for header in ["Vertragsbeginn", "Last Activity Date"] {
        assert!(!said(header).contains("may be of an activity"), "{header}: {}", said(header));
    }
}

#[test]
fn words_that_are_no_answer_make_no_deal_and_the_report_says_so() {
    let list = "Record ID,Email,Create Date,Lifecycle Stage\n1,a@x.org,2024-01-01,Customer\n";
    let done = run(&[("l.csv", list)], "Lifecycle Stage=won", None).unwrap();
    let said = done.report.to_string();
    assert!(said.contains("says “Customer” and is read as a yes or a no: 1 cell is neither"), "{said}");
    let list = "Record ID,Email,Create Date,Became a Customer Date\n1,a@x.org,2024-01-01,2024-02-01\n";
    let done = run(&[("l.csv", list)], "Became a Customer Date=won_at", None).unwrap();
    assert!(done.lines.iter().any(|line| line.starts_with("2024-02-01 hubspot:1 Deal Won")), "{:?}", done.lines);
}

#[test]
fn cells_that_could_not_be_read_are_named_up_to_twenty_and_the_others_counted() {
    let said = |odd: usize| {
        let mut list = "email,created at\n".to_owned();
        (0..odd).for_each(|n| list.push_str(&format!("p{n}@x.org,soon {n}\n")));
        let report = run(&[("l.csv", &list)], "", None).unwrap().report;
        (report.files[0].unread, report.to_string())
    };
    let (count, four) = said(4);
    assert_eq!(count, 4);
    assert!(four.contains("4 cells could not be read") && four.contains("row 5: \u{201c}soon 3\u{201d}"), "{four}");
    assert!(!four.contains(" more"), "{four}");
    let (count, many) = said(23);
    assert_eq!(count, 23);
    assert!(many.contains("row 21: ") && !many.contains("row 22: ") && many.contains("; and 3 more\n"), "{many}");
}

#[test]
fn a_row_that_cannot_be_read_is_counted_among_the_rows_of_its_file() {
    let list = "email,name\na@x.org,A\nb@x.org,B,too,many\nc@x.org,C\n";
    let report = run(&[("l.csv", list)], "", None).unwrap().report;
    assert_eq!((report.files[0].rows, report.files[0].rejected, report.leads), (3, 1, 2), "{report}");
    assert!(report.to_string().contains("; 3 rows\n"), "{report}");
}

#[test]
fn columns_of_an_own_export_that_are_not_read_are_named_with_what_to_correct_instead() {
    let list = "id,lead,named_by,email,name,company,group,at,score fit,segments,next_change,attribute company.name\n\
                1,u1,user_id,a@x.org,Ada,Corrected,,2024-05-01T00:00:00Z,5,,,Acme\n";
    let said = run(&[("l.csv", list)], "", None).unwrap().report.to_string();
    let wanted = "left out: id, name (it follows from `attribute name`, or from the first and the last name; correct these), \
                  company (it follows from `attribute company.name`, else from `group`, else from the domain of the \
                  address; correct these), score fit, segments, next_change\n";
    assert!(said.contains(wanted), "{said}");
}
