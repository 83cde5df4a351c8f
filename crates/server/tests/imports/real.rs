//! Lists of real companies, where they are beside the repository.

use std::path::Path;

use super::running::Place;
use super::seen::{agrees_with_replay, count, import, same, seen, settle};

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");

/// The path of a real file, or a loud word that it is not here.
fn real(name: &str) -> Option<String> {
    let path = Path::new(SHARED).join(name);
    if path.exists() {
        return Some(path.canonicalize().unwrap().display().to_string());
    }
    eprintln!("!!! SKIPPED: {name} is not here; nothing was tested on it");
    None
}

/// Stores the files with one command, then again, compares with a replay, and takes them back.
fn there_and_back(place: &Place, files: &[&str], leads: i64) {
    let server = place.start();
    let dated = [files, &["--as-of", "2024-06-01"]].concat();
    let ran = import(place, &dated);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(count(place, "leads WHERE became IS NULL"), leads);
    let (events, moves, after) = (count(place, "events"), count(place, "moves"), seen(place));
    assert_eq!(ran.out, format!("import 1: {events} new, 0 there already, 0 rejected\n"));
    let again = import(place, &dated);
    assert_eq!(again.out, format!("import 2: 0 new, {events} there already, 0 rejected\n"));
    same("imported again", &after, &seen(place));
    assert_eq!(count(place, "moves"), moves);
    settle(place, server);
    agrees_with_replay(place);
    let server = place.start();
    assert_eq!(import(place, &["--undo", "1", "--yes"]).code, 0);
    for table in ["events", "leads", "identities", "moves", "places", "profiles", "deals", "wakes"] {
        assert_eq!(count(place, table), 0, "{table}");
    }
    server.stop();
}

#[test]
fn the_list_of_an_education_company() {
    let Some(path) = real("xeducation/Leads.csv") else { return };
    // Its length costs minutes; the other list is on both databases.
    there_and_back(&Place::sqlite(), &[&path, "--consent", "website form"], 9_240);
}

#[test]
fn leads_and_their_deals_in_one_call() {
    let Some(leads) = real("olist/olist_marketing_qualified_leads_dataset.csv") else { return };
    let Some(deals) = real("olist/olist_closed_deals_dataset.csv") else { return };
    Place::each(|place| there_and_back(place, &[&deals, &leads], 8_000));
}
