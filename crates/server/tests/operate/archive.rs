use attractor_store::{ImportId, KeyId, UserId};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;

use attractor_app::sending;
use attractor_store::access::{self, Session, User};
use attractor_store::copies::{self, CopySource, CopyState, Dispatch, MailCopy};
use attractor_store::erasures::{self, Erasure};
use attractor_store::imports::{self, Import, ImportState};
use attractor_store::{ClaimNumber, LeadId, link_keys, suppressions};
use axum::http::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::program::{Ran, program, ran, run};
use super::running::{Place, Server, socket};
use super::{client, command, content, fill};

/// An archive of a server that ran meanwhile, in `name` of the place's folder, and what was in it.
fn backed_up(place: &Place, name: &str) -> (String, Vec<(String, u64, String)>) {
    place.with_keys(None);
    let server = place.start();
    fill(&server, 0, 300);
    let file = place.path().join(name).display().to_string();
    let done = command(place, &["backup", &file]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains(" tables, "), "{}", done.err);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let there = content(place);
    fill(&server, 300, 310);
    server.stop();
    (file, there)
}

/// The tables of a place that a restore replaces: the keys of links that it had itself stay beside those that came.
fn restored(place: &Place) -> Vec<(String, u64, String)> {
    of_archive(&content(place))
}

fn of_archive(there: &[(String, u64, String)]) -> Vec<(String, u64, String)> {
    // A server makes keys of its own at its start, and a restore adds those of the archive.
    let has_own = |table: &str| ["link_keys", "suppression_keys"].contains(&table);
    there.iter().filter(|(table, ..)| !has_own(table)).cloned().collect()
}

/// Links of the original are read at its copy.
fn keeps_link_keys(original: &Place, copy: &Place) {
    let (came, there) = (link_keys::all(&mut original.store()).unwrap(), link_keys::all(&mut copy.store()).unwrap());
    assert!(!came.is_empty() && came.iter().all(|key| there.contains(key)), "{came:?} in {there:?}");
    let keys = |place: &Place| {
        let keys = suppressions::keys(&mut place.store()).unwrap();
        keys.into_iter().map(|key| key.id).collect::<Vec<_>>()
    };
    let (came, there) = (keys(original), keys(copy));
    assert!(came.iter().all(|key| there.contains(key)), "{came:?} in {there:?}");
}

#[test]
fn a_backup_of_either_database_is_restored_to_either() {
    Place::each(|place| {
        let (file, there) = backed_up(place, "one");
        Place::each(|other| {
            let done = command(other, &["restore", &file]);
            assert_eq!(done.code, 0, "{}", done.err);
            assert_eq!(restored(other), of_archive(&there));
            keeps_link_keys(place, other);
            let server = other.start();
            assert_eq!(other.message_ids().len(), 300);
            fill(&server, 290, 305);
            assert_eq!(other.message_ids().len(), 305, "known ones stay known, new ones are taken");
            server.stop();
        });
    });
}

