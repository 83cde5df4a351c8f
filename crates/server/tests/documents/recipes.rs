//! The recipe in Python for the signatures of webhooks accepts what the server signs, and nothing else.

use std::process::Command;

use attractor_app::signature::sign;
use serde_json::json;

use super::documents;
use super::markdown::blocks;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const SENT: i64 = 1_614_265_330;
const RECIPE: &str = "def is_genuine";
const BODY: &str = "{\"type\": \"move.stage\", \"name\": \"Zoë\"}";

/// The first block in Python that has these words.
fn in_python(words: &str) -> String {
    let all = documents().into_iter().flat_map(|(path, text)| blocks(&path, &text));
    let mut found = all.filter(|block| block.language == "python" && block.text.contains(words));
    found.next().unwrap_or_else(|| panic!("no document has {words:?} in Python")).text
}

/// What Python prints; `None` where there is no Python.
fn run(script: &str) -> Option<String> {
    match Command::new("python3").args(["-c", script]).output() {
        Ok(ran) => {
            assert!(ran.status.success(), "{script}\n{}", String::from_utf8_lossy(&ran.stderr));
            Some(String::from_utf8_lossy(&ran.stdout).into_owned())
        }
        Err(why) => {
            assert!(std::env::var_os("ATTRACTOR_INSIST").is_none(), "no Python: {why}");
            eprintln!("!!! The recipe for signatures was NOT run by Python: {why}");
            None
        }
    }
}

/// A secret, a signature, a body, how many seconds after its time stamp the delivery comes, and what the recipe answers.
type Case<'c> = (&'c str, &'c str, &'c str, i64, &'c str);

#[test]
fn the_recipe_for_signatures_accepts_what_the_server_signs_alone() {
    let right = sign(SECRET, ID, SENT, BODY).expect("a signature");
    let several = format!("v1a,AAAA {right}");
    let cases: [Case<'_>; 7] = [
        (SECRET, &right, BODY, 10, "True"),
        (SECRET, &several, BODY, 10, "True"),
        (SECRET, &right, BODY, -10, "True"),
        (SECRET, &right, BODY, 301, "False"),
        (SECRET, &right, "{}", 10, "False"),
        (OTHER, &right, BODY, 10, "False"),
        (SECRET, "", BODY, 10, "False"),
    ];
    let mut script = in_python(RECIPE);
    for (secret, signature, body, later, _) in &cases {
        let headers = json!({"webhook-id": ID, "webhook-timestamp": SENT.to_string(), "webhook-signature": signature});
        let now = SENT + later;
        script += &format!("time.time = lambda: {now}\nprint(is_genuine({secret:?}, {headers}, {body:?}.encode()))\n");
    }
    let Some(printed) = run(&script) else { return };
    let expected: String = cases.iter().map(|(.., answer)| format!("{answer}\n")).collect();
    assert_eq!(printed, expected, "{script}");
}

/// Serves in a thread, on any port, for a delivery that is genuine and one that is not.
const DELIVERIES: &str = r#"
import threading, urllib.error, urllib.request

server = HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
answers = []
for body in (BODY, b"{}"):
    request = urllib.request.Request(f"http://127.0.0.1:{server.server_port}/", data=body, headers=HEADERS, method="POST")
    try:
        answers.append(urllib.request.urlopen(request).status)
    except urllib.error.HTTPError as refused:
        answers.append(refused.code)
# The receiver prints in a thread of its own, behind its answer.
server.shutdown()
print(*answers, sep="\n")
"#;

#[test]
fn the_receiver_prints_what_is_genuine_and_refuses_the_rest() {
    let receiver = in_python("class Receiver").replace("whsec_…", SECRET);
    let (receiver, starts) = receiver.trim_end().rsplit_once('\n').expect("several lines");
    assert!(starts.ends_with("serve_forever()"), "the last line starts it: {starts}");
    let signature = sign(SECRET, ID, SENT, BODY).expect("a signature");
    let headers = json!({"webhook-id": ID, "webhook-timestamp": SENT.to_string(), "webhook-signature": signature});
    let quiet = "Receiver.log_message = lambda *_: None";
    let given = format!("time.time = lambda: {SENT}\nBODY, HEADERS = {BODY:?}.encode(), {headers}\n");
    let Some(printed) = run(&[&in_python(RECIPE), receiver, quiet, &given, DELIVERIES].join("\n")) else { return };
    assert_eq!(printed.lines().collect::<Vec<&str>>(), [BODY, "200", "401"]);
}
