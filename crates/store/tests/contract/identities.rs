use attractor_store::identities::{self, Alias, Claim, Conflict, Identity, Tie};
use attractor_store::{IdentityId, IdentityKind, LeadId, Received};

use crate::Trial;

fn identity(kind: IdentityKind, text: &str, id: i64) -> Identity {
    Identity { kind, text: text.to_owned(), id: IdentityId(id), lead: LeadId(id) }
}

fn by_number(mut found: Vec<Identity>) -> Vec<Identity> {
    found.sort_by_key(|identity| identity.id);
    found
}

pub fn are_found_as_inserted(trial: &Trial) {
    let mut writer = trial.writer();
    let made: Vec<Identity> = crate::hard_texts()
        .iter()
        .filter(|text| text.len() < 1000)
        .zip(crate::ids(50))
        .flat_map(|(text, id)| {
            [identity(IdentityKind::User, text, id), identity(IdentityKind::Visitor, text, id + 256_000)]
        })
        .collect();
    identities::insert(&mut writer, &made).unwrap();
    let first = identities::after(&mut writer, None, 1).unwrap().remove(0);
    assert_eq!(first.kind, IdentityKind::User);
    let behind = identities::after(&mut writer, Some((first.kind, &first.text)), 1000).unwrap();
    assert_eq!(behind.len(), made.len() - 1, "all but the first");
    assert!(!behind.contains(&first) && behind.is_sorted_by_key(|identity| identity.kind));
    let keys: Vec<(IdentityKind, &str)> = made.iter().map(|i| (i.kind, i.text.as_str())).collect();
    assert_eq!(by_number(identities::find(&mut writer, &keys).unwrap()), by_number(made));
    assert_eq!(
        identities::find(&mut writer, &[(IdentityKind::Email, " "), (IdentityKind::User, "nobody")]).unwrap(),
        []
    );
    assert_eq!(identities::find(&mut writer, &[]).unwrap(), []);
}

pub fn of_leads_and_by_id(trial: &Trial) {
    let mut writer = trial.writer();
    let made: Vec<Identity> =
        crate::ids(2_000).iter().map(|id| identity(IdentityKind::User, &format!("user {id}"), *id)).collect();
    identities::insert(&mut writer, &made).unwrap();
    let all: Vec<IdentityId> = made.iter().map(|i| i.id).collect();
    let leads: Vec<LeadId> = made.iter().map(|i| i.lead).collect();
    assert_eq!(by_number(identities::by_id(&mut writer, &all).unwrap()), made);
    identities::set_lead(&mut writer, all[1], leads[0]).unwrap();
    identities::set_lead(&mut writer, all[2], leads[0]).unwrap();
    let of_first = by_number(identities::of_leads(&mut writer, &leads[..2]).unwrap());
    let found: Vec<(IdentityId, LeadId)> = of_first.iter().map(|i| (i.id, i.lead)).collect();
    assert_eq!(found, [(all[0], leads[0]), (all[1], leads[0]), (all[2], leads[0])]);
}

pub fn begin_so_in_the_order_of_bytes(trial: &Trial) {
    let mut writer = trial.writer();
    let texts = ["ada", "Ada", "ad", "ada b", "ada-a", "adaz", "adaé", "ada👍", "ada_", "ada%", "adb"];
    let made: Vec<Identity> =
        texts.iter().zip(crate::ids(11)).map(|(text, id)| identity(IdentityKind::User, text, id)).collect();
    identities::insert(&mut writer, &made).unwrap();
    identities::insert(
        &mut writer,
        &[identity(IdentityKind::Email, "ada@example.com", 99), identity(IdentityKind::Visitor, "ada", 100)],
    )
    .unwrap();
    let found = identities::starting(&mut writer, "ada", 100).unwrap();
    let found: Vec<&str> = found.iter().map(|i| i.text.as_str()).collect();
    let mut wanted: Vec<&str> = texts.into_iter().filter(|text| text.starts_with("ada")).collect();
    wanted.sort_unstable_by_key(|text| text.as_bytes());
    wanted.extend(["ada@example.com", "ada"]);
    assert_eq!(found, wanted);
    assert_eq!(identities::starting(&mut writer, "ada", 2).unwrap().len(), 4);
    assert_eq!(identities::starting(&mut writer, "", 100).unwrap().len(), 13);
}

