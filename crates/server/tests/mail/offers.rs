//! Declared attractors: somebody who is not measured chooses a topic, and takes it back.

use serde_json::json;

use super::running::Place;
use super::world::{LINKS, Mailing, events, get, mail, pained_by, serve, stored, submit, visit};

#[test]
fn somebody_who_is_not_measured_chooses_a_topic_and_takes_it_back() {
    Place::each(|place| {
        let copy = mail(place, &Mailing { measured: false, ..Mailing::default() });
        let server = serve(place, 0);
        let offer = copy.offer(2);
        let page = visit(&server, "GET", &offer);
        assert!(
            page.status == 200 && page.body.contains("about hats") && page.body.contains(LINKS[2].0),
            "{}",
            page.body
        );
        assert_eq!(submit(&server, &offer, "").status, 200);
        assert_eq!(events(place, "ada", "Topic Chosen").len(), 0, "nobody pressed the button");
        for _ in 0..2 {
            let chosen = submit(&server, &offer, "offer=choose");
            assert!(chosen.body.contains("You will hear more about hats"), "{}", chosen.body);
        }
        let all = events(place, "ada", "Topic Chosen");
        assert_eq!(all.len(), 1, "once is enough");
        let properties = &all[0]["message"]["properties"];
        assert_eq!((&properties["topic"], &properties["email_id"]), (&json!("hats"), &json!("offer")));
        let lead = get(place, "/api/leads/ada");
        assert_eq!(lead["attributes"]["pain"]["value"], "cold ears");
        assert_eq!(pained_by(&lead), "the choice of “hats” in the e-mail “offer”");
        let back = submit(&server, &offer, "offer=take_back");
        assert!(back.body.contains("It is taken back"), "{}", back.body);
        assert_eq!(events(place, "ada", "Topic Chosen").len(), 0);
        assert!(get(place, "/api/leads/ada")["attributes"].get("pain").is_none_or(|pain| pain["value"].is_null()));
        assert!(submit(&server, &offer, "offer=choose").body.contains("You will hear more"), "and chosen again");
        assert_eq!(events(place, "ada", "Topic Chosen").len(), 1);
        assert_eq!(stored(place), 0, "nothing was measured");
        super::world::erase(place, "ada");
        assert_eq!(visit(&server, "GET", &offer).status, 410);
        server.stop();
    });
}

#[test]
fn an_offer_is_of_a_link_with_a_topic() {
    let place = Place::sqlite();
    let copy = mail(&place, &Mailing::default());
    let server = serve(&place, 0);
    assert_eq!(visit(&server, "GET", &copy.offer(0)).status, 410, "this link stands for nothing");
    assert_eq!(visit(&server, "GET", &copy.offer(99)).status, 410);
    assert_eq!(visit(&server, "GET", "/p/x").status, 404);
    server.stop();
}
