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
        ("name,email,note\nA\nZ,z@x.org\n", &["2: it has 1 cells, the header 3"]),
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
