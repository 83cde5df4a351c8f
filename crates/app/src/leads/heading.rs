//! What an explanation begins with, for people: who the lead is, and whether it may be written to.

use std::fmt::Write;

use attractor_engine::playbook::Playbook;
use attractor_engine::printable::line;
use attractor_live::profile::Profile;
use attractor_live::suppression::AddressBlocks;

use super::consent::{self, ConsentItem};

/// Name, job title, company and address, as far as they are known; `None` where nothing is.
pub fn heading(profile: &Profile, email: Option<&str>) -> Option<String> {
    let title = profile.attribute("job_title").and_then(|title| title.value.as_str()).map(str::to_owned);
    let work = match (title, profile.company()) {
        (Some(title), Some(company)) => Some(format!("{title} at {company}")),
        (title, company) => title.or(company),
    };
    let parts: Vec<String> = [profile.display_name(), work, email.map(str::to_owned)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| line(&parts.join(", ")).into_owned())
}

/// Whether the lead may be written to, by subscription, and what binds its address.
pub fn mail(
    profile: &Profile,
    address: &AddressBlocks,
    email: Option<&str>,
    playbook: &Playbook,
    is_assumed: impl Fn(&str) -> bool,
) -> String {
    let mut text = String::from("May be written to\n");
    if email.is_none() {
        text.push_str("  no, because the lead has no e-mail address\n");
        return text;
    }
    for (scope, item) in consent::shown(profile, address, playbook, is_assumed) {
        if scope != "tracking" {
            let _ = writeln!(text, "  {}: {}", line(&item.name), line(&in_words(&item)));
        }
    }
    for bound in consent::suppressions(address) {
        let _ = writeln!(text, "  suppressed since {}: {}", day(&bound.at), line(&bound.reason));
    }
    text
}

fn in_words(item: &ConsentItem) -> String {
    let since = item.at.as_deref().map(|at| format!(" on {}", day(at))).unwrap_or_default();
    let assumed = if item.assumed { " (assumed date)" } else { "" };
    let proof = item.proof.as_deref().map(|proof| format!(": {proof}")).unwrap_or_default();
    match item.state {
        "granted" => format!("yes, granted{since}{assumed}{proof}"),
        "withdrawn" => format!("no, because consent was withdrawn{since}{assumed}"),
        _ => "no, because consent was never given".to_owned(),
    }
}

fn day(instant: &str) -> &str {
    instant.split('T').next().unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use attractor_live::profile::Attribute;
    use serde_json::json;

    use super::*;

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
        let cases = [
            (&ada[..], Some("ada@acme.com"), Some("Ada Lovelace, CTO at Acme, ada@acme.com")),
            (&ada[..2], None, Some("Ada Lovelace, CTO")),
            (&[], Some("ada@acme.com"), Some("ada@acme.com")),
            (&[], None, None),
        ];
        for (known, email, expected) in cases {
            assert_eq!(heading(&profile(known), email).as_deref(), expected);
        }
    }
}
