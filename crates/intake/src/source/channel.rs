//! The channel of a visit, in the words of Google Analytics' default channel group, which marketers know.
//!
//! It differs from that group in three places: an explicit medium (e-mail, affiliates, SMS …) goes before the site that
//! `utm_source` names, `newsletter` is e-mail, and what was shared from person to person is a referral, not unassigned.

use crate::networks::{Class, Network};

pub const DIRECT: &str = "Direct";

/// Media that say the channel by themselves, in lower case.
const MEDIA: [(&str, &[&str]); 7] = [
    ("Email", &["email", "e-mail", "e_mail", "e mail", "newsletter", "mail"]),
    ("Affiliates", &["affiliate", "affiliates"]),
    ("SMS", &["sms"]),
    ("Audio", &["audio", "podcast"]),
    ("Organic Social", &["social", "social-network", "social-media", "sm", "social network", "social media"]),
    ("Organic Search", &["organic"]),
    ("Referral", &["referral", "app", "link"]),
];

const DISPLAY: [&str; 5] = ["display", "banner", "expandable", "interstitial", "cpm"];

/// The channel of a campaign.
pub fn of_campaign(medium: &str, name: &str, network: Option<&Network>, shared: bool) -> &'static str {
    let medium = medium.trim().to_lowercase();
    let class = network.map(|network| network.class);
    if name.to_lowercase().contains("cross-network") {
        return "Cross-network";
    }
    if is_paid(&medium) {
        return paid(&medium, class);
    }
    if DISPLAY.contains(&medium.as_str()) {
        return "Display";
    }
    if medium.ends_with("push") || medium.contains("notification") {
        return "Mobile Push Notifications";
    }
    if medium.contains("video") {
        return "Organic Video";
    }
    let said = MEDIA.iter().find(|(_, words)| words.contains(&medium.as_str())).map(|(channel, _)| *channel);
    match (said, class) {
        // The site says more than `referral`, `link` or `organic` do: organic posts are posts.
        (None | Some("Referral" | "Organic Search"), Some(class)) => of_visit(class),
        (Some(said), _) => said,
        (None, None) if shared => "Referral",
        (None, None) => "Unassigned",
    }
}

/// Paid media as the group tells them: `cpc`, `ppc`, `cpv`, `paid_social` …
fn is_paid(medium: &str) -> bool {
    medium.contains("cp") || medium == "ppc" || medium == "retargeting" || medium.starts_with("paid")
}

fn paid(medium: &str, class: Option<Class>) -> &'static str {
    match class {
        Some(Class::Shopping) => "Paid Shopping",
        Some(Class::Search) => "Paid Search",
        Some(Class::Social) => "Paid Social",
        Some(Class::Video) => "Paid Video",
        _ if DISPLAY.contains(&medium) => "Display",
        _ if medium.contains("social") => "Paid Social",
        _ if medium.contains("search") => "Paid Search",
        _ => "Paid Other",
    }
}

/// The channel of a visit that came from such a site without a campaign.
pub fn of_visit(class: Class) -> &'static str {
    match class {
        Class::Search => "Organic Search",
        Class::Social => "Organic Social",
        Class::Video => "Organic Video",
        Class::Shopping => "Organic Shopping",
        Class::Email => "Email",
        Class::Chat | Class::Site => "Referral",
    }
}

/// The medium of such a visit, as it is customary.
pub fn medium_of(class: Class) -> &'static str {
    match class {
        Class::Search => "organic",
        Class::Social => "social",
        Class::Video => "video",
        Class::Email => "email",
        Class::Shopping | Class::Chat | Class::Site => "referral",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::networks::by_name;

    #[test]
    fn every_channel_is_in_the_list_that_playbooks_are_checked_by() {
        let listed = attractor_engine::playbook::vocabulary::values("first_channel").unwrap();
        let classes =
            [Class::Search, Class::Social, Class::Video, Class::Shopping, Class::Email, Class::Chat, Class::Site];
        let media = MEDIA.iter().flat_map(|(_, words)| words.iter()).chain(&DISPLAY).copied();
        let media: Vec<&str> =
            media.chain(["", "cpc", "paid_social", "paid_search", "push", "notification", "video", "other"]).collect();
        let mut found = std::collections::BTreeSet::from([DIRECT]);
        found.extend(classes.map(of_visit));
        for medium in media {
            for (name, shared) in [("", false), ("", true), ("cross-network", false)] {
                found.insert(of_campaign(medium, name, None, shared));
                let networks = ["google", "linkedin", "youtube", "amazon"].map(by_name);
                found.extend(networks.map(|network| of_campaign(medium, name, network, shared)));
            }
        }
        assert_eq!(found, listed.iter().copied().collect());
    }

    #[test]
    fn campaigns_have_channels() {
        for (source, medium, channel) in [
            ("google", "cpc", "Paid Search"),
            ("linkedin", "paid_social", "Paid Social"),
            ("linkedin", "cpm", "Paid Social"),
            ("linkedin", "post", "Organic Social"),
            ("linkedin", "email", "Email"),
            ("linkedin", "organic", "Organic Social"),
            ("partner", "paidsearch", "Paid Search"),
            ("partner", "cpm", "Display"),
            ("partner", "cpc", "Paid Other"),
            ("partner", "banner", "Display"),
            ("youtube", "cpv", "Paid Video"),
            ("youtube", "", "Organic Video"),
            ("google", "organic", "Organic Search"),
            ("news", "Email", "Email"),
            ("news", "newsletter", "Email"),
            ("awin", "affiliate", "Affiliates"),
            ("x", "social", "Organic Social"),
            ("forum", "social", "Organic Social"),
            ("forum", "referral", "Referral"),
            ("app", "web-push", "Mobile Push Notifications"),
            ("app", "sms", "SMS"),
            ("chatgpt.com", "", "Referral"),
            ("odd", "odd", "Unassigned"),
        ] {
            assert_eq!(of_campaign(medium, "", by_name(source), false), channel, "{source} / {medium}");
        }
        assert_eq!(of_campaign("cpc", "Cross-network 7", None, false), "Cross-network");
        assert_eq!(of_campaign("share", "", None, true), "Referral");
    }
}
