//! When a message happened (contract section 2, When).

use attractor_engine::time::Instant;

use crate::members::Members;

/// The earliest instant that a message can be written with: that of year 1.
const EARLIEST: Instant = Instant(-62_135_596_800_000);

/// The instant of a message that arrived at `receipt`, corrected for its client's clock: what lay between its making
/// and its sending is taken off the receipt. Never later than the receipt; nothing where `timestamp` is no instant.
pub fn instant(message: &Members, envelope_sent_at: Option<Instant>, receipt: Instant) -> Option<Instant> {
    let sent_at = message.text("sentAt").and_then(|text| Instant::parse(&text)).or(envelope_sent_at);
    let said = match message.get("timestamp") {
        Some(_) => message.text("timestamp").and_then(|text| Instant::parse(&text))?,
        // RudderStack's clients send the instant of the call so, and `timestamp` only where the caller gave one.
        None => match message.text("originalTimestamp").and_then(|text| Instant::parse(&text)) {
            Some(said) => said,
            None => return Some(receipt),
        },
    };
    let corrected = match sent_at {
        Some(sent_at) => receipt - (sent_at - said),
        None => said,
    };
    Some(corrected.clamp(EARLIEST, receipt.max(EARLIEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a message's instant is when it arrives on 2026-03-09 at noon.
    fn at(message: &str, sent_at: Option<&str>) -> String {
        let receipt = Instant::parse("2026-03-09T12:00:00Z").unwrap();
        let sent_at = sent_at.and_then(Instant::parse);
        instant(&Members::of(message).unwrap(), sent_at, receipt).map_or("none".into(), |at| at.to_string())
    }

    #[test]
    fn the_clients_clock_is_corrected() {
        let noon = "2026-03-09T12:00:00.000Z";
        let message = r#"{"timestamp": "2026-03-09T14:29:58.7504+02:00"}"#;
        let cases = [
            (message, None, noon, "later than the receipt"),
            (message, Some("2026-03-09T12:30:00Z"), "2026-03-09T11:59:58.750Z", "half an hour fast"),
            (message, Some("2026-03-09T12:00:00Z"), noon, "sent before it was made"),
            (r#"{"timestamp": "2026-03-01"}"#, None, "2026-03-01T00:00:00.000Z", "no sentAt, no correction"),
            (
                r#"{"timestamp": "2026-03-01"}"#,
                Some("2026-03-02"),
                "2026-03-08T12:00:00.000Z",
                "a day before it was sent",
            ),
            (r#"{}"#, Some("2026-03-01"), noon, "no timestamp"),
            (r#"{"timestamp": null, "sentAt": "x"}"#, None, noon, "null"),
            (
                r#"{"timestamp": "0001-01-01"}"#,
                Some("9999-01-01"),
                "0001-01-01T00:00:00.000Z",
                "before there are years",
            ),
            (
                r#"{"timestamp": "2026-03-09T11:00:00Z", "sentAt": "2026-03-09T11:00:01Z"}"#,
                Some("2027-01-01"),
                "2026-03-09T11:59:59.000Z",
                "its own sentAt first",
            ),
            (
                r#"{"originalTimestamp": "2026-03-09T11:00:00Z", "sentAt": "2026-03-09T11:00:01Z"}"#,
                None,
                "2026-03-09T11:59:59.000Z",
                "RudderStack",
            ),
            (
                r#"{"originalTimestamp": "2026-03-09T11:00:00Z", "timestamp": "2026-03-01"}"#,
                None,
                "2026-03-01T00:00:00.000Z",
                "both",
            ),
            (r#"{"originalTimestamp": 7}"#, None, noon, "no instant"),
            (r#"{"timestamp": "yesterday"}"#, None, "none", "the engine says what is wrong with it"),
            (r#"{"timestamp": 1773057600}"#, None, "none", "a number"),
        ];
        for (message, sent_at, expected, why) in cases {
            assert_eq!(at(message, sent_at), expected, "{why}");
        }
    }
}
