//! User agents that name a machine.

use super::ListError;

/// Longer agents are cut here: browsers need 300 bytes, and what comes later is somebody's padding.
const LONGEST: usize = 512;

/// Patterns begin at places that are found by their first bytes, so shorter ones cannot be looked up.
const SHORTEST: usize = 3;

/// Patterns, sorted; looked up by their first three bytes at each place of an agent. At most places no pattern begins, which
/// one bit tells, so the time depends on the agent and hardly on the number of patterns.
#[derive(Clone, Debug, Default)]
pub(super) struct Agents {
    patterns: Vec<Pattern>,
    exceptions: Vec<String>,
    beginnings: Beginnings,
}

/// One bit for each hash of three bytes: whether a pattern begins with bytes of this hash.
#[derive(Clone, Debug)]
struct Beginnings(Vec<u64>);

impl Default for Beginnings {
    fn default() -> Beginnings {
        Beginnings(vec![0; 1 << 10])
    }
}

impl Beginnings {
    fn insert(&mut self, key: &[u8]) {
        let (word, bit) = Beginnings::place(key);
        self.0[word] |= bit;
    }

    fn may_hold(&self, key: &[u8]) -> bool {
        let (word, bit) = Beginnings::place(key);
        self.0[word] & bit != 0
    }

    /// A word and a bit within it, of 2^16 bits.
    fn place(key: &[u8]) -> (usize, u64) {
        let hash = key.iter().fold(0_usize, |hash, byte| (hash << 5) ^ usize::from(*byte)) & 0xffff;
        (hash >> 6, 1 << (hash & 63))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pattern {
    text: String,
    at_start: bool,
    at_end: bool,
}

impl Agents {
    /// Adds the patterns of a text, one a line: `^` in front ties a pattern to an agent's beginning, `$` behind it to its
    /// end, `!` begins a phrase to pass over.
    pub(super) fn add(&mut self, text: &str) -> Result<(), ListError> {
        for (line, pattern) in super::lines(text) {
            self.add_one(pattern).map_err(|reason| ListError { line, reason })?;
        }
        self.patterns.sort();
        self.patterns.dedup();
        Ok(())
    }

    fn add_one(&mut self, line: &str) -> Result<(), String> {
        let line = line.to_ascii_lowercase();
        let exception = line.strip_prefix('!');
        let pattern = Pattern {
            at_start: line.starts_with('^'),
            at_end: exception.is_none() && line.ends_with('$'),
            text: exception.unwrap_or(line.trim_start_matches('^').trim_end_matches('$')).to_owned(),
        };
        if pattern.text.len() < SHORTEST {
            return Err(format!("expected at least {SHORTEST} characters, found `{line}`"));
        }
        match exception {
            Some(phrase) => self.exceptions.push(phrase.to_owned()),
            None => {
                self.beginnings.insert(pattern.key());
                self.patterns.push(pattern);
            }
        }
        Ok(())
    }

    /// The pattern that an agent matches, if any.
    pub(super) fn find(&self, agent: &str) -> Option<&str> {
        let agent = self.plain(agent);
        let bytes = agent.as_bytes();
        (0..bytes.len()).find_map(|place| self.at(bytes, place)).map(|pattern| pattern.text.as_str())
    }

    /// Cut, in lower case, without the exceptions.
    fn plain(&self, agent: &str) -> String {
        let end = (0..=LONGEST.min(agent.len())).rev().find(|end| agent.is_char_boundary(*end)).unwrap_or(0);
        let lower = agent[..end].to_ascii_lowercase();
        self.exceptions.iter().fold(lower, |agent, phrase| {
            if agent.contains(phrase.as_str()) { agent.replace(phrase, " ") } else { agent }
        })
    }

    fn at(&self, agent: &[u8], place: usize) -> Option<&Pattern> {
        let rest = &agent[place..];
        let key = rest.get(..SHORTEST).filter(|key| self.beginnings.may_hold(key))?;
        let first = self.patterns.partition_point(|pattern| pattern.key() < key);
        let candidates = self.patterns[first..].iter().take_while(|pattern| pattern.key() == key);
        candidates.into_iter().find(|pattern| {
            rest.starts_with(pattern.text.as_bytes())
                && (!pattern.at_start || place == 0)
                && (!pattern.at_end || rest.len() == pattern.text.len())
        })
    }
}

impl Pattern {
    fn key(&self) -> &[u8] {
        &self.text.as_bytes()[..SHORTEST]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agents(text: &str) -> Agents {
        let mut agents = Agents::default();
        agents.add(text).unwrap();
        agents
    }

    #[test]
    fn patterns_match_where_they_say() {
        let agents = agents("curl/\n^node\nbot$\nbot/\n!cubot\n# a remark\n\nLibWWW\n");
        for (agent, found) in [
            ("curl/8.1", Some("curl/")),
            ("my curl/8.1", Some("curl/")),
            ("Node.js", Some("node")),
            ("my node", None),
            ("TheBOT", Some("bot")),
            ("TheBot here", None),
            ("TheBot/1", Some("bot/")),
            ("CUBOT/1", None),
            ("CUBOT/1 TheBot/1", Some("bot/")),
            ("libwww-perl", Some("libwww")),
            ("", None),
            ("bo", None),
        ] {
            assert_eq!(agents.find(agent), found, "{agent}");
        }
    }

    #[test]
    fn long_agents_are_cut_between_characters() {
        let agents = agents("curl/");
        assert_eq!(agents.find(&format!("{}curl/", "x".repeat(LONGEST))), None);
        assert_eq!(agents.find(&format!("x{}curl/", "é".repeat(LONGEST / 2))), None);
        assert_eq!(agents.find(&format!("curl/{}", "é".repeat(LONGEST))), Some("curl/"));
    }

    #[test]
    fn a_short_pattern_is_refused_with_its_line() {
        for (text, line) in [("curl/\nab\n", 2), ("^\n", 1), ("\n!x\n", 2), ("$", 1)] {
            let error = Agents::default().add(text).unwrap_err();
            assert_eq!(error.line, line, "{text}");
            assert!(error.to_string().contains("at least 3 characters"), "{error}");
        }
    }
}
