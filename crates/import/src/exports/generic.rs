//! Headers that mean the same wherever they stand: for files of unknown origin, and for the columns of known exports
//! that their own table leaves out. English and German.

use super::{Columns, Shape, compact};

/// Of a table about people.
pub const PEOPLE: Columns = &[
    // who
    ("Email", "email"),
    ("Email Address", "email"),
    ("E-Mail-Adresse", "email"),
    ("Mail", "email"),
    ("Work Email", "email"),
    ("Business Email", "email"),
    ("Contact Email", "email"),
    ("Subscriber", "email"),
    ("User ID", "user_id"),
    ("Id", "id"),
    ("Lead ID", "id"),
    ("Lead Number", "id"),
    ("Lead No", "id"),
    ("MQL ID", "id"),
    ("Contact ID", "id"),
    ("Customer ID", "id"),
    ("Person ID", "id"),
    ("Subscriber ID", "id"),
    ("Kundennummer", "id"),
    // attributes
    ("Name", "name"),
    ("Full Name", "name"),
    ("First Name", "first_name"),
    ("Given Name", "first_name"),
    ("Vorname", "first_name"),
    ("Last Name", "last_name"),
    ("Family Name", "last_name"),
    ("Surname", "last_name"),
    ("Nachname", "last_name"),
    ("Job Title", "job_title"),
    ("Position", "job_title"),
    ("Jobtitel", "job_title"),
    ("Berufsbezeichnung", "job_title"),
    ("Company", "company.name"),
    ("Company Name", "company.name"),
    ("Organisation", "company.name"),
    ("Organization", "company.name"),
    ("Organization Name", "company.name"),
    ("Account Name", "company.name"),
    ("Firma", "company.name"),
    ("Unternehmen", "company.name"),
    ("Company Size", "company.size"),
    ("Employees", "company.size"),
    ("Number of Employees", "company.size"),
    ("Headcount", "company.size"),
    ("Unternehmensgröße", "company.size"),
    ("Mitarbeiter", "company.size"),
    ("Industry", "company.industry"),
    ("Company Industry", "company.industry"),
    ("Branche", "company.industry"),
    ("Country", "country"),
    ("Country/Region", "country"),
    ("Land", "country"),
    ("State", "region"),
    ("State/Province", "region"),
    ("Bundesland", "region"),
    ("Stadt", "city"),
    ("Ort", "city"),
    ("Zip", "postal_code"),
    ("Zip Code", "postal_code"),
    ("Zip/Postal Code", "postal_code"),
    ("PLZ", "postal_code"),
    ("Phone", "phone"),
    ("Phone Number", "phone"),
    ("Telephone", "phone"),
    ("Telefon", "phone"),
    ("Mobile", "mobile_phone"),
    ("Time Zone", "timezone"),
    ("Zeitzone", "timezone"),
    ("Tags", "tags"),
    ("Labels", "tags"),
    ("Schlagworte", "tags"),
    ("Lead Source", "source"),
    ("Origin", "source"),
    ("Landing Page", "landing_page"),
    ("Landing Page ID", "landing_page"),
    ("First Page", "landing_page"),
    ("Lead Origin", "came_by"),
    ("Quelle", "source"),
    ("Lead Owner", "now:owner"),
    ("Owner", "now:owner"),
    ("Betreuer", "now:owner"),
    ("Lead Status", "now:lead_status"),
    ("Lifecycle Stage", "now:lifecycle_stage"),
    ("Lead Quality", "now:lead_quality"),
    ("Lead Profile", "now:lead_profile"),
    ("Last Notable Activity", "now:last_notable_activity"),
    // dates
    ("Created", "created_at"),
    ("Created At", "created_at"),
    ("Created On", "created_at"),
    ("Create Date", "created_at"),
    ("Date Created", "created_at"),
    ("Date Added", "created_at"),
    ("Angelegt am", "created_at"),
    ("Erstellt am", "created_at"),
    ("Updated At", "modified_at"),
    ("Last Modified", "modified_at"),
    ("Geändert am", "modified_at"),
    ("Last Activity Date", "seen_at"),
    ("Last Active", "seen_at"),
    ("Last Seen", "seen_at"),
    ("Last Contacted", "seen_at"),
    ("First Contact Date", "at:Form Submitted"),
    ("Signed Up", "at:Signed Up"),
    ("Signup Date", "at:Signed Up"),
    ("Subscribed At", "at:Signed Up"),
    ("Subscribe Date", "at:Signed Up"),
    ("Opt-in Date", "at:Signed Up"),
    ("Optin Time", "at:Signed Up"),
    ("Angemeldet am", "at:Signed Up"),
    ("Last Open", "at:Email Opened"),
    ("Last Opened", "at:Email Opened"),
    ("Last Open Date", "at:Email Opened"),
    ("Last Email Open", "at:Email Opened"),
    ("Last Email Opened", "at:Email Opened"),
    ("Letzte Öffnung", "at:Email Opened"),
    ("Last Click", "at:Email Link Clicked"),
    ("Last Clicked", "at:Email Link Clicked"),
    ("Last Click Date", "at:Email Link Clicked"),
    ("Last Email Click", "at:Email Link Clicked"),
    ("Letzter Klick", "at:Email Link Clicked"),
    ("Last Visit", "at:Page Viewed"),
    ("Last Visit Date", "at:Page Viewed"),
    ("Letzter Besuch", "at:Page Viewed"),
    ("Last Download", "at:Content Downloaded"),
    ("Demo Requested", "at:Demo Requested"),
    ("Demo Requested At", "at:Demo Requested"),
    ("Demo Request Date", "at:Demo Requested"),
    ("Form Submitted At", "at:Form Submitted"),
    // counters
    ("Total Visits", "count:Page Viewed"),
    ("Visits", "count:Page Viewed"),
    ("Page Views", "count:Page Viewed"),
    ("Besuche", "count:Page Viewed"),
    ("Opens", "count:Email Opened"),
    ("Emails Opened", "count:Email Opened"),
    ("Email Opens", "count:Email Opened"),
    ("Total Opens", "count:Email Opened"),
    ("Öffnungen", "count:Email Opened"),
    ("Clicks", "count:Email Link Clicked"),
    ("Emails Clicked", "count:Email Link Clicked"),
    ("Email Clicks", "count:Email Link Clicked"),
    ("Total Clicks", "count:Email Link Clicked"),
    ("Klicks", "count:Email Link Clicked"),
    ("Downloads", "count:Content Downloaded"),
    ("Form Submissions", "count:Form Submitted"),
    ("Webinars Attended", "count:Webinar Attended"),
    ("Last Activity", "activity"),
    // may it be written to?
    ("Unsubscribed", "unsubscribed"),
    ("Opt Out", "unsubscribed"),
    ("Opted Out", "unsubscribed"),
    ("Email Opt Out", "unsubscribed"),
    ("Do Not Email", "unsubscribed"),
    ("Do Not Contact", "unsubscribed"),
    ("Abgemeldet", "unsubscribed"),
    ("Unsubscribed At", "unsubscribed_at"),
    ("Unsubscribe Date", "unsubscribed_at"),
    ("Abgemeldet am", "unsubscribed_at"),
    ("Bounced", "bounced"),
    ("Hard Bounced", "bounced"),
    ("Bounced At", "bounced_at"),
    ("Bounce Reason", "bounce_reason"),
    ("Complained", "complained"),
    ("Marked as Spam", "complained"),
    ("Complained At", "complained_at"),
    ("Opt In", "agreed"),
    ("Opted In", "agreed"),
    ("Subscribed", "agreed"),
    ("Accepts Marketing", "agreed"),
    ("Marketing Consent", "agreed"),
    ("Consent", "agreed"),
    ("Einwilligung", "agreed"),
    ("Status", "status"),
    ("Email Status", "status"),
    ("Subscription Status", "status"),
    ("Subscriber Status", "status"),
    ("Marketing Status", "status"),
    // outcome
    ("Converted", "converted"),
    ("Is Customer", "converted"),
    ("Deal IDs", "deal_ids"),
];

