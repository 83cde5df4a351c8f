//! Programs between a mail and its reader that load its images, known by their exact agents.

use super::evidence::Evidence;

/// Gmail's prefetch: nobody uses this browser, a Chrome 42 that is an Edge 12 and ends with another `Mozilla/5.0`. Published by
/// two senders of billions of e-mails (SparkPost, Braze).
const GMAIL_PREFETCH: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0";

/// Apple's Mail Privacy Protection sends this and no more (published by several senders).
const APPLE: &str = "Mozilla/5.0";

/// Parts of the agents of proxies that load images when a person opens the mail, from their operators' documentation.
const OF_PEOPLE: [&str; 3] = ["GoogleImageProxy", "YahooMailProxy", "hey.com/imageproxy"];

/// What the agent of a request for an image says.
pub(super) fn of_image(agent: &str) -> Option<Evidence> {
    match agent {
        GMAIL_PREFETCH => Some(Evidence::GmailPrefetch),
        APPLE => Some(Evidence::PrivacyProxy),
        _ => OF_PEOPLE.iter().any(|part| agent.contains(part)).then_some(Evidence::ImageProxy),
    }
}
