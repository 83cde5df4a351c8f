//! Any bytes as a list: it is imported or refused with a reason, and each message that comes of it is one that the
//! engine takes. The first byte says what the file is called.
#![no_main]

use attractor_engine::message::{Message, Wanted};
use attractor_import::{Map, Rules, Source, import};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 4] = ["list.csv", "list.xlsx", "list.ndjson", "deals.csv"];
/// 2026-06-30T00:00:00Z
const NOW: i64 = 1_782_777_600_000;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let source = Source::from_bytes(NAMES[usize::from(*first) % NAMES.len()], bytes);
    let rules = Rules::new(NOW, NOW, None).expect("the instant is one");
    let (mut messages, mut rejected) = (Vec::new(), Vec::new());
    if let Err(why) = import(&[source], &Map::default(), &rules, &mut messages, &mut rejected) {
        assert!(!why.to_string().is_empty());
        return;
    }
    let text = std::str::from_utf8(&messages).expect("messages are UTF-8");
    for line in text.lines() {
        let message = Message::parse(line, &Wanted::Everything).unwrap_or_else(|why| panic!("{why}: {line}"));
        assert!(message.timestamp.is_some() && message.history, "{line}");
    }
    assert!(std::str::from_utf8(&rejected).is_ok());
});
