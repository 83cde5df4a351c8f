use attractor_store::events::{self, End, Event, HISTORY, MACHINE, WITHDRAWN};
use attractor_store::{Error, IdentityId, Kind, Received};

use crate::Trial;

fn event(identity: i64, message_id: &str, received: i64) -> Event {
    Event {
        identity: IdentityId(identity),
        message_id: message_id.to_owned(),
        at: 1_700_000_000_000 - received,
        received: Received(received),
        received_at: 1_700_000_000_000 + received,
        flags: 0,
        origin: "key:1".to_owned(),
        message: format!("{{\"type\": \"track\", \"n\": {received}}}"),
    }
}

fn all(trial: &Trial) -> Vec<Event> {
    let mut found = Vec::new();
    events::each(&mut trial.reader(), |event| {
        found.push(event);
        Ok(())
    })
    .unwrap();
    found
}

pub fn are_read_back_as_inserted(trial: &Trial) {
    let mut writer = trial.writer();
    let made: Vec<Event> = (1..)
        .zip(crate::hard_texts())
        .filter(|(_, text)| text.len() < 1000)
        .map(|(number, text)| Event { message: text.repeat(300), flags: number % 4, ..event(512, &text, number) })
        .collect();
    assert_eq!(events::insert(&mut writer, &made).unwrap().len(), made.len());
    let mut found = events::of_identities(&mut writer, &[IdentityId(512), IdentityId(768)]).unwrap();
    found.sort_by_key(|event| event.received);
    assert_eq!(found, made);
    for event in &made {
        assert_eq!(events::one(&mut writer, IdentityId(512), &event.message_id).unwrap().as_ref(), Some(event));
    }
    assert_eq!(events::one(&mut writer, IdentityId(768), "").unwrap(), None);
}

pub fn twice_is_once(trial: &Trial) {
    let mut writer = trial.writer();
    let first = [event(257, "a", 1), event(257, "b", 2)];
    assert_eq!(events::insert(&mut writer, &first).unwrap(), [Received(1), Received(2)]);
    let again = [event(257, "b", 3), event(257, "c", 4), event(257, "a", 5)];
    assert_eq!(events::insert(&mut writer, &again).unwrap(), [Received(4)]);
    assert_eq!(all(trial), [first[0].clone(), first[1].clone(), again[1].clone()]);
    assert_eq!(events::insert(&mut writer, &first).unwrap(), []);
}

pub fn the_same_id_under_two_identities(trial: &Trial) {
    let mut writer = trial.writer();
    events::insert(&mut writer, &[event(257, "a", 1), event(513, "a", 2)]).unwrap();
    let mut stored = events::stored_ids(
        &mut writer,
        &[(IdentityId(257), "a"), (IdentityId(513), "a"), (IdentityId(257), "b"), (IdentityId(769), "a")],
    )
    .unwrap();
    stored.sort_by_key(|stored| stored.identity);
    let found: Vec<(IdentityId, &str, Received)> =
        stored.iter().map(|k| (k.identity, k.message_id.as_str(), k.received)).collect();
    assert_eq!(found, [(IdentityId(257), "a", Received(1)), (IdentityId(513), "a", Received(2))]);
    assert_eq!(events::of_identities(&mut writer, &[IdentityId(513)]).unwrap(), [event(513, "a", 2)]);
}

pub fn tell_who_brought_them(trial: &Trial) {
    let mut writer = trial.writer();
    let imported = Event { origin: "import:3".to_owned(), ..event(513, "a", 2) };
    events::insert(&mut writer, &[event(257, "a", 1), imported, event(257, "b", 3)]).unwrap();
    events::rewrite(&mut writer, &Event { flags: WITHDRAWN, ..event(257, "a", 1) }).unwrap();
    let keys = [(IdentityId(257), "a"), (IdentityId(513), "a"), (IdentityId(513), "b")];
    let mut origins = events::origins_of(&mut writer, &keys).unwrap();
    origins.sort();
    assert_eq!(origins, ["import:3", "key:1"]);
    assert!(events::origins_of(&mut writer, &[]).unwrap().is_empty());
}

pub fn batches_of_any_size(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(events::insert(&mut writer, &[]).unwrap(), []);
    assert_eq!(events::insert(&mut writer, &[event(1, "one", 1)]).unwrap(), [Received(1)]);
    let identities = crate::ids(2_000);
    let many: Vec<Event> = (2..).zip(&identities).map(|(number, id)| event(*id, "many", number)).collect();
    let mut new = writer.transaction(|writer| events::insert(writer, &many)).unwrap();
    new.sort_unstable();
    assert_eq!(new, (2..2_002).map(Received).collect::<Vec<_>>());
    assert_eq!(events::of_identities(&mut writer, &[]).unwrap(), []);
    assert_eq!(
        events::of_identities(&mut writer, &identities.into_iter().map(IdentityId).collect::<Vec<_>>()).unwrap().len(),
        2_000
    );
}

