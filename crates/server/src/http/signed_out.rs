//! What a browser shows that follows the link of an e-mail to the team while nobody is signed in there. The link leads
//! to the API, whose error is of no use to a reader: the page says what the link is about, and how to see that today.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::preferences::words::Language;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ACCEPT_LANGUAGE, HOST, HeaderName};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::home;
use super::mail::html::{self, paragraph};

/// Where links of e-mails to the team lead.
const LEADS: &str = "/api/leads/";

/// Answers a browser with the page, where the API would refuse to show a lead because nobody is signed in.
pub async fn explain(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let Some(lead) = followed(&request) else { return next.run(request).await };
    let headers = request.headers().clone();
    let response = next.run(request).await;
    match response.status() {
        StatusCode::UNAUTHORIZED => page(&app, &headers, &lead),
        _ => response,
    }
}

/// What the link to a lead calls it, where a browser opens one.
fn followed(request: &Request) -> Option<String> {
    let asks_for_pages = request.method() == Method::GET && text(request.headers(), ACCEPT).contains("text/html");
    let lead = request.uri().path().strip_prefix(LEADS)?;
    (asks_for_pages && !lead.is_empty() && !lead.contains('/')).then(|| lead.to_owned())
}

/// A header's value, empty where it is missing or cannot be read.
fn text(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The page. It is the same for every lead, whether there is one or not; of the request it shows a lead's number alone.
fn page(app: &App, headers: &HeaderMap, lead: &str) -> Response {
    let language = Language::of_header(text(headers, ACCEPT_LANGUAGE)).unwrap_or(Language::English);
    let host = Some(text(headers, HOST)).filter(|host| !host.is_empty());
    let address = home::address(&app.settings.public_url, host, &app.settings.listen.to_string());
    let lead = if is_number(lead) { lead } else { "NAME" };
    let words = words(language);
    let curl = |path: &str| format!("curl -H \"Authorization: Bearer KEY\" {address}{path}");
    let body = [
        paragraph(words.about),
        paragraph(words.later),
        paragraph(words.machine),
        format!("<pre>attractor explain {lead}</pre>\n"),
        paragraph(words.key),
        format!("<pre>{}\n{}</pre>\n", curl(&format!("{LEADS}{lead}")), curl("/api/calls")),
        paragraph(words.mail),
        paragraph(words.nothing),
    ];
    html::page(StatusCode::UNAUTHORIZED, language, words.title, &body.concat())
}

/// Whether a link names a lead by its number, such as `id:256`, as those of e-mails do.
fn is_number(lead: &str) -> bool {
    let number = lead.strip_prefix("id:").unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The page's paragraphs.
struct Words {
    title: &'static str,
    about: &'static str,
    later: &'static str,
    machine: &'static str,
    key: &'static str,
    mail: &'static str,
    nothing: &'static str,
}

fn words(language: Language) -> Words {
    match language {
        Language::English => ENGLISH,
        Language::German => GERMAN,
        Language::French => FRENCH,
        Language::Italian => ITALIAN,
    }
}

const ENGLISH: Words = Words {
    title: "A lead in Attractor",
    about: "This link is from an e-mail about a lead, such as an alert or a list of calls. It leads to what Attractor \
            knows of the lead. Only people who are signed in and programs with an API key see that, and this \
            browser is not signed in.",
    later: "Screens for the browser, with a page for signing in, come in a later version. Until then, there are three \
            other ways to see the lead.",
    machine: "On the machine that runs Attractor, this command explains every point and every move of the lead:",
    key: "With an API key, which `attractor key add NAME --api sales` makes, these commands read the lead, and the calls \
          in the order in which they are to be made:",
    mail: "The e-mail itself says who the lead is, why it is worth a call, and until when. When a working day begins, \
           everybody with open calls gets the list of them by e-mail.",
    nothing: "Opening this link changes nothing: it takes no call.",
};

const GERMAN: Words = Words {
    title: "Ein Lead in Attractor",
    about: "Dieser Link stammt aus einer E-Mail über einen Lead, etwa einem Hinweis oder einer Liste von Anrufen. Er \
            führt zu dem, was Attractor über den Lead weiß. Das sehen nur Menschen, die angemeldet sind, und \
            Programme mit einem API-Schlüssel. In diesem Browser ist niemand angemeldet.",
    later: "Die Oberfläche für den Browser, mit einer Seite zum Anmelden, kommt in einer späteren Version. Bis dahin \
            gibt es drei andere Wege, den Lead zu sehen.",
    machine: "Auf dem Rechner, auf dem Attractor läuft, erklärt dieser Befehl jeden Punkt und jede Bewegung des Leads:",
    key: "Mit einem API-Schlüssel, den `attractor key add NAME --api sales` anlegt, lesen diese Befehle den Lead und die \
          Anrufe in der Reihenfolge, in der sie anstehen:",
    mail: "Die E-Mail selbst sagt, wer der Lead ist, warum sich ein Anruf lohnt und bis wann. Zu Beginn eines \
           Arbeitstags erhalten alle, die offene Anrufe haben, deren Liste per E-Mail.",
    nothing: "Das Öffnen dieses Links ändert nichts: Es übernimmt keinen Anruf.",
};

const FRENCH: Words = Words {
    title: "Un lead dans Attractor",
    about: "Ce lien vient d’un e-mail au sujet d’un lead, par exemple une alerte ou une liste d’appels. Il mène à ce \
            qu’Attractor sait du lead. Seules le voient les personnes connectées et les programmes qui ont une clé \
            d’API. Dans ce navigateur, personne n’est connecté.",
    later: "L’interface pour le navigateur, avec une page de connexion, viendra dans une version ultérieure. D’ici là, il \
            y a trois autres façons de voir le lead.",
    machine: "Sur la machine qui exécute Attractor, cette commande explique chaque point et chaque mouvement du lead\u{a0}:",
    key: "Avec une clé d’API, que crée `attractor key add NAME --api sales`, ces commandes lisent le lead, puis les \
          appels dans l’ordre où ils sont à faire\u{a0}:",
    mail: "L’e-mail lui-même dit qui est le lead, pourquoi un appel en vaut la peine, et jusqu’à quand. Au début d’une \
           journée de travail, toute personne qui a des appels en attente en reçoit la liste par e-mail.",
    nothing: "Ouvrir ce lien ne change rien\u{a0}: aucun appel n’est pris en charge.",
};

const ITALIAN: Words = Words {
    title: "Un lead in Attractor",
    about: "Questo link proviene da un’e-mail su un lead, per esempio un avviso o un elenco di chiamate. Porta a ciò che \
            Attractor sa del lead. Lo vedono solo le persone che hanno effettuato l’accesso e i programmi con una \
            chiave API. In questo browser nessuno ha effettuato l’accesso.",
    later: "L’interfaccia per il browser, con una pagina di accesso, arriverà in una versione successiva. Fino ad allora \
            ci sono altri tre modi per vedere il lead.",
    machine: "Sulla macchina che esegue Attractor, questo comando spiega ogni punto e ogni spostamento del lead:",
    key: "Con una chiave API, creata da `attractor key add NAME --api sales`, questi comandi leggono il lead e le \
          chiamate nell’ordine in cui vanno fatte:",
    mail: "L’e-mail stessa dice chi è il lead, perché vale la pena chiamarlo ed entro quando. All’inizio di una giornata \
           lavorativa, chi ha chiamate aperte ne riceve l’elenco per e-mail.",
    nothing: "Aprire questo link non cambia nulla: non prende in carico nessuna chiamata.",
};

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn only_a_browser_that_opens_one_lead_gets_the_page() {
        let page = "text/html,application/xhtml+xml,*/*;q=0.8";
        for (method, path, accept, expected) in [
            ("GET", "/api/leads/id:256", page, Some("id:256")),
            ("GET", "/api/leads/id:256?at=2026-01-01", page, Some("id:256")),
            ("GET", "/api/leads/id:256", "*/*", None),
            ("GET", "/api/leads/id:256", "application/json", None),
            ("GET", "/api/leads/id:256", "", None),
            ("POST", "/api/leads/id:256", page, None),
            ("GET", "/api/leads/", page, None),
            ("GET", "/api/leads", page, None),
            ("GET", "/api/leads/id:256/events", page, None),
            ("GET", "/api/calls/1", page, None),
        ] {
            let request = Request::builder().method(method).uri(path).header(ACCEPT, accept);
            let request = request.body(Body::empty()).unwrap();
            assert_eq!(followed(&request).as_deref(), expected, "{method} {path} {accept}");
        }
    }

    #[test]
    fn only_the_number_of_a_lead_is_shown_again() {
        for (lead, expected) in
            [("id:256", true), ("id:", false), ("256", false), ("id:2x", false), ("ada@example.com", false)]
        {
            assert_eq!(is_number(lead), expected, "{lead}");
        }
    }
}
