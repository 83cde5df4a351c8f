//! The stream, read back.
#![allow(dead_code, reason = "each test file uses some of it")]

use attractor_sample::Company;
use serde_json::Value;

pub struct Line {
    /// When it was received, in ms.
    pub received: i64,
    /// When it happened, in ms.
    pub at: i64,
    pub json: Value,
}

pub fn lines(leads: u32, days: u32, seed: u64) -> Vec<Line> {
    Company::ending(leads, days, seed).messages().map(|message| line(message.received, &message.json)).collect()
}

fn line(received: i64, json: &str) -> Line {
    let json: Value = serde_json::from_str(json).expect("a message as the sample company writes it");
    let at: jiff::Timestamp = json["timestamp"]
        .as_str()
        .expect("a message as the sample company writes it")
        .parse()
        .expect("a message as the sample company writes it");
    Line { received, at: at.as_millisecond(), json }
}

/// The bytes that `write` gives.
pub fn bytes(leads: u32, days: u32, seed: u64) -> Vec<u8> {
    let mut out = Vec::new();
    Company::ending(leads, days, seed).write(&mut out).expect("a message as the sample company writes it");
    out
}

impl Line {
    /// The event of a `track`, else the type.
    pub fn kind(&self) -> &str {
        self.json["event"].as_str().or(self.json["type"].as_str()).expect("a message as the sample company writes it")
    }

    pub fn id(&self) -> &str {
        self.json["messageId"].as_str().expect("a message as the sample company writes it")
    }

    /// Which lead of the simulation: the message's id begins with its number.
    pub fn lead(&self) -> u32 {
        u32::from_str_radix(self.id().split('.').next().expect("a message as the sample company writes it"), 16)
            .expect("a message as the sample company writes it")
    }

    pub fn property(&self, name: &str) -> Option<&Value> {
        self.json["properties"].get(name)
    }

    pub fn trait_(&self, name: &str) -> Option<&Value> {
        self.json["traits"].get(name)
    }

    pub fn is_machine(&self) -> bool {
        self.json["context"]["machine"] == true
    }

    pub fn is_history(&self) -> bool {
        self.json["context"]["history"] == true
    }

    pub fn is_proxy(&self) -> bool {
        self.json["properties"]["proxy"] == true
    }
}
