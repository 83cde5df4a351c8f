//! Bad input: every error says where and why, no good row is lost, and nothing panics.

use attractor_import::Map;
use proptest::prelude::*;

use crate::shown::{run, run_bytes};

/// The reasons and how many leads were taken all the same.
fn rejected(text: &str) -> (Vec<String>, u64) {
    let done = run(&[("l.csv", text)], "", None).expect("an import");
    let mut reader = csv::Reader::from_reader(done.rejected.as_bytes());
    let whys =
        reader.records().map(|row| row.expect("a row").iter().skip(1).take(2).collect::<Vec<_>>().join(": ")).collect();
    (whys, done.report.leads)
}

#[test]
fn a_bad_row_costs_itself_alone() {
    let cases: [(&str, &[&str]); 8] = [
        ("name,email,note\nA\nZ,z@x.org\n", &["2: it has 1 cell, the header 3"]),
        ("name,email,note\nA,geor\nZ,z@x.org\n", &["2: it has 2 cells, the header 3"]),
        ("id,name,plan\n,N\n7,Z\n", &["2: it has 2 cells, the header 3"]),
        ("email,name\na@x.org,A,B\nz@x.org,Z\n", &["2: it has 3 cells, the header 2"]),
        ("email,name\n\"a@x.org,A\nz@x.org,Z\n", &["2: a quote is opened here and never closed"]),
        (
            "email,name\na@x,A\nz@x.org,Z\n",
            &["2: \u{201c}a@x\u{201d} is not an e-mail address, and nothing else names the lead"],
        ),
        ("email,name\n,A\nz@x.org,Z\n", &["2: it names no lead: neither an e-mail address nor an id"]),
        ("email,name\r\n\r\nz@x.org,Z", &[]),
    ];
    for (text, wanted) in cases {
        let (whys, leads) = rejected(text);
        assert_eq!(
            (whys.as_slice(), leads),
            (wanted.iter().map(|why| (*why).to_owned()).collect::<Vec<_>>().as_slice(), 1)
        );
    }
}

/// Nobody can write to such a lead, so it is named; its id and its other cells are taken all the same.
#[test]
fn an_address_that_cannot_be_read_is_named_with_its_row() {
    let list = "Record ID,Email,Create Date\n1,a@x.org,2024-01-01\n2,kein-at-zeichen,2024-01-01\n";
    let done = run(&[("l.csv", list)], "", None).unwrap();
    assert_eq!((done.report.leads, done.report.rejected, done.report.files[0].unread), (2, 0, 1));
    let said = done.report.to_string();
    let wanted = "row 3: \u{201c}kein-at-zeichen\u{201d} in \u{201c}Email\u{201d} is not an e-mail address";
    assert!(said.contains(wanted), "{said}");
    assert!(done.raw.contains("\"invalid_email\":\"kein-at-zeichen\""), "{}", done.raw);
    let deals = "Deal ID,Deal Name,Contact ID,Contact Email\n9,Big,51,nobody\n";
    let done = run(&[("d.csv", deals)], "", None).unwrap();
    assert_eq!((done.report.rejected, done.report.files[0].unread), (0, 1), "{}", done.report);
}

#[test]
fn a_huge_line_is_one_bad_row() {
    let text = format!("email,name\na@x.org,{}\nz@x.org,Z\n", "y".repeat(5_000_000));
    let (whys, leads) = rejected(&text);
    assert_eq!((whys.as_slice(), leads), (&["2: the line is longer than a million characters".to_owned()][..], 1));
}

#[test]
fn impossible_dates_are_left_out_of_leads_and_reject_events() {
    let done =
        run(&[("l.csv", "email,created at\na@x.org,31.02.2024\nb@x.org,2024-07-01\nc@x.org,2024-01-31\n")], "", None);
    let done = done.unwrap();
    assert_eq!((done.report.leads, done.report.files[0].unread), (3, 2));
    let said = done.report.to_string();
    assert!(
        said.contains(
            "row 2: \u{201c}31.02.2024\u{201d} in \u{201c}created at\u{201d} is not a date in a known notation"
        ),
        "{said}"
    );
    assert!(
        said.contains("row 3: \u{201c}2024-07-01\u{201d} in \u{201c}created at\u{201d} lies in the future"),
        "{said}"
    );
    let (whys, _) = rejected("email,event,timestamp\na@x.org,X,soon\n");
    assert_eq!(whys, ["2: \u{201c}soon\u{201d} in \u{201c}timestamp\u{201d} is not a date in a known notation"]);
}

/// The date of the import in the place of theirs would make an old lead an active one.
#[test]
fn events_whose_date_cannot_be_read_are_left_out_and_named() {
    let cases = [
        // Its own date is in the cell.
        ("Last Visit,Visits", "31/31/2026,2", "row 2: 2 Page Viewed", "2024-06-01 a@x.org Subscribed"),
        ("Last Visit,Visits", "2027-05-01,500", "row 2: 100 Page Viewed", "2024-06-01 a@x.org Subscribed"),
        (
            "Created,Last Visit,Visits",
            "2023-01-01,31/31/2026,2",
            "row 2: 2 Page Viewed",
            "2023-01-01 a@x.org Subscribed",
        ),
        // The row's last date is in the cell.
        ("Last Seen,Visits,Opens", "soon,2,1", "row 2: 1 Email Opened, 2 Page Viewed", "2024-06-01 a@x.org Subscribed"),
        (
            "Created,Last Seen,Last Activity",
            "2023-01-01,soon,Page Visited",
            "row 2: 1 Page Viewed",
            "2023-01-01 a@x.org Subscribed",
        ),
    ];
    for (header, row, named, consent) in cases {
        let list = format!("email,{header}\na@x.org,{row}\n");
        let done = run(&[("l.csv", &list)], "", Some("form")).unwrap();
        let events: Vec<&String> = done.lines.iter().filter(|line| !line.contains(" a@x.org is ")).collect();
        assert!(events.len() == 1 && events[0].starts_with(consent), "{list}: {:#?}", done.lines);
        let said = done.report.to_string();
        let note = format!("events left out, because the cell with their date could not be read: {named}\n");
        assert!(said.contains(&note), "{list}: {said}");
        assert_eq!((done.report.leads, done.report.files[0].undated), (1, 1), "{list}");
    }
}

