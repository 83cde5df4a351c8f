//! Programs between a mail and its reader that load its images, known by their exact agents.

use super::evidence::Evidence;
use super::request::Request;

/// Gmail's prefetch: nobody uses this browser, a Chrome 42 that is an Edge 12 and ends with another `Mozilla/5.0`. Published by
/// SparkPost, after billions of opens.
const GMAIL_PREFETCH: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0";

/// Apple's Mail Privacy Protection sends this and no more (published by several senders).
const APPLE: &str = "Mozilla/5.0";

/// Parts of the agents of proxies that load images when a person opens the mail, from their operators' documentation.
const OF_PEOPLE: [&str; 3] = ["GoogleImageProxy", "YahooMailProxy", "hey.com/imageproxy"];

/// Whether an agent is missing, or so bare that no browser sends it. Images are loaded with it by Apple's proxy.
pub(super) fn says_nothing(request: &Request) -> bool {
    let agent = request.agent.trim();
    agent.is_empty() || agent == APPLE && !request.is_image()
}

/// What the agent of a request for an image says.
pub(super) fn of_image(agent: &str) -> Option<Evidence> {
    match agent {
        GMAIL_PREFETCH => Some(Evidence::GmailPrefetch),
        APPLE => Some(Evidence::PrivacyProxy),
        _ => OF_PEOPLE.iter().any(|part| agent.contains(part)).then_some(Evidence::ImageProxy),
    }
}
