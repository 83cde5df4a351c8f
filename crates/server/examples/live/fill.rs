//! A store with a half-year behind it, written by the lane on a clock of its own.

use attractor_store::VersionNumber;
use std::fs;
use std::path::Path;

use attractor_engine::time::Instant;
use attractor_live::{Arrived, Fills, Lane};
use attractor_store::Location;
use attractor_store::versions::Version;
use jiff::tz::TimeZoneDatabase;

use super::Outcome;

const GROUP: usize = 10_000;
const SPAN: i64 = 180 * 86_400_000;

const PLAYBOOK: &str = r#"
playbook: live
topics: [{id: shirts, pages: ["/shirts*"]}, {id: shoes, pages: ["/shoes*"]}]
interests: {}
scores:
  - id: lead
    range: [0, 100]
    rules:
      - {id: visit, event: Page Viewed, points: 5, limit: {times: 3, within: 1d}, cap: 30, decay: {half_life: 30d}}
      - {id: pricing, event: Page Viewed, where: {path: {starts_with: /pricing}}, points: 20, limit: {times: 1, within: 1d}, decay: {expires: 90d}}
      - {id: demo, event: Demo Requested, points: 50}
      - {id: idle, inactive: 30d, points: -10, repeats: true, cap: 40}
ladders:
  - {id: lifecycle, score: lead, hold: 5, min_stay: 3d, stages: [{id: awareness}, {id: consideration, from: 31}, {id: decision, from: 61}]}
segments:
  - {id: evaluating, enter: {event: Page Viewed, where: {path: {starts_with: /pricing}}, within: 30d, count: {gte: 3}}}
  - {id: loves-shirts, enter: {interest: shirts, primary: true}}
"#;

/// The page view of a lead, as a client's library writes it.
pub fn page_view(lead: usize, number: usize, id: &str, at: Instant) -> String {
    let page = ["/shirts/1", "/shoes/2", "/pricing", "/about"][number % 4];
    let context = r#""context":{"library":{"name":"attractor.js","version":"1.0.0"},"locale":"de-DE"}"#;
    format!(
        r#"{{"type":"page","properties":{{"path":"{page}","title":"A page"}},"userId":"user-{lead}","messageId":"{id}","timestamp":"{at}",{context}}}"#
    )
}

/// Leads in an order without neighbours.
pub fn scattered(number: usize, leads: usize) -> usize {
    (number % leads).wrapping_mul(7_919) % leads
}

/// Lead after lead, so that what is written next to each other stands next to each other.
pub fn fill(folder: &Path, leads: usize, events: usize) -> Outcome<()> {
    let partial = folder.with_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    fs::create_dir_all(&partial)?;
    let now = Instant(jiff::Timestamp::now().as_millisecond());
    let start = now.0 - SPAN;
    let mut lane = Lane::open(&Location::Sqlite(partial.join("attractor.db")), TimeZoneDatabase::bundled())?;
    let files = serde_json::json!({"playbook.yaml": PLAYBOOK}).to_string();
    lane.publish(
        &Version { number: VersionNumber(1), at: start, author: String::new(), note: String::new(), files },
        false,
    )?;
    let all: Vec<usize> = (0..leads).collect();
    for some in all.chunks(GROUP.div_ceil(events)) {
        let group: Vec<Arrived> =
            some.iter().flat_map(|lead| (0..events).map(|number| arrived(*lead, number, events, start))).collect();
        lane.take(&group, now)?;
        if some[0] % 10_000 < some.len() {
            eprint!("\rfilling {}: {} of {leads} leads", folder.display(), some[0]);
        }
    }
    while lane.wake(now)? > 0 {}
    eprintln!();
    drop(lane);
    Ok(fs::rename(partial, folder)?)
}

/// A lead's events, spread over the half-year: who it is, then what it looked at.
fn arrived(lead: usize, number: usize, events: usize, start: i64) -> Arrived {
    let place = number as i64 * SPAN / events as i64;
    let at = Instant(start + place + (lead as i64).wrapping_mul(7_919_000) % (SPAN / events as i64));
    let id = format!("{:016x}-{number:08x}", ((lead * events + number) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let json = match number {
        0 => format!(
            r#"{{"type":"identify","traits":{{"email":"{lead}@example.org","size":{lead}}},"userId":"user-{lead}","messageId":"{id}","timestamp":"{at}"}}"#
        ),
        _ => page_view(lead, number + lead, &id, at),
    };
    Arrived { json, received_at: at, origin: "key:1".into(), fills: Fills::All }
}