pub fn ties(trial: &Trial) {
    let mut writer = trial.writer();
    let visitors: Vec<IdentityId> = crate::ids(2_000).into_iter().map(IdentityId).collect();
    let tie = |visitor, at: i64| Tie {
        visitor,
        at,
        received: Received(at),
        person: IdentityId(256 + at % 3),
        by_alias: at % 2 == 0,
    };
    let made: Vec<Tie> = visitors.iter().flat_map(|visitor| [tie(*visitor, 5), tie(*visitor, 6)]).collect();
    identities::insert_ties(&mut writer, &made).unwrap();
    identities::insert_ties(&mut writer, &made).unwrap();
    let sorted = |mut ties: Vec<Tie>| {
        ties.sort_unstable();
        ties
    };
    assert_eq!(sorted(identities::ties_of_visitors(&mut writer, &visitors).unwrap()), sorted(made));
    assert_eq!(identities::visitors_of_persons(&mut writer, &[IdentityId(256)]).unwrap(), visitors);
    assert_eq!(identities::visitors_of_persons(&mut writer, &[IdentityId(256), IdentityId(258)]).unwrap(), visitors);
    identities::delete_ties(&mut writer, &[tie(visitors[0], 5)]).unwrap();
    assert_eq!(identities::ties_of_visitors(&mut writer, &visitors[..1]).unwrap(), [tie(visitors[0], 6)]);
}

pub fn claims(trial: &Trial) {
    let mut writer = trial.writer();
    let claim = |email, person, received| Claim {
        email: IdentityId(email),
        person: IdentityId(person),
        received: Received(received),
        public: received == 101,
    };
    let made = [claim(1, 10, 100), claim(1, 11, 101), claim(2, 10, 102)];
    identities::save_claims(&mut writer, &[claim(1, 10, 101), claim(3, 12, 103)]).unwrap();
    identities::save_claims(&mut writer, &made).unwrap();
    let sorted = |mut claims: Vec<Claim>| {
        claims.sort_unstable();
        claims
    };
    assert_eq!(
        sorted(identities::claims_of_emails(&mut writer, &[IdentityId(1), IdentityId(2), IdentityId(4)]).unwrap()),
        made
    );
    assert_eq!(sorted(identities::claims_of_persons(&mut writer, &[IdentityId(10)]).unwrap()), [made[0], made[2]]);
    identities::delete_claims(&mut writer, &[made[0], claim(9, 9, 9)]).unwrap();
    assert_eq!(identities::claims_of_emails(&mut writer, &[IdentityId(1)]).unwrap(), [made[1]]);
}

pub fn aliases(trial: &Trial) {
    let mut writer = trial.writer();
    let alias = |received, previous: &str, person| Alias {
        received: Received(received),
        at: 5,
        previous: previous.to_owned(),
        person: IdentityId(person),
    };
    let made = [alias(1, "it's 👍", 10), alias(2, "b", 10), alias(3, "it's 👍", 11)];
    identities::insert_aliases(&mut writer, &made).unwrap();
    let sorted = |mut aliases: Vec<Alias>| {
        aliases.sort_by_key(|alias| alias.received);
        aliases
    };
    let found = identities::aliases_of_previous(&mut writer, &["it's 👍", "nobody"]).unwrap();
    assert_eq!(sorted(found), [made[0].clone(), made[2].clone()]);
    assert_eq!(sorted(identities::aliases_of_persons(&mut writer, &[IdentityId(10)]).unwrap()), made[..2]);
    identities::delete_alias(&mut writer, Received(1)).unwrap();
    assert_eq!(identities::aliases_of_persons(&mut writer, &[IdentityId(10)]).unwrap(), made[1..2]);
}