#[test]
fn data_that_is_there_is_replaced_by_force_alone_while_serving_too() {
    Place::each(|place| {
        let (file, there) = backed_up(place, "one");
        let other = Place::sqlite();
        other.with_keys(None);
        let server = other.start();
        fill(&server, 1_000, 1_003);
        let refused = command(&other, &["restore", &file]);
        assert_eq!(refused.code, 2);
        assert!(
            refused.err.contains("there is data here already (3 leads, 1 version of the playbook, 2 keys); --force"),
            "{}",
            refused.err
        );
        assert_eq!(other.message_ids().len(), 3);
        let done = command(&other, &["restore", &file, "--force"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.err.contains("restart the server: it reads keys"), "{}", done.err);
        assert_eq!(restored(&other), of_archive(&there));
        keeps_link_keys(place, &other);
        fill(&server, 299, 301);
        assert_eq!(other.message_ids().len(), 301, "the server goes on with what was restored");
        server.stop();
    });
}

#[test]
fn force_without_a_store_names_the_folder_and_makes_none() {
    let place = Place::sqlite();
    let (file, _) = backed_up(&place, "one");
    let elsewhere = tempfile::tempdir().unwrap();
    let by_default = |arguments: &[&str]| ran(program().current_dir(elsewhere.path()).args(arguments));
    let refused = by_default(&["restore", &file, "--force"]);
    let folder = elsewhere.path().join("attractor-data");
    assert_eq!(refused.code, 2, "{}", refused.err);
    for words in [folder.to_str().unwrap(), "ATTRACTOR_DATA", "nothing was restored"] {
        assert!(refused.err.contains(words), "{words}: {}", refused.err);
    }
    assert!(!folder.exists(), "no store is made");
    let done = by_default(&["restore", &file]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains(&format!("attractor: the data folder is {}", folder.display())), "{}", done.err);
    let other = Place::sqlite();
    assert_eq!(command(&other, &["restore", &file, "--force"]).code, 2, "named by --data too");
    assert_eq!(command(&other, &["restore", &file]).code, 0);
    assert_eq!(command(&other, &["restore", &file, "--force"]).code, 0);
}

#[test]
fn a_damaged_archive_changes_nothing() {
    let place = Place::sqlite();
    let (file, _) = backed_up(&place, "one");
    let bytes = fs::read(&file).unwrap();
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    let other = Place::sqlite();
    for (bytes, words) in [
        (&bytes[..bytes.len() - 9], "damaged"),
        (&changed[..], "damaged"),
        (&b"hello"[..], "not an archive"),
        (&b"attractor backup 7\n"[..], "format 7"),
    ] {
        let bad = place.path().join("bad");
        fs::write(&bad, bytes).unwrap();
        for place in [&other, &place] {
            let done = command(place, &["restore", &bad.display().to_string(), "--force"]);
            assert_eq!(done.code, 2);
            assert!(done.err.contains(words), "{}", done.err);
            assert!(done.err.contains(&format!("attractor: {}: ", bad.display())), "{}", done.err);
        }
    }
    assert!(!other.path().join("attractor.db").exists(), "what cannot be restored makes no store");
    let again = command(&place, &["backup", &file]);
    assert!(again.code == 2 && again.err.contains("this file exists already"), "{}", again.err);
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_backup_replaces_a_file_on_request_and_only_when_the_new_one_is_complete() {
    let place = Place::sqlite();
    place.with_keys(None);
    let file = place.path().join("Mon.backup");
    let backup = |place: &Place| command(place, &["backup", &file.display().to_string(), "--replace"]);
    fs::write(&file, "last week's").unwrap();
    // Without a store there is nothing to write.
    let failed = backup(&Place { database: None, ..Place::sqlite() });
    assert_eq!((failed.code, fs::read(&file).unwrap()), (2, b"last week's".to_vec()), "{}", failed.err);
    for _ in 0..2 {
        let done = backup(&place);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(fs::read(&file).unwrap().starts_with(b"attractor backup"));
    }
    let beside: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name.to_string_lossy().contains("partial")), "{beside:?}");
    let folder = command(&place, &["backup", &place.path().display().to_string(), "--replace"]);
    assert!(folder.code == 2 && folder.err.contains("this is a folder; name a file in it"), "{}", folder.err);
    let nowhere = place.path().join("nope/x.backup").display().to_string();
    let refused = command(&place, &["backup", &nowhere]);
    let why = format!("attractor: {nowhere}: its folder does not exist; create it, or name another place");
    assert!(refused.code == 2 && refused.err.contains(&why), "{}", refused.err);
    let refused = command(&place, &["restore", &nowhere]);
    let why = format!("attractor: {nowhere}: there is no such file; create it, or correct the path");
    assert!(refused.code == 2 && refused.err.contains(&why), "{}", refused.err);
}

/// `attractor COMMAND --data …` on this place, by its settings file alone.
fn by_its_settings(place: &Place, arguments: &[&str]) -> Ran {
    let data = place.path().display().to_string();
    run(&[arguments, &["--data", &data]].concat())
}

