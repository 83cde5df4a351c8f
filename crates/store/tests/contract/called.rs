use attractor_store::{Connection, called, leads};

use crate::Trial;

fn save(writer: &mut Connection, lead: i64, texts: &[&str]) {
    let texts = texts.iter().map(|text| (*text).to_owned()).collect();
    called::save(writer, &[(lead, texts)]).unwrap();
}

/// Whom a beginning finds, two at a time.
fn found(writer: &mut Connection, beginning: &str) -> Vec<(i64, String)> {
    let mut all: Vec<(i64, String)> = Vec::new();
    loop {
        let after = all.last().map(|(lead, text)| (text.as_str(), *lead));
        let page = called::starting(writer, beginning, after, 2).unwrap();
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

pub fn are_found_by_how_they_begin(trial: &Trial) {
    let mut writer = trial.writer();
    let namesakes = crate::ids(5);
    for lead in &namesakes {
        save(&mut writer, *lead, &["ada lovelace", "lovelace"]);
    }
    save(&mut writer, 9_000, &["adé", "it's 100% _%"]);
    let ada = found(&mut writer, "ada");
    let mut all: Vec<i64> = ada.iter().map(|(lead, _)| *lead).collect();
    all.sort_unstable();
    assert_eq!(all, namesakes, "each once");
    assert_eq!(found(&mut writer, "lovel").len(), 5);
    assert_eq!(found(&mut writer, "ad").last(), Some(&(9_000, "adé".to_owned())), "by bytes");
    assert_eq!(found(&mut writer, "it's 100% _").len(), 1);
    assert_eq!(found(&mut writer, "%").len(), 0);
    assert_eq!(found(&mut writer, "").len(), 12);
}

pub fn saving_again_leaves_what_is_so(trial: &Trial) {
    let mut writer = trial.writer();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    called::save(&mut writer, &[(1, texts(&["ada", "ada"])), (2, texts(&["bea"]))]).unwrap();
    called::save(&mut writer, &[(1, texts(&["ada", "lovelace"])), (2, Vec::new())]).unwrap();
    assert_eq!(found(&mut writer, ""), [(1, "ada".to_owned()), (1, "lovelace".to_owned())]);
    called::save(&mut writer, &[]).unwrap();
}

pub fn go_with_their_lead(trial: &Trial) {
    let mut writer = trial.writer();
    save(&mut writer, 1, &["ada"]);
    save(&mut writer, 2, &["bea"]);
    leads::clear(&mut writer, &[1]).unwrap();
    leads::erase(&mut writer, 2).unwrap();
    assert_eq!(found(&mut writer, ""), []);
}
