//! Excel files: dates as such, numbers, empty cells and rows, a first sheet with nothing in it, and bombs.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::shown::{run_bytes, run_sheet};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A workbook with an empty first sheet and a second one with these rows.
fn workbook(rows: &str) -> Vec<u8> {
    two_sheets("", rows)
}

fn two_sheets(cover: &str, rows: &str) -> Vec<u8> {
    let sheet = |rows: &str| format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>");
    let part = |id: u8, kind: &str, target: &str| {
        format!("<Relationship Id=\"r{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>")
    };
    let relations = |parts: String| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{parts}</Relationships>"
        )
    };
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets><sheet name=\"Cover\" sheetId=\"1\" r:id=\"r1\"/>\
         <sheet name=\"Leads\" sheetId=\"2\" r:id=\"r2\"/></sheets></workbook>"
    );
    let styles = format!(
        "<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"1\"><numFmt numFmtId=\"170\" formatCode=\"00000\"/></numFmts><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/>\
         <xf numFmtId=\"170\"/></cellXfs></styleSheet>"
    );
    let parts = part(1, "worksheet", "worksheets/sheet1.xml") + &part(2, "worksheet", "worksheets/sheet2.xml");
    archive(&[
        ("_rels/.rels", relations(part(1, "officeDocument", "xl/workbook.xml"))),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", relations(parts + &part(3, "styles", "styles.xml"))),
        ("xl/styles.xml", styles),
        ("xl/worksheets/sheet1.xml", sheet(cover)),
        ("xl/worksheets/sheet2.xml", sheet(rows)),
    ])
}

fn archive(files: &[(&str, String)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        zip.start_file(*name, SimpleFileOptions::default()).expect("an archive");
        zip.write_all(text.as_bytes()).expect("an archive");
    }
    zip.finish().expect("an archive").into_inner()
}

