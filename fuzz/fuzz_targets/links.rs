#![no_main]

#[path = "../doors.rs"]
mod doors;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| doors::links(text));
