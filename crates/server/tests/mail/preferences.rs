//! The preference page: what it shows, what it changes, and what it never does by accident.

use serde_json::{Value, json};

use super::running::{Place, Server};
use super::world::{Mailing, SentCopy, events, get, mail, serve, submit, visit};

fn begin(place: &Place, traits: Value) -> (SentCopy, Server) {
    begin_in(place, "en", traits)
}

/// With a copy in a language.
fn begin_in(place: &Place, language: &'static str, traits: Value) -> (SentCopy, Server) {
    let copy = mail(place, &Mailing { traits, language, ..Mailing::default() });
    (copy, serve(place, 0))
}

fn state(place: &Place, scope: &str) -> Value {
    get(place, "/api/leads/ada")["consent"][scope]["state"].clone()
}

const EMAIL: &str = "ada@x.example";

#[test]
fn the_page_shows_what_is_in_effect_in_the_leads_language_and_escapes_it() {
    let place = Place::sqlite();
    let (copy, server) = begin_in(&place, "de", json!({"email": EMAIL, "language": "de-AT"}));
    let page = visit(&server, "GET", &copy.preferences());
    assert_eq!(page.status, 200);
    for part in [
        "<html lang=\"de\">",
        "Ihre E-Mail-Einstellungen",
        EMAIL,
        "name=\"on\" value=\"subscription:news\" checked> &lt;News&gt;",
        "name=\"on\" value=\"subscription:offers\"> offers",
        "name=\"on\" value=\"topic:shirts\" checked> Shirts &amp; ties",
        "name=\"on\" value=\"tracking\" checked>",
    ] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    assert!(!page.body.contains("<script") && !page.body.contains("<News>"));
    let (_, button) = page.body.split_once("<button").unwrap();
    assert!(!button[..button.find('>').unwrap()].contains("name"), "the Enter key saves: {button}");
    for (name, value) in [("referrer-policy", "no-referrer"), ("cache-control", "no-store"), ("set-cookie", "")] {
        assert_eq!(page.header(name).unwrap_or_default(), value);
    }
    let bare = visit(&server, "GET", &copy.unsubscribe(Some("news")));
    assert!(bare.body.contains("Abmelden von &lt;News&gt;") && bare.body.contains("action=\"/p/"), "{}", bare.body);
    server.stop();
}

#[test]
fn a_page_is_in_the_language_of_the_copy_from_which_it_was_opened() {
    let place = Place::sqlite();
    let (copy, server) = begin_in(&place, "en", json!({"email": EMAIL, "language": "de"}));
    let browser = [("user-agent", super::world::BROWSER), ("accept-language", "fr-FR,fr;q=0.9")];
    let tag = |method: &str, path: &str| {
        let page = server.ask(method, path, &browser, b"");
        page.header("content-language").unwrap_or_default().to_owned()
    };
    // The links of a copy name it, that to the preferences beside its token.
    let preferences = copy.preferences();
    for (path, expected) in [
        (copy.unsubscribe(Some("news")), "en"),
        (copy.offer(2), "en"),
        (format!("{preferences}?lang=en"), "en"),
        (format!("{preferences}?lang=it"), "it"),
        // Of a copy in a language that the pages do not speak, and of one that left before: the lead's.
        (format!("{preferences}?lang=es"), "de"),
        (preferences.clone(), "de"),
        // Nobody is known.
        ("/p/x".to_owned(), "fr"),
    ] {
        assert_eq!(tag("GET", &path), expected, "{path}");
    }
    // What the page sends is answered in the language in which it was read, and proves what was read.
    let page = visit(&server, "GET", &format!("{preferences}?lang=it"));
    assert!(page.body.contains(&format!("action=\"{preferences}?lang=it\"")), "{}", page.body);
    let fields = "from=preferences&shown=subscription%3Aoffers&on=subscription%3Aoffers";
    let answer = submit(&server, &format!("{preferences}?lang=it"), fields);
    assert!(answer.body.contains("Le Sue preferenze sono salvate."), "{}", answer.body);
    let offers = get(&place, "/api/leads/ada")["consent"]["subscription:offers"].clone();
    let proof = offers["proof"].as_str().unwrap();
    assert!(proof.contains(", it: \u{201c}offers\u{201d}, \u{201c}Salva\u{201d}"), "{proof}");
    assert_eq!(tag("POST", &copy.unsubscribe(Some("news"))), "en");
    server.stop();
}

#[test]
fn a_page_of_which_no_copy_is_known_is_in_the_language_of_the_lead_or_else_of_the_account() {
    let place = Place::sqlite();
    let (copy, server) = begin_in(&place, "es", json!({"email": EMAIL}));
    let german = [("user-agent", super::world::BROWSER), ("accept-language", "de")];
    for path in [copy.preferences(), copy.unsubscribe(None)] {
        let page = server.ask("GET", &path, &german, b"");
        assert_eq!(page.header("content-language"), Some("en"), "{path}: the e-mails that it gets are English");
    }
    server.stop();
}