fn text(cell: &str, text: &str) -> String {
    format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

#[test]
fn the_first_sheet_with_rows_is_read() {
    let rows = format!(
        "<row r=\"1\">{}{}{}</row><row r=\"2\">{}<c r=\"B2\" s=\"1\"><v>45322</v></c><c r=\"C2\"><v>2</v></c></row>\
         <row r=\"4\">{}{}</row><row r=\"5\">{}</row>",
        text("A1", "Email"),
        text("B1", "Last Open"),
        text("C1", "Visits"),
        text("A2", "a@x.org"),
        text("A4", "b@x.org"),
        text("C4", "many"),
        text("A5", "nobody"),
    );
    let done = run_bytes(&[("l.xlsx", workbook(&rows))], "", None).unwrap();
    assert_eq!(
        done.lines,
        [
            "2024-01-30 a@x.org Page Viewed assumed=true",
            "2024-01-31 a@x.org is email=a@x.org visits=2",
            "2024-01-31 a@x.org Email Opened",
            "2024-01-31 a@x.org Page Viewed assumed=true",
            "2024-06-01 b@x.org is email=b@x.org",
        ]
    );
    assert!(done.rejected.contains("l.xlsx,5,\"\u{201c}nobody\u{201d} is not an e-mail address"), "{}", done.rejected);
    let said = done.report.to_string();
    assert!(said.contains("Excel, sheet \u{201c}Leads\u{201d}; 3 rows"), "{said}");
    assert!(said.contains("row 4: \u{201c}many\u{201d} in \u{201c}Visits\u{201d} is not a number"), "{said}");
}

#[test]
fn zeros_that_a_format_shows_are_part_of_the_cell() {
    let rows = format!(
        "<row r=\"1\">{}{}{}</row><row r=\"2\">{}<c r=\"B2\" s=\"2\"><v>1068</v></c><c r=\"C2\" s=\"2\"><v>7</v></c></row>\
         <row r=\"3\">{}<c r=\"B3\" s=\"2\"><v>10115</v></c><c r=\"C3\"><v>8</v></c></row>",
        text("A1", "Email"),
        text("B1", "PLZ"),
        text("C1", "Los"),
        text("A2", "a@x.org"),
        text("A3", "b@x.org"),
    );
    let done = run_bytes(&[("l.xlsx", workbook(&rows))], "", None).unwrap();
    assert!(
        done.raw.contains("\"postal_code\":\"01068\"") && done.raw.contains("\"postal_code\":\"10115\""),
        "{}",
        done.raw
    );
    assert!(done.raw.contains("\"los\":\"00007\"") && done.raw.contains("\"los\":\"8\""), "{}", done.raw);
}

/// The opt-outs may be in there.
#[test]
fn sheets_that_are_not_read_are_said_and_can_be_chosen() {
    let row =
        |email: &str| format!("<row r=\"1\">{}</row><row r=\"2\">{}</row>", text("A1", "Email"), text("A2", email));
    let both = two_sheets(&row("a@x.org"), &row("b@x.org"));
    let done = run_bytes(&[("l.xlsx", both.clone())], "", None).unwrap();
    assert_eq!(done.lines, ["2024-06-01 a@x.org is email=a@x.org"]);
    let said = done.report.to_string();
    assert!(said.contains("sheet \u{201c}Cover\u{201d} (not read: \u{201c}Leads\u{201d}; --sheet NAME"), "{said}");
    let one = run_bytes(&[("l.xlsx", workbook(&row("b@x.org")))], "", None).unwrap();
    assert!(!one.report.to_string().contains("not read"));
    let chosen = |bytes: &[u8], sheet: &str| run_sheet("l.xlsx", bytes, sheet).map(|done| done.lines);
    assert_eq!(chosen(&both, " leads").unwrap(), ["2024-06-01 b@x.org is email=b@x.org"]);
    let refused = |bytes: &[u8], sheet: &str| chosen(bytes, sheet).unwrap_err().to_string();
    assert_eq!(
        refused(&both, "Deals"),
        "l.xlsx: it has no sheet \u{201c}Deals\u{201d}; its sheets are \u{201c}Cover\u{201d}, \u{201c}Leads\u{201d}"
    );
    assert!(refused(&workbook(&row("b@x.org")), "Cover").contains("has nothing in it; those with something are"));
    let csv = run_sheet("l.csv", b"email\na@x.org\n", "Leads").err().expect("no import").to_string();
    assert_eq!(csv, "l.csv: it is not a workbook, so it has no sheet \u{201c}Leads\u{201d}");
}

#[test]
fn a_cover_before_the_list_and_titles_above_it_are_passed_over() {
    let line = |number: u8, cells: &[&str]| {
        let cells: String =
            ["A", "B", "C"].iter().zip(cells).map(|(column, cell)| text(&format!("{column}{number}"), cell)).collect();
        format!("<row r=\"{number}\">{cells}</row>")
    };
    let list = line(1, &["Leads of May"])
        + &line(2, &["by", "Ada"])
        + &line(4, &["Email", "Name", "City"])
        + &line(5, &["a@x.org", "Ada", "Rome"]);
    // A cover of words, and one that looks like a row.
    for cover in [line(1, &["Report", "of May"]) + &line(2, &["Rows", "1"]), line(1, &["Contact", "sales@x.org"])] {
        let done = run_bytes(&[("l.xlsx", two_sheets(&cover, &list))], "", None).unwrap();
        assert_eq!(done.lines, ["2024-06-01 a@x.org is city=Rome email=a@x.org name=Ada"]);
        let said = done.report.to_string();
        assert!(said.contains("sheet \u{201c}Leads\u{201d} (not read: \u{201c}Cover\u{201d}"), "{said}");
        assert!(
            said.contains("the header is row 4; 2 rows above it left out, from \u{201c}Leads of May\u{201d} on"),
            "{said}"
        );
    }
    let words = line(1, &["Report", "of May"]);
    let refused = run_bytes(&[("l.xlsx", two_sheets(&words, &words))], "", None).err().expect("no import").to_string();
    assert!(refused.starts_with("l.xlsx: no column of its sheet \u{201c}Cover\u{201d} names the lead"), "{refused}");
    assert!(
        refused.ends_with("Its other sheets are \u{201c}Leads\u{201d}; --sheet NAME reads one of them"),
        "{refused}"
    );
    // Words of --map name a header too.
    let list = line(1, &["Liste", "Mai"]) + &line(2, &["Wer", "Was", "Wo"]) + &line(3, &["a@x.org", "Ada", "Rome"]);
    let done = run_bytes(&[("l.xlsx", two_sheets(&words, &list))], "Wer=email", None).unwrap();
    assert_eq!(done.lines, ["2024-06-01 a@x.org is email=a@x.org was=Ada wo=Rome"]);
}

#[test]
fn a_workbook_without_rows_and_one_that_is_none() {
    let refused = |bytes: Vec<u8>| run_bytes(&[("l.xlsx", bytes)], "", None).err().expect("no import").to_string();
    assert_eq!(refused(workbook("")), "l.xlsx: no sheet of the workbook has anything in it");
    let error = refused(archive(&[("letter.txt", "Dear Ada".to_owned())]));
    assert!(error.starts_with("l.xlsx: no readable workbook"), "{error}");
    let mut cut = workbook(&format!("<row r=\"1\">{}</row>", text("A1", "Email")));
    cut.truncate(cut.len() / 2);
    assert!(refused(cut).starts_with("l.xlsx: no readable workbook"));
}

/// A workbook whose shared texts are this part.
fn with_strings(strings: &str) -> Vec<u8> {
    let kind = |kind: &str| format!("{RELATIONS}/{kind}");
    let relations = |parts: String| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{parts}</Relationships>"
        )
    };
    let part = |id: u8, of: &str, target: &str| {
        format!("<Relationship Id=\"r{id}\" Type=\"{}\" Target=\"{target}\"/>", kind(of))
    };
    let cell = |place: &str, number: u8| format!("<c r=\"{place}\" t=\"s\"><v>{number}</v></c>");
    let rows = format!("<row r=\"1\">{}</row><row r=\"2\">{}</row>", cell("A1", 0), cell("A2", 1));
    let book = format!(
        "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    archive(&[
        ("_rels/.rels", relations(part(1, "officeDocument", "xl/workbook.xml"))),
        ("xl/workbook.xml", book),
        (
            "xl/_rels/workbook.xml.rels",
            relations(part(1, "worksheet", "worksheets/sheet1.xml") + &part(2, "sharedStrings", "sharedStrings.xml")),
        ),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>")),
        ("xl/sharedStrings.xml", strings.to_owned()),
    ])
}

