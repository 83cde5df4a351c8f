//! What is counted: each case makes an input of a size, and returns the work on it.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{Cursor, Write as _};

use attractor_engine::lead::Lead;
use attractor_engine::message::Message;
use attractor_engine::playbook;
use attractor_engine::program::{Event, Program};
use attractor_engine::step::{Sends, Stepper};
use attractor_engine::time::Instant;
use attractor_import::{Map, Rules, SourceFile, import};
use attractor_intake::{Envelope, Limits, Receipt, Request, Rights, normalise, read};
use attractor_live::{Arrived, Fills, Lane};
use attractor_mail::inbound;
use attractor_mail::render::{Body, Email, Language, Source, Values, Wishes};
use attractor_store::versions::Version;
use attractor_store::{Location, VersionNumber};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// What is done with an input that is there already.
pub type Work = Box<dyn FnOnce()>;

pub struct Case {
    pub name: &'static str,
    /// Of the smaller input.
    pub size: usize,
    pub prepare: fn(usize) -> Work,
}

pub static CASES: [Case; 11] = [
    Case { name: "segments of a playbook", size: 100, prepare: segments },
    Case { name: "clauses of a condition", size: 200, prepare: clauses },
    Case { name: "messages of a batch", size: 500, prepare: batch },
    Case { name: "members of a message", size: 500, prepare: members },
    Case { name: "events of a lead", size: 1_000, prepare: events },
    Case { name: "ties of a lead", size: 100, prepare: ties },
    Case { name: "rows of a CSV file", size: 200, prepare: rows },
    Case { name: "rows of a workbook", size: 200, prepare: workbook },
    Case { name: "lines of a reply", size: 1_000, prepare: reply },
    Case { name: "recipients of a report", size: 100, prepare: report },
    Case { name: "texts of an e-mail", size: 40, prepare: email },
];

/// As many blocks of memory, of which each is freed before the next one.
pub static TEMPORARY: Case = Case { name: "blocks", size: 2_000, prepare: blocks };

/// 2026-03-02T09:00:00Z.
const NOW: Instant = Instant(1_772_442_000_000);

fn blocks(size: usize) -> Work {
    Box::new(move || {
        for _ in 0..size {
            black_box(vec![1_u8; 100]);
        }
    })
}

/// A playbook must be usable, otherwise less of it is read.
fn program(text: &str) -> Program {
    let reading = playbook::read(text);
    let problems: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
    let playbook = reading.playbook.unwrap_or_else(|| panic!("{}", problems.join("\n")));
    Program::new(playbook, &TimeZoneDatabase::bundled()).unwrap()
}

fn segments(size: usize) -> Work {
    let mut text = String::from("playbook: many\nsegments:\n");
    for number in 0..size {
        let enter = format!("{{event: Page Viewed, where: {{path: /page-{number}}}, within: 30d, count: {{gte: 2}}}}");
        let _ = writeln!(text, "  - {{id: s{number}, enter: {enter}}}");
    }
    Box::new(move || drop(black_box(program(&text))))
}

fn clauses(size: usize) -> Work {
    let clause = |number| format!("{{event: Page Viewed, where: {{path: /page-{number}}}}}");
    let clauses: Vec<String> = (0..size).map(clause).collect();
    let text = format!("playbook: long\nsegments:\n  - {{id: s, enter: {{any: [{}]}}}}\n", clauses.join(", "));
    Box::new(move || drop(black_box(program(&text))))
}

fn page(number: usize, who: &str) -> String {
    let at = Instant(NOW.0 - 86_400_000 + number as i64 * 1_000);
    format!(
        r#"{{"messageId": "m{number}", "type": "page", "timestamp": "{at}", "properties": {{"path": "/page-{number}"}}, {who}}}"#
    )
}

fn taken_apart(body: &str, expected: usize) {
    let request = Request { path: "/v1/batch", body: body.as_bytes(), ..Request::default() };
    let batch = read(&request, &Limits::default()).unwrap();
    let receipt =
        Receipt { at: NOW, rights: Rights::Server, key: Some("site"), hook: None, own_domains: &[], agents: None };
    let mut taken = 0;
    for raw in batch.messages {
        black_box(normalise(&raw.unwrap(), &Envelope::default(), &receipt, &mut || "made".into()).unwrap());
        taken += 1;
    }
    assert_eq!(taken, expected);
}

