//! Any text as a playbook: it is read or its problems are named. What is read compiles, and what is written of it is
//! read back as the same.
#![no_main]

use attractor_engine::playbook::{read, write};
use attractor_engine::program::Program;
use jiff::tz::TimeZoneDatabase;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let reading = read(text);
    let Some(playbook) = reading.playbook else {
        assert!(!reading.problems.is_empty(), "neither a playbook nor a problem");
        return;
    };
    let written = write(&playbook).to_string();
    let again = read(&written);
    let problems: Vec<String> = again.problems.iter().map(ToString::to_string).collect();
    assert_eq!(again.playbook.as_ref(), Some(&playbook), "{written}\n{}", problems.join("\n"));
    if let Err(why) = Program::new(playbook, &TimeZoneDatabase::bundled()) {
        panic!("read, but not compiled: {why}");
    }
});
