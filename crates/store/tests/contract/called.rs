use attractor_store::{Connection, LeadId, called, leads};

use crate::Trial;

fn save(writer: &mut Connection, lead: i64, texts: &[&str]) {
    let texts = texts.iter().map(|text| (*text).to_owned()).collect();
    called::save(writer, &[(LeadId(lead), texts)]).unwrap();
}

/// Whom a beginning finds, two at a time.
fn found(writer: &mut Connection, beginning: &str) -> Vec<(LeadId, String)> {
    let mut all: Vec<(LeadId, String)> = Vec::new();
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
    let namesakes = crate::leads(5);
    for lead in &namesakes {
        save(&mut writer, lead.0, &["ada lovelace", "lovelace"]);
    }
    save(&mut writer, 9_000, &["adé", "it's 100% _%"]);
    let ada = found(&mut writer, "ada");
    let mut all: Vec<LeadId> = ada.iter().map(|(lead, _)| *lead).collect();
    all.sort_unstable();
    assert_eq!(all, namesakes, "each once");
    assert_eq!(found(&mut writer, "lovel").len(), 5);
    assert_eq!(found(&mut writer, "ad").last(), Some(&(LeadId(9_000), "adé".to_owned())), "by bytes");
    assert_eq!(found(&mut writer, "it's 100% _").len(), 1);
    assert_eq!(found(&mut writer, "%").len(), 0);
    assert_eq!(found(&mut writer, "").len(), 12);
}

pub fn saving_again_leaves_what_is_so(trial: &Trial) {
    let mut writer = trial.writer();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    called::save(&mut writer, &[(LeadId(1), texts(&["ada", "ada"])), (LeadId(2), texts(&["bea"]))]).unwrap();
    called::save(&mut writer, &[(LeadId(1), texts(&["ada", "lovelace"])), (LeadId(2), Vec::new())]).unwrap();
    assert_eq!(found(&mut writer, ""), [(LeadId(1), "ada".to_owned()), (LeadId(1), "lovelace".to_owned())]);
    called::save(&mut writer, &[]).unwrap();
}

pub fn go_with_their_lead(trial: &Trial) {
    let mut writer = trial.writer();
    save(&mut writer, 1, &["ada"]);
    save(&mut writer, 2, &["bea"]);
    leads::clear(&mut writer, &[LeadId(1)]).unwrap();
    leads::erase(&mut writer, LeadId(2)).unwrap();
    assert_eq!(found(&mut writer, ""), []);
}
