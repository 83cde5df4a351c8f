//! `kill -9` at any moment under load, again and again: nothing acknowledged is lost, nothing is there twice, and every
//! lead stands where a replay of the stored events puts it. `KILLS` says how often, for more than the usual run.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod load;
#[path = "../program/mod.rs"]
mod program;
#[path = "../serve/running.rs"]
mod running;
mod truth;

use load::Load;
use running::Place;

fn kills() -> usize {
    std::env::var("KILLS").map_or(30, |text| text.parse().expect("a whole number"))
}

#[test]
fn whatever_was_acknowledged_survives_and_everybody_stands_where_a_replay_says() {
    Place::each(|place| {
        truth::publish(place);
        place.with_keys(None);
        let mut load = Load::default();
        let mut leads = 0;
        for kill in 0..kills() {
            let server = place.start();
            load.until_killed(server, kill);
            leads = truth::holds(place, &load.acknowledged()).unwrap_or_else(|why| panic!("kill {kill}: {why}"));
        }
        let server = place.start();
        load.finish(&server);
        server.stop();
        let stored = place.message_ids();
        assert_eq!(stored, load.sent(), "all of it, each once");
        truth::holds(place, &load.acknowledged()).unwrap();
        let kind = if place.database.is_some() { "PostgreSQL" } else { "SQLite" };
        eprintln!("{kind}: {} kills, {} messages, {leads} leads", kills(), stored.len());
    });
}