#[test]
fn a_backup_of_postgresql_restored_elsewhere_does_not_reach_back() {
    let Some(url) = attractor_trial::postgres() else { return };
    let production = Place { database: Some(url.clone()), ..Place::sqlite() };
    let theirs = format!("# theirs\ndatabase = \"{url}\"\nreaders = 3\nwebhooks_private = true\n");
    production.write("attractor.toml", &theirs);
    let (file, _) = backed_up(&production, "one");
    let server = production.start();
    for (more, settings) in
        [(&[][..], None), (&["--settings"], Some("# theirs\nreaders = 3\nwebhooks_private = true\n"))]
    {
        let copy = Place::sqlite();
        let done = by_its_settings(&copy, &[&["restore", &file], more].concat());
        assert_eq!(done.code, 0, "{}", done.err);
        assert_eq!(fs::read_to_string(copy.path().join("attractor.toml")).ok().as_deref(), settings);
        assert!(done.err.contains("settings"), "{}", done.err);
        let exported = by_its_settings(&copy, &["export", "events"]);
        assert_eq!(exported.out.lines().count(), 300, "of the archive, and not what came since: {}", exported.err);
        copy.start().stop();
        assert_eq!(copy.message_ids().len(), 300, "they are in the folder");
    }
    fill(&server, 310, 311);
    server.stop();
    assert_eq!(production.message_ids().len(), 311);
}