#[test]
fn the_page_is_french_and_italian_too() {
    for (language, title, button) in
        [("fr-CH", "Vos préférences e-mail", "Enregistrer"), ("it", "Le Sue preferenze e-mail", "Salva")]
    {
        let place = Place::sqlite();
        let (copy, server) = begin(&place, json!({"email": EMAIL, "language": language}));
        let page = visit(&server, "GET", &copy.preferences());
        let tag = &language[..2];
        for part in
            [&format!("<html lang=\"{tag}\">"), &format!("<h1>{title}</h1>"), &format!("<button>{button}</button>")]
        {
            assert!(page.body.contains(part.as_str()), "{part} in {}", page.body);
        }
        assert_eq!(page.header("content-language"), Some(tag));
        server.stop();
    }
}

#[test]
fn what_is_changed_is_in_effect_with_the_answer_and_has_its_proof() {
    Place::each(|place| {
        let (copy, server) = begin(place, json!({"email": EMAIL}));
        let fields = "from=preferences&shown=subscription%3Anews&was=subscription%3Anews\
            &shown=subscription%3Aoffers&on=subscription%3Aoffers&shown=topic%3Ahats&was=topic%3Ahats\
            &shown=tracking&was=tracking&on=tracking&every=14d&pause=";
        let answer = submit(&server, &copy.preferences(), fields);
        assert!(answer.status == 200 && answer.body.contains("Your preferences are saved."), "{}", answer.body);
        assert!(answer.body.contains("value=\"subscription:offers\" checked>"), "{}", answer.body);
        for (scope, expected) in [
            ("subscription:news", "withdrawn"),
            ("subscription:offers", "granted"),
            ("topic:hats", "withdrawn"),
            ("tracking", "granted"),
        ] {
            assert_eq!(state(place, scope), json!(expected), "{scope}");
        }
        let offers = get(place, "/api/leads/ada")["consent"]["subscription:offers"].clone();
        let proof = offers["proof"].as_str().unwrap();
        assert!(
            proof.contains("/p, ") && proof.contains("\u{201c}offers\u{201d}") && proof.contains(", en: "),
            "{proof}"
        );
        let chosen = &events(place, "ada", "Frequency Chosen")[0]["message"]["properties"];
        assert_eq!(*chosen, json!({"every": "14d"}));
        server.stop();
    });
}

#[test]
fn a_page_that_was_left_open_gives_nothing_back_and_a_bare_request_changes_nothing() {
    let place = Place::sqlite();
    let (copy, server) = begin(&place, json!({"email": EMAIL}));
    assert_eq!(submit(&server, &copy.unsubscribe(None), "").status, 200);
    let left_open = "from=preferences&shown=subscription%3Anews&was=subscription%3Anews&on=subscription%3Anews";
    let answer = submit(&server, &copy.preferences(), left_open);
    assert!(answer.body.contains("Nothing was changed."), "{}", answer.body);
    let unmeant = "shown=subscription%3Aoffers&on=subscription%3Aoffers&end=all";
    for fields in ["", unmeant, "from=elsewhere&shown=subscription%3Aoffers&on=subscription%3Aoffers"] {
        assert_eq!(submit(&server, &copy.preferences(), fields).status, 200);
    }
    for scope in ["subscription:news", "subscription:offers", "all"] {
        assert_eq!(state(&place, scope), json!("withdrawn"), "{scope}");
    }
    assert_eq!(events(&place, "ada", "Subscribed").len(), 1, "the one before the mail");
    // The person's own act gives it back.
    let fields = "from=preferences&shown=subscription%3Anews&on=subscription%3Anews";
    assert_eq!(submit(&server, &copy.preferences(), fields).status, 200);
    assert_eq!(state(&place, "subscription:news"), json!("granted"));
    assert_eq!(state(&place, "all"), json!("withdrawn"));
    server.stop();
}

#[test]
fn everything_ends_by_one_button_and_a_pause_by_another() {
    let place = Place::sqlite();
    let (copy, server) = begin(&place, json!({"email": EMAIL}));
    assert_eq!(submit(&server, &copy.preferences(), "from=preferences&pause=30d").status, 200);
    let page = visit(&server, "GET", &copy.preferences());
    assert!(page.body.contains("You receive nothing until 20"), "{}", page.body);
    assert_eq!(submit(&server, &copy.preferences(), "from=preferences&end=all").status, 200);
    assert_eq!(state(&place, "all"), json!("withdrawn"));
    assert_eq!(state(&place, "tracking"), json!("granted"), "that is another question");
    server.stop();
}

#[test]
fn an_erased_persons_page_is_gone() {
    let place = Place::sqlite();
    let (copy, server) = begin(&place, json!({"email": EMAIL}));
    assert_eq!(visit(&server, "GET", &copy.preferences()).status, 200);
    super::world::erase(&place, "ada");
    let gone = visit(&server, "GET", &copy.preferences());
    assert!(gone.status == 404 && !gone.body.contains(EMAIL), "{}", gone.body);
    assert_eq!(submit(&server, &copy.preferences(), "from=preferences&end=all").status, 404);
    server.stop();
}