pub fn conflicts(trial: &Trial) {
    let mut writer = trial.writer();
    let mut made = vec![
        identity(IdentityKind::Email, "ada@example.com", 1),
        identity(IdentityKind::User, "ada", 2),
        identity(IdentityKind::User, "bea", 3),
    ];
    made[0].lead = LeadId(2);
    identities::insert(&mut writer, &made).unwrap();
    let claim = |person, received, public| Claim {
        email: IdentityId(1),
        person: IdentityId(person),
        received: Received(received),
        public,
    };
    let claims = [claim(2, 7, false), claim(3, 8, true), claim(1, 9, false)];
    identities::save_claims(&mut writer, &claims).unwrap();
    let listed = [Conflict {
        claim: claims[1],
        email: "ada@example.com".into(),
        user: "bea".into(),
        owner_lead: LeadId(2),
        user_lead: LeadId(3),
    }];
    for (lead, has) in [(LeadId(2), true), (LeadId(3), true), (LeadId(4), false)] {
        assert_eq!(identities::conflicts_of(&mut writer, lead, 10).unwrap(), if has { &listed[..] } else { &[] });
    }
    assert_eq!(identities::conflicts_of(&mut writer, LeadId(2), 0).unwrap(), []);
    assert_eq!(identities::conflicts(&mut writer, Received(0), 10).unwrap(), listed);
    assert_eq!(identities::conflicts(&mut writer, Received(8), 10).unwrap(), []);
    identities::set_lead(&mut writer, IdentityId(3), LeadId(2)).unwrap();
    assert_eq!(identities::conflicts(&mut writer, Received(0), 10).unwrap(), []);
}

pub fn an_identity_gets_another_text(trial: &Trial) {
    let mut writer = trial.writer();
    identities::insert(
        &mut writer,
        &[identity(IdentityKind::Email, "Ada@x.de", 1), identity(IdentityKind::Email, "bea@x.de", 2)],
    )
    .unwrap();
    identities::rename(&mut writer, IdentityId(1), "ada@x.de").unwrap();
    let found = identities::find(
        &mut writer,
        &[(IdentityKind::Email, "ada@x.de"), (IdentityKind::Email, "Ada@x.de"), (IdentityKind::Email, "bea@x.de")],
    )
    .unwrap();
    let mut texts: Vec<&str> = found.iter().map(|identity| identity.text.as_str()).collect();
    texts.sort_unstable();
    assert_eq!(texts, ["ada@x.de", "bea@x.de"]);
}

/// Of a batch with one that is taken already, nothing is left.
pub fn two_of_one_text_are_refused(trial: &Trial) {
    let mut writer = trial.writer();
    identities::insert(&mut writer, &[identity(IdentityKind::User, "ada", 1)]).unwrap();
    let again = [identity(IdentityKind::User, "bea", 2), identity(IdentityKind::User, "ada", 3)];
    let refused = writer.transaction(|writer| identities::insert(writer, &again)).unwrap_err();
    assert!(!refused.passes(), "{refused}");
    assert_eq!(identities::find(&mut writer, &[(IdentityKind::User, "bea")]).unwrap(), []);
    assert_eq!(
        identities::find(&mut writer, &[(IdentityKind::User, "ada")]).unwrap(),
        [identity(IdentityKind::User, "ada", 1)]
    );
}

pub fn are_deleted(trial: &Trial) {
    let mut writer = trial.writer();
    let made = [identity(IdentityKind::User, "ada", 1), identity(IdentityKind::Visitor, "ada", 2)];
    identities::insert(&mut writer, &made).unwrap();
    identities::delete(&mut writer, &[IdentityId(1), IdentityId(77)]).unwrap();
    assert_eq!(identities::by_id(&mut writer, &[IdentityId(1), IdentityId(2)]).unwrap(), made[1..]);
}
