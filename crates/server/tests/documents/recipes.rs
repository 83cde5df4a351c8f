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
const BODY: &str = "{\"type\": \"move.stage\", \"name\": \"Zoë\"}";

fn recipe() -> String {
    let all = documents().into_iter().flat_map(|(path, text)| blocks(&path, &text));
    let mut recipes = all.filter(|block| block.language == "python" && block.text.contains("whsec_"));
    recipes.next().expect("a document has the recipe").text
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
    let mut script = recipe();
    for (secret, signature, body, later, _) in &cases {
        let headers = json!({"webhook-id": ID, "webhook-timestamp": SENT.to_string(), "webhook-signature": signature});
        let now = SENT + later;
        script += &format!("time.time = lambda: {now}\nprint(is_genuine({secret:?}, {headers}, {body:?}.encode()))\n");
    }
    let ran = match Command::new("python3").args(["-c", &script]).output() {
        Ok(ran) => ran,
        Err(why) => {
            assert!(std::env::var_os("ATTRACTOR_INSIST").is_none(), "no Python: {why}");
            eprintln!("!!! The recipe for signatures was NOT run by Python: {why}");
            return;
        }
    };
    assert!(ran.status.success(), "{script}\n{}", String::from_utf8_lossy(&ran.stderr));
    let expected: String = cases.iter().map(|(.., answer)| format!("{answer}\n")).collect();
    assert_eq!(String::from_utf8_lossy(&ran.stdout), expected, "{script}");
}
