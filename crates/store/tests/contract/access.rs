use attractor_store::access::{self, AccessKey, Invitation, Session, SessionUse, User};
use attractor_store::{KeyId, UserId};

use crate::Trial;

fn key(name: &str) -> AccessKey {
    AccessKey {
        id: KeyId::default(),
        name: name.to_owned(),
        kind: "api".to_owned(),
        role: Some("viewer".to_owned()),
        hash: name.as_bytes().to_vec(),
        prefix: "atr_api_abcd".to_owned(),
        made_at: 5,
        made_by: "user:1".to_owned(),
        revoked_at: None,
        used_on: None,
        rate: Some(50),
    }
}

fn user(email: &str) -> User {
    User {
        id: UserId::default(),
        email: email.to_owned(),
        name: "Ada 👍".to_owned(),
        role: "owner".to_owned(),
        password: None,
        made_at: 5,
        disabled_at: None,
    }
}

fn session(hash: &[u8], user: UserId, expires_at: i64) -> Session {
    Session { hash: hash.to_vec(), user, csrf: "c".to_owned(), made_at: 1, expires_at, seen_at: 1 }
}

pub fn keys(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(access::keys(&mut writer).unwrap(), []);
    let bare = AccessKey { role: None, rate: None, ..key("it's a site") };
    assert_eq!(access::insert_key(&mut writer, &key("a")).unwrap(), KeyId(1));
    assert_eq!(access::insert_key(&mut writer, &bare).unwrap(), KeyId(2));
    assert_eq!(
        access::keys(&mut writer).unwrap(),
        [AccessKey { id: KeyId(1), ..key("a") }, AccessKey { id: KeyId(2), ..bare }]
    );
    access::insert_key(&mut writer, &key("a")).unwrap_err();
    access::mark_used(&mut writer, &[(KeyId(1), 20_000), (KeyId(2), 19_999), (KeyId(3), 1)]).unwrap();
    access::mark_used(&mut writer, &[(KeyId(1), 19_000)]).unwrap();
    let days: Vec<Option<i64>> = access::keys(&mut writer).unwrap().iter().map(|key| key.used_on).collect();
    assert_eq!(days, [Some(20_000), Some(19_999)]);
}

pub fn revoked_once(trial: &Trial) {
    let mut writer = trial.writer();
    let id = access::insert_key(&mut writer, &key("a")).unwrap();
    assert!(access::revoke_key(&mut writer, id, 9).unwrap());
    assert!(!access::revoke_key(&mut writer, id, 10).unwrap());
    assert!(!access::revoke_key(&mut writer, KeyId(77), 10).unwrap());
    assert_eq!(access::keys(&mut writer).unwrap()[0].revoked_at, Some(9));
    assert_eq!(
        access::insert_key(&mut writer, &key("b")).unwrap(),
        KeyId(2),
        "a revoked key's number is not given again"
    );
}

pub fn users(trial: &Trial) {
    let mut writer = trial.writer();
    let id = access::insert_user(&mut writer, &user("ada@example.com")).unwrap().unwrap();
    let made = User { id, ..user("ada@example.com") };
    assert_eq!(access::user_by_id(&mut writer, id).unwrap(), Some(made.clone()));
    let changed = User {
        name: String::new(),
        role: "viewer".to_owned(),
        password: Some("$argon2id$x".to_owned()),
        disabled_at: Some(8),
        ..made
    };
    assert!(access::update_user(&mut writer, &changed).unwrap());
    assert!(!access::update_user(&mut writer, &User { id: UserId(77), ..changed.clone() }).unwrap());
    assert_eq!(access::users(&mut writer).unwrap(), [changed]);
}

pub fn an_email_is_one_users(trial: &Trial) {
    let mut writer = trial.writer();
    assert_eq!(access::insert_user(&mut writer, &user("a@example.com")).unwrap(), Some(UserId(1)));
    assert_eq!(access::insert_user(&mut writer, &user("a@example.com")).unwrap(), None);
    assert_eq!(access::insert_user(&mut writer, &user("b@example.com")).unwrap(), Some(UserId(2)));
    assert_eq!(access::users(&mut writer).unwrap().len(), 2);
}

