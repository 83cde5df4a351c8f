//! What an explanation says beside scores and places, for people: who the lead is, whether it may be written to, and what
//! became of its e-mails.

use std::fmt::Write;

use attractor_engine::printable::line;
use attractor_engine::program::Program;
use attractor_engine::time::{Duration, Instant};
use attractor_live::profile::Profile;
use attractor_live::timing::Timing;
use attractor_mail::gate::Skip;
use attractor_store::{copies, leads};

use super::consent;
use super::joined::with_predecessors;
use crate::refusal::Refusal;
use crate::sending::copy_words::CopyWords;
use crate::sending::permission::Permission;
use crate::sending::words::rhythm;
use crate::view::View;

/// As many of a lead's copies are listed.
const COPIES: usize = 20;

/// Name, job title, company and address, as far as they are known; `None` where nothing is.
pub fn heading(profile: &Profile, email: Option<&str>) -> Option<String> {
    let title = profile.attribute("job_title").and_then(|title| title.value.as_str()).map(str::to_owned);
    let work = match (title, profile.company_called()) {
        (Some(title), Some(company)) => Some(format!("{title} at {company}")),
        (title, company) => title.or(company),
    };
    let parts: Vec<String> = [profile.display_name(), work, email.map(str::to_owned)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| line(&parts.join(", ")).into_owned())
}

/// Whether the lead may be written to, by subscription, as the sender decides it, and what binds its address. Its days are
/// those of the playbook's zone.
pub fn mail(
    permission: &Permission,
    obstacle: Option<Skip>,
    program: &Program,
    is_assumed: impl Fn(&str) -> bool,
) -> String {
    let mut text = String::from("May be written to\n");
    if let Some(obstacle) = obstacle {
        let _ = writeln!(text, "  no, because {}", permission.why_not(obstacle));
        return text;
    }
    for (scope, item) in consent::shown(permission, None, program, is_assumed) {
        if scope != "tracking" {
            let _ = writeln!(text, "  {}: {}", line(&item.name), line(&item.decision));
        }
    }
    for bound in consent::suppressions(permission.blocks) {
        let _ = writeln!(text, "  suppressed since {}: {}", consent::day(&bound.at, program), line(&bound.reason));
    }
    text
}

/// What the lead chose about how often it is written to, and whether its mailbox answers that it is away.
pub fn timing(timing: &Timing, at: Instant, minute: impl Fn(Instant) -> String) -> String {
    let later = |instant: Option<i64>| instant.map(Instant).filter(|later| *later > at);
    let lines = [
        timing.every.map(|every| format!("at most one e-mail every {}, as the lead chose", rhythm(Duration(every)))),
        later(timing.not_before).map(|until| format!("nothing before {}: the lead chose a pause", minute(until))),
        later(timing.away_until)
            .map(|until| format!("nothing before {}: the mailbox answers that the lead is away", minute(until))),
    ];
    lines.into_iter().flatten().fold(String::new(), |text, line| text + "  " + &line + "\n")
}

/// The last copies that were asked for by an instant, each with what is so with it now; nothing where there are none.
pub fn copies(view: &mut View, row: &leads::Lead, at: Instant) -> Result<String, Refusal> {
    let all = with_predecessors(view.connection, row.id)?;
    let mut copies = copies::of_leads(view.connection, &all)?;
    copies.retain(|copy| copy.asked_at <= at.0);
    copies.sort_by_key(|copy| std::cmp::Reverse(copy.asked_at));
    copies.truncate(COPIES);
    let (words, names) = (CopyWords::read(view, &copies)?, view.names()?);
    let mut text = if copies.is_empty() { String::new() } else { "\nE-mails\n".to_owned() };
    for copy in copies.iter().rev() {
        let email = copy.email.as_deref().map_or("the best unread piece", |id| names.email(id));
        let _ = writeln!(text, "  {}  {}: {}", words.minute(copy.asked_at), line(email), line(&words.sentence(copy)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use attractor_live::profile::Attribute;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_lead_chose_is_named_with_its_instant() {
        let timing = Timing { every: Some(14 * Duration::DAY.0), not_before: Some(9), away_until: Some(4) };
        let shown = super::timing(&timing, Instant(5), |at| at.0.to_string());
        let expected =
            "  at most one e-mail every 14 days, as the lead chose\n  nothing before 9: the lead chose a pause\n";
        assert_eq!(shown, expected, "an absence that is over is left out");
        assert_eq!(super::timing(&Timing::default(), Instant(5), |_| String::new()), "");
    }

    #[test]
    fn a_heading_names_the_person_as_far_as_it_is_known() {
        let profile = |known: &[(&str, &str)]| {
            let mut profile = Profile::default();
            for (name, value) in known {
                let attribute = Attribute { value: json!(value), at: 0, by: String::new(), public: false, read: false };
                profile.attributes.insert((*name).to_owned(), attribute);
            }
            profile
        };
        let ada = [("name", "Ada Lovelace"), ("job_title", "CTO"), ("company.name", "Acme")];
        let real = [
            ("name", "Ya"),
            ("job_title", "Buyer"),
            ("email", "y1@realcorp-gmbh.de"),
            ("company.name", "Real Corp GmbH"),
        ];
        let cases = [
            (&ada[..], Some("ada@acme.com"), Some("Ada Lovelace, CTO at Acme, ada@acme.com")),
            (&real[..], Some("y1@realcorp-gmbh.de"), Some("Ya, Buyer at Real Corp GmbH, y1@realcorp-gmbh.de")),
            (&real[..3], None, Some("Ya, Buyer at realcorp-gmbh.de")),
            (&ada[..2], None, Some("Ada Lovelace, CTO")),
            (&[], Some("ada@acme.com"), Some("ada@acme.com")),
            (&[], None, None),
        ];
        for (known, email, expected) in cases {
            assert_eq!(heading(&profile(known), email).as_deref(), expected);
        }
    }
}
