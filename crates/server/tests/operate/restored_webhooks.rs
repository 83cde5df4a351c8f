//! Webhooks that come with a backup post only where this installation posted before.

use attractor_app::webhooks::follow;
use attractor_store::webhooks::{self, Webhook};
use attractor_store::{DeliveryNumber, MoveNumber, lane};

use super::command;
use super::running::Place;

/// An enabled webhook to this address, and something that waits for it.
fn watched(place: &Place, url: &str) {
    let mut store = place.store();
    let id = webhooks::next_id(&mut store).unwrap();
    let webhook = Webhook {
        id,
        url: url.into(),
        note: String::new(),
        filter: "{}".into(),
        secret: Vec::new(),
        cursor: MoveNumber::START,
        made_at: 1,
        made_by: "test".into(),
        failing_since: None,
        disabled: None,
    };
    webhooks::insert(&mut store, &webhook).unwrap();
    let waiting = follow::delivery(id, "m".into(), "test".into(), "{}".into(), i64::MAX);
    webhooks::insert_deliveries(&mut store, &[waiting]).unwrap();
}

/// Which webhooks are enabled, and how their deliveries stand.
fn posts(place: &Place) -> Vec<(String, bool, String)> {
    let mut store = place.store();
    let all = webhooks::all(&mut store).unwrap();
    let state =
        |store: &mut _, id| webhooks::deliveries(store, id, DeliveryNumber::MAX, 1).unwrap()[0].state.name().to_owned();
    all.into_iter().map(|one| (one.url, one.disabled.is_none(), state(&mut store, one.id))).collect()
}

#[test]
fn a_copy_posts_to_nobody_and_the_installation_itself_goes_on() {
    Place::each(|place| {
        place.with_keys(None);
        watched(place, "https://crm.example.org/in");
        let file = place.path().join("one").display().to_string();
        assert_eq!(command(place, &["backup", &file]).code, 0);
        let of = |enabled, state: &str| vec![("https://crm.example.org/in".to_owned(), enabled, state.to_owned())];
        let copy = Place::sqlite();
        for more in [&[][..], &["--force"]] {
            let done = command(&copy, &[&["restore", &file], more].concat());
            assert_eq!(done.code, 0, "{}", done.err);
            assert!(done.err.contains("Webhook 1 to https://crm.example.org/in is disabled"), "{}", done.err);
            assert_eq!(posts(&copy), of(false, "failed"));
        }
        let done = command(place, &["restore", &file, "--force"]);
        assert!(done.code == 0 && !done.err.contains("disabled"), "{}", done.err);
        assert_eq!(posts(place), of(true, "waiting"));
    });
}

#[test]
fn an_older_archive_in_between_disables_no_webhook() {
    let place = Place::sqlite();
    place.with_keys(None);
    let file = |name: &str| place.path().join(name).display().to_string();
    assert_eq!(command(&place, &["backup", &file("older")]).code, 0);
    watched(&place, "https://crm.example.org/in");
    assert_eq!(command(&place, &["backup", &file("newer")]).code, 0);
    for _ in 0..2 {
        assert_eq!(command(&place, &["restore", &file("older"), "--force"]).code, 0);
        assert!(posts(&place).is_empty());
    }
    let done = command(&place, &["restore", &file("newer"), "--force"]);
    assert!(done.code == 0 && !done.err.contains("disabled"), "{}", done.err);
    assert!(posts(&place)[0].1, "this installation posted there");
    let mut webhook = webhooks::all(&mut place.store()).unwrap().remove(0);
    webhook.disabled = Some((1, "a person did".into()));
    webhooks::update(&mut place.store(), &webhook).unwrap();
    assert_eq!(command(&place, &["restore", &file("newer"), "--force"]).code, 0);
    assert!(!posts(&place)[0].1, "what was disabled here stays disabled");
}

#[test]
fn a_note_of_earlier_posts_that_cannot_be_read_refuses_the_restore_and_changes_nothing() {
    Place::each(|place| {
        place.with_keys(None);
        let file = place.path().join("one").display().to_string();
        assert_eq!(command(place, &["backup", &file]).code, 0);
        watched(place, "https://crm.example.org/in");
        let note = "posted to before a restore";
        lane::set_state(&mut place.store(), note, "[\"https://crm.").unwrap();
        let refused = command(place, &["restore", &file, "--force"]);
        assert_ne!(refused.code, 0, "{}", refused.err);
        let why = "the row `posted to before a restore` of the table `state` cannot be read";
        assert!(refused.err.contains(why) && refused.err.contains("delete this row"), "{}", refused.err);
        assert_eq!(posts(place), [("https://crm.example.org/in".to_owned(), true, "waiting".to_owned())]);
        lane::forget_state(&mut place.store(), note).unwrap();
        let done = command(place, &["restore", &file, "--force"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(posts(place).is_empty());
    });
}
