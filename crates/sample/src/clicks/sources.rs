//! Agents and addresses.

use super::{Source, Stage};

/// What people read mail and browse with.
pub const BROWSERS: [&str; 14] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/322.0.644428390 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 LinkedInApp/9.29.8962",
    "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
];

/// By what scanners name themselves in public reports of false clicks. The last one sends no agent.
pub const SCANNER_AGENTS: [&str; 5] = [
    "Barracuda Sentinel (EE)",
    "python-requests/2.31.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36",
    "Go-http-client/2.0",
    "",
];

/// Beginnings of addresses from which public reports saw scanners.
const SCANNER_NETWORKS: [[u8; 2]; 3] = [[104, 47], [40, 107], [52, 101]];

/// Beginnings of addresses of clouds, where anybody may be.
const CLOUDS: [u8; 4] = [3, 18, 20, 34];

/// Beginnings of addresses of people: providers and companies.
const PROVIDERS: [u8; 6] = [79, 84, 87, 91, 93, 217];

impl Stage {
    pub(super) fn person(&mut self) -> Source {
        let agent = BROWSERS[self.dice.below(BROWSERS.len())];
        let first = PROVIDERS[self.dice.below(PROVIDERS.len())];
        let [second, third, fourth] = self.bytes();
        // 91.220.42 is a gateway's; no person comes from there.
        Source { agent, address: [first, second % 64, third, fourth], is_machine: false }
    }

    /// A scanner that looks like a browser in a cloud.
    pub(super) fn disguised(&mut self) -> Source {
        let agent = BROWSERS[self.dice.below(2)];
        let first = CLOUDS[self.dice.below(CLOUDS.len())];
        let [_, third, fourth] = self.bytes();
        Source { agent, address: [first, 80, third, fourth], is_machine: true }
    }

    pub(super) fn scanner_agent(&mut self) -> &'static str {
        SCANNER_AGENTS[self.dice.below(SCANNER_AGENTS.len())]
    }

    pub(super) fn scanner_address(&mut self) -> [u8; 4] {
        let [first, second] = SCANNER_NETWORKS[self.dice.below(SCANNER_NETWORKS.len())];
        let [_, third, fourth] = self.bytes();
        [first, second, third % 100, fourth]
    }

    fn bytes(&mut self) -> [u8; 3] {
        let [a, b, c, ..] = self.dice.next().to_be_bytes();
        [a, b, c]
    }
}
