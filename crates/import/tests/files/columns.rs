//! What columns mean: texts and numbers, words for nothing, tags, deals, dates, and how to say it by hand.

use attractor_import::{Map, Rules, SourceFile, import};
use serde_json::Value;

use crate::shown::{AS_OF, messages, run};

/// The attributes of the leads, in the order of the rows.
fn traits(list: &str, map: &str) -> Vec<Value> {
    let done = run(&[("l.csv", list)], map, None).expect("an import");
    assert_eq!(done.rejected, "", "{list}");
    let messages = done.raw.lines().map(|line| serde_json::from_str::<Value>(line).expect("a message"));
    messages.filter(|message| message["type"] == "identify").map(|message| message["traits"].clone()).collect()
}

fn said(list: &str, map: &str) -> String {
    run(&[("l.csv", list)], map, None).expect("an import").report.to_string()
}

#[test]
fn names_in_digits_are_texts_whatever_the_other_rows_hold() {
    let header = "email,zip,phone,Mobile,Fax,Kundennummer,shop_sku,VAT ID,Besuchernummer,external id";
    let plain = "a@x.org,10115,4930123456,49171123456,49301234,4711,900,123456,12,77";
    for others in ["", "b@x.org,01067,+49351,0171,0301,007,A-1,DE123,x,u-1\n"] {
        let seen = traits(&format!("{header}\n{plain}\n{others}"), "");
        let ada = seen[0].as_object().unwrap();
        for (name, value) in ada {
            assert!(value.is_string(), "{name} is {value} beside {others:?}");
        }
        assert_eq!((&ada["postal_code"], &ada["phone"]), (&"10115".into(), &"4930123456".into()));
    }
}

#[test]
fn the_type_of_an_unknown_column_is_said() {
    let said = said("email,Points,Room,Bought on\na@x.org,1,007,2024-01-01\nb@x.org,2,12,2024-02-01\n", "");
    let wanted = "kept: Points → points (as a number), Room → room (as text), Bought on → bought_on (as a date)";
    assert!(said.contains(wanted), "{said}");
}

#[test]
fn one_odd_cell_costs_itself_alone_and_is_named() {
    let list = "Email;Mitarbeiter\na@x.org;1.200\nb@x.org;ca. 250\n";
    for map in ["", "decimal=comma"] {
        let seen = traits(list, map);
        assert_eq!((&seen[0]["company"]["size"], &seen[1]["company"]["size"]), (&1200.into(), &"ca. 250".into()));
        let said = said(list, map);
        assert!(
            said.contains("row 3: \u{201c}ca. 250\u{201d} in \u{201c}Mitarbeiter\u{201d} is not a number"),
            "{said}"
        );
        assert!(said.contains("Mitarbeiter → company.size, as a number"), "{said}");
    }
    let dates = traits("email,Renewed\na@x.org,01.02.2024\nb@x.org,13.02.2024\nc@x.org,soon\n", "");
    assert_eq!([&dates[0]["renewed"], &dates[2]["renewed"]], ["2024-02-01", "soon"]);
}

