//! Instants for people: as clocks show them in the time zone of the playbook in force.

use attractor_app::playbook::PLAYBOOK;
use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use serde_json::Value;

use super::client::Client;
use crate::clock;

/// How instants are shown. Where the playbook in force cannot be read, they stay as the API writes them, in UTC: a list
/// of keys must not depend on a playbook.
pub struct LocalTimes(Option<Program>);

impl LocalTimes {
    /// Of the playbook in force, as `GET /api/playbook` answers it.
    pub fn of(present: &Value) -> LocalTimes {
        let text = present["files"][PLAYBOOK].as_str().unwrap_or_default();
        let playbook = playbook::read(text).playbook;
        LocalTimes(playbook.and_then(|playbook| Program::new(playbook, &clock::zones()).ok()))
    }

    /// Of the playbook in force of the store or server behind a client.
    pub fn in_force(client: &mut Client) -> LocalTimes {
        let present = client.get("/api/playbook").and_then(|answer| answer.value());
        LocalTimes::of(&present.unwrap_or_default())
    }

    /// The name of the time zone: “Europe/Berlin”.
    pub fn zone(&self) -> &str {
        self.0.as_ref().map_or("UTC", Program::zone)
    }

    /// An instant as the API writes it, to the minute: “2026-03-12 14:03”. Another text stays as it is.
    pub fn shown(&self, instant: &str) -> String {
        match (&self.0, Instant::parse(instant)) {
            (Some(program), Some(at)) => program.minute(at),
            _ => instant.to_owned(),
        }
    }

    /// The same with the name of the zone, for a line that names none: “2026-03-12 14:03 Europe/Berlin”.
    pub fn shown_with_zone(&self, instant: &str) -> String {
        match (&self.0, Instant::parse(instant)) {
            (Some(program), Some(at)) => program.minute_with_zone(at),
            _ => instant.to_owned(),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    pub fn in_zone(zone: &str) -> LocalTimes {
        LocalTimes::of(&json!({"files": {PLAYBOOK: format!("playbook: x\ntimezone: {zone}\n")}}))
    }

    #[test]
    fn instants_are_shown_in_the_zone_of_the_playbook() {
        let at = "2026-03-12T14:03:59.000Z";
        for (times, zone, shown) in [
            (in_zone("Europe/Berlin"), "Europe/Berlin", "2026-03-12 15:03"),
            (in_zone("UTC"), "UTC", "2026-03-12 14:03"),
            (LocalTimes::of(&Value::Null), "UTC", at),
        ] {
            assert_eq!((times.zone(), times.shown(at).as_str(), times.shown("soon").as_str()), (zone, shown, "soon"));
        }
        assert_eq!(in_zone("Europe/Berlin").shown_with_zone(at), "2026-03-12 15:03 Europe/Berlin");
        assert_eq!(LocalTimes::of(&Value::Null).shown_with_zone(at), at);
    }
}
