//! What only a store can say of a candidate: webhooks that would point nowhere, names that were never received.

use serde_json::{Value, json};

use super::running::{Place, SERVER_KEY};
use super::shop::{PLAYBOOK, Shop};

fn messages(answer: &Value) -> Vec<String> {
    let warnings = answer["warnings"].as_array().or(answer["problems"].as_array()).unwrap();
    let line = |w: &Value| format!("{}:{}:{}: {}", w["file"].as_str().unwrap(), w["line"], w["column"], w["message"]);
    warnings.iter().map(|warning| line(warning).replace('"', "")).collect()
}

#[test]
fn a_webhook_that_names_what_does_not_exist_is_refused_with_what_does() {
    Place::each_owned(|place| {
        let shop = Shop::new(place);
        let server = shop.place.start();
        assert_eq!(shop.apply(&["--yes"]).0, 0);
        let made = |body: Value| shop.ask("POST", "/api/webhooks", &body);
        for (filter, pointer, says) in [
            (json!({"subjects": ["nope"]}), "/subjects", "declared are: life, hot, welcome"),
            (json!({"subjects": ["hot", "hott"]}), "/subjects", "did you mean `hot`?"),
            (json!({"kinds": ["stage"], "subjects": ["hot"]}), "/subjects", "add `segment` to `kinds`"),
            (json!({"kinds": ["segments"]}), "/kinds", "did you mean `segment`?"),
        ] {
            let mut body = filter.clone();
            body["url"] = "https://nobody.invalid/in".into();
            let refused = made(body);
            assert_eq!(refused.status, 422, "{filter}: {refused:?}");
            assert_eq!(refused.json()["errors"][0]["pointer"], pointer, "{refused:?}");
            assert!(refused.body.contains(says), "{filter}: {}", refused.body);
        }
        let all = json!({"url": "https://nobody.invalid/in", "kinds": ["segment", "interest"], "subjects": ["hot"]});
        assert_eq!(made(all.clone()).status, 201);
        let mut changed = all;
        changed["subjects"] = json!(["cold"]);
        let refused = shop.ask("PUT", "/api/webhooks/1", &changed);
        assert!(refused.status == 422 && refused.body.contains("no segment or interest `cold`"), "{refused:?}");
        assert_eq!(shop.get("/api/webhooks/1")["subjects"], json!(["hot"]));
        server.stop();
    });
}

#[test]
fn a_version_that_removes_what_a_webhook_sends_says_so_everywhere_and_the_webhook_can_be_disabled() {
    let shop = Shop::new(Place::sqlite());
    let server = shop.place.start();
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    let webhook = json!({"url": "https://nobody.invalid/in", "subjects": ["hot", "life"]});
    shop.does("/api/webhooks", &webhook);
    let without = PLAYBOOK.replace("{id: hot, enter", "{id: warm, enter").replace("segment: hot", "segment: warm");
    let says = "playbook.yaml:10:3: webhook 1 sends segment `hot`, which this version removes; keep it, or change the webhook's `subjects` (PUT /api/webhooks/1)";
    let files = json!({"files": Shop::files(&without)});
    let checked = shop.does("/api/playbook/check", &files);
    assert_eq!((messages(&checked), checked["errors"].as_i64()), (vec![says.into()], Some(0)));
    assert!(checked["lines"][0].as_str().unwrap().starts_with("playbook.yaml:10:3: warning: webhook 1"), "{checked}");
    assert_eq!(messages(&shop.does("/api/playbook/dry-run", &files)), [says]);
    shop.write("playbook.yaml", &without);
    for more in ["--dry-run", "--yes"] {
        let (code, out, err) = shop.apply(&[more]);
        assert_eq!(code, 0, "{out}{err}");
        assert_eq!(err.matches("10:3: warning: webhook 1 sends segment `hot`").count(), 1, "{more}: {err}");
    }
    // Afterwards it is no longer a matter of this version.
    let again = shop.does("/api/playbook/dry-run", &files);
    assert!(messages(&again)[0].contains("webhook 1 sends `hot`, but this version has no"), "{again}");
    let mut body = webhook;
    assert_eq!(shop.ask("PUT", "/api/webhooks/1", &body).status, 422);
    body["enabled"] = false.into();
    assert_eq!(shop.ask("PUT", "/api/webhooks/1", &body).status, 200);
    assert_eq!(messages(&shop.does("/api/playbook/dry-run", &files)), [""; 0]);
    server.stop();
}