pub fn sessions(trial: &Trial) {
    let mut writer = trial.writer();
    let id = access::insert_user(&mut writer, &user("a@example.com")).unwrap().unwrap();
    for hash in [b"one", b"two"] {
        access::insert_session(&mut writer, &session(hash, id, 100)).unwrap();
    }
    let (found, whose) = access::session(&mut writer, b"one", 99).unwrap().unwrap();
    assert_eq!((found, whose.id), (session(b"one", id, 100), id));
    assert!(access::session(&mut writer, b"one", 100).unwrap().is_none());
    access::prolong_session(&mut writer, b"one", SessionUse { seen_at: 90, expires_at: 200 }).unwrap();
    let (found, _) = access::session(&mut writer, b"one", 100).unwrap().unwrap();
    assert_eq!(found, Session { seen_at: 90, ..session(b"one", id, 200) });
    access::delete_session(&mut writer, b"two").unwrap();
    assert!(access::session(&mut writer, b"two", 5).unwrap().is_none());
    access::delete_sessions_of(&mut writer, id).unwrap();
    assert!(access::session(&mut writer, b"one", 5).unwrap().is_none());
}

pub fn a_disabled_users_session_is_none(trial: &Trial) {
    let mut writer = trial.writer();
    let id = access::insert_user(&mut writer, &user("a@example.com")).unwrap().unwrap();
    access::insert_session(&mut writer, &session(b"one", id, 100)).unwrap();
    access::insert_session(&mut writer, &session(b"nobody's", UserId(77), 100)).unwrap();
    access::update_user(&mut writer, &User { id, disabled_at: Some(3), ..user("a@example.com") }).unwrap();
    assert!(access::session(&mut writer, b"one", 5).unwrap().is_none());
    assert!(access::session(&mut writer, b"nobody's", 5).unwrap().is_none());
}

pub fn invitations_work_once(trial: &Trial) {
    let mut writer = trial.writer();
    let link = |hash: &[u8], user, expires_at| Invitation { hash: hash.to_vec(), user, expires_at };
    access::insert_invitation(&mut writer, &link(b"owner", None, 100)).unwrap();
    access::insert_invitation(&mut writer, &link(b"first", Some(UserId(1)), 100)).unwrap();
    access::insert_invitation(&mut writer, &link(b"second", Some(UserId(1)), 100)).unwrap();
    assert_eq!(access::take_invitation(&mut writer, b"first", 5).unwrap(), None, "a new link replaces the old");
    assert_eq!(
        access::take_invitation(&mut writer, b"second", 5).unwrap(),
        Some(link(b"second", Some(UserId(1)), 100))
    );
    assert_eq!(access::take_invitation(&mut writer, b"second", 5).unwrap(), None);
    access::insert_invitation(&mut writer, &link(b"third", Some(UserId(1)), 100)).unwrap();
    access::delete_invitations_of(&mut writer, UserId(1)).unwrap();
    assert_eq!(access::take_invitation(&mut writer, b"third", 5).unwrap(), None, "a new password ends them");
    assert_eq!(access::take_invitation(&mut writer, b"owner", 100).unwrap(), None);
    assert_eq!(access::take_invitation(&mut writer, b"nothing", 5).unwrap(), None);
}

pub fn what_expired_is_swept(trial: &Trial) {
    let mut writer = trial.writer();
    access::insert_session(&mut writer, &session(b"one", UserId(1), 100)).unwrap();
    access::insert_session(&mut writer, &session(b"two", UserId(1), 101)).unwrap();
    access::insert_invitation(&mut writer, &Invitation { hash: vec![1], user: None, expires_at: 100 }).unwrap();
    access::sweep(&mut writer, 100).unwrap();
    let count = |writer: &mut attractor_store::Connection, table: &str| {
        let row = writer.first(&format!("SELECT count(*) FROM {table}"), &[]).unwrap().unwrap();
        row.integer(0).unwrap()
    };
    assert_eq!((count(&mut writer, "sessions"), count(&mut writer, "invitations")), (1, 0));
}
