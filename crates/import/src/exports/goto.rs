//! GoTo Webinar: the attendee report.

use super::{Columns, Export, PLAIN, Shape};

pub const EXPORTS: &[Export] = &[Export {
    id: "goto-attendees",
    name: "GoTo Webinar attendees",
    shape: Shape::Attendance,
    needs: &[
        &["Attended", "Email Address", "Registration Date/Time"],
        &["Attended", "Email Address", "Registration Date"],
        &["Attended", "Email Address", "Time in Session"],
        &["Attended", "Email Address", "Interest Rating"],
    ],
    columns: COLUMNS,
    ..PLAIN
}];

const COLUMNS: Columns = &[
    ("Attended", "attended"),
    ("Email Address", "email"),
    ("Registration Date/Time", "registered_at"),
    ("Registration Date", "registered_at"),
    ("Join Time", "joined_at"),
    ("Leave Time", "left_at"),
    ("Time in Session", "minutes"),
    ("Time in Session (minutes)", "minutes"),
    ("Interest Rating", "now:interest_rating"),
    ("Attentiveness", "now:attentiveness"),
    ("Organization", "company.name"),
    ("Number of Employees", "company.size"),
    ("Unsubscribed", "unsubscribed"),
    ("Source Type", "source"),
    ("Source", "source"),
];