#[test]
fn people_may_be_called_null_or_unknown() {
    let list = "email,last name,first name,Name,country,note\nn1@x.org,Null,Nan,None,NO,NA\n\
                n2@x.org,Unknown,True,N/A,NA,unknown\nn3@x.org,Select,No,-,SE,-\nn4@x.org,NULL,\\N,On,DE,unknown\n";
    let seen = traits(list, "");
    let names = |name: &str| seen.iter().map(|traits| traits[name].as_str().map(str::to_owned)).collect::<Vec<_>>();
    let some = |names: [&str; 3]| names.map(|name| Some(name.to_owned())).to_vec();
    assert_eq!(names("last_name")[..3], some(["Null", "Unknown", "Select"]));
    assert_eq!(names("first_name")[..3], some(["Nan", "True", "No"]));
    assert_eq!((names("last_name")[3].clone(), names("first_name")[3].clone()), (None, None));
    assert_eq!(names("name")[1], Some("N/A".into()));
    assert_eq!((names("country")[1].clone(), names("note")[0].clone()), (Some("NA".into()), Some("NA".into())));
    let said = said(list, "");
    for wanted in
        ["2 cells with `unknown` taken as empty (note)", "1 cell with `-` taken as empty", "1 cell with `NULL` taken"]
    {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}

#[test]
fn tags_are_added_and_replace_none() {
    let list = "email,Tags,Tags,Labels,created\na@x.org,\"vip, partner\",\"partner; x\",\"[\"\"a,b\"\"]\",2024-01-01\nb@x.org,,,,\n";
    let lines = messages(&[("l.csv", list)], "");
    let tag = |name: &str| format!("2024-01-01 a@x.org Tagged assumed=true by=import tag={name}");
    assert_eq!(
        lines,
        [
            "2024-01-01 a@x.org is email=a@x.org",
            &tag("vip"),
            &tag("partner"),
            &tag("x"),
            &tag("a,b"),
            "2024-06-01 b@x.org is email=b@x.org",
        ]
    );
    for map in ["Was=tags", "Was=now:tags", "Was=attribute:tags"] {
        let lines = messages(&[("l.csv", "email,Was\na@x.org,vip\n")], map);
        assert!(lines[1].ends_with("Tagged assumed=true by=import tag=vip"), "{map}: {lines:?}");
    }
}

#[test]
fn lists_in_json_stay_lists() {
    let json = "{\"\"interests\"\":[\"\"shirts\"\",\"\"ties\"\"],\"\"age\"\":29,\"\"zip\"\":\"\"01067\"\",\"\"ok\"\":true,\"\"none\"\":null,\
                \"\"address\"\":{\"\"City\"\":\"\"Rome\"\"},\"\"tags\"\":[\"\"vip\"\"],\"\"email\"\":\"\"z@x.org\"\"}";
    let list = format!("email,name,attributes\na@x.org,Ada,\"{json}\"\n");
    let seen = traits(&list, "");
    let wanted = serde_json::json!({"address": {"city": "Rome"}, "age": 29, "email": "a@x.org",
        "interests": ["shirts", "ties"], "name": "Ada", "ok": true, "zip": "01067"});
    assert_eq!(seen[0], wanted);
    let lines = messages(&[("l.csv", &list)], "");
    assert!(lines.iter().any(|line| line.ends_with("Tagged assumed=true by=import tag=vip")), "{lines:?}");
    let rows = "{\"email\":\"a@x.org\",\"interests\":[\"shirts\"]}\n";
    let done = run(&[("l.ndjson", rows)], "", None).unwrap();
    assert!(done.raw.contains("\"interests\":[\"shirts\"]"), "{}", done.raw);
}

#[test]
fn an_attribute_that_is_nearly_a_usual_one_is_kept_with_a_hint() {
    for (key, meant) in [
        ("first_nme", "first_name"),
        ("lead_stauts", "lead_status"),
        ("company.nmae", "company.name"),
        ("ownr", "owner"),
        ("now:ownr", "now:owner"),
    ] {
        let done = run(&[("l.csv", "email,foo\na@x.org,bar\n")], &format!("foo={key}"), None).unwrap();
        let said = done.report.to_string();
        assert!(said.contains(&format!("if you mean that, say --map \"foo={meant}\"")), "{key}: {said}");
        assert!(done.lines[0].contains(&format!(" {}=bar", key.trim_start_matches("now:"))), "{:?}", done.lines);
    }
    for key in ["first_name", "now:owner", "lifecycle_stage", "shoe_size", "stage", "nickname", "-"] {
        let done = run(&[("l.csv", "email,foo\na@x.org,bar\n")], &format!("foo={key}"), None).unwrap();
        assert!(!done.report.to_string().contains("nearly"), "{key}: {}", done.report);
    }
    // A column that nobody mapped has the name of its header.
    let said = run(&[("l.csv", "email,ownr\na@x.org,bar\n")], "", None).unwrap().report.to_string();
    assert!(!said.contains("nearly"), "{said}");
}

#[test]
fn a_date_of_winning_makes_a_won_deal_where_there_is_one() {
    let list = "Email;Kunde seit;Letzte Öffnung;Umsatz\na@x.org;01.02.2024;03.02.2024;900\nb@x.org;;04.02.2024;\n";
    let done = run(&[("l.csv", list)], "Kunde seit=won_at,Umsatz=amount", Some("form")).unwrap();
    let with = |part: &str| done.lines.iter().filter(|line| line.contains(part)).collect::<Vec<_>>();
    assert_eq!(with("Deal").len(), 1, "{:#?}", done.lines);
    assert!(with("Deal")[0].starts_with("2024-02-01 a@x.org Deal Won amount=900 deal_id="), "{:?}", with("Deal"));
    assert_eq!((with("Email Opened").len(), done.report.consents, done.report.leads, done.report.deals), (2, 2, 2, 1));
    for key in ["converted", "won_at"] {
        let lines =
            messages(&[("l.csv", "email,Kunde seit\na@x.org,2024-02-01\nb@x.org,\n")], &format!("Kunde seit={key}"));
        let deals: Vec<&String> = lines.iter().filter(|line| line.contains("Deal")).collect();
        assert!(deals.len() == 1 && deals[0].starts_with("2024-02-01 a@x.org Deal Won"), "{key}: {lines:#?}");
    }
    let lost = messages(&[("l.csv", "email,Verloren am\na@x.org,2024-02-01\n")], "Verloren am=lost_at");
    assert!(lost[1].starts_with("2024-02-01 a@x.org Deal Lost"), "{lost:#?}");
    let odd = said("email,Kunde\na@x.org,perhaps\n", "Kunde=converted");
    assert!(odd.contains("\u{201c}perhaps\u{201d} in \u{201c}Kunde\u{201d} is neither yes, no nor a date"), "{odd}");
}

#[test]
fn usual_headers_of_dates_are_known() {
    for header in [
        "Date registered",
        "ADDED_TIME",
        "Date Added",
        "added_on",
        "Created Time",
        "createdAt",
        "creation_date",
        "Joined",
        "member since",
        "Hinzugefügt am",
        "Date de création",
        "Fecha de alta",
        "Data di creazione",
        "Aangemaakt op",
    ] {
        let lines = messages(&[("l.csv", &format!("email,{header}\na@x.org,2024-01-31\n"))], "");
        assert_eq!(lines, ["2024-01-31 a@x.org is email=a@x.org"], "{header}");
    }
    for header in ["Subscribed on", "Anmeldedatum", "Date d'inscription", "consent_timestamp", "Inschrijfdatum"] {
        let lines = messages(&[("l.csv", &format!("email,{header}\na@x.org,2024-01-31\n"))], "");
        assert_eq!(lines[1], "2024-01-31 a@x.org Signed Up", "{header}");
    }
    for header in [
        "Opt-in Date",
        "Date of Consent",
        "Einwilligung am",
        "Einwilligungsdatum",
        "Zustimmung vom",
        "Opt-in am",
        "DOI-Datum",
        "Date de consentement",
        "Fecha de consentimiento",
        "Data consenso",
        "Toestemmingsdatum",
    ] {
        let done = run(&[("l.csv", &format!("email,{header}\na@x.org,2024-01-31\n"))], "", Some("form")).unwrap();
        let is_dated = |line: &String| line.starts_with("2024-01-31 a@x.org Subscribed");
        assert!(done.lines.iter().any(is_dated), "{header}: {:#?}", done.lines);
    }
}

#[test]
fn a_short_row_lacks_empty_cells() {
    let list = "firstname,email,note\njerry,jerry@x.org,\ngeorge,george@x.org\nkramer,kramer@x.org,hello\ntorn,kra\n";
    let done = run(&[("l.csv", list)], "", None).unwrap();
    assert_eq!((done.report.leads, done.report.rejected), (3, 1));
    assert!(done.rejected.contains("l.csv,5,\"it has 2 cells, the header 3\""), "{}", done.rejected);
}

#[test]
fn a_short_row_of_a_deal_needs_no_address_where_an_id_names_its_lead() {
    let deals = "Deal ID,Contact ID,Amount,Contact Email\n7,u1,900\n8,,5\n";
    let done = run(&[("d.csv", deals)], "", None).unwrap();
    assert_eq!((done.report.deals, done.report.rejected), (1, 1));
    assert!(done.rejected.contains("the deal names no lead; add a column with"), "{}", done.rejected);
    let added = "Deal ID,Amount,Contact Email\n8,5,b@x.org\n";
    assert_eq!(run(&[("d.csv", added)], "", None).unwrap().report.deals, 1, "the advice helps");
}

#[test]
fn formulas_around_texts_are_the_texts() {
    let seen = traits("email,zip,phone,Regal\n=\"n1@x.org\",=\"01067\",\"=\"\"+49301\"\"\",=\"007\"\n", "");
    assert_eq!(
        seen[0],
        serde_json::json!({"email": "n1@x.org", "phone": "+49301", "postal_code": "01067", "regal": "007"})
    );
}

#[test]
fn one_bad_byte_turns_no_other_row() {
    let mut list = String::from("email,name\n");
    (0..50).for_each(|n| list.push_str(&format!("p{n}@x.org,Jürgen Groß\n")));
    let mut bytes = list.into_bytes();
    bytes.extend_from_slice(b"q@x.org,J\xf6rg\n");
    let done = crate::shown::run_bytes(&[("l.csv", bytes)], "", None).unwrap();
    assert_eq!(done.lines.iter().filter(|line| line.ends_with("name=Jürgen Groß")).count(), 50);
    assert!(done.lines[50].ends_with("name=Jörg"), "{}", done.lines[50]);
    let said = done.report.to_string();
    assert!(said.contains("not UTF-8, and read as windows-1252: row 52; please check them"), "{said}");
}

#[test]
fn placeholders_name_nobody() {
    let list = "user id,email\nundefined,a@x.org\nnull,b@x.org\n0,c@x.org\nu-1,d@x.org\n(null),\n";
    let done = run(&[("l.csv", list)], "", None).unwrap();
    let names: Vec<&str> = done.lines.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(names, ["a@x.org", "b@x.org", "c@x.org", "u-1"]);
    assert!(done.rejected.contains("l.csv,6,it names no lead"), "{}", done.rejected);
}

/// Takes what the program advises and does just that.
fn advised(said: &str) -> Vec<Map> {
    let arguments = said.split("--map \"").skip(1).filter_map(|rest| rest.split('"').next());
    let settings = said.split('`').skip(1).step_by(2).filter(|text| text.contains(": "));
    let arguments = arguments.map(|text| Map::from_argument(text).unwrap_or_else(|error| panic!("{text}: {error}")));
    let settings = settings.map(|text| Map::from_yaml(text).unwrap_or_else(|error| panic!("{text}: {error}")));
    arguments.chain(settings).collect()
}

#[test]
fn what_the_program_advises_can_be_done_as_it_is_said() {
    for (list, problem) in [
        ("email,created at\na@x.org,03/04/2026\nb@x.org,05/04/2026\n", "a guess"),
        ("email,Points\na@x.org,\"1,234\"\n", "a guess"),
        ("email,Status\na@x.org,cancelled\n", "held back"),
        ("email,\"Status, old\"\na@x.org,unsubscribed once\n", "held back"),
        ("email,\"5\"\" status\"\na@x.org,please unsubscribe\n", "held back"),
    ] {
        let first = said(list, "");
        assert!(first.contains(problem), "{first}");
        let maps = advised(&first);
        assert!(!maps.is_empty(), "{first}");
        for map in maps {
            let source = [SourceFile::from_bytes("l.csv", list.as_bytes())];
            let rules = Rules::new(AS_OF, AS_OF, None).unwrap();
            let report = import(&source, &map, &rules, &mut Vec::new(), &mut Vec::new()).unwrap().to_string();
            assert!(!report.contains(problem), "{list}\n{report}");
        }
    }
    let error = run(&[("l.csv", "Kontakt,Ort\na@x,Rome\n")], "", None).err().unwrap().to_string();
    assert!(error.ends_with("--map \"Kontakt=email\", or --map \"Kontakt=id\""), "{error}");
    assert!(run(&[("l.csv", "Kontakt,Ort\na@x.org,Rome\n")], "Kontakt=id", None).is_ok());
}
