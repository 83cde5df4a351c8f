//! Whether a machine caused what a public key brings: crawlers run a site's script as browsers do, and name themselves in
//! their user agent. What people who are not leads do, such as one's own staff, counts as caused by a machine.

use std::fmt;

use crate::members::Members;

/// The user agent of each browser begins so, and so does that of each crawler that runs scripts.
const BROWSER: &str = "Mozilla/";

/// What the user agents of a request say of who caused its messages.
#[derive(Clone, Copy)]
pub struct Agents<'a> {
    /// Whether the browser that sent the request is a machine's; `None` where no browser sent it.
    browser: Option<bool>,
    names_machine: &'a (dyn Fn(&str) -> bool + Sync),
}

impl<'a> Agents<'a> {
    /// `header` is the request's `User-Agent`; `names_machine` says whether an agent names a machine.
    ///
    /// ```
    /// use attractor_intake::Agents;
    ///
    /// let names_machine = |agent: &str| agent.contains("bot");
    /// let crawler = Agents::of(Some("Mozilla/5.0 (compatible; Googlebot/2.1)"), &names_machine);
    /// assert_eq!(format!("{crawler:?}"), "Agents { browser: Some(true), .. }");
    /// ```
    pub fn of(header: Option<&str>, names_machine: &'a (dyn Fn(&str) -> bool + Sync)) -> Agents<'a> {
        // Other programs, such as an app's library or a proxy, have agents of their own, which say nothing of who caused a
        // message.
        let browser = header.filter(|agent| agent.starts_with(BROWSER)).map(names_machine);
        Agents { browser, names_machine }
    }

    /// The same of a request from a network of people who are not leads, if `is_own`: whatever the agents are, its messages
    /// count as caused by a machine.
    pub fn in_own_network(self, is_own: bool) -> Agents<'a> {
        if is_own { Agents { browser: Some(true), ..self } } else { self }
    }

    /// Whether a machine caused a message with this context: by the browser that sent it, else by `userAgent`.
    pub(crate) fn name_machine(&self, context: &Members) -> bool {
        let said = || context.text("userAgent").is_some_and(|agent| (self.names_machine)(&agent));
        self.browser.unwrap_or_else(said)
    }
}

impl fmt::Debug for Agents<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Agents").field("browser", &self.browser).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::time::Instant;
    use serde_json::{Value, json};

    use super::*;
    use crate::{Limits, Receipt, Request, Rights, normalise, read};

    const CRAWLER: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    const LIBRARY: &str = "okhttp/4.12.0 (a bot by its name)";

    /// `context.machine` of a message as it is stored.
    fn machine(header: Option<&str>, rights: Rights, message: Value) -> Value {
        let names_machine = |agent: &str| agent.contains("bot");
        let received = Receipt {
            at: Instant(1_773_057_600_000),
            rights,
            key: Some("site"),
            hook: None,
            own_domains: &[],
            agents: Some(Agents::of(header, &names_machine)),
        };
        let body = json!({"batch": [message]}).to_string();
        let request = Request { path: "/v1/batch", body: body.as_bytes(), ..Request::default() };
        let batch = read(&request, &Limits::default()).unwrap();
        let raw = batch.messages[0].as_ref().unwrap();
        let taken = normalise(raw, &batch.envelope, &received, &mut || "made".into()).unwrap();
        assert_eq!(taken.json.matches("\"machine\"").count(), usize::from(taken.json.contains("\"machine\"")));
        serde_json::from_str::<Value>(&taken.json).unwrap()["context"]["machine"].take()
    }

    fn page(context: Value) -> Value {
        json!({"type": "page", "anonymousId": "v", "context": context})
    }

    #[test]
    fn a_browser_says_what_it_is_in_the_header_and_others_in_the_message() {
        for (header, said, expected) in [
            (Some(CRAWLER), json!(null), true),
            (Some(CRAWLER), json!(PERSON), true),
            (Some(PERSON), json!(null), false),
            (Some(PERSON), json!(CRAWLER), false),
            (Some(LIBRARY), json!(CRAWLER), true),
            (Some(LIBRARY), json!(PERSON), false),
            (Some(LIBRARY), json!(null), false),
            (Some(""), json!(CRAWLER), true),
            (None, json!(CRAWLER), true),
            (None, json!(PERSON), false),
            (None, json!(""), false),
            (None, json!(7), false),
            (None, json!(null), false),
        ] {
            let context = json!({"userAgent": said, "machine": null});
            let found = machine(header, Rights::Public, page(context));
            assert_eq!(found, if expected { json!(true) } else { Value::Null }, "{header:?} {said}");
        }
    }

    #[test]
    fn whatever_the_agents_of_a_network_of_ones_own_are_a_machine_causes_its_messages() {
        let names_machine = |agent: &str| agent.contains("bot");
        for header in [Some(PERSON), Some(CRAWLER), Some(LIBRARY), None] {
            for (is_own, expected) in [(true, Some(true)), (false, Agents::of(header, &names_machine).browser)] {
                let agents = Agents::of(header, &names_machine).in_own_network(is_own);
                assert_eq!(agents.browser, expected, "{header:?} {is_own}");
            }
        }
    }

    #[test]
    fn only_what_can_be_a_machines_is_marked() {
        for (mut message, expected) in [
            (json!({"type": "page"}), true),
            (json!({"type": "screen", "name": "Home"}), true),
            (json!({"type": "track", "event": "Form Submitted"}), true),
            (json!({"type": "identify", "traits": {"email": "ada@x.example"}}), false),
            (json!({"type": "group", "groupId": "acme"}), false),
        ] {
            message["anonymousId"] = "v".into();
            let found = machine(Some(CRAWLER), Rights::Public, message.clone());
            assert_eq!(found == json!(true), expected, "{message}");
        }
    }

    #[test]
    fn a_server_key_says_itself_what_a_machine_caused() {
        for said in [json!(true), json!(false)] {
            let context = json!({"userAgent": CRAWLER, "machine": said});
            assert_eq!(machine(Some(CRAWLER), Rights::Server, page(context)), said);
        }
        assert_eq!(machine(Some(CRAWLER), Rights::Server, page(json!({"userAgent": CRAWLER}))), Value::Null);
    }

    #[test]
    fn a_crawlers_visit_has_no_source() {
        let names_machine = |agent: &str| agent.contains("bot");
        let body = br#"{"batch": [{"type": "page", "anonymousId": "v",
            "properties": {"url": "https://example.org/?utm_source=x"}}]}"#;
        let batch =
            read(&Request { path: "/v1/batch", body, ..Request::default() }, &Limits::default()).expect("it is read");
        let has_source = |header: &str| {
            let received = Receipt {
                at: Instant(1_773_057_600_000),
                rights: Rights::Public,
                key: None,
                hook: None,
                own_domains: &[],
                agents: Some(Agents::of(Some(header), &names_machine)),
            };
            let raw = batch.messages[0].as_ref().unwrap();
            normalise(raw, &batch.envelope, &received, &mut || "made".into()).unwrap().source.is_some()
        };
        assert_eq!((has_source(PERSON), has_source(CRAWLER)), (true, false));
    }
}
