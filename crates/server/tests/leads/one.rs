//! One lead: it adds up, and it is found by whatever it is called.

use serde_json::{Value, json};

use super::world::{Place, World};

#[test]
fn the_points_of_every_lead_add_up_to_its_scores() {
    Place::each(|place| {
        let mut world = World::company(place);
        let leads = world.all("/api/leads?limit=50");
        assert!(leads.len() > 60, "{} leads", leads.len());
        let (mut points, mut inside) = (0, 0);
        for item in &leads {
            let lead = world.get(&format!("/api/leads/{}", item["id"].as_str().unwrap()));
            assert_eq!(lead["name"], item["name"]);
            assert!(item["next_wake"].as_str().is_none_or(|at| at.len() == "2026-01-01T00:00:00.000Z".len()), "{item}");
            for (score, of) in lead["scores"].as_object().unwrap() {
                let why = of["why"].as_array().unwrap();
                let sum: f64 = why.iter().map(|point| point["points"].as_f64().unwrap()).sum();
                assert!((sum - of["value"].as_f64().unwrap()).abs() < 1e-6, "{score} of {lead:#}");
                points += why.len();
            }
            let stages: Value =
                lead["stages"].as_object().unwrap().iter().map(|(l, s)| (l.clone(), s["stage"].clone())).collect();
            assert_eq!(stages, item["stages"], "the engine alone and the lane agree");
            let mut segments: Vec<&str> =
                lead["segments"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
            segments.sort_unstable();
            assert_eq!(json!(segments), item["segments"]);
            inside += segments.len();
            let next = lead["ahead"].as_array().unwrap().iter().map(|shown| shown["at"].as_str().unwrap()).next();
            assert_eq!(lead["next_change"].as_str(), next, "{lead:#}");
            assert!(lead["consent"]["all"]["state"].is_string());
        }
        assert!(points > 200 && inside > 10, "{points} points, {inside} memberships");
    });
}

fn ada() -> Vec<String> {
    [
        json!({"type": "page", "anonymousId": "v1", "messageId": "a", "timestamp": "2026-01-05T10:00:00Z", "properties": {"path": "/pricing"}}),
        json!({"type": "identify", "userId": "ada", "anonymousId": "v1", "messageId": "b", "timestamp": "2026-01-05T10:05:00Z",
            "traits": {"email": "Ada@Acme.com", "first_name": "Ada", "last_name": "L.", "phone": "+49 228"}}),
        json!({"type": "track", "event": "Email Opened", "userId": "ada", "messageId": "c", "timestamp": "2026-01-06T10:00:00Z",
            "context": {"machine": true}, "properties": {"email_id": "welcome", "send_id": "s"}}),
        json!({"type": "track", "event": "Deal Created", "userId": "ada", "messageId": "d", "timestamp": "2026-01-07T10:00:00Z",
            "context": {"history": true}, "properties": {"deal_id": "7", "amount": 900, "currency": "EUR"}}),
        json!({"type": "track", "event": "Note Written", "userId": "ada", "messageId": "e", "timestamp": "2026-01-08T10:00:00Z",
            "properties": {"by": "sam", "text": "call in May"}}),
        json!({"type": "track", "event": "Tagged", "userId": "ada", "messageId": "f", "timestamp": "2026-01-08T11:00:00Z",
            "properties": {"by": "sam", "tag": "vip"}}),
        json!({"type": "track", "event": "Subscribed", "userId": "ada", "messageId": "g", "timestamp": "2026-01-09T10:00:00Z",
            "properties": {"proof": "the form at /news", "subscription": "newsletter"}}),
        json!({"type": "identify", "userId": "bob", "messageId": "h", "timestamp": "2026-01-09T11:00:00Z", "traits": {"email": "ada@acme.com"}}),
        json!({"type": "group", "userId": "cyd", "groupId": "acme.com", "messageId": "i", "timestamp": "2026-01-09T12:00:00Z", "traits": {"size": 40}}),
        json!({"type": "identify", "messageId": "j", "timestamp": "2026-01-09T12:00:00Z", "traits": {"email": "dee@gmail.com"}}),
        json!({"type": "page", "userId": "7", "messageId": "k", "timestamp": "2026-01-09T12:00:00Z", "properties": {"path": "/"}}),
    ]
    .map(|message| message.to_string())
    .to_vec()
}

#[test]
fn a_lead_is_whole_and_goes_by_all_its_names() {
    Place::each(|place| {
        let mut world = World::of(place, &ada());
        let lead = world.get("/api/leads/ada");
        for called in ["ADA@acme.com", "v1", lead["id"].as_str().unwrap()] {
            assert_eq!(world.get(&format!("/api/leads/{called}"))["id"], lead["id"], "{called}");
        }
        assert_eq!(
            (&lead["email"], &lead["display_name"], &lead["company"]),
            (&json!("ada@acme.com"), &json!("Ada L."), &json!("acme.com"))
        );
        assert_eq!(lead["company_id"], "acme.com");
        assert_eq!(
            lead["attributes"]["phone"],
            json!({"value": "+49 228", "at": "2026-01-05T10:05:00.000Z", "by": "key:1"})
        );
        assert_eq!(lead["consent"]["subscription:newsletter"]["proof"], "the form at /news");
        assert_eq!(lead["consent"]["all"]["state"], "unknown");
        assert_eq!((&lead["tags"], &lead["notes"][0]["text"]), (&json!(["vip"]), &json!("call in May")));
        assert_eq!((&lead["deals"][0]["status"], &lead["deals"][0]["amount"]), (&json!("open"), &json!(900.0)));
        let kinds: Vec<&str> =
            lead["identities"].as_array().unwrap().iter().map(|i| i["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["user", "email", "visitor"]);
        assert_eq!(world.get("/api/leads/7")["name"], "7", "digits that nobody has as a number are a user id");
        let missing = world.refused("/api/leads/nobody");
        assert!(missing.contains("no such lead") && missing.contains("`user:414`"), "{missing}");
    });
}

#[test]
fn a_note_that_cannot_be_read_is_shown_as_the_text_that_is_there() {
    let place = Place::sqlite();
    let mut world = World::of(&place, &ada());
    let damaged = r#"{"type": "track", "event": "Note Written", "properties": {"text": "call in M"#;
    let sql = "UPDATE events SET message = $1 WHERE message_id = 'e'";
    assert_eq!(place.store().execute(sql, &[damaged.into()]).unwrap(), 1);
    let notes = world.get("/api/leads/ada")["notes"].clone();
    let note = json!({"event_id": "e", "at": "2026-01-08T10:00:00.000Z", "kind": "Note Written", "by": null,
        "outcome": null, "text": damaged});
    assert_eq!(notes, json!([note]));
}

#[test]
fn events_and_moves_come_newest_first_with_their_marks() {
    Place::each(|place| {
        let mut world = World::of(place, &ada());
        let events = world.all("/api/leads/ada/events?limit=2");
        let ids: Vec<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["g", "f", "e", "d", "c", "b", "a"]);
        let marks = |id: usize| (events[id]["machine"].as_bool().unwrap(), events[id]["history"].as_bool().unwrap());
        assert_eq!((marks(4), marks(3), marks(0)), ((true, false), (false, true), (false, false)));
        assert_eq!((&events[6]["what"], &events[6]["origin"]), (&json!("Page Viewed /pricing"), &json!("key:1")));
        let moves = world.all("/api/leads/ada/moves?limit=3");
        assert!(moves.len() > 2 && moves.is_sorted_by_key(|m| std::cmp::Reverse(m["at"].as_str().unwrap().to_owned())));
        let feed = world.all("/api/moves?limit=500");
        let of = |items: &[Value]| items.iter().filter(|m| m["lead"] == moves[0]["lead"]).count();
        assert_eq!(of(&feed), moves.len());
        let own = world.all("/api/moves?limit=500&lead=ADA@acme.com");
        assert!(own.iter().all(|m| m["lead"] == moves[0]["lead"]) && own.len() == moves.len(), "{own:?}");
        let stages = world.all("/api/moves?limit=500&lead=v1&kind=stage");
        assert_eq!(stages.len(), own.iter().filter(|m| m["kind"] == "stage").count());
        assert!(world.refused("/api/moves?lead=nobody").contains("no such lead"));
        let first = feed.last().unwrap()["number"].as_i64().unwrap();
        let on = world.get(&format!("/api/moves?after={first}&limit=2&kind=stage"));
        assert!(
            on["items"]
                .as_array()
                .unwrap()
                .iter()
                .all(|m| m["kind"] == "stage" && m["number"].as_i64().unwrap() > first)
        );
        assert!(world.refused("/api/moves?after=1&before=2").contains("only one"));
    });
}

/// Each once, also where somebody comes before them meanwhile.
#[test]
fn companies_are_listed_once_in_any_order_beside_writes() {
    Place::each(|place| {
        let member = |company: usize, user: usize| {
            json!({"type": "identify", "userId": format!("u{company}-{user}"), "messageId": "m",
                "timestamp": "2026-01-05T10:00:00Z", "traits": {"email": format!("p{user}@firm{company}.org")}})
            .to_string()
        };
        let all: Vec<String> = (1..6).flat_map(|firm| (0..firm % 3 + 1).map(move |user| member(firm, user))).collect();
        let mut world = World::of(place, &all);
        for (turn, sort) in ["name", "score", "people"].into_iter().enumerate() {
            let mut listed = Vec::new();
            let mut path = format!("/api/companies?limit=1&sort={sort}");
            loop {
                let page = world.get(&path);
                listed.extend(page["items"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()));
                // Before all others by its name, and with none by its people.
                let early = json!({"attributes": {"email": format!("x{}@a{turn}.org", listed.len())}});
                world.post("/api/leads", &early).unwrap();
                let Some(next) = page["next"].as_str() else { break };
                path = format!("/api/companies?limit=1&sort={sort}&cursor={next}");
            }
            let firms = listed.iter().filter(|company| company.starts_with("firm")).count();
            let mut once = listed.clone();
            once.sort();
            once.dedup();
            assert_eq!((firms, once.len()), (5, listed.len()), "{sort}: {listed:?}");
        }
        let page = world.get("/api/companies?limit=1&sort=name");
        assert_eq!(page["items"][0]["name"], json!(null), "nobody said what it is called");
        let other = format!("/api/companies?sort=people&cursor={}", page["next"].as_str().unwrap());
        assert!(world.refused(&other).contains("sorted otherwise"));
    });
}

#[test]
fn companies_deals_and_conflicts() {
    Place::each(|place| {
        let named = json!({"type": "group", "userId": "cyd", "groupId": "acme.com", "messageId": "l",
            "timestamp": "2026-01-09T13:00:00Z", "traits": {"name": "Acme Works"}});
        let mut world = World::of(place, &[ada(), vec![named.to_string()]].concat());
        let companies = world.all("/api/companies?limit=1");
        assert_eq!(companies.len(), 1, "gmail is no company: {companies:?}");
        assert_eq!((&companies[0]["id"], &companies[0]["people"]), (&json!("acme.com"), &json!(3)));
        let acme = world.get("/api/companies/ACME.com");
        assert_eq!((&companies[0]["name"], &acme["name"]), (&json!("Acme Works"), &json!("Acme Works")));
        let sum: f64 = acme["leads"].as_array().unwrap().iter().filter_map(|lead| lead["score"].as_f64()).sum();
        assert!((sum - acme["score"].as_f64().unwrap()).abs() < 1e-6, "{acme:#}");
        assert!(world.refused("/api/companies/gmail.com").contains("no such company"));
        assert_eq!(world.all("/api/deals?status=open&limit=1").len(), 1);
        assert_eq!(world.all("/api/deals?status=won&limit=1").len(), 0);
        let conflicts = world.all("/api/conflicts?limit=1");
        assert_eq!(conflicts.len(), 1);
        assert_eq!(conflicts[0]["alias"], json!({"type": "alias", "previousId": "bob", "userId": "ada"}));
        assert!(conflicts[0]["text"].as_str().unwrap().contains("belongs to `ada`"), "{conflicts:?}");
        for (lead, shown) in [("ada", &conflicts[..]), ("bob", &conflicts[..]), ("7", &[])] {
            assert_eq!(world.get(&format!("/api/leads/{lead}"))["conflicts"], json!(shown), "{lead}");
        }
    });
}

#[test]
fn a_user_id_that_is_an_address_is_the_leads_address_wherever_it_is_shown() {
    Place::each(|place| {
        let page = |key: &str, user: &str| json!({"type": "page", "userId": user, "messageId": key, "timestamp": "2026-01-05T10:00:00Z", "properties": {"path": "/"}});
        let identify = json!({"type": "identify", "userId": "dan", "messageId": "i", "timestamp": "2026-01-05T10:00:00Z", "traits": {"email": "dan@acme.com"}});
        let messages = [identify, page("a", "Eva@Acme.com"), page("b", "dan@acme.com"), page("c", "7")];
        let mut world = World::of(place, &messages.map(|message| message.to_string()));
        let listed = world.all("/api/leads?limit=10");
        let exported: Vec<Value> =
            world.export("/api/export/leads").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for (name, email) in
            [("Eva@Acme.com", json!("eva@acme.com")), ("dan@acme.com", json!(null)), ("7", json!(null))]
        {
            let lead = world.get(&format!("/api/leads/user:{name}"));
            assert_eq!((&lead["email"], &lead["unconfirmed"]), (&email, &json!(false)), "{name}");
            for (items, key) in [(&listed, "name"), (&exported, "lead")] {
                let item = items.iter().find(|item| item[key] == name).unwrap();
                assert_eq!(item["email"], email, "{name}: {item}");
            }
        }
    });
}

#[test]
fn a_name_is_answered_with_the_leads_that_have_it_and_an_explanation_says_who_it_is() {
    Place::each(|place| {
        let identify = json!({"type": "identify", "userId": "u1", "messageId": "i", "timestamp": "2026-01-05T10:00:00Z", "traits": {"email": "clara@acme.com", "name": "Clara Bauer", "job_title": "CTO"}});
        let told = json!({"type": "track", "event": "Subscribed", "userId": "u1", "messageId": "s", "timestamp": "2026-01-05T10:00:00Z", "properties": {"proof": "fair", "assumed": true}, "context": {"history": true}});
        let mut world = World::of(place, &[identify.to_string(), told.to_string()]);
        for path in ["/api/leads/Clara%20Bauer", "/api/leads/Clara%20Bauer/explanation"] {
            let why = world.refused(path);
            assert!(why.contains("it is the name of `id:") && why.contains("(Clara Bauer, clara@acme.com)"), "{why}");
        }
        assert!(world.refused("/api/leads/Zoe%20Bauer").contains("there is no such lead"));
        let text = world.export("/api/leads/user:u1/explanation");
        assert!(text.starts_with("Clara Bauer, CTO at acme.com, clara@acme.com\n"), "{text}");
        let mail = "May be written to\n  everything: yes, granted on 2026-01-05 (assumed date): fair\n";
        assert!(text.contains(mail), "{text}");
        assert_eq!(world.get("/api/leads/user:u1")["consent"]["all"]["assumed"], true);
    });
}

/// A visitor and a user whose ids are a person's address, and a visitor called as a user is.
fn alike() -> Vec<String> {
    let page = |key: &str, id: &str| json!({"type": "page", key: id, "messageId": format!("{key}{id}"), "timestamp": "2026-01-05T10:00:00Z", "properties": {"path": "/"}});
    let identify = |user: &str, email: &str| json!({"type": "identify", "userId": user, "messageId": format!("i{user}"), "timestamp": "2026-01-05T11:00:00Z", "traits": {"email": email}});
    [
        page("userId", "bea"),
        identify("eva", "eva@acme.com"),
        page("anonymousId", "eva@acme.com"),
        identify("dan", "dan@acme.com"),
        page("userId", "dan@acme.com"),
        page("anonymousId", "shared"),
        page("userId", "shared"),
    ]
    .map(|message| message.to_string())
    .to_vec()
}

#[test]
fn what_a_lead_is_called_never_means_somebody_else() {
    Place::each(|place| {
        let mut world = World::of(place, &alike());
        let id = |world: &mut World, called: &str| world.get(&format!("/api/leads/{called}"))["id"].clone();
        let bea = id(&mut world, "bea").as_str().unwrap().to_owned();
        // A CRM that numbers its people has one with the number that bea has here.
        world.post("/api/leads", &json!({"user_id": bea})).unwrap();
        let (by_id, by_user) = (format!("id:{bea}"), format!("user:{bea}"));
        assert_eq!(id(&mut world, &by_id), bea.as_str());
        assert_ne!(id(&mut world, &by_user), bea.as_str());
        let ways = [
            ("GET", ""),
            ("DELETE", ""),
            ("GET", "/events"),
            ("GET", "/moves"),
            ("GET", "/export"),
            ("POST", "/note"),
            ("POST", "/merge"),
        ];
        for (method, rest) in ways {
            let body = match rest {
                "/note" => json!({"text": "called"}),
                "/merge" => json!({"into": "user:eva"}),
                _ => Value::Null,
            };
            let why = world.asked(method, &format!("/api/leads/{bea}{rest}"), &body).unwrap_err();
            assert!(
                why.contains(&format!("`{by_id}`")) && why.contains(&format!("`{by_user}`")),
                "{method} {rest}: {why}"
            );
        }
        let why = world.post("/api/leads/user:eva/merge", &json!({"into": bea})).unwrap_err();
        assert!(why.contains(&by_id), "{why}");
        assert!(world.refused(&format!("/api/moves?lead={bea}")).contains(&by_user));
        world.asked("DELETE", &format!("/api/leads/{by_user}"), &Value::Null).unwrap();
        assert_eq!(id(&mut world, "bea"), bea.as_str(), "nobody else was erased");
        assert_eq!(id(&mut world, &bea), bea.as_str(), "it means one lead now");

        let eva = id(&mut world, "user:eva");
        assert_eq!(id(&mut world, "EVA@acme.com"), eva, "a visitor does not stand before an address");
        assert_ne!(id(&mut world, "visitor:eva@acme.com"), eva);
        assert!(world.refused("/api/leads/dan@acme.com").contains("`email:dan@acme.com`"));
        let why = world.post("/api/leads/visitor:shared/merge", &json!({"into": "user:eva"})).unwrap_err();
        assert!(why.contains("called as a user is"), "{why}");
    });
}
