//! What is known of machines by name: user agents and networks. The data and where each line comes from: `data/README.md`.

mod agents;
mod networks;

use core::net::IpAddr;
use std::fmt;

pub use networks::{Certainty, Networks};

const AGENTS: &str = include_str!("../../../data/agents.txt");
const CRAWLERS: &str = include_str!("../../../data/crawlers.txt");
const NETWORKS: &str = include_str!("../../../data/networks.txt");

/// The lists of machines: user agents and networks. Made once, then only read.
///
/// ```
/// use attractor_mail::judge::Lists;
///
/// let lists = Lists::builtin().with_agents("acme-linkchecker").unwrap();
/// assert!(lists.names_machine("python-requests/2.31.0"));
/// assert!(lists.names_machine("Acme-LinkChecker 3"));
/// assert!(!lists.names_machine("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Lists {
    agents: agents::Agents,
    networks: Networks,
}

/// A line of a list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListError {
    /// From 1.
    pub line: usize,
    /// What was expected, and what was found.
    pub reason: String,
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for ListError {}

impl Lists {
    /// The lists that are part of the program.
    pub fn builtin() -> Lists {
        let mut lists = Lists::default();
        // A test reads them without an error.
        let _ = lists.agents.add(AGENTS);
        let _ = lists.agents.add(CRAWLERS);
        let _ = lists.networks.add(NETWORKS);
        lists
    }

    /// With further agents, one a line, as in `data/agents.txt`.
    ///
    /// # Errors
    /// The first line with a pattern that is too short.
    pub fn with_agents(mut self, text: &str) -> Result<Lists, ListError> {
        self.agents.add(text)?;
        Ok(self)
    }

    /// With further networks, one a line, as `Networks::add` reads them.
    ///
    /// # Errors
    /// The first line that names no network.
    pub fn with_networks(mut self, text: &str) -> Result<Lists, ListError> {
        self.networks.add(text)?;
        Ok(self)
    }

    /// Whether a user agent names a machine. The image proxies of mail services are not on the list, because they carry a
    /// person's open.
    pub fn names_machine(&self, agent: &str) -> bool {
        self.agents.find(agent).is_some()
    }

    /// Whether a user agent names a machine that goes through sites. A browser without a window does not: whoever tests a site
    /// has one, and it must show what a visitor's would.
    pub fn names_crawler(&self, agent: &str) -> bool {
        self.names_machine(&agent.replace("HeadlessChrome", "Chrome"))
    }

    pub(super) fn network(&self, address: IpAddr) -> Option<Certainty> {
        self.networks.find(address).map(|(certainty, _)| certainty)
    }
}

/// The lines that are neither empty nor remarks, with their numbers from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines())
        .map(|(number, line)| (number, line.trim_end()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_the_program_can_be_read() {
        let lists = Lists::default().with_agents(AGENTS).and_then(|lists| lists.with_agents(CRAWLERS));
        assert!(lists.and_then(|lists| lists.with_networks(NETWORKS)).is_ok());
    }

    #[test]
    fn crawlers_are_sorted_and_in_lower_case() {
        let crawlers: Vec<&str> = lines(CRAWLERS).map(|(_, line)| line).collect();
        assert!(crawlers.is_sorted(), "sort crawlers.txt");
        assert!(crawlers.iter().all(|line| *line == line.to_ascii_lowercase()));
    }

    #[test]
    fn machines_name_themselves() {
        let lists = Lists::builtin();
        for agent in [
            "Barracuda Sentinel (EE)",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
            "python-requests/2.31.0",
            "Python/3.9 aiohttp/3.8.1",
            "curl/8.5.0",
            "Go-http-client/2.0",
            "WhatsApp/2.23.20.0",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "facebookexternalhit/1.1",
            "Microsoft Office Existence Discovery",
            "axios/1.6.0",
            "Java/17.0.2",
        ] {
            assert!(lists.names_machine(agent), "{agent}");
        }
    }

    #[test]
    fn a_browser_without_a_window_is_no_crawler_by_itself() {
        let lists = Lists::builtin();
        let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36";
        let lighthouse = format!("{agent} Chrome-Lighthouse");
        assert!(lists.names_machine(agent) && !lists.names_crawler(agent));
        assert_eq!(lists.names_crawler(&lighthouse), lists.names_machine(&lighthouse.replace("Headless", "")));
        assert!(lists.names_crawler("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"));
    }

    #[test]
    fn people_are_on_no_list() {
        let lists = Lists::builtin();
        for agent in include_str!("../../../tests/browsers.txt").lines() {
            assert!(!lists.names_machine(agent), "{agent}");
        }
    }

    #[test]
    fn networks_of_gateways_are_known() {
        let lists = Lists::builtin();
        for (address, certainty) in [
            ("104.47.1.254", Some(Certainty::Certain)),
            ("2a01:111:f400::1", Some(Certainty::Certain)),
            ("209.222.82.9", Some(Certainty::Certain)),
            ("67.231.150.1", Some(Certainty::Likely)),
            ("195.130.217.5", Some(Certainty::Likely)),
            ("192.0.2.1", None),
            ("66.249.84.1", None),
        ] {
            assert_eq!(lists.network(address.parse().unwrap()), certainty, "{address}");
        }
    }
}
