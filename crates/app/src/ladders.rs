//! Ladders: their stages, and how many stand on each.

use attractor_engine::playbook::sentences;
use attractor_store::{Connection, Error, PlaceKey, PlaceKind, directory};
use serde::Serialize;
use utoipa::ToSchema;

use super::refusal::Refusal;
use super::segments::{Size, Sizes, in_force};
use crate::view::View;

/// A ladder of the playbook in force
#[derive(Debug, Serialize, ToSchema)]
pub struct LadderItem {
    pub id: String,
    pub name: String,
    /// The lowest first
    pub stages: Vec<StageItem>,
}

/// A stage of a ladder
#[derive(Debug, Serialize, ToSchema)]
pub struct StageItem {
    pub id: String,
    pub name: String,
    /// When a lead gets there and leaves it, in English
    pub sentence: String,
    /// Leads with an e-mail
    pub people: i64,
    /// Leads without one
    pub visitors: i64,
}

/// The ladders as declared.
pub fn all(view: &mut View) -> Result<Vec<LadderItem>, Refusal> {
    let program = in_force(&view.versions()?)?;
    let playbook = program.playbook();
    let sizes = sizes(view.connection)?;
    let named = |name: &Option<String>, id: &str| name.clone().unwrap_or_else(|| id.to_owned());
    let mut ladders = Vec::new();
    for ladder in &playbook.ladders {
        let stage = |stage: &attractor_engine::playbook::Stage| {
            let Size { people, visitors } = sizes.of(&PlaceKey::stage(&ladder.id, &stage.id));
            let sentence = sentences::stage_sentence(playbook, &ladder.id, &stage.id).unwrap_or_default();
            StageItem { id: stage.id.clone(), name: named(&stage.name, &stage.id), sentence, people, visitors }
        };
        let stages = ladder.stages.iter().map(stage).collect();
        ladders.push(LadderItem { id: ladder.id.clone(), name: named(&ladder.name, &ladder.id), stages });
    }
    Ok(ladders)
}

fn sizes(connection: &mut Connection) -> Result<Sizes, Error> {
    Ok(Sizes::of_all(directory::sizes(connection, PlaceKind::Stage)?))
}
