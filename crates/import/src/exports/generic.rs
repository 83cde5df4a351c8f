//! Headers that mean the same wherever they are: for files of unknown origin, and for the columns of known exports
//! that their own table leaves out.

use attractor_engine::vocabulary::kind;

use super::people::PEOPLE;
use super::{Columns, Shape, compact, languages, look_up};

/// What a header means in a list about people, in any of six languages.
pub fn of_people(header: &str) -> Option<&'static str> {
    let tables = [PEOPLE].into_iter().chain(languages::ALL);
    tables.into_iter().find_map(|columns| look_up(columns, header))
}

/// Of a list about deals, asked before those of people.
pub const DEALS: Columns = &[
    ("Deal ID", "deal_id"),
    ("Opportunity ID", "deal_id"),
    ("Id", "deal_id"),
    ("Deal", "deal:name"),
    ("Deal Name", "deal:name"),
    ("Deal Title", "deal:name"),
    ("Opportunity", "deal:name"),
    ("Opportunity Name", "deal:name"),
    ("Title", "deal:name"),
    ("Name", "deal:name"),
    ("Stage", "deal_stage"),
    ("Phase", "deal_stage"),
    ("Deal-Phase", "deal_stage"),
    ("Deal Stage", "deal_stage"),
    ("Deal Status", "deal_stage"),
    ("Status", "deal_stage"),
    ("Amount", "amount"),
    ("Value", "amount"),
    ("Deal Value", "amount"),
    ("Deal Amount", "amount"),
    ("Revenue", "amount"),
    ("Betrag", "amount"),
    ("Umsatz", "amount"),
    ("Auftragswert", "amount"),
    ("Wert", "amount"),
    ("Currency", "currency"),
    ("Währung", "currency"),
    ("Won", "won"),
    ("Lost", "lost"),
    ("Created", "deal_created_at"),
    ("Created At", "deal_created_at"),
    ("Create Date", "deal_created_at"),
    ("Created Date", "deal_created_at"),
    ("Deal Created", "deal_created_at"),
    ("Erstellt am", "deal_created_at"),
    ("Erstellungsdatum", "deal_created_at"),
    ("Angelegt am", "deal_created_at"),
    ("Close Date", "closed_at"),
    ("Closed At", "closed_at"),
    ("Closed Date", "closed_at"),
    ("Abgeschlossen am", "closed_at"),
    ("Abschlussdatum", "closed_at"),
    ("Won Date", "won_at"),
    ("Won At", "won_at"),
    ("Won Time", "won_at"),
    ("Gewonnen am", "won_at"),
    ("Lost Date", "lost_at"),
    ("Lost At", "lost_at"),
    ("Lost Time", "lost_at"),
    ("Verloren am", "lost_at"),
    ("Owner", "deal:owner"),
    ("Deal Owner", "deal:owner"),
    ("Betreuer", "deal:owner"),
    ("Verantwortlich", "deal:owner"),
    ("Zuständig", "deal:owner"),
    ("User ID", "contact:id"),
    ("Lead ID", "contact:id"),
    ("Lead Number", "contact:id"),
    ("MQL ID", "contact:id"),
    ("Contact ID", "contact:id"),
    ("Customer ID", "contact:id"),
    ("Person ID", "contact:id"),
    ("Prospect ID", "contact:id"),
    ("Email", "contact:email"),
    ("Email Address", "contact:email"),
    ("E-Mail-Adresse", "contact:email"),
    ("Contact Email", "contact:email"),
    ("Lead Email", "contact:email"),
    ("Customer Email", "contact:email"),
    ("Kunde E-Mail", "contact:email"),
    ("E-Mail des Kunden", "contact:email"),
    ("Contact", "contact:name"),
    ("Contact Name", "contact:name"),
    ("Contact Person", "contact:name"),
    ("Lead Name", "contact:name"),
    ("Kontakt", "contact:name"),
    ("Company", "contact:company"),
    ("Company Name", "contact:company"),
    ("Firma", "contact:company"),
    ("Account Name", "contact:company"),
];

/// Of a list of events, asked before those of people.
pub const EVENTS: Columns = &[
    ("Event", "event"),
    ("Event Name", "event"),
    ("Event Type", "event"),
    ("Kind", "event"),
    ("Ereignis", "event"),
    ("Timestamp", "timestamp"),
    ("Time", "timestamp"),
    ("Date", "timestamp"),
    ("Datum", "timestamp"),
    ("Created At", "timestamp"),
    ("Occurred At", "timestamp"),
    ("Event Time", "timestamp"),
    ("Event Date", "timestamp"),
    ("Name", "name"),
];

