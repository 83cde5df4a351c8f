use attractor_store::LeadId;
use attractor_store::deals::{self, Deal, DealStatus};

use crate::Trial;

pub fn deal(lead: i64, deal: &str) -> Deal {
    Deal {
        lead: LeadId(lead),
        deal: deal.to_owned(),
        status: DealStatus::Open,
        amount: Some(0.1),
        currency: Some("EUR".to_owned()),
        opened_at: 5,
        at: 6,
    }
}

pub fn are_saved_and_walked_in_order(trial: &Trial) {
    let mut writer = trial.writer();
    let bare = |lead| Deal { amount: None, currency: None, ..deal(lead, "👍 it's") };
    let mut made: Vec<Deal> = crate::ids(700).into_iter().flat_map(|id| [deal(id, "a"), bare(id)]).collect();
    deals::save(&mut writer, &[]).unwrap();
    deals::save(&mut writer, &made).unwrap();
    made.sort_by_key(|deal| (deal.lead.bucket(), deal.lead, deal.deal.clone()));
    let mut walked: Vec<Deal> = Vec::new();
    loop {
        let at = walked.last().map_or((-1, LeadId(0), ""), |last| (last.lead.bucket(), last.lead, last.deal.as_str()));
        let part = deals::after(&mut writer, at, 99).unwrap();
        if part.is_empty() {
            break;
        }
        walked.extend(part);
    }
    assert_eq!(walked, made);
}

pub fn saving_again_overwrites(trial: &Trial) {
    let mut writer = trial.writer();
    deals::save(&mut writer, &[deal(256, "a"), deal(256, "b"), deal(512, "a")]).unwrap();
    let won = Deal { status: DealStatus::Won, amount: None, currency: None, at: 9, ..deal(256, "a") };
    deals::save(&mut writer, std::slice::from_ref(&won)).unwrap();
    deals::delete_of(&mut writer, &[LeadId(512)]).unwrap();
    assert_eq!(deals::after(&mut writer, (-1, LeadId(0), ""), 9).unwrap(), [won, deal(256, "b")]);
}