pub fn in_the_order_received(trial: &Trial) {
    let mut writer = trial.writer();
    let mut made: Vec<Event> =
        crate::ids(300).iter().zip((1..).map(|n| n * 7919 % 301)).map(|(id, n)| event(*id, "x", n)).collect();
    events::insert(&mut writer, &made).unwrap();
    made.sort_by_key(|event| event.received);
    assert_eq!(all(trial), made);
}

pub fn ends_of_a_bucket(trial: &Trial) {
    let mut writer = trial.writer();
    let made = [event(257, "b", 1), event(257, "a", 2), event(513, "a", 3), event(258, "a", 4)];
    events::insert(&mut writer, &made).unwrap();
    events::rewrite(&mut writer, &Event { flags: WITHDRAWN, ..event(257, "a", 2) }).unwrap();
    let mut of = |bucket, end, limit| events::of_bucket(&mut writer, bucket, end, limit).unwrap();
    let messages = |numbers: &[usize]| numbers.iter().map(|at| made[*at].message.clone()).collect::<Vec<_>>();
    assert_eq!((of(1, End::First, 9), of(1, End::Last, 9)), (messages(&[0, 2]), messages(&[2, 0])));
    assert_eq!((of(1, End::First, 1), of(1, End::Last, 1)), (messages(&[0]), messages(&[2])));
    assert_eq!((of(2, End::First, 9), of(3, End::First, 9)), (messages(&[3]), vec![]));
}

/// Texts of all lengths, one read where another was.
pub fn pass_one_by_one(trial: &Trial) {
    let mut writer = trial.writer();
    let message = |number: i64| "ä".repeat((number * 37 % 50) as usize);
    let made: Vec<Event> = crate::ids(200)
        .iter()
        .zip(1..)
        .map(|(id, number)| Event { message: message(number), ..event(*id, &message(number * 3 + 1), number) })
        .collect();
    events::insert(&mut writer, &made).unwrap();
    events::rewrite(&mut writer, &Event { flags: WITHDRAWN, ..made[7].clone() }).unwrap();
    let identities: Vec<IdentityId> = made.iter().map(|event| event.identity).collect();
    let mut passed = Vec::new();
    let take = |event: events::Passing| {
        passed.push((event.received, event.identity, event.at, event.message_id.to_owned(), event.message.to_owned()));
        Ok(())
    };
    events::pass(&mut trial.reader(), &identities, take).unwrap();
    passed.sort();
    let kept = made.iter().filter(|event| event.received != Received(8));
    let wanted: Vec<_> =
        kept.map(|e| (e.received, e.identity, e.at, e.message_id.clone(), e.message.clone())).collect();
    assert_eq!(passed, wanted);
    let enough = events::pass(&mut writer, &identities, |_| Err(Error::new(Kind::Other, "enough")));
    assert_eq!(enough.map_err(|error| error.text), Err("enough".to_owned()));
}

pub fn are_rewritten_withdrawn_and_deleted(trial: &Trial) {
    let mut writer = trial.writer();
    events::insert(&mut writer, &[event(257, "a", 1), event(257, "b", 2), event(257, "c", 3)]).unwrap();
    let judged = Event { flags: MACHINE | HISTORY, message: "{\"judged\": \"é\"}".to_owned(), ..event(257, "a", 1) };
    events::rewrite(&mut writer, &judged).unwrap();
    assert_eq!(events::one(&mut writer, IdentityId(257), "a").unwrap(), Some(judged.clone()));
    events::rewrite(&mut writer, &Event { flags: WITHDRAWN, ..event(257, "b", 2) }).unwrap();
    assert_eq!(events::of_identities(&mut writer, &[IdentityId(257)]).unwrap().len(), 2);
    assert_eq!(
        events::insert(&mut writer, &[event(257, "b", 9)]).unwrap(),
        [],
        "a withdrawn one comes in no second time"
    );
    events::delete(&mut writer, &[(IdentityId(257), "c"), (IdentityId(257), "nothing")]).unwrap();
    assert_eq!(all(trial), [judged]);
}

pub fn are_rewritten_by_their_ids(trial: &Trial) {
    let mut writer = trial.writer();
    let made = [event(257, "a", 1), event(257, "b", 2), event(300, "a", 3)];
    events::insert(&mut writer, &made).unwrap();
    let rewritten = |identity: i64, id: &str| (IdentityId(identity), id.to_owned(), "{\"new\": \"é\"}".to_owned());
    events::rewrite_messages(&mut writer, &[rewritten(257, "a"), rewritten(300, "a"), rewritten(300, "nothing")])
        .unwrap();
    let anew = |event: &Event| Event { message: "{\"new\": \"é\"}".to_owned(), ..event.clone() };
    assert_eq!(all(trial), [anew(&made[0]), made[1].clone(), anew(&made[2])]);
}