fn batch(size: usize) -> Work {
    let messages: Vec<String> = (0..size).map(|number| page(number, &format!(r#""userId": "u{number}""#))).collect();
    let body = format!(r#"{{"batch": [{}]}}"#, messages.join(","));
    Box::new(move || taken_apart(&body, size))
}

fn members(size: usize) -> Work {
    let traits: Vec<String> = (0..size).map(|number| format!(r#""trait_{number}": "value {number}""#)).collect();
    let message =
        format!(r#"{{"messageId": "m", "type": "identify", "userId": "u", "traits": {{{}}}}}"#, traits.join(","));
    let body = format!(r#"{{"batch": [{message}]}}"#);
    Box::new(move || taken_apart(&body, 1))
}

const ASKING: &str = "
playbook: asking
scores: [{id: lead, rules: [{id: visit, event: Page Viewed, points: 1, decay: {half_life: 30d}}]}]
ladders: [{id: heat, score: lead, stages: [{id: cold}, {id: warm, from: 20}]}]
segments:
  - {id: busy, enter: {event: Page Viewed, within: 7d, count: {gte: 5}}}
  - {id: reader, enter: {all: [{stage: heat, is: warm}, {segment: busy}]}}
  - {id: quiet, enter: {inactive: 30d}}
";

/// Messages read, distilled and stepped: all conditions are asked after each.
fn events(size: usize) -> Work {
    let program = program(ASKING);
    let lines: Vec<String> = (0..size).map(|number| page(number, r#""userId": "ada""#)).collect();
    Box::new(move || {
        let mut stepper = Stepper::new(&program, Lead::new("ada"), Sends::AtOnce);
        for line in &lines {
            let mut event = Event::default();
            program.distill(&Message::parse(line, program.wanted()).unwrap(), &mut event);
            stepper.event(&event);
        }
        assert!(!stepper.effects.is_empty());
    })
}

/// Visitors that a lead gets all at once, each with a page view of its own.
fn ties(size: usize) -> Work {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::Sqlite(folder.path().join("store.db"));
    let mut lane = Lane::open(&location, TimeZoneDatabase::bundled()).unwrap();
    let files = serde_json::json!({"playbook.yaml": ASKING}).to_string();
    let version = Version { number: VersionNumber(1), at: 0, author: "test".into(), note: String::new(), files };
    lane.publish(&version, false).unwrap();
    let arrived = |json| Arrived { json, received_at: NOW, origin: "key:2".to_owned(), fills: Fills::All };
    let visits = (0..size).map(|number| arrived(page(number, &format!(r#""anonymousId": "v{number}""#))));
    lane.take(&visits.collect::<Vec<_>>(), NOW).unwrap();
    let tie = |number: usize| {
        let rest = format!(r#""type": "identify", "userId": "ada", "anonymousId": "v{number}""#);
        arrived(format!(r#"{{"messageId": "t{number}", "timestamp": "{NOW}", {rest}}}"#))
    };
    let ties: Vec<Arrived> = (0..size).map(tie).collect();
    Box::new(move || {
        assert_eq!(lane.take(&ties, NOW).unwrap().len(), size);
        drop(folder);
    })
}

/// The values of a row, under the columns of [`COLUMNS`].
fn cells(number: usize) -> [String; 4] {
    let day = 1 + number % 28;
    [format!("ada{number}@x.example"), format!("Ada {number}"), "pro".to_owned(), format!("2026-02-{day:02}")]
}

const COLUMNS: [&str; 4] = ["email", "first_name", "plan", "created_at"];

fn imported(name: &str, bytes: Vec<u8>) {
    let rules = Rules::new(NOW.0, NOW.0, None).unwrap();
    let (mut messages, mut rejected) = (Vec::new(), Vec::new());
    let source = SourceFile::from_bytes(name, bytes);
    import(&[source], &Map::default(), &rules, &mut messages, &mut rejected).unwrap();
    assert!(!messages.is_empty() && rejected.is_empty(), "{}", String::from_utf8_lossy(&rejected));
}

fn rows(size: usize) -> Work {
    let lines = (0..size).map(|number| cells(number).join(","));
    let text = [COLUMNS.join(",")].into_iter().chain(lines).collect::<Vec<_>>().join("\n");
    Box::new(move || imported("leads.csv", text.into_bytes()))
}

fn workbook(size: usize) -> Work {
    let row = |place: usize, cells: &[String]| {
        let cell = |(at, text): (usize, &String)| {
            let column = char::from(b'A' + at as u8);
            format!(r#"<c r="{column}{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
        };
        format!("<row r=\"{place}\">{}</row>", cells.iter().enumerate().map(cell).collect::<String>())
    };
    let head = row(1, &COLUMNS.map(str::to_owned));
    let rows: String = (0..size).map(|number| row(number + 2, &cells(number))).collect();
    let bytes = archive(&format!("{head}{rows}"));
    Box::new(move || imported("leads.xlsx", bytes))
}

/// A workbook with one sheet.
fn archive(rows: &str) -> Vec<u8> {
    const FORMATS: &str = "http://schemas.openxmlformats.org";
    let main = format!("{FORMATS}/spreadsheetml/2006/main");
    let kinds = format!("{FORMATS}/officeDocument/2006/relationships");
    let relation = |kind: &str, target: &str| {
        format!(
            r#"<Relationships xmlns="{FORMATS}/package/2006/relationships"><Relationship Id="r1" Type="{kinds}/{kind}" Target="{target}"/></Relationships>"#
        )
    };
    let book = format!(
        r#"<workbook xmlns="{main}" xmlns:r="{kinds}"><sheets><sheet name="Leads" sheetId="1" r:id="r1"/></sheets></workbook>"#
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in [
        ("_rels/.rels", relation("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", relation("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", format!(r#"<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>"#)),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn reply(size: usize) -> Work {
    let mut text = String::from(
        "Return-Path: <ada@x.example>\r\nFrom: Ada <ada@x.example>\r\nTo: news@acme.example\r\nSubject: Re: Shirts\r\n\
         In-Reply-To: <1@acme.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
    );
    for number in 0..size {
        let _ = write!(text, "I have a question about shirt number {number}.\r\n> You wrote about shirt {number}.\r\n");
    }
    Box::new(move || assert!(!black_box(inbound::read(text.as_bytes())).facts.is_empty()))
}

fn report(size: usize) -> Work {
    let mut text = String::from(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: bounce@acme.example\r\nSubject: failure notice\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\nNot delivered.\r\n--x\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n",
    );
    for number in 0..size {
        let _ = write!(
            text,
            "\r\nFinal-Recipient: rfc822; ada{number}@x.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 no such user ada{number}\r\n"
        );
    }
    text.push_str("\r\n--x--\r\n");
    Box::new(move || assert!(!black_box(inbound::read(text.as_bytes())).facts.is_empty()))
}

fn email(size: usize) -> Work {
    let text = |number| {
        format!(
            "<mj-text>{{{{ lead.first_name }}}}, <a href='https://shop.example/{number}'>offer {number}</a></mj-text>"
        )
    };
    let texts: String = (0..size).map(text).collect();
    let body = format!("<mjml><mj-body><mj-section><mj-column>{texts}</mj-column></mj-section></mj-body></mjml>");
    let data = serde_json::json!({
        "lead": {"first_name": "Ada"}, "sender": {"name": "Shop", "address": "1 Road"},
        "unsubscribe_url": "https://mail.example/u/x", "preferences_url": "https://mail.example/p/x",
    });
    let values = Values::new(data.as_object().unwrap(), TimeZone::UTC, NOW.0);
    Box::new(move || {
        let email = Email::compile(&Source {
            subject: "Hello {{ lead.first_name }}",
            preheader: "",
            body: Body::Mjml(&body),
            language: &Language::new("en"),
            has_footer: true,
            campaign: None,
        });
        let mut wishes = Wishes {
            show: &mut |_| true,
            rewrite: &mut |link| Some(format!("https://mail.example/t/c/{}", link.position)),
            pixel: None,
            decoy: None,
            left_out: &[],
        };
        let copy = email.unwrap().render(&values, &mut wishes).unwrap();
        assert!(copy.links.len() >= size);
    })
}
