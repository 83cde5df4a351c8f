use attractor_store::Connection;
use attractor_store::assets::{self, AssetRow, Total};
use attractor_store::form_requests::{self, RequestRow};
use attractor_store::forms::{self, FormRow};
use attractor_store::leads as lead_rows;

use crate::{Trial, leads};

pub fn are_made_once_changed_and_deleted(trial: &Trial) {
    let mut writer = trial.writer();
    let form = |id: &str| FormRow {
        id: id.into(),
        document: "{\"title\": \"Zoë\"}".into(),
        made_at: 5,
        made_by: "user:1".into(),
        changed_at: 5,
        changed_by: "user:1".into(),
    };
    assert!(forms::insert(&mut writer, &form("guide")).unwrap());
    assert!(forms::insert(&mut writer, &form("demo")).unwrap());
    assert!(!forms::insert(&mut writer, &form("guide")).unwrap(), "an id is one form's");
    assert_eq!(forms::all(&mut trial.reader()).unwrap(), [form("demo"), form("guide")]);
    assert!(forms::update(&mut writer, "guide", "{}", 7, "key:2").unwrap());
    let changed = FormRow { document: "{}".into(), changed_at: 7, changed_by: "key:2".into(), ..form("guide") };
    assert_eq!(forms::one(&mut writer, "guide").unwrap(), Some(changed));
    assert!(!forms::update(&mut writer, "gone", "{}", 7, "key:2").unwrap());
    assert!(forms::delete(&mut writer, "guide").unwrap() && !forms::delete(&mut writer, "guide").unwrap());
    assert_eq!(forms::one(&mut writer, "guide").unwrap(), None);
}

pub fn requests_are_found_counted_and_confirmed_once(trial: &Trial) {
    let mut writer = trial.writer();
    let (ada, bea) = (leads(2)[0], leads(2)[1]);
    let request = |lead, tag, asked_at| RequestRow {
        tag: (lead, tag),
        form: "guide".into(),
        hash: format!("hash of {lead}"),
        document: "{}".into(),
        asked_at,
        confirmed_at: None,
        downloads: 0,
    };
    for one in [request(ada, -7, 10), request(ada, i64::MAX, 20), request(bea, 1, 30)] {
        form_requests::insert(&mut writer, &one).unwrap();
    }
    assert_eq!(
        form_requests::of_leads(&mut writer, &[ada]).unwrap(),
        [request(ada, -7, 10), request(ada, i64::MAX, 20)]
    );
    assert_eq!(form_requests::one(&mut writer, (bea, 1)).unwrap(), Some(request(bea, 1, 30)));
    assert_eq!(form_requests::one(&mut writer, (bea, -7)).unwrap(), None, "a number is found with its lead alone");
    let hashes = [format!("hash of {ada}"), "another".to_owned()];
    for (since, count) in [(9, 2), (10, 1), (20, 0)] {
        assert_eq!(form_requests::count_since(&mut writer, &hashes, since).unwrap(), count, "since {since}");
    }
    assert!(form_requests::confirm(&mut writer, (ada, -7), 40).unwrap());
    assert!(!form_requests::confirm(&mut writer, (ada, -7), 50).unwrap());
    form_requests::count_download(&mut writer, (ada, -7)).unwrap();
    form_requests::delete_unconfirmed(&mut writer, 25).unwrap();
    let left = RequestRow { confirmed_at: Some(40), downloads: 1, ..request(ada, -7, 10) };
    assert_eq!(form_requests::of_leads(&mut writer, &[ada, bea]).unwrap(), [left, request(bea, 1, 30)]);
    lead_rows::erase(&mut writer, ada).unwrap();
    form_requests::delete_of_addresses(&mut writer, &["of nobody".to_owned()]).unwrap();
    assert_eq!(form_requests::of_leads(&mut writer, &[bea]).unwrap().len(), 1);
    form_requests::delete_of_addresses(&mut writer, &["of nobody".to_owned(), request(bea, 1, 30).hash]).unwrap();
    assert_eq!(form_requests::of_leads(&mut writer, &[bea]).unwrap(), []);
    assert_eq!(form_requests::of_leads(&mut writer, &[ada]).unwrap(), []);
}

pub fn files_come_back_as_they_went_in(trial: &Trial) {
    let mut writer = trial.writer();
    let asset = |id: &str, made_at, size| AssetRow {
        id: id.into(),
        name: "Größe.pdf".into(),
        media: "application/pdf".into(),
        size,
        made_at,
        made_by: "user:1".into(),
    };
    let content: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
    assert_eq!(assets::total(&mut writer).unwrap(), Total::default());
    assert!(assets::insert(&mut writer, &asset("a", 5, 200_000), &content).unwrap());
    assert!(assets::insert(&mut writer, &asset("b", 6, 1), &[0]).unwrap());
    assert!(!assets::insert(&mut writer, &asset("a", 7, 1), &[1]).unwrap(), "a content is stored once");
    let mut reader = trial.reader();
    let whole = |connection: &mut Connection, id: &str| {
        let portions = (0..).map(|number| assets::portion(connection, id, number).unwrap());
        let portions: Vec<Vec<u8>> = portions.take_while(|portion| !portion.is_empty()).collect();
        assert!(portions.iter().all(|portion| portion.len() <= assets::PORTION));
        portions.concat()
    };
    assert_eq!(whole(&mut reader, "a"), content);
    assert_eq!(assets::portion(&mut reader, "a", 0).unwrap().len(), assets::PORTION, "never more than this at once");
    assert_eq!(whole(&mut reader, "gone"), Vec::<u8>::new());
    assert_eq!(assets::total(&mut reader).unwrap(), Total { files: 2, bytes: 200_001 });
    assert_eq!(assets::all(&mut reader).unwrap(), [asset("b", 6, 1), asset("a", 5, 200_000)]);
    assert!(assets::delete(&mut writer, "a").unwrap() && !assets::delete(&mut writer, "a").unwrap());
    assert_eq!(whole(&mut writer, "a"), Vec::<u8>::new());
    assert_eq!(assets::one(&mut writer, "a").unwrap(), None);
}