#[test]
fn a_workbook_is_refused_where_it_claims_more_texts_than_it_can_hold() {
    let texts = "<si><t>Email</t></si><si><t>a@x.org</t></si></sst>";
    let with = |claim: &str| with_strings(&format!("<sst xmlns=\"{MAIN}\" {claim}>{texts}"));
    for honest in ["", "uniqueCount=\"2\"", "count=\"9\" uniqueCount='2'", "uniqueCount=\"none\""] {
        let done = run_bytes(&[("l.xlsx", with(honest))], "", None).unwrap();
        assert_eq!(done.lines, ["2024-06-01 a@x.org is email=a@x.org"], "{honest}");
    }
    let blanks = " ".repeat(9_000);
    for claim in [
        "uniqueCount=\"4000000000\"".to_owned(),
        "uniqueCount='99999999999999999999999999'".to_owned(),
        format!("uniqueCount{blanks}=\"4000000000\""),
        format!("uniqueCount=\"{}4000000000\"", "0".repeat(9_000)),
        format!("x=\"{blanks}\" uniqueCount = \"4000000000\""),
        "y='uniqueCount=\"1\"' uniqueCount=\"4000000000\"".to_owned(),
    ] {
        let refused = run_bytes(&[("l.xlsx", with(&claim))], "", None).err().expect("no import").to_string();
        assert!(refused.contains("claims") && refused.contains("texts"), "{refused}");
    }
    // Wherever the pieces are cut in which the part is unpacked.
    for padding in 8_100..8_250 {
        let claim = format!("x=\"{}\" uniqueCount=\"4000000000\"", " ".repeat(padding));
        assert!(run_bytes(&[("l.xlsx", with(&claim))], "", None).is_err(), "{padding}");
    }
}

#[test]
fn parts_that_are_held_in_memory_are_limited() {
    let mut styles = String::from("<styleSheet><cellXfs>");
    styles.push_str(&"<xf/>".repeat(2_000_000));
    let bomb = archive(&[("xl/styles.xml", styles)]);
    assert!(bomb.len() < 100_000, "{} bytes", bomb.len());
    let refused = run_bytes(&[("l.xlsx", bomb)], "", None).err().expect("no import").to_string();
    assert!(refused.contains("xl/styles.xml unpacks to more than 8 MB"), "{refused}");
}

/// Each of its cells is held in memory as a whole before it can be counted.
#[test]
fn a_cell_that_is_longer_than_any_may_be_is_refused_with_the_part_that_holds_it() {
    let rows =
        |name: &str| format!("<row r=\"1\">{}</row><row r=\"2\">{}</row>", text("A1", "Email"), text("A2", name));
    let longest = format!("a@x.org {}", "x".repeat(32_000));
    let done = run_bytes(&[("l.xlsx", workbook(&rows(&longest)))], "", None).unwrap();
    assert_eq!((done.report.leads, done.report.rejected), (1, 0), "{}", done.rejected);
    let refused = |bytes: Vec<u8>| run_bytes(&[("l.xlsx", bytes)], "", None).err().expect("no import").to_string();
    let long = "x".repeat(2_000_000);
    let inline = refused(workbook(&rows(&long)));
    assert_eq!(
        inline,
        "l.xlsx: its part xl/worksheets/sheet2.xml holds a single text of more than 1 MB, as no cell can"
    );
    let shared =
        refused(with_strings(&format!("<sst xmlns=\"{MAIN}\"><si><t>Email</t></si><si><t>{long}</t></si></sst>")));
    assert!(shared.contains("xl/sharedstrings.xml holds a single text of more than 1 MB"), "{shared}");
}

#[test]
fn entities_that_a_workbook_declares_are_not_expanded() {
    let declared = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]>";
    let texts = |text: &str| format!("<sst xmlns=\"{MAIN}\"><si><t>Email</t></si><si><t>{text}</t></si></sst>");
    let refused = |bytes: Vec<u8>| run_bytes(&[("l.xlsx", bytes)], "", None).err().expect("no import").to_string();
    for reference in ["&a;", "&b;"] {
        let with = refused(with_strings(&format!("{declared}{}", texts(reference))));
        assert_eq!(
            with,
            "l.xlsx: its part xl/sharedstrings.xml declares a document type (DOCTYPE), as no workbook does"
        );
        // Nor are entities that nothing declares.
        let without = refused(with_strings(&texts(reference)));
        assert!(without.starts_with("l.xlsx: no readable workbook"), "{without}");
    }
    let mut sheet = String::from("</sheetData></worksheet>");
    sheet.push_str(declared);
    let of_sheet = refused(workbook(&sheet));
    assert!(of_sheet.contains("xl/worksheets/sheet2.xml declares a document type"), "{of_sheet}");
}
