//! Zoom: the attendee and the registration report of a webinar. Above the rows stands the webinar, among them the hosts.

use super::{Columns, Export, PLAIN, Shape};

pub const EXPORTS: &[Export] = &[
    Export {
        id: "zoom-attendees",
        name: "Zoom webinar attendees",
        shape: Shape::Attendance,
        needs: &[
            &["Attended", "Email", "Join Time"],
            &["Attended", "User Name (Original Name)", "Email"],
            &["Attended", "Email", "Time in Session (minutes)"],
        ],
        columns: COLUMNS,
        ..PLAIN
    },
    Export {
        id: "zoom-registrants",
        name: "Zoom webinar registrants",
        shape: Shape::Attendance,
        needs: &[&["Email", "Registration Time", "Approval Status"]],
        columns: COLUMNS,
        ..PLAIN
    },
];

const COLUMNS: Columns = &[
    ("Attended", "attended"),
    ("User Name (Original Name)", "name"),
    ("User Name", "name"),
    ("Registration Time", "registered_at"),
    ("Approval Status", "-"),
    ("Join Time", "joined_at"),
    ("Leave Time", "left_at"),
    ("Time in Session (minutes)", "minutes"),
    ("Is Guest", "-"),
    ("Country/Region Name", "country"),
    ("Country/Region", "country"),
    ("Organization", "company.name"),
    ("Number of Employees", "company.size"),
    ("Source Name", "source"),
    ("Registration Source", "source"),
];
