#![no_main]

#[path = "../doors.rs"]
mod doors;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| doors::dialogue(bytes));