/// Of a table about deals, before those of people.
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

/// Of a table of events, before those of people.
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

/// The table that is asked before `PEOPLE`.
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

/// Words that a status column of unknown origin may hold; others say nothing about consent.
pub const STATUSES: &[(&str, crate::keys::Standing)] = {
    use crate::keys::Standing::{Bounced, Complained, Fine, Held, Unsubscribed};
    &[
        ("active", Fine),
        ("subscribed", Fine),
        ("confirmed", Fine),
        ("enabled", Fine),
        ("pending", Held),
        ("unconfirmed", Held),
        ("inactive", Held),
        ("disabled", Held),
        ("archived", Held),
        ("no consent", Held),
        ("suppressed", Unsubscribed),
        ("unsubscribed", Unsubscribed),
        ("opted out", Unsubscribed),
        ("opt-out", Unsubscribed),
        ("blocklisted", Unsubscribed),
        ("blacklisted", Unsubscribed),
        ("abgemeldet", Unsubscribed),
        ("bounced", Bounced),
        ("hard bounced", Bounced),
        ("cleaned", Bounced),
        ("invalid", Bounced),
        ("unreachable", Bounced),
        ("complained", Complained),
        ("spam", Complained),
        ("marked as spam", Complained),
    ]
};

/// What the last thing that happened is called elsewhere, and the event it is; others keep their own name.
pub const ACTIVITIES: &[(&str, &str)] = &[
    ("Page Visited on Website", "Page Viewed"),
    ("Page Visited", "Page Viewed"),
    ("Website Visit", "Page Viewed"),
    ("Email Opened", "Email Opened"),
    ("Email Open", "Email Opened"),
    ("Email Link Clicked", "Email Link Clicked"),
    ("Email Clicked", "Email Link Clicked"),
    ("View in browser link Clicked", "Email Link Clicked"),
    ("Form Submitted on Website", "Form Submitted"),
    ("Form Submitted", "Form Submitted"),
    ("Form Submission", "Form Submitted"),
    ("Webinar Attended", "Webinar Attended"),
    ("Demo Requested", "Demo Requested"),
    ("Email Replied", "Email Replied"),
];

/// The last things that happened which stand against writing to the lead.
pub const FAREWELLS: &[(&str, crate::keys::Standing)] = &[
    ("Unsubscribed", crate::keys::Standing::Unsubscribed),
    ("Email Bounced", crate::keys::Standing::Bounced),
    ("Email Marked Spam", crate::keys::Standing::Complained),
    ("Email Marked as Spam", crate::keys::Standing::Complained),
];
