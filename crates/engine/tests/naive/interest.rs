//! Topics of events, strengths of topics and the primary interest.

use super::book::{Book, billionths};
use super::condition::id_of;
use super::lead::Event;
use super::life::Life;

/// The declared topic of an event, by its number.
pub fn topic_of(book: &Book, event: &Event) -> Option<usize> {
    if let Some(named) = id_of(event, "topic") {
        return book.topics.iter().position(|topic| topic.id == named);
    }
    if event.kind.as_deref() != Some("Page Viewed") {
        return None;
    }
    let path: Vec<char> = event.properties.get("path")?.as_str()?.chars().collect();
    book.topics.iter().position(|topic| topic.pages.iter().any(|glob| matches(glob, &path)))
}

/// `*` stands for any text, `?` for one character.
fn matches(glob: &[char], text: &[char]) -> bool {
    match glob.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skipped| matches(rest, &text[skipped..])),
        Some(('?', rest)) => !text.is_empty() && matches(rest, &text[1..]),
        Some((exact, rest)) => text.first() == Some(exact) && matches(rest, &text[1..]),
    }
}

impl Life<'_> {
    /// A topic's strength at an instant, were no more events to come.
    pub fn strength(&self, topic: usize, at: i64) -> f64 {
        let Some(interests) = &self.book.interests else { return 0.0 };
        let shares = self.lead.topical[topic].iter().filter(|share| share.index < self.taken);
        shares.map(|share| share.amount * (-((at - share.at) as f64) / interests.half_life).exp2()).sum()
    }

    pub fn settle_interests(&mut self) {
        let Some(interests) = &self.book.interests else { return };
        self.strengths = (0..self.book.topics.len()).map(|topic| self.strength(topic, self.now)).collect();
        let strong = |topic: usize| self.rounded(self.strengths[topic]) >= interests.minimum;
        let stays = self.primary.is_some_and(|primary| {
            let bar = interests.margin * (self.strengths[primary] + self.shift);
            let beaten = |rival: &f64| rival + self.shift > bar + bar * 1e-9;
            strong(primary) && !self.strengths.iter().any(beaten)
        });
        if stays {
            return;
        }
        let mut primary: Option<usize> = None;
        for topic in (0..self.strengths.len()).filter(|&topic| strong(topic)) {
            let stronger = |best: usize| billionths(self.strengths[topic]) > billionths(self.strengths[best]);
            if primary.is_none_or(stronger) {
                primary = Some(topic);
            }
        }
        self.primary = primary;
    }
}