#[test]
fn settings_are_put_in_place_on_request_and_for_the_host_alone() {
    let place = Place::sqlite();
    let theirs = "webhooks_private = true\ntest_to = \"qa@acme.example\"\n";
    place.write("attractor.toml", theirs);
    let (file, _) = backed_up(&place, "one");
    let other = Place::sqlite();
    other.write("attractor.toml", "readers = 2\n");
    let server = other.start();
    let read = |name: &str| fs::read_to_string(other.path().join(name)).ok();
    let key = command(&other, &["key", "add", "operator", "--api", "owner"]).out;
    let bearer = format!("Bearer {}", key.trim());
    let archive = fs::read(&file).unwrap();
    let by_key = |query: &str| {
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/vnd.attractor.backup")];
        server.ask("POST", &format!("/api/restore?{query}"), &headers, &archive)
    };
    let refused = by_key("force=true&settings=true");
    assert_eq!(refused.status, 403, "{refused:?}");
    let done = by_key("force=true");
    assert_eq!(done.status, 200, "{done:?}");
    assert_eq!((read("attractor.toml").as_deref(), read("attractor.toml.restored")), (Some("readers = 2\n"), None));
    let done = command(&other, &["restore", &file, "--force", "--settings"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("The test mode is on: ") && done.err.contains("go to qa@acme.example"), "{}", done.err);
    assert_eq!(read("attractor.toml").as_deref(), Some(theirs));
    assert_eq!(read("attractor.toml.before").as_deref(), Some("readers = 2\n"));
    server.stop();
    // The rows went to the database that was given: the settings name that one.
    if let Some(url) = attractor_trial::postgres() {
        let third = Place { database: Some(url.clone()), ..Place::sqlite() };
        let done = command(&third, &["restore", &file, "--settings"]);
        assert_eq!(done.code, 0, "{}", done.err);
        let exported = by_its_settings(&third, &["export", "events"]);
        assert_eq!(exported.out.lines().count(), 300, "{}", exported.err);
        assert!(!third.path().join("attractor.db").exists());
    }
}

/// Two copies of an e-mail: one waits, and one was under way when the server was backed up.
fn mailed(place: &Place) {
    let mut store = place.store();
    let copy = |lead, state, claim| MailCopy {
        lead: LeadId(lead),
        source: CopySource::Broadcast("may".into()),
        email: Some("hello".into()),
        class: "marketing".into(),
        asked_at: 1,
        not_after: None,
        state,
        reason: None,
        until: None,
        dispatch: Dispatch { claim, ..Dispatch::due(1) },
    };
    let claimed = copy(1 << 20, CopyState::Claimed, Some(ClaimNumber::first(1 << 20)));
    copies::insert(&mut store, &[copy(256, CopyState::Waiting, None), claimed]).unwrap();
    link_keys::all_or_first(&mut store, 1).unwrap();
}

#[test]
fn a_copy_of_an_installation_sends_nothing_and_reads_the_links_of_both() {
    Place::each(|place| {
        place.with_keys(None);
        mailed(place);
        let file = place.path().join("one").display().to_string();
        assert_eq!(command(place, &["backup", &file]).code, 0);
        assert_eq!(sending::paused(&mut place.store()).unwrap(), None);
        let other = Place::sqlite();
        other.with_keys(None);
        let own = link_keys::all_or_first(&mut other.store(), 2).unwrap();
        let done = command(&other, &["restore", &file, "--force"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.err.contains("Sending is paused") && done.err.contains("2 e-mails wait"), "{}", done.err);
        assert!(done.err.contains("POST /api/sending/resume"), "{}", done.err);
        let mut store = other.store();
        assert!(sending::paused(&mut store).unwrap().is_some_and(|why| why.contains("backup")));
        let all = copies::of_leads(&mut store, &[LeadId(256), LeadId(1 << 20)]).unwrap();
        let states: BTreeSet<&str> = all.iter().map(|copy| copy.state.name()).collect();
        assert_eq!(states, ["in_doubt", "waiting"].into(), "nobody knows whether the original sent it");
        let keys = link_keys::all(&mut store).unwrap();
        assert!(keys.len() == 2 && keys.contains(&own[0]), "{keys:?}");
        let fresh = Place::sqlite();
        let done = command(&fresh, &["restore", &file]);
        assert_eq!(done.code, 0, "{}", done.err);
        keeps_link_keys(place, &fresh);
    });
}

#[test]
fn what_was_closed_here_stays_closed() {
    Place::each(|place| {
        place.with_keys(None);
        let mut store = place.store();
        let user = User {
            id: UserId::default(),
            email: "ada@example.org".into(),
            name: "Ada".into(),
            role: "owner".into(),
            password: None,
            made_at: 1,
            disabled_at: None,
        };
        let id = access::insert_user(&mut store, &user).unwrap().unwrap();
        let session =
            Session { hash: vec![1], user: id, csrf: String::new(), made_at: 1, expires_at: i64::MAX, seen_at: 1 };
        access::insert_session(&mut store, &session).unwrap();
        let import =
            Import { name: "list.csv".into(), state: ImportState::Storing, rules: "{}".into(), ..Import::default() };
        assert_eq!(imports::insert(&mut store, &import).unwrap(), ImportId(1));
        drop(store);
        // The archive is made beside the running import, which is then undone.
        let file = place.path().join("one").display().to_string();
        assert_eq!(command(place, &["backup", &file]).code, 0);
        let mut store = place.store();
        store.execute("DELETE FROM imports", &[]).unwrap();
        access::revoke_key(&mut store, KeyId(1), 5).unwrap();
        access::update_user(&mut store, &User { id, disabled_at: Some(5), ..user }).unwrap();
        drop(store);
        place.write("imports/1/rejected.csv", "of another import");
        let done = command(place, &["restore", &file, "--force"]);
        assert_eq!(done.code, 0, "{}", done.err);
        for words in ["`server` stays revoked", "ada@example.org stays disabled", "Import 1 has failed"] {
            assert!(done.err.contains(words), "{words}: {}", done.err);
        }
        let mut store = place.store();
        assert_eq!(access::session(&mut store, &[1], 2).unwrap(), None, "nobody is signed in");
        let revoked: Vec<bool> = access::keys(&mut store).unwrap().iter().map(|key| key.revoked_at.is_some()).collect();
        assert_eq!(revoked, [true, false]);
        assert!(access::users(&mut store).unwrap()[0].disabled_at.is_some());
        assert_eq!(imports::one(&mut store, ImportId(1)).unwrap().unwrap().state, ImportState::Failed);
        assert!(!place.path().join("imports/1").exists());
    });
}

#[test]
fn a_bad_key_in_an_archive_is_found_before_anything_is_replaced() {
    let place = Place::sqlite();
    let (key, bad) = ("00".repeat(32), "not a key");
    place.write("secret.key", &format!("{key}\n{bad}\n"));
    fs::set_permissions(place.path().join("secret.key"), fs::Permissions::from_mode(0o600)).unwrap();
    // A server whose keys come from the environment does not read the file.
    let file = place.path().join("one").display().to_string();
    place.write("attractor.toml", "");
    for arguments in [&["key", "add", "first", "--public"][..], &["backup", &file]] {
        let mut command = program();
        command.args(arguments).arg("--data").arg(place.path()).env("ATTRACTOR_SECRET_KEY", &key);
        assert_eq!(ran(&mut command).code, 0);
    }
    let other = Place::sqlite();
    backed_up(&other, "other");
    let own = fs::read(other.path().join("secret.key")).unwrap();
    let refused = command(&other, &["restore", &file, "--force"]);
    assert!(refused.code == 2 && refused.err.contains("secret.key of the archive: a key is 64"), "{}", refused.err);
    assert!(!refused.err.contains(bad));
    assert_eq!(fs::read(other.path().join("secret.key")).unwrap(), own);
    assert_eq!(other.message_ids().len(), 310);
    other.start().stop();
}

/// The names in a data folder.
fn names(place: &Place) -> BTreeSet<String> {
    fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_restore_that_is_killed_leaves_nothing_of_the_archive() {
    let place = Place::sqlite();
    let (file, _) = backed_up(&place, "one");
    let other = Place::sqlite();
    let server = other.start();
    let before = names(&other);
    let archive = fs::read(&file).unwrap();
    let mut line = UnixStream::connect(socket(&other.path())).unwrap();
    let head = format!(
        "POST /api/restore HTTP/1.1\r\nhost: attractor\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        archive.len()
    );
    line.write_all(head.as_bytes()).unwrap();
    line.read_exact(&mut [0; 25]).unwrap();
    line.write_all(&archive[..archive.len() / 2]).unwrap();
    server.kill();
    assert_eq!(names(&other), before);
    // What an earlier version left goes at the next start, and at the next restore.
    let planted = other.path().join(".tmpAb12Cd");
    for next in
        [&mut || other.start().stop(), &mut || drop(command(&other, &["restore", &file]))] as [&mut dyn FnMut(); 2]
    {
        fs::write(&planted, &archive).unwrap();
        next();
        assert!(!planted.exists());
    }
    assert_eq!(other.message_ids().len(), 300);
}

fn erase(place: &Place, lead: &str) {
    let mut owner = client(place);
    let answer = owner.json(Method::DELETE, &format!("/api/leads/{lead}"), &Value::Null).unwrap();
    assert_eq!(answer.status.as_u16(), 200);
}

/// Whether anything of the lead is left.
fn is_there(place: &Place, server: &Server, lead: &str) -> bool {
    let exported = command(place, &["export", "events"]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    let known = client(place).get(&format!("/api/leads/{lead}")).unwrap().status.as_u16() == 200;
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(exported.out.contains(&format!(r#""userId":"{lead}""#)), known, "{}", exported.out);
    known
}

#[test]
fn who_was_erased_stays_erased_when_an_older_archive_is_restored() {
    Place::each(|place| {
        place.with_keys(None);
        let server = place.start();
        fill(&server, 0, 30);
        let file = place.path().join("older").display().to_string();
        assert_eq!(command(place, &["backup", &file]).code, 0);
        erase(place, "u7");
        fill(&server, 30, 31);
        let done = command(place, &["restore", &file, "--force"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.err.contains("erased again"), "{}", done.err);
        assert!(!is_there(place, &server, "u7") && is_there(place, &server, "u8") && !is_there(place, &server, "u30"));
        fill(&server, 7, 8);
        assert!(is_there(place, &server, "u7"), "who comes back is somebody again");
        server.stop();
        let server = place.start();
        assert!(is_there(place, &server, "u7"), "a start erases nobody who came back");
        server.stop();
        let done = command(place, &["restore", &file, "--force"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.err.contains("erased again"), "also where no server runs: {}", done.err);
        let server = place.start();
        assert!(!is_there(place, &server, "u7") && is_there(place, &server, "u8"));
        server.stop();
    });
}

#[test]
fn a_restore_that_was_killed_before_it_erased_is_finished_at_the_next_start() {
    Place::each(|place| {
        place.with_keys(None);
        let server = place.start();
        fill(&server, 0, 3);
        server.kill();
        // What a restore commits at once: the older events, the newer list, and the note that it is to be applied.
        let listed = Erasure { hash: hash("0/u1"), at: i64::MAX };
        let mut store = place.store();
        erasures::insert(&mut store, &[listed]).unwrap();
        attractor_live::owe_erasures(&mut store).unwrap();
        drop(store);
        let server = place.start();
        assert!(!is_there(place, &server, "u1") && is_there(place, &server, "u2"));
        server.stop();
    });
}

/// An identity as earlier versions listed it.
fn hash(identity: &str) -> String {
    Sha256::digest(identity).iter().map(|byte| format!("{byte:02x}")).collect()
}