#[test]
fn names_that_a_store_has_never_received_are_warned_of_with_the_nearest() {
    Place::each_owned(|place| {
        let shop = Shop::new(place);
        let server = shop.place.start();
        let candidate = format!(
            "{PLAYBOOK}\nactivity: [Page Viewed, Trial Startd, Invoice Paid, Crate Opend]\n"
        )
        .replace(
            "  - {id: hot, enter: {score: lead, gte: 20}}\n",
            "  - {id: hot, enter: {all: [{attribute: bugdet, gt: 5}, {attribute: job_title, exists: true}, {attribute: shoe_size, gt: 40}]}}\n",
        );
        let files = json!({"files": Shop::files(&candidate)});
        let checked = || messages(&shop.does("/api/playbook/check", &files));
        // Before anything was received nothing can be said but of names that are nearly usual ones.
        assert_eq!(
            checked(),
            [
                "playbook.yaml:14:25: `Trial Startd` is nearly the kind of event `Trial Started`, and only the exact name counts; did you mean `Trial Started`?"
            ]
        );
        let batch = json!({"batch": [
            {"type": "track", "userId": "ada", "event": "Crate Opened"},
            {"type": "track", "userId": "ada", "event": "Trial Startd"},
            {"type": "identify", "userId": "ada", "traits": {"budget": 9}},
        ]});
        assert_eq!(server.post(SERVER_KEY, "/v1/batch", &batch.to_string()).status, 200);
        let wanted = [
            "playbook.yaml:10:41: no lead has the attribute `bugdet`; did you mean `budget`?",
            "playbook.yaml:10:107: no lead has the attribute `shoe_size`; check the spelling, or leave it if it is still to come",
            "playbook.yaml:14:39: no event of the kind `Invoice Paid` has been received; check the spelling, or leave it if it is still to come",
            "playbook.yaml:14:53: no event of the kind `Crate Opend` has been received; did you mean `Crate Opened`?",
        ];
        assert_eq!(checked(), wanted, "what was received is a name of its own, however near it is to another");
        assert_eq!(messages(&shop.does("/api/playbook/dry-run", &files)), wanted);
        let put = shop.ask("PUT", "/api/playbook", &files);
        assert_eq!((put.status, messages(&put.json())), (200, wanted.map(str::to_owned).to_vec()));
        server.stop();
    });
}

#[test]
fn an_alert_to_nobody_and_a_topic_of_an_inbound_webhook_that_is_not_declared_are_warned_of() {
    let shop = Shop::new(Place::sqlite());
    shop.place.write("attractor.toml", "alert_lists = [\"desk: desk@example.com\"]");
    let server = shop.place.start();
    assert_eq!(shop.apply(&["--yes"]).0, 0);
    let alerting = |to: &str| {
        let steps = format!("[{{send: hello}}, {{alert: {{to: {to}, say: Call this lead}}}}]");
        PLAYBOOK.replace("[{send: hello}]", &steps)
    };
    let warned = |text: &str, path: &str| messages(&shop.does(path, &json!({"files": Shop::files(text)}))).join("\n");
    let user = json!({"email": "bea@example.com", "role": "sales", "password": "four plain words here"});
    shop.does("/api/users", &user);
    for to in ["desk", "sales", "owner", "Bea@example.com"] {
        let found = warned(&alerting(to), "/api/playbook/check");
        assert!(!found.contains("the sequence `welcome` alerts"), "{to}: {found}");
    }
    let says = "playbook.yaml:12:12: the sequence `welcome` alerts `dsek`, and no list in `alert_lists`, no role and no user has this name, so the alert goes to the owners of the installation; did you mean `desk`?";
    for path in ["/api/playbook/check", "/api/playbook/dry-run"] {
        let found = warned(&alerting("dsek"), path);
        assert!(found.contains(says), "{path}: {found}");
    }
    let hook = |name: &str, topic: &str| {
        let mapping =
            json!({"type": "track", "event": "Content Downloaded", "email": "$.email", "properties": {"topic": topic}});
        shop.does("/api/hooks", &json!({"name": name, "mapping": mapping}))
    };
    hook("known", "shirts");
    hook("by path", "$.topic");
    assert_eq!(warned(PLAYBOOK, "/api/playbook/check"), "");
    let made = hook("library", "hats");
    let id = made["id"].as_str().unwrap();
    let says = format!(
        "playbook.yaml:5:11: the inbound webhook `library` gives its events the topic `hats`, which this version lacks; declare it, or change the webhook's `mapping` (PUT /api/hooks/{id})"
    );
    assert_eq!(warned(PLAYBOOK, "/api/playbook/check"), says);
    shop.write("playbook.yaml", &alerting("dsek"));
    let (code, _, err) = shop.apply(&["--yes"]);
    assert!(code == 0 && err.contains("alerts `dsek`") && err.contains("the topic `hats`"), "{err}");
    server.stop();
}
