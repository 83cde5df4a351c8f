//! Each lead's turn: an hour on its own clock, and one segment before the rest. The count before says it, and the copies in
//! the outbox keep it.

use std::collections::BTreeMap;

use attractor_engine::time::{Duration, Instant};
use attractor_server::clock;
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Shop, is_of, people};
use crate::running::Place;
use crate::world::{copies, event, identify, person};

const HOUR: i64 = Duration::HOUR.0;
const MINUTE: i64 = 60_000;

fn instant(value: &Value) -> Instant {
    Instant::parse(value.as_str().unwrap()).unwrap()
}

impl Shop<'_> {
    /// Starts a broadcast; returns by lead when its turn is.
    fn turns(&self, broadcast: &str) -> BTreeMap<String, Instant> {
        self.start(broadcast);
        self.turns_once_started(broadcast)
    }

    fn turns_once_started(&self, broadcast: &str) -> BTreeMap<String, Instant> {
        self.until_state(broadcast, "scheduled");
        let turn = |copy: &Value| (copy["lead_name"].as_str().unwrap().to_owned(), instant(&copy["due"]));
        copies(self.place).iter().map(turn).collect()
    }
}

/// In Kiritimati clocks are 14 hours ahead of UTC, in Pago Pago 11 hours behind, all year: an hour that comes in two hours in
/// UTC has passed in the one, and comes tonight in the other.
#[test]
fn an_hour_on_each_leads_own_clock_is_the_next_day_where_it_has_passed() {
    Place::each(|place| {
        let shop = Shop::open(place);
        shop.tell(&person("ok-east", json!({"timezone": "Pacific/Kiritimati"})));
        shop.tell(&person("ok-west", json!({"timezone": "Pacific/Pago_Pago"})));
        shop.tell(&person("ok-somewhere", json!({})));
        let meant = Instant((clock::now().0 / MINUTE) * MINUTE + 2 * HOUR);
        let local = meant.to_string()[.."2026-12-01T09:00".len()].to_owned();
        let broadcast = shop.draft(json!({"when": {"local": local}}));
        let count = shop.until(&format!("{broadcast}/audience"), is_of(3));
        assert_eq!((&count["next_day"], &count["zone_unknown"]), (&json!(1), &json!(1)), "{count:#}");
        let warned = count["warnings"].to_string();
        assert!(warned.contains(&format!("1 lead is where {local} has passed: the turn comes")), "{warned}");
        assert_eq!((&count["on_time"], &count["later"], &count["skipped"]), (&json!(3), &json!([]), &json!([])));
        let after = |hours: i64| Instant(meant.0 + hours * HOUR);
        assert_eq!((instant(&count["first_due"]), instant(&count["last_due"])), (meant, after(11)));
        assert_eq!((&count["early"], &count["rest_due"]), (&json!(0), &Value::Null), "nobody gets it early");
        let started = shop.start(&broadcast)["warnings"].to_string();
        assert!(started.contains(&format!("1 lead is where {local} has passed")), "{started}");
        let turns = shop.turns_once_started(&broadcast);
        let expected = [("ok-east", after(10)), ("ok-somewhere", meant), ("ok-west", after(11))];
        assert_eq!(turns, BTreeMap::from(expected.map(|(user, due)| (user.to_owned(), due))));
        shop.stop();
    });
}

#[test]
fn one_segment_gets_it_before_the_rest_as_the_count_said() {
    Place::each(|place| {
        let shop = Shop::open(place);
        shop.tell(&people(3));
        shop.tell(&person("ok-vip", json!({"vip": true})));
        let broadcast = shop.draft(json!({"early_access": {"segment": "vip", "lead_time": "3h"}}));
        let audience = format!("{broadcast}/audience");
        let count = shop.until(&audience, is_of(4));
        assert_eq!(count["early"], 1, "{count:#}");
        let [first, rest, last] = ["first_due", "rest_due", "last_due"].map(|name| instant(&count[name]));
        assert_eq!((rest - first, last), (Duration(3 * HOUR), rest));
        // Whoever becomes one of the first changes what was seen.
        let (_, refused) = shop.try_start(&broadcast, "\"never seen\"");
        shop.tell(&[identify("ok-0", json!({"vip": true}))]);
        shop.until(&audience, |count| count["early"] == 2);
        let (status, refused) = shop.try_start(&broadcast, refused["etag"].as_str().unwrap());
        assert_eq!((status, &refused["audience"]["early"]), (StatusCode::CONFLICT, &json!(2)), "{refused:#}");
        let turns = shop.turns(&broadcast);
        let first = turns["ok-vip"];
        let waits = |user: &str| turns[user] - first;
        assert_eq!(waits("ok-0"), Duration(0));
        assert_eq!([waits("ok-1"), waits("ok-2")], [Duration(3 * HOUR); 2]);
        shop.stop();
    });
}

/// In the United States nobody has to agree; in France without consent nobody gets it.
#[test]
fn who_gets_it_without_having_agreed_is_counted_before() {
    let place = Place::sqlite();
    let shop = Shop::open(&place);
    shop.tell(&person("ok-agreed", json!({"country": "US"})));
    for (user, country) in [("american", "US"), ("french", "FR")] {
        let email = format!("{user}@people.test");
        let submitted = event(user, "Form Submitted", json!({}));
        shop.tell(&[identify(user, json!({"email": email, "country": country})), submitted]);
    }
    let broadcast = shop.draft(json!({}));
    let count = shop.until(&format!("{broadcast}/audience"), is_of(3));
    assert_eq!((&count["on_time"], &count["without_consent"]), (&json!(2), &json!(1)), "{count:#}");
    let said = count["without_consent_sentence"].as_str().unwrap();
    assert!(said.starts_with("1 lead gets it without having agreed: ") && said.ends_with(" (now US)."), "{said}");
    assert_eq!(count["skipped"][0]["reason"], "no_consent: subscription:news", "{count:#}");
    shop.stop();
}