/// Yes-or-no columns about a download, by how their headers begin; the rest names what was downloaded.
const DOWNLOADS: [&str; 4] = ["A free copy of ", "Downloaded ", "Download of ", "Heruntergeladen: "];

/// What was downloaded, where a header asks that.
pub fn asset(header: &str) -> Option<&str> {
    let begins = |begin: &&str| header.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin));
    DOWNLOADS.iter().find(|begin| begins(begin)).map(|begin| header[begin.len()..].trim())
}

/// Whether this way of becoming a lead is to submit a form oneself.
pub fn is_form(origin: &str) -> bool {
    const FORMS: [&str; 6] =
        ["landingpagesubmission", "landingpage", "formsubmission", "webform", "websiteform", "contactform"];
    FORMS.contains(&compact(origin).as_str())
}

/// Headers that only a table of deals has.
const OF_DEALS: [&str; 13] = [
    "Deal ID",
    "Deal Name",
    "Deal Title",
    "Deal Stage",
    "Deal Status",
    "Deal Value",
    "Deal Amount",
    "Opportunity",
    "Opportunity ID",
    "Opportunity Name",
    "Won Date",
    "Won At",
    "Gewonnen am",
];

const OF_EVENTS: [&str; 4] = ["Event", "Event Name", "Event Type", "Ereignis"];

/// What the rows of a file of unknown origin are.
pub fn shape(headers: &[String]) -> Shape {
    let headers: Vec<String> = headers.iter().map(|header| compact(header)).collect();
    let has = |names: &[&str]| names.iter().any(|name| headers.contains(&compact(name)));
    let dated: Vec<&str> = EVENTS.iter().filter(|(_, key)| *key == "timestamp").map(|(name, _)| *name).collect();
    if has(&OF_DEALS) {
        Shape::Deals
    } else if has(&OF_EVENTS) && has(&dated) {
        Shape::Events
    } else if has(&["Attended"]) && has(&["Join Time", "Registration Time", "Registered At", "Joined At"]) {
        Shape::Attendance
    } else {
        Shape::People
    }
}

/// The table that is asked before `of_people`.
pub fn first_table(shape: Shape) -> Columns {
    match shape {
        Shape::Deals => DEALS,
        Shape::Events => EVENTS,
        Shape::Attendance => ATTENDANCE,
        Shape::People | Shape::Companies => &[],
    }
}

/// Of an attendance list of unknown origin.
pub const ATTENDANCE: Columns = &[
    ("Attended", "attended"),
    ("Registration Time", "registered_at"),
    ("Registered At", "registered_at"),
    ("Join Time", "joined_at"),
    ("Joined At", "joined_at"),
    ("Leave Time", "left_at"),
    ("Left At", "left_at"),
    ("Minutes", "minutes"),
    ("Duration", "minutes"),
];

/// What the last thing that happened is called elsewhere, and the event it is; others keep their own name.
const ACTIVITIES: &[(&str, &str)] = &[
    ("Page Visited on Website", kind::PAGE_VIEWED),
    ("Page Visited", kind::PAGE_VIEWED),
    ("Website Visit", kind::PAGE_VIEWED),
    ("Email Opened", kind::EMAIL_OPENED),
    ("Email Open", kind::EMAIL_OPENED),
    ("Email Link Clicked", kind::EMAIL_LINK_CLICKED),
    ("Email Clicked", kind::EMAIL_LINK_CLICKED),
    ("View in browser link Clicked", kind::EMAIL_LINK_CLICKED),
    ("Form Submitted on Website", kind::FORM_SUBMITTED),
    ("Form Submitted", kind::FORM_SUBMITTED),
    ("Form Submission", kind::FORM_SUBMITTED),
    ("Webinar Attended", kind::WEBINAR_ATTENDED),
    ("Demo Requested", kind::DEMO_REQUESTED),
    ("Email Replied", kind::EMAIL_REPLIED),
];

/// The kind of event that an activity of another tool is.
pub fn activity_kind(activity: &str) -> String {
    let name = compact(activity);
    let known = ACTIVITIES.iter().find(|(known, _)| compact(known) == name);
    known.map_or(activity, |(_, kind)| kind).to_owned()
}

/// The last things that happened which stand against writing to the lead.
pub const FAREWELLS: &[(&str, crate::keys::MailStatus)] = &[
    ("Unsubscribed", crate::keys::MailStatus::Unsubscribed),
    ("Email Bounced", crate::keys::MailStatus::Bounced),
    ("Email Marked Spam", crate::keys::MailStatus::Complained),
    ("Email Marked as Spam", crate::keys::MailStatus::Complained),
];
