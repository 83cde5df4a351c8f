//! `attractor import --to` as people run it: exit codes, the report, the rejected rows, and the real lists where they are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { folder: TempDir::new().expect("a folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> &Desk {
        fs::write(self.path(name), text).expect("a file");
        self
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn run(&self, args: &[&str]) -> Output {
        let attractor = env!("CARGO_BIN_EXE_attractor");
        Command::new(attractor).current_dir(self.folder.path()).args(args).output().expect("the binary")
    }

    /// Runs `import … --as-of 2024-06-01 --to out.ndjson`; the exit code and what was said.
    fn import(&self, args: &[&str]) -> (i32, String) {
        let rest = ["--as-of", "2024-06-01", "--to", "out.ndjson"];
        let output = self.run(&[&["import"], args, &rest].concat());
        assert!(output.stdout.is_empty());
        (
            output.status.code().expect("an exit code and text"),
            String::from_utf8(output.stderr).expect("an exit code and text"),
        )
    }

    fn messages(&self) -> Vec<Value> {
        self.read("out.ndjson").lines().map(|line| serde_json::from_str(line).expect("a message")).collect()
    }

    /// How many leads are in each stage and segment under the playbook below.
    fn replay(&self) -> BTreeMap<String, u32> {
        self.file("playbook.yaml", PLAYBOOK);
        let output = self.run(&["replay", "--playbook", "playbook.yaml", "--events", "out.ndjson"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let mut found = BTreeMap::new();
        for line in String::from_utf8(output.stdout).expect("text").lines() {
            let lead: Value = serde_json::from_str(line).expect("a lead");
            let stage = lead["stages"]["temperature"].as_str().expect("a stage").to_owned();
            let segments = lead["segments"]
                .as_array()
                .expect("segments")
                .iter()
                .map(|id| id.as_str().expect("segments").to_owned());
            segments.chain([stage, "leads".to_owned()]).for_each(|name| *found.entry(name).or_default() += 1);
        }
        found
    }

    fn files(&self) -> Vec<String> {
        let names = fs::read_dir(self.folder.path()).expect("a name").map(|entry| entry.expect("a name").file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().expect("a name")).collect();
        names.sort();
        names
    }
}

const PLAYBOOK: &str = "\
playbook: test
scores:
  - id: engagement
    rules:
      - {id: visit, event: Page Viewed, points: 5, cap: 30, decay: {half_life: 30d}}
      - {id: open, event: Email Opened, points: 10, cap: 30, decay: {half_life: 30d}}
      - {id: download, event: Content Downloaded, points: 10, cap: 30, decay: {half_life: 30d}}
      - {id: form, event: Form Submitted, points: 10, cap: 20, decay: {half_life: 30d}}
ladders:
  - {id: temperature, score: engagement, stages: [{id: cold}, {id: warm, from: 20}, {id: hot, from: 50}]}
segments:
  - {id: won, enter: {deal: won}}
  - {id: gone, enter: {event: Unsubscribed}}
  - {id: agreed, enter: {event: Subscribed}}
";

/// The path of real files, or a loud word that they are not here.
fn real(name: &str) -> Option<String> {
    let path = Path::new(SHARED).join(name);
    if path.exists() {
        return Some(path.display().to_string());
    }
    eprintln!("SKIPPED: {} is not here; nothing was tested on it", path.display());
    None
}

#[test]
fn done_is_0_and_the_report_says_what_was_understood() {
    let desk = Desk::new();
    desk.file("l.csv", "E-Mail;Firma;Besuche\na@x.org;Acme;2\n");
    let (code, said) = desk.import(&["l.csv", "--consent", "at the fair"]);
    assert_eq!(code, 0, "{said}");
    for wanted in [
        "l.csv: a list of leads, as its headers say",
        "separated by semicolons; 1 row",
        "Firma → company.name",
        "consent is recorded for 1 person, unless they opted out here before",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    assert_eq!(desk.files(), ["l.csv", "out.ndjson"]);
    let kinds: Vec<String> = desk.messages().iter().map(|m| m["event"].to_string()).collect();
    assert_eq!(kinds, ["\"Page Viewed\"", "null", "\"Page Viewed\"", "\"Subscribed\""]);
}

#[test]
fn rank_and_department_follow_the_job_title_as_in_a_store() {
    let desk = Desk::new();
    desk.file("l.csv", "email,Job Title,Seniority\na@x.org,Head of Marketing,\nb@x.org,CEO,owner\nc@x.org,,\n");
    assert_eq!(desk.import(&["l.csv"]).0, 0);
    let traits: Vec<(Value, Value)> = desk
        .messages()
        .iter()
        .map(|message| (message["traits"]["seniority"].clone(), message["traits"]["department"].clone()))
        .collect();
    let wanted = [("director", "marketing"), ("owner", "executive")].map(|(one, other)| (one.into(), other.into()));
    assert_eq!(traits, [&wanted[..], &[(Value::Null, Value::Null)]].concat());
}

#[test]
fn rejected_rows_are_1_and_stand_beside_with_their_reasons() {
    let desk = Desk::new();
    desk.file("l.csv", "email,name\na@x.org,Ada\nnobody,Bob\nc@x.org,C,D\n");
    let (code, said) = desk.import(&["l.csv"]);
    assert_eq!(code, 1);
    assert!(said.contains("2 rows rejected") && said.contains("out.rejected.csv"), "{said}");
    assert_eq!(
        desk.read("out.rejected.csv"),
        "file,row,why,content\n\
         l.csv,3,\"\u{201c}nobody\u{201d} is not an e-mail address, and nothing else names the lead\",\"nobody,Bob\"\n\
         l.csv,4,\"it has 3 cells, the header 2\",\"c@x.org,C,D\"\n"
    );
    // The next import, in which nothing is wrong, leaves none of this behind.
    desk.file("l.csv", "email,name\na@x.org,Ada\n");
    assert_eq!(desk.import(&["l.csv"]).0, 0);
    assert_eq!(desk.files(), ["l.csv", "out.ndjson"]);
}

#[test]
fn what_cannot_be_done_is_2_and_leaves_no_half_file() {
    let desk = Desk::new();
    desk.file("l.csv", "email\na@x.org\n").file("empty.csv", "").file("out.ndjson", "as it was\n");
    let cases: [(&[&str], &str); 9] = [
        (&["l.csv", "empty.csv"], "empty.csv: the file is empty"),
        (&["l.csv", "missing.csv"], "missing.csv: there is no such file; create it"),
        (&["l.csv", "."], ".: this is a folder"),
        (&["l.csv", "--map", "x=y"], "--map: there is no column `x`"),
        (&["l.csv", "--map", "email"], "--map: `email` is not COLUMN=KEY"),
        (&["l.csv", "--map", "none.yaml"], "none.yaml: there is no such file; create it"),
        (&["l.csv", "--as-of", "soon"], "not an instant"),
        (&["l.csv", "--as-of", "2999-01-01"], "--as-of: 2999-01-01T00:00:00.000Z lies in the future"),
        (&[], "<FILE>"),
    ];
    for (args, wanted) in cases {
        let output = desk.run(&[&["import"], args, &["--to", "out.ndjson"]].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    assert_eq!(desk.read("out.ndjson"), "as it was\n");
    assert_eq!(desk.files(), ["empty.csv", "l.csv", "out.ndjson"]);
}

#[test]
fn a_map_in_a_file() {
    let desk = Desk::new();
    desk.file("l.csv", "Wer;Wann\na@x.org;03/04/2024\n");
    desk.file(
        "MAP.yaml",
        "dates: day-first\ntimezone: Europe/Berlin\ncolumns: {Wer: email, Wann: \"at:Demo Requested\"}\n",
    );
    assert_eq!(desk.import(&["l.csv", "--map", "MAP.yaml"]).0, 0);
    assert_eq!(desk.messages()[1]["timestamp"], "2024-04-02T22:00:00.000Z");
}

#[test]
fn rejected_rows_never_replace_a_file_that_is_read() {
    let desk = Desk::new();
    desk.file("out.rejected.csv", "email\nnobody\n");
    let (code, said) = desk.import(&["out.rejected.csv"]);
    assert_eq!(code, 2, "{said}");
    assert_eq!(desk.read("out.rejected.csv"), "email\nnobody\n");
}

#[test]
fn the_output_never_replaces_a_file_that_is_read() {
    let desk = Desk::new();
    desk.file("l.csv", "email\na@x.org\n");
    let mut names = vec!["l.csv", "./l.csv"];
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("l.csv", desk.path("link.csv")).unwrap();
        names.push("link.csv");
    }
    for name in names {
        let output = desk.run(&["import", "l.csv", "--to", name]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {said}");
        assert!(said.contains("is to be read"), "{said}");
        assert_eq!(desk.read("l.csv"), "email\na@x.org\n");
    }
}

#[cfg(unix)]
#[test]
fn an_output_that_is_a_link_stays_one() {
    let desk = Desk::new();
    desk.file("l.csv", "email\na@x.org\n").file("real.ndjson", "");
    std::os::unix::fs::symlink("real.ndjson", desk.path("out.ndjson")).unwrap();
    assert_eq!(desk.import(&["l.csv"]).0, 0);
    assert!(desk.path("out.ndjson").is_symlink());
    assert!(desk.read("real.ndjson").contains("a@x.org"));
}

#[test]
fn an_output_without_a_place_is_2_and_said_plainly() {
    let desk = Desk::new();
    desk.file("l.csv", "email\na@x.org\n");
    let cases =
        [("-", "wants the name of a file"), ("none/out.ndjson", "there is no folder none"), (".", "is not a file")];
    for (to, wanted) in cases {
        let output = desk.run(&["import", "l.csv", "--to", to]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(wanted) && !said.contains(".tmp"), "{said}");
    }
    assert_eq!(desk.files(), ["l.csv"]);
}

/// Blanks prove nothing.
#[test]
fn consent_wants_words() {
    let desk = Desk::new();
    desk.file("l.csv", "email\na@x.org\n");
    for words in ["", "  "] {
        let (code, said) = desk.import(&["l.csv", "--consent", words]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("where and how they agreed"), "{said}");
    }
}

/// What stops the program while it reads leaves no file, whole or half, and no personal data under another name.
#[cfg(unix)]
#[test]
fn an_import_that_is_stopped_leaves_nothing() {
    let desk = Desk::new();
    let fifo = desk.path("list.csv");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    desk.file("first.csv", "email\na@x.org\n");
    let attractor = env!("CARGO_BIN_EXE_attractor");
    let mut child = Command::new(attractor)
        .current_dir(desk.folder.path())
        .args(["import", "first.csv", "list.csv", "--to", "out.ndjson"])
        .spawn()
        .expect("the program starts");
    // Opening it waits until the program, whose outputs are begun by then, opens it too.
    let waits = fs::OpenOptions::new().write(true).open(&fifo).expect("the program reads it");
    child.kill().expect("it still waits for the list");
    child.wait().expect("it ends");
    drop(waits);
    assert_eq!(desk.files(), ["first.csv", "list.csv"]);
}

#[test]
fn importing_twice_changes_nothing() {
    let desk = Desk::new();
    desk.file("l.csv", "email,visits,last open,unsubscribed\na@x.org,3,2024-05-01,no\nb@x.org,9,,yes\n");
    assert_eq!(desk.import(&["l.csv", "--consent", "form"]).0, 0);
    let first = desk.read("out.ndjson");
    assert_eq!(desk.import(&["l.csv", "--consent", "form"]).0, 0);
    assert_eq!(desk.read("out.ndjson"), first);
    // On another day, what has no date gets another one; the ids stay.
    let ids = |text: &str| -> Vec<String> {
        let message = |line| serde_json::from_str::<Value>(line).unwrap()["messageId"].to_string();
        text.lines().map(message).collect()
    };
    let output = desk.run(&["import", "l.csv", "--consent", "form", "--as-of", "2024-06-20", "--to", "out.ndjson"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(ids(&desk.read("out.ndjson")), ids(&first));
    assert_ne!(desk.read("out.ndjson"), first);
}

#[test]
fn the_list_of_an_education_company_fills_all_stages() {
    let Some(path) = real("xeducation/Leads.csv") else { return };
    let desk = Desk::new();
    // Three columns ask who wants to hear more, and everybody says no.
    let (code, said) = desk.import(&[&path, "--consent", "website form"]);
    assert_eq!(code, 0, "{said}");
    let asked =
        ["Receive More Updates About Our Courses", "Update me on Supply Chain Content", "Get updates on DM Content"];
    for header in asked {
        assert!(said.contains(&format!("\u{201c}{header}\u{201d} says \u{201c}No\u{201d} in 9240 rows")), "{said}");
    }
    assert!(said.contains("because of a complaint); held back from 9240 people ("), "{said}");
    let found = desk.replay();
    assert_eq!((found["leads"], found["gone"], found.get("agreed")), (9240, 752, None));
    let map = asked.map(|header| format!("{header}=-")).join(",");
    let (code, said) = desk.import(&[&path, "--consent", "website form", "--map", &map]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("9240 rows of leads: 9240 people, 3561 deals")
            && said.contains("752 people opted out (424 from everything, 326 because mail came back, 2 because of a complaint); consent is recorded for 8488 people, except those who opted out here before"),
        "{said}"
    );
    let found = desk.replay();
    assert_eq!((found["leads"], found["won"], found["gone"], found["agreed"]), (9240, 3561, 752, 8488));
    for stage in ["cold", "warm", "hot"] {
        assert!(found[stage] > 500, "{stage}: {}", found[stage]);
    }
}

#[test]
fn deals_stand_on_their_leads() {
    let Some(leads) = real("olist/olist_marketing_qualified_leads_dataset.csv") else { return };
    let Some(deals) = real("olist/olist_closed_deals_dataset.csv") else { return };
    let desk = Desk::new();
    let (code, said) = desk.import(&[&deals, &leads]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains(
            "8000 rows of leads, 842 rows of deals: 8000 people, 842 deals\n0 people opted out; consent is recorded for nobody without `--consent`; 0 rows rejected"
        ),
        "{said}"
    );
    let found = desk.replay();
    assert_eq!((found["leads"], found["won"]), (8000, 842));
    let won = desk.messages().into_iter().find(|message| message["event"] == "Deal Won").unwrap();
    assert_eq!(won["userId"], "5420aad7fec3549a85876ba1c529bd84");
    assert_eq!(won["timestamp"], "2018-02-26T19:58:54.000Z");
}

/// Folder or file, how it is recognised, and leads, opt-outs, consents and rejected rows.
type Known = (&'static str, &'static str, [u64; 4]);

const EXPORTS: [Known; 13] = [
    ("beehiiv/members.csv", "beehiiv subscribers", [9, 3, 5, 0]),
    ("curated/subscribers.csv", "Curated subscribers", [18, 0, 18, 2]),
    ("keila/import_excel.csv", "Keila contacts", [201, 0, 201, 0]),
    ("keila/import_libreoffice.csv", "Keila contacts", [201, 0, 201, 0]),
    ("keila/import_malformed1.csv", "Keila contacts", [3, 0, 3, 0]),
    ("keila/import_rfc_4180_with_status.csv", "Keila contacts", [4, 2, 2, 0]),
    ("listmonk/subs.csv", "listmonk subscribers", [100, 0, 100, 0]),
    ("mailchimp/cleaned.csv", "Mailchimp audience, cleaned (bounced)", [5, 5, 0, 0]),
    ("mailchimp/subscribed.csv", "Mailchimp audience", [5, 0, 5, 0]),
    ("mailchimp/unsubscribed.csv", "Mailchimp audience, unsubscribed", [5, 5, 0, 0]),
    ("mautic/contacts.csv", "Mautic contacts", [2, 0, 2, 0]),
    ("substack/fixtures_subscriber_emails.csv", "Substack subscribers", [17, 2, 15, 0]),
    ("hubspot_contact_export_header.txt", "HubSpot contacts", [0, 0, 0, 0]),
];

#[test]
fn the_exports_of_other_tools_need_no_map() {
    for (name, recognised, [leads, opt_outs, consents, rejected]) in EXPORTS {
        let Some(path) = real(&format!("csv_exports/{name}")) else { return };
        let desk = Desk::new();
        let (code, said) = desk.import(&[&path, "--consent", "form"]);
        assert_eq!(code, i32::from(rejected > 0), "{said}");
        assert!(said.contains(&format!(": recognised as {recognised}\n")), "{said}");
        let found = desk.replay();
        let of = |name: &str| u64::from(found.get(name).copied().unwrap_or(0));
        assert_eq!([of("leads"), of("gone"), of("agreed"), rejected], [leads, opt_outs, consents, rejected], "{name}");
    }
}
