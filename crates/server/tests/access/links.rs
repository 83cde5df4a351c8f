//! What the link of an e-mail to the team shows in a browser, with and without a session.

use serde_json::json;

use super::server::Server;
use super::{base64, owner};

const BROWSER: &str = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const HTML: &str = "text/html; charset=utf-8";

/// A server that knows Ada, and the path of the link to her.
fn with_ada() -> (Server, String, String) {
    let server = Server::start();
    let (cookie, _) = owner(&server);
    let shop = server.key(&["shop", "--server"]);
    let basic = format!("Authorization: Basic {}", base64(&format!("{shop}:")));
    let known = json!({"userId": "ada", "traits": {"email": "ada@people.example", "first_name": "Adalgisa"}});
    assert_eq!(server.post("/v1/identify", &[&basic], known).status, 200);
    let lead = server.get("/api/leads/ada", &[&cookie]);
    let path = format!("/api/leads/id:{}", lead.body["id"].as_str().unwrap());
    (server, path, cookie)
}

#[test]
fn a_link_to_a_lead_says_in_a_browser_without_a_session_what_it_is_about() {
    let (server, path, _) = with_ada();
    let page = server.get(&path, &[BROWSER]);
    assert_eq!((page.status, page.header("content-type")), (401, Some(HTML)), "{}", page.text);
    let id = path.trim_start_matches("/api/leads/");
    for shown in ["A lead in Attractor", "come in a later version", &format!("attractor explain {id}"), "/api/calls"] {
        assert!(page.text.contains(shown), "{shown}: {}", page.text);
    }
    for hidden in ["ada@people.example", "Adalgisa", "<form", "<script"] {
        assert!(!page.text.contains(hidden), "{hidden}: {}", page.text);
    }
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(page.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
    // Nobody learns which leads there are.
    let other = server.get("/api/leads/id:999999999", &[BROWSER]);
    assert_eq!((other.status, other.text.replace("id:999999999", id)), (401, page.text));
    let named = server.get("/api/leads/%3Cb%3Eada", &[BROWSER]);
    assert!(named.status == 401 && named.text.contains("attractor explain NAME"), "{}", named.text);
    let german = server.get(&path, &[BROWSER, "Accept-Language: de-AT,de;q=0.9,en;q=0.5"]);
    assert!(german.text.contains("<html lang=\"de\">") && german.text.contains("Ein Lead in Attractor"));
}

#[test]
fn who_is_signed_in_and_programs_get_what_the_api_answers() {
    let (server, path, cookie) = with_ada();
    let key = format!("Authorization: Bearer {}", server.key(&["me", "--api", "sales"]));
    for who in [&cookie, &key] {
        let lead = server.get(&path, &[BROWSER, who]);
        assert_eq!((lead.status, &lead.body["email"]), (200, &json!("ada@people.example")), "{who}");
        assert_eq!(server.get("/api/leads/id:999999999", &[BROWSER, who]).status, 404);
    }
    for (path, accept) in [
        (path.as_str(), "Accept: */*"),
        (path.as_str(), "Accept: application/json"),
        ("/api/leads", BROWSER),
        ("/api/calls", BROWSER),
    ] {
        let refused = server.get(path, &[accept]);
        assert_eq!((refused.status, &refused.body["status"]), (401, &json!(401)), "{path} {accept}");
        assert_eq!(refused.header("content-type"), Some("application/problem+json"), "{path} {accept}");
    }
    let wrong = server.get(&path, &[BROWSER, "Authorization: Bearer atr_api_gone"]);
    assert_eq!(wrong.header("content-type"), Some("application/problem+json"), "a program has the wrong key");
}
