//! What calls another machine is in few places, so that the address is checked in each: nobody who may name a URL reaches
//! what is inside the network.

use super::repository::{File, rust};
use super::tokens::{lines_of, of};

/// What begins a call.
const CALLS: [&[&str]; 7] = [
    &["Agent", ":", ":"],
    &["ureq", ":", ":", "get"],
    &["ureq", ":", ":", "post"],
    &["SmtpConnection", ":", ":"],
    &["TcpStream", ":", ":", "connect"],
    &["TokioResolver", ":", ":"],
    &["UdpSocket", ":", ":"],
];

/// URLs that users name, with private addresses left out; the mail server of the settings; name servers.
const DOORS: [&str; 3] =
    ["crates/app/src/outside.rs", "crates/server/src/outgoing/smtp.rs", "crates/server/src/outgoing/internet.rs"];

fn calls(file: &File) -> Vec<String> {
    let is_program = file.path.starts_with("crates/") && file.path.contains("/src/");
    if !is_program || DOORS.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let tokens = of(file, false);
    let offences = |call: &&[&str]| {
        let (name, lines) = (call.concat(), lines_of(&tokens, call));
        lines.into_iter().map(move |line| (line, name.clone())).collect::<Vec<_>>()
    };
    let found = CALLS.iter().flat_map(offences);
    found
        .map(|(line, name)| {
            format!("{}:{line}: `{name}` calls another machine; `attractor_app::outside` checks the address", file.path)
        })
        .collect()
}

#[test]
fn other_machines_are_called_through_few_doors() {
    super::none(rust().iter().flat_map(calls).collect());
    let paths: Vec<String> = rust().into_iter().map(|file| file.path).collect();
    assert!(DOORS.iter().all(|door| paths.iter().any(|path| path == door)), "a door has moved");
}

#[test]
fn a_call_beside_the_doors_is_found() {
    let text = "fn a() {}\nfn b() { let _ = TcpStream::connect(\"x\"); }\n#[cfg(test)]\nmod tests { use c::Agent; fn d() { Agent::new(); } }";
    super::one(calls(&File::new("crates/app/src/x.rs", text)), &["x.rs:2", "`TcpStream::connect`"]);
    super::none(calls(&File::new("crates/server/tests/x.rs", text)));
    super::none(calls(&File::new(DOORS[0], text)));
}
