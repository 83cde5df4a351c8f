//! A lead as it stands at its last step, in short.

use attractor_engine::time::Instant;
use attractor_live::profile::Profile;
use attractor_store::{Connection, Error, leads};
use serde_json::{Map, Value, json};

/// The lead as it is stored: what it is, where it stands, and what is known of it.
pub fn brief(connection: &mut Connection, lead: &leads::Lead) -> Result<Value, Error> {
    let profile = leads::profiles(connection, &[lead.id])?.pop();
    let profile = profile.map(|(_, document)| Profile::parse(&document)).unwrap_or_default();
    let (mut stages, mut segments) = (Map::new(), Vec::new());
    let mut places = leads::places(connection, &[lead.id])?;
    places.sort();
    for place in places {
        let since = Instant(place.since).to_string();
        match place.place.split_once(':') {
            Some(("stage", rest)) => {
                let (ladder, stage) = rest.split_once(':').unwrap_or((rest, ""));
                stages.insert(ladder.into(), json!({"stage": stage, "since": since}));
            }
            Some((_, segment)) => segments.push(json!({"id": segment, "since": since})),
            None => {}
        }
    }
    let enrolments: Value =
        lead.enrolments.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_else(|| json!([]));
    let attribute = |(name, attribute): (&String, &attractor_live::profile::Attribute)| {
        let at = Instant(attribute.at).to_string();
        (name.clone(), json!({"value": attribute.value, "at": at, "by": attribute.by}))
    };
    let held = profile.attributes.iter().filter(|(_, attribute)| !attribute.value.is_null());
    let consent = |(scope, consent): (&str, &attractor_live::profile::Consent)| {
        let at = Instant(consent.at).to_string();
        (scope.to_owned(), json!({"state": consent.state, "at": at, "by": consent.by, "proof": consent.proof}))
    };
    Ok(json!({
        "id": lead.id.to_string(),
        "name": lead.name,
        "email": lead.email,
        "at": (lead.at != i64::MIN).then(|| Instant(lead.at).to_string()),
        "version": lead.version,
        "attributes": held.map(attribute).collect::<Map<String, Value>>(),
        "stages": stages,
        "segments": segments,
        "sequences": enrolments,
        "consent": profile.consents().into_iter().map(consent).collect::<Map<String, Value>>(),
    }))
}
