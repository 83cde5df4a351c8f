use attractor_store::senders::{self, Sender};

use crate::Trial;

fn sender(id: &str) -> Sender {
    Sender {
        id: id.to_owned(),
        name: "Zoë \"Z\"".into(),
        address: "zoe@acme.example".into(),
        reply_to: None,
        postal_address: Some("1 Road".into()),
        made_at: 5,
        made_by: "user:1".into(),
    }
}

pub fn are_made_changed_and_deleted_by_their_ids(trial: &Trial) {
    let mut writer = trial.writer();
    assert!(senders::insert(&mut writer, &sender("sales")).unwrap());
    assert!(senders::insert(&mut writer, &sender("news")).unwrap());
    assert!(!senders::insert(&mut writer, &Sender { name: "other".into(), ..sender("news") }).unwrap());
    assert_eq!(senders::all(&mut writer).unwrap(), [sender("news"), sender("sales")]);
    let reply_to = Some("answers@acme.example".to_owned());
    let changed = Sender { name: String::new(), reply_to, postal_address: None, ..sender("news") };
    assert!(senders::update(&mut writer, &changed).unwrap());
    assert!(!senders::update(&mut writer, &sender("nobody")).unwrap());
    assert_eq!(senders::one(&mut writer, "news").unwrap(), Some(changed));
    assert!(senders::delete(&mut writer, "news").unwrap());
    assert!(!senders::delete(&mut writer, "news").unwrap());
    assert_eq!(senders::one(&mut writer, "news").unwrap(), None);
}
