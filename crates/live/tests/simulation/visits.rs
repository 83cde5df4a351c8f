//! What intake derives from page views that begin a visit, and what must be so of it whatever happened.

use attractor_live::history::{histories, sources_of};
use attractor_live::profile::Profile;
use attractor_live::{Arrived, Fills};
use attractor_store::{LeadId, Location, leads};
use serde_json::{Map, Value, json};

use super::naive::Dice;

/// The sources that visits come from; of `direct` ones nothing is the last.
const SOURCES: [&str; 4] = ["google", "x", "bing", "direct"];

/// Adds to some histories what their page views say of the lead, each right behind its page view.
pub fn derive(arrived: &mut Vec<Arrived>, dice: &mut Dice) {
    if !dice.chance(25) {
        return;
    }
    let pages = std::mem::take(arrived);
    for page in pages {
        let visit = if dice.chance(60) { visit(&page, dice) } else { None };
        arrived.push(page);
        arrived.extend(visit);
    }
}

fn visit(page: &Arrived, dice: &mut Dice) -> Option<Arrived> {
    let message: Value = serde_json::from_str(&page.json).ok()?;
    let is_view = message["type"] == "page" || message["event"] == "Page Viewed";
    if !is_view || message["context"]["machine"] == true {
        return None;
    }
    let said = |name: &str| message[name].as_str().filter(|id| !id.is_empty());
    let (name, id) = said("userId").map(|id| ("userId", id)).or(said("anonymousId").map(|id| ("anonymousId", id)))?;
    let source = *dice.pick(&SOURCES);
    let mut origin = Map::from_iter([("source".to_owned(), source.into())]);
    if dice.chance(50) {
        origin.insert("campaign".into(), "spring".into());
    }
    let mut traits = Map::new();
    traits.extend(origin.iter().map(|(name, value)| (format!("first_{name}"), value.clone())));
    if source != "direct" {
        traits.extend(["source", "campaign"].map(|name| (format!("last_{name}"), origin.get(name).cloned().into())));
    }
    let mut json = json!({"type": "identify", "messageId": format!("{}:source", message["messageId"].as_str()?),
        "timestamp": message["timestamp"], "traits": traits,
        "context": {"attractor": {"derived": "source", "visit": origin}}});
    json[name] = id.into();
    if message["context"]["history"] == true {
        json["context"]["history"] = true.into();
    }
    Some(Arrived { json: json.to_string(), fills: Fills::FirstOnce, ..page.clone() })
}

/// A lead's first source is all of its earliest visit's, and its last all of the latest that was not direct.
pub fn first_sources_are_of_the_first_visits(location: &Location) -> Result<(), String> {
    let mut connection = location.reader().expect("the store opens");
    let rows = leads::after(&mut connection, (-1, LeadId::NOBODY), 10_000).expect("the leads are readable");
    for row in rows.iter().filter(|row| row.became.is_none()) {
        let read = histories(&mut connection, vec![(row.id, sources_of(row).expect("readable sources"))]);
        let past = read.expect("the events are readable").remove(&row.id).unwrap_or_default();
        let messages = past.iter().filter_map(|past| serde_json::from_str::<Value>(&past.message).ok());
        let visits: Vec<Value> = messages.map(|message| message["context"]["attractor"]["visit"].clone()).collect();
        let visits = || visits.iter().filter(|visit| visit.is_object());
        let expected = [("first", visits().next()), ("last", visits().rfind(|visit| visit["source"] != "direct"))];
        let document = leads::profiles(&mut connection, &[row.id]).expect("the profiles are readable").pop();
        let profile =
            document.map(|(_, document)| Profile::parse(&document).expect("a readable profile")).unwrap_or_default();
        for (of, visit) in expected {
            for name in ["source", "campaign"] {
                let stands = profile.attribute(&format!("{of}_{name}")).map(|attribute| &attribute.value);
                let wanted = visit.and_then(|visit| visit.get(name));
                if stands != wanted {
                    let told: Vec<&str> = past.iter().map(|past| past.message.as_str()).collect();
                    let told = told.join("\n");
                    return Err(format!("{of}_{name} of {}: {stands:?}, not {wanted:?}\n{told}", row.name));
                }
            }
        }
    }
    Ok(())
}
