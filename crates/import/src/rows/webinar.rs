//! A row of an attendance list: registered, and perhaps come.

use attractor_engine::vocabulary::kind;

use super::{Rules, lead, of_row};
use crate::facts::Facts;
use crate::message::{Dating, Fields, Message};
use crate::plan::{Plan, Webinar};
use crate::who::Who;

/// The lead's attributes, its registration, and its attendance once, however often it left and came back.
pub fn messages(plan: &Plan, facts: &Facts, who: &Who, rules: &Rules) -> Vec<Message> {
    let webinar = &plan.webinar;
    let mut messages = lead::messages(plan, facts, who, rules);
    let attendance = &facts.attendance;
    let came = attendance.attended.unwrap_or(attendance.joined.is_some());
    let which = webinar.id.as_ref().unwrap_or(&webinar.title).clone();
    if let Some(at) = attendance.registered {
        let registered = Message::event(kind::WEBINAR_REGISTERED, about(webinar), at, Dating::Given);
        messages.push(registered.once_for(which.clone()));
    }
    if came {
        let (at, dating) = attendance.joined.map_or_else(|| of_row(facts, rules), |at| (at, Dating::Given));
        let mut properties = about(webinar);
        if let Some(minutes) = attendance.minutes {
            properties.insert("minutes".to_owned(), (minutes.round() as i64).into());
        }
        messages.push(Message::event(kind::WEBINAR_ATTENDED, properties, at, dating).once_for(which));
    }
    messages
}

fn about(webinar: &Webinar) -> Fields {
    let mut properties = Fields::from([("webinar".to_owned(), webinar.title.clone().into())]);
    if let Some(id) = &webinar.id {
        properties.insert("webinar_id".to_owned(), id.clone().into());
    }
    properties
}