#[test]
fn a_date_that_cannot_be_read_costs_no_event_that_another_date_tells_of() {
    let cases = [
        // Of the same kind, or the row's last one whatever the cell held.
        ("Last Visit,A,Visits", "2024-05-10,31/31/2026,2", "A=at:Email Opened", "Page Viewed", 2),
        ("Last Visit,A,Visits", "2024-05-10,31/31/2026,2", "A=at:Page Viewed", "Page Viewed", 2),
        ("Created,Last Visit,Visits", "31/31/2026,2024-05-10,2", "", "Page Viewed", 2),
        ("Last Visit,Last Seen,Opens", "2024-05-10,31/31/2026,1", "", "Email Opened", 1),
        // Rows without a date are dated by the import.
        ("Last Visit,Visits", ",2", "", "Page Viewed", 2),
    ];
    for (header, row, map, kind, events) in cases {
        let list = format!("email,{header}\na@x.org,{row}\n");
        let done = run(&[("l.csv", &list)], map, None).unwrap();
        let found = done.lines.iter().filter(|line| line.contains(kind)).count();
        assert_eq!((found, done.report.files[0].undated), (events, 0), "{list}: {:#?}", done.lines);
    }
}

#[test]
fn an_attendance_whose_date_cannot_be_read_is_left_out() {
    let list = "Email,Attended,Join Time\na@x.org,Yes,31/31/2026\nb@x.org,Yes,2024-05-01\n";
    let done = run(&[("l.csv", list)], "", None).unwrap();
    let came: Vec<&String> = done.lines.iter().filter(|line| line.contains("Webinar Attended")).collect();
    assert!(came.len() == 1 && came[0].starts_with("2024-05-01 b@x.org"), "{:#?}", done.lines);
    assert_eq!(done.report.files[0].undated_shown, ["row 2: 1 Webinar Attended"]);
}

#[test]
fn a_message_from_the_future_is_rejected_and_the_others_stay() {
    let message = |id: &str, at: &str| {
        format!("{{\"type\":\"page\",\"userId\":\"u\",\"messageId\":\"{id}\",\"timestamp\":\"{at}\"}}\n")
    };
    let text = [message("a", "2020-01-01"), message("b", "2999-01-01"), message("c", "2020-01-02")].concat();
    let done = run(&[("m.ndjson", &text)], "", None).expect("an import");
    assert_eq!((done.lines.len(), done.report.rejected), (2, 1));
    assert!(done.rejected.contains("2999-01-01T00:00:00.000Z, lies in the future"), "{}", done.rejected);
}

#[test]
fn what_cannot_be_read_at_all_stops_the_import_and_says_why() {
    let cases: [(&[u8], &str); 8] = [
        (b"", "l.csv: the file is empty"),
        (b" \r\n\n", "l.csv: the file is empty"),
        (b"Ada,12\nBob,13\n", "l.csv: no column names the lead; its columns are Ada, 12"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "l.csv: this is no text"),
        (b"%PDF-1.7\n", "l.csv: this is no text"),
        (b"\x1f\x8b\x08\x00", "l.csv: the file is packed"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "l.csv: this is an Excel file of before 2007"),
        (b"PK\x03\x04rubbish", "l.csv: no readable workbook"),
    ];
    for (bytes, wanted) in cases {
        let error = run_bytes(&[("l.csv", bytes.to_vec())], "", None).err().expect("no import").to_string();
        assert!(error.starts_with(wanted), "{error}");
    }
    let error = run(&[("l.csv", "E-Mail,Ort\n")], "E-Mial=email", None).err().expect("no import").to_string();
    assert_eq!(error, "--map: there is no column `E-Mial`; did you mean `E-Mail`? the columns are E-Mail, Ort");
    // Also where nothing else names the leads.
    let error = run(&[("l.csv", "Kontakt,Ort\na@x.org,Bonn\n")], "Kontakte=email", None).err().expect("no import");
    let expected = "--map: there is no column `Kontakte`; did you mean `Kontakt`? the columns are Kontakt, Ort";
    assert_eq!(error.to_string(), expected);
    let error = Map::from_argument("Kontakt=emial").expect_err("no map").to_string();
    assert!(error.contains("`emial` looks like the key `email`"), "{error}");
}

proptest! {
    #[test]
    fn nothing_panics_and_every_line_is_a_message(text in "(email|id|event|[a-z@.,;\"\n\t|{}:0-9 äß\u{feff}\\[\\]-]){0,200}") {
        if let Ok(done) = run(&[("l.csv", &text)], "", Some("x")) {
            prop_assert_eq!(done.report.messages, done.lines.len() as u64);
        }
    }

    #[test]
    fn bytes_do_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = run_bytes(&[("l.csv", bytes)], "", None);
    }
}
